"""The embedded mail catcher: takes mail by SMTP with a password, keeps each as a file, shows them on a page."""

from __future__ import annotations

import email
import email.policy
import hmac
import html
import os
import re
import signal
import threading
from datetime import UTC, datetime
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

NAME = "portal"
LIMIT = 30 * 1024 * 1024
STYLE = """
:root { color-scheme: light dark; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.2rem; } a { color: inherit; } table { width: 100%; border-collapse: collapse; }
td, th { padding: .4rem .6rem .4rem 0; border-bottom: 1px solid #8884; text-align: start; vertical-align: top; }
td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; border: 1px solid #8884; padding: 1rem; }
ul { overflow-wrap: anywhere; }
"""


class Folder:
    """Mails as `.eml` files whose names sort by time and name the first recipient."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.count = 0
        self.lock = threading.Lock()

    def keep(self, content: bytes, recipients: list[str]) -> Path:
        """On disk before the sender is told that it was taken."""
        with self.lock:
            self.count = (self.count + 1) % 10_000
            moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
            safe = re.sub(r"[^A-Za-z0-9@.+_-]", "_", recipients[0] if recipients else "nobody")[:80]
            path = self.path / f"{moment}-{self.count:04d}-{safe}.eml"
            draft = path.with_suffix(".new")
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                told = re.sub(r"[\r\n]", " ", ", ".join(recipients))
                file.write(b"X-Envelope-To: " + told.encode("utf-8", "replace") + b"\r\n")
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        return path

    def names(self) -> list[str]:
        """The newest first."""
        return sorted((path.name for path in self.path.glob("*.eml")), reverse=True)

    def read(self, name: str) -> EmailMessage | None:
        """A mail by its file's name; nothing for a name that is not in the list."""
        if name not in self.names():
            return None
        message = email.message_from_bytes((self.path / name).read_bytes(), policy=email.policy.default)
        return message if isinstance(message, EmailMessage) else None


class Handler:
    """What aiosmtpd asks when a mail has come."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        try:
            self.folder.keep(raw, [str(one) for one in envelope.rcpt_tos])
        except OSError as trouble:
            return f"452 {trouble.strerror}"
        return "250 kept"


def body_of(message: EmailMessage) -> str:
    """The text a person reads; the HTML part without its tags where there is no other."""
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        text = str(part.get_content())
    except (LookupError, KeyError):
        raw = part.get_payload(decode=True)
        text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    return text if part.get_content_type() == "text/plain" else html.unescape(re.sub(r"<[^>]+>", " ", text))


def links_in(text: str) -> list[str]:
    """Each web address once, in order."""
    found = (address.rstrip(".,;:)>」。，") for address in re.findall(r"https?://[^\s<>\"']+", text))
    return list(dict.fromkeys(found))


def page(title: str, body: str, root: str) -> bytes:
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head += f"<title>{html.escape(title)}</title>"
    style = f'<link rel="stylesheet" href="{root}style.css">'
    return f'<!doctype html><html lang="en"><head>{head}{style}</head><body>{body}</body></html>'.encode()


class Pages(BaseHTTPRequestHandler):
    """The list and the single mail, below a path that only this folder's owner knows."""

    folder: Folder
    root: str
    hosts: frozenset[str]

    def do_GET(self) -> None:
        if (
            self.headers.get("Host", "") not in self.hosts
        ):  # a page elsewhere with a name that now points here
            return self.answer(
                421, b"Open this page by the address that make run has printed.\n", "text/plain"
            )
        path = self.path.partition("?")[0]
        if not hmac.compare_digest(path[: len(self.root)].encode(), self.root.encode()):
            return self.answer(404, b"The address of this page is printed by make run.\n", "text/plain")
        rest = path[len(self.root) :]
        if rest == "style.css":
            return self.answer(200, STYLE.encode(), "text/css")
        if rest == "":
            return self.answer(200, self.list(), "text/html")
        message = self.folder.read(rest)
        if message is None:
            return self.answer(404, page("No such mail", "<p>No such mail.</p>", self.root), "text/html")
        return self.answer(200, self.mail(message), "text/html")

    def list(self) -> bytes:
        rows = []
        for name in self.folder.names()[:200]:
            message = self.folder.read(name)
            if message is None:
                continue
            moment = f"{name[6:8]}.{name[4:6]}. {name[9:11]}:{name[11:13]}:{name[13:15]}"
            to, subject = (
                html.escape(str(message["X-Envelope-To"])),
                html.escape(str(message["Subject"] or "—")),
            )
            rows.append(
                f'<tr><td>{moment}</td><td>{to}</td><td><a href="{self.root}{name}">{subject}</a></td></tr>'
            )
        body = "".join(rows) or '<tr><td colspan="3">No mail yet.</td></tr>'
        head = "<tr><th>UTC</th><th>To</th><th>Subject</th></tr>"
        return page("Mail", f"<h1>Mail that would have been sent</h1><table>{head}{body}</table>", self.root)

    def mail(self, message: EmailMessage) -> bytes:
        text = body_of(message)
        names = ("From", "X-Envelope-To", "Date", "Subject")
        rows = "".join(
            f"<tr><th>{name}</th><td>{html.escape(str(message[name] or ''))}</td></tr>" for name in names
        )
        links = "".join(
            f'<li><a rel="noreferrer noopener" href="{html.escape(link)}">{html.escape(link)}</a></li>'
            for link in links_in(text)
        )
        back = f'<p><a href="{self.root}">All mail</a></p>'
        body = f"{back}<table>{rows}</table><pre>{html.escape(text)}</pre><ul>{links}</ul>"
        return page(str(message["Subject"] or "Mail"), body, self.root)

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header(
            "Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
        )
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "mail"

    def log_message(self, format: str, *args: object) -> None:
        """The path is the key to the page: it is not for a log."""


def serve(folder: Path, smtp_port: int, page_port: int, password: str, token: str) -> None:
    """Until asked to stop."""
    kept = Folder(folder)

    def knows(_server: SMTP, _session: Session, _envelope: Envelope, _way: str, told: object) -> AuthResult:
        if not isinstance(told, LoginPassword) or told.login != NAME.encode():
            return AuthResult(success=False, handled=False)
        return AuthResult(success=hmac.compare_digest(told.password, password.encode()), handled=False)

    controller = Controller(
        Handler(kept),
        hostname="127.0.0.1",
        port=smtp_port,
        server_hostname="mail.invalid",
        ready_timeout=15,
        data_size_limit=LIMIT,
        auth_required=True,
        auth_require_tls=False,
        authenticator=knows,
        enable_SMTPUTF8=True,
    )
    controller.start()
    pages = type(
        "MailPages",
        (Pages,),
        {
            "folder": kept,
            "root": f"/{token}/",
            "hosts": frozenset({f"localhost:{page_port}", f"127.0.0.1:{page_port}"}),
        },
    )
    server = ThreadingHTTPServer(("127.0.0.1", page_port), pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"smtp {smtp_port}, page {page_port}", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    serve(
        Path(os.environ["MAIL_FOLDER"]),
        int(os.environ["MAIL_PORT"]),
        int(os.environ["MAIL_PAGE_PORT"]),
        os.environ["MAIL_PASSWORD"],
        os.environ["MAIL_PAGE_TOKEN"],
    )


if __name__ == "__main__":
    main()
