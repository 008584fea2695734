"""The questions: saved one by one, saved together, kept on error, closed after a return."""

from __future__ import annotations

import re

import pytest

from cases.models import Case
from cases.services.changing import change_facts
from clients import sight
from tests.api.filings import NUMBERS, drive, make_case


def fresh(case) -> Case:
    with sight.every_client():
        return Case.objects.with_facts().get(pk=case.pk)


def autosave(browser, case, thing: str, name: str, value: str, **page):
    """One answer as the script sends it; `page` is what that knows of its page."""
    key = f"{thing}-{name}"
    path = f"/cases/{case.reference}/facts/{thing}/"
    return browser.post(path, {"field": key, key: value, **page}, HTTP_X_AUTOSAVE="1")


def drawn(browser, case, thing: str) -> dict[str, str]:
    """How each answer of a page was drawn: what its form sends along."""
    page = browser.get(f"/cases/{case.reference}/facts/{thing}/").content.decode()
    return dict(re.findall(r'name="(drawn:[\w-]+)" value="(\d+)"', page))


def test_an_answer_saves_itself(ada_page, empty):
    signs = drawn(ada_page, empty, "subject")
    answer = autosave(ada_page, empty, "subject", "name", "Harbour Ltd", **signs)

    assert answer.status_code == 200 and len(answer.json()["saved"]) == 5
    assert answer.json()["drawn"] == drawn(ada_page, empty, "subject")["drawn:subject-name"]
    assert answer.json()["drawn"] != signs["drawn:subject-name"]
    assert fresh(empty).subject.name == "Harbour Ltd"


def test_a_wrong_answer_hears_why_beside_its_box(ada_page, empty):
    answer = autosave(ada_page, empty, "head", "mobile", "199 0000 002")

    assert answer.status_code == 422
    assert answer.json()["errors"]["head-mobile"].endswith(".")


@pytest.mark.parametrize("typed", ["Norway", "挪威", "NOR"])
def test_a_country_is_taken_by_its_name_and_said_by_its_letters(ada_page, empty, typed):
    answer = autosave(ada_page, empty, "head", "nationality", typed)

    assert fresh(empty).head.nationality == "NO"
    assert answer.json()["read"] == {"head-nationality": f"We read “{typed}” as “NO (Norway)”."}


def test_two_letters_of_a_country_need_no_word(ada_page, empty):
    assert autosave(ada_page, empty, "head", "nationality", "no").json()["read"] == {}


def test_countries_are_offered_by_name_in_the_readers_language(ada_page, empty):
    page = ada_page.get(f"/cases/{empty.reference}/facts/head/").content.decode()
    other = ada_page.get(f"/cases/{empty.reference}/facts/site/").content.decode()

    assert 'list="countries"' in page and page.count('<option value="Norway"></option>') == 1
    assert "For example Norway, CN or GB." in page and len(page.encode()) < 100_000
    assert "<datalist" not in other


def test_the_slower_of_two_writers_is_told_and_overwrites_nothing(ada_page, empty):
    signs = drawn(ada_page, empty, "site")
    autosave(ada_page, empty, "site", "name", "港湾贸易", **signs)

    answer = autosave(ada_page, empty, "site", "name", "海湾贸易", **signs)

    assert answer.status_code == 409 and "says “港湾贸易” now" in answer.json()["detail"]
    assert fresh(empty).site.name == "港湾贸易"


def test_what_both_wrote_alike_is_no_quarrel(ada_page, empty):
    signs = drawn(ada_page, empty, "site")
    autosave(ada_page, empty, "site", "name", "港湾贸易", **signs)

    assert autosave(ada_page, empty, "site", "name", " 港湾贸易 ", **signs).status_code == 200


def test_whoever_changes_another_answer_is_in_nobodys_way(ada_page, empty, mei):
    """Of the same object, of another one, a move's own trace: the page that was drawn before goes on saving."""
    signs = drawn(ada_page, empty, "head")
    with sight.every_client():
        change_facts(empty, {"server": {"instance": "i-1"}, "head": {"email": "a@harbour.example"}}, by=mei)

    first = autosave(ada_page, empty, "head", "name", "Ada Winter", **signs)
    second = autosave(ada_page, empty, "head", "address", "1 Quay", **signs)

    assert (first.status_code, second.status_code) == (200, 200)
    now = fresh(empty).head
    assert (now.name, now.address, now.email) == ("Ada Winter", "1 Quay", "a@harbour.example")


