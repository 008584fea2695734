"""A granted erasure is carried out: everything but the address in one transaction, then a receipt, then the address.

Killed at any line, the transaction is as if it had never begun and the next ring begins again. Papers are only marked
here; they go the way of every paper, with its certificate. What a rule keeps is a row of its own and goes on its day.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import F, Func, Q, TextField, Value
from django.utils import timezone

from cases.deadlines import beijing_day
from cases.models import (
    Case,
    Commercial,
    Duty,
    Finding,
    IncomingRow,
    Part,
    Person,
    PhoneVerification,
    Photo,
    Proposal,
    Reopening,
    Requirement,
    SavedView,
    Subject,
    Watch,
)
from clients.models import (
    ERASED,
    ApiToken,
    CalendarFeed,
    IdempotencyKey,
    Invitation,
    Membership,
    User,
)
from clients.sealing import keyed_hash
from clients.services.traces import record
from clients.sight import every_client
from documents import services as papers
from documents.models import HANDOUT_LIFE, Document, Export, Handout, Upload
from letterbox.models import Letter, LetterFile
from letterbox.models import State as LetterState
from notifications.models import Notification
from notifications.models import State as Sending
from rights import erased, weighing
from rights.models import Erasure, ErasureState, OwnCopy, Remainder
from rights.weighing import Weighed
from trade.kinds import SUBJECT_KINDS

log = structlog.get_logger()

UNHEARD = timedelta(days=6)  # a receipt that nobody can deliver does not keep the address for ever
NAMELESS = "paper"  # what a file is called whose name may have named somebody
# What others wrote about a person's filings in their own words: a name, an address or a number in it goes.
WRITTEN = (
    (Document, "note"),
    (Requirement, "words"),
    (Reopening, "note"),
    (Case, "hold_note"),
    (Duty, "note"),
    (Finding, "note"),
    (Proposal, "text"),
    (Commercial, "why"),
    (Commercial, "carried"),
    (Watch, "off_note"),
)
OVER = (Sending.SENT, Sending.FAILED, Sending.BOUNCED, Sending.SUPPRESSED)


def waiting_erasures() -> list[int]:
    """Ids of what is decided and not carried out to its end."""
    with every_client():
        rows = Erasure.objects.filter(state__in=[ErasureState.GRANTED, ErasureState.BLANKED])
        return list(rows.order_by("id").values_list("pk", flat=True)[:200])


def carry_out(erasure_id: int, *, now: datetime | None = None) -> str:
    """As far as it goes now; the state it came to. Twice is once."""
    now = now or timezone.now()
    with every_client():
        row = _held(erasure_id)
        if row.state == ErasureState.GRANTED:
            blank(row, now)
            log.info("erasure.blanked", erasure=row.reference)
        elif row.state == ErasureState.BLANKED and _is_told(row, now):
            forget_address(row, now)
            log.info("erasure.done", erasure=row.reference)
    return row.state


def _held(erasure_id: int) -> Erasure:
    """The row, held until the transaction ends; a second worker waits and finds it done."""
    rows = Erasure.objects.select_for_update(of=("self",)).select_related("user", "decided_by")
    return rows.get(pk=erasure_id)


# ── Everything but the address ──────────────────────────────────────────────────────────────────────────────────────


def blank(row: Erasure, now: datetime, *, is_again: bool = False) -> None:
    user = row.user
    found = weighing.weigh(user, beijing_day(now))
    stays = [_remainder(row, stay, user.email) for stay in found.stays]
    Remainder.objects.bulk_create(stays, ignore_conflicts=True)
    if not is_again:
        erased.write(_line(row, now))
    counted = blank_history(row)
    pattern = pattern_of([user.email, user.name, user.name_zh, user.wechat_id, *words_of(found.facts)])
    without(pattern, found.client_ids)
    counted |= _blank_facts(found)
    counted["papers"] = papers.claim_for(row.reference, [one.pk for one in found.papers], now=now)
    counted["letters"] = _blank_letters(user)
    counted["messages"] = _blank_messages(user)
    _blank_files(user, now)
    _blank_cells(user, found.client_ids)
    _close(user, now)
    Erasure.objects.filter(user=user, state=ErasureState.REFUSED).update(reason="████")
    row.state, row.blanked_at, row.record = ErasureState.BLANKED, now, counted | {"stays": len(stays)}
    row.save(update_fields=["state", "blanked_at", "record"])
    if not is_again:
        # Its telling is the receipt, and the address goes once it is out.
        told = {name: counted[name] for name in ("facts", "filings", "papers", "letters")}
        kept = [
            {"case": stay.case.reference, "kind": stay.kind, "rule": stay.rule, "until": _as_day(stay.until)}
            for stay in found.stays
        ]
        record("erasure.done", by=None, about=user, erasure=row.reference, **told, stays=kept)


def _as_day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _line(row: Erasure, now: datetime) -> dict[str, Any]:
    """What the list keeps: enough to do it again, and nobody's name."""
    assert row.decided_by is not None
    assert row.decided_at is not None
    return {
        "reference": row.reference,
        "person": row.user.reference,
        "asked_at": row.asked_at.isoformat(),
        "answer_by": row.answer_by.isoformat(),
        "decided_by": row.decided_by.reference,
        "decided_at": row.decided_at.isoformat(),
        "at": now.isoformat(),
    }


