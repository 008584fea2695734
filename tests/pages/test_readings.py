"""Numbers typed in full width, with spaces or look-alikes: taken, and what was read is shown beside the field."""

from __future__ import annotations

import json

import pytest

from cases.models import Case
from clients import sight
from tests.api.filings import drive, make_case

pytestmark = pytest.mark.django_db
WIDE, PLAIN = "１３９ ００００ ０００１", "13900000001"
SAID = f"We read “{WIDE}” as “{PLAIN}”."


@pytest.fixture
def case(agency, harbour, mei):
    return make_case(harbour, mei)


def now(case) -> Case:
    with sight.every_client():
        return Case.objects.with_facts().get(pk=case.pk)


def boxes(browser, address: str, thing: str) -> dict[str, str]:
    """The page's form as a browser would send it back."""
    form = browser.get(address).context["form"]
    return {
        name: form[name].value() if form[name].value() is not None else ""
        for name in form.fields
        if name.startswith(f"{thing}-")
    }


def test_a_client_sees_it_beside_the_field(as_page, ada, case):
    browser, address = as_page(ada), f"/cases/{case.reference}/facts/head/"
    answer = browser.post(address, boxes(browser, address, "head") | {"head-mobile": WIDE})

    assert answer.status_code == 200
    page = answer.content.decode()
    assert f"data-field-read>{SAID}</p>" in page and page.count("We read") == 1
    assert now(case).head.mobile == PLAIN
    # Sent once more it is kept as typed: nothing to say.
    assert browser.post(address, boxes(browser, address, "head")).status_code == 302


def test_an_answer_saved_as_typed_tells_it_at_once(as_page, ada, case):
    answer = as_page(ada).post(
        f"/cases/{case.reference}/facts/head/",
        {"field": "head-mobile", "head-mobile": WIDE},
        headers={"X-Autosave": "1"},
    )

    assert json.loads(answer.content)["read"] == {"head-mobile": SAID}


def test_staff_see_it_beside_the_field(as_page, mei, case):
    browser, address = as_page(mei), f"/cases/{case.reference}/facts/?of=head"
    given = boxes(browser, address, "head") | {
        "head-landline": "（０２１）６６６６ ０１００",
        "version": now(case).version,
    }
    answer = browser.post(address, given)

    assert answer.status_code == 200
    assert "We read “（０２１）６６６６ ０１００” as “021-66660100”." in answer.content.decode()
    assert now(case).head.landline == "021-66660100"


def test_the_number_of_a_paper_goes_back_to_no_browser(as_page, ada, case):
    browser, address = as_page(ada), f"/cases/{case.reference}/facts/head/"
    answer = browser.post(
        address, boxes(browser, address, "head") | {"head-id_number": "Ｔ ７６５４ ３２１０"}
    )

    page = answer.content.decode()
    assert "it is kept as ****3210" in page
    assert "T76543210" not in page and "Ｔ" not in page
    with sight.every_client():
        assert now(case).head.id_number == "T76543210"


def test_what_only_warns_is_said_there_too(as_page, ada, case):
    answer = as_page(ada).post(
        f"/cases/{case.reference}/facts/domain/",
        {"field": "domain-name", "domain-name": "harbour.io"},
        headers={"X-Autosave": "1"},
    )

    assert "does not have the ending “.io”" in json.loads(answer.content)["read"]["domain-name"]


def test_a_result_is_read_aloud_to_staff(as_page, mei, case):
    drive(case, "miit_review", mei)
    given = {"icp_number": "滬ICP備２０２６０００００１號-1", "licensed_on": "2026-11-20"}
    answer = as_page(mei).post(f"/cases/{case.reference}/moves/grant_licence/", given, follow=True)

    assert "as “沪ICP备2026000001号-1”" in answer.content.decode()
