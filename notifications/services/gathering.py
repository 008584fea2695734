"""A person's reminders that fall due together go out as one message, by mail and by WeChat, and so does a note that was
written to many filings at once. Each is a row of its own still, and ends as the message. In the portal each is a line
of its own: it leads to its filing, and rings at nobody.

Claimed together, under a lock of the person's own: two workers at once would make two messages of them. What cannot be
written, or has been overtaken meanwhile, drops out by itself and takes nobody along.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F
from django.utils.translation import gettext as _

from notifications import kinds
from notifications.letters import Letter, Task, address
from notifications.models import Channel, Notification, State

LOCK = 7_364_122  # the namespace of people among the database's advisory locks
MOST = 100  # in one message; the next one has the rest
WAYS = (Channel.MAIL, Channel.WECHAT)
T = TypeVar("T")
# What rules of reminders tell; the weekly digest is a list already.
REMINDERS = (kinds.CLOCK, kinds.NUDGE, kinds.NUDGED_IN_VAIN, kinds.OWN_TEXT)


def claim(pk: int, now: datetime) -> Notification | None:
    """Own the sending of this row and of what goes along, in the caller's transaction; None where others are at it."""
    asked = Notification.objects.filter(pk=pk).values_list("recipient_id", "channel", "kind", "data").first()
    if asked is None:
        return None
    person, channel, kind, data = asked
    goes_along = kind in REMINDERS or _is_of_many(kind, data)
    gathers = goes_along and person is not None and channel in WAYS
    if gathers and not _alone_with(person):
        return None
    first = Notification.objects.claim(pk, now)
    if first is None:
        return None
    if gathers and not first.unknowns:
        first.along = _others(first, now)
    return first


def _is_of_many(kind: str, data: dict) -> bool:
    """A note that was written to many filings at once."""
    return kind == kinds.NOTE and "run" in data


def _alone_with(person: int) -> bool:
    """Not waited for: whoever holds a row of theirs must let go, that the other one can take it along."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, person])
        return cursor.fetchone()[0]


def _others(first: Notification, now: datetime) -> list[Notification]:
    waiting = Notification.objects.filter(
        recipient=first.recipient_id, channel=first.channel, state=State.PLANNED
    )
    if first.kind in REMINDERS:
        waiting = waiting.filter(kind__in=REMINDERS, next_try_at__lte=now)
    else:  # all of it are one letter, the last as well, whose minute has not passed
        waiting = waiting.filter(kind=first.kind, data__run=first.data["run"])
    held = waiting.order_by("next_try_at", "id").select_for_update(of=("self",))[:MOST]
    pks = [one.pk for one in held.only("pk")]
    if not pks:
        return []
    rows = Notification.objects.filter(pk__in=pks)
    rows.update(state=State.CLAIMED, claimed_at=now, tries=F("tries") + 1, handed_at=None)
    return list(rows.select_related("recipient", "case", "client").order_by("next_try_at", "id"))


def let_go(first: Notification) -> None:
    """What was taken along is anybody's again, as if nobody had looked at it."""
    for one in first.along:
        mine = Notification.objects.filter(pk=one.pk, state=State.CLAIMED, claimed_at=one.claimed_at)
        mine.update(state=State.PLANNED, claimed_at=None, handed_at=None, tries=F("tries") - 1)
    first.along = []


def gather(
    first: Notification,
    write: Callable[[Notification], T],
    drop: Callable[[Notification, Exception], None],
) -> list[T]:
    """What each says that goes along; what cannot be written is dropped, with why, and goes along no more."""
    written, kept = [], []
    for one in first.along:
        try:
            written.append(write(one))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001  a row that cannot be written hurts itself only
            drop(one, error)
        else:
            kept.append(one)
    first.along = kept
    return written


def letter_of(
    first: Notification,
    letter: Letter,
    write: Callable[[Notification], Letter],
    drop: Callable[[Notification, Exception], None],
) -> Letter:
    """The letter of all that goes along."""
    letters = gather(first, write, drop)
    return _list_of([letter, *letters], [first, *first.along]) if letters else letter


def short_of(rows: list[Notification]) -> str:
    """All of them in twenty signs that name no filing, for where others read along."""
    told = {"things": len(rows), "filings": len({one.case_id for one in rows})}
    is_note = rows[0].kind == kinds.NOTE
    return (_("Note: %(filings)d filings") if is_note else _("%(things)d reminders")) % told


def _list_of(letters: list[Letter], rows: list[Notification]) -> Letter:
    """One letter that lists several, the oldest first."""
    told = {"things": len(letters), "filings": len({one.case_id for one in rows})}
    case = rows[0].case
    if rows[0].kind == kinds.NOTE:
        return _note_of(letters, rows)
    if told["filings"] == 1 and case is not None:
        subject = _("%(site)s: %(things)d reminders") % {**told, "site": case.domain_name or case.reference}
    else:
        subject = _("%(things)d reminders about %(filings)d filings") % told
    return Letter(
        subject,
        _("These things wait."),
        tasks=[
            Task(one.subject, " ".join(one.lines), "", note=one.your_move, link=one.link) for one in letters
        ],
        label=_("Open the portal"),
        link=address("/"),
        why=_("You get this because you take part in these filings."),
    )


def _note_of(letters: list[Letter], rows: list[Notification]) -> Letter:
    """What was written alike to several filings, once, with what each adds to it."""
    first = letters[0]
    sites = [(one.case.domain_name or one.case.reference) if one.case else "" for one in rows]
    return Letter(
        _("A note from your agency about %(filings)d filings") % {"filings": len(rows)},
        first.heading,
        tasks=[
            Task(site, " ".join(one.lines), "", link=one.link)
            for site, one in zip(sites, letters, strict=True)
        ],
        note=first.note,
        label=_("Open the portal"),
        link=address("/"),
        why=_("You get this because you take part in these filings."),
    )
