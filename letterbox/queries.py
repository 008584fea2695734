"""Which letters wait for somebody of the agency."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from letterbox.models import Letter, LetterFile, State


def waiting_letters() -> QuerySet[Letter]:
    """To be sorted, or filed with files of which nobody has said yet what they are; those in sight."""
    files = LetterFile.objects.filter(letter=OuterRef("pk"), is_settled=False)
    return Letter.objects.filter(Q(state=State.UNSORTED) | Q(Exists(files), state=State.FILED))
