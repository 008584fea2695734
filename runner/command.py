"""`make manage do="COMMAND …"`: a management command where `make run` is, or would be."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping

from runner import ROOT
from runner.keeper import Keeper, Stop
from runner.parts import die_with_parent
from runner.portal import PYTHON, Portal
from runner.words import Terminal, Trouble

OWNERS = frozenset(
    {"migrate", "makemigrations", "showmigrations", "sqlmigrate", "flush", "inspectdb", "fill", "wipe_demo"}
)
STORELESS = frozenset(
    {"api_token", "check", "fill", "help", "shell", "migrate", "makemigrations", "showmigrations"}
)
PATIENCE = 120


def manage(line: str, environ: Mapping[str, str]) -> int:
    """Its standard output is the command's alone; steps and sentences go to standard error."""
    words = shlex.split(line)
    if not words:
        raise Trouble('Name a command: make manage do="help"')
    terminal = Terminal(sys.stderr)
    portal = Portal(environ, terminal)
    portal.open_folder()
    owner = words[0] in OWNERS or environ.get("PORTAL_AS_OWNER") == "1"
    until = time.monotonic() + PATIENCE
    while not portal.lock.take("manage"):
        note = portal.remembered()
        holder = portal.lock.holder()
        if holder.get("kind") == "run" and note.get("up") and note.get("pid") == holder.get("pid"):
            portal.join(note)
            return _done(portal, words, _call(words, portal.manage_environment(owner=owner)))
        if time.monotonic() > until:
            raise Trouble(
                f"{portal.data} has been busy for {PATIENCE} seconds (process {holder.get('pid')})."
            )
        time.sleep(0.1)
    with Keeper(portal.data, terminal) as keeper:
        try:
            store = words[0] not in STORELESS or not (portal.data / "postgres" / "portal.demo").exists()
            portal.start_servers(keeper, store=store)
            portal.prepare_database()
            portal.prepare_files()
            if store:
                portal.prepare_store(keeper)
                portal.prepare_demo()
            terminal.say()
            return _done(portal, words, _call(words, portal.manage_environment(owner=owner), keeper))
        except Stop:
            return 130


def _done(portal: Portal, words: list[str], code: int) -> int:
    """What a command has changed about the next start is noted."""
    if words[0] == "wipe_demo" and code == 0:
        portal.demo_is_gone()
    return code


def _call(words: list[str], env: dict[str, str], keeper: Keeper | None = None) -> int:
    command = subprocess.Popen(
        [PYTHON, "manage.py", *words], env=env, cwd=ROOT, preexec_fn=die_with_parent(15)
    )
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            return command.wait(0.2 if keeper else None)
        if keeper:
            try:
                keeper.rest(0)
            except Stop:
                command.terminate()
                command.wait(10)
                raise


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """For scripts that join a run that is up."""
    portal = Portal(environ, Terminal(sys.stderr, quiet=True))
    note = portal.remembered()
    if not note.get("up"):
        raise Trouble("The portal is not running: make run")
    portal.join(note)
    return portal.manage_environment() | {"PYTHON": os.fspath(PYTHON)}
