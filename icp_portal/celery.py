"""The bell and the clock: tasks take ids, open their own sight, and may run twice."""

import os

from celery import Celery, Task
from celery.schedules import crontab
from celery.signals import beat_init, before_task_publish, worker_ready
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icp_portal.settings")


class RuledTask(Task):
    """A task looks up its rules in today's book; what it does to a case turns to what was promised to that case."""

    def __call__(self, *args, **kwargs):
        from rulebook.queries import todays_page
        from trade import book

        with book.using(todays_page):
            return super().__call__(*args, **kwargs)


app = Celery("icp_portal", task_cls=RuledTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    ["clients", "rulebook", "cases", "documents", "hooks", "letterbox", "notifications", "rights"]
)
app.conf.beat_schedule = {
    # Beat is the guarantee behind every bell: a lost one costs a minute, never a message.
    "relay-events": {"task": "notifications.relay_events", "schedule": 60.0, "options": {"expires": 55}},
    "deliver-due": {"task": "notifications.deliver_due", "schedule": 60.0, "options": {"expires": 55}},
    "sweep-deadlines": {
        "task": "notifications.sweep_deadlines",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "watch-channels": {"task": "notifications.watch_channels", "schedule": 60.0, "options": {"expires": 55}},
    "check-waiting": {"task": "documents.check_waiting", "schedule": 60.0, "options": {"expires": 55}},
    "compare-cases": {"task": "cases.compare", "schedule": 60.0, "options": {"expires": 55}},
    "do-waiting-runs": {"task": "cases.do_waiting_runs", "schedule": 60.0, "options": {"expires": 55}},
    "catch-up": {"task": "cases.catch_up", "schedule": 60.0, "options": {"expires": 55}},
    "plan-digests": {"task": "notifications.plan_digests", "schedule": 300.0, "options": {"expires": 250}},
    "keep-duties": {"task": "cases.keep_duties", "schedule": 300.0, "options": {"expires": 250}},
    "keep-stays": {"task": "cases.keep_stays", "schedule": 600.0, "options": {"expires": 550}},
    # At night in Beijing.
    "learn-usual-stays": {"task": "cases.learn_usual_stays", "schedule": crontab(hour="18", minute="30")},
    "refile-renamed": {"task": "cases.refile_renamed", "schedule": 60.0, "options": {"expires": 55}},
    "check-drafts": {"task": "cases.check_drafts", "schedule": 600.0, "options": {"expires": 550}},
    "weigh-promises": {"task": "cases.weigh_promises", "schedule": crontab(minute="7")},
    "sweep-uploads": {"task": "documents.sweep_uploads", "schedule": 900.0, "options": {"expires": 600}},
    "plan-looks": {"task": "cases.plan_looks", "schedule": 60.0, "options": {"expires": 55}},
    "make-waiting": {"task": "documents.make_waiting", "schedule": 60.0, "options": {"expires": 55}},
    "claim-hooks": {"task": "hooks.claim_due", "schedule": 60.0, "options": {"expires": 55}},
    "sweep-letters": {"task": "letterbox.sweep", "schedule": 900.0, "options": {"expires": 600}},
    "sweep-hooks": {"task": "hooks.sweep", "schedule": 3600.0, "options": {"expires": 3000}},
    "make-own-copies": {"task": "rights.make_waiting", "schedule": 60.0, "options": {"expires": 55}},
    "sweep-own-copies": {"task": "rights.sweep_copies", "schedule": 300.0, "options": {"expires": 240}},
    "destroy-due": {"task": "rights.destroy_due", "schedule": 600.0, "options": {"expires": 550}},
    "carry-out-erasures": {
        "task": "rights.carry_out_waiting",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "sweep-remainders": {"task": "rights.sweep_remainders", "schedule": 600.0, "options": {"expires": 550}},
    "warn-of-destroying": {
        "task": "notifications.warn_of_destroying",
        "schedule": 300.0,
        "options": {"expires": 250},
    },
    "sweep-handouts": {"task": "documents.sweep_handouts", "schedule": 300.0, "options": {"expires": 240}},
    # It waits its turn like all others, for that wait is what it tells.
    "heartbeat": {"task": "clients.heartbeat", "schedule": 30.0, "options": {"expires": 1800}},
    "heartbeat-messages": {
        "task": "clients.heartbeat_messages",
        "schedule": 60.0,
        "options": {"expires": 600},
    },
}


@worker_ready.connect
def say_so(sender, **_):
    """The first beat comes half a minute after a start; who asks for our health need not wait for it."""
    sender.app.send_task("clients.heartbeat", expires=25)
    sender.app.send_task("clients.heartbeat_messages", expires=25)
    if settings.WATCH:
        sender.app.send_task("clients.heartbeat_outside", expires=25)
    # An older copy of database or store may have been restored meanwhile.
    sender.app.send_task("rights.replay_destroyed", expires=600)


@beat_init.connect
def listen_to_beat(sender, **_):
    """In beat's own process, where each of its rings says that it lives."""
    before_task_publish.connect(_ring, sender="clients.heartbeat", weak=False)
    _ring()


def _ring(body=None, **_):
    from clients.tasks import ring

    try:
        rung_at = ring()
    except Exception:  # noqa: BLE001  the broker is away, and with it the place to say so
        return
    if body is not None:
        body[1]["rung_at"] = rung_at
