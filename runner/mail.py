"""The mail catcher as a part that is kept."""

from __future__ import annotations

from pathlib import Path

from runner import ROOT, VENV, ports
from runner.keys import Keys
from runner.parts import Part, plain_environment


class Mail:
    """SMTP with a password on one loopback port, a page to read the mails on another."""

    def __init__(self, folder: Path, port: dict[str, int], keys: Keys, logs: Path) -> None:
        self.folder, self.port, self.keys, self.logs = folder, port, keys, logs

    @property
    def url(self) -> str:
        return f"smtp://portal:{self.keys['mail_password']}@127.0.0.1:{self.port['mail']}"

    @property
    def page(self) -> str:
        return f"http://localhost:{self.port['mail_page']}/{self.keys['mail_page']}/"

    def part(self) -> Part:
        """The catcher as the keeper keeps it."""
        env = plain_environment() | {
            "MAIL_FOLDER": str(self.folder),
            "MAIL_PORT": str(self.port["mail"]),
            "MAIL_PAGE_PORT": str(self.port["mail_page"]),
            "MAIL_PASSWORD": self.keys["mail_password"],
            "MAIL_PAGE_TOKEN": self.keys["mail_page"],
        }
        return Part(
            name="mail",
            command=[str(VENV / "bin" / "python"), "-m", "runner.catcher"],
            env=env,
            log=self.logs / "mail.log",
            ready=lambda: ports.answers(self.port["mail"]) and ports.answers(self.port["mail_page"]),
            told=f"127.0.0.1:{self.port['mail']}",
            cwd=ROOT,
        )
