"""An identity paper goes on its day, wholly, and a certificate says so; a hold wins; two persons release."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from cases.models import Case, CaseEvent
from cases.services.opening import open_case
from clients import sight
from clients.models import Agency, Membership, User
from clients.queries import forget_agency
from clients.refusals import Conflict
from documents import destroyed, services, storage
from documents.models import Destruction, Document, Handout, Hold, Preview, Release
from icp_portal.health import DESTROYING_IS_LATE, _destroying
from notifications.models import Notification
from notifications.services import warn_of_destroying
from rights.models import OwnCopy
from rights.services import ask_copy, copies_with, make_copy
from tests.documents import samples
from tests.documents.cast import PARTS, checked, fresh, lying, paper, send
from tests.house.test_locks import refused
from trade.days import BEIJING

JPEG = samples.small_jpeg()
LICENSED = date(2026, 3, 2)
DAY = LICENSED + timedelta(days=90)


def on(day: date, hour: int = 11) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=BEIJING)


def license(case: Case, day: date = LICENSED) -> None:
    """As the move does it; the way there is another test's."""
    Case.objects.filter(pk=case.pk).update(icp_number=f"沪ICP备{case.pk:08d}号-1", licensed_on=day)


def accepted(requirement, by, reviewer, content=JPEG) -> Document:
    document = checked(send(requirement, content, by=by))
    services.accept_document(document, by=reviewer)
    return fresh(document)


@pytest.fixture(autouse=True)
def _list_of_its_own(settings, tmp_path):
    settings.DESTROYED_FOLDER = tmp_path / "destroyed"


@pytest.fixture
def wen(cast) -> User:
    user = User.objects.create_user("wen@agency.example", name="Wen")
    User.objects.filter(pk=user.pk).update(password="some hash")
    Membership.objects.create(user=user, role="administrator")
    return user


@pytest.fixture
def passport(cast) -> Document:
    document = accepted(cast.passport, cast.ada, cast.mei)
    license(cast.case)
    return fresh(document)


def test_on_its_day_all_of_it_goes_and_the_row_stays(cast, passport, wen):
    older = checked(send(cast.licence, JPEG, by=cast.ada))  # no identity paper: it stays
    storage.put(passport.copy_key, b"a second version", content_type="image/jpeg")
    storage._worker().delete_object(
        Bucket=settings.S3_PAPERS_BUCKET, Key=passport.thumb_key
    )  # leaves a marker
    storage.put(passport.preview_key(17), b"never recorded", content_type="image/jpeg")
    cast.case.people.update(email=cast.ada.email)  # so that her copy holds it
    pack = services.ask_pack(cast.case, by=cast.mei)
    services.make_handout(pack.pk)
    copy = ask_copy(by=cast.ada)
    make_copy(copy.pk)
    held = [*passport.keys(), Handout.objects.get().key, OwnCopy.objects.get().key]
    assert all(key in lying("papers") for key in held)
    services.release_papers(cast.harbour, by=cast.mei, now=on(DAY - timedelta(days=9)))
    services.release_papers(
        cast.harbour, by=wen, opened=Release.objects.get().reference, now=on(DAY - timedelta(days=8))
    )

    assert services.destroy_due(now=on(DAY - timedelta(days=1)), beside=copies_with) == 0
    assert services.destroy_due(now=on(DAY, 0), beside=copies_with) == 1
    assert services.destroy_due(now=on(DAY), beside=copies_with) == 0

    left = lying("papers", cast.harbour.reference)
    assert left and all(older.token in key for key in left)
    assert OwnCopy.objects.get().key not in lying("papers")
    assert storage.lying_below(f"{cast.harbour.reference}/previews/{passport.token}") == []
    gone = fresh(passport)
    assert (gone.state, gone.sent_by, gone.copy_sha256) == ("accepted", cast.ada, passport.copy_sha256)
    assert (gone.filename, gone.content_hash, gone.is_viewable) == ("", "", False)
    assert not Preview.objects.filter(document=gone).exists()
    row = Destruction.objects.get()
    assert (row.reference, row.documents, row.promised_on) == (gone.certificate, [gone.reference], DAY)
    assert [one["person"] for one in row.released] == [cast.mei.reference, wen.reference]
    by_key = {one["key"]: one for one in row.objects_gone}
    assert set(held) <= set(by_key)
    assert by_key[passport.copy_key]["sha256"] == passport.copy_sha256
    assert passport.copy_version in by_key[passport.copy_key]["versions"]
    assert len(by_key[passport.copy_key]["versions"]) == 2
    assert CaseEvent.objects.get(kind="paper.destroyed").data["certificate"] == row.reference
    with pytest.raises(Conflict, match="destroyed"):
        services.open_document(gone, by=cast.mei)
    assert services.small_picture(gone, by=cast.ada) == ""
    (line,) = destroyed.entries()
    assert line["documents"] == [gone.reference]
    assert "passport" not in json.dumps(line) and "Ada" not in json.dumps(line)


