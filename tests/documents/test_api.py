"""The contract's calls about papers, as a program makes them."""

from __future__ import annotations

import pytest
import requests
from django.core.cache import cache

from cases.models import CaseEvent
from clients.references import new_reference
from documents import storage
from documents.models import Document, Upload
from tests.documents import samples
from tests.documents.cast import checked, fresh, paper, post, send

JPEG = samples.small_jpeg()


def ask(call, requirement, **more):
    body = {"filename": "passport.jpg", "size": len(JPEG), "content_type": "image/jpeg"} | more
    return call("post", f"/requirements/{requirement.reference}/uploads", body)


def test_a_paper_goes_the_whole_way_by_api(cast, as_person):
    ada, mei = as_person(cast.ada), as_person(cast.mei)

    form = ask(ada, cast.passport)
    assert form.status_code == 201 and set(form.json()) == {"upload", "url", "fields"}
    assert post(form.json(), JPEG) == 201
    done = ada("post", f"/uploads/{form.json()['upload']}/completion")
    assert done.status_code == 202
    reference = done.json()["document"]
    assert ada("get", f"/documents/{reference}").json()["state"] == "checking"

    checked(Document.objects.get(reference=reference))
    shown = ada("get", f"/documents/{reference}").json()
    assert {"reference", "requirement", "filename", "state", "reasons"} <= set(shown)
    assert (shown["state"], shown["requirement"]) == ("available", cast.passport.reference)

    accepted = mei("post", f"/documents/{reference}/acceptance")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    again = mei("post", f"/documents/{reference}/acceptance")
    assert (again.status_code, again.json()["code"]) == (409, "accepted")


def test_a_refused_file_says_in_words_what_to_send(cast, as_person):
    document = checked(send(cast.passport, samples.encrypted_pdf(), by=cast.ada, kind="application/pdf"))

    reasons = as_person(cast.ada)("get", f"/documents/{document.reference}").json()["reasons"]

    assert [one["code"] for one in reasons] == ["pdf_encrypted"]
    assert "password" in reasons[0]["text"]


@pytest.mark.parametrize("reasons", [["id_unclear"], [{"code": "id_unclear", "note": "The flash."}]])
def test_a_paper_is_returned_with_reasons_and_a_note(cast, as_person, reasons):
    document = checked(send(cast.passport, JPEG, by=cast.ada))

    answer = as_person(cast.mei)(
        "post", f"/documents/{document.reference}/return", {"reasons": reasons, "note": "Please."}
    )

    assert (answer.status_code, answer.json()["state"], answer.json()["note"]) == (200, "returned", "Please.")
    assert answer.json()["reasons"][0]["code"] == "id_unclear" and answer.json()["reasons"][0]["text"]


NO_RETURN = [
    {},
    {"reasons": []},
    {"reasons": ["nonsense"]},
    {"reasons": ["id_unclear"], "state": "accepted"},
    {"reasons": "id_unclear"},
    {"reasons": ["id_unclear"], "note": "\0"},
    {"reasons": ["id_unclear"], "note": "x" * 2001},
    [],
]


def test_a_return_that_is_not_well_formed_is_422(cast, as_person):
    document = checked(send(cast.passport, JPEG, by=cast.ada))
    mei = as_person(cast.mei)

    for body in NO_RETURN:
        answer = mei("post", f"/documents/{document.reference}/return", body)

        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json"), body
        assert "nonsense" not in answer.content.decode(), body
    assert fresh(document).state == "available"


NO_FORM = [
    {"size": 0},
    {"size": 21 * 1024 * 1024},
    {"size": "5"},
    {"size": 1e300},
    {"size": None},
    {"filename": None},
    {"filename": "x" * 5000},
    {"size": True},
    {"content_type": "text/html"},
    {"content_type": 7},
    {"key": "C-OTHER/one"},
    {"client": "C-OTHER"},
]


def test_a_form_that_is_not_well_asked_for_is_422(cast, as_person):
    ada = as_person(cast.ada)
    for wrong in NO_FORM:
        cache.clear()
        answer = ask(ada, cast.passport, **wrong)

        assert answer.status_code in (400, 422), wrong
        assert answer.status_code == 400 or answer.json()["field"] in wrong
    assert not Upload.objects.exists()


def test_any_name_of_a_file_becomes_text(cast, as_person):
    ada = as_person(cast.ada)
    for name in ("../../etc/passwd", "a\r\nb.jpg", "x\u202egpj.exe", "", "x" * 4000):
        cache.clear()
        form = ask(ada, cast.passport, filename=name).json()
        document = ada("post", f"/uploads/{form['upload']}/completion").json()["document"]

        kept = ada("get", f"/documents/{document}").json()["filename"]

        assert 1 <= len(kept) <= 120 and kept.isprintable() and "/" not in kept, name[:40]


def test_content_is_a_short_link_and_the_view_is_recorded(cast, as_person):
    document = checked(send(cast.passport, JPEG, by=cast.ada))

    answer = as_person(cast.ada)("get", f"/documents/{document.reference}/content")

    assert answer.status_code == 302
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert CaseEvent.objects.get(kind="paper.viewed").by == cast.ada
    assert int(answer["Location"].partition("X-Amz-Expires=")[2].partition("&")[0]) <= 60
    assert requests.get(answer["Location"], timeout=10).status_code == 200


