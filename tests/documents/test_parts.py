"""A large file in parts: gone on with after anything, one from every tab, and nothing but what was announced."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from clients.refusals import Conflict, Invalid, TooMany
from clients.sight import every_client
from documents import services, storage, tasks
from documents.models import Document, Upload
from documents.services import parts
from tests.documents import samples
from tests.documents.cast import checked, lying

CUT = parts.PART_BYTES
# A photo of three parts: what phones leave behind the picture is left out of its copy.
PHOTO = samples.small_jpeg().ljust(2 * CUT + 1000, b"\0")


def begin(requirement, *, by, content=PHOTO, told=True, **more):
    given = {"filename": "IMG 1.jpg", "size": len(content), "content_type": "image/jpeg"}
    mark = hashlib.sha256(content).hexdigest() if told else ""
    return services.start_parts(requirement, by=by, **given | {"sha256": mark} | more)


def put(standing, content=PHOTO, numbers=None) -> None:
    """As a browser does it, one part after the other; all that are missing, or these."""
    for part in standing.parts:
        if part.number in (numbers or [one.number for one in standing.parts if not one.arrived]):
            at = CUT * (part.number - 1)
            answer = requests.put(part.url, data=content[at : at + part.size], timeout=20)
            assert answer.status_code == 200, answer.text


def in_pieces(cast) -> list[str]:
    return [one.key for one in storage.unfinished() if one.key.startswith(cast.harbour.reference)]


def test_a_file_in_parts_is_gone_on_with_until_it_is_a_paper(cast):
    begun = begin(cast.passport, by=cast.ada)
    assert [part.size for part in begun.parts] == [CUT, CUT, 1000]
    put(begun, numbers=[2, 3])

    with pytest.raises(Conflict) as early:
        services.finish_upload(begun.upload, by=cast.ada)
    assert early.value.code == "parts_missing"
    later = services.standing_of(begun.upload, now=timezone.now() + timedelta(hours=70))
    assert [part.number for part in later.parts if part.arrived] == [2, 3]
    assert all(bool(part.url) != part.arrived for part in later.parts)
    put(later)
    document = services.finish_upload(begun.upload, by=cast.ada)
    assert services.finish_upload(begun.upload, by=cast.ada) == document

    assert checked(document).state == "available" and checked(document).width
    assert services.standing_of(begun.upload).document == document
    assert not in_pieces(cast) and lying("quarantine", cast.harbour.reference) == []
    with pytest.raises(Conflict):
        services.cancel_upload(begun.upload, by=cast.ada)


def test_the_same_file_is_the_same_upload_from_every_tab(cast):
    first = begin(cast.passport, by=cast.ada)
    put(first, numbers=[1])

    second = begin(cast.passport, by=cast.ada, filename="copy of it.jpg")
    assert second.upload == first.upload and [part.arrived for part in second.parts][:2] == [True, False]
    others = [
        begin(cast.passport, by=cast.mei),
        begin(cast.licence, by=cast.ada),
        begin(cast.passport, by=cast.ada, content=PHOTO[:-1] + b"x"),
        begin(cast.passport, by=cast.ada, told=False),
    ]
    assert len({first.upload.pk, *(one.upload.pk for one in others)}) == 5
    assert services.unfinished_of(cast.passport, by=cast.ada)[-1] == first.upload

    put(second)
    document = services.finish_upload(first.upload, by=cast.ada)
    assert begin(cast.passport, by=cast.ada).document == document  # said by whoever was slower
    services.return_document(checked(document), by=cast.mei, reasons=["id_unclear"])
    assert begin(cast.passport, by=cast.ada).upload != first.upload


def test_parts_promise_nothing_so_the_whole_is_checked(cast):
    """P17, as a stranger with our links and, where the store would not keep to them, with the store's own keys."""
    begun = begin(cast.passport, by=cast.ada, told=False)
    other = begin(cast.licence, by=cast.ada, told=False)
    url, size = begun.parts[0].url, begun.parts[0].size
    for bent, content in [
        (url, b"x" * (size + 1)),
        (url, b"x" * (size - 1)),
        (url, iter([b"x" * size, b"y"])),
        (url.replace("partNumber=1", "partNumber=99"), b"x" * size),
        (url.replace(begun.upload.parts_id, other.upload.parts_id), b"x" * size),
        (url.replace(begun.upload.key, other.upload.key), b"x" * size),
    ]:
        assert requests.put(bent, data=content, timeout=20).status_code == 403, bent
    assert requests.get(url, timeout=20).status_code == requests.delete(url, timeout=20).status_code == 403
    assert not any(part.arrived for part in services.standing_of(begun.upload).parts)

    put(begun)
    past = {"Bucket": storage.settings.S3_QUARANTINE_BUCKET, "Key": begun.upload.key}
    past |= {"UploadId": begun.upload.parts_id}
    storage._worker().upload_part(**past, PartNumber=len(begun.parts) + 1, Body=b"x" * 10)
    with pytest.raises(services.WrongWhole):
        services.finish_upload(begun.upload, by=cast.ada)

    begun.upload.refresh_from_db()
    assert begun.upload.cancelled_at and not Document.objects.exists()
    assert services.standing_of(begun.upload).state == "ended"
    tasks.drop_cancelled(begun.upload.pk)
    assert in_pieces(cast) == [other.upload.key] and lying("quarantine", cast.harbour.reference) == []
    assert requests.put(url, data=b"x" * size, timeout=20).status_code in (403, 404)
    with pytest.raises(Conflict):
        services.finish_upload(begun.upload, by=cast.ada)


