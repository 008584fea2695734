"""Reports: how long things take, why they come back, how good the forecast was, and who has how much to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from cases import charts, reports, words
from cases.queries import agency_staff
from cases.reports import Asked
from clients.templatetags.look import day, short_day, today
from clients.views.doors import managers_only
from trade import kinds
from trade.reasons import REASONS

REASONS_SHOWN = 8
PEOPLE_DRAWN = 12
USUAL_PERIOD = "13"


@managers_only
@require_safe
def reports_page(request: HttpRequest) -> HttpResponse:
    """Four pictures with their tables, of a span of weeks; what is asked stands in the address."""
    staff = agency_staff()
    period, asked = _asked(request, staff)
    by_month = reports.PERIODS[period] > reports.BY_MONTH
    accuracy = reports.accuracy(asked, by_month=by_month)
    told = {
        "periods": _periods(request, period),
        "period": period,
        "is_narrowed": bool(asked.provider or asked.manager),
        "plain_link": f"?{urlencode({'period': period})}",
        "providers": words.choices_of("case", "provider"),
        "provider": asked.provider,
        "people": [(one.email, str(one)) for one in staff],
        "manager": asked.manager.email if asked.manager else "",
        "span": _("%(first)s to %(last)s, %(licences)s")
        % {
            "first": short_day(asked.first),
            "last": day(asked.last),
            "licences": _licences(accuracy.licences),
        },
        "stages": _stages(asked),
        "accuracy": _accuracy(accuracy, by_month=by_month),
        "returns": _returns(asked),
        "load": _load(asked),
    }
    return render(request, "cases/reports.html", told)


def _asked(request: HttpRequest, staff: list) -> tuple[str, Asked]:
    """What the address asks for; words it does not know are not asked."""
    period = request.GET.get("period", "")
    period = period if period in reports.PERIODS else USUAL_PERIOD
    provider = request.GET.get("provider", "")
    provider = provider if provider in kinds.PROVIDERS else ""
    address = request.GET.get("manager", "").lower()
    manager = next((one for one in staff if one.email.lower() == address), None)
    last = today()
    first = last - timedelta(weeks=reports.PERIODS[period]) + timedelta(days=1)
    return period, Asked(first, last, provider, manager)


def _periods(request: HttpRequest, now: str) -> list[dict[str, Any]]:
    named = {"4": _("4 weeks"), "13": _("13 weeks"), "52": _("A year")}
    others = {name: value for name in ("provider", "manager") if (value := request.GET.get(name))}
    return [
        {"name": name, "link": f"?{urlencode({'period': period} | others)}", "here": period == now}
        for period, name in named.items()
    ]


def _licences(n: int) -> str:
    return ngettext("%(n)d case licensed", "%(n)d cases licensed", n) % {"n": n}


def _stages(asked: Asked) -> dict[str, Any]:
    spent = reports.time_in_stages(asked)
    return {
        "rows": [_named(one) for one in spent],
        "charts": charts.both(charts.stages, spent, words.stage_name),
    }


def _named(spent: reports.Spent) -> dict[str, Any]:
    parts = [
        {"name": words.code_words("provider", code) if code else _("no provider yet"), "spent": one}
        for code, one in spent.by_provider
    ]
    return {"name": words.stage_name(spent.stage), "spent": spent, "parts": parts}


def _accuracy(found: reports.Accuracy, *, by_month: bool) -> dict[str, Any]:
    rows = [
        {"name": f"{one.begins:%Y-%m}" if by_month else short_day(one.begins), "missed": one}
        for one in found.spans
    ]
    said = ngettext(
        "%(off)d of %(n)d forecasts missed by more than two working days; %(within)d came within their range.",
        "%(off)d of %(n)d forecasts missed by more than two working days; %(within)d came within their range.",
        found.forecast,
    ) % {"off": found.off, "n": found.forecast, "within": found.within}
    return {"rows": rows, "said": said, "charts": charts.both(charts.accuracy, found, by_month=by_month)}


def _returns(asked: Asked) -> dict[str, Any]:
    found = reports.returns(asked, most=REASONS_SHOWN)
    said = _("%(returns)s in %(cases)s") % {
        "returns": ngettext("%(n)d return", "%(n)d returns", found.returns) % {"n": found.returns},
        "cases": ngettext("%(n)d case", "%(n)d cases", found.cases) % {"n": found.cases},
    }
    rows = [{"name": _reason(one.code), "returned": one} for one in found.reasons]
    return {"rows": rows, "said": said, "charts": charts.both(charts.reasons, found.reasons, _reason)}


def _reason(code: str) -> str:
    if not code:
        return _("All others")
    return str(REASONS[code].cause) if code in REASONS else code


def _load(asked: Asked) -> dict[str, Any]:
    found = reports.load(asked)
    return {"rows": found, "charts": charts.both(charts.people, found[:PEOPLE_DRAWN])}
