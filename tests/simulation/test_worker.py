"""The same year through a worker of its own, by a real broker, into the portal's own mail catcher."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import date, timedelta

import pytest

from clients import sight
from tests.simulation.days import BEIJING, at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

FILINGS = 40
# A night into a Saturday that is worked, and three days from a Friday evening on.
NO_BROKER = [
    (at(date(2026, 2, 27), 21), at(date(2026, 2, 28), 11)),
    (at(date(2026, 5, 22), 20), at(date(2026, 5, 25), 20)),
]
# Three mornings, of them a Sunday that is worked and the first day after National Day; two evenings into the night.
NO_MAIL = [
    (at(date(2026, 6, 29), 7), at(date(2026, 6, 29), 12)),
    (at(date(2026, 9, 20), 7, 30), at(date(2026, 9, 20), 13, 30)),
    (at(date(2026, 10, 8), 7, 30), at(date(2026, 10, 8), 13, 30)),
    (at(date(2026, 10, 16), 19), at(date(2026, 10, 16), 23)),
    (at(date(2026, 10, 27), 20), at(date(2026, 10, 27), 23, 30)),
]


@pytest.mark.timeout(1800)
def test_the_year_again_through_a_worker_and_the_ledger_agrees_with_the_mail_catcher(
    agency, monkeypatch, tmp_path
):
    from tests.simulation.office import Office
    from tests.simulation.year import Year

    logging.disable(logging.INFO)
    year = Year(FILINGS, silence=NO_BROKER, no_mail=NO_MAIL, is_sparing=True)
    office = Office(tmp_path, monkeypatch)

    year.walk(office)

    letters = list(office.letters())
    assert len(year.acts) > 180 and year.beats > 300 and sum(year.found.values()) > 1200
    year.is_told_as_the_model_says()
    assert len(year.held) > 9
    year.came_by_mail(Counter((one.to, one.at) for one in letters))
    the_ledger_agrees_with(letters)
    year.nobody_is_told_on_a_forbidden_hour()
    assert year.every_deadline_is_met_or_reported() > 2


def the_ledger_agrees_with(letters) -> None:
    """Each mail is that of one row that says sent, then and there; and each such row is in one mail."""
    from notifications.models import Notification
    from notifications.services.gathering import REMINDERS

    with sight.every_client():
        rows = {row.reference: row for row in Notification.objects.filter(channel="mail", state="sent")}
    listed, reminders = Counter(), Counter()
    for one in letters:
        row = rows.pop(one.reference)  # once
        assert (one.to, one.at) == (row.to, row.sent_at.astimezone(BEIJING)), one
        if row.kind in REMINDERS:
            listed[one.to, one.at] += one.things
            reminders[one.to, one.at] += 1
    for row in rows.values():  # gone along
        assert row.kind in REMINDERS, row
        reminders[row.to, row.sent_at.astimezone(BEIJING)] += 1
    assert listed == reminders


# Where a process is killed, and how many copies of its mail there are then: before the server has taken it one, and
# two where nobody has written down yet that it did. Both are the same to whoever reads them: they have one Message-ID.
STEPS = {"claimed": 1, "prepared": 1, "talking": 1, "taken": 2, "answered": 2, "settling": 2, "settled": 1}


def test_a_worker_killed_at_each_step_of_sending_loses_nothing(
    agency, harbour, mei, ada, monkeypatch, tmp_path
):
    from cases.services import progress
    from cases.services.opening import open_case
    from notifications import tasks
    from notifications.models import Notification
    from tests.simulation.clock import Clock
    from tests.simulation.office import Office

    now = at(date(2026, 3, 2), 12)
    found = {}
    with Clock() as clock, Office(tmp_path, monkeypatch, DOOMED="1") as office:
        clock.set(now)
        with sight.every_client():
            case = open_case(harbour, by=mei, given={"domain": {"name": "harbour.example"}})
        office.rest()
        for hours, step in enumerate(STEPS):
            clock.set(now + timedelta(hours=hours))
            office.doom(step)
            with sight.every_client():
                progress.write_note(case, f"Killed when {step}.", by=mei, audience="client")
            office.rest()
            with sight.every_client():
                row = Notification.objects.filter(recipient=ada, channel="mail").latest("id")
            assert row.state == ("sent" if step == "settled" else "claimed"), step

            for minutes in (4, 6, 12):
                clock.set(now + timedelta(hours=hours, minutes=minutes))
                tasks.deliver_due.delay()
                office.rest()
            with sight.every_client():
                row.refresh_from_db()
            assert row.state == "sent", step
            found[step] = row
        letters = Counter(one.reference for one in office.letters())

    assert {step: letters.pop(row.reference) for step, row in found.items()} == STEPS
    assert not letters
