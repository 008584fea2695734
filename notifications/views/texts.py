"""Settings, Message texts: all messages in both languages, in words that administrators may change."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.models import Case
from cases.queries import cases_for
from clients.entrance import fresh_sign_in
from clients.lines import tidy
from clients.refusals import Conflict, Invalid
from clients.views.doors import administrators_only
from notifications import texts
from notifications.forms import LABELS, SPOKEN, OwnTextForm, TextForm, label_of
from notifications.models import Wording
from notifications.previews import lately_told, preview
from notifications.services import texts as changing
from notifications.texts import Texts, is_own, text_of
from notifications.wording import GROUPS, LANGUAGES, NAMES, OWN, READERS, TEXTS, Text

SHOWN = 50  # versions of the history
LONGEST_CASE = 254


@administrators_only
@require_safe
def text_list(request: HttpRequest) -> HttpResponse:
    """All messages, by what they are about: who reads each, and whether its words are ours."""
    now = texts.now()
    newest = {row.code: row for row in _rows(now)}
    groups = [
        {
            "code": group,
            "title": title,
            "rows": [_row(code, newest.get(code), now) for code in _codes(group, newest)],
        }
        for group, title in GROUPS.items()
    ]
    return render(request, "settings/texts/list.html", {"groups": groups})


@administrators_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def text_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One message: its form, how it looks for a real case, what ships, and its history."""
    now, text = texts.now(), _known(code)
    row = now.edited.get(code)
    seen, status, parts = row.pk if row else 0, 200, now.parts(code)
    form = TextForm(text, request.POST if request.method == "POST" else None, parts=parts, named=is_own(code))
    case, case_problem = _case_for(request, text.kind or code)
    if request.method == "POST" and form.is_valid():
        seen = _seen(request)
        try:
            if request.POST.get("do") == "save":
                saved = changing.change_text(code, form.parts(), by=request.user, seen=seen)
                _say_saved(request, saved)
                return redirect("notifications:text-detail", code)
            parts = changing.checked(code, form.parts())
        except Invalid as refused:
            form.show(refused)
            status = 422
        except Conflict as refused:
            form.add_error(None, str(refused))
            status, seen = 409, row.pk if row else 0
    shown = _previews(code, parts, case, request)
    told = {
        "code": code,
        "text": text,
        "row": _row(code, row, now),
        "form": form,
        "seen": seen,
        "names": _names(text),
        "case": case,
        "case_typed": request.POST.get("case", request.GET.get("case", "")),
        "case_problem": case_problem,
        "previews": shown,
        "has_examples": any(not one.is_real and not is_own(code) for one in shown),
        "is_trial": request.method == "POST" and status == 200,
        "shipped": _shipped(code, text),
        "changed_since": _changed_since(code, row),
        "history": _history(code),
    }
    return render(request, "settings/texts/detail.html", told, status=status)


@administrators_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def text_add(request: HttpRequest) -> HttpResponse:
    """A text of the agency's own, for rules of reminders to choose."""
    text = texts.OWN_TEXT
    form, status = OwnTextForm(text, request.POST if request.method == "POST" else None), 200
    if request.method == "POST" and form.is_valid():
        try:
            code = texts.OWN_CODES + tidy(form.cleaned_data["code"]).removeprefix(texts.OWN_CODES)
            made = changing.add_text(code, form.parts(), by=request.user)
        except Invalid as refused:
            form.show(refused)
            status = 422
        else:
            messages.success(request, _("Added. Rules of reminders can choose it from now on."))
            return redirect("notifications:text-detail", made.code)
    told = {"form": form, "names": _names(text)}
    return render(request, "settings/texts/addition.html", told, status=status)


@administrators_only
@require_POST
@fresh_sign_in
def text_restore(request: HttpRequest, code: str) -> HttpResponse:
    """Back to what ships, by one press."""
    if code not in TEXTS:
        raise Http404
    changing.restore_text(code, by=request.user)
    messages.success(request, _("The shipped words hold again."))
    return redirect("notifications:text-detail", code)


@administrators_only
@require_POST
@fresh_sign_in
def text_withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """No rule can choose it any more."""
    _known(code)
    if not is_own(code):
        raise Http404
    changing.withdraw_text(code, by=request.user)
    messages.success(request, _("Withdrawn. Rules that name it still send it until they are changed."))
    return redirect("notifications:text-detail", code)


# ── What the pages are told ─────────────────────────────────────────────────────────────────────────────────────────


def _known(code: str) -> Text:
    text = text_of(code)
    if text is None or (is_own(code) and code not in texts.now().edited):
        raise Http404
    return text


