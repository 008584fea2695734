"""The API's call about clients, its keys and its tokens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from clients import sight
from clients.models import ApiToken, AuditEvent, Client, IdempotencyKey, Invitation

BODY = {
    "name": "Meadow Ltd",
    "name_zh": "草地有限公司",
    "contact": {"name": "Eva", "email": "eva@meadow.example"},
}


def clients() -> list[str]:
    with sight.every_client():
        return list(Client.objects.values_list("name", flat=True))


def test_client_is_made_and_its_contact_invited(mei, as_api):
    answer = as_api(mei).post("/clients", BODY)

    assert answer.status_code == 201
    assert answer.json() == {**BODY, "reference": answer.json()["reference"]}
    with sight.every_client():
        assert Invitation.objects.get().email == "eva@meadow.example"
        assert AuditEvent.objects.filter(kind="invitation.made").count() == 1


@pytest.mark.parametrize("who", ["ada", "ann", "lim"])
def test_others_may_not_whatever_they_send(request, who, as_api):
    caller = as_api(request.getfixturevalue(who))
    before = clients()

    assert caller.post("/clients", BODY).status_code == 403
    assert caller.post("/clients", {"name": 7}).status_code == 403
    assert clients() == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({"reference": "C-1"}, "reference"),
        ({"is_staff": True}, "is_staff"),
        ({"contact": {"name": "Eva", "email": "no address"}}, "contact.email"),
        ({"contact": {"name": "Eva", "email": "e@m.example", "role": "administrator"}}, "contact.role"),
        ({"contact": {"name": "E\r\nBcc: x", "email": "e@m.example"}}, "contact.name"),
        ({"contact": None}, "contact"),
    ],
)
def test_refusal_names_the_field_and_makes_nothing(mei, as_api, change, field):
    answer = as_api(mei).post("/clients", {**BODY, **change})

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert clients() == []


def test_repeat_with_its_key_gets_the_same_answer(mei, as_api):
    caller = as_api(mei)

    first, again = (caller.post("/clients", BODY, Idempotency_Key="k1") for _ in range(2))

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert clients() == ["Meadow Ltd"]


def test_key_for_another_body_is_refused(mei, as_api):
    caller = as_api(mei)
    caller.post("/clients", BODY, Idempotency_Key="k1")

    answer = caller.post("/clients", {**BODY, "name": "Other"}, Idempotency_Key="k1")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert clients() == ["Meadow Ltd"]


def test_key_belongs_to_one_person(mei, wen, as_api):
    other = {**BODY, "contact": {"name": "Eli", "email": "eli@meadow.example"}}
    first = as_api(mei).post("/clients", BODY, Idempotency_Key="k1").json()
    second = as_api(wen).post("/clients", other, Idempotency_Key="k1").json()

    assert first["reference"] != second["reference"]


def test_key_is_kept_for_a_day(mei, as_api):
    caller = as_api(mei)
    caller.post("/clients", BODY, Idempotency_Key="k1")
    with sight.every_client():
        IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))

    answer = caller.post(
        "/clients", {**BODY, "contact": {"name": "", "email": "eli@meadow.example"}}, Idempotency_Key="k1"
    )

    assert answer.status_code == 201
    assert len(clients()) == 2


def test_refused_call_keeps_no_key(mei, as_api):
    caller = as_api(mei)
    caller.post("/clients", {**BODY, "name": ""}, Idempotency_Key="k1")

    assert caller.post("/clients", BODY, Idempotency_Key="k1").status_code == 201


def test_key_row_holds_nothing_of_the_body(mei, as_api):
    as_api(mei).post("/clients", BODY, Idempotency_Key="k1")

    with sight.every_client():
        row = str(IdempotencyKey.objects.values().get())
    assert "Meadow" not in row
    assert "eva@" not in row


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one(mei, as_api):
    caller = as_api(mei)

    def call(_):
        from tests.fixtures import Caller

        try:
            return Caller(caller.token).post("/clients", BODY, Idempotency_Key="k1")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(call, range(20)))

    assert {answer.status_code for answer in answers} <= {201, 409, 429}
    assert [answer.status_code for answer in answers].count(201) > 1  # a repeat waits for the first
    assert len({answer.json()["reference"] for answer in answers if answer.status_code == 201}) == 1
    assert clients() == ["Meadow Ltd"]


# ── Tokens ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_read_token_changes_nothing(mei, as_api):
    assert as_api(mei, can_write=False).post("/clients", BODY).status_code == 403


@pytest.mark.parametrize("end", ["expires_at", "revoked_at"])
def test_ended_token_is_none(mei, as_api, end):
    caller = as_api(mei)
    with sight.every_client():
        ApiToken.objects.update(**{end: timezone.now()})

    answer = caller.post("/clients", BODY)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_token_in_the_address_is_none(mei, as_api, client):
    token = as_api(mei).token

    assert client.get(f"/api/v1/cases?token={token}&access_token={token}").status_code == 401


def test_token_lies_in_the_database_as_hash_only_and_ends_within_a_year(mei, as_api):
    caller = as_api(mei, lasts=timedelta(days=5000))
    caller.get("/cases")

    with sight.every_client():
        row = ApiToken.objects.get()
        assert caller.token not in str(ApiToken.objects.values().get())
    assert row.expires_at <= timezone.now() + timedelta(days=365)
    assert row.last_used_at
