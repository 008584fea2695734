"""The keeper starts again what died, stops in the reverse order, and takes everything along when it is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.keeper import DEATHS, Keeper, Lock
from runner.parts import Part, born_at, plain_environment
from runner.words import Terminal, Trouble

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
# It ignores what asks it to stop, as a server does that waits for its clients.
STUBBORN = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"]
WITH_A_CHILD = """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid, flush=True)
time.sleep(60)
"""
PARENT = [sys.executable, "-c", WITH_A_CHILD]
HOLDING = """
import sys, time
from pathlib import Path
from runner.keeper import Lock
lock = Lock(Path(sys.argv[1]))
assert lock.take("run")
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def keeper(tmp_path):
    (tmp_path / "logs").mkdir()
    with Keeper(tmp_path, Terminal(quiet=True)) as one:
        yield one


@pytest.fixture
def part(tmp_path):
    def make(name="sleeper", command=SLEEPER, **words):
        return Part(name, command, plain_environment(), tmp_path / "logs" / f"{name}.log", **words)

    return make


def until(true, patience=10.0):
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def tick(keeper, true, patience=10.0):
    def go():
        keeper.tick()
        return true()

    until(go, patience)


def gone(pid):
    return born_at(pid) is None


def test_what_died_is_started_again(keeper, part):
    sleeper = keeper.start(part())
    first = sleeper.process.pid
    os.kill(first, signal.SIGKILL)
    until(lambda: not sleeper.alive)

    tick(keeper, lambda: sleeper.alive)

    assert sleeper.process.pid != first


def test_what_dies_again_and_again_ends_the_run_with_its_last_words(keeper, part):
    words = "import sys; print('no room for me'); sys.exit(3)"
    dying = part("dying", [sys.executable, "-c", words])
    keeper.start(dying, wait=False)

    with pytest.raises(Trouble, match=f"dying died {DEATHS} times within a minute") as trouble:
        until(lambda: keeper.tick() or False, 30)

    assert "no room for me" in str(trouble.value)


def test_what_ends_while_starting_says_why(keeper, part):
    words = [sys.executable, "-c", "print('the port is taken')"]

    with pytest.raises(Trouble, match="ended while it was starting") as trouble:
        keeper.start(part("short", words, ready=lambda: False))

    assert "the port is taken" in str(trouble.value)


def test_parts_stop_in_the_reverse_order(keeper, part, tmp_path):
    for name in ("first", "second", "third"):
        keeper.start(part(name))

    keeper.stop()

    lines = (tmp_path / "logs" / "keeper.log").read_text().split("\n")
    assert [line.split()[-1] for line in lines if " stopped " in line] == ["third", "second", "first"]


def test_a_stubborn_part_has_its_grace_and_no_more(keeper, part):
    stubborn = keeper.start(part("stubborn", STUBBORN, grace=0.3))
    time.sleep(0.2)
    begun = time.monotonic()

    keeper.stop()

    assert 0.3 <= time.monotonic() - begun < 2
    assert gone(stubborn.process.pid)


def test_a_dead_parts_children_go_before_it_starts_again(keeper, part):
    parent = keeper.start(part("parent", PARENT))
    until(lambda: parent.log.read_text().strip())
    child = int(parent.log.read_text())
    os.kill(parent.process.pid, signal.SIGKILL)

    tick(keeper, lambda: gone(child))


def test_a_held_part_stays_down_until_it_is_let_go(keeper, part, tmp_path):
    keeper.holds.mkdir()
    sleeper = keeper.start(part())
    (keeper.holds / "sleeper").touch()
    tick(keeper, lambda: not sleeper.alive)
    keeper.tick()
    assert not sleeper.alive

    (keeper.holds / "sleeper").unlink()

    tick(keeper, lambda: sleeper.alive)


KEEPING = """
import sys
from pathlib import Path
from runner.keeper import Keeper
from runner.parts import Part, plain_environment
from runner.words import Terminal
data = Path(sys.argv[1])
with Keeper(data, Terminal(quiet=True)) as keeper:
    for name in ("one", "two"):
        words = [sys.executable, "-c", "import time; time.sleep(60)"]
        part = keeper.start(Part(name, words, plain_environment(), data / "logs" / f"{name}.log"))
        print(part.process.pid, flush=True)
    try:
        keeper.keep()
    finally:
        print("ended", flush=True)
"""


@pytest.mark.parametrize("sig", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_all_go_with_the_keeper_however_it_goes(tmp_path, sig):
    (tmp_path / "logs").mkdir()
    root = Path(__file__).parents[2]

    def in_the_background():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a script's `&` leaves it

    with subprocess.Popen(
        [sys.executable, "-c", KEEPING, str(tmp_path)],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        preexec_fn=in_the_background,
    ) as keeper:
        pids = [int(keeper.stdout.readline()) for _ in range(2)]
        keeper.send_signal(sig)
        keeper.wait(10)

    for pid in pids:
        until(lambda pid=pid: gone(pid), 5)


def test_the_lock_goes_with_its_process(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(tmp_path / "lock")],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
    )
    holder.stdout.readline()
    lock = Lock(tmp_path / "lock")
    assert lock.held()
    assert not lock.take("run")
    assert lock.holder() == {"kind": "run", "pid": holder.pid}

    holder.kill()
    holder.wait()
    holder.stdout.close()

    assert not lock.held()
    assert lock.take("run")
