"""The agency's own words: written, taken back, added, withdrawn. Each act is a version that nobody rewrites."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from clients.models import Agency, Role, User
from clients.permissions import may_change_settings
from clients.queries import forget_agency
from clients.refusals import Conflict, Invalid, error
from clients.services.traces import record
from notifications import kinds, texts
from notifications.models import Wording
from notifications.recipients import ONLY_HERE, Telling
from notifications.services.planning import Occasion, plan
from notifications.wording import LANGUAGES, TEXTS

Parts = Mapping[str, Mapping[str, str]]  # by language, then by part
LONGEST_NAME = 80
_CODE = re.compile(r"own\.[a-z][a-z0-9_]{0,38}")


@transaction.atomic
def change_text(code: str, parts: Parts, *, by: User, seen: int | None = None) -> Wording | None:
    """Write a message's words anew, in both languages; None where nothing differs.

    `seen` is the version that the writer had before them, 0 for what ships. Raises `Conflict` where somebody else was
    quicker, and `Invalid` with `part_language` and a sentence for each field that cannot be so.
    """
    before = _hold(code, by)
    _refuse_stale(before, seen)
    given = checked(code, parts)
    now_shipped = {} if texts.is_own(code) else texts.shipped_parts(code)
    if before is not None and before.parts == given and before.shipped == now_shipped:
        return None
    if before is None and given == now_shipped:
        return None
    return _publish(Wording(code=code, parts=given, shipped=now_shipped, by=by), "text.changed")


@transaction.atomic
def restore_text(code: str, *, by: User) -> Wording | None:
    """Back to what ships; None where that holds already."""
    before = _hold(code, by)
    if code not in TEXTS or before is None:
        return None
    parts = texts.shipped_parts(code)
    return _publish(Wording(code=code, parts=parts, shipped=parts, is_shipped=True, by=by), "text.restored")


@transaction.atomic
def add_text(code: str, parts: Parts, *, by: User) -> Wording:
    """A text of the agency's own, for rules of reminders; raises `Invalid` beside what cannot be so."""
    _hold(code, by)
    if not _CODE.fullmatch(code):
        sentence = _("Small letters, digits and underscores, a letter first, 39 signs at most.")
        raise Invalid([error("code", sentence)])
    if Wording.objects.filter(code=code).exists():
        raise Invalid([error("code", _("This code stands already."))])
    return _publish(Wording(code=code, parts=checked(code, parts), by=by), "text.added")


@transaction.atomic
def withdraw_text(code: str, *, by: User) -> Wording | None:
    """Nobody can choose it any more; what was promised in its words still goes out in them."""
    before = _hold(code, by)
    if before is None or not texts.is_own(code) or before.is_withdrawn:
        return None
    return _publish(Wording(code=code, parts=before.parts, is_withdrawn=True, by=by), "text.withdrawn")


def _hold(code: str, by: User) -> Wording | None:
    """The words in force, None for those shipped. The agency's row is held: versions come one after another."""
    if not may_change_settings(by):
        raise PermissionDenied
    Agency.objects.select_for_update().get(pk=1)
    newest = Wording.objects.filter(code=code).order_by("-pk").first()
    return None if newest is None or newest.is_shipped else newest


def _refuse_stale(before: Wording | None, seen: int | None) -> None:
    if seen is not None and seen != (before.pk if before else 0):
        sentence = _("Somebody else changed this text meanwhile. Look at the new version and decide again.")
        raise Conflict(sentence, "version")


def checked(code: str, parts: Parts) -> dict[str, dict[str, str]]:
    """Tidied words of the parts that this text has, nothing else; raises `Invalid`."""
    text = texts.text_of(code)
    if text is None:
        raise LookupError("no such text")
    given = {
        language: {part: texts.tidied(parts[language].get(part, "")) for part in text.parts}
        for language in LANGUAGES
    }
    wrong = [
        error(f"{part}_{language}", sentence)
        for (part, language), sentence in texts.problems(text, given).items()
    ]
    if texts.is_own(code):
        for language in LANGUAGES:
            name = texts.tidied(parts[language].get("name", ""))
            given[language]["name"] = name
            if not name or len(name) > LONGEST_NAME or "\n" in name or not texts.is_plain(name):
                wrong.append(error(f"name_{language}", _("A name of one line, 80 signs at most.")))
    if wrong:
        raise Invalid(wrong)
    return given


def _publish(row: Wording, kind: str) -> Wording:
    row.save(force_insert=True)
    Agency.objects.filter(pk=1).update(texts_edition=row.pk)
    forget_agency()
    transaction.on_commit(forget_agency)
    record(kind, by=row.by, text=row.code, version=row.pk)
    return row


# ── When one fails all the same ─────────────────────────────────────────────────────────────────────────────────────


def tell_of_broken(version: int) -> None:
    """Once a version, to each administrator: their words could not be used, and the shipped ones went out."""
    row = Wording.objects.filter(pk=version).first()
    if row is None:
        return
    people = User.objects.filter(
        is_active=True,
        memberships__client__isnull=True,
        memberships__role=Role.ADMINISTRATOR,
        memberships__ended_at__isnull=True,
    )
    told = [
        Telling(person, kinds.TEXT_BROKEN, ONLY_HERE, {"text": row.code})
        for person in people.distinct().order_by("pk")
    ]
    plan(Occasion(f"text:{row.pk}", "text", row.pk), told)
