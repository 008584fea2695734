"""The facts of a case, one typed column each. A case keeps its own copy of what it was filed with."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from cases.models.case import Case
from clients import sealing
from clients.models import Client


class SealedNumber(models.Model):
    """The number of a paper: sealed, its last four for the eye, a keyed hash for the search."""

    id_number_sealed = models.BinaryField(null=True, blank=True, editable=False)
    id_number_tail = models.CharField(max_length=8, blank=True, editable=False)
    id_number_hash = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        abstract = True

    number_kind = "id_number"

    @property
    def row_name(self) -> str:
        """What the box is bound to, so that it opens nowhere else."""
        raise NotImplementedError

    @property
    def has_number(self) -> bool:
        return bool(self.id_number_hash)

    @property
    def id_number(self) -> str:
        """The number in clear. Only the reveal, the hand-over and checks ask for it; pages show `masked_number`."""
        return sealing.unseal(self.id_number_sealed, row=self.row_name) if self.id_number_sealed else ""

    @id_number.setter
    def id_number(self, number: str) -> None:
        self.id_number_sealed = sealing.seal(number, row=self.row_name) if number else None
        self.id_number_tail = sealing.mask(number)
        self.id_number_hash = self.hash_of(number)

    def hash_of(self, number: str) -> str:
        """The hash under which this number would be kept."""
        return sealing.keyed_hash(number, kind=self.number_kind) if number else ""

    @property
    def masked_number(self) -> str:
        return self.id_number_tail


class Subject(SealedNumber):
    """The organisation or person who files (主办单位)."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="subject")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("kind of applicant"), max_length=24, blank=True)
    name = models.CharField(_("name on the certificate"), max_length=200, blank=True)
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True)
    id_kind = models.CharField(_("kind of certificate"), max_length=32, blank=True)
    certificate_address = models.CharField(_("address on the certificate"), max_length=300, blank=True)
    contact_address = models.CharField(_("address for letters"), max_length=300, blank=True)
    registered_in_mainland = models.BooleanField(_("registered in the mainland"), null=True, blank=True)
    licence_status = models.CharField(_("state of the licence"), max_length=16, blank=True)
    licence_valid_until = models.DateField(_("licence valid until"), null=True, blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        indexes = [
            models.Index(
                fields=["id_number_hash"], name="subject_number", condition=~models.Q(id_number_hash="")
            )
        ]

    @property
    def row_name(self) -> str:
        return f"subject:{self.case.reference}"


class Part(models.TextChoices):
    """The two people every filing has."""

    HEAD = "head", pgettext_lazy("person", "Head of the organisation")
    MANAGER = "manager", pgettext_lazy("person", "Manager of the site")


class Person(SealedNumber):
    """Head of the subject (主体负责人) or manager of the site (网站负责人)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="people")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=8, choices=Part)
    is_legal_representative = models.BooleanField(_("legal representative"), null=True, blank=True)
    name = models.CharField(_("name as on the ID"), max_length=120, blank=True)
    nationality = models.CharField(_("nationality"), max_length=2, blank=True)
    id_kind = models.CharField(_("kind of ID"), max_length=32, blank=True)
    id_valid_until = models.DateField(_("ID valid until"), null=True, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    mobile = models.CharField(_("mobile"), max_length=20, blank=True)
    mobile_verified_at = models.DateTimeField(null=True, blank=True)
    landline = models.CharField(_("landline"), max_length=30, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    emergency_mobile = models.CharField(_("emergency mobile"), max_length=20, blank=True)
    name_differs = models.BooleanField(_("licence and ID show different names"), null=True, blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["part"]
        constraints = [models.UniqueConstraint(fields=["case", "part"], name="person_once_a_part")]
        indexes = [
            models.Index(
                fields=["id_number_hash"], name="person_number", condition=~models.Q(id_number_hash="")
            ),
            models.Index(fields=["mobile"], name="person_mobile", condition=~models.Q(mobile="")),
        ]

    @property
    def row_name(self) -> str:
        return f"{self.part}:{self.case.reference}"


class Domain(models.Model):
    """The domain that is filed; `resolves` is None where nobody could look."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="domain")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("domain"), max_length=253, blank=True)
    owner = models.CharField(_("owner"), max_length=24, blank=True)
    registrar = models.CharField(_("registrar"), max_length=80, blank=True)
    verified = models.BooleanField(_("real name verified"), null=True, blank=True)
    verified_on = models.DateField(_("verified on"), null=True, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    resolves = models.BooleanField(_("resolves"), null=True, blank=True)

    objects = ScopedManager(client="client")


class Server(models.Model):
    """Where the site is to run, and the service number (备案服务号) that binds it."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="server")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    service_number = models.CharField(_("service number"), max_length=80, blank=True)
    instance = models.CharField(_("instance"), max_length=80, blank=True)
    location = models.CharField(_("location"), max_length=16, blank=True)
    prepaid_months = models.PositiveSmallIntegerField(_("months paid in advance"), null=True, blank=True)
    public_ip = models.BooleanField(_("public IP"), null=True, blank=True)
    # Said after the licence, when the lease was renewed; no fact of the form.
    paid_until = models.DateField(_("paid until"), null=True, blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        indexes = [
            models.Index(
                fields=["service_number"], name="server_number", condition=~models.Q(service_number="")
            ),
            models.Index(fields=["instance"], name="server_instance", condition=~models.Q(instance="")),
        ]


class Site(models.Model):
    """What the site is called, says and earns."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="site")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name of the site"), max_length=120, blank=True)
    languages = ArrayField(
        models.CharField(max_length=16), verbose_name=_("languages"), default=list, blank=True
    )
    content = ArrayField(models.CharField(max_length=32), verbose_name=_("content"), default=list, blank=True)
    revenue = models.BooleanField(_("earns money"), null=True, blank=True)
    approvals = ArrayField(
        models.CharField(max_length=32), verbose_name=_("approvals held"), default=list, blank=True
    )
    note = models.TextField(_("note"), max_length=2000, blank=True)
    scope_hits = ArrayField(
        models.CharField(max_length=32),
        verbose_name=_("contents that name or scope of business mention"),
        default=list,
        db_default=models.Value([], ArrayField(models.CharField(max_length=32))),
        blank=True,
    )

    objects = ScopedManager(client="client")


class PhoneVerification(models.Model):
    """One asking for a code by SMS. The sender makes the code when it sends it; only its HMAC is ever stored."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="phone_verifications")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=8, choices=Part)
    mobile_hash = models.CharField(max_length=64)
    code_hmac = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey("clients.User", on_delete=models.PROTECT, related_name="+", null=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["mobile_hash", "asked_at"], name="phone_asked")]
