"""Papers: forms that were given out, files that came, their pages and consent, and what is handed out."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from cases.deadlines import beijing_day
from cases.models import Case, Requirement
from cases.promise import ByPromise
from clients.models import Client, User
from clients.references import new_reference
from clients.sealing import keyed_hash
from documents.workflow import NOT_KEPT, VIEWABLE, DocumentWorkflow, State
from trade.papers import IDENTITY_PAPERS

STALE = timedelta(minutes=5)
DEATHS = 3
# The sweep looks each five minutes, so an object is gone within the hour.
HANDOUT_LIFE = timedelta(minutes=50)


def upload_reference() -> str:
    return new_reference("U")


def document_reference() -> str:
    return new_reference("D")


def handout_reference() -> str:
    return new_reference("H")


def export_reference() -> str:
    return new_reference("X")


def release_reference() -> str:
    return new_reference("RL")


def hold_reference() -> str:
    return new_reference("L")


def handout_token() -> str:
    return secrets.token_hex(16)


class UploadQuerySet(models.QuerySet["Upload"]):
    def open(self, now: datetime) -> Self:
        """Forms that could still be posted and that nobody has called complete."""
        return self.filter(completed_at__isnull=True, swept_at__isnull=True, expires_at__gt=now)


class Upload(ByPromise, models.Model):
    """A form given to a browser: this many bytes of this type under this key, until it ends; or links for its parts."""

    reference = models.CharField(max_length=24, unique=True, default=upload_reference, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    requirement = models.ForeignKey(Requirement, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=80, unique=True)
    filename = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    # A page without a script cannot know the size beforehand; then `size` is the most that its form takes.
    is_exact = models.BooleanField(default=True)
    content_type = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    swept_at = models.DateTimeField(null=True, blank=True)
    # In parts: the store's name for the whole, and a keyed hash of the bytes that were announced, where it was told.
    parts_id = models.CharField(max_length=1024, blank=True)
    mark = models.CharField(max_length=64, blank=True)

    objects = ScopedManager(_manager_class=models.Manager.from_queryset(UploadQuerySet), client="client")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "id"], name="upload_of_its_client")]
        indexes = [
            models.Index(fields=["by", "-created_at"], name="upload_of_person"),
            models.Index(
                fields=["expires_at"], name="upload_to_sweep", condition=models.Q(swept_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_in_parts(self) -> bool:
        return bool(self.parts_id)

    def fits(self, size: int) -> bool:
        """Whether what came is of the size that was announced."""
        return size == self.size if self.is_exact else size <= self.size


class DocumentQuerySet(models.QuerySet["Document"]):
    def waiting(self, now: datetime) -> Self:
        """Those nobody is checking: never claimed, put back, or claimed by a worker that is gone."""
        return self.filter(state=State.CHECKING).filter(
            models.Q(claimed_at__isnull=True) | models.Q(claimed_at__lt=now - STALE)
        )

    def locked(self, document: Document) -> Document:
        """The row as it is now, held until the transaction ends."""
        return self.select_for_update(of=("self",)).get(pk=document.pk)

    def without_paper(self) -> Self:
        """Those whose check came to no paper: nothing of them is kept."""
        return self.filter(state__in=NOT_KEPT, copy_sha256="")

    def left_behind(self, now: datetime) -> Self:
        """Of these, those of which a worker that is gone may have left something in the store."""
        return self.without_paper().filter(writing_at__lt=now - STALE)

    def to_review(self) -> Self:
        """Those the agency has not judged yet, oldest first."""
        return self.filter(state=State.AVAILABLE).order_by("checked_at", "id")


class Document(ByPromise, DocumentWorkflow):
    """One version of one paper: what was sent, what was made of it, what was said about it."""

    reference = models.CharField(max_length=24, unique=True, default=document_reference, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="documents")
    requirement = models.ForeignKey(Requirement, on_delete=models.PROTECT, related_name="documents")
    # None where the paper was taken over from an earlier filing of the same client (`duplicate_of`): no file came.
    upload = models.OneToOneField(
        Upload, on_delete=models.PROTECT, related_name="document", null=True, blank=True
    )
    version = models.PositiveSmallIntegerField(_("version"))
    filename = models.CharField(_("file name"), max_length=120)
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)
    is_on_behalf = models.BooleanField(_("sent by the agency on the client's behalf"), default=False)
    is_consent_outstanding = models.BooleanField(_("consent outstanding"), default=False)

    # The check: whoever changes `claimed_at` owns it; `tries` counts the beginnings that had no end.
    claimed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    waits_for = models.CharField(max_length=16, blank=True)  # scanner or storage, where they keep it waiting
    checked_at = models.DateTimeField(null=True, blank=True)
    # Since when objects of it may lie in the store of which no row tells; None once one does, or none lies there.
    writing_at = models.DateTimeField(null=True, blank=True)

    # What came, and what was made of it. `token` names all of its objects: 128 random bits, made once, shared by the
    # papers of one client that are the same bytes taken over; the sealed original is bound to the first of them.
    token = models.CharField(max_length=32, editable=False)
    kind = models.CharField(max_length=40, blank=True)
    size = models.PositiveIntegerField(default=0)
    content_hash = models.CharField(
        max_length=64, blank=True
    )  # keyed: tells equal files of one client, and nothing else
    sealed_version = models.CharField(max_length=64, blank=True)
    copy_type = models.CharField(max_length=40, blank=True)
    copy_size = models.PositiveIntegerField(default=0)
    copy_sha256 = models.CharField(max_length=64, blank=True)
    copy_version = models.CharField(max_length=64, blank=True)
    copy_etag = models.CharField(max_length=80, blank=True)
    thumb_version = models.CharField(max_length=64, blank=True)
    thumb_size = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    notes = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    duplicate_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    # Two persons let it go on its day; from when on it is being destroyed, so that nobody opens it any more; and since
    # when nothing of it is left but this row.
    release = models.ForeignKey(
        "Release", on_delete=models.PROTECT, related_name="documents", null=True, blank=True
    )
    destroying_at = models.DateTimeField(null=True, blank=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)
    # Of whoever asked for it before its day, the reference of their erasure.
    erasure = models.CharField(max_length=24, blank=True, default="", db_default="", editable=False)

    # What stood on the checklist before it came, so that taking it back leaves that exactly as it was.
    before = models.JSONField(default=dict, blank=True)

    # What was said about it: `[{"code", "note"}]`.
    reasons = models.JSONField(default=list, blank=True)
    note = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(_manager_class=models.Manager.from_queryset(DocumentQuerySet), client="client")

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["client", "id"], name="document_of_its_client"),
            models.UniqueConstraint(fields=["requirement", "version"], name="document_version_once"),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="document_state_known"),
            models.CheckConstraint(
                condition=~models.Q(state__in=[State.AVAILABLE, State.ACCEPTED, State.RETURNED])
                | ~models.Q(copy_sha256=""),
                name="document_shown_has_copy",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at__isnull=True, decided_by__isnull=True)
                | models.Q(decided_at__isnull=False, decided_by__isnull=False),
                name="document_decided_both_or_neither",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="document_to_check", condition=models.Q(state=State.CHECKING)),
            models.Index(
                fields=["checked_at", "id"],
                name="document_to_review",
                condition=models.Q(state=State.AVAILABLE),
            ),
            models.Index(
                fields=["id"],
                name="document_to_destroy",
                condition=models.Q(state=State.WITHDRAWN) & ~models.Q(copy_sha256=""),
            ),
            models.Index(
                fields=["writing_at"],
                name="document_being_written",
                condition=models.Q(writing_at__isnull=False),
            ),
            models.Index(fields=["client", "content_hash"], name="document_same_bytes"),
            models.Index(fields=["client", "token"], name="document_same_objects"),
            models.Index(
                fields=["destroying_at"],
                name="document_being_destroyed",
                condition=models.Q(destroying_at__isnull=False, destroyed_at__isnull=True),
            ),
            models.Index(fields=["case", "-id"], name="document_of_case"),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return f"/documents/{self.reference}/"

    @property
    def is_viewable(self) -> bool:
        """Whether there is something to look at."""
        return self.state in VIEWABLE and bool(self.copy_sha256) and self.destroying_at is None

    @property
    def is_identity_paper(self) -> bool:
        return self.requirement.kind in IDENTITY_PAPERS

    @property
    def sealed_key(self) -> str:
        return f"{self.client.reference}/originals/{self.token}"

    @property
    def copy_key(self) -> str:
        return f"{self.client.reference}/copies/{self.token}"

    @property
    def pages_prefix(self) -> str:
        return f"{self.client.reference}/previews/{self.token}-"

    def preview_key(self, number: int) -> str:
        return f"{self.pages_prefix}{number}"

    @property
    def thumb_key(self) -> str:
        return f"{self.client.reference}/thumbs/{self.token}"

    def keys(self) -> list[str]:
        """Every object in storage that was made of it."""
        pages = [self.preview_key(page.number) for page in self.previews.all()]
        return [self.sealed_key, self.copy_key, self.thumb_key, *pages]

    @property
    def copy_filename(self) -> str:
        """The name the sender gave, with the ending of what it became."""
        stem = self.filename.rpartition(".")[0] or self.filename
        ending = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}.get(
            self.copy_type, ""
        )
        return stem[: 120 - len(ending)] + ending

    @property
    def certificate(self) -> str:
        """What its destruction is called, before and after: an older copy of the database knows it too."""
        return f"DC-{self.token[:12].upper()}"

    def deleted_on(self, kept_days: int) -> date | None:
        """The day an identity paper is destroyed (PIPL art. 47): so many days after the licence, or after the end of a
        filing that never had one; None before either."""
        if not self.is_identity_paper:
            return None
        return gone_on(self.case, kept_days)


def gone_on(case: Case, kept_days: int) -> date | None:
    """The day on which the identity papers of this filing go."""
    since = case.licensed_on or (beijing_day(case.moved_at) if case.is_ended else None)
    return since + timedelta(days=kept_days) if since else None


class Preview(models.Model):
    """A page as people look at it."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="previews")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    version = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="preview_once_a_page")]

    def __str__(self) -> str:
        return f"{self.document_id}, {self.number}"


