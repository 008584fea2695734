"""From where the present work comes: a page, the API, a task or a command. Events keep it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("source", default="task")


@contextmanager
def coming_from(source: str) -> Iterator[None]:
    token = _current.set(source)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> str:
    return _current.get()
