"""A paper as the client meets it: why, what a good one looks like, the box to send it; and who has looked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from cases import arrangement, errands
from cases.journey import running
from cases.models import Requirement, RequirementState
from cases.models.requirement import FACE, TASK
from cases.services import reporting
from cases.workflow import Stage
from clients.bodies import found
from clients.queries import the_agency
from clients.refusals import Conflict
from clients.templatetags.look import today
from documents import answers, examples, handouts, keeping, seeing, services, storage
from documents.forms import LooksForm
from documents.models import gone_on
from documents.permissions import may_send
from documents.queries import documents_for, requirements_for, versions_of
from documents.services import ConsentMissing
from documents.tables import TYPES
from trade.papers import IDENTITY_PAPERS, KINDS

MOST_VERSIONS = 20


@require_safe
def task(request: HttpRequest, reference: str) -> HttpResponse:
    """One paper or task of the checklist."""
    rows = requirements_for(request.user).select_related(
        "case__subject", "case__domain", "case__server", "case__site", "case__account_manager"
    )
    paper = found(rows.prefetch_related("case__people", "case__deadlines"), reference)
    case, user = paper.case, request.user
    is_agency = user.standing.is_agency
    versions = list(
        versions_of(paper).select_related("upload", "requirement", "client", "case")[:MOST_VERSIONS]
    )
    needs_consent = paper.kind in IDENTITY_PAPERS and not services.has_consent(paper.client)
    takes_files = _takes_files(paper) and may_send(user, paper)
    clock = running(case, "photo" if paper.kind == FACE and case.stage == Stage.PHOTO else "returned_fix")
    told = {
        "paper": paper,
        "case": case,
        "title": errands.paper_title(paper, case),
        "kind": KINDS.get(paper.kind),
        "example": examples.picture_of(paper.kind),
        "form": handouts.form_told(paper, case, by=user),
        "face": arrangement.told(case, user) if paper.kind == FACE else None,
        "about": errands.about(paper, case),
        "is_agency": is_agency,
        "clock": clock if paper.is_open and not case.on_hold else None,
        "returned": _returned(paper, versions),
        "files": answers.rows(versions, user),
        "unfinished": services.unfinished_of(paper, by=user.reader) if takes_files else [],
        "takes_files": takes_files,
        "asks_consent": takes_files and needs_consent and not is_agency,
        "consent": services.consent_words(the_agency()) if takes_files and needs_consent else None,
        "lacks_consent": needs_consent and is_agency,
        "is_identity": paper.kind in IDENTITY_PAPERS,
        "deleted_on": _deleted_on(paper),
        "is_held": paper.kind in IDENTITY_PAPERS and keeping.holds_on(paper.client_id, case.pk).exists(),
        "offer": _offer(request, paper) if takes_files and paper.is_open else None,
        "may_report": reporting.may_report(paper) and not case.on_hold,
    }
    answer = render(request, "documents/portal/task.html", told)
    answer["Cache-Control"] = "no-store"
    return answer


def _takes_files(paper: Requirement) -> bool:
    """A task in words has none; the face check only by curtain, and in its stage."""
    if paper.case.is_ended or paper.kind == TASK or paper.state == RequirementState.WAIVED:
        return False
    return paper.kind != FACE or paper.case.photo_way == "curtain"


def _returned(paper: Requirement, versions: list[Any]) -> dict[str, Any] | None:
    """What was wrong with the last one, and who looked."""
    if paper.state != RequirementState.REDO:
        return None
    last = next((one for one in versions if one.reference == paper.document), None)
    codes = paper.reasons or ([one["code"] for one in last.reasons] if last else [])
    return {
        "reasons": answers.reasons_beside(codes, note=paper.words),
        "note": paper.words,
        "by": last.decided_by if last else None,
        "at": paper.changed_at,
    }


def _deleted_on(paper: Requirement) -> Any:
    if paper.kind not in IDENTITY_PAPERS:
        return None
    return gone_on(paper.case, the_agency().identity_papers_kept_days)


def _offer(request: HttpRequest, paper: Requirement) -> Any:
    return services.reusable(paper, by=request.user)


@require_POST
def reuse(request: HttpRequest, reference: str) -> HttpResponse:
    """The same paper as in an earlier filing, without sending it again."""
    paper = found(requirements_for(request.user), reference)
    try:
        services.reuse_document(paper, by=request.user, asks_consent=not request.user.standing.is_agency)
    except (Conflict, ConsentMissing, PermissionDenied) as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, answers.REUSED)
    return redirect("documents:task", paper.reference)


@require_safe
def seen(request: HttpRequest) -> HttpResponse:
    """Each look and each download, by name; of one paper, one person, some days; and as a table to keep."""
    user = request.user
    if user.standing.is_agency:
        return redirect("home")
    document = None
    if reference := request.GET.get("paper", ""):
        document = found(documents_for(user), reference)
    agency = the_agency()
    looks = seeing.looks_at(user, document)
    form = LooksForm(seeing.people_of(looks, user), request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    is_narrow = any(asked.values())
    looks = seeing.narrowed(looks, **asked) if not form.errors else looks.none()
    kind = request.GET.get("table", "")
    if kind in TYPES and not form.errors:
        return _table(seeing.table_of_looks(looks, kind, user, agency), kind)
    query = {name: str(value) for name, value in asked.items() if value}
    query |= {"paper": document.reference} if document else {}
    page = seeing.page_of_looks(looks, request.GET.get("cursor", ""), user, agency, of=urlencode(query))
    if page is None:
        return redirect("documents:seen")
    is_first = "cursor" not in request.GET
    told = {
        "seen": page.items,
        "next": page.next,
        "is_first": is_first,
        "paper": document,
        "paper_title": seeing.title_of(document) if document else "",
        "form": form,
        "is_narrow": is_narrow,
        "query": urlencode(query),
        "unseen": seeing.unseen_papers(user, agency)
        if is_first and not (document or is_narrow or form.errors)
        else [],
    }
    answer = render(request, "documents/portal/seen.html", told, status=422 if form.errors else 200)
    answer["Cache-Control"] = "no-store"
    return answer


def _table(content: bytes, kind: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=TYPES[kind])
    answer["Content-Disposition"] = storage.disposition(f"looks-{today()}.{kind}", inline=False)
    answer["Cache-Control"] = "no-store"
    return answer
