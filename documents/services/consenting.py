"""Separate consent to hand in identity papers, apart from every other agreement (PIPL art. 14 and 29); and its end.

Whoever agreed may take it back as easily (art. 15). A contact speaks for the client: the last word of its contacts
counts. A responsible person speaks for themselves, and nobody else lifts what they took back while they have a place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from cases.models import Case
from cases.workflow import HANDS_ON
from clients.models import CLIENT_ROLES, Agency, AuditEvent, Client, Membership, Role, User
from clients.queries import the_agency
from clients.refusals import Refusal
from clients.sight import every_client
from documents.models import Consent, Document
from documents.workflow import State
from trade.papers import IDENTITY_PAPERS

# Change this with the text: whoever agreed to another text is asked again.
TEXT_VERSION = "2026-11"
_STANDING = (State.CHECKING, State.AVAILABLE, State.ACCEPTED)


class ConsentMissing(Refusal):
    """The box is not ticked, so no form is given out."""

    def __init__(self) -> None:
        words = gettext_lazy(
            "Before the first identity paper we need your consent. Tick the box, then choose the file."
        )
        super().__init__(words, "consent_missing")


@dataclass(frozen=True)
class Words:
    """What is agreed to, as it is shown before the box and kept with the tick."""

    opening: str
    points: list[str]
    agreed: str

    def __str__(self) -> str:
        return "\n".join([self.opening, *self.points, self.agreed])


def consent_words(agency: Agency) -> Words:
    """The text of today, in the language of whoever reads."""
    days = agency.identity_papers_kept_days
    return Words(
        _(
            "This is sensitive data, so the law asks for a consent of its own. %(agency)s needs it for one purpose:"
            " to file this site with the cloud provider, the ministry and the police."
        )
        % {"agency": agency.called},
        [
            _("It is checked by people of the agency, and passed on to the provider and the authorities."),
            _("It is kept encrypted in %(place)s.") % {"place": agency.place},
            ngettext(
                "It is destroyed %(days)s day after the licence.",
                "It is destroyed %(days)s days after the licence.",
                days,
            )
            % {"days": days},
            _("You may look at it, have it corrected, or take your consent back; without it we cannot file."),
        ],
        _(
            "We agree that identity papers are used for this, also in the name of the persons they belong to,"
            " who know of it."
        ),
    )


def has_consent(client: Client) -> bool:
    """Whether somebody of this client has agreed to the present text, and nobody who may has taken it back."""
    if Client.everything.filter(pk=client.pk, consent_withdrawn_at__isnull=False).exists():
        return False
    return any(word.is_given and word.text_version == TEXT_VERSION for word in last_words([client.pk]))


def last_words(client_ids: Iterable[int]) -> list[Consent]:
    """What each person of these clients said last, the latest first."""
    words = Consent.objects.filter(client_id__in=list(client_ids)).select_related("by", "client")
    newest = words.order_by("client_id", "by_id", "-id").distinct("client_id", "by_id")
    return sorted(newest, key=lambda word: -word.pk)


@transaction.atomic
def give_consent(client: Client, *, by: User) -> Consent:
    """Somebody of the client agrees; papers that came without are no longer marked, and what rested goes on."""
    role = _role_of(by, client)
    with every_client(user_id=by.pk):
        client = _held(client)
        word = _last_of(client, by)
        is_new = not (word and word.is_given and word.text_version == TEXT_VERSION and _stands(client, role))
        if word is None or is_new:
            word = _say(client, by, is_given=True)
        rested = client.consent_withdrawn_at is not None
        _settle(client)
        goes_on = client.consent_withdrawn_at is None
        if is_new or (rested and goes_on):
            told = {"text_version": TEXT_VERSION} | ({"again": True} if rested and goes_on else {})
            AuditEvent.objects.create(kind="consent.given", client=client, by=by, data=told)
            if goes_on:
                Document.objects.filter(client=client, is_consent_outstanding=True).update(
                    is_consent_outstanding=False
                )
    return word


@transaction.atomic
def withdraw_consent(client: Client, *, by: User) -> bool:
    """From now on nothing more of theirs is handed on; what was filed stays filed. False where it was so already.

    Those who answer for the client's filings hear of it once, by the one event of it.
    """
    role = _role_of(by, client)
    with every_client(user_id=by.pk):
        client = _held(client)
        before = _last_of(client, by)
        is_said = before is not None and not before.is_given
        if is_said and not (role == Role.CONTACT and _stands(client, role)):
            return False
        word = _say(client, by, is_given=False)
        AuditEvent.objects.create(
            kind="consent.withdrawn", client=client, by=by, data={"text_version": word.text_version}
        )
        _settle(client)
        Document.objects.filter(
            client=client,
            requirement__kind__in=IDENTITY_PAPERS,
            case__stage__in=HANDS_ON,
            state__in=_STANDING,
        ).update(is_consent_outstanding=True)
    return True


def would_lift(client: Client, *, by: User) -> bool:
    """Whether this person's word is what is missing; what another took back for themselves only they give again."""
    if client.consent_withdrawn_at is None:
        return True
    against = _against(client)
    if by.standing.by_client.get(client.pk) == Role.CONTACT:
        return not against or against[0].pk == getattr(_of_the_contacts(client), "pk", None)
    return not against or any(word.by_id == by.pk for word in against)


def resting_cases(client: Client) -> int:
    """How many filings of theirs stop, or would."""
    return Case.objects.filter(client=client, stage__in=HANDS_ON).count()


def _role_of(by: User, client: Client) -> str:
    role = "" if by.standing.is_agency else by.standing.by_client.get(client.pk, "")
    if role not in CLIENT_ROLES:
        raise PermissionDenied
    return role


def _held(client: Client) -> Client:
    """The client's row, held: two who speak at once speak one after the other."""
    return Client.everything.select_for_update().get(pk=client.pk)


def _say(client: Client, by: User, *, is_given: bool) -> Consent:
    before = _last_of(client, by)
    told = Consent(client=client, by=by, is_given=is_given, language=(get_language() or "en")[:10])
    told.text_version = TEXT_VERSION if is_given or before is None else before.text_version
    if is_given:
        told.text = str(consent_words(the_agency()))
    told.save()
    return told


def _last_of(client: Client, by: User) -> Consent | None:
    return Consent.objects.filter(client=client, by=by).order_by("-id").first()


def _stands(client: Client, role: str) -> bool:
    """Whether what this person speaks for is agreed to: a contact for the client, anybody else for themselves."""
    if role != Role.CONTACT:
        return True
    word = _of_the_contacts(client)
    return word is not None and word.is_given


def _of_the_contacts(client: Client) -> Consent | None:
    return _words_of(client, Role.CONTACT).order_by("-id").first()


def _words_of(client: Client, role: str):
    """What those said who have this place at the client today."""
    places = Membership.objects.current().filter(client=client, role=role)
    return Consent.objects.filter(client=client, by__in=places.values("user_id"))


def _against(client: Client) -> list[Consent]:
    """The words that stand against it today, that of the contacts first."""
    own = _words_of(client, Role.RESPONSIBLE).order_by("by_id", "-id").distinct("by_id")
    return [word for word in [_of_the_contacts(client), *own] if word is not None and not word.is_given]


def _settle(client: Client) -> None:
    """Whether somebody's word stands against it now, and since when."""
    since = (client.consent_withdrawn_at or timezone.now()) if _against(client) else None
    if since != client.consent_withdrawn_at:
        client.consent_withdrawn_at = since
        client.save(update_fields=["consent_withdrawn_at"])
