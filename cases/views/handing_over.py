"""A person's open cases, all at once: how many, which of them are pressing, to whom; then the run that does it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from cases import tasks
from cases.bulk import HAND_OVER
from cases.columns import stop
from cases.forms import TakerForm
from cases.models import BulkRun
from cases.services import handing_over
from clients.bodies import found
from clients.entrance import fresh_sign_in
from clients.models import Membership, User
from clients.refusals import Conflict, Invalid
from clients.views.desk import add_errors
from clients.views.doors import managers_only
from trade.clocks import CLOCKS

SHOWN = 20


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def hand_over(request: HttpRequest, reference: str) -> HttpResponse:
    """What would be handed over, nothing has changed yet; then the run. Where there is nothing, back to the people."""
    here = Membership.objects.agency().values("user_id")
    person = found(User.objects.filter(pk__in=here), reference)
    cases = handing_over.open_cases(person)
    count = cases.count()
    if not count:
        if "left" not in request.GET:
            messages.info(request, _("%(person)s answers for no open case.") % {"person": person})
        return redirect("clients:people")
    posted = request.POST if request.method == "POST" else None
    form = TakerForm(posted, people=handing_over.takers(person))
    if form.is_valid():
        try:
            run = handing_over.hand_over(person, form.cleaned_data["to"], by=request.user)
        except Invalid as invalid:
            add_errors(form, invalid)
        except Conflict as refusal:
            form.add_error(None, str(refusal))
        else:
            tasks.ring_for_run(run.pk)
            return redirect("cases:bulk-run", run.reference)
    clocks = handing_over.running(person)
    rows = [
        {
            "case": one.case,
            "clock": CLOCKS[one.kind].name,
            "due_at": one.due_at,
            "stop": stop(one.case.stage, one.case.round),
        }
        for one in clocks.select_related("case__client").defer("case__filed_under")[:SHOWN]
    ]
    told = {
        "person": person,
        "has_left": not Membership.objects.current().agency().filter(user=person).exists(),
        "count": count,
        "with_clocks": clocks.order_by().values("case_id").distinct().count(),
        "codes": clocks.filter(kind=handing_over.SMS).count(),
        "rows": rows,
        "form": form,
        "button": ngettext("Hand over %(n)d case", "Hand over %(n)d cases", count) % {"n": count},
    }
    return render(request, "cases/hand_over.html", told, status=422 if form.errors else 200)


@managers_only
@require_POST
@fresh_sign_in
def hand_back(request: HttpRequest, reference: str) -> HttpResponse:
    """The run the other way round, for what nobody has passed on since."""
    run = found(BulkRun.objects.filter(by=request.user), reference)
    try:
        if run.act != HAND_OVER or run.finished_at is None:
            raise Conflict(_("There is nothing to give back."), "none")
        back = handing_over.hand_back(run, by=request.user)
    except (Invalid, Conflict) as refusal:
        messages.warning(request, str(refusal))
        return redirect("cases:bulk-run", run.reference)
    tasks.ring_for_run(back.pk)
    return redirect("cases:bulk-run", back.reference)
