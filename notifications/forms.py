"""The form of one message's words: each part in both languages. What may stand there, the service says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from clients.refusals import Invalid
from notifications.wording import LANGUAGES, ONE_LINE, Text

LABELS: dict[str, Any] = {
    "name": _("Name of the text"),
    "line": _("Line in the portal"),
    "subject": _("Subject of the mail"),
    "heading": _("Heading"),
    "lines": _("Opening lines"),
    "your_move": _("Your move: what the reader is to do"),
    "after": _("Closing lines"),
}
HINTS: dict[str, Any] = {
    "lines": _("One paragraph a line. One whose name has nothing to say in a case is left out."),
    "after": _("The same; they stand above the link."),
}
SPOKEN: dict[str, Any] = {"en": _("In English"), "zh": _("In Chinese")}
IN_LANGUAGE: dict[str, Any] = {"en": _("%(column)s, in English"), "zh": _("%(column)s, in Chinese")}


def label_of(part: str, language: str) -> str:
    """What the field is called, wherever it is spoken of."""
    return IN_LANGUAGE[language] % {"column": LABELS[part]}


class TextForm(forms.Form):
    """`parts()` is what the service takes; `show()` puts its refusals beside their fields. Nothing typed is cut."""

    def __init__(self, text: Text, data: Any = None, *, parts: Mapping | None = None, named: bool = False):
        self.part_names = (*(("name",) if named else ()), *text.parts)
        initial = {
            f"{part}_{language}": (parts or {}).get(language, {}).get(part, "")
            for language in LANGUAGES
            for part in self.part_names
        }
        super().__init__(data, initial=initial)
        for language in LANGUAGES:
            for part in self.part_names:
                one = part == "name" or part in ONE_LINE
                rows = (
                    {"rows": 2 if part in ("name", "line", "subject", "heading") else 3}
                    if one
                    else {"rows": 5}
                )
                self.fields[f"{part}_{language}"] = forms.CharField(
                    label=label_of(part, language),
                    help_text=HINTS.get(part, ""),
                    required=False,
                    strip=False,
                    widget=forms.TextInput() if one and part != "your_move" else forms.Textarea(attrs=rows),
                )
                self.fields[f"{part}_{language}"].widget.attrs["lang"] = "zh-CN" if language == "zh" else "en"

    def sides(self) -> Iterator[tuple[Any, list[BoundField]]]:
        """Each language with its fields, for the page."""
        for language, spoken in SPOKEN.items():
            yield spoken, [self[f"{part}_{language}"] for part in self.part_names]

    def parts(self) -> dict[str, dict[str, str]]:
        return {
            language: {part: self.cleaned_data.get(f"{part}_{language}", "") for part in self.part_names}
            for language in LANGUAGES
        }

    def show(self, refused: Invalid) -> None:
        for one in refused.errors:
            self.add_error(one["field"] if one["field"] in self.fields else None, one["detail"])


class OwnTextForm(TextForm):
    """A new text of the agency's own: a code for programs beside its words."""

    def __init__(self, text: Text, data: Any = None):
        super().__init__(text, data, named=True)
        self.fields["code"] = forms.CharField(
            label=_("Code of the text"),
            required=False,
            help_text=_("A short word for programs, such as call_me. It cannot be changed later."),
        )
