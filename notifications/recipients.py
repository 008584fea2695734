"""Who is told of what, and by which way: one function per kind of event; and who may still know when it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cases.models import Case, CaseEvent, Person, PhoneVerification, Photo
from cases.models.event import Audience
from cases.queries import may_see
from clients.models import AuditEvent, Membership, Role, User
from clients.queries import stand_ins
from clients.templatetags.look import today
from notifications import kinds
from notifications.models import Channel, Notification

MANY_REVEALS = 30  # numbers shown in clear to one person within an hour, after which somebody is told

TOGETHER = timedelta(minutes=1)

BOTH = (Channel.IN_APP, Channel.MAIL)
ONLY_HERE = (Channel.IN_APP,)
ONLY_MAIL = (Channel.MAIL,)


@dataclass(frozen=True)
class Telling:
    """One person to be told by some ways; `person` is None for a number that is nobody's account."""

    person: User | None
    kind: str
    channels: tuple[str, ...]
    data: dict[str, Any] = field(default_factory=dict)
    to: str = ""
    language: str = ""
    wait: timedelta = timedelta()  # before it goes out, for what follows to go along


# ── People of a case ────────────────────────────────────────────────────────────────────────────────────────────────


def contacts(client_id: int) -> list[User]:
    """Who speaks for the client today."""
    return contacts_of({client_id}).get(client_id, [])


def contacts_of(client_ids: Iterable[int]) -> dict[int, list[User]]:
    """Who speaks for each of these clients today, in one query."""
    places = Membership.objects.current().filter(
        client_id__in=list(client_ids), role=Role.CONTACT, user__is_active=True
    )
    found: dict[int, list[User]] = {}
    for place in places.select_related("user").order_by("user_id"):
        found.setdefault(place.client_id or 0, []).append(place.user)
    return found


def concerned(case: Case) -> list[User]:
    """Who must do something in person: the contacts, and those whom the case names as head or manager."""
    answering = answering_for({case.pk: case.client_id}).get(case.pk, [])
    return list({person.pk: person for person in (*contacts(case.client_id), *answering)}.values())


def answering_for(clients: Mapping[int, int]) -> dict[int, list[User]]:
    """Of these cases, each with its client: who answers for one in person, in two queries."""
    named = Person.objects.filter(case_id__in=list(clients)).exclude(email="")
    wanted = [(case_id, email.lower()) for case_id, email in named.values_list("case_id", "email")]
    places = Membership.objects.current().filter(
        client_id__in=set(clients.values()),
        role=Role.RESPONSIBLE,
        user__is_active=True,
        user__email__in={email for _case, email in wanted},
    )
    known = {(place.client_id, place.user.email): place.user for place in places.select_related("user")}
    found: dict[int, list[User]] = {}
    for case_id, email in wanted:
        if person := known.get((clients[case_id], email)):
            found.setdefault(case_id, []).append(person)
    return found


def managers() -> list[User]:
    """The agency's managers; its administrators where it has none."""
    return _at_agency(Role.MANAGER) or administrators()


def administrators() -> list[User]:
    return _at_agency(Role.ADMINISTRATOR)


def _at_agency(role: str) -> list[User]:
    found = User.objects.filter(
        is_active=True,
        memberships__client__isnull=True,
        memberships__role=role,
        memberships__ended_at__isnull=True,
    ).order_by("pk")
    return list(found.distinct())


def agency_people() -> dict[int, User]:
    """All who have a place at the agency today, by their id."""
    places = Membership.objects.current().filter(client__isnull=True, user__is_active=True)
    return {place.user_id: place.user for place in places.select_related("user")}


def staff_of(case: Case) -> list[User]:
    """The account manager, as long as they see the client, else the managers; and who stands in for them today."""
    person = case.account_manager
    if person is not None and may_see(person, case.client_id, case):
        return with_stand_ins([person])
    return with_stand_ins(managers())


