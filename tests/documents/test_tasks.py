"""Bells and sweeps: each may be lost, doubled or early, and nothing is."""

from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from documents import services, storage, tasks
from documents.models import Document, Upload
from documents.services import checking, sweeping
from icp_portal.celery import app
from tests.documents import samples
from tests.documents.cast import fresh, lying, send

JPEG = samples.small_jpeg()


@pytest.fixture
def at_once():
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def test_a_lost_bell_costs_a_minute(cast, at_once):
    documents = [send(cast.passport, JPEG, by=cast.ada), send(cast.licence, samples.SVG, by=cast.ada)]

    tasks.check_waiting()
    tasks.check_waiting()

    assert [fresh(document).state for document in documents] == ["available", "refused"]


def test_the_bell_rings_after_the_commit(cast, at_once, django_capture_on_commit_callbacks):
    document = send(cast.passport, JPEG, by=cast.ada)

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        tasks.ring(document.pk)
        assert fresh(document).state == "checking"

    assert fresh(document).state == "available"


def test_a_broker_that_is_away_fails_nothing(cast, monkeypatch, django_capture_on_commit_callbacks):
    document = send(cast.passport, JPEG, by=cast.ada)

    def away(*_args):
        raise ConnectionError

    monkeypatch.setattr(tasks.check_document, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.ring(document.pk)

    assert services.waiting_documents() == [document.pk]


def test_a_task_for_what_is_gone_does_nothing(every_client):
    tasks.check_document(10**12)


def test_a_paper_taken_back_while_the_store_goes_away_is_dropped_by_a_later_bell(cast, at_once, monkeypatch):
    document = send(cast.passport, JPEG, by=cast.ada)
    keep = checking._keep

    def away(*_args):
        raise storage.StorageAway("slow")

    def keep_slowly(*args):
        kept = keep(*args)
        services.withdraw_document(document, by=cast.ada)
        broken.setattr(storage, "drop_paper", away)
        return kept

    with monkeypatch.context() as broken:
        broken.setattr(checking, "_keep", keep_slowly)
        services.check_document(document.pk)
        Document.objects.update(writing_at=timezone.now() - timedelta(minutes=6))
        tasks.check_waiting()
        assert len(lying("papers", cast.harbour.reference)) == 4

    tasks.check_waiting()

    assert (fresh(document).state, fresh(document).writing_at) == ("withdrawn", None)
    assert lying("papers", cast.harbour.reference) == []


def test_the_sweep_runs_as_a_task(cast):
    document = send(cast.passport, JPEG, by=cast.ada)
    services.check_document(document.pk)
    long_ago = timezone.now() - timedelta(hours=1)
    Upload.objects.update(expires_at=long_ago)

    tasks.sweep_uploads()
    tasks.sweep_uploads()

    assert fresh(document).upload.swept_at and lying("quarantine", cast.harbour.reference) == []


def test_a_killed_workers_folder_goes_after_an_hour(tmp_path, monkeypatch):
    monkeypatch.setattr(sweeping.tempfile, "gettempdir", lambda: str(tmp_path))
    old, young, other = (tmp_path / name for name in ("icp-paper-old", "icp-paper-young", "else"))
    for folder in (old, young, other):
        folder.mkdir()
        (folder / "file").write_bytes(JPEG)
    for folder in (old, other):
        os.utime(folder, (time.time() - 4000, time.time() - 4000))

    services.sweep_folders()

    assert not old.exists() and young.exists() and other.exists()
