"""What can be wrong before anything starts is a sentence with a way out, never a traceback."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from collections import namedtuple

import pytest

from runner import ROOT, ports
from runner.keeper import Lock
from runner.keys import MAKERS, Keys
from runner.parts import plain_environment
from runner.portal import Portal
from runner.words import Terminal, Trouble
from tests import portal as whole


@pytest.fixture
def started(tmp_path):
    """`make run` in a folder of its own, ended with the test."""
    runs = []

    def start(data=tmp_path / "data", **environ):
        one = whole.Portal(data, **environ)
        runs.append(one)
        one.launch()
        return one

    yield start
    for one in runs:
        if one.keeper.poll() is None:
            one.down()


def said(one, patience=120):
    """Its last words, once it has ended by itself."""
    assert one.keeper.wait(patience) == 1
    words = one.words()
    assert "Traceback" not in words
    return words


def test_a_second_run_beside_the_first_is_refused_with_its_address(started, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    lock = Lock(data / "lock")
    assert lock.take("run")
    (data / "run.json").write_text(json.dumps({"port": 8123, "up": True}))

    words = said(started(data))

    assert "is running already: http://localhost:8123" in words
    assert f"kill {os.getpid()}" in words
    assert "PORTAL_DATA=" in words


def test_a_port_in_use_is_named_with_another_to_take(started, tmp_path):
    port = ports.choose(set())
    with socket.create_server(("127.0.0.1", port)):
        words = said(started(PORTAL_PORT=str(port)))

    assert f"Port {port} is in use" in words
    assert f"PORTAL_PORT={port + 1}" in words


@pytest.mark.parametrize("port", ["eight", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused(started, port):
    assert "PORTAL_PORT is no port" in said(started(PORTAL_PORT=port))


def test_a_folder_full_of_other_things_is_left_alone(started, tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "thesis.txt").write_text("years of work")

    words = said(started(home))

    assert "holds other things (thesis.txt)" in words
    assert stat.S_IMODE(home.stat().st_mode) == 0o755
    assert [path.name for path in home.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_folders_place_is_refused(started, tmp_path):
    place = tmp_path / "file"
    place.write_text("")

    assert "cannot be used as data folder" in said(started(place))


def test_a_half_written_database_is_named(started, tmp_path):
    data = tmp_path / "data"
    (data / "postgres" / "base").mkdir(parents=True)

    words = said(started(data))

    assert "no finished database" in words
    assert "Move it away or delete it" in words


def test_a_nearly_full_disk_is_told_before_anything_is_written(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(100, 99, 10 * 2**20))
    portal = Portal({"PORTAL_DATA": str(tmp_path / "data")}, Terminal(quiet=True))

    with pytest.raises(Trouble, match=r"nearly full \(10 MB free"):
        portal.open_folder()

    assert not (tmp_path / "data" / "secrets").exists()


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path):
    keys = Keys(tmp_path / "secrets")
    keys.make()
    before = {name: keys[name] for name in MAKERS}
    (keys.folder / "hash_key").chmod(0o644)  # somebody's backup brought it back like that

    keys.make()

    assert {name: keys[name] for name in MAKERS} == before
    assert len(set(before.values())) == len(MAKERS)
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE((keys.folder / name).stat().st_mode) for name in MAKERS} == {0o600}


def test_a_secret_cut_short_by_a_kill_is_made_anew(tmp_path):
    keys = Keys(tmp_path / "secrets")
    keys.make()
    (keys.folder / "web_password").write_text("")

    keys.make()

    assert keys["web_password"]


@pytest.mark.parametrize("size", ["64k", "12m", "25m"])
def test_a_disk_that_fills_up_on_the_way_is_told_in_a_sentence(tmp_path, size):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", disk], capture_output=True, check=False
    ).returncode:
        pytest.skip("a disk of its own takes a right that this user has not")
    program = (
        "import sys, runner.portal; runner.portal.DISK = 0\n"
        "from runner.__main__ import main\n"
        "sys.exit(main(['run']))"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=plain_environment()
            | {"PORTAL_DATA": str(disk / "data"), "PORTAL_PORT": str(ports.choose(set()))},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        subprocess.run(["umount", "-l", disk], check=True)

    assert done.returncode == 1
    assert "The disk is full. Make room" in done.stderr, done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_start_names_the_demos_logins_only_where_they_open_something(tmp_path, capsys):
    """Wiped or restored, the data holds none of those people; what is said instead is how somebody comes in."""
    portal = Portal({"PORTAL_DATA": str(tmp_path / "data")}, Terminal(quiet=True))
    portal.open_folder()
    portal.keys.make()
    portal.choose_ports()
    (portal.data / "postgres").mkdir()
    says: list[str] = []
    portal.terminal.say = lambda words="": says.append(words)  # type: ignore[method-assign]

    def greeted() -> str:
        says.clear()
        portal.greet(1.0)
        return "\n".join(says)

    portal._stamp("demo", "1").set()
    assert "manager@agency.example" in greeted() and "first_administrator" not in greeted()
    for over in (portal.demo_is_gone, portal.demo_is_there):
        over()
        assert "manager@agency.example" not in greeted() and "first_administrator" in greeted()
        portal._command = None  # type: ignore[assignment,method-assign]
        portal.prepare_demo()  # makes none anew: there is nothing here to make it with
