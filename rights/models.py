"""A copy of what is a person's own, for that person alone; and its erasure, with what stays of it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from cases.models import Case, Part
from clients.models import Client, User
from clients.references import new_reference
from documents.models import FetchedByAsker


def copy_reference() -> str:
    return new_reference("OC")


def erasure_reference() -> str:
    return new_reference("ER")


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


class ErasureState(models.TextChoices):
    """How far an asking has come. The database knows these steps and no others."""

    ASKED = "asked", pgettext_lazy("erasure", "waits for the answer")
    TAKEN_BACK = "taken_back", pgettext_lazy("erasure", "taken back")
    REFUSED = "refused", pgettext_lazy("erasure", "refused")
    GRANTED = "granted", pgettext_lazy("erasure", "granted")
    BLANKED = "blanked", pgettext_lazy("erasure", "erased, the receipt goes out")
    ERASED = "erased", pgettext_lazy("erasure", "erased")


STANDING = (ErasureState.ASKED, ErasureState.GRANTED, ErasureState.BLANKED)
DECIDED = (ErasureState.GRANTED, ErasureState.BLANKED, ErasureState.ERASED)


class Erasure(models.Model):
    """A person asks that what is theirs goes. Once it is carried out the row names nobody: it is the agency's proof."""

    reference = models.CharField(max_length=24, unique=True, default=erasure_reference, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=ErasureState, default=ErasureState.ASKED)
    asked_at = models.DateTimeField(default=timezone.now)
    answer_by = models.DateField()
    taken_back_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    reason = models.TextField(blank=True)  # of a refusal; of what is granted the rules say what stays
    blanked_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)  # the address went too
    record = models.JSONField(default=dict, blank=True)  # what went, counted; whose it was stands nowhere
    replayed_at = models.DateTimeField(null=True, blank=True)  # again, after an older copy was restored

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state__in=STANDING), name="erasure_once_at_a_time"
            ),
            models.CheckConstraint(condition=Q(state__in=ErasureState.values), name="erasure_state_known"),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="erasure_decided_both_or_neither",
            ),
            models.CheckConstraint(
                condition=~Q(state=ErasureState.REFUSED) | ~Q(reason=""), name="erasure_refused_says_why"
            ),
        ]
        indexes = [
            models.Index(
                fields=["answer_by", "id"], name="erasure_standing", condition=Q(state__in=STANDING)
            ),
            models.Index(fields=["user", "-id"], name="erasure_of_person"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        return self.state == ErasureState.ASKED


class Remainder(models.Model):
    """What stays of an erased person in one filing, by which rule and until when; it goes by itself on its day."""

    class Kind(models.TextChoices):
        FACTS = "facts", pgettext_lazy("what stays", "facts")
        PAPERS = "papers", pgettext_lazy("what stays", "papers")

    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="remainders")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    of = models.CharField(max_length=8, choices=Part)
    kind = models.CharField(max_length=8, choices=Kind)
    rule = models.CharField(max_length=48)  # a code of `keeping.term`
    until = models.DateField(null=True, blank=True)  # None: the day is not known yet
    # By which the person is known again in the filing: another may have taken their place meanwhile.
    mark = models.CharField(max_length=64, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["erasure", "case", "of", "kind"], name="remainder_once")
        ]
        indexes = [
            models.Index(fields=["case"], name="remainder_there", condition=Q(gone_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.case_id}"
