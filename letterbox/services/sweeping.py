"""What nobody wants any more is destroyed: dropped files at once, letters after ninety days."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from clients.sight import every_client
from documents.services import drop_lying
from letterbox.models import Letter, LetterFile

KEPT = timedelta(days=90)
BATCH = 200


def sweep(*, now: datetime | None = None) -> int:
    """How many files were destroyed; a store that is away keeps the rest for the next time."""
    old = (now or timezone.now()) - KEPT
    with every_client():
        due = LetterFile.objects.filter(Q(is_settled=True) | Q(letter__at__lt=old), dropped_at__isnull=True)
        files = list(due.order_by("id").values_list("pk", "key")[:BATCH])
    done = drop_lying(files)
    with every_client():
        LetterFile.objects.filter(pk__in=done).update(dropped_at=timezone.now(), is_settled=True)
        lying = LetterFile.objects.filter(dropped_at__isnull=True).values("letter_id")
        Letter.objects.filter(at__lt=old).exclude(pk__in=lying).delete()
    return len(done)
