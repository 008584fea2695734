"""The second engine of the templates: pages that are asked for all day are compiled to Python by Jinja2.

They lie in `templates/jinja/` and speak the words of `look`. What both engines draw is a macro in `pieces.html`;
what depends on the language alone is `kept`. Escaping is on everywhere.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template import engines
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.translation import get_language, gettext
from jinja2 import Environment, pass_context
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup

from clients.context import agency_of
from clients.templatetags import look


def environment(**options: Any) -> Environment:
    """What every page of this engine can lean on."""
    env = Environment(**options, trim_blocks=True)  # noqa: S701 (Django's engine asks for escaping)
    env.filters |= {
        name: getattr(look, name) for name in ("iso", "exact", "clock_time", "lang_tag", "mask", "file_size")
    }
    env.globals |= {
        "link": link,
        "static": static,
        "kept": look.kept,
        "named": look.named,
        "copier": look.copier,
        "due": look.due,
        "when": look.when,
        "sms_clock": look.sms_clock,
        "with_breaks": with_breaks,
        "included": included,
        "headings": headings,
    }
    return env


# ── Words ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Words(dict[str, Markup]):
    """The sentences of one language, each looked up once a process; they are ours and may hold entities."""

    def __missing__(self, message: str) -> Markup:
        said = self[message] = Markup(gettext(message))  # noqa: S704 (a sentence of the catalogue)
        return said


@cache
def _words(_language: str) -> Words:
    return Words()


@cache
def _pieces(language: str) -> TemplateModule:
    env: Environment = engines["jinja2"].env  # type: ignore[attr-defined]
    return env.get_template("pieces.html").make_module({"_": _words(language).__getitem__})


def piece(name: str, /, **told: Any) -> Markup:
    """One of `pieces.html` for a page of the first engine."""
    return getattr(_pieces(get_language() or "en"), name)(**told)


def page(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: its language, and the frame around what it says."""
    told: dict[str, Any] = {
        "agency": agency_of(request),
        "user": request.user,
        "csrf_token": get_token(request),
    }
    return {**spoken(), "frame": frame_of(request, **told)}


def spoken() -> dict[str, Any]:
    """`_` and the pieces of the reader's language."""
    language = get_language() or "en"
    return {"_": _words(language).__getitem__, "pieces": _pieces(language)}


def frame_of(request: HttpRequest | None, *, agency: Any, user: Any, csrf_token: str) -> dict[str, Any]:
    """What head and foot of a page draw; an error page may have no person, a test no request."""
    return {
        "agency": agency,
        "user": user,
        "standing": getattr(user, "standing", None),
        "csrf_token": csrf_token,
        "path": request.path if request else "",
        "here": request.get_full_path() if request else "",
        "language": get_language() or "en",
    }


# Views by the letter that leads there; those of managers alone are marked.
HEADINGS = (
    ("home", "t", False),
    ("cases:case-list", "c", False),
    ("clients:client-list", "l", False),
    ("cases:calendar", "d", False),
    ("cases:reports", "r", True),
    ("clients:settings", "s", False),
    ("clients:audit", "a", True),
)


def headings(path: str, is_manager: bool) -> Markup:
    """Where one can go from the desk's masthead, and where one is."""
    names = [name for name, _key, _is_theirs in HEADINGS]
    here = next(
        (name for name in names[1:] if path.startswith(link(name))), "home" if path == link("home") else ""
    )
    return _headings(get_language() or "en", here, bool(is_manager))


@cache
def _headings(language: str, here: str, is_manager: bool) -> Markup:
    names = [(name, key) for name, key, is_theirs in HEADINGS if is_manager or not is_theirs]
    return _pieces(language).desk_headings(names, here)  # type: ignore[attr-defined]


@pass_context
def included(context: Context, name: str, **told: Any) -> Markup:
    """A partial of the first engine that is seldom drawn; handed what it reads, and the token of forms."""
    told["csrf_token"] = context["frame"]["csrf_token"]
    return Markup(render_to_string(name, told, using="django"))  # noqa: S704 (that engine escapes)


# ── Links ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def link(name: str, *references: str) -> str:
    """The address of a view; the pattern is looked up once a process, the references are put in."""
    return get_script_prefix() + _pattern(name, len(references)).format(*references)


@cache
def _pattern(name: str, count: int) -> str:
    marks = [f"0mark{place}0" for place in range(count)]
    found = reverse(name, args=marks).removeprefix(get_script_prefix()).replace("{", "{{").replace("}", "}}")
    for place, mark in enumerate(marks):
        found = found.replace(mark, f"{{{place}}}")
    return found


def with_breaks(text: str) -> Markup:
    """What a person wrote, with its lines."""
    return Markup("<br>").join(text.splitlines()) if "\n" in text else Markup.escape(text)
