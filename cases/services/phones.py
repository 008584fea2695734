"""Phone verification as the providers do it: a number nobody answers is found before they find it.

The row says *a code is to be sent*; the sender makes the code at that moment and only its HMAC is stored.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import facts
from cases.models import Case, Part, Person, PhoneVerification
from cases.promise import by_its_rules
from cases.services import history, waiting
from clients import sight
from clients.models import User
from clients.refusals import Conflict, TooMany
from clients.sealing import keyed_hash, mask
from trade import numbers

LIVES = timedelta(minutes=10)
TRIES = 3
AGAIN_AFTER = timedelta(seconds=60)
PER_NUMBER_AND_HOUR = 10  # over all clients: one stranger's number from ten cases
PER_CLIENT_AND_DAY = 60


def person_of(case: Case, part: str) -> Person:
    """Who answers for this part; a manager that is absent is the head."""
    person = case.manager if part == Part.MANAGER else case.head
    person = person or case.head
    if person is None or not person.mobile:
        raise facts.Invalid([facts.error("person", _("Give the mobile number of this person first."))])
    return person


def may_verify(case: Case, part: str | None = None, *, by: User) -> None:
    """Agency and the client's contact; a responsible person for their own number."""
    if by.standing.is_agency or by.standing.is_contact_of(case.client_id):
        return
    theirs = case.parts_of(by) if case.client_id in by.standing.by_client else set()
    if not theirs or (part and part not in theirs):
        raise PermissionDenied


@transaction.atomic
@by_its_rules
def ask_code(case: Case, part: str, *, by: User, now: datetime | None = None) -> PhoneVerification:
    """Ask for a code to the mobile of head or manager; it is sent in a moment and lives ten minutes.

    Raises `TooMany` within a minute of the last one or beyond the caps, `facts.Invalid` for a number abroad.
    """
    now = now or timezone.now()
    case = Case.objects.with_facts().locked(case)
    may_verify(case, part, by=by)
    person = person_of(case, part)
    if not numbers.check("mobile", person.mobile).valid:
        raise facts.Invalid([facts.error("person", _("Codes are sent to mainland mobile numbers only."))])
    hashed = keyed_hash(person.mobile, kind="mobile")
    last = case.phone_verifications.filter(mobile_hash=hashed).first()
    if last and not last.answered_at and now - last.asked_at < AGAIN_AFTER:
        wait = AGAIN_AFTER - (now - last.asked_at)
        raise TooMany(
            _("A code is on its way. Ask for another one in a minute."), wait=int(wait.total_seconds()) + 1
        )
    _keep_the_caps(case, hashed, now)
    case.phone_verifications.filter(answered_at__isnull=True, expires_at__gt=now).update(expires_at=now)
    asked = PhoneVerification.objects.create(
        case=case, client_id=case.client_id, part=person.part, mobile_hash=hashed, asked_at=now, asked_by=by
    )
    history.record(
        case,
        "phone.asked",
        by=by,
        data={"person": person.part, "verification": asked.pk, "mobile": mask(person.mobile)},
        at=now,
    )
    return asked


def _keep_the_caps(case: Case, hashed: str, now: datetime) -> None:
    """A number is rung ten times an hour at most, whichever client asks; the count needs every client's rows."""
    hour, today = now - timedelta(hours=1), now - timedelta(days=1)
    with connection.cursor() as cursor:  # one after the other, for each asks from a filing of its own
        for asker in (f"client:{case.client_id}", f"number:{hashed}"):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"sms:{asker}"])
    theirs = PhoneVerification.objects.filter(client_id=case.client_id)
    if theirs.filter(asked_at__gt=today).count() >= PER_CLIENT_AND_DAY:
        raise TooMany(_("Too many codes for one day. Try again tomorrow."), wait=3600)
    with sight.every_client():
        if (
            PhoneVerification.objects.filter(mobile_hash=hashed, asked_at__gt=hour).count()
            >= PER_NUMBER_AND_HOUR
        ):
            raise TooMany(_("Too many codes were asked for this number. Try again in an hour."), wait=3600)


@transaction.atomic
def mint_code(verification_id: int, *, now: datetime | None = None) -> tuple[str, str] | None:
    """The mobile and a fresh six-digit code for the sender; None where it is no longer wanted.

    A second call makes a new code and ends the first.
    """
    now = now or timezone.now()
    asked = PhoneVerification.objects.select_for_update().get(pk=verification_id)
    person = asked.case.people.filter(part=asked.part).first()
    if asked.answered_at or person is None or keyed_hash(person.mobile, kind="mobile") != asked.mobile_hash:
        return None
    if asked.case.phone_verifications.filter(mobile_hash=asked.mobile_hash, pk__gt=asked.pk).exists():
        return None  # a newer one was asked for before this one was sent
    code = f"{secrets.randbelow(10**6):06d}"
    asked.code_hmac = _stamp(asked, code)
    asked.sent_at, asked.expires_at, asked.tries = now, now + LIVES, 0
    asked.save(update_fields=["code_hmac", "sent_at", "expires_at", "tries"])
    return person.mobile, code


def _stamp(asked: PhoneVerification, code: str) -> str:
    """A code belongs to one number, person and case."""
    return keyed_hash(f"{asked.pk}:{asked.mobile_hash}:{code}", kind="phone_code")


def confirm_code(case: Case, part: str, code: str, *, by: User, now: datetime | None = None) -> None:
    """The person read the code out: their mobile is verified, for both parts where one number serves both.

    Raises `facts.Invalid` for a wrong code, `Conflict` where it expired, was tried too often or was never asked for.
    """
    refusal = _try_code(case, part, code, by=by, now=now or timezone.now())
    if refusal:
        raise refusal


@transaction.atomic
def _try_code(case: Case, part: str, code: str, *, by: User, now: datetime) -> Exception | None:
    """Counts the try in its own transaction, so that a refusal does not take the count back."""
    case = Case.objects.with_facts().locked(case)
    may_verify(case, part, by=by)
    person = person_of(case, part)
    hashed = keyed_hash(person.mobile, kind="mobile")
    asked = case.phone_verifications.select_for_update().filter(mobile_hash=hashed).first()
    if asked is not None and asked.answered_at and person.mobile_verified_at:
        return None  # said twice; it was right the first time
    if asked is None or not asked.sent_at or asked.answered_at:
        return Conflict(_("Ask for a code first."), "no_code")
    if asked.tries >= TRIES:
        return Conflict(_("Three wrong tries. Ask for a new code."), "tries_used_up")
    if asked.expires_at is None or asked.expires_at <= now:
        return Conflict(_("This code has run out. Ask for a new one."), "expired")
    asked.tries += 1
    if not hmac.compare_digest(_stamp(asked, code.strip()), asked.code_hmac):
        asked.save(update_fields=["tries"])
        return facts.Invalid(
            [facts.error("code", _("This is not the code we sent. Look again."), "wrong_code")]
        )
    asked.answered_at = now
    asked.save(update_fields=["tries", "answered_at"])
    for one in case.people.all():
        if one.mobile == person.mobile:
            one.mobile_verified_at = now
            one.save(update_fields=["mobile_verified_at"])
            history.record(case, "phone.verified", by=by, data={"person": one.part}, at=now)
    waiting.refresh(Case.objects.with_facts().get(pk=case.pk), now=now)
    return None
