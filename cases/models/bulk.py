"""One act for many cases: what was chosen, what is to be done, and what became of each."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from cases.models.case import Case
from clients.models import Client, User
from clients.references import new_reference


def run_reference() -> str:
    return new_reference("B")


class BulkRun(models.Model):
    """An act of one person; it changes nothing until it is confirmed, and then case by case."""

    reference = models.CharField(max_length=24, unique=True, default=run_reference, editable=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=24)
    data = models.JSONField(default=dict)  # what all of them are told: a day, a note, a manager
    query = models.JSONField(default=dict)  # the list it was chosen from, to lead back there
    made_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"],
                name="bulk_to_run",
                condition=models.Q(confirmed_at__isnull=False, finished_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.reference


class RowState(models.TextChoices):
    """What became of one case of a run."""

    PLANNED = "planned", pgettext_lazy("bulk", "to be done")
    DONE = "done", pgettext_lazy("bulk", "done")
    REFUSED = "refused", pgettext_lazy("bulk", "not done")


class BulkRow(models.Model):
    """One case of a run."""

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="rows")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=RowState, default=RowState.PLANNED)
    said = models.CharField(max_length=500, blank=True)  # why not, in the words of who asked

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "case"], name="bulk_row_once_a_case")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.case_id}"
