"""Filings of Harbour and Lotus, and how they come to stand where a test wants them."""

from __future__ import annotations

import copy
from typing import Any

from django.utils import timezone

from cases.models import Case, RequirementState
from cases.services import phones
from cases.services.moves import move_case
from cases.services.opening import open_case
from clients import sight
from clients.models import Client, User
from clients.templatetags import look

PERSON = {
    "is_legal_representative": True,
    "name": "Ada Winter",
    "nationality": "GB",
    "id_kind": "passport",
    "id_number": "T12345678",
    "id_valid_until": "2031-05-01",
    "birth_date": "1980-01-01",
    "email": "ann@harbour.example",
    "mobile": "13800000001",
    "landline": "021-55550100",
    "address": "1 Sample Road, Shanghai",
}
# Somebody else, who looks after the site.
CY = {
    **PERSON,
    "is_legal_representative": False,
    "name": "Cy Sample",
    "id_number": "T87654321",
    "email": "cy@harbour.example",
    "mobile": "13800000003",
}
FACTS: dict[str, Any] = {
    "provider": "aliyun",
    "province": "SH",
    "filing_kind": "first",
    "service": "website",
    "platform_email": "filing@harbour.example",
    "subject": {
        "kind": "enterprise",
        "name": "Harbour Example Trading (Shanghai) Co., Ltd.",
        "name_zh": "港湾示例贸易（上海）有限公司",
        "id_kind": "business_licence",
        "id_number": "91310000MATE5T017D",
        "certificate_address": "上海市示例区样本路1号200室",
        "contact_address": "上海市示例区样本路1号200室",
        "registered_in_mainland": True,
        "licence_status": "active",
    },
    "head": PERSON,
    "domain": {
        "name": "harbour.example",
        "owner": "subject",
        "registrar": "provider",
        "verified": True,
        "verified_on": "2026-01-05",
        "expires_on": "2029-01-01",
        "resolves": False,
    },
    "server": {
        "service_number": "0000aaaa-1111-bbbb-2222",
        "instance": "i-0000",
        "location": "mainland",
        "prepaid_months": 12,
        "public_ip": True,
    },
    "site": {"name": "港湾示例贸易", "languages": ["zh", "en"], "content": ["company"], "revenue": True},
}
NUMBERS = ("T12345678", "91310000MATE5T017D", "T98765432")
STAGES = (
    "draft",
    "provider_pre_audit",
    "photo",
    "miit_review",
    "licensed",
    "psb_filed",
    "commercial_licensed",
)


def today() -> str:
    """Beijing's day as it is asked: midnight there is in the middle of an afternoon of tests."""
    return look.today().isoformat()


def road() -> list[tuple[str, dict[str, Any]]]:
    """Every move along the way, with what it takes, all of today."""
    day = today()
    return [
        ("submit", {}),
        ("pass_pre_audit", {}),
        ("finish_photo", {"photo_way": "app", "done_on": day}),
        ("grant_licence", {"icp_number": "沪ICP备2026000001号-1", "licensed_on": day}),
        ("file_psb", {"psb_number": "沪公网安备31000002999901号", "filed_on": day}),
        ("grant_commercial_licence", {"licence_number": "沪B2-20260001", "granted_on": day}),
    ]


def facts(**changes: Any) -> dict[str, Any]:
    """Everything that handing in asks for, with these objects or values instead."""
    return {**copy.deepcopy(FACTS), **changes}


def make_case(client: Client, by: User, name: str = "harbour.example", **changes: Any) -> Case:
    with sight.every_client():
        return open_case(
            client, by=by, given=facts(**{"domain": {**FACTS["domain"], "name": name}, **changes})
        )


def get_ready(case: Case) -> None:
    """All papers accepted and all phones answered, as if long ago."""
    with sight.every_client():
        case.requirements.exclude(kind="face_verification").update(state=RequirementState.ACCEPTED)
        case.people.update(mobile_verified_at=timezone.now())


def drive(case: Case, stage: str, by: User) -> Case:
    """Along the road to this stage, from where it stands; out of it for the two ends."""
    with sight.every_client():
        get_ready(case)
        end = {"withdrawn": "withdraw", "cancelled": "cancel"}.get(stage)
        goal = {"withdrawn": "draft", "cancelled": "licensed"}.get(stage, stage)
        stands = Case.objects.values_list("stage", flat=True).get(pk=case.pk)
        for move, data in road()[STAGES.index(stands) : STAGES.index(goal)]:
            case = move_case(case, move, by=by, data=data)
        if end:
            case = move_case(case, end, by=by, note="No longer wanted.")
        return Case.objects.with_facts().get(pk=case.pk)


def lotus_facts() -> dict[str, Any]:
    """What tells the neighbour's filing from ours."""
    person = {**PERSON, "id_number": "T98765432", "mobile": "13900000002", "email": "lee@lotus.example"}
    return {"head": person, "name": "lotus.example"}


def ask_and_read_code(case: Case, part: str = "head") -> str:
    """The code that the newest asking would send; the sender makes it at this moment."""
    with sight.every_client():
        asked = case.phone_verifications.order_by("-id").first()
        return phones.mint_code(asked.pk)[1]
