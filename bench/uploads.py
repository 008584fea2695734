"""What a file costs the web process: two small calls, whatever its size, for the bytes go to the store."""

from __future__ import annotations

import http.client
import json
import secrets
import statistics
from urllib.parse import urlsplit

from bench.asking import processor_seconds
from bench.house import BIG, House

LARGE, LITTLE = 10_000_000, 10_000


def measure(house: House, pairs: int = 6) -> tuple[float, float, float]:
    """Processor time of 10 MB in that of 10 KB; of one MB more, and of all 10, in that of a list page."""
    house.have_store()
    port, pid = house.serve("uploads", "icp_portal.wsgi:application", BIG)
    papers = [
        reference
        for (reference,) in house.sql(
            "SELECT r.reference FROM cases_requirement r JOIN cases_case c ON c.id = r.case_id"
            " WHERE c.stage = 'draft' AND r.kind = 'business_licence' ORDER BY r.id LIMIT %s",
            2 * pairs + 2,
            database=BIG,
        )
    ]
    one = Sender(house, port)
    costs: dict[int, list[float]] = {LARGE: [], LITTLE: []}
    one.send(papers.pop(), LITTLE)  # what is loaded once is loaded
    one.send(papers.pop(), LARGE)
    for _ in range(pairs):
        for size in (LARGE, LITTLE):
            before = processor_seconds(pid)
            one.send(papers.pop(), size)
            costs[size].append(processor_seconds(pid) - before)
    before = processor_seconds(pid)
    for _ in range(10):
        one.ask("GET", "/cases/")
    page = (processor_seconds(pid) - before) / 10
    large, little = (statistics.median(costs[size]) for size in (LARGE, LITTLE))
    return large / little, (large - little) / (LARGE / 1e6) / page, large / page


class Sender:
    """A browser that sends files as the page's script does."""

    def __init__(self, house: House, port: int) -> None:
        self.port, self.store = port, urlsplit(house.portal.store.url)
        self.headers = {
            "Host": f"localhost:{port}",
            "Cookie": house.cookie,
            "X-CSRFToken": house.csrf,
            "Content-Type": "application/json",
        }

    def ask(self, method: str, path: str, given: dict | None = None) -> bytes:
        """The portal."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        line.request(method, path, json.dumps(given or {}) if method == "POST" else None, self.headers)
        answer = line.getresponse()
        body = answer.read()
        line.close()
        assert answer.status < 300, f"{path} answers {answer.status}: {body[:300]!r}"
        return body

    def send(self, paper: str, size: int) -> None:
        """Ask for a form, post to the store, say that it is there."""
        told = {"filename": "licence.jpg", "size": size, "content_type": "image/jpeg"}
        form = json.loads(self.ask("POST", f"/requirements/{paper}/uploads/", told))
        self._post(form["url"], form["fields"], secrets.token_bytes(size))
        self.ask("POST", form["finish"])

    def _post(self, url: str, fields: dict[str, str], content: bytes) -> None:
        edge = secrets.token_hex(12)
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        parts.append(
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n'
            f"Content-Type: {fields['Content-Type']}\r\n\r\n"
        )
        body = "".join(parts).encode() + content + f"\r\n--{edge}--\r\n".encode()
        line = http.client.HTTPConnection(self.store.hostname or "", self.store.port, timeout=60)
        line.request(
            "POST", urlsplit(url).path, body, {"Content-Type": f"multipart/form-data; boundary={edge}"}
        )
        answer = line.getresponse()
        said = answer.read()
        line.close()
        assert answer.status in (201, 204), f"the store answers {answer.status}: {said[:300]!r}"
