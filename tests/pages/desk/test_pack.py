"""The submission pack and the forms, as staff and clients meet them."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import expect

from cases.models import Case, CaseEvent
from cases.services.changing import change_facts
from clients import sight
from documents import services
from documents.models import Handout
from tests.documents import samples
from tests.documents.test_forms import needs_font
from tests.pages.desk.cast import opened
from tests.pages.desk.test_browser import sign_in
from trade.fields import FIELDS
from trade.packs import label_of, sections_of

NUMBERS = ("91310000MATE5T017D", "T12345678")


def text(answer) -> str:
    return answer.content.decode()


def pack_of(browser, case):
    return browser.get(f"/cases/{case.reference}/pack/")


def form_of(case):
    with sight.every_client():
        return case.requirements.get(kind="verification_form")


@pytest.fixture
def accepted(store, case, ada, mei):
    """Harbour's passport, sent and found right."""
    from tests.documents.cast import checked, paper, send

    with sight.every_client():
        document = checked(send(paper(case, "passport"), samples.small_jpeg(), by=ada))
        return services.accept_document(document, by=mei)


@pytest.fixture
def signed(store, case, ada, mei):
    """Its verification form, signed and found right."""
    from tests.documents.cast import checked, paper, send

    with sight.every_client():
        document = checked(send(paper(case, "verification_form"), samples.small_jpeg((330, 400)), by=ada))
        return services.accept_document(document, by=mei)


# ── The page ──


def test_facts_stand_in_the_order_and_words_of_the_providers_form(desk, case):
    page = text(pack_of(desk, case))

    labels = re.findall(r'<dt><span lang="zh-Hans">([^<]+)</span>', page)
    assert labels == [
        label_of(path, "aliyun") for section in sections_of("aliyun") for path in section.fields
    ]
    assert "备案地域" in labels and FIELDS["domain.name"].label in labels
    assert 'data-copy="harbour.example"' in page and 'data-copy="护照"' in page


def test_numbers_are_masked_until_somebody_says_why(desk, case, mei):
    page = text(pack_of(desk, case))
    assert not any(number in page for number in NUMBERS) and "****5678" in page

    mute = desk.post(f"/cases/{case.reference}/pack/", {"text": " "})
    told = desk.post(f"/cases/{case.reference}/pack/", {"text": "Typing it in"})

    assert mute.status_code == 422 and not any(number in text(mute) for number in NUMBERS)
    assert all(f'data-copy="{number}"' in text(told) for number in NUMBERS)
    assert told["Cache-Control"] == "no-store"
    with sight.every_client():
        event = CaseEvent.objects.get(kind="numbers.revealed")
        assert (event.by, event.note) == (mei, "Typing it in")


def test_at_the_limit_no_number_is_shown(desk, case, mei):
    with sight.every_client():
        from cases.services.progress import reveal_numbers

        for _look in range(30):
            reveal_numbers(case, by=mei, why="Again")

    answer = desk.post(f"/cases/{case.reference}/pack/", {"text": "Once more"})

    assert answer.status_code == 429 and answer["Retry-After"]
    assert not any(number in text(answer) for number in NUMBERS)


def test_the_zip_is_asked_for_made_and_fetched(desk, case, accepted, mei):
    empty = desk.post(f"/cases/{case.reference}/pack/archive/")
    assert empty.status_code == 302
    with sight.every_client():
        handout = Handout.objects.get()
    assert "being made" in text(desk.get(f"/handouts/{handout.reference}/state/"))

    services.make_handout(handout.pk)

    page = text(pack_of(desk, case))
    assert f"/handouts/{handout.reference}/content/" in page and "主体负责人-护照" in page
    answer = desk.get(f"/handouts/{handout.reference}/content/")
    assert answer.status_code == 302 and "X-Amz-Signature" in answer["Location"]
    assert answer["Cache-Control"] == "no-store" and answer["Referrer-Policy"] == "no-referrer"
    with sight.every_client():
        assert CaseEvent.objects.filter(kind="paper.viewed", data__why="pack", by=mei).count() == 1


