"""One form for every table of rules, drawn from the types of its columns."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clients.refusals import Invalid
from rulebook.rows import DATED, columns_of
from rulebook.words import code_name, column_name
from trade import book, days
from trade.book import FOREVER
from trade.loading import CODE, LONGEST_NAME, LONGEST_TEXT, MOST, hints_of, known_words
from trade.words import Words

LONGEST_LINES = 20_000
LANGUAGES = {"en": _("%(column)s, in English"), "zh": _("%(column)s, in Chinese")}
Say = Callable[[str, Any, str], str]
# What an app above offers for a column of text, by kind and column: codes with their names, asked when a form is drawn.
OFFERED: dict[tuple[str, str], Callable[[], list[tuple[str, str]]]] = {}


class RuleForm(forms.Form):
    """The columns of one row; `given()` is what the service takes, `show()` puts its refusals where they belong."""

    def __init__(
        self, kind: str, data: Any = None, *, row: Any = None, adds: bool = False, say: Say = code_name
    ):
        self.kind, self.say, self.adds = kind, say, adds
        self.shape = book.CHAPTERS[kind].shape
        self.hints = hints_of(self.shape)
        self.row = row
        super().__init__(data, initial=self._initial(row) if row is not None else None)
        if adds:
            self.fields["code"] = forms.CharField(
                label=_("Code of the row"),
                max_length=48,
                help_text=_("A short word for programs: letters, digits and underscores."),
            )
        for column in columns_of(self.shape):
            self._draw(column)
        self._draw_dates()
        self.fields["note"] = forms.CharField(
            label=_("Why it changes"),
            max_length=LONGEST_TEXT,
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text=_("Kept in the history, for colleagues."),
        )
        if not adds:
            self.fields["keeps_until_then"] = forms.BooleanField(
                required=False,
                label=_("The present row stays valid until the day before “valid from”"),
                help_text=_("For a rule that changes on a day: both rows stand, each for its term."),
            )
            self.fields["reaches_running"] = forms.BooleanField(
                required=False,
                label=_("Also for running cases"),
                help_text=_("Else they keep what was promised to them when they began."),
            )

    # ── Drawing ──

    def _draw(self, column: dataclasses.Field) -> None:
        name, hint = column.name, self.hints[column.name]
        label = column_name(name)
        inner, is_optional = _unwrapped(hint)
        required = not is_optional and _has_no_default(column)
        if typing.get_origin(inner) is tuple:
            item = typing.get_args(inner)[0]
            required = required and self._is_never_empty(name)
            if item is Words:
                for language, words in LANGUAGES.items():
                    self.fields[f"{name}_{language}"] = _lines(words % {"column": label}, required)
            elif choices := self._choices(column, item):
                self.fields[name] = forms.MultipleChoiceField(
                    label=label, required=required, choices=choices, widget=forms.CheckboxSelectMultiple
                )
            else:
                self.fields[name] = _lines(label, required)
        elif inner is Words:
            for language, words in LANGUAGES.items():
                self.fields[f"{name}_{language}"] = forms.CharField(
                    label=words % {"column": label},
                    required=required,
                    max_length=LONGEST_NAME if name == "name" else LONGEST_TEXT,
                    widget=forms.TextInput() if name == "name" else forms.Textarea(attrs={"rows": 2}),
                )
        elif inner is bool and is_optional:
            ways = [("", "—"), ("yes", _("yes")), ("no", _("no"))]
            self.fields[name] = forms.ChoiceField(label=label, required=False, choices=ways)
        elif inner is bool:
            self.fields[name] = forms.BooleanField(label=label, required=False)
        elif inner is int:
            self.fields[name] = forms.IntegerField(
                label=label, required=required, min_value=0, max_value=MOST
            )
        elif inner is date:
            self.fields[name] = _day(label, required)
        elif choices := self._choices(column, inner):
            first = [] if required else [("", "—")]
            self.fields[name] = forms.ChoiceField(label=label, required=required, choices=[*first, *choices])
        elif inner is str:
            self.fields[name] = forms.CharField(label=label, required=required, max_length=LONGEST_TEXT)

    def _is_never_empty(self, name: str) -> bool:
        """A list that is empty in some shipped row may be so in others."""
        return all(getattr(line.row, name) for line in book.SHIPPED.lines[self.kind])

    def _choices(self, column: dataclasses.Field, item: Any) -> list[tuple[Any, str]]:
        of = column.metadata.get("of", "")
        if typing.get_origin(item) is typing.Literal:
            codes: list[Any] = list(typing.get_args(item))
        elif column.metadata and not column.metadata["in_order"]:
            codes = known_words(self.kind, column)
        elif offer := OFFERED.get((self.kind, column.name)):
            now = getattr(self.row, column.name, None)  # withdrawn since, it may stay as it is
            offered = dict(offer())
            return list((offered if now in offered or not now else {**offered, now: now}).items())
        else:
            return []
        return [(code, self.say(column.name, code, of)) for code in codes if code != ""]

    def _draw_dates(self) -> None:
        self.fields["source"] = forms.CharField(
            label=column_name("source"),
            max_length=LONGEST_TEXT,
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text=_("The notice, the guide or the call that says so."),
        )
        self.fields["valid_from"] = _day(column_name("valid_from"), True)
        self.fields["valid_to"] = _day(column_name("valid_to"), False)
        self.fields["valid_to"].help_text = _("Empty where no end is known.")
        self.fields["checked_on"] = _day(column_name("checked_on"), True)

    def _initial(self, row: Any) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for field in dataclasses.fields(row):
            value = getattr(row, field.name)
            if isinstance(value, Words):
                told |= {f"{field.name}_{language}": getattr(value, language) for language in LANGUAGES}
            elif isinstance(value, tuple):
                told[field.name] = value if self._choices_of(field) else "\n".join(map(str, value))
                if value and isinstance(value[0], Words):
                    for language in LANGUAGES:
                        told[f"{field.name}_{language}"] = "\n".join(getattr(one, language) for one in value)
            elif isinstance(value, bool) and _unwrapped(self.hints[field.name])[1]:
                told[field.name] = "yes" if value else "no"
            else:
                told[field.name] = None if value == FOREVER else value
        return told

    def _choices_of(self, field: dataclasses.Field) -> bool:
        inner, _optional = _unwrapped(self.hints[field.name])
        item = typing.get_args(inner)[0]
        is_chosen = bool(field.metadata) and not field.metadata["in_order"]
        return typing.get_origin(item) is typing.Literal or is_chosen

    # ── Reading ──

    def clean_checked_on(self) -> date:
        day = self.cleaned_data["checked_on"]
        if day > days.today():
            raise forms.ValidationError(_("That day is still to come."))
        return day

    def clean_code(self) -> str:
        code = self.cleaned_data["code"].strip()
        if not CODE.fullmatch(code):
            raise forms.ValidationError(_("Letters, digits and underscores, and a letter first."))
        return code

    def given(self) -> dict[str, Any]:
        """The columns as the service takes them; it looks at each once more."""
        told: dict[str, Any] = {name: self.cleaned_data[name] for name in DATED}
        told["valid_to"] = told["valid_to"] or FOREVER
        for column in columns_of(self.shape):
            inner, is_optional = _unwrapped(self.hints[column.name])
            value = self._value(column.name, inner, is_optional)
            is_left_out = value is None and not is_optional
            told[column.name] = column.default if is_left_out and not _has_no_default(column) else value
        return told

    def _value(self, name: str, inner: Any, is_optional: bool) -> Any:
        clean = self.cleaned_data
        if typing.get_origin(inner) is tuple:
            item = typing.get_args(inner)[0]
            if item is Words:
                return self._pairs(name)
            given = clean[name]
            lines = given if isinstance(given, list) else [line.strip() for line in given.splitlines()]
            return [_number(line) if item is int else line for line in lines if line]
        if inner is Words:
            words = {language: clean[f"{name}_{language}"].strip() for language in LANGUAGES}
            return words if any(words.values()) or not is_optional else None
        value = clean[name]
        if inner is bool and is_optional:
            return {"yes": True, "no": False}.get(value)
        if isinstance(value, date):
            return value.isoformat()
        return None if value == "" else value

    def _pairs(self, name: str) -> list[dict[str, str]]:
        en, zh = (
            [line.strip() for line in self.cleaned_data[f"{name}_{language}"].splitlines() if line.strip()]
            for language in LANGUAGES
        )
        if len(en) != len(zh):
            sentence = _("As many lines are wanted as in English, in the same order.")
            raise Invalid([{"field": f"{name}.zh", "code": "invalid", "detail": str(sentence)}])
        return [{"en": one, "zh": other} for one, other in zip(en, zh, strict=True)]

    def show(self, refused: Invalid) -> None:
        """A service's refusals beside their columns."""
        for one in refused.errors:
            name = one["field"].replace(".", "_")
            where = next((found for found in (name, f"{name}_en") if found in self.fields), None)
            self.add_error(where, one["detail"])


def _unwrapped(hint: Any) -> tuple[Any, bool]:
    """The type without its None, and whether it may be None."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return next(one for one in typing.get_args(hint) if one is not type(None)), True
    return hint, False


def _has_no_default(column: dataclasses.Field) -> bool:
    return column.default is dataclasses.MISSING and column.default_factory is dataclasses.MISSING


def _lines(label: Any, required: bool) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=LONGEST_LINES,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line."),
    )


def _day(label: str, required: bool) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def _number(line: str) -> Any:
    """A line of a list of numbers; what is none is refused by its column's type."""
    return int(line) if line.isascii() and line.isdigit() and len(line) < 12 else line
