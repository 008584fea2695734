"""The kind of filing follows from the facts, and from what the portal knows of the same client; each answer says why.

Earlier filings of the same client are the only ones that are looked at: what another client has filed is neither
asked nor answered.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import facts
from cases.models import Case
from cases.promise import by_its_rules
from cases.services import checklist, history, waiting
from cases.workflow import ISSUED, MoveRefused, Stage
from clients.models import User
from clients.refusals import Conflict, Invalid, error
from trade import kinds
from trade.filing import rule_of

# An earlier filing that took something back shows nothing as filed.
TAKEN_BACK = tuple(
    code for code, kind in kinds.FILING_KINDS.items() if kind.is_cancellation or not kind.filed
)


class Found(NamedTuple):
    """A kind of filing, and what it stands on: a row of the table, and what was said or known before."""

    kind: str
    why: list[dict[str, Any]]


def find_kind(case: Case) -> Found:
    """What the facts come to. What the portal knows goes before a plain no; any other word of people's stands."""
    given = facts.for_rules(case)
    given.pop("filing_kind", None)
    why: list[dict[str, Any]] = []
    for name, known in _known(case).items():
        said = given.get(name, "")
        if said in ("", "no"):
            given[name] = known["value"]
            why.append({"code": f"{name}_known", **known, **({"against": said} if said else {})})
    why += [
        {"code": f"{name}_said", "value": given[name]}
        for name in ("subject_filed", "domain_filed")
        if name in given and not any(one["code"] == f"{name}_known" for one in why)
    ]
    rule = rule_of(given)
    return Found(rule.kind, [{"code": "rule", "rule": rule.code}, *why])


def _known(case: Case) -> dict[str, dict[str, Any]]:
    """Whether this client's earlier filings show the applicant or the domain as filed, and which one does."""
    number, domain = case.subject.id_number_hash, case.domain.name
    same = Q(subject__id_number_hash=number) if number else Q()
    if domain:
        same |= Q(domain_name=domain)
    if not same:
        return {}
    filed: list[Any] = list(
        Case.objects.filter(same, client_id=case.client_id, stage__in=ISSUED)
        .exclude(pk=case.pk)
        .exclude(filing_kind__in=TAKEN_BACK)
        .order_by("-id")
        .values("reference", "provider", "domain_name", number=F("subject__id_number_hash"))
    )
    known: dict[str, dict[str, Any]] = {}
    if of_subject := [one for one in filed if number and one["number"] == number]:
        sites = len({one["domain_name"] for one in of_subject} - {domain})
        known["subject_filed"] = {**_nearest(of_subject, case), "sites": sites}
    if of_domain := [one for one in filed if domain and one["domain_name"] == domain]:
        is_others = bool(number) and all(one["number"] not in ("", number) for one in of_domain)
        known["domain_filed"] = _nearest(of_domain, case)
        if is_others:
            known["domain_filed"]["value"] = "other_subject"
    return known


def _nearest(filed: list[Any], case: Case) -> dict[str, Any]:
    """Filed with the provider of this case where one of them is; while that is not said, elsewhere."""
    here = [one for one in filed if case.provider and one["provider"] == case.provider]
    one = (here or filed)[0]
    return {
        "value": "here" if here else "elsewhere",
        "case": one["reference"],
        "domain": one["domain_name"],
        "provider": one["provider"],
    }


def settle_kind(case: Case, *, now: datetime) -> None:
    """Work the kind out anew, in draft and where nobody has set it by hand; a change leaves an event.

    What was handed in keeps the kind it was handed in as.
    """
    if case.stage != Stage.DRAFT:
        return
    found = find_kind(case)
    before = case.filing_kind
    after = before if case.filing_kind_is_set else found.kind
    if (after, found.why) == (before, case.filing_kind_why):
        return
    case.filing_kind, case.filing_kind_why = after, found.why
    case.save(update_fields=["filing_kind", "filing_kind_why"])
    if after != before:
        history.record(case, "filing_kind.found", by=None, data={"old": before, "new": after}, at=now)


@transaction.atomic
@by_its_rules
def overrule_kind(case: Case, kind: str, *, by: User, note: str, now: datetime | None = None) -> Case:
    """Staff set another kind than the rules find, and say why; an empty one gives the word back to the rules."""
    now = now or timezone.now()
    if not by.standing.is_agency:
        raise PermissionDenied
    case = Case.objects.with_facts().locked(case)
    if case.is_ended:
        raise Conflict(_("This case has ended; its facts stay as they were filed."), "ended")
    if kind and kind not in kinds.FILING_KINDS:
        choices = ", ".join(kinds.FILING_KINDS)
        raise Invalid([error("filing_kind", _("Choose one of these: %(choices)s.") % {"choices": choices})])
    if not kind and case.stage != Stage.DRAFT:
        raise MoveRefused(_("The order is handed in under this kind; set another by hand."), "wrong_stage")
    before, was_set = case.filing_kind, case.filing_kind_is_set
    case.filing_kind_is_set = bool(kind)
    case.filing_kind = kind or before
    case.version += 1
    case.save(update_fields=["filing_kind", "filing_kind_is_set", "version"])
    if kind or was_set:
        data = {"old": before, "new": kind} if kind else {"old": before}
        history.record(
            case, "filing_kind.set" if kind else "filing_kind.cleared", by=by, note=note, data=data, at=now
        )
    return refresh(case, now=now)


@by_its_rules
def refresh(case: Case, *, now: datetime) -> Case:
    """Kind, checklist and whose move it is, as the facts have them now."""
    settle_kind(case, now=now)
    case = Case.objects.with_facts().get(pk=case.pk)
    checklist.sync(case, now=now)
    waiting.refresh(case, now=now)
    return case


def refresh_others(case: Case, *, now: datetime) -> None:
    """A filing was issued or taken back: drafts of the same client's applicant or domain may be another kind now."""
    same = Q(domain_name=case.domain_name)
    if case.subject.id_number_hash:
        same |= Q(subject__id_number_hash=case.subject.id_number_hash)
    drafts = Case.objects.filter(same, client_id=case.client_id, stage=Stage.DRAFT).exclude(pk=case.pk)
    for pk in drafts.order_by("pk").values_list("pk", flat=True):
        refresh(Case.objects.with_facts().locked(Case(pk=pk)), now=now)
