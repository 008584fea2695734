"""Tasks read today's book, and bring a change to ten thousand running cases although they are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from cases import tasks
from cases.models import Case, CaseEvent, Requirement
from cases.services import catching_up
from clients import sight
from clients.queries import forget_agency
from icp_portal.celery import app
from rulebook.queries import book_of
from rulebook.services import load_shipped
from runner import ROOT
from tests.api.filings import make_case
from tests.rulebook.editing import copies, edit
from trade.provinces import PROVINCES

MANY = 10_000
LETTER = "commitment_letter"


@pytest.mark.django_db
def test_a_task_reads_the_rules_of_today(loaded, mei):
    edit("provinces.province", "SH", by=mei, minimum_age=21)

    @app.task(name="tests.rulebook.age")
    def age() -> int:
        return PROVINCES["SH"].minimum_age

    assert (age(), PROVINCES["SH"].minimum_age) == (21, 18)


@pytest.mark.django_db
def test_a_fresh_worker_reads_them_where_it_has_no_sight(agency, mei):
    """A message goes out after its sight is closed, and its number is looked up in the rules all the same."""
    with sight.every_client():
        load_shipped()
        edit("provinces.province", "SH", by=mei, minimum_age=21)
    book_of.cache_clear()

    @app.task(name="tests.rulebook.sightless")
    def age() -> int:
        return PROVINCES["SH"].minimum_age

    assert age() == 21
    forget_agency()


@pytest.mark.django_db
def test_the_task_may_run_twice(loaded, harbour, mei):
    copies(make_case(harbour, mei), 4)
    edit("provinces.province", "SH", by=mei, commitment_letter="manager", reaches=True)

    tasks.catch_up()
    tasks.catch_up()

    assert Requirement.objects.filter(kind=LETTER).count() == 5
    assert CaseEvent.objects.filter(kind="rules.reached").count() == 5


@pytest.fixture
def ten_thousand(transactional_db, agency, harbour, mei):
    """Committed, for a process of its own is to be killed over them."""
    with sight.every_client():
        load_shipped()
        copies(make_case(harbour, mei), MANY - 1)
        edit("provinces.province", "SH", by=mei, commitment_letter="manager", reaches=True)
    yield
    forget_agency()


WORK = "import django; django.setup(); from cases.tasks import catch_up; catch_up()"


def done() -> int:
    with sight.every_client():
        return Requirement.objects.filter(kind=LETTER).count()


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_ten_thousand_cases_are_brought_along_although_two_workers_are_killed(ten_thousand):
    for _ in range(2):
        before = done()
        worker = subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=os.environ.copy())
        while done() < before + 400:
            assert worker.poll() is None, "it ended before it could be killed"
            time.sleep(0.05)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        so_far = done()
        assert so_far < MANY and so_far % catching_up.BATCH == 0

    began = time.monotonic()
    while done() < MANY:
        tasks.catch_up()
    took = time.monotonic() - began

    with sight.every_client():
        newest = Case.objects.order_by("-rules_reached").values_list("rules_reached", flat=True)[0]
        assert catching_up.behind(newest).count() == 0
        assert CaseEvent.objects.filter(kind="rules.reached").count() == MANY
        assert Requirement.objects.filter(kind=LETTER).values("case").distinct().count() == MANY
    assert took < 300
