"""The commercial licence beside the road: asked, decided, gathered, accepted, refused; nothing waits for it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied

from cases.models import Case
from cases.services import commercial, progress
from cases.services.moves import move_case
from cases.workflow import MoveRefused
from clients import sight
from clients.refusals import Invalid
from notifications.models import Notification
from notifications.services.relaying import relay_events
from tests.api.filings import FACTS, drive, make_case, today
from trade import book
from trade.commercial import DEMANDS, FOREIGN

pytestmark = pytest.mark.django_db
GRANTED = {"licence_number": "沪B2-20260001", "granted_on": today()}


@pytest.fixture
def case(agency, harbour, mei):
    return make_case(harbour, mei)


@pytest.fixture
def filed(case, mei):
    return drive(case, "psb_filed", mei)


@pytest.fixture
def desk(as_page, mei):
    return as_page(mei)


def now(case) -> Case:
    with sight.every_client():
        return Case.objects.with_facts().get(pk=case.pk)


def path(case, act="") -> str:
    return f"/cases/{case.reference}/commercial/" + (f"{act}/" if act else "")


def page(answer) -> str:
    return answer.content.decode()


def decide(case, by, needed, why="Own goods only", **more):
    with sight.every_client():
        return commercial.decide(case, needed=needed, why=why, by=by, **more)


# ── The question ──


def test_the_question_is_asked_where_the_site_earns_money(desk, case):
    assert "is a licence needed?" in page(desk.get(case.get_absolute_url()))
    assert "Is a commercial licence needed?" in page(desk.get(path(case)))


def test_no_question_where_it_earns_nothing(desk, agency, harbour, mei):
    case = make_case(harbour, mei, site={**FACTS["site"], "revenue": False})

    assert "is a licence needed?" not in page(desk.get(case.get_absolute_url()))
    assert "earns no money" in page(desk.get(path(case)))
    assert desk.post(path(case, "decision"), {"needed": "true"}).status_code == 409


@pytest.mark.parametrize(("needed", "waits"), [("true", "client"), ("false", "nobody")])
def test_staff_decide_and_the_case_follows(desk, filed, mei, needed, waits):
    answer = desk.post(path(filed, "decision"), {"needed": needed, "why": "Sells its own goods alone"})

    assert answer.status_code == 302
    decided = now(filed)
    assert (decided.stage, decided.waiting_on) == ("psb_filed", waits)
    with sight.every_client():
        event = filed.events.get(kind="commercial.decided")
    assert (event.by_id, event.note, event.data["needed"]) == (
        mei.pk,
        "Sells its own goods alone",
        needed == "true",
    )
    assert "Sells its own goods alone" in page(desk.get(filed.get_absolute_url()))


def test_without_an_answer_or_a_reason_it_is_said_beside_the_box(desk, filed):
    nothing = desk.post(path(filed, "decision"), {"needed": "", "why": "Kept words"})
    no_reason = desk.post(path(filed, "decision"), {"needed": "false", "why": " "})

    assert nothing.status_code == no_reason.status_code == 422
    assert "Kept words" in page(nothing) and "Write in a sentence why." in page(no_reason)
    assert now(filed).commercial_or_none is None


def test_the_workflow_asks_nobody_for_the_decision(filed, mei):
    """The contract's road: the site makes revenue, so the move is open, decided or not."""
    with sight.every_client():
        move_case(filed, "grant_commercial_licence", by=mei, data=GRANTED)

    assert now(filed).stage == "commercial_licensed"


def test_what_is_in_already_cannot_be_decided_away(filed, mei):
    with sight.every_client():
        progress.hand_in_application(filed, by=mei, on=dt.date.fromisoformat(today()))
    with pytest.raises(MoveRefused):
        decide(filed, mei, False)


def test_not_needed_is_over_for_the_client_too(as_page, ada, filed, mei):
    assert "commercial licence comes next" in page(as_page(ada).get(filed.get_absolute_url()))
    decide(filed, mei, False)
    shown = page(as_page(ada).get(filed.get_absolute_url()))

    assert "That was the last step." in shown and "Apply for the commercial licence" not in shown
    application = page(as_page(ada).get(f"/cases/{filed.reference}/licence-application/"))
    assert "found that no commercial licence is needed" in application and "Own goods only" in application
    assert "<form" not in application.split("<main")[1].split("</main")[0]


# ── What is gathered ──


def test_the_checklist_keeps_what_is_ready_and_who_said_so(desk, filed, mei):
    desk.post(path(filed, "checklist"), {"ready": ["capital", "staff", "never_heard_of"]})
    desk.post(path(filed, "checklist"), {"ready": ["capital"]})

    assert now(filed).commercial.ticked == ["capital"]
    with sight.every_client():
        changes = [event.data for event in filed.events.filter(kind="commercial.checked")]
    assert changes == [
        {"ticked": ["capital", "staff"], "unticked": []},
        {"ticked": [], "unticked": ["staff"]},
    ]
    assert f"1 of {len(DEMANDS)} ready" in page(desk.get(path(filed)))


