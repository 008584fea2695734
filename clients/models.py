"""Who: the agency, its clients, and the people of both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from clients import references, spelling
from trade.words import Words


class Called:
    """Something with a name in English and perhaps one in Chinese."""

    name: Any
    name_zh: Any

    @property
    def called(self) -> str:
        """Its name in the reader's language; the English one where it has no Chinese name."""
        return str(Words(self.name, self.name_zh or self.name))


class Agency(Called, models.Model):
    """The house itself: one row, shown on every page and mail, for nobody sends a passport to a nameless link."""

    name = models.CharField(_("name"), max_length=120, default="Filing agency")
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    sender = models.EmailField(_("sender address"), default="portal@agency.example")
    logo = models.CharField(_("logo"), max_length=200, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=60, default="Asia/Shanghai")
    demands_second_factor = models.BooleanField(_("staff need a second factor"), default=False)
    eligibility_is_open = models.BooleanField(_("eligibility questions without sign-in"), default=True)
    identity_papers_kept_days = models.PositiveSmallIntegerField(
        _("days identity papers are kept after the licence"), default=90
    )
    destroying_warned_days = models.PositiveSmallIntegerField(
        _("days before their end in which two persons release them"), default=14, db_default=14
    )
    stored_in = models.CharField(
        _("where papers are stored"), max_length=120, default="Shanghai, mainland China"
    )
    stored_in_zh = models.CharField(
        _("where papers are stored, in Chinese"),
        max_length=120,
        default="中国大陆（上海）",
        db_default="中国大陆（上海）",
        blank=True,
    )
    bulk_most = models.PositiveIntegerField(_("cases changed at once, at most"), default=500, db_default=500)
    # Which edition of the rulebook counts today; here, for this row is read with every page anyway.
    rules_edition = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    # And up to which version the agency's own words of messages count.
    texts_edition = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="agency_is_one_row")]

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> str:
        """Where papers are stored, in the reader's language."""
        return str(Words(self.stored_in, self.stored_in_zh or self.stored_in))

    @property
    def logo_url(self) -> str:
        """Where the masthead finds the picture; empty for none."""
        return self.logo

    @property
    def logo_address(self) -> str:
        """The same for mails, by the portal's own name and never by what a request calls it."""
        return settings.BASE_URL + self.logo if self.logo else ""


class Logo(models.Model):
    """A picture the agency showed or shows, drawn anew by us. Kept, for mails of last year still point at it."""

    digest = models.CharField(max_length=64, unique=True)
    content_type = models.CharField(max_length=40)
    content = models.BinaryField()
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.digest

    def get_absolute_url(self) -> str:
        return f"/logo/{self.digest}/"


class PresentManager(models.Manager["Client"]):
    def get_queryset(self) -> models.QuerySet[Client]:
        return super().get_queryset().filter(taken_back_at__isnull=True)


