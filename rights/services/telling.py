"""What the copy says: chapters of rows, each value for programs and in words for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from cases import facts, words
from cases.models import Person
from clients import words as audit_words
from clients.models import ApiToken, AuditEvent, Membership, User
from clients.sealing import Locked
from clients.sight import every_client
from clients.templatetags.look import day, moment
from documents.models import Consent, Document
from notifications import letters, texts
from notifications.models import Channel, Notification
from notifications.wording import title_of as message_title
from rights.queries import looks_at, own_facts, own_files, own_notes, own_papers

LATEST = 20_000  # rows of a chapter: the newest


@dataclass(frozen=True)
class Field:
    """One value, by its name for programs, its label, and in words."""

    code: str
    label: str
    value: Any
    words: str


@dataclass(frozen=True)
class Chapter:
    """One kind of thing that the portal holds."""

    code: str
    title: str
    rows: list[list[Field]]


def chapters(person: User, files: dict[str, str]) -> list[Chapter]:
    """All of it, in this person's own sight.

    `files` names the archive's file of a paper by its reference; an empty name is a file that the store did not give.
    """
    told = [
        ("account", _("My account"), _account(person)),
        ("places", _("Where I have a place"), _places(person)),
        ("ways_in", _("How I come in"), _ways_in(person)),
        ("consents", _("What I agreed to"), _consents(person)),
        ("facts", _("What filings say of me"), _facts(person)),
        ("papers", _("My papers"), _papers(person, files)),
        ("looks", _("Who saw my papers"), _looks(person)),
        ("notes", _("What I wrote"), _notes(person)),
        ("messages", _("What I was told"), _messages(person)),
        ("deeds", _("What was recorded of my account"), _deeds(person)),
    ]
    return [Chapter(code, title, list(rows)) for code, title, rows in told]


def _field(code: str, label: str | Promise, value: Any, in_words: str | None = None) -> Field:
    if in_words is None:
        in_words = _in_words(value)
    if isinstance(value, datetime | date):
        value = value.isoformat()
    return Field(code, str(label), value, in_words)


def _in_words(value: Any) -> str:
    match value:
        case None | "":
            return "—"
        case bool():
            return words.yes_or_no(value)
        case datetime():
            return _("%(when)s (Beijing)") % {"when": moment(value)}
        case date():
            return day(value)
    return str(value)


def _account(person: User) -> Iterator[list[Field]]:
    yield [
        _field("reference", _("reference"), person.reference),
        _field("name", _("name"), person.name),
        _field("name_zh", _("Chinese name"), person.name_zh),
        _field("email", _("e-mail"), person.email),
        _field("language", _("language"), person.language, person.get_language_display()),
        _field("since", _("since"), person.date_joined),
        _field("wants_reminders", _("reminders by mail"), person.wants_reminders),
        _field("wechat", "WeChat", person.wechat_id),
    ]
    for address in EmailAddress.objects.filter(user=person):
        yield [
            _field("address", _("e-mail"), address.email),
            _field("is_verified", _("confirmed"), address.verified),
        ]


def _places(person: User) -> Iterator[list[Field]]:
    for place in Membership.objects.filter(user=person).select_related("client").order_by("id"):
        yield [
            _field("client", _("Client"), place.client.name if place.client else "", None),
            _field("role", _("role"), place.role, place.get_role_display()),
            _field("from", _("from"), place.created_at),
            _field("until", _("until"), place.ended_at),
        ]


def _ways_in(person: User) -> Iterator[list[Field]]:
    for factor in Authenticator.objects.filter(user=person).order_by("id"):
        yield [
            _field("kind", _("kind"), factor.type, factor.get_type_display()),
            _field("made_at", _("since"), factor.created_at),
            _field("used_at", _("last used"), factor.last_used_at),
        ]
    for session in UserSession.objects.filter(user=person).order_by("id"):
        yield [
            _field("kind", _("kind"), "session", _("signed in")),
            _field("address", _("network address"), session.ip),
            _field("browser", _("browser"), session.user_agent),
            _field("made_at", _("since"), session.created_at),
            _field("used_at", _("last used"), session.last_seen_at),
        ]
    for token in ApiToken.objects.filter(user=person).order_by("id"):
        yield [
            _field("kind", _("kind"), "token", _("API token")),
            _field("name", _("name"), token.name),
            _field("made_at", _("since"), token.created_at),
            _field("used_at", _("last used"), token.last_used_at),
            _field("until", _("until"), token.revoked_at or token.expires_at),
        ]


def _consents(person: User) -> Iterator[list[Field]]:
    if person.standing.is_agency:
        return
    said = Consent.objects.filter(client_id__in=person.standing.client_ids, by=person)
    for word in said.select_related("client").order_by("id"):
        yield [
            _field("client", _("Client"), word.client.name),
            _field("is_given", _("agreed"), word.is_given, _("agreed") if word.is_given else _("taken back")),
            _field("at", _("when"), word.at),
            _field("version", _("version of the text"), word.text_version),
            _field("text", _("text"), word.text),
        ]


def _facts(person: User) -> Iterator[list[Field]]:
    if person.standing.is_agency:
        return
    for row in own_facts(person):
        yield [
            _field("filing", _("filing"), row.case.reference),
            _field("site", _("domain"), row.case.domain_name),
            _field("part", _("part"), row.part, row.get_part_display()),
            *(_fact(row, name) for name in facts.FACTS["head"]),
        ]


def _fact(row: Person, name: str) -> Field:
    label = words.capital(str(words.field_label(row.part, name)))
    if name == "id_number":
        try:
            number = row.id_number
        except Locked:
            number = row.masked_number
        return _field(name, label, number)
    value = getattr(row, name)
    in_words = words.value_words(f"{row.part}.{name}", value) if value not in (None, "") else "—"
    return _field(name, label, value, in_words)


def _papers(person: User, files: dict[str, str]) -> Iterator[list[Field]]:
    if person.standing.is_agency:
        return
    theirs = set(own_files(person).values_list("reference", flat=True))
    for paper in own_papers(person).prefetch_related("case__people")[:LATEST]:
        of = paper.requirement.of
        yield [
            _field("receipt", _("receipt"), paper.reference),
            _field("filing", _("filing"), paper.case.reference),
            _field("paper", _("paper"), paper.requirement.kind, words.paper_name(paper.requirement)),
            _field("of", _("whose"), of, str(words.THINGS.get(of, of))),
            _field("name", _("file name"), paper.filename),
            _field("sent_at", _("sent"), paper.sent_at),
            _field("state", _("state"), paper.state, paper.get_state_display()),
            _field("file", _("file"), files.get(paper.reference, ""), _file_words(paper, files, theirs)),
        ]


def _file_words(paper: Document, files: dict[str, str], theirs: set[str]) -> str:
    """The file's name, or why there is none."""
    if name := files.get(paper.reference):
        return name
    if paper.destroying_at is not None or not paper.copy_sha256:
        return _("nothing of it is kept")
    if paper.reference not in theirs:
        return _("not in this copy: it shows another person")
    if paper.reference in files:
        return _("not in this copy: it could not be read from the store; ask your agency")
    return _("not in this copy: only the newest files fit; fetch this one from the page of its paper")


