"""The questions: saved one by one, saved together, kept on error, closed after a return."""

from __future__ import annotations

import re

from cases.models import Case
from clients import sight
from tests.api.filings import NUMBERS, drive, make_case


def fresh(case) -> Case:
    with sight.every_client():
        return Case.objects.with_facts().get(pk=case.pk)


def autosave(browser, case, thing: str, name: str, value: str, version: int | None = None):
    key = f"{thing}-{name}"
    more = {} if version is None else {"HTTP_IF_MATCH": f'"{version}"'}
    path = f"/cases/{case.reference}/facts/{thing}/"
    return browser.post(path, {"field": key, key: value}, HTTP_X_AUTOSAVE="1", **more)


def test_an_answer_saves_itself(ada_page, empty):
    answer = autosave(ada_page, empty, "subject", "name", "Harbour Ltd", empty.version)

    assert answer.status_code == 200
    assert answer.json()["version"] == empty.version + 1 and len(answer.json()["saved"]) == 5
    assert fresh(empty).subject.name == "Harbour Ltd"


def test_a_wrong_answer_hears_why_beside_its_box(ada_page, empty):
    answer = autosave(ada_page, empty, "head", "mobile", "199 0000 002")

    assert answer.status_code == 422
    assert answer.json()["errors"]["head-mobile"].endswith(".")


def test_the_slower_of_two_writers_is_told_and_overwrites_nothing(ada_page, empty):
    autosave(ada_page, empty, "site", "name", "港湾贸易", empty.version)

    answer = autosave(ada_page, empty, "site", "name", "海湾贸易", empty.version)

    assert answer.status_code == 409 and answer.json()["version"] == empty.version + 1
    assert fresh(empty).site.name == "港湾贸易"


def test_the_agencys_fields_are_no_questions(ada_page, empty):
    before = fresh(empty).version
    page = ada_page.get(f"/cases/{empty.reference}/facts/case/").content.decode()

    for name in ("provider", "filing_kind", "account_manager", "client", "stage"):
        assert f'name="case-{name}"' not in page
        autosave(ada_page, empty, "case", name, "tencent")

        assert fresh(empty).version == before, name


def test_without_a_script_one_form_saves_all(ada_page, empty):
    path = f"/cases/{empty.reference}/facts/domain/"
    given = {"domain-name": "harbour.example", "domain-owner": "subject", "domain-verified": "true"}

    answer = ada_page.post(path, {"version": empty.version, **given})

    assert answer["Location"] == empty.get_absolute_url()
    assert (fresh(empty).domain.owner, fresh(empty).domain.verified) == ("subject", True)


def test_what_can_be_taken_is_taken_and_the_rest_stays_in_its_box(ada_page, empty):
    path = f"/cases/{empty.reference}/facts/head/"
    given = {"head-name": "Ada Winter", "head-mobile": "12", "head-email": "nobody"}

    page = ada_page.post(path, {"version": empty.version, **given}).content.decode()

    assert fresh(empty).head.name == "Ada Winter"
    assert 'value="12"' in page and 'value="nobody"' in page and "2 answers need another look" in page


def test_a_page_that_was_overtaken_by_its_own_last_answer_is_saved(ada_page, empty):
    autosave(ada_page, empty, "site", "name", "港湾贸易")

    answer = ada_page.post(
        f"/cases/{empty.reference}/facts/site/", {"version": empty.version, "site-name": "港湾贸易"}
    )

    assert answer["Location"] == empty.get_absolute_url()


def test_a_stale_page_of_any_kind_tells_so_and_breaks_not(ada_page, empty):
    autosave(ada_page, empty, "site", "name", "港湾贸易")

    for thing in ("case", "subject", "head", "domain", "server", "site"):
        answer = ada_page.post(f"/cases/{empty.reference}/facts/{thing}/", {"version": empty.version})

        assert answer.status_code in (200, 302), thing


def test_a_stale_page_shows_what_differs_and_loses_no_text(ada_page, empty):
    autosave(ada_page, empty, "site", "name", "港湾贸易")
    path = f"/cases/{empty.reference}/facts/site/"

    page = ada_page.post(path, {"version": empty.version, "site-name": "海湾贸易"}).content.decode()

    assert "Somebody was faster" in page and "港湾贸易" in page and 'value="海湾贸易"' in page


def test_numbers_are_typed_anew_and_never_come_back(ada_page, case):
    path = f"/cases/{case.reference}/facts/head/"
    page = ada_page.get(path).content.decode()
    assert "****5678" in page and not any(number in page for number in NUMBERS)

    refused = ada_page.post(path, {"head-id_kind": "passport", "head-id_number": "T9!!!987"}).content.decode()
    assert "T9!!!987" not in refused
    autosave(ada_page, case, "head", "id_number", "T98765432")
    autosave(ada_page, case, "head", "id_number", "")

    assert fresh(case).head.id_number == "T98765432"
    assert "T98765432" not in ada_page.get(path).content.decode()


