"""What wakes up later: ids only, a sight of its own, and no harm in running twice."""

from functools import partial

import structlog
from celery import shared_task
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


@shared_task(name="documents.sweep_uploads")
def sweep_uploads() -> None:
    services.sweep_uploads()
    services.sweep_folders()


def ring(document_id: int) -> None:
    """Wake a worker once the row is there for it to see; a broker that is away delays and loses nothing."""
    transaction.on_commit(partial(_ring, document_id), robust=True)


def _ring(document_id: int) -> None:
    try:
        check_document.delay(document_id)
    except Exception as error:  # noqa: BLE001  each broker has its own; the sweep rings again
        log.warning("bell.broker_away", error=type(error).__name__)
