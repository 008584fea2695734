"""Mei at her desk and Tess with her phone: what they do, in the words of people."""

from __future__ import annotations

import re
from typing import Any

from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Browser, Locator, Page

from tests.journeys.stranger import code_in, next_mail, text_of
from tests.portal import Portal

PATIENCE = 60_000  # of a browser on a machine with other things to do
BREACH = re.compile("Content Security Policy|CORS policy")
# Four words of Latin letters in a row: a sentence of the other language, and no name of anybody.
ENGLISH = re.compile(r"(?:[A-Za-z]{2,}[,.;:]? ){3}[A-Za-z]{2,}")
LOCALES = {"en": "en-GB", "zh-hans": "zh-CN"}


class Person:
    """A browser of one's own; whatever it complains of stands in `complaints`.

    Words of ours are named in English and looked for as this person reads them.
    """

    def __init__(self, browser: Browser, portal: Portal, reads: str = "en", **options: Any) -> None:
        self.portal, self.reads_in = portal, reads
        self.context = browser.new_context(base_url=portal.url, locale=LOCALES[reads], **options)
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

    def says(self, sentence: Any) -> str:
        """A sentence or name of ours in this person's language."""
        with translation.override(self.reads_in):
            return gettext(sentence) if isinstance(sentence, str) else str(sentence)

    def about(self, name: Any) -> re.Pattern[str]:
        """Whatever has this name of ours in it."""
        return re.compile(re.escape(self.says(name)))

    def goes_to(self, path: str) -> None:
        self.page.goto(path)

    def clicks(self, name: str | re.Pattern[str], role: str = "button") -> None:
        """The first such button or link; back when the page it leads to is there."""
        named = self.says(name) if isinstance(name, str) else name
        self.page.get_by_role(role, name=named, exact=isinstance(name, str)).first.click()  # type: ignore[arg-type]
        self.page.wait_for_load_state()

    def follows(self, name: str | re.Pattern[str]) -> None:
        self.clicks(name, "link")

    def opens(self, end: str) -> str:
        """The first link of this page whose address ends so; what its page says."""
        self.page.locator(f"main a[href$='{end}']").first.click()
        self.page.wait_for_load_state()
        return self.reads()

    def chooses(self, *answers: str) -> None:
        """These answers of the question on this page, and on to the next."""
        for answer in answers:
            self.page.locator(f"main input[value={answer}]").check()
        self.clicks("Go on")

    def fills(self, **answers: str) -> None:
        """Boxes by their label, its blanks written as underscores."""
        for label, answer in answers.items():
            self.page.get_by_label(self.says(label.replace("_", " ")), exact=True).fill(answer)

    def sees(self, text: str | re.Pattern[str]) -> None:
        self.page.get_by_text(self.says(text) if isinstance(text, str) else text).first.wait_for()

    def reads(self) -> str:
        """Everything on the page."""
        text = self.page.locator("main").inner_text()
        self.is_spoken_to(text)
        return text

    def is_spoken_to(self, text: str) -> None:
        """In a language this person reads, and not in two at once."""
        if self.reads_in == "zh-hans":
            assert not (found := ENGLISH.search(text)), found

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
        self.sees("Today")

    def adds_a_client(
        self, name: str, name_zh: str, contact: str, address: str, *, reads: str = "en"
    ) -> None:
        self.goes_to("/clients/")
        self.follows("Add a client")
        given = {"name": name, "name_zh": name_zh, "contact_name": contact, "contact_email": address}
        for box, answer in given.items():
            self.page.locator(f"main [name={box}]").fill(answer)
        self.page.locator(f"main [name=contact_language][value={reads}]").check()
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

    def checklist(self) -> dict[str, str]:
        """The papers of the open case and how far each is."""
        rows = self.page.locator(".checklist tbody tr").all()
        return {
            row.locator("th").evaluate("one => one.firstChild.textContent").strip(): row.locator(
                ".mark"
            ).get_attribute("data-state")
            or ""
            for row in rows
        }

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
        return self.does(f"moves/{move}", **data)

    def does(self, what: str, **data: str) -> str:
        """What has a page of its own beside the case: fills it in, sends it, and reads the page after it."""
        self.goes_to(f"{self.case}{what}/")
        self.fills_in(**data)
        self.page.locator("main form.ask button[data-kind=primary]").click()
        self.page.wait_for_url(lambda url: f"/{what}/" not in url)
        return self.reads()

    def fills_in(self, **data: str) -> None:
        """Boxes of the open page by their name."""
        for name, value in data.items():
            box = self.page.locator(f"main [name={name}]").first
            kind = box.evaluate("one => one.type")
            if kind == "radio":
                self.page.locator(f"main [name={name}][value='{value}']").check()
            elif kind == "select-one":
                box.select_option(value)
            else:
                box.fill(value)

    def returns_the_filing(self, reason: str, note: str) -> str:
        return self.sends_back("return_for_changes", {reason: note})

    def sends_back(self, move: str, reasons: dict[str, str], papers: dict[str, str] | None = None) -> str:
        """A return or rejection for these reasons, a word to each; `papers` where the catalogue leaves them open."""
        self.goes_to(f"{self.case}moves/{move}/")
        for reason, note in reasons.items():
            box = self.page.locator(f"input[name=reason][value={reason}]")
            group = self.page.locator("details", has=box)
            if group.get_attribute("open") is None:
                group.locator("summary").click()
            box.check()
            row = self.page.locator(".reason", has=box)
            if paper := (papers or {}).get(reason):
                row.get_by_role("checkbox", name=re.compile(paper)).check()
            row.locator("textarea").fill(note)
        self.page.locator("main form.ask button[data-kind=primary]").click()
        self.page.wait_for_url(lambda url: "/moves/" not in url)
        return self.reads()

    def pastes(self, message: str) -> str:
        """An SMS or mail into the reader of messages; what the portal makes of it."""
        self.goes_to("/messages/read/")
        self.page.locator("main [name=text]").fill(message)
        self.clicks("Read it")
        return self.reads()

    def confirms(self) -> None:
        """What the message that was read proposes."""
        self.page.locator("main form.stack button[data-kind=primary]").click()
        self.page.wait_for_url(lambda url: url.endswith(self.case))


