"""What a move must be told: its fields, its note, its reasons; cleaned before the case is touched."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from cases import facts
from cases.deadlines import beijing_day
from cases.models import Case, Requirement
from trade import kinds, numbers, photos
from trade.reasons import REASONS

WANTED: dict[str, tuple[str, ...]] = {
    "finish_photo": ("photo_way", "done_on"),
    "grant_licence": ("icp_number", "licensed_on"),
    "file_psb": ("psb_number", "filed_on"),
    "grant_commercial_licence": ("licence_number", "granted_on"),
    "hold": ("until",),
}
RESULTS = tuple(name for move, names in WANTED.items() if move != "hold" for name in names)
NOTED = {"withdraw", "cancel", "hold", "correct", "step_back"}
REASONED = {"return_for_changes", "reject"}
LONGEST_NOTE = 2000


def clean_data(case: Case, move: str, data: Any, *, now: datetime) -> dict[str, Any]:
    """The fields of this move by name; raises `facts.Invalid` naming each that is missing, unknown or not right."""
    if data in (None, ""):
        data = {}
    if not isinstance(data, dict):
        raise facts.Invalid([facts.error("data", _("This must be an object."))])
    wanted = tuple(name for name in case.recorded_results) if move == "correct" else WANTED.get(move, ())
    errors = [
        facts.error(f"data.{name}", _("This move does not take this field."), "extra_forbidden")
        for name in data
        if name not in wanted
    ]
    cleaned: dict[str, Any] = {}
    for name in wanted:
        if move == "correct" and name not in data:
            continue
        try:
            value = _CLEANERS[name](case, data.get(name), now)
            if value in ("", None):
                raise ValueError(_("This is needed."))
            cleaned[name] = value
        except ValueError as refused:
            errors.append(facts.error(f"data.{name}", refused))
    if move == "correct" and not data and not errors:
        errors.append(facts.error("data", _("Say which result is to be corrected.")))
    if errors:
        raise facts.Invalid(errors)
    return cleaned


def clean_note(move: str, note: Any) -> str:
    """The note; moves that take something back need one."""
    return words_of(note, at="note", needed=move in NOTED)


def words_of(note: Any, *, at: str = "text", needed: bool = True) -> str:
    """What somebody wrote to explain it; raises `Invalid` at this field where it cannot be kept, or is not there."""
    try:
        text = facts.tidy(note, LONGEST_NOTE, many_lines=True)
    except ValueError as refused:
        raise facts.Invalid([facts.error(at, refused)]) from None
    if needed and not text:
        raise facts.Invalid([facts.error(at, _("Write in a sentence why."), "missing")])
    return text


def clean_reasons(case: Case, move: str, reasons: Any) -> list[dict[str, Any]]:
    """`[{"code", "requirements": [Requirement …], "note"}]` of a return or rejection; at least one."""
    if move not in REASONED:
        if reasons:
            raise facts.Invalid([facts.error("reasons", _("This move takes no reasons."))])
        return []
    return some_reasons(case, reasons)


def some_reasons(case: Case, reasons: Any) -> list[dict[str, Any]]:
    """At least one reason of the catalogue, each with its papers and its word."""
    if not isinstance(reasons, list) or not reasons or len(reasons) > 40:
        raise facts.Invalid(
            [facts.error("reasons", _("Give at least one reason of the catalogue."), "missing")]
        )
    asked = {one.reference: one for one in case.requirements.all()}
    cleaned, errors = [], []
    for place, reason in enumerate(reasons):
        try:
            cleaned.append(_clean_reason(reason, f"reasons.{place}", asked))
        except facts.Invalid as refused:
            errors += refused.errors
    if errors:
        raise facts.Invalid(errors)
    return cleaned


def _clean_reason(reason: Any, path: str, asked: dict[str, Requirement]) -> dict[str, Any]:
    if not isinstance(reason, dict) or set(reason) - {"code", "requirements", "note"}:
        raise facts.Invalid([facts.error(path, _("A reason has a code, requirements and a note."))])
    code = reason.get("code")
    if not isinstance(code, str) or code not in REASONS:
        raise facts.Invalid([facts.error(f"{path}.code", _("This reason is not in the catalogue."))])
    ids = reason.get("requirements") or []
    if not isinstance(ids, list) or any(not isinstance(one, str) or one not in asked for one in ids):
        raise facts.Invalid([facts.error(f"{path}.requirements", _("This is no requirement of the case."))])
    if any(not REASONS[code].may_open(asked[one].kind) for one in ids):
        raise facts.Invalid([facts.error(f"{path}.requirements", _("This reason is not about that paper."))])
    try:
        note = facts.tidy(reason.get("note"), LONGEST_NOTE, many_lines=True)
    except ValueError as refused:
        raise facts.Invalid([facts.error(f"{path}.note", refused)]) from None
    return {"code": code, "requirements": [asked[one] for one in ids], "note": note}


def past_day(case: Case | None, value: Any, now: datetime) -> date | None:
    found = facts.day(value, earliest=facts.FIRST_RECKONED)
    if found and found > beijing_day(now):
        raise ValueError(_("This day has not come yet in Beijing."))
    return found


def coming_day(case: Case | None, value: Any, now: datetime) -> date | None:
    found = facts.day(value)
    if found and found < beijing_day(now):
        raise ValueError(_("This day is over. Give a day to look again."))
    return found


def _photo_way(case: Case, value: Any, now: datetime) -> str:
    if value not in kinds.PHOTO_WAYS:
        raise ValueError(_("Choose one of these: %(choices)s.") % {"choices": ", ".join(kinds.PHOTO_WAYS)})
    open_ways = photos.open_ways(case.provider, case.province)
    if value not in open_ways:
        named = ", ".join(str(kinds.PHOTO_WAYS[way].name) for way in open_ways)
        raise ValueError(
            _("This provider and province do not take this way of the photo. Open are: %(ways)s.")
            % {"ways": named}
        )
    return value


def _checked(kind: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(_("This is needed."))
    found = numbers.check(kind, value)
    if not found.valid:
        raise ValueError(str(found.reason))
    return found.normalised or ""


def _icp_number(case: Case, value: Any, now: datetime) -> str:
    number = _checked("icp", value)
    if case.province and not numbers.is_icp_of(number, case.province):
        raise ValueError(_("This number belongs to another province than the case."))
    return number


def _psb_number(case: Case, value: Any, now: datetime) -> str:
    number = _checked("psb", value)
    if case.province and not numbers.is_psb_of(number, case.province):
        raise ValueError(_("This number belongs to another province than the case."))
    return number


def _licence_number(case: Case, value: Any, now: datetime) -> str:
    return _checked("commercial_licence", value)


_CLEANERS = {
    "photo_way": _photo_way,
    "done_on": past_day,
    "icp_number": _icp_number,
    "licensed_on": past_day,
    "psb_number": _psb_number,
    "filed_on": past_day,
    "licence_number": _licence_number,
    "granted_on": past_day,
    "until": coming_day,
}
