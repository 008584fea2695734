"""What a page weighs, and how often it asks the database."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bench.asking import Line, unpacked
from bench.house import House

_LINKED = re.compile(rb"""(?:href|src)="([^"]+\.(?:css|js))\"""")


def page(line: Line, path: str) -> int:
    """Bytes of the HTML, unpacked."""
    _status, _head, body = line.get(path)
    return len(body)


def linked(line: Line, paths: list[str]) -> dict[str, int]:
    """Every sheet and script that these pages name, each once, by its bytes as they travel when packed."""
    found: dict[str, int] = {}
    for path in paths:
        _status, _head, body = line.get(path)
        for name in _LINKED.findall(body):
            at = urlsplit(name.decode()).path
            if at not in found:
                status, head, packed = line.get(at, packed=True)
                assert status == 200, f"{at} answers {status}"
                assert unpacked(head, packed)
                found[at] = len(packed)
    return found


def queries(house: House, database: str, path: str) -> int:
    """How often one request asks the database, its sight and session included."""
    with house.as_django(database):
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        browser = Client(headers={"host": "localhost"})
        for pair in house.cookie.split("; "):
            name, _, value = pair.partition("=")
            browser.cookies[name] = value
        browser.get(path)  # what is cached is cached
        with CaptureQueriesContext(connection) as asked:
            status = browser.get(path).status_code
        assert status == 200, f"{path} answers {status}"
        return len([one for one in asked if not re.match(r"SAVEPOINT|RELEASE|BEGIN|COMMIT", one["sql"])])
