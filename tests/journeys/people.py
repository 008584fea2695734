"""Mei at her desk and Tess with her phone: what they do, in the words of people."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, Locator, Page

from tests.journeys.stranger import code_in, next_mail, text_of
from tests.portal import Portal

PATIENCE = 60_000  # of a browser on a machine with other things to do
BREACH = re.compile("Content Security Policy|CORS policy")


class Person:
    """A browser of one's own; whatever it complains of stands in `complaints`."""

    def __init__(self, browser: Browser, portal: Portal, **options: Any) -> None:
        self.portal = portal
        self.context = browser.new_context(base_url=portal.url, locale="en-GB", **options)
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console", lambda said: self.complaints.append(said.text) if BREACH.search(said.text) else None
        )
        self.page.on(
            "response",
            lambda answer: (
                self.complaints.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None
            ),
        )

    def goes_to(self, path: str) -> None:
        self.page.goto(path)

    def clicks(self, name: str | re.Pattern[str], role: str = "button") -> None:
        """The first such button or link; back when the page it leads to is there."""
        self.page.get_by_role(role, name=name, exact=isinstance(name, str)).first.click()  # type: ignore[arg-type]
        self.page.wait_for_load_state()

    def follows(self, name: str | re.Pattern[str]) -> None:
        self.clicks(name, "link")

    def fills(self, **answers: str) -> None:
        """Boxes by their label, its blanks written as underscores."""
        for label, answer in answers.items():
            self.page.get_by_label(label.replace("_", " "), exact=True).fill(answer)

    def sees(self, text: str | re.Pattern[str]) -> None:
        self.page.get_by_text(text).first.wait_for()

    def reads(self) -> str:
        """Everything on the page."""
        return self.page.locator("main").inner_text()

    def leaves(self) -> None:
        self.context.close()


class Desk(Person):
    """Staff of the agency before a wide screen."""

    def __init__(self, browser: Browser, portal: Portal) -> None:
        super().__init__(browser, portal, viewport={"width": 1440, "height": 900})
        self.case = ""

    def signs_in(self, address: str, password: str = "portal-demo") -> None:
        self.goes_to("/accounts/login/")
        self.page.locator("[name=login]").fill(address)
        self.page.locator("[name=password]").fill(password)
        self.clicks("Sign in")
        self.sees("Mine to do")

    def adds_a_client(self, name: str, name_zh: str, contact: str, address: str) -> None:
        self.goes_to("/clients/")
        self.follows("Add a client")
        given = {"name": name, "name_zh": name_zh, "contact_name": contact, "contact_email": address}
        for box, answer in given.items():
            self.page.locator(f"main [name={box}]").fill(answer)
        self.clicks("Add and invite")
        self.sees(name)

    def opens_a_case(self, domain: str, provider: str, province: str) -> None:
        """For the client whose page is open."""
        self.follows("New case")
        self.fills(Domain=domain)
        self.page.get_by_label("Provider", exact=True).select_option(label=provider)
        self.page.get_by_label("Province", exact=True).select_option(label=province)
        self.clicks("Open the case")
        self.page.wait_for_url(re.compile(r"/cases/F-"))
        self.case = self.page.url.removeprefix(self.portal.url)

    @property
    def reference(self) -> str:
        return self.case.strip("/").rpartition("/")[2]

    def looks_at_the_case(self) -> str:
        self.goes_to(self.case)
        return self.reads()

    def says_what_kind_of_filing(self, kind: str) -> None:
        self.goes_to(f"{self.case}facts/")
        self.page.locator("[name=case-filing_kind]").select_option(kind)
        self.page.locator("form.facts-form button[data-kind=primary]").first.click()
        self.page.wait_for_url(re.compile(r"/cases/[^/]+/$"))

    def reviews(self, paper: str) -> None:
        """Opens a paper of the case that has come."""
        self.goes_to(self.case)
        row = self.page.locator("li, tr, .paper", has_text=re.compile(paper)).filter(
            has=self.page.locator("a[href*='/review/']")
        )
        row.last.locator("a[href*='/review/']").first.click()
        self.page.locator(".mat img").first.wait_for()
        assert self.page.evaluate("document.querySelector('.mat img').decode().then(() => true)")

    def accepts(self, paper: str) -> None:
        self.reviews(paper)
        self.page.keyboard.press("a")
        self.sees(re.compile("Accepted"))

    def returns(self, paper: str, reason: str, note: str) -> None:
        self.reviews(paper)
        self.page.locator(f"#return input[value={reason}]").check()
        self.page.locator("#return [name=note]").fill(note)
        self.page.locator("button[form=return]").click()
        self.sees(re.compile("Returned"))

    def moves(self, move: str, **data: str) -> str:
        """One move by its page; the case's page afterwards."""
        self.goes_to(f"{self.case}moves/{move}/")
        for name, value in data.items():
            box = self.page.locator(f"main [name={name}]").first
            kind = box.evaluate("one => one.type")
            if kind == "radio":
                self.page.locator(f"main [name={name}][value='{value}']").check()
            elif kind == "select-one":
                box.select_option(value)
            else:
                box.fill(value)
        self.page.locator("main form.ask button[data-kind=primary]").click()
        self.page.wait_for_url(lambda url: "/moves/" not in url)
        return self.reads()

    def returns_the_filing(self, reason: str, note: str) -> str:
        self.goes_to(f"{self.case}moves/return_for_changes/")
        group = self.page.locator("details", has=self.page.locator(f"input[value={reason}]"))
        if group.get_attribute("open") is None:
            group.locator("summary").click()
        group.locator(f"input[value={reason}]").check()
        self.page.locator(f"#n-{reason}").fill(note)
        self.page.locator("main form.ask button[data-kind=primary]").click()
        self.page.wait_for_url(lambda url: "/moves/" not in url)
        return self.reads()


