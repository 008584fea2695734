"""The facts as questions to a client: each with its help, its why, an example; and the form that asks them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cases import facts, spans, words
from cases.drawn import path_of
from cases.forms import NOT_SAID, FactsForm, shown
from cases.models import Case, Reopening
from cases.workflow import Stage
from clients.models import User
from clients.refusals import Invalid
from trade import kinds, photos
from trade.provinces import PROVINCES

MOST_DOTS = 5  # more choices than that go into a list to open

_MOBILE = gettext_lazy(
    "A number in mainland China, for example 138 0000 0001. The ministry sends a code to it, and the provider rings it."
)


def _by_the_rules(say: Callable[[], str]) -> Promise:
    """Said when it is read, by the rules that are open then."""
    return lazy(say, str)()


_PERSON_HELP: dict[str, Promise] = {
    "is_legal_representative": gettext_lazy(
        "Whether the business licence names this person as legal representative."
    ),
    "name": gettext_lazy("Exactly as on the ID or passport, for example ADA WINTER."),
    "nationality": gettext_lazy("For example Norway, CN or GB."),
    "id_kind": gettext_lazy("Foreigners file with their passport; temporary ID cards are not taken."),
    "id_number": gettext_lazy("We keep it encrypted and show only its last four signs, to you as well."),
    "id_valid_until": _by_the_rules(
        lambda: _("It must run for more than %(span)s still.") % {"span": spans.months("id_months_left")}
    ),
    "birth_date": gettext_lazy("As on the ID. The person must be of age."),
    "email": gettext_lazy("Another one than the other person's, for example ada@harbour.example."),
    "mobile": _MOBILE,
    "landline": gettext_lazy(
        "With area code, for example 021-55550100. Some bureaus ring it during the day."
    ),
    "address": gettext_lazy("Where letters reach the person: city, street and house number."),
    "name_differs": gettext_lazy(
        "Whether the licence shows a Chinese name and the passport another. The bureau then wants a statement."
    ),
    "emergency_mobile": gettext_lazy(
        "A third number in mainland China, for when nobody answers. It differs from the others."
    ),
}
HELP: dict[str, Promise] = {
    "subject.kind": gettext_lazy("It decides which papers the ministry asks for."),
    "subject.name": gettext_lazy("As on the business licence or certificate; for a person, as on the ID."),
    "subject.name_zh": gettext_lazy("The name the ministry publishes, for example 港湾贸易有限公司."),
    "subject.id_kind": gettext_lazy("The paper that proves who files."),
    "subject.id_number": gettext_lazy(
        "Of a business licence the 18 signs of the unified social credit code (统一社会信用代码)."
    ),
    "subject.certificate_address": gettext_lazy("Copy it letter by letter; the ministry compares it."),
    "subject.contact_address": gettext_lazy(
        "Where letters reach you in China, with city, street, house number and room."
    ),
    "subject.registered_in_mainland": gettext_lazy(
        "Companies registered abroad or in Hong Kong cannot file themselves. We then talk about other ways."
    ),
    "subject.licence_status": gettext_lazy(
        "As the public company registry shows it. “Abnormal” must be cleared first."
    ),
    "subject.licence_valid_until": gettext_lazy("Leave it empty where the licence has no end."),
    "domain.name": gettext_lazy("Without www, for example harbour.example."),
    "domain.owner": gettext_lazy("Whose name stands in the domain certificate."),
    "domain.registrar": gettext_lazy(
        "Where the domain is paid for. Write “provider” where that is your cloud provider itself."
    ),
    "domain.verified": gettext_lazy("Whether the registrar has checked the owner's real name (实名认证)."),
    "domain.verified_on": _by_the_rules(
        lambda: (
            _("From that day it takes %(span)s until the domain may be filed.")
            % {"span": spans.of_clock("domain_check")}
        )
    ),
    "domain.expires_on": _by_the_rules(
        lambda: (
            _("It must run for more than %(span)s still; renew it first if not.")
            % {"span": spans.months("domain_months_left")}
        )
    ),
    "domain.resolves": gettext_lazy("It must not open a site before the filing is through."),
    "server.service_number": gettext_lazy(
        "The provider's number for this server (备案服务号). We fill it in if you do not know it."
    ),
    "server.instance": gettext_lazy("The server's name at the provider, for example i-harbour-01."),
    "server.location": gettext_lazy("Only servers in mainland China need a filing."),
    "server.prepaid_months": _by_the_rules(
        lambda: _("At least %(span)s, renewals counted.") % {"span": spans.months("prepaid_months")}
    ),
    "server.public_ip": gettext_lazy("Whether the server can be reached from outside."),
    "site.name": gettext_lazy(
        "What visitors see, in Chinese, three signs at least, close to the organisation's name. Not the domain."
    ),
    "site.languages": gettext_lazy("All languages the site speaks."),
    "site.content": gettext_lazy("What visitors find there. Some kinds need an approval of their own."),
    "site.revenue": gettext_lazy(
        "Whether visitors pay for content or services online. Showing your own goods does not count."
    ),
    "site.approvals": gettext_lazy("Approvals you have already, if any."),
    "site.note": gettext_lazy("Anything we should know about the site."),
    "case.province": gettext_lazy("The province on your certificate; each has its own rules."),
    "case.service": gettext_lazy("What is filed."),
    "case.photo_way": gettext_lazy("How the face check shall be done. The app is the quickest."),
    "case.platform_email": gettext_lazy(
        "The account at the cloud provider under which the filing is handed in."
    ),
    "case.intent": gettext_lazy("Most filings open a site."),
    "case.subject_filed": gettext_lazy(
        "Whether the ministry knows the applicant from an earlier site: then there is an ICP number already."
    ),
    "case.domain_filed": gettext_lazy(
        "Whether this very domain has an ICP number already. You may look at beian.miit.gov.cn."
    ),
    "case.change_of": gettext_lazy("Everything that is no longer as it was filed."),
    "case.cancel_of": gettext_lazy("Everything that shall end."),
    "case.new_name": gettext_lazy(
        "Whether the applicant itself has a new name: the registry gives a letter about it."
    ),
    "case.sites_filed": gettext_lazy(
        "How many sites of yours have a number already. Some bureaus then want a plan."
    ),
    "case.legal_representative_id_kind": gettext_lazy(
        "This province wants a head with a mainland ID where the legal representative has none."
    ),
}
HELP |= {f"{part}.{name}": text for part in ("head", "manager") for name, text in _PERSON_HELP.items()}

WHY: dict[str, Promise] = {
    "subject": gettext_lazy(
        "The ministry publishes who is behind a site, and compares each word with the registry."
    ),
    "head": gettext_lazy("The head answers for the organisation: as a rule its legal representative."),
    "manager": gettext_lazy(
        "The ministry and the provider ring and write to this person about the site, nobody else."
    ),
    "domain": gettext_lazy("The domain must belong to who files, and be checked by name."),
    "server": gettext_lazy("A filing binds one domain to one server in mainland China."),
    "site": gettext_lazy("The bureau looks whether name and content of the site fit the organisation."),
    "case": gettext_lazy("This tells us which bureau decides and how."),
}
YES_NO = [("true", pgettext_lazy("answer", "Yes")), ("false", pgettext_lazy("answer", "No"))]


def names_of(case: Case, thing: str) -> list[str]:
    """The facts of an object that a client is asked for."""
    names = [
        name
        for name in facts.FACTS[thing]
        if name not in facts.AGENCY_ONLY and _ASKED.get(name, _always)(case, thing)
    ]
    if thing == "subject" and case.subject.kind == "individual":
        names = [name for name in names if name not in facts.NOT_OF_AN_INDIVIDUAL | {"licence_valid_until"}]
    return names


def _always(case: Case, thing: str) -> bool:
    return True


def _is_published(case: Case, thing: str) -> bool:
    return case.intent in ("", "publish")


def _authorises(case: Case, thing: str) -> bool:
    home, head = PROVINCES.get(case.province), case.head
    return bool(home and home.foreign_head == "authorise" and head and head.is_legal_representative is False)


def _has_two_names(case: Case, thing: str) -> bool:
    home = PROVINCES.get(case.province)
    is_asked = thing == "head" and home is not None and home.name_match_statement
    return is_asked and case.head is not None and case.head.id_kind == "passport"


# What is asked only where its answer changes something.
_ASKED: dict[str, Callable[[Case, str], bool]] = {
    "subject_filed": _is_published,
    "domain_filed": _is_published,
    "sites_filed": lambda case, thing: (
        _is_published(case, thing) and case.subject_filed in ("here", "elsewhere")
    ),
    "change_of": lambda case, thing: case.intent == "change",
    "new_name": lambda case, thing: case.intent == "change",
    "cancel_of": lambda case, thing: case.intent == "cancel",
    "legal_representative_id_kind": _authorises,
    "name_differs": _has_two_names,
    "scope_hits": lambda case, thing: False,  # staff read the licence's scope of business
}


def closed_words(case: Case, user: User) -> str:
    """Why nothing at all may be changed; empty where something may."""
    if not user.standing.is_agency and not user.standing.is_contact_of(case.client_id):
        return _("Only the contact of this client changes these answers.")
    if case.is_ended:
        return _("This case has ended; its facts stay as they were filed.")
    if case.stage != Stage.DRAFT and not user.standing.is_agency:
        return _("The papers are with the provider now. Ask your agency to change this.")
    return ""


def reopened(case: Case, thing: str, name: str) -> Reopening | None:
    """What opened this fact again in this round, if anything did."""
    path = path_of(thing, name)
    return next((one for one in case.reopenings.all() if one.round == case.round and one.covers(path)), None)


def is_open(case: Case, user: User, thing: str, name: str) -> bool:
    """After a return only what came back is open to the client."""
    if user.standing.is_agency or case.round == 1:
        return True
    return reopened(case, thing, name) is not None


class AnswersForm(FactsForm):
    """The open facts of one object, as a client is asked for them.

    The number of a paper is typed anew or not at all: its box is always empty, and an empty box leaves it as it was.
    """

    def __init__(self, case: Case, user: User, thing: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(case, *args, things=(thing,), **kwargs)
        self.thing = thing
        self.fields.pop(self.MANAGER, None)
        self.open = [name for name in names_of(case, thing) if is_open(case, user, thing, name)]
        for name in facts.FACTS[thing]:
            if name not in self.open:
                del self.fields[f"{thing}-{name}"]
            else:
                self._dress(name)

    def _dress(self, name: str) -> None:
        key, fact = f"{self.thing}-{name}", facts.FACTS[self.thing][name]
        field = self.fields[key]
        field.help_text = HELP.get(f"{self.thing}.{name}", "")
        choices = words.choices_of(self.thing, name)
        if name == "photo_way":
            open_ways = photos.open_ways(self.case.provider, self.case.province)
            choices = [(code, told) for code, told in choices if code in open_ways]
        if name == "id_number":
            held = self.initial.get(key)
            field.widget = forms.TextInput(
                attrs={"autocomplete": "off", "spellcheck": "false", "maxlength": 60, "class": "number"}
            )
            self.initial[key] = ""
            if held:
                field.help_text = _("We have %(number)s. Type it again only if it is wrong. ") % {
                    "number": held
                } + str(field.help_text)
        elif fact.kind == "flag":
            field.widget = forms.RadioSelect(choices=YES_NO)
        elif name == "id_kind" and self.thing == "subject":
            field.widget = forms.Select(choices=_papers_by_whom())
        elif choices and fact.kind != "codes":
            short = len(choices) <= MOST_DOTS
            field.widget = (
                forms.RadioSelect(choices=choices) if short else forms.Select(choices=[NOT_SAID, *choices])
            )
        elif fact.kind in ("mobile", "landline"):
            field.widget.attrs |= {"type": "tel"}

    def boxes(self) -> list[dict[str, Any]]:
        """What the page draws: each box, whether it may stay empty, and why it is open again."""
        drawn = []
        for name in self.open:
            fact = facts.FACTS[self.thing][name]
            reason = reopened(self.case, self.thing, name) if self.case.round > 1 else None
            drawn.append(
                {
                    "field": self[f"{self.thing}-{name}"],
                    "optional": not fact.wanted and reason is None,
                    "width": "short" if fact.kind in ("day", "count", "mobile", "landline") else "",
                    "reason": reason,
                }
            )
        return drawn

    def given(self) -> dict[str, Any]:
        """What was typed, nested as the service takes it."""
        self.is_valid()
        typed = {name: self._typed(f"{self.thing}-{name}") for name in self.open}
        return self.nested(typed)

    def given_alone(self, key: str) -> dict[str, Any]:
        """One field as typed, for saving it by itself; empty where it is none of this page."""
        name = key.removeprefix(f"{self.thing}-")
        if name not in self.open:
            return {}
        self.is_valid()
        return self.nested({name: self._typed(key)})

    def nested(self, typed: dict[str, Any]) -> dict[str, Any]:
        if not typed.get("id_number"):
            typed.pop("id_number", None)
        if self.thing == "case":
            return typed
        return {self.thing: typed} if typed else {}

    def without(self, given: dict[str, Any], paths: Iterable[str]) -> dict[str, Any]:
        """What of `given` can still be taken, these left out."""
        wrong = {path.rpartition(".")[2] for path in paths}
        typed = given if self.thing == "case" else given.get(self.thing, {})
        return self.nested({name: value for name, value in typed.items() if name not in wrong})

    def give_way(self, now: Case, paths: Iterable[str]) -> None:
        """Boxes that nobody touched show what stands there now, not what stood there when they were drawn."""
        self.data = self.data.copy()
        holder = facts.holder_of(now, self.thing)
        for name in (path.rpartition(".")[2] for path in paths):
            value = shown(facts.value_of(holder, name) if holder is not None else None)
            self.data.setlist(f"{self.thing}-{name}", value if isinstance(value, list) else [str(value)])

    def forget_numbers(self) -> None:
        """A number that was typed goes back to no browser."""
        key = f"{self.thing}-id_number"
        if self.is_bound and self.data.get(key):
            self.data = self.data.copy()
            self.data[key] = ""

    def errors_by_box(self, refused: Invalid) -> dict[str, str]:
        """The sentences of a refusal by the name of their box."""
        return {f"{self.thing}-{one['field'].rpartition('.')[2]}": one["detail"] for one in refused.errors}


def _papers_by_whom() -> list[Any]:
    return [
        NOT_SAID,
        (
            _("For organisations"),
            [(code, row.name) for code, row in kinds.ORGANISATION_ID_KINDS.items()],
        ),
        (_("For a person"), [(code, row.name) for code, row in kinds.ID_KINDS.items()]),
    ]


def kept(case: Case, user: User, thing: str) -> list[dict[str, str]]:
    """The facts of an object that are closed to the reader, as they stand."""
    holder = facts.holder_of(case, thing)
    closed = bool(closed_words(case, user))
    rows = []
    for name in names_of(case, thing):
        if not closed and is_open(case, user, thing, name):
            continue
        value = facts.value_of(holder, name) if holder is not None else None
        rows.append(
            {
                "label": words.capital(str(words.field_label(thing, name))),
                "value": words.value_words(path_of(thing, name), value) or "—",
            }
        )
    return rows
