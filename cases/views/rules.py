"""Settings: the rules of the trade, table by table; what a change would touch; and the history of each row."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import facts, words
from cases.foretelling import tellings
from cases.forms import TrialForm
from cases.queries import cases_for
from cases.touched import touched
from clients.context import agency_of
from clients.entrance import fresh_sign_in
from clients.refusals import Conflict, Invalid
from clients.views.doors import agency_only
from rulebook import services
from rulebook.forms import RuleForm
from rulebook.models import Rule
from rulebook.permissions import may_change_rules
from rulebook.queries import typed
from rulebook.words import GROUPS, code_name, column_name, kind_name, title_of, value_words
from trade import book, days, sources
from trade.amounts import amount
from trade.book import CHAPTERS, FOREVER, DataError

SHOWN = 50


def is_stale(checked_on: date) -> bool:
    """Nobody has looked at its source for a year, or as long as the rules say."""
    return checked_on < days.today() - timedelta(days=amount("unchecked_days"))


@agency_only
@require_safe
def tables(request: HttpRequest) -> HttpResponse:
    """All tables, by what they are about."""
    counted: dict[str, dict[str, int]] = {
        kind: dict.fromkeys(("rows", "stale", "edited"), 0) for kind in CHAPTERS
    }
    for rule in _standing():
        if rule.kind in counted:
            told = counted[rule.kind]
            told["rows"] += 1
            told["stale"] += is_stale(rule.checked_on)
            told["edited"] += rule.origin == "agency"
    groups = [
        {
            "title": title,
            "rows": [{"kind": kind, "name": kind_name(kind), **counted[kind]} for kind in kinds],
        }
        for title, kinds in GROUPS
    ]
    return render(request, "settings/rules/tables.html", {"groups": groups})


@agency_only
@require_safe
def table(request: HttpRequest, kind: str) -> HttpResponse:
    """The rows of one table: where each is from, how long it holds, when somebody looked last."""
    chapter = _chapter(kind)
    places = {line.row.code: n for n, line in reversed(list(enumerate(book.SHIPPED.lines[kind])))}
    standing = sorted(_standing(kind=kind), key=lambda rule: (places.get(rule.code, len(places)), rule.term))
    told = {
        "kind": kind,
        "name": kind_name(kind),
        "rows": [_row(rule) for rule in standing],
        "may_add": chapter.grows and may_change_rules(request.user),
    }
    return render(request, "settings/rules/table.html", told)


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def addition(request: HttpRequest, kind: str) -> HttpResponse:
    """A code of the agency's own, where the table may grow."""
    if not _chapter(kind).grows:
        raise Http404
    if not may_change_rules(request.user):
        raise PermissionDenied
    today = days.today()
    form = RuleForm(kind, request.POST or None, adds=True, say=say)
    form.initial = {"valid_from": today, "checked_on": today}
    trial = _trial(request, kind, form, "", "")
    if request.method == "POST" and "try" not in request.POST and form.is_valid():
        try:
            code = form.cleaned_data["code"]
            services.add_rule(kind, code, form.given(), by=request.user, note=form.cleaned_data["note"])
        except Invalid as refused:
            form.show(refused)
        else:
            messages.success(request, _("Added. New cases know it from now on."))
            return redirect("rules:table", kind)
    told = {"kind": kind, "name": kind_name(kind), "form": form, "trial": trial}
    return render(request, "settings/rules/addition.html", told, status=422 if form.errors else 200)


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def row(request: HttpRequest, kind: str, code: str, term: str) -> HttpResponse:
    """One row: its form, the open cases that a change would touch, and its history."""
    _chapter(kind)
    rule = _rule(kind, code, term)
    may = may_change_rules(request.user)
    if request.method == "POST" and not may:
        raise PermissionDenied
    now = _typed(rule)
    form = RuleForm(kind, request.POST or None, row=now, say=say) if may else None
    status, seen = 200, rule.edition_id
    trial = _trial(request, kind, form, code, term)
    if request.method == "POST" and form is not None:
        seen = _edition_seen(request)
        if "try" not in request.POST and form.is_valid():
            try:
                edition = services.change_rule(
                    kind,
                    code,
                    term,
                    form.given(),
                    by=request.user,
                    note=form.cleaned_data["note"],
                    reaches_running=form.cleaned_data["reaches_running"],
                    keeps_until_then=form.cleaned_data["keeps_until_then"],
                    seen=seen,
                )
            except Invalid as refused:
                form.show(refused)
            except Conflict as refused:
                form.add_error(None, str(refused))
                status, seen = 409, rule.edition_id
            else:
                _say_what_happens(request, edition)
                return redirect("rules:row", kind, code, term)
        status = 422 if form.errors and status == 200 else status
    cases = touched(kind, code, to=request.user)
    told = {
        "kind": kind,
        "name": kind_name(kind),
        "row": _row(rule),
        "columns": _columns(now),
        "form": form,
        "trial": trial,
        "seen": seen,
        "touched": cases.count(),
        "cases": cases.select_related("client")
        .only("reference", "domain_name", "stage", "client__name")
        .order_by("id")[:SHOWN],
        "shown": SHOWN,
        "history": _history(kind, code, term),
    }
    return render(request, "settings/rules/row.html", told, status=status)


