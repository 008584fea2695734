"""The foot of the site: what is pasted there, and what a page's HTML shows of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from cases import journey, situation
from cases.forms import text_box
from cases.models import Case
from cases.queries import cases_for
from cases.workflow import ISSUED
from clients.bodies import found
from clients.views.doors import agency_only
from trade import Refused, footer

SENTENCES = {
    "ok": _("The page shows its number as it must."),
    "wrong_number": _("Another number stands there."),
    "missing": _("The number is not to be found."),
    "not_linked": _("The number is there, without its link."),
    "wrong_link": _("The number leads to a wrong place."),
    "hidden": _("The number is there, but nobody sees it."),
}


class PageForm(forms.Form):
    """The source of a page, as a browser shows it."""

    html = forms.CharField(
        label=_("HTML of the home page"),
        help_text=_("Open the site, show the page's source (Ctrl-U), copy all of it. Nothing of it is kept."),
        widget=text_box(12, footer.LARGEST),
    )


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def footer_check(request: HttpRequest, reference: str) -> HttpResponse:
    """Judges pasted HTML as `tools/footer` does; it stores nothing."""
    rows = cases_for(request.user).with_facts().prefetch_related("deadlines")  # type: ignore[arg-type]
    case: Case = found(rows, reference)
    form = PageForm(request.POST or None)
    verdict = (
        _verdict(case, form) if request.method == "POST" and case.icp_number and form.is_valid() else None
    )
    told = {
        "case": case,
        "form": form,
        "footers": situation.footers(case),
        "verdict": verdict,
        "may_open": case.stage in ISSUED and not case.opened_on and not case.on_hold,
        "may_record": bool(journey.running(case, *journey.FOOTERS)) and not case.on_hold,
    }
    return render(request, "cases/footer.html", told, status=422 if form.errors else 200)


def _verdict(case: Case, form: PageForm) -> dict[str, Any] | None:
    try:
        looked = footer.inspect(form.cleaned_data["html"], case.icp_number, case.psb_number or None)
    except Refused as refused:
        form.add_error("html", str(refused))
        return None
    problems = [str(problem.sentence) for problem in looked.problems]
    return {"is_ok": looked.verdict == "ok", "words": SENTENCES[looked.verdict], "problems": problems}
