"""Sending: claim, prepare, hand over, settle. Each step ends in the database before the next one begins.

Killed at any line, the claim goes stale in five minutes and another worker takes it up. Only between handing over and
settling can nobody say how it ended; that is tried once more and not again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.core import signing
from django.db import InterfaceError, OperationalError
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.models import Audience
from cases.queries import may_see
from cases.services import history
from cases.services.phones import mint_code
from clients import sight
from clients.models import User
from clients.queries import the_agency
from clients.sealing import Locked, mask, unseal
from clients.services.invitations import mint_invitation_token
from hooks.events import MESSAGE
from hooks.services import promise
from letterbox.addresses import reply_address
from notifications import kinds, letters, recipients
from notifications.channels import ChannelError, chat, in_app, mail, sms, wechat
from notifications.letters import NotWanted
from notifications.models import STALE, Channel, Notification, Robot, State
from notifications.recipients import ONLY_HERE, Telling
from notifications.services import gathering
from notifications.services.planning import Occasion, database_now, has_wechat, plan
from notifications.services.texts import tell_of_broken
from trade.reminders import next_open

log = structlog.get_logger()

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=4)
TRIES = 10
LASTS = timedelta(
    days=5
)  # a server that is away ends no message before: RFC 5321, 4.5.4.1, "at least 4-5 days"
MOST_AT_ONCE = 500
LONGEST_SWEEP = 150  # seconds; well below the time limit of a task
UNSUBSCRIBE = "unsubscribe"  # the salt of the link; notifications.views reads it


@dataclass(frozen=True)
class Ready:
    """A message put together: what remains is to hand it over."""

    to: str  # as the ledger shows it
    send: Callable[[], None]


class Closed(Exception):
    """Reminders do not go out at this hour."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


def deliver(notification_id: int, *, now: datetime | None = None) -> str:
    """Send one message if it is due and nobody else is at it; the state it came to, empty where it was not ours."""
    with sight.every_client():
        notification = gathering.claim(notification_id, now or database_now())
    return _deliver(notification, now).state if notification else ""


def deliver_due(*, now: datetime | None = None, most: int = MOST_AT_ONCE) -> int:
    """Send what is due, one by one; how many were tried. A channel that does not answer is left for the next sweep."""
    away: set[str] = set()
    begun = time.monotonic()
    for count in range(most):
        if time.monotonic() - begun > LONGEST_SWEEP:
            return count
        with sight.every_client():
            notification = _claim_next(now or database_now(), away)
        if notification is None:
            return count
        outcome = _deliver(notification, now)
        if outcome.is_down:
            away.add(notification.channel)
    return most


def _claim_next(now: datetime, away: set[str]) -> Notification | None:
    """The oldest due row that no other worker holds."""
    for condition in ({"state": State.PLANNED, "next_try_at__lte": now}, _stale(now)):
        rows = Notification.objects.filter(**condition).exclude(channel__in=away)
        order = "next_try_at" if "next_try_at__lte" in condition else "claimed_at"
        held = rows.order_by(order, "id").select_for_update(skip_locked=True, of=("self",))
        pk = held.values_list("pk", flat=True).first()
        if pk is not None:
            return gathering.claim(pk, now)
    return None


def _stale(now: datetime) -> dict:
    return {"state": State.CLAIMED, "claimed_at__lt": now - STALE}


@dataclass(frozen=True)
class Outcome:
    state: str
    is_down: bool = False


def _deliver(notification: Notification, now: datetime | None) -> Outcome:
    """From the claim to the end of this try; whatever goes wrong is written into the row."""
    try:
        if notification.unknowns > 1:
            raise ChannelError("unknown_outcome", permanent=True)
        ready = _prepare(notification, now)
        _hand_over(notification, ready)
    except Closed as hours:
        for one in [*notification.along, notification]:
            _hold(one, hours.until)
        return Outcome(State.PLANNED)
    except NotWanted as reason:
        _let_go(notification)
        return _settle(notification, State.SUPPRESSED, reason.code, now)
    except ChannelError as error:
        for one in notification.along:
            _put_back(one, error, now)
        return _put_back(notification, error, now)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the claim goes stale, another worker goes on
    except Exception as error:  # noqa: BLE001  a row that cannot be written as a letter hurts itself only
        _complain("notification.not_written", notification, error)
        _let_go(notification)
        # A newer worker may know what this one does not; the tries end by themselves.
        return _put_back(notification, ChannelError("not_written"), now)
    for one in notification.along:
        _settle(one, State.SENT, "", now, to=ready.to)
    return _settle(notification, State.SENT, "", now, to=ready.to)


def _let_go(notification: Notification) -> None:
    if notification.along:
        with sight.every_client():
            gathering.let_go(notification)


