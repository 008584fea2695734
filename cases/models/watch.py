"""What daily looks at a filed site have shown: the newest, what two of them agreed on, and when the next is."""

from __future__ import annotations

from django.db import models
from django_scopes import ScopedManager

from cases.models.case import Case
from clients.models import Client


class Watch(models.Model):
    """One filed site that is looked at. `next_look_at` is the promise, the queue only its bell.

    A finding is `ok` or the code of what is wrong with the foot of the page; `hint` is one that only one look has seen.
    That nobody could look says nothing of the foot: it is counted apart.
    """

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="watch")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    domain_name = models.CharField(max_length=253)
    is_off = models.BooleanField(default=False)
    off_note = models.TextField(blank=True)

    next_look_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)  # somebody wants to know now
    claimed_at = models.DateTimeField(null=True, blank=True)

    looked_at = models.DateTimeField(null=True, blank=True)
    seen = models.CharField(max_length=32, blank=True)  # by the newest look
    why = models.CharField(max_length=32, blank=True)  # it could not look

    finding = models.CharField(max_length=32, blank=True)
    finding_since = models.DateTimeField(null=True, blank=True)
    hint = models.CharField(max_length=32, blank=True)
    hint_at = models.DateTimeField(null=True, blank=True)

    reached_at = models.DateTimeField(null=True, blank=True)
    away_since = models.DateTimeField(null=True, blank=True)
    is_away = models.BooleanField(default=False)  # and somebody was told

    certificate_until = models.DateField(null=True, blank=True)  # as the newest look by https has seen it

    objects = ScopedManager(client="client")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_off=False, off_note="")
                | (models.Q(is_off=True, next_look_at__isnull=True) & ~models.Q(off_note="")),
                name="watch_off_says_why",
            ),
            models.CheckConstraint(
                condition=models.Q(finding="", finding_since__isnull=True)
                | (~models.Q(finding="") & models.Q(finding_since__isnull=False)),
                name="watch_finding_since",
            ),
            models.CheckConstraint(
                condition=models.Q(is_away=False) | models.Q(away_since__isnull=False),
                name="watch_away_since",
            ),
        ]
        indexes = [
            # The plan's cost follows what is due, not what exists.
            models.Index(
                fields=["next_look_at", "id"],
                name="watch_due",
                condition=models.Q(next_look_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.domain_name
