"""The fourteen moves through the API, and every refusal in its place."""
# ruff: noqa: E501  (tables read better in one line)

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter

import pytest
from django.core.cache import cache
from django.db import transaction

from cases import errands
from cases.models import Case, CaseEvent
from cases.services import progress, reporting
from cases.workflow import MOVES, table
from clients import sight
from tests.api.filings import FACTS, STAGES, ask_and_read_code, drive, get_ready, make_case, road, today

TOMORROW = (date.fromisoformat(today()) + timedelta(days=2)).isoformat()
LATER = (date.fromisoformat(today()) + timedelta(days=20)).isoformat()
PROPER = {
    **{move: {"data": data} for move, data in road()},
    "return_for_changes": {"reasons": [{"code": "site_name"}]},
    "reject": {"reasons": [{"code": "sms_timeout"}]},
    "withdraw": {"note": "No longer wanted."},
    "cancel": {"note": "Taken back."},
    "hold": {"data": {"until": LATER}, "note": "Holiday."},
    "resume": {},
    "correct": {"data": {"photo_way": "photo_place"}, "note": "A slip."},
    "step_back": {"note": "The wrong case."},
}


@pytest.fixture
def move(as_api, mei, case):
    """`move("submit")` as Mei, on Harbour's filing."""
    caller = as_api(mei)

    def make(name: str, **body):
        return caller.post(f"/cases/{case.reference}/moves", {"move": name, **(body or PROPER[name])})

    return make


def test_the_whole_road(as_api, mei, ada, case, move):
    refused = move("submit")
    assert refused.status_code == 409
    assert refused.json()["code"] == "papers_missing"
    assert "passport" in refused.json()["detail"]
    get_ready(case)

    seen = [
        (answer := move(name)).status_code and (answer.json()["stage"], answer.json()["waiting_on"])
        for name, _ in road()
    ]

    assert seen == [
        ("provider_pre_audit", "provider"),
        ("photo", "client"),
        ("miit_review", "client"),  # the SMS code runs
        ("licensed", "client"),
        ("psb_filed", "client"),
        ("commercial_licensed", "nobody"),
    ]


def test_whose_move_follows_what_is_handed_in(as_api, mei, at_stage):
    case = at_stage("miit_review")
    caller = as_api(mei)

    def turn() -> str:
        return caller.get(f"/cases/{case.reference}").json()["waiting_on"]

    with sight.every_client():
        progress.enter_sms_codes(case, by=mei)
    assert turn() == "miit"
    caller.post(f"/cases/{case.reference}/moves", {"move": "grant_licence", **PROPER["grant_licence"]})
    with sight.every_client():
        progress.hand_in_psb(case, by=mei, on=date.fromisoformat(today()))
    assert turn() == "psb"
    caller.post(f"/cases/{case.reference}/moves", {"move": "file_psb", **PROPER["file_psb"]})
    with sight.every_client():
        progress.hand_in_application(case, by=mei, on=date.fromisoformat(today()))
    assert turn() == "commercial_authority"


def test_submit_names_each_thing_in_turn(as_api, mei, harbour, agency):
    case = make_case(harbour, mei, server={})
    caller = as_api(mei)

    first = caller.post(f"/cases/{case.reference}/moves", {"move": "submit"}).json()
    assert (first["code"], "server.location" in first["detail"]) == ("facts_missing", True)
    caller.patch(f"/cases/{case.reference}", {"server": FACTS["server"]})
    assert (
        caller.post(f"/cases/{case.reference}/moves", {"move": "submit"}).json()["code"] == "papers_missing"
    )
    with sight.every_client():
        case.requirements.exclude(kind="face_verification").update(state="accepted")
    assert (
        caller.post(f"/cases/{case.reference}/moves", {"move": "submit"}).json()["code"]
        == "phones_unverified"
    )


def test_what_submit_does_not_ask_for(as_api, mei, harbour, agency):
    """`licence_valid_until`, `photo_way`, `note` and `approvals` may be empty; what was not looked up never blocks."""
    case = make_case(harbour, mei, name="plain.example")
    get_ready(case)
    caller = as_api(mei)
    caller.patch(f"/cases/{case.reference}", {"domain": {"resolves": None}, "photo_way": None})
    get_ready(case)

    assert caller.post(f"/cases/{case.reference}/moves", {"move": "submit"}).status_code == 200