def _drop(one: Notification, error: Exception, now: datetime) -> None:
    """What went along with another one and has no letter of its own."""
    if isinstance(error, NotWanted):
        _settle(one, State.SUPPRESSED, error.code, now)
    else:
        _complain("notification.not_written", one, error)
        _put_back(one, ChannelError("not_written"), now)


def _hand_over(notification: Notification, ready: Ready) -> None:
    """Whatever interrupts it but the channel's own word (a time limit, say) leaves nobody knowing how it ended."""
    try:
        ready.send()
    except ChannelError:
        raise
    except Exception as error:
        _complain("notification.interrupted", notification, error)
        raise ChannelError(_UNKNOWN.get(notification.channel, "mail_unknown"), unknown=True) from error


_UNKNOWN: dict[str, str] = {
    Channel.SMS: "sms_silent",
    Channel.CHAT: "chat_silent",
    Channel.WECHAT: "wechat_silent",
}


def _complain(what: str, notification: Notification, error: Exception) -> None:
    log.error(what, notification=notification.reference, error=type(error).__name__, where=_where(error))


def _where(error: BaseException) -> str:
    """File and line, without the words of the error: those may hold what no log may."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return f"{step.tb_frame.f_code.co_filename.rpartition('/')[2]}:{step.tb_lineno}" if step else ""


# ── Putting the message together ────────────────────────────────────────────────────────────────────────────────────


def _prepare(notification: Notification, now: datetime | None) -> Ready:
    """Who gets it and whether they still may know, as of now; then the words, and the note that it goes out."""
    rules = kinds.kind_of(notification.kind)
    with translation.override(notification.language), sight.every_client():
        now = now or database_now()
        if rules.lasts and now > notification.planned_at + rules.lasts:
            raise ChannelError("too_late", permanent=True)
        if rules.is_quiet:
            _ask_the_hour(notification, now)
        ready = _PREPARE[notification.channel](notification, now)
        mine = Notification.objects.filter(
            pk=notification.pk, state=State.CLAIMED, claimed_at=notification.claimed_at
        )
        if not mine.update(handed_at=now):
            raise NotWanted("overtaken")
        for one in notification.along:
            _mine(one).update(handed_at=now)
    return ready


def _ask_the_hour(notification: Notification, now: datetime) -> None:
    """A reminder that could not go when it was due does not go at night instead; by hand it goes at any hour."""
    by_itself = next_open(notification.due_at) == notification.due_at
    opens = next_open(now)
    if by_itself and opens > now and notification.channel != Channel.IN_APP:
        raise Closed(opens)


def _prepare_mail(notification: Notification, now: datetime) -> Ready:
    agency = the_agency()
    token = ""
    if notification.kind == "invitation.made":
        token = mint_invitation_token(notification.data["invitation"])
        if not token:
            raise NotWanted
    with _sight_for(notification):
        person = _person_of(notification)
        letter = letters.write(notification, agency, token=token)
    if notification.along:
        letter = gathering.letter_of(
            notification, letter, _letter_along, lambda one, why: _drop(one, why, now)
        )
    with _sight_for(notification):
        unsubscribe = "" if notification.is_essential else unsubscribe_link(person)
        context = {
            "letter": letter,
            "agency": agency,
            "greeting": letters.greeting(person),
            "why": letter.why,
            "unsubscribe_link": unsubscribe,
        }
        text = render_to_string("emails/letter/body.txt", context)
        html = render_to_string("emails/letter/body.html", context)
        reply_to = reply_address(notification.case, person) if notification.case else ""
    if letter.broken:
        tell_of_broken(letter.broken)
    to = notification.to if token else person.email
    # A second try of a letter with a fresh secret is another letter; all others are recognisable as the same.
    message_id = f"{notification.reference}.{notification.tries}" if token else notification.reference

    def send() -> None:
        mail.send(
            to=to,
            name=person.name,
            subject=letter.subject,
            text=text,
            html=html,
            agency=agency,
            message_id=message_id,
            unsubscribe=unsubscribe,
            reply_to=reply_to,
        )

    return Ready(to, send)


def _letter_along(notification: Notification) -> letters.Letter:
    """Of what goes with another one: in its own client's sight, and asked anew whether its reader may know of it."""
    with _sight_for(notification):
        _person_of(notification)
        return letters.write(notification, the_agency())


def _ask_along(notification: Notification) -> None:
    """The same where no letter is written."""
    with _sight_for(notification):
        _person_of(notification)
        letters.ask_whether_wanted(notification, the_agency())


def _sight_for(notification: Notification):
    """The client's own sight; what hangs on no client is read with the agency's."""
    if notification.client_id is None:
        return sight.every_client()
    return sight.some_clients([notification.client_id], user_id=notification.recipient_id)


