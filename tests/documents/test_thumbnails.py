"""A stamp of a paper for whoever sent it, and for nobody else: every other look leaves a trace."""

from __future__ import annotations

from io import BytesIO

import pytest
import requests
from PIL import Image

from cases.models import CaseEvent
from documents import services
from documents.services import reusing
from tests.documents import samples
from tests.documents.cast import checked, fresh, lying, send


def look(client, user, document):
    user.refresh_from_db()
    client.force_login(user)
    return client.get(f"/documents/{document.reference}/thumbnail/")


@pytest.mark.parametrize(
    ("sample", "kind"), [(samples.camera_jpeg, "image/jpeg"), (samples.scan_pdf, "application/pdf")]
)
def test_the_sender_sees_a_stamp_made_in_the_cage(cast, client, sample, kind):
    document = checked(send(cast.passport, sample(), by=cast.ada, kind=kind))

    answer = look(client, cast.ada, document)

    assert (answer.status_code, answer["Cache-Control"]) == (302, "no-store")
    stamp = Image.open(BytesIO(requests.get(answer["Location"], timeout=10).content))
    assert stamp.format == "JPEG" and max(stamp.size) == 240
    assert not stamp.getexif()
    assert "X-Amz-Expires=60" in answer["Location"]
    assert not CaseEvent.objects.filter(kind="paper.viewed").exists()


def test_nobody_else_sees_it_without_a_trace(cast, client):
    document = checked(send(cast.passport, samples.small_jpeg(), by=cast.ada))
    by_the_agency = checked(send(cast.licence, samples.small_jpeg(), by=cast.mei))

    for user in (cast.mei, cast.ann, cast.bo):
        assert look(client, user, document).status_code == 404
    for user in (cast.mei, cast.ada):
        assert look(client, user, by_the_agency).status_code == 404


def test_the_receipt_shows_it_to_the_sender_alone(cast, client):
    document = checked(send(cast.passport, samples.small_jpeg(), by=cast.ada))
    address = f'src="/documents/{document.reference}/thumbnail/"'

    pages = {}
    for user in (cast.ada, cast.mei):
        user.refresh_from_db()
        client.force_login(user)
        pages[user] = client.get(f"/tasks/{cast.passport.reference}/").content.decode()

    assert address in pages[cast.ada] and address not in pages[cast.mei]


def test_nothing_is_shown_of_what_is_not_there(cast, client):
    refused = checked(send(cast.passport, samples.encrypted_pdf(), by=cast.ada, kind="application/pdf"))
    checking = send(cast.licence, samples.small_jpeg(), by=cast.ada)

    assert [look(client, cast.ada, one).status_code for one in (refused, checking)] == [404, 404]


def test_it_goes_with_the_paper(cast):
    document = checked(send(cast.passport, samples.small_jpeg(), by=cast.ada))
    assert document.thumb_key in lying("papers")

    services.withdraw_document(document, by=cast.ada)
    services.destroy_withdrawn(document.pk)

    assert fresh(document).thumb_size == 0
    assert lying("papers", cast.harbour.reference) == []


def test_a_paper_taken_over_has_none_of_its_own():
    """Whoever takes it over may be another than the one who sent it."""
    assert not {"thumb_version", "thumb_size"} & set(reusing.COPIED)
