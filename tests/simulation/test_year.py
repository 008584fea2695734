"""A year in minutes: two hundred filings walk through 2026, and the ledger says what a model of its own reckons."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections import Counter
from datetime import date, datetime

import pytest
from celery import current_app
from django.core import mail

from tests.simulation.days import at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

FILINGS = 200


class Eager(contextlib.nullcontext):
    """All tasks at once, within the test."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.patch = patch
        self.come: Counter = Counter()
        self.broker = True
        patch.setattr(current_app.conf, "task_always_eager", True)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.nobody = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"

    def weather(self, *, broker: bool, mail: bool) -> None:
        if broker != self.broker:
            self.patch.setattr(current_app.conf, "task_always_eager", broker)
            self.patch.setattr(current_app.conf, "broker_write_url", None if broker else self.nobody)
        self.broker = broker

    def ring(self, *, all_of_them: bool, beats: int = 1) -> None:
        from notifications import tasks

        for _beat in range(beats):
            tasks.sweep_deadlines.delay()
            if all_of_them:
                tasks.relay_events.delay()
                tasks.plan_digests.delay()
            tasks.deliver_due.delay()

    def rest(self, now: datetime) -> None:
        for letter in mail.outbox:
            self.come[letter.to[0].rpartition("<")[2].rstrip(">"), now] += 1
        mail.outbox.clear()


@pytest.mark.timeout(1500)
def test_a_year_of_two_hundred_filings_is_told_as_the_model_says(agency, monkeypatch):
    from tests.simulation.year import Year

    logging.disable(logging.INFO)  # a line for each task
    # The broker is away from a Friday evening on for three days, and with it beat and worker.
    year = Year(FILINGS, silence=[(at(date(2026, 5, 22), 20), at(date(2026, 5, 25), 20))])
    office = Eager(monkeypatch)

    year.walk(office)

    # It was a full year.
    assert len(year.acts) > 500 and year.beats > 1500 and sum(year.found.values()) > 3000
    year.is_told_as_the_model_says()
    year.came_by_mail(office.come)
    year.nobody_is_told_on_a_forbidden_hour()
    assert year.every_deadline_is_met_or_reported() > 20
