"""One act for many cases: chosen on the list, looked at before anything changes, done, and what became of each."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from cases import asked, tasks
from cases.bulk import HAND_OVER, REMIND, TELL, label_of
from cases.forecast import lateness_in_words
from cases.forms import BulkForm
from cases.models import BulkRow, BulkRun, RowState
from cases.queries import agency_staff
from cases.services import bulk
from cases.services.promising import lateness_of
from clients.bodies import found
from clients.refusals import Conflict
from clients.views.doors import agency_only

MOST_SHOWN = 5000  # of a run's rows on its page
SHOWN = 50  # letters of a run that are named before it


@agency_only
@require_POST
def bulk_choose(request: HttpRequest) -> HttpResponse:
    """Keeps what was chosen and leads to the page that rehearses it."""
    try:
        run = bulk.choose(
            request.POST.get("act", ""),
            request.POST.getlist("case"),
            query=asked.read(request.GET),
            is_whole="all" in request.POST,
            by=request.user,
        )
    except Conflict as refused:
        messages.warning(request, str(refused))
        return redirect(asked.list_of(asked.read(request.GET)))
    return redirect("cases:bulk-run", run.reference)


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def bulk_run(request: HttpRequest, reference: str) -> HttpResponse:
    """What would happen; once confirmed, how far it has come; at the end what became of each case."""
    run = found(BulkRun.objects.filter(by=request.user), reference)
    if run.confirmed_at is not None:
        if request.method == "POST":
            return redirect("cases:bulk-run", run.reference)
        told = _head(run) | _progress(run)
        name = "cases/_bulk.html" if request.htmx and request.htmx.target == "bulk" else "cases/bulk.html"
        return render(request, name, told)
    form = BulkForm(run.act, request.POST if request.method == "POST" else None, staff=agency_staff())
    if request.method == "POST" and form.is_valid():
        if bulk.confirm(run, form.cleaned_data):
            tasks.ring_for_run(run.pk)
        return redirect("cases:bulk-run", run.reference)
    will, will_not = bulk.rehearse(run, by=request.user)
    told = _head(run) | {"form": form, "will": len(will), "will_not": will_not, "is_rehearsal": True}
    told["more"] = max(0, len(will) - SHOWN)
    if run.act in (TELL, REMIND):
        told["letters"] = _letters(will[:SHOWN], is_told_of_lateness=run.act == TELL)
    else:
        told["those"] = will[:SHOWN]
    told["sentence"] = _rehearsed(len(will), len(will_not))
    told["button"] = ngettext("%(act)s: %(n)d case", "%(act)s: %(n)d cases", len(will)) % {
        "act": told["label"],
        "n": len(will),
    }
    return render(request, "cases/bulk.html", told, status=422 if form.errors else 200)


def _letters(rows: list[BulkRow], *, is_told_of_lateness: bool) -> list[dict[str, Any]]:
    """Who will read of which filing, and what the portal adds to it."""
    readers = bulk.readers_of({row.client_id for row in rows})
    days = lateness_of([row.case for row in rows], now=timezone.now()) if is_told_of_lateness else {}
    return [
        {
            "case": row.case,
            "readers": ", ".join(one.name or one.email for one in readers.get(row.client_id, [])),
            "adds": lateness_in_words(days.get(row.case_id, {})),
        }
        for row in rows
    ]


def _rehearsed(will: int, will_not: int) -> str:
    done = ngettext("%(n)d will be done", "%(n)d will be done", will) % {"n": will}
    if not will_not:
        return f"{done}."
    left = ngettext("%(n)d will not", "%(n)d will not", will_not) % {"n": will_not}
    return _("%(done)s, %(left)s.") % {"done": done, "left": left}


def _head(run: BulkRun) -> dict[str, Any]:
    return {"run": run, "label": label_of(run.act), "back": asked.list_of(run.query)}


def _progress(run: BulkRun) -> dict[str, Any]:
    counts = bulk.counts_of(run)
    rows = BulkRow.objects.filter(run=run).exclude(state=RowState.PLANNED)
    told: dict[str, Any] = {
        "is_over": run.finished_at is not None,
        "done": counts[RowState.DONE],
        "refused": counts[RowState.REFUSED],
        "left": counts[RowState.PLANNED],
        "total": sum(counts.values()),
    }
    if told["is_over"]:
        # What did not happen first: it is what somebody has to do something about.
        told["rows"] = rows.select_related("case__client").order_by("-state", "id")[:MOST_SHOWN]
        told["is_cut"] = told["total"] > MOST_SHOWN
        told["may_go_back"] = run.act == HAND_OVER and told["done"]
    return told
