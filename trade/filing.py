from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .book import checked
from .facts import INTENTS, Facts, read
from .loading import DataError, Dated, by_code, one_of_table
from .provinces import PROVINCES
from .words import Words

FILE = "filing.toml"
Part = Literal["subject", "service", "access"]


@dataclass(frozen=True, kw_only=True)
class Rule(Dated):
    """A row of the table of filing kinds: the facts it fits, the kind they come to, and why."""

    code: str
    intent: Literal["publish", "change", "cancel", "move_to_subject"]
    kind: str = one_of_table("kinds.filing_kind")
    why: Words
    subject_filed: tuple[Literal["no", "here", "elsewhere", "shell"], ...] = ()
    domain_filed: tuple[Literal["no", "here", "elsewhere", "other_subject"], ...] = ()
    shell: bool | None = None
    only: tuple[Part, ...] = ()
    among: Part | None = None
    individual: bool | None = None
    service: tuple[Literal["website", "app", "mini_program"], ...] = ()

    def fits(self, facts: Facts) -> bool:
        home = PROVINCES.get(facts.province or "")
        return (
            (not self.subject_filed or (facts.subject_filed or "no") in self.subject_filed)
            and (not self.domain_filed or (facts.domain_filed or "no") in self.domain_filed)
            and (self.shell is None or self.shell == (home is None or home.shell))
            and (not self.only or set(facts.change_of) == set(self.only))
            and (self.among is None or self.among in facts.cancel_of)
            and (self.individual is None or self.individual == facts.is_individual)
            and (not self.service or (facts.service or "website") in self.service)
        )


RULES = by_code(FILE, "rule", Rule)


@checked
def each_intent_has_its_last_word() -> None:
    for intent in INTENTS:
        of_it = [rule for rule in RULES.values() if rule.intent == intent]
        if not of_it or not of_it[-1].fits(Facts()):
            raise DataError(f"{FILE}: the last row of the intent {intent} must fit whatever is left")


def filing_kind(facts: Mapping[str, Any] | Facts) -> str:
    """The kind of filing (备案类型) that these facts come to; a kind that is given goes before."""
    known = read(facts)
    return known.filing_kind or rule_of(known).kind


def rule_of(facts: Mapping[str, Any] | Facts) -> Rule:
    """The row of the table that these facts fit, whatever kind is given."""
    known = read(facts)
    intent = known.intent or "publish"
    return next(rule for rule in RULES.values() if rule.intent == intent and rule.fits(known))