def test_a_number_that_somebody_else_gave_is_not_overwritten_and_its_sign_tells_nothing(ada_page, case, mei):
    signs = drawn(ada_page, case, "head")
    with sight.every_client():
        change_facts(case, {"head": {"id_number": "T22223333"}}, by=mei)

    answer = autosave(ada_page, case, "head", "id_number", "T98765432", **signs)

    assert answer.status_code == 409 and "****3333" in answer.json()["detail"]
    assert fresh(case).head.id_number == "T22223333"
    after = drawn(ada_page, case, "head")["drawn:head-id_number"]
    assert after != signs["drawn:head-id_number"] and fresh(case).head.id_number_hash not in str(after)


def test_a_page_knows_its_own_last_answer_though_word_of_it_was_lost(ada_page, empty):
    """The line broke after the saving, and before the page heard its sign; its person typed on."""
    signs = drawn(ada_page, empty, "site") | {"page": "4711"}
    autosave(ada_page, empty, "site", "name", "港湾", turn=1, **signs)

    answer = autosave(ada_page, empty, "site", "name", "港湾贸易", turn=2, **signs)

    assert answer.status_code == 200
    assert fresh(empty).site.name == "港湾贸易"
    other = autosave(ada_page, empty, "site", "name", "海湾贸易", turn=3, **signs | {"page": "4712"})
    assert other.status_code == 409, "another page, though of the same person"


@pytest.mark.parametrize("typed_last", ["港湾贸易", ""])
def test_what_was_typed_before_never_overwrites_what_was_typed_after_it(ada_page, empty, typed_last):
    """Sent one behind the other, arrived the other way round; also where the last word was that of the beginning."""
    signs = drawn(ada_page, empty, "site") | {"page": "4711"}
    autosave(ada_page, empty, "site", "name", typed_last, turn=2, **signs)

    autosave(ada_page, empty, "site", "name", "港湾", turn=1, **signs)

    assert fresh(empty).site.name == typed_last


def test_nobody_speaks_for_anothers_page(ada_page, as_page, mei, empty):
    signs = drawn(ada_page, empty, "site") | {"page": "4711"}
    autosave(ada_page, empty, "site", "name", "港湾贸易", turn=9, **signs)

    answer = autosave(as_page(mei), empty, "site", "name", "海湾贸易", turn=10, **signs)

    assert answer.status_code == 409


