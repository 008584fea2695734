"""The pre-flight: each check finds what it is for, and lets a right filing be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cases import facts as case_facts
from trade import checks
from trade.checks import CHECKS, Contact, Draft, Paper, judge
from trade.eligibility import OBSTACLES
from trade.facts import read

DAY = date(2026, 11, 25)
HEAD = {
    "is_legal_representative": True,
    "nationality": "CN",
    "id_kind": "resident_id",
    "id_number": "hash of the head",
    "id_province": "SH",
    "id_valid_until": "2031-05-01",
    "birth_date": "1980-01-01",
    "mobile": "13800000001",
}
MANAGER = {
    **HEAD,
    "is_legal_representative": False,
    "id_number": "hash of the manager",
    "mobile": "13800000002",
}
FACTS: dict[str, Any] = {
    "on": DAY,
    "filing_kind": "first",
    "service": "website",
    "province": "SH",
    "subject_kind": "enterprise",
    "registered_in_mainland": True,
    "licence_status": "active",
    "licence_province": "SH",
    "head": HEAD,
    "manager": MANAGER,
    "domain": {
        "name": "harbour.example",
        "owner": "subject",
        "registrar": "provider",
        "verified": True,
        "verified_on": "2026-01-05",
        "expires_on": "2029-01-01",
        "resolves": False,
    },
    "server": {"location": "mainland", "prepaid_months": 12, "public_ip": True},
    "site": {"name": "港湾示例贸易", "content": ["company"], "revenue": False},
}
ANN = Contact(
    part="head",
    name="安示例",
    id_kind="resident_id",
    id_hash="hash of the head",
    born=date(1980, 1, 1),
    born_by_id=date(1980, 1, 1),
    email="ann@harbour.example",
    mobile="13800000001",
    landline="021-55550100",
    emergency_mobile="13800000009",
    is_verified=True,
)
CY = replace(
    ANN,
    part="manager",
    name="赛示例",
    id_hash="hash of the manager",
    email="cy@harbour.example",
    mobile="13800000002",
)


def facts(**changes: Any) -> Any:
    """The right facts, with these instead; of an object only what is named."""
    given = {**FACTS}
    for name, value in changes.items():
        whole = isinstance(value, dict) and isinstance(given.get(name), dict)
        given[name] = {**given[name], **value} if whole else value
    return read({name: value for name, value in given.items() if value is not None})


def draft(*, head: dict | None = None, manager: dict | None = None, **changes: Any) -> Draft:
    """A right filing; `facts` as changes of them, the rest as fields of the draft and of its two contacts."""
    base = Draft(
        facts=facts(**changes.pop("facts", {})),
        people=(replace(ANN, **head or {}), replace(CY, **manager or {})),
        name_zh="港湾示例贸易（上海）有限公司",
        id_kind="business_licence",
        id_hash="hash of the licence",
        contact_address="上海市示例区样本路1号200室",
    )
    return replace(base, **changes)


def alone(**changes: Any) -> Draft:
    """The head is the manager too."""
    one = draft(**{**changes, "facts": {"manager": None, **changes.get("facts", {})}})
    return replace(one, people=one.people[:1])


INDIVIDUAL = {"subject_kind": "individual", "registered_in_mainland": None, "licence_status": None} | {
    "licence_province": None,
    "manager": None,
    "site": {"name": "安的山水随笔", "content": ["personal"]},
}


def individual(**changes: Any) -> Draft:
    return alone(
        facts={**INDIVIDUAL, **changes.pop("facts", {})},
        id_kind="resident_id",
        id_hash="hash of the head",
        **changes,
    )


# code → (a filing with it, where it is, whether it blocks; a filing that is near it and right)
TABLE: dict[str, tuple[Draft, str, str, Draft]] = {
    "server_outside_mainland": (
        draft(facts={"server": {"location": "hong_kong"}}),
        "server.location",
        "blocks",
        draft(facts={"server": {"location": "mainland"}}),
    ),
    "subject_not_in_mainland": (
        draft(facts={"registered_in_mainland": False}),
        "subject.registered_in_mainland",
        "blocks",
        individual(facts={"registered_in_mainland": False}),
    ),
    "licence_not_active": (
        draft(facts={"licence_status": "abnormal"}),
        "subject.licence_status",
        "blocks",
        draft(facts={"licence_valid_until": "2026-11-25"}),
    ),
    "province_mismatch": (
        draft(facts={"licence_province": "ZJ"}),
        "province",
        "warns",
        draft(facts={"licence_province": None}),
    ),
    "individual_foreigner_not_accepted": (
        individual(
            facts={
                "province": "HE",
                "head": {"id_kind": "passport", "nationality": "GB", "residence_permit": {"province": "HE"}},
            }
        ),
        "head.id_kind",
        "blocks",
        individual(
            facts={
                "head": {"id_kind": "passport", "nationality": "GB", "residence_permit": {"province": "SH"}}
            }
        ),
    ),
    "individual_out_of_province": (
        individual(facts={"province": "SX", "head": {"id_province": "SH"}}),
        "province",
        "blocks",
        individual(facts={"head": {"id_province": "ZJ", "residence_permit": {"province": "SH"}}}),
    ),
    "underage": (
        draft(facts={"manager": {"birth_date": "2008-11-26"}}),
        "manager.birth_date",
        "blocks",
        draft(facts={"manager": {"birth_date": "2008-11-25"}}),
    ),
    "person_id_kind_not_allowed": (
        draft(facts={"head": {"id_kind": "passport", "nationality": "HK"}}),
        "head.id_kind",
        "blocks",
        draft(facts={"head": {"id_kind": "passport", "nationality": "GB"}}),
    ),
    "person_id_expiring": (
        draft(facts={"manager": {"id_valid_until": "2027-02-25"}}),
        "manager.id_valid_until",
        "blocks",
        draft(facts={"manager": {"id_valid_until": "2027-02-26"}}),
    ),
    "legal_rep_required": (
        draft(facts={"head": {"is_legal_representative": False}}),
        "head.is_legal_representative",
        "blocks",
        draft(facts={"province": "SC", "licence_province": "SC", "head": {"is_legal_representative": False}}),
    ),
    "mainland_person_required": (
        draft(
            facts={
                "province": "SD",
                "licence_province": "SD",
                "head": {"id_kind": "passport", "nationality": "GB"},
            }
        ),
        "head.id_kind",
        "blocks",
        draft(facts={"head": {"id_kind": "passport", "nationality": "GB"}}),
    ),
    "manager_must_be_head": (
        draft(facts={"province": "AH", "licence_province": "AH", "head": {"is_legal_representative": False}}),
        "manager.name",
        "blocks",
        alone(facts={"province": "AH", "licence_province": "AH", "head": {"is_legal_representative": False}}),
    ),
    "mainland_mobile_required": (
        draft(facts={"manager": {"mobile": "85291234567"}}),
        "manager.mobile",
        "blocks",
        draft(facts={"manager": {"mobile": "13900000002"}}),
    ),
    "mobile_not_local": (
        alone(facts={"province": "JS", "licence_province": "JS", "head": {"mobile_province": "SH"}}),
        "head.mobile",
        "blocks",
        alone(facts={"province": "JS", "licence_province": "JS", "head": {"mobile_province": "JS"}}),
    ),
    "domain_owner_mismatch": (
        draft(facts={"domain": {"owner": "other"}}),
        "domain.owner",
        "blocks",
        draft(facts={"domain": {"owner": "legal_representative"}}),
    ),
    "domain_not_verified": (
        draft(facts={"domain": {"verified": False}}),
        "domain.verified",
        "blocks",
        draft(facts={"domain": {"verified": None}}),
    ),
    "domain_verification_too_fresh": (
        draft(facts={"domain": {"verified_on": "2026-11-23"}}),
        "domain.verified_on",
        "blocks",
        draft(facts={"domain": {"verified_on": "2026-11-20"}}),
    ),
    "domain_registrar_not_approved": (
        draft(facts={"domain": {"registrar": "other", "registrar_approved": False}}),
        "domain.registrar",
        "blocks",
        draft(facts={"domain": {"registrar": "other", "registrar_approved": True}}),
    ),
    "domain_tld_not_approved": (
        draft(facts={"domain": {"tld_approved": False}}),
        "domain.name",
        "blocks",
        draft(facts={"domain": {"tld_approved": True}}),
    ),
    "domain_expiring": (
        draft(facts={"domain": {"expires_on": "2027-02-25"}}),
        "domain.expires_on",
        "blocks",
        draft(facts={"domain": {"expires_on": "2027-02-26"}}),
    ),
    "domain_resolves": (
        draft(facts={"domain": {"resolves": True}}),
        "domain.resolves",
        "blocks",
        draft(facts={"filing_kind": "add_access", "domain": {"resolves": True}}),
    ),
    "domain_filed_by_other": (
        draft(facts={"filing_kind": "blocked"}),
        "filing_kind",
        "blocks",
        draft(facts={"filing_kind": "add_service"}),
    ),
    "server_term_too_short": (
        draft(facts={"server": {"prepaid_months": 2}}),
        "server.prepaid_months",
        "blocks",
        draft(facts={"server": {"prepaid_months": 3}}),
    ),
    "server_no_public_ip": (
        draft(facts={"server": {"public_ip": False}}),
        "server.public_ip",
        "blocks",
        draft(facts={"server": {"public_ip": None}}),
    ),
    "service_quota_used_up": (
        draft(same_instance=("a.example", "b.example", "c.example", "d.example", "e.example")),
        "server.instance",
        "warns",
        draft(same_instance=("a.example", "b.example", "c.example", "d.example")),
    ),
    "order_in_progress": (
        draft(same_subject=("second.example",)),
        "subject.id_number",
        "warns",
        draft(same_domain=()),
    ),
    "individual_content": (
        individual(facts={"site": {"name": "安的山水随笔", "content": ["shop"]}}),
        "site.content",
        "blocks",
        individual(),
    ),
    "pre_approval_missing": (
        draft(facts={"site": {"content": ["news"]}}),
        "site.approvals",
        "blocks",
        draft(facts={"site": {"content": ["news"], "approvals": ["news"]}}),
    ),
    "site_name_not_allowed": (
        draft(facts={"site": {"name": "中国港湾示例"}}),
        "site.name",
        "blocks",
        draft(
            facts={"subject_kind": "government", "site": {"name": "中国港湾示例"}},
            id_kind="organisation_certificate",
        ),
    ),
    "shared_mobile": (
        draft(manager={"mobile": "13800000001"}),
        "manager.mobile",
        "warns",
        alone(),
    ),
    "shared_email": (
        draft(manager={"email": "ann@harbour.example"}),
        "manager.email",
        "warns",
        draft(
            facts={"manager": {"id_number": "hash of the head"}},
            manager={"email": "ann@harbour.example", "id_hash": "hash of the head", "name": "安示例"},
        ),
    ),
    "emergency_is_own": (
        draft(manager={"emergency_mobile": "13800000002"}),
        "manager.emergency_mobile",
        "blocks",
        draft(manager={"emergency_mobile": ""}),
    ),
    "emergency_is_others": (
        draft(manager={"emergency_mobile": "13800000001"}),
        "manager.emergency_mobile",
        "warns",
        draft(manager={"emergency_mobile": "13800000008"}),
    ),
    "emergency_missing": (
        draft(facts={"province": "BJ", "licence_province": "BJ"}, head={"emergency_mobile": ""}),
        "head.emergency_mobile",
        "warns",
        draft(head={"emergency_mobile": ""}),
    ),
    "landline_elsewhere": (
        draft(manager={"landline": "010-62345678"}),
        "manager.landline",
        "warns",
        draft(manager={"landline": ""}),
    ),
    "landline_is_mobile": (
        draft(facts={"province": "LN", "licence_province": "LN"}, head={"landline": "138-0000-0001"}),
        "head.landline",
        "warns",
        draft(head={"landline": "138-0000-0001"}),
    ),
    "virtual_mobile": (
        draft(head={"mobile": "17000000001"}),
        "head.mobile",
        "warns",
        draft(head={"mobile": "13800000007"}),
    ),
    "phone_unverified": (
        draft(manager={"is_verified": False}),
        "manager.mobile",
        "blocks",
        draft(manager={"is_verified": False, "mobile": ""}),
    ),
    "id_birth_mismatch": (
        draft(head={"born": date(1980, 1, 2)}),
        "head.birth_date",
        "warns",
        draft(head={"born_by_id": None}),
    ),
    "one_id_two_names": (
        draft(facts={"manager": {"id_number": "hash of the head"}}, manager={"id_hash": "hash of the head"}),
        "manager.name",
        "warns",
        draft(
            facts={"manager": {"id_number": "hash of the head"}},
            manager={"id_hash": "hash of the head", "name": "安示例"},
        ),
    ),
    "two_legal_representatives": (
        draft(facts={"manager": {"is_legal_representative": True}}),
        "manager.is_legal_representative",
        "warns",
        draft(facts={"manager": {"is_legal_representative": True, "id_number": "hash of the head"}}),
    ),
    "individual_not_head": (
        replace(individual(), id_hash="hash of another"),
        "head.id_number",
        "warns",
        draft(),
    ),
    "person_name_not_chinese": (
        draft(manager={"name": "Cy Sample"}),
        "manager.name",
        "warns",
        draft(manager={"name": "Cy Sample", "id_kind": "passport"}),
    ),
    "subject_name_not_chinese": (
        draft(name_zh="Harbour Trading"),
        "subject.name_zh",
        "warns",
        draft(name_zh=""),
    ),
    "person_elsewhere": (
        draft(manager={"named_by": ("lotus.example",)}),
        "manager.id_number",
        "warns",
        individual(head={"named_by": ("lotus.example",)}),
    ),
    "mobile_elsewhere": (
        draft(manager={"rung_by": ("lotus.example",)}),
        "manager.mobile",
        "warns",
        draft(manager={"rung_by": ("lotus.example",), "named_by": ("lotus.example",)}),
    ),
    "contact_address_incomplete": (
        draft(contact_address="上海市市辖区样本路1号"),
        "subject.contact_address",
        "warns",
        draft(contact_address="上海市示例区样本路十号"),
    ),
    "contact_address_elsewhere": (
        draft(contact_address="中国北京市示例区样本路1号"),
        "subject.contact_address",
        "warns",
        draft(contact_address="北京路1号"),
    ),
    "licence_expiring": (
        draft(facts={"licence_valid_until": "2027-02-25"}),
        "subject.licence_valid_until",
        "warns",
        draft(facts={"licence_valid_until": "2027-02-26"}),
    ),
    "certificate_of_other_kind": (
        draft(id_kind="organisation_certificate"),
        "subject.id_kind",
        "warns",
        individual(),
    ),
    "subject_number_odd": (
        draft(number_is_odd=True),
        "subject.id_number",
        "warns",
        draft(id_hash=""),
    ),
    "domain_twice": (
        draft(same_domain=("harbour.example",)),
        "domain.name",
        "warns",
        draft(same_subject=()),
    ),
    "service_number_taken": (
        draft(same_service_number=("second.example",)),
        "server.service_number",
        "warns",
        draft(same_instance=("second.example",)),
    ),
    "scope_needs_pre_approval": (
        draft(facts={"site": {"name": "港湾示例金融"}}),
        "site.content",
        "warns",
        draft(facts={"site": {"name": "港湾示例金融", "scope_hits": ["finance"]}}),
    ),
    "site_name_unrelated": (
        draft(facts={"site": {"name": "莲花香茗"}}),
        "site.name",
        "warns",
        draft(facts={"site": {"name": "莲花港湾"}}),
    ),
    "content_without_note": (
        draft(facts={"site": {"content": ["other"]}}),
        "site.note",
        "warns",
        draft(facts={"site": {"content": ["other"]}}, note="船模爱好者的图片"),
    ),
    "nothing_to_file": (
        draft(facts={"filing_kind": "none"}),
        "filing_kind",
        "blocks",
        draft(facts={"filing_kind": "change_access"}),
    ),
    "facts_missing": (
        draft(missing={"head": ("head.name", "head.mobile")}),
        "head",
        "blocks",
        draft(missing={}),
    ),
    "paper_missing": (
        draft(papers=(Paper("R-1", "to_do"),)),
        "R-1",
        "blocks",
        draft(papers=(Paper("R-1", "sent"),)),
    ),
    "paper_to_review": (
        draft(papers=(Paper("R-1", "sent"),)),
        "R-1",
        "blocks",
        draft(papers=(Paper("R-1", "redo"),)),
    ),
    "paper_returned": (
        draft(papers=(Paper("R-1", "redo"),)),
        "R-1",
        "blocks",
        draft(papers=(Paper("R-1", "to_do"),)),
    ),
    "form_outdated": (
        draft(papers=(Paper("R-1", "accepted"),), outdated={"R-1": "K7P3-9Q2X"}),
        "R-1",
        "warns",
        draft(papers=(Paper("R-1", "accepted"),)),
    ),
    "task_open": (draft(tasks=("R-2",)), "R-2", "warns", draft()),
    "fact_reopened": (draft(reopened=("site.name",)), "site.name", "warns", draft()),
}


def codes(one: Draft) -> set[str]:
    return {found.code for found in judge(one)}


def test_every_check_has_a_true_and_a_false_case():
    assert set(TABLE) == {code for code, check in CHECKS.items() if check.who != "whole"}
    assert len(TABLE) >= 25


@pytest.mark.parametrize("code", TABLE)
def test_a_check_finds_what_it_is_for_at_its_place(code):
    wrong, place, severity, _right = TABLE[code]

    found = [(one.place, one.severity) for one in judge(wrong) if one.code == code]

    assert found == [(place, severity)]


@pytest.mark.parametrize("code", TABLE)
def test_a_check_lets_what_is_near_it_be(code):
    assert code not in codes(TABLE[code][3])


@pytest.mark.parametrize(
    "right", [draft(), alone(), individual()], ids=["organisation", "one person", "individual"]
)
def test_a_right_filing_has_no_finding(right):
    assert judge(right) == []


# ── What could not be looked up only warns ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("code", "unknown"),
    [
        ("domain_resolves", draft(facts={"domain": {"resolves": None}})),
        ("domain_registrar_not_approved", draft(facts={"domain": {"registrar": "other"}})),
        ("mobile_not_local", alone(facts={"province": "JS", "licence_province": "JS"})),
        (
            "legal_rep_required",
            draft(
                facts={"province": "SD", "licence_province": "SD", "head": {"is_legal_representative": False}}
            ),
        ),
        ("individual_out_of_province", individual(facts={"head": {"id_province": "ZJ"}})),
        (
            "individual_foreigner_not_accepted",
            individual(facts={"head": {"id_kind": "passport", "nationality": "GB"}}),
        ),
    ],
)
def test_what_could_not_be_looked_up_only_warns_and_says_so(code, unknown):
    (found,) = [one for one in judge(unknown) if one.code == code]

    assert found.severity == "warns"
    assert CHECKS[code].sentence(found.severity) == CHECKS[code].unsure != OBSTACLES[code].sentence


def test_a_rule_of_a_bureau_that_is_not_confirmed_only_warns():
    beijing = {"province": "BJ", "licence_province": "BJ", "head": {"is_legal_representative": False}}

    found = {one.code: one.severity for one in judge(draft(facts=beijing))}

    assert found["legal_rep_required"] == "warns"


# ── The rows ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_obstacles_of_eligibility_are_reused_and_not_repeated():
    assert set(OBSTACLES) <= set(CHECKS)
    for code, check in CHECKS.items():
        assert (check.reason is None) == (code in OBSTACLES), code


def test_a_row_speaks_both_languages_and_names_facts_that_there_are():
    known = {"person." + name for name in case_facts.PERSON}
    for thing, fields in case_facts.FACTS.items():
        known |= {name if thing == "case" else f"{thing}.{name}" for name in fields}
    for code, check in CHECKS.items():
        for severity in ("blocks", "warns"):
            words = check.sentence(severity)
            assert words.en.endswith(".") and words.zh.endswith("。"), code
        assert check.fix.en.endswith(".") and check.fix.zh.endswith("。"), code
        assert check.grounds.endswith("."), code
        assert set(check.fields) <= known, code


def test_what_only_warns_by_the_contract_never_blocks():
    """Programs hand in what the contract asks for: these may be empty, shared or not looked up."""
    given = {"licence_valid_until": None, "domain": {"resolves": None}}
    bare = draft(
        facts=given, head={"emergency_mobile": ""}, manager={"mobile": "13800000001", "emergency_mobile": ""}
    )

    assert {one.severity for one in judge(bare)} == {"warns"}


def test_collisions_keep_no_case_in_draft():
    assert {check.severity for check in CHECKS.values() if check.who == "whole"} == {"warns"}
    assert not {code for code in checks.LOOKINGS if code.startswith("collision")}