def test_the_head_is_the_manager_until_somebody_else_is_named(ada_page, case):
    path = f"/cases/{case.reference}/facts/manager/"
    assert "looks after the site too" in ada_page.get(path).content.decode()
    assert 'name="manager-name"' in ada_page.get(f"{path}?other=1").content.decode()

    autosave(ada_page, case, "manager", "name", "Ann Summer")
    assert fresh(case).manager.name == "Ann Summer"
    ada_page.post(path, {"head_is_manager": "1"})

    assert fresh(case).manager is None


def returned(case, mei) -> Case:
    from cases.services.moves import move_case

    drive(case, "provider_pre_audit", mei)
    with sight.every_client():
        return move_case(
            fresh(case),
            "return_for_changes",
            by=mei,
            reasons=[{"code": "site_name", "note": "Too short"}],
        )


def test_after_a_return_only_what_came_back_is_open(ada_page, case, mei):
    returned(case, mei)

    page = ada_page.get(f"/cases/{case.reference}/facts/site/").content.decode()
    other = ada_page.get(f"/cases/{case.reference}/facts/domain/").content.decode()

    assert 'name="site-name"' in page and 'name="site-note"' not in page and "Too short" in page
    assert 'name="domain-name"' not in other and "harbour.example" in other
    assert autosave(ada_page, case, "domain", "name", "x.example").status_code == 200
    assert fresh(case).domain.name == "harbour.example"
    assert autosave(ada_page, case, "site", "name", "港湾贸易公司").status_code == 200
    assert "Something came back." not in ada_page.get(case.get_absolute_url()).content.decode()


def test_what_came_back_stands_first(ada_page, case, mei):
    returned(case, mei)

    page = ada_page.get(case.get_absolute_url()).content.decode()

    assert "Something came back." in page and "Look again at: Your site" in page


def test_with_the_provider_nothing_is_open(ada_page, case, mei):
    drive(case, "provider_pre_audit", mei)

    page = ada_page.get(f"/cases/{case.reference}/facts/site/").content.decode()

    assert "with the provider now" in page and "<form" not in page.split("<main")[1].split("</main")[0]
    assert autosave(ada_page, case, "site", "name", "港湾贸易").status_code == 409


def test_the_last_filing_is_offered_and_its_numbers_sealed_anew(ada_page, case, harbour, mei):
    from cases.services.opening import open_case

    with sight.every_client():
        second = open_case(harbour, by=mei, given={"domain": {"name": "second.example"}})
    path = f"/cases/{second.reference}/facts/subject/"
    assert "harbour.example" in ada_page.get(path).content.decode()

    ada_page.post(f"{path}earlier/")

    assert fresh(second).subject.name == fresh(case).subject.name
    assert fresh(second).subject.id_number == "91310000MATE5T017D"
    assert "earlier/" not in ada_page.get(path).content.decode()


def test_the_neighbours_filing_is_offered_to_nobody(ada_page, empty, lotus_case):
    path = f"/cases/{empty.reference}/facts/subject/"

    assert "Take it over" not in ada_page.get(path).content.decode()
    ada_page.post(f"{path}earlier/")
    assert fresh(empty).subject.name == ""


def test_a_second_case_of_the_same_client_is_another_page(ada_page, case, harbour, mei):
    second = make_case(harbour, mei, name="second.example")

    assert ada_page.get(f"/cases/{second.reference}/facts/site/").status_code == 200
    assert ada_page.get(f"/cases/{second.reference}/facts/nothing/").status_code == 404


def test_a_question_that_follows_from_the_answers_is_asked_at_once(ada_page, empty):
    """Shanghai asks holders of a passport whether both names agree; the page was drawn before anybody knew."""
    autosave(ada_page, empty, "case", "province", "SH")
    path = f"/cases/{empty.reference}/facts/head/"
    drawn = ada_page.get(path).content.decode()
    asked = re.findall(r'name="asked" value="(\w+)"', drawn)
    given = {"head-name": "Ada Winter", "head-id_kind": "passport"}

    more = ada_page.post(path, {**given, "asked": asked}, follow=True)
    again = ada_page.post(path, {**given, "asked": [*asked, "name_differs"]})

    assert "name_differs" not in asked
    assert more.request["PATH_INFO"] == path
    assert "One more question follows from your answers" in more.content.decode()
    assert 'name="head-name_differs"' in more.content.decode()
    assert again["Location"] == empty.get_absolute_url()
