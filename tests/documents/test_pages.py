"""The upload box of the pages, with and without a script."""

from __future__ import annotations

import re

import pytest
import requests

from cases.models import CaseEvent
from cases.services import bringing
from documents import services
from documents.models import Consent, Document, Upload
from tests.documents import samples
from tests.documents.cast import checked, open_upload, paper, post, send

JPEG = samples.small_jpeg()
FILE = {"filename": "a.jpg", "size": len(JPEG), "content_type": "image/jpeg"}


@pytest.fixture
def enter(client):
    def as_person(user):
        user.refresh_from_db()
        client.force_login(user)
        return client

    return as_person


def start(browser, requirement, **more):
    address = f"/requirements/{requirement.reference}/uploads/"
    return browser.post(address, FILE | more, content_type="application/json")


def test_a_paper_goes_from_the_page_to_the_store(cast, enter):
    browser = enter(cast.ada)

    form = start(browser, cast.licence).json()
    assert post(form, JPEG) == 201
    done = browser.post(form["finish"], {}, content_type="application/json").json()

    row = browser.get(done["state"]).content.decode()
    assert 'hx-get="' in row and "being checked" in row
    document = checked(Document.objects.get(reference=done["document"]))
    row = browser.get(done["state"]).content.decode()
    assert "hx-get" not in row and f"/documents/{document.reference}/content/" in row
    looked = browser.get(f"/documents/{document.reference}/content/?download")
    assert (
        requests.get(looked["Location"], timeout=10).headers["Content-Disposition"].startswith("attachment")
    )
    assert CaseEvent.objects.get(kind="paper.viewed").data["download"] is True


def test_no_form_for_an_identity_paper_before_the_box_is_ticked(cast, enter):
    browser = enter(cast.ada)

    refused = start(browser, cast.passport)
    assert (refused.status_code, refused.json()["code"]) == (409, "consent_missing")
    assert not Upload.objects.exists()
    browser.post(f"/requirements/{cast.passport.reference}/consent/", {})
    assert start(browser, cast.passport).status_code == 409
    browser.post(f"/requirements/{cast.passport.reference}/consent/", {"agreed": "on"})

    assert Consent.objects.get().by == cast.ada
    assert start(browser, cast.passport).status_code == 201


def test_staff_send_on_behalf_and_the_paper_is_marked(cast, enter):
    browser = enter(cast.mei)

    form = start(browser, cast.passport).json()
    browser.post(form["finish"], {}, content_type="application/json")

    document = Document.objects.get()
    assert document.is_on_behalf and document.is_consent_outstanding
    assert (
        browser.post(f"/requirements/{cast.passport.reference}/consent/", {"agreed": "on"}).status_code == 403
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"size": 0}, 422),
        ({"size": "5"}, 422),
        ({"content_type": "text/html"}, 422),
        ({"filename": None}, 422),
    ],
)
def test_a_refusal_is_a_sentence_for_the_row_of_the_file(cast, enter, body, status):
    answer = start(enter(cast.ada), cast.licence, **body)

    assert answer.status_code == status and answer.json()["detail"].endswith(".")


def test_a_refused_file_says_in_its_row_what_to_send(cast, enter):
    document = checked(send(cast.licence, samples.docx(), by=cast.ada))

    row = enter(cast.ada).get(f"/documents/{document.reference}/state/").content.decode()

    assert "Save it as a PDF" in row and 'data-state="redo"' in row and "/content/" not in row


def test_without_a_script_a_file_arrives_all_the_same(cast, enter):
    browser = enter(cast.ada)

    page = browser.post(f"/requirements/{cast.licence.reference}/uploads/plain/").content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    url = re.search(r'action="(http[^"]+)"', page)[1]
    answer = requests.post(
        url, data=fields, files={"file": ("x.jpg", JPEG)}, timeout=10, allow_redirects=False
    )
    assert answer.status_code == 303
    upload = Upload.objects.get()
    assert answer.headers["Location"].startswith(f"http://testserver/uploads/{upload.reference}/sent/")
    assert not Document.objects.exists()
    assert browser.get(f"/uploads/{upload.reference}/sent/").status_code == 200
    assert not Document.objects.exists()  # looking changes nothing
    back = browser.post(f"/uploads/{upload.reference}/completion/")

    assert back["Location"] == cast.case.get_absolute_url()
    document = checked(Document.objects.get())
    assert (document.state, document.size, document.notes) == ("available", len(JPEG), ["small"])


def test_a_plain_form_takes_no_more_than_the_limit(cast, every_client):
    _upload, form = services.start_plain_upload(
        cast.licence, by=cast.ada, leads_to=lambda upload: "http://testserver/"
    )

    assert post(form, b"x" * (20 * 1024 * 1024 + 1)) in (400, 403)


@pytest.mark.parametrize(
    "after", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""]
)
def test_a_page_leads_to_no_foreign_place(cast, enter, after):
    answer = enter(cast.ada).post(
        f"/requirements/{cast.licence.reference}/consent/", {"agreed": "on", "next": after}
    )

    assert answer["Location"] == cast.case.get_absolute_url()


def test_a_neighbour_finds_nothing(cast, enter):
    document = checked(send(paper(cast.lotus_case, "passport"), JPEG, by=cast.bo))
    browser = enter(cast.ada)

    for address in (
        f"/requirements/{document.requirement.reference}/uploads/",
        f"/requirements/{document.requirement.reference}/uploads/plain/",
        f"/requirements/{document.requirement.reference}/consent/",
        f"/uploads/{document.upload.reference}/completion/",
    ):
        assert browser.post(address, {}, content_type="application/json").status_code == 404
    for address in (
        f"/documents/{document.reference}/state/",
        f"/documents/{document.reference}/content/",
        f"/uploads/{document.upload.reference}/sent/",
    ):
        assert browser.get(address).status_code == 404
    assert not CaseEvent.objects.filter(kind="paper.viewed").exists()


def test_nothing_is_found_of_a_case_whose_import_was_taken_back(cast, enter, as_person):
    """A form was open on the client's page meanwhile."""
    upload = open_upload(cast.passport, by=cast.ada)
    bringing.take_back(cast.case, by=cast.mei, data={})

    for user in (cast.ada, cast.mei):
        browser = enter(user)
        for address in (
            f"/uploads/{upload.reference}/completion/",
            f"/uploads/{upload.reference}/cancellation/",
            f"/requirements/{cast.passport.reference}/uploads/",
            f"/requirements/{paper(cast.case, 'verification_form').reference}/form/",
            f"/tasks/{cast.passport.reference}/earlier/",
        ):
            assert browser.post(address, {}, content_type="application/json").status_code == 404, address
        assert browser.get(f"/tasks/{cast.passport.reference}/").status_code == 404
        caller = as_person(user)
        assert caller("post", f"/uploads/{upload.reference}/completion", {}).status_code == 404
        asked = f"/requirements/{cast.passport.reference}/uploads"
        assert caller("post", asked, FILE).status_code == 404


def test_nobody_signed_in_finds_the_door(cast, client):
    for address in ("/documents/D-000000/content/", "/documents/D-000000/state/"):
        assert client.get(address).status_code in (302, 404)
