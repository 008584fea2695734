"""Search by pairs of letters: domain, names in both scripts, reference, numbers of licences.

Two Chinese characters make no trigram, so pg_trgm would scan; an array of pairs with a GIN index finds any two.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cases.models import Case
    from cases.queries import ClientNamed, Row
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


def words_of(case: Case | Row, client: Client | ClientNamed) -> tuple[str, ...]:
    """What a case is found by. Names of people and numbers of papers are not among it."""
    return (
        case.reference,
        case.domain_name,
        client.name,
        client.name_zh,
        case.icp_number,
        case.psb_number,
        case.licence_number,
    )


def pairs_of(case: Case, client: Client) -> list[str]:
    """The pairs under which a case is filed, and single letters: first ones of words, and Chinese ones anywhere."""
    found: set[str] = set()
    for text in words_of(case, client):
        found |= pairs(text)
        found |= {folded(word)[:1] for word in re.split(r"[\W_]+", text)}
        found |= {sign for sign in folded(text) if not sign.isascii()}
    return sorted(found - {""})


def words_asked(query: str) -> list[str]:
    """The words of a query, each folded; a case must hold all of them."""
    return [word for word in map(folded, query[:LONGEST].split()) if word]


def pairs_asked(query: str) -> list[str]:
    """The pairs that a case must have to be a candidate for this query."""
    return sorted(set().union(*(pairs(word) for word in words_asked(query))))


def holds(case: Case | Row, client: Client | ClientNamed, query: str) -> bool:
    """Whether every word of the query really stands somewhere: pairs alone also find what only looks alike."""
    texts = [folded(text) for text in words_of(case, client)]
    return all(any(word in text for text in texts) for word in words_asked(query))
