"""An edit of a rule while cases are running: what was promised to them stays, unless the change says otherwise."""

from __future__ import annotations

import ast
from datetime import timedelta

import pytest
from django.utils import timezone

from cases.models import CaseEvent
from cases.services import catching_up
from cases.services.changing import change_facts
from cases.services.moves import move_case
from clients import sight
from clients.refusals import Invalid
from runner import ROOT
from tests.api.filings import drive, make_case
from tests.rulebook.editing import copies, edit

pytestmark = pytest.mark.django_db
LETTER = "commitment_letter"


def papers(case) -> set[str]:
    return {one.kind for one in case.requirements.all()}


def touch(case, by):
    """Any fact, so that the list is made anew."""
    return change_facts(case, {"site": {"note": f"{timezone.now()}"}}, by=by)


def test_a_running_case_keeps_its_papers_and_a_new_one_begins_with_the_new_rule(loaded, harbour, mei):
    before = make_case(harbour, mei)
    edit("provinces.province", "SH", by=mei, commitment_letter="manager")

    after = make_case(harbour, mei, name="later.example")
    before = touch(before, mei)

    assert LETTER not in papers(before)
    assert LETTER in papers(after)
    assert before.rules_edition < after.rules_edition


def test_its_clocks_run_as_promised(loaded, harbour, mei):
    before, other = make_case(harbour, mei), None
    edit("clocks.clock", "photo", by=mei, n=9)
    other = make_case(harbour, mei, name="later.example")

    for case, days in ((before, 3), (other, 9)):
        drive(case, "photo", mei)
        assert case.deadlines.get(kind="photo").amount == days


def test_its_pages_and_its_api_speak_the_old_words(loaded, harbour, mei, as_page, as_api):
    case = make_case(harbour, mei)
    drive(case, "provider_pre_audit", mei)
    edit("reasons.reason", "domain_expiring", by=mei, cause={"en": "Brand new cause", "zh": "新"})
    later = make_case(harbour, mei, name="later.example")
    drive(later, "provider_pre_audit", mei)

    pages = [
        as_page(mei).get(f"/cases/{one.reference}/moves/return_for_changes/").content.decode()
        for one in (case, later)
    ]

    assert "Brand new cause" not in pages[0] and "Brand new cause" in pages[1]


def test_what_the_agency_calls_a_thing_pages_call_it_too(loaded, harbour, mei, as_page):
    before = make_case(harbour, mei)
    edit("kinds.provider", "aliyun", by=mei, name={"en": "Cloud of Ali", "zh": "阿里的云"})
    after = make_case(harbour, mei, name="later.example")

    pages = [as_page(mei).get(f"/cases/{one.reference}/").content.decode() for one in (before, after)]

    assert "Cloud of Ali" not in pages[0] and "Alibaba Cloud" in pages[0]
    assert "Cloud of Ali" in pages[1]


def test_a_new_reason_is_not_known_to_what_began_before(loaded, harbour, mei):
    from rulebook.services import add_rule
    from tests.rulebook.editing import columns, newest

    case = make_case(harbour, mei)
    drive(case, "provider_pre_audit", mei)
    add_rule("reasons.reason", "own_reason", columns(newest("reasons.reason", "domain_expiring")), by=mei)
    later = make_case(harbour, mei, name="later.example")
    drive(later, "provider_pre_audit", mei)

    with pytest.raises(Invalid):
        move_case(case, "return_for_changes", by=mei, reasons=[{"code": "own_reason"}], note="x")
    moved = move_case(later, "return_for_changes", by=mei, reasons=[{"code": "own_reason"}], note="x")

    assert moved.stage == "draft" and moved.reopenings.filter(reason="own_reason").exists()


def test_a_change_for_running_cases_reaches_them_and_keeps_what_was_sent(loaded, harbour, lotus, mei):
    case = make_case(harbour, mei)
    elsewhere = make_case(lotus, mei, name="lotus.example", province="BJ")
    sent = case.requirements.get(kind="verification_form")
    sent.state = "accepted"
    sent.save()
    edit("provinces.province", "SH", by=mei, commitment_letter="manager", reaches=True)
    assert LETTER not in papers(case)

    assert catching_up.catch_up() == 2 and catching_up.catch_up() == 0

    assert LETTER in papers(case) and LETTER not in papers(elsewhere)
    assert case.requirements.get(kind="verification_form").state == "accepted"
    told = CaseEvent.objects.get(kind="rules.reached")
    assert (told.case, told.data["asked"]) == (case, [LETTER])

    # And what was changed since without reaching it stays away also from now on.
    edit("provinces.province", "SH", by=mei, commitment_letter=None)
    case.refresh_from_db()
    assert LETTER in papers(touch(case, mei))


