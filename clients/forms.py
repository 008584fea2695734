"""What people type around sign-in, people and settings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from allauth.account.forms import ConfirmLoginCodeForm, RequestLoginCodeForm, ResetPasswordForm
from allauth.core import context
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from clients.lines import validate_line
from clients.models import AGENCY_ROLES, CLIENT_ROLES, Agency, User
from clients.permissions import roles_given_by
from clients.queries import has_second_factor
from clients.refusals import Refusal
from clients.services.house import SETTINGS
from clients.uploads import LOGO_BYTES

# ── Sign-in ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class RequestCodeForm(RequestLoginCodeForm):
    """Staff never enter by a mailed code alone: the page answers alike, the mail says so."""

    def clean_email(self) -> str:
        email = super().clean_email()
        if self._user is not None and (self._user.standing.is_agency or not self._user.standing.is_member):
            self._user = None
        return email


class ConfirmCodeForm(ConfirmLoginCodeForm):
    """Takes the newest code of a person and no older one."""

    def clean_code(self) -> str:
        code = super().clean_code()
        request = context.request
        user = request._login_stage.login.user
        if user is None or request.session.get("code_number") != user.code_count:
            raise ValidationError(_("A newer code was sent. Use the one from the newest mail."))
        return code


class ResetForm(ResetPasswordForm):
    """A mailed code lets staff choose a new password only where a second factor still stands behind it."""

    def clean_email(self) -> str:
        email = super().clean_email()
        self.users = [
            user
            for user in self.users
            if user.standing.is_member and (not user.standing.is_agency or has_second_factor(user))
        ]
        return email


class AgainForm(forms.Form):
    """The code that shows once more that it is you."""

    code = forms.CharField(
        label=_("Code"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "one-time-code"})
    )


# ── People ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _line(label, longest: int, **more) -> forms.CharField:
    return forms.CharField(label=label, max_length=longest, validators=[validate_line], **more)


def _address(label: Any = "") -> forms.EmailField:
    return forms.EmailField(
        label=label or _("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )


def _language() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Language of the invitation"),
        choices=settings.LANGUAGES,
        initial=settings.LANGUAGE_CODE,
        required=False,
        widget=forms.RadioSelect,
    )


class ClientForm(forms.Form):
    """A new client and who speaks for it."""

    name = _line(_("Name"), 200)
    name_zh = _line(_("Chinese name"), 200, required=False)
    contact_name = _line(_("Contact's name"), 120)
    contact_email = _address(_("Contact's e-mail"))
    contact_email.help_text = _("They are invited by mail at once and need no password.")
    contact_language = _language()


class NameForm(forms.Form):
    """What a client is called."""

    name = _line(_("Name"), 200)
    name_zh = _line(_("Chinese name"), 200, required=False)


class InviteForm(forms.Form):
    """Somebody gets a place, with a role that the inviting person may give."""

    name = _line(pgettext_lazy("person", "Name"), 120)
    email = _address()
    language = _language()
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args, by: User, at_agency: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = forms.ChoiceField(
            label=_("Role"), choices=role_choices(by, at_agency=at_agency)
        )


def role_choices(by: User, *, at_agency: bool) -> list[tuple[str, str]]:
    """The roles of that place which this person may give."""
    may = roles_given_by(by)
    return [
        (role.value, str(role.label)) for role in (AGENCY_ROLES if at_agency else CLIENT_ROLES) if role in may
    ]


class ContactForm(forms.Form):
    """Who speaks for the client from now on."""

    name = _line(pgettext_lazy("person", "Name"), 120)
    email = _address()


# ── Settings ────────────────────────────────────────────────────────────────────────────────────────────────────────


class AgencyForm(forms.ModelForm):
    """What every page and mail shows of the house."""

    picture = forms.FileField(
        label=_("Logo"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=_("PNG, JPEG or WebP, up to 512 KB. Shown on every page and mail."),
    )
    no_logo = forms.BooleanField(label=_("Show no logo"), required=False)

    class Meta:
        model = Agency
        fields = [name for name in SETTINGS if name != "logo"]
        help_texts = {
            "sender": _("Mails come from this address; your mail server must be allowed to send for it."),
            "phone": _("Shown where somebody is lost."),
            "demands_second_factor": _("Staff without one reach the page that sets it up and nothing else."),
            "destroying_warned_days": _(
                "From then on managers are told each working day of what nobody has released."
            ),
            "bulk_most": _(
                "What is chosen from the list of cases for one act; for more it is done in parts."
            ),
            "eligibility_is_open": _("Your own site may ask the eligibility questions without a token."),
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc"))
        self.fields["time_zone"] = forms.ChoiceField(
            label=self.fields["time_zone"].label, choices=[(zone, zone) for zone in zones]
        )
        if not self.instance.logo:
            del self.fields["no_logo"]
        for name in ("name", "name_zh", "phone", "stored_in", "stored_in_zh"):
            self.fields[name].validators.append(validate_line)

    def clean_picture(self) -> tuple[bytes, str] | None:
        """Drawn anew in the cage; what the browser sent is shown to nobody."""
        file = self.cleaned_data["picture"]
        if file is None:
            return None
        if file.size > LOGO_BYTES:
            raise ValidationError(_("The picture is larger than 512 KB. Save it smaller."))
        try:
            return import_string(settings.LOGO_DRAWN_BY)(file.read())
        except Refusal as refusal:
            raise ValidationError(str(refusal)) from None

    def told(self) -> dict[str, Any]:
        """What `change_agency` takes."""
        given = dict(self.cleaned_data)
        picture, is_gone = given.pop("picture"), given.pop("no_logo", False)
        return given | ({"picture": picture} if picture else {"logo": ""} if is_gone else {})

    def clean_identity_papers_kept_days(self) -> int:
        days = self.cleaned_data["identity_papers_kept_days"]
        if not 1 <= days <= 3650:
            raise ValidationError(_("Between one day and ten years."))
        return days

    def clean_destroying_warned_days(self) -> int:
        days = self.cleaned_data["destroying_warned_days"]
        if not 1 <= days <= 365:
            raise ValidationError(_("Between one day and a year."))
        return days

    def clean_bulk_most(self) -> int:
        most = self.cleaned_data["bulk_most"]
        if not 1 <= most <= 5000:
            raise ValidationError(_("Between 1 and 5,000."))
        return most


class StandInForm(forms.Form):
    """Who stands in, and in which days of Beijing's."""

    stand_in = forms.CharField(label=_("Who stands in"))
    from_on = forms.DateField(label=_("From"), required=False, help_text=_("Left empty: at once."))
    until_on = forms.DateField(
        label=pgettext_lazy("last day", "Until"),
        required=False,
        help_text=_("The last day, in Beijing. Left empty: until it is taken back."),
    )

    def __init__(self, *args, people: Iterable[User], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.people = {one.reference: one for one in people}
        named = [(one.reference, f"{one.name or one.email} · {one.email}") for one in self.people.values()]
        self.fields["stand_in"].widget = forms.Select(choices=[("", _("choose a colleague")), *named])
        for name in ("from_on", "until_on"):
            self.fields[name].widget = forms.DateInput(
                format="%Y-%m-%d", attrs={"type": "date", "class": "date"}
            )

    def clean_stand_in(self) -> User:
        person = self.people.get(self.cleaned_data["stand_in"])
        if person is None:
            raise ValidationError(gettext("Choose somebody of the agency."))
        return person


class TokenForm(forms.Form):
    """A key for a program."""

    name = _line(_("What is it for?"), 80)
    scope = forms.ChoiceField(
        label=_("What may it do?"),
        choices=[
            ("read", _("Read only")),
            ("write", _("Read and change, numbers stay masked")),
            ("reveal", _("Read, change, and see numbers in clear")),
        ],
        initial="read",
        widget=forms.RadioSelect,
    )
    days = forms.TypedChoiceField(
        label=_("How long is it valid?"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("one year"))],
        initial=90,
    )

    def told(self) -> dict:
        """What `make_token` takes."""
        scope = self.cleaned_data["scope"]
        return {
            "name": self.cleaned_data["name"],
            "can_write": scope != "read",
            "can_reveal": scope == "reveal",
            "lasts": timedelta(days=self.cleaned_data["days"]),
        }


class MeForm(forms.ModelForm):
    """What a person changes about themselves."""

    class Meta:
        model = User
        fields = ("name", "name_zh", "language")
        labels = {"name": pgettext_lazy("person", "Name"), "name_zh": pgettext_lazy("person", "Chinese name")}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        for name in ("name", "name_zh"):
            self.fields[name].validators.append(validate_line)
