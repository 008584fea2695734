from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .facts import Facts, read
from .provinces import PROVINCES

# From the widest to the narrowest.
CANCELLED = ("subject", "service", "access")


def filing_kind(facts: Mapping[str, Any] | Facts) -> str:
    """The kind of filing (备案类型) that these facts come to; a kind that is given goes before.

    MIIT Order 33 of 2005 and the types of MIIT's filing system; migration by the bureaus that offer it.
    """
    known = read(facts)
    if known.filing_kind:
        return known.filing_kind
    return FOR_INTENT[known.intent or "publish"](known)


def publish(facts: Facts) -> str:
    domain_filed, subject_filed = (
        facts.domain_filed or "no",
        facts.subject_filed or "no",
    )
    if domain_filed == "other_subject":
        return "blocked"
    if domain_filed == "here":
        return "none"
    if domain_filed == "elsewhere":
        return "add_access"
    if subject_filed == "shell":
        home = PROVINCES.get(facts.province or "")
        # An empty subject is cancelled first; the first filing is the next case.
        return "add_service" if home is None or home.shell else "cancel_subject"
    return "first" if subject_filed == "no" else "add_service"


def change(facts: Facts) -> str:
    return f"change_{facts.change_of[0]}" if len(facts.change_of) == 1 else "change_all"


def cancel(facts: Facts) -> str:
    return next(
        (f"cancel_{part}" for part in CANCELLED if part in facts.cancel_of),
        "cancel_service",
    )


def move_to_subject(facts: Facts) -> str:
    # No filing moves to an individual, and no app's: those are cancelled and filed again.
    return "blocked" if facts.is_individual or facts.service == "app" else "migrate"


FOR_INTENT = {
    "publish": publish,
    "change": change,
    "cancel": cancel,
    "move_to_subject": move_to_subject,
}
