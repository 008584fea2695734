"""The pre-flight at the desk: its page, its one button, and the waiver of a warning."""

from __future__ import annotations

import re

import pytest

from cases.models import Finding
from cases.services.changing import change_facts
from clients import sight
from tests.api import filings
from tests.pages.desk.cast import opened
from tests.pages.desk.test_case import events, now, text
from tests.pages.desk.test_list import asked

WARNING = {"contact_address": "上海市样本路"}  # no house number


@pytest.fixture
def warned(case, mei):
    """Harbour's case with one warning and, as no paper came yet, some that block."""
    with sight.every_client():
        return change_facts(case, {"subject": {**WARNING}}, by=mei)


def address(case, more: str = "") -> str:
    return f"/cases/{case.reference}/{more}"


def waiver(case, code: str = "contact_address_incomplete") -> str:
    return address(case, f"findings/{code}/waiver/")


def test_each_finding_has_its_place_reason_and_fix(desk, warned):
    page = text(desk.get(address(warned, "preflight/")))

    assert "Keeps it in draft" in page and "Worth a look" in page and "Passed" in page
    assert "no house number" in page and "Write province, city, street" in page
    assert f'href="/cases/{warned.reference}/facts/?of=subject#id_subject-contact_address"' in page
    assert re.search(r"A paper has not been sent", page)


def test_the_place_leads_to_a_box_that_is_there(desk, warned):
    page = text(desk.get(address(warned, "preflight/")))
    links = [
        link.replace("&amp;", "&") for link in re.findall(r'class="finding-where"><a href="([^"]+)"', page)
    ]

    assert links
    for link in links:
        there = desk.get(link.partition("#")[0])
        assert there.status_code == 200
        if "#id_" in link:
            assert f'id="{link.partition("#")[2]}' in text(there)


def test_the_case_says_how_many_in_a_line(desk, warned):
    page = text(desk.get(address(warned)))

    told = r"5 findings keep the filing in draft\. 1 finding is worth a look\.\s*<a href"
    assert re.search(told, page), page[page.find("Pre-flight") :][:400]
    assert f'href="/cases/{warned.reference}/preflight/"' in page


def test_one_press_looks_again_and_leaves_a_trace_inside(desk, warned, ada, as_page):
    with sight.every_client():
        Finding.objects.filter(case=warned).delete()

    answer = desk.post(address(warned, "preflight/"), follow=True)

    assert "no house number" in text(answer)
    (event,) = events(warned, "preflight.run")
    assert (event.audience, event.data) == ("internal", {"blocks": 5, "warns": 1})


def test_a_warning_is_waived_with_a_note(desk, warned):
    desk.post(waiver(warned), {"place": "subject.contact_address", "note": "The village has no numbers."})

    page = text(desk.get(address(warned, "preflight/")))
    assert "Waived" in page and "The village has no numbers." in page and "Mei" in page
    (event,) = events(warned, "finding.waived")
    assert (event.audience, event.note) == ("internal", "The village has no numbers.")
    assert now(warned).open_warns == 0


def test_without_a_note_the_sentence_stands_beside_the_field_and_the_rest_stays(desk, warned):
    answer = desk.post(waiver(warned), {"place": "subject.contact_address", "note": "  "})

    assert answer.status_code == 422
    assert "Write in a sentence why." in text(answer) and "<details open>" in text(answer)
    assert now(warned).open_warns == 1


def test_what_was_typed_is_not_lost(desk, warned):
    answer = desk.post(waiver(warned), {"place": "subject.contact_address", "note": "<b>x</b>" * 400})

    assert answer.status_code == 422
    assert "&lt;b&gt;x&lt;/b&gt;" in text(answer) and "<b>x</b>" not in text(answer)


@pytest.mark.parametrize("code", ["paper_missing", "site_name_not_allowed", "nonsense"])
def test_what_blocks_or_is_not_there_is_not_waived(desk, warned, code):
    answer = desk.post(waiver(warned, code), {"note": "Please."})

    assert answer.status_code == 409
    assert not events(warned, "finding.waived")


def test_a_page_of_the_pre_flight_asks_no_more_the_more_it_finds(desk, case, harbour, mei):
    few, _page = asked(desk, address(case, "preflight/"))
    for n in range(3):
        opened(harbour, mei, domain=f"n{n}.example")
    with sight.every_client():
        change_facts(
            case, {"subject": WARNING, "site": {"name": "莲花香茗"}, "manager": {"name": "Cy"}}, by=mei
        )

    many, _page = asked(desk, address(case, "preflight/"))

    assert few == many <= 20


@pytest.mark.parametrize(
    ("name", "status"),
    [("root", 200), ("mei", 200), ("wen", 200), ("lim", 200), ("ada", 404), ("ann", 404), ("bo", 404)],
)
def test_the_agency_alone_comes_in(request, as_page, warned, name, status):
    page = as_page(request.getfixturevalue(name))

    assert page.get(address(warned, "preflight/")).status_code == status
    answers = [page.post(address(warned, "preflight/")), page.post(waiver(warned), {"note": "As agreed."})]
    assert {one.status_code for one in answers} == ({302} if status == 200 else {404})


def test_a_limited_specialist_sees_nothing_of_another_client(as_page, lim, lotus_case):
    assert as_page(lim).get(address(lotus_case, "preflight/")).status_code == 404
    assert as_page(lim).post(waiver(lotus_case), {"note": "x"}).status_code == 404


def test_submit_is_refused_with_the_first_finding_and_how_many_more(desk, case, mei):
    with sight.every_client():
        filings.get_ready(case)
        change_facts(case, {"domain": {"owner": "other", "verified": False}}, by=mei)

    answer = desk.post(address(case, "moves/submit/"))

    assert answer.status_code == 409
    assert "The domain belongs to somebody else. And 1 more." in text(answer)
