"""The rules as rows: each act of editing is an edition, and no row is ever changed or taken away."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.models import User


class Origin(models.TextChoices):
    SHIPPED = "shipped", pgettext_lazy("origin of a rule", "shipped with the portal")
    AGENCY = "agency", pgettext_lazy("origin of a rule", "edited by the agency")


class Edition(models.Model):
    """Rows written together: by whom, why, and whether they reach cases that began before.

    Its number comes from a sequence, so that none is given twice, not even after a rollback.
    """

    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(default=timezone.now)
    note = models.TextField(_("why"), blank=True)
    reaches_running = models.BooleanField(_("also for running cases"), default=False)

    class Meta:
        indexes = [
            models.Index(fields=["-id"], name="edition_reaching", condition=models.Q(reaches_running=True))
        ]

    def __str__(self) -> str:
        return f"{self.pk} of {self.at:%Y-%m-%d}"


class Rule(models.Model):
    """One version of one row of one table of the trade; the newest of its kind, code and term counts."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="rules")
    kind = models.CharField(max_length=40)  # the chapter: provinces.province
    code = models.CharField(max_length=48)
    term = models.CharField(max_length=10)  # the first day it was written for; tells a code's terms apart
    body = models.JSONField(default=dict)  # the columns of its dataclass
    source = models.TextField()
    valid_from = models.DateField()
    valid_to = models.DateField()
    checked_on = models.DateField()
    origin = models.CharField(max_length=8, choices=Origin)
    is_withdrawn = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "code", "term", "edition"], name="rule_once_an_edition"),
            models.CheckConstraint(
                condition=models.Q(valid_to__gte=models.F("valid_from")), name="rule_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["kind", "code", "term", "-edition"], name="rule_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.code} {self.term}"
