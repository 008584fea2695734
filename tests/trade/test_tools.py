"""The toolbox over HTTP: bounded before it thinks, refused by the field, storing nothing."""

from __future__ import annotations

import time

import pytest
from django.test import Client as Browser

PATIENCE = 8  # seconds of this process; what grows faster than its input takes minutes

N = "京ICP备12345678号-1"

ANSWERS = [
    (
        "number",
        {"kind": "mobile", "value": "+86 199-0000-0002"},
        {"valid": True, "normalised": "19900000002", "reason": None},
    ),
    (
        "due",
        {"start": "2026-02-10T15:00+08:00", "days": 20, "unit": "working"},
        {"due": "2026-03-16T23:59:59+08:00", "provisional": False},
    ),
    (
        "message",
        {"channel": "sms", "text": "您的备案因24小时内未完成短信核验已被退回。"},
        {"kind": "rejected", "icp_number": None, "code": None, "domain": None, "reasons": ["sms_timeout"]},
    ),
    (
        "footer",
        {"html": f'<a href="https://beian.miit.gov.cn/">{N}</a>', "icp_number": N},
        {"verdict": "ok", "problems": []},
    ),
    (
        "eligibility",
        {"server": {"location": "hong_kong"}},
        {"eligible": False, "reasons": ["server_outside_mainland"], "alternative": "no_filing_needed"},
    ),
]


@pytest.fixture
def ask(as_api, mei, agency):
    return lambda tool, facts: as_api(mei).post(f"/tools/{tool}", facts)


@pytest.mark.parametrize(("tool", "facts", "answer"), ANSWERS)
def test_the_tool_answers(ask, tool, facts, answer):
    found = ask(tool, facts)

    assert (found.status_code, found.json()) == (200, answer)


def test_the_papers_say_why(ask):
    found = ask("documents", {"subject_kind": "enterprise", "filing_kind": "first"}).json()

    assert found["filing_kind"] == "first"
    assert found["documents"][0]["kind"] == "business_licence"
    assert set(found["documents"][0]) == {"kind", "of", "why"}


def test_a_reason_is_a_sentence_in_the_readers_language(as_api, mei, agency):
    body = {"kind": "uscc", "value": "91310000MATE5T017E"}

    found = as_api(mei).post("/tools/number", body, accept_language="en").json()

    assert found["reason"].endswith(".")


@pytest.mark.parametrize(
    ("tool", "body", "field"),
    [
        ("number", {"kind": "blood_group", "value": "0"}, "kind"),
        ("number", {"kind": "temporary_id", "value": "0"}, "kind"),
        ("number", {"kind": "uscc"}, "value"),
        ("number", {"kind": "uscc", "value": 5}, "value"),
        ("number", {"kind": "uscc", "value": None}, "value"),
        ("due", {"start": "2026-02-10T15:00+08:00", "days": 10**12, "unit": "working"}, "days"),
        ("due", {"start": "2026-02-10T15:00+08:00", "days": -1, "unit": "working"}, "days"),
        ("due", {"start": "2026-02-10T15:00+08:00", "days": 2.5, "unit": "working"}, "days"),
        ("due", {"start": "2026-02-10T15:00+08:00", "days": 2, "unit": "weeks"}, "unit"),
        ("due", {"start": "1989-02-10T15:00+08:00", "days": 2, "unit": "working"}, "start"),
        ("due", {"start": "soon", "days": 2, "unit": "working"}, "start"),
        ("message", {"channel": "pigeon", "text": ""}, "channel"),
        ("message", {"channel": "sms"}, "text"),
        ("footer", {"html": "", "icp_number": "川ICP备2026000003号-1"}, "icp_number"),
        ("footer", {"html": "<i>" * 130_000, "icp_number": N}, "html"),
        ("eligibility", {"province": "XX"}, "province"),
        ("eligibility", {"head": {"id_kind": "library_card"}}, "head.id_kind"),
        ("documents", {"subject_kind": "alien"}, "subject_kind"),
    ],
)
def test_what_is_wrong_is_named(ask, tool, body, field):
    found = ask(tool, body)

    assert found.status_code == 422
    assert found["Content-Type"] == "application/problem+json"
    assert found.json()["field"] == field
    assert found.json()["detail"]


def raw(token_of, tool, body):
    return Browser().generic(
        "POST",
        f"/api/v1/tools/{tool}",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token_of.token}"},
    )


@pytest.mark.parametrize(
    "body",
    [
        '{"head":' * 100_000,
        "[" * 400_000,
        '{"a":' * 30 + "1" + "}" * 30,
        "{",
        "[]",
        "null",
        '{"province": NaN}',
        '{"site": {"name": "' + "x" * 600_000 + '"}}',
    ],
)
def test_a_hostile_body_is_refused_within_a_second(as_api, mei, agency, body):
    begun = time.process_time()

    found = raw(as_api(mei), "eligibility", body)

    assert found.status_code in (400, 413, 422)
    assert time.process_time() - begun < PATIENCE


def test_only_eligibility_is_open_and_only_where_the_agency_lets_it(agency):
    def ask(tool, facts):
        return Browser().post(f"/api/v1/tools/{tool}", facts, content_type="application/json").status_code

    assert ask("eligibility", {}) == 200
    assert ask("documents", {}) == 401
    close_the_door(agency)
    assert ask("eligibility", {}) == 401


def close_the_door(agency):
    from clients import sight
    from clients.queries import forget_agency

    with sight.every_client():
        agency.eligibility_is_open = False
        agency.save()
    forget_agency()


def test_a_stranger_without_a_token_is_slowed_down(agency, monkeypatch):
    from cases import tools

    monkeypatch.setattr(tools, "A_MINUTE_FROM_ONE_ADDRESS", 2)

    answers = [
        Browser().post("/api/v1/tools/eligibility", {}, content_type="application/json") for _ in range(4)
    ]

    assert [answer.status_code for answer in answers][-1] == 429
    assert answers[-1]["Retry-After"]


def test_a_tool_writes_no_row(ask):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ask("eligibility", {})
    with CaptureQueriesContext(connection) as asked:
        ask("documents", {"subject_kind": "enterprise"})

    written = [query["sql"] for query in asked if query["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert [sql for sql in written if "token" not in sql] == []
