"""The digest of aftercare: once a week, on its first working day, to each person their own, whatever beat does."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core import mail

from cases.deadlines import BEIJING
from cases.models import Case, Duty
from cases.services import aftercare
from clients import sight
from clients.models import User
from notifications import services
from notifications.models import Notification
from tests.api.filings import drive, lotus_facts, make_case
from tests.notifications.cast import rows, to

pytestmark = pytest.mark.django_db


@pytest.fixture
def sites(harbour, lotus, mei, wen, ada, bo):
    """Two of Harbour's, which Mei answers for, and one of Lotus's, which Wen does; nothing comes up yet."""
    first = drive(make_case(harbour, mei), "psb_filed", mei)
    second = drive(make_case(harbour, mei, name="second.example"), "psb_filed", mei)
    theirs = drive(make_case(lotus, wen, name="lotus.example", head=lotus_facts()["head"]), "psb_filed", wen)
    with sight.every_client():
        Duty.objects.update(due_on="2029-01-01", tell_on="2028-10-01")
    services.relay_events()
    with sight.every_client():
        Notification.objects.update(state="suppressed")
    mail.outbox.clear()
    return first, second, theirs


def come_up(case: Case, kind: str, due_on: date, told: date) -> None:
    with sight.every_client():
        assert Duty.objects.filter(case=case, kind=kind, state="open").update(due_on=due_on, tell_on=told)


QUIET = timedelta(hours=4)  # often enough where nothing is sent, and at eight among them


def run(begin: datetime, end: datetime, every: timedelta = timedelta(hours=1)) -> None:
    """Beat and worker, from `begin` until `end`; the letters see the same clock."""
    at = begin
    while at < end:
        with time_machine.travel(at, tick=False):
            services.plan_digests(now=at)
            services.deliver_due(now=at)
        at += every


def at(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=BEIJING)


def sent(person: User) -> list[str]:
    """When this person got one, by Beijing's clock."""
    found = rows(kind="aftercare", channel="mail", recipient=person, state="sent")
    return [f"{one.sent_at.astimezone(BEIJING):%m-%d %H}" for one in found]


def test_once_a_week_on_its_first_working_day_over_a_standstill_and_spring_festival(sites, mei, wen, ada, bo):
    first, second, _theirs = sites
    # The head's ID runs out for both sites on a day of March, and is told from Sunday 1 February on.
    for case in (first, second):
        come_up(case, "head_id", date(2026, 3, 10), date(2026, 2, 1))

    run(at(1, 26), at(2, 2), QUIET)
    run(at(2, 2), at(2, 3, 7))
    assert sent(mei) == ["02-02 08"] == sent(ada)  # Monday: at eight, and not before it had come near
    for _two_beats in range(2):
        run(at(2, 2, 9), at(2, 8), QUIET)
    assert sent(mei) == ["02-02 08"]

    run(at(2, 12, 10), at(2, 13))  # it stood still from Monday to Thursday: one, late
    assert sent(mei) == ["02-02 08", "02-12 10"] == sent(ada)
    run(at(2, 13), at(3, 4), QUIET)
    # Spring Festival: all of 16 to 20 February is off, Saturday the 28th is worked but has its week's digest behind it.
    assert sent(mei) == ["02-02 08", "02-12 10", "02-24 08", "03-02 08"] == sent(ada)
    assert sent(wen) == sent(bo) == []  # nothing of theirs comes up

    letter = to(mei.email)[-1]
    assert (
        "ID of the head runs out" in letter.body
        and "Harbour Ltd, harbour.example, second.example" in letter.body
    )
    assert "Ada Winter" not in letter.body and "/cases/aftercare/?whose=mine" in letter.body
    assert "List-Unsubscribe" in letter.extra_headers
    assert "lotus" not in "".join(one.body for one in to(ada.email))

    # Overdue it keeps coming; done, waived or cancelled it does not.
    run(at(3, 9), at(3, 17))
    assert sent(mei)[-2:] == ["03-09 08", "03-16 08"] and "overdue" in to(mei.email)[-1].body
    with sight.every_client(), time_machine.travel(at(3, 17), tick=False):
        for case in (first, second):
            duty = Duty.objects.get(case=case, kind="head_id", state="open")
            aftercare.finish(duty, by=mei, until=date(2036, 3, 10))
    run(at(3, 17), at(4, 1))
    assert sent(mei)[-1] == "03-16 08" == sent(ada)[-1]


def test_worked_out_anew_at_the_sending_and_to_whoever_may_still_know(
    sites, mei, wen, lim, root, ada, bo, harbour
):
    first, second, theirs = sites
    when = at(3, 2, 8)
    for case in (first, theirs):
        come_up(case, "domain", date(2026, 3, 20), date(2026, 3, 1))
    with sight.every_client():
        # A specialist who sees Harbour alone answers for a case of each; nobody for the second.
        Case.objects.filter(pk__in=[first.pk, theirs.pk]).update(account_manager=lim)
        Case.objects.filter(pk=second.pk).update(account_manager=None)
    come_up(second, "server", date(2026, 3, 5), date(2026, 3, 1))
    with time_machine.travel(when, tick=False):
        for _again in range(3):  # twice, and by another worker
            services.plan_digests(now=when)
        assert {one.recipient_id for one in rows(kind="aftercare")} == {ada.pk, bo.pk, lim.pk, mei.pk}
        with sight.every_client():
            bos = Duty.objects.get(case=theirs, kind="domain", state="open")
            aftercare.waive(bos, "They let it go.", by=root)
            type(ada).objects.filter(pk=ada.pk).update(wants_reminders=False)
        services.deliver_due(now=when)

    reasons = {one.recipient_id: (one.state, one.reason) for one in rows(kind="aftercare", channel="mail")}
    assert reasons == {
        ada.pk: ("suppressed", "switched_off"),
        bo.pk: ("suppressed", "overtaken"),
        lim.pk: ("sent", ""),
        mei.pk: ("sent", ""),  # nobody's case is the manager's
    }
    assert "harbour.example" in to(lim.email)[0].body and "lotus" not in to(lim.email)[0].body
    assert "whose=mine" in to(lim.email)[0].body
    # "Mine" would hide what she reads for others.
    assert "second.example" in to(mei.email)[0].body and "whose=mine" not in to(mei.email)[0].body

    # One that waited into the next week is overtaken by that week's own.
    with sight.every_client():
        Notification.objects.filter(kind="aftercare", recipient=mei, channel="mail").update(state="planned")
    run(at(3, 9, 8), at(3, 9, 10))
    states = [(one.data["week"], one.state) for one in rows(kind="aftercare", channel="mail", recipient=mei)]
    assert states == [("2026-W10", "suppressed"), ("2026-W11", "sent")]


def test_a_providers_check_is_told_at_once_and_not_once_it_is_settled(sites, mei, wen, ada):
    first, second, _theirs = sites
    soon = (datetime.now(BEIJING) + timedelta(days=6)).date()
    with sight.every_client():
        for case in (first, second):
            aftercare.note_check(case, by=wen, on=soon, note="The phone was not answered.")
        aftercare.finish(Duty.objects.get(case=second, kind="provider_check"), by=wen)
    services.relay_events()
    services.deliver_due()

    assert [one.state for one in rows(kind="check.noticed", channel="mail")] == ["sent", "suppressed"]
    assert "The phone was not answered." in to(ada.email)[-1].body
    assert {one.recipient_id for one in rows(kind="check.noticed", channel="in_app")} == {ada.pk, mei.pk}
