"""K11: cases of different clients collide without either learning of the other."""

from __future__ import annotations

import re

import pytest
from django.db import DatabaseError, connection, transaction

from cases.models import Case, Collision
from cases.services import bringing, collisions
from cases.services.changing import change_facts
from cases.services.moves import move_case
from cases.tasks import compare
from clients import sight
from tests.api.filings import FACTS, PERSON, make_case

pytestmark = pytest.mark.django_db

OTHER = {
    "subject": {**FACTS["subject"], "id_number": "91440000MATE5T025B"},
    "head": {**PERSON, "id_number": "T98765432", "mobile": "13900000002", "email": "lee@lotus.example"},
    "server": {**FACTS["server"], "service_number": "9999ffff-1111", "instance": "i-9999"},
}


@pytest.fixture
def ours(agency, harbour, mei) -> Case:
    return make_case(harbour, mei)


def theirs(lotus, mei, name: str = "lotus.example", **same) -> Case:
    """Lotus's filing, like Harbour's only in what is named."""
    return make_case(lotus, mei, name=name, **{**OTHER, **same})


def found(case: Case) -> set[tuple[str, str, str]]:
    with sight.every_client():
        return {
            (one.code, one.place, one.other.domain_name)
            for one in Collision.objects.filter(case=case).select_related("other")
        }


@pytest.mark.parametrize(
    ("same", "name", "expected"),
    [
        ({}, "lotus.example", set()),
        ({"subject": FACTS["subject"]}, "lotus.example", {("collision_subject", "subject.id_number")}),
        (
            {"head": {**OTHER["head"], "id_number": PERSON["id_number"]}},
            "lotus.example",
            {("collision_person", "head.id_number")},
        ),
        (
            {"head": {**OTHER["head"], "mobile": PERSON["mobile"]}},
            "lotus.example",
            {("collision_mobile", "head.mobile")},
        ),
        ({}, "harbour.example", {("collision_domain", "domain.name")}),
        (
            {"server": {**OTHER["server"], "service_number": FACTS["server"]["service_number"]}},
            "lotus.example",
            {("collision_service_number", "server.service_number")},
        ),
    ],
    ids=["nothing", "applicant", "person", "mobile", "domain", "service number"],
)
def test_what_two_clients_share_is_found_from_both_sides(ours, lotus, mei, same, name, expected):
    other = theirs(lotus, mei, name=name, **same)

    compare()
    compare()  # twice is once

    assert found(ours) == {(code, place, name) for code, place in expected}
    assert found(other) == {(code, place, "harbour.example") for code, place in expected}


def test_an_own_personal_filing_besides_is_fine(ours, lotus, mei):
    head = {**OTHER["head"], "id_number": PERSON["id_number"]}
    theirs(lotus, mei, head=head, subject={**OTHER["subject"], "kind": "individual"})

    collisions.compare()

    assert found(ours) == set()


def test_what_one_client_has_twice_is_no_collision(ours, harbour, mei):
    make_case(harbour, mei, name="second.example")

    collisions.compare()

    assert found(ours) == set()


def test_a_collision_goes_with_what_made_it(ours, lotus, mei):
    other = theirs(lotus, mei, subject=FACTS["subject"])
    collisions.compare()
    with sight.every_client():
        change_facts(other, {"subject": {"id_number": "91440000MATE5T025B"}}, by=mei)

    collisions.compare()

    assert found(ours) == found(other) == set()


def test_it_goes_with_the_end_of_the_other_case(ours, lotus, mei):
    other = theirs(lotus, mei, subject=FACTS["subject"])
    collisions.compare()
    with sight.every_client():
        move_case(other, "withdraw", by=mei, note="Over.")

    collisions.compare()

    assert found(ours) == found(other) == set()


def test_it_goes_with_the_import_that_brought_the_other_case(ours, lotus, mei):
    other = theirs(lotus, mei, name="harbour.example")
    collisions.compare()
    assert found(ours) and found(other)
    with sight.every_client():
        bringing.take_back(other, by=mei, data={})

    assert collisions.compare() == 1

    assert found(ours) == found(other) == set()
    assert collisions.compare() == 0


def test_only_what_changed_is_compared_and_in_batches(ours, harbour, mei):
    for n in range(4):
        make_case(harbour, mei, name=f"n{n}.example")

    assert collisions.compare(batch=2) == 5
    assert collisions.compare(batch=2) == 0
    with sight.every_client():
        change_facts(ours, {"site": {"name": "港湾示例商贸"}}, by=mei)
    assert collisions.compare(batch=2) == 1


