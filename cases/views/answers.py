"""The questions of a filing: one page an object; each answer saves itself, and all of them without a script."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases import drawn, errands, findings, questions, readings, words
from cases.drawn import Page, path_of
from cases.forms import show_errors
from cases.models import Case
from cases.services import changing, reusing
from cases.views.sight import case_in_sight, case_of_contact, page
from clients.refusals import Conflict, Invalid
from clients.templatetags.look import clock_time

NUMBER = re.compile(r"[0-9]{1,48}")
LEFT = "left"  # in the address of a page that was done with too early
MOST_SIGNS = 80  # of an answer, beside its box


@page
def facts_page(request: HttpRequest, reference: str, thing: str) -> HttpResponse:
    """One object, its questions; each answer saves itself, and all of them together without a script."""
    shown = case_of_contact(request, reference)
    if thing not in errands.TITLES:
        raise Http404
    if request.method == "POST":
        return _save(request, shown, thing)
    form = questions.AnswersForm(shown, request.user, thing)
    return _ask(
        request, shown, thing, form, _still_open(request, shown, form) if LEFT in request.GET else None
    )


def _ask(
    request: HttpRequest, shown: Case, thing: str, form: Any, more: dict[str, Any] | None = None
) -> HttpResponse:
    closed = questions.closed_words(shown, request.user)
    is_absent = thing == "manager" and shown.manager is None
    earlier = None if closed or shown.round > 1 else reusing.earlier_case(shown, thing, by=request.user)
    answer = render(
        request,
        "cases/portal/facts.html",
        {
            "case": shown,
            "thing": thing,
            "title": errands.thing_title(shown, thing),
            "why": questions.WHY[thing],
            "closed": closed,
            "form": form,
            "drawn": _signs(shown, thing, form),
            "kept": questions.kept(shown, request.user, thing),
            "reasons": _reasons(shown, thing) if not closed and shown.round > 1 else [],
            "hints": [] if closed else _hints(shown, thing, request.user),
            "is_absent": is_absent,
            "asks_other": not is_absent or form.is_bound or "other" in request.GET,
            "head": words.whose("head", shown),
            "may_be_head": thing == "manager"
            and not closed
            and questions.is_open(shown, request.user, "manager", ""),
            "earlier": earlier,
        }
        | (more or {}),
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _signs(case: Case, thing: str, form: Any) -> dict[str, str]:
    """How each answer stands when it is drawn, by the name of its box."""
    signs = drawn.signs_of(case, thing, form.open)
    return {f"{thing}-{path.rpartition('.')[2]}": sign for path, sign in signs.items()}


def _reasons(case: Case, thing: str) -> list[dict[str, str]]:
    """Why this page is open again, each reason once."""
    told: dict[str, dict[str, str]] = {}
    for one in case.reopenings.all():
        if one.round == case.round and errands.thing_of(one.path) == thing:
            told[one.reason] = {
                "words": words.reason_name(one.reason),
                "fix": errands.reason_fix(one.reason),
                "note": one.note,
            }
    return list(told.values())


def _hints(case: Case, thing: str, user: Any) -> list[dict[str, Any]]:
    """What the pre-flight found in these answers, each with the box where it is mended."""
    told = [
        findings.tell(case, one)
        for one in findings.of_answers(case, user)
        if errands.thing_of(one.place) == thing
    ]
    return [
        {
            "label": one.where,
            "box": f"#id_{thing}-{one.place.rpartition('.')[2]}",
            "words": one.reason,
            "fix": one.fix,
            "blocks": one.blocks,
        }
        for one in told
    ]


def _still_open(request: HttpRequest, case: Case, form: Any) -> dict[str, Any]:
    """What keeps this page from being done: answers that are missing, and those that cannot stay. Empty when it is."""
    thing = form.thing
    if questions.closed_words(case, request.user):
        return {}
    missing = [form[f"{thing}-{name}"] for name in errands.missing_of(case)[thing] if name in form.open]
    hints = _hints(case, thing, request.user)
    wrong = [one for one in hints if one["blocks"]]
    if not missing and not wrong:
        return {}
    return {
        "left": {"missing": missing, "wrong": wrong},
        "hints": [one for one in hints if not one["blocks"]],
    }


def _save(request: HttpRequest, shown: Case, thing: str) -> HttpResponse:
    if request.POST.get("head_is_manager") and thing == "manager":
        return _be_one(request, shown)
    form = questions.AnswersForm(shown, request.user, thing, data=request.POST)
    if request.headers.get("X-Autosave"):
        return _save_one(request, shown, form)
    given = form.given()
    try:
        now, wrong, changed = _save_all(request, shown, form, given)
    except Conflict as refusal:
        now = case_in_sight(request, shown.reference)
        form.forget_numbers()
        return _ask(request, now, thing, form, {"refusal": str(refusal)})
    except PermissionDenied as refusal:
        messages.warning(request, str(refusal) or str(_("You may not change this.")))
        return redirect("cases:facts", shown.reference, thing)
    if wrong or changed:
        now = case_in_sight(request, shown.reference)
        form.forget_numbers()
        if wrong:
            show_errors(form, Invalid(wrong))
        return _ask(request, now, thing, form, _told_of(form, changed))
    if told := readings.readings(shown, now, given):
        messages.success(request, _("Saved. Please look below at what we read otherwise than you typed it."))
        now = case_in_sight(request, shown.reference)
        form = questions.AnswersForm(now, request.user, thing)
        readings.tell(form, told)
        return _ask(request, now, thing, form, _still_open(request, now, form))
    if more := _asked_since(request, now, thing):
        words_ = _("Saved. One more question follows from your answers: %(question)s")
        messages.info(request, words_ % {"question": " · ".join(map(str, more))})
        return redirect("cases:facts", shown.reference, thing)
    now = case_in_sight(request, shown.reference)
    if _still_open(request, now, questions.AnswersForm(now, request.user, thing)):
        return redirect(reverse("cases:facts", args=[shown.reference, thing], query={LEFT: 1}))
    messages.success(request, _("Saved. Thank you."))
    return redirect(shown)


def _save_all(
    request: HttpRequest, shown: Case, form: Any, given: dict[str, Any]
) -> tuple[Case, list[dict[str, str]], dict[str, str]]:
    """What can be taken is taken. What cannot: the errors, and what stands where somebody else was faster."""
    page, now = _page_of(request, form), shown
    wrong: list[dict[str, str]] = []
    changed: dict[str, str] = {}
    left: set[str] = set()
    rest = given
    while rest:
        tried = rest
        try:
            now = changing.change_facts(shown, rest, by=request.user, page=page)
            break
        except Invalid as refused:  # what is left may hang on what was refused, as a number does on its kind
            wrong += refused.errors
            left |= {one["field"] for one in refused.errors}
        except Conflict as refusal:
            if refusal.code != "answers":
                raise
            changed |= refusal.more["clashes"]
            left |= refusal.more["clashes"].keys() | refusal.more["untouched"].keys()
            if refusal.more["untouched"]:
                form.give_way(case_in_sight(request, shown.reference), refusal.more["untouched"])
        rest = form.without(given, left)
        if rest == tried:
            break
    return now, wrong, changed


def _told_of(form: Any, changed: dict[str, str]) -> dict[str, Any]:
    """What the page says of answers that were changed elsewhere meanwhile."""
    if not changed:
        return {}
    named = {path: form.fields[f"{form.thing}-{path.rpartition('.')[2]}"].label for path in changed}
    return {
        "refusal": _("Somebody else changed this case meanwhile. Look at the new version and decide again."),
        "differs": [{"label": named[path], "value": value} for path, value in changed.items()],
    }


def _page_of(request: HttpRequest, form: Any) -> Page:
    """What the page tells of itself: how each answer was drawn, and what its script adds."""
    sent = {
        path_of(form.thing, name): request.POST.get(f"drawn:{form.thing}-{name}", "") for name in form.open
    }
    name, turn = request.POST.get("page", ""), request.POST.get("turn", "")
    return Page(
        signs={path: sign for path, sign in sent.items() if sign},
        name=name if NUMBER.fullmatch(name) else "",
        turn=int(turn) if NUMBER.fullmatch(turn) else 0,
    )


def _asked_since(request: HttpRequest, now: Case, thing: str) -> list[Any]:
    """Questions that follow from what was answered, and did not stand on the page that was sent."""
    asked = request.POST.getlist("asked")
    form = questions.AnswersForm(now, request.user, thing)
    return [form[f"{thing}-{name}"].label for name in form.open if asked and name not in asked]


def _be_one(request: HttpRequest, shown: Case) -> HttpResponse:
    """The head looks after the site too."""
    try:
        changing.change_facts(shown, {"manager": None}, by=request.user)
    except (PermissionDenied, Conflict) as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Saved: the head looks after the site too."))
    return redirect(shown)


def _save_one(request: HttpRequest, shown: Case, form: Any) -> HttpResponse:
    """One answer as it is typed; what `static/js/autosave.js` expects."""
    key = request.POST.get("field", "")
    given = form.given_alone(key)
    saved = clock_time(timezone.now())
    if not given:
        return JsonResponse({"saved": saved, "errors": {}})
    try:
        case = changing.change_facts(shown, given, by=request.user, page=_page_of(request, form))
    except Invalid as refused:
        return JsonResponse({"errors": form.errors_by_box(refused)}, status=422)
    except Conflict as refusal:
        return JsonResponse({"detail": _why_not(refusal)}, status=409)
    except PermissionDenied as refusal:
        return JsonResponse({"detail": str(refusal) or str(_("You may not change this."))}, status=409)
    told = readings.readings(shown, case, given)
    (sign,) = drawn.signs_of(case, form.thing, [key.removeprefix(f"{form.thing}-")]).values()
    return JsonResponse({"saved": saved, "errors": {key: None}, "read": told, "drawn": sign})


def _why_not(refusal: Conflict) -> str:
    if refusal.code != "answers":
        return str(refusal)
    (says,) = (refusal.more["clashes"] | refusal.more["untouched"]).values()
    return _(
        "This answer was changed elsewhere meanwhile and says “%(value)s” now. Yours is still in the box, not saved: "
        "press “Done with this page” to choose between the two."
    ) % {"value": says if len(says) <= MOST_SIGNS else f"{says[:MOST_SIGNS]}…"}


@require_POST
def facts_take_over(request: HttpRequest, reference: str, thing: str) -> HttpResponse:
    """The same applicant or person as in the client's last filing."""
    shown = case_of_contact(request, reference)
    try:
        reusing.take_over(shown, thing, by=request.user)
    except (Conflict, PermissionDenied) as refusal:
        messages.warning(request, str(refusal))
    except Invalid as refused:
        messages.warning(request, refused.errors[0]["detail"])
    else:
        messages.success(request, _("Taken over. Please look whether everything is still right."))
    return redirect("cases:facts", shown.reference, thing)
