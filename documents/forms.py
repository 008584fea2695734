"""What somebody says of the columns of a spreadsheet, and how it is brought in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.utils import get_column_letter

from cases.incoming import COLUMNS
from cases.models import Incoming

LEFT_OUT = ("", gettext_lazy("— left out —"))
SAMPLES = 3


class ColumnsForm(forms.Form):
    """One question a column of the sheet: what it is."""

    def __init__(self, incoming: Incoming, samples: list[list[str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = incoming.columns
        for place, heading in enumerate(incoming.headings):
            there = [cells[place] for cells in samples if len(cells) > place and cells[place]][:SAMPLES]
            letter = get_column_letter(place + 1)
            self.fields[f"column-{place}"] = forms.CharField(
                label=f"{letter}: {heading}" if heading else _("Column %(letter)s") % {"letter": letter},
                help_text=" · ".join(cell[:40] for cell in there),
                required=False,
                initial=codes[place] if place < len(codes) else "",
                widget=forms.Select(choices=[LEFT_OUT, *COLUMNS.items()]),
            )

    def columns(self) -> list[str]:
        """The codes in the order of the columns; a word that is no column's is left out."""
        return [value if value in COLUMNS else "" for value in self.cleaned_data.values()]