def test_a_crowd_is_not_listed_to_the_last(ours, lotus, mei, monkeypatch):
    monkeypatch.setattr(collisions, "MOST_OTHERS", 2)
    with sight.every_client():
        Case.objects.update(compared_version=1)
    for n in range(4):
        theirs(lotus, mei, name=f"n{n}.example", subject=FACTS["subject"])
        with sight.every_client():
            Case.objects.update(compared_version=1)
            Case.objects.filter(pk=ours.pk).update(compared_version=0)

    assert collisions.compare() == 1
    assert len(found(ours)) == 2


# ── Neither learns of the other ─────────────────────────────────────────────────────────────────────────────────────

EVERYTHING_SHARED = {name: FACTS[name] for name in ("subject", "head", "server")}
# What differs from one answer to the next by itself.
PASSING = re.compile(rb'X-CSRFToken": "[^"]+"|csrfmiddlewaretoken" value="[^"]+"|nonce-[^"\']+|nonce="[^"]+"')
PAGES = ("", "facts/subject/", "facts/head/", "facts/domain/", "facts/server/", "mobiles/head/")
CHANGES = [
    {"subject": {"id_number": "91310000MATE5T017D"}},
    {"server": {"service_number": "0000aaaa-1111-bbbb-2222"}},
    {"head": {"mobile": "13800000001"}},
]


def told(user, as_page, as_api, case: Case) -> list[bytes]:
    """Everything that this client's person can ask about their case, and the answers to changes of it."""
    page, caller = as_page(user), as_api(user)
    asked = [page.get(f"/cases/{case.reference}/{path}") for path in PAGES]
    asked.append(page.get("/"))
    asked += [caller.get(path) for path in ("/cases", f"/cases/{case.reference}")]
    asked.append(caller.get(f"/cases/{case.reference}/findings"))
    for change in CHANGES:
        asked.append(caller.patch(f"/cases/{case.reference}", change))
    asked.append(caller.get(f"/cases/{case.reference}/events"))
    return [str(one.status_code).encode() + PASSING.sub(b"", one.content) for one in asked]


def queries_of(user, as_api, case: Case, django_assert_max_num_queries) -> int:
    with django_assert_max_num_queries(200) as counted:
        as_api(user).patch(f"/cases/{case.reference}", {"server": {"service_number": "new-number"}})
    return len(counted)


def test_a_clients_answers_are_the_same_with_and_without(
    ours, lotus, mei, ada, as_page, as_api, django_assert_max_num_queries
):
    """The neighbour's company number, person, phone and service number are ours, byte for byte: nothing shows it."""
    collisions.compare()
    before = told(ada, as_page, as_api, ours)
    mark = transaction.savepoint()
    alone = queries_of(ada, as_api, ours, django_assert_max_num_queries)
    transaction.savepoint_rollback(mark)
    theirs(lotus, mei, name="harbour.example", **EVERYTHING_SHARED)
    collisions.compare()

    assert found(ours), "there is something to be silent about"
    assert told(ada, as_page, as_api, ours) == before
    assert queries_of(ada, as_api, ours, django_assert_max_num_queries) == alone


def test_a_specialist_limited_to_one_client_learns_nothing_either(ours, lotus, mei, lim, as_page, as_api):
    collisions.compare()
    asked = (as_page(lim), f"/cases/{ours.reference}/preflight/"), (as_page(lim), f"/cases/{ours.reference}/")
    before = [PASSING.sub(b"", page.get(path).content) for page, path in asked]
    listed = as_api(lim).get(f"/cases/{ours.reference}/findings").content
    theirs(lotus, mei, name="harbour.example", **EVERYTHING_SHARED)
    collisions.compare()

    assert [PASSING.sub(b"", page.get(path).content) for page, path in asked] == before
    assert as_api(lim).get(f"/cases/{ours.reference}/findings").content == listed


def test_the_database_itself_refuses_the_table_to_a_limited_sight(ours, lotus, mei):
    theirs(lotus, mei, **EVERYTHING_SHARED)
    collisions.compare()

    with sight.some_clients([ours.client_id]), pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute("SELECT count(*) FROM cases_collision")


def test_a_collision_keeps_no_case_in_draft(ours, lotus, mei):
    from tests.api.filings import get_ready

    theirs(lotus, mei, name="harbour.example", **EVERYTHING_SHARED)
    collisions.compare()
    get_ready(ours)

    with sight.every_client():
        assert move_case(ours, "submit", by=mei).stage == "provider_pre_audit"


def test_staff_who_see_every_client_read_both_names(ours, lotus, mei, as_page, as_api):
    other = theirs(lotus, mei, subject=FACTS["subject"])
    collisions.compare()

    page = as_page(mei).get(f"/cases/{ours.reference}/preflight/").content.decode()
    listed = as_api(mei).get(f"/cases/{ours.reference}/findings").json()["items"]

    assert "Lotus Ltd" in page and other.reference in page
    assert [one["other"] for one in listed if one["code"] == "collision_subject"] == [other.reference]
