"""Forms to be signed: asked for by staff or the client's contact, made by the worker from the facts of that moment."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import facts, printing, words
from cases.deadlines import beijing_day
from cases.models import Case, Requirement
from cases.promise import by_its_rules
from clients.models import User
from clients.refusals import Conflict
from clients.sealing import Locked
from documents import workshop
from documents.models import Handout
from documents.permissions import may_print
from trade.fields import FIELDS
from trade.forms import Form, form_of, said

# These take a whole line of a table, and so does whatever is longer than half of one.
WIDE = {"subject.name_zh", "subject.certificate_address", "subject.contact_address"}
HALF_A_LINE = 26  # letters; a hanzi is two
LONGEST = 320  # no fact that was cleaned is longer; with one that were, the form would be no form any more
CHECKED_HEAD = "接入服务单位核验"
BLANK = {"icp_number"}  # left open where nobody knows it: to be written by hand


# ── Asking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
@by_its_rules
def ask_form(requirement: Requirement, *, by: User, now: datetime | None = None) -> Handout:
    """Promise the form as of the present facts; twice asked it is one, until its object is gone or a fact changed."""
    now = now or timezone.now()
    if not may_print(by, requirement):
        raise PermissionDenied
    case = Case.objects.with_facts().locked(requirement.case)
    form = form_of(requirement.kind, case.province)
    if form is None:
        raise Conflict(_("There is no form for this paper."), "no_form")
    if case.is_ended:
        raise Conflict(_("This case has ended; its papers stay as they are."), "ended")
    if missing := missing_for(case, form):
        sentence = _("The form needs facts that nobody has given yet: %(facts)s.")
        named = ", ".join(words.label_of(path) for path in missing)
        raise Conflict(sentence % {"facts": named}, "facts_missing")
    mark = printing.mark_of(case, form)
    last = requirement.handouts.filter(facts_mark=mark, problem="").first()
    if last is not None and (last.is_making or last.is_there(now)):
        return last
    return Handout.objects.create(
        client_id=requirement.client_id,
        case=case,
        requirement=requirement,
        asked_by=by,
        asked_at=now,
        facts_mark=mark,
    )


def missing_for(case: Case, form: Form) -> list[str]:
    """Paths of facts that stand on the form, are asked for, and nobody has given."""
    missing = set(facts.missing(case))
    return [path for path in form.facts if path in missing]


def mark_when_sent(case: Case, requirement: Requirement) -> str:
    """Of which facts a form that has just been sent was made: of the newest we printed, else of the present ones."""
    now = printing.mark_now(case, requirement)
    if not now:
        return ""
    printed = requirement.handouts.filter(made_at__isnull=False).exclude(facts_mark="").first()
    return printed.facts_mark if printed else now


# ── Making ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@by_its_rules
def sheet_for(case: Case, handout: Handout, *, now: datetime) -> dict[str, Any]:
    """What is to be printed: the facts as they are now, their mark on the row (not saved yet)."""
    assert handout.requirement is not None
    form = form_of(handout.requirement.kind, case.province)
    if form is None:
        raise workshop.Unmakeable("could_not_make")
    handout.facts_mark = printing.mark_of(case, form)
    return sheet_of(case, form, mark=handout.facts_mark, at=now)


def sheet_of(case: Case, form: Form, *, mark: str, at: datetime) -> dict[str, Any]:
    """All words of the form, the numbers in clear: nothing of it is kept or logged."""
    clear = {path: _clear(case, path) for path in form.facts} | printing.said_of(case)
    for path, value in clear.items():
        if len(value) > LONGEST:
            raise workshop.Unmakeable("too_long", path)
    on = beijing_day(at)
    return {
        "title": form.title,
        "to": said(form.to, clear) if form.to else "",
        "opening": [said(text, clear) for text in form.opening],
        "points_head": form.points_head or "",
        "points": [said(text, clear) for text in form.points],
        "closing": [said(text, clear) for text in form.closing],
        "parts": [
            {"name": part.name, "rows": [_row(path, clear[path]) for path in part.fields]}
            for part in form.parts
        ],
        "signatures": list(form.signatures),
        "seal": "" if printing.is_individual(case) else form.seal or "",
        "checked_by": form.checked_by or "",
        "checked_head": CHECKED_HEAD,
        "mark": mark,
        "made_on": on.isoformat(),
        "made_words": f"{on.year}年{on.month}月{on.day}日",
        "case": case.reference,
    }


def _clear(case: Case, path: str) -> str:
    if not path.endswith("id_number"):
        return printing.in_chinese(case, path)
    try:
        return printing.number_at(case, path)
    except Locked:
        raise workshop.Unmakeable("locked", path) from None


def _row(path: str, value: str) -> dict[str, Any]:
    shown = value or ("　" if path in BLANK else "")
    return {
        "label": FIELDS[path].label,
        "value": shown,
        "wide": path in WIDE or _width(shown) > HALF_A_LINE,
    }


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
