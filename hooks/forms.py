"""Where other systems listen, and to what."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.lines import validate_line
from hooks.events import KINDS


class HookForm(forms.Form):
    """One address."""

    name = forms.CharField(
        label=pgettext_lazy("webhook", "Name"),
        max_length=80,
        validators=[validate_line],
        help_text=_("What listens there?"),
    )
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        validators=[validate_line],
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "placeholder": "https://"}),
        help_text=_("https only, on the open internet."),
    )
    events = forms.MultipleChoiceField(
        label=_("What it is told of"),
        choices=[(name, kind.label) for name, kind in KINDS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
