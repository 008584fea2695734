"""The second engine of the templates: pages that are asked for all day are compiled to Python by Jinja2.

They lie in `templates/jinja/` and speak the words of `look`. What both engines draw is a macro in `pieces.html`;
what depends on the language alone is `kept`. Escaping is on everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.template import engines
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.translation import get_language, gettext
from jinja2 import Environment, Undefined, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.nodes import Call, Expr, Name
from jinja2.runtime import Context
from markupsafe import Markup, _escape_inner, escape

from clients.asking import Statement
from clients.context import agency_of
from clients.signs import token_of
from clients.templatetags import look

# Words of every page that ask for nothing but what they are handed.
PLAIN = {
    "_", "copier", "desk_masthead", "due", "event_line", "headings", "kept", "link", "named", "sms_clock", "static",
    "when",
}  # fmt: skip


class Written(CodeGenerator):
    """What a template writes is escaped as ever, and not wrapped in an object of its own on its way into the page;
    our own words are called straight."""

    def visit_Call(self, node: Call, frame: Frame, forward_caller: bool = False) -> None:
        if forward_caller or not (isinstance(node.node, Name) and node.node.name in PLAIN):
            super().visit_Call(node, frame, forward_caller=forward_caller)
        else:
            self.visit(node.node, frame)
            self.write("(*()")
            self.signature(node, frame)
            self.write(")")

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")


def _escaped(value: Any) -> str:
    """As `escape` does."""
    if type(value) is str:
        return _escape_inner(value)
    if hasattr(value, "__html__"):
        return value.__html__()
    return _escape_inner(str(value))


class Pages(Environment):
    """What views tell are dicts, a page asks them five hundred times, and often for what is not there."""

    code_generator_class = Written
    escaped = staticmethod(_escaped)

    def make_globals(self, d: Any) -> dict[str, Any]:  # type: ignore[override]
        """Ours are complete before the first template is; each page copies them, a chain of dicts name by name."""
        return {**self.globals, **(d or {})}

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict:
            if attribute in obj:
                return obj[attribute]
            if not hasattr(dict, attribute):
                return _nothing(attribute)
        return super().getattr(obj, attribute)


@cache
def _nothing(name: str) -> Undefined:
    return Undefined(name=name)


def environment(**options: Any) -> Environment:
    """What every page of this engine can lean on."""
    env = Pages(**options, trim_blocks=True)
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
        "event_line": look.event,
        "included": included,
        "desk_masthead": desk_masthead,
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


# What each page's masthead asks; the floors above name theirs.
MASTHEAD: list[Callable[[Any], Statement]] = []


def masthead_ahead(user: Any) -> list[Statement]:
    """To be asked together with what the page itself asks."""
    return [] if user.seen_as else [told(user) for told in MASTHEAD]


def page(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: its language, and the frame around what it says."""
    told: dict[str, Any] = {
        "agency": agency_of(request),
        "user": request.user,
        "csrf_token": token_of(request),
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
    return _headings(get_language() or "en", _heading_of(path), bool(is_manager))


def _heading_of(path: str) -> str:
    names = [name for name, _key, _is_theirs in HEADINGS]
    return next(
        (name for name in names[1:] if path.startswith(link(name))), "home" if path == link("home") else ""
    )


@cache
def _headings(language: str, here: str, is_manager: bool) -> Markup:
    names = [(name, key) for name, key, is_theirs in HEADINGS if is_manager or not is_theirs]
    return _pieces(language).desk_headings(names, here)  # type: ignore[attr-defined]


# ── The head of the desk ────────────────────────────────────────────────────────────────────────────────────────────

# What each page has of its own; no text of the database holds such a mark, nor does any that a form sends.
SIGN, HERE, SOUGHT = "\0sign\0", "\0here\0", "\0sought\0"


class Head(NamedTuple):
    """All that a masthead shows of the house and of whoever reads it."""

    language: str
    heading: str
    agency: str
    logo: str
    name: str
    has_password: bool
    is_agency: bool
    is_manager: bool
    unread: int


def desk_masthead(frame: dict[str, Any], unread: Any, q: Any = "") -> Markup:
    """The macro of that name, drawn once for all that it shows; what differs from page to page is put in."""
    agency, user, standing = frame["agency"], frame["user"], frame["standing"]
    if not (agency and standing and frame["csrf_token"]) or get_script_prefix() != "/":
        return _pieces(frame["language"]).desk_masthead(frame, unread, q)  # type: ignore[attr-defined]
    head = Head(
        frame["language"],
        _heading_of(frame["path"]),
        agency.called,
        agency.logo_url,
        user.name or user.email,
        user.has_usable_password(),
        standing.is_agency,
        standing.is_manager,
        int(str(unread or 0)),  # a promise of a number is none
    )
    own = {SIGN: frame["csrf_token"], HERE: frame["here"], SOUGHT: q or ""}
    drawn = _head(head)
    for mark, value in own.items():
        drawn = drawn.replace(mark, escape(value))
    return Markup(drawn)  # noqa: S704 (the macro escapes, and so do we)


@lru_cache(maxsize=512)
def _head(head: Head) -> str:
    user = SimpleNamespace(
        is_authenticated=True, name=head.name, has_usable_password=lambda: head.has_password
    )
    frame = {
        "agency": SimpleNamespace(called=head.agency, logo_url=head.logo),
        "user": user,
        "standing": head,
        "csrf_token": SIGN,
        "path": link(head.heading) if head.heading else "",
        "here": HERE,
        "language": head.language,
    }
    return str(_pieces(head.language).desk_masthead(frame, head.unread, SOUGHT))  # type: ignore[attr-defined]


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
