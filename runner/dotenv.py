"""Write a `.env` for docker compose to standard output: `.env.example` with new secrets in it."""

from __future__ import annotations

import re
import secrets

from runner import ROOT
from runner.keys import MAKERS

MADE = "made-by-dotenv"
SHAPES = {
    "SECRET_KEY": MAKERS["secret_key"],
    "HASH_KEY": MAKERS["hash_key"],
    "NUMBER_KEYS": MAKERS["number_keys"],
    "S3_SSE_KEK": MAKERS["store_kek"],
}


def filled(example: str) -> str:
    """The example with each secret made; lines without a value are left out, for they mean *embedded*."""
    lines = []
    for line in example.splitlines():
        name, _, value = line.partition("=")
        if re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
            if not value or name == "PORTAL_DATA":
                continue
            if value == MADE:
                lines.append(f"{name}={SHAPES.get(name, lambda: secrets.token_hex(24))()}")
                continue
        lines.append(line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(filled((ROOT / ".env.example").read_text()), end="")
