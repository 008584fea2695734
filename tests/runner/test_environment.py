"""From a bare system to an environment: what is missing is installed by root, else named in one sentence."""

import subprocess
import sys
from pathlib import Path

import pytest

from runner import ROOT, environment, messages
from runner.parts import plain_environment
from runner.words import Terminal, Trouble, gist


@pytest.fixture
def terminal():
    return Terminal(quiet=True)


@pytest.fixture
def bare(monkeypatch):
    """A Debian with neither venv module nor browser nor font, and a list of what apt-get was asked for."""
    asked = []

    def run(command, **_):
        asked.append([str(word) for word in command])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(environment, "_runs", lambda *_: False)
    monkeypatch.setattr(environment, "_has_chinese_font", lambda: False)
    monkeypatch.setattr(
        environment.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None
    )
    monkeypatch.setattr(environment.subprocess, "run", run)
    return asked


def test_root_gets_the_venv_module_installed(bare, terminal, monkeypatch):
    monkeypatch.setattr(environment.os, "geteuid", lambda: 0)

    environment.have_venv(terminal)

    assert bare == [["apt-get", "install", "-y", "--no-install-recommends", "python3-venv"]]


def test_root_gets_the_browser_and_a_chinese_font_installed(bare, terminal, monkeypatch):
    monkeypatch.setattr(environment.os, "geteuid", lambda: 0)

    environment.have_browser(terminal)

    assert bare[0][-2:] == ["chromium", "fonts-noto-cjk"]


@pytest.mark.parametrize(
    ("need", "package"), [(environment.have_venv, "python3-venv"), (environment.have_browser, "chromium")]
)
def test_another_user_is_told_what_to_ask_root_for(bare, terminal, monkeypatch, need, package):
    monkeypatch.setattr(environment.os, "geteuid", lambda: 1000)

    with pytest.raises(Trouble, match=f"As root: apt-get install .*{package}"):
        need(terminal)

    assert bare == []


def test_root_gets_a_small_chinese_font_for_the_portal(bare, terminal, monkeypatch):
    monkeypatch.setattr(environment.os, "geteuid", lambda: 0)

    environment.have_font(terminal)

    assert bare[0][-1] == "fonts-wqy-microhei"


def test_without_a_font_the_portal_starts_and_says_what_to_install(bare, monkeypatch, capsys):
    monkeypatch.setattr(environment.os, "geteuid", lambda: 1000)

    environment.have_font(Terminal(sys.stdout))

    assert "Chinese font. As root: apt-get install" in capsys.readouterr().out and bare == []


def test_nothing_to_do_takes_no_time():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "runner", "ready"],
        cwd=ROOT,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == ""
    assert not {"django", "boto3", "celery"} & {
        line.split("|")[-1].strip() for line in done.stderr.splitlines()
    }


def test_an_old_stamp_is_no_environment(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "STAMP", tmp_path / "stamp")
    assert not environment.is_ready()
    (tmp_path / "stamp").write_text(environment.wanted())
    assert environment.is_ready()

    monkeypatch.setattr(environment, "LOCK", tmp_path / "lock")
    (tmp_path / "lock").write_text("another==1\n")

    assert not environment.is_ready()


def test_what_runs_before_the_environment_is_there_needs_nothing_of_it():
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "import runner.__main__, runner.environment, runner.portal, runner.command, runner.check, runner.testing\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_the_locks_name_no_index_and_have_hashes():
    for path in (
        ROOT / "requirements.lock",
        ROOT / "runner" / "uv.lock",
        ROOT / "deploy" / "requirements.lock",
    ):
        text = path.read_text()
        assert "--index-url" not in text
        assert "://" not in text
        assert text.count("--hash=sha256:") >= text.count("==")


def test_a_programs_many_words_come_down_to_one_line():
    assert gist("starting\nERROR: it broke\ngoodbye\n") == "ERROR: it broke"
    assert gist("psql: No space left on device\nbye").startswith("The disk is full")
    assert gist("") == "it said nothing"


def test_translations_are_compiled_when_they_are_newer(tmp_path):
    folder = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Case"\nmsgstr "案件"\n'
    )

    assert messages.compile_stale(tmp_path) == 1
    assert messages.compile_stale(tmp_path) == 0

    import gettext

    with (folder / "django.mo").open("rb") as built:
        assert gettext.GNUTranslations(built).gettext("Case") == "案件"


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_fresh_clone_becomes_ready_by_one_command(tmp_path):
    clone = tmp_path / "clone"
    copied = subprocess.run(["git", "clone", "-q", ROOT, clone], capture_output=True, check=False)
    if copied.returncode:
        pytest.skip("this tree is no repository")
    env = plain_environment()
    import os

    env |= {
        name: os.environ[name] for name in os.environ if name.startswith(("PIP_", "UV_", "SSL_", "HTTPS_"))
    }
    system = next(
        (path for path in ("/usr/bin/python3", sys.executable) if Path(path).exists()), sys.executable
    )

    done = subprocess.run(
        [system, "-m", "runner", "do", "python", "-c", "import django, celery, pytest; print('ready')"],
        cwd=clone,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == "ready\n"
