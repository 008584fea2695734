"""A case keeps the rules it began with, but for changes that were marked for running cases and have reached it.

Whatever works on a case looks its rules up on the page that was promised to it, whoever asks and however late.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from cases.deadlines import beijing_day
from rulebook.queries import newest_edition, promised_page
from trade import book

Service = TypeVar("Service", bound=Callable[..., Any])


def page_of(case: Any) -> book.Page:
    return promised_page(case.rules_edition, case.rules_reached, beijing_day(case.created_at))


def by_its_rules(service: Service) -> Service:
    """A service whose first argument is a case or hangs on one: it looks up what was promised to that case."""

    @wraps(service)
    def kept(subject: Any, *args: Any, **more: Any) -> Any:
        with book.using(lambda: page_of(case_of(subject))):
            return service(subject, *args, **more)

    return kept  # type: ignore[return-value]


def case_of(subject: Any) -> Any:
    """The case, of itself or of what hangs on it: a paper, a document, an upload."""
    while not hasattr(subject, "rules_edition"):
        subject = subject.case if hasattr(subject, "case") else subject.requirement
    return subject


class ByPromise:
    """A row that is a case or hangs on one."""

    def when_found(self) -> None:
        """The rest of this request is about that case; the middleware closes the book again."""
        book.turn_to(lambda: page_of(case_of(self)))


def begun_today() -> dict[str, int]:
    """The columns of a case that begins with the rules of today."""
    edition = newest_edition()
    return {"rules_edition": edition, "rules_reached": edition}
