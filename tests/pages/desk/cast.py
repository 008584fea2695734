"""Cases at every stop, made by the services."""

from __future__ import annotations

from django.utils import timezone

from cases.models import Case, RequirementState
from cases.services import checklist, phones
from cases.services.moves import move_case
from cases.services.opening import open_case
from clients import sight
from tests.cases.test_road import FACTS


def opened(client, by, **more) -> Case:
    """A case with all its facts."""
    domain = {**FACTS["domain"], "name": more.pop("domain", "harbour.example")}
    with sight.every_client():
        return open_case(client, by=by, given={**FACTS, "domain": domain, **more})


def ready(case: Case, by) -> Case:
    """Every paper accepted but the last, which is by the service, as is the answer of the mobile."""
    with sight.every_client():
        papers = case.requirements.exclude(kind="face_verification")
        last = papers.last()
        papers.exclude(pk=last.pk).update(state=RequirementState.ACCEPTED)
        checklist.paper_accepted(last, "", by=by, now=timezone.now())
        asked = phones.ask_code(case, "head", by=by)
        _mobile, code = phones.mint_code(asked.pk)
        phones.confirm_code(case, "head", code, by=by)
        return Case.objects.with_facts().get(pk=case.pk)


def moved(case: Case, by, *moves) -> Case:
    """Walks these moves, with what each must be told."""
    today = timezone.now().date().isoformat()
    data = {
        "finish_photo": {"photo_way": "app", "done_on": today},
        "grant_licence": {"icp_number": "沪ICP备2026000001号-1", "licensed_on": today},
        "file_psb": {"psb_number": "沪公网安备31010102000001号", "filed_on": today},
        "hold": {"until": "2099-01-01"},
    }
    reasons = {"return_for_changes": [{"code": "id_unclear", "requirements": [], "note": "Blurred"}]}
    with sight.every_client():
        for move in moves:
            case = move_case(
                case,
                move,
                by=by,
                data=data.get(move),
                reasons=reasons.get(move),
                note="As agreed" if move in ("hold", "withdraw") else "",
            )
        return case
