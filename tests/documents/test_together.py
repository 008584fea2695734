"""Two at once, and a worker killed in the middle: one wins, one is told, nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from cases.models import CaseEvent, RequirementState
from clients.refusals import Conflict, TooMany
from clients.sight import every_client
from documents import services, storage
from documents.children import ROOT
from documents.models import Document, Preview, Upload
from tests.documents import samples
from tests.documents.cast import fresh, lying, send

JPEG = samples.small_jpeg()


def at_once(count, act):
    """What each of them got: an answer or a refusal."""

    def one(number):
        try:
            with every_client():
                return act(number)
        except (Conflict, TooMany) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_twenty_completions_are_one_document(lasting_cast):
    cast = lasting_cast
    with every_client():
        upload, _ = services.start_upload(
            cast.passport, by=cast.ada, filename="a.jpg", size=5, content_type="image/jpeg"
        )

    done = at_once(20, lambda _: services.finish_upload(upload, by=cast.ada).reference)

    with every_client():
        assert Counter(done) == {Document.objects.get().reference: 20}
        assert CaseEvent.objects.filter(kind="paper.sent").count() == 1


def test_two_who_judge_at_once(lasting_cast):
    cast = lasting_cast
    with every_client():
        document = send(cast.passport, JPEG, by=cast.ada)
    services.check_document(document.pk)

    def judge(number):
        if number % 2:
            return services.accept_document(document, by=cast.mei).state
        return services.return_document(document, by=cast.mei, reasons=["id_unclear"]).state

    said = at_once(6, judge)

    assert sum(isinstance(one, Conflict) for one in said) == 5
    with every_client():
        state = fresh(document).state
        assert [one for one in said if isinstance(one, str)] == [state]
        expected = {"accepted": RequirementState.ACCEPTED, "returned": RequirementState.REDO}[state]
        assert cast.passport.state == expected
        assert CaseEvent.objects.filter(kind__in=["paper.accepted", "paper.returned"]).count() == 1


def test_many_forms_at_once_are_counted_one_by_one(lasting_cast):
    cast = lasting_cast
    requirement = None
    with every_client():
        requirement = cast.passport

    given = at_once(
        24,
        lambda _: services.start_upload(
            requirement, by=cast.ada, filename="a", size=5, content_type="image/jpeg"
        ),
    )

    assert sum(isinstance(one, TooMany) for one in given) == 4
    with every_client():
        assert Upload.objects.count() == 20


def test_two_workers_on_one_file(lasting_cast):
    cast = lasting_cast
    with every_client():
        document = send(cast.passport, JPEG, by=cast.ada)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: (services.check_document(document.pk), connection.close()), range(4)))

    with every_client():
        assert (fresh(document).state, fresh(document).tries) == ("available", 1)
        assert CaseEvent.objects.filter(kind="paper.available").count() == 1
        assert lying("papers", cast.harbour.reference).count(document.copy_key) == 1


# Each line is one place to be killed at: a function of the worker, before it begins or after it ended. The first are
# those that leave a claim, half of the objects, and a written row behind them.
PLACES = [
    ("after", "_claim"),
    ("after", "storage.put"),
    ("after", "_write"),
]
MORE_PLACES = [
    ("before", "_claim"),
    ("after", "storage.fetch_once"),
    ("before", "inspect"),
    ("after", "inspect"),
    ("after", "_keep"),
    ("before", "_write"),
    ("before", "_empty_quarantine"),
    ("after", "storage.drop_from_quarantine"),
]

# Starts once, and gives each place a process of its own; says how that one ended.
WORKERS = """
import os, signal, sys
import django
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what is logged is no answer
django.setup()
from documents.services import checking
def work(when, where, document):
    within, _, name = where.rpartition(".")
    holder = getattr(checking, within) if within else checking
    real = getattr(holder, name)
    def killed(*args, **kwargs):
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(holder, name, killed)
    checking.check_document(int(document))
for line in iter(sys.stdin.readline, ""):
    if (pid := os.fork()) == 0:
        try:
            work(*line.split())
        finally:
            os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), file=answer, flush=True)
