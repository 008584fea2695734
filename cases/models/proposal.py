"""What a client's person says was written to them about the result: a proposal with its text, which moves nothing."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from cases.models.case import Case
from clients.models import Client, User
from clients.references import new_reference


def proposal_reference() -> str:
    return new_reference("L")


class ProposalState(models.TextChoices):
    OPEN = "open", pgettext_lazy("proposal", "to be looked at")
    CONFIRMED = "confirmed", pgettext_lazy("proposal", "confirmed")
    DISMISSED = "dismissed", pgettext_lazy("proposal", "put aside")


class Proposal(models.Model):
    """A message that a client pasted. Staff confirm it by making the move it speaks of, or put it aside.

    Codes and numbers of people are taken out of `text` before; of a message with a code nothing is kept at all.
    """

    reference = models.CharField(max_length=24, unique=True, default=proposal_reference, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="proposals")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    meaning = models.CharField(max_length=16)
    text = models.TextField(blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=12, choices=ProposalState, default=ProposalState.OPEN)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="open", settled_at__isnull=True)
                | (models.Q(state__in=["confirmed", "dismissed"]) & models.Q(settled_at__isnull=False)),
                name="proposal_settled_or_open",
            ),
            models.CheckConstraint(
                condition=~models.Q(meaning="code") | models.Q(text=""), name="proposal_keeps_no_code"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="proposal_open", condition=models.Q(state="open")),
            models.Index(fields=["by", "at"], name="proposal_by"),
        ]

    def __str__(self) -> str:
        return f"{self.meaning} {self.reference}"

    def get_absolute_url(self) -> str:
        return f"/proposals/{self.reference}/"
