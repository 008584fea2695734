"""Eligibility before any paper: six questions at most, an answer in words, nothing stored, nobody followed."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from cases import inquiry
from clients import sight
from clients.models import Agency
from clients.queries import forget_agency
from trade import eligibility, papers

PATH = "/eligibility/"
COMPANY = "server=mainland&who=enterprise&province=SH&person=passport&domain=subject&site=company"
PERSON = "server=mainland&who=individual&province=SH&person=resident_here&domain=subject&site=personal"


@pytest.fixture
def nobody(agency) -> Browser:
    cache.clear()
    return Browser()


def read(browser, query="") -> str:
    answer = browser.get(f"{PATH}?{query}")
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


# ── Who may ask ──


def test_the_door_is_open_where_the_agency_lets_it_be(nobody):
    assert "Where does the server of the site stand?" in read(nobody)
    assert PATH in nobody.get("/accounts/login/").content.decode()


def test_a_closed_door_asks_to_sign_in_and_keeps_the_answers(nobody, agency, ada, as_page):
    with sight.every_client():
        Agency.objects.filter(pk=1).update(eligibility_is_open=False)
    forget_agency()

    answer = nobody.get(f"{PATH}?server=mainland")

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/login/")
    assert "server%3Dmainland" in answer["Location"]
    assert PATH not in nobody.get("/accounts/login/").content.decode()
    assert "Who files the site?" in read(as_page(ada), "server=mainland")


def test_too_many_questions_wait(nobody, monkeypatch):
    from cases import tools

    monkeypatch.setattr(tools, "A_MINUTE_FROM_ONE_ADDRESS", 2)
    answers = [nobody.get(PATH) for _ in range(4)]

    assert (answers[-1].status_code, bool(answers[-1]["Retry-After"])) == (429, True)
    cache.clear()


# ── The questions ──


def walk(browser, *codes) -> tuple[list[str], str]:
    """Answers each question as a form without scripts does; the names asked, and the last page."""
    asked, carried = [], []
    for code in codes:
        page = read(browser, "&".join(carried))
        name = page.partition('name="asked" value="')[2].partition('"')[0]
        assert f'value="{code}"' in page, (name, code)
        asked.append(name)
        carried += [f"{name}={code}"]
    return asked, read(browser, "&".join(carried))


def test_six_questions_lead_to_a_yes_with_its_papers(nobody):
    asked, page = walk(nobody, "mainland", "enterprise", "SH", "passport", "subject", "company")

    assert len(asked) == 6
    assert "Yes, this can be filed." in page
    for paper in ("Business licence", "Passport", "Verification form", "Domain certificate", "Face check"):
        assert paper in page


@pytest.mark.parametrize(
    ("codes", "title", "instead"),
    [
        (["hong_kong"], "No filing is needed.", "Open the site at once"),
        (["overseas"], "No filing is needed.", "Open the site at once"),
        (["mainland", "abroad"], "Not in this way.", "a partner in the mainland"),
        (
            ["mainland", "individual", "SH", "resident_elsewhere", "subject", "personal"],
            "Not in this way.",
            "File in the home province.",
        ),
        (
            ["mainland", "individual", "HE", "passport_permit", "subject", "personal"],
            "Not in this way.",
            "Host the site in Hong Kong.",
        ),
        (
            ["mainland", "enterprise", "HE", "passport", "subject", "company"],
            "Not in this way.",
            "Authorise a person with a mainland ID.",
        ),
        (
            ["mainland", "individual", "SH", "resident_here", "subject", "shop"],
            "Not in this way.",
            "File as a company.",
        ),
        (
            ["mainland", "enterprise", "SH", "resident_id", "other", "company"],
            "Not in this way.",
            "can be mended",
        ),
        (
            ["mainland", "enterprise", "SH", "resident_id", "subject", "news"],
            "Not in this way.",
            "can be mended",
        ),
        (
            ["undecided", "enterprise", "SH", "resident_id", "none", "company"],
            "Yes, this can be filed.",
            "need next",
        ),
        (
            ["mainland", "individual", "SD", "resident_proof", "subject", "personal"],
            "Yes,",
            "Proof of residence",
        ),
    ],
)
def test_each_answer_is_a_yes_or_a_no_with_its_reason_and_way_out(nobody, codes, title, instead):
    asked, page = walk(nobody, *codes)

    assert len(asked) <= 6
    assert title in page and instead in page


@pytest.mark.parametrize("query", [COMPANY, PERSON, COMPANY.replace("=SH", "=HE"), "server=overseas"])
def test_the_page_judges_as_the_tool_does(nobody, as_api, mei, query):
    from django.http import QueryDict

    asking = inquiry.ask(QueryDict(query))
    facts = inquiry.facts_of(asking.answers)

    told = as_api(mei).post("/tools/eligibility", facts).json()
    verdict = inquiry.judge(asking.answers)

    assert verdict.eligible == told["eligible"]
    assert [str(one.sentence) for one in verdict.reasons] == [
        str(eligibility.OBSTACLES[code].sentence) for code in told["reasons"]
    ]
    if told["eligible"]:
        listed = as_api(mei).post("/tools/documents", facts).json()["documents"]
        assert [str(one["name"]) for one in verdict.papers] == [
            str(papers.KINDS[one["kind"]].name) for one in listed
        ]


def test_an_answer_can_be_changed_and_the_rest_stays(nobody):
    page = read(nobody, COMPANY)

    assert (
        'href="?server=mainland&amp;who=enterprise&amp;person=passport&amp;domain=subject&amp;site=company"'
        in page
    )
    again = read(nobody, COMPANY.replace("province=SH&", ""))
    assert "In which province is the licence registered?" in again
    assert 'type="hidden" name="site" value="company"' not in again  # it is asked for in its turn


# ── What is no answer ──

BAD = [
    ("server=<script>alert(1)</script>", "not known here"),
    ("server=mars", "not known here"),
    ("asked=server", "Choose one of these."),
    ("server=&asked=server", "Choose one of these."),
    ("server=mainland&server=overseas", "contradict"),
    (f"server={'x' * 3000}", "too long"),
    ("server=mainland&who=alien", "not known here"),
    ("server=mainland&who=enterprise&province=XX", "not known here"),
    ("server=mainland&who=enterprise&province=HK", "not known here"),
    ("server=mainland&who=individual&province=SH&person=resident_id", "not known here"),
    ("server=mainland&who=enterprise&province=SH&person=resident_here", "not known here"),
    ("server=mainland&who=individual&province=SH&person=passport&domain=shareholder", "not known here"),
    (COMPANY.replace("site=company", "asked=site"), "Tick at least one"),
    (COMPANY.replace("site=company", "site=revenue"), "what the site is about"),
    (COMPANY.replace("site=company", "site=company&site=sorcery"), "not known here"),
    (COMPANY.replace("site=company", "&".join(f"site=a{n}" for n in range(90))), "too long"),
]


@pytest.mark.parametrize(("query", "words"), BAD)
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_no_answer_is_said_in_a_sentence(nobody, query, words, method):
    if method == "get":
        answer = nobody.get(f"{PATH}?{query}")
    else:
        answer = nobody.post(PATH, query, content_type="application/x-www-form-urlencoded")

    # The other language's button in the masthead carries the address along.
    page = answer.content.decode().partition("<main")[2]
    assert answer.status_code == 422
    assert words in page and "field-error" in page
    assert "alert(1)" not in page and "sorcery" not in page and "x" * 100 not in page


def test_ten_thousand_signs_are_a_sentence_too(nobody):
    answer = nobody.post(PATH, {"server": "中" * 10_000, "who": "<b>" * 3_000})

    assert answer.status_code == 422
    assert "too long" in answer.content.decode()


def test_answers_to_what_is_not_asked_are_let_be(nobody):
    assert "No filing is needed." in read(
        nobody, "server=overseas&who=alien&province=%3Cscript%3E&colour=red"
    )


def test_a_nul_is_refused_at_the_door(nobody):
    assert nobody.get(f"{PATH}?server=%00").status_code == 400


# ── Nothing is kept ──


def test_nothing_is_written_and_nobody_is_followed(nobody, caplog):
    with CaptureQueriesContext(connection) as asked:
        answer = nobody.get(f"{PATH}?{COMPANY}")

    assert [one for one in asked if one["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")] == []
    assert answer["Cache-Control"] == "no-store"
    assert set(nobody.cookies) <= {"csrf"}
    assert "enterprise" not in caplog.text


def test_it_speaks_chinese_to_those_who_read_it(nobody):
    page = nobody.get(f"{PATH}?server=hong_kong", headers={"Accept-Language": "zh-CN"}).content.decode()

    assert "境外服务器无需备案号即可开通" in page
