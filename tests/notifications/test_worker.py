"""A real worker, a real broker, a real mail server; and SIGKILL in the middle of a mail."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.utils import timezone

from cases.services import phones, progress
from clients import sight
from clients.services.invitations import make_client
from notifications import services
from runner.parts import die_with_parent
from tests import servers as parts
from tests.notifications import servers
from tests.notifications.cast import rows

pytestmark = pytest.mark.django_db(transaction=True)


@contextlib.contextmanager
def worker(**environment: str):
    """A celery worker of our own on this test's database and broker."""
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "icp_portal", "worker", "-Q", "celery,messages",
         "-c", "1", "--without-mingle", "--without-gossip", "-l", "WARNING"],
        cwd=configured.BASE_DIR,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def wait_for(fact, patience: float = 60):
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if found := fact():
            return found
        time.sleep(0.1)
    pytest.fail("nothing happened in time")
    return None


def test_from_the_commit_to_the_mailbox_by_the_bell_alone(case, mei, ada):
    """An invitation and a code by SMS, caught by the mail catcher that `make run` has too."""
    parts.want("mail")
    folder = Path(os.environ["TEST_FOLDER"]) / "mail"
    before = set(folder.glob("*.eml"))
    with worker():
        with sight.every_client():
            make_client(name="Willow Tea", contact={"name": "Cy", "email": "cy@tea.example"}, by=mei)
        with sight.every_client():
            phones.ask_code(case, "head", by=ada)

        def come() -> list[str]:
            found = [path.read_text() for path in set(folder.glob("*.eml")) - before]
            return found if len(found) >= 2 else []

        texts = wait_for(come)
    assert any("X-Envelope-To: cy@tea.example" in one for one in texts)
    assert any("X-Envelope-To: 13800000001@sms.invalid" in one for one in texts)


@pytest.mark.long
def test_sigkill_in_the_middle_of_a_mail(case, mei, ada, settings):
    with sight.every_client():
        for number in range(3):
            progress.write_note(case, f"Note {number}", by=mei, audience="client")
    services.relay_events()
    with servers.smtp(settings, pause=30) as slow:
        here = f"smtp://127.0.0.1:{settings.EMAIL_PORT}"
        with worker(EMAIL_URL=here) as process:
            from notifications.tasks import deliver_due

            deliver_due.delay()
            wait_for(lambda: slow.taken)
            os.killpg(process.pid, signal.SIGKILL)
    states = [row.state for row in rows(channel="mail")]
    assert sorted(states) == ["claimed", "planned", "planned"]

    with servers.smtp(settings) as good:
        services.deliver_due()
        assert len(good.taken) == 2  # the one that was cut off may still be under way
        services.deliver_due(now=timezone.now() + timedelta(minutes=6))
    assert [row.state for row in rows(channel="mail")] == ["sent"] * 3
    assert len(good.taken) == 3
    assert len(slow.taken) == 1  # taken or not, at most one double, and one can see that it is one
