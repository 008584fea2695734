"""A case keeps the rules it began with, but for changes that were marked for running cases and have reached it.

Whatever works on a case looks its rules up on the page that was promised to it, whoever asks and however late.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from cases.deadlines import beijing_day
from rulebook.queries import promised_page
from trade import book

Service = TypeVar("Service", bound=Callable[..., Any])


def page_of(case: Any) -> book.Page:
    return promised_page(case.rules_edition, case.rules_reached, beijing_day(case.created_at))


def by_its_rules(service: Service) -> Service:
    """A service whose first argument is the case: it looks up what was promised to that case."""

    @wraps(service)
    def kept(case: Any, *args: Any, **more: Any) -> Any:
        with book.using(lambda: page_of(case)):
            return service(case, *args, **more)

    return kept  # type: ignore[return-value]


def turn_to(case: Any) -> None:
    """The rest of this request is about this case; the middleware closes the book again."""
    book.turn_to(lambda: page_of(case))
