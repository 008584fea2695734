"""What the page of a client shows of its filings, and a note that no client ever reads."""

from __future__ import annotations

import re
from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Case, Requirement
from cases.services.progress import write_note
from clients import sight
from clients.models import AuditEvent, Client
from tests.api.filings import drive, lotus_facts, make_case
from tests.documents import samples
from tests.documents.cast import checked, send
from tests.pages.desk.cast import opened
from tests.pages.desk.test_list import asked

SECRET = "They pay late; ring Ada before noon."


def sections(browser, client) -> dict[str, str]:
    """Each section's text without its tags, by its id."""
    page = browser.get(f"/clients/{client.reference}/").content.decode()
    found = re.findall(r'<section[^>]* aria-labelledby="(\w+)">(.*?)</section>', page, re.S)
    return {name: re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part)) for name, part in found}


def test_the_page_tells_filings_papers_with_their_end_notes_and_what_happened(
    agency, desk, as_page, harbour, lotus, mei, ada, lim
):
    draft = make_case(harbour, mei, name="harbour.example")
    filed = drive(make_case(harbour, mei, name="quay.example"), "psb_filed", mei)
    drive(make_case(lotus, mei, name="lotus.example", head=lotus_facts()["head"]), "licensed", mei)
    with sight.every_client():
        paper = Requirement.objects.get(case=draft, kind="passport")
        checked(send(paper, samples.small_jpeg(), by=ada))
        write_note(draft, "Send the lease.", by=mei, audience="client")
        write_note(filed, "Calls at nine.", by=mei, audience="internal")

    told = sections(desk, harbour)
    assert "harbour.example" in told["filings"] and "quay.example" in told["filings"]
    assert "PSB filed" in told["filings"] and "lotus.example" not in str(told)
    assert re.search(r"Passport .*sent, being checked", told["papers"])
    assert f"{draft.head.id_valid_until:%Y}" in told["papers"]
    assert "Yearly review" in told["papers"]
    assert re.search(r"Internal note · Mei.*quay.example|quay.example.*Internal note · Mei", told["notes"])
    assert "The client reads this too" in told["notes"] and "Send the lease." in told["notes"]
    assert "quay.example" in told["history"] and "MIIT review → Licensed" in told["history"]

    # As many queries for forty filings as for two.
    with CaptureQueriesContext(connection) as few:
        desk.get(f"/clients/{harbour.reference}/")
    for n in range(12):
        make_case(harbour, mei, name=f"more-{n}.example")
    with CaptureQueriesContext(connection) as many:
        told = sections(desk, harbour)
    assert len(many) <= len(few)
    assert "All filings" in told["filings"] and told["filings"].count("more-") <= 10
    rows = desk.get(f"/cases/?client={harbour.reference}").content.decode()
    assert "more-11.example" in rows and "lotus.example" not in rows


def test_a_note_about_a_client_is_for_colleagues_and_for_no_client(
    agency, desk, as_page, harbour, lotus, mei, ada, lim
):
    case = make_case(harbour, mei)
    path = f"/clients/{harbour.reference}/notes/"
    refused = desk.post(path, {"text": "  "})
    assert refused.status_code == 422 and "This field is required." in refused.content.decode()
    assert desk.post(path, {"text": SECRET}).headers["Location"] == f"/clients/{harbour.reference}/#notes"
    assert SECRET in sections(desk, harbour)["notes"] and SECRET not in sections(desk, lotus)["notes"]
    assert SECRET in desk.get("/audit/").content.decode()

    client = as_page(ada)
    assert client.get(path).status_code == client.post(path, {"text": "x"}).status_code == 404
    for page in ("/", f"/cases/{case.reference}/", "/notifications/", "/me/data/", "/seen/"):
        assert SECRET not in client.get(page, follow=True).content.decode()
    specialist = as_page(lim)  # Lim sees Harbour alone
    theirs = f"/clients/{lotus.reference}/notes/"
    assert specialist.get(path).status_code == 200
    assert specialist.get(theirs).status_code == specialist.post(theirs, {"text": "x"}).status_code == 404
    assert SECRET in sections(specialist, harbour)["notes"]
    with sight.every_client():
        assert AuditEvent.objects.filter(kind="client.noted").count() == 1


def test_a_note_sent_twice_is_written_once_and_from_a_page_drawn_anew_again(agency, desk, harbour):
    path = f"/clients/{harbour.reference}/notes/"
    for drawing in (1, 2):
        page = desk.get(path).content.decode()
        sign = re.search(r'csrfmiddlewaretoken" value="(\w+)', page)[1]
        for _click in range(2):
            sent = desk.post(path, {"csrfmiddlewaretoken": sign, "text": SECRET})
            assert sent.status_code == 302
        with sight.every_client():
            assert AuditEvent.objects.filter(kind="client.noted", data__text=SECRET).count() == drawing


def test_the_list_of_clients_says_what_is_under_way_and_late_of_each(
    desk, as_page, agency, lim, harbour, lotus, mei
):
    """As the list of cases counts it; nothing of it about clients out of sight; as many questions of two as of ten."""
    late, held, ahead = (opened(harbour, mei, domain=f"{name}.example") for name in ("late", "held", "ahead"))
    done = opened(lotus, mei, domain="done.example")
    now = timezone.now()
    with sight.every_client():
        Case.objects.filter(pk__in=[late.pk, held.pk]).update(due_at=now - timedelta(days=2))
        Case.objects.filter(pk=ahead.pk).update(due_at=now + timedelta(days=40))
        Case.objects.filter(pk=held.pk).update(on_hold=True, waiting_on="nobody")
        Case.objects.filter(pk=done.pk).update(waiting_on="nobody", due_at=None)
    few, page = asked(desk, "/clients/")
    rows = dict(
        re.findall(
            r'<a href="/clients/([^/]+)/">.*?</a></td>\n(.*?)<td class="quiet" data-label="Since',
            page.decode(),
            re.S,
        )
    )

    theirs = rows[harbour.reference]
    assert re.findall(r">(\d+)<", theirs) == ["2", "1"] and rows[lotus.reference].count("—") == 3
    for link, domains in zip(
        re.findall(r'href="([^"]+)"', theirs), ({"late", "held", "ahead"}, {"late"}), strict=True
    ):
        shown = desk.get(link.replace("&amp;", "&")).content.decode()
        assert {name for name in ("late", "held", "ahead", "done") if f"{name}.example" in shown} == domains
    with sight.every_client():
        for n in range(8):
            Client.objects.create(name=f"Client {n}")
    lots, _page = asked(desk, "/clients/")
    assert lots == few
    assert lotus.reference not in as_page(lim).get("/clients/").content.decode()