def test_a_short_part_is_missing_a_long_one_ends_it_and_so_does_sending_without_end(cast):
    for number, content, times in [(3, b"x" * 1001, 1), (1, b"x" * CUT, 7)]:
        begun = begin(cast.passport, by=cast.ada, told=False)
        named = {"Bucket": storage.settings.S3_QUARANTINE_BUCKET, "Key": begun.upload.key}
        named |= {"UploadId": begun.upload.parts_id, "PartNumber": number}
        storage._worker().upload_part(**named, Body=b"x")
        assert not any(part.arrived for part in services.standing_of(begun.upload).parts)
        for _ in range(times):
            storage._worker().upload_part(**named, Body=content)

        assert services.standing_of(begun.upload).state == "ended"
        services.sweep_parts()
        begun.upload.refresh_from_db()
        assert begun.upload.cancelled_at and not in_pieces(cast)


def test_another_file_than_was_announced_is_refused(cast):
    """Two files of one size under one upload, from two tabs, would be a paper of both."""
    begun = begin(cast.passport, by=cast.ada, content=PHOTO[:-1] + b"\n")
    put(begun)

    document = checked(services.finish_upload(begun.upload, by=cast.ada))

    assert document.reasons == [{"code": "size_differs", "note": ""}]


def test_cancelling_leaves_nothing_and_only_who_may_send_does_it(cast):
    begun = begin(cast.passport, by=cast.ada)
    put(begun, numbers=[1])
    for person in (cast.ann, cast.bo):
        with pytest.raises(PermissionDenied):
            services.cancel_upload(begun.upload, by=person)

    services.cancel_upload(begun.upload, by=cast.ada)
    services.cancel_upload(begun.upload, by=cast.ada)
    tasks.drop_cancelled(begun.upload.pk)

    assert not in_pieces(cast) and not services.unfinished_of(cast.passport, by=cast.ada)
    assert requests.put(begun.parts[1].url, data=PHOTO[CUT : 2 * CUT], timeout=20).status_code in (403, 404)
    with pytest.raises(Conflict):
        services.finish_upload(begun.upload, by=cast.ada)
    assert begin(cast.passport, by=cast.ada).upload != begun.upload


def test_what_nobody_finishes_is_swept_row_or_no_row(cast):
    begun, kept = begin(cast.passport, by=cast.ada), begin(cast.licence, by=cast.ada)
    put(begun, numbers=[1])
    lost = f"{cast.harbour.reference}/rolled-back"
    storage.begin_parts(lost, content_type="image/jpeg")
    now = timezone.now()

    services.sweep_parts(now=now)
    assert lost in in_pieces(cast)  # its row may be on its way
    services.sweep_parts(now=now + timedelta(hours=1))
    assert sorted(in_pieces(cast)) == sorted([begun.upload.key, kept.upload.key])
    Upload.objects.filter(pk=begun.upload.pk).update(
        expires_at=now - timedelta(hours=1), created_at=now - timedelta(hours=73)
    )
    assert services.sweep_uploads(now=now) == 1
    assert in_pieces(cast) == [kept.upload.key] and services.standing_of(kept.upload).state == "open"


