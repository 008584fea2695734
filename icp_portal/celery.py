"""The bell and the clock: tasks take ids, open their own sight, and may run twice."""

import os

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icp_portal.settings")

app = Celery("icp_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["clients", "cases", "documents", "notifications"])
app.conf.beat_schedule = {
    # Beat is the guarantee behind every bell: a lost one costs a minute, never a message.
    "relay-events": {"task": "notifications.relay_events", "schedule": 60.0, "options": {"expires": 55}},
    "deliver-due": {"task": "notifications.deliver_due", "schedule": 60.0, "options": {"expires": 55}},
    "sweep-deadlines": {
        "task": "notifications.sweep_deadlines",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "check-waiting": {"task": "documents.check_waiting", "schedule": 60.0, "options": {"expires": 55}},
    "sweep-uploads": {"task": "documents.sweep_uploads", "schedule": 900.0, "options": {"expires": 600}},
    "make-waiting": {"task": "documents.make_waiting", "schedule": 60.0, "options": {"expires": 55}},
    "sweep-handouts": {"task": "documents.sweep_handouts", "schedule": 300.0, "options": {"expires": 240}},
    "heartbeat": {"task": "clients.heartbeat", "schedule": 30.0, "options": {"expires": 25}},
}


@worker_ready.connect
def say_so(sender, **_):
    """The first beat comes half a minute after a start; who asks for our health need not wait for it."""
    sender.app.send_task("clients.heartbeat", expires=25)
