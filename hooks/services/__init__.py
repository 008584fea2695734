"""Addresses kept, deliveries promised and sent."""

from hooks.services.delivering import claim_due, is_anything_due, send, sweep
from hooks.services.keeping import (
    change_hook,
    hold_hook,
    make_hook,
    remove_hook,
    renew_secret,
    resume_hook,
    send_again,
    send_test,
)
from hooks.services.promising import promise, promise_events, promise_missed_deadlines

__all__ = [
    "change_hook",
    "claim_due",
    "hold_hook",
    "is_anything_due",
    "make_hook",
    "promise",
    "promise_events",
    "promise_missed_deadlines",
    "remove_hook",
    "renew_secret",
    "resume_hook",
    "send",
    "send_again",
    "send_test",
    "sweep",
]