NOT_WELL_FORMED = [  # along the road
    ("draft", "withdraw", {}, "note"),
    ("draft", "hold", {"note": "Holiday."}, "data.until"),
    ("draft", "hold", {"data": {"until": LATER}}, "note"),
    ("draft", "hold", {"data": {"until": "2020-01-01"}, "note": "x"}, "data.until"),
    ("draft", "fly", {}, "move"),
    ("draft", "", {}, "move"),
    ("draft", "delete", {}, "move"),
    ("draft", "withdraw", {"note": "x", "stage": "licensed"}, "stage"),
    ("draft", "withdraw", {"note": {"text": "x"}}, "note"),
    ("draft", "withdraw", {"note": "x" * 2001}, "note"),
    ("draft", "withdraw", {"note": "x", "reasons": [{"code": "other"}]}, "reasons"),
    ("photo", "finish_photo", {}, "data.photo_way"),
    ("photo", "finish_photo", {"data": {"photo_way": "selfie", "done_on": today()}}, "data.photo_way"),
    ("photo", "finish_photo", {"data": {"photo_way": "app", "done_on": TOMORROW}}, "data.done_on"),
    ("photo", "finish_photo", {"data": {"photo_way": "app", "done_on": today(), "x": 1}}, "data.x"),
    ("photo", "finish_photo", {"data": []}, "data"),
    ("photo", "step_back", {}, "note"),
    ("miit_review", "grant_licence", {"data": {"licensed_on": today()}}, "data.icp_number"),
    ("miit_review", "grant_licence", {"data": {"icp_number": "京ICP备12345678号-1", "licensed_on": today()}}, "data.icp_number"),
    ("miit_review", "grant_licence", {"data": {"icp_number": 7, "licensed_on": today()}}, "data.icp_number"),
    ("miit_review", "reject", {}, "reasons"),
    ("miit_review", "reject", {"reasons": []}, "reasons"),
    ("miit_review", "reject", {"reasons": [{"code": "bad_mood"}]}, "reasons.0.code"),
    ("miit_review", "reject", {"reasons": [{"code": "other", "requirements": ["R-NOSUCHTHING"]}]}, "reasons.0.requirements"),
    ("miit_review", "reject", {"reasons": [{"code": "other", "stage": "draft"}]}, "reasons.0"),
    ("miit_review", "reject", {"reasons": "other"}, "reasons"),
    ("licensed", "file_psb", {"data": {"psb_number": "京公网安备11000002999901号", "filed_on": today()}}, "data.psb_number"),
    ("licensed", "cancel", {"note": " "}, "note"),
    ("licensed", "correct", {"note": "x"}, "data"),
    ("licensed", "correct", {"data": {"psb_number": "沪公网安备31000002999901号"}, "note": "x"}, "data.psb_number"),
    ("licensed", "correct", {"data": {"icp_number": ""}, "note": "x"}, "data.icp_number"),
    ("licensed", "correct", {"data": {"licensed_on": today()}}, "note"),
    ("psb_filed", "grant_commercial_licence", {"data": {"licence_number": "B2", "granted_on": today()}}, "data.licence_number"),
]  # fmt: skip


def test_what_is_not_well_formed_is_422(at_stage, move):
    wrong = []
    for stage, tries in groupby(NOT_WELL_FORMED, key=itemgetter(0)):
        case = at_stage(stage)
        for _stage, name, body, field in tries:
            cache.clear()
            answer = move(name, **{"data": None, **body})
            if (answer.status_code, answer.json().get("field")) != (422, field):
                wrong.append((stage, name, body, answer.status_code, answer.content[:300]))
        with sight.every_client():
            assert Case.objects.get(pk=case.pk).stage == stage, wrong
    assert not wrong


def test_a_move_must_be_named(as_api, mei, case):
    for body in ({}, {"move": None}, {"move": ["submit"]}, {"move": {"name": "submit"}}, {"Move": "submit"}):
        assert as_api(mei).post(f"/cases/{case.reference}/moves", body).status_code == 422, body