def test_a_running_clock_is_set_anew_by_a_change_that_reaches_it(loaded, harbour, mei):
    case = drive(make_case(harbour, mei), "photo", mei)
    before = case.deadlines.get(kind="photo")
    edit("clocks.clock", "photo", by=mei, n=6, unit="calendar", reaches=True)

    catching_up.catch_up()

    after = case.deadlines.get(kind="photo")
    assert (after.amount, after.unit) == (6, "calendar")
    assert after.due_at != before.due_at and after.remind_at > timezone.now()
    case.refresh_from_db()
    assert case.due_at == after.due_at


def test_a_clock_that_was_set_by_hand_goes_on_as_it_is(loaded, harbour, mei):
    case = drive(make_case(harbour, mei), "photo", mei)
    until = timezone.now() + timedelta(days=11)
    case.deadlines.filter(kind="photo").update(due_at=until)
    edit("clocks.clock", "photo", by=mei, n=6, reaches=True)

    catching_up.catch_up()

    assert case.deadlines.get(kind="photo").due_at == until


def test_what_a_licence_was_given_for_is_not_asked_for_again(loaded, harbour, mei):
    case = drive(make_case(harbour, mei), "licensed", mei)
    edit("provinces.province", "SH", by=mei, commitment_letter="manager", reaches=True)

    catching_up.catch_up()

    assert LETTER not in papers(case)
    case.refresh_from_db()
    assert case.rules_reached > case.rules_edition


def test_cases_from_before_the_first_loading_are_promised_it(agency, harbour, mei):
    from django.core.management import call_command

    with sight.every_client():
        case = make_case(harbour, mei)
        assert case.rules_edition == 0
    call_command("rules")

    with sight.every_client():
        case.refresh_from_db()
        assert case.rules_edition == case.rules_reached > 0


# ── Ten thousand ──


class Killed(BaseException):
    """As sudden as a signal: nothing in between may catch it."""


def test_a_kill_between_two_cases_loses_no_more_than_the_batch_it_was_in(loaded, harbour, mei, monkeypatch):
    case = make_case(harbour, mei)
    copies(case, 29)
    edit("provinces.province", "SH", by=mei, commitment_letter="manager", reaches=True)
    assert catching_up.catch_up(most=10) == 10
    real, looked = catching_up._reached, []

    def deadly(*args):
        looked.append(args)
        if len(looked) == 5:
            raise Killed
        return real(*args)

    monkeypatch.setattr(catching_up, "_reached", deadly)
    with pytest.raises(Killed):
        catching_up.catch_up(most=10)
    monkeypatch.undo()

    from cases.models import Case, Requirement

    edition = Case.objects.order_by("-rules_reached").first().rules_reached
    assert catching_up.behind(edition).count() == 20
    assert [catching_up.catch_up(most=10) for _ in range(3)] == [10, 10, 0]
    assert Requirement.objects.filter(kind=LETTER).count() == 30
    assert CaseEvent.objects.filter(kind="rules.reached").count() == 30


def test_a_batch_asks_the_database_as_often_for_one_as_for_many(
    loaded, harbour, mei, django_assert_max_num_queries
):
    case = make_case(harbour, mei)
    copies(case, 60)
    edit("provinces.province", "SH", by=mei, commitment_letter="manager", reaches=True)

    with django_assert_max_num_queries(26):
        assert catching_up.catch_up() == 61


# ── Nobody forgets it ──


def test_every_service_that_holds_a_case_keeps_its_promise():
    """A service that locks a case and looks up rules without `@by_its_rules` would read today's."""
    forgetful = []
    for path in [*(ROOT / "cases/services").glob("*.py"), *(ROOT / "documents/services").glob("*.py")]:
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_") or not node.args.args:
                continue
            marks = {one.id for one in node.decorator_list if isinstance(one, ast.Name)}
            locks = any(isinstance(one, ast.Attribute) and one.attr == "locked" for one in ast.walk(node))
            if locks and "by_its_rules" not in marks:
                forgetful.append(f"{path.name}: {node.name}")

    assert not set(forgetful) - WITHOUT_RULES, "put @by_its_rules from cases.promise on these services"


# They look up no rule themselves, or hand a whole case on to one that keeps its promise.
WITHOUT_RULES = {
    "planning.py: refresh_others",
    "preflight.py: check_again",
    "preflight.py: waive",
    "checking.py: check_document",
}
