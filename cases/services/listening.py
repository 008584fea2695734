"""What clients say was written to them: taken down without codes, confirmed by a move, or put aside."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Audience, Case, Proposal, ProposalState
from cases.promise import by_its_rules
from cases.reading import CONFIRMING
from cases.services import history
from clients.models import User
from clients.refusals import Conflict, Invalid, TooMany, error
from trade.results import read_result, redacted

AN_HOUR = 10  # messages of one person
AT_ONCE = 5  # that wait to be looked at in one case


@transaction.atomic
@by_its_rules
def report_message(case: Case, text: str, *, by: User, now: datetime | None = None) -> Proposal:
    """A client's person pastes what only they received. It moves nothing; of a code only that it came is kept.

    Raises `Invalid` for a message in which no result is found: of that nothing is kept.
    """
    now = now or timezone.now()
    result = read_result(text)
    if by.standing.is_agency:
        raise PermissionDenied
    if result.meaning == "other":
        words = _(
            "We find no result of a filing in this message, so nothing was kept. Is it about your filing all "
            "the same? Then write it to your agency."
        )
        raise Invalid([error("text", words, "no_result")])
    case = Case.objects.locked(case)
    if case.is_ended:
        raise Conflict(_("This filing has ended."), "ended")
    kept = "" if result.meaning == "code" else redacted(text)
    waiting = list(case.proposals.filter(state=ProposalState.OPEN))
    for one in waiting:
        if (one.meaning, one.text) == (result.meaning, kept):
            return one  # sent twice, told once
    if len(waiting) >= AT_ONCE:
        raise Conflict(_("Your agency has several messages of yours to look at already."), "enough")
    if Proposal.objects.filter(by=by, at__gt=now - timedelta(hours=1)).count() >= AN_HOUR:
        raise TooMany(_("That was much for one hour. Try again a little later."), wait=3600)
    proposal = Proposal.objects.create(
        case=case, client_id=case.client_id, meaning=result.meaning, text=kept, by=by, at=now
    )
    Case.objects.filter(pk=case.pk).update(open_proposals=len(waiting) + 1)
    history.record(case, "result.reported", by=by, data={"says": result.meaning}, at=now)
    return proposal


@transaction.atomic
@by_its_rules
def put_aside(proposal: Proposal, *, by: User, now: datetime | None = None) -> None:
    """Somebody of the agency looked at it, and it is not so, or nothing follows from it."""
    if not by.standing.is_agency:
        raise PermissionDenied
    now = now or timezone.now()
    case = Case.objects.locked(proposal.case)
    if not _settle(case, [proposal.pk], ProposalState.DISMISSED, by, now):
        raise Conflict(_("This is settled already."), "settled")
    _tell(case, "result.dismissed", proposal, by, now)


def settle_by_move(case: Case, move: str, *, by: User, now: datetime) -> None:
    """The case was moved: what spoke of this move is confirmed, the rest speaks of a stage that is left."""
    if not case.open_proposals:
        return
    waiting = list(case.proposals.filter(state=ProposalState.OPEN))
    meant = [one for one in waiting if move in CONFIRMING.get(one.meaning, ())]
    _settle(case, [one.pk for one in meant], ProposalState.CONFIRMED, by, now)
    _settle(case, [one.pk for one in waiting if one not in meant], ProposalState.DISMISSED, by, now)
    for one in meant:
        _tell(case, "result.confirmed", one, by, now)


def _settle(case: Case, pks: list[int], state: str, by: User, now: datetime) -> int:
    """In the transaction that holds the case; how many were open until now."""
    settled = case.proposals.filter(pk__in=pks, state=ProposalState.OPEN).update(
        state=state, settled_by=by, settled_at=now
    )
    left = case.proposals.filter(state=ProposalState.OPEN).count()
    Case.objects.filter(pk=case.pk).update(open_proposals=left)
    return settled


def _tell(case: Case, kind: str, proposal: Proposal, by: User, now: datetime) -> None:
    data = {"says": proposal.meaning}
    history.record(case, kind, by=by, data=data, audience=Audience.INTERNAL, at=now)