def test_a_return_reopens_papers_and_fields_and_says_so(at_stage, move):
    at_stage("provider_pre_audit")

    back = move(
        "return_for_changes",
        reasons=[
            {"code": "domain_owner_mismatch", "note": "Owner is another company."},
            {"code": "contact_address"},
        ],
    ).json()

    assert (back["stage"], back["round"], back["waiting_on"]) == ("draft", 2, "client")
    assert {one["field"] for one in back["reopened"]} == {"domain", "subject.contact_address"}
    states = {one["kind"]: one["state"] for one in back["requirements"]}
    assert states["domain_certificate"] == "redo"
    assert {states[kind] for kind in ("passport", "business_licence", "verification_form")} == {"accepted"}
    redo = next(one for one in back["requirements"] if one["state"] == "redo")
    assert (redo["reasons"], redo["note"]) == (["domain_owner_mismatch"], "Owner is another company.")


def test_staff_name_the_paper_where_the_catalogue_leaves_it_open(as_api, mei, at_stage, move):
    case = at_stage("provider_pre_audit")
    papers = as_api(mei).get(f"/cases/{case.reference}").json()["requirements"]
    passport = next(one["id"] for one in papers if one["kind"] == "passport")

    back = move("return_for_changes", reasons=[{"code": "id_unclear", "requirements": [passport]}]).json()

    assert {one["kind"] for one in back["requirements"] if one["state"] == "redo"} == {"passport"}


def test_another_cases_paper_is_no_paper_of_this_one(as_api, mei, at_stage, move, neighbour):
    at_stage("provider_pre_audit")
    theirs = as_api(mei).get(f"/cases/{neighbour.reference}").json()["requirements"][0]["id"]

    assert (
        move("return_for_changes", reasons=[{"code": "other", "requirements": [theirs]}]).status_code == 422
    )


def test_a_reason_about_neither_field_nor_paper_opens_a_task_in_words(at_stage, move):
    at_stage("provider_pre_audit")

    back = move("return_for_changes", reasons=[{"code": "filed_site_down", "note": "old.example"}]).json()

    (task,) = [one for one in back["requirements"] if one["kind"] == "task"]
    assert (task["state"], task["note"], bool(task["why"])) == ("redo", "old.example", True)
    assert back["waiting_on"] == "client"


def test_a_failed_face_check_is_the_clients_to_repeat_and_holds_nothing_up(as_api, ada, case, at_stage, move):
    at_stage("photo")

    back = move("return_for_changes", reasons=[{"code": "face_failed"}]).json()

    assert [one["kind"] for one in back["requirements"] if one["state"] == "redo"] == ["face_verification"]
    assert back["waiting_on"] == "client"
    assert "submit" in back["moves"]
    with sight.every_client():
        asked = errands.errands(Case.objects.with_facts().get(pk=case.pk), ada)
        assert [one.mark for one in asked if one.is_open] == ["redo"]
        reporting.report_done(case.requirements.get(kind="face_verification"), by=ada)
    assert as_api(ada).get(f"/cases/{case.reference}").json()["waiting_on"] == "agency"
    assert (move("submit").status_code, move("pass_pre_audit").json()["waiting_on"]) == (200, "agency")


def test_no_code_is_waited_for_where_the_ministry_sends_none(as_api, mei, case, at_stage, move):
    at_stage("photo")
    as_api(mei).patch(f"/cases/{case.reference}", {"filing_kind": "cancel_access"})

    done = move("finish_photo").json()

    assert done["waiting_on"] == "miit"
    assert "sms_code" not in {one["kind"] for one in done["deadlines"]}


@pytest.mark.parametrize("code", ["sms_timeout", "sms_failed"])
def test_a_missed_code_reopens_nothing_and_submit_is_open_at_once(at_stage, move, code):
    at_stage("miit_review")

    back = move("reject", reasons=[{"code": code}]).json()

    assert back["waiting_on"] == "agency"
    assert back["reopened"] == []
    assert "submit" in back["moves"]
    assert {one["kind"]: one["state"] for one in back["deadlines"]}["sms_code"] == "missed"
    assert move("submit").status_code == 200


