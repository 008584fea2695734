"""The facts of a case: one table of fields, by which pages, API, checklist and history speak the same words.

Shapes: the case's own facts are flat; `subject, head, manager, domain, server, site` are objects of flat facts.
A value is cleaned for its kind; what cannot be taken raises `Invalid` with a sentence for each field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from cases import countries
from clients.refusals import Invalid, error
from clients.sealing import Locked
from trade import days, kinds, numbers, provinces
from trade import facts as rules

if TYPE_CHECKING:
    from cases.models import Case


LONGEST_COUNTRY = 60  # as it is typed; two letters are kept
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
FIRST_RECKONED = date(days.FIRST_YEAR, 1, 1)  # no calendar of working days goes further back


@dataclass(frozen=True)
class Fact:
    """One field: what kind of value it takes, and whether handing in asks for it."""

    kind: str  # text, long, code, codes, flag, day, count, email, mobile, landline, number, domain, person, words
    choices: tuple[str, ...] = ()
    longest: int = 200
    wanted: bool = True
    pattern: re.Pattern[str] = CODE  # of each code
    earliest: date = EARLIEST


MOBILE = Fact("mobile", longest=20)
PERSON = {
    "is_legal_representative": Fact("flag"),
    "name": Fact("text", longest=120),
    "nationality": Fact("country", longest=2),
    "id_kind": Fact("code", tuple(kinds.ID_KINDS)),
    "id_number": Fact("number", longest=40),
    "id_valid_until": Fact("day"),
    "birth_date": Fact("day"),
    "email": Fact("email", longest=254),
    "mobile": MOBILE,
    "landline": Fact("landline", longest=30),
    "address": Fact("text", longest=300),
    "emergency_mobile": Fact("mobile", longest=20, wanted=False),
    "name_differs": Fact("flag", wanted=False),
}

FACTS: dict[str, dict[str, Fact]] = {
    "case": {
        "provider": Fact("code", tuple(kinds.PROVIDERS)),
        "province": Fact("code", tuple(provinces.PROVINCES)),
        "filing_kind": Fact("code", tuple(kinds.FILING_KINDS)),
        "service": Fact("code", tuple(kinds.SERVICES)),
        "photo_way": Fact("code", tuple(kinds.PHOTO_WAYS), wanted=False),
        "platform_email": Fact("email", longest=254),
        "promised_on": Fact("day", wanted=False),
        # What decides the kind of filing; what nobody says is worked out or taken for the plain case.
        "intent": Fact("code", rules.INTENTS, wanted=False),
        "subject_filed": Fact("code", rules.SUBJECT_FILED, wanted=False),
        "domain_filed": Fact("code", rules.DOMAIN_FILED, wanted=False),
        "change_of": Fact("codes", rules.PARTS, wanted=False),
        "cancel_of": Fact("codes", rules.PARTS, wanted=False),
        "new_name": Fact("flag", wanted=False),
        "sites_filed": Fact("count", wanted=False),
        "legal_representative_id_kind": Fact("code", tuple(kinds.ID_KINDS), wanted=False),
    },
    "subject": {
        "kind": Fact("code", tuple(kinds.SUBJECT_KINDS)),
        "name": Fact("text"),
        "name_zh": Fact("text"),
        "id_kind": Fact("code", (*kinds.ORGANISATION_ID_KINDS, *kinds.ID_KINDS)),
        "id_number": Fact("number", longest=40),
        "certificate_address": Fact("text", longest=300),
        "contact_address": Fact("text", longest=300),
        "registered_in_mainland": Fact("flag"),
        "licence_status": Fact("code", tuple(kinds.LICENCE_STATUSES)),
        "licence_valid_until": Fact("day", wanted=False),
    },
    "head": PERSON,
    "manager": PERSON,
    "domain": {
        "name": Fact("domain", longest=253),
        "owner": Fact("code", tuple(kinds.DOMAIN_OWNERS)),
        "registrar": Fact("text", longest=80),
        "verified": Fact("flag"),
        "verified_on": Fact("day", earliest=FIRST_RECKONED),
        "expires_on": Fact("day"),
        # What the portal could not look up warns and never blocks.
        "resolves": Fact("flag", wanted=False),
    },
    "server": {
        "service_number": Fact("text", longest=80),
        "instance": Fact("text", longest=80),
        "location": Fact("code", tuple(kinds.SERVER_LOCATIONS)),
        "prepaid_months": Fact("count"),
        "public_ip": Fact("flag"),
    },
    "site": {
        "name": Fact("text", longest=120),
        "languages": Fact("codes", longest=16),
        # Classes of content are the agency's to add to; the rules know those that need an approval.
        "content": Fact("codes", longest=32, pattern=rules.CODE),
        "revenue": Fact("flag"),
        "approvals": Fact("codes", longest=32, wanted=False, pattern=rules.CODE),
        "note": Fact("long", longest=2000, wanted=False),
        # Classes that name or scope of business mention, though the site does without them.
        "scope_hits": Fact("codes", longest=32, wanted=False, pattern=rules.CODE),
    },
}
OBJECTS = ("subject", "head", "manager", "domain", "server", "site")
# Of a person who files for himself there is no licence and no place of registration.
NOT_OF_AN_INDIVIDUAL = {"registered_in_mainland", "licence_status"}
# Certificates that carry a unified social credit code; others may still bear an older number.
NUMBER_OF = {"business_licence": "uscc", "rep_office_certificate": "uscc"}
# The flat facts that the rules read under the same name, the kind of filing aside.
PLANNED = (
    "intent", "subject_filed", "domain_filed", "change_of", "cancel_of", "new_name", "sites_filed",
    "legal_representative_id_kind",
)  # fmt: skip
AGENCY_ONLY = {"client", "account_manager", "provider", "filing_kind", "promised_on"}


def is_the_agencys(path: str) -> bool:
    """Whether only the agency can fill it in: no page of the client's asks for it."""
    return path.rpartition(".")[2] in AGENCY_ONLY


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def value_of(holder: Any, name: str) -> Any:
    """The fact as it is kept; of a number only whether there is one, as its mask."""
    return holder.masked_number if name == "id_number" else getattr(holder, name)


