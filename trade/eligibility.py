from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from . import days, kinds, names, numbers
from .amounts import amount
from .book import as_of, checked
from .clocks import CLOCKS
from .facts import Facts, Permit, Person, read
from .filing import filing_kind
from .loading import DataError, Dated, by_code, one_of_table
from .papers import is_from_elsewhere, lives_on_own_work, must_authorise
from .provinces import PROVINCES, Province
from .words import Words

FILE = "eligibility.toml"


@dataclass(frozen=True, kw_only=True)
class Obstacle(Dated):
    """Why a filing cannot begin, and what to do instead."""

    code: str
    sentence: Words
    alternative: str | None = one_of_table("eligibility.alternative", default=None)


@dataclass(frozen=True, kw_only=True)
class Alternative(kinds.Kind):
    """What can be done instead, and how."""

    how: Words


class Verdict(NamedTuple):
    eligible: bool
    reasons: list[str]
    alternative: str | None


OBSTACLES = by_code(FILE, "obstacle", Obstacle)
ALTERNATIVES = by_code(FILE, "alternative", Alternative)


def judge(facts: Mapping[str, Any] | Facts) -> Verdict:
    """Whether a filing with these facts can begin; what is not told counts as fine.

    MIIT Order 33 of 2005, MIIT's notice on domain names in internet services (2017), rules of the 31 bureaus.
    """
    known = read(facts)
    with as_of(known.on):
        home = PROVINCES.get(known.province or "")
        reasons = [code for code in OBSTACLES if RULES[code](known, home)]
        alternatives = (OBSTACLES[code].alternative for code in reasons)
        return Verdict(not reasons, reasons, next(filter(None, alternatives), None))


def server_outside_mainland(facts: Facts, home: Province | None) -> bool:
    return facts.server.location not in (None, "mainland")


def subject_not_in_mainland(facts: Facts, home: Province | None) -> bool:
    return not facts.is_individual and facts.registered_in_mainland is False


def licence_not_active(facts: Facts, home: Province | None) -> bool:
    expired = facts.licence_valid_until is not None and facts.licence_valid_until < day_of(facts)
    return facts.licence_status not in (None, "active") or expired


def province_mismatch(facts: Facts, home: Province | None) -> bool:
    return not facts.is_individual and home is not None and facts.licence_province not in (None, home.code)


def individual_foreigner_not_accepted(facts: Facts, home: Province | None) -> bool:
    if not facts.is_individual or facts.head.id_kind != "passport":
        return False
    if home and not home.foreign_individuals:
        return True
    return not permit_holds(facts.head.residence_permit, facts, home)


def individual_out_of_province(facts: Facts, home: Province | None) -> bool:
    if home is None or not is_from_elsewhere(facts) or home.from_elsewhere == "open":
        return False
    permit = facts.head.residence_permit
    of_here = (
        permit is not None and permit.province in (None, home.code) and permit_holds(permit, facts, home)
    )
    if home.from_elsewhere == "permit":
        return not of_here
    return home.from_elsewhere == "local" or not (of_here or facts.head.study_or_work_proof)


def permit_holds(permit: Permit | None, facts: Facts, home: Province | None) -> bool:
    """Whether a residence permit is in force, and as long as the province wants it to be."""
    if permit is None or permit.valid_until is None:
        return permit is not None
    return permit.valid_until >= months_later(day_of(facts), home.permit_months_left if home else 0)


def underage(facts: Facts, home: Province | None) -> bool:
    ages = [person.age_on(day_of(facts)) for person in facts.persons]
    if any(age is not None and age < minimum_age(facts, home) for age in ages):
        return True
    return lives_on_own_work(facts, home) and facts.head.income_proof is False


def minimum_age(facts: Facts, home: Province | None) -> int:
    if not facts.is_individual:
        return amount("adult_years")
    return home.minimum_age if home else min(province.minimum_age for province in PROVINCES.values())


def person_id_kind_not_allowed(facts: Facts, home: Province | None) -> bool:
    return any(is_wrong_paper(person) for person in facts.persons)


def is_wrong_paper(person: Person) -> bool:
    if person.id_kind == "passport":
        return person.nationality in ("CN", "HK", "MO", "TW")
    return person.id_kind == "temporary_id" or (
        person.id_kind == "resident_id" and person.nationality not in (None, "CN")
    )


def person_id_expiring(facts: Facts, home: Province | None) -> bool:
    return any(is_expiring(person.id_valid_until, facts, "id") for person in facts.persons)


def legal_rep_required(facts: Facts, home: Province | None) -> bool:
    if home is None or not facts.is_organisation or facts.head_is_legal:
        return False
    return home.head == "must" and not must_authorise(facts, home)


def mainland_person_required(facts: Facts, home: Province | None) -> bool:
    if home is None or not facts.is_organisation:
        return False
    return home.foreign_head == "authorise" and facts.head.id_kind not in (
        None,
        "resident_id",
    )


