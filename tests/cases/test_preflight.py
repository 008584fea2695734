"""The pre-flight of a case: run with every change, kept as rows, waived with a note, and what submit makes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Case, Finding
from cases.services import checklist, phones, preflight, settling
from cases.services.changing import change_facts
from cases.services.moves import move_case
from cases.tasks import check_drafts
from cases.workflow import MoveRefused
from clients import sight
from clients.refusals import Conflict, Invalid
from tests.api.filings import CY, FACTS, PERSON, drive, get_ready, lotus_facts, make_case

pytestmark = pytest.mark.django_db

# An individual of the mainland who files for herself, as the contract asks for it and no more.
INDIVIDUAL = {
    "kind": "individual",
    "name": "安示例",
    "name_zh": "安示例",
    "id_kind": "resident_id",
    "id_number": "110000190001010012",
    "certificate_address": "北京市示例区样本路1号",
    "contact_address": "北京市示例区样本路1号",
}
ANN = {
    **PERSON,
    "name": "安示例",
    "nationality": "CN",
    "id_kind": "resident_id",
    "id_number": "110000190001010012",
    "birth_date": "1900-01-01",
    "landline": "010-62345678",
}


@pytest.fixture
def house(agency):
    with sight.every_client():
        yield


@pytest.fixture
def case(house, harbour, mei) -> Case:
    return make_case(harbour, mei)


def found(case: Case) -> dict[tuple[str, str], str]:
    """What stands open, without what is only missing yet."""
    rows = Finding.objects.filter(case=case).exclude(code__in=["paper_missing", "phone_unverified"])
    return {(one.code, one.place): one.severity for one in rows}


def change(case: Case, by, **given) -> Case:
    return change_facts(case, given, by=by)


# ── A right filing goes through as it always did ────────────────────────────────────────────────────────────────────


def test_a_right_filing_has_nothing_but_its_papers_and_phone_open(case):
    assert found(case) == {}
    assert case.open_blocks == 5  # four papers and one phone
    assert case.open_warns == 0


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"manager": CY},
        {"manager": {**CY, "mobile": PERSON["mobile"], "email": PERSON["email"]}},
        {"domain": {**FACTS["domain"], "resolves": None}},
        {
            "province": "BJ",
            "subject": INDIVIDUAL,
            "head": ANN,
            "site": {"name": "安的山水随笔", "languages": ["zh"], "content": ["personal"], "revenue": False},
        },
        {"province": "GD", "subject": {**FACTS["subject"], "id_number": "91440000MATE5T025B"}},
    ],
    ids=[
        "organisation",
        "two people",
        "one number for both",
        "nobody looked",
        "individual",
        "another province",
    ],
)
def test_what_the_contract_asks_for_is_enough_to_hand_in(house, harbour, mei, given):
    case = make_case(harbour, mei, **given)
    get_ready(case)

    assert move_case(case, "submit", by=mei).stage == "provider_pre_audit"


def test_a_second_filing_of_the_same_applicant_is_handed_in_too(house, harbour, mei):
    drive(make_case(harbour, mei), "miit_review", mei)
    second = make_case(harbour, mei, name="second.example")

    assert {"order_in_progress", "service_number_taken"} <= {code for code, _place in found(second)}
    assert set(found(second).values()) == {"warns"}
    assert drive(second, "provider_pre_audit", mei).stage == "provider_pre_audit"


# ── Run with every change ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_changed_fact_opens_and_closes_a_finding_in_the_same_transaction(case, mei):
    case = change(case, mei, domain={"owner": "other"})
    assert found(case) == {("domain_owner_mismatch", "domain.owner"): "blocks"}

    case = change(case, mei, domain={"owner": "subject"})
    assert found(case) == {}


def test_a_paper_that_comes_and_is_accepted_is_followed(case, mei):
    paper = case.requirements.get(kind="passport")
    codes = []
    for step in (
        lambda: checklist.paper_sent(paper, "D-1", by=mei, now=timezone.now()),
        lambda: checklist.paper_returned(paper, "D-1", by=mei, reasons=[], note="", now=timezone.now()),
        lambda: checklist.paper_accepted(paper, "D-2", by=mei, now=timezone.now()),
    ):
        step()
        codes.append(
            list(Finding.objects.filter(case=case, place=paper.reference).values_list("code", flat=True))
        )

    assert codes == [["paper_to_review"], ["paper_returned"], []]


def test_a_paper_done_without_is_no_finding(case, mei):
    paper = case.requirements.get(kind="domain_certificate")

    settling.waive_paper(paper, by=mei, note="Seen at the registrar's.")

    assert not Finding.objects.filter(case=case, place=paper.reference).exists()


def test_an_answered_phone_is_followed(case, mei):
    asked = phones.ask_code(case, "head", by=mei)
    _mobile, code = phones.mint_code(asked.pk)
    phones.confirm_code(case, "head", code, by=mei)

    assert not Finding.objects.filter(case=case, code="phone_unverified").exists()


def test_missing_facts_are_one_finding_an_object(house, harbour, mei):
    from cases.services.opening import open_case

    case = open_case(harbour, by=mei, given={"domain": {"name": "tea.example"}})
    (head,) = Finding.objects.filter(case=case, code="facts_missing", place="head")

    assert head.blocks and "head.mobile" in head.detail
    case = change(case, mei, head={"mobile": "13800000001"})
    assert "head.mobile" not in Finding.objects.get(case=case, code="facts_missing", place="head").detail


def test_what_a_return_opened_is_told_until_it_is_touched(case, mei):
    case = drive(case, "provider_pre_audit", mei)
    case = move_case(case, "return_for_changes", by=mei, reasons=[{"code": "site_name"}])
    assert found(case) == {("fact_reopened", "site.name"): "warns"}

    case = change(case, mei, site={"name": "港湾示例商贸"})
    assert found(case) == {}


def test_an_accepted_permit_and_an_approval_prove_what_they_are_for(house, harbour, mei):
    individual = {
        "subject": INDIVIDUAL,
        "head": ANN,
        "site": {"name": "安的山水随笔", "languages": ["zh"], "content": ["personal"], "revenue": False},
    }
    case = make_case(harbour, mei, **individual)  # an ID of Beijing, filed in Shanghai
    news = make_case(harbour, mei, name="news.example", site={**FACTS["site"], "content": ["news"]})
    assert found(case)["individual_out_of_province", "province"] == "warns"
    assert found(news)["pre_approval_missing", "site.approvals"] == "blocks"

    for one in (case, news):
        for paper in one.requirements.exclude(kind="face_verification"):
            checklist.paper_accepted(paper, "D-1", by=mei, now=timezone.now())

    assert not {"individual_out_of_province"} & {code for code, _place in found(case)}
    assert not {"pre_approval_missing"} & {code for code, _place in found(news)}


def test_the_number_tells_the_province_and_only_warns(case, mei):
    case = change(case, mei, subject={"id_number": "91440000MATE5T025B"})

    assert found(case) == {("province_mismatch", "province"): "warns"}


def test_a_neighbours_rows_are_no_part_of_it(case, house, lotus, mei):
    make_case(lotus, mei, name="harbour.example", head=PERSON)
    make_case(lotus, mei, **lotus_facts())

    preflight.check_again(case)

    assert found(case) == {}


def test_it_stops_with_the_licence(case, mei):
    case = drive(case, "licensed", mei)
    before = case.checked_at

    case = change(case, mei, domain={"owner": "other"})

    assert (case.checked_at, found(case)) == (before, {})


# ── The cost ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_case_takes_ten_queries_at_most_whatever_it_finds(case, harbour, mei):
    for n in range(4):
        make_case(harbour, mei, name=f"n{n}.example", manager=CY)
    case = drive(case, "provider_pre_audit", mei)
    case = move_case(case, "return_for_changes", by=mei, reasons=[{"code": "site_name"}])
    case = change(case, mei, subject={"contact_address": "上海市"}, site={"name": "莲花香茗"}, manager=CY)
    preflight.waive(case, "site_name_unrelated", by=mei, note="Their trademark.")
    case.requirements.filter(kind="verification_form").update(facts_mark="OLD", state="accepted")
    # Behind its back, so that one run has something to add, to change and to take away.
    case.domain.owner, case.site.name, case.subject.contact_address = "other", "荷叶清茶", "上海市1号"
    for holder in (case.domain, case.site, case.subject):
        holder.save()

    with CaptureQueriesContext(connection) as asked:
        preflight.check_again(case)

    ours = [one["sql"] for one in asked if "SAVEPOINT" not in one["sql"] and "set_config" not in one["sql"]]
    assert len(ours) <= 10, "\n".join(sql[:120] for sql in ours)
    assert ("form_outdated", case.requirements.get(kind="verification_form").reference) in found(case)
    assert case.events.filter(kind="finding.lapsed").exists()


# ── Waivers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def warned(case, mei) -> Case:
    return change(case, mei, site={"name": "莲花香茗"})


def test_a_waiver_lapses_when_what_it_is_about_changes(warned, mei):
    preflight.waive(warned, "site_name_unrelated", by=mei, note="Their trademark.")
    case = change(warned, mei, site={"languages": ["zh"]})
    assert Finding.objects.get(case=case, code="site_name_unrelated").is_waived
    assert case.open_warns == 0

    case = change(case, mei, site={"name": "荷叶清茶"})

    again = Finding.objects.get(case=case, code="site_name_unrelated")
    assert (again.is_waived, again.note, case.open_warns) == (False, "", 1)
    (event,) = case.events.filter(kind="finding.lapsed")
    assert (event.audience, event.data) == ("internal", {"findings": ["site_name_unrelated"]})


def test_a_waiver_needs_words_and_somebody_of_the_agency(warned, mei, ada):
    with pytest.raises(Invalid):
        preflight.waive(warned, "site_name_unrelated", by=mei, note=" ")
    with pytest.raises(PermissionDenied):
        preflight.waive(warned, "site_name_unrelated", by=ada, note="I like it.")
    with pytest.raises(PermissionDenied):
        preflight.press(warned, by=ada)

    assert not Finding.objects.get(case=warned, code="site_name_unrelated").is_waived


def test_what_blocks_is_mended_and_not_waived(case, mei):
    case = change(case, mei, domain={"owner": "other"})

    with pytest.raises(Conflict, match="mended, not waived"):
        preflight.waive(case, "domain_owner_mismatch", by=mei, note="Let it be.")


def test_the_database_keeps_a_waiver_whole(warned):
    from django.db import IntegrityError, transaction

    rows = Finding.objects.filter(case=warned)
    for wrong in ({"note": "x"}, {"waived_at": timezone.now()}, {"severity": "grave"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)


# ── Submit ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_submit_names_the_first_finding_and_how_many_more(case, mei):
    get_ready(case)
    case = change(case, mei, domain={"owner": "other", "verified": False}, server={"public_ip": False})

    with pytest.raises(MoveRefused) as refused:
        move_case(case, "submit", by=mei)

    assert refused.value.code == "findings_open"
    assert "The domain belongs to somebody else. And 2 more." in str(refused.value)
    assert "submit" not in [move.name for move in case.moves_for(mei)]


def test_days_pass_and_submit_sees_it(case, mei):
    get_ready(case)
    later = timezone.now() + timedelta(days=365 * 3)

    with pytest.raises(MoveRefused) as refused:
        move_case(case, "submit", by=mei, now=later)

    assert refused.value.code == "findings_open"


def test_drafts_are_looked_at_again_as_days_pass(case, house, harbour, mei, monkeypatch):
    Case.objects.filter(pk=case.pk).update(checked_at=timezone.now() - timedelta(days=2))
    case.domain.owner = "other"
    case.domain.save()

    check_drafts()
    check_drafts()

    assert found(case) == {("domain_owner_mismatch", "domain.owner"): "blocks"}
    assert preflight.check_drafts() == 0  # today they all were


def test_a_kill_between_two_drafts_costs_nothing(house, harbour, mei, monkeypatch):
    cases = [make_case(harbour, mei, name=f"n{n}.example") for n in range(3)]
    Case.objects.update(checked_at=None)
    monkeypatch.setattr(preflight, "DRAFTS_AT_ONCE", 1)

    assert [preflight.check_drafts(most=1) for _ in cases] == [1, 1, 1]
    assert preflight.check_drafts() == 0


# ── Odd facts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_odd_facts_are_a_finding_each_and_never_an_error(case, mei):
    script = "<script>alert(1)</script>"
    case = change(
        case,
        mei,
        site={"name": script, "content": ["unheard_of"], "note": "x" * 2000},
        subject={"name_zh": "名" * 200, "contact_address": script},
        head={"name": script, "birth_date": "2100-01-01", "id_valid_until": "1900-01-01"},
        domain={"verified_on": "2100-12-31", "expires_on": "1900-01-01"},
        server={"prepaid_months": 0},
    )

    assert {
        ("site_name_not_allowed", "site.name"),
        ("underage", "head.birth_date"),
        ("person_id_expiring", "head.id_valid_until"),
        ("domain_expiring", "domain.expires_on"),
        ("domain_verification_too_fresh", "domain.verified_on"),
        ("server_term_too_short", "server.prepaid_months"),
    } <= set(found(case))


def test_no_number_of_a_paper_stands_in_a_finding(case, harbour, mei):
    make_case(harbour, mei, name="second.example")
    preflight.check_again(case)

    kept = str(list(Finding.objects.values()))
    assert not any(number in kept for number in ("T12345678", "91310000MATE5T017D", "13800000001"))
