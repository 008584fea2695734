"""Clocks as rows: what runs, since when, until when, and how it ended."""

from django.db import models
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from cases.models.case import Case, WaitingOn
from clients.models import Client


class DeadlineState(models.TextChoices):
    RUNNING = "running", pgettext_lazy("deadline", "running")
    PAUSED = "paused", pgettext_lazy("deadline", "paused")
    MET = "met", pgettext_lazy("deadline", "met")
    MISSED = "missed", pgettext_lazy("deadline", "missed")
    STOPPED = "stopped", pgettext_lazy("deadline", "stopped")


class Deadline(models.Model):
    """One clock of one case. `remind_at` is when the sweep looks at it next."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="deadlines")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=32)
    waiting_on = models.CharField(max_length=24, choices=WaitingOn)
    amount = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=8)  # hours, calendar, working
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    is_provisional = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=DeadlineState, default=DeadlineState.RUNNING)
    paused_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    remind_at = models.DateTimeField(null=True, blank=True)
    reminded = models.PositiveSmallIntegerField(default=0)  # how many steps of its reminders are behind

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "kind"],
                condition=models.Q(state__in=["running", "paused"]),
                name="deadline_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["running", "paused"], ended_at__isnull=True)
                | (~models.Q(state__in=["running", "paused"]) & models.Q(ended_at__isnull=False)),
                name="deadline_ended_both_or_neither",
            ),
        ]
        indexes = [
            # The sweep's cost follows what is due, not what exists.
            models.Index(
                fields=["remind_at", "id"],
                name="deadline_to_remind",
                condition=models.Q(state="running", remind_at__isnull=False),
            ),
            models.Index(
                fields=["due_at", "id"], name="deadline_running", condition=models.Q(state="running")
            ),
            # Of the duties that wait on nobody, the first that are due, without a walk past all other clocks.
            models.Index(
                fields=["due_at"],
                include=["case"],
                name="deadline_footers",
                condition=models.Q(state="running", kind__in=["footer", "psb_footer"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} until {self.due_at:%Y-%m-%d %H:%M}"