def _person_of(notification: Notification) -> User:
    """The recipient as they stand now; raises `NotWanted` where they may not know of it any more."""
    if notification.recipient_id is None:
        raise NotWanted("left")
    may_be_closed = (
        notification.kind == kinds.ERASED
    )  # its reader has no account any more, and must hear of that
    person = User.objects.filter(pk=notification.recipient_id).first()
    if person is None or not (person.is_active or may_be_closed):
        raise NotWanted("left")
    notification.recipient = person
    if may_be_closed:
        return person
    if notification.kind == "invitation.made":
        return person  # the invitation's own row says whether it is still open
    if not may_see(person, notification.client_id, notification.case):
        raise NotWanted("left")
    is_unwanted = notification.channel == Channel.MAIL and not person.wants_reminders
    if is_unwanted and not notification.is_essential:
        raise NotWanted("switched_off")
    return person


def unsubscribe_link(person: User) -> str:
    """Signed, for this person only, good for ever: an old mail must still be able to end it."""
    signed = signing.dumps(person.reference, salt=UNSUBSCRIBE)
    return letters.address(reverse("notifications:unsubscribe", args=[signed]))


def _prepare_sms(notification: Notification, now: datetime) -> Ready:
    """The code is made here, goes out, and is nowhere kept; a retry makes a new one."""
    with _sight_for(notification):
        minted = mint_code(notification.data["verification"], now=now)
    if minted is None:
        raise NotWanted
    mobile, code = minted
    agency, case = the_agency(), notification.case
    words = {"code": code, "agency": agency.called, "site": case.domain_name if case else ""}
    text = (
        _(
            "%(code)s is your code for the filing of %(site)s, valid for 10 minutes. Give it only to whoever types it"
            " into the portal of %(agency)s with you."
        )
        % words
    )

    def send() -> None:
        sms.send(
            to=mobile,
            code=code,
            text=text,
            agency=agency,
            message_id=f"{notification.reference}.{notification.tries}",
        )

    return Ready(mask(mobile), send)


def _prepare_chat(notification: Notification, now: datetime) -> Ready:
    """Reference and duty, as long as somebody of those who chose the room may know of it."""
    robot = Robot.objects.filter(reference=notification.data.get("robot"), ended_at__isnull=True).first()
    if robot is None:
        raise NotWanted("robot_gone")
    if notification.case is not None and not _may_be_said(notification):
        raise NotWanted("left")
    letters.ask_the_clock(notification)
    try:
        token = unseal(robot.token_box, row=robot.row)
        secret = unseal(robot.secret_box, row=robot.row) if robot.secret_box else ""
    except Locked:
        raise ChannelError("chat_robot", permanent=True) from None
    words = letters.short(notification)
    if notification.case is not None:
        words += "\n" + letters.address(notification.case.get_absolute_url())
    text = f"ICP · {the_agency().called}\n{words}"

    def send() -> None:
        chat.send(kind=robot.kind, token=token, secret=secret, text=text, robot=robot.reference)

    return Ready(robot.name, send)


def _may_be_said(notification: Notification) -> bool:
    people = User.objects.filter(
        wants_chat=True,
        is_active=True,
        memberships__client__isnull=True,
        memberships__ended_at__isnull=True,
    ).distinct()
    return any(may_see(one, notification.client_id, notification.case) for one in people)


def _prepare_wechat(notification: Notification, now: datetime) -> Ready:
    """Reference and duty too: it lies with WeChat."""
    with _sight_for(notification):
        person = _person_of(notification)
        if not has_wechat(person):
            raise NotWanted("switched_off")
        case = notification.case
        letters.ask_whether_wanted(notification, the_agency())
        duty = letters.short(notification, with_reference=False)
    link = letters.address(case.get_absolute_url() if case else reverse("notifications:notification-list"))
    reference = case.reference if case else "–"
    if notification.along:
        gathering.gather(notification, _ask_along, lambda one, why: _drop(one, why, now))
    if along := notification.along:
        duty, link = gathering.short_of([notification, *along]), letters.address("/")
        reference += f" +{len(along)}"

    def send() -> None:
        wechat.send(
            to=person.wechat_id,
            reference=reference,
            duty=duty,
            link=link,
            message_id=notification.reference,
        )

    return Ready(mask(person.wechat_id), send)


def _prepare_in_app(notification: Notification, now: datetime) -> Ready:
    with _sight_for(notification):
        person = _person_of(notification)
    return Ready(person.email, in_app.send)


_PREPARE: dict[str, Callable[[Notification, datetime], Ready]] = {
    Channel.MAIL: _prepare_mail,
    Channel.SMS: _prepare_sms,
    Channel.CHAT: _prepare_chat,
    Channel.WECHAT: _prepare_wechat,
    Channel.IN_APP: _prepare_in_app,
}


