"""Walks that people make every day, in a real browser: twenty papers without a mouse, three late cases told in a
minute, a form on two phones, a session that ended; each with what it costs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from cases.deadlines import beijing_day
from cases.models import Case, CaseEvent
from cases.services import bulk
from cases.services.changing import change_facts
from clients import sight
from documents.models import Document
from notifications.models import Notification
from notifications.services import deliver_due, relay_events
from tests.documents import samples
from tests.documents.cast import checked, send
from tests.journeys.walking import Clicks, Keys
from tests.pages.desk.cast import opened
from tests.pages.desk.test_browser import sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.timeout(180)]

KINDS = ("passport", "business_licence", "verification_form", "domain_certificate")


@pytest.fixture
def twenty(store, agency, harbour, lotus, mei, ada) -> list[Document]:
    """Papers that have come, of five cases."""
    found = []
    for n in range(5):
        case = opened(lotus if n % 2 else harbour, mei, domain=f"site{n}.example")
        with sight.every_client():
            for kind in KINDS:
                picture = samples.small_jpeg((320 + len(found), 200))
                found.append(checked(send(case.requirements.get(kind=kind), picture, by=mei)))
    return found


def test_a_specialist_clears_twenty_papers_by_keyboard_alone(page, wen, twenty):
    """A key a paper that is right, two for one that is not; the note costs two more and its words."""
    keys = Keys(page)
    sign_in(page, wen)
    page.goto("/")
    keys.press("j")
    keys.tab_to("Review")
    keys.leads("Enter")
    keys.presses, seen = 0, []
    while "/review/" in page.url:
        here = page.url
        seen.append(here)
        if len(seen) % 4 == 0:
            keys.press("1")
            if len(seen) % 8 == 0:
                keys.press("n")
                keys.types("The upper corner is cut off; a and r are letters here.")
                assert keys.stand["tag"] == "textarea"
                keys.press("Escape")
            keys.leads("r")
        else:
            keys.leads("a")
        assert page.url != here
        page.get_by_text(re.compile("Accepted:|Returned:")).first.wait_for()

    assert len(set(seen)) == len(seen) == 20
    assert keys.presses == 20 + 5 + 2 * 2
    assert keys.pointed() is None
    with sight.every_client():
        states = list(Document.objects.values_list("state", flat=True))
        assert (states.count("accepted"), states.count("returned")) == (15, 5)
        assert Document.objects.filter(note__startswith="The upper corner").count() == 2


def test_a_manager_finds_three_cases_that_will_be_late_and_tells_their_clients_in_four_clicks(
    page, agency, harbour, lotus, mei, ada, bo, mailoutbox
):
    today = beijing_day(timezone.now())
    cases = [opened(lotus if n == 2 else harbour, mei, domain=f"site{n}.example") for n in range(8)]
    with sight.every_client():
        for n, case in enumerate(cases[:5]):
            whole = Case.objects.with_facts().get(pk=case.pk)
            day = today + timedelta(days=2 if n < 3 else 300)
            change_facts(whole, {"promised_on": day.isoformat()}, by=mei)
    sign_in(page, mei)
    page.goto("/cases/?as=table")
    page.goto("/")

    hand = Clicks(page)
    hand.on(re.compile("3 cases will miss the day promised"), "link")
    hand.on("Select all of this page", "checkbox")
    hand.on("Write to the client")
    page.get_by_text("3 will be done.").wait_for()
    assert page.get_by_text("Promised for").count() == 3
    page.get_by_label("Message, read by the client").fill("The bureau takes longer this month.")
    hand.on("Write to the client: 3 cases")
    for waiting in bulk.waiting_runs():
        bulk.do_run(waiting)
    page.get_by_text("3 cases done").wait_for()

    assert hand.count == 4
    now = timezone.now() + timedelta(minutes=2)
    with sight.every_client():
        relay_events()
        assert (
            Notification.objects.filter(kind="note.to_client", channel="mail", state="planned").count() == 3
        )
    deliver_due(now=now)
    told = [one for one in mailoutbox if "takes longer this month" in one.body]
    assert sorted(one.to[0] for one in told) == [ada.email, bo.email]
    with sight.every_client():
        notes = CaseEvent.objects.filter(kind="note.written", audience="client")
        assert {note.case.domain_name for note in notes} == {f"site{n}.example" for n in range(3)}