def test_curtain_wants_a_picture_and_the_other_ways_do_not(at_stage, move):
    at_stage("photo")

    refused = move("finish_photo", data={"photo_way": "curtain", "done_on": today()})
    assert (refused.status_code, refused.json()["code"]) == (409, "photo_missing")
    done = move("finish_photo", data={"photo_way": "photo_place", "done_on": today()}).json()
    assert {one["kind"]: one["state"] for one in done["requirements"]}["face_verification"] == "accepted"


def test_no_commercial_licence_without_revenue(as_api, mei, at_stage, move):
    case = at_stage("psb_filed")
    as_api(mei).patch(f"/cases/{case.reference}", {"site": {"revenue": False}})

    refused = move("grant_commercial_licence")

    assert (refused.status_code, refused.json()["code"]) == (409, "no_revenue")
    assert as_api(mei).get(f"/cases/{case.reference}").json()["waiting_on"] == "nobody"


def test_hold_and_resume(at_stage, move):
    at_stage("provider_pre_audit")

    held = move("hold").json()
    assert (held["on_hold"], held["hold_until"], held["waiting_on"], held["due_on"]) == (
        True,
        LATER,
        "nobody",
        None,
    )
    assert held["stage"] == "provider_pre_audit"
    assert {one["state"] for one in held["deadlines"]} == {"paused"}
    assert set(held["moves"]) == {"withdraw", "resume"}
    assert (move("pass_pre_audit").status_code, move("pass_pre_audit").json()["code"]) == (409, "on_hold")
    assert move("hold").status_code == 409

    resumed = move("resume").json()
    assert (resumed["on_hold"], resumed["hold_until"], resumed["waiting_on"]) == (False, None, "provider")
    assert {one["state"] for one in resumed["deadlines"]} == {"running"}
    assert move("resume").status_code == 409


def test_correct_replaces_a_result_and_keeps_the_old_one(as_api, mei, at_stage, move):
    case = at_stage("psb_filed")

    right = move(
        "correct", data={"icp_number": "沪ICP备2026000002号-1", "photo_way": "curtain"}, note="A slip."
    ).json()

    assert (right["stage"], right["icp_number"], right["photo_way"]) == (
        "psb_filed",
        "沪ICP备2026000002号-1",
        "curtain",
    )
    last = as_api(mei).get(f"/cases/{case.reference}/events").json()["items"][-1]
    assert (last["move"], last["note"]) == ("correct", "A slip.")
    assert last["data"]["old"] == {"icp_number": "沪ICP备2026000001号-1", "photo_way": "app"}


def test_a_corrected_day_moves_its_clock_and_hold_keeps_it_still(at_stage, move):
    at_stage("licensed")
    earlier = (date.fromisoformat(today()) - timedelta(days=3)).isoformat()

    def psb(shown):
        return [
            one for one in shown["deadlines"] if one["kind"] == "psb_filing" and one["state"] != "stopped"
        ]

    held = move("hold").json()
    (before,) = psb(held)
    right = move("correct", data={"licensed_on": earlier}, note="A slip.").json()
    (after,) = psb(right)

    assert (before["state"], after["state"]) == ("paused", "paused")
    assert after["due_at"] < before["due_at"]
    assert right["waiting_on"] == "nobody"


def test_step_back_goes_one_stage_along_the_road(at_stage, move):
    at_stage("commercial_licensed")

    stages = []
    while (answer := move("step_back")).status_code == 200:
        stages.append(answer.json()["stage"])
        left = answer.json()

    assert stages == ["psb_filed", "licensed", "miit_review", "photo", "provider_pre_audit"]
    assert answer.status_code == 409
    assert not {"icp_number", "psb_number", "licence_number"} & set(left)


def test_stepping_back_to_the_photo_asks_for_it_again(at_stage, move):
    at_stage("miit_review")

    back = move("step_back").json()

    assert (back["stage"], back["waiting_on"]) == ("photo", "client")
    assert {one["kind"]: one["state"] for one in back["requirements"]}["face_verification"] == "to_do"


def test_a_withdrawn_filing_on_hold_is_held_no_longer(case, move):
    move("hold")

    gone = move("withdraw").json()

    assert (gone["stage"], gone["on_hold"], gone["moves"]) == ("withdrawn", False, [])


