"""Which filing a letter is about."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from cases.queries import cases_for


class FilingForm(forms.Form):
    """A case by its reference or domain, in the reader's sight."""

    case = forms.CharField(
        label=_("Which filing is it about?"),
        max_length=253,
        help_text=_("Its reference or its domain."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args, by, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def clean_case(self) -> Case:
        word = self.cleaned_data["case"].strip()
        rows = cases_for(self.by)
        found = list(rows.filter(reference=word.upper())[:1]) or list(
            rows.filter(domain_name=word.lower())[:2]
        )
        if not found:
            raise ValidationError(gettext("We find no filing of this name."))
        if len(found) > 1:
            raise ValidationError(gettext("Several filings have this domain. Write the reference."))
        return found[0]
