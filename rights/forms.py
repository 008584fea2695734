"""The answer to whoever asks to be erased."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from rights.services.deciding import LONGEST_REASON


class GrantForm(forms.Form):
    """Read before it goes for good, and before a client is left without anybody."""

    understood = forms.BooleanField(
        label=_("I have read what goes; it cannot be undone."),
        error_messages={"required": _("Read what goes and tick this first: it cannot be undone.")},
    )

    def __init__(self, *args: Any, alone: list[Client], **more: Any) -> None:
        super().__init__(*args, **more)
        if alone:
            self.fields["alone"] = forms.BooleanField(
                label=_("%(clients)s will have nobody who speaks for it.")
                % {"clients": ", ".join(str(one) for one in alone)},
                error_messages={"required": _("Tick this too, or invite another contact first.")},
            )


class RefusalForm(forms.Form):
    """Why not; the person reads it."""

    reason = forms.CharField(
        label=_("Why it is refused"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "The person reads this, by mail and in the portal: which law or claim, and what they can do."
        ),
    )