def test_without_an_accepted_paper_a_sentence_says_so(desk, case):
    answer = desk.post(f"/cases/{case.reference}/pack/archive/", follow=True)

    assert "No paper is accepted yet" in text(answer)


@pytest.mark.parametrize("who", ["ada", "ann", "bo"])
def test_the_pack_is_not_there_for_a_client(request, as_page, case, accepted, mei, who):
    with sight.every_client():
        handout = services.ask_pack(case, by=mei)
    browser = as_page(request.getfixturevalue(who))

    assert pack_of(browser, case).status_code == 404
    assert browser.post(f"/cases/{case.reference}/pack/", {"text": "x"}).status_code == 404
    assert browser.post(f"/cases/{case.reference}/pack/archive/").status_code == 404
    for what in ("state", "content"):
        assert browser.get(f"/handouts/{handout.reference}/{what}/").status_code == 404


def test_another_clients_pack_is_not_there_for_a_limited_specialist(as_page, lim, lotus_case, case):
    browser = as_page(lim)

    assert pack_of(browser, case).status_code == 200
    assert pack_of(browser, lotus_case).status_code == 404
    assert browser.post(f"/cases/{lotus_case.reference}/pack/archive/").status_code == 404


def test_script_in_a_fact_is_text(desk, case, mei):
    with sight.every_client():
        change_facts(case, {"site": {"name": '<script>alert("港湾")</script>'}}, by=mei)

    assert "<script>alert" not in text(pack_of(desk, case))


def test_the_page_asks_a_fixed_number_of_questions(desk, case, accepted, signed):
    pack_of(desk, case)
    with CaptureQueriesContext(connection) as queries:
        pack_of(desk, case)

    assert len(queries) <= 20


# ── Forms ──


@needs_font
def test_a_contact_makes_and_fetches_the_form_on_the_page_of_its_paper(as_page, ada, case, store):
    browser, form = as_page(ada), form_of(case)
    assert "Download, sign, send" in text(browser.get(f"/tasks/{form.reference}/"))

    asked = browser.post(f"/requirements/{form.reference}/form/")
    assert asked.status_code == 302 and "being made" in text(browser.get(f"/tasks/{form.reference}/"))
    with sight.every_client():
        handout = Handout.objects.get()
    services.make_handout(handout.pk)

    page = text(browser.get(f"/tasks/{form.reference}/"))
    assert f"/handouts/{handout.reference}/content/" in page
    answer = browser.get(f"/handouts/{handout.reference}/content/")
    assert answer.status_code == 302 and answer["Cache-Control"] == "no-store"
    with sight.every_client():
        assert CaseEvent.objects.get(kind="numbers.revealed").by == ada


def test_facts_that_are_missing_are_named_instead(as_page, ada, harbour, mei):
    case = opened(harbour, mei, domain="empty.example", server={})
    with sight.every_client():
        change_facts(case, {"head": {"mobile": ""}}, by=mei)
    form = form_of(case)

    page = text(as_page(ada).get(f"/tasks/{form.reference}/"))
    refused = as_page(ada).post(f"/requirements/{form.reference}/form/", follow=True)

    assert "Before that, these facts are needed" in page and "mobile" in page
    assert "The form needs facts that nobody has given yet" in text(refused)


def test_another_clients_form_is_not_there(as_page, bo, ada, case):
    form = form_of(case)
    with sight.every_client():
        handout = services.ask_form(form, by=ada)
    browser = as_page(bo)

    assert browser.post(f"/requirements/{form.reference}/form/").status_code == 404
    assert browser.get(f"/handouts/{handout.reference}/content/").status_code == 404
    assert browser.get(f"/handouts/{handout.reference}/state/").status_code == 404


