"""The calendar: all running clocks in sight, on the days when they end; what is asked stands in the address."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from cases import agenda, month, words
from cases.models import Deadline, Duty
from clients.cursors import cursor_after, read_cursor
from clients.templatetags.look import (
    MONTHS_LONG,
    WEEKDAYS,
    WEEKDAYS_ZH,
    clock_time,
    due_state,
    hour_matters,
    is_chinese,
    long_day,
    today,
)
from clients.views.doors import agency_only
from trade.clocks import CLOCKS
from trade.days import FIRST_YEAR, LAST_YEAR, OFFICIAL_YEARS, shifted

DUTIES = "aftercare"  # beside the kinds of clocks
MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@agency_only
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """A month, or all of one day."""
    asked = _asked(request)
    if day := _day(request.GET.get("day", "")):
        return _one_day(request, day, asked)
    first = _month(request.GET.get("month", ""))
    weeks = month.weeks_of(first)
    span, mine = (weeks[0][0], weeks[-1][-1]), bool(asked["whose"])
    due = month.due_on_days(request.user, *span, kind=asked["kind"], mine=mine) if _clocks(asked) else {}
    later = agenda.duties_on_days(request.user, *span, mine=mine) if _duties(asked) else {}
    last, ahead = first - timedelta(days=1), month.next_month(first)
    told = {
        "title": _month_words(first),
        "weekdays": [f"周{one}" for one in WEEKDAYS_ZH] if is_chinese() else WEEKDAYS,
        "weeks": [[_cell(day, first, due.get(day), later.get(day), asked) for day in week] for week in weeks],
        "previous": _link(asked, month=f"{last:%Y-%m}") if last.year >= FIRST_YEAR else "",
        "next": _link(asked, month=f"{ahead:%Y-%m}") if ahead.year <= LAST_YEAR else "",
        "now": _link(asked) if first != today().replace(day=1) else "",
        "is_provisional": first.year not in OFFICIAL_YEARS,
        "is_empty": not any(
            due.get(day) or later.get(day) for week in weeks for day in week if day.month == first.month
        ),
    }
    return render(request, "cases/calendar.html", told | _frame(asked, month=f"{first:%Y-%m}"))


def _one_day(request: HttpRequest, day: date, asked: dict[str, str]) -> HttpResponse:
    of = f"calendar:{day}:{asked['kind']}:{asked['whose']}"
    after = read_cursor(request.GET.get("after", ""), of=of, user=request.user)
    mine = bool(asked["whose"])
    clocks, more = (
        month.due_on(request.user, day, after, kind=asked["kind"], mine=mine)
        if _clocks(asked)
        else ([], False)
    )
    duties, more_duties = (
        agenda.duties_on(request.user, day, mine=mine) if _duties(asked) and not after else ([], False)
    )
    told: dict[str, Any] = {
        "title": long_day(day),
        "day": day,
        "mark": _mark(day),
        "entries": [*map(_entry, clocks), *map(_duty, duties)],
        "more_duties": more_duties,
        "month_link": _link(asked, month=f"{day:%Y-%m}"),
        "month_words": _month_words(day),
        "previous": _link(asked, day=str(day - timedelta(days=1))) if day > date(FIRST_YEAR, 1, 1) else "",
        "next": _link(asked, day=str(day + timedelta(days=1))) if day < date(LAST_YEAR, 12, 31) else "",
        "more_link": _link(asked, day=str(day), after=cursor_after(clocks[-1].pk, of=of, user=request.user))
        if more
        else "",
    }
    return render(request, "cases/calendar_day.html", told | _frame(asked, day=str(day)))


# ── What is asked ───────────────────────────────────────────────────────────────────────────────────────────────────


def _asked(request: HttpRequest) -> dict[str, str]:
    """Which clocks, and whose; words it does not know are not asked."""
    kind, whose = request.GET.get("kind", ""), request.GET.get("whose", "")
    return {
        "kind": kind if kind in CLOCKS or kind == DUTIES else "",
        "whose": whose if whose == "mine" else "",
    }


def _clocks(asked: dict[str, str]) -> bool:
    return asked["kind"] != DUTIES


def _duties(asked: dict[str, str]) -> bool:
    """Duties after the licence stand beside all clocks, and alone where they are asked for."""
    return asked["kind"] in ("", DUTIES)


def _month(text: str) -> date:
    """The first of the month that is asked for, else of this one."""
    found = MONTH.fullmatch(text)
    if found and FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        return date(int(found[1]), int(found[2]), 1)
    return today().replace(day=1)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _link(asked: dict[str, str], **more: str) -> str:
    return "?" + urlencode({name: value for name, value in (more | asked).items() if value})


def _frame(asked: dict[str, str], **place: str) -> dict[str, Any]:
    """The views and choices above the days; `place` is the month or day they keep."""
    views = [(_("All clocks"), ""), (_("Mine"), "mine")]
    return {
        "views": [
            {
                "name": name,
                "link": _link(asked | {"whose": whose}, **place),
                "here": whose == asked["whose"],
            }
            for name, whose in views
        ],
        "kinds": [(DUTIES, _("Aftercare")), *((kind, words.clock_name(kind)) for kind in CLOCKS)],
        "kind": asked["kind"],
        "kept": list(place.items()) + ([("whose", "mine")] if asked["whose"] else []),
        "plain_link": _link(asked | {"kind": ""}, **place),
    }


# ── Days ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _month_words(day: date) -> str:
    return f"{day.year}年{day.month}月" if is_chinese() else f"{MONTHS_LONG[day.month - 1]} {day.year}"


def _cell(
    day: date, first: date, due: month.Due | None, later: agenda.OnDay | None, asked: dict[str, str]
) -> dict[str, Any]:
    """A day of the grid; one of the months beside it is there for the weeks' sake only."""
    if day.month != first.month:
        return {"number": day.day, "is_beside": True}
    entries = [_entry(clock) for clock in due.clocks] if due else []
    entries += [_duty(one) for one in later.duties] if later else []
    count = (due.count if due else 0) + (later.count if later else 0)
    entries, more = entries[: month.A_DAY], count - len(entries[: month.A_DAY])
    return {
        "day": day,
        "number": day.day,
        "link": _link(asked, day=str(day)),
        "is_today": day == today(),
        "mark": _mark(day),
        "entries": entries,
        "more": ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more} if more else "",
    }