def _remainder(row: Erasure, stay: weighing.Stay, address: str) -> Remainder:
    return Remainder(
        erasure=row,
        client_id=stay.case.client_id,
        case=stay.case,
        of=stay.of,
        kind=stay.kind,
        rule=stay.rule,
        until=stay.until,
        mark=mark_of(address),
    )


def mark_of(address: str) -> str:
    """By which a person is known again in a filing, and by nothing else."""
    return keyed_hash(address.strip().lower(), kind="erased") if address else ""


def blank_history(row: Erasure) -> dict[str, Any]:
    """By the database's own function, which finds by the row whose words are meant."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rights_blank_history(%s)", [row.pk])
        told = cursor.fetchone()[0]
    return json.loads(told)


def pattern_of(words: Iterable[str]) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rights_pattern(%s)", [[word for word in words if word]])
        return cursor.fetchone()[0]


def words_of(people: Iterable[Person]) -> list[str]:
    names = ("email", "name", "mobile", "landline", "emergency_mobile", "address")
    return [getattr(one, name) for one in people for name in names]


class Without(Func):
    """A text without what the pattern finds."""

    function = "rights_without"
    output_field = TextField()


def without(pattern: str | None, client_ids: list[int]) -> None:
    if pattern is None:
        return
    for model, name in WRITTEN:
        rows = getattr(model, "everything", model.objects).filter(client__in=client_ids)
        rows.filter(**{f"{name}__iregex": pattern}).update(**{name: Without(F(name), Value(pattern))})


def _blank_facts(found: Weighed) -> dict[str, Any]:
    """Of filings that are over: the person, and the applicant where that is the person."""
    blank_people(Person.objects.filter(pk__in=[person.pk for person in found.facts]))
    return {"facts": len(found.facts), "filings": len({person.case_id for person in found.facts})}


def blank_people(people: Any) -> None:
    """These rows of filings that are over, and what else names the same person there."""
    rows = list(people.values_list("case_id", "part", "email"))
    cases = [case_id for case_id, _part, _email in rows]
    heads = [case_id for case_id, part, _email in rows if part == Part.HEAD]
    addresses = {email.lower() for _case, _part, email in rows if email}
    for part in {part for _case, part, _email in rows}:
        mine = [case_id for case_id, one, _email in rows if one == part]
        PhoneVerification.objects.filter(case__in=mine, part=part).delete()
        Finding.objects.filter(Q(place=part) | Q(place__startswith=f"{part}."), case__in=mine).delete()
    people.update(
        is_legal_representative=None,
        name="",
        nationality="",
        id_kind="",
        id_number_sealed=None,
        id_number_tail="",
        id_number_hash="",
        id_valid_until=None,
        birth_date=None,
        email="",
        mobile="",
        mobile_verified_at=None,
        landline="",
        address="",
        emergency_mobile="",
        name_differs=None,
    )
    individuals = [code for code, kind in SUBJECT_KINDS.items() if kind.is_individual]
    Subject.objects.filter(case__in=heads, kind__in=individuals).update(
        name="",
        name_zh="",
        id_number_sealed=None,
        id_number_tail="",
        id_number_hash="",
        certificate_address="",
        contact_address="",
    )
    Photo.objects.filter(case__in=cases).update(link="", link_for="")
    for address in addresses:
        Case.everything.filter(pk__in=cases, platform_email__iexact=address).update(platform_email="")


def _blank_letters(user: User) -> int:
    """What they wrote by mail: sealed words, sender and names of files; the files go with the next sweep."""
    theirs = Letter.objects.filter(Q(person=user) | Q(sender__iexact=user.email))
    ids = list(theirs.values_list("pk", flat=True))
    LetterFile.objects.filter(letter__in=ids).update(is_settled=True, filename=NAMELESS)
    for letter in Letter.objects.filter(pk__in=ids):
        letter.write("", "")
        letter.sender = ""
        if letter.state == LetterState.UNSORTED:
            letter.state = LetterState.DISCARDED
        letter.save(update_fields=["sealed", "sender", "state"])
    Proposal.objects.filter(by=user).exclude(text="").update(text="")
    return len(ids)


def _blank_messages(user: User) -> int:
    """Addresses in the ledger; what has not gone out yet is not needed any more. The lines stay: they name nobody."""
    theirs = Notification.own.filter(Q(recipient=user) | Q(to__iexact=user.email))
    theirs.filter(state__in=[Sending.PLANNED, Sending.CLAIMED]).update(
        state=Sending.SUPPRESSED, reason="left"
    )
    return theirs.exclude(to="").update(to="")


def _blank_files(user: User, now: datetime) -> None:
    """What they named and what was made for them: no name of a file, and no archive that can still be fetched."""
    Upload.objects.filter(by=user).update(filename=NAMELESS)
    Document.objects.filter(sent_by=user).exclude(filename="").update(filename=NAMELESS)
    long_ago = now - 2 * HANDOUT_LIFE
    for model in (OwnCopy, Export, Handout):
        made = model.objects.filter(asked_by=user, dropped_at__isnull=True)
        made.filter(made_at__isnull=False).update(made_at=long_ago)
        made.filter(made_at__isnull=True).update(problem="left", asked_at=long_ago)
    Export.objects.filter(asked_by=user).update(query={})


def _blank_cells(user: User, client_ids: list[int]) -> None:
    """Cells of a spreadsheet that brought them in."""
    rows = IncomingRow.objects.filter(client__in=client_ids)
    for word in {user.email, user.email.lower(), user.name, user.name_zh} - {""}:
        rows.filter(cells__contains=[word]).update(
            cells=Func(F("cells"), Value(word), Value(""), function="array_replace")
        )


def _close(user: User, now: datetime) -> None:
    """The account: no way in, no name, no place; the address alone is left for the receipt."""
    keys = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    Session.objects.filter(session_key__in=list(keys)).delete()
    for model in (
        UserSession,
        Authenticator,
        EmailAddress,
        ApiToken,
        CalendarFeed,
        IdempotencyKey,
        SavedView,
    ):
        model.objects.filter(user=user).delete()
    Membership.objects.current().filter(user=user).update(ended_at=now)
    Photo.objects.filter(link_for__iexact=user.email).update(link="", link_for="")
    theirs = Invitation.objects.filter(email__iexact=user.email)
    theirs.filter(accepted_at__isnull=True, revoked_at__isnull=True).update(revoked_at=now)
    theirs.update(email=address_of(user), name="", token_hash="", is_prepared=False)
    user.set_unusable_password()
    user.name = user.name_zh = user.wechat_id = user.cases_view = ""
    user.is_active = user.wants_reminders = user.wants_chat = user.wants_wechat = False
    user.save()


def address_of(user: User) -> str:
    """What stands where the address stood."""
    return user.reference.lower() + ERASED


# ── The receipt is out ──────────────────────────────────────────────────────────────────────────────────────────────


def _is_told(row: Erasure, now: datetime) -> bool:
    """The receipt was delivered, or nobody can deliver it."""
    if row.blanked_at is None or now > row.blanked_at + UNHEARD:
        return True
    told = Notification.own.filter(recipient=row.user, kind="erasure.done")
    states = set(told.values_list("state", flat=True))
    return bool(states) and states <= set(OVER)


def forget_address(row: Erasure, now: datetime) -> None:
    user = row.user
    Notification.own.filter(recipient=user).exclude(to="").update(to="")
    User.objects.filter(pk=user.pk).update(email=address_of(user))
    row.state, row.erased_at = ErasureState.ERASED, now
    row.save(update_fields=["state", "erased_at", "replayed_at"])