class ReadingQuerySet(models.QuerySet["Reading"]):
    def owed(self) -> Self:
        """Those that have not come to an end."""
        return self.filter(read_at__isnull=True, problem="")

    def waiting(self, now: datetime) -> Self:
        """Of them those at which nobody is: never claimed, put back, or claimed by a worker that is gone."""
        return self.owed().filter(models.Q(claimed_at__isnull=True) | models.Q(claimed_at__lt=now - STALE))

    def under_way(self, now: datetime) -> Self:
        """Of them those that somebody is reading now."""
        return self.owed().filter(claimed_at__gte=now - STALE)

    def of(self, document: Document) -> Self:
        """That of the very objects of this paper."""
        return self.filter(client=document.client_id, token=document.token)


class Reading(models.Model):
    """What a machine saw on the pages of a paper, without a word of it (docs/decisions/0025): the row is the promise,
    what is left of it a hint. Papers of one client that are the same objects have one."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    token = models.CharField(max_length=32)
    paper = models.CharField(max_length=40)  # its kind
    asked_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    read_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=16, blank=True)  # why it is not read

    is_clear = models.BooleanField(null=True, blank=True)
    # Of a machine-readable zone that was found, whether its check digits fit.
    is_zone_right = models.BooleanField(null=True, blank=True)
    # Keyed hashes of the numbers found, of which a check digit bears out so many, the first ones.
    numbers = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    sure = models.PositiveSmallIntegerField(default=0)
    until = models.DateField(null=True, blank=True)
    is_without_end = models.BooleanField(default=False)

    objects = ScopedManager(_manager_class=models.Manager.from_queryset(ReadingQuerySet), client="client")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "token"], name="reading_once")]
        indexes = [
            models.Index(
                fields=["id"],
                name="reading_owed",
                condition=models.Q(read_at__isnull=True, problem=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client_id}, {self.token[:8]}"

    def mark_of(self, number_hash: str) -> str:
        """The hash by which a number is known again on this paper, and on no other: it is made of the facts' own."""
        return keyed_hash(number_hash, kind=f"printed:{self.token}")


