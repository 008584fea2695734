"""One page of what is a person's own: what they agreed to, a copy of it all, how long it is kept."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from clients.bodies import found
from clients.entrance import ask_again, fresh_sign_in, is_fresh
from clients.models import CLIENT_ROLES, Client, Role, User
from clients.queries import the_agency
from clients.refusals import Conflict, TooMany
from clients.views.doors import layout_of
from documents import answers, storage
from documents import services as papers
from documents.handouts import piece
from documents.models import Consent
from rights import services, tasks
from rights.models import OwnCopy
from rights.queries import copies_for, standing_of

SAID = 20  # of what was said about a client's consent, the latest


@never_cache
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """The page."""
    last = copies_for(request.user).first()
    is_shown = last is not None and not last.dropped_at
    told = {
        "layout": layout_of(request),
        "is_agency": request.user.standing.is_agency,
        "consents": [_consent(client, request.user) for client in _clients_of(request.user)],
        "words": papers.consent_words(the_agency()),
        "copy": _drawn(last) if last and is_shown else None,
        "is_making": bool(last and last.is_making),
        "erasure": None if request.user.standing.is_agency else standing_of(request.user.reader),
    }
    return render(request, "rights/data.html", told)


def _clients_of(user: User) -> list[Client]:
    """Those in whose name this person may agree."""
    if user.standing.is_agency:
        return []
    ids = [pk for pk, role in user.standing.by_client.items() if role in CLIENT_ROLES]
    return list(Client.objects.filter(pk__in=ids).order_by("name", "pk"))


def _consent(client: Client, user: User) -> dict[str, Any]:
    """How it stands, and who said what when: a contact reads all of it, anybody else their own words."""
    said = Consent.objects.filter(client=client).select_related("by").order_by("-id")
    if user.standing.by_client.get(client.pk) != Role.CONTACT:
        said = said.filter(by=user)
    return {
        "client": client,
        "is_back": client.consent_withdrawn_at is not None,
        "since": client.consent_withdrawn_at,
        "stands": papers.has_consent(client),
        "said": [
            {
                "who": _("You") if word.by_id == user.pk else str(word.by),
                "is_given": word.is_given,
                "at": word.at,
                "version": word.text_version,
                "text": word.text,
            }
            for word in said[:SAID]
        ],
        "rests": papers.resting_cases(client),
        "may_give": papers.would_lift(client, by=user),
    }


def _drawn(row: OwnCopy) -> dict[str, Any]:
    """What `documents/_handout.html` takes."""
    return piece(row, "rights:copy", label=_("Download my data"), kind="ZIP")


@require_POST
def consent_give(request: HttpRequest, reference: str) -> HttpResponse:
    """The box is ticked, maybe once more."""
    client = found(_mine(request.user), reference)
    if request.POST.get("agreed"):
        papers.give_consent(client, by=request.user)
        client.refresh_from_db(fields=["consent_withdrawn_at"])
        if client.consent_withdrawn_at is None:
            messages.success(request, _("Thank you. The filing goes on."))
        else:
            messages.info(
                request, _("Noted. Somebody else of yours has taken it back, so the filing still rests.")
            )
    else:
        messages.warning(request, _("Tick the box first."))
    return redirect("rights:data")


@require_POST
def consent_withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """As easy as giving it: no question, no reason."""
    client = found(_mine(request.user), reference)
    if papers.withdraw_consent(client, by=request.user):
        messages.success(
            request, _("Taken back. Nothing more of yours is handed on; the agency has been told.")
        )
    return redirect("rights:data")


def _mine(user: User) -> Any:
    return Client.objects.filter(pk__in=[client.pk for client in _clients_of(user)])


@require_POST
@fresh_sign_in
def copy_make(request: HttpRequest) -> HttpResponse:
    """Have it made; the page says when it is there."""
    try:
        copy = services.ask_copy(by=request.user)
    except TooMany as refusal:
        messages.warning(request, str(refusal))
    else:
        if copy.is_making:
            tasks.ring_for_copy(copy.pk)
    return redirect(f"{reverse('rights:data')}#copy")


@never_cache
@require_GET
def copy_state(request: HttpRequest, reference: str) -> HttpResponse:
    """The piece of the page, as it is now."""
    return render(request, "documents/_handout.html", _drawn(found(copies_for(request.user), reference)))


@require_GET
def copy_content(request: HttpRequest, reference: str) -> HttpResponse:
    """Leads to it: who you are is asked again, then the traces, then a link that dies within the minute."""
    copy = found(copies_for(request.user), reference)
    if not is_fresh(request):
        return ask_again(request)
    try:
        return answers.leading_to(services.open_copy(copy, by=request.user))
    except storage.StorageAway:
        messages.warning(request, str(answers.STORAGE_AWAY))
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    return redirect("rights:data")
