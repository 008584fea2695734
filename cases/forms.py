"""What people type about cases. Boxes take any text; the services clean it, and say beside each box what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases import bulk, countries, facts, records, words
from cases.arrangement import STEPS
from cases.deadlines import BEIJING, beijing_day
from cases.models import Case, Photo
from cases.models.photo import CURTAIN
from clients.lines import validate_line
from clients.models import Client, User
from clients.refusals import Invalid
from trade import kinds, messages, photos
from trade.aftercare import CHANGES
from trade.provinces import PROVINCES

NOT_SAID = ("", _("not said yet"))
YES_NO = [NOT_SAID, ("true", _("yes")), ("false", _("no"))]
HINTS: dict[str, Any] = {
    "site.languages": _("All languages the site speaks."),
    "head.nationality": _("For example Norway, CN or GB."),
    "manager.nationality": _("For example Norway, CN or GB."),
    "head.emergency_mobile": _("Another number than those of head and manager."),
    "domain.registrar": _("Write “provider” where it is the provider itself."),
    "server.service_number": _("The number the provider gives for this server (备案服务号)."),
    "case.filing_kind": _(
        "The case page says why. One that is set here stays until it is left to the rules again."
    ),
    "case.subject_filed": _("What the portal has seen itself goes before a no."),
    "case.sites_filed": _(
        "Sites of this applicant that have a number already; some bureaus then want a plan."
    ),
    "case.legal_representative_id_kind": _("Only where the head is somebody else."),
    "case.change_of": _("Of a change: what is no longer as it was filed."),
    "case.cancel_of": _("Of a cancellation: what shall end."),
    "head.name_differs": _("The licence shows a Chinese name, the passport another."),
    "site.scope_hits": _(
        "Classes that need an approval, named in name or scope of business, which the site does without."
    ),
    "case.promised_on": _(
        "The day on which the site may open. The client sees it; you hear when it is in danger."
    ),
    "case.platform_email": _("The account under which the order is handed in."),
}


def show_errors(form: forms.Form, refused: Invalid, boxes: dict[str, str] | None = None) -> None:
    """A service's refusals beside the boxes they are about; what has no box stands on top, with its name."""
    form.is_valid()
    for one in refused.errors:
        path = one["field"].removeprefix("data.")
        name = (boxes or {}).get(path) or path.replace(".", "-")
        if name not in form.fields and f"case-{name}" in form.fields:
            name = f"case-{name}"
        if name in form.fields:
            form.add_error(name, one["detail"])
        else:
            label = words.label_of(path)
            form.add_error(None, one["detail"] if label == path else f"{label}: {one['detail']}")


def date_box() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "date"})


def text_box(rows: int = 3, longest: int = records.LONGEST_NOTE) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "maxlength": longest})


# ── Facts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def fact_box(thing: str, name: str, value: Any = None) -> forms.Field:
    """The box of one fact; it checks nothing by itself, so that what was typed is never thrown away."""
    fact = facts.FACTS[thing][name]
    told = {
        "label": words.capital(str(words.field_label(thing, name))),
        "help_text": HINTS.get(f"{thing}.{name}", ""),
        "required": False,
    }
    choices = words.choices_of(thing, name)
    if fact.kind == "codes":
        known = {code for code, _words in choices}
        more = [(code, code) for code in value or [] if code not in known]
        return forms.Field(widget=forms.CheckboxSelectMultiple(choices=[*choices, *more]), **told)
    widget: forms.Widget
    if fact.kind == "flag":
        widget = forms.Select(choices=YES_NO)
    elif choices:
        widget = forms.Select(choices=[NOT_SAID, *choices])
    elif fact.kind == "day":
        widget = date_box()
    elif fact.kind == "long":
        widget = text_box()
    else:
        widget = forms.TextInput(
            attrs={"maxlength": max(fact.longest, 60), "autocomplete": "off", **_KEYS.get(fact.kind, {})}
        )
    return forms.CharField(widget=widget, **told)