def test_an_upload_in_parts_counts_among_the_open_forms_until_it_ends(cast):
    for _ in range(20):
        begun = begin(cast.passport, by=cast.ada, told=False, now=timezone.now() - timedelta(hours=1))

    with pytest.raises(TooMany) as refused:
        begin(cast.licence, by=cast.ada)
    assert "cancel" in str(refused.value)
    services.cancel_upload(begun.upload, by=cast.ada)
    assert begin(cast.licence, by=cast.ada).state == "open"
    with pytest.raises(services.ConsentMissing):
        begin(cast.passport, by=cast.ada, asks_consent=True)
    with pytest.raises(Invalid):
        begin(cast.licence, by=cast.ada, sha256="../x")


def test_completions_and_a_cancelling_at_once_are_one_or_the_other(lasting_cast):
    cast = lasting_cast
    with every_client():
        begun = begin(cast.passport, by=cast.ada)
    put(begun)

    def try_to(do):
        try:
            with every_client():
                return do(begun.upload, by=cast.ada)
        except Conflict as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(try_to, [*[services.finish_upload] * 5, services.cancel_upload]))

    with every_client():
        upload = Upload.objects.get()
        document = Document.objects.filter(upload=upload).first()
        assert bool(document) != bool(upload.cancelled_at)
        assert said == ([document] * 5 + ["sent"] if document else ["upload_ended"] * 5 + [None])
        assert document is None or checked(document).state == "available"


def test_the_api_gives_links_and_says_what_has_come(cast, as_person, client):
    from clients.tokens import new_token

    ada, mei = as_person(cast.ada), as_person(cast.mei)
    asked = {"filename": "a.jpg", "size": len(PHOTO), "content_type": "image/jpeg", "parts": True}
    assert (
        ada("post", f"/requirements/{cast.passport.reference}/uploads", asked | {"parts": "yes"}).status_code
        == 422
    )
    begun = ada("post", f"/requirements/{cast.passport.reference}/uploads", asked)
    assert begun.status_code == 201 and set(begun.json()) == {"upload", "parts"}
    links = begun.json()["parts"]
    assert all(set(one) == {"number", "url", "size"} for one in links) and [
        one["number"] for one in links
    ] == [*range(1, len(links) + 1)]
    path = f"/uploads/{begun.json()['upload']}"
    for one in links[1:]:
        at = CUT * (one["number"] - 1)
        assert requests.put(one["url"], data=PHOTO[at : at + one["size"]], timeout=20).status_code == 200

    early = ada("post", f"{path}/completion")
    assert (early.status_code, early.json()["code"]) == (409, "parts_missing") and "part 1" in early.json()[
        "detail"
    ]
    told = ada("get", path).json()
    assert told["state"] == "open" and [one["arrived"] for one in told["parts"]][:2] == [False, True]
    assert told["parts"][0]["url"] and told["parts"][1]["url"] is None
    token, row = new_token(cast.ada)
    row.can_write = False
    row.save()
    read = client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
    assert read.status_code == 200 and not any(one["url"] for one in read.json()["parts"])
    assert requests.put(told["parts"][0]["url"], data=PHOTO[:CUT], timeout=20).status_code == 200
    done = ada("post", f"{path}/completion")
    assert done.status_code == 202
    assert checked(Document.objects.get(reference=done.json()["document"])).state == "available"
    assert ada("get", path).json()["document"] == done.json()["document"]
    assert ada("delete", path).status_code == 409

    second = ada("post", f"/requirements/{cast.passport.reference}/uploads", asked).json()["upload"]
    assert mei("delete", f"/uploads/{second}").status_code == 204
    assert ada("get", f"/uploads/{second}").json()["state"] == "ended"
    assert ada("post", f"/uploads/{second}/completion").status_code == 409
    storage._asking.cache_clear()
    real, storage.settings.S3_ENDPOINT_URL = storage.settings.S3_ENDPOINT_URL, "http://127.0.0.1:9"
    try:
        away = ada("post", f"/requirements/{cast.passport.reference}/uploads", asked)
    finally:
        storage.settings.S3_ENDPOINT_URL = real
        storage._asking.cache_clear()
    assert away.status_code == 503 and away["Retry-After"]