def test_the_appointment_is_told_with_office_and_papers(desk, as_page, ada, filed):
    given = {"on": "2099-01-05", "office": "Shanghai bureau, counter 3", "carried": "Licence\nSeal"}
    assert desk.post(path(filed, "appointment"), given).status_code == 302
    relay_events()

    shown = page(as_page(ada).get(f"/cases/{filed.reference}/licence-application/"))
    assert "Shanghai bureau, counter 3" in shown and "Licence<br>Seal" in shown
    with sight.every_client():
        told = Notification.objects.filter(kind="commercial.appointment", recipient=ada)
        assert {one.channel for one in told} == {"in_app", "mail"}
    assert "appointment" in page(desk.get(filed.get_absolute_url()))


@pytest.mark.parametrize(
    "given", [{"office": "Somewhere"}, {"on": "soon"}, {"on": "2099-01-05", "office": "x" * 10_000}]
)
def test_a_wrong_appointment_is_refused_and_kept_as_typed(desk, filed, given):
    answer = desk.post(path(filed, "appointment"), given)

    assert answer.status_code == 422
    assert given.get("office", "soon")[:200] in page(answer)
    assert now(filed).commercial_or_none is None


# ── Receipt and result ──


def test_the_receipt_starts_the_authoritys_clock(desk, filed):
    answer = desk.post(f"/cases/{filed.reference}/steps/application/", {"on": today(), "receipt": "SL-0001"})

    assert answer.status_code == 302
    accepted = now(filed)
    assert (accepted.waiting_on, accepted.commercial.receipt) == ("commercial_authority", "SL-0001")
    with sight.every_client():
        clock = filed.deadlines.get(kind="commercial_review", state="running")
    assert (clock.amount, clock.unit) == (60, "working")
    assert accepted.due_at == clock.due_at
    assert "SL-0001" in page(desk.get(path(filed)))


def test_a_refusal_leaves_the_filing_and_opens_the_way_again(desk, filed, ada):
    desk.post(f"/cases/{filed.reference}/steps/application/", {"on": today()})
    assert desk.post(path(filed, "refusal"), {"text": ""}).status_code == 422
    assert desk.post(path(filed, "refusal"), {"text": "Capital too low"}).status_code == 302
    relay_events()

    refused = now(filed)
    assert (refused.stage, refused.waiting_on, refused.application_handed_in_on) == (
        "psb_filed",
        "client",
        None,
    )
    with sight.every_client():
        assert not filed.deadlines.filter(kind="commercial_review", state="running").exists()
        assert Notification.objects.filter(kind="application.refused", recipient=ada, channel="mail").exists()
    assert desk.post(path(filed, "refusal"), {"text": "Twice"}).status_code == 409


@pytest.mark.parametrize("needed", [None, True, False])
def test_aftercare_never_waits_for_it(filed, mei, needed):
    """The footer's clock runs, is met, and the site opens, whatever is decided and whatever is missing."""
    if needed is not None:
        decide(filed, mei, needed)
    with sight.every_client():
        progress.open_site(filed, by=mei, on=dt.date.fromisoformat(today()))
        running = filed.deadlines.filter(state="running")
        assert set(running.values_list("kind", flat=True)) == {"psb_footer", "footer"}
        progress.show_footer(filed, by=mei)
        assert not running.exists()


# ── Foreign capital ──


def test_a_foreign_invested_applicant_is_told_what_differs(desk, as_page, ada, filed, mei):
    """The head is British: told before anybody said; a no of the agency's takes it away."""
    shown = page(as_page(ada).get(f"/cases/{filed.reference}/licence-application/"))
    assert (
        "Foreign capital up to 50" in shown and "2024-04-10" in shown and "MIIT notice 107 of 2024" in shown
    )
    decide(filed, mei, True, foreign_capital=False)
    assert "Foreign capital up to 50" not in page(desk.get(path(filed)))


def test_the_pilots_are_dated_rows():
    with book.using(book.SHIPPED.on(dt.date(2024, 4, 9))):
        assert "pilot" not in FOREIGN
    with book.using(book.SHIPPED.on(dt.date(2024, 4, 10))):
        assert "pilot" in FOREIGN and "first_approvals" not in FOREIGN
    with book.using(book.SHIPPED.on(dt.date(2026, 11, 25))):
        assert "first_approvals" in FOREIGN
        assert all(row.source and row.checked_on for row in FOREIGN.values())


# ── Who ──


def test_it_is_the_agencys_page(as_page, filed, ada, ann, bo):
    for person in (ada, ann, bo):
        browser = as_page(person)
        for act in ("", "decision", "checklist", "appointment", "refusal"):
            assert browser.get(path(filed, act)).status_code == 404, (person.name, act)
            assert browser.post(path(filed, act), {"needed": "true"}).status_code == 404, (person.name, act)
    assert now(filed).commercial_or_none is None


def test_another_clients_question_is_not_there_for_a_limited_specialist(as_page, lim, lotus, mei, agency):
    case = make_case(lotus, mei, name="lotus.example")

    assert as_page(lim).get(path(case)).status_code == 404
    assert as_page(lim).post(path(case, "decision"), {"needed": "true"}).status_code == 404


def test_the_service_asks_who(filed, ada, mei):
    with sight.every_client(), pytest.raises(PermissionDenied):
        commercial.decide(filed, needed=True, why="", by=ada)
    with pytest.raises(Invalid):
        decide(filed, mei, False, why="")
