"""What came by mail: who is said to have written it, what became of it, and the files that came along, unopened."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from cases.models import Case
from clients.models import Client, User
from clients.references import new_reference
from clients.sealing import seal, unseal
from documents.models import Document


def letter_reference() -> str:
    return new_reference("LT")


def file_reference() -> str:
    return new_reference("LF")


class State(models.TextChoices):
    """What became of a letter."""

    UNSORTED = "unsorted", pgettext_lazy("letter", "to be sorted")
    FILED = "filed", pgettext_lazy("letter", "filed")
    DISCARDED = "discarded", pgettext_lazy("letter", "discarded")


class Letter(models.Model):
    """One letter. Its words lie sealed: a stranger may have written anything. `why` says what was not proven of it."""

    reference = models.CharField(max_length=24, unique=True, default=letter_reference, editable=False)
    key = models.CharField(max_length=64, unique=True)  # makes twice once
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    sender = models.CharField(max_length=254, blank=True)  # as the letter says
    sealed = models.BinaryField()  # subject and text
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=12, choices=State, default=State.UNSORTED)
    why = models.CharField(max_length=16, blank=True)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["client", "id"], name="letter_of_its_client"),
            models.CheckConstraint(
                condition=Q(case__isnull=True) | Q(client__isnull=False), name="letter_case_with_client"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.FILED) | Q(case__isnull=False), name="letter_filed_in_a_case"
            ),
        ]
        indexes = [
            models.Index(fields=["-id"], name="letter_unsorted", condition=Q(state=State.UNSORTED)),
            models.Index(fields=["at"], name="letter_age"),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return f"/letters/{self.reference}/"

    def write(self, subject: str, text: str) -> None:
        self.sealed = seal(f"{subject}\n{text}", row=f"letter:{self.reference}")

    @property
    def words(self) -> tuple[str, str]:
        """Subject and text."""
        subject, _line, text = unseal(self.sealed, row=f"letter:{self.reference}").partition("\n")
        return subject, text


class LetterFile(models.Model):
    """A file that came along. It lies in quarantine, opened by nobody, until staff say which paper it is."""

    reference = models.CharField(max_length=24, unique=True, default=file_reference, editable=False)
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="files")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    key = models.CharField(max_length=80, unique=True)
    filename = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    content_type = models.CharField(max_length=80)
    document = models.ForeignKey(Document, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    is_settled = models.BooleanField(default=False)
    dropped_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["letter"], name="letter_file_waits", condition=Q(is_settled=False)),
        ]

    def __str__(self) -> str:
        return self.reference
