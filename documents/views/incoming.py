"""The agency's old spreadsheet: sent, looked through before anything changes, brought in, and taken back."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from openpyxl.utils import get_column_letter

from cases.models import Incoming, IncomingRow, Phase, Verdict
from cases.services import incoming as coming
from cases.services import noted
from cases.tasks import ring_for_incoming
from clients.bodies import found
from clients.entrance import fresh_sign_in
from clients.refusals import Conflict, Invalid
from clients.views.doors import managers_only
from documents import services, storage, tasks
from documents.forms import ColumnsForm
from documents.tables import TYPES, write_table

SHOWN = 50  # rows of each kind; all of them are in the table
EARLIER = 20
PROBLEMS = {
    "not_sent": gettext_lazy("No file has arrived. Choose it and send it once more."),
    "empty": gettext_lazy("There are no rows in it below the headings."),
    "too_large": gettext_lazy(
        "It is larger than 5 MB. Leave out sheets and pictures, or bring it in in parts."
    ),
    "too_long": gettext_lazy("It has more than 20,000 rows. Bring it in in parts."),
    "too_wide": gettext_lazy("It has more than 60 columns. Leave out those that are not needed."),
    "too_heavy": gettext_lazy(
        "It unpacks to more than we open. Save the sheet alone, as CSV or as a new book."
    ),
    "old_format": gettext_lazy(
        "This is an old Excel file, or has a password. Save it as XLSX or CSV without one."
    ),
    "not_a_sheet": gettext_lazy("This is no spreadsheet that we can read. Save it as XLSX or CSV."),
    "damaged": gettext_lazy("It is damaged. Open it in your program and save it anew, as XLSX or CSV."),
    "could_not_read": gettext_lazy("We could not open it. Save the sheet as CSV and send that."),
    "not_yours": gettext_lazy("Only managers bring in cases."),
}


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def incoming_list(request: HttpRequest) -> HttpResponse:
    """What this manager brought in before; and a place for another one."""
    if request.method == "POST":
        return redirect("documents:incoming", services.start_incoming(by=request.user).reference)
    rows = Incoming.objects.filter(by=request.user).exclude(phase=Phase.WAITING)[:EARLIER]
    return render(request, "documents/incoming_list.html", {"rows": rows})


@managers_only
@require_GET
def incoming(request: HttpRequest, reference: str) -> HttpResponse:
    """How far one has come, and what comes next."""
    return _shown(request, _mine(request, reference))


def _mine(request: HttpRequest, reference: str) -> Incoming:
    return found(Incoming.objects.filter(by=request.user), reference)


def _shown(
    request: HttpRequest, row: Incoming, form: ColumnsForm | None = None, *, status: int = 200
) -> HttpResponse:
    told: dict[str, Any] = {"incoming": row, "problem": PROBLEMS.get(row.problem, "")}
    if row.phase == Phase.WAITING:
        leads_to = reverse("documents:incoming", args=[row.reference])
        told["form"] = services.form_of(row, leads_to=request.build_absolute_uri(leads_to))
        told["is_sent"] = (
            "etag" in request.GET
        )  # as the store leads back; a question of ours it may leave out
    elif row.phase != Phase.REFUSED:
        told |= _counted(row)
        if not row.is_at_work:
            told |= _told(row, form)
    is_piece = request.htmx and request.htmx.target == "incoming"
    name = "documents/_incoming.html" if is_piece else "documents/incoming.html"
    return render(request, name, told, status=status)


def _counted(row: Incoming) -> dict[str, Any]:
    counts = coming.counts_of(row)
    behind = {
        Phase.JUDGING: counts["all"] - counts["unread"],
        Phase.COMING: counts["all"] - counts["new"],
        Phase.GOING: counts["all"] - counts["in"],
    }
    return {"counts": counts, "behind": behind.get(row.phase, 0)}


def _told(row: Incoming, form: ColumnsForm | None) -> dict[str, Any]:
    rows = IncomingRow.objects.filter(incoming=row).select_related("case")
    if row.phase != Phase.JUDGED:
        return {
            "noted": noted.noted_contacts(row).count() if row.phase == Phase.IN else 0,
            "kept": rows.filter(verdict=Verdict.KEPT)[:SHOWN],
            "wrong": _wrong(row, rows),
            "came": rows.filter(verdict=Verdict.IN)[:SHOWN],
        }
    samples = list(rows.values_list("cells", flat=True)[:10])
    counts = coming.counts_of(row)
    lacking = [str(coming.sheets.COLUMNS[code]) for code in coming.sheets.NEEDED if code not in row.columns]
    button = ngettext("Bring in %(n)d case", "Bring in %(n)d cases", counts["new"]) % {"n": counts["new"]}
    return {
        "columns_form": form or ColumnsForm(row, samples),
        "columns_open": form is not None or lacking,
        "lacking": lacking,
        "wrong": _wrong(row, rows),
        "known": rows.filter(verdict=Verdict.KNOWN)[:SHOWN],
        "button": button,
    }


def _wrong(row: Incoming, rows: Any) -> list[dict[str, Any]]:
    """Rows with what is wrong in them, each by the letter and the heading of its column."""
    return [
        {"number": one.number, "said": [*_sentences(row, one), *filter(None, [one.said])]}
        for one in rows.filter(verdict=Verdict.WRONG)[:SHOWN]
    ]


def _sentences(row: Incoming, one: IncomingRow) -> list[str]:
    return [f"{_column(row, place)}: {said}" if place is not None else said for place, said in one.wrong]


def _column(row: Incoming, place: int) -> str:
    heading = row.headings[place] if place < len(row.headings) else ""
    return f"{get_column_letter(place + 1)}, {heading}" if heading else get_column_letter(place + 1)


def _acted(act: Callable[[HttpRequest, Incoming], None]) -> Callable[..., HttpResponse]:
    """A step of one's own spreadsheet; a refusal is a sentence on its page."""

    @managers_only
    @require_POST
    def acting(request: HttpRequest, reference: str) -> HttpResponse:
        row = _mine(request, reference)
        try:
            act(request, row)
        except Conflict as refused:
            messages.warning(request, str(refused))
        return redirect("documents:incoming", row.reference)

    return acting


