"""What somebody says of the columns of a spreadsheet, why papers are held back, and which looks at them to show."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from openpyxl.utils import get_column_letter

from cases.forms import any_day, date_box
from cases.incoming import COLUMNS
from cases.models import Case, Incoming
from clients.models import Client

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


class HoldForm(forms.Form):
    """Why, and whether of the whole client or of one filing."""

    prefix = "hold"

    reason = forms.CharField(
        label=gettext_lazy("Why the law wants them kept"),
        max_length=500,
        help_text=gettext_lazy(
            "Which dispute, order or law, and until when it may last. The client does not read it."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    case = forms.ModelChoiceField(
        label=gettext_lazy("Only this filing"),
        queryset=Case.objects.none(),
        to_field_name="reference",
        required=False,
        empty_label=gettext_lazy("All filings of this client"),
    )

    def __init__(self, client: Client, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cases = Case.objects.filter(client=client).defer("filed_under").order_by("-id")
        self.fields["case"].queryset = cases  # type: ignore[attr-defined]
        self.fields["case"].label_from_instance = lambda case: case.domain_name or case.reference  # type: ignore[attr-defined]


class LooksForm(forms.Form):
    """Whose looks at the papers, and of which days in Beijing."""

    who = forms.ChoiceField(label=gettext_lazy("Who looked"), required=False)
    since = forms.CharField(label=gettext_lazy("From"), required=False, widget=date_box())
    until = forms.CharField(label=pgettext_lazy("last day", "Until"), required=False, widget=date_box())

    def __init__(self, people: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        who = self.fields["who"]
        assert isinstance(who, forms.ChoiceField)
        who.choices = [("", _("everybody")), *people]

    def clean_since(self) -> date | None:
        return any_day(self.cleaned_data["since"])

    def clean_until(self) -> date | None:
        return any_day(self.cleaned_data["until"])
