"""What the page of a client shows of its filings: where they stand, papers and their ends, notes, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import asked, words
from cases.forms import TextForm
from cases.models import Case, CaseEvent, Duty, DutyState, Requirement
from cases.queries import UNDER_WAY, Filters, OfClient, cases_for, of_clients, page_of_cases
from cases.views.dossier import NOTE_TITLES, by_days
from clients.bodies import found
from clients.idempotency import idempotent, key_of_form
from clients.models import AuditEvent, Client
from clients.sections import Columns, Section
from clients.services.noting import NOTED, write_note
from clients.templatetags.look import due
from clients.views.doors import agency_only
from clients.words import KINDS, sentence_of
from trade.papers import IDENTITY_PAPERS

FILINGS, PAPERS, NOTES, LINES = 10, 20, 10, 20
LICENCES = ("business_licence", "rep_office_certificate")  # the day stands on the entity


def beside(clients: Sequence[Client]) -> Columns:
    """What the list of clients says of the filings of each."""
    told = of_clients([one.pk for one in clients])
    heads = [_("Under way"), _("Overdue"), _("Next due")]
    return Columns(heads, {one.pk: _cells(one, told[one.pk]) for one in clients})


def _cells(client: Client, told: OfClient) -> list[Any]:
    of_theirs = {"client": client.reference}
    return [
        _count(told.under_way, asked.list_of(of_theirs)),
        _count(told.overdue, asked.list_of({**of_theirs, "due": "overdue", "on_hold": "no"}), is_late=True),
        due(told.next_due) or _NOTHING,
    ]


_NOTHING = SafeString('<span class="quiet">—</span>')


def _count(n: int, link: str, *, is_late: bool = False) -> SafeString:
    if not n:
        return _NOTHING
    words = _("%(n)d and more") % {"n": n} if n >= UNDER_WAY else str(n)
    if is_late:
        return format_html('<a class="late" href="{}">{}</a>', link, words)
    return format_html('<a href="{}">{}</a>', link, words)


def filings(request: HttpRequest, client: Client) -> Section:
    """Those that wait first, along their due day."""
    page = page_of_cases(request.user, Filters(client=client.reference), size=FILINGS)
    rows = [
        {"case": row, "stop": words.stage_name(row.stage), "party": words.party(row.waiting_on)}
        for row in page.items
    ]
    everything = f"{reverse('cases:case-list')}?client={client.reference}"
    return Section("cases/client/_filings.html", {"rows": rows, "more": bool(page.next), "all": everything})


def papers(request: HttpRequest, client: Client) -> Section:
    """Papers that are here and what else expires, by the day it ends; of papers the newest of each alone."""
    mine = cases_for(request.user).filter(client=client).order_by("-id")
    cases = {case.pk: case for case in mine.with_facts().defer("filed_under")[:FILINGS]}
    sent = Requirement.objects.filter(case__in=cases).exclude(document="").order_by("-case_id", "place", "id")
    newest: dict[tuple, dict[str, Any]] = {}
    for one in sent:
        case = cases[one.case_id]
        whose = words.whose(one.of, case)
        told = {
            "name": words.paper_name(one),
            "of": whose,
            "state": one.get_state_display(),
            "mark": words.MARKS[one.state],
            "until": _ends_on(one, case),
            "link": reverse("documents:review", args=[one.document]),
            "case": case,
        }
        newest.setdefault((one.kind, one.detail, whose), told)
    rows = list(newest.values())
    told_of = {(row["case"].pk, row["until"]) for row in rows}
    open_duties = Duty.objects.filter(client=client, state=DutyState.OPEN, case__in=mine.order_by())
    rows += [
        {
            "name": words.duty_name(duty.kind),
            "of": duty.case.domain_name or duty.case.reference,
            "until": duty.due_on,
            "link": duty.get_absolute_url(),
        }
        for duty in open_duties.select_related("case")
        .defer("case__filed_under")
        .order_by("due_on", "id")[:PAPERS]
        if (duty.case_id, duty.due_on) not in told_of  # its paper says so already
    ]
    rows.sort(key=lambda row: (row["until"] is None, row["until"] or date.max))
    for row in rows:
        row["is_near"] = row["until"] is not None and words.is_near(row["until"])
    return Section("cases/client/_papers.html", rows[:PAPERS])


def _ends_on(one: Requirement, case: Case) -> date | None:
    """The day that was typed of this paper, where it has one."""
    if one.kind in LICENCES:
        return case.subject.licence_valid_until
    if one.kind == "domain_certificate":
        return case.domain.expires_on
    if one.kind in IDENTITY_PAPERS:
        person = case.head if one.of == "head" else case.manager_or_head
        return person.id_valid_until if person else None
    return None


def notes(request: HttpRequest, client: Client) -> Section:
    """The last ones about the client and of its filings, with who reads each, and a box for a new one."""
    of_cases = CaseEvent.objects.filter(client=client, kind="note.written", case__in=cases_for(request.user))
    of_client = AuditEvent.objects.filter(client=client, kind=NOTED).select_related("by")
    rows = [
        _note(one, one.note, one.audience, one.case)
        for one in of_cases.select_related("by", "case").defer("case__filed_under").order_by("-id")[:NOTES]
    ]
    rows += [_note(one, one.data["text"], "internal") for one in of_client.order_by("-id")[:NOTES]]
    return Section("cases/client/_notes.html", {"lines": _newest(rows, NOTES), "client": client})


def _note(one: CaseEvent | AuditEvent, text: str, audience: str, case: Case | None = None) -> dict[str, Any]:
    title = NOTE_TITLES[audience] % {"who": one.by or _("the portal itself")}
    return {"at": one.at, "kind": "note", "words": text, "audience": audience, "title": _with(title, case)}


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def note_write(request: HttpRequest, reference: str) -> HttpResponse:
    """A note about the client, for colleagues only."""
    client = found(Client.objects.all(), reference)
    form = TextForm(request.POST or None, label=_("Internal note"))
    if request.method == "POST" and form.is_valid():
        with idempotent(request, call=f"note {client.reference}", key=key_of_form(request)) as once:
            if not once.reference:
                write_note(client, form.cleaned_data["text"], by=request.user)
                once.keep(client.reference)
        messages.success(request, _("Your note is saved, for colleagues only."))
        return redirect(f"{reverse('clients:client-detail', args=[client.reference])}#notes")
    status = 422 if request.method == "POST" else 200
    return render(request, "cases/client/note.html", {"client": client, "form": form}, status=status)


def history(request: HttpRequest, client: Client) -> Section:
    """The last moves of its filings and what happened around its people, the newest first."""
    moved = CaseEvent.objects.filter(client=client, kind="case.moved", case__in=cases_for(request.user))
    around = AuditEvent.objects.filter(client=client, kind__in=KINDS).exclude(kind=NOTED)
    rows = [
        _happened(one, "move", _with(words.event_words(one), one.case), words.event_details(one))
        for one in moved.select_related("by", "case").defer("case__filed_under").order_by("-id")[:LINES]
    ]
    rows += [
        _happened(
            one,
            "view",
            KINDS[one.kind],
            [one.about or (one.invitation and one.invitation.email), sentence_of(one)],
        )
        for one in around.select_related("by", "about", "invitation").order_by("-id")[:LINES]
    ]
    audit = (
        f"{reverse('clients:audit')}?client={client.reference}" if request.user.standing.is_manager else ""
    )
    return Section("cases/client/_history.html", {"lines": _newest(rows, LINES), "audit": audit})


def _happened(one: CaseEvent | AuditEvent, kind: str, sentence: Any, details: list[Any]) -> dict[str, Any]:
    by = " · ".join(str(told) for told in (*details, one.by or _("the portal itself")) if told)
    return {"at": one.at, "kind": kind, "words": sentence, "by": by}


def _with(sentence: Any, case: Case | None) -> Any:
    """The sentence, led by the site it is about."""
    if case is None:
        return sentence
    return format_html(
        '<a href="{}">{}</a> · {}', case.get_absolute_url(), case.domain_name or case.reference, sentence
    )


def _newest(rows: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """So many of them, the newest first, by their days."""
    return list(by_days(sorted(rows, key=lambda row: row["at"], reverse=True)[:most]))
