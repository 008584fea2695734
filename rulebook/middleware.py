"""Each request looks up its rules in today's book; what works on a case turns to the page promised to it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver

from clients.context import agency_of
from rulebook.queries import book_of
from trade import book


class RulesMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        # What modules read from the rules when they are first imported, they read from the shipped book: the addresses
        # and all behind them are loaded now and not inside the first request, which may have no sight of the agency.
        _ = get_resolver().url_patterns

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with book.using(lambda: book_of(agency_of(request).rules_edition).on()):
            return self.get_response(request)
