"""The import by its pages: from the file to the rows and back, for managers alone, and round with our own export."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from cases.models import Case, Incoming, IncomingRow, Phase
from cases.services import incoming as coming
from clients import sight
from clients.models import AuditEvent, Client
from documents import services, storage
from documents.services import incoming as files
from tests.documents.cast import lying
from tests.pages.desk.cast import moved, opened

EVIL = '=HYPERLINK("http://evil.example","x")'
SHEET = "Client;Domain;What;Address\nWillow Tea;willow.cn;{evil};ann@willow.cn\nNo domain;;;\n"


def sent(browser, content: bytes) -> str:
    """The file goes as a browser without scripts sends it; the path of its page."""
    path = browser.post("/imports/").url
    assert browser.post("/imports/").url == path, "a double click makes no second"
    with sight.every_client():
        row = Incoming.objects.get(reference=path.split("/")[2])
    put(row, content)
    return path


def put(row: Incoming, content: bytes) -> None:
    """Straight to storage, which leads back to the page; where it leads is not followed here."""
    form = services.form_of(row, leads_to="http://testserver/")
    answer = requests.post(
        form["url"], data=form["fields"], files={"file": content}, timeout=20, allow_redirects=False
    )
    assert answer.status_code == 303


def worked(path: str) -> Incoming:
    """What the worker does once the bell rings."""
    with sight.every_client():
        row = Incoming.objects.get(reference=path.split("/")[2])
    if row.phase == Phase.READING and not services.read_incoming(row.pk):
        return row
    coming.go_on(row.pk)
    with sight.every_client():
        return Incoming.objects.get(pk=row.pk)


def test_a_spreadsheet_is_sent_looked_through_corrected_brought_in_and_taken_back(desk, case, store):
    """H10: the file goes straight to storage, a formula in it is a row's error, and nothing changes before the word."""
    path = sent(desk, SHEET.format(evil=EVIL.replace('"', "'")).encode("gb18030"))
    assert "Look it through" in desk.get(f"{path}?etag=0").content.decode()
    assert desk.post(f"{path}arrival/").url == path
    assert "being read" in desk.get(path).content.decode()

    row = worked(path)

    assert row.columns == ["client", "domain", "", ""] and lying("quarantine", row.key) == []
    page = desk.get(path).content.decode()
    assert "1 case will come in, with 1 new client." in page and "Nothing has changed yet." in page
    assert "B, Domain: This is needed." in page and "D: Address" in page

    wrong = desk.post(f"{path}columns/", {"column-0": "client", "column-1": "client"})
    assert wrong.status_code == 422 and "Another column is this already." in wrong.content.decode()
    assert "Say which column is “Domain”." in wrong.content.decode()
    columns = {"column-0": "client", "column-1": "domain", "column-2": "note", "column-3": "email"}
    desk.post(f"{path}columns/", columns)
    worked(path)
    assert "C, What: This is a formula." in desk.get(path).content.decode()
    desk.post(f"{path}columns/", columns | {"column-2": ""})
    worked(path)

    top, *rows = csv.reader(io.StringIO(desk.get(f"{path}table/").content.decode("utf-8-sig")))
    assert top == ["Client", "Domain", "What", "Address", "Row", "What becomes of it", "Why"]
    assert [line[4:6] for line in rows] == [["2", "will come in"], ["3", "cannot come in"]]
    with sight.every_client():
        assert Client.objects.count() == 1

    for _twice in range(2):
        assert desk.post(f"{path}confirmation/", {}).url == path
    worked(path)
    assert "1 case came in" in desk.get(path).content.decode()
    with sight.every_client():
        new = Case.objects.select_related("client").get(domain_name="willow.cn")
    assert "not invited yet" in desk.get(f"/clients/{new.client.reference}/").content.decode()
    assert "Brought in from a spreadsheet" in desk.get(new.get_absolute_url()).content.decode()

    desk.post(f"{path}withdrawal/")
    worked(path)
    assert "1 case taken back" in desk.get(path).content.decode()
    assert desk.get(new.get_absolute_url()).status_code == 404
    assert "Willow Tea" not in desk.get("/clients/").content.decode()
    assert "willow.cn" not in desk.get("/cases/?q=willow").content.decode()
    with sight.every_client():
        kinds = list(AuditEvent.objects.filter(kind__contains="import").values_list("kind", flat=True))
    assert kinds == ["cases.imported", "import.taken_back"]


def test_contacts_that_were_noted_are_invited_together_later(desk, case, store, mei):
    """One who belongs to the agency stays noted; pressed again, nobody hears twice."""
    rows = "Client;Domain;Contact;E-mail\nWillow Tea;willow.cn;Ann;ann@willow.cn\nReed Tea;reed.cn;Ben;ben@reed.cn\n"
    path = sent(desk, rows.encode())
    desk.post(f"{path}arrival/")
    worked(path)
    desk.post(f"{path}confirmation/")
    worked(path)
    assert "2 contacts are noted and not written to yet." in desk.get(path).content.decode()

    for _press in range(2):
        assert desk.post(f"{path}invitations/").status_code == 302

    with sight.every_client():
        invited = AuditEvent.objects.filter(
            kind="invitation.made", client__name__in=["Willow Tea", "Reed Tea"]
        )
        assert invited.count() == 2
    assert "not written to yet" not in desk.get(path).content.decode()


