"""The board: the list by its stops, a card moved through the one door, a refused one back with its reason."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from cases.models import Case
from cases.queries import CARDS
from clients import sight
from clients.models import Client, User
from tests.api.filings import STAGES
from tests.pages.desk.cast import moved, opened, ready
from tests.pages.desk.test_list import asked, many


def columns_of(page) -> dict[str, list[str]]:
    parts = re.findall(r'data-stop="(\w+)">(.*?)</section>', page.content.decode(), re.S)
    return {stage: re.findall(r'<p class="card-domain">([^<]*)', part) for stage, part in parts}


def test_the_board_shows_the_list_by_its_stops_and_is_remembered(desk, harbour, lotus_case, mei):
    moved(ready(opened(harbour, mei, domain="audit.example"), mei), mei, "submit")

    found = columns_of(desk.get("/cases/?as=board"))

    assert list(found) == list(STAGES)
    assert (found["draft"], found["provider_pre_audit"]) == (["lotus.example"], ["audit.example"])
    assert columns_of(desk.get("/cases/?stage=draft")) == {"draft": ["lotus.example"]}
    for query in ("audit", "gang+wan", "gangwan", "港湾"):
        found = columns_of(desk.get(f"/cases/?q={query}"))
        assert {stage: cards for stage, cards in found.items() if cards} == {
            "provider_pre_audit": ["audit.example"]
        }, query
    with sight.every_client():
        Case.objects.filter(pk=lotus_case.pk).update(due_at=timezone.now() - timedelta(days=1))
    page = desk.get("/cases/?as=board").content.decode()
    assert page.count("overdue</a>") == 1 and "stage=draft&amp;due=overdue" in page and "1 overdue" in page
    assert columns_of(desk.get("/cases/?as=board&stage=draft&due=overdue"))["draft"] == ["lotus.example"]
    assert 'class="ledger cases"' in desk.get("/cases/?as=table").content.decode()
    with sight.every_client():
        assert User.objects.get(pk=mei.pk).cases_as == "table"


def test_a_column_is_bounded_and_goes_on(desk, harbour, mei):
    many(harbour, mei, CARDS * 2 + 3)

    page = desk.get("/cases/?as=board")
    seen = columns_of(page)["draft"]
    assert len(seen) == CARDS and "13 more" in page.content.decode()
    link = re.search(r'id="more-draft" href="([^"]+)"', page.content.decode())[1].replace("&amp;", "&")
    assert columns_of(desk.get(link))["draft"] == columns_of(desk.get(link))["draft"]

    while link:
        piece = desk.get(link, headers={"HX-Request": "true", "HX-Target": "more-draft"}).content.decode()
        assert "<html" not in piece and "<form" not in piece
        seen += re.findall(r'<p class="card-domain">([^<]*)', piece)
        found = re.search(r'id="more-draft" href="([^"]+)"', piece)
        link = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == CARDS * 2 + 3


@pytest.mark.parametrize("path", ["/cases/?as=board", "/cases/?as=board&account_manager=mei@willow.example"])
def test_the_board_asks_as_much_of_three_cards_as_of_thirty(desk, harbour, mei, path):
    many(harbour, mei, 3)
    few, _page = asked(desk, path)
    many(harbour, mei, 27)

    lots, page = asked(desk, path)

    assert lots == few <= 13
    assert len(page) < 100_000


def test_a_limited_specialist_sees_their_cards_alone(as_page, agency, lim, case, lotus_case):
    browser = as_page(lim)

    assert columns_of(browser.get("/cases/?as=board"))["draft"] == ["harbour.example"]
    assert (
        browser.post(f"/cases/{lotus_case.reference}/stage/", {"to": "provider_pre_audit"}).status_code == 404
    )


def test_a_card_moves_through_the_one_door(desk, harbour, mei):
    case = ready(opened(harbour, mei), mei)
    path = f"/cases/{case.reference}/stage/?account_manager={mei.email}"

    answer = desk.post(path, {"to": "provider_pre_audit"}, follow=True)

    assert answer.redirect_chain[0][0].startswith("/cases/?account_manager=mei")
    assert columns_of(answer)["provider_pre_audit"] == ["harbour.example"]
    told = desk.post(path, {"to": "photo"}, headers={"HX-Request": "true"})
    assert (told.status_code, "as=board" in told["HX-Redirect"]) == (204, True)
    asks = desk.post(path, {"to": "miit_review"})
    assert asks.url == f"/cases/{case.reference}/moves/finish_photo/"
    with sight.every_client():
        assert Case.objects.get(pk=case.pk).stage == "photo"
        assert [event.move for event in case.events.filter(kind="case.moved").order_by("id")] == [
            "submit",
            "pass_pre_audit",
        ]


def test_a_refused_card_comes_back_with_its_reason(desk, case, wen, as_page):
    path = f"/cases/{case.reference}/stage/"

    piece = desk.post(path, {"to": "provider_pre_audit"}, headers={"HX-Request": "true"})
    page = desk.post(path, {"to": "provider_pre_audit"}, follow=True).content.decode()
    nowhere = desk.post(path, {"to": "licensed"}, headers={"HX-Request": "true"}).content.decode()

    assert piece.status_code == 200 and piece.content.decode().startswith('<article class="card"')
    assert "data-refused" in piece.content.decode() and "Came back." in piece.content.decode()
    assert "Not every required paper is accepted yet" in piece.content.decode()
    assert "harbour.example: Not every required paper is accepted yet" in page
    assert "the case cannot make this move" in nowhere and "/moves//" not in nowhere
    with sight.every_client():
        assert Case.objects.get(pk=case.pk).stage == "draft"


def test_stepping_back_is_on_the_cards_of_managers_only(desk, as_page, wen, harbour, mei):
    moved(ready(opened(harbour, mei), mei), mei, "submit", "pass_pre_audit")

    assert "Step back" in desk.get("/cases/?as=board").content.decode()
    assert "Step back" not in as_page(wen).get("/cases/?as=board").content.decode()


def test_names_on_cards_are_text(desk, harbour, mei):
    with sight.every_client():
        Client.objects.filter(pk=harbour.pk).update(name="<script>alert(1)</script>", name_zh='"><b>')
    opened(harbour, mei)

    page = desk.get('/cases/?as=board&account_manager="><b>').content.decode()
    page += desk.get("/cases/?as=board").content.decode()

    assert "<script>alert" not in page and '"><b>' not in page