def with_stand_ins(people: Iterable[User]) -> list[User]:
    """These people, and for each who is away whoever stands in: nobody is left out, for dates may be wrong."""
    by = stand_ins(today())
    told = {one.pk: one for person in people for one in (person, *by.get(person.pk, ()))}
    return list(told.values())


# ── What happened to a case ─────────────────────────────────────────────────────────────────────────────────────────


def of_case_event(event: CaseEvent) -> list[Telling]:
    """Everybody who is told of this event, the one who made it happen excepted."""
    tell = _OF_CASE.get(event.kind)
    if tell is None:
        return []
    case = event.case
    told = [one for one in tell(event, case) if one.person is None or one.person.pk != event.by_id]
    return _once(told)


def _once(told: Iterable[Telling]) -> list[Telling]:
    """A person who is contact and manager of the site at once hears it once."""
    seen: dict[int, Telling] = {}
    rest: list[Telling] = []
    for one in told:
        if one.person is None:
            rest.append(one)
        elif one.person.pk not in seen:
            seen[one.person.pk] = one
    return [*seen.values(), *rest]


def _to(people: Iterable[User], kind: str, channels: tuple[str, ...], /, **data: Any) -> Iterator[Telling]:
    for person in people:
        yield Telling(person, kind, channels, data)


def _moved(event: CaseEvent, case: Case) -> Iterator[Telling]:
    kind, move = f"moved.{event.move}", event.move
    if move in ("correct", "step_back"):
        yield from _to(_once_told(case), kind, BOTH)
    yield from _to(_client_side(move, case), kind, _MOVES.get(move, ONLY_HERE))
    yield from _to(staff_of(case), kind, ONLY_HERE)


# Mailed at once, at any hour: what opens tasks, what must not be missed, what was granted. The rest is in the portal.
_MOVES: dict[str, tuple[str, ...]] = {
    "submit": BOTH,  # the provider rings, and who rings is told before
    "pass_pre_audit": BOTH,
    "return_for_changes": BOTH,
    "reject": BOTH,
    "finish_photo": BOTH,
    "grant_licence": BOTH,
    "file_psb": BOTH,
    "grant_commercial_licence": BOTH,
    "withdraw": BOTH,
    "cancel": BOTH,
    "correct": BOTH,
    "step_back": BOTH,
}


def _client_side(move: str, case: Case) -> list[User]:
    """The provider's call, the face check and the ministry's code are answered in person."""
    in_person = move in ("submit", "pass_pre_audit", "finish_photo")
    return concerned(case) if in_person else contacts(case.client_id)


def _once_told(case: Case) -> list[User]:
    """Whoever at the client heard of this case's moves by mail before, if they still may."""
    before = Notification.objects.filter(
        case=case, kind__startswith="moved.", channel=Channel.MAIL, recipient__isnull=False
    )
    people = User.objects.filter(pk__in=before.values("recipient_id"), is_active=True).order_by("pk")
    return [person for person in people if may_see(person, case.client_id, case)]


def _opened(event: CaseEvent, case: Case) -> Iterator[Telling]:
    """Whoever has not come in yet has the invitation, and no second mail beside it."""
    for person in contacts(case.client_id):
        yield Telling(person, "case.opened", BOTH if person.last_login else ONLY_HERE)
    yield from _to(staff_of(case), "case.opened", ONLY_HERE)


def _paper(event: CaseEvent) -> dict[str, Any]:
    return {name: event.data.get(name, "") for name in ("kind", "of", "requirement")}


def _paper_back(event: CaseEvent, case: Case) -> Iterator[Telling]:
    yield from _to(contacts(case.client_id), event.kind, BOTH, **_paper(event))


def _paper_come(event: CaseEvent, case: Case) -> Iterator[Telling]:
    yield from _to(staff_of(case), event.kind, ONLY_HERE, **_paper(event))