class FetchedQuerySet(models.QuerySet):
    def waiting(self, now: datetime) -> Self:
        """Those nobody is making: never claimed, put back, or claimed by a worker that is gone."""
        return self.filter(made_at__isnull=True, problem="").filter(
            models.Q(claimed_at__isnull=True) | models.Q(claimed_at__lt=now - STALE)
        )

    def ids_waiting(self, now: datetime, limit: int = 200) -> list[int]:
        """The oldest of them first; bells may have been lost."""
        return list(self.waiting(now).order_by("id").values_list("pk", flat=True)[:limit])

    def claim(self, pk: int, now: datetime) -> bool:
        """Whether it is ours to make now."""
        won = self.waiting(now).filter(pk=pk)
        return bool(won.update(claimed_at=now, tries=models.F("tries") + 1))

    def claimed_as(self, one: Fetched) -> Self:
        """That row, while the claim with which it was read still stands."""
        return self.filter(pk=one.pk, made_at__isnull=True, claimed_at=one.claimed_at)

    def ended(self, now: datetime) -> Self:
        """Those whose time is over and whose object may still lie in storage."""
        end = now - HANDOUT_LIFE
        over = models.Q(made_at__lt=end) | (~models.Q(problem="") & models.Q(asked_at__lt=end))
        return self.filter(over, dropped_at__isnull=True)