def _rows(now: Texts) -> list[Wording]:
    """The words in force, with who wrote them."""
    return list(Wording.objects.filter(pk__in=[row.pk for row in now.edited.values()]).select_related("by"))


def _codes(group: str, newest: dict[str, Wording]) -> list[str]:
    if group == OWN:
        return sorted(code for code in newest if is_own(code))
    return [code for code, text in TEXTS.items() if text.group == group]


def _row(code: str, row: Wording | None, now: Texts) -> dict[str, Any]:
    text = text_of(code)
    assert text is not None
    return {
        "code": code,
        "title": texts.name_of(code),
        "to": READERS[text.to] if not is_own(code) else "",
        "is_mail": bool(text.subject),
        "is_essential": text.is_essential,
        "is_edited": row is not None and not is_own(code),
        "is_own": is_own(code),
        "is_withdrawn": row is not None and row.is_withdrawn,
        "is_behind": bool(_changed_since(code, row)),
        "is_usable": now.is_usable(code),
        "at": row.at if row else None,
        "by": row.by if row else None,
    }


def _names(text: Text) -> list[dict[str, Any]]:
    """What may be filled in, with its meaning, and whether the line in the portal knows it too."""
    on_line = text.names_of("line") if text.line else ()
    in_mail = text.names_of("lines") if text.subject else ()
    return [
        {
            "name": f"{{{name}}}",
            "words": NAMES[name].words,
            "on_line": name in on_line,
            "in_mail": name in in_mail,
            "must": name in text.must,
        }
        for name in dict.fromkeys((*in_mail, *on_line))
    ]


def _case_for(request: HttpRequest, kind: str) -> tuple[Case | None, str]:
    """The case that is shown: the one that was typed, else the newest; and what is wrong with what was typed."""
    rows = cases_for(request.user).select_related("client", "account_manager").order_by("-pk")
    typed = tidy(request.POST.get("case", request.GET.get("case", "")))[:LONGEST_CASE]
    if not typed:
        return rows.filter(pk=lately_told(kind)).first() or rows.first(), ""
    found = rows.filter(reference=typed.upper()).first() or rows.filter(domain_name=typed.lower()).first()
    if found is None:
        return rows.first(), _("No filing has this reference or domain. The newest one is shown.")
    return found, ""


def _previews(code: str, parts: Any, case: Case | None, request: HttpRequest) -> list[Any]:
    try:
        return preview(code, parts, case, request.user)
    except (texts.Broken, KeyError):
        return preview(code, texts.shipped_parts(code), case, request.user) if code in TEXTS else []


def _seen(request: HttpRequest) -> int:
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 18 else 0


def _shipped(code: str, text: Text) -> list[dict[str, Any]]:
    """What ships, language by language, part by part."""
    if code not in TEXTS:
        return []
    return [
        {
            "language": SPOKEN[language],
            "lang": "zh-CN" if language == "zh" else "en",
            "parts": [(LABELS[part], words[part]) for part in text.parts if words[part]],
        }
        for language, words in texts.shipped_parts(code).items()
    ]


def _changed_since(code: str, row: Wording | None) -> list[dict[str, Any]]:
    """Where the house's wording has changed since the agency wrote its own."""
    if row is None or code not in TEXTS or not row.shipped:
        return []
    return _changes(row.shipped, texts.shipped_parts(code))


def _changes(old: Any, new: Any) -> list[dict[str, Any]]:
    return [
        {
            "label": label_of(part, language),
            "old": _said(old, language, part),
            "new": _said(new, language, part),
        }
        for language in LANGUAGES
        for part in LABELS
        if _said(old, language, part) != _said(new, language, part)
    ]


def _said(parts: Any, language: str, part: str) -> str:
    words = parts.get(language) if isinstance(parts, dict) else None
    return str(words.get(part, "")) if isinstance(words, dict) else ""


def _history(code: str) -> list[dict[str, Any]]:
    """The versions, the newest first, each with what it changed."""
    rows = list(Wording.objects.filter(code=code).select_related("by").order_by("-pk")[: SHOWN + 1])
    told = []
    for place, row in enumerate(rows[:SHOWN]):
        before = rows[place + 1].parts if place + 1 < len(rows) else row.shipped
        told.append(
            {
                "at": row.at,
                "by": row.by,
                "is_shipped": row.is_shipped,
                "is_withdrawn": row.is_withdrawn,
                "changes": _changes(before, row.parts),
            }
        )
    return told


def _say_saved(request: HttpRequest, saved: Wording | None) -> None:
    if saved is None:
        messages.info(request, _("Nothing was different, so nothing was written."))
    else:
        messages.success(request, _("Saved. Messages that go out from now on say it so."))
