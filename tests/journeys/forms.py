"""Every form of the portal, found by walking its pages: whoever opens a page meets its forms, and follows its links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.cache import cache
from django.test import Client as Browser
from django.urls import Resolver404, resolve
from lxml import html

SILENT = {"csrfmiddlewaretoken"}
REFERENCE = re.compile(r"[A-Z]{1,3}-[0-9A-Z]{6,20}")


@dataclass(frozen=True)
class Box:
    """One field of a form as a browser would send it."""

    name: str
    kind: str  # hidden, tick, choice, file, text, long, button
    value: Any = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """A form as it was met: by whom, on which page, where it leads, and its boxes."""

    who: str
    page: str
    action: str
    method: str
    boxes: tuple[Box, ...] = field(hash=False)

    @cached_property
    def route(self) -> str:
        return route_of(self.action)

    @cached_property
    def sign(self) -> tuple[Any, ...]:
        """Two forms of one sign are one form, of other things."""
        names = frozenset(_general(box.name) for box in self.boxes)
        return self.method, signature(self.action) if names else self.route, names

    def valid(self) -> dict[str, Any]:
        """What a browser would send of the form as it was drawn."""
        return {box.name: box.value for box in self.boxes if box.value not in ("", [], None)}

    def __str__(self) -> str:
        return f"{self.who} {self.method.upper()} {self.action}"


def route_of(path: str) -> str:
    """The route behind an address, as the table of pages names it; empty where there is none."""
    try:
        return str(resolve(urlsplit(path).path).route)
    except Resolver404:
        return ""


def signature(path: str) -> tuple[Any, ...]:
    """An address without what tells one thing from another of its kind: its references, and what it asks for."""
    parts = urlsplit(path)
    try:
        found = resolve(parts.path)
    except Resolver404:
        return (parts.path,)
    words = {name: word for name, word in found.captured_kwargs.items() if not REFERENCE.fullmatch(str(word))}
    if "term" in words:  # a row of the rules: one of each table is enough
        words = {"kind": words["kind"]}
    if str(found.route).startswith("settings/texts/"):  # and of the messages one of each sort
        words.pop("code", None)
    asked = frozenset(name for name, _value in parse_qsl(parts.query, keep_blank_values=True))
    of = frozenset(value for name, value in parse_qsl(parts.query) if name in ("of", "view"))
    return str(found.route), tuple(sorted(words.items())), asked, of


def _general(name: str) -> str:
    """`note:id_unclear` and `note:other` are boxes of one kind."""
    return name.partition(":")[0]


def parsed(answer: Any) -> html.HtmlElement | None:
    """The page of an answer, None where it is no page."""
    if "text/html" not in answer.get("Content-Type", "") or not answer.content.strip():
        return None
    return html.document_fromstring(answer.content.decode(), base_url="http://testserver")


def forms_on(page: html.HtmlElement, path: str, who: str) -> Iterator[Form]:
    ids = {one.get("id"): one for one in page.iter("form") if one.get("id")}
    outside: dict[str, list[html.HtmlElement]] = {}
    for one in page.xpath("//*[@form]"):
        outside.setdefault(one.get("form"), []).append(one)
    assert set(outside) <= set(ids), f"{path}: a field belongs to a form that is not there"
    for form in page.iter("form"):
        inner = [one for one in form.xpath(".//input|.//select|.//textarea|.//button") if not one.get("form")]
        boxes = list(_boxes([*inner, *outside.get(form.get("id") or "-", [])]))
        method = (form.get("method") or "get").lower()
        default = form.get("action") or path
        yield Form(who, path, _absolute(default, path), method, tuple(boxes))
        for button in form.xpath(".//*[@formaction]"):
            yield Form(who, path, _absolute(button.get("formaction"), path), method, tuple(boxes))


def _absolute(action: str, path: str) -> str:
    if action.startswith("?"):
        return urlsplit(path).path + action
    return action or path


def _boxes(fields: Iterable[html.HtmlElement]) -> Iterator[Box]:
    grouped: dict[str, list[html.HtmlElement]] = {}
    for one in fields:
        if one.get("name") and one.get("name") not in SILENT:
            grouped.setdefault(one.get("name"), []).append(one)
    for name, ones in grouped.items():
        first = ones[0]
        kind = first.get("type", "text").lower() if first.tag == "input" else first.tag
        if kind in ("radio", "checkbox"):
            picked = [one.get("value", "on") for one in ones if one.get("checked") is not None]
            choices = tuple(one.get("value", "on") for one in ones)
            value: Any = picked if kind == "checkbox" and len(choices) > 1 else (picked or [""])[0]
            yield Box(name, "choice" if len(choices) > 1 else "tick", value, choices)
        elif kind == "select":
            told = [(one.get("value", one.text or ""), one.get("selected")) for one in first.iter("option")]
            chosen = next((value for value, is_on in told if is_on is not None), told[0][0] if told else "")
            yield Box(name, "choice", chosen, tuple(value for value, _is_on in told))
        elif kind == "textarea":
            yield Box(name, "long", (first.text or "").removeprefix("\n"))
        elif kind in ("button", "submit"):
            yield Box(name, "button", first.get("value", ""), tuple(one.get("value", "") for one in ones))
        elif kind == "hidden":
            yield Box(name, "hidden", first.get("value", ""))
        elif kind == "file":
            yield Box(name, "file")
        else:
            yield Box(name, "text", first.get("value", ""))


class Walker:
    """One person who opens every page there is a way to, and notes its forms."""

    def __init__(self, who: str, browser: Browser) -> None:
        self.who, self.browser = who, browser
        self.seen: set[Any] = set()
        self.forms: dict[Any, Form] = {}
        self.pages: dict[str, html.HtmlElement] = {}
        self.broken: list[str] = []

    def walk(self, paths: Iterable[str]) -> Walker:
        """These pages, and each kind of page that a link on them leads to."""
        todo = [(path, True) for path in paths]
        while todo:
            path, is_asked = todo.pop(0)
            if (path if is_asked else signature(path)) not in self.seen:
                self.seen |= {path, signature(path)}
                todo += [(link, False) for link in self.meet(path)]
        return self

    def meet(self, path: str) -> list[str]:
        """One page: its forms are noted; where it leads."""
        cache.clear()  # nobody's patience for many calls is tried here
        answer = self.browser.get(path)
        if answer.status_code >= 500 and path != "/healthz":
            self.broken.append(f"{self.who} GET {path}: {answer.status_code}")
        page = parsed(answer)
        if page is None or answer.status_code in (404, 405):
            return []
        self.pages[path] = page
        for form in forms_on(page, path, self.who):
            self.forms.setdefault(form.sign, form)
        return list(_links(page, path))


def _links(page: html.HtmlElement, path: str) -> Iterator[str]:
    for one in page.xpath("//a[@href]|//*[@hx-get]"):
        link = unescape(one.get("hx-get") or one.get("href")).partition("#")[0]
        if link.startswith("?"):
            link = urlsplit(path).path + link
        if link.startswith("/") and not link.startswith("//") and route_of(link):
            yield link
