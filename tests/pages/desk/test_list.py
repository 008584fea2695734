"""The list and Today: whose rows, how many questions, how heavy."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Case, Requirement
from cases.services import progress
from clients import sight
from clients.models import Client
from tests.api.filings import drive, today
from tests.pages.desk.cast import moved, opened, ready
from tests.rulebook.editing import copies

BOOKKEEPING = re.compile(r"^(SAVEPOINT|RELEASE|ROLLBACK)", re.I)


def asked(browser, path: str) -> tuple[int, bytes]:
    """How many questions the page put to the database, and the page; asked once before, so that caches are warm."""
    browser.get(path)
    with CaptureQueriesContext(connection) as queries:
        page = browser.get(path)
    assert page.status_code == 200, page.status_code
    return len([one for one in queries if not BOOKKEEPING.match(one["sql"])]), page.content


def rows_of(page) -> list[str]:
    """The domains of a list's rows, in order."""
    return re.findall(r'<td class="cut" title="([^"]*)">', page.content.decode())


def many(client: Client, by, count: int) -> None:
    """So many cases, the first by the service and the rest copied from it."""
    first = opened(client, by, domain="site00.example")
    with sight.every_client():
        copied = copies(first, count - 1)
        for n, pk in enumerate(copied, start=1):
            Case.objects.filter(pk=pk).update(domain_name=f"site{n:02d}.example")


@pytest.mark.parametrize(
    ("path", "most"), [("/cases/", 12), ("/cases/?due=week&waiting_on=client", 12), ("/", 13)]
)
def test_lists_ask_as_much_of_three_rows_as_of_thirty(desk, harbour, mei, path, most):
    many(harbour, mei, 3)
    few, _page = asked(desk, path)
    many(harbour, mei, 27)

    lots, _page = asked(desk, path)

    assert lots == few <= most


def test_a_search_asks_as_much_in_each_spelling(desk, harbour, mei):
    many(harbour, mei, 3)

    told = [asked(desk, f"/cases/?q={words}")[0] for words in ("harbour", "gangwan", "gang+wan", "港湾")]

    assert told == told[:1] * 4


def test_fifty_rows_stay_light(desk, harbour, mei):
    with sight.every_client():
        Client.objects.filter(pk=harbour.pk).update(name="N" * 60, name_zh="港湾示例贸易" * 4)
    many(harbour, mei, 51)

    _n, page = asked(desk, "/cases/")

    assert page.count(b"<tr>") == 51  # fifty and the head
    assert len(page) < 100_000


def test_next_page_goes_on_where_the_first_ended(desk, harbour, mei):
    many(harbour, mei, 53)
    first = desk.get("/cases/")
    link = re.search(r'href="(\?cursor=[^"]+)"', first.content.decode())[1]

    second = desk.get(f"/cases/{link}")

    assert (len(rows_of(first)), len(rows_of(second))) == (50, 3)
    assert not set(rows_of(first)) & set(rows_of(second))
    assert "53 in all" in first.content.decode()


def test_pages_go_back_as_they_came(desk, harbour, mei):
    many(harbour, mei, 105)
    with sight.every_client():
        for n, pk in enumerate(list(Case.objects.order_by("id").values_list("pk", flat=True)[:70])):
            Case.objects.filter(pk=pk).update(due_at=timezone.now() + timedelta(days=n % 7))
    pages, link = [], "/cases/"
    while link:
        answer = desk.get(link)
        pages.append(rows_of(answer))
        found = re.search(r'href="(\?[^"]+)" rel="next"', answer.content.decode())
        link = f"/cases/{found[1].replace('&amp;', '&')}" if found else ""

    back = [rows_of(answer)]
    while found := re.search(r'href="(\?[^"]+)" rel="prev"', answer.content.decode()):
        answer = desk.get(f"/cases/{found[1].replace('&amp;', '&')}")
        back.append(rows_of(answer))

    assert [len(page) for page in pages] == [50, 50, 5]
    assert len({domain for page in pages for domain in page}) == 105
    assert back == pages[::-1]


def test_a_strangers_cursor_begins_at_the_top(desk, case):
    answer = desk.get("/cases/?stage=draft&cursor=nonsense")

    assert answer.url == "/cases/?stage=draft"


