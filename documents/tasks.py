"""What wakes up later: ids only, a sight of its own, and no harm in running twice."""

from functools import partial

import structlog
from celery import Task, shared_task
from django.db import transaction

from documents import services

log = structlog.get_logger()


@shared_task(name="documents.check_document")
def check_document(document_id: int) -> None:
    services.check_document(document_id)


@shared_task(name="documents.check_waiting")
def check_waiting() -> None:
    """Ring again for every file that waits: a lost bell costs a minute."""
    for document_id in services.waiting_documents():
        check_document.delay(document_id)
    for document_id in services.withdrawn_documents():
        destroy_withdrawn.delay(document_id)


@shared_task(name="documents.destroy_withdrawn")
def destroy_withdrawn(document_id: int) -> None:
    services.destroy_withdrawn(document_id)


@shared_task(name="documents.sweep_uploads")
def sweep_uploads() -> None:
    services.sweep_uploads()
    services.sweep_folders()


@shared_task(name="documents.make_handout")
def make_handout(handout_id: int) -> None:
    services.make_handout(handout_id)


@shared_task(name="documents.make_export")
def make_export(export_id: int) -> None:
    services.make_export(export_id)


@shared_task(name="documents.make_waiting")
def make_waiting() -> None:
    for handout_id in services.waiting_handouts():
        make_handout.delay(handout_id)
    for export_id in services.waiting_exports():
        make_export.delay(export_id)


@shared_task(name="documents.sweep_handouts")
def sweep_handouts() -> None:
    services.sweep_handouts()


def ring(document_id: int) -> None:
    """Wake a worker once the row is there for it to see; a broker that is away delays and loses nothing."""
    transaction.on_commit(partial(_ring, check_document, document_id), robust=True)


def ring_for(handout_id: int) -> None:
    """The same for something to be made."""
    transaction.on_commit(partial(_ring, make_handout, handout_id), robust=True)


def ring_for_export(export_id: int) -> None:
    """The same for a table."""
    transaction.on_commit(partial(_ring, make_export, export_id), robust=True)


def ring_for_destroying(document_id: int) -> None:
    """What was taken back goes at once; the sweep comes again for whatever is left."""
    transaction.on_commit(partial(_ring, destroy_withdrawn, document_id), robust=True)


def _ring(task: Task, pk: int) -> None:
    try:
        task.delay(pk)
    except Exception as error:  # noqa: BLE001  each broker has its own; the sweep rings again
        log.warning("bell.broker_away", error=type(error).__name__)
