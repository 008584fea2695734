"""Attacks on the calls about cases, by the rules of the threats they prove: K1, K6, K7, K9, K10, H4 to H6."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from cases.models import Case, CaseEvent, PhoneVerification
from clients import sight
from clients.models import AuditEvent
from tests.api.filings import NUMBERS, ask_and_read_code, make_case


def together(count: int, act) -> list:
    """`act(n)` in so many threads at the same moment, each with a connection of its own."""
    answers, gate = [None] * count, threading.Barrier(count)

    def one(n: int) -> None:
        try:
            gate.wait()
            answers[n] = act(n)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


# ── K1: what nobody may set ──

NOT_TO_BE_SET = [
    {"stage": "licensed"},
    {"Stage": "licensed"},
    {"STAGE": "licensed"},
    {"reference": "F-AAAAAAAA"},
    {"client_id": 1},
    {"waiting_on": "nobody"},
    {"version": 99},
    {"round": 5},
    {"on_hold": True},
    {"icp_number": "沪ICP备2026000001号-1"},
    {"licensed_on": "2026-01-01"},
    {"licence_number": "B2-20260001"},
    {"due_at": None},
    {"filed_under": "lotus"},
    {"id": 1},
    {"pk": 1},
    {"__class__": "x"},
    {"_connector": "OR"},
    {"case": {"stage": "licensed"}},
    {"head": {"mobile_verified_at": "2026-01-01"}},
    {"head": {"id_number_hash": "x"}},
    {"head": {"__init__": {}}},
    {"head": {"case_id": 1}},
    {"subject": {"client": "C-1"}},
    {"domain": {"verified_by": "me"}},
    {"domain": {"name": {"__class__": "x"}}},
    {"site": {"stage": "licensed"}},
    {"requirements": []},
    {"requirements": [{"state": "accepted"}]},
    {"moves": ["submit"]},
    {"people": []},
]


def test_what_is_in_no_schema_is_refused(as_api, mei, ada, case):
    staff, contact, wrong = as_api(mei), as_api(ada), []
    before = staff.get(f"/cases/{case.reference}").json()
    for body in NOT_TO_BE_SET:
        cache.clear()
        changed, new = {"site": {"note": "Seen."}}, {"domain": {"name": "b.example"}}
        answers = [
            contact.patch(f"/cases/{case.reference}", changed | body),
            staff.patch(f"/cases/{case.reference}", changed | body),
            staff.post("/cases", {"client": case.client.reference} | new | body),
        ]
        wrong += [(body, one.status_code, one.content) for one in answers if one.status_code != 422]
    assert not wrong
    assert staff.get(f"/cases/{case.reference}").json() == before
    with sight.every_client():
        assert Case.objects.count() == 1


# ── H6: bodies that are none ──

BROKEN = {
    "empty": (b"", {400, 415}),
    "half": (b'{"site"', {400}),
    "list": (b"[]", {422}),
    "text": (b'"site"', {422}),
    "null": (b"null", {422}),
    "number": (b"1", {422}),
    "huge number": (b'{"server": {"prepaid_months": ' + b"9" * 5000 + b"}}", {400, 422}),
    "nan": (b'{"server": {"prepaid_months": NaN}}', {400, 422}),
    "infinity": (b'{"server": {"prepaid_months": 1e999}}', {422}),
    "twice": (b'{"province": "SH", "province": "BJ"}', {422}),
    "twice inside": (b'{"head": {"name": "A", "name": "B"}}', {422}),
    "nul": (b'{"site": {"note": "a\\u0000b"}}', {422}),
    "nul key": (b'{"a\\u0000": 1}', {422}),
    "surrogate": (b'{"site": {"note": "\\ud800"}}', {422}),
    "not utf-8": (b'{"site": {"note": "\xff\xfe"}}', {400}),
    "utf-16": ('{"province": "SH"}'.encode("utf-16"), {400}),
    "deep": (b'{"a":' * 5000 + b"1" + b"}" * 5000, {400, 422}),
    "deeper": (b"[" * 200_000, {400, 422}),
    "large": (b'{"site": {"note": "' + b"x" * 700_000 + b'"}}', {413}),
    "2 MB": (b'{"site": {"note": "' + b"x" * 2_000_000 + b'"}}', {413}),
}
CALLS = [
    ("PATCH", "/cases/{reference}"),
    ("POST", "/cases/{reference}/moves"),
    ("POST", "/cases/{reference}/phone-verifications"),
    ("POST", "/cases/{reference}/phone-verifications/confirmation"),
    ("POST", "/cases/{reference}/reveals"),
    ("POST", "/cases"),
]


def test_broken_bodies_are_refused_in_words(as_api, mei, case):
    caller = as_api(mei)
    for method, path in CALLS:
        cache.clear()
        for name, (body, fits) in BROKEN.items():
            answer = caller.browser.generic(
                method,
                "/api/v1" + path.format(reference=case.reference),
                data=body,
                content_type="application/json",
                headers={"Authorization": f"Bearer {caller.token}"},
            )
            assert answer.status_code in fits, (method, path, name, answer.status_code)
            told = answer.json()
            assert {"type", "title", "status", "detail", "code"} <= set(told), (method, path, name)
            assert told["detail"], (method, path, name)


def test_only_json_is_json(as_api, mei, case):
    form = "application/x-www-form-urlencoded"
    caller = as_api(mei)
    for kind in ("text/plain", form, "multipart/form-data; boundary=x", "", "text/json"):
        answer = caller.browser.generic(
            "PATCH",
            f"/api/v1/cases/{case.reference}",
            data=b'{"province": "BJ"}',
            content_type=kind,
            headers={"Authorization": f"Bearer {caller.token}"},
        )
        assert answer.status_code == 415, kind


NO_REFERENCE = [
    "%00",
    "1",
    "F-",
    "..",
    "F-AAAAAAAA'--",
    "%F0%9F%92%A9",
    "%ED%A0%80",
    "x" * 5000,
    "F-AAAAAAAA%0A",
]


def test_what_is_no_reference_is_nothing_here(as_api, mei, case):
    caller = as_api(mei)
    for reference in NO_REFERENCE:
        cache.clear()
        answers = [
            caller.get(f"/cases/{reference}"),
            caller.get(f"/cases/{reference}/events"),
            caller.post(f"/cases/{reference}/moves", {"move": "submit"}),
        ]
        assert [one.status_code for one in answers] == [404] * 3, reference


def test_an_error_never_echoes_what_was_sent(as_api, mei, case):
    secret = "Q7777777"
    for body in (
        {"head": {"id_kind": "resident_id", "id_number": secret}},
        {"head": {"mobile": secret}},
        {"head": {"nationality": secret}},
        {"province": secret},
        {"account_manager": secret},
        {"domain": {"expires_on": secret}},
        {"client": secret},
    ):
        answer = as_api(mei).patch(f"/cases/{case.reference}", body)
        assert answer.status_code == 422
        assert secret not in answer.content.decode()


# ── K4, K6: numbers ──


def test_a_number_is_in_clear_in_no_answer_but_the_reveal(request, as_api, case, neighbour):
    for name in ("root", "mei", "wen", "lim", "ada", "ann"):
        caller = as_api(request.getfixturevalue(name))
        for path in (
            "/cases",
            "/cases?q=T12345678",
            f"/cases/{case.reference}",
            f"/cases/{case.reference}/events",
        ):
            told = caller.get(path).content.decode()
            assert not any(number in told for number in NUMBERS), (name, path)


def test_history_never_held_the_number(as_api, mei, case):
    caller = as_api(mei)
    caller.patch(f"/cases/{case.reference}", {"head": {"id_number": "T55555555", "mobile": "13811112222"}})
    caller.patch(f"/cases/{case.reference}", {"head": {"id_number": "T66666666", "mobile": "13833334444"}})
    caller.post(f"/cases/{case.reference}/reveals", {"why": "To fill in the form."})

    with connection.cursor() as cursor, sight.every_client():
        cursor.execute("SELECT string_agg(e::text, ' ') FROM cases_caseevent e")
        told = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(p::text, ' ') FROM cases_person p")
        kept = cursor.fetchone()[0]
    for number in ("T12345678", "T55555555", "T66666666"):
        assert number not in told
        assert number not in kept
    for number in ("13800000001", "13811112222", "13833334444"):
        assert number not in told
    assert "****5555" in told


def test_a_token_without_the_scope_reveals_nothing(as_api, mei, case):
    for scope in ({"can_reveal": False}, {"can_write": False}, {"can_write": False, "can_reveal": False}):
        answer = as_api(mei, **scope).post(f"/cases/{case.reference}/reveals", {"why": "Curious."})

        assert answer.status_code == 403, scope
        assert "T12345678" not in answer.content.decode(), scope
    with sight.every_client():
        assert not CaseEvent.objects.filter(kind="numbers.revealed").exists()


def test_thirty_reveals_an_hour_and_no_more(as_api, mei, wen, case):
    caller, body = as_api(mei), {"why": "To fill in the form."}
    for _turn in range(30):
        assert caller.post(f"/cases/{case.reference}/reveals", body).status_code == 200
        cache.clear()

    refused = caller.post(f"/cases/{case.reference}/reveals", body)

    assert refused.status_code == 429
    assert 3500 < int(refused["Retry-After"]) <= 3601
    assert "T12345678" not in refused.content.decode()
    assert as_api(wen).post(f"/cases/{case.reference}/reveals", body).status_code == 200
    with sight.every_client():
        assert CaseEvent.objects.filter(kind="numbers.revealed", by=mei).count() == 30
        assert AuditEvent.objects.filter(kind="reveals.many", about=mei).count() == 1


@pytest.mark.django_db(transaction=True)
def test_reveals_at_once_are_counted_one_by_one(as_api, mei, case):
    caller, body = as_api(mei), {"why": "To fill in the form."}
    for _turn in range(25):
        caller.post(f"/cases/{case.reference}/reveals", body)
        cache.clear()

    answers = together(12, lambda _n: caller.post(f"/cases/{case.reference}/reveals", body).status_code)

    assert sorted(answers) == [200] * 5 + [429] * 7


def test_a_turned_key_leaves_the_rest_working(as_api, mei, case, settings):
    from clients import sealing

    settings.NUMBER_KEYS = ["k9:" + "B" * 43 + "="]
    sealing._ring.cache_clear()
    try:
        caller = as_api(mei)
        assert caller.get(f"/cases/{case.reference}").status_code == 200
        shown = caller.post(f"/cases/{case.reference}/reveals", {"why": "To fill in the form."})
        assert (shown.status_code, shown.json()["head"]["id_number"]) == (200, "locked")
        assert (
            caller.patch(f"/cases/{case.reference}", {"head": {"id_kind": "resident_id"}}).status_code == 200
        )
        changed = caller.patch(
            f"/cases/{case.reference}", {"head": {"id_kind": "passport", "id_number": "T10000001"}}
        )
        assert changed.status_code == 200
    finally:
        settings.NUMBER_KEYS = settings.NUMBER_KEYS
        sealing._ring.cache_clear()


# ── K7: codes ──


def ask(caller, case, part="head"):
    return caller.post(f"/cases/{case.reference}/phone-verifications", {"person": part})


def say(caller, case, code, part="head"):
    return caller.post(
        f"/cases/{case.reference}/phone-verifications/confirmation", {"person": part, "code": code}
    )


def test_a_wrong_code_counts_and_the_third_ends_it(as_api, ada, case):
    caller = as_api(ada)
    assert say(caller, case, "000000").status_code == 409  # none was asked for
    ask(caller, case)
    code = ask_and_read_code(case)
    wrong = f"{(int(code) + 1) % 10**6:06d}"

    assert [say(caller, case, wrong).status_code for _ in range(3)] == [422, 422, 422]
    assert say(caller, case, code).status_code == 409
    assert caller.get(f"/cases/{case.reference}").json()["verified"] == []


def test_another_code_only_after_a_wait(as_api, ada, case):
    caller = as_api(ada)
    assert ask(caller, case).status_code == 202

    again = ask(caller, case)

    assert again.status_code == 429
    assert 1 <= int(again["Retry-After"]) <= 61
    with sight.every_client():
        PhoneVerification.objects.update(asked_at=timezone.now() - timedelta(seconds=61))
    assert ask(caller, case).status_code == 202


def test_an_expired_code_is_409(as_api, ada, case):
    caller = as_api(ada)
    ask(caller, case)
    code = ask_and_read_code(case)
    with sight.every_client():
        PhoneVerification.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert say(caller, case, code).status_code == 409


def test_a_code_is_for_its_number(as_api, ada, case):
    """Verify your own number, change it, hand in: refused."""
    caller = as_api(ada)
    ask(caller, case)
    code = ask_and_read_code(case)
    caller.patch(f"/cases/{case.reference}", {"head": {"mobile": "13900000009"}})
    assert say(caller, case, code).status_code == 409
    caller.patch(f"/cases/{case.reference}", {"head": {"mobile": "13800000001"}})
    assert say(caller, case, code).status_code == 200
    caller.patch(f"/cases/{case.reference}", {"head": {"mobile": "13900000009"}})
    assert caller.get(f"/cases/{case.reference}").json()["verified"] == []


def test_one_number_for_both_is_verified_once(as_api, mei, case):
    caller = as_api(mei)
    caller.patch(
        f"/cases/{case.reference}", {"manager": {"name": "Cy Sample", "mobile": "+86 138 0000 0001"}}
    )
    ask(caller, case, "manager")

    assert say(caller, case, ask_and_read_code(case), "manager").status_code == 200
    assert caller.get(f"/cases/{case.reference}").json()["verified"] == ["head", "manager"]


def test_a_strangers_number_rings_ten_times_an_hour_over_all_clients(as_api, mei, harbour, lotus, agency):
    caller = as_api(mei)
    answers = []
    for n in range(12):
        case = make_case((harbour, lotus)[n % 2], mei, name=f"ring{n}.example")
        answers.append(ask(caller, case).status_code)

    assert answers == [202] * 10 + [429] * 2


def test_whose_phone_must_be_said(as_api, ada, case):
    caller = as_api(ada)
    for body in ({}, {"person": "owner"}, {"person": None}, {"person": ["head"]}, {"person": "head", "x": 1}):
        answer = caller.post(f"/cases/{case.reference}/phone-verifications", body)

        assert answer.status_code == 422, body
    with sight.every_client():
        assert not PhoneVerification.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_forty_guesses_at_once_are_three(as_api, ada, case):
    caller = as_api(ada)
    ask(caller, case)
    code = ask_and_read_code(case)
    guesses = [f"{(int(code) + 1 + n) % 10**6:06d}" for n in range(20)]

    answers = together(20, lambda n: say(caller, case, guesses[n]).status_code)

    assert sorted(answers) == [409] * 17 + [422] * 3


# ── K9, K10: the same call twice, two writers ──


def test_a_key_makes_a_repeat_the_same_answer(as_api, mei, wen, harbour, agency):
    body = {"client": harbour.reference, "domain": {"name": "a.example"}}
    caller = as_api(mei)

    first = caller.post("/cases", body, idempotency_key="one")
    again = caller.post("/cases", body, idempotency_key="one")
    other_person = as_api(wen).post("/cases", body, idempotency_key="one")
    other_body = caller.post("/cases", {**body, "province": "BJ"}, idempotency_key="one")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert other_person.json()["reference"] != first.json()["reference"]
    assert other_body.status_code == 422
    with sight.every_client():
        assert Case.objects.count() == 2


def test_a_refused_call_leaves_its_key_free(as_api, mei, harbour, agency):
    caller = as_api(mei)
    wrong = {"client": harbour.reference, "domain": {"name": "no domain"}}

    assert caller.post("/cases", wrong, idempotency_key="one").status_code == 422
    right = {"client": harbour.reference, "domain": {"name": "a.example"}}
    assert caller.post("/cases", right, idempotency_key="one").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_case(as_api, mei, harbour, agency):
    caller = as_api(mei)
    caller.browser.raise_request_exception = False
    body = {"client": harbour.reference, "domain": {"name": "a.example"}}

    answers = together(20, lambda _n: caller.post("/cases", body, idempotency_key="one"))

    assert {answer.status_code for answer in answers} <= {201, 409, 503}  # a busy machine may say: try again
    assert len({answer.json()["reference"] for answer in answers if answer.status_code == 201}) == 1
    with sight.every_client():
        assert Case.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_writers_with_one_version(as_api, mei, case):
    caller = as_api(mei)
    notes = [f"Written by {n}" for n in range(10)]

    answers = together(
        10, lambda n: caller.patch(f"/cases/{case.reference}", {"site": {"note": notes[n]}}, if_match='"1"')
    )

    won = [n for n, answer in enumerate(answers) if answer.status_code == 200]
    assert len(won) == 1
    assert {answer.status_code for answer in answers} == {200, 409}
    assert {answer.json()["version"] for answer in answers if answer.status_code == 409} == {2}
    assert caller.get(f"/cases/{case.reference}").json()["site"]["note"] == notes[won[0]]


@pytest.mark.django_db(transaction=True)
def test_writers_of_different_facts_lose_nothing(as_api, mei, case):
    """Without `If-Match` each change is taken, and none takes another's back."""
    caller = as_api(mei)
    facts = {
        "registrar": "Another Registrar",
        "owner": "shareholder",
        "expires_on": "2030-01-01",
        "verified_on": "2025-05-05",
        "verified": False,
    }
    given = list(facts.items())

    answers = together(5, lambda n: caller.patch(f"/cases/{case.reference}", {"domain": dict([given[n]])}))

    assert [answer.status_code for answer in answers] == [200] * 5
    shown = caller.get(f"/cases/{case.reference}").json()
    assert {name: shown["domain"][name] for name in facts} == facts
    assert shown["version"] == 6


@pytest.mark.django_db(transaction=True)
def test_one_move_clicked_by_many_is_made_once(as_api, mei, at_stage):
    case = at_stage("provider_pre_audit")
    caller = as_api(mei)

    answers = together(
        8, lambda _n: caller.post(f"/cases/{case.reference}/moves", {"move": "pass_pre_audit"}).status_code
    )

    assert sorted(answers) == [200] + [409] * 7
    with sight.every_client():
        assert CaseEvent.objects.filter(move="pass_pre_audit").count() == 1


# ── Rates ──


def test_ten_a_second_pass_and_a_flood_does_not(as_api, mei, case, settings, monkeypatch):
    monkeypatch.setattr("icp_portal.api.time.time", lambda: 1_000_000.0)
    caller = as_api(mei)

    answers = [caller.get("/cases") for _turn in range(settings.API_RATE_PER_SECOND + 2)]

    assert [one.status_code for one in answers] == [200] * settings.API_RATE_PER_SECOND + [429] * 2
    assert answers[-1]["Retry-After"] == "1"
    assert answers[-1].json()["code"] == "too_many"
    assert settings.API_RATE_PER_SECOND >= 10
    assert as_api(mei).get("/cases").status_code == 200  # another token counts for itself
