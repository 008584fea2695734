"""The client's side in a real browser: a phone's, a slow typist's, one without a script."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from cases.models import Case
from cases.services import phones
from clients import sight
from documents import services
from documents.models import Document
from tests.documents import samples

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}}


def fresh(case) -> Case:
    with sight.every_client():
        return Case.objects.with_facts().get(pk=case.pk)


def check_all() -> None:
    """The worker's part, where no worker runs."""
    for waiting in services.waiting_documents():
        services.check_document(waiting)


def test_the_first_way_through(enter, empty, paper):
    page = enter()
    page.goto("/")
    page.get_by_role("link", name="Answer", exact=True).click()

    page.get_by_label("Kind of applicant").select_option("enterprise")
    page.get_by_label("Name on the certificate").fill("Harbour Example Ltd")
    page.locator("[data-field=subject-name][data-state=saved]").wait_for()
    page.get_by_role("link", name="Back to my filing").click()
    page.get_by_role("link", name=re.compile("The head of the organisation")).first.click()
    page.get_by_label("Mobile", exact=True).fill("138")
    page.locator("[data-field=head-mobile][data-state=error] [data-field-error]:not([hidden])").wait_for()
    page.get_by_label("Mobile", exact=True).fill("138 0000 0001")
    page.locator("[data-field=head-mobile][data-state=saved]").wait_for()
    page.get_by_label("Kind of ID").select_option("passport")
    page.locator("[data-field=head-id_kind][data-state=saved]").wait_for()

    assert fresh(empty).subject.name == "Harbour Example Ltd"
    assert fresh(empty).head.mobile == "13800000001"
    page.goto(empty.get_absolute_url())
    page.get_by_role("link", name=re.compile("Passport of")).click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Agree and go on").click()
    photo = {"name": "IMG_2041.JPG", "mimeType": "image/jpeg", "buffer": samples.camera_jpeg((1600, 1200))}
    page.locator("form[data-upload] input[type=file]").set_input_files(photo)
    row = page.locator("#files > li", has_text="IMG_2041.JPG")
    row.get_by_text("being checked").wait_for()
    check_all()
    row.get_by_text("arrived, we look at it next").wait_for(timeout=90_000)

    assert paper(empty, "passport").state == "sent"
    with sight.every_client():
        document = Document.objects.get()
        assert document.width < document.height  # the phone was held upright


def test_a_file_that_is_none_stays_beside_its_reason(enter, case, paper):
    page = enter()
    page.goto(f"/tasks/{paper(case, 'business_licence').reference}/")
    box = page.locator("form[data-upload] input[type=file]")

    box.set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"})
    page.locator("#files").get_by_text("We can take JPEG").wait_for()
    box.set_input_files({"name": "false.pdf", "mimeType": "application/pdf", "buffer": samples.docx()})
    page.locator("#files").get_by_text("being checked").wait_for()
    check_all()

    page.locator("#files").get_by_text("Save it as a PDF").wait_for(timeout=90_000)
    assert page.locator("form[data-upload]").is_visible()


def test_a_phone_is_verified(enter, case):
    page = enter()
    page.goto(f"/cases/{case.reference}/mobiles/head/")
    page.get_by_role("button", name="Send the code").click()
    with sight.every_client():
        code = phones.mint_code(case.phone_verifications.first().pk)[1]

    page.get_by_label("Code from the SMS").fill(code)
    page.get_by_role("button", name="Verify").click()

    page.get_by_text("Verified. Thank you.").wait_for()
    assert fresh(case).head.mobile_verified_at


def test_without_a_script_everything_goes_but_progress(enter, empty, paper):
    page = enter(java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name="Answer", exact=True).click()
    page.get_by_label("Kind of applicant").select_option("enterprise")
    page.get_by_label("Name on the certificate").fill("Harbour Example Ltd")
    page.get_by_role("button", name="Done with this page").click()
    page.get_by_text(re.compile(r"Saved\. \d+ answers are still missing here:")).wait_for()
    page.get_by_role("link", name="Go on all the same").click()
    page.get_by_role("link", name=re.compile("Business licence")).click()
    page.locator("form[data-upload]").wait_for(state="hidden")

    page.get_by_role("button", name="Choose a file and send it").click()
    picture = {"name": "licence.png", "mimeType": "image/png", "buffer": samples.png()}
    page.locator("input[type=file]").set_input_files(picture)
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Yes, check it").click()
    check_all()

    page.goto(f"/tasks/{paper(empty, 'business_licence').reference}/")
    page.get_by_text("arrived, we look at it next").wait_for()
    assert fresh(empty).subject.name == "Harbour Example Ltd"


WIDE_CHINESE = {"locale": "zh-CN", "viewport": {"width": 1440, "height": 900}}


@pytest.mark.parametrize("options", [{}, pytest.param(WIDE_CHINESE, marks=pytest.mark.long)])
def test_no_page_is_too_wide_or_hard_to_read(enter, case, empty, paper, options):
    """What the demo has not: nothing answered, no consent, somebody else as its manager. All other pages are looked at
    by tests/journeys/test_everywhere.py.
    """
    page = enter(**options)
    passport, licence = paper(case, "passport"), paper(case, "business_licence")
    bare = f"/cases/{empty.reference}"
    paths = ["/", f"{bare}/", f"/tasks/{passport.reference}/", f"/tasks/{licence.reference}/"]
    paths += [f"{bare}/facts/{thing}/" for thing in ("head", "manager/?other=1")]
    width = page.viewport_size["width"]

    found = {}
    for path in paths:
        assert page.goto(path).status == 200, path
        broken = [one["id"] for one in Axe().run(page, options=RULES).response["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if broken or wide > width:
            found[path] = (broken, wide)
    assert not found