def test_a_changed_fact_is_said_on_the_case_the_review_and_the_clients_pages(
    desk, as_page, ada, case, signed, mei
):
    pages = {
        "case": lambda: text(desk.get(case.get_absolute_url())),
        "review": lambda: text(desk.get(f"/documents/{signed.reference}/review/")),
        "pack": lambda: text(pack_of(desk, case)),
        "home": lambda: text(as_page(ada).get(case.get_absolute_url())),
        "task": lambda: text(as_page(ada).get(f"/tasks/{form_of(case).reference}/")),
    }
    before = {name: page().lower().count("from older facts") for name, page in pages.items()}
    assert set(before.values()) == {0}

    with sight.every_client():
        change_facts(case, {"site": {"name": "港湾新网站"}}, by=mei)

    after = {name: page().lower().count("from older facts") for name, page in pages.items()}
    assert all(after.values()), after
    assert form_of(case).state == "accepted"


# ── By keyboard ──


@pytest.mark.django_db(transaction=True)
def test_the_pack_is_copied_by_one_key_a_fact(page, case, mei):
    sign_in(page, mei)
    page.goto(f"/cases/{case.reference}/pack/")
    at_hand = page.locator("[data-pack-row][data-cursor] [data-copy]")

    page.keyboard.press("j")
    first = at_hand.get_attribute("data-copy")
    page.keyboard.press("c")
    expect(at_hand).not_to_have_attribute("data-copy", first)

    assert page.locator("[data-copy][data-state=copied]").get_attribute("data-copy") == first
    page.keyboard.press("3")
    expect(at_hand).to_have_attribute("data-copy", "Ada Winter")
    page.keyboard.press("k")
    expect(at_hand).not_to_have_attribute("data-copy", "Ada Winter")


def test_what_only_the_agency_fills_in_is_no_move_of_the_clients(desk, as_page, ada, harbour, mei):
    """The form waits for the agency, in words; and our page says what we owe, with the way to it."""
    case = opened(harbour, mei, domain="empty.example")
    with sight.every_client():
        Case.objects.filter(pk=case.pk).update(provider="")
        case.requirements.exclude(kind="verification_form").update(state="accepted")
        case.people.update(mobile_verified_at=timezone.now())
    form = form_of(case)
    client, task, ours = as_page(ada), f"/tasks/{form.reference}/", case.get_absolute_url()

    page = text(client.get(task))
    assert "Your agency still fills in: provider. Nothing to do for you until then." in page
    assert "Before that, these facts are needed" not in page and "Make the form" not in page
    filing = text(client.get("/"))
    assert "waits for your agency: provider" in filing and "Your move" not in filing
    shown = text(desk.get(ours))
    assert "We still have to fill in: provider." in shown and "1 fact" not in shown
    assert f'href="/cases/{case.reference}/facts/"' in shown and "Fill in: provider" in shown

    for person in (ada, mei):
        with sight.every_client():
            type(person).objects.filter(pk=person.pk).update(language="zh-hans")
    assert "代理机构还需填写：" in text(client.get(task)) and "等待代理机构填写：" in text(client.get("/"))
    assert "我方还需填写：" in text(desk.get(ours))

    with sight.every_client():
        Case.objects.filter(pk=case.pk).update(provider="aliyun")
    assert "等待代理机构填写：" not in text(client.get("/"))


def test_what_both_still_owe_is_told_apart(desk, as_page, ada, harbour, mei):
    case = opened(harbour, mei, domain="empty.example")
    with sight.every_client():
        Case.objects.filter(pk=case.pk).update(provider="")
        change_facts(case, {"head": {"mobile": ""}}, by=mei)

    page = text(as_page(ada).get(f"/tasks/{form_of(case).reference}/"))
    shown = text(desk.get(case.get_absolute_url()))

    assert "Your agency still fills in: provider." in page and "Nothing to do for you until then" not in page
    assert "Before that, these facts are needed" in page and "Case: provider" not in page
    assert "The client still owes 1 fact and" in shown and "We still have to fill in: provider." in shown
