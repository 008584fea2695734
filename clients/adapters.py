"""How allauth behaves in this house."""

from __future__ import annotations

import base64
from email.utils import formataddr
from smtplib import SMTPException
from types import SimpleNamespace
from urllib.parse import urlsplit

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from clients import sealing, sight
from clients.lines import mask_address
from clients.models import Invitation, Membership, User
from clients.queries import agency_member, the_agency
from clients.refusals import Refusal
from clients.services.invitations import accept_invitation
from clients.services.traces import record

log = structlog.get_logger()

# Without these nobody gets on; all other mails of allauth tell of what has happened already.
AWAITED = {
    "account/email/login_code",
    "account/email/unknown_account",
    "account/email/password_reset_code",
    "account/email/email_confirmation",
    "account/email/account_already_exists",
}
# What the next page shows anyway.
UNSAID = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is by invitation only; the agency makes the account when it invites."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        """Nobody proves their address again after they came in: the code or the invitation did."""
        return [one for one in super().get_login_stages() if "VerificationStage" not in one]

    # Where people land

    def pre_login(self, request: HttpRequest, user: User, **kwargs) -> HttpResponse | None:
        if not user.standing.is_member and not invitation_of(request, user):
            return redirect("account_inactive")
        return super().pre_login(request, user, **kwargs)

    def post_login(self, request: HttpRequest, user: User, **kwargs) -> HttpResponse:
        request.session.pop("code_number", None)
        record("signed_in", by=user, about=user)
        response = super().post_login(request, user, **kwargs)
        return self._follow_invitation(request, user) or response

    def _follow_invitation(self, request: HttpRequest, user: User) -> HttpResponse | None:
        """Whoever has no other place is in at once; a member of another client is asked first."""
        invitation = invitation_of(request, user)
        if invitation is None:
            return None
        elsewhere = Membership.objects.current().filter(user=user).exclude(client_id=invitation.client_id)
        if elsewhere.exists():
            return redirect("clients:joining")
        request.session.pop("invitation", None)
        try:
            accept_invitation(user, invitation)
        except (Refusal, PermissionDenied) as refusal:
            messages.warning(request, str(refusal))
        return None

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return "/" if request.path == reverse("account_set_password") else reverse("clients:me")

    def authentication_failed(self, request: HttpRequest, **credentials) -> None:
        """The same work for known and unknown addresses; whoever shows once more that it is them knocks again."""
        address = str(credentials.get("email", ""))[:254]
        with sight.at_the_door():
            user = User.objects.filter(email__iexact=address).first()
            record("sign_in.failed", by=None, about=user, address=mask_address(address))

    def add_message(self, request, level, message_template=None, *args, **kwargs) -> None:
        if message_template not in UNSAID:
            super().add_message(request, level, message_template, *args, **kwargs)

    # Mails

    def get_from_email(self) -> str:
        agency = the_agency()
        return formataddr((agency.name, agency.sender))

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """In the reader's language and the agency's name; a mail server that is away is no error of ours."""
        with sight.at_the_door():
            person = User.objects.filter(email__iexact=email).first()
            at_agency = agency_member(email) is not None
        if template_prefix == "account/email/login_code" and person:
            self._count_code(person)
        if template_prefix == "account/email/unknown_account" and at_agency:
            template_prefix = "account/email/staff_code"
        agency = the_agency()
        parts = urlsplit(settings.BASE_URL)
        told = {
            "request": self.request,
            "email": email,
            "agency": agency,
            "base_url": settings.BASE_URL,
            "current_site": SimpleNamespace(name=agency.called, domain=parts.netloc),
            **context,
        }
        language = person.language if person else translation.get_language()
        with translation.override(language):
            mail = self.render_mail(template_prefix, email, told)
        try:
            mail.send()
        except (OSError, SMTPException) as error:
            log.warning("mail.not_sent", kind=template_prefix, error=type(error).__name__)
            if template_prefix in AWAITED or template_prefix == "account/email/staff_code":
                messages.error(self.request, _("We could not send the mail just now. Try again in a minute."))
                raise ImmediateHttpResponse(redirect(self.request.get_full_path())) from error

    def _count_code(self, person: User) -> None:
        """Only the newest code of a person lives: this browser remembers which one it waits for."""
        User.objects.filter(pk=person.pk).update(code_count=F("code_count") + 1)
        person.refresh_from_db(fields=["code_count"])
        self.request.session["code_number"] = person.code_count

    def send_account_already_exists_mail(self, email: str) -> None:
        self.send_mail("account/email/account_already_exists", email, {})

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation, signup: bool) -> None:
        """A code to the new address; where somebody else has it, the same page and another mail."""
        address = emailconfirmation.email_address
        with sight.at_the_door():
            taken = User.objects.filter(email__iexact=address.email).exclude(pk=address.user_id).exists()
        if taken:
            self.send_account_already_exists_mail(address.email)
        else:
            super().send_confirmation_mail(request, emailconfirmation, signup)


class FactorAdapter(DefaultMFAAdapter):
    """Second factors and passkeys: bound to the portal's name, their secrets sealed."""

    def _get_site_name(self) -> str:
        return the_agency().name

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": urlsplit(settings.BASE_URL).hostname or "localhost", "name": the_agency().name}

    def encrypt(self, text: str) -> str:
        return base64.b64encode(sealing.seal(text, row="factor")).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(base64.b64decode(encrypted_text), row="factor")


def invitation_of(request: HttpRequest, user: User) -> Invitation | None:
    """The invitation whose page this browser came from, where it is open and this person's."""
    reference = request.session.get("invitation", "")
    if not reference:
        return None
    with sight.at_the_door():
        invitation = Invitation.objects.filter(reference=reference).first()
    if invitation is None or not invitation.is_open:
        return None
    return invitation if invitation.email.casefold() == user.email.casefold() else None