def _face_link(event: CaseEvent, case: Case) -> Iterator[Telling]:
    """The one person whom the link was given for, where they have a place at the client."""
    photo = Photo.objects.filter(case=case).exclude(link="").first()
    if photo is None:
        return
    places = Membership.objects.current().filter(
        client_id=case.client_id, user__email__iexact=photo.link_for, user__is_active=True
    )
    people = [place.user for place in places.select_related("user").order_by("user_id")]
    yield from _to(people, "photo.link_given", BOTH)


def _note(event: CaseEvent, case: Case) -> Iterator[Telling]:
    if event.audience != Audience.CLIENT:
        return
    if run := event.data.get("run"):
        # Written to many filings at once: whoever reads several of them gets one mail.
        for person in contacts(case.client_id):
            yield Telling(person, kinds.NOTE, BOTH, {"run": run}, wait=TOGETHER)
    elif _is_agency(event):
        yield from _to(contacts(case.client_id), kinds.NOTE, BOTH)
    else:
        yield from _to(staff_of(case), "note.from_client", ONLY_HERE)


def _other_side(event: CaseEvent, case: Case) -> Iterator[Telling]:
    """What one side did, the other hears in the portal."""
    people = contacts(case.client_id) if _is_agency(event) else staff_of(case)
    yield from _to(people, event.kind, ONLY_HERE, **_paper(event))


def _sms_missed(event: CaseEvent, case: Case) -> Iterator[Telling]:
    yield from _to(concerned(case), "sms.missed", BOTH)
    yield from _to(staff_of(case), "sms.missed", BOTH)


def _call_missed(event: CaseEvent, case: Case) -> Iterator[Telling]:
    """They ring again within the hour: whoever has a phone in the filing hears at once, and who answers for it."""
    yield from _to(concerned(case), event.kind, BOTH)
    yield from _to(staff_of(case), event.kind, BOTH)


def _live_site(event: CaseEvent, case: Case) -> Iterator[Telling]:
    """The client's people run the site and mend it; whoever answers for the filing sees that they do."""
    data = {name: event.data[name] for name in ("site", "site_why") if name in event.data}
    yield from _to(contacts(case.client_id), event.kind, BOTH, **data)
    yield from _to(staff_of(case), event.kind, BOTH, **data)


def _check(event: CaseEvent, case: Case) -> Iterator[Telling]:
    yield from _to(contacts(case.client_id), event.kind, BOTH)
    yield from _to(staff_of(case), event.kind, ONLY_HERE)


def _psb_back(event: CaseEvent, case: Case) -> Iterator[Telling]:
    yield from _to(contacts(case.client_id), event.kind, BOTH)
    yield from _to(staff_of(case), event.kind, ONLY_HERE)


def _licence_news(event: CaseEvent, case: Case) -> Iterator[Telling]:
    """An appointment is kept by the client in person; a refusal is theirs to know."""
    if event.data.get("on") or event.kind == "application.refused":
        yield from _to(contacts(case.client_id), event.kind, BOTH)
        yield from _to(staff_of(case), event.kind, ONLY_HERE)


def _reminded(event: CaseEvent, case: Case) -> Iterator[Telling]:
    """By hand: the same letter that a case which waits sends by itself."""
    yield from _to(contacts(case.client_id), kinds.NUDGE, BOTH)


def _phone_asked(event: CaseEvent, case: Case) -> Iterator[Telling]:
    """The row says that a code is to be sent; the sender makes it. The number stays masked."""
    verification = event.data.get("verification")
    if not PhoneVerification.objects.filter(pk=verification, case=case).exists():
        return
    yield Telling(
        None,
        kinds.PHONE_CODE,
        (Channel.SMS,),
        {"verification": verification, "part": event.data.get("person", "")},
        to=event.data.get("mobile", ""),
        language=event.by.language if event.by else "zh-hans",
    )


