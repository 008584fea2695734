"""The answer to whoever asks to be erased."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from rights.services.deciding import LONGEST_REASON


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
