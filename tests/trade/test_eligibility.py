"""Whether a filing can begin, and what to do instead."""

from __future__ import annotations

import pytest

from trade import Refused, names
from trade.eligibility import OBSTACLES, judge

ON = "2026-11-24"
SOON, LATER = "2027-02-24", "2027-02-25"


def company(**facts):
    return {"on": ON, "subject_kind": "enterprise", "province": "SH", **facts}


def person(head=None, **facts):
    return {"on": ON, "subject_kind": "individual", "province": "SH", "head": head or {}, **facts}


def local(province, **more):
    return {"id_kind": "resident_id", "id_province": province, **more}


TABLE = [
    ({}, "", None),
    (company(), "", None),
    (person(), "", None),
    (company(server={"location": "mainland"}), "", None),
    (company(server={"location": "hong_kong"}), "server_outside_mainland", "no_filing_needed"),
    (company(server={"location": "overseas"}), "server_outside_mainland", "no_filing_needed"),
    (company(registered_in_mainland=False), "subject_not_in_mainland", "hong_kong_hosting"),
    (person(registered_in_mainland=False), "", None),
    (company(licence_status="abnormal"), "licence_not_active", None),
    (company(licence_valid_until="2026-11-23"), "licence_not_active", None),
    (company(licence_valid_until=ON), "", None),
    (company(licence_province="JS"), "province_mismatch", "file_in_home_province"),
    (company(licence_province="SH"), "", None),
    (person({"id_kind": "passport"}), "individual_foreigner_not_accepted", "hong_kong_hosting"),
    (
        person({"id_kind": "passport", "residence_permit": {"province": "SH", "valid_until": "2027-12-01"}}),
        "",
        None,
    ),
    (
        person({"id_kind": "passport", "residence_permit": {"province": "HE"}}, province="HE"),
        "individual_foreigner_not_accepted",
        "hong_kong_hosting",
    ),
    (
        person({"id_kind": "passport", "residence_permit": {"valid_until": "2026-11-01"}}),
        "individual_foreigner_not_accepted",
        "hong_kong_hosting",
    ),
    (person(local("JS")), "individual_out_of_province", "file_in_home_province"),
    (person(local("SH")), "", None),
    (person(local("JS", residence_permit={"province": "SH"})), "", None),
    (
        person(local("JS", residence_permit={"province": "ZJ"})),
        "individual_out_of_province",
        "file_in_home_province",
    ),
    (
        person(local("JS", residence_permit={"province": "SH", "valid_until": "2026-12-10"})),
        "individual_out_of_province",
        "file_in_home_province",
    ),
    (person(local("JS", study_or_work_proof=True)), "individual_out_of_province", "file_in_home_province"),
    (person(local("JS", study_or_work_proof=True), province="SD"), "", None),
    (person(local("JS"), province="SD"), "individual_out_of_province", "file_in_home_province"),
    (
        person(local("JS", residence_permit={"province": "QH"}), province="QH"),
        "individual_out_of_province",
        "file_in_home_province",
    ),
    (person(local("JS"), province="LN"), "", None),
    (company(head=local("JS")), "", None),
    (company(head={"birth_date": "2008-11-25"}), "underage", None),
    (company(head={"birth_date": "2008-11-24"}), "", None),
    (company(manager={"birth_date": "2010-01-01"}), "underage", None),
    (person({"birth_date": "2010-01-01"}), "underage", None),
    (person({"birth_date": "2010-01-01"}, province="GD"), "", None),
    (person({"birth_date": "2010-01-01"}, province="SD"), "underage", None),
    (person({"birth_date": "2009-11-24"}, province="SD"), "", None),
    (person({"birth_date": "2010-01-01", "income_proof": False}, province="JS"), "underage", None),
    (company(head={"id_kind": "passport", "nationality": "HK"}), "person_id_kind_not_allowed", None),
    (company(head={"id_kind": "passport", "nationality": "DE"}), "", None),
    (company(head={"id_kind": "resident_id", "nationality": "DE"}), "person_id_kind_not_allowed", None),
    (company(manager={"id_kind": "temporary_id"}), "person_id_kind_not_allowed", None),
    (company(head={"id_valid_until": SOON}), "person_id_expiring", None),
    (company(head={"id_valid_until": LATER}), "", None),
    (company(on="2026-11-30", head={"id_valid_until": "2027-02-28"}), "person_id_expiring", None),
    (company(on="2026-11-30", head={"id_valid_until": "2027-03-01"}), "", None),
    (company(head={"is_legal_representative": False}), "legal_rep_required", None),
    (company(head={"is_legal_representative": False}, province="SC"), "", None),
    (person({"is_legal_representative": False}), "", None),
    (
        company(
            province="HE",
            head={"is_legal_representative": False, "id_kind": "resident_id"},
            legal_representative_id_kind="passport",
        ),
        "",
        None,
    ),
    (
        company(province="HE", head={"id_kind": "passport", "nationality": "DE"}),
        "mainland_person_required",
        "authorise_mainland_person",
    ),
    (
        company(
            province="JS", head={"is_legal_representative": False}, manager={"is_legal_representative": True}
        ),
        "manager_must_be_head",
        None,
    ),
    (company(province="JS", head={"is_legal_representative": False}), "", None),
    (company(head={"mobile": "+852 5555 0000"}), "mainland_mobile_required", None),
    (company(head={"mobile": "+86 138-0000-0001"}), "", None),
    (company(province="JS", head={"mobile_province": "SH"}), "mobile_not_local", None),
    (company(province="GS", head={"mobile_province": "SH"}), "", None),
    (person({"mobile_province": "SH"}, province="GS"), "mobile_not_local", None),
    (company(domain={"owner": "other"}), "domain_owner_mismatch", None),
    (company(domain={"owner": "shareholder"}), "", None),
    (company(domain={"owner": "shareholder"}, province="FJ"), "domain_owner_mismatch", None),
    (person(domain={"owner": "legal_representative"}), "domain_owner_mismatch", None),
    (company(domain={"verified": False}), "domain_not_verified", None),
    (company(domain={"verified_on": "2026-11-20"}), "domain_verification_too_fresh", None),
    (company(domain={"verified_on": "2026-11-19"}), "", None),
    (company(domain={"verified_on": "2026-12-19"}), "domain_verification_too_fresh", None),
    (company(domain={"registrar_approved": False}), "domain_registrar_not_approved", "transfer_domain"),
    (company(domain={"tld_approved": False}), "domain_tld_not_approved", "transfer_domain"),
    (company(domain={"name": "harbour.io"}, province="BJ"), "domain_tld_not_approved", "transfer_domain"),
    (company(domain={"name": "harbour.io"}), "", None),
    (company(domain={"expires_on": SOON}), "domain_expiring", None),
    (company(domain={"expires_on": LATER}), "", None),
    (company(domain={"resolves": True}), "domain_resolves", None),
    (company(domain={"resolves": True}, subject_filed="here", domain_filed="elsewhere"), "", None),
    (company(domain_filed="other_subject"), "domain_filed_by_other", "cancel_then_refile"),
    (company(server={"prepaid_months": 2}), "server_term_too_short", None),
    (company(server={"prepaid_months": 3}), "", None),
    (company(server={"public_ip": False}), "server_no_public_ip", None),
    (company(server={"quota_left": 0}), "service_quota_used_up", None),
    (company(order_in_progress=True), "order_in_progress", None),
    (person(site={"revenue": True}), "individual_content", "file_as_enterprise"),
    (person(site={"content": ["personal", "shop"]}), "individual_content", "file_as_enterprise"),
    (person(site={"content": ["personal"]}), "", None),
    (company(site={"content": ["news"]}), "pre_approval_missing", None),
    (company(site={"content": ["news"], "approvals": ["news"]}), "", None),
    (company(site={"name": "中国贸易之窗"}), "site_name_not_allowed", None),
    (company(site={"name": "测试贸易之窗"}), "", None),
    (
        company(
            server={"quota_left": 0},
            order_in_progress=True,
            domain={"tld_approved": False},
            licence_status="revoked",
        ),
        "licence_not_active domain_tld_not_approved service_quota_used_up order_in_progress",
        "transfer_domain",
    ),
]


