"""A large file in parts: how it is cut, what of it has come, and one file made of it.

Nothing a browser says about it is believed: the store counts what has come (P17).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from clients.refusals import Conflict
from documents import storage
from documents.models import Upload

# The least that S3 takes of any part but the last.
PART_BYTES = 5 * 1024 * 1024
# Begun on Friday evening, finished on Monday morning.
PARTS_LIFE = timedelta(hours=72)
# A part whose answer was lost is sent again, and a store may keep both until they are joined; this is no such mishap.
MOST_TIMES = 3


class WrongWhole(Conflict):
    """More has come than was announced; it ends here, and nothing of it is kept."""

    def __init__(self) -> None:
        words = _("More has arrived than was announced, so nothing of it was kept. Choose the file again.")
        super().__init__(words, "too_much")


def sizes_of(size: int) -> list[int]:
    """How long each part is, the first one first."""
    whole, rest = divmod(size, PART_BYTES)
    return [PART_BYTES] * whole + ([rest] if rest else [])


def whole_of(upload: Upload) -> dict[int, storage.Arrived]:
    """The parts that have come as they should, by number; raises `WrongWhole`, and `Missing` where it is joined."""
    listed = storage.arrived_parts(upload.key, upload.parts_id)
    if is_too_much(upload, listed):
        raise WrongWhole
    return {one.number: one for one in listed if one.size == sizes_of(upload.size)[one.number - 1]}


def is_too_much(upload: Upload, listed: Iterable[storage.Arrived]) -> bool:
    """Whether there is a part that was never asked for, one that is too long, or more than mishaps explain."""
    sizes, come = sizes_of(upload.size), list(listed)
    if sum(one.size for one in come) > MOST_TIMES * upload.size:
        return True
    return any(one.number > len(sizes) or one.size > sizes[one.number - 1] for one in come)


def join(upload: Upload) -> None:
    """One file of its parts, under the key that the worker reads. Its row is held, so nobody cancels meanwhile."""
    try:
        come = whole_of(upload)
        missing = [str(number) for number in range(1, len(sizes_of(upload.size)) + 1) if number not in come]
        if missing:
            words = _("Not all of the file has arrived yet. Missing: part %(parts)s. Go on sending.")
            raise Conflict(words % {"parts": ", ".join(missing)}, "parts_missing")
        storage.join_parts(upload.key, upload.parts_id, [come[number] for number in sorted(come)])
    except storage.Missing:
        return  # joined by a call whose transaction did not come to its end; the worker sees what lies there


@transaction.atomic
def put_an_end_to(upload: Upload, *, now: datetime) -> None:
    """Nothing comes of it any more. What lies in storage goes by `drop_cancelled`, and by the sweep for certain."""
    mine = Upload.objects.filter(pk=upload.pk, completed_at=None)
    mine.exclude(parts_id="").update(cancelled_at=now, expires_at=now)
    # A form can be posted until it ends, whatever we say; until then it counts.
    mine.filter(parts_id="").update(cancelled_at=now)