def _mark(day: date) -> dict[str, str] | None:
    """Days off and make-up workdays of the mainland; plain weekends need no word."""
    if (unusual := shifted(day)) is None:
        return {"kind": "weekend", "words": ""} if day.weekday() >= 5 else None
    name = str(unusual.name) if unusual.name else ""
    if unusual.is_worked:
        said = _("worked for %(holiday)s") % {"holiday": name} if name else _("worked")
        return {"kind": "worked", "words": said}
    return {"kind": "off", "words": name or _("day off")}


def _entry(clock: Deadline) -> dict[str, Any]:
    case = clock.case
    return {
        "link": case.get_absolute_url(),
        "reference": case.reference,
        "name": words.clock_name(clock.kind),
        "domain": case.domain_name or case.client.name,
        "client": case.client,
        "party": words.party(clock.waiting_on),
        "at": clock_time(clock.due_at) if hour_matters(clock.due_at) else "",
        "is_late": due_state(clock.due_at) == "late",
        "is_provisional": clock.is_provisional,
    }


def _duty(duty: Duty) -> dict[str, Any]:
    case = duty.case
    return {
        "link": duty.get_absolute_url(),
        "reference": case.reference,
        "name": words.duty_name(duty.kind),
        "domain": case.domain_name or case.client.name,
        "client": case.client,
        "party": _("Aftercare"),
        "is_late": duty.due_on < today(),
    }
