"""A spreadsheet that brings in clients and cases: the file, how its columns are read, and what becomes of each row."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from cases.models.case import Case
from clients.models import Client, User
from clients.references import new_reference


def incoming_reference() -> str:
    return new_reference("S")


class Phase(models.TextChoices):
    """How far a spreadsheet has come. In four of them a worker is at it."""

    WAITING = "waiting", pgettext_lazy("import", "no file yet")
    READING = "reading", pgettext_lazy("import", "being read")
    REFUSED = "refused", pgettext_lazy("import", "not readable")
    JUDGING = "judging", pgettext_lazy("import", "being looked through")
    JUDGED = "judged", pgettext_lazy("import", "looked through")
    COMING = "coming", pgettext_lazy("import", "coming in")
    IN = "in", pgettext_lazy("import", "brought in")
    GOING = "going", pgettext_lazy("import", "being taken back")
    BACK = "back", pgettext_lazy("import", "taken back")


AT_WORK = (Phase.READING, Phase.JUDGING, Phase.COMING, Phase.GOING)


class Incoming(models.Model):
    """One spreadsheet of one manager; nothing of it is a client or a case until it is confirmed."""

    reference = models.CharField(max_length=24, unique=True, default=incoming_reference, editable=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    phase = models.CharField(max_length=8, choices=Phase, default=Phase.WAITING)
    key = models.CharField(max_length=80)  # where it lies until it is read
    problem = models.CharField(max_length=32, blank=True)  # why it could not be read
    sheet = models.CharField(max_length=80, blank=True)  # which one of a book with several
    sheets_left = models.PositiveSmallIntegerField(default=0)  # others, that were not read
    heading_row = models.PositiveIntegerField(default=0)
    headings = ArrayField(models.CharField(max_length=500), default=list)
    columns = models.JSONField(
        default=list
    )  # what each column is, in the order of the headings; empty: left out
    invites = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], name="incoming_at_work", condition=models.Q(phase__in=[*AT_WORK]))
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_at_work(self) -> bool:
        return self.phase in AT_WORK


class Verdict(models.TextChoices):
    """What will or did become of one row."""

    UNREAD = "unread", pgettext_lazy("row of an import", "not looked at")
    NEW = "new", pgettext_lazy("row of an import", "will come in")
    KNOWN = "known", pgettext_lazy("row of an import", "here already")
    WRONG = "wrong", pgettext_lazy("row of an import", "cannot come in")
    IN = "in", pgettext_lazy("row of an import", "came in")
    BACK = "back", pgettext_lazy("row of an import", "taken back")
    KEPT = "kept", pgettext_lazy("row of an import", "stays")


class IncomingRow(models.Model):
    """One row, as it stood in the sheet. Its client and case are there once it came in."""

    incoming = models.ForeignKey(Incoming, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()  # as the spreadsheet counts
    cells = ArrayField(models.TextField(), default=list)
    verdict = models.CharField(max_length=8, choices=Verdict, default=Verdict.UNREAD)
    said = models.CharField(max_length=500, blank=True)  # in the words of whoever brings it in
    wrong = models.JSONField(default=list)  # [[place of the column or null, sentence] …]
    makes_client = models.BooleanField(default=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+", null=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", null=True)
    last_event = models.BigIntegerField(default=0)  # of the case, when it had come in

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["incoming", "number"], name="incoming_row_once"),
            models.UniqueConstraint(
                fields=["case"], name="incoming_case_once", condition=models.Q(case__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["incoming", "verdict", "id"], name="incoming_row_by_verdict")]

    def __str__(self) -> str:
        return f"{self.incoming_id}: {self.number}"