# ── How it ended ────────────────────────────────────────────────────────────────────────────────────────────────────


def _put_back(notification: Notification, error: ChannelError, now: datetime | None) -> Outcome:
    """Later, each wait twice the last; or never. What nobody knows the end of is tried once more."""
    unknowns = notification.unknowns + error.unknown
    if error.permanent or unknowns > 1 or _has_had_its_tries(notification, error, now):
        state = State.BOUNCED if error.bounced else State.FAILED
        reason = "unknown_outcome" if unknowns > 1 else error.reason
        return _settle(notification, state, reason, now, is_down=error.down)
    with sight.every_client():
        now = now or database_now()
        doublings = min(max(notification.tries - 1, 0), TRIES)
        wait = error.wait or min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
        _mine(notification).update(
            state=State.PLANNED,
            reason=error.reason,
            next_try_at=now + wait,
            claimed_at=None,
            handed_at=None,
            tries=F("tries") - int(bool(error.wait)),
            unknowns=F("unknowns") + int(error.unknown),
        )
    log.warning(
        "notification.put_back",
        notification=notification.reference,
        channel=notification.channel,
        reason=error.reason,
        tries=notification.tries,
    )
    return Outcome(State.PLANNED, error.down)


def _has_had_its_tries(notification: Notification, error: ChannelError, now: datetime | None) -> bool:
    """Tried often enough. To be asked to wait is no failed try, and nobody's letter is to blame for a server away."""
    if notification.tries < TRIES or error.wait:
        return False
    return not error.down or (now or timezone.now()) > notification.due_at + LASTS


def _hold(notification: Notification, until: datetime) -> None:
    """Due at that hour, and no try of it was made."""
    with sight.every_client():
        _mine(notification).update(
            state=State.PLANNED,
            due_at=until,
            next_try_at=until,
            claimed_at=None,
            handed_at=None,
            tries=F("tries") - 1,
        )


def _settle(
    notification: Notification,
    state: str,
    reason: str,
    now: datetime | None,
    *,
    to: str = "",
    is_down: bool = False,
) -> Outcome:
    """The end of this delivery, with what follows from it, in one transaction."""
    with sight.every_client():
        now = now or database_now()
        is_sent = state == State.SENT
        won = _mine(notification).update(
            state=state,
            reason=reason,
            sent_at=now if is_sent else None,
            to=to or notification.to,
            handed_at=None,
        )
        if won and is_sent and notification.channel != Channel.IN_APP:
            _leave_trace(notification, to, now)
        if won and reason == "wechat_not_following":
            # Asked for again in vain with each message; whoever follows again chooses it again.
            User.objects.filter(pk=notification.recipient_id).update(wants_wechat=False)
        if won and state in (State.FAILED, State.BOUNCED):
            tell_of_failure(notification, state, now)
    log.info(
        "notification." + state,
        notification=notification.reference,
        channel=notification.channel,
        kind=notification.kind,
        reason=reason,
        tries=notification.tries,
    )
    return Outcome(state, is_down)


def _mine(notification: Notification):
    """The row as long as this claim stands; a slow worker whose claim went stale changes nothing any more."""
    return Notification.objects.filter(
        pk=notification.pk, state=State.CLAIMED, claimed_at=notification.claimed_at
    )


def _leave_trace(notification: Notification, to: str, now: datetime) -> None:
    """A mail or SMS about a case stands in its history; nobody is told of that again."""
    if notification.case is None:
        return
    person = notification.recipient
    is_internal = notification.channel == Channel.CHAT or (person is not None and person.standing.is_agency)
    history.record(
        notification.case,
        "message.sent",
        by=None,
        data={
            "notification": notification.reference,
            "message": notification.kind,
            "channel": notification.channel,
            "to": person.reference if person else to,
        },
        audience=Audience.INTERNAL if is_internal else Audience.CLIENT,
        at=now,
        is_told=True,
    )


def tell_of_failure(notification: Notification, state: str, now: datetime) -> None:
    """What could not be delivered becomes somebody's task."""
    case = notification.case
    people = recipients.staff_of(case) if case else recipients.managers()
    told = [
        Telling(person, kinds.UNDELIVERED, ONLY_HERE, {"notification": notification.reference})
        for person in people
    ]
    occasion = Occasion(
        f"undelivered:{notification.pk}",
        "undelivered",
        notification.pk,
        notification.client_id,
        notification.case_id,
    )
    plan(occasion, told, now=now)
    if case is not None:
        told_to_hooks = {"message": notification.reference, "kind": notification.kind, "state": state}
        promise(MESSAGE, f"message:{notification.pk}", case, told_to_hooks, now)
