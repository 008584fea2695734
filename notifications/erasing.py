"""What is told of an erasure: that somebody asks, that it is refused and why, and the receipt of what went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from cases.models import Case
from clients import sight
from clients.models import AuditEvent
from clients.templatetags.look import day
from notifications import kinds
from notifications.letters import About, Content, NotWanted, address
from trade.keeping import FILING, HELD, PAPERS, TERMS

ANSWERED = ("erasure.granted", "erasure.refused", "erasure.taken_back")


def asked(about: About) -> Content:
    """To administrators, as long as nobody has answered."""
    data = about.notification.data
    with sight.every_client():
        if AuditEvent.objects.filter(kind__in=ANSWERED, data__erasure=data["erasure"]).exists():
            raise NotWanted
    return Content(
        kinds.ERASURE_ASKED,
        {"due": _day(data.get("due", ""))},
        label=_("Open the list"),
        link=address(reverse("rights:erasure-list")),
        why=_("You get this because you are an administrator of the portal."),
    )


def noted(about: About) -> Content:
    """To whoever asked: it may not have been them."""
    return Content(
        kinds.ERASURE_NOTED,
        {"due": _day(about.notification.data.get("due", ""))},
        label=_("Open “My data”"),
        link=address(reverse("rights:data")),
        why=_("You get this because you have a place in the portal."),
    )


def refused(about: About) -> Content:
    return Content(
        kinds.ERASURE_REFUSED,
        note=_event(about).data.get("reason", ""),
        label=_("Open “My data”"),
        link=address(reverse("rights:data")),
        why=_("You get this because you have a place in the portal."),
    )


def receipt(about: About) -> Content:
    """What went, what stays and until when. Nothing of it is kept in the ledger."""
    data = _event(about).data
    return Content(
        kinds.ERASED,
        {"number": str(data.get("erasure", ""))},
        items=[f"· {one}" for one in (*_gone(data), *_kept(data))],
        why=_("You get this because you asked for it. It is the last message to this address."),
    )


def _gone(data: dict[str, Any]) -> Iterator[str]:
    yield _("Gone: your account, your sign-ins, what you wrote, and your name in the history.")
    if n := data.get("filings"):
        words = ngettext(
            "Gone: what %(n)d filing that is over said of you.",
            "Gone: what %(n)d filings that are over said of you.",
            n,
        )
        yield words % {"n": n}
    if n := data.get("papers"):
        words = ngettext(
            "Gone within the hour: %(n)d paper of yours, with a certificate.",
            "Gone within the hour: %(n)d papers of yours, with a certificate each.",
            n,
        )
        yield words % {"n": n}


def _kept(data: dict[str, Any]) -> Iterator[str]:
    with sight.every_client():
        named = {one["case"] for one in data.get("stays", [])}
        sites = dict(Case.everything.filter(reference__in=named).values_list("reference", "domain_name"))
    for one in data.get("stays", []):
        row = TERMS.get(one["rule"])
        yield _("Stays, %(until)s: %(what)s of the filing of %(site)s. %(why)s") % {
            "until": until_words(one["rule"], date.fromisoformat(one["until"]) if one["until"] else None),
            "what": _("facts") if one["kind"] == "facts" else _("papers"),
            "site": sites.get(one["case"]) or one["case"],
            "why": row.plain if row else "",
        }


def until_words(rule: str, until: date | None) -> str:
    """Until when something is kept, in words."""
    if until is not None:
        return _("until %(day)s") % {"day": day(until)}
    return {
        FILING: pgettext("how long it is kept", "until the filing has ended"),
        PAPERS: pgettext("how long it is kept", "until the day that the licence will bring"),
        HELD: pgettext("how long it is kept", "until the legal hold ends"),
    }.get(rule, pgettext("how long it is kept", "without end"))


def _event(about: About) -> AuditEvent:
    with sight.every_client():
        return AuditEvent.objects.get(pk=about.notification.source_id)


def _day(told: str) -> str:
    return day(date.fromisoformat(told)) if told else ""
