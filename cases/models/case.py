"""The case itself: where it stands, whose move it is, what was granted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.urls import get_script_prefix
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from cases.promise import ByPromise
from cases.search import Windows
from cases.workflow import ENDED, MOVES, CaseWorkflow, Stage
from clients.models import Client, User
from clients.references import case_reference

if TYPE_CHECKING:
    from cases.models.commercial import Commercial
    from cases.models.deadline import Deadline
    from cases.models.facts import Person


class WaitingOn(models.TextChoices):
    """Whose move it is."""

    CLIENT = "client", pgettext_lazy("waiting on", "Client")
    AGENCY = "agency", pgettext_lazy("waiting on", "Agency")
    PROVIDER = "provider", pgettext_lazy("waiting on", "Provider")
    MIIT = "miit", pgettext_lazy("waiting on", "MIIT")
    PSB = "psb", pgettext_lazy("waiting on", "PSB")
    COMMERCIAL_AUTHORITY = "commercial_authority", pgettext_lazy("waiting on", "Commercial authority")
    NOBODY = "nobody", pgettext_lazy("waiting on", "Nobody")


def _parts(name: Any) -> ArrayField:
    """Which of subject, service and access a change or a cancellation is about."""
    none = models.Value([], ArrayField(models.CharField(max_length=8)))
    return ArrayField(
        models.CharField(max_length=8), verbose_name=name, default=list, db_default=none, blank=True
    )


def _listed(name: str, *fields: str, include: Sequence[str] = ()) -> models.Index:
    """Cases as lists have them, so that a page and its count need nothing else."""
    order = models.F("due_at").asc(nulls_last=True)
    present = models.Q(taken_back_at__isnull=True)
    return models.Index(*fields, order, "id", name=name, condition=present, include=include)


class CaseQuerySet(models.QuerySet["Case"]):
    def locked(self, case: Case) -> Case:
        """The row as it is now, held until the transaction ends; two people clicking together is a normal Tuesday.

        Held first and read after: a statement that waits for a lock joins what it saw before it began to wait.
        """
        Case.objects.select_for_update().only("pk").get(pk=case.pk)
        return self.get(pk=case.pk)

    def open(self) -> Self:
        """Those that have not been withdrawn or cancelled."""
        return self.exclude(stage__in=ENDED)

    def with_facts(self) -> Self:
        """All single facts in the same query; people come with `people` in one more."""
        return self.select_related(
            "client", "account_manager", "subject", "domain", "server", "site", "commercial"
        ).prefetch_related("people")


def is_resting(since: datetime | None, until: date | None, day: date) -> bool:
    """Whether reminders that rest since then, until a day or without end, rest on that day in Beijing."""
    return since is not None and (until is None or day < until)


class PresentManager(models.Manager.from_queryset(CaseQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(taken_back_at__isnull=True)


class Case(ByPromise, CaseWorkflow):
    """One filing of one site for one client."""

    reference = models.CharField(max_length=24, unique=True, default=case_reference, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="cases")
    account_manager = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("account manager"),
    )

    provider = models.CharField(_("provider"), max_length=16, blank=True)
    province = models.CharField(_("province"), max_length=2, blank=True)
    filing_kind = models.CharField(_("kind of filing"), max_length=24, default="first", blank=True)
    # Set by hand it stays until it is cleared; else `services/planning.py` works it out, and says why.
    filing_kind_is_set = models.BooleanField(default=False, db_default=False)
    filing_kind_why = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField()), blank=True
    )
    intent = models.CharField(_("what is wanted"), max_length=16, blank=True, db_default="")
    subject_filed = models.CharField(_("applicant filed already"), max_length=16, blank=True, db_default="")
    domain_filed = models.CharField(_("domain filed already"), max_length=16, blank=True, db_default="")
    change_of = _parts(_("what changes"))
    cancel_of = _parts(_("what is cancelled"))
    new_name = models.BooleanField(_("the name changes"), null=True, blank=True)
    sites_filed = models.PositiveSmallIntegerField(_("sites filed already"), null=True, blank=True)
    legal_representative_id_kind = models.CharField(
        _("ID of the legal representative"), max_length=32, blank=True, db_default=""
    )
    service = models.CharField(_("service"), max_length=16, default="website")
    photo_way = models.CharField(_("way of the photo"), max_length=16, blank=True)
    platform_email = models.EmailField(_("account at the filing platform"), blank=True)
    domain_name = models.CharField(_("domain"), max_length=253, blank=True)

    waiting_on = models.CharField(_("waiting on"), max_length=24, choices=WaitingOn, default=WaitingOn.CLIENT)
    waiting_since = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    nudge_at = models.DateTimeField(null=True, blank=True)  # when the client is asked again
    nudges = models.PositiveSmallIntegerField(default=0)
    # Reminders rest since then: until that day, and without one until the client moves.
    snoozed_at = models.DateTimeField(null=True, blank=True, editable=False)
    snoozed_until = models.DateField(_("reminders rest until"), null=True, blank=True)
    on_hold = models.BooleanField(_("on hold"), default=False)
    hold_until = models.DateField(_("look again on"), null=True, blank=True)
    hold_note = models.TextField(_("why on hold"), blank=True)
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    version = models.PositiveIntegerField(default=1)
    # Of the last pre-flight: what stands open, so that pages and guards need not count.
    open_blocks = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    open_warns = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Messages that the client pasted and nobody has looked at, so that pages need not count.
    open_proposals = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    # The version that was last compared with the cases of all clients.
    compared_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    photo_done_on = models.DateField(null=True, blank=True)
    icp_number = models.CharField(_("ICP number"), max_length=40, blank=True)
    licensed_on = models.DateField(_("licensed on"), null=True, blank=True)
    opened_on = models.DateField(_("site open since"), null=True, blank=True)
    psb_handed_in_on = models.DateField(_("PSB filing handed in on"), null=True, blank=True)
    psb_number = models.CharField(_("PSB number"), max_length=40, blank=True)
    filed_on = models.DateField(_("PSB filed on"), null=True, blank=True)
    application_handed_in_on = models.DateField(_("licence applied for on"), null=True, blank=True)
    licence_number = models.CharField(_("licence number"), max_length=40, blank=True)
    granted_on = models.DateField(_("granted on"), null=True, blank=True)

    # When the licence was expected as the case was handed in first, to be held against the fact.
    forecast_on = models.DateField(null=True, blank=True, editable=False)
    forecast_from = models.DateField(null=True, blank=True, editable=False)
    forecast_until = models.DateField(null=True, blank=True, editable=False)

    # The day for which the agency promised that the site may open, whether the forecast passes it, and whether the
    # client was told so.
    promised_on = models.DateField(_("promised for"), null=True, blank=True)
    promise_is_late = models.BooleanField(default=False, db_default=False, editable=False)
    lateness_is_told = models.BooleanField(default=False, db_default=False, editable=False)

    # The edition of the rules that it began with, and up to which changes marked for running cases reached it.
    rules_edition = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    rules_reached = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Brought in by mistake and taken back untouched: ended, and in no list. Its history stays.
    taken_back_at = models.DateTimeField(null=True, blank=True, editable=False)
    moved_at = models.DateTimeField(default=timezone.now)
    # Everything a search may find, folded; `cases/search.py` writes it.
    filed_under = models.TextField(default="", db_default="", editable=False)

    objects = ScopedManager(_manager_class=PresentManager, client="client")
    everything = ScopedManager(_manager_class=models.Manager.from_queryset(CaseQuerySet), client="client")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "id"], name="case_of_its_client"),
            models.CheckConstraint(condition=models.Q(stage__in=Stage.values), name="case_stage_known"),
            models.CheckConstraint(
                condition=models.Q(icp_number="", licensed_on__isnull=True)
                | (~models.Q(icp_number="") & models.Q(licensed_on__isnull=False)),
                name="case_licence_both_or_neither",
            ),
            models.CheckConstraint(
                condition=models.Q(psb_number="", filed_on__isnull=True)
                | (~models.Q(psb_number="") & models.Q(filed_on__isnull=False)),
                name="case_psb_both_or_neither",
            ),
            models.CheckConstraint(
                condition=models.Q(licence_number="", granted_on__isnull=True)
                | (~models.Q(licence_number="") & models.Q(granted_on__isnull=False)),
                name="case_commercial_both_or_neither",
            ),
        ]
        indexes = [
            # Lists run along (due_at, id), those without a date last; every filter keeps that order.
            # What they include is read on the way: a search walks the first, several filters at once some others.
            _listed("case_listed", include=["filed_under"]),
            _listed(
                "case_listed_stage",
                "stage",
                include=["waiting_on", "provider", "province", "account_manager"],
            ),
            _listed(
                "case_listed_manager",
                "account_manager",
                include=["stage", "waiting_on", "provider", "province"],
            ),
            _listed("case_listed_waiting", "waiting_on"),
            _listed("case_listed_client", "client"),
            models.Index(
                fields=["client"],
                name="case_client_under_way",
                condition=models.Q(taken_back_at__isnull=True) & ~models.Q(waiting_on="nobody"),
            ),
            # Words with few cases: without these a page of them reads all that come before.
            _listed("case_listed_provider", "provider"),
            _listed("case_listed_province", "province", include=["provider"]),
            # What went quiet, of everybody's and of one's own; what nobody moves is finished or held.
            models.Index(
                fields=["moved_at", "id"], name="case_quiet", condition=~models.Q(waiting_on="nobody")
            ),
            models.Index(
                fields=["account_manager", "moved_at", "id"],
                name="case_manager_quiet",
                condition=~models.Q(waiting_on="nobody"),
            ),
            models.Index(
                models.F("due_at").asc(nulls_last=True),
                "id",
                name="case_promise_late",
                condition=models.Q(promise_is_late=True),
            ),
            models.Index(
                models.F("due_at").asc(nulls_last=True),
                "id",
                name="case_promised",
                condition=models.Q(promised_on__isnull=False),
            ),
            models.Index(fields=["hold_until", "id"], name="case_held", condition=models.Q(on_hold=True)),
            models.Index(
                fields=["nudge_at", "id"], name="case_to_nudge", condition=models.Q(nudge_at__isnull=False)
            ),
            GinIndex(
                Windows("filed_under"), name="case_found_dated", condition=models.Q(due_at__isnull=False)
            ),
            GinIndex(
                Windows("filed_under"), name="case_found_undated", condition=models.Q(due_at__isnull=True)
            ),
            # Open cases that a change of the rules has not reached yet.
            models.Index(
                fields=["rules_reached", "id"],
                name="case_rules_reached",
                condition=~models.Q(stage__in=ENDED),
            ),
            models.Index(
                fields=["id"],
                name="case_to_compare",
                condition=models.Q(compared_version__lt=models.F("version")),
            ),
            models.Index(
                fields=["checked_at", "id"], name="case_to_check", condition=models.Q(stage="draft")
            ),
            models.Index(fields=["domain_name"], name="case_domain", condition=~models.Q(domain_name="")),
            models.Index(
                fields=["icp_number"],
                name="case_icp_number",
                opclasses=["varchar_pattern_ops"],
                condition=~models.Q(icp_number=""),
            ),
            # What was licensed in a span of days, and how the forecast was.
            models.Index(
                fields=["licensed_on"],
                include=[
                    "forecast_on",
                    "forecast_from",
                    "forecast_until",
                    "provider",
                    "account_manager",
                    "taken_back_at",
                ],
                name="case_licences",
                condition=models.Q(licensed_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return f"{get_script_prefix()}cases/{self.reference}/"

    # ── Facts about this row and what hangs on it ──

    @cached_property
    def head(self) -> Person | None:
        return next((person for person in self.people.all() if person.part == "head"), None)

    @cached_property
    def manager(self) -> Person | None:
        """The manager of the site; None where the head is it."""
        return next((person for person in self.people.all() if person.part == "manager"), None)

    @property
    def manager_or_head(self) -> Person | None:
        """Who answers for the site and does the face check."""
        return self.manager or self.head

    def parts_of(self, user: User) -> set[str]:
        """Which of the two people of the filing this person is, by e-mail; an absent manager is the head."""
        address = user.reader.email.lower()
        parts = {person.part for person in self.people.all() if person.email.lower() == address}
        if "head" in parts and self.manager is None:
            parts.add("manager")
        return parts

    def rests_on(self, day: date) -> bool:
        """Whether its reminders rest on that day in Beijing."""
        return is_resting(self.snoozed_at, self.snoozed_until, day)

    @property
    def makes_revenue(self) -> bool:
        return bool(self.site.revenue)

    @property
    def commercial_or_none(self) -> Commercial | None:
        """What is kept of the commercial licence; None before anybody has looked at the question."""
        return getattr(self, "commercial", None)

    @property
    def wants_licence(self) -> bool:
        """The site earns money, and nobody at the agency has found that no commercial licence is needed."""
        looked = self.commercial_or_none
        return self.makes_revenue and (looked is None or looked.needed is not False)

    @property
    def is_ended(self) -> bool:
        return self.stage in ENDED

    @property
    def recorded_results(self) -> dict:
        """What moves have recorded so far, by its name in the API."""
        results = {
            "photo_way": self.photo_way if self.photo_done_on else "",
            "done_on": self.photo_done_on,
            "icp_number": self.icp_number,
            "licensed_on": self.licensed_on,
            "psb_number": self.psb_number,
            "filed_on": self.filed_on,
            "licence_number": self.licence_number,
            "granted_on": self.granted_on,
        }
        return {name: value for name, value in results.items() if value}

    @property
    def missing_facts(self) -> list[str]:
        """Paths of the facts that handing in asks for and nobody has given yet."""
        from cases.facts import missing

        return missing(self)

    @property
    def clocks(self) -> Iterable[Deadline]:
        """Those that run and ran: as they came with the case, else asked for. A page looks through them ten times."""
        came = self.__dict__.get("_prefetched_objects_cache", {})
        return came["deadlines"] if "deadlines" in came else self.deadlines.all()

    @property
    def papers_missing(self) -> list:
        """Required papers not accepted yet; the face check belongs to its own stage."""
        return [requirement for requirement in self.requirements.all() if requirement.blocks_submit]

    @property
    def unverified_people(self) -> list[Person]:
        """Head and manager whose mobile nobody has answered yet."""
        return [person for person in self.people.all() if not person.mobile_verified_at]

    def moves_for(self, user: User) -> list:
        """The moves open to this person now, in the order people read them."""
        open_now = {move.name: move for move in self.get_available_user_stage_transitions(user)}  # type: ignore[attr-defined]
        return [open_now[name] for name in MOVES if name in open_now]