"""


@pytest.fixture
def workers():
    """`workers("after", "_claim", pk)` is how a worker ended that was killed there."""
    command = [sys.executable, "-c", WORKERS]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:

        def work(when: str, where: str, document: int) -> int:
            started.stdin.write(f"{when} {where} {document}\n")
            started.stdin.flush()
            return int(started.stdout.readline())

        yield work
        started.stdin.close()


@pytest.mark.parametrize("places", [PLACES, pytest.param(MORE_PLACES, marks=pytest.mark.long)], ids=len)
def test_a_worker_killed_at_any_place_leaves_what_the_next_one_goes_on_from(lasting_cast, workers, places):
    """One version of the passport after another, each with another accident."""
    for when, where in places:
        _is_gone_on_from(lasting_cast, workers, when, where)


def _is_gone_on_from(cast, workers, when, where):
    at = (when, where)
    with every_client():
        before, lay = CaseEvent.objects.count(), set(lying("papers", cast.harbour.reference))
        document = send(cast.passport, JPEG, by=cast.ada)

    assert workers(when, where, document.pk) == -signal.SIGKILL, at
    later = timezone.now() + timedelta(minutes=6)
    services.check_document(document.pk, now=later)
    services.sweep_uploads(now=later + timedelta(minutes=30))

    with every_client():
        document = fresh(document)
        previews = Preview.objects.filter(document=document).count()
        assert (document.state, previews, cast.passport.state) == ("available", 1, "sent"), at
        kinds = list(CaseEvent.objects.order_by("id").values_list("kind", flat=True))[before:]
        assert kinds == ["paper.sent", "paper.available"], at
        opened = services.open_document(document, by=cast.mei)
    assert opened.link and lying("quarantine", cast.harbour.reference) == [], at
    assert storage.stands(
        document.copy_key, version=document.copy_version, size=document.copy_size, etag=document.copy_etag
    ), at
    assert set(lying("papers", cast.harbour.reference)) - lay == {
        document.sealed_key,
        document.copy_key,
        document.thumb_key,
        document.preview_key(1),
    }


# What becomes of a paper after the worker was killed that had written all of its objects, and before a row told so.
ENDS = {
    "superseded": lambda cast, document: send(cast.licence, JPEG, by=cast.ada),
    "withdrawn": lambda cast, document: services.withdraw_document(document, by=cast.ada),
    "refused": lambda cast, document: storage.drop_from_quarantine(document.upload.key),
}


def test_a_worker_killed_over_a_paper_that_comes_to_nothing_leaves_nothing_for_long(lasting_cast, workers):
    cast, scan = lasting_cast, samples.scan_pdf(2)
    later = timezone.now() + timedelta(minutes=6)
    for state, end in ENDS.items():
        with every_client():
            document = send(cast.licence, scan, by=cast.ada, kind="application/pdf")
        assert workers("after", "_keep", document.pk) == -signal.SIGKILL
        with every_client():
            end(cast, document)
        services.check_document(document.pk, now=later)
        with every_client():
            assert (fresh(document).state, len(lying("papers", cast.harbour.reference))) == (state, 5)

        assert services.left_documents() == [], "whoever writes may still be at it"
        assert services.left_documents(now=later) == [document.pk]
        for _twice in range(2):
            services.drop_left(document.pk, now=later)

        assert lying("papers", cast.harbour.reference) == []
        assert services.left_documents(now=later) == []


CHECK = """
import sys, django
django.setup()
from documents import services
services.check_document(int(sys.argv[1]))
"""


def test_a_child_dies_with_its_worker(lasting_cast):
    """Killed while the child works: no process of ours is left to eat the machine."""
    cast = lasting_cast
    with every_client():
        document = send(cast.passport, samples.drawing_bomb_pdf(), by=cast.ada, kind="application/pdf")
    worker = subprocess.Popen(
        [sys.executable, "-c", CHECK, str(document.pk)], cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL
    )
    children = f"/proc/{worker.pid}/task/{worker.pid}/children"
    until = time.monotonic() + 30
    child = ""
    while time.monotonic() < until and not child:
        with open(children) as file:
            child = file.read().strip()
        time.sleep(0.02)
    time.sleep(0.5)  # past its imports, where it asks to die with its parent

    worker.kill()
    worker.wait()

    until = time.monotonic() + 20
    while time.monotonic() < until and _lives(child.split()[0]):
        time.sleep(0.05)
    assert child and not _lives(child.split()[0])


def _lives(pid: str) -> bool:
    try:
        with open(f"/proc/{pid}/status") as status:
            return "(zombie)" not in status.read()
    except FileNotFoundError:
        return False
