"""What other floors show on the page of a client: each hangs its section here when the house starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


class Columns(NamedTuple):
    """What stands beside each client of a list: the heads, and of each client by its id a cell under each."""

    heads: list[Any]
    cells: dict[int, list[Any]]


# What another floor says of each of some clients, all of them at once; named as the sections are.
BESIDE: list[str] = []


def beside(clients: Sequence[Client]) -> Columns:
    told: list[Columns] = [import_string(name)(clients) for name in BESIDE]
    cells = {one.pk: [cell for columns in told for cell in columns.cells[one.pk]] for one in clients}
    return Columns([head for columns in told for head in columns.heads], cells)


def sections_of(request: HttpRequest, client: Client) -> list[Section]:
    drawn: list[Callable[[HttpRequest, Client], Section]] = [import_string(name) for name in SECTIONS]
    return [section(request, client) for section in drawn]