def _revealed(event: CaseEvent, case: Case) -> Iterator[Telling]:
    """Somebody who looks at very many numbers in clear is looked at."""
    lately = CaseEvent.objects.filter(
        client_id=event.client_id,
        kind="numbers.revealed",
        by_id=event.by_id,
        at__gt=event.at - timedelta(hours=1),
    )
    if lately.count() >= MANY_REVEALS:
        yield from _to(managers(), "numbers.many", ONLY_HERE)


def _promise(event: CaseEvent, case: Case) -> Iterator[Telling]:
    """Whoever answers for the case can still tell the client before the day does."""
    yield from _to(staff_of(case), event.kind, ONLY_HERE)


def _is_agency(event: CaseEvent) -> bool:
    return event.by is None or event.by.standing.is_agency


_OF_CASE: dict[str, Callable[[CaseEvent, Case], Iterable[Telling]]] = {
    "case.moved": _moved,
    "case.opened": _opened,
    "paper.returned": _paper_back,
    "paper.refused": _paper_back,
    "paper.available": _paper_come,
    "paper.trouble": _paper_come,
    "paper.withdrawn": _other_side,
    "note.written": _note,
    "task.reported": _other_side,
    "result.reported": _other_side,
    "sms.entered": _other_side,
    "sms.missed": _sms_missed,
    "commercial.appointment": _licence_news,
    "application.refused": _licence_news,
    "call.missed": _call_missed,
    "call.answered": _other_side,
    "site.amiss": _live_site,
    "site.mended": _live_site,
    "site.away": _live_site,
    "site.back": _live_site,
    "check.noticed": _check,
    "psb.returned": _psb_back,
    "psb.handed_in": _other_side,
    "application.handed_in": _other_side,
    "photo.link_given": _face_link,
    "photo.place_chosen": _other_side,
    "curtain.sent": _other_side,
    "client.reminded": _reminded,
    "promise.endangered": _promise,
    "phone.asked": _phone_asked,
    "numbers.revealed": _revealed,
}


# ── What happened around people ─────────────────────────────────────────────────────────────────────────────────────


def of_audit_event(event: AuditEvent) -> list[Telling]:
    """Everybody who is told of this event."""
    tell = _OF_AUDIT.get(event.kind)
    return _once(tell(event)) if tell else []


def _invited(event: AuditEvent) -> Iterator[Telling]:
    """The invited address and no other; the sender makes the link."""
    invitation = event.invitation
    if invitation is None or event.about is None:
        return
    yield Telling(
        event.about,
        "invitation.made",
        ONLY_MAIL,
        {"invitation": invitation.pk, "role": invitation.role},
        to=invitation.email,
    )


def _accepted(event: AuditEvent) -> Iterator[Telling]:
    invitation = event.invitation
    if invitation is not None and invitation.invited_by is not None:
        yield from _to([invitation.invited_by], event.kind, ONLY_HERE, person=_reference(event.about))


def _about_them(event: AuditEvent) -> Iterator[Telling]:
    if event.about is not None and event.about_id != event.by_id:
        yield from _to([event.about], event.kind, ONLY_HERE)


def _let_back_in(event: AuditEvent) -> Iterator[Telling]:
    """Whoever did not ask for it must hear that their old keys are gone."""
    if event.about is not None:
        yield from _to([event.about], event.kind, BOTH)


def _reference(person: User | None) -> str:
    return person.reference if person else ""


def _cover(event: AuditEvent) -> Iterator[Telling]:
    """Whoever stands in must know before the first clock does."""
    if event.about is not None and event.about_id != event.by_id:
        channels = BOTH if event.kind == "cover.named" else ONLY_HERE
        yield from _to([event.about], event.kind, channels, **_days(event))


def _cover_fell(event: AuditEvent) -> Iterator[Telling]:
    """Nobody stands in for them any more: an administrator names another, or they do."""
    away = [event.about] if event.about is not None else []
    people = {one.pk: one for one in (*administrators(), *away)}
    yield from _to(people.values(), event.kind, BOTH, **_days(event), stand_in=event.data.get("stand_in", ""))


