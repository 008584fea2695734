"""Eligibility before any paper: six questions at most, open to everybody where the agency says so; nothing is kept."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from cases import inquiry
from cases.tools import PerAddress
from clients.context import agency_of
from clients.views.errors import SENTENCES


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def eligibility(request: HttpRequest) -> HttpResponse:
    """The next question, or the verdict; the answers stand in the address and nowhere else."""
    if not request.user.is_authenticated and not agency_of(request).eligibility_is_open:
        return redirect_to_login(request.get_full_path())
    throttle = PerAddress()
    if not throttle.allow_request(request):
        answer = render(request, "429.html", {"sentence": SENTENCES["too_many"]}, status=429)
        answer["Retry-After"] = str(int(throttle.wait()))
        return answer
    asking = inquiry.ask(request.POST if request.method == "POST" else request.GET)
    answer = _question(request, asking) if asking.question else _verdict(request, asking.answers)
    answer["Cache-Control"] = "no-store"
    return answer


def _question(request: HttpRequest, asking: inquiry.Asking) -> HttpResponse:
    question, answers = asking.question, asking.answers
    assert question is not None
    told: dict[str, Any] = {
        "question": question,
        "title": question.title(answers),
        "hint": question.hint(answers),
        "choices": question.choices(answers),
        "carried": _pairs(answers),
        "error": asking.error,
        "number": asking.number,
        "most": len(inquiry.QUESTIONS),
        "back": _without_last(answers),
        "is_first": asking.number == 1,
    }
    return render(request, "cases/inquiry.html", told, status=422 if asking.error else 200)


def _verdict(request: HttpRequest, answers: inquiry.Answers) -> HttpResponse:
    said = [
        one | {"change": urlencode([(n, v) for n, v in _pairs(answers) if n != one["name"]])}
        for one in inquiry.said(answers)
    ]
    return render(request, "cases/verdict.html", {"verdict": inquiry.judge(answers), "said": said})


def _pairs(answers: inquiry.Answers) -> list[tuple[str, str]]:
    return [(name, code) for name, codes in answers.items() for code in codes]


def _without_last(answers: inquiry.Answers) -> str:
    last = next(reversed(answers), "")
    return urlencode([(name, code) for name, code in _pairs(answers) if name != last])