FILTERS = {
    "stage=draft": ["harbour.example", "held.example", "lotus.example"],
    "stage=provider_pre_audit": ["audit.example"],
    "waiting_on=provider": ["audit.example"],
    "on_hold=yes": ["held.example"],
    "on_hold=no&stage=draft": ["harbour.example", "lotus.example"],
    "provider=tencent": [],
    "province=SH&stage=draft&on_hold=yes": ["held.example"],
    "due=none": ["harbour.example", "held.example", "lotus.example"],
    "account_manager=nobody@willow.example": [],
    "q=lotus": ["lotus.example"],
    "q=莲花": ["lotus.example"],
    "q=lianhua": ["lotus.example"],
    "q=Lian+Hua": ["lotus.example"],
    "q=莲花&stage=provider_pre_audit": [],
    "q=lian+hua&stage=draft": ["lotus.example"],
    "q=audit.example": ["audit.example"],
    "stage=nonsense&q=held": ["held.example"],
}


def test_filters_stand_in_the_address(desk, case, lotus_case, harbour, mei):
    moved(ready(opened(harbour, mei, domain="audit.example"), mei), mei, "submit")
    moved(opened(harbour, mei, domain="held.example"), mei, "hold")

    assert {query: sorted(rows_of(desk.get(f"/cases/?{query}"))) for query in FILTERS} == FILTERS


def test_htmx_gets_the_rows_alone(desk, case):
    page = desk.get("/cases/", headers={"HX-Request": "true"}).content.decode()

    assert page.lstrip().startswith('<div id="rows">')
    assert "harbour.example" in page and "<html" not in page


def test_the_move_that_is_mine_is_red(desk, harbour, mei, wen, as_page):
    ready(opened(harbour, mei), mei)

    assert "data-mine" in desk.get("/cases/").content.decode()
    assert "data-mine" not in as_page(wen).get("/cases/").content.decode()


def test_a_limited_specialist_finds_assigned_clients_only(agency, lim, as_page, case, lotus_case):
    browser = as_page(lim)

    assert rows_of(browser.get("/cases/")) == ["harbour.example"]
    assert browser.get(case.get_absolute_url()).status_code == 200
    assert browser.get(lotus_case.get_absolute_url()).status_code == 404
    assert "lotus.example" not in browser.get("/").content.decode()


def test_names_are_text(desk, harbour, mei):
    with sight.every_client():
        Client.objects.filter(pk=harbour.pk).update(name="<script>alert(1)</script>", name_zh='"><b>')
    opened(harbour, mei)

    for path in ("/cases/", "/"):
        page = desk.get(path).content.decode()
        assert "<script>alert" not in page and '"><b>' not in page


# ── Today ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_day_congratulates(desk, case, mei):
    moved(case, mei, "withdraw")

    page = desk.get("/").content.decode()

    assert page.count("Well done.") == 3


def test_each_row_of_today_ends_in_its_next_move(desk, harbour, lotus, mei):
    handed = ready(opened(harbour, mei, domain="ready.example"), mei)
    sms = moved(
        ready(opened(harbour, mei, domain="sms.example"), mei),
        mei,
        "submit",
        "pass_pre_audit",
        "finish_photo",
    )
    quiet = opened(lotus, mei, domain="quiet.example")
    sent = opened(lotus, mei, domain="sent.example")
    with sight.every_client():
        Case.objects.filter(pk=quiet.pk).update(moved_at=timezone.now() - timedelta(days=60))
        Requirement.objects.filter(case=sent, kind="passport").update(state="sent", document="D-000000000000")

    page = desk.get("/").content.decode()

    assert f'href="/cases/{handed.reference}/moves/submit/"' in page
    assert f'href="/cases/{sms.reference}/"' in page and "See the clock" in page
    assert f'href="/cases/{quiet.reference}/steps/call/"' in page
    assert 'href="/documents/D-000000000000/review/"' in page and "Review 1 paper" in page
    assert '<a href="/documents/D-000000000000/review/">Review all papers</a>' in page
    assert page.count("Well done.") == 0


def test_today_never_shows_more_than_twenty_rows(desk, harbour, mei):
    many(harbour, mei, 45)
    with sight.every_client():
        old = timezone.now() - timedelta(days=90)
        Case.objects.update(moved_at=old)
        mine = list(Case.objects.order_by("id").values_list("pk", flat=True))
        Case.objects.filter(pk__in=mine[:15]).update(waiting_on="agency")
        Case.objects.filter(pk__in=mine[15:30]).update(due_at=timezone.now())

    page = desk.get("/").content.decode()

    assert page.count("<tr>") - page.count("<thead><tr>") == 20
    references = re.findall(r'class="who-cell"><a href="(/cases/[^"]+)"', page)
    assert len(references) == len(set(references)) == 20
    assert "the first 8" in page
    quiet = desk.get(re.search(r'href="(\?quiet)"', page)[1])
    assert len(re.findall(r'class="who-cell"', quiet.content.decode())) == 45


