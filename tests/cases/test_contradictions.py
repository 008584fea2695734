"""Facts that contradict each other: whoever gives them hears it in a clear sentence, at once or from the pre-flight."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from tests.api.filings import CY, FACTS, PERSON, make_case

pytestmark = pytest.mark.django_db

TODAY = timezone.now().date()  # nothing below asks for the very day
CHINESE = re.compile(r"[^A-Za-z]*[\u4e00-\u9fff]")


def day(n: int) -> str:
    return (TODAY + timedelta(days=n)).isoformat()


def of(thing: str, **changed: Any) -> dict[str, Any]:
    return {thing: {**FACTS[thing], **changed}}


# What is said, what it is about, and where it is mended.
TABLE: dict[str, tuple[dict[str, Any], str, str]] = {
    "an individual with a business licence": (
        of("subject", kind="individual"), "certificate_of_other_kind", "subject.id_kind"),
    "an enterprise with a passport": (
        of("subject", id_kind="passport", id_number="T12345679"), "certificate_of_other_kind", "subject.id_kind"),
    "an authority with a business licence": (
        of("subject", kind="government"), "certificate_of_other_kind", "subject.id_kind"),
    "an individual who sells": (
        {**of("subject", kind="individual"), **of("site", content=["ecommerce"])},
        "individual_content", "site.content"),
    "a company of abroad": (
        of("subject", registered_in_mainland=False),
        "subject_not_in_mainland", "subject.registered_in_mainland"),
    "a licence that is active and has run out": (
        of("subject", licence_valid_until=day(-30)), "licence_not_active", "subject.licence_status"),
    "a revoked licence that runs on": (
        of("subject", licence_status="revoked", licence_valid_until=day(900)),
        "licence_not_active", "subject.licence_status"),
    "a head of ten years": (of("head", birth_date=day(-3650)), "underage", "head.birth_date"),
    "a head who is born tomorrow": (of("head", birth_date=day(1)), "underage", "head.birth_date"),
    "a passport that ended before its holder was born": (
        of("head", id_valid_until="1979-01-01"), "person_id_expiring", "head.id_valid_until"),
    "a resident ID of another birthday": (
        of("head", nationality="CN", id_kind="resident_id", id_number="110000190001010012"),
        "id_birth_mismatch", "head.birth_date"),
    "a foreigner with a resident ID": (
        of("head", id_kind="resident_id", id_number="110000190001010012", birth_date="1900-01-01"),
        "person_id_kind_not_allowed", "head.id_kind"),
    "two legal representatives": (
        {"manager": {**CY, "is_legal_representative": True}},
        "two_legal_representatives", "manager.is_legal_representative"),
    "no legal representative at all": (
        of("head", is_legal_representative=False), "legal_rep_required", "head.is_legal_representative"),
    "one ID and two names": (
        {"manager": {**CY, "id_number": PERSON["id_number"]}}, "one_id_two_names", "manager.name"),
    "one mobile of two people": (
        {"manager": {**CY, "mobile": PERSON["mobile"]}}, "shared_mobile", "manager.mobile"),
    "one address of two people": (
        {"manager": {**CY, "email": PERSON["email"]}}, "shared_email", "manager.email"),
    "an emergency number that is the own": (
        of("head", emergency_mobile=PERSON["mobile"]), "emergency_is_own", "head.emergency_mobile"),
    "a landline of another province": (
        of("head", landline="010-62345678"), "landline_elsewhere", "head.landline"),
    "a landline that is a mobile": (of("head", landline="13800000005"), "422", "head.landline"),
    "a domain of somebody else": (
        of("domain", owner="other"), "domain_owner_mismatch", "domain.owner"),
    "a domain verified on a day and not verified": (
        of("domain", verified=False), "domain_not_verified", "domain.verified"),
    "a domain verified tomorrow": (
        of("domain", verified_on=day(1)), "domain_verification_too_fresh", "domain.verified_on"),
    "a domain verified after its end": (
        of("domain", verified_on=day(-10), expires_on=day(-20)), "domain_expiring", "domain.expires_on"),
    "a site that answers before it may": (
        of("domain", resolves=True), "domain_resolves", "domain.resolves"),
    "a server abroad": (of("server", location="overseas"), "server_outside_mainland", "server.location"),
    "a server of no month": (
        of("server", prepaid_months=0), "server_term_too_short", "server.prepaid_months"),
    "a server that nobody reaches": (
        of("server", public_ip=False), "server_no_public_ip", "server.public_ip"),
    "news without its approval": (
        of("site", content=["news"], approvals=[]), "pre_approval_missing", "site.approvals"),
    "another province than the certificate's": ({"province": "BJ"}, "province_mismatch", "province"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", pytest.param("zh-hans", marks=pytest.mark.long)])
def test_each_contradiction_is_told_in_a_sentence_at_its_place(as_api, mei, harbour, agency, language):
    case, caller = make_case(harbour, mei), as_api(mei)
    address = f"/cases/{case.reference}"
    calm = told_of(caller.get(f"{address}/findings", Accept_Language=language))
    wrong = []
    for name, (facts, code, place) in TABLE.items():
        cache.clear()
        with transaction.atomic():
            answer = caller.patch(address, facts, Accept_Language=language)
            if answer.status_code == 422:
                told = {("422", one["field"]): one["detail"] for one in answer.json()["errors"]}
            else:
                told = told_of(caller.get(f"{address}/findings", Accept_Language=language))
            transaction.set_rollback(True)
        sentence = told.get((code, place), "")
        if (code, place) in calm or not sentence.endswith(("。", ".")):
            wrong.append(f"{name}: {sorted(set(told) - set(calm))} {sentence}")
        elif bool(CHINESE.match(sentence)) is not (language == "zh-hans"):
            wrong.append(f"{name}: in the wrong language: {sentence}")

    assert wrong == []


def told_of(answer: Any) -> dict[tuple[str, str], str]:
    return {(one["code"], one["place"]): one["reason"] for one in answer.json()["items"]}
