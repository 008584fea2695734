"""What the pre-flight found in a case, and where cases of different clients collide."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from cases.models.case import Case
from clients.models import Client, User


class Severity(models.TextChoices):
    """Whether a finding keeps a case in draft."""

    BLOCKS = "blocks", pgettext_lazy("finding", "blocks")
    WARNS = "warns", pgettext_lazy("finding", "warns")


class Finding(models.Model):
    """One thing that is not right, from one run of the pre-flight to the next. What is right has no row."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="findings")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=48)
    place = models.CharField(max_length=60)  # path of a fact or object, or the reference of a paper
    severity = models.CharField(max_length=8, choices=Severity)
    detail = models.JSONField(default=list, blank=True)  # names that the sentence goes on with, never numbers
    about = models.CharField(
        max_length=64
    )  # keyed hash of the values looked at: a waiver is good for these alone
    found_at = models.DateTimeField(default=timezone.now)
    waived_at = models.DateTimeField(null=True, blank=True)
    waived_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    note = models.TextField(blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "code", "place"], name="finding_once_a_place"),
            models.CheckConstraint(
                condition=models.Q(severity__in=Severity.values), name="finding_severity_known"
            ),
            models.CheckConstraint(
                condition=models.Q(waived_at__isnull=True, waived_by__isnull=True, note="")
                | (
                    models.Q(severity="warns", waived_at__isnull=False, waived_by__isnull=False)
                    & ~models.Q(note="")
                ),
                name="finding_waived_with_a_note",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} at {self.place}"

    @property
    def blocks(self) -> bool:
        return self.severity == Severity.BLOCKS

    @property
    def is_waived(self) -> bool:
        return self.waived_at is not None


class Collision(models.Model):
    """The same applicant, person, number or domain in a case of another client.

    Only whoever sees every client may read this table; the database refuses everybody else.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=48)
    place = models.CharField(max_length=60)
    other = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    found_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "code", "place", "other"], name="collision_once_a_pair"),
            models.CheckConstraint(
                condition=~models.Q(case=models.F("other")), name="collision_of_two_cases"
            ),
        ]
        indexes = [models.Index(fields=["other"], name="collision_other")]

    def __str__(self) -> str:
        return f"{self.code} with {self.other_id}"