def test_a_store_that_dies_in_the_middle_is_gone_on_with(cast, passport, monkeypatch):
    real, calls, keys = storage.drop_paper, [], passport.keys()

    def dying(key):
        calls.append(key)
        if len(calls) == 2:
            raise storage.StorageAway("gone")
        return real(key)

    monkeypatch.setattr(storage, "drop_paper", dying)
    assert services.destroy_due(now=on(DAY)) == 0
    half = fresh(passport)
    assert (half.destroyed_at, half.is_viewable) == (None, False)
    assert not Destruction.objects.exists()
    assert lying("papers", cast.harbour.reference)
    with pytest.raises(Conflict, match="being destroyed"):
        services.open_document(half, by=cast.mei)
    monkeypatch.undo()
    assert _destroying() > DESTROYING_IS_LATE  # health names it

    assert services.destroy_due(now=on(DAY)) == 0  # another worker may be at it
    assert services.destroy_due(now=on(DAY) + timedelta(minutes=6)) == 1

    assert lying("papers", cast.harbour.reference) == []
    assert {one["key"] for one in Destruction.objects.get().objects_gone} >= set(keys)


def test_what_another_filing_took_over_goes_with_the_last(cast, passport):
    Case.objects.filter(pk=cast.case.pk).update(icp_number="", licensed_on=None)
    head = {**PARTS["head"], "id_number": "T12345678"}
    given = {"domain": {"name": "second.example"}, **PARTS, "head": head}
    second = open_case(cast.harbour, by=cast.mei, given=given)
    cast.case.people.update(id_number_hash=second.people.get().id_number_hash)
    again = services.reuse_document(paper(second, "passport"), by=cast.ada)
    assert again.token == passport.token
    license(cast.case)

    assert services.destroy_due(now=on(DAY)) == 0
    license(second, LICENSED + timedelta(days=30))
    assert services.destroy_due(now=on(DAY)) == 0
    assert fresh(passport).is_viewable
    assert services.destroy_due(now=on(DAY + timedelta(days=30))) == 2

    assert lying("papers", cast.harbour.reference) == []
    assert set(Destruction.objects.get().documents) == {passport.reference, again.reference}
    assert Destruction.objects.get().promised_on == DAY + timedelta(days=30)


def test_a_filing_that_ended_without_a_licence_counts_from_its_end(cast):
    document = accepted(cast.passport, cast.ada, cast.mei)
    assert services.destroy_due(now=on(date(2030, 1, 1))) == 0
    Case.objects.filter(pk=cast.case.pk).update(stage="withdrawn", moved_at=on(LICENSED, 23))

    assert fresh(document).deleted_on(90) == DAY
    assert services.destroy_due(now=on(DAY - timedelta(days=1))) == 0
    assert services.destroy_due(now=on(DAY)) == 1


