"""What other floors show on the page of a client: each hangs its section here when the house starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpRequest

from clients.models import Client


class Section(NamedTuple):
    """One section: its template, and what the template is told as `told`."""

    template: str
    told: Any


# In the order of the page; people stand between the first and the others.
SECTIONS: list[Callable[[HttpRequest, Client], Section]] = []


def sections_of(request: HttpRequest, client: Client) -> list[Section]:
    return [section(request, client) for section in SECTIONS]