@_acted
def incoming_arrival(request: HttpRequest, row: Incoming) -> None:
    """The file is sent."""
    services.incoming_arrived(row)
    tasks.ring_for_incoming(row.pk)


@managers_only
@require_POST
def incoming_columns(request: HttpRequest, reference: str) -> HttpResponse:
    """The columns are these."""
    row = _mine(request, reference)
    samples = list(IncomingRow.objects.filter(incoming=row).values_list("cells", flat=True)[:10])
    form = ColumnsForm(row, samples, request.POST)
    form.is_valid()
    try:
        coming.match_columns(row, form.columns(), by=request.user)
    except Invalid as refused:
        for one in refused.errors:
            form.add_error(one["field"] or None, one["detail"])
        return _shown(request, row, form, status=422)
    except Conflict as refused:
        messages.warning(request, str(refused))
    else:
        ring_for_incoming(row.pk)
    return redirect("documents:incoming", row.reference)


@fresh_sign_in
@_acted
def incoming_confirm(request: HttpRequest, row: Incoming) -> None:
    """What was looked through comes in."""
    coming.confirm(row, invites="invites" in request.POST, by=request.user)
    ring_for_incoming(row.pk)


@_acted
def incoming_invite(request: HttpRequest, row: Incoming) -> None:
    """The contacts that were only noted get their mail."""
    n = noted.invite_noted(row, by=request.user)
    messages.success(
        request, ngettext("%(n)d contact is invited.", "%(n)d contacts are invited.", n) % {"n": n}
    )


@_acted
def incoming_withdraw(request: HttpRequest, row: Incoming) -> None:
    """It was a mistake."""
    coming.take_back(row, by=request.user)
    ring_for_incoming(row.pk)


@managers_only
@require_GET
def incoming_table(request: HttpRequest, reference: str) -> HttpResponse:
    """Every row with what will or did become of it and why, to be mended in one's own program and sent again."""
    row = _mine(request, reference)
    headings = [*row.headings, _("Row"), _("What becomes of it"), _("Why")]
    width, file = len(row.headings), io.BytesIO()

    def lines() -> Any:
        for one in IncomingRow.objects.filter(incoming=row).iterator(chunk_size=2000):
            cells = [_("formula") if cell == coming.sheets.FORMULA else cell for cell in one.cells[:width]]
            why = " ".join(filter(None, [one.said, *_sentences(row, one)]))
            yield [*cells, *[""] * (width - len(cells)), str(one.number), one.get_verdict_display(), why]

    write_table(file, "csv", headings, lines())
    answer = HttpResponse(file.getvalue(), content_type=TYPES["csv"])
    answer["Content-Disposition"] = storage.disposition(f"import-{row.made_at:%Y-%m-%d}.csv", inline=False)
    return answer
