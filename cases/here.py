"""Who of the agency has a case open just now. It lies in the cache alone: nobody's history, and lost without harm."""

from __future__ import annotations

from django.utils import timezone

from cases.models import Case
from clients.keeping import keep, recall
from clients.models import User

STAYS = 60  # seconds after the last word of an open page, which comes every `cases/_here.html` says


def others_here(case: Case, user: User) -> list[str]:
    """Notes that this person has it open, and names the others, who came first first.

    Two words at the same moment may lose one of them; the next word, seconds later, mends that.
    """
    now = timezone.now().timestamp()
    key = f"here:{case.pk}"
    known: dict[int, tuple[str, float]] = recall(key) or {}
    here = {pk: said for pk, said in known.items() if now - said[1] < STAYS}
    here[user.pk] = (str(user), now)
    keep(key, here, STAYS)
    return [name for pk, (name, _at) in here.items() if pk != user.pk]
