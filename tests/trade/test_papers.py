"""What papers each kind of applicant is asked for."""

from __future__ import annotations

import pytest

from trade.papers import KINDS, documents
from trade.reasons import REASONS

ON = "2026-11-24"
CARD = {"id_kind": "resident_id", "is_legal_representative": True}
STAND_IN = {"id_kind": "resident_id", "is_legal_representative": False}
COMMON = "verification_form:site domain_certificate:domain face_verification:manager"
APP = "app_icon:app app_fingerprint:app"
HEAD_CARD = "id_card_front:head id_card_back:head"
MANAGER_CARD = "id_card_front:manager id_card_back:manager"


def company(**facts):
    return {"on": ON, "subject_kind": "enterprise", "province": "SH", "head": CARD, **facts}


def person(**facts):
    return {
        "on": ON,
        "subject_kind": "individual",
        "province": "SH",
        "head": {"id_kind": "resident_id"},
        **facts,
    }


def born(year, **more):
    return {"id_kind": "resident_id", "birth_date": f"{year}-01-01", **more}


BASE = f"business_licence:subject {HEAD_CARD} {COMMON}"
CASES = {
    "company": (company(), BASE),
    "individual business": (company(subject_kind="individual_business"), BASE),
    "representative office": (
        company(subject_kind="foreign_rep_office"),
        f"rep_office_certificate:subject {HEAD_CARD} {COMMON}",
    ),
    "law firm": (company(subject_kind="law_firm"), f"organisation_certificate:subject {HEAD_CARD} {COMMON}"),
    "foundation": (
        company(subject_kind="foundation"),
        f"organisation_certificate:subject {HEAD_CARD} {COMMON}",
    ),
    "military": (company(subject_kind="military"), f"organisation_certificate:subject {HEAD_CARD} {COMMON}"),
    "social organisation": (
        company(subject_kind="social_organisation"),
        f"organisation_certificate:subject {HEAD_CARD} {COMMON}",
    ),
    "private non-profit": (
        company(subject_kind="private_nonprofit"),
        f"organisation_certificate:subject {HEAD_CARD} {COMMON}",
    ),
    "government": (
        company(subject_kind="government"),
        f"organisation_certificate:subject {HEAD_CARD} {COMMON} public_body_approval:subject",
    ),
    "public institution": (
        company(subject_kind="public_institution"),
        f"organisation_certificate:subject {HEAD_CARD} {COMMON} public_body_approval:subject",
    ),
    "individual": (person(), f"{HEAD_CARD} {COMMON}"),
    "individual from elsewhere with permit": (
        person(head={"id_kind": "resident_id", "id_province": "JS"}),
        f"{HEAD_CARD} residence_proof:head {COMMON}",
    ),
    "individual from elsewhere with proof": (
        person(province="SD", head={"id_kind": "resident_id", "id_province": "JS"}),
        f"{HEAD_CARD} residence_proof:head {COMMON}",
    ),
    "individual from elsewhere where open": (
        person(province="LN", head={"id_kind": "resident_id", "id_province": "JS"}),
        f"{HEAD_CARD} {COMMON}",
    ),
    "individual from elsewhere where local": (
        person(province="QH", head={"id_kind": "resident_id", "id_province": "JS"}),
        f"{HEAD_CARD} {COMMON}",
    ),
    "foreign individual": (
        person(province="LN", head={"id_kind": "passport"}),
        f"passport:head residence_proof:head {COMMON}",
    ),
    "Hong Kong individual": (
        person(head={"id_kind": "hk_macau_permit", "nationality": "HK"}),
        f"hk_macau_permit:head {COMMON}",
    ),
    "Taiwan individual": (person(head={"id_kind": "taiwan_permit"}), f"taiwan_permit:head {COMMON}"),
    "resident of Hong Kong": (
        person(head={"id_kind": "hmt_residence_permit"}),
        f"hmt_residence_permit:head {COMMON}",
    ),
    "foreign company, passport": (
        company(head={"id_kind": "passport", "is_legal_representative": True, "name_differs": True}),
        f"business_licence:subject passport:head {COMMON} name_match_statement:head",
    ),
    "foreign company elsewhere": (
        company(
            province="BJ", head={"id_kind": "passport", "is_legal_representative": True, "name_differs": True}
        ),
        f"business_licence:subject passport:head {COMMON}",
    ),
    "another manager": (company(manager=STAND_IN), f"{BASE} {MANAGER_CARD} authorisation_manager:manager"),
    "head by letter, no manager": (
        company(province="SC", head=STAND_IN),
        f"{BASE} authorisation_head:head authorisation_manager:manager",
    ),
    "head by letter, legal representative manages": (
        company(province="JL", head=STAND_IN, manager=CARD),
        f"{BASE} {MANAGER_CARD} authorisation_head:head",
    ),
    "head must be legal representative": (
        company(head=STAND_IN),
        f"{BASE} authorisation_manager:manager",
    ),
    "foreign legal representative authorises": (
        company(province="HE", head=STAND_IN, legal_representative_id_kind="passport"),
        f"{BASE} authorisation_head:head authorisation_manager:manager",
    ),
    "Guangdong": (company(province="GD"), f"{BASE} commitment_letter:subject"),
    "Jiangsu": (company(province="JS"), f"{BASE} commitment_letter:subject responsibility_notice:manager"),
    "registrar elsewhere": (
        company(domain={"registrar": "other"}),
        f"{BASE} domain_verification_screenshot:domain",
    ),
    "news and games": (
        company(site={"content": ["company", "news", "games"]}),
        f"{BASE} pre_approval:site:news pre_approval:site:games",
    ),
    "words of finance": (
        company(site={"scope_hits": ["finance"]}),
        f"{BASE} no_pre_approval_commitment:subject",
    ),
    "words of finance, and finance": (
        company(site={"scope_hits": ["finance"], "content": ["finance"]}),
        f"{BASE} pre_approval:site:finance",
    ),
    "Hunan, second site": (company(province="HN", sites_filed=1), f"{BASE} website_plan:site"),
    "Shanghai, 30 sites": (company(sites_filed=29), f"{BASE} website_plan:site"),
    "Shanghai, 29 sites": (company(sites_filed=28), BASE),
    "five domains": (company(domains_in_order=5), f"{BASE} website_plan:site"),
    "four domains": (company(domains_in_order=4), BASE),
    "Chongqing individual, five sites": (
        person(province="CQ", sites_filed=4),
        f"{HEAD_CARD} {COMMON} website_plan:site",
    ),
    "Jiangsu at 17": (
        person(province="JS", head=born(2009)),
        f"{HEAD_CARD} {COMMON} commitment_letter:subject responsibility_notice:manager income_proof:head",
    ),
    "Sichuan at 16": (person(province="SC", head=born(2010)), f"{HEAD_CARD} {COMMON} income_proof:head"),
    "Fujian at 16": (person(province="FJ", head=born(2010)), f"{HEAD_CARD} {COMMON}"),
    "Sichuan at 18": (person(province="SC", head=born(2008)), f"{HEAD_CARD} {COMMON}"),
    "app with domain": (
        company(service="app", domain={"name": "harbour.example"}),
        f"business_licence:subject {HEAD_CARD} domain_certificate:domain face_verification:manager {APP}",
    ),
    "app without domain": (
        company(service="app"),
        f"business_licence:subject {HEAD_CARD} face_verification:manager {APP}",
    ),
    "mini program": (
        company(service="mini_program"),
        f"business_licence:subject {HEAD_CARD} face_verification:manager",
    ),
    "added service": (company(subject_filed="here"), BASE),
    "added access": (company(subject_filed="here", domain_filed="elsewhere"), BASE),
    "changed name": (
        company(intent="change", change_of=["subject"], new_name=True),
        f"{BASE} name_change_certificate:subject",
    ),
    "changed service": (company(intent="change", change_of=["service"], new_name=True), BASE),
    "moved": (
        company(intent="move_to_subject"),
        f"business_licence:subject {HEAD_CARD} domain_certificate:domain face_verification:manager",
    ),
    "empty subject where no": (company(province="GD", subject_filed="shell"), "cancellation_form:subject"),
    "cancelled service": (company(intent="cancel", cancel_of="service"), ""),
    "cancelled access": (company(intent="cancel", cancel_of="access"), ""),
    "nothing to file": (company(domain_filed="here"), ""),
    "blocked": (company(domain_filed="other_subject"), ""),
    "nothing known": ({}, COMMON),
}


