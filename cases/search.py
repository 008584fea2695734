"""Search by pairs of letters: domain, names in both scripts, reference, numbers of licences.

Two Chinese characters make no trigram, so pg_trgm would scan; an array of pairs with a GIN index finds any two.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cases.models import Case
    from clients.models import Client

LONGEST = 80  # letters of a query that are looked at


def folded(text: str) -> str:
    """Lower case, full width made half, no accents, no blanks: how both sides of a search are written."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign) and sign.isalnum())


def pairs(text: str) -> set[str]:
    """All neighbours of the folded text; of a single letter the letter itself."""
    plain = folded(text)
    if len(plain) == 1:
        return {plain}
    return {plain[place : place + 2] for place in range(len(plain) - 1)}


def pairs_of(case: Case, client: Client) -> list[str]:
    """What a case is found by. Names of people and numbers of papers are not among it."""
    words = (
        case.reference,
        case.domain_name,
        client.name,
        client.name_zh,
        case.icp_number,
        case.psb_number,
        case.licence_number,
    )
    found: set[str] = set()
    for word in words:
        found |= pairs(word)
        found |= set(folded(word)[:1])
    return sorted(found)


def pairs_asked(query: str) -> list[str]:
    """The pairs that a case must have to be a candidate for this query."""
    return sorted(pairs(query[:LONGEST]))
