"""The list and Today: whose rows, how many queries, how heavy."""

from __future__ import annotations

import re

from django.db import connection
from django.test.utils import CaptureQueriesContext

BOOKKEEPING = re.compile(r"^(SAVEPOINT|RELEASE|ROLLBACK)", re.I)


def asked(browser, path: str, **headers) -> tuple[int, bytes]:
    """How many questions the page put to the database, and the page."""
    with CaptureQueriesContext(connection) as queries:
        page = browser.get(path, headers=headers)
    assert page.status_code == 200, page.status_code
    return len([one for one in queries if not BOOKKEEPING.match(one["sql"])]), page.content


def test_print(desk, harbour, mei, case):
    for path in ("/", "/cases/", case.get_absolute_url()):
        with CaptureQueriesContext(connection) as queries:
            page = desk.get(path)
        print(path, page.status_code, len(page.content), len(queries))
        for one in queries:
            print("   ", one["sql"][:150])