@pytest.mark.parametrize("name", CASES)
def test_the_papers_follow_from_the_facts(name):
    facts, expected = CASES[name]

    found = [":".join(filter(None, paper.key)) for paper in documents(facts).papers]

    assert sorted(found) == sorted(expected.split())


def test_a_given_kind_goes_before():
    kind, papers = documents(company(filing_kind="cancel_access"))

    assert (kind, papers) == ("cancel_access", [])


def test_a_manager_who_is_the_head_is_asked_once():
    one = {"id_kind": "resident_id", "id_number": "110000190001010012", "is_legal_representative": True}

    assert documents(company(head=one, manager=one)) == documents(company(head=one))
    assert documents(company(head=one, manager={"name": None, "mobile": ""})) == documents(company(head=one))


def test_a_case_may_nest_its_subject():
    nested = {"subject": {"kind": "enterprise"}, "province": "SH", "head": CARD, "on": ON}

    assert documents(nested) == documents(company())


def test_each_paper_says_why():
    for paper in documents(CASES["news and games"][0]).papers:
        assert str(paper.why).endswith(".")
        assert "{" not in str(paper.why)


def test_the_pictures_of_a_person_stay_together():
    kinds = [(paper.kind, paper.of) for paper in documents(company(manager=STAND_IN)).papers]

    assert kinds[1:5] == [
        ("id_card_front", "head"),
        ("id_card_back", "head"),
        ("id_card_front", "manager"),
        ("id_card_back", "manager"),
    ]


def test_reasons_open_papers_that_exist():
    assert {paper for reason in REASONS.values() for paper in reason.papers} <= set(KINDS)