@pytest.mark.parametrize(("facts", "reasons", "alternative"), TABLE)
def test_judgement(facts, reasons, alternative):
    assert judge(facts) == (not reasons, reasons.split(), alternative)


def test_every_reason_is_tried():
    assert len(TABLE) >= 30
    assert {reason for _, reasons, _ in TABLE for reason in reasons.split()} == set(OBSTACLES)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"province": "XX"}, "province"),
        ({"province": "HK"}, "province"),
        ({"subject_kind": "alien"}, "subject_kind"),
        ({"head": []}, "head"),
        ({"head": {"id_kind": "library_card"}}, "head.id_kind"),
        ({"head": {"residence_permit": "yes"}}, "head.residence_permit"),
        ({"manager": {"birth_date": "1999-02-29"}}, "manager.birth_date"),
        ({"manager": "Bo"}, "manager"),
        ({"domain": {"verified_on": "1899-01-01"}}, "domain.verified_on"),
        ({"domain": {"verified": "yes"}}, "domain.verified"),
        ({"server": {"prepaid_months": 1e9}}, "server.prepaid_months"),
        ({"server": {"prepaid_months": 10**12}}, "server.prepaid_months"),
        ({"site": {"name": "x" * 400_000}}, "site.name"),
        ({"site": {"content": ["a"] * 101}}, "site.content"),
        ({"on": "2101-01-01"}, "on"),
        ({"on": 20260101}, "on"),
    ],
)
def test_a_wrong_fact_is_refused_by_its_field(facts, field):
    with pytest.raises(Refused) as refusal:
        judge(facts)

    assert refusal.value.field == field
    assert str(refusal.value)


def test_what_it_does_not_know_is_let_be():
    assert judge(
        {"favourite_colour": "red", "head": {"shoe_size": [[[1]]]}, "manager": None, "domain": {}}
    ).eligible


@pytest.mark.parametrize(
    ("name", "kind", "rule"),
    [
        ("测试贸易", None, None),
        ("测试 Trade 之窗", None, None),
        ("贸易", None, "fewest"),
        ("20262026", None, "digits"),
        ("Harbour Trade", None, "latin"),
        ("harbour.example", None, "domain"),
        ("测试贸易!", None, "special"),
        ("中华测试贸易", None, "national"),
        ("人民测试政府", "government", None),
        ("测试反腐之窗", None, "forbidden"),
        ("测试公司之窗", "enterprise", None),
        ("测试公司之窗", "individual", "individual"),
        ("上海生活日记", "individual", "individual"),
        ("小树生活日记", "individual", None),
    ],
)
def test_the_name_of_a_site(name, kind, rule):
    assert names.broken_rule(name, subject_kind=kind, domain="harbour.example") == rule
    assert (names.problem(name, subject_kind=kind, domain="harbour.example") is None) == (rule is None)
