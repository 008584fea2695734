"""Other systems of the agency: where they listen, and what was or will be told to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from cases.models import Case
from clients.models import Client, User
from clients.references import new_reference
from clients.sealing import seal, unseal

STALE = timedelta(minutes=5)  # a claim of which nothing was heard for so long is anybody's again


def hook_reference() -> str:
    return new_reference("W")


def delivery_reference() -> str:
    return new_reference("WD", 16)


class Hook(models.Model):
    """One address and what it is told of. Its secret is shown once and lies sealed."""

    reference = models.CharField(max_length=24, unique=True, default=hook_reference, editable=False)
    name = models.CharField(_("name"), max_length=80)
    url = models.CharField(_("address"), max_length=500)
    events = ArrayField(models.CharField(max_length=40), default=list)
    secret_sealed = models.BinaryField()
    # Signs beside the new one until then, so that the other side can change over in its own time.
    older_sealed = models.BinaryField(null=True)
    older_until = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    is_paused = models.BooleanField(default=False)
    disabled_at = models.DateTimeField(
        null=True, blank=True
    )  # by the portal, for nobody took anything for days
    failing_since = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/settings/hooks/{self.reference}/"

    @property
    def is_held(self) -> bool:
        """Nothing goes out; what happens meanwhile waits."""
        return self.is_paused or self.disabled_at is not None

    def box(self, secret: str) -> bytes:
        return seal(secret, row=f"hook:{self.reference}")

    def secrets(self, now: datetime) -> list[str]:
        """Those that sign today, the newest first."""
        boxes = [self.secret_sealed]
        if self.older_sealed is not None and self.older_until and now < self.older_until:
            boxes.append(self.older_sealed)
        return [unseal(box, row=f"hook:{self.reference}") for box in boxes]


class State(models.TextChoices):
    """How far a delivery has come."""

    PLANNED = "planned", pgettext_lazy("delivery", "waiting")
    CLAIMED = "claimed", pgettext_lazy("delivery", "being sent")
    SENT = "sent", pgettext_lazy("delivery", "sent")
    FAILED = "failed", pgettext_lazy("delivery", "not sent")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> Self:
        """To be sent now: planned and their time has come, or claimed by somebody who is never heard of again."""
        free = models.Q(state=State.PLANNED, next_try_at__lte=now)
        return self.filter(free | models.Q(state=State.CLAIMED, claimed_at__lt=now - STALE))

    def claimed_as(self, one: Delivery) -> Self:
        """That row, while the claim with which it was read still stands."""
        return self.filter(pk=one.pk, state=State.CLAIMED, claimed_at=one.claimed_at)


class Delivery(models.Model):
    """One thing told to one address. The reference is the message's id at the other side, the same at each try."""

    reference = models.CharField(max_length=24, unique=True, default=delivery_reference, editable=False)
    key = models.CharField(max_length=120, unique=True)  # makes twice once
    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="deliveries")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    event = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    happened_at = models.DateTimeField()

    state = models.CharField(max_length=8, choices=State, default=State.PLANNED)
    reason = models.CharField(max_length=16, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    planned_at = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True)
    # Made at the claim by a worker that has the keys, for the one that goes out has none.
    signatures = models.CharField(max_length=200, blank=True)
    handed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    objects = ScopedManager(_manager_class=models.Manager.from_queryset(DeliveryQuerySet), client="client")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(case__isnull=True) | models.Q(client__isnull=False),
                name="delivery_case_with_client",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=State.SENT) | models.Q(sent_at__isnull=False),
                name="delivery_sent_at",
            ),
        ]
        indexes = [
            # The sweep's cost follows what is due, not what exists.
            models.Index(
                fields=["next_try_at", "id"],
                name="delivery_due",
                condition=models.Q(state__in=[State.PLANNED, State.CLAIMED]),
            ),
            models.Index(fields=["hook", "-id"], name="delivery_of_hook"),
            models.Index(fields=["planned_at"], name="delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.reference}"

    @property
    def is_open(self) -> bool:
        return self.state in (State.PLANNED, State.CLAIMED)