_KEYS = {
    "mobile": {"inputmode": "tel"},
    "landline": {"inputmode": "tel"},
    "email": {"inputmode": "email", "spellcheck": "false"},
    "count": {"inputmode": "numeric"},
    "domain": {"inputmode": "url", "spellcheck": "false"},
    "number": {"spellcheck": "false"},
    "country": {"list": "countries"},
}


_OF_COUNTRIES = {
    f"{thing}-{name}"
    for thing, told in facts.FACTS.items()
    for name, fact in told.items()
    if fact.kind == "country"
}


def shown(value: Any) -> Any:
    """A kept fact as its box shows it."""
    if value is True or value is False:
        return "true" if value else "false"
    return "" if value is None else value


def _kept(holder: Any, name: str) -> Any:
    """A fact as people gave it: a kind of filing that the rules found is nobody's answer."""
    if name == "filing_kind" and not holder.filing_kind_is_set:
        return ""
    return facts.value_of(holder, name)


class FactsForm(forms.Form):
    """All facts of a case, or those of some of its objects; `given` is what a service takes."""

    MANAGER = "manager_is_head"

    def __init__(
        self, case: Case, *args: Any, things: tuple[str, ...] = tuple(facts.FACTS), **kwargs: Any
    ) -> None:
        self.case, self.things = case, things
        initial: dict[str, Any] = {}
        super().__init__(*args, **kwargs)
        for thing in things:
            holder = facts.holder_of(case, thing)
            if thing == "manager":
                self.fields[self.MANAGER] = forms.BooleanField(
                    label=_("The head is the manager of the site too"), required=False
                )
                initial[self.MANAGER] = holder is None
            for name in facts.FACTS[thing]:
                value = _kept(holder, name) if holder is not None else None
                self.fields[f"{thing}-{name}"] = fact_box(thing, name, value)
                initial[f"{thing}-{name}"] = shown(value)
        self.initial = initial
        if "case-filing_kind" in self.fields:
            self.fields["case-filing_kind"].widget.choices = _kinds(case)

    def countries(self) -> list[str]:
        """What a box for a country offers; nothing where there is no such box."""
        return countries.names() if self.fields.keys() & _OF_COUNTRIES else []

    def groups(self) -> Iterator[tuple[str, Any, list[BoundField]]]:
        """The boxes by object, in the order of the table."""
        for thing in self.things:
            boxes = [self[f"{thing}-{name}"] for name in facts.FACTS[thing]]
            if thing == "manager":
                boxes.insert(0, self[self.MANAGER])
            yield thing, words.THINGS[thing], boxes

    def given(self) -> dict[str, Any]:
        """What was typed, nested as the services take it."""
        self.is_valid()
        told: dict[str, Any] = {}
        for thing in self.things:
            typed = {name: self._typed(f"{thing}-{name}") for name in facts.FACTS[thing]}
            if thing == "case":
                told |= typed
            elif thing == "manager" and self.cleaned_data.get(self.MANAGER):
                told["manager"] = None
            elif thing != "manager" or self.case.manager is not None or any(typed.values()):
                told[thing] = typed
        return told

    def _typed(self, name: str) -> Any:
        if name in self.cleaned_data:
            return self.cleaned_data[name] or ""
        return self[name].value()  # a box that refused a sign by itself: the service says so too

    def differing(self, now: Case) -> dict[str, str]:
        """Boxes whose text is not what the case holds now, with the words of the latter: somebody was faster."""
        found = {}
        for thing in self.things:
            holder = facts.holder_of(now, thing)
            for name in facts.FACTS[thing]:
                if f"{thing}-{name}" not in self.fields:
                    continue
                kept = shown(_kept(holder, name)) if holder is not None else ""
                typed = self._typed(f"{thing}-{name}")
                same = (
                    list(kept) == list(typed)
                    if isinstance(kept, list)
                    else str(kept) == str(typed or "").strip()
                )
                if not same:
                    path = name if thing == "case" else f"{thing}.{name}"
                    found[f"{thing}-{name}"] = words.value_words(path, kept if kept != "" else None) or "—"
        return found


