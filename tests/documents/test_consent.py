"""P15: separate consent before the first identity paper, at every door of the pages; the API takes it, and marks it."""

from __future__ import annotations

import pytest

from clients.models import AuditEvent
from documents import services
from documents.models import Consent, Document, Upload
from documents.services import consenting
from tests.documents import samples
from tests.documents.cast import checked, fresh, send

JPEG = samples.small_jpeg()
FILE = {"filename": "a.jpg", "size": len(JPEG), "content_type": "image/jpeg"}


@pytest.fixture
def page(client, cast):
    cast.ada.refresh_from_db()
    client.force_login(cast.ada)
    return client


def doors(page, paper) -> dict[str, int]:
    """What each way of the pages to hand in a file answers; a form would come with 201 or 200."""
    at = f"/requirements/{paper.reference}/uploads/"
    return {
        "script": page.post(at, FILE, content_type="application/json").status_code,
        "plain": page.post(f"{at}plain/").status_code,
        "earlier": page.post(f"/tasks/{paper.reference}/earlier/").status_code,
    }


def test_without_the_box_ticked_no_door_gives_a_form(cast, page):
    assert doors(page, cast.passport) == {"script": 409, "plain": 302, "earlier": 302}
    assert not Upload.objects.exists()
    assert not Document.objects.exists()
    shown = page.get(f"/tasks/{cast.passport.reference}/").content.decode()
    assert 'name="agreed"' in shown and "data-upload" not in shown


def test_the_box_alone_opens_them_and_is_kept_with_text_version_day_and_person(cast, page):
    address = f"/requirements/{cast.passport.reference}/consent/"
    page.post(address, {})
    assert not Consent.objects.exists()

    page.post(address, {"agreed": "yes"})

    kept = Consent.objects.get()
    assert (kept.client, kept.by, kept.text_version) == (cast.harbour, cast.ada, consenting.TEXT_VERSION)
    assert AuditEvent.objects.get(kind="consent.given").data == {"text_version": consenting.TEXT_VERSION}
    assert doors(page, cast.passport)["script"] == 201
    assert 'name="agreed"' not in page.get(f"/tasks/{cast.passport.reference}/").content.decode()


def test_another_text_is_asked_again(cast, page, monkeypatch):
    page.post(f"/requirements/{cast.passport.reference}/consent/", {"agreed": "yes"})
    monkeypatch.setattr(consenting, "TEXT_VERSION", "2031-01")

    assert doors(page, cast.passport)["script"] == 409


def test_a_paper_that_is_no_identity_paper_needs_none(cast, page):
    assert doors(page, cast.licence)["script"] == 201


def test_the_neighbours_consent_is_none_of_ours(cast, page):
    services.give_consent(cast.lotus, by=cast.bo)

    assert doors(page, cast.passport)["script"] == 409


def test_by_api_it_is_taken_and_marked_and_holds_up_nothing(cast, as_person, page):
    document = checked(send(cast.passport, JPEG, by=cast.ada))
    licence = checked(send(cast.licence, JPEG, by=cast.ada))
    ada, mei = as_person(cast.ada), as_person(cast.mei)

    marked = {
        one.reference: ada("get", f"/documents/{one.reference}").json()["consent_outstanding"]
        for one in (document, licence)
    }
    assert marked == {document.reference: True, licence.reference: False}
    cast.mei.refresh_from_db()
    page.force_login(cast.mei)
    assert "consent outstanding" in page.get(f"/documents/{document.reference}/review/").content.decode()
    assert mei("post", f"/documents/{document.reference}/acceptance").status_code == 200

    services.give_consent(cast.harbour, by=cast.ada)

    assert not fresh(document).is_consent_outstanding
    assert ada("get", f"/documents/{document.reference}").json()["consent_outstanding"] is False
    assert "consent outstanding" not in page.get(f"/documents/{document.reference}/review/").content.decode()