class Client(Called, models.Model):
    """The tenant: a company or person the agency files for."""

    reference = models.CharField(
        max_length=24, unique=True, default=references.client_reference, editable=False
    )
    name = models.CharField(_("name"), max_length=200)
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Set by a new name, until a task has filed the client's cases under it.
    renamed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Its names as a search finds them; its cases are filed under the same.
    filed_under = models.TextField(default="", db_default="", editable=False)
    # Brought in by mistake and taken back before anybody came in: in no list.
    taken_back_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Somebody of theirs took the consent to identity papers back and has not given it again: their drafts rest.
    consent_withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ScopedManager(_manager_class=PresentManager, client="pk")
    everything = ScopedManager(client="pk")

    class Meta:
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["id"], name="client_renamed", condition=models.Q(renamed_at__isnull=False)),
            models.Index(fields=["id"], name="client_unfiled", condition=models.Q(filed_under="")),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Whoever gives it a name files it under that name."""
        if update_fields is None or {"name", "name_zh"} & set(update_fields):
            self.filed_under = spelling.filed(self.name, self.name_zh)
            update_fields = update_fields and {*update_fields, "filed_under"}
        super().save(update_fields=update_fields, **options)


class Role(models.TextChoices):
    """What a membership makes of a person; the first four belong to the agency."""

    ADMINISTRATOR = "administrator", pgettext_lazy("role", "Administrator")
    MANAGER = "manager", pgettext_lazy("role", "Manager")
    SPECIALIST = "specialist", pgettext_lazy("role", "Specialist")
    LIMITED_SPECIALIST = "limited_specialist", pgettext_lazy("role", "Specialist for assigned clients")
    CONTACT = "contact", pgettext_lazy("role", "Contact")
    RESPONSIBLE = "responsible", pgettext_lazy("role", "Responsible person")
    ASSIGNED = "assigned", pgettext_lazy("role", "Assigned client")


AGENCY_ROLES = (Role.ADMINISTRATOR, Role.MANAGER, Role.SPECIALIST, Role.LIMITED_SPECIALIST)
WHOLE_AGENCY_ROLES = (Role.ADMINISTRATOR, Role.MANAGER, Role.SPECIALIST)
CLIENT_ROLES = (Role.CONTACT, Role.RESPONSIBLE)


@dataclass(frozen=True)
class Standing:
    """What a person is today, worked out from their memberships that have not ended."""

    agency_role: str = ""
    by_client: dict[int, str] = field(default_factory=dict)

    @property
    def is_agency(self) -> bool:
        return bool(self.agency_role)

    @property
    def is_administrator(self) -> bool:
        return self.agency_role == Role.ADMINISTRATOR

    @property
    def is_manager(self) -> bool:
        """Managers, and administrators above them."""
        return self.agency_role in (Role.ADMINISTRATOR, Role.MANAGER)

    @property
    def sees_every_client(self) -> bool:
        return self.is_agency and self.agency_role != Role.LIMITED_SPECIALIST

    @property
    def client_ids(self) -> list[int]:
        return list(self.by_client)

    @property
    def is_contact(self) -> bool:
        return not self.is_agency and Role.CONTACT in self.by_client.values()

    @property
    def is_member(self) -> bool:
        return self.is_agency or bool(self.by_client)

    def is_contact_of(self, client_id: int) -> bool:
        return not self.is_agency and self.by_client.get(client_id) == Role.CONTACT


ERASED = "@erased.invalid"  # stands behind the reference, where an erased person's address stood


class UserManager(BaseUserManager["User"]):
    def with_places(self) -> models.QuerySet[User]:
        """With the memberships of today in the same query, for `standing`."""
        places = Membership.objects.current().filter(user=models.OuterRef("pk")).order_by("pk")
        return self.annotate(
            place_clients=ArraySubquery(places.values("client_id")),
            place_roles=ArraySubquery(places.values("role")),
        )

    def create_user(self, email: str, password: str | None = None, **fields) -> User:
        """A person who signs in by e-mail; without a password only by code or passkey."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> User:
        return self.get(email__iexact=email)


class User(AbstractBaseUser):
    """A person. What they may do follows from their memberships, never from a flag here."""

    reference = models.CharField(
        max_length=24, unique=True, default=references.user_reference, editable=False
    )
    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=120, blank=True)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)
    language = models.CharField(
        _("language"), max_length=10, default="en", choices=[("en", "English"), ("zh-hans", "简体中文")]
    )
    is_active = models.BooleanField(default=True)
    wants_reminders = models.BooleanField(_("reminders by mail"), default=True)
    # Ways beside mail, where the agency has them: `notifications` offers and keeps them.
    wants_chat = models.BooleanField(default=False, db_default=False)
    wants_wechat = models.BooleanField(default=False, db_default=False)
    wechat_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    # How the list of cases is shown, and the reference of the view it opens with.
    cases_as = models.CharField(max_length=8, default="table", db_default="table", editable=False)
    cases_view = models.CharField(max_length=24, blank=True, default="", db_default="", editable=False)
    # Only the newest mailed code of a person lives; allauth alone keeps one per browser.
    code_count = models.PositiveIntegerField(default=0, editable=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        if self.is_erased:
            return gettext("an erased person")
        return self.name or self.email

    @property
    def is_erased(self) -> bool:
        """They asked that what is theirs goes, and it went: nobody is named any more."""
        return self.email.endswith(ERASED)

    # For the length of a request in which staff see pages as somebody at a client does: that person (`seeing.py`).
    seen_as: User | None = None

    @property
    def reader(self) -> User:
        """Whom a page is drawn for, where it asks for more than the standing; who acts is always `self`."""
        return self.seen_as or self

    @cached_property
    def standing(self) -> Standing:
        """The memberships of today in one query; ask once a request."""
        agency_role = ""
        by_client: dict[int, str] = {}
        for client_id, role in self._places():
            if client_id is None:
                agency_role = role
            elif by_client.get(client_id) != Role.CONTACT:
                by_client[client_id] = role
        if not self.is_active:
            return Standing()
        if not agency_role:
            # What was assigned to somebody of the agency goes with their place there.
            by_client = {client_id: role for client_id, role in by_client.items() if role != Role.ASSIGNED}
        return Standing(agency_role, by_client)

    def _places(self) -> Iterable[tuple[int | None, str]]:
        """Clients and roles, as `with_places` brought them or by a query of their own."""
        told = self.__dict__
        if "place_clients" in told:
            return zip(told["place_clients"], told["place_roles"], strict=True)
        return Membership.objects.current().filter(user=self).values_list("client_id", "role")

    # Asked for by parts of Django; nobody here has Django's own permissions.
    def has_perm(self, perm: str, obj: object = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False

    is_staff = False
    is_superuser = False


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> MembershipQuerySet:
        """Those that have not ended."""
        return self.filter(ended_at__isnull=True)

    def agency(self) -> MembershipQuerySet:
        return self.filter(client__isnull=True)


class Membership(models.Model):
    """A person's place: at the agency (no client), or with one client."""

    reference = models.CharField(
        max_length=24, unique=True, default=references.member_reference, editable=False
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="memberships", null=True, blank=True
    )
    role = models.CharField(_("role"), max_length=24, choices=Role)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "client"],
                condition=models.Q(ended_at__isnull=True),
                name="membership_once_a_client",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(ended_at__isnull=True, client__isnull=True),
                name="membership_once_at_the_agency",
            ),
            models.CheckConstraint(
                condition=models.Q(client__isnull=True, role__in=AGENCY_ROLES)
                | models.Q(client__isnull=False, role__in=[*CLIENT_ROLES, Role.ASSIGNED]),
                name="membership_role_fits_its_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class Invitation(models.Model):
    """A way in, bound to one address; works once and ages out. The token is made by the sender and never stored."""

    reference = models.CharField(
        max_length=24, unique=True, default=references.invitation_reference, editable=False
    )
    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="invitations", null=True, blank=True
    )
    role = models.CharField(_("role"), max_length=24, choices=Role)
    token_hash = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # Known from a spreadsheet; nobody has been written to, and no account made.
    is_prepared = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return f"{self.reference} · {self.role}"

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    @property
    def state(self) -> str:
        """open, accepted, revoked, prepared or expired."""
        if self.accepted_at:
            return "accepted"
        if self.revoked_at:
            return "revoked"
        if self.is_prepared:
            return "prepared"
        return "expired" if self.is_past else "open"

    @property
    def is_past(self) -> bool:
        return self.expires_at <= timezone.now()