def test_content_of_what_cannot_be_shown(cast, as_person, settings):
    waiting = send(cast.licence, JPEG, by=cast.ada)
    lost = checked(send(cast.passport, JPEG, by=cast.ada))
    mei = as_person(cast.mei)
    assert mei("get", f"/documents/{waiting.reference}/content").status_code == 409

    storage._looking.cache_clear()
    real, settings.S3_ENDPOINT_URL = settings.S3_ENDPOINT_URL, "http://127.0.0.1:9"
    away = mei("get", f"/documents/{lost.reference}/content")
    settings.S3_ENDPOINT_URL = real
    storage._looking.cache_clear()
    assert away.status_code == 503 and "Location" not in away and away["Retry-After"]
    assert not CaseEvent.objects.filter(kind="paper.viewed").exists()

    storage.drop_paper(lost.copy_key)
    answer = mei("get", f"/documents/{lost.reference}/content")
    assert (answer.status_code, answer.json()["code"]) == (409, "lost")
    assert fresh(lost).state == "refused"


def test_forms_run_out_with_429(cast, as_person):
    ada = as_person(cast.ada)
    for _ in range(20):
        assert ask(ada, cast.passport).status_code == 201

    answer = ask(ada, cast.passport)

    assert answer.status_code == 429 and 1 <= int(answer["Retry-After"]) <= 600


CALLS = [
    ("post", "/requirements/{requirement}/uploads"),
    ("post", "/uploads/{upload}/completion"),
    ("get", "/uploads/{upload}"),
    ("delete", "/uploads/{upload}"),
    ("get", "/documents/{document}"),
    ("post", "/documents/{document}/acceptance"),
    ("post", "/documents/{document}/return"),
    ("get", "/documents/{document}/content"),
]


def test_a_neighbours_paper_answers_like_one_that_never_was(cast, as_person):
    document = checked(send(cast.passport, JPEG, by=cast.ada))
    theirs = {
        "requirement": document.requirement.reference,
        "upload": document.upload.reference,
        "document": document.reference,
    }
    never = {name: new_reference(known[0]) for name, known in theirs.items()}
    bo = as_person(cast.bo)

    for method, path in CALLS:
        cache.clear()
        for body in ({"reasons": ["id_unclear"]}, {"filename": "a", "size": 5}, [], "broken"):
            one, other = (bo(method, path.format(**names), body) for names in (theirs, never))

            assert (one.status_code, other.status_code) == (404, 404), (method, path, body)
            assert (one.content, one.headers) == (other.content, other.headers), (method, path, body)


def test_no_token_no_answer(cast, client):
    names = {"requirement": cast.passport.reference, "upload": "U-0", "document": "D-0"}

    for method, path in CALLS:
        assert getattr(client, method)("/api/v1" + path.format(**names)).status_code == 401, (method, path)


def test_clients_do_not_judge(cast, as_person):
    document = checked(send(cast.passport, JPEG, by=cast.ada))
    ada = as_person(cast.ada)

    for call in ("acceptance", "return"):
        for body in ({"reasons": ["id_unclear"]}, {"nonsense": 1}):
            assert ada("post", f"/documents/{document.reference}/{call}", body).status_code == 403, call
    assert fresh(document).state == "available"


def test_odd_references_are_nothing(cast, as_person):
    ada = as_person(cast.ada)
    for reference in ("%00", "D-%00", "1", "..", "D-\u5f20", "'; DROP TABLE", "D" * 3000):
        assert ada("get", f"/documents/{reference}").status_code == 404, reference


def test_a_persons_role_in_a_case_of_another_client_gives_nothing(cast, as_person):
    lotus = paper(cast.lotus_case, "passport")

    assert ask(as_person(cast.ada), lotus).status_code == 404
    assert ask(as_person(cast.ann), cast.passport).status_code == 404
    assert ask(as_person(cast.mei), lotus).status_code == 201


def test_a_responsible_person_has_their_own_part_and_no_more(cast, as_person):
    """Ann answers for the website; its manager is absent, so the head's papers are hers once she is named head."""
    head = cast.case.people.get(part="head")
    licence = checked(send(cast.licence, JPEG, by=cast.ada))
    passport = checked(send(cast.passport, JPEG, by=cast.ada))
    ann = as_person(cast.ann)
    assert ann("get", f"/documents/{passport.reference}").status_code == 404

    head.email = cast.ann.email.upper()
    head.save()

    assert ann("get", f"/documents/{passport.reference}/content").status_code == 302
    assert ann("get", f"/documents/{licence.reference}").status_code == 404
    assert ann("post", f"/documents/{passport.reference}/acceptance").status_code == 403
    assert ask(ann, cast.passport).status_code == 201
    assert ask(ann, cast.licence).status_code == 404
    assert ask(ann, paper(cast.case, "face_verification")).status_code == 201
    assert ask(ann, paper(cast.lotus_case, "passport")).status_code == 404


def test_too_many_files_a_day_is_429_with_the_wait(cast, as_person, settings):
    settings.UPLOADS_A_DAY = 1
    ada = as_person(cast.ada)
    assert ask(ada, cast.passport).status_code == 201

    answer = ask(ada, cast.passport)

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_files")
    assert 86000 < int(answer["Retry-After"]) <= 86400
