"""Telling: one row is one delivery, promised before it is sent; the queue is only a bell."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Case as Choice
from django.db.models import F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from cases.models import Case
from clients.models import Client, User
from clients.references import new_reference

STALE = timedelta(minutes=5)  # a claim of which nothing was heard for so long is anybody's again


def notification_reference() -> str:
    return new_reference("N", 14)


class Channel(models.TextChoices):
    """By which way somebody is told."""

    IN_APP = "in_app", pgettext_lazy("channel", "In the portal")
    MAIL = "mail", pgettext_lazy("channel", "Mail")
    SMS = "sms", pgettext_lazy("channel", "SMS")
    CHAT = "chat", pgettext_lazy("channel", "Chat room")
    WECHAT = "wechat", pgettext_lazy("channel", "WeChat")


class State(models.TextChoices):
    """How far a delivery has come."""

    PLANNED = "planned", pgettext_lazy("delivery", "waiting")
    CLAIMED = "claimed", pgettext_lazy("delivery", "being sent")
    SENT = "sent", pgettext_lazy("delivery", "sent")
    FAILED = "failed", pgettext_lazy("delivery", "not sent")
    BOUNCED = "bounced", pgettext_lazy("delivery", "refused by the recipient's server")
    SUPPRESSED = "suppressed", pgettext_lazy("delivery", "not needed any more")


class NotificationQuerySet(models.QuerySet["Notification"]):
    def due(self, now: datetime) -> Self:
        """To be sent now: planned and their hour has come, or claimed by somebody who is never heard of again."""
        return self.filter(
            Q(state=State.PLANNED, next_try_at__lte=now) | Q(state=State.CLAIMED, claimed_at__lt=now - STALE)
        )

    def claim(self, pk: int, now: datetime) -> Notification | None:
        """Whoever changes the row owns the sending; everyone else gets None.

        A claim that went stale after the message was handed over ended nobody knows how.
        """
        unheard = When(state=State.CLAIMED, handed_at__isnull=False, then=F("unknowns") + 1)
        won = (
            self.due(now)
            .filter(pk=pk)
            .update(
                state=State.CLAIMED,
                claimed_at=now,
                tries=F("tries") + 1,
                unknowns=Choice(unheard, default=F("unknowns"), output_field=models.IntegerField()),
                handed_at=Value(None),
            )
        )
        return self.select_related("recipient", "case", "client").get(pk=pk) if won else None

    def unread(self, user: User) -> Self:
        """What this person has not looked at in the portal."""
        return self.filter(recipient=user, channel=Channel.IN_APP, read_at__isnull=True)


class Notification(models.Model):
    """One delivery: to one person, by one channel, about one thing. `data` holds ids, nothing to hide."""

    reference = models.CharField(max_length=24, unique=True, default=notification_reference, editable=False)
    key = models.CharField(max_length=120, unique=True)  # makes twice once
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    case = models.ForeignKey(
        Case, on_delete=models.PROTECT, related_name="notifications", null=True, blank=True
    )
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    to = models.CharField(_("to"), max_length=254, blank=True)  # written at the sending; numbers masked
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    kind = models.CharField(max_length=40)
    is_essential = models.BooleanField(default=True)
    data = models.JSONField(default=dict, blank=True)
    language = models.CharField(max_length=10, default="en")
    # Which row of which outbox, or which clock, it tells of.
    source = models.CharField(max_length=12)
    source_id = models.BigIntegerField(null=True, blank=True)

    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PLANNED)
    reason = models.CharField(max_length=40, blank=True)
    planned_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)  # quiet hours hold back reminders
    next_try_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True)
    handed_at = models.DateTimeField(null=True, blank=True)  # about to be given to the channel
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    unknowns = models.PositiveSmallIntegerField(default=0)  # tries that ended nobody knows how
    read_at = models.DateTimeField(null=True, blank=True)

    along: list[Notification] = []

    objects = ScopedManager(
        _manager_class=models.Manager.from_queryset(NotificationQuerySet), client="client"
    )
    # What is one's own may hang on no client; only ever narrowed to one person.
    own = models.Manager.from_queryset(NotificationQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(case__isnull=True) | Q(client__isnull=False),
                name="notification_case_with_client",
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="notification_state_known"),
            models.CheckConstraint(
                condition=~Q(state=State.SENT) | Q(sent_at__isnull=False), name="notification_sent_at"
            ),
        ]
        indexes = [
            # The sweep's cost follows what is due, not what exists.
            models.Index(
                fields=["next_try_at", "id"], name="notification_due", condition=Q(state=State.PLANNED)
            ),
            models.Index(
                fields=["claimed_at"], name="notification_claimed", condition=Q(state=State.CLAIMED)
            ),
            models.Index(
                fields=["recipient"],
                name="notification_unread",
                condition=Q(channel=Channel.IN_APP, read_at__isnull=True),
            ),
            # What goes along with a reminder: the person's own that wait.
            models.Index(
                fields=["recipient", "next_try_at"],
                name="notification_waiting",
                condition=Q(state=State.PLANNED),
            ),
            # Codes are few, and looked at each minute for whether any goes out at all.
            models.Index(fields=["due_at"], name="notification_sms", condition=Q(channel=Channel.SMS)),
            # The ledger, searched for what is rare.
            models.Index(
                fields=["state", "-id"],
                name="notification_unsent",
                condition=Q(state__in=(State.FAILED, State.BOUNCED, State.SUPPRESSED)),
            ),
            models.Index(
                fields=["channel", "-id"],
                name="notification_beside",
                condition=Q(channel__in=(Channel.SMS, Channel.CHAT, Channel.WECHAT)),
            ),
            models.Index(fields=["recipient", "-id"], name="notification_of_person"),
            models.Index(fields=["case", "-id"], name="notification_of_case"),
            models.Index(fields=["client", "-id"], name="notification_of_client"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}"

    @property
    def is_open(self) -> bool:
        """Still to be sent."""
        return self.state in (State.PLANNED, State.CLAIMED)

    @property
    def is_trouble(self) -> bool:
        return self.state in (State.FAILED, State.BOUNCED)


class Wording(models.Model):
    """One version of one message's words, by whom and when; the newest of a code counts, and none is ever changed.

    `parts` and `shipped` are `{"en": {part: words}, "zh": {…}}`: what holds from here on, and what shipped on that day.
    """

    code = models.CharField(max_length=48)
    parts = models.JSONField()
    shipped = models.JSONField(default=dict)  # empty for a text of the agency's own
    is_shipped = models.BooleanField(default=False)  # back to what ships, whatever that will be
    is_withdrawn = models.BooleanField(
        default=False
    )  # one of the agency's own that nobody may choose any more
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["code", "-id"], name="wording_newest")]

    def __str__(self) -> str:
        return f"{self.code} of {self.at:%Y-%m-%d}"


# ── What the agency speaks through ──────────────────────────────────────────────────────────────────────────────────


def robot_reference() -> str:
    return new_reference("B", 10)


class Robot(models.Model):
    """The agency's robot in a chat room. Its token is sealed; whoever wants another one adds another robot."""

    class Kind(models.TextChoices):
        DINGTALK = "dingtalk", "DingTalk 钉钉"
        WECOM = "wecom", "WeCom 企业微信"
        FEISHU = "feishu", "Feishu 飞书"

    reference = models.CharField(max_length=24, unique=True, default=robot_reference, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=60)  # of the room
    language = models.CharField(max_length=10, default="zh-hans")
    token_box = models.BinaryField()
    token_hint = models.CharField(max_length=12)  # as it is shown
    secret_box = models.BinaryField(null=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def row(self) -> str:
        """What its boxes are bound to."""
        return f"robot:{self.reference}"


class Outage(models.Model):
    """A way by which something has waited for an hour; one row from then until nothing does any more."""

    channel = models.CharField(max_length=8, choices=Channel)
    reason = models.CharField(max_length=40, blank=True)  # what most of the waiting rows say
    began_at = models.DateTimeField()  # when the oldest of them was due
    found_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel"], condition=Q(ended_at__isnull=True), name="outage_once_a_channel"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} since {self.began_at}"