def test_a_hold_wins_over_day_and_release_until_it_is_ended(cast, passport, wen):
    services.release_papers(cast.harbour, by=cast.mei, now=on(DAY))
    services.release_papers(cast.harbour, by=wen, opened=Release.objects.get().reference, now=on(DAY))
    hold = services.hold_papers(cast.harbour, case=cast.case, by=cast.mei, reason="Dispute 17 at the court")
    neighbours = accepted(
        paper(cast.lotus_case, "passport"), cast.bo, cast.mei, samples.small_jpeg((330, 210))
    )
    license(cast.lotus_case)

    assert services.destroy_due(now=on(DAY + timedelta(days=9))) == 1
    assert fresh(neighbours).destroyed_at and fresh(passport).is_viewable
    assert services.end_hold(hold, by=wen) and not services.end_hold(hold, by=wen)
    assert services.destroy_due(now=on(DAY + timedelta(days=9))) == 1

    assert Hold.objects.get().ended_by == wen
    for person in (cast.ada, cast.ann):
        with pytest.raises(PermissionDenied):
            services.hold_papers(cast.harbour, by=person, reason="mine")


def test_one_person_is_not_two(cast, passport, wen):
    with pytest.raises(Conflict, match="Nothing"):
        services.release_papers(cast.lotus, by=cast.mei, now=on(DAY))
    first = services.release_papers(cast.harbour, by=cast.mei, now=on(DAY - timedelta(days=14)))
    with pytest.raises(Conflict, match="somebody else"):
        services.release_papers(cast.harbour, by=cast.mei, opened=first.reference)
    with pytest.raises(Conflict, match="quicker"):  # a click on the page as it was before
        services.release_papers(cast.harbour, by=wen)
    for person in (cast.ada, cast.ann, cast.bo):
        with pytest.raises(PermissionDenied):
            services.release_papers(cast.harbour, by=person, opened=first.reference)

    set_second = "UPDATE documents_release SET second_by_id = %s, second_at = now() WHERE id = %s"
    assert refused(set_second, cast.mei.pk, first.pk) == "23514"
    assert refused("UPDATE documents_release SET first_by_id = %s", wen.pk) == "42501"
    assert fresh(passport).release == first


def test_nobody_rewrites_a_certificate_or_a_hold(cast, passport):
    services.hold_papers(cast.lotus, by=cast.mei, reason="An order")
    services.destroy_due(now=on(DAY))

    for role in ("every_client", "some_clients"):
        with getattr(sight, role)(*([[cast.harbour.pk, cast.lotus.pk]] if role == "some_clients" else [])):
            for table in ("documents_destruction", "documents_hold", "documents_release"):
                assert refused(f"DELETE FROM {table}") == "42501"
            assert refused("UPDATE documents_destruction SET released = '[]'") == "42501"
            assert refused("UPDATE documents_hold SET reason = ''") == "42501"
    with sight.some_clients([cast.lotus.pk]):
        assert not Destruction.objects.exists()


def test_an_older_copy_brings_nothing_back(cast, passport):
    held = {key: storage.get(key) for key in list(passport.keys())}
    before = Document.objects.filter(pk=passport.pk).values().get()
    pages = list(Preview.objects.filter(document=passport).values())
    services.destroy_due(now=on(DAY))
    # The night's copy: objects and rows as they were, and no certificate.
    for key, content in held.items():
        storage.put(key, content, content_type="image/jpeg")
    with transaction.atomic():
        Document.objects.filter(pk=passport.pk).update(**{k: v for k, v in before.items() if k != "id"})
        Preview.objects.bulk_create(Preview(**page) for page in pages)
    assert fresh(passport).is_viewable

    assert services.replay_destroyed(now=on(DAY + timedelta(days=3))) == 1
    assert services.replay_destroyed(now=on(DAY + timedelta(days=3))) == 0

    assert lying("papers", cast.harbour.reference) == []
    assert fresh(passport).destroyed_at == on(DAY)