def is_given(value: Any) -> bool:
    return value not in ("", None, [])


def holder_of(case: Case, thing: str) -> Any:
    """The row that keeps the facts of `thing`: the case itself, one of its parts, or None for an absent manager."""
    return case if thing == "case" else getattr(case, thing)


def missing(case: Case) -> list[str]:
    """Paths that handing in asks for and nobody has given: `province`, `subject.name`, `head.mobile` …"""
    found = []
    for thing, fields in FACTS.items():
        holder = holder_of(case, thing)
        if holder is None:
            if thing == "manager":
                continue  # absent: the head is it
            found += [f"{thing}.{name}" for name, fact in fields.items() if fact.wanted]
            continue
        for name, fact in fields.items():
            if not fact.wanted or is_given(value_of(holder, name)):
                continue
            if thing == "subject" and case.subject.kind == "individual" and name in NOT_OF_AN_INDIVIDUAL:
                continue
            found.append(name if thing == "case" else f"{thing}.{name}")
    return found


def for_rules(case: Case) -> dict[str, Any]:
    """The facts in the shape that the rules of the trade ask for; what is unknown is absent."""

    def given(holder: Any, names: Iterable[str]) -> dict[str, Any]:
        values = {name: getattr(holder, name) for name in names}
        return {name: value for name, value in values.items() if is_given(value)}

    person = [name for name in PERSON if name != "id_number"]
    facts: dict[str, Any] = {
        **given(case, ["service", "province", "filing_kind", *PLANNED]),
        "domain": given(case.domain, FACTS["domain"]),
        "server": given(case.server, FACTS["server"]),
        "site": given(case.site, FACTS["site"]),
    }
    if case.intent in ("", "publish") and (known := sites_known(case)) > facts.get("sites_filed", 0):
        facts["sites_filed"] = known
    facts["domain"].pop("registrar", None)
    if case.domain.registrar:
        facts["domain"]["registrar"] = "provider" if case.domain.registrar == "provider" else "other"
    if case.subject.kind:
        facts["subject_kind"] = case.subject.kind
    for name in ("registered_in_mainland", "licence_status", "licence_valid_until"):
        if is_given(getattr(case.subject, name)):
            facts[name] = getattr(case.subject, name)
    for part in ("head", "manager"):
        if someone := getattr(case, part):
            facts[part] = given(someone, person)
            facts[part]["id_number"] = someone.id_number_hash  # enough to see that head and manager are one
            if home := _home_of(someone):
                facts[part]["id_province"] = home
    return facts


def sites_known(case: Case) -> int:
    """How many sites of this applicant the portal itself has seen filed, as `services/planning.py` found."""
    return max((reason.get("sites", 0) for reason in case.filing_kind_why), default=0)


def _home_of(someone: Any) -> str | None:
    """The province of a resident ID; unknown where no key opens the number any more."""
    if someone.id_kind != "resident_id" or not someone.has_number:
        return None
    try:
        return numbers.id_province(someone.id_number)
    except Locked:
        return None


# ── Cleaning ────────────────────────────────────────────────────────────────────────────────────────────────────────


def clean(thing: str, name: str, value: Any, *, context: dict[str, Any]) -> Any:
    """`value` as it is kept. `context` holds the other facts of the same object, old and new, for what depends.

    Raises `Invalid` with the path of the field. Empty takes the fact away again.
    """
    path = name if thing == "case" else f"{thing}.{name}"
    fact = FACTS[thing][name]
    try:
        return _CLEANERS[fact.kind](fact, value, context)
    except ValueError as refused:
        raise Invalid([error(path, refused)]) from None


