"""How long a case usually stays at a stop: by the agency's own history, or what was shipped until there is enough."""

from __future__ import annotations

from cases.models import UsualStay
from clients.keeping import forget, keep, recall
from trade.clocks import USUAL, Usual

ENOUGH = 20  # stays at a stop, below which its history says nothing
_KEY, _KEPT = "usual-stays", 3600


def usual_stays() -> dict[str, tuple[int, int]]:
    """By stage: the usual working days, and after how many without a move a case has gone quiet.

    From the cache, so that Today asks the database no more for it.
    """
    learned = recall(_KEY)
    if learned is None:
        whole = UsualStay.objects.filter(reached="", provider="", province="")
        learned = {stay.stage: (stay.usual, stay.quiet_after) for stay in whole}
        keep(_KEY, learned, _KEPT)
    return {
        stage: learned.get(stage, (_in_working_days(row) or row.quiet_after, row.quiet_after))
        for stage, row in USUAL.items()
        if row.quiet_after is not None
    }


def _in_working_days(row: Usual) -> int:
    """What was shipped; of a span of calendar days the five of each seven."""
    return round((row.n or 0) * 5 / 7) if row.unit == "calendar" else row.n or 0


def forget_usual() -> None:
    """Call after learning anew; where the cache is away, what it holds ends within the hour."""
    forget(_KEY)