def _handed_over(event: AuditEvent) -> Iterator[Telling]:
    """All of them in one message, however many."""
    if event.about is not None and event.about_id != event.by_id:
        data = {name: event.data.get(name, "") for name in ("person", "rows", "codes")}
        yield from _to([event.about], event.kind, BOTH, **data)


def _days(event: AuditEvent) -> dict[str, str]:
    return {name: event.data.get(name, "") for name in ("person", "who", "from", "until")}


def _hook_disabled(event: AuditEvent) -> Iterator[Telling]:
    """Only administrators can mend it."""
    yield from _to(administrators(), event.kind, BOTH, hook=event.data.get("name", ""))


def _consent(event: AuditEvent) -> Iterator[Telling]:
    """Each who answers for an open filing of the client, once, however many there are."""
    if event.client_id is None or (event.kind == "consent.given" and not event.data.get("again")):
        return
    cases = Case.objects.filter(client_id=event.client_id).open().select_related("account_manager")
    people = {person.pk: person for case in cases for person in staff_of(case)} or {
        person.pk: person for person in managers()
    }
    channels = BOTH if event.kind == "consent.withdrawn" else ONLY_HERE
    client = event.client.name if event.client else ""
    yield from _to(people.values(), event.kind, channels, client=client)


def _erasure_asked(event: AuditEvent) -> Iterator[Telling]:
    """Administrators answer; and whoever asked hears of it, for it may not have been them."""
    yield from _erasure_due(event)
    if event.about is not None:
        yield Telling(event.about, kinds.ERASURE_NOTED, BOTH, _answered_by(event))


def _erasure_due(event: AuditEvent) -> Iterator[Telling]:
    """To those who answer; near its day in the same words again."""
    yield from _to(administrators(), kinds.ERASURE_ASKED, BOTH, **_answered_by(event))


def _answered_by(event: AuditEvent) -> dict[str, str]:
    return {"erasure": event.data.get("erasure", ""), "due": event.data.get("due", "")}


def _erasure_refused(event: AuditEvent) -> Iterator[Telling]:
    if event.about is not None:
        yield Telling(event.about, event.kind, BOTH)


def _erased(event: AuditEvent) -> Iterator[Telling]:
    """The receipt, to an address that goes once it is out; and a line to who answers for that person's filings."""
    if event.about is None:
        return
    yield Telling(event.about, event.kind, ONLY_MAIL)
    theirs = Membership.objects.filter(user=event.about, client__isnull=False).values("client_id")
    cases = Case.objects.filter(client_id__in=theirs).open().select_related("account_manager", "client")
    # One of each manager's is enough: a client may have a thousand.
    by_manager = cases.order_by("client_id", "account_manager_id").distinct("client_id", "account_manager_id")
    clients: dict[User, dict[str, str]] = {}
    for case in sorted(by_manager, key=lambda one: one.client.name):
        for person in staff_of(case):
            clients.setdefault(person, {})[case.client.reference] = case.client.called
    for person, named in clients.items():
        told = {"client": ", ".join(named.values()), "clients": list(named)}
        yield Telling(person, kinds.ERASED_THERE, ONLY_HERE, told)


_OF_AUDIT: dict[str, Callable[[AuditEvent], Iterable[Telling]]] = {
    "invitation.made": _invited,
    "invitation.accepted": _accepted,
    "role.changed": _about_them,
    "person.let_back_in": _let_back_in,
    "consent.withdrawn": _consent,
    "consent.given": _consent,
    kinds.ERASURE_ASKED: _erasure_asked,
    "erasure.due": _erasure_due,
    kinds.ERASURE_REFUSED: _erasure_refused,
    kinds.ERASED: _erased,
    "hook.disabled": _hook_disabled,
    "cases.handed_over": _handed_over,
    "cover.named": _cover,
    "cover.ended": _cover,
    "cover.fell": _cover_fell,
}
