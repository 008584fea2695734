"""The client's side of a case: where it stands, what was written, and the way out."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cases import errands, journey, situation
from cases.forecast import Arrival, forecast, lateness_in_words, learned_for
from cases.forms import TextForm
from cases.models import Audience, Case, UsualStay
from cases.queries import Filters, cases_for, events_for, page_of_cases, parts_seen
from cases.services import moves, progress
from cases.views import aftercare
from cases.views.sight import case_of_contact, page
from cases.workflow import ISSUED, MoveForbidden, MoveRefused, Stage, rests_for_consent
from clients.bodies import found
from clients.cursors import page_of
from clients.idempotency import idempotent, key_of_form
from clients.models import Role, User
from clients.refusals import Invalid
from clients.templatetags.look import day as day_words

AT_ONCE = 20
OTHERS = 3
LETTERS = 20
HANGS_ON_IT = ("requirements", "deadlines", "reopenings", "photo", "findings")


# ── My filing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def home(request: HttpRequest) -> HttpResponse:
    """One filing is shown itself; of several a list, those that wait for the reader first."""
    try:
        rows = page_of_cases(request.user, Filters(), request.GET.get("cursor", ""), AT_ONCE)
    except Invalid:
        return redirect("home")
    if len(rows.items) == 1 and not rows.next and "cursor" not in request.GET:
        return case(request, rows.items[0].reference)
    whole = cases_for(request.user).with_facts().in_bulk([one.pk for one in rows.items])
    cases = [whole[one.pk] for one in rows.items]
    told = _told(cases, learned_for(cases), request.user)
    told.sort(key=lambda one: not one["todo"])
    shown = {"filings": told, "next": rows.next, "is_first": "cursor" not in request.GET}
    shown["speaks_for_nobody"] = Role.CONTACT not in request.user.standing.by_client.values()
    return render(request, "cases/portal/home.html", shown)


def _told(cases: list[Case], learned: list[UsualStay], user: User) -> list[dict[str, Any]]:
    """Cases with what is to be said of each, at a price that does not grow with their number."""
    prefetch_related_objects(cases, *HANGS_ON_IT)
    told = []
    for one in cases:
        asked = errands.errands(one, user)
        rests = one.on_hold or rests_for_consent(one)
        todo = [errand for errand in asked if errand.is_open] if not rests else []
        told.append(
            {
                "case": one,
                "said": situation.situation(one, asked),
                "todo": todo,
                "rests": rests,
                "now": next(iter(todo), None),
                "more": max(len(todo) - 1, 0),
                "opens": situation.opens(forecast(one, learned)),
            }
        )
    return told


def case(request: HttpRequest, reference: str) -> HttpResponse:
    """Where it stands, the one thing to do now, all tasks, what comes next, whom to ask."""
    seen = cases_for(request.user).with_facts()
    shown = found(seen, reference)
    others = list(seen.exclude(pk=shown.pk).order_by("-id")[:OTHERS])
    learned = learned_for([shown, *others])
    first, *rest = _told([shown, *others], learned, request.user)
    moved = list(events_for(request.user, shown).filter(kind="case.moved"))
    asked = errands.errands(shown, request.user)
    expected = forecast(shown, learned, moved)
    stops = situation.road(shown, moved, request.user, expected)
    clock = journey.running(shown, "sms_code")
    return render(
        request,
        "cases/portal/case.html",
        first
        | {
            "asked": [one for one in asked if not one.is_done],
            "done": [one for one in asked if one.is_done],
            "stops": stops,
            "opens": situation.opens(expected),
            "is_provisional": any(stop.get("is_provisional") for stop in stops),
            "promised": day_words(shown.promised_on) if shown.promised_on and not shown.icp_number else "",
            "is_learned": _is_learned(expected),
            "footers": situation.footers(shown),
            "aftercare": aftercare.of_case(shown, request.user),
            "may_report": shown.stage in ISSUED and parts_seen(request.user, shown) is None,
            "expected": situation.expected_call(shown),
            "clock": clock if clock and not shown.on_hold else None,
            "others": rest,
            "letters": _letters(shown, request.user, 3)["letters"],
            "may_write": errands.may_record(shown, request.user),
            "may_withdraw": _may_withdraw(shown, request.user),
        },
    )


def _is_learned(expected: dict[str, Arrival]) -> bool:
    licence = expected.get(Stage.LICENSED)
    return licence is not None and licence.filings > 0 and not licence.is_overdue


def _letters(case: Case, user: User, count: int, cursor: str = "") -> dict[str, Any]:
    """What agency and client wrote to each other, the newest last, and where older ones stand; nothing internal."""
    if parts_seen(user, case) is not None:
        return {"letters": []}
    notes = case.events.filter(kind="note.written", audience=Audience.CLIENT).select_related("by")
    of = f"letters:{case.reference}"
    page, older, is_newest = page_of(notes, cursor, of=of, user=user, size=count)
    for one in page:
        one.lateness = lateness_in_words(one.data)  # type: ignore[attr-defined]
    return {"letters": page[::-1], "older": older, "is_newest": is_newest}


def _may_withdraw(case: Case, user: User) -> bool:
    return case.stage == Stage.DRAFT and user.standing.is_contact_of(case.client_id)


# ── Letters, and the way out ────────────────────────────────────────────────────────────────────────────────────────


@page
def letters(request: HttpRequest, reference: str) -> HttpResponse:
    """What agency and client wrote to each other, and room for the next letter."""
    shown = case_of_contact(request, reference)
    form = TextForm(request.POST or None, label=_("Your message"))
    if request.method == "POST" and form.is_valid() and form.cleaned_data["text"]:
        with idempotent(request, call=f"letter {shown.reference}", key=key_of_form(request)) as once:
            if not once.reference:
                text = form.cleaned_data["text"]
                progress.write_note(shown, text, by=request.user, audience=Audience.CLIENT)
                once.keep(shown.reference)
        messages.success(request, _("Sent. Your agency has been told."))
        return redirect("cases:letters", shown.reference)
    told = {"case": shown, "form": form}
    told |= _letters(shown, request.user, LETTERS, request.GET.get("before", ""))
    return render(request, "cases/portal/letters.html", told)


@page
def withdrawal(request: HttpRequest, reference: str) -> HttpResponse:
    """Asks whether the filing shall end, and why; then ends it."""
    shown = case_of_contact(request, reference)
    form = TextForm(request.POST or None, label=_("Why?"))
    if request.method == "POST" and form.is_valid():
        try:
            moves.move_case(shown, "withdraw", by=request.user, note=form.cleaned_data["text"])
        except Invalid as refused:
            form.add_error("text", refused.errors[0]["detail"])
        except (MoveRefused, MoveForbidden, PermissionDenied) as refusal:
            messages.warning(request, str(refusal))
            return redirect(shown)
        else:
            messages.success(request, _("The filing is withdrawn."))
            return redirect(shown)
    told = {"case": shown, "form": form, "may_withdraw": _may_withdraw(shown, request.user)}
    return render(request, "cases/portal/withdrawal.html", told)
