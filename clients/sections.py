"""What other floors show on the page of a client: each hangs its section here when the house starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.module_loading import import_string

from clients.models import Client


class Section(NamedTuple):
    """One section: its template, and what the template is told as `told`."""

    template: str
    told: Any


# Where each is, in the order of the page; people stand between the first and the others. Named and not brought along,
# for workers and commands draw no page.
SECTIONS: list[str] = []


def sections_of(request: HttpRequest, client: Client) -> list[Section]:
    drawn: list[Callable[[HttpRequest, Client], Section]] = [import_string(name) for name in SECTIONS]
    return [section(request, client) for section in drawn]
