"""Search in what a case is filed under: domain, names in both scripts, reference, numbers of licences.

Two Chinese characters make no trigram, so pg_trgm would scan. The index holds the four signs that stand at each place
of each text (fewer where the text ends): a word of up to three signs is the beginning of such a window, a longer one
has some that few cases share.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func

if TYPE_CHECKING:
    from cases.models import Case
    from clients.models import Client

LONGEST = 80  # letters of a query that are looked at
MOST_BYTES = 2000  # of what a case is filed under: it stands in an index that takes no longer rows
WINDOW = 4  # signs; as the function in the database has it
ASKED_FOR = 3  # windows of a query that the index is asked for


class Windows(Func):
    """The windows of a text, as PostgreSQL takes them."""

    function = "cases_windows"
    output_field = SearchVectorField()


def folded(text: str) -> str:
    """Lower case, full width made half, no accents, no blanks: how both sides of a search are written."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign) and sign.isalnum())


def filed_under(case: Case, client: Client) -> str:
    """What a case is found by, each text folded. Names of people and numbers of papers are not among it."""
    return joined(
        (
            case.reference,
            case.domain_name,
            client.name,
            client.name_zh,
            case.icp_number,
            case.psb_number,
            case.licence_number,
        )
    )


def joined(texts: Iterable[str]) -> str:
    """Folded, one behind the other; a blank stands between them and nowhere else."""
    found = " ".join(filter(None, map(folded, texts)))
    return found.encode()[:MOST_BYTES].decode(errors="ignore")


def words_asked(query: str) -> list[str]:
    """The words of a query, each folded; a case must hold all of them."""
    return [word for word in map(folded, query[:LONGEST].split()) if word]


def rarest(words: list[str], shares: Mapping[str, float]) -> str:
    """Of the windows that a case with these words has, those that the fewest have, as PostgreSQL asks for them.

    `shares` tells of how many cases the common ones are; of one that it does not name, fewer.
    """
    found: dict[str, float] = {}
    for word in words:
        if len(word) < WINDOW:
            found[f"'{word}':*"] = sum(share for one, share in shares.items() if one.startswith(word))
        for place in range(len(word) - WINDOW + 1):
            window = word[place : place + WINDOW]
            found[f"'{window}'"] = shares.get(window, 0.0)
    return " & ".join(sorted(found, key=found.__getitem__)[:ASKED_FOR])