@agency_only
@require_POST
@fresh_sign_in
def check(request: HttpRequest, kind: str, code: str, term: str) -> HttpResponse:
    """Somebody looked at the source today: only the day is set."""
    _chapter(kind)
    _rule(kind, code, term)
    services.check_rule(kind, code, term, by=request.user)
    messages.success(request, _("Noted: checked today."))
    return redirect("rules:row", kind, code, term)


# ── Reminders: what one would tell next of a real case ──


def _trial(
    request: HttpRequest, kind: str, form: RuleForm | None, code: str, term: str
) -> dict[str, Any] | None:
    """What the page shows of a rule of reminders that is tried on a case; None of other tables."""
    if kind != "reminders.reminder" or form is None:
        return None
    asks = "try" in request.POST
    trial = TrialForm(request.POST if asks else None, initial={"case": request.POST.get("case", "")[:300]})
    told: dict[str, Any] = {"form": trial}
    if not asks:
        return told
    form.fields["note"].required = False
    if not (form.is_valid() and trial.is_valid()):
        return told
    wanted = trial.cleaned_data["case"]
    named = Q(reference__iexact=wanted) | Q(domain_name__iexact=wanted)
    case = cases_for(request.user).filter(named).order_by("-id").first()
    if case is None:
        trial.add_error("case", _("No case of this reference or domain is in your sight."))
        return told
    try:
        rule, page = services.rehearse_rule(kind, code or form.cleaned_data["code"], term, form.given())
    except Invalid as refused:
        form.show(refused)
        return told
    zone = agency_of(request).time_zone
    return told | {
        "found": case,
        "tellings": tellings(rule, page, case, timezone.now()),
        "to": value_words("to", rule.to),
        "rests": case.rests_on(days.today()),
        "zone": zone if zone != days.BEIJING.key else "",
    }


# ── What the pages are told ─────────────────────────────────────────────────────────────────────────────────────────


def say(column: str, code: Any, of: str) -> str:
    """A choice in words; paths of facts as the case page calls them."""
    if column == "fields" and not of and str(code).partition(".")[0] in {*words.THINGS, *facts.FACTS["case"]}:
        return f"{words.label_of(str(code))} ({code})"
    return code_name(column, code, of)


def _chapter(kind: str) -> book.Chapter:
    if kind not in CHAPTERS:
        raise Http404
    return CHAPTERS[kind]


def _standing(**which: Any) -> Iterable[Rule]:
    return (rule for rule in services.newest_rules(**which) if not rule.is_withdrawn)


def _rule(kind: str, code: str, term: str) -> Rule:
    rule = next(iter(_standing(kind=kind, code=code[:48], term=term[:10])), None)
    if rule is None:
        raise Http404
    return rule


def _typed(rule: Rule) -> Any:
    """The row as it is now; one that a release can no longer read is shown as shipped."""
    try:
        return typed(rule)
    except DataError:
        shipped = (line.row for line in book.SHIPPED.lines[rule.kind] if line.row.code == rule.code)
        if found := next(shipped, None):
            return found
        raise Http404 from None


def _row(rule: Rule) -> dict[str, Any]:
    now = _typed(rule)
    return {
        "code": rule.code,
        "term": rule.term,
        "title": title_of(now),
        "source": sources.in_words(rule.source),
        "valid_from": rule.valid_from,
        "valid_to": None if rule.valid_to == FOREVER else rule.valid_to,
        "checked_on": rule.checked_on,
        "is_stale": is_stale(rule.checked_on),
        "is_edited": rule.origin == "agency",
        "unconfirmed": bool(getattr(now, "unconfirmed", False)),
        "url": reverse("rules:row", args=[rule.kind, rule.code, rule.term]),
    }


def _columns(now: Any) -> list[dict[str, str]]:
    """Every column in words, for those who only read."""
    return [
        {"label": column_name(name), "value": value}
        for name, value in _in_words(now).items()
        if name not in ("code", "checked_on")
    ]


def _in_words(now: Any) -> dict[str, str]:
    return {
        field.name: "—"
        if getattr(now, field.name) == FOREVER
        else value_words(field.name, getattr(now, field.name), field.metadata.get("of", ""))
        for field in dataclasses.fields(now)
    }


def _history(kind: str, code: str, term: str) -> list[dict[str, Any]]:
    """The versions of the row, the newest first, each with what it changed."""
    versions = list(
        Rule.objects.filter(kind=kind, code=code, term=term)
        .select_related("edition__by")
        .order_by("edition_id")
    )
    told, before = [], {}
    for rule in versions:
        now = _in_words(_typed(rule))
        told.append(
            {
                "at": rule.edition.at,
                "by": rule.edition.by,
                "note": rule.edition.note,
                "origin": rule.get_origin_display(),
                "reaches": rule.edition.reaches_running,
                "withdrawn": rule.is_withdrawn,
                "changes": [
                    {"column": column_name(name), "old": before[name], "new": value}
                    for name, value in now.items()
                    if before and before.get(name) != value
                ],
            }
        )
        before = now
    return told[::-1]


def _edition_seen(request: HttpRequest) -> int:
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 18 else 0


def _say_what_happens(request: HttpRequest, edition: Any) -> None:
    if edition is None:
        messages.info(request, _("Nothing was different, so nothing was written."))
    elif edition.reaches_running:
        messages.success(request, _("Saved. Running cases are brought along within minutes."))
    else:
        messages.success(
            request, _("Saved. New cases follow it; running ones keep what was promised to them.")
        )
