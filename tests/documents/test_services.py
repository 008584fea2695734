"""A paper's way: form, post, completion, check, judgement, look; and what each of them refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
from django.conf import settings as portal
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from cases.facts import Invalid
from cases.models import CaseEvent, RequirementState
from clients.models import AuditEvent
from clients.refusals import Conflict, TooMany
from clients.sealing import unseal_bytes
from clients.sight import some_clients
from documents import services, storage
from documents.models import Consent, Document, Preview, Upload
from documents.services import checking, taking
from tests.documents import samples
from tests.documents.cast import checked, fresh, lying, paper, post, send

JPEG = samples.small_jpeg()


def told(case) -> list[str]:
    return [
        event.kind
        for event in CaseEvent.objects.filter(case=case).order_by("id")
        if event.kind != "case.opened"
    ]


# The straight way


def test_a_phones_photo_becomes_an_accepted_paper(cast):
    content = samples.heic((800, 600))

    document = checked(send(cast.passport, content, by=cast.ada, kind="image/heic", name="../IMG 1.HEIC"))

    assert (document.state, document.filename, document.copy_filename) == (
        "available",
        "IMG 1.HEIC",
        "IMG 1.jpg",
    )
    assert (document.kind, document.copy_type, document.width) == ("image/heic", "image/jpeg", 800)
    assert cast.passport.state == RequirementState.SENT and cast.passport.document == document.reference
    services.accept_document(document, by=cast.mei)
    assert cast.passport.state == RequirementState.ACCEPTED
    assert told(cast.case) == ["paper.sent", "paper.available", "paper.accepted"]
    accepted = CaseEvent.objects.get(kind="paper.accepted")
    assert accepted.data["sha256"] == fresh(document).copy_sha256 and accepted.by == cast.mei


def test_the_original_is_kept_sealed_and_bound_to_its_row(cast):
    document = checked(send(cast.passport, JPEG, by=cast.ada))

    sealed = storage.get(document.sealed_key)
    assert JPEG[:50] not in sealed and JPEG[200:260] not in sealed
    assert unseal_bytes(sealed, row=document.reference) == JPEG


def test_every_object_lies_under_its_client_and_says_nothing(cast):
    document = checked(
        send(cast.passport, samples.scan_pdf(2), by=cast.ada, kind="application/pdf", name="Ada.pdf")
    )

    keys = lying("papers", cast.harbour.reference)
    pages = [document.preview_key(1), document.preview_key(2)]
    assert keys == sorted([document.sealed_key, document.copy_key, document.thumb_key, *pages])
    assert all(key.startswith(f"{cast.harbour.reference}/") and "Ada" not in key for key in keys)
    assert len(document.token) == 32 and document.token not in document.reference
    assert lying("quarantine", cast.harbour.reference) == []


def test_a_refused_file_says_why_and_leaves_nothing(cast):
    document = checked(send(cast.passport, samples.truncated_jpeg(), by=cast.ada))

    assert (document.state, document.reasons) == ("refused", [{"code": "truncated", "note": ""}])
    assert cast.passport.state == RequirementState.REDO and cast.passport.reasons == ["truncated"]
    assert lying("papers", cast.harbour.reference) == lying("quarantine", cast.harbour.reference) == []
    assert told(cast.case) == ["paper.sent", "paper.refused"]


def test_a_check_run_twice_is_one_check(cast):
    document = send(cast.passport, JPEG, by=cast.ada)

    checked(document)
    checked(document)

    assert told(cast.case).count("paper.available") == 1
    assert Preview.objects.count() == 1


def test_completion_said_again_is_the_same_document(cast):
    upload, form = services.start_upload(
        cast.passport, by=cast.ada, filename="a.jpg", size=len(JPEG), content_type="image/jpeg"
    )
    post(form, JPEG)

    first = services.finish_upload(upload, by=cast.ada)
    checked(first)

    assert services.finish_upload(upload, by=cast.ada) == first
    assert Document.objects.count() == 1 and told(cast.case).count("paper.sent") == 1


def test_a_new_version_replaces_and_overwrites_nothing(cast):
    first = checked(send(cast.passport, JPEG, by=cast.ada))
    second = send(cast.passport, samples.png((700, 650)), by=cast.mei, kind="image/png")

    assert (fresh(first).state, second.version, second.is_on_behalf) == ("superseded", 2, True)
    second = checked(second)
    assert second.copy_key != first.copy_key
    assert storage.get(first.copy_key) and storage.get(second.copy_key)
    with pytest.raises(Conflict):
        services.accept_document(first, by=cast.mei)


def test_a_file_replaced_while_it_was_checked_leaves_nothing(cast, monkeypatch):
    first = send(cast.passport, JPEG, by=cast.ada)
    keep = checking._keep

    def keep_slowly(*args):
        kept = keep(*args)
        send(cast.passport, JPEG, by=cast.ada)
        return kept

    monkeypatch.setattr(checking, "_keep", keep_slowly)
    checked(first)

    assert fresh(first).state == "superseded"
    assert lying("papers", cast.harbour.reference) == []
    assert lying("quarantine", cast.harbour.reference) != [first.upload.key]


def test_a_file_replaced_before_anything_was_written_writes_nothing(cast, monkeypatch):
    first = send(cast.passport, JPEG, by=cast.ada)
    real = checking.scanner.scan

    def scan(source):
        send(cast.passport, JPEG, by=cast.ada)
        return real(source)

    def never(*_args):
        raise AssertionError("something was written")

    monkeypatch.setattr(checking.scanner, "scan", scan)
    monkeypatch.setattr(checking, "_keep", never)
    checked(first)

    assert fresh(first).state == "superseded"
    assert lying("quarantine", cast.harbour.reference) != [first.upload.key]


def test_a_returned_paper_says_what_is_wrong(cast):
    document = checked(send(cast.passport, JPEG, by=cast.ada))

    services.return_document(
        document,
        by=cast.mei,
        reasons=["id_unclear", {"code": "other", "note": "The flash."}],
        note="Please again.",
    )

    assert fresh(document).state == "returned"
    assert fresh(document).reasons == [
        {"code": "id_unclear", "note": ""},
        {"code": "other", "note": "The flash."},
    ]
    requirement = cast.passport
    assert (requirement.state, requirement.reasons) == (RequirementState.REDO, ["id_unclear", "other"])
    assert requirement.words == "Please again.\nThe flash."


NO_REASONS = [
    None,
    [],
    "id_unclear",
    ["nonsense"],
    [{"code": "id_unclear", "state": "accepted"}],
    [7],
    [{}],
    [["x"]],
]


def test_a_return_without_a_known_reason_is_refused(cast):
    document = checked(send(cast.passport, JPEG, by=cast.ada))

    for reasons in NO_REASONS:
        with pytest.raises(Invalid):
            services.return_document(document, by=cast.mei, reasons=reasons)
        assert fresh(document).state == "available", reasons


# Who may


def test_only_the_agency_judges(cast):
    document = checked(send(cast.passport, JPEG, by=cast.ada))

    for person in (cast.ada, cast.ann, cast.bo):
        with pytest.raises(PermissionDenied):
            services.accept_document(document, by=person)
        with pytest.raises(PermissionDenied):
            services.return_document(document, by=person, reasons=["id_unclear"])


def test_only_agency_and_contact_send(cast):
    for person in (cast.ann, cast.bo):
        with pytest.raises(PermissionDenied):
            services.start_upload(cast.passport, by=person, filename="a", size=1, content_type="image/jpeg")


@pytest.mark.parametrize("state", ["checking", "refused", "accepted", "returned", "superseded"])
def test_only_what_has_arrived_can_be_judged(cast, state):
    document = send(cast.passport, samples.SVG if state == "refused" else JPEG, by=cast.ada)
    if state != "checking":
        document = checked(document)
    if state == "accepted":
        services.accept_document(document, by=cast.mei)
    elif state == "returned":
        services.return_document(document, by=cast.mei, reasons=["id_unclear"])
    elif state == "superseded":
        send(cast.passport, JPEG, by=cast.ada)
    assert fresh(document).state == state

    with pytest.raises(Conflict) as refused:
        services.accept_document(document, by=cast.mei)
    assert refused.value.code == state
    with pytest.raises(Conflict):
        services.return_document(document, by=cast.mei, reasons=["id_unclear"])


def test_an_ended_case_takes_no_paper(cast):
    from cases.services.moves import move_case

    move_case(cast.case, "withdraw", by=cast.mei, note="Closed the shop.")

    with pytest.raises(Conflict):
        services.start_upload(cast.passport, by=cast.ada, filename="a", size=1, content_type="image/jpeg")


# Forms


def test_no_form_for_what_would_be_refused_anyway(cast):
    for size, kind, fields in (
        (0, "image/jpeg", ["size"]),
        (-1, "image/jpeg", ["size"]),
        (20 * 1024 * 1024 + 1, "image/jpeg", ["size"]),
        (10, "image/svg+xml", ["content_type"]),
        (10, "", ["content_type"]),
        (0, "application/zip", ["size", "content_type"]),
    ):
        with pytest.raises(Invalid) as refused:
            services.start_upload(cast.passport, by=cast.ada, filename="a", size=size, content_type=kind)

        assert [one["field"] for one in refused.value.errors] == fields, (size, kind)
    assert not Upload.objects.exists()


def test_twenty_open_forms_and_no_more(cast):
    now = timezone.now()

    def form(at):
        return services.start_upload(
            cast.passport, by=cast.ada, filename="a", size=5, content_type="image/jpeg", now=at
        )[0]

    first = form(now - timedelta(minutes=5))
    for _ in range(19):
        form(now)
    with pytest.raises(TooMany) as refused:
        form(now)
    assert 250 <= refused.value.wait <= 300

    services.finish_upload(first, by=cast.ada)
    form(now)
    services.start_upload(
        cast.passport, by=cast.mei, filename="a", size=5, content_type="image/jpeg", now=now
    )


def test_a_gigabyte_a_day_and_no_more(cast, monkeypatch):
    monkeypatch.setattr(taking, "BYTES_A_DAY", 1000)
    upload, _ = services.start_upload(
        cast.passport, by=cast.ada, filename="a", size=900, content_type="image/jpeg"
    )
    services.finish_upload(upload, by=cast.ada)

    with pytest.raises(TooMany):
        services.start_upload(cast.passport, by=cast.ada, filename="a", size=101, content_type="image/jpeg")
    tomorrow = timezone.now() + timedelta(hours=25)
    services.start_upload(
        cast.passport, by=cast.ada, filename="a", size=101, content_type="image/jpeg", now=tomorrow
    )


def test_what_nobody_finished_is_swept_with_all_it_left(cast):
    never, form = services.start_upload(
        cast.passport, by=cast.ada, filename="a", size=len(JPEG), content_type="image/jpeg"
    )
    post(form, JPEG)
    done = checked(send(cast.licence, JPEG, by=cast.ada))
    waiting = send(cast.passport, JPEG, by=cast.ada)
    post(storage.form_for(done.upload.key, size=3, content_type="image/jpeg"), b"bad")  # the form still lived
    start = timezone.now()

    assert services.sweep_uploads(now=start + timedelta(minutes=5)) == 0
    assert services.sweep_uploads(now=start + timedelta(minutes=30)) == 1
    assert lying("quarantine", cast.harbour.reference) == sorted([never.key, waiting.upload.key])
    assert services.sweep_uploads(now=start + timedelta(hours=25)) == 1
    assert lying("quarantine", cast.harbour.reference) == [waiting.upload.key]
    assert services.sweep_uploads(now=start + timedelta(hours=26)) == 0
    with pytest.raises(Conflict):
        services.finish_upload(Upload.objects.get(pk=never.pk), by=cast.ada)
    assert checked(waiting).state == "available"


# Attacks


def test_what_is_posted_again_is_never_shown(cast, monkeypatch):
    """Good before the completion, bad of the same size before, during and after the check."""
    good, bad = JPEG, b"\x89PNG" + b"x" * (len(JPEG) - 4)
    upload, form = services.start_upload(
        cast.passport, by=cast.ada, filename="a.jpg", size=len(good), content_type="image/jpeg"
    )
    post(form, good)
    document = services.finish_upload(upload, by=cast.ada)
    real = checking.inspect

    def inspect_while_posting(*args, **kwargs):
        assert post(form, bad) == 201
        return real(*args, **kwargs)

    monkeypatch.setattr(checking, "inspect", inspect_while_posting)
    document = checked(document)
    assert post(form, bad) == 201

    assert document.state == "available"
    assert unseal_bytes(storage.get(document.sealed_key), row=document.reference) == good
    opened = services.open_document(document, by=cast.mei)
    assert requests.get(opened.link, timeout=10).content.startswith(b"\xff\xd8\xff")


def test_a_file_of_another_size_than_announced_is_refused(cast):
    upload, _form = services.start_upload(
        cast.passport, by=cast.ada, filename="a.jpg", size=len(JPEG), content_type="image/jpeg"
    )
    post(storage.form_for(upload.key, size=3, content_type="image/jpeg"), b"bad")

    document = checked(services.finish_upload(upload, by=cast.ada))

    assert document.reasons[0]["code"] == "size_differs"


def test_a_file_that_never_came_is_asked_for_again(cast):
    upload, _form = services.start_upload(
        cast.passport, by=cast.ada, filename="a.jpg", size=5, content_type="image/jpeg"
    )

    document = checked(services.finish_upload(upload, by=cast.ada))

    assert (document.state, document.reasons[0]["code"]) == ("refused", "lost")
    assert "paper.trouble" in told(cast.case)


def test_a_file_that_kills_its_child_ends_after_three_and_holds_up_nobody(cast, monkeypatch):
    killer, good = send(cast.passport, JPEG, by=cast.ada), send(cast.licence, JPEG, by=cast.ada)
    begun = []
    real = checking.inspect

    def inspect(source, out, **kwargs):
        begun.append(source)
        if len(begun) <= 3:
            return real(source, out, wall_seconds=0.01)  # the child is killed
        return real(source, out, **kwargs)

    monkeypatch.setattr(checking, "inspect", inspect)
    killer, good = checked(killer), checked(good)

    assert (killer.state, killer.reasons[0]["code"], killer.tries) == ("refused", "could_not_open", 4)
    assert good.state == "available" and len(begun) == 4
    assert "paper.trouble" in told(cast.case)


def test_a_claim_of_a_worker_that_is_gone_is_taken_up_after_five_minutes(cast):
    document = send(cast.passport, JPEG, by=cast.ada)
    now = timezone.now()
    Document.objects.filter(pk=document.pk).update(claimed_at=now - timedelta(minutes=4), tries=1)

    services.check_document(document.pk)
    assert fresh(document).state == "checking" and services.waiting_documents() == []

    Document.objects.filter(pk=document.pk).update(claimed_at=now - timedelta(minutes=6))
    assert services.waiting_documents() == [document.pk]
    assert checked(document).state == "available"


def test_a_worker_that_was_thought_gone_writes_nothing(cast, monkeypatch):
    document = send(cast.passport, JPEG, by=cast.ada)
    keep = checking._keep

    def keep_very_slowly(*args):
        kept = keep(*args)
        monkeypatch.setattr(checking, "_keep", keep)
        Document.objects.filter(pk=document.pk).update(claimed_at=timezone.now() - timedelta(minutes=6))
        services.check_document(document.pk)
        return kept

    monkeypatch.setattr(checking, "_keep", keep_very_slowly)
    document = checked(document)

    assert document.state == "available" and told(cast.case).count("paper.available") == 1
    assert storage.stands(
        document.copy_key, version=document.copy_version, size=document.copy_size, etag=document.copy_etag
    )


def test_a_store_that_is_away_delays_and_blames_nobody(cast, settings):
    document = send(cast.passport, JPEG, by=cast.ada)
    real, settings.S3_ENDPOINT_URL = settings.S3_ENDPOINT_URL, "http://127.0.0.1:9"
    storage._worker.cache_clear()
    try:
        document = checked(document)
    finally:
        settings.S3_ENDPOINT_URL = real
        storage._worker.cache_clear()

    assert (document.state, document.waits_for, document.tries, document.claimed_at) == (
        "checking",
        "storage",
        0,
        None,
    )
    assert (checked(document).state, fresh(document).waits_for) == ("available", "")


def test_the_same_file_is_noticed_inside_one_client_only(cast):
    first = checked(send(cast.passport, JPEG, by=cast.ada))
    theirs = checked(send(paper(cast.lotus_case, "passport"), JPEG, by=cast.bo))
    again = checked(send(cast.licence, JPEG, by=cast.ada))

    assert (first.notes, theirs.notes, again.notes) == (["small"], ["small"], ["small", "duplicate"])
    assert (theirs.duplicate_of, again.duplicate_of) == (None, first)
    assert theirs.content_hash != first.content_hash == again.content_hash
    assert again.state == "available"


# Looking


def test_looking_leaves_its_trace_before_the_link(cast):
    document = checked(
        send(cast.passport, samples.scan_pdf(2), by=cast.ada, kind="application/pdf", name="护照.pdf")
    )

    opened = services.open_document(document, by=cast.mei, why="review")

    event = CaseEvent.objects.get(kind="paper.viewed")
    assert (event.by, event.audience, event.data["document"]) == (cast.mei, "client", document.reference)
    answer = requests.get(opened.link, timeout=10)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].endswith("filename*=UTF-8''%E6%8A%A4%E7%85%A7.pdf")
    pages = [requests.get(page, timeout=10) for page in opened.pages]
    assert [page.headers["Content-Type"] for page in pages] == ["image/jpeg"] * 2


def test_there_is_nothing_to_look_at_before_and_after(cast):
    waiting = send(cast.passport, JPEG, by=cast.ada)
    refused = checked(send(cast.licence, samples.SVG, by=cast.ada))

    for document in (waiting, refused):
        with pytest.raises(Conflict):
            services.open_document(document, by=cast.mei)
    assert "paper.viewed" not in told(cast.case)


def test_a_paper_the_store_lost_is_asked_for_again_and_shown_to_nobody(cast):
    document = checked(send(cast.passport, JPEG, by=cast.ada))
    services.accept_document(document, by=cast.mei)
    storage.drop_paper(document.copy_key)

    opened = services.open_document(fresh(document), by=cast.mei)

    assert opened.is_lost and not opened.link
    assert (fresh(document).state, cast.passport.state) == ("refused", RequirementState.REDO)
    assert "paper.viewed" not in told(cast.case) and "paper.trouble" in told(cast.case)


def test_other_bytes_put_behind_the_portal_are_not_shown(cast):
    document = checked(send(cast.passport, JPEG, by=cast.ada))
    storage.put(document.copy_key, b"\xff\xd8\xffother", content_type="image/jpeg")

    opened = services.open_document(document, by=cast.mei)

    assert requests.get(opened.link, timeout=10).content == storage.get(
        document.copy_key, version=document.copy_version
    )
    assert not requests.get(opened.link, timeout=10).content.endswith(b"other")


# Consent


def test_an_identity_paper_asks_for_consent_first(cast):
    ask = {"filename": "a.jpg", "size": 5, "content_type": "image/jpeg", "asks_consent": True}

    with pytest.raises(services.ConsentMissing):
        services.start_upload(cast.passport, by=cast.ada, **ask)
    services.start_upload(cast.licence, by=cast.ada, **ask)
    services.give_consent(cast.harbour, by=cast.ada)
    services.start_upload(cast.passport, by=cast.ada, **ask)

    with pytest.raises(services.ConsentMissing):
        services.start_upload(paper(cast.lotus_case, "passport"), by=cast.bo, **ask)


def test_a_paper_that_came_without_consent_is_marked_until_it_is_given(cast):
    document, licence = send(cast.passport, JPEG, by=cast.ada), send(cast.licence, JPEG, by=cast.ada)
    theirs = send(paper(cast.lotus_case, "passport"), JPEG, by=cast.bo)
    assert (document.is_consent_outstanding, licence.is_consent_outstanding) == (True, False)

    services.give_consent(cast.harbour, by=cast.ann)
    services.give_consent(cast.harbour, by=cast.ann)

    assert not fresh(document).is_consent_outstanding and fresh(theirs).is_consent_outstanding
    assert Consent.objects.count() == AuditEvent.objects.filter(kind="consent.given").count() == 1
    for person in (cast.mei, cast.bo):
        with pytest.raises(PermissionDenied):
            services.give_consent(cast.harbour, by=person)


def test_an_unmarked_paper_holds_up_nothing(cast):
    document = checked(send(cast.passport, JPEG, by=cast.ada))

    services.accept_document(document, by=cast.mei)

    assert fresh(document).is_consent_outstanding and fresh(document).state == "accepted"


def test_the_day_of_deletion_follows_the_licence(cast):
    document = send(cast.passport, JPEG, by=cast.ada)
    assert document.deleted_on(90) is None

    document.case.licensed_on = timezone.now().date()
    assert document.deleted_on(90) == document.case.licensed_on + timedelta(days=90)
    assert send(cast.licence, JPEG, by=cast.ada).deleted_on(90) is None


# Sight


def test_the_database_keeps_papers_apart(cast):
    send(cast.passport, JPEG, by=cast.ada)
    theirs = send(paper(cast.lotus_case, "passport"), JPEG, by=cast.bo)

    with some_clients([cast.lotus.pk]):
        assert list(Document.objects.all()) == [theirs]
        assert list(Upload.objects.all()) == [theirs.upload]


def test_the_papers_bucket_is_not_public(cast):
    document = checked(send(cast.passport, JPEG, by=cast.ada))
    base = f"{portal.S3_ENDPOINT_URL}/{portal.S3_PAPERS_BUCKET}"

    for address in (base, f"{base}/{document.copy_key}", f"{base}/{document.preview_key(1)}"):
        assert requests.get(address, timeout=10).status_code == 403


def test_tiny_files_in_a_loop_come_to_an_end(cast, settings):
    """Neither the open forms nor the bytes of a day stop this one: each is finished at once, and a few bytes long."""
    settings.UPLOADS_A_DAY = 5
    now = timezone.now()

    def ask(by, at):
        upload, _form = services.start_upload(
            cast.passport, by=by, filename="a.jpg", size=1, content_type="image/jpeg", now=at
        )
        Upload.objects.filter(pk=upload.pk).update(completed_at=at)

    for minute in range(5):
        ask(cast.ada, now + timedelta(minutes=minute))
    with pytest.raises(TooMany) as refused:
        ask(cast.ada, now + timedelta(minutes=10))

    assert (refused.value.code, refused.value.wait) == ("too_many_files", 24 * 3600 - 600)
    assert "5 files within a day" in str(refused.value)
    ask(cast.mei, now + timedelta(minutes=10))
    ask(cast.ada, now + timedelta(days=1, seconds=1))


def test_a_script_gets_through_the_shipped_limit():
    assert portal.UPLOADS_A_DAY >= 500