class Contact(Person):
    """A client's person with a phone, no password and little time."""

    def __init__(self, browser: Browser, portal: Portal, address: str, reads: str = "en") -> None:
        super().__init__(
            browser, portal, reads, viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True
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

    def passes_on(self, message: str) -> str:
        """An SMS that only the client's person received; what the portal says to it."""
        self.goes_home()
        self.opens("/message/")
        self.page.locator("main [name=text]").fill(message)
        self.clicks("Pass it on")
        return self.reads()

    def answers(self, task: str, facts: dict[str, Any], *, then: dict[str, Any] | None = None) -> None:
        """A page of questions; each answer is saved as it is given. `then` answers what follows from them."""
        self.goes_home()
        self.follows(self.about(task))
        for name, value in facts.items():
            self.writes(name, value)
        self.clicks("Done with this page")
        if then:
            for name, value in then.items():
                self.page.locator(f"[data-field={name}]").wait_for()
                self.writes(name, value)
            self.clicks("Done with this page")
        self.sees("Saved. Thank you.")

    def answers_all(self, thing: str, facts: dict[str, Any]) -> None:
        """The questions about one thing, of which the page then stays open."""
        self.goes_home()
        self.opens(f"/facts/{thing}/")
        for name, value in facts.items():
            self.writes(name, value)

    def reading_of(self, name: str) -> str:
        """What the page says that it read instead of what was typed."""
        return self.page.locator(f"[data-field={name}] [data-field-read]").inner_text()

    def opens_the_task(self, name: Any) -> str:
        """A task by its name; what its page says."""
        self.goes_home()
        self.follows(self.about(name))
        return self.reads()

    def writes(self, name: str, value: Any) -> None:
        """One answer of the open page; back when it is saved."""
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
        self.opens("/mobiles/head/")
        self.clicks("Send the code")
        code = code_in(next_mail(self.portal, f"{mobile}@sms.invalid"))
        self.fills(Code_from_the_SMS=code)
        self.clicks("Verify")
        self.sees("Verified. Thank you.")

    def sends(self, paper: str, filename: str, kind: str, content: bytes) -> None:
        """A paper by its task; back when it has been looked through."""
        self.goes_home()
        self.follows(self.about(paper))
        self.uploads(filename, kind, content)

    def downloads_the_form(self) -> bytes:
        """The form of the open page, made and fetched."""
        self.clicks("Make the form")
        link = self.page.locator(".handout a[data-kind=primary]")
        link.wait_for()
        with self.page.expect_download() as coming:
            link.click()
        return coming.value.path().read_bytes()

    def uploads(self, filename: str, kind: str, content: bytes) -> None:
        """A file on the open page of its paper."""
        if self.page.get_by_role("button", name=self.says("Agree and go on")).count():
            self.page.get_by_role("checkbox").check()
            self.clicks("Agree and go on")
        box = self.page.locator("form[data-upload] input[type=file]")
        box.set_input_files({"name": filename, "mimeType": kind, "buffer": content})
        row = self.page.locator("#files > li", has_text=filename)
        row.get_by_text(self.says("arrived, we look at it next")).wait_for(timeout=180_000)
