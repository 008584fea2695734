"""The history of a case: append-only, what the client reads and what notifications empty."""

from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from cases.models.case import Case
from clients.models import Client, User
from clients.references import new_reference


def event_reference() -> str:
    return new_reference("E", 14)


class Audience(models.TextChoices):
    INTERNAL = "internal", pgettext_lazy("audience", "Only the agency")
    CLIENT = "client", pgettext_lazy("audience", "Agency and client")


class CaseEvent(models.Model):
    """Something that happened to a case. Numbers are masked before they come here: history is never cleaned."""

    reference = models.CharField(max_length=24, default=event_reference, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    move = models.CharField(max_length=32, blank=True)
    from_stage = models.CharField(max_length=24, blank=True)
    to_stage = models.CharField(max_length=24, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    source = models.CharField(max_length=8, default="task")
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.CLIENT)
    note = models.TextField(blank=True)
    reasons = models.JSONField(default=list, blank=True)
    data = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=timezone.now)
    relayed_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["id"], name="event_to_relay", condition=models.Q(relayed_at__isnull=True)),
            models.Index(fields=["case", "id"], name="event_of_case"),
            models.Index(fields=["client", "kind", "id"], name="event_of_client"),
            # Few among all: what came back, and who judged papers.
            models.Index(
                fields=["at"],
                name="event_returned",
                condition=models.Q(move__in=["return_for_changes", "reject"]),
            ),
            models.Index(
                fields=["at"],
                include=["by"],
                name="event_judged",
                condition=models.Q(kind__in=["paper.accepted", "paper.returned"]),
            ),
        ]

    def __str__(self) -> str:
        return self.move or self.kind