class ApiToken(models.Model):
    """A key for programs: it may do what its person may, within its scopes, until it ends."""

    reference = models.CharField(
        max_length=24, unique=True, default=references.token_reference, editable=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    can_write = models.BooleanField(_("may change things"), default=True)
    can_reveal = models.BooleanField(_("may see numbers in clear"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name or self.reference


class CalendarFeed(models.Model):
    """The address at which a person's own calendar program reads their duties; of its secret only a hash is kept.

    Renewed, the row forgets the older address; taken away, it is gone.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="calendar_feed")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(default=timezone.now)
    last_read_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"calendar of {self.user_id}"


class CoverQuerySet(models.QuerySet["Cover"]):
    def current(self) -> CoverQuerySet:
        """Those that nobody has taken back."""
        return self.filter(ended_at__isnull=True)

    def holding(self, day: date) -> CoverQuerySet:
        """Those that count on this day of Beijing's."""
        begun = models.Q(from_on__isnull=True) | models.Q(from_on__lte=day)
        lasts = models.Q(until_on__isnull=True) | models.Q(until_on__gte=day)
        return self.current().filter(begun, lasts)


class Cover(models.Model):
    """Somebody stands in for a colleague from one day in Beijing to another; either may be open.

    One a person at a time. A row is never rewritten: another one, or none, ends it.
    """

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="covers")
    stand_in = models.ForeignKey(User, on_delete=models.PROTECT, related_name="covers_for")
    from_on = models.DateField(null=True, blank=True)
    until_on = models.DateField(null=True, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = CoverQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(ended_at__isnull=True), name="cover_once_a_person"
            ),
            models.CheckConstraint(
                condition=~models.Q(person=models.F("stand_in")), name="cover_is_by_somebody_else"
            ),
            models.CheckConstraint(
                condition=models.Q(from_on__isnull=True)
                | models.Q(until_on__isnull=True)
                | models.Q(until_on__gte=models.F("from_on")),
                name="cover_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stand_in_id} for {self.person_id}"


class AuditEvent(models.Model):
    """What happened around people and settings; append-only, and the outbox of what they are told."""

    kind = models.CharField(max_length=40)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+", null=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    about = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="+", null=True)
    data = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=timezone.now)
    relayed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="audit_to_relay", condition=models.Q(relayed_at__isnull=True)),
            models.Index(fields=["-id"], name="audit_newest"),
            models.Index(
                fields=["client", "-id"], name="audit_of_client", condition=models.Q(client__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.kind


class IdempotencyKey(models.Model):
    """A call's own name for itself: a repeat gets the same answer. Kept for a day; holds no answer's text."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    call = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    reference = models.CharField(max_length=24)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "call", "key"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]