def test_who_answers_for_no_case_sees_the_agencys(as_page, wen, case, mei):
    with sight.every_client():
        Case.objects.update(waiting_on="agency")

    assert "harbour.example" in as_page(wen).get("/").content.decode()


def test_a_hold_whose_day_has_come_is_back(desk, harbour, mei):
    held = moved(opened(harbour, mei), mei, "hold")
    with sight.every_client():
        Case.objects.filter(pk=held.pk).update(hold_until=timezone.now().date() - timedelta(days=1))

    assert f"/cases/{held.reference}/moves/resume/" in desk.get("/").content.decode()


def test_a_number_that_is_not_shown_is_due_today_though_nobody_is_waited_for(desk, case, mei):
    """The clocks of the site's foot wait on nobody; late or due soon they stand with their own day."""
    drive(case, "commercial_licensed", mei)
    assert "not shown on the site yet" not in desk.get("/").content.decode(), "weeks to go"

    with sight.every_client():
        progress.open_site(case, by=mei, on=date.fromisoformat(today()))
        late = case.deadlines.filter(state="running")
        assert late.count() == 2
        late.update(due_at=timezone.now() - timedelta(days=27))
        assert Case.objects.get(pk=case.pk).waiting_on == "nobody"
    page = desk.get("/").content.decode()

    soon = page.partition('id="t-soon"')[2].partition('id="t-quiet"')[0]
    assert soon.count("number not shown on the site") == 1, "one row for both clocks"
    assert f'href="/cases/{case.reference}/steps/footer/"' in soon and "Number shown" in soon
    assert 'data-due="late"' in soon

    desk.post(f"/cases/{case.reference}/steps/footer/")
    assert "not shown on the site yet" not in desk.get("/").content.decode()


def test_a_number_that_is_not_shown_is_told_in_chinese_too(desk, case, mei):
    drive(case, "psb_filed", mei)
    with sight.every_client():
        case.deadlines.filter(state="running").update(due_at=timezone.now())
        type(mei).objects.filter(pk=mei.pk).update(language="zh-hans")

    page = desk.get("/").content.decode()

    assert "网站尚未展示备案号" in page and ">已展示<" in page


# ── New ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_whoever_came_from_a_client_goes_back_there(desk, harbour):
    page = desk.get(f"/cases/new/?client={harbour.reference}").content.decode()

    assert page.count(f'href="/clients/{harbour.reference}/"') == 2
    assert 'class="back" href="/cases/"' in desk.get("/cases/new/").content.decode()


def test_client_and_domain_make_a_case(desk, harbour, mei):
    typed = {"client": harbour.reference, "domain": "New.Example", "account_manager": mei.email}
    answer = desk.post("/cases/new/", typed)

    with sight.every_client():
        case = Case.objects.get()
    assert answer.url == case.get_absolute_url()
    assert (case.domain_name, case.account_manager_id, case.client_id) == ("new.example", mei.pk, harbour.pk)


def test_a_wrong_domain_stays_in_its_box(desk, harbour):
    answer = desk.post("/cases/new/", {"client": harbour.reference, "domain": "not a domain"})

    assert answer.status_code == 422
    assert 'value="not a domain"' in answer.content.decode()
    assert 'id="id_domain_error"' in answer.content.decode()


def test_a_client_out_of_sight_takes_no_case(as_page, agency, lim, lotus):
    answer = as_page(lim).post("/cases/new/", {"client": lotus.reference, "domain": "leak.example"})

    assert answer.status_code == 422
    assert "Lotus" not in answer.content.decode()


def test_a_list_of_one_client_says_of_whom_and_how_to_leave_it(desk, harbour, lotus, mei):
    """From the client's page; a neighbour whose name holds the same word is not on it."""
    with sight.every_client():
        Client.objects.filter(pk=lotus.pk).update(name="Harbour Ltd Trading")
        theirs, other = (
            opened(harbour, mei, domain="theirs.example"),
            opened(lotus, mei, domain="other.example"),
        )
    link = re.search(
        r'href="(/cases/\?client=[^"]+)"', desk.get(f"/clients/{harbour.reference}/").content.decode()
    )[1]

    for way in ("table", "board"):
        page = desk.get(f"{link}&as={way}").content.decode()

        assert theirs.domain_name in page
        assert other.domain_name not in page
        assert re.search(r"Client <strong>Harbour Ltd", page)
        leave = re.search(r'href="([^"]*)" aria-label="Cases of every client"', page)[1]
        assert "client=" not in leave
    assert other.domain_name in desk.get(f"/cases/{leave.replace('&amp;', '&')}").content.decode()
