"""A worker killed at its work: the next one goes on, and what was done is done once."""

import signal

from tests.chaos.calamity import SWEEP, kill_while, pass_five_minutes, strike
from tests.documents import samples


def test_killed_while_it_checks_a_file_another_worker_finishes_it(portal, harbour, paper):
    for _turn in range(5):  # where it was too quick for us, once more
        document = harbour.send(paper, "scan.pdf", samples.scan_pdf(30), "application/pdf")

        def at_it(document: str = document) -> object:
            return portal.sql(
                "SELECT 1 FROM documents_document WHERE reference = %s AND claimed_at IS NOT NULL"
                " AND state = 'checking'",
                document,
            )

        if kill_while(portal, "worker", at_it):
            break
        harbour.checked(document)
    else:
        raise AssertionError("the worker was always quicker")
    portal.healed()
    assert harbour.document(document)["state"] == "checking"

    pass_five_minutes(portal, "documents_document")

    assert harbour.checked(document, SWEEP)["state"] == "available"
    events = [
        one["kind"]
        for one in harbour.every(f"/cases/{_case_of(portal, document)}/events")
        if one["data"].get("document") == document
    ]
    assert events == ["paper.sent", "paper.available"]
    previews = portal.sql(
        "SELECT count(*), count(DISTINCT number) FROM documents_preview p JOIN documents_document d"
        " ON d.id = p.document_id WHERE d.reference = %s",
        document,
    )
    assert previews == [(30, 30)]


def _case_of(portal, document: str) -> str:
    return portal.sql(
        "SELECT c.reference FROM cases_case c JOIN documents_document d ON d.case_id = c.id WHERE d.reference = %s",
        document,
    )[0][0]


def test_killed_while_it_sends_a_mail_the_mail_goes_out_once(portal, desk, mark):
    address = f"killed-{mark}@calamity.example"
    strike(portal, "mail", signal.SIGSTOP)  # it takes the call, and says nothing
    desk.post("/clients", {"name": "Calamity Ltd", "contact": {"name": "Kit", "email": address}}).ok(201)

    def at_it() -> object:
        return portal.sql(
            'SELECT 1 FROM notifications_notification WHERE "to" = %s AND handed_at IS NOT NULL'
            " AND state = 'claimed'",
            address,
        )

    assert kill_while(portal, "worker", at_it, patience=SWEEP)
    strike(portal, "mail", signal.SIGCONT)
    portal.healed()
    assert portal.mails(address) == []

    pass_five_minutes(portal, "notifications_notification")

    portal.wait_until(lambda: portal.mails(address), SWEEP, 0.3)
    portal.wait_until(lambda: _state_of(portal, address) == "sent", 30)
    assert len(portal.mails(address)) == 1


def _state_of(portal, address: str) -> str:
    ((state,),) = portal.sql(
        'SELECT state FROM notifications_notification WHERE "to" = %s AND channel = %s', address, "mail"
    )
    return state
