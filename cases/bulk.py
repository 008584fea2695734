"""What can be done with many cases at once: the acts, and what each asks for, said once for all of them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from cases import words

# Moves that need no more than what all of them share; a number is one case's own.
MOVES = ("submit", "pass_pre_audit", "finish_photo", "hold", "resume")
ASSIGN, REMIND, TELL, SNOOZE, WAKE = "assign", "remind", "tell", "snooze", "wake"
HAND_OVER = "hand_over"  # not chosen on the list, but on a person's page
LABELS = {
    ASSIGN: gettext_lazy("Assign a manager"),
    REMIND: gettext_lazy("Remind the client"),
    TELL: gettext_lazy("Write to the client"),
    SNOOZE: gettext_lazy("Let reminders rest"),
    WAKE: gettext_lazy("Let reminders go on"),
    HAND_OVER: gettext_lazy("Hand over all cases"),
    "hold": gettext_lazy("Put on hold"),
    "resume": gettext_lazy("Resume"),
}
ACTS = (ASSIGN, REMIND, TELL, SNOOZE, WAKE, "hold", "resume", "submit", "pass_pre_audit", "finish_photo")
ASKED: dict[str, tuple[str, ...]] = {
    ASSIGN: ("account_manager",),
    TELL: ("text",),
    SNOOZE: ("rest_until",),
    "hold": ("until", "note"),
    "finish_photo": ("photo_way", "done_on"),
}


def label_of(act: str) -> str:
    return str(LABELS[act]) if act in LABELS else str(words.move_label(act))
