"""What other systems can be told of, by the names they know it under; each carries references and codes, no words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.models import CaseEvent

TEST = "hook.tested"  # sent by hand, chosen by nobody
DEADLINE = "deadline.missed"
MESSAGE = "message.bounced"


@dataclass(frozen=True)
class Kind:
    """How it is called in the settings, and which entries of an event's data go along: references and codes only."""

    label: str | Promise
    told: tuple[str, ...] = ()


_PAPER = ("document", "requirement")
KINDS: dict[str, Kind] = {
    "case.opened": Kind(_("A filing was opened")),
    "case.moved": Kind(_("A filing moved to another stage")),
    "paper.sent": Kind(_("A paper was sent"), _PAPER),
    "paper.available": Kind(_("A paper was checked and can be looked at"), _PAPER),
    "paper.refused": Kind(_("A file could not be taken"), _PAPER),
    "paper.accepted": Kind(_("A paper was accepted"), _PAPER),
    "paper.returned": Kind(_("A paper was returned"), _PAPER),
    "paper.withdrawn": Kind(_("A paper was taken back by its sender"), _PAPER),
    "task.reported": Kind(_("The client reports a task done"), ("requirement",)),
    "result.reported": Kind(_("The client passed on a message about the result")),
    "note.written": Kind(_("A note was written")),
    "call.missed": Kind(_("A call was missed")),
    "psb.returned": Kind(_("The police returned a filing")),
    "site.amiss": Kind(_("The live site shows something wrong"), ("site",)),
    "site.mended": Kind(_("The live site is right again")),
    "site.away": Kind(_("The live site could not be looked at"), ("site_why",)),
    "site.back": Kind(_("The live site answers again")),
    DEADLINE: Kind(_("A clock ran out")),
    MESSAGE: Kind(_("A message could not be delivered")),
}


def data_of(event: CaseEvent) -> dict[str, Any]:
    """What is told of an event of a case."""
    told = {"case": event.case.reference, "event": event.reference}
    if event.kind == "case.moved":
        told |= {"move": event.move, "from": event.from_stage, "to": event.to_stage}
    picked = {name: event.data[name] for name in KINDS[event.kind].told if name in event.data}
    return told | picked
