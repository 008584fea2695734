"""Kept statements answer what the ORM would answer now, in the reader's sight and in no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.models import Model
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from cases.queries import Filters, _behind, cases_for, page_of_cases, whole_case, with_all
from clients import sight
from clients.asking import asked
from clients.bodies import found
from clients.models import Membership, User
from tests.pages.desk.cast import moved, opened, ready

NOTHING = ("rboharb", "nowhere", "...", "哈博 港湾")  # of the words that are looked for below


@contextmanager
def seen_by(user: User) -> Iterator[None]:
    """Who they are is found out at the door, as in a request."""
    with sight.at_the_door():
        assert user.standing.is_member
    with sight.sight_of(user):
        yield


def columns(one: Model | None) -> dict | None:
    return one and {field.attname: getattr(one, field.attname) for field in one._meta.concrete_fields}


def everything(case: Case) -> dict:
    """A case with all that `with_all` brings, as plain values."""
    hangs = {name: [columns(row) for row in rows] for name, rows in case._prefetched_objects_cache.items()}
    beside = {
        name: columns(getattr(case, name, None))
        for name in ("client", "account_manager", "subject", "domain", "server", "site", "photo")
    }
    return hangs | beside | {"case": {**columns(case), "filed_under": None}}


@pytest.mark.parametrize(
    "moves", [(), ("submit", "return_for_changes"), ("submit", "pass_pre_audit", "hold")]
)
def test_a_kept_case_is_the_orms(harbour, mei, moves):
    case = opened(harbour, mei)
    moved(ready(case, mei) if moves else case, mei, *moves)

    with seen_by(mei):
        for _again in range(2):  # the second time the statements are prepared
            kept = whole_case(mei, case.reference)
            assert everything(kept) == everything(found(with_all(cases_for(mei)), case.reference))


def test_a_kept_case_is_of_now(harbour, mei):
    case = opened(harbour, mei)
    with seen_by(mei):
        whole_case(mei, case.reference)
        Case.objects.filter(pk=case.pk).update(hold_note="changed since")

        assert whole_case(mei, case.reference).hold_note == "changed since"


def test_what_hangs_on_it_may_still_be_narrowed(harbour, mei):
    case = opened(harbour, mei)
    with seen_by(mei):
        kept = whole_case(mei, case.reference)
        papers = list(kept.requirements.all())

        assert [one.case for one in papers] == [kept] * len(papers)
        assert kept.requirements.filter(kind="nothing").count() == 0
        assert list(kept.requirements.order_by("-id")) == sorted(papers, key=lambda one: -one.pk)
        assert list(kept.requirements.all()) == papers


def test_a_statement_of_one_sight_serves_no_other(harbour, lotus, mei, lim):
    ours, theirs = opened(harbour, mei), opened(lotus, mei, domain="lotus.example")
    with seen_by(mei):
        assert whole_case(mei, theirs.reference).pk == theirs.pk
        assert len(page_of_cases(mei, Filters()).items) == 2

    with seen_by(lim):
        assert whole_case(lim, ours.reference).pk == ours.pk
        assert [row.reference for row in page_of_cases(lim, Filters()).items] == [ours.reference]
        with pytest.raises(Http404):
            whole_case(lim, theirs.reference)


def test_the_database_holds_even_where_python_forgets(harbour, lotus, mei, lim):
    case = opened(lotus, mei)
    with seen_by(lim):
        assert asked("SELECT id FROM cases_case WHERE id = %s", [case.pk]) == []


def test_a_membership_that_ended_counts_at_the_next_page(agency, as_page, harbour, mei):
    case = opened(harbour, mei)
    browser = as_page(mei)
    assert browser.get(case.get_absolute_url()).status_code == 200
    with sight.every_client():
        Membership.objects.filter(user=mei).update(ended_at=case.created_at)

    assert browser.get(case.get_absolute_url()).status_code == 302


@pytest.mark.parametrize(
    "word",
    [
        "harbour",
        "ltd",
        "lotus",
        "ha",
        "arb",
        "港湾",
        "湾有限公",
        "urltd harbour.ex",
        "rboharb",
        "gangwan",
        "Gang Wan harb",
        "youxian gong si",
        "哈博",
        "哈博 港湾",
        "哈博 莲花",
        "nowhere",
        "...",
    ],
)
def test_a_search_finds_the_same_on_every_way(harbour, lotus, mei, word, monkeypatch):
    opened(harbour, mei, domain="harbour.example")
    opened(lotus, mei, domain="habo.example")

    with seen_by(mei):
        whole = _behind(Filters(q=word).narrow(cases_for(mei)), None, 50)
        for ways in (
            {},
            {"NEAR": 1, "FAR": 1},
            {"FAR": 9, "COMMON": 0},
        ):  # a walk, the index, a walk that goes on
            for name, value in ways.items():
                monkeypatch.setattr(f"cases.queries.{name}", value)
            assert page_of_cases(mei, Filters(q=word)).items == whole, ways

    assert len(whole) == {"ltd": 2, "ha": 2, "youxian gong si": 2, **dict.fromkeys(NOTHING, 0)}.get(word, 1)


@pytest.mark.django_db(transaction=True)
def test_a_line_that_was_cut_is_noticed(agency):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    assert connection.is_usable()

    with psycopg.connect(
        **connection.get_connection_params() | {"cursor_factory": None, "context": None}
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s, 60000)", [pid])  # and is gone

    assert not connection.is_usable()
    connection.close()


def test_statements_outlive_what_is_rolled_back(harbour, mei):
    case = opened(harbour, mei)
    with seen_by(mei):
        whole_case(mei, case.reference)
        with pytest.raises(ProgrammingError), transaction.atomic():
            asked("SELECT nothing FROM nowhere")
        with CaptureQueriesContext(connection):  # they go Django's way here, and leave the others as they are
            whole_case(mei, case.reference)
        with transaction.atomic():
            whole_case(mei, case.reference)
            transaction.set_rollback(True)

        assert whole_case(mei, case.reference).pk == case.pk


@pytest.mark.django_db(transaction=True)
def test_a_line_that_breaks_in_mid_word_says_so(agency):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    spoken = connection.spoken
    with pytest.raises(psycopg.OperationalError):
        spoken.rows("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(psycopg.OperationalError):
        spoken.rows("SELECT 1")

    connection.close()
