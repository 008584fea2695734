"""A stranger's program: it knows the address, a token and the published contract, and nothing of the house."""

from __future__ import annotations

import copy
import http.client
import json
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from tests.portal import Portal

BEIJING = timezone(timedelta(hours=8))
PASSPORT = "E12345678"
COMPANY = "91310000MATE5T017D"
FACTS: dict[str, Any] = {
    "province": "SH",
    "platform_email": "filing@tern.example",
    "subject": {
        "kind": "enterprise",
        "name": "Tern Example Trading (Shanghai) Co., Ltd.",
        "name_zh": "燕鸥示例贸易（上海）有限公司",
        "id_kind": "business_licence",
        "id_number": COMPANY,
        "certificate_address": "上海市示例区样本路1号200室",
        "contact_address": "上海市示例区样本路1号200室",
        "registered_in_mainland": True,
        "licence_status": "active",
    },
    "head": {
        "is_legal_representative": True,
        "name": "Tess Winter",
        "nationality": "GB",
        "id_kind": "passport",
        "id_number": PASSPORT,
        "id_valid_until": "2031-05-01",
        "birth_date": "1980-01-01",
        "email": "tess@tern.example",
        "landline": "021-55550100",
        "address": "1 Sample Road, Shanghai",
    },
    "domain": {
        "owner": "subject",
        "registrar": "provider",
        "verified": True,
        "verified_on": "2026-01-05",
        "expires_on": "2029-01-01",
        "resolves": False,
    },
    "server": {
        "service_number": "0000aaaa-1111-bbbb-2222",
        "instance": "i-0000",
        "location": "mainland",
        "prepaid_months": 12,
        "public_ip": True,
    },
    "site": {"name": "燕鸥示例贸易", "languages": ["zh", "en"], "content": ["company"], "revenue": True},
}


def facts(*, domain: str, mobile: str) -> dict[str, Any]:
    """All that handing in asks for."""
    given = copy.deepcopy(FACTS)
    given["domain"]["name"] = domain
    given["head"]["mobile"] = mobile
    return given


def today() -> str:
    """The day it is in Beijing."""
    return datetime.now(UTC).astimezone(BEIJING).date().isoformat()


@dataclass
class Answer:
    status: int
    headers: Any
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None

    def __getitem__(self, name: str) -> Any:
        return self.body[name]

    def ok(self, status: int = 200) -> Any:
        """What it says, where it is the answer we hoped for."""
        assert self.status == status, f"{self.status}: {self.raw[:800].decode(errors='replace')}"
        return self.body


class Stranger:
    """Speaks to `/api/v1` as the owner of a token."""

    def __init__(self, portal: Portal, token: str = "") -> None:
        self.portal, self.token = portal, token

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request; status 0 where nobody answers."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            told.setdefault("Authorization", f"Bearer {self.token}")
        sent = None
        if body is not None or method == "POST":
            sent = json.dumps({} if body is None else body).encode()
            told["Content-Type"] = "application/json"
        line = http.client.HTTPConnection("localhost", self.portal.port, timeout=60)
        try:
            line.request(method, path if path.startswith("/api/") else f"/api/v1{path}", sent, told)
            answer = line.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        except (OSError, http.client.HTTPException):
            return Answer(0, {}, b"")
        finally:
            line.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.call("PATCH", path, body, **headers)

    def every(self, path: str) -> list[dict[str, Any]]:
        """A whole list, page by page."""
        found, cursor = [], ""
        while True:
            page = self.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}" if cursor else path).ok()
            found += page["items"]
            if not page["next"]:
                return found
            cursor = page["next"]

    # The contract in verbs

    def case(self, reference: str) -> dict[str, Any]:
        return self.get(f"/cases/{reference}").ok()

    def move(self, reference: str, move: str, **given: Any) -> dict[str, Any]:
        """A move that must be possible, and the case after it."""
        return self.post(f"/cases/{reference}/moves", {"move": move, **given}).ok()

    def start(self, requirement: str, filename: str, content: bytes, kind: str) -> Answer:
        about = {"filename": filename, "size": len(content), "content_type": kind}
        return self.post(f"/requirements/{requirement}/uploads", about)

    def send(self, requirement: str, filename: str, content: bytes, kind: str) -> str:
        """A file to its paper, straight to storage; the document's reference."""
        form = self.start(requirement, filename, content, kind).ok(201)
        assert post_form(form["url"], form["fields"], filename, content, kind) in (200, 201, 204)
        return self.post(f"/uploads/{form['upload']}/completion").ok(202)["document"]

    def document(self, reference: str) -> dict[str, Any]:
        return self.get(f"/documents/{reference}").ok()

    def checked(self, reference: str, patience: float = 180) -> dict[str, Any]:
        """The document once the worker has come to its verdict."""

        def look() -> dict[str, Any] | None:
            answer = self.get(f"/documents/{reference}")
            return answer.body if answer.status == 200 and answer["state"] != "checking" else None

        return self.portal.wait_until(look, patience, 0.3)  # type: ignore[return-value]

    def verify_phone(self, reference: str, person: str, mobile: str) -> None:
        """Ask for a code, read it from the phone, and say it."""
        before = len(self.portal.mails(f"{mobile}@sms.invalid"))
        self.post(f"/cases/{reference}/phone-verifications", {"person": person}).ok(202)
        code = code_in(next_mail(self.portal, f"{mobile}@sms.invalid", after=before))
        self.post(
            f"/cases/{reference}/phone-verifications/confirmation", {"person": person, "code": code}
        ).ok()


def post_form(url: str, fields: dict[str, str], filename: str, content: bytes, kind: str) -> int:
    """What a browser does with a form: fields first, the file last. The store's status, 0 where it is away."""
    edge = uuid.uuid4().hex
    body = b"".join(
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
    body += (
        head.encode() + f"Content-Type: {kind}\r\n\r\n".encode() + content + f"\r\n--{edge}--\r\n".encode()
    )
    where = urlsplit(url)
    line = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
    try:
        line.request("POST", where.path, body, {"Content-Type": f"multipart/form-data; boundary={edge}"})
        return line.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        line.close()


def fetch(url: str) -> bytes:
    """What lies behind a link to storage."""
    where = urlsplit(url)
    line = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
    line.request("GET", f"{where.path}?{where.query}")
    answer = line.getresponse()
    assert answer.status == 200, answer.read()
    return answer.read()


# ── The mailbox ─────────────────────────────────────────────────────────────────────────────────────────────────────


def next_mail(
    portal: Portal,
    to: str,
    *,
    after: int = 0,
    about: Callable[[EmailMessage], object] = bool,
    patience: float = 150,
) -> EmailMessage:
    """The first mail to this address, beyond the first `after`, that is about it; bells lost, the sweep comes by."""

    def look() -> EmailMessage | None:
        return next((one for one in portal.mails(to)[after:] if about(one)), None)

    return portal.wait_until(look, patience, 0.3)  # type: ignore[return-value]


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None, "a mail without a text part"
    return part.get_content()


def code_in(mail: EmailMessage) -> str:
    found = re.search(r"(?<!\d)\d{6}(?!\d)", text_of(mail))
    assert found, text_of(mail)
    return found[0]


def wait_for(fact: Callable[[], object], patience: float = 150, pause: float = 0.3) -> Any:
    """What `fact` gives once it gives something."""
    until = time.monotonic() + patience
    while not (found := fact()):
        assert time.monotonic() < until, f"not within {patience:.0f} s"
        time.sleep(pause)
    return found
