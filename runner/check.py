"""`make check`: one list, run here and by whoever integrates; a line a step, and all that a failed one said."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from runner import ROOT, VENV, messages
from runner.parts import plain_environment
from runner.words import Terminal

TYPED = (
    "clients",
    "rulebook",
    "cases",
    "documents",
    "hooks",
    "letterbox",
    "notifications",
    "rights",
    "trade",
    "icp_portal",
    "runner",
)
UNTRIMMED = re.compile(r"{%-?\s*blocktranslate\b(?![^%]*\btrimmed\b)[^%]*%}")
UNESCAPED = re.compile(r"\|\s*(safe|safeseq)\b|{%\s*autoescape\s+off")


def no_server() -> dict[str, str]:
    """Settings that load without any server: nothing listens at port 9."""
    return plain_environment() | {
        "PORTAL_DATA": str(Path(tempfile.gettempdir()) / "icp-check"),
        "SECRET_KEY": "check",
        "HASH_KEY": "check",
        "NUMBER_KEYS": "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "DATABASE_URL": "postgres://check@127.0.0.1:9/check",
        "DATABASE_OWNER_URL": "postgres://check@127.0.0.1:9/check",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "S3_ENDPOINT_URL": "http://127.0.0.1:9",
        "S3_ACCESS_KEY_ID": "check",
        "S3_SECRET_ACCESS_KEY": "check",
        "EMAIL_URL": "smtp://127.0.0.1:9",
        "DJANGO_SETTINGS_MODULE": "icp_portal.settings",
        "PYTHONWARNINGS": "ignore::RuntimeWarning",  # that no database answers is meant
    }


def program(*words: str) -> Callable[[], tuple[bool, str]]:
    """A step that is a program of the environment."""

    def run() -> tuple[bool, str]:
        done = subprocess.run(
            [VENV / "bin" / words[0], *words[1:]],
            env=no_server(),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode == 0, done.stdout

    return run


def manage(*words: str) -> Callable[[], tuple[bool, str]]:
    return program("python", "manage.py", *words)


def look_into_templates() -> tuple[bool, str]:
    """Sentences without stray blanks, and nothing let through unescaped."""
    found = []
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix not in {".html", ".txt"}:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for rule, what in (
                (UNTRIMMED, "blocktranslate without trimmed"),
                (UNESCAPED, "an escape left out"),
            ):
                if rule.search(line) and (
                    rule is UNTRIMMED or path.suffix == ".html"
                ):  # plain text has nothing to escape
                    found.append(f"{path.relative_to(ROOT)}:{number}: {what}")
    return not found, "\n".join(found)


def steps() -> dict[str, Callable[[], tuple[bool, str]]]:
    """In the order in which they are told."""
    typed = [name for name in TYPED if (ROOT / name).is_dir()]
    return {
        "format": program("ruff", "format", "--check", "--quiet", "."),
        "lint": program("ruff", "check", "--quiet", "."),
        "templates": program("djlint", "--lint", "--quiet", "templates"),
        "escapes": look_into_templates,
        "import contracts": program("lint-imports", "--no-logo"),
        "django": manage("check", "--fail-level", "WARNING"),
        "migrations": manage("makemigrations", "--check", "--dry-run"),
        "map": manage("map", "--check"),
        "translations": manage("messages", "--check"),
        "types": program("mypy", "--no-error-summary", *typed),
    }


def check(terminal: Terminal) -> int:
    """All of them, two at a time; the number that failed."""
    (Path(tempfile.gettempdir()) / "icp-check").mkdir(exist_ok=True)
    messages.compile_stale()
    failed = 0
    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        # The slowest first; the telling keeps the order of the list.
        todo = steps()
        running: dict[str, Future[tuple[bool, str]]] = {"types": pool.submit(todo["types"])}
        running |= {name: pool.submit(step) for name, step in todo.items() if name != "types"}
        for name in todo:
            good, said = running[name].result()
            terminal.say(f"  {terminal.done if good else terminal.failed} {name}")
            if not good:
                failed += 1
                terminal.say("\n".join(f"      {line}" for line in said.strip().splitlines()[-60:]))
    terminal.say(
        f"\n  {failed} of {len(todo)} steps failed; `make fix` mends format and lint.\n" if failed else ""
    )
    return 1 if failed else 0
