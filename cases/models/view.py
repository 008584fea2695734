"""Queries of the list that somebody comes back to, under a name of their own."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import User
from clients.references import new_reference

NAMING = (
    "client",
    "q",
)  # words of a query that name somebody; only who sees every client reads them of a colleague


def view_reference() -> str:
    return new_reference("V")


class SavedView(models.Model):
    """A name for filters, as the address has them: one person's own, or shown to colleagues too."""

    reference = models.CharField(max_length=24, unique=True, default=view_reference, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=40)
    query = models.JSONField(default=dict)
    is_shared = models.BooleanField(_("colleagues see it too"), default=False)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint("user", Lower("name"), name="view_once_a_name")]
        indexes = [
            models.Index(fields=["name"], name="view_shared", condition=models.Q(is_shared=True)),
        ]

    def __str__(self) -> str:
        return self.name
