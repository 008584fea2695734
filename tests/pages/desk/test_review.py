"""A paper beside its facts: no verdict unseen, no return without a reason, one verdict of two."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from cases.models import Case, CaseEvent
from clients import sight
from documents.models import Document, Reading
from tests.documents import samples
from tests.pages.desk.test_list import asked


@pytest.fixture
def papers(store, case, ada, lotus_case, bo):
    """A passport and a licence of Harbour's that have arrived, and one of Lotus's."""
    from tests.documents.cast import checked, paper, send

    with sight.every_client():
        return [
            checked(send(paper(of, kind), samples.small_jpeg((320 + n, 200)), by=by))
            for n, (of, kind, by) in enumerate(
                [(case, "passport", ada), (case, "business_licence", ada), (lotus_case, "passport", bo)]
            )
        ]


def state_of(document: Document) -> str:
    with sight.every_client():
        return Document.objects.get(pk=document.pk).state


def views(document: Document) -> int:
    with sight.every_client():
        return CaseEvent.objects.filter(kind="paper.viewed", data__document=document.reference).count()


def page_of(browser, document: Document) -> str:
    return browser.get(f"/documents/{document.reference}/review/").content.decode()


def test_opening_the_page_opens_the_picture_with_a_trace(desk, papers):
    page = page_of(desk, papers[0])

    assert views(papers[0]) == 1
    assert re.search(r'<img src="http[^"]+X-Amz-Signature', page)
    assert "Ada Winter" in page and "****5678" in page and "T12345678" not in page
    assert "1 of 3 waiting" in page


def test_papers_of_one_case_are_judged_together_ones_own_first(desk, papers, lotus_case, mei):
    """From whichever paper one looks, the order is the same."""
    with sight.every_client():
        Document.objects.filter(pk=papers[1].pk).update(
            checked_at=papers[2].checked_at + timedelta(minutes=5)
        )
        Case.objects.filter(pk=lotus_case.pk).update(account_manager=mei)
        Case.objects.exclude(pk=lotus_case.pk).update(account_manager=None)
    own, first, second = papers[2], papers[0], papers[1]

    pages = [page_of(desk, one) for one in (own, first, second)]

    assert [re.search(r"(\d) of 3 waiting", page)[1] for page in pages] == ["1", "2", "3"]
    assert (
        desk.post(f"/documents/{first.reference}/acceptance/").url == f"/documents/{second.reference}/review/"
    )
    assert "<small>Lotus" in pages[1] and "<small>Harbour" not in pages[1]


def test_numbers_are_compared_and_the_way_leads_back_to_the_paper(desk, papers, case):
    way = re.search(r'href="(/cases/[^"]+/reveals/\?paper=[^"]+)"', page_of(desk, papers[0]))[1]

    asked_why = desk.get(way).content.decode()
    shown = desk.post(way, {"text": "To hold them against the paper."}).content.decode()

    assert "To hold them against the paper." in asked_why
    assert "T12345678" in shown and f'href="/documents/{papers[0].reference}/review/"' in shown
    elsewhere = desk.post(f"/cases/{case.reference}/reveals/?paper=//evil.example", {"text": "Why."})
    assert "Back to the paper" not in elsewhere.content.decode()


def test_what_the_machine_read_stands_beside_the_facts_and_blocks_nothing(desk, papers, settings):
    passport, licence, _lotus = papers
    with sight.every_client():
        row = Reading(client=passport.client, token=passport.token, paper="passport", read_at=timezone.now())
        right = row.mark_of(passport.case.head.id_number_hash)
        row.numbers, row.sure, row.is_clear, row.until = [right], 1, True, date(2029, 1, 1)
        row.save()
    settings.READING = True

    page, other = page_of(desk, passport), page_of(desk, licence)

    assert '<dd class="saw" data-saw="agrees">on the paper as in the facts</dd>' in page
    assert '<dd class="saw" data-saw="differs">2029-01-01; the facts say 2031-05-01</dd>' in page
    assert "<dt>Number and expiry</dt><dd>not read</dd>" in other
    assert desk.post(f"/documents/{passport.reference}/acceptance/").status_code == 302
    assert state_of(passport) == "accepted"


def test_no_verdict_unseen(desk, papers):
    unseen = desk.post(f"/documents/{papers[0].reference}/acceptance/")
    page_of(desk, papers[1])
    other = desk.post(f"/documents/{papers[0].reference}/return/", {"reason": ["id_unclear"]})

    assert unseen.url == other.url == f"/documents/{papers[0].reference}/review/"
    assert state_of(papers[0]) == "available"


def test_accepted_and_on_to_the_next(desk, papers):
    page_of(desk, papers[0])

    answer = desk.post(f"/documents/{papers[0].reference}/acceptance/")

    assert answer.url == f"/documents/{papers[1].reference}/review/"
    assert state_of(papers[0]) == "accepted"


def test_a_second_click_leads_on_like_the_first(desk, papers):
    page_of(desk, papers[0])
    for _twice in range(2):
        answer = desk.post(f"/documents/{papers[0].reference}/acceptance/")
        assert answer.url == f"/documents/{papers[1].reference}/review/"
    returned = desk.post(f"/documents/{papers[0].reference}/return/", {"reason": ["id_unclear"]})

    assert returned.status_code == 409, "another verdict is no second click"


def test_a_return_needs_a_reason_and_keeps_the_note(desk, papers):
    page_of(desk, papers[0])
    address = f"/documents/{papers[0].reference}/return/"
    mute = desk.post(address, {"note": "The corner is cut off"})
    told = desk.post(address, {"reason": ["id_unclear"], "note": "The corner is cut off"})

    assert mute.status_code == 422 and "The corner is cut off" in mute.content.decode()
    assert "at least one reason" in mute.content.decode()
    assert told.status_code == 302 and state_of(papers[0]) == "returned"


def test_the_reason_that_says_nothing_by_itself_asks_for_a_note(desk, papers):
    page_of(desk, papers[0])
    answer = desk.post(
        f"/documents/{papers[0].reference}/return/", {"reason": ["id_unclear", "other"], "note": " \n "}
    )

    page = answer.content.decode()
    assert answer.status_code == 422 and state_of(papers[0]) == "available"
    assert re.search(r'id="note-error" role="alert">Write to the client what is wrong', page)
    assert 'aria-describedby="note-error"' in page
    ticked = re.findall(r'name="reason" value="([a-z_]+)" checked', page)
    assert sorted(ticked) == ["id_unclear", "other"]


def test_where_the_reviewer_wrote_what_is_wrong_the_client_reads_that_and_no_pointer_to_it(
    desk, papers, as_page, ada
):
    page_of(desk, papers[0])
    told = {"reason": ["other"], "note": "This passport is your brother's."}
    assert desk.post(f"/documents/{papers[0].reference}/return/", told).status_code == 302

    judged = page_of(desk, papers[0])
    filing = as_page(ada).get(papers[0].case.get_absolute_url()).content.decode()
    task = as_page(ada).get(f"/tasks/{papers[0].requirement.reference}/").content.decode()

    for page in (judged, task):
        assert "This passport is your brother&#x27;s." in page
        assert "As written by the reviewer" not in page
    assert "please redo" in filing and "As written by the reviewer" not in filing


def test_of_two_verdicts_one_is_told(desk, as_page, wen, papers):
    second = as_page(wen)
    page_of(desk, papers[0]), page_of(second, papers[0])

    desk.post(f"/documents/{papers[0].reference}/acceptance/")
    answer = second.post(f"/documents/{papers[0].reference}/return/", {"reason": ["id_unclear"]})

    assert answer.status_code == 409 and "accepted already" in answer.content.decode()
    assert state_of(papers[0]) == "accepted"


def test_reasons_are_those_about_this_paper(desk, papers):
    page = page_of(desk, papers[1])
    codes = set(re.findall(r'name="reason" value="([a-z_]+)"', page))

    from trade.reasons import REASONS

    assert codes == {code for code, rule in REASONS.items() if rule.may_open("business_licence")}
    assert "sms_timeout" not in codes


def test_a_review_is_not_there_for_others(as_page, papers, ada, ann, bo, lim):
    for person in (ada, ann, bo, lim):
        document = papers[2] if person is lim else papers[0]
        browser = as_page(person)
        for path in ("review/", "acceptance/", "return/"):
            address = f"/documents/{document.reference}/{path}"
            answer = (browser.get if path == "review/" else browser.post)(address)
            assert answer.status_code == 404, (person.name, path)
    assert [views(one) for one in papers] == [0, 0, 0]


def test_the_queue_holds_no_strangers_papers(agency, as_page, lim, papers):
    page = page_of(as_page(lim), papers[0])

    assert "1 of 2 waiting" in page and papers[2].reference not in page


def test_a_review_asks_a_fixed_number_of_questions(desk, papers):
    n, page = asked(desk, f"/documents/{papers[0].reference}/review/")

    assert n <= 20 and len(page) < 100_000


def test_keys_lead_through_the_queue(desk, papers):
    page = page_of(desk, papers[1])

    assert f'href="/documents/{papers[2].reference}/review/" data-key="j"' in page
    assert f'href="/documents/{papers[0].reference}/review/" data-key="k"' in page
    assert 'data-key="a"' in page and 'data-key="r"' in page
