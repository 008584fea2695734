"""What wakes up later: ids only, a sight of its own, and no harm in running twice."""

from celery import shared_task
from django.conf import settings

from cases.tasks import go_on_incoming
from clients.bells import ring as ring_now
from clients.bells import ring_when_committed
from clients.models import User
from documents import services
from documents.models import Document, Upload


@shared_task(name="documents.check_document")
def check_document(document_id: int) -> None:
    services.check_document(document_id)
    ring_for_reading()


@shared_task(name="documents.check_waiting")
def check_waiting() -> None:
    """Ring again for every file that waits: a lost bell costs a minute."""
    for document_id in services.waiting_documents():
        check_document.delay(document_id)
    for document_id in services.withdrawn_documents():
        destroy_withdrawn.delay(document_id)
    for document_id in services.left_documents():
        drop_left.delay(document_id)
    ring_for_reading()


@shared_task(name="documents.read_paper")
def read_paper() -> None:
    """One paper and then the next, each in a task of its own: a check that somebody waits for comes between."""
    if services.read_next():
        ring_for_reading()


@shared_task(name="documents.destroy_withdrawn")
def destroy_withdrawn(document_id: int) -> None:
    services.destroy_withdrawn(document_id)


@shared_task(name="documents.drop_left")
def drop_left(document_id: int) -> None:
    services.drop_left(document_id)


@shared_task(name="documents.drop_cancelled")
def drop_cancelled(upload_id: int) -> None:
    services.drop_cancelled(upload_id)


@shared_task(name="documents.sweep_uploads")
def sweep_uploads() -> None:
    services.sweep_uploads()
    services.sweep_parts()
    services.sweep_folders()
    services.sweep_incoming()


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
    for incoming_id in services.waiting_incoming():
        read_incoming.delay(incoming_id)


@shared_task(name="documents.read_incoming")
def read_incoming(incoming_id: int) -> None:
    """A spreadsheet's file, and then its rows."""
    if services.read_incoming(incoming_id):
        ring_now(go_on_incoming, incoming_id)


@shared_task(name="documents.sweep_handouts")
def sweep_handouts() -> None:
    services.sweep_handouts()


def ring_for_incoming(incoming_id: int) -> None:
    """For a spreadsheet that has come."""
    ring_when_committed(read_incoming, incoming_id)


def finish_upload(upload: Upload, *, by: User) -> Document:
    """The file has been sent: it is checked next; what came of one that is too much is dropped."""
    try:
        document = services.finish_upload(upload, by=by)
    except services.WrongWhole:
        ring_for_cancelled(upload.pk)
        raise
    ring(document.pk)
    return document


def ring(document_id: int) -> None:
    """For a file that has come."""
    ring_when_committed(check_document, document_id)


def ring_for_reading() -> None:
    """For whatever waits to be read."""
    if settings.READING:
        ring_now(read_paper)


def ring_for(handout_id: int) -> None:
    """For something to be made."""
    ring_when_committed(make_handout, handout_id)


def ring_for_export(export_id: int) -> None:
    """For a table."""
    ring_when_committed(make_export, export_id)


def ring_for_destroying(document_id: int) -> None:
    """What was taken back goes at once; the sweep comes again for whatever is left."""
    ring_when_committed(destroy_withdrawn, document_id)


def ring_for_cancelled(upload_id: int) -> None:
    """Its links die now; the sweep comes again for whatever is left."""
    ring_when_committed(drop_cancelled, upload_id)
