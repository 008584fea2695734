"""The agency settles a paper or a task by word: it does without it, or it is done."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Case, Requirement
from cases.models.requirement import FACE, TASK
from cases.promise import by_its_rules
from cases.services import checklist
from clients.models import User
from clients.refusals import Conflict


def may_waive(requirement: Requirement) -> bool:
    """A paper or step that is neither accepted nor waived; a task in words is done or not."""
    return requirement.kind != TASK and not requirement.is_done


def may_settle(requirement: Requirement) -> bool:
    """What has no paper to accept: a task in words, or the face check without a picture."""
    return requirement.kind in (TASK, FACE) and not requirement.is_done and not requirement.document


@transaction.atomic
@by_its_rules
def waive_paper(requirement: Requirement, *, by: User, note: str, now: datetime | None = None) -> None:
    """The agency does without this paper, and says why."""
    requirement = _locked(requirement, by)
    if not may_waive(requirement):
        raise Conflict(_("This is settled already."), "settled")
    checklist.waive(requirement, by=by, note=note, now=now or timezone.now())


@transaction.atomic
@by_its_rules
def settle_task(requirement: Requirement, *, by: User, now: datetime | None = None) -> None:
    """The agency saw that it is done."""
    requirement = _locked(requirement, by)
    if not may_settle(requirement):
        raise Conflict(_("This is settled already, or it is settled by its paper."), "settled")
    checklist.meet(requirement, by=by, now=now or timezone.now())


def _locked(requirement: Requirement, by: User) -> Requirement:
    """The case first and its papers after, here as everywhere."""
    if not by.standing.is_agency:
        raise PermissionDenied
    case = Case.objects.locked(requirement.case)
    if case.is_ended:
        raise Conflict(_("This case has ended; its papers stay as they are."), "ended")
    return Requirement.objects.select_for_update(of=("self",)).select_related("case").get(pk=requirement.pk)
