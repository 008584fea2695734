"""A copy of what is a person's own, for that person alone."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from clients.references import new_reference
from documents.models import FetchedByAsker


def copy_reference() -> str:
    return new_reference("OC")


class OwnCopy(FetchedByAsker):
    """All that the portal holds of whoever asked, as one archive."""

    reference = models.CharField(max_length=24, unique=True, default=copy_reference, editable=False)
    documents = ArrayField(
        models.CharField(max_length=24), default=list, blank=True
    )  # references of what is in it

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"], name="own_copy_to_make", condition=models.Q(made_at__isnull=True, problem="")
            ),
            models.Index(
                fields=["asked_at", "id"],
                name="own_copy_to_drop",
                condition=models.Q(dropped_at__isnull=True),
            ),
            models.Index(fields=["asked_by", "-id"], name="own_copy_of_person"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def key(self) -> str:
        return f"own/{self.token}"
