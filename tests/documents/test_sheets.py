"""H10: a stranger's spreadsheet is text of cells; what unpacks to more than we open is refused unopened."""

from __future__ import annotations

import datetime
import io
import time
import zipfile

import pytest
from openpyxl import Workbook

from documents.sheets import FORMULA, MOST_BYTES, MOST_ROWS, Unreadable, read_sheet

CHINESE = '客户;域名;备注\n港湾;harbour.cn;"a;b"\n\n\'=1+1;=HYPERLINK("http://x");\'plain\n'
READ = [(1, ["客户", "域名", "备注"]), (2, ["港湾", "harbour.cn", "a;b"]), (4, ["=1+1", FORMULA, "'plain"])]


@pytest.fixture
def read(tmp_path):
    def one(data: bytes):
        source = tmp_path / "file"
        source.write_bytes(data)
        return read_sheet(source)

    return one


def book(*rows, merged: str = "", **more) -> bytes:
    made, file = Workbook(), io.BytesIO()
    for row in rows:
        made.active.append(row)
    if merged:
        made.active.merge_cells(merged)
    for name in more:
        made.create_sheet(name)
    made.save(file)
    return file.getvalue()


def swollen(megabytes: int, *, says: int = 0) -> bytes:
    """A book whose sheet unpacks to so much; its directory may say something else."""
    file, size = io.BytesIO(), megabytes << 20
    with (
        zipfile.ZipFile(io.BytesIO(book(["a", "b"], ["c", "d"]))) as plain,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
    ):
        for name in plain.namelist():
            with made.open(name, "w") as entry:
                if "sheet1.xml" in name:
                    for _megabyte in range(megabytes):
                        entry.write(bytes(1 << 20))
                else:
                    entry.write(plain.read(name))
    return file.getvalue().replace(size.to_bytes(4, "little"), (says or size).to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8", ";"), ("utf-8-sig", ","), ("gb18030", "\t"), ("gbk", ";"), ("utf-16", ",")],
)
def test_csv_as_spreadsheets_write_it(read, encoding, separator):
    rows = read(CHINESE.replace(";", separator).replace(f"a{separator}b", "a;b").encode(encoding)).rows

    assert rows == READ


def test_a_book_is_read_by_what_stands_in_its_cells_and_no_formula_runs(read):
    """Merged cells say the same of each row; days and whole numbers are written as people write them."""
    sheet = read(
        book(
            ["客户", "域名", "日期", "数"],
            ["港湾", "a.cn", datetime.date(2026, 1, 2), 31010102.0],
            [None, "b.cn", '=HYPERLINK("http://evil.example","x")', 1.5],
            [None, "c.cn", "'=1+1", True],
            merged="A2:A3",
            Other=1,
        )
    )

    assert sheet.rows[1:] == [
        (2, ["港湾", "a.cn", "2026-01-02", "31010102"]),
        (3, ["港湾", "b.cn", "", "1.5"]),
        (4, ["", "c.cn", "=1+1", "yes"]),
    ]
    assert (sheet.name, sheet.others) == ("Sheet", 1)


def test_what_is_too_much_or_no_sheet_is_refused_at_once(read):
    """A gigabyte in one megabyte, a directory that lies, too many rows and columns, programs and pictures."""
    refused = {
        "too_heavy": swollen(1024),
        "damaged": swollen(200, says=9000),
        "empty": b" \n ",
        "old_format": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "not_a_sheet": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        "too_large": b"a,b\n" * (MOST_BYTES // 4 + 1),
        "too_wide": ",".join("x" * 61).encode(),
        "too_long": b"a,b\n" * (MOST_ROWS + 2),
    }
    began = time.monotonic()

    for code, data in refused.items():
        with pytest.raises(Unreadable) as caught:
            read(data)
        assert caught.value.code == code

    assert len(refused["too_heavy"]) < MOST_BYTES and time.monotonic() - began < 15
