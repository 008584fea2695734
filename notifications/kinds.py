"""What can be told: whether a person may switch it off, whether it keeps to quiet hours, how long it makes sense."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Kind:
    """A kind of message; what somebody waits for, must do, or was granted is essential."""

    is_essential: bool = True
    is_quiet: bool = False
    lasts: timedelta | None = None


PHONE_CODE = "phone.code"
CLOCK, NUDGE, NUDGED_IN_VAIN = "clock", "nudge", "nudge.in_vain"
SMS_CLOCK = "sms.clock"
NOTE = "note.to_client"
AFTERCARE = "aftercare"
UNDELIVERED, UNTOLD, COMPLAINED = "undelivered", "untold", "complained"
PAPERS_DUE = "papers.due"
OWN_TEXT = "text.own"  # in the agency's own words; `data["text"]` says which
TEXT_BROKEN = "text.broken"
ERASURE_ASKED, ERASURE_NOTED, ERASURE_REFUSED = "erasure.asked", "erasure.noted", "erasure.refused"
ERASED = "erasure.done"  # the receipt: the last message that this address gets
ERASED_THERE = "erasure.done.desk"  # to those who answer for the filings of whoever was erased
OUTAGE, ROOM_TEST = "channel.outage", "room.test"

REMINDER = Kind(is_essential=False, is_quiet=True)
COURTESY = Kind(is_essential=False)
KINDS: dict[str, Kind] = {
    # A code that comes half an hour late opens nothing; whoever waits asks for a new one.
    PHONE_CODE: Kind(lasts=timedelta(minutes=15)),
    CLOCK: REMINDER,
    NUDGE: REMINDER,
    NUDGED_IN_VAIN: REMINDER,
    OWN_TEXT: REMINDER,
    AFTERCARE: REMINDER,
    PAPERS_DUE: Kind(is_quiet=True),
    "moved.submit": COURTESY,
    "moved.hold": COURTESY,
    "moved.resume": COURTESY,
    "paper.available": COURTESY,
    "paper.withdrawn": COURTESY,
    "site.mended": COURTESY,
    "site.back": COURTESY,
}


def kind_of(name: str) -> Kind:
    """The rules of this kind; what is not listed is essential and goes out at any hour."""
    return KINDS.get(name, Kind())
