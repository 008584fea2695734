"""How long cases stay at each stop: every stay that is over, and what is usual by them."""

from django.db import models
from django.utils import timezone
from django_scopes import ScopedManager

from cases.models.case import Case
from clients.models import Client


class Stay(models.Model):
    """From the move to a stop until the next one, read off the history some minutes later (`services/learning.py`)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="stays")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=24)
    left_for = models.CharField(max_length=24)
    move = models.CharField(max_length=32)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField()
    working_days = models.PositiveSmallIntegerField()
    was_held = models.BooleanField()
    begun_by = models.BigIntegerField()  # the events at its two ends
    ended_by = models.BigIntegerField(unique=True)

    objects = ScopedManager(client="client")

    class Meta:
        indexes = [
            models.Index(
                fields=["left_at"], include=["case", "stage", "working_days", "was_held"], name="stay_left"
            ),
            models.Index(fields=["begun_by"], name="stay_after_return", condition=models.Q(stage="draft")),
        ]

    def __str__(self) -> str:
        return f"{self.stage} until {self.left_at:%Y-%m-%d}"


class UsualStay(models.Model):
    """What cases of this agency needed from a stop to a later one, in working days. No client is in it.

    `reached` empty: until they left it, whichever way. Provider and province empty: with all of them.
    """

    stage = models.CharField(max_length=24)
    reached = models.CharField(max_length=24, blank=True, db_default="")
    provider = models.CharField(max_length=16, blank=True, db_default="")
    province = models.CharField(max_length=2, blank=True, db_default="")
    # One in ten needs no more than `low`, half `usual`, four in five `quiet_after`, nine in ten `high`.
    low = models.PositiveSmallIntegerField(db_default=0)
    usual = models.PositiveSmallIntegerField()
    quiet_after = models.PositiveSmallIntegerField()
    high = models.PositiveSmallIntegerField(db_default=0)
    stays = models.PositiveIntegerField()
    learned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "reached", "provider", "province"], name="usual_stay_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage}: {self.usual}"