def manager_must_be_head(facts: Facts, home: Province | None) -> bool:
    apart = facts.other_manager is not None and not facts.head_is_legal
    return home is not None and home.head == "same" and apart


def mainland_mobile_required(facts: Facts, home: Province | None) -> bool:
    return any(person.mobile and not numbers.check("mobile", person.mobile).valid for person in facts.persons)


def mobile_not_local(facts: Facts, home: Province | None) -> bool:
    if home is None or not home.wants_local_mobile(individual=facts.is_individual):
        return False
    return any(person.mobile_province not in (None, home.code) for person in facts.persons)


def domain_owner_mismatch(facts: Facts, home: Province | None) -> bool:
    owner = facts.domain.owner
    only_subject = facts.is_individual or (home is not None and home.owner_is_subject)
    return owner == "other" or (only_subject and owner not in (None, "subject"))


def domain_not_verified(facts: Facts, home: Province | None) -> bool:
    return facts.domain.verified is False


def domain_verification_too_fresh(facts: Facts, home: Province | None) -> bool:
    verified_on = facts.domain.verified_on
    return (
        verified_on is not None
        and days.working_days_between(verified_on, day_of(facts)) < CLOCKS["domain_check"].n
    )


def domain_registrar_not_approved(facts: Facts, home: Province | None) -> bool:
    return facts.domain.registrar_approved is False


def domain_tld_not_approved(facts: Facts, home: Province | None) -> bool:
    if facts.domain.tld_approved is not None:
        return not facts.domain.tld_approved
    ending = (facts.domain.name or "").rstrip(".").rpartition(".")[2].lower()
    return home is not None and ending in home.refused_endings


def domain_expiring(facts: Facts, home: Province | None) -> bool:
    return is_expiring(facts.domain.expires_on, facts, "domain")


def domain_resolves(facts: Facts, home: Province | None) -> bool:
    return facts.domain.resolves is True and filing_kind(facts) in (
        "first",
        "add_service",
    )


def domain_filed_by_other(facts: Facts, home: Province | None) -> bool:
    return filing_kind(facts) == "blocked"


def server_term_too_short(facts: Facts, home: Province | None) -> bool:
    return facts.server.prepaid_months is not None and facts.server.prepaid_months < amount("prepaid_months")


def server_no_public_ip(facts: Facts, home: Province | None) -> bool:
    return facts.server.public_ip is False


def service_quota_used_up(facts: Facts, home: Province | None) -> bool:
    return facts.server.quota_left == 0


def order_in_progress(facts: Facts, home: Province | None) -> bool:
    return facts.order_in_progress is True


def individual_content(facts: Facts, home: Province | None) -> bool:
    beyond = any(code != "personal" for code in facts.site.content)
    return facts.is_individual and (facts.site.revenue is True or beyond)


def pre_approval_missing(facts: Facts, home: Province | None) -> bool:
    needed = set(facts.site.content) & set(kinds.PRE_APPROVAL_CLASSES)
    return bool(needed - set(facts.site.approvals))


def site_name_not_allowed(facts: Facts, home: Province | None) -> bool:
    if facts.site.name is None:
        return False
    broken = names.broken_rule(
        facts.site.name,
        subject_kind=facts.subject_kind,
        domain=facts.domain.name,
        province=facts.province,
    )
    return broken is not None


def day_of(facts: Facts) -> date:
    return facts.on or days.today()


def is_expiring(until: date | None, facts: Facts, what: str) -> bool:
    return until is not None and until <= months_later(day_of(facts), amount(f"{what}_months_left"))


def months_later(day: date, months: int) -> date:
    """The same day so many calendar months later, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


RULES: dict[str, Callable[[Facts, Province | None], bool]] = {
    rule.__name__: rule
    for rule in (
        server_outside_mainland,
        subject_not_in_mainland,
        licence_not_active,
        province_mismatch,
        individual_foreigner_not_accepted,
        individual_out_of_province,
        underage,
        person_id_kind_not_allowed,
        person_id_expiring,
        legal_rep_required,
        mainland_person_required,
        manager_must_be_head,
        mainland_mobile_required,
        mobile_not_local,
        domain_owner_mismatch,
        domain_not_verified,
        domain_verification_too_fresh,
        domain_registrar_not_approved,
        domain_tld_not_approved,
        domain_expiring,
        domain_resolves,
        domain_filed_by_other,
        server_term_too_short,
        server_no_public_ip,
        service_quota_used_up,
        order_in_progress,
        individual_content,
        pre_approval_missing,
        site_name_not_allowed,
    )
}


@checked
def each_rule_has_its_sentence() -> None:
    if list(RULES) != list(OBSTACLES):
        words = _("The obstacles are those that the portal looks for, each with its sentence at all times.")
        raise DataError(f"{FILE}: {words}", column="valid_to", sentence=words)
