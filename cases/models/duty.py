"""What falls due after the licence. Not a clock of the filing: it moves no case, and nobody's move hangs on it."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from cases.models.case import Case
from clients.models import Client, User
from clients.references import new_reference


def duty_reference() -> str:
    return new_reference("A")


class DutyState(models.TextChoices):
    OPEN = "open", pgettext_lazy("duty", "open")
    DONE = "done", pgettext_lazy("duty", "done")
    WAIVED = "waived", pgettext_lazy("duty", "not needed")
    STOPPED = "stopped", pgettext_lazy("duty", "stopped")


class Duty(models.Model):
    """One duty of one case until it is done: of each kind one at a time. `kind` is a code of `aftercare.duty`."""

    reference = models.CharField(max_length=24, unique=True, default=duty_reference, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="duties")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=48)
    due_on = models.DateField(_("due"))
    tell_on = models.DateField()  # from this day on it stands in the digest
    is_assumed = models.BooleanField(default=False)  # reckoned, where nobody has said the day itself
    state = models.CharField(max_length=8, choices=DutyState, default=DutyState.OPEN)
    note = models.TextField(blank=True)  # why it was waived, or what a notice says
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "kind"], condition=models.Q(state="open"), name="duty_once_at_a_time"
            ),
            models.CheckConstraint(condition=models.Q(state__in=DutyState.values), name="duty_state_known"),
            models.CheckConstraint(
                condition=models.Q(state="open", closed_at__isnull=True)
                | (~models.Q(state="open") & models.Q(closed_at__isnull=False)),
                name="duty_closed_both_or_neither",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="waived") | ~models.Q(note=""), name="duty_waived_says_why"
            ),
        ]
        indexes = [
            # Lists run along (due_on, id) of what is open; the digest's cost follows what is due.
            models.Index(fields=["due_on", "id"], name="duty_open", condition=models.Q(state="open")),
            models.Index(fields=["tell_on"], name="duty_to_tell", condition=models.Q(state="open")),
            models.Index(
                fields=["client", "due_on", "id"], name="duty_of_client", condition=models.Q(state="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.due_on}"

    def get_absolute_url(self) -> str:
        return f"/duties/{self.reference}/"


class DutyRound(models.Model):
    """One walk over all issued cases, by the rules of one edition on one day; `last` is how far it has come."""

    day = models.DateField()
    edition = models.PositiveBigIntegerField()
    last = models.BigIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "edition"], name="duty_round_once")]

    def __str__(self) -> str:
        return f"{self.day}, edition {self.edition}"
