"""The shipped rules are whole before anything starts: each row by its type, and no row against another."""

from __future__ import annotations

from django.core.checks import CheckMessage, Error, register

from trade import book


@register()
def shipped_rules_are_whole(app_configs, **kwargs) -> list[CheckMessage]:
    try:
        book.read_all()
    except book.DataError as error:
        return [Error(str(error), hint="Mend the row in trade/data/.", id="rulebook.E001")]
    return []
