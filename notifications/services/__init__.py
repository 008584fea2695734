"""Promise, send, remind, send again."""

from notifications.services.delivering import deliver, deliver_due
from notifications.services.digesting import plan_digests
from notifications.services.outages import open_outages, watch_channels
from notifications.services.planning import Occasion, plan
from notifications.services.reading import mark_read, switch_reminders
from notifications.services.relaying import relay_events
from notifications.services.reminding import sweep_deadlines
from notifications.services.resending import send_again
from notifications.services.robots import add_robot, end_robot, try_robot
from notifications.services.tracking import hear_of_mail
from notifications.services.warning import warn_of_destroying

__all__ = [
    "Occasion",
    "add_robot",
    "deliver",
    "deliver_due",
    "end_robot",
    "hear_of_mail",
    "mark_read",
    "open_outages",
    "plan",
    "plan_digests",
    "relay_events",
    "send_again",
    "sweep_deadlines",
    "switch_reminders",
    "try_robot",
    "warn_of_destroying",
    "watch_channels",
]