class ManagerForm(forms.Form):
    """Who of the agency answers for a case."""

    account_manager = forms.CharField(label=_("Account manager"), required=False)

    def __init__(self, *args: Any, staff: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(one.email, str(one)) for one in staff]
        self.fields["account_manager"].widget = forms.Select(choices=[("", _("nobody yet")), *named])


class NewCaseForm(ManagerForm):
    """Client and domain are enough; the rest follows."""

    client = forms.CharField(label=_("Client"))
    domain = forms.CharField(
        label=_("Domain"),
        help_text=_("Such as harbour.example, without www."),
        widget=forms.TextInput(
            attrs={"maxlength": 253, "inputmode": "url", "spellcheck": "false", "autocomplete": "off"}
        ),
    )
    provider = forms.CharField(label=_("Provider"), required=False)
    province = forms.CharField(label=_("Province"), required=False)
    field_order = ["client", "domain", "provider", "province", "account_manager"]

    def __init__(self, *args: Any, clients: list[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(one.reference, f"{one.name} {one.name_zh}".strip()) for one in clients]
        self.fields["client"].widget = forms.Select(choices=[("", _("choose a client")), *named])
        providers = [(code, row.name) for code, row in kinds.PROVIDERS.items()]
        provinces = [(code, row.name) for code, row in PROVINCES.items()]
        self.fields["provider"].widget = forms.Select(choices=[NOT_SAID, *providers])
        self.fields["province"].widget = forms.Select(choices=[NOT_SAID, *provinces])

    def given(self) -> dict[str, Any]:
        told = {name: self.cleaned_data[name] for name in ("provider", "province", "account_manager")}
        return {name: value for name, value in told.items() if value} | {
            "domain": {"name": self.cleaned_data["domain"]}
        }


# ── Moves ───────────────────────────────────────────────────────────────────────────────────────────────────────────

DATA_HINTS: dict[str, Any] = {
    "icp_number": _("As issued, such as 沪ICP备2026000001号-1."),
    "psb_number": _("As issued, such as 沪公网安备31010002000001号."),
    "licence_number": _("As issued, such as 沪B2-20260001."),
    "until": _("The case comes back to the list of the day then."),
}


class MoveForm(forms.Form):
    """What one move must be told."""

    def __init__(self, case: Case, move: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case, self.move = case, move
        results = case.recorded_results
        names = tuple(results) if move == "correct" else records.WANTED.get(move, ())
        for name in names:
            self.fields[name] = self._box(name)
            if move == "correct":
                self.initial[name] = shown(results[name])
            elif name.endswith("_on"):
                self.initial[name] = beijing_day(timezone.now())
            elif name == "photo_way":
                self.initial[name] = case.photo_way
        is_answer = move in records.REASONED
        self.fields["note"] = forms.CharField(
            label=_("Why") if move in records.NOTED else _("Their own words") if is_answer else _("Note"),
            help_text=_("As the provider or the bureau wrote it; the client reads it.") if is_answer else "",
            required=False,
            widget=text_box(),
        )

    def _box(self, name: str) -> forms.Field:
        widget: forms.Widget
        if name == "photo_way":
            open_ways = photos.open_ways(self.case.provider, self.case.province)
            named = [(code, kinds.PHOTO_WAYS[code].name) for code in open_ways]
            widget = forms.Select(choices=[("", _("choose a way")), *named])
        elif name.endswith("_on") or name == "until":
            widget = date_box()
        else:
            widget = forms.TextInput(attrs={"maxlength": 60, "spellcheck": "false", "autocomplete": "off"})
        label = words.capital(str(words.FIELDS[name]))
        return forms.CharField(label=label, required=False, widget=widget, help_text=DATA_HINTS.get(name, ""))

    def data_given(self) -> dict[str, Any]:
        """What was typed; of a correction only what is no longer as it was recorded."""
        self.is_valid()
        typed = {name: self.cleaned_data.get(name, "") for name in self.fields if name != "note"}
        if self.move == "correct":
            old = self.case.recorded_results
            return {name: value for name, value in typed.items() if str(shown(old[name])) != value.strip()}
        return typed

    def note_given(self) -> str:
        return self.cleaned_data.get("note", "")


def rest_until_field() -> forms.CharField:
    return forms.CharField(
        label=_("Until"),
        required=False,
        widget=date_box(),
        help_text=_("Without a day until the client moves. The ministry's SMS code is not silenced."),
    )


def clean_rest_until(typed: str) -> date | None:
    """A day to come in Beijing, or None."""
    try:
        found = facts.day(typed.strip())
    except ValueError as refused:
        raise forms.ValidationError(str(refused)) from None
    if found and found <= beijing_day(timezone.now()):
        raise forms.ValidationError(gettext("Give a day to come, or none."))
    return found


class SnoozeForm(forms.Form):
    """Until when reminders rest, and why; both may be left out."""

    until = rest_until_field()
    note = forms.CharField(label=_("Why"), required=False, max_length=records.LONGEST_NOTE, widget=text_box())

    def clean_until(self) -> date | None:
        return clean_rest_until(self.cleaned_data["until"])


class TrialForm(forms.Form):
    """On which case a rule is tried."""

    case = forms.CharField(label=_("Reference or domain of a case"), max_length=300)


class TakerForm(forms.Form):
    """Who answers from now on for all that somebody answered for."""

    to = forms.CharField(label=_("Who takes them"))

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {one.reference: one for one in people}
        named = [(one.reference, f"{one.name or one.email} · {one.email}") for one in self.people.values()]
        self.fields["to"].widget = forms.Select(choices=[("", _("choose a colleague")), *named])

    def clean_to(self) -> User:
        person = self.people.get(self.cleaned_data["to"])
        if person is None:
            raise forms.ValidationError(gettext("Choose somebody of the agency."))
        return person


class BulkForm(ManagerForm):
    """What an act for many cases must be told, once for all of them."""

    text = forms.CharField(
        label=_("Message, read by the client"),
        widget=text_box(6),
        error_messages={"required": _("Write what they are to read.")},
        help_text=_(
            "Each of their people gets it once. For a filing that will be late we add the day promised and the days"
            " now expected, in the reader's language."
        ),
    )
    rest_until = rest_until_field()
    until = forms.CharField(label=_("Look again on"), widget=date_box())
    note = forms.CharField(label=_("Why"), widget=text_box())
    photo_way = forms.CharField(
        label=_("Way of the photo"),
        widget=forms.Select(choices=[NOT_SAID, *words.choices_of("case", "photo_way")]),
    )
    done_on = forms.CharField(label=_("Done on"), widget=date_box())

    def __init__(self, act: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {name: self.fields[name] for name in bulk.ASKED.get(act, ())}
        self.initial.setdefault("done_on", beijing_day(timezone.now()))

    def clean_text(self) -> str:
        try:
            return records.words_of(self.cleaned_data["text"])
        except Invalid as refused:
            raise forms.ValidationError(str(refused)) from None

    def clean_rest_until(self) -> date | None:
        return clean_rest_until(self.cleaned_data["rest_until"])

    def clean_until(self) -> date:
        return self._day(records.coming_day, "until")

    def clean_done_on(self) -> date:
        return self._day(records.past_day, "done_on")

    def clean_note(self) -> str:
        try:
            return records.clean_note("hold", self.cleaned_data["note"])
        except Invalid as refused:
            raise forms.ValidationError(str(refused)) from None

    def clean_account_manager(self) -> str:
        address = self.cleaned_data["account_manager"]
        if address and address not in dict(self.fields["account_manager"].widget.choices):
            raise forms.ValidationError(gettext("Nobody at the agency has this address."))
        return address

    def clean_photo_way(self) -> str:
        way = self.cleaned_data["photo_way"]
        if way not in kinds.PHOTO_WAYS:
            raise forms.ValidationError(gettext("Choose one of the ways."))
        return way

    def _day(self, clean: Callable[..., date | None], name: str) -> date:
        try:
            found = clean(None, self.cleaned_data[name].strip(), timezone.now())
        except ValueError as refused:
            raise forms.ValidationError(str(refused)) from None
        if found is None:
            raise forms.ValidationError(gettext("This is needed."))
        return found


# ── Small steps ─────────────────────────────────────────────────────────────────────────────────────────────────────


class DayForm(forms.Form):
    """A day that is not in the future, in Beijing."""

    on = forms.CharField(label=_("On"), widget=date_box())

    def clean_on(self) -> date | None:
        try:
            found = facts.day(self.cleaned_data["on"].strip(), earliest=facts.FIRST_RECKONED)
        except ValueError as refused:
            raise forms.ValidationError(str(refused)) from None
        if found is not None and found > beijing_day(timezone.now()):
            raise forms.ValidationError(gettext("This day has not come yet in Beijing."))
        return found


class UntilForm(forms.Form):
    """Until when it holds now."""

    until = forms.CharField(label=_("It holds until"), required=False, widget=date_box())

    def clean_until(self) -> date | None:
        return any_day(self.cleaned_data["until"])


def any_day(text: str) -> date | None:
    try:
        return facts.day(text.strip())
    except ValueError as refused:
        raise forms.ValidationError(str(refused)) from None


class ReceiptForm(DayForm):
    """The day an application was accepted, and the number on its receipt where there is one."""

    receipt = forms.CharField(
        label=_("Number of the receipt"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"maxlength": 60, "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean_receipt(self) -> str:
        return tidied(self.cleaned_data["receipt"], 60)


def tidied(text: str, longest: int, *, many_lines: bool = False) -> str:
    """Text without what cannot be seen, or a form's error that says what is wrong."""
    try:
        return facts.tidy(text, longest, many_lines=many_lines)
    except ValueError as refused:
        raise forms.ValidationError(str(refused)) from None


class TextForm(forms.Form):
    """Some sentences."""

    text = forms.CharField(max_length=4000)

    def __init__(
        self, *args: Any, label: Any, rows: int = 4, hint: Any = "", required: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = label
        self.fields["text"].help_text = hint
        self.fields["text"].required = required
        self.fields["text"].widget = text_box(rows, 4000)

    def clean_text(self) -> str:
        try:
            text = facts.tidy(self.cleaned_data.get("text"), 4000, many_lines=True)
        except ValueError as refused:
            raise forms.ValidationError(str(refused)) from None
        if self.fields["text"].required and not text:
            raise forms.ValidationError(gettext("This is needed."))
        return text


class CheckForm(TextForm):
    """Until when a provider's check wants things mended, and what its notice says."""

    on = forms.CharField(
        label=_("To be right by"),
        help_text=_("As the notice says."),
        widget=date_box(),
    )
    field_order = ["on", "text"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label=_("What the notice names"), hint=_("The client reads this."), **kwargs)

    def clean_on(self) -> date | None:
        return any_day(self.cleaned_data["on"])


class ChangeForm(TextForm):
    """What of a filing has changed, and since when."""

    about = forms.MultipleChoiceField(label=_("What has changed?"), widget=forms.CheckboxSelectMultiple)
    on = forms.CharField(label=_("Since when?"), widget=date_box())
    field_order = ["about", "on", "text"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label=_("In your own words"), rows=3, required=False, **kwargs)
        self.fields["about"].choices = [(code, row.name) for code, row in CHANGES.items()]

    def clean_on(self) -> date | None:
        return any_day(self.cleaned_data["on"])


class ViewForm(forms.Form):
    """A name for the filters of the list."""

    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        validators=[validate_line],
        widget=forms.TextInput(attrs={"maxlength": 40}),
    )
    is_shared = forms.BooleanField(
        label=_("Colleagues see it too"),
        required=False,
        help_text=_(
            "They read its name. A view that names a client or a word is for those who see every client."
        ),
    )
    is_first = forms.BooleanField(label=_("Cases opens with it"), required=False)


class CallForm(TextForm):
    """Who rang; what was said may stay unsaid."""

    who = forms.CharField(label=_("Who rang"), required=False)
    field_order = ["who", "text"]

    def __init__(self, case: Case, *args: Any, **kwargs: Any) -> None:
        hint = _("Only colleagues at the agency read this.")
        super().__init__(*args, label=_("Who said what"), hint=hint, rows=3, required=False, **kwargs)
        self.fields["who"].widget = forms.RadioSelect(choices=list(words.CALLERS.items()))
        self.initial["who"] = words.USUAL_CALLER.get(case.stage, "client")

    def clean_who(self) -> str:
        who = self.cleaned_data["who"] or "other"
        if who not in words.CALLERS:
            raise forms.ValidationError(gettext("Choose one of these."))
        return who


class DecisionForm(forms.Form):
    """Whether a site that earns money needs the commercial licence, and why."""

    needed = forms.ChoiceField(
        label=_("Is a commercial licence needed?"),
        choices=[("true", _("Yes, it is needed")), ("false", _("No, it is not needed"))],
        widget=forms.RadioSelect,
    )
    foreign_capital = forms.ChoiceField(
        label=_("Does the company have foreign capital?"),
        choices=[("", _("not said yet")), ("true", _("Yes")), ("false", _("No"))],
        required=False,
        widget=forms.RadioSelect,
    )
    why = forms.CharField(
        label=_("Why"),
        help_text=_("The client reads this. Needed where no licence is."),
        required=False,
        widget=text_box(2),
    )

    def clean_needed(self) -> bool:
        return self.cleaned_data["needed"] == "true"

    def clean_foreign_capital(self) -> bool | None:
        return {"true": True, "false": False}.get(self.cleaned_data["foreign_capital"])

    def clean_why(self) -> str:
        return tidied(self.cleaned_data["why"], records.LONGEST_NOTE, many_lines=True)


class AppointmentForm(forms.Form):
    """When to appear where, with which papers."""

    on = forms.CharField(label=_("Day of the appointment"), required=False, widget=date_box())
    office = forms.CharField(
        label=_("Office"),
        help_text=_("Place, counter and hour."),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"maxlength": 200, "autocomplete": "off"}),
    )
    carried = forms.CharField(
        label=_("Papers to carry"),
        help_text=_("One a line. The client reads this."),
        required=False,
        widget=text_box(4),
    )

    def clean_on(self) -> date | None:
        try:
            return facts.day(self.cleaned_data["on"].strip())
        except ValueError as refused:
            raise forms.ValidationError(str(refused)) from None

    def clean_office(self) -> str:
        return tidied(self.cleaned_data["office"], 200)

    def clean_carried(self) -> str:
        return tidied(self.cleaned_data["carried"], records.LONGEST_NOTE, many_lines=True)


class CodeForm(forms.Form):
    """The six digits that came by SMS."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": 6}
        ),
    )


class KindForm(TextForm):
    """Another kind of filing than the rules find, and why; or the word back to the rules."""

    kind = forms.CharField(label=_("Kind of filing"), required=False)
    field_order = ["kind", "text"]

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"kind": case.filing_kind if case.filing_kind_is_set else ""})
        super().__init__(
            *args, label=_("Why"), hint=_("It stands in the history beside your name."), **kwargs
        )
        self.fields["kind"].widget = forms.Select(choices=_kinds(case))


def _kinds(case: Case) -> list[tuple[str, Any]]:
    found = words.code_words("filing_kind", words.kind_found(case) or case.filing_kind)
    by_rule = ("", gettext("as the rules find it: %(kind)s") % {"kind": found})
    return [by_rule, *words.choices_of("case", "filing_kind")]


# ── The face check ──────────────────────────────────────────────────────────────────────────────────────────────────


class LinkForm(forms.Form):
    """The provider's link of the face check."""

    link = forms.CharField(
        label=_("Link of the face check"),
        help_text=_(
            "As the provider's console shows it, or what its QR code holds. It begins with https://."
        ),
        widget=forms.TextInput(
            attrs={"maxlength": 600, "inputmode": "url", "spellcheck": "false", "autocomplete": "off"}
        ),
    )


class PlaceForm(forms.Form):
    """One of the places that serve the case, and the hour if one is agreed."""

    place = forms.CharField(label=_("Photo place"))
    place_at = forms.CharField(
        label=_("Appointment"),
        required=False,
        help_text=_("Beijing time; leave it empty where none is needed."),
        widget=forms.DateTimeInput(
            format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "class": "date"}
        ),
    )

    def __init__(self, *args: Any, places: list[photos.Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        named = [(one.code, f"{one.name} · {one.address}") for one in places]
        self.fields["place"].widget = forms.Select(choices=[("", _("choose a place")), *named])

    def clean_place_at(self) -> datetime | None:
        typed = self.cleaned_data["place_at"].strip()
        if not typed:
            return None
        try:
            at = datetime.fromisoformat(typed)
            if not facts.EARLIEST < at.date() < facts.LATEST:
                raise ValueError
        except ValueError:
            raise forms.ValidationError(gettext("Give day and hour, such as 2026-12-08T10:30.")) from None
        return at if at.tzinfo else at.replace(tzinfo=BEIJING)


class CurtainForm(DayForm):
    """A step of the curtain's way; one that is recorded already may be set right, and a new curtain ordered."""

    step = forms.CharField(label=_("What happened"))
    carrier = forms.CharField(label=_("Carrier"), required=False, help_text=_("When it was sent."))
    tracking_number = forms.CharField(
        label=_("Tracking number"),
        required=False,
        help_text=_("When it was sent; the client follows the parcel by it."),
        widget=forms.TextInput(attrs={"maxlength": 60, "spellcheck": "false", "autocomplete": "off"}),
    )
    field_order = ["step", "on", "carrier", "tracking_number"]

    def __init__(self, *args: Any, photo: Photo | None, step: str, **kwargs: Any) -> None:
        initial = {"step": step, "on": beijing_day(timezone.now())}
        if photo:
            initial |= {"carrier": photo.carrier, "tracking_number": photo.tracking_number}
        super().__init__(*args, initial=initial, **kwargs)
        reached = CURTAIN[: CURTAIN.index(step) + 1] if step != CURTAIN[0] else CURTAIN[:1]
        if photo and photo.returned_on:
            reached = CURTAIN
        self.fields["step"].widget = forms.Select(choices=[(one, STEPS[one]) for one in reached])
        if "sent" not in reached:
            del self.fields["carrier"], self.fields["tracking_number"]

    def clean_step(self) -> str:
        step = self.cleaned_data["step"]
        if step not in dict(self.fields["step"].widget.choices):
            raise forms.ValidationError(gettext("Choose a step of the curtain."))
        return step


class MessageForm(forms.Form):
    """An SMS or mail as it came; longer ones are quotation."""

    text = forms.CharField(
        label=_("The message"),
        max_length=messages.LONGEST,
        widget=text_box(8, messages.LONGEST),
        error_messages={
            "required": _("Paste the message first."),
            "max_length": _("This is too long for an SMS or mail. Paste the part that tells the result."),
        },
    )
