"""The checklist: what a case still needs, and what a return opened again."""

from __future__ import annotations

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from cases.models.case import Case
from cases.promise import ByPromise
from clients.models import Client, User
from clients.references import requirement_reference
from trade.kinds import CONTENTS
from trade.papers import KINDS
from trade.reasons import REASONS

FACE = "face_verification"
TASK = "task"  # something to mend that is neither a field nor a paper, in words


class RequirementState(models.TextChoices):
    """What the client reads beside each paper."""

    TO_DO = "to_do", pgettext_lazy("requirement", "to do")
    SENT = "sent", pgettext_lazy("requirement", "sent, being checked")
    ACCEPTED = "accepted", pgettext_lazy("requirement", "accepted")
    REDO = "redo", pgettext_lazy("requirement", "please redo")
    WAIVED = "waived", pgettext_lazy("requirement", "not needed")


OPEN = (RequirementState.TO_DO, RequirementState.REDO)
DONE = (RequirementState.ACCEPTED, RequirementState.WAIVED)


class RequirementQuerySet(models.QuerySet["Requirement"]):
    def asked(self) -> Self:
        """Those the facts ask for today; dropped ones keep what was sent, out of sight."""
        return self.filter(dropped_at__isnull=True)


class AskedManager(models.Manager.from_queryset(RequirementQuerySet)):  # type: ignore[misc]
    def get_queryset(self):
        return super().get_queryset().filter(dropped_at__isnull=True)


class Requirement(ByPromise, models.Model):
    """One paper or task of a case's checklist. `of` says whose: subject, head, manager, domain, site, app."""

    reference = models.CharField(max_length=24, unique=True, default=requirement_reference, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="requirements")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    of = models.CharField(max_length=16)
    detail = models.CharField(
        max_length=40, blank=True
    )  # which approval, where a kind is asked more than once
    state = models.CharField(max_length=12, choices=RequirementState, default=RequirementState.TO_DO)
    place = models.PositiveSmallIntegerField(default=0)
    words = models.TextField(blank=True)  # of a task, or the note of the last return
    reasons = ArrayField(
        models.CharField(max_length=48), default=list, blank=True
    )  # codes of the last return
    document = models.CharField(max_length=24, blank=True)  # reference of the newest; documents/ tells us
    # Of a form that was printed and signed: the mark of the facts it was made from (`cases/printing.py`).
    facts_mark = models.CharField(max_length=12, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)

    # Related managers take this one: a case's requirements are those asked for today.
    objects = ScopedManager(_manager_class=AskedManager, client="client")
    everything = ScopedManager(
        _manager_class=models.Manager.from_queryset(RequirementQuerySet), client="client"
    )

    class Meta:
        ordering = ["place", "id"]
        indexes = [
            models.Index(
                fields=["changed_at", "id"],
                name="requirement_to_review",
                condition=models.Q(state="sent", dropped_at__isnull=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["client", "id"], name="requirement_of_its_client"),
            models.UniqueConstraint(
                fields=["case", "kind", "of", "detail"],
                condition=~models.Q(kind=TASK),
                name="requirement_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=RequirementState.values), name="requirement_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.of}"

    @property
    def why(self) -> str:
        """Why it is asked, in the reader's language; of a task in words, what mends it."""
        if self.kind == TASK:
            reason = REASONS.get(self.reasons[0]) if self.reasons else None
            return str(reason.fix) if reason else self.words
        if self.kind not in KINDS:
            return ""
        why, content = KINDS[self.kind].why, CONTENTS.get(self.detail)
        return str(why.fill(approval=content.approval) if content and content.approval else why)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_done(self) -> bool:
        return self.state in DONE

    @property
    def is_asked_in_draft(self) -> bool:
        """Open and to be done now; of the face check only one that failed, as the first is the photo stage's."""
        return self.is_open and (self.kind != FACE or self.state == RequirementState.REDO)

    @property
    def blocks_submit(self) -> bool:
        """The face check belongs to the photo stage; a task in words is the agency's to judge."""
        return self.kind not in (FACE, TASK) and not self.is_done


class Reopening(models.Model):
    """A fact that a return or rejection opened again, and why."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="reopenings")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=48)
    path = models.CharField(max_length=60)  # `domain`, or `head.mobile`
    note = models.TextField(blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["id"]

    def covers(self, path: str) -> bool:
        """True where `path` is the reopened fact or lies in the reopened object."""
        return path == self.path or path.startswith(self.path + ".")