def test_a_contact_withdraws_in_draft_only(as_api, ada, mei, harbour, case):
    other = make_case(harbour, mei, name="other.example")
    drive(other, "photo", mei)
    body = {"move": "withdraw", "note": "Not now."}

    assert as_api(ada).post(f"/cases/{case.reference}/moves", body).json()["stage"] == "withdrawn"
    assert as_api(ada).post(f"/cases/{other.reference}/moves", body).status_code == 403


def test_every_move_leaves_its_event(as_api, mei, at_stage, move):
    case = at_stage("provider_pre_audit")
    move("hold")
    move("resume")

    with sight.every_client():
        left = list(
            CaseEvent.objects.filter(case=case).exclude(move="").values_list("move", "from_stage", "to_stage")
        )
    assert left == [
        ("submit", "draft", "provider_pre_audit"),
        ("hold", "provider_pre_audit", "provider_pre_audit"),
        ("resume", "provider_pre_audit", "provider_pre_audit"),
    ]


def test_the_codes_way_to_verified_phones(as_api, ada, case):
    caller = as_api(ada)

    asked = caller.post(f"/cases/{case.reference}/phone-verifications", {"person": "head"})
    assert asked.status_code == 202
    assert asked.json() == {"person": "head", "state": "asked", "mobile": "****0001"}
    code = ask_and_read_code(case)
    said = caller.post(
        f"/cases/{case.reference}/phone-verifications/confirmation", {"person": "head", "code": code}
    )
    assert said.status_code == 200
    assert said.json()["state"] == "verified"
    assert caller.get(f"/cases/{case.reference}").json()["verified"] == ["head"]


# ── Every stage × move × role ──

ROLES = ("root", "mei", "wen", "lim", "ada", "ann", "bo")
MAY = {
    "root": set(MOVES),
    "mei": set(MOVES),
    "wen": set(MOVES) - {"correct", "step_back"},
    "lim": set(MOVES) - {"correct", "step_back"},
    "ada": {"withdraw"},
    "ann": set(),
}
LEGAL = {(move, source) for move, source, _target in table()}
EVERYWHERE = [*STAGES, "withdrawn", "cancelled"]


@pytest.mark.parametrize("held", [False, pytest.param(True, marks=pytest.mark.long)], ids=["free", "held"])
@pytest.mark.parametrize(
    "stage",
    # One stage where all kinds of refusal meet; the others take their time.
    [stage if stage == "photo" else pytest.param(stage, marks=pytest.mark.long) for stage in EVERYWHERE],
)
def test_every_move_as_everybody(request, as_api, at_stage, stage, held):
    """404 → 403 → 409 → 422, and 200 for nothing but the table; each trial is undone before the next."""
    people = {name: request.getfixturevalue(name) for name in ROLES}
    callers = {name: as_api(person) for name, person in people.items()}
    case = at_stage(stage)
    if held and stage not in ("withdrawn", "cancelled"):
        body = {"move": "hold", **PROPER["hold"]}
        assert callers["mei"].post(f"/cases/{case.reference}/moves", body).status_code == 200
    elif held:
        pytest.skip("an ended case is not held")
    wrong = []
    for name in ROLES:
        for move in MOVES:
            cache.clear()
            with transaction.atomic():
                answer = callers[name].post(f"/cases/{case.reference}/moves", {"move": move, **PROPER[move]})
                transaction.set_rollback(True)
            expected = _expected(name, move, stage, held)
            if answer.status_code != expected:
                wrong.append((name, move, answer.status_code, expected, answer.content[:200]))
    assert not wrong


def _expected(name: str, move: str, stage: str, held: bool) -> int:
    if name == "bo":
        return 404
    if move not in MAY[name] or (name == "ada" and stage != "draft"):
        return 403
    if (move, stage) not in LEGAL:
        return 409
    if held and move not in ("resume", "withdraw", "cancel", "correct"):
        return 409
    if not held and move == "resume":
        return 409
    if move == "correct" and stage in ("draft", "provider_pre_audit", "photo"):
        return 409  # nothing is recorded yet
    return 200