def _looks(person: User) -> Iterator[list[Field]]:
    if person.standing.is_agency:
        return
    for look in reversed(list(looks_at(own_papers(person))[:LATEST])):
        yield [
            _field("receipt", _("receipt"), look.data.get("document", "")),
            _field("who", _("who"), str(look.by or _("Portal"))),
            _field("at", _("when"), look.at),
            _field("is_download", _("downloaded it"), bool(look.data.get("download"))),
        ]


def _notes(person: User) -> Iterator[list[Field]]:
    if person.standing.is_agency:
        return
    for event in reversed(list(own_notes(person)[:LATEST])):
        yield [
            _field("filing", _("filing"), event.case.reference),
            _field("at", _("when"), event.at),
            _field("kind", _("kind"), event.kind, words.event_words(event, event.case)),
            _field("text", _("text"), event.note),
        ]


def _messages(person: User) -> Iterator[list[Field]]:
    """When, how and what about. To the agency's people the line itself is a client's matter, not theirs."""
    now = texts.now()
    rows = Notification.own.filter(recipient=person).select_related("case").order_by("-id")
    for one in rows[:LATEST]:
        line = "" if person.standing.is_agency else letters.headline(one, now)
        yield [
            _field("at", _("when"), one.sent_at or one.planned_at),
            _field("channel", _("channel"), one.channel, str(Channel(one.channel).label)),
            _field("to", _("to"), one.to),
            _field("kind", _("kind"), one.kind, message_title(one.kind) or one.kind),
            _field("line", _("text"), line),
            _field("state", _("state"), one.state, one.get_state_display()),
        ]


def _deeds(person: User) -> Iterator[list[Field]]:
    """Of the audit only that it happened to this account and when; what it says of others stays there."""
    with every_client(user_id=person.pk):
        rows: Iterable[tuple[str, datetime]] = list(
            AuditEvent.objects.filter(about=person).order_by("-id").values_list("kind", "at")[:LATEST]
        ) + list(
            AuditEvent.objects.filter(by=person, kind__in=OWN_DEEDS)
            .exclude(about=person)
            .order_by("-id")
            .values_list("kind", "at")[:LATEST]
        )
    for kind, at in sorted(rows, key=lambda row: row[1]):
        yield [
            _field("kind", _("kind"), kind, str(audit_words.KINDS.get(kind, kind))),
            _field("at", _("when"), at),
        ]


OWN_DEEDS = (
    "signed_in",
    "token.made",
    "token.revoked",
    "feed.made",
    "feed.renewed",
    "feed.ended",
    "consent.given",
    "consent.withdrawn",
    "own_data.asked",
    "own_data.fetched",
)
