"""What goes on its day: the list that two persons release, what the law holds back, and the certificate afterwards."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.errands import paper_title
from clients.bodies import found
from clients.models import Client, User
from clients.queries import the_agency
from clients.refusals import Conflict
from clients.templatetags.look import today
from clients.views.doors import layout_of, managers_only
from documents import keeping, services
from documents.forms import HoldForm
from documents.models import Destruction, Document, Hold, Release
from documents.queries import documents_for

MOST = 300  # papers drawn at once, the nearest first
LATELY = 20


@managers_only
@require_safe
def destroying(request: HttpRequest) -> HttpResponse:
    """What goes soon, by client: who released it, what holds it back."""
    agency = the_agency()
    until = today() + timedelta(days=agency.destroying_warned_days)
    rows = keeping.nearing(until).select_related(
        "client", "case", "requirement", "release__first_by", "release__second_by"
    )
    rows = rows.prefetch_related("case__people").defer("case__filed_under")
    papers = list(rows.order_by("case__licensed_on", "id")[: MOST + 1])
    more, papers = len(papers) > MOST, sorted(papers[:MOST], key=lambda one: (one.client.name, one.client_id))
    standing = {
        one.client_id: one
        for one in Release.objects.filter(
            second_by__isnull=True, client__in={one.client_id for one in papers}
        ).select_related("first_by")
    }
    told = {
        "clients": [
            _of_client(list(group), standing.get(client_id), request.user, agency.identity_papers_kept_days)
            for client_id, group in groupby(papers, key=lambda one: one.client_id)
        ],
        "more": more,
        "until": until,
        "lately": Destruction.objects.select_related("client").order_by("-id")[:LATELY],
    }
    return render(request, "documents/keeping/destroying.html", told)


def _of_client(papers: list[Any], release: Release | None, user: User, kept_days: int) -> dict[str, Any]:
    waiting = [one for one in papers if one.release_id is None and not one.is_held and not one.destroying_at]
    return {
        "client": papers[0].client,
        "papers": [_row(one, kept_days) for one in papers],
        "release": release,
        "may_first": release is None and bool(waiting),
        "may_second": release is not None and release.first_by_id != user.pk,
    }


def _row(paper: Any, kept_days: int) -> dict[str, Any]:
    return {
        "title": paper_title(paper.requirement, paper.case),
        "paper": paper,
        "day": (day := paper.deleted_on(kept_days)),
        "state": _state(paper, has_come=day is not None and day <= today()),
    }


def _state(paper: Any, *, has_come: bool) -> str:
    release = paper.release
    if paper.destroying_at:
        return _("being destroyed")
    if paper.is_held:
        return _("held back by law")
    if paper.is_shared:
        return _("stays, another filing uses it")
    if release is None and has_come:
        return _("its day has come: goes within the hour")
    if release is None:
        return _("not released: goes on its day all the same")
    if release.second_by is None:
        return _("released by %(name)s, waits for a second person") % {"name": release.first_by}
    return _("released by %(first)s and %(second)s") % {
        "first": release.first_by,
        "second": release.second_by,
    }


@managers_only
@require_POST
def release(request: HttpRequest, reference: str) -> HttpResponse:
    """The first person, or the second, who names what the first began."""
    client = found(Client.everything.all(), reference)
    try:
        done = services.release_papers(client, by=request.user, opened=request.POST.get("release", ""))
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    else:
        if done.second_by_id:
            messages.success(
                request, _("Released by two persons. It goes on its day, and a certificate says so.")
            )
        else:
            messages.success(request, _("Released by you. A second person has to do the same."))
    return redirect("documents:destroying")


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def holds(request: HttpRequest, reference: str) -> HttpResponse:
    """What the law holds back of a client, and why."""
    client = found(Client.everything.all(), reference)
    form, status = HoldForm(client), 200
    if request.method == "POST":
        form = HoldForm(client, request.POST)
        if form.is_valid():
            services.hold_papers(client, by=request.user, **form.cleaned_data)
            messages.success(
                request, _("Held back. No identity paper of it is destroyed until somebody ends this.")
            )
            return redirect("documents:holds", client.reference)
        status = 422
    rows = (
        Hold.objects.filter(client=client).select_related("by", "ended_by", "case").defer("case__filed_under")
    )
    told = {"client": client, "form": form, "holds": rows}
    return render(request, "documents/keeping/holds.html", told, status=status)


@managers_only
@require_POST
def hold_end(request: HttpRequest, reference: str) -> HttpResponse:
    """Its papers have their day again."""
    hold = found(Hold.objects.select_related("client"), reference)
    if services.end_hold(hold, by=request.user):
        messages.success(request, _("Ended. What is past its day is destroyed within the hour."))
    return redirect("documents:holds", hold.client.reference)


# ── The certificate ─────────────────────────────────────────────────────────────────────────────────────────────────


@require_safe
def certificate(request: HttpRequest, reference: str) -> HttpResponse:
    """For whoever may see the papers it is about."""
    row, papers = _certificate(request.user, reference)
    told = {
        "layout": layout_of(request),
        "row": row,
        "papers": [{"title": paper_title(one.requirement, one.case), "paper": one} for one in papers],
        "gone": [
            one | {"hash": f"SHA-256 {one['sha256']}" if one["sha256"] else ""} for one in row.objects_gone
        ],
        "released": [{"who": who, "at": at} for who, at in _persons(row)],
        "back": "documents:destroying"
        if request.user.standing.is_manager
        else "home"
        if request.user.standing.is_agency
        else "documents:seen",
    }
    return render(request, "documents/keeping/certificate.html", told)


@require_safe
def certificate_list(request: HttpRequest, reference: str) -> HttpResponse:
    """The same for programs."""
    row, papers = _certificate(request.user, reference)
    told = {
        "certificate": row.reference,
        "client": row.client.reference,
        "documents": [one.reference for one in papers],
        "promised_on": row.promised_on,
        "destroyed_at": row.at,
        "destroyed_again_at": row.replayed_at,
        "released": [{"by": str(who), "at": at} for who, at in _persons(row)],
        "erasure": row.erasure,
        "objects": row.objects_gone,
        "bucket_listed_empty": True,
    }
    answer = JsonResponse(told, json_dumps_params={"indent": 1, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="{row.reference}.json"'
    answer["Cache-Control"] = "no-store"
    return answer


def _certificate(user: User, reference: str) -> tuple[Destruction, list[Document]]:
    row = found(Destruction.objects.select_related("client"), reference)
    papers = list(
        documents_for(user)
        .filter(client=row.client_id, reference__in=row.documents)
        .prefetch_related("case__people")
        .order_by("id")
    )
    if not papers:
        raise Http404
    return row, papers


def _persons(row: Destruction) -> list[tuple[Any, Any]]:
    named = {
        one.reference: one
        for one in User.objects.filter(reference__in=[said["person"] for said in row.released])
    }
    return [(named.get(said["person"], said["person"]), parse_datetime(said["at"])) for said in row.released]
