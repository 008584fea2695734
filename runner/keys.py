"""The secrets of one data folder, made once and kept in `PORTAL_DATA/secrets` for its owner alone."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def _hex(count: int) -> Callable[[], str]:
    return lambda: secrets.token_hex(count)


def _number_key() -> str:
    return "k1:" + base64.b64encode(secrets.token_bytes(32)).decode()


MAKERS: dict[str, Callable[[], str]] = {
    "secret_key": lambda: secrets.token_urlsafe(50),
    "number_keys": _number_key,
    "hash_key": lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
    "postgres_password": _hex(24),
    "owner_password": _hex(24),
    "web_password": _hex(24),
    "valkey_password": _hex(24),
    "store_admin_id": _hex(10),
    "store_admin_key": _hex(24),
    "store_web_id": _hex(10),
    "store_web_key": _hex(24),
    "store_worker_id": _hex(10),
    "store_worker_key": _hex(24),
    "store_kek": _hex(32),
    "store_jwt_write": _hex(24),
    "store_jwt_read": _hex(24),
    "store_jwt_filer_write": _hex(24),
    "store_jwt_filer_read": _hex(24),
    "mail_password": _hex(16),
    "mail_page": _hex(8),
}


class Keys:
    """Each secret is a file of its own, mode 0600, in a folder of mode 0700."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> None:
        """Make what is not there yet; what is there stays as it is, for data was written with it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for name, make in MAKERS.items():
            path = self.folder / name
            if not path.exists() or not path.stat().st_size:
                write_private(path, make())
            elif path.stat().st_mode & 0o077:
                path.chmod(0o600)

    def __getitem__(self, name: str) -> str:
        return (self.folder / name).read_text()


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and readable by its owner only from the first byte."""
    draft = path.with_name(path.name + ".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