def test_a_page_whose_cache_is_away_saves_all_the_same(ada_page, empty, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    signs = drawn(ada_page, empty, "site") | {"page": "4711"}

    assert autosave(ada_page, empty, "site", "name", "港湾贸易", turn=1, **signs).status_code == 200
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

    answer = ada_page.post(path, given)

    assert answer["Location"] == f"{path}?left=1"
    assert (fresh(empty).domain.owner, fresh(empty).domain.verified) == ("subject", True)


def test_what_can_be_taken_is_taken_and_the_rest_stays_in_its_box(ada_page, empty):
    path = f"/cases/{empty.reference}/facts/head/"
    given = {"head-name": "Ada Winter", "head-mobile": "12", "head-email": "nobody"}

    page = ada_page.post(path, given).content.decode()

    assert fresh(empty).head.name == "Ada Winter"
    assert 'value="12"' in page and 'value="nobody"' in page and "2 answers need another look" in page


def test_a_page_that_was_overtaken_by_its_own_last_answer_is_saved(ada_page, empty):
    signs = drawn(ada_page, empty, "head") | {"page": "4711"}
    autosave(ada_page, empty, "head", "mobile", "138 0000 0001", turn=1, **signs)

    answer = ada_page.post(
        f"/cases/{empty.reference}/facts/head/", {"head-mobile": "13800000002", "turn": 2, **signs}
    )

    assert answer.status_code == 302 and fresh(empty).head.mobile == "13800000002"


def test_a_stale_page_of_any_kind_tells_so_and_breaks_not(ada_page, empty):
    pages = {
        thing: drawn(ada_page, empty, thing)
        for thing in ("case", "subject", "head", "domain", "server", "site")
    }
    autosave(ada_page, empty, "site", "name", "港湾贸易")

    for thing, signs in pages.items():
        answer = ada_page.post(f"/cases/{empty.reference}/facts/{thing}/", signs)

        assert answer.status_code in (200, 302), thing


def test_a_stale_page_shows_what_differs_and_loses_no_text(ada_page, empty):
    signs = drawn(ada_page, empty, "site")
    autosave(ada_page, empty, "site", "name", "港湾贸易")
    path = f"/cases/{empty.reference}/facts/site/"

    typed = {"site-name": "海湾贸易", "site-note": "Tea and silk"}
    page = ada_page.post(path, typed | signs).content.decode()

    assert "Somebody was faster" in page and "港湾贸易" in page and 'value="海湾贸易"' in page
    assert (fresh(empty).site.name, fresh(empty).site.note) == ("港湾贸易", "Tea and silk")
    again = dict(re.findall(r'name="(drawn:[\w-]+)" value="(\d+)"', page))
    assert ada_page.post(path, typed | again).status_code == 302
    assert fresh(empty).site.name == "海湾贸易", "who saw the difference decides"


def test_the_button_leaves_alone_what_only_somebody_else_changed(ada_page, case, mei):
    signs = drawn(ada_page, case, "subject")
    typed = {"subject-name": case.subject.name, "subject-name_zh": "港湾新名有限公司"}
    with sight.every_client():
        change_facts(case, {"subject": {"name": "Harbour Renamed Ltd"}}, by=mei)

    answer = ada_page.post(f"/cases/{case.reference}/facts/subject/", typed | signs)

    now = fresh(case).subject
    assert answer.status_code in (200, 302)
    assert (now.name, now.name_zh) == ("Harbour Renamed Ltd", "港湾新名有限公司")


def test_a_page_that_is_drawn_again_shows_what_somebody_else_wrote_where_nobody_typed(ada_page, case, mei):
    signs = drawn(ada_page, case, "subject")
    typed = {"subject-name": case.subject.name, "subject-name_zh": "港湾新名有限公司"}
    with sight.every_client():
        change_facts(case, {"subject": {"name": "Harbour Renamed Ltd", "name_zh": "海湾有限公司"}}, by=mei)

    page = ada_page.post(f"/cases/{case.reference}/facts/subject/", typed | signs).content.decode()

    assert 'value="Harbour Renamed Ltd"' in page and 'value="港湾新名有限公司"' in page
    assert "Somebody was faster" in page and "海湾有限公司" in page


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
    assert again["Location"] == f"{path}?left=1"


def test_a_page_that_is_done_too_early_says_what_is_missing_and_leads_to_it(ada_page, case, mei):
    with sight.every_client():
        change_facts(case, {"site": {"revenue": None, "content": []}}, by=mei)
    path = f"/cases/{case.reference}/facts/site/"

    page = ada_page.post(path, {"site-name": "港湾贸易"} | of_site(case), follow=True).content.decode()

    assert fresh(case).site.name == "港湾贸易"
    notice = notice_of(page)
    assert "Saved. 2 answers are still missing here:" in notice and "data-focus" in notice
    assert re.findall(r'href="#(id_[\w-]+)"', notice) == ["id_site-content", "id_site-revenue"]
    assert all(f'id="{box}"' in page for box in ("id_site-content", "id_site-revenue"))
    assert f'href="{case.get_absolute_url()}">Go on all the same' in notice and "Thank you" not in page


def test_one_missing_answer_is_counted_as_one_in_both_languages(ada_page, case, mei):
    with sight.every_client():
        change_facts(case, {"site": {"revenue": None}}, by=mei)
    path = f"/cases/{case.reference}/facts/site/?left=1"

    english = ada_page.get(path).content.decode()
    ada_page.post("/language/", {"language": "zh-hans", "next": "/"})
    chinese = ada_page.get(path).content.decode()

    assert "Saved. One answer is still missing here:" in english
    assert "已保存。这一页还有 1 项未填写：" in chinese and "先继续，稍后再处理" in chinese


def test_a_page_with_all_answers_is_done(ada_page, case):
    path = f"/cases/{case.reference}/facts/site/"

    answer = ada_page.post(path, {"site-name": "港湾贸易"} | of_site(case), follow=True)

    assert answer.request["PATH_INFO"] == case.get_absolute_url()
    assert "Saved. Thank you." in answer.content.decode()
    assert 'id="left"' not in ada_page.get(f"{path}?left=1").content.decode()


def test_what_blocks_is_said_at_once_when_a_page_is_done(ada_page, case):
    path = f"/cases/{case.reference}/facts/subject/"
    signs = drawn(ada_page, case, "subject")
    form = ada_page.get(path).context["form"]
    given = {f"subject-{name}": form[f"subject-{name}"].value() or "" for name in form.open}

    page = ada_page.post(path, given | {"subject-registered_in_mainland": "false"} | signs, follow=True)

    notice = notice_of(page.content.decode())
    assert "Saved. Please look at this again:" in notice and "data-focus" in notice
    assert (
        'href="#id_subject-registered_in_mainland"' in notice and "branch or representative office" in notice
    )
    assert page.content.decode().count("branch or representative office") == 1


def of_site(case) -> dict[str, object]:
    """The rest of what its page sends, as it stands."""
    site = fresh(case).site
    revenue = {True: "true", False: "false"}.get(site.revenue, "")
    return {"site-languages": site.languages, "site-content": site.content, "site-revenue": revenue}


def notice_of(page: str) -> str:
    return page.partition('aria-labelledby="left"')[2].partition("</section>")[0]
