"""The short journey: from a new client to the provider's desk, in real browsers, with the worker's part in a thread.

The long one, to the commercial licence and on every server, is `test_journey.py`; this one is quick enough for a day.
"""

from __future__ import annotations

import email
import email.policy
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from cases.models import Case, CaseEvent
from cases.services.changing import change_facts
from clients import sight
from documents import services as papers
from notifications import services as messages
from tests.api.filings import facts, get_ready
from tests.documents import samples
from tests.factories import PASSWORD
from tests.journeys.people import Contact, Desk
from tests.journeys.stranger import wait_for

ADDRESS = "hana@heron.example"


class House:
    """The test's own server, with what the people of a journey ask a portal for."""

    def __init__(self, url: str) -> None:
        self.url = url

    def mails(self, to: str = "") -> list[EmailMessage]:
        sent = [
            email.message_from_bytes(one.message().as_bytes(), policy=email.policy.default)
            for one in mail.outbox
        ]
        return [one for one in sent if to in str(one["To"])]

    def wait_until(self, fact: Callable[[], object], patience: float = 20, pause: float = 0.1) -> Any:
        return wait_for(fact, patience, pause)


@pytest.fixture
def worker(transactional_db) -> Iterator[None]:
    """What a worker does when its bell rings, over and over until the test ends."""
    is_over = threading.Event()

    def work() -> None:
        try:
            while not is_over.wait(0.2):
                messages.relay_events()
                messages.deliver_due()
                for waiting in papers.waiting_documents():
                    papers.check_document(waiting)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    is_over.set()
    thread.join(20)


@pytest.mark.timeout(400)
def test_a_new_client_hands_in_and_the_filing_goes_to_the_provider(
    browser, live_server, store, worker, agency, mei, mailoutbox, settings
):
    settings.BASE_URL = live_server.url
    house = House(live_server.url)
    desk, hana = Desk(browser, house), Contact(browser, house, ADDRESS)

    # Mei takes on a client and opens the filing; Hana is invited by mail and comes in by it, without a password.
    desk.signs_in(mei.email, PASSWORD)
    desk.adds_a_client("Heron Example Ltd", "苍鹭示例有限公司", "Hana", ADDRESS)
    desk.opens_a_case("heron.example", "Alibaba Cloud", "Shanghai")
    hana.comes_in_by_the_invitation()
    assert "heron.example" in hana.goes_home()

    # The questions are answered and the other papers are in; the long journey types them all.
    with sight.every_client():
        case = Case.objects.with_facts().get(reference=desk.reference)
        given = facts(domain={**facts()["domain"], "name": "heron.example"})
        case = change_facts(case, given, by=mei)
        get_ready(case)
        case.requirements.filter(kind="passport").update(state="to_do")

    # She photographs her passport, and Mei finds it right.
    hana.sends("Passport", "IMG_1.JPG", "image/jpeg", samples.camera_jpeg((1200, 900)))
    desk.accepts("Passport")
    assert "Provider pre-audit" in desk.moves("submit")

    with sight.every_client():
        case = Case.objects.get(pk=case.pk)
        assert (case.stage, case.waiting_on) == ("provider_pre_audit", "provider")
        kinds = set(CaseEvent.objects.filter(case=case).values_list("kind", flat=True))
        assert {"paper.sent", "paper.available", "paper.viewed", "paper.accepted", "case.moved"} <= kinds
    assert "Alibaba Cloud is checking your filing." in hana.goes_home()
    assert desk.complaints == hana.complaints == []
    desk.leaves()
    hana.leaves()
