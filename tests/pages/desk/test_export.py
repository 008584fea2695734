"""The list as a table: exactly the view, text in every cell, for whoever asked and nobody else."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from cases.models import Case
from clients import sight
from clients.models import AuditEvent, Client, Membership
from documents import storage
from documents.models import Export
from documents.services import exports, make_export, sweep_handouts
from documents.tables import write_table
from tests.pages.desk.cast import opened

HEADINGS = [
    "Due",
    "Client",
    "Domain",
    "Stage",
    "Waiting on",
    "Since",
    "Promised",
    "Provider",
    "Manager",
    "Ref.",
]
EVIL = '=HYPERLINK("http://evil.example","x")'


def csv_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def xlsx_of(content: bytes):
    return load_workbook(io.BytesIO(content)).active


def stored(export: Export) -> bytes:
    return storage.get(export.key, version=export.version)


@pytest.fixture
def long_list(monkeypatch):
    """Two rows are many here."""
    monkeypatch.setattr(exports, "AT_ONCE", 1)


def test_a_short_list_is_a_table_at_once(desk, case, lotus_case, mei):
    answer = desk.post("/exports/?stage=draft&q=harbour", {"format": "csv"})

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer["Content-Disposition"] and answer["Cache-Control"].count("no-store")
    top, row = csv_of(answer.content)
    assert top == HEADINGS
    assert row[1:5] == ["Harbour Ltd 港湾有限公司", "harbour.example", "Draft", "Client"]
    assert row[-2:] == ["Mei", case.reference]
    with sight.every_client():
        event = AuditEvent.objects.get(kind="cases.exported")
    assert (event.by_id, event.data["rows"], event.data["query"]) == (
        mei.pk,
        1,
        {"stage": "draft", "q": "harbour"},
    )


def test_a_table_has_the_rows_and_the_order_of_the_screen(desk, harbour, mei):
    for n in range(3):
        opened(harbour, mei, domain=f"site{n}.example")
    with sight.every_client():
        for n, case in enumerate(Case.objects.order_by("-id")[:2]):
            Case.objects.filter(pk=case.pk).update(due_at=timezone.now() + timedelta(days=n))

    page = desk.get("/cases/").content.decode()
    sheet = xlsx_of(desk.post("/exports/?", {"format": "xlsx"}).content)

    found = [row[2] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert [one.value for one in sheet[1]] == HEADINGS
    assert found == sorted(found, key=page.index) and len(found) == 3


def test_what_begins_like_a_formula_is_text_in_both(desk, harbour, mei):
    """H10: no cell of a client's name runs in Excel."""
    opened(harbour, mei)
    for name in (EVIL, "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"):
        with sight.every_client():
            Client.objects.filter(pk=harbour.pk).update(name=name, name_zh="")

        rows = csv_of(desk.post("/exports/", {"format": "csv"}).content)
        cell = xlsx_of(desk.post("/exports/", {"format": "xlsx"}).content)["B2"]

        assert rows[1][1].startswith("'"), name
        assert (cell.data_type, cell.hyperlink) == ("s", None), name
    with sight.every_client():
        Client.objects.filter(pk=harbour.pk).update(name=EVIL)
    assert xlsx_of(desk.post("/exports/", {"format": "xlsx"}).content)["B2"].value == EVIL


def test_a_limited_specialist_exports_only_what_they_see(as_page, agency, lim, case, lotus_case):
    rows = csv_of(as_page(lim).post("/exports/", {"format": "csv"}).content)

    assert [row[2] for row in rows[1:]] == ["harbour.example"]


def test_a_client_finds_no_export(as_page, agency, ada, case):
    assert as_page(ada).post("/exports/", {"format": "csv"}).status_code == 404


def test_a_long_list_is_made_by_the_worker_and_fetched_once_ready(
    desk, as_page, wen, case, lotus_case, long_list, store
):
    answer = desk.post("/exports/?waiting_on=client", {"format": "csv"})
    desk.post("/exports/?waiting_on=client", {"format": "csv"})

    with sight.every_client():
        export = Export.objects.get()
    assert answer.url == f"/exports/{export.reference}/"
    assert "being made" in desk.get(answer.url).content.decode()
    for _again in range(2):
        make_export(export.pk)
    with sight.every_client():
        export = Export.objects.get()
    assert [row[2] for row in csv_of(stored(export))[1:]] == ["harbour.example", "lotus.example"]
    assert export.rows == 2 and "2 rows" in desk.get(answer.url).content.decode()

    link = desk.get(f"{answer.url}content/")
    assert link.status_code == 302 and "X-Amz-Expires=60" in link["Location"]
    for path in ("", "state/", "content/"):
        assert as_page(wen).get(f"{answer.url}{path}").status_code == 404
    with sight.every_client():
        kinds = list(AuditEvent.objects.filter(kind__contains="export").values_list("kind", flat=True))
        Export.objects.update(made_at=timezone.now() - timedelta(hours=1))
    assert sorted(kinds) == ["cases.exported", "export.fetched"]
    sweep_handouts()
    with pytest.raises(storage.Missing):
        stored(export)
    assert desk.get(f"{answer.url}content/").url == answer.url


def test_a_table_shows_what_its_asker_sees_when_it_is_made(
    as_page, agency, lim, harbour, mei, long_list, store
):
    """H9, H11: an assignment that ended in between counts; one that ends later closes the table."""
    for n in range(2):
        opened(harbour, mei, domain=f"site{n}.example")
    browser = as_page(lim)
    browser.post("/exports/", {"format": "csv"})
    with sight.every_client():
        export = Export.objects.get()
        place = Membership.objects.get(user=lim, client=harbour)
    make_export(export.pk)
    with sight.every_client():
        Membership.objects.filter(pk=place.pk).update(ended_at=timezone.now())

    browser.get(f"/exports/{export.reference}/content/")

    assert "has changed since" in browser.get(f"/exports/{export.reference}/").content.decode()
    with sight.every_client():
        again = Export.objects.create(asked_by=lim, format="csv")
    make_export(again.pk)
    with sight.every_client():
        again = Export.objects.get(pk=again.pk)
    assert again.rows == 0 and "site" not in stored(again).decode("utf-8-sig")


def test_whoever_left_gets_no_table(agency, wen, case, store):
    with sight.every_client():
        export = Export.objects.create(asked_by=wen, format="csv")
        Membership.objects.filter(user=wen).update(ended_at=timezone.now())

    make_export(export.pk)

    with sight.every_client():
        assert Export.objects.get().problem == "not_yours"


def test_fifty_thousand_rows_take_no_memory():
    import tracemalloc

    rows = (("2026-11-24 15:00", f"Client {n}", *["x" * 20] * 7) for n in range(50_000))
    tracemalloc.start()
    with io.FileIO("/dev/null", "w") as nowhere:
        assert write_table(io.BufferedWriter(nowhere), "csv", HEADINGS, rows) == 50_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 2_000_000