def test_what_cannot_be_read_says_why_and_storage_away_costs_a_minute(desk, mei, case, store, monkeypatch):
    for content, said in (
        (b"\x89PNG\r\n" + bytes(99), "no spreadsheet that we can read"),
        (b"Client,Domain\n", "no rows"),
    ):
        path = sent(desk, content)
        desk.post(f"{path}arrival/")
        worked(path)
        assert said in desk.get(path).content.decode()

    path = desk.post("/imports/").url
    desk.post(f"{path}arrival/")
    worked(path)
    assert "No file has arrived." in desk.get(path).content.decode()
    put(worked(path), b"Client,Domain\nA,a.cn\n")
    desk.post(f"{path}arrival/")
    with monkeypatch.context() as broken:

        def away(*_args, **_more):
            raise storage.StorageAway("slow")

        broken.setattr(files.storage, "fetch_once", away)
        worked(path)
    assert worked(path).phase == Phase.JUDGED


def lying_there() -> list[str]:
    return lying("quarantine", "imports/")


def test_no_file_stays_that_nobody_will_read(desk, mei, case, store, monkeypatch):
    """Dropped once read; and where the store was away then, or the form was posted again, with the next sweep."""

    def away(*_args):
        raise storage.StorageAway("slow")

    services.sweep_incoming()
    path = sent(desk, b"Client,Domain\nA,a.cn\n")
    services.sweep_incoming()
    assert len(lying_there()) == 1, "it may still be called complete"
    desk.post(f"{path}arrival/")
    services.sweep_incoming()
    assert len(lying_there()) == 1, "it is to be read"
    with monkeypatch.context() as broken:
        broken.setattr(storage, "drop_from_quarantine", away)
        worked(path)
        desk.post(f"{path}confirmation/", {})
        row = worked(path)
        services.sweep_incoming()
    assert (row.phase, lying_there()) == (Phase.IN, [row.key])

    services.sweep_incoming()
    assert lying_there() == []
    put(row, b"Client,Domain\nB,b.cn\n")
    services.sweep_incoming()
    assert lying_there() == []

    path = sent(desk, b"Client,Domain\nC,c.cn\n")
    with sight.every_client():
        Incoming.objects.update(made_at=timezone.now() - timedelta(days=8))
    with monkeypatch.context() as broken:
        broken.setattr(storage, "drop_from_quarantine", away)
        services.sweep_incoming()
    assert desk.get(path).status_code == 404
    assert len(lying_there()) == 1
    services.sweep_incoming()
    assert lying_there() == []


def test_only_whoever_sent_it_and_manages_sees_it(desk, as_page, root, wen, lim, ada, case, mei):
    with sight.every_client():
        row = Incoming.objects.create(by=mei, key="k")
    steps = ("arrival", "columns", "confirmation", "withdrawal")

    for person in (wen, lim, ada, root):
        browser = as_page(person)
        assert (browser.get("/imports/").status_code == 200) == (person == root)
        assert browser.get(f"/imports/{row.reference}/").status_code == 404
        assert browser.get(f"/imports/{row.reference}/table/").status_code == 404
        assert {browser.post(f"/imports/{row.reference}/{step}/").status_code for step in steps} == {404}
    assert "Import" in desk.get("/cases/?stage=").content.decode()
    assert "/imports/" not in as_page(wen).get("/cases/?stage=").content.decode()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_our_own_export_comes_round(desk, harbour, lotus, mei, case, store, form):
    """H10: text that looks like a formula leaves as text and comes back as the same text; what is here is known."""
    with sight.every_client():
        Client.objects.filter(pk=lotus.pk).update(name=EVIL, name_zh="")
    opened(lotus, mei, domain="lotus.example")
    moved(case, mei, "withdraw")
    moved(opened(harbour, mei, domain="held.example"), mei, "hold")
    table = desk.post("/exports/?stage=", {"format": form}).content

    path = sent(desk, table)
    desk.post(f"{path}arrival/")
    worked(path)

    with sight.every_client():
        verdicts = list(IncomingRow.objects.values_list("verdict", "wrong"))
        assert verdicts == [("known", [])] * 3
        # As another agency would read it: nothing is known, and the words are the same.
        rows = [coming.read_row(Incoming.objects.get(), one) for one in IncomingRow.objects.all()]
        read = {
            (row.client, row.client_zh, row.domain, row.stage, row.provider, row.province, row.manager)
            for row in rows
        }
        assert read == {
            ("Harbour Ltd", "港湾有限公司", "harbour.example", "withdrawn", "aliyun", "SH", "Mei"),
            ("Harbour Ltd", "港湾有限公司", "held.example", "draft", "aliyun", "SH", "Mei"),
            (EVIL, "", "lotus.example", "draft", "aliyun", "SH", "Mei"),
        }
        assert not any(row.wrong for row in rows)
