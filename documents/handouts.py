"""What is handed out, as the pages draw it: being made, ready to be fetched, or why not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from cases import printing, words
from cases.facts import is_the_agencys
from cases.models import Case, Requirement
from clients.models import User
from documents.models import Fetched, Handout
from documents.permissions import may_print
from documents.services.printing import missing_for
from trade.forms import form_of

_PROBLEMS: dict[str, Promise] = {
    "no_font": gettext_lazy(
        "No Chinese font is installed where forms are made. Install fonts-noto-cjk or fonts-wqy-microhei there, "
        "then ask again."
    ),
    "no_sign": gettext_lazy(
        "The sign “%(detail)s” stands in no font that is installed where forms are made, so the form would have a "
        "gap. Write that fact without it, or install fonts-noto-cjk there, then ask again."
    ),
    "too_long": gettext_lazy(
        "This fact is too long for a form: %(detail)s. Shorten it to what the paper says, then ask again."
    ),
    "locked": gettext_lazy("No key opens this number any more: %(detail)s. Type it anew, then ask again."),
    "lost": gettext_lazy(
        "A paper in storage is not as it was accepted. Open each paper of the checklist, then ask again."
    ),
    "too_large": gettext_lazy(
        "“%(detail)s” cannot be made as small as the provider wants it and stay readable. Ask for a smaller picture."
    ),
    "nothing": gettext_lazy("None of the accepted papers is a file that the provider takes."),
    "too_heavy": gettext_lazy("Making it needed too much memory or time. Ask again in a minute."),
    "could_not_make": gettext_lazy("It could not be made. Ask again in a minute."),
}


def problem_of(handout: Handout) -> str:
    """Why it was not made, and what to do."""
    detail = words.label_of(handout.detail) if handout.problem in ("too_long", "locked") else handout.detail
    sentence = _PROBLEMS.get(handout.problem, _PROBLEMS["could_not_make"])
    return str(sentence) % {"detail": detail}


def drawn(handout: Handout, *, now: datetime | None = None) -> dict[str, Any]:
    """What `documents/_handout.html` takes; while it is being made, the piece asks for itself again."""
    told = piece(
        handout,
        "documents:handout",
        label=_("Download the papers") if handout.is_pack else _("Download the form"),
        kind="ZIP" if handout.is_pack else "PDF",
        now=now,
    )
    return told | {"problem": problem_of(handout) if handout.problem else "", "mark": handout.facts_mark}


def piece(row: Fetched, view: str, *, label: str, kind: str, now: datetime | None = None) -> dict[str, Any]:
    """The same of anything the worker makes to be fetched; `view` has a state and a content."""
    is_there = row.is_there(now or timezone.now())
    return {
        "id": f"{view.partition(':')[2]}-{row.reference}",
        "is_making": row.is_making,
        "problem": str(_PROBLEMS["could_not_make"]) if row.problem else "",
        "poll": reverse(f"{view}-state", args=[row.reference]) if row.is_making else "",
        "link": reverse(f"{view}-content", args=[row.reference]) if is_there else "",
        "label": label,
        "kind": kind,
        "size": row.size,
        "made_at": row.made_at,
    }


def form_told(paper: Requirement, case: Case, *, by: User) -> dict[str, Any] | None:
    """What a page says of the form to be signed for this paper; None where there is none, or nobody signs any more."""
    form = form_of(paper.kind, case.province)
    if form is None or case.is_ended:
        return None
    missing = missing_for(case, form)
    told: dict[str, Any] = {
        "title": form.title,
        "may": may_print(by, paper),
        "has_seal": bool(form.seal) and not printing.is_individual(case),
        "is_outdated": printing.is_outdated(case, paper),
        "ask": reverse("documents:form", args=[paper.reference]),
        "missing": _by_thing([path for path in missing if not is_the_agencys(path)]),
        "ours": words.named_facts(path for path in missing if is_the_agencys(path)),
        "handout": None,
    }
    last = paper.handouts.filter(facts_mark=printing.mark_of(case, form)).first()
    if told["may"] and last is not None and (last.is_making or last.problem or last.is_there(timezone.now())):
        told["handout"] = drawn(last)
    return told


def _by_thing(paths: list[str]) -> list[str]:
    """A line for each thing that lacks facts: “Head of the organisation: name, mobile”."""
    things: dict[str, list[str]] = {}
    for path in paths:
        thing, _dot, name = path.rpartition(".")
        things.setdefault(thing or "case", []).append(str(words.field_label(thing or "case", name)))
    listed = pgettext("between the words of a list", ", ")
    line = _("%(thing)s: %(fact)s")
    return [
        line % {"thing": words.label_of(thing), "fact": listed.join(names)} for thing, names in things.items()
    ]


def mark_told(paper: Requirement, case: Case) -> dict[str, Any] | None:
    """Which mark the signed form must bear, for whoever looks at it; None where no form is printed."""
    mark = printing.mark_now(case, paper)
    if not mark:
        return None
    printed = list(paper.handouts.filter(made_at__isnull=False).exclude(facts_mark="")[:20])
    older = {one.facts_mark: one.made_at for one in reversed(printed) if one.facts_mark != mark}
    return {
        "mark": mark,
        "was_printed": any(one.facts_mark == mark for one in printed),
        "is_outdated": printing.is_outdated(case, paper),
        "older": [{"mark": one, "made_at": at} for one, at in older.items()],
    }
