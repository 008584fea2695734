"""Ways along the road, and what was told on it."""

from __future__ import annotations

from django.core import mail
from django.utils import timezone

from cases.models import Case
from cases.services import checklist, phones
from cases.services.moves import move_case
from clients import sight
from notifications import services
from notifications.models import Notification


def to(address: str) -> list:
    """The mails in the outbox to this address."""
    return [one for one in mail.outbox if address in one.to[0]]


def rows(**narrowed) -> list[Notification]:
    with sight.every_client():
        return list(Notification.objects.filter(**narrowed).order_by("id"))


def told() -> None:
    """Relay and send all that is due."""
    services.relay_events()
    services.deliver_due()


def make_ready(case: Case, by) -> Case:
    """All papers accepted, the phone verified."""
    for paper in case.requirements.all():
        if paper.kind != "face_verification":
            checklist.paper_accepted(paper, "D-X", by=by, now=timezone.now())
    asked = phones.ask_code(case, "head", by=by)
    _mobile, code = phones.mint_code(asked.pk)
    phones.confirm_code(case, "head", code, by=by)
    return Case.objects.with_facts().get(pk=case.pk)


WAY = {
    "submit": {},
    "pass_pre_audit": {},
    "finish_photo": {"data": {"photo_way": "app", "done_on": "2026-01-05"}},
    "grant_licence": {"data": {"icp_number": "沪ICP备2026000001号-1", "licensed_on": "2026-01-20"}},
    "file_psb": {"data": {"psb_number": "沪公网安备31000002999901号", "filed_on": "2026-02-01"}},
    "grant_commercial_licence": {"data": {"licence_number": "沪B2-20260001", "granted_on": "2026-03-01"}},
}


def walk(case: Case, *, by, until: str) -> Case:
    """Along the road up to and with this move; nobody is told of what lies before it but by `told`."""
    with sight.every_client():
        case = make_ready(case, by)
        for move, given in WAY.items():
            case = move_case(case, move, by=by, **given)
            if move == until:
                break
    return case