class Fetched(models.Model):
    """Something the worker makes for somebody to fetch. The row is the promise; its object is gone within the hour."""

    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    token = models.CharField(max_length=32, default=handout_token, editable=False)
    made_at = models.DateTimeField(null=True, blank=True)
    size = models.PositiveIntegerField(default=0)
    version = models.CharField(max_length=64, blank=True)
    etag = models.CharField(max_length=80, blank=True)
    problem = models.CharField(max_length=32, blank=True)  # why it could not be made
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_making(self) -> bool:
        return self.made_at is None and not self.problem

    def is_there(self, now: datetime) -> bool:
        """Whether it can still be fetched."""
        return self.made_at is not None and self.dropped_at is None and self.made_at > now - HANDOUT_LIFE

    reference: Any  # each kind has its own letters

    @property
    def key(self) -> str:
        """Where its object lies."""
        raise NotImplementedError


class FetchedByAsker(Fetched):
    """For whoever asked alone, and not for them either once they see other rows than when it was made."""

    seen = models.CharField(max_length=64, blank=True)  # a mark of whose rows were in sight

    objects = models.Manager.from_queryset(FetchedQuerySet)()

    class Meta:
        abstract = True


class Handout(ByPromise, Fetched):
    """A form to be signed, or the pack for the provider."""

    reference = models.CharField(max_length=24, unique=True, default=handout_reference, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="handouts")
    # The paper a form is for; None for the pack.
    requirement = models.ForeignKey(
        Requirement, on_delete=models.PROTECT, related_name="handouts", null=True, blank=True
    )
    facts_mark = models.CharField(max_length=12, blank=True)  # what stands at the foot of the form
    documents = ArrayField(models.CharField(max_length=24), default=list, blank=True)  # references, of a pack
    detail = models.CharField(max_length=200, blank=True)  # of the problem

    objects = ScopedManager(_manager_class=models.Manager.from_queryset(FetchedQuerySet), client="client")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"],
                name="handout_to_make",
                condition=models.Q(made_at__isnull=True, problem=""),
            ),
            models.Index(
                fields=["asked_at", "id"],
                name="handout_to_drop",
                condition=models.Q(dropped_at__isnull=True),
            ),
            models.Index(fields=["case", "-id"], name="handout_of_case"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_pack(self) -> bool:
        return self.requirement_id is None

    @property
    def key(self) -> str:
        return f"{self.client.reference}/handouts/{self.token}"


class Export(FetchedByAsker):
    """A table of the list, for the program of whoever asked: exactly what they had in sight when it was made."""

    reference = models.CharField(max_length=24, unique=True, default=export_reference, editable=False)
    format = models.CharField(max_length=4, choices=[("csv", "CSV"), ("xlsx", "XLSX")])
    query = models.JSONField(default=dict)  # the filters, as the address had them
    rows = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"], name="export_to_make", condition=models.Q(made_at__isnull=True, problem="")
            ),
            models.Index(
                fields=["asked_at", "id"],
                name="export_to_drop",
                condition=models.Q(dropped_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def key(self) -> str:
        return f"exports/{self.token}"


class Consent(models.Model):
    """Somebody of a client agreed, apart from everything else, to hand in identity papers (PIPL art. 29); or took it
    back (art. 15). A history: the last word of each person counts, and none is ever changed."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="consents")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    is_given = models.BooleanField(default=True, db_default=True)
    text_version = models.CharField(max_length=16)
    text = models.TextField(blank=True, default="", db_default="")  # the very sentences that were agreed to
    language = models.CharField(max_length=10, default="en")
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager(client="client")

    class Meta:
        indexes = [models.Index(fields=["client", "by", "-id"], name="consent_last_word")]

    def __str__(self) -> str:
        return f"{self.client_id}, {self.text_version}"


class Release(models.Model):
    """Two persons of the agency looked at what of a client's is due, and let it go on its day."""

    reference = models.CharField(max_length=24, unique=True, default=release_reference, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    first_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    first_at = models.DateTimeField(default=timezone.now)
    second_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    second_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "id"], name="release_of_its_client"),
            models.UniqueConstraint(
                fields=["client"],
                condition=models.Q(second_by__isnull=True),
                name="release_open_once_a_client",
            ),
            models.CheckConstraint(
                condition=models.Q(second_by__isnull=True, second_at__isnull=True)
                | models.Q(second_by__isnull=False, second_at__isnull=False),
                name="release_second_both_or_neither",
            ),
            models.CheckConstraint(
                condition=models.Q(second_by__isnull=True) | ~models.Q(second_by=models.F("first_by")),
                name="release_by_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Hold(models.Model):
    """The law wants these papers kept (a dispute, an order of an authority); it wins over any day."""

    reference = models.CharField(max_length=24, unique=True, default=hold_reference, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_by__isnull=True, ended_at__isnull=True)
                | models.Q(ended_by__isnull=False, ended_at__isnull=False),
                name="hold_ended_both_or_neither",
            ),
        ]
        indexes = [
            models.Index(fields=["client"], name="hold_current", condition=models.Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.reference


class Destruction(models.Model):
    """The certificate: what of which objects is gone, who let it go, and that the bucket was listed empty.

    Written once. It names people by reference, not by key: a list outside the database brings it back after a restore.
    """

    reference = models.CharField(max_length=24, unique=True, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    token = models.CharField(max_length=32)
    documents = ArrayField(models.CharField(max_length=24))  # references of the papers that were these bytes
    objects_gone = (
        models.JSONField()
    )  # `[{"key", "sha256", "versions"}]`, none of which the bucket lists any more
    promised_on = models.DateField(null=True, blank=True)
    released = models.JSONField(
        default=list
    )  # `[{"person", "at"}]`, the first and the second; empty: the day alone
    # Of the erasure that its person asked for; empty where the day alone had come.
    erasure = models.CharField(max_length=24, blank=True, default="", db_default="")
    at = models.DateTimeField()
    replayed_at = models.DateTimeField(null=True, blank=True)  # again, after an older copy was restored

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["client", "token"], name="destruction_once"),
        ]

    def __str__(self) -> str:
        return self.reference
