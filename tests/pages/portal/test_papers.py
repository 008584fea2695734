"""A paper's page: what it says, the consent before it, what was sent, who saw it, and the paper used again."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from cases.deadlines import beijing_day
from clients import sight
from documents import services
from documents.models import Document
from tests.api.filings import drive, make_case
from tests.documents import samples
from tests.documents.cast import checked, send

JPEG = samples.small_jpeg()


def text(browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def sent(store, paper):
    """`sent(case, "passport", by=ada)` is that paper, sent and checked."""

    def make(case, kind, by, accepted_by=None):
        with sight.every_client():
            document = checked(send(paper(case, kind), JPEG, by=by))
            return services.accept_document(document, by=accepted_by) if accepted_by else document

    return make


def test_a_paper_says_why_what_is_good_and_what_goes_wrong(ada_page, case, paper):
    page = text(ada_page, f"/tasks/{paper(case, 'business_licence').reference}/")

    assert "img/examples/licence" in page and "Why we ask" in page and 'class="mistakes"' in page
    assert "data-upload" in page and "uploads/plain/" in page


def test_before_the_first_identity_paper_comes_a_consent_of_its_own(ada_page, case, paper):
    passport = paper(case, "passport").reference
    page = text(ada_page, f"/tasks/{passport}/")
    assert "data-upload" not in page and "Without the tick no file can be sent" in page

    back = ada_page.post(f"/requirements/{passport}/consent/", {"next": f"/tasks/{passport}/"}, follow=True)
    assert "data-upload" not in back.content.decode() and "Tick the box" in back.content.decode()
    ada_page.post(f"/requirements/{passport}/consent/", {"agreed": "yes", "next": f"/tasks/{passport}/"})

    page = text(ada_page, f"/tasks/{passport}/")
    assert "data-upload" in page and "90 days after the licence" in page


def test_staff_send_on_behalf_from_the_same_page(case, mei, as_page, paper):
    page = text(as_page(mei), f"/tasks/{paper(case, 'passport').reference}/")

    assert "on the client's behalf" in page and "data-upload" in page and "consent outstanding" in page


def test_what_was_sent_stays_with_its_receipt(ada_page, case, ada, sent, paper):
    document = sent(case, "business_licence", ada)

    page = text(ada_page, f"/tasks/{paper(case, 'business_licence').reference}/")

    assert document.reference in page and "paper.jpg" in page and "arrived" in page
    assert f"/documents/{document.reference}/content/" in page
    assert f"/documents/{document.reference}/thumbnail/" in page
    assert re.search(r"\d KB · <time [^>]+>today \d\d:\d\d</time>", page)


def receipts(page: str) -> list[str]:
    return re.findall(r"Last received .*?receipt (\S+?)\. You can close this page", page)


def test_a_receipt_stands_in_the_newest_file_that_is_received_and_in_no_other(
    ada_page, case, ada, mei, sent, paper
):
    address = f"/tasks/{paper(case, 'passport').reference}/"
    first = sent(case, "passport", ada)
    row = text(ada_page, f"/documents/{first.reference}/state/")
    assert receipts(text(ada_page, address)) == receipts(row) == [first.reference]

    with sight.every_client():
        services.return_document(first, by=mei, reasons=["id_unclear"])
    assert (
        receipts(text(ada_page, address))
        == receipts(text(ada_page, f"/documents/{first.reference}/state/"))
        == []
    )

    second = sent(case, "passport", ada)
    assert receipts(text(ada_page, address)) == [second.reference]

    with sight.every_client():
        services.withdraw_document(second, by=ada)
    page = text(ada_page, address)
    assert receipts(page) == [] and "taken back" in page


def test_a_return_says_what_was_wrong_and_how_to_mend_it(ada_page, case, ada, mei, sent, paper):
    document = sent(case, "business_licence", ada)
    with sight.every_client():
        services.return_document(document, by=mei, reasons=["licence_unclear"], note="The seal is cut off")

    page = text(ada_page, f"/tasks/{paper(case, 'business_licence').reference}/")

    assert "Please send a new one" in page and "The seal is cut off" in page and "Mei" in page
    assert "please redo" in text(ada_page, case.get_absolute_url())


def test_every_look_is_shown_by_name(ada_page, ann_page, case, ada, mei, sent, lotus_case, bo):
    passport, licence = sent(case, "passport", ada), sent(case, "business_licence", ada)
    lotus_paper = sent(lotus_case, "passport", bo)
    assert "Nobody has opened these yet" in text(ada_page, "/seen/")
    with sight.every_client():
        for document in (passport, licence, lotus_paper):
            services.open_document(document, by=mei, why="review")
        services.open_document(passport, by=ada, is_download=True)

    page = text(ada_page, "/seen/")
    assert page.count("Mei, agency, looked at it") == 2 and "to check it" in page
    assert "You, downloaded it" in page and "Destroyed 90 days after the licence" in page
    assert "lotus" not in page.lower()
    only = text(ada_page, f"/seen/?paper={licence.reference}")
    assert only.count("Mei, agency") == 1 and "Passport" not in only
    assert text(ann_page, "/seen/").count("Mei, agency") == 1
    assert ann_page.get(f"/seen/?paper={licence.reference}").status_code == 404


def test_looks_are_narrowed_by_person_and_day_and_kept_as_a_table(
    ada_page, ann_page, case, ada, mei, wen, sent, lotus_case, bo
):
    passport, licence = sent(case, "passport", ada), sent(case, "business_licence", ada)
    now = timezone.now()
    with sight.every_client():
        for document, by, days in ((passport, mei, 9), (licence, wen, 9), (licence, wen, 1)):
            services.open_document(document, by=by, why="review", now=now - timedelta(days=days))
        services.open_document(sent(lotus_case, "passport", bo), by=mei)
    on = f"{beijing_day(now - timedelta(days=3))}"

    page = text(ada_page, f"/seen/?who={wen.reference}")
    assert page.count("Wen, agency") == 2 and "Mei, agency" not in page
    assert text(ada_page, f"/seen/?since={on}").count(", agency, looked") == 1
    assert text(ada_page, f"/seen/?until={on}").count(", agency, looked") == 2
    assert text(ada_page, f"/seen/?until={on}&paper={licence.reference}").count(", agency, looked") == 1
    assert "No look by them" in text(ada_page, f"/seen/?who={mei.reference}&since={on}")
    for query in ("since=soon", f"who={bo.reference}", "until=2026-02-30"):
        answer = ada_page.get(f"/seen/?{query}")
        assert answer.status_code == 422 and b'aria-invalid="true"' in answer.content, query

    answer = ada_page.get(f"/seen/?table=csv&who={wen.reference}")
    assert (answer["Cache-Control"], answer["Content-Type"]) == ("no-store", "text/csv; charset=utf-8")
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert head[:3] == ["When (Beijing)", "Who", "Of"] and len(rows) == 2
    assert rows[0][1:] == [
        "Wen",
        "Agency",
        "looked at it",
        "to check it",
        "Business licence",
        "harbour.example",
    ]
    everything = ada_page.get("/seen/?table=xlsx").content
    assert len(list(load_workbook(io.BytesIO(everything)).active.rows)) == 1 + 3
    alone = ann_page.get("/seen/?table=csv").content.decode()
    assert alone.count("\n") == 2 and "Business licence" not in alone


def test_whom_the_agency_assigned_to_the_client_is_named_as_the_agencys(ada_page, case, ada, lim, sent):
    """An assignment is a place at the client, and makes nobody one of its people."""
    passport = sent(case, "passport", ada)
    with sight.every_client():
        services.open_document(passport, by=lim, why="review")

    assert "Lim, agency, looked at it" in text(ada_page, "/seen/")
    _head, row = csv.reader(io.StringIO(ada_page.get("/seen/?table=csv").content.decode("utf-8-sig")))
    assert row[1:3] == ["Lim", "Agency"]


def test_in_wechat_pictures_can_be_chosen_and_the_way_out_is_shown(ada_page, case, paper):
    path = f"/tasks/{paper(case, 'business_licence').reference}/"
    plain, inside = (
        ada_page.get(path, headers={"User-Agent": name}).content.decode()
        for name in ("Mozilla/5.0 (iPhone) Safari", "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50")
    )

    assert 'accept="image/*"' in inside and "Open in browser" in inside
    assert f'data-copy="http://testserver{path}"' in inside
    assert "application/pdf" in plain and "Open in browser" not in plain
    assert "or PDF" in plain and "or PDF" not in inside
    assert "capture=" not in inside + plain


def test_the_day_of_deletion_is_known_with_the_licence(ada_page, case, ada, mei, sent, paper):
    sent(case, "passport", ada)
    drive(case, "licensed", mei)

    with sight.every_client():
        services.open_document(Document.objects.get(), by=mei)

    assert "Kept until" in text(ada_page, "/seen/")


def test_an_accepted_paper_serves_the_next_filing(ada_page, case, ada, mei, sent, paper, harbour):
    earlier = sent(case, "business_licence", ada, accepted_by=mei)
    second = make_case(harbour, mei, name="second.example")
    licence = paper(second, "business_licence")
    assert "Use the one you sent for harbour.example" in text(ada_page, f"/tasks/{licence.reference}/")

    ada_page.post(f"/tasks/{licence.reference}/earlier/")

    with sight.every_client():
        again = Document.objects.get(requirement=licence)
        assert (again.state, again.token, again.duplicate_of) == ("available", earlier.token, earlier)
        assert services.open_document(again, by=mei).pages
        services.accept_document(again, by=mei)
    assert paper(second, "business_licence").state == "accepted"
    assert "accepted" in text(ada_page, f"/tasks/{licence.reference}/")


def test_a_paper_of_somebody_else_is_not_offered(ada_page, case, ada, mei, sent, paper, harbour):
    from tests.api.filings import FACTS

    sent(case, "business_licence", ada, accepted_by=mei)
    other = {**FACTS["subject"], "id_number": "91440000MATE5T025B"}
    second = make_case(harbour, mei, name="second.example", subject=other)
    licence = paper(second, "business_licence")

    assert "Use the one" not in text(ada_page, f"/tasks/{licence.reference}/")
    ada_page.post(f"/tasks/{licence.reference}/earlier/")
    with sight.every_client():
        assert not Document.objects.filter(requirement=licence).exists()