def test_no_place_for_the_list_and_nothing_goes(cast, passport, settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    settings.DESTROYED_FOLDER = tmp_path / "file"

    assert services.destroy_due(now=on(DAY)) == 0

    assert set(passport.keys()) <= set(lying("papers"))


def test_managers_are_warned_once_a_working_day_until_two_released(cast, passport, wen):
    early, first = on(DAY - timedelta(days=16)), on(DAY - timedelta(days=13))  # a Friday and a Monday
    assert warn_of_destroying(now=early) == []
    warn_of_destroying(now=first)
    warn_of_destroying(now=first + timedelta(hours=1))

    told = Notification.objects.filter(kind="papers.due")
    assert {(one.recipient, one.channel) for one in told} == {
        (person, way) for person in (cast.mei, wen) for way in ("in_app", "mail")
    }
    assert told.all().count() == 4
    services.release_papers(cast.harbour, by=cast.mei, now=first)
    warn_of_destroying(now=first + timedelta(days=1))
    assert told.all().count() == 8
    services.release_papers(cast.harbour, by=wen, opened=Release.objects.get().reference, now=first)
    warn_of_destroying(now=first + timedelta(days=2))
    assert told.all().count() == 8


def test_the_pages_say_what_is_true(cast, passport, wen, client):
    Agency.objects.update_or_create(pk=1, defaults={"name": "Willow Filing"})
    forget_agency()

    def page(person, path, **post):
        person = User.objects.get(pk=person.pk)
        client.force_login(person)
        answer = client.post(path, post, follow=True) if post else client.get(path)
        return answer.status_code, answer.content.decode()

    services.open_document(passport, by=cast.mei)
    license(cast.case, timezone.localdate() - timedelta(days=85))
    assert "then destroyed with proof" in page(cast.ada, "/seen/")[1]
    assert "not released: goes on its day all the same" in page(cast.mei, "/destroying/")[1]
    release = f"/clients/{cast.harbour.reference}/release/"
    assert "A second person has to do the same" in page(cast.mei, release, x="1")[1]
    opened = Release.objects.get().reference
    assert "somebody else must be the second" in page(cast.mei, release, release=opened)[1]
    assert "Released by two persons" in page(wen, release, release=opened)[1]
    holds = f"/clients/{cast.harbour.reference}/holds/"
    assert page(cast.mei, holds, **{"hold-reason": " "})[0] == 422
    assert "Dispute 17" in page(cast.mei, holds, **{"hold-reason": "Dispute 17"})[1]
    seen = page(cast.ada, "/seen/")[1]
    assert "the law wants it kept" in seen and "Dispute 17" not in seen
    page(wen, f"/holds/{Hold.objects.get().reference}/ending/", x="1")
    license(cast.case, timezone.localdate() - timedelta(days=120))
    services.destroy_due()

    certificate = f"/certificates/{passport.certificate}/"
    assert "Destroyed on" in page(cast.ada, "/seen/")[1] and certificate in page(cast.ada, "/seen/")[1]
    assert "destroyed on" in page(cast.ada, f"/tasks/{cast.passport.reference}/")[1]
    for person in (cast.ada, cast.mei):
        status, words = page(person, certificate)
        assert status == 200 and passport.copy_sha256 in words and passport.copy_key in words
        assert "Mei" in words and "Wen" in words
        assert json.loads(page(person, f"{certificate}list/")[1])["documents"] == [passport.reference]
    client.get(f"/documents/{passport.reference}/content/")
    assert "was destroyed on" in page(cast.mei, cast.case.get_absolute_url())[1]
    assert page(cast.mei, f"/documents/{passport.reference}/review/")[0] == 200
    for person in (cast.bo, cast.ann):
        assert page(person, certificate)[0] == page(person, f"{certificate}list/")[0] == 404
    for path in ("/destroying/", holds):
        assert page(cast.ada, path)[0] == 404