def tidy(value: Any, longest: int, *, many_lines: bool = False) -> str:
    """Text in one form, without what cannot be seen; too long or not text is refused."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(_("This must be text."))
    text = unicodedata.normalize("NFC", value).replace("\r\n", "\n").strip()
    allowed = "\n\t" if many_lines else ""
    for sign in text:
        if sign not in allowed and unicodedata.category(sign) in ("Cc", "Cs", "Cn"):
            raise ValueError(_("This has a character that cannot be shown. Type it again."))
    text = "".join(sign for sign in text if not _turns_direction(sign))
    if len(text) > longest:
        raise ValueError(
            _("This is too long: %(given)d characters, at most %(longest)d.")
            % {"given": len(text), "longest": longest}
        )
    return text


def _turns_direction(sign: str) -> bool:
    """Signs that turn the reading direction make one text look like another."""
    return sign in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"


def _text(fact: Fact, value: Any, context: dict) -> str:
    return tidy(value, fact.longest)


def _long(fact: Fact, value: Any, context: dict) -> str:
    return tidy(value, fact.longest, many_lines=True)


def _code(fact: Fact, value: Any, context: dict) -> str:
    if value in ("", None):
        return ""
    if not isinstance(value, str) or value not in fact.choices:
        raise ValueError(_("Choose one of these: %(choices)s.") % {"choices": ", ".join(fact.choices)})
    return value


def _codes(fact: Fact, value: Any, context: dict) -> list[str]:
    if value in ("", None):
        return []
    if not isinstance(value, list) or len(value) > 40:
        raise ValueError(_("This must be a list."))
    cleaned: list[str] = []
    for one in value:
        code = _code(fact, one, context) if fact.choices else tidy(one, fact.longest)
        if code and not fact.pattern.fullmatch(code):
            raise ValueError(_("Use codes of small letters, such as company or zh-hans."))
        if code and code not in cleaned:
            cleaned.append(code)
    return cleaned


def _country(fact: Fact, value: Any, context: dict) -> str:
    text = tidy(value, LONGEST_COUNTRY)
    code = countries.code_of(text)
    if text and not code:
        raise ValueError(
            _("We do not know this country. Write its name or its two letters, such as CN or GB.")
        )
    return code


def _flag(fact: Fact, value: Any, context: dict) -> bool | None:
    if value in ("", None):
        return None
    if value is True or value is False:
        return value
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    raise ValueError(_("Answer yes or no."))


def day(value: Any, *, earliest: date = EARLIEST) -> date | None:
    """A date from ISO 8601, between `earliest` (1900) and 2100."""
    if value in ("", None):
        return None
    if isinstance(value, date):
        found = value
    else:
        try:
            found = date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
        except ValueError:
            raise ValueError(_("Give the date as year-month-day, such as 2026-12-08.")) from None
    if not earliest <= found <= LATEST:
        if earliest == FIRST_RECKONED:
            raise ValueError(str(days.out_of_years("")))
        raise ValueError(_("This date lies outside 1900 to 2100."))
    return found


def _day(fact: Fact, value: Any, context: dict) -> date | None:
    return day(value, earliest=fact.earliest)


def _count(fact: Fact, value: Any, context: dict) -> int | None:
    if value in ("", None):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1200:
        raise ValueError(_("Give a whole number from 0 to 1200."))
    return value


def email(value: Any, longest: int = 254) -> str:
    """An e-mail address in lower case; none of its signs can end a mail's header line."""
    text = tidy(value, longest).lower()
    if text:
        try:
            validate_email(text)
        except ValidationError:
            raise ValueError(
                _("This is not an e-mail address. It looks like name@company.example.")
            ) from None
    return text


def _email(fact: Fact, value: Any, context: dict) -> str:
    return email(value, fact.longest)


def _number_of(kind: str, value: Any) -> str:
    text = tidy(value, 512)
    if not text:
        return ""
    found = numbers.check(kind, text)
    if not found.valid:
        raise ValueError(str(found.reason))
    return found.normalised or ""


def _mobile(fact: Fact, value: Any, context: dict) -> str:
    return _number_of("mobile", value)


def _landline(fact: Fact, value: Any, context: dict) -> str:
    return _number_of("landline", value)


def _domain(fact: Fact, value: Any, context: dict) -> str:
    return _number_of("domain", value)


def number_kind(id_kind: str) -> str:
    """By which form the number of such a paper is checked; empty where it has none of its own."""
    return NUMBER_OF.get(id_kind, id_kind if id_kind in kinds.ID_KINDS else "")


def _number(fact: Fact, value: Any, context: dict) -> str:
    """The number of a paper, checked by the kind of paper it is of; without a kind only tidied."""
    if kind := number_kind(context.get("id_kind") or ""):
        return _number_of(kind, value)
    text = unicodedata.normalize("NFKC", tidy(value, 512)).replace(" ", "").upper()
    if len(text) > fact.longest:
        raise ValueError(_("This is too long for the number of a paper."))
    return text


_CLEANERS = {
    "text": _text,
    "long": _long,
    "code": _code,
    "codes": _codes,
    "country": _country,
    "flag": _flag,
    "day": _day,
    "count": _count,
    "email": _email,
    "mobile": _mobile,
    "landline": _landline,
    "domain": _domain,
    "number": _number,
}
