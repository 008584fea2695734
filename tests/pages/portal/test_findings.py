"""What the pre-flight found and a client can mend, in the tasks they have; nothing of what is the agency's."""

from __future__ import annotations

import pytest

from cases.services import preflight
from cases.services.changing import change_facts
from cases.services.moves import move_case
from clients import sight
from tests.api.filings import drive, make_case

pytestmark = pytest.mark.django_db

OWNER = "The domain belongs to somebody else."


def text(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def case(harbour, mei, agency):
    return make_case(harbour, mei)


def change(case, by, **given):
    with sight.every_client():
        return change_facts(case, given, by=by)


def test_what_blocks_opens_its_task_again_with_the_reason(as_page, ada, mei, case):
    change(case, mei, domain={"owner": "other"})

    home = text(as_page(ada).get(f"/cases/{case.reference}/"))
    page = text(as_page(ada).get(f"/cases/{case.reference}/facts/domain/"))

    assert f"please look again: {OWNER}" in home
    assert OWNER in page and "Transfer the domain to the applicant" in page
    assert 'href="#id_domain-owner"' in page


def test_what_only_warns_is_said_on_its_page_and_opens_nothing(as_page, ada, mei, case):
    change(case, mei, subject={"contact_address": "上海市样本路"})

    home = text(as_page(ada).get(f"/cases/{case.reference}/"))
    page = text(as_page(ada).get(f"/cases/{case.reference}/facts/subject/"))

    assert "please look again" not in home
    assert "The address has no house number" in page


def test_what_was_waived_or_is_the_agencys_is_not_told(as_page, as_api, ada, harbour, mei, case):
    make_case(harbour, mei, name="second.example")
    change(case, mei, subject={"contact_address": "上海市样本路"})
    with sight.every_client():
        preflight.waive(case, "contact_address_incomplete", by=mei, note="A village without numbers.")

    pages = [text(as_page(ada).get(f"/cases/{case.reference}/facts/{one}/")) for one in ("subject", "server")]
    listed = as_api(ada).get(f"/cases/{case.reference}/findings")

    assert not any("has no house number" in page or "serves another site" in page for page in pages)
    assert {one["code"] for one in listed.json()["items"]} == {"paper_missing", "phone_unverified"}
    assert "village" not in listed.content.decode()


def test_after_a_return_only_what_came_back_is_theirs(as_page, ada, mei, case):
    with sight.every_client():
        drive(case, "provider_pre_audit", mei)
        move_case(case, "return_for_changes", by=mei, reasons=[{"code": "site_name"}])
    change(case, mei, domain={"owner": "other"}, site={"name": "Harbour"})

    home = text(as_page(ada).get(f"/cases/{case.reference}/"))

    assert OWNER not in home
    assert "The name of the site is against the rules." in home


def test_a_responsible_person_reads_of_their_own_part_alone(as_api, ann, mei, case):
    change(case, mei, domain={"owner": "other"}, head={"id_valid_until": "2000-01-01"})

    listed = as_api(ann).get(f"/cases/{case.reference}/findings").json()["items"]

    assert "person_id_expiring" in {one["code"] for one in listed}
    assert "domain_owner_mismatch" not in {one["code"] for one in listed}
    assert all("note" not in one and "other" not in one for one in listed)


def test_nothing_of_it_is_told_once_it_is_handed_in(as_page, as_api, ada, mei, case):
    with sight.every_client():
        drive(case, "provider_pre_audit", mei)
    change(case, mei, domain={"owner": "other"})

    assert OWNER not in text(as_page(ada).get(f"/cases/{case.reference}/"))
    assert as_api(ada).get(f"/cases/{case.reference}/findings").json() == {"items": [], "next": None}
