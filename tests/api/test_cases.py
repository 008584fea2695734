"""The contract's calls about cases, one after the other."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.core.cache import cache
from django.db import transaction

from cases.models import Case, CaseEvent
from clients import sight
from tests.api.filings import NUMBERS, drive, facts, make_case, today

CONTRACT = set(
    "reference client account_manager provider province filing_kind service photo_way platform_email subject head "  # noqa: SIM905
    "manager domain server site stage waiting_on due_on on_hold requirements deadlines moves version".split()
)
ROW = {"reference", "client", "domain_name", "stage", "waiting_on", "due_on", "account_manager", "on_hold"}


# ── Lists ──


def test_a_row_has_what_the_contract_names(as_api, mei, case):
    answer = as_api(mei).get("/cases")

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    (row,) = answer.json()["items"]
    assert set(row) == ROW
    assert row == {
        "reference": case.reference,
        "client": case.client.reference,
        "domain_name": "harbour.example",
        "stage": "draft",
        "waiting_on": "client",
        "due_on": None,
        "account_manager": "mei@willow.example",
        "on_hold": False,
    }
    assert answer.json()["next"] is None


def test_a_client_sees_only_their_own(as_api, ada, case, neighbour):
    assert [row["reference"] for row in as_api(ada).get("/cases").json()["items"]] == [case.reference]


def test_empty_filters_are_none(as_api, mei, case):
    answer = as_api(mei).get("/cases?stage=&waiting_on=&q=&due_before=&cursor=&limit=&on_hold=")

    assert len(answer.json()["items"]) == 1


FILTERS = {
    "stage=draft": 1,
    "stage=photo": 0,
    "waiting_on=client": 1,
    "waiting_on=agency": 0,
    "province=SH&provider=aliyun": 1,
    "province=BJ": 0,
    "account_manager=MEI@willow.example": 1,
    "account_manager=nobody@willow.example": 0,
    "on_hold=false": 1,
    "on_hold=true": 0,
    "due_before=2030-01-01": 0,
}


def answers_to(caller, queries) -> dict:
    """What the list answers to each, as if each were asked in a second of its own."""
    found = {}
    for query in queries:
        cache.clear()
        found[query] = caller.get(f"/cases?{query}")
    return found


def test_filters_narrow(as_api, mei, case):
    found = answers_to(as_api(mei), FILTERS)

    assert {query: len(one.json()["items"]) for query, one in found.items()} == FILTERS


def test_a_filter_by_client(as_api, mei, case, neighbour):
    rows = as_api(mei).get(f"/cases?client={neighbour.client.reference}").json()["items"]

    assert [row["reference"] for row in rows] == [neighbour.reference]


NO_FILTERS = [
    "stage=nowhere",
    "waiting_on=me",
    "due_before=soon",
    "due_before=12345",
    "limit=0",
    "limit=101",
    "limit=x",
    "q=%07",
    "client=%07",
    "account_manager=a%07b",
    "cursor=%07",
    "cursor=abc",
    "on_hold=perhaps",
    "province=XX",
]


def test_a_filter_that_cannot_be_is_422_and_names_itself(as_api, mei, case):
    for query, answer in answers_to(as_api(mei), NO_FILTERS).items():
        assert answer.status_code == 422, query
        assert answer.headers["Content-Type"] == "application/problem+json", query
        assert answer.json()["field"] == query.partition("=")[0]


def test_a_nul_in_the_address_is_refused_at_the_door(as_api, mei, case):
    for query in ("q=%00", "client=a%00b", "cursor=%00"):
        assert as_api(mei).get(f"/cases?{query}").status_code == 400


def test_due_on_is_a_day_in_beijing_and_sorts_first(as_api, mei, case, harbour):
    later = make_case(harbour, mei, name="later.example")
    drive(case, "provider_pre_audit", mei)
    caller = as_api(mei)

    rows = caller.get("/cases").json()["items"]

    assert [row["reference"] for row in rows] == [case.reference, later.reference]
    due = date.fromisoformat(rows[0]["due_on"])
    before = caller.get(f"/cases?due_before={due.isoformat()}").json()["items"]
    after = caller.get(f"/cases?due_before={date.fromordinal(due.toordinal() + 1)}").json()["items"]
    assert (len(before), len(after)) == (0, 1)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            ["harbour.example"],
            [
                "harbour",
                "HARBOUR.EXAMPLE",
                "港湾",
                "港",
                "湾有限",
                "ｈａｒｂｏｕｒ",
                "harbour ltd",
                "ltd 港湾",
            ],
        ),
        # `urbo` has all pairs but in another order.
        ([], ["urbo", "xq", "harbours", "%25", "_", "'; --", "harbour lotus", "T12345678"]),
    ],
    ids=["domain and names in both scripts", "nothing else"],
)
def test_search_finds(as_api, mei, case, neighbour, found, words):
    answers = answers_to(as_api(mei), [f"q={word}" for word in words])

    rows = {query: [row["domain_name"] for row in one.json()["items"]] for query, one in answers.items()}
    assert rows == dict.fromkeys(answers, found)


def test_sound_and_signs_find_each_other(as_api, mei, ada, bo, lim, lotus, case):
    """港湾 is Gangwan; and Lotus Ltd has a case whose domain is written so in Latin letters."""
    make_case(lotus, mei, name="gangwan.example")
    words = ["gangwan", "gang wan", "GangWan", "gǎng wān", "港湾"]

    for who, found in (
        (mei, ["gangwan.example", "harbour.example"]),
        (lim, ["harbour.example"]),
        (ada, ["harbour.example"]),
        (bo, ["gangwan.example"]),
    ):
        answers = answers_to(as_api(who), [f"q={word}" for word in words])
        rows = {
            query: sorted(row["domain_name"] for row in one.json()["items"]) for query, one in answers.items()
        }
        assert rows == dict.fromkeys(answers, found), who


def test_search_finds_references_and_licence_numbers(as_api, mei, at_stage):
    case = at_stage("licensed")
    caller = as_api(mei)

    for query in (case.reference, case.reference.lower()[2:], "沪ICP备2026000001号", "2026000001"):
        assert len(caller.get(f"/cases?q={query}").json()["items"]) == 1, query


def test_pages_come_by_cursor_each_case_once(as_api, mei, harbour, agency):
    made = [make_case(harbour, mei, name=f"site{n}.example") for n in range(7)]
    for case in made[:3]:
        drive(case, "provider_pre_audit", mei)
    caller = as_api(mei)
    for query in ("", "&q=site"):
        seen, cursor, pages = [], "", 0
        while cursor is not None:
            page = caller.get(f"/cases?limit=2{query}&cursor={cursor}").json()
            assert len(page["items"]) <= 2
            seen += [row["reference"] for row in page["items"]]
            cursor, pages = page["next"], pages + 1
        assert sorted(seen) == sorted(case.reference for case in made)
        assert seen[:3] == [case.reference for case in made[:3]]
        assert pages == 4


def test_a_cursor_is_worth_nothing_to_another(as_api, mei, wen, ada, harbour, agency):
    for n in range(3):
        make_case(harbour, mei, name=f"site{n}.example")
    cursor = as_api(mei).get("/cases?limit=1").json()["next"]

    assert "site" not in cursor
    assert as_api(mei).get(f"/cases?limit=1&cursor={cursor}").status_code == 200
    assert as_api(wen).get(f"/cases?limit=1&cursor={cursor}").status_code == 422
    assert as_api(ada).get(f"/cases?limit=1&cursor={cursor}").status_code == 422
    assert as_api(mei).get(f"/cases?limit=1&cursor={cursor[:-1]}x").status_code == 422
    assert as_api(mei).get(f"/cases?stage=draft&cursor={cursor}").status_code == 422


def test_a_list_costs_the_same_for_one_row_and_for_ten(
    as_api, mei, harbour, agency, django_assert_max_num_queries
):
    for n in range(10):
        make_case(harbour, mei, name=f"site{n}.example")
    caller = as_api(mei)
    caller.get("/cases")
    with django_assert_max_num_queries(16):
        assert len(caller.get("/cases").json()["items"]) == 10


# ── Making ──


def test_client_and_domain_are_enough(as_api, wen, harbour, agency):
    body = {"client": harbour.reference, "domain": {"name": "Tea.Example."}}

    answer = as_api(wen).post("/cases", body)

    assert answer.status_code == 201
    made = answer.json()
    assert made["domain"]["name"] == "tea.example"
    assert (made["stage"], made["waiting_on"], made["account_manager"]) == ("draft", "client", wen.email)
    assert made["manager"] is None
    assert answer["ETag"] == f'"{made["version"]}"'
    assert answer["Location"].endswith(made["reference"])
    assert as_api(wen).get(f"/cases/{made['reference']}").json() == made


def test_all_facts_may_come_at_once(as_api, mei, wen, harbour, agency):
    body = facts(client=harbour.reference, account_manager=wen.email, manager=None)

    made = as_api(mei).post("/cases", body).json()

    assert made["missing"] == []
    assert made["account_manager"] == wen.email
    assert made["head"]["id_number"] == "****5678"
    assert made["subject"]["id_number"] == "****017D"
    assert made["site"]["languages"] == ["zh", "en"]
    assert made["domain"]["verified"] is True


def test_what_cannot_be_taken_is_named(as_api, mei, harbour, agency):
    domain = {"domain": {"name": "a.example"}}
    ours = {"client": harbour.reference}
    tries = [
        (domain, "client"),
        ({"client": "C-NOSUCHCLIENT", **domain}, "client"),
        ({"client": None, **domain}, "client"),
        (ours, "domain.name"),
        ({**ours, "domain": {}}, "domain.name"),
        ({**ours, "domain": {"name": "no domain"}}, "domain.name"),
        ({**ours, **domain, "stage": "licensed"}, "stage"),
        ({**ours, "domain": {"name": "a.example", "Name": "b"}}, "domain.Name"),
        ({**ours, **domain, "head": {"mobile": "12800000001"}}, "head.mobile"),
        ({**ours, **domain, "province": "HK"}, "province"),
        ({**ours, **domain, "account_manager": "x@y.example"}, "account_manager"),
        ({**ours, "domain": {"name": "a.example", "verified": "true"}}, "domain.verified"),
        ({**ours, **domain, "server": {"prepaid_months": 1.5}}, "server.prepaid_months"),
        ({**ours, **domain, "site": {"languages": "zh"}}, "site.languages"),
    ]
    caller = as_api(mei)
    for body, field in tries:
        cache.clear()
        answer = caller.post("/cases", body)

        assert answer.status_code == 422, body
        assert field in [one["field"] for one in answer.json()["errors"]], body
    with sight.every_client():
        assert not Case.objects.exists()


def test_a_limited_specialist_hears_of_no_other_client(as_api, lim, lotus, agency):
    hidden = as_api(lim).post("/cases", {"client": lotus.reference, "domain": {"name": "a.example"}})
    absent = as_api(lim).post("/cases", {"client": "C-0000000000", "domain": {"name": "a.example"}})

    assert (hidden.status_code, hidden.json()) == (absent.status_code, absent.json())


def test_only_the_agency_makes_cases(as_api, ada, ann, harbour, agency):
    body = {"client": harbour.reference, "domain": {"name": "a.example"}}

    assert as_api(ada).post("/cases", body).status_code == 403
    assert as_api(ann).post("/cases", body).status_code == 403


# ── Reading ──


def test_a_case_shows_all_the_contract_names(as_api, ada, case):
    shown = as_api(ada).get(f"/cases/{case.reference}").json()

    assert set(shown) >= CONTRACT
    assert shown["moves"] == ["withdraw"]
    assert "icp_number" not in shown
    for one in shown["requirements"]:
        assert {"id", "kind", "of", "why", "state", "document"} <= set(one)
        assert one["why"]
        assert one["document"] is None
    assert not any(number in json.dumps(shown) for number in NUMBERS)


def test_the_why_speaks_the_readers_language(as_api, ada, case):
    english = as_api(ada).get(f"/cases/{case.reference}", accept_language="en").json()
    chinese = as_api(ada).get(f"/cases/{case.reference}", accept_language="zh-hans").json()

    assert english["requirements"][0]["why"].isascii()
    assert not chinese["requirements"][0]["why"].isascii()


def test_what_was_granted_is_there_once_it_was(as_api, mei, at_stage):
    case = at_stage("commercial_licensed")

    shown = as_api(mei).get(f"/cases/{case.reference}").json()

    assert shown["icp_number"] == "沪ICP备2026000001号-1"
    assert (shown["licensed_on"], shown["filed_on"], shown["granted_on"]) == (today(), today(), today())
    assert shown["psb_number"] == "沪公网安备31000002999901号"
    assert shown["licence_number"] == "沪B2-20260001"
    assert shown["waiting_on"] == "nobody"
    assert all(one["due_at"].endswith("+08:00") for one in shown["deadlines"])
    assert {one["kind"] for one in shown["deadlines"]} >= {
        "provider_pre_audit",
        "photo",
        "sms_code",
        "psb_filing",
    }


def test_a_case_costs_the_same_whatever_hangs_on_it(as_api, mei, at_stage, django_assert_max_num_queries):
    case = at_stage("licensed")
    caller = as_api(mei)
    caller.get("/cases")
    with django_assert_max_num_queries(20):
        caller.get(f"/cases/{case.reference}")


# ── Changing ──


def test_facts_change_object_by_object(as_api, ada, case):
    caller = as_api(ada)

    answer = caller.patch(
        f"/cases/{case.reference}", {"site": {"name": "港湾示例商贸"}, "photo_way": "curtain"}
    )

    assert answer.status_code == 200
    changed = answer.json()
    assert changed["site"]["name"] == "港湾示例商贸"
    assert changed["site"]["languages"] == ["zh", "en"]
    assert changed["photo_way"] == "curtain"
    assert changed["version"] == case.version + 1
    assert changed == caller.get(f"/cases/{case.reference}").json()


def test_the_checklist_is_that_of_the_new_facts_at_once(as_api, mei, case):
    manager = {"name": "Bo Sample", "id_kind": "resident_id", "is_legal_representative": False}

    changed = as_api(mei).patch(f"/cases/{case.reference}", {"manager": manager}).json()

    asked = {(one["kind"], one["of"]) for one in changed["requirements"]}
    assert {("id_card_front", "manager"), ("id_card_back", "manager")} <= asked
    gone = as_api(mei).patch(f"/cases/{case.reference}", {"manager": None}).json()
    assert ("id_card_front", "manager") not in {(one["kind"], one["of"]) for one in gone["requirements"]}
    assert gone["manager"] is None


def test_the_objects_of_get_may_be_sent_back(as_api, mei, case):
    caller = as_api(mei)
    shown = caller.get(f"/cases/{case.reference}").json()

    body = {
        name: shown[name] for name in ("subject", "head", "manager", "domain", "server", "site", "province")
    }
    answer = caller.patch(f"/cases/{case.reference}", body)

    assert answer.status_code == 200
    assert answer.json() == shown


def test_empty_takes_a_fact_away(as_api, mei, case):
    changed = (
        as_api(mei)
        .patch(f"/cases/{case.reference}", {"head": {"landline": "", "birth_date": None}, "province": ""})
        .json()
    )

    assert (changed["head"]["landline"], changed["head"]["birth_date"], changed["province"]) == (
        None,
        None,
        None,
    )
    assert {"head.landline", "head.birth_date", "province"} <= set(changed["missing"])


def test_somebody_was_faster(as_api, mei, wen, case):
    seen = as_api(mei).get(f"/cases/{case.reference}")["ETag"]
    assert as_api(wen).patch(f"/cases/{case.reference}", {"province": "BJ"}).status_code == 200

    late = as_api(mei).patch(f"/cases/{case.reference}", {"province": "GD"}, if_match=seen)

    assert late.status_code == 409
    assert late.json()["version"] == case.version + 1
    assert as_api(mei).get(f"/cases/{case.reference}").json()["province"] == "BJ"


IF_MATCH = {
    '"1"': 200,
    'W/"1"': 200,
    "1": 200,
    "*": 200,
    "": 200,
    '"2"': 409,
    '"abc"': 409,
    '"99999999999999999999"': 409,
    "abc": 422,
    '"1': 422,
}


def test_if_match(as_api, mei, case):
    """Each time of the first version: what a trial changed is undone before the next."""
    caller, seen = as_api(mei), {}
    for told in IF_MATCH:
        cache.clear()
        with transaction.atomic():
            answer = caller.patch(f"/cases/{case.reference}", {"province": "BJ"}, if_match=told)
            transaction.set_rollback(True)
        seen[told] = answer.status_code
    assert seen == IF_MATCH


def test_a_case_stays_with_its_client(as_api, mei, case, neighbour):
    caller = as_api(mei)

    assert caller.patch(f"/cases/{case.reference}", {"client": case.client.reference}).status_code == 200
    other = caller.patch(f"/cases/{case.reference}", {"client": neighbour.client.reference})
    assert (other.status_code, other.json()["field"]) == (422, "client")


def test_some_facts_are_the_agencys(as_api, ada, mei, case):
    contact, staff = as_api(ada), as_api(mei)
    for name, value in {
        "client": case.client.reference,
        "account_manager": mei.email,
        "provider": "tencent",
        "filing_kind": "migrate",
    }.items():
        assert contact.patch(f"/cases/{case.reference}", {name: "tencent"}).status_code == 403, name
        assert staff.patch(f"/cases/{case.reference}", {name: value}).status_code == 200, name


def test_a_contact_changes_facts_in_draft_only(as_api, ada, mei, at_stage):
    case = at_stage("provider_pre_audit")

    refused = as_api(ada).patch(f"/cases/{case.reference}", {"site": {"name": "港湾新名"}})

    assert refused.status_code == 403
    assert "provider" in refused.json()["detail"]
    assert as_api(mei).patch(f"/cases/{case.reference}", {"site": {"note": "More."}}).status_code == 200


def test_after_a_return_only_what_came_back_is_open(as_api, ada, mei, at_stage):
    case = at_stage("provider_pre_audit")
    caller = as_api(ada)
    reasons = [{"code": "site_name", "note": "Too short."}]
    back = as_api(mei).post(
        f"/cases/{case.reference}/moves", {"move": "return_for_changes", "reasons": reasons}
    )
    assert back.status_code == 200
    assert back.json()["reopened"] == [
        {"field": "site.name", "reason": "site_name", "note": "Too short.", "open": True}
    ]

    assert caller.patch(f"/cases/{case.reference}", {"site": {"name": "港湾示例商贸"}}).status_code == 200
    assert caller.patch(f"/cases/{case.reference}", {"site": {"revenue": False}}).status_code == 403
    assert caller.patch(f"/cases/{case.reference}", {"head": {"name": "Other"}}).status_code == 403


def test_an_ended_case_stays_as_it_was_filed(as_api, mei, ada, at_stage):
    case = at_stage("withdrawn")

    assert as_api(mei).patch(f"/cases/{case.reference}", {"province": "BJ"}).status_code == 409
    assert as_api(ada).patch(f"/cases/{case.reference}", {"province": "BJ"}).status_code == 403


# ── History ──


def test_the_history_oldest_first(as_api, mei, ada, at_stage):
    case = at_stage("photo")

    events = as_api(mei).get(f"/cases/{case.reference}/events").json()

    assert [one["move"] for one in events["items"] if one["move"]] == ["submit", "pass_pre_audit"]
    assert events["items"][0]["kind"] == "case.opened"
    assert {"id", "kind", "move", "from_stage", "to_stage", "by", "at", "note", "reasons", "data"} == set(
        events["items"][0]
    )
    assert events["items"][0]["by"] == mei.email
    assert as_api(ada).get(f"/cases/{case.reference}/events").json()["items"][0]["by"] == "Mei"


def test_the_history_follows_the_clock_where_two_were_at_work(as_api, mei, case):
    from datetime import timedelta

    from django.utils import timezone

    from cases.services import history

    now = timezone.now()
    with sight.every_client():
        for ago in (1, 3, 2):
            history.record(case, f"test.{ago}", by=mei, at=now - timedelta(milliseconds=ago))

    pages = [as_api(mei).get(f"/cases/{case.reference}/events?limit=2").json()]
    while pages[-1]["next"]:
        more = f"/cases/{case.reference}/events?limit=2&cursor={pages[-1]['next']}"
        pages.append(as_api(mei).get(more).json())

    told = [one["kind"] for page in pages for one in page["items"]]
    assert [kind for kind in told if kind.startswith("test.")] == ["test.3", "test.2", "test.1"]


def test_a_client_reads_nothing_internal(as_api, mei, ada, case):
    from cases.services import progress

    with sight.every_client():
        progress.write_note(case, "They are slow.", by=mei, audience="internal")

    assert "They are slow." in as_api(mei).get(f"/cases/{case.reference}/events").content.decode()
    assert "They are slow." not in as_api(ada).get(f"/cases/{case.reference}/events").content.decode()


def test_the_history_comes_in_pages(as_api, mei, at_stage):
    case = at_stage("licensed")
    caller = as_api(mei)
    whole = caller.get(f"/cases/{case.reference}/events").json()["items"]
    seen, cursor = [], ""
    while cursor is not None:
        page = caller.get(f"/cases/{case.reference}/events?limit=2&cursor={cursor}").json()
        seen += page["items"]
        cursor = page["next"]

    assert seen == whole


# ── Numbers in clear ──


def test_a_reveal_leaves_an_event_first(as_api, wen, case):
    answer = as_api(wen).post(f"/cases/{case.reference}/reveals", {"why": "Filling in the provider's form"})

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer.json()["head"]["id_number"] == "T12345678"
    assert answer.json()["subject"]["id_number"] == "91310000MATE5T017D"
    with sight.every_client():
        left = CaseEvent.objects.select_related("by").get(kind="numbers.revealed")
    assert (left.by, left.note, left.source) == (wen, "Filling in the provider's form", "api")


def test_a_reveal_asks_why(as_api, wen, case):
    caller = as_api(wen)
    for body in ({}, {"why": ""}, {"why": "  "}, {"why": 1}, {"why": "x", "more": 1}):
        answer = caller.post(f"/cases/{case.reference}/reveals", body)

        assert answer.status_code == 422, body
    with sight.every_client():
        assert not CaseEvent.objects.filter(kind="numbers.revealed").exists()