class Contact(Person):
    """A client's person with a phone, no password and little time."""

    def __init__(self, browser: Browser, portal: Portal, address: str) -> None:
        super().__init__(
            browser, portal, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
        )
        self.address = address

    def comes_in_by_the_invitation(self) -> None:
        mail = next_mail(self.portal, self.address)
        link = re.search(r"http://\S+/invitations/\S+", text_of(mail))
        assert link, text_of(mail)
        self.goes_to(link[0])
        self.clicks("Send me the code")
        mail = next_mail(self.portal, self.address, after=1)
        code = re.search(r"\b[A-Z]{4}-[A-Z]{4}\b", text_of(mail))
        assert code, text_of(mail)
        self.fills(Code=code[0])
        self.clicks("Continue")

    def goes_home(self) -> str:
        self.goes_to("/")
        return self.reads()

    def answers(self, task: str, facts: dict[str, Any]) -> None:
        """A page of questions; each answer is saved as it is given."""
        self.goes_home()
        self.follows(re.compile(task))
        for name, value in facts.items():
            self._answers(name, value)
        self.clicks("Done with this page")
        self.sees("Saved. Thank you.")

    def _answers(self, name: str, value: Any) -> None:
        field = self.page.locator(f"[data-field={name}]").first
        boxes = self.page.locator(f"main [name={name}]")
        kind = boxes.first.evaluate("one => one.type")
        if kind in ("radio", "checkbox"):
            for one in value if isinstance(value, list) else [value]:
                said = str(one).lower() if isinstance(one, bool) else one
                box = self.page.locator(f"main [name={name}][value='{said}']")
                if box.is_checked():
                    return  # the house had said so already
                box.check()
        elif kind == "select-one":
            boxes.select_option(value)
        else:
            boxes.fill(str(value))
            boxes.blur()
        self._is_saved(field)

    @staticmethod
    def _is_saved(field: Locator) -> None:
        field.and_(field.page.locator("[data-state=saved]")).wait_for()

    def verifies_the_phone(self, mobile: str) -> None:
        self.goes_home()
        self.follows(re.compile("Mobile of"))
        self.clicks("Send the code")
        code = code_in(next_mail(self.portal, f"{mobile}@sms.invalid"))
        self.fills(Code_from_the_SMS=code)
        self.clicks("Verify")
        self.sees("Verified. Thank you.")

    def sends(self, paper: str, filename: str, kind: str, content: bytes) -> None:
        """A paper by its task; back when it has been looked through."""
        self.goes_home()
        self.follows(re.compile(paper))
        if self.page.get_by_role("button", name="Agree and go on").count():
            self.page.get_by_role("checkbox").check()
            self.clicks("Agree and go on")
        box = self.page.locator("form[data-upload] input[type=file]")
        box.set_input_files({"name": filename, "mimeType": kind, "buffer": content})
        row = self.page.locator("#files > li", has_text=filename)
        row.get_by_text("arrived, we look at it next").wait_for(timeout=180_000)
