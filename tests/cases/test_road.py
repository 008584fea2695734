"""The main road from draft to the commercial licence, and what each step leaves behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.facts import Invalid
from cases.models import Case, RequirementState
from cases.services import checklist, phones, progress
from cases.services.changing import change_facts
from cases.services.moves import move_case
from cases.services.opening import open_case
from cases.workflow import MoveForbidden, MoveRefused
from clients import sight
from clients.models import Client, Membership, User
from tests.api import filings

PERSON = {**filings.PERSON, "email": "ada@harbour.example"}
FACTS = {**filings.FACTS, "head": PERSON}


@pytest.fixture
def house(db):
    with sight.every_client():
        yield


@pytest.fixture
def manager(house) -> User:
    user = User.objects.create_user("mei2@agency.example", name="Mei")
    Membership.objects.create(user=user, role="manager")
    return user


@pytest.fixture
def client_of(house):
    return Client.objects.create(name="Harbour Example Trading", name_zh="港湾示例贸易")


@pytest.fixture
def contact(client_of) -> User:
    user = User.objects.create_user("ada2@harbour.example", name="Ada")
    Membership.objects.create(user=user, client=client_of, role="contact")
    return user


@pytest.fixture
def case(client_of, manager) -> Case:
    return open_case(client_of, by=manager, given=FACTS)


def accept_all(case: Case, by: User) -> None:
    for paper in case.requirements.all():
        if paper.kind != "face_verification":
            checklist.paper_accepted(paper, "D-X", by=by, now=timezone.now())


def verify(case: Case, by: User) -> None:
    asked = phones.ask_code(case, "head", by=by)
    _mobile, code = phones.mint_code(asked.pk)
    phones.confirm_code(case, "head", code, by=by)


def ready(case: Case, by: User) -> Case:
    accept_all(case, by)
    verify(case, by)
    return Case.objects.with_facts().get(pk=case.pk)


def test_a_new_case_asks_for_the_everyday_papers_and_waits_for_the_client(case):
    papers = {(one.kind, one.of) for one in case.requirements.all()}

    assert papers == {
        ("business_licence", "subject"),
        ("passport", "head"),
        ("verification_form", "site"),
        ("domain_certificate", "domain"),
        ("face_verification", "manager"),
    }
    assert case.missing_facts == []
    assert case.waiting_on == "client"


def test_domain_and_client_are_enough(client_of, manager):
    case = open_case(client_of, by=manager, given={"domain": {"name": "tea.example"}})

    assert case.stage == "draft"
    assert "province" in case.missing_facts


def test_a_case_walks_the_whole_road(case, manager):
    case = ready(case, manager)
    assert case.waiting_on == "agency"
    today = timezone.now().date().isoformat()

    case = move_case(case, "submit", by=manager)
    assert (case.stage, case.waiting_on) == ("provider_pre_audit", "provider")
    case = move_case(case, "pass_pre_audit", by=manager)
    assert (case.stage, case.waiting_on) == ("photo", "client")
    case = move_case(case, "finish_photo", by=manager, data={"photo_way": "app", "done_on": today})
    assert (case.stage, case.waiting_on) == ("miit_review", "client")  # the SMS code runs
    case = progress.enter_sms_codes(case, by=manager)
    assert Case.objects.get(pk=case.pk).waiting_on == "miit"
    case = move_case(
        case, "grant_licence", by=manager, data={"icp_number": "沪ICP备2026000001号-1", "licensed_on": today}
    )
    assert (case.stage, case.waiting_on) == ("licensed", "client")
    assert (case.due_at - timezone.now()).days in (29, 30)
    case = move_case(
        case, "file_psb", by=manager, data={"psb_number": "沪公网安备31000002999901号", "filed_on": today}
    )
    assert (case.stage, case.waiting_on) == ("psb_filed", "client")
    case = move_case(
        case,
        "grant_commercial_licence",
        by=manager,
        data={"licence_number": "沪B2-20260001", "granted_on": today},
    )
    assert (case.stage, case.waiting_on) == ("commercial_licensed", "nobody")
    assert [event.move for event in case.events.filter(kind="case.moved")] == [
        "submit",
        "pass_pre_audit",
        "finish_photo",
        "grant_licence",
        "file_psb",
        "grant_commercial_licence",
    ]


def test_submit_says_what_is_missing(case, manager):
    with pytest.raises(MoveRefused, match="business_licence"):
        move_case(case, "submit", by=manager)

    assert not case.events.filter(kind="case.moved").exists()


def test_a_contact_may_not_submit_but_may_withdraw_in_draft(case, contact):
    with pytest.raises(MoveForbidden):
        move_case(case, "submit", by=contact)

    assert move_case(case, "withdraw", by=contact, note="Not now.").stage == "withdrawn"


def test_a_return_opens_what_it_is_about_and_nothing_else(case, manager, contact):
    case = move_case(ready(case, manager), "submit", by=manager)
    reasons = [{"code": "domain_owner_mismatch"}, {"code": "site_name", "note": "Too short."}]

    case = move_case(case, "return_for_changes", by=manager, reasons=reasons)

    assert {one.kind for one in case.requirements.all() if one.state == RequirementState.REDO} == {
        "domain_certificate"
    }
    assert {one.path for one in case.reopenings.all()} == {"domain", "site.name"}
    assert (case.stage, case.round, case.waiting_on) == ("draft", 2, "client")
    change_facts(case, {"site": {"name": "港湾示例商贸"}}, by=contact)
    with pytest.raises(Exception, match="came back"):
        change_facts(case, {"site": {"revenue": False}}, by=contact)


def test_a_missed_sms_reopens_nothing_and_may_be_handed_in_at_once(case, manager):
    today = timezone.now().date().isoformat()
    case = move_case(ready(case, manager), "submit", by=manager)
    case = move_case(case, "pass_pre_audit", by=manager)
    case = move_case(case, "finish_photo", by=manager, data={"photo_way": "app", "done_on": today})

    case = move_case(case, "reject", by=manager, reasons=[{"code": "sms_timeout"}])

    assert case.waiting_on == "agency"
    assert case.deadlines.get(kind="sms_code").state == "missed"
    assert move_case(case, "submit", by=manager).stage == "provider_pre_audit"


def test_hold_stops_the_clocks_and_resume_gives_the_rest_back(case, manager):
    now = timezone.now()
    case = move_case(ready(case, manager), "submit", by=manager, now=now)
    before = case.due_at
    later = (now + timedelta(days=20)).date().isoformat()

    case = move_case(case, "hold", by=manager, data={"until": later}, note="Holiday.", now=now)
    assert (case.waiting_on, case.due_at) == ("nobody", None)
    case = move_case(case, "resume", by=manager, now=now + timedelta(days=14))

    assert case.waiting_on == "provider"
    assert case.due_at > before + timedelta(days=12)


def test_a_number_of_another_province_is_not_taken(case, manager):
    today = timezone.now().date().isoformat()
    case = move_case(ready(case, manager), "submit", by=manager)
    case = move_case(case, "pass_pre_audit", by=manager)
    case = move_case(case, "finish_photo", by=manager, data={"photo_way": "app", "done_on": today})

    with pytest.raises(Invalid):
        move_case(
            case,
            "grant_licence",
            by=manager,
            data={"icp_number": "京ICP备12345678号-1", "licensed_on": today},
        )


def test_step_back_and_correct_keep_the_old_result_in_the_history(case, manager):
    today = timezone.now().date().isoformat()
    case = move_case(ready(case, manager), "submit", by=manager)
    case = move_case(case, "pass_pre_audit", by=manager)
    case = move_case(case, "finish_photo", by=manager, data={"photo_way": "app", "done_on": today})
    case = move_case(
        case, "grant_licence", by=manager, data={"icp_number": "沪ICP备2026000001号-1", "licensed_on": today}
    )

    case = move_case(
        case, "correct", by=manager, data={"icp_number": "沪ICP备2026000002号-1"}, note="A slip."
    )
    assert case.icp_number == "沪ICP备2026000002号-1"
    assert case.events.last().data["old"] == {"icp_number": "沪ICP备2026000001号-1"}
    case = move_case(case, "step_back", by=manager, note="The wrong case.")

    assert (case.stage, case.icp_number, case.licensed_on) == ("miit_review", "", None)
    assert case.events.last().data["old"]["icp_number"] == "沪ICP备2026000002号-1"


def test_numbers_are_sealed_and_masked_in_the_history(case, manager):
    case = change_facts(case, {"head": {"id_number": "T87654321"}}, by=manager)

    assert case.head.masked_number == "****4321"
    assert case.head.id_number == "T87654321"
    assert "T87654321" not in str([event.data for event in case.events.all()])


def test_changing_a_number_undoes_its_verification(case, manager):
    case = ready(case, manager)

    case = change_facts(case, {"head": {"mobile": "13900000009"}}, by=manager)

    assert case.unverified_people
