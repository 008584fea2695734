"""The checklist of a case is what the toolbox answers for the same facts; what was sent outlives a change of them."""

from __future__ import annotations

import time
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from cases.models import Case, Requirement
from cases.services import checklist
from cases.services.changing import change_facts
from cases.services.opening import open_case
from clients import sight
from tests.api.filings import FACTS, PERSON, make_case
from tests.trade.test_papers import CASES

FLAT = (
    "province", "service", "intent", "subject_filed", "domain_filed", "change_of", "new_name", "sites_filed",
    "legal_representative_id_kind", "filing_kind",
)  # fmt: skip
# A made-up resident of each of these provinces; of the others nobody is needed.
RESIDENTS = {"JS": "32000019000506018X"}
# What a case cannot say: it is one domain.
NOT_OF_A_CASE = {"five domains", "four domains"}


def as_case(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as the toolbox takes them, nested as a case keeps them."""
    given: dict[str, Any] = {name: facts[name] for name in FLAT if name in facts}
    if "cancel_of" in facts:
        given["cancel_of"] = [facts["cancel_of"]]
    if "subject_kind" in facts:
        given["subject"] = {"kind": facts["subject_kind"]}
    for part in ("head", "manager"):
        if part in facts:
            person = dict(facts[part])
            if home := person.pop("id_province", ""):
                person["id_number"] = RESIDENTS[home]
            given[part] = person
    domain = dict(facts.get("domain", {}))
    if facts.get("service") != "app":
        domain.setdefault("name", "harbour.example")
    given["domain"] = {"name": "harbour.example", **domain}
    if "site" in facts:
        given["site"] = facts["site"]
    return given


@pytest.mark.parametrize(
    "name", [name for name in CASES if name not in NOT_OF_A_CASE | {"app without domain"}]
)
def test_a_case_asks_for_what_the_toolbox_answers(agency, harbour, mei, as_api, name):
    facts, expected = CASES[name]
    with time_machine.travel("2026-11-24T04:00:00Z", tick=True), sight.every_client():
        case = open_case(harbour, by=mei, given=as_case(facts))
        asked = [":".join(filter(None, (one.kind, one.of, one.detail))) for one in case.requirements.all()]
        why = {one.kind: one.why for one in case.requirements.all()}

    told = as_api(mei).post("/tools/documents", facts).json()["documents"]

    assert sorted(asked) == sorted(expected.split())
    assert sorted(":".join(one.split(":")[:2]) for one in asked) == sorted(
        f"{one['kind']}:{one['of']}" for one in told
    )
    for one in told:
        if one["kind"] != "pre_approval":
            assert one["why"] == why[one["kind"]]


def test_the_table_has_thirty_kinds_of_applicant():
    assert len({repr(facts) for facts, _papers in CASES.values()}) >= 30


# ── A changed fact ──


def asked_of(case: Case) -> set[str]:
    with sight.every_client():
        return {f"{one.kind}:{one.of}" for one in Requirement.objects.filter(case=case)}


def send(case: Case, kind: str, by) -> Requirement:
    with sight.every_client():
        paper = Requirement.objects.select_related("case").get(case=case, kind=kind)
        checklist.paper_sent(paper, "D-SENT", by=by, now=timezone.now())
        return paper


def change(case: Case, by, **given) -> None:
    with sight.every_client():
        change_facts(Case.objects.get(pk=case.pk), given, by=by)


def test_passport_to_id_card_changes_the_pictures_and_keeps_what_was_sent(agency, harbour, mei, ada):
    case = make_case(harbour, mei)
    sent = send(case, "passport", ada)
    begun = time.monotonic()

    card = {"id_kind": "resident_id", "id_number": "110000190001010012", "nationality": "CN"}
    change(case, ada, head=card)

    assert time.monotonic() - begun < 1
    assert asked_of(case) >= {"id_card_front:head", "id_card_back:head"}
    assert "passport:head" not in asked_of(case)
    with sight.every_client():
        kept = Requirement.everything.get(pk=sent.pk)
        assert (kept.state, kept.document, bool(kept.dropped_at)) == ("sent", "D-SENT", True)

    change(case, ada, head={key: PERSON[key] for key in ("id_kind", "id_number", "nationality")})

    with sight.every_client():
        back = Requirement.objects.get(pk=sent.pk)
        assert (back.state, back.document) == ("sent", "D-SENT")


def test_an_individual_who_becomes_a_company_keeps_the_shared_papers(agency, harbour, mei, ada):
    individual = {**FACTS["subject"], "kind": "individual", "id_kind": "passport", "id_number": "T12345678"}
    case = make_case(harbour, mei, subject=individual)
    assert "business_licence:subject" not in asked_of(case)
    assert "residence_proof:head" in asked_of(case)  # a foreigner who files for himself
    sent = send(case, "domain_certificate", ada)

    change(case, ada, subject=FACTS["subject"])

    assert "business_licence:subject" in asked_of(case)
    assert "residence_proof:head" not in asked_of(case)
    with sight.every_client():
        assert Requirement.objects.get(pk=sent.pk).document == "D-SENT"
