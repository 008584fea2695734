"""Answers that are saved as they are typed: each stands by itself, whatever else of its case was changed meanwhile.

An answer is refused only where that very answer was changed elsewhere since its page was drawn. What the page itself
changed since then is known by the page's name, which lies in the cache for a day with the sign that it left; where the
cache is away, a page whose last answer got lost hears of a change that was its own, and keeps its text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from cases import drawn, facts, words
from cases.drawn import Page
from cases.models import Case
from clients.keeping import keep, recall
from clients.models import User
from clients.refusals import Conflict

if TYPE_CHECKING:
    from cases.services.changing import Change

LASTS = 86_400  # seconds for which a page is known again


def still_to_do(case: Case, answers: Iterable[Change], *, page: Page, by: User) -> list[Change]:
    """The answers but for those that a later one of the same page overtook; the case must be locked.

    Raises `Conflict` where one was changed elsewhere: `clashes` tells of each path what stands there, in words, and
    `untouched` the same of those that the page sends as they were drawn.
    """
    sent = _sent_by(case, page, by)
    left = [one for one in answers if one.path not in sent or sent[one.path][0] <= page.turn]
    clashes: dict[str, str] = {}
    untouched: dict[str, str] = {}
    for one in left:
        if one.path not in page.signs:
            continue
        stands = facts.holder_of(case, one.thing)
        now = drawn.sign_of(case, one.path, drawn.standing(stands, one.name))
        wanted = drawn.sign_of(case, one.path, drawn.told(one.name, one.value))
        known = {page.signs[one.path], sent.get(one.path, (0, ""))[1], wanted}
        if now in known:
            continue
        value = facts.value_of(stands, one.name) if stands is not None else None
        told = untouched if wanted == page.signs[one.path] else clashes
        told[one.path] = words.value_words(one.path, value) or "—"
    if clashes or untouched:
        refusal = _("Somebody else changed this case meanwhile. Look at the new version and decide again.")
        raise Conflict(refusal, "answers", clashes=clashes, untouched=untouched)
    return left


def remember(case: Case, answers: Iterable[Change], *, page: Page, by: User) -> None:
    """What this page leaves behind; before the case's lock goes."""
    if not page.name:
        return
    left = {
        one.path: [page.turn, drawn.sign_of(case, one.path, drawn.told(one.name, one.value))]
        for one in answers
    }
    keep(_key(case, page, by), _sent_by(case, page, by) | left, LASTS)


def _sent_by(case: Case, page: Page, by: User) -> dict[str, list]:
    """Of each answer the count of the page's last sending and the sign it left."""
    return (recall(_key(case, page, by)) if page.name else None) or {}


def _key(case: Case, page: Page, by: User) -> str:
    return f"typed:{case.reference}:{by.pk}:{page.name}"
