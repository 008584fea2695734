"""Separate consent to hand in identity papers, apart from every other agreement (PIPL art. 14 and 29)."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clients.models import AuditEvent, Client, User
from clients.refusals import Refusal
from documents.models import Consent, Document

# Change this with the text: whoever agreed to another text is asked again.
TEXT_VERSION = "2026-11"


class ConsentMissing(Refusal):
    """The box is not ticked, so no form is given out."""

    def __init__(self) -> None:
        words = _("Before the first identity paper we need your consent. Tick the box, then choose the file.")
        super().__init__(words, "consent_missing")


def has_consent(client: Client) -> bool:
    """Whether somebody of this client has agreed to the present text."""
    return Consent.objects.filter(client=client, text_version=TEXT_VERSION).exists()


@transaction.atomic
def give_consent(client: Client, *, by: User) -> Consent:
    """Somebody of the client agrees; papers that came without are no longer marked."""
    if by.standing.is_agency or client.pk not in by.standing.client_ids:
        raise PermissionDenied
    consent, is_new = Consent.objects.get_or_create(
        client=client, by=by, text_version=TEXT_VERSION, defaults={"language": (get_language() or "en")[:10]}
    )
    if is_new:
        Document.objects.filter(client=client, is_consent_outstanding=True).update(
            is_consent_outstanding=False
        )
        AuditEvent.objects.create(
            kind="consent.given", client=client, by=by, data={"text_version": TEXT_VERSION}
        )
    return consent
