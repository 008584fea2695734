"""The client says that something without a paper is done; the agency looks."""

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
from cases.workflow import Stage
from clients.models import Role, User
from clients.refusals import Conflict


def may_report(requirement: Requirement) -> bool:
    """A task in words, or the face check where it leaves no picture: in its stage, or failed before."""
    if not requirement.is_open:
        return False
    if requirement.kind == TASK:
        return True
    case = requirement.case
    is_its_time = case.stage == Stage.PHOTO or (case.stage == Stage.DRAFT and requirement.is_asked_in_draft)
    return requirement.kind == FACE and is_its_time and case.photo_way != "curtain"


@transaction.atomic
@by_its_rules
def report_done(requirement: Requirement, *, by: User, now: datetime | None = None) -> None:
    """The contact, or the person it is about, says that it is done."""
    case = Case.objects.with_facts().locked(requirement.case)
    requirement = Requirement.objects.select_for_update(of=("self",)).get(pk=requirement.pk)
    requirement.case = case
    _permit(requirement, by)
    if case.on_hold:
        raise Conflict(_("Your filing is on hold; its tasks wait."), "on_hold")
    if not may_report(requirement):
        raise Conflict(_("This is not waiting for you now."), "settled")
    checklist.report(requirement, by=by, now=now or timezone.now())


def _permit(requirement: Requirement, by: User) -> None:
    case = requirement.case
    role = by.standing.by_client.get(case.client_id)
    is_theirs = role == Role.RESPONSIBLE and requirement.of in case.parts_of(by)
    if not (by.standing.is_agency or role == Role.CONTACT or is_theirs):
        raise PermissionDenied
