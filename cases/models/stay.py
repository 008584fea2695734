"""How long cases of this agency stay at each stop, learned from its own history each night."""

from django.db import models
from django.utils import timezone


class UsualStay(models.Model):
    """In working days: what half of the cases need, and after how many a case has gone quiet. No client is in it."""

    stage = models.CharField(max_length=24, unique=True)
    usual = models.PositiveSmallIntegerField()
    quiet_after = models.PositiveSmallIntegerField()
    stays = models.PositiveIntegerField()
    learned_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.stage}: {self.usual}"
