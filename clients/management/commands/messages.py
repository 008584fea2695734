"""Keeps the translations: collects what people may read, checks that all of it is Chinese too, compiles it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import allauth
import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.base import Lexer, TokenType
from django.utils.translation.template import templatize
from jinja2.ext import babel_extract

APPS = (
    "clients",
    "rulebook",
    "cases",
    "documents",
    "hooks",
    "letterbox",
    "notifications",
    "rights",
    "icp_portal",
    "trade",
)
LOCALE = "zh_Hans"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# The rooms of allauth and Django that people meet; their own Chinese is taken where they have it.
BORROWED = (
    (allauth, ("account", "mfa", "usersessions", "core", "utils.py"), ("locale/zh_Hans",)),
    (django, ("forms", "core/validators.py"), ("conf/locale/zh_Hans",)),
    (django, ("contrib/auth/password_validation.py",), ("contrib/auth/locale/zh_Hans",)),
)
STRING = r"""u?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
CALL = re.compile(rf"\b(npgettext|pgettext|ngettext|gettext|_)\(\s*({STRING}(?:\s*,\s*{STRING})*)")
PLACEHOLDER = re.compile(r"%\(\w+\)[sdif]|%[sdif](?!\w)|\{\w*\}")
# Both languages stand on these pages, or none: they are shown when nothing can be asked.
BILINGUAL = {"500.html", "503.html", "offline.html", "sw.js"}
WORD = re.compile(r"[A-Za-z]{2,}")
JINJA_COMMENT = re.compile(r"(?s){#.*?#}")

Entry = tuple[str | tuple[str, str], str | None]  # what is said, in one or two numbers; its context


def from_python(path: Path) -> Iterator[Entry]:
    yield from from_source(path, "python")


def from_source(path: Path, method: Any) -> Iterator[Entry]:
    with path.open("rb") as source:
        for _line, said, _comments, context in extract(method, source, keywords=KEYWORDS):
            message = said[0] if isinstance(said, tuple) and len(said) == 1 else said
            if message:
                yield message, context


def of_jinja(path: Path) -> bool:
    """A template of the second engine."""
    return "jinja" in path.parts


def from_template(path: Path) -> Iterator[Entry]:
    if of_jinja(path):
        yield from from_source(path, babel_extract)
        return
    for name, arguments in CALL.findall(templatize(path.read_text())):
        said = [ast.literal_eval(string) for string in re.findall(STRING, arguments)]
        context = said.pop(0) if name in {"pgettext", "npgettext"} else None
        if name in {"ngettext", "npgettext"} and len(said) > 1:
            yield (said[0], said[1]), context
        elif said[0]:
            yield said[0], context


def template_files(root: Path) -> Iterator[Path]:
    folders = [root / "templates", *(root / app / "templates" for app in APPS)]
    for folder in folders:
        yield from sorted(path for path in folder.rglob("*") if path.suffix in {".html", ".txt", ".xml"})


def collect(root: Path) -> Catalog:
    """All that our own code and pages say."""
    catalog = Catalog(locale=LOCALE)
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            for message, context in from_python(path):
                catalog.add(message, locations=[(str(path.relative_to(root)), 0)], context=context)
    for path in template_files(root):
        for message, context in from_template(path):
            catalog.add(message, locations=[(str(path.relative_to(root)), 0)], context=context)
    for message, context, house in borrowed(root):
        catalog.add(message, locations=[(house, 0)], context=context)
    return catalog


def borrowed(root: Path) -> Iterator[tuple[str | tuple[str, str], str | None, str]]:
    """What allauth and Django say to people and have no Chinese for."""
    for package, rooms, homes in BORROWED:
        house = Path(package.__file__).parent
        known = {
            (key(message), message.context) for message in their_own(house, homes) if all(strings(message))
        }
        for room in rooms:
            place = house / room
            sources = sorted(place.rglob("*.py")) if place.is_dir() else [place]
            entries = [entry for path in sources for entry in from_python(path)]
            shown = house / "templates" / room
            for path in sorted(shown.rglob("*")) if shown.is_dir() else ():
                ours = (root / "templates" / path.relative_to(house / "templates")).exists()
                if path.suffix in {".html", ".txt"} and not ours:
                    entries += from_template(path)
            for message, context in entries:
                first = message if isinstance(message, str) else message[0]
                if (first, context) not in known:
                    yield message, context, package.__name__


def their_own(house: Path, homes: tuple[str, ...]) -> Iterator:
    for home in homes:
        for compiled in (house / home).rglob("django.mo"):
            with compiled.open("rb") as source:
                yield from read_mo(source)


def key(message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def strings(message) -> list[str]:
    return [message.string or ""] if not isinstance(message.string, tuple | list) else list(message.string)


# An address of an authority and the name of a kind of file are the same in every language.
SAME = re.compile(r"\b[a-z0-9-]+(?:\.[a-z0-9-]+)+\b|\b(?:CSV|XLSX)\b")


def bare_words(root: Path) -> Iterator[str]:
    """Words that stand in a page outside every translate tag."""
    for path in template_files(root):
        if path.name in BILINGUAL:
            continue
        inside, text, block = 0, "", ""
        source = path.read_text()
        for token in Lexer(JINJA_COMMENT.sub("", source) if of_jinja(path) else source).tokenize():
            named = block if token.token_type == TokenType.TEXT else ""
            block = token.contents.split()[-1] if token.contents.startswith("block ") else ""
            word = token.contents.split()[0] if token.token_type == TokenType.BLOCK and token.contents else ""
            if word.startswith(("blocktrans", "comment")):
                inside += 1
            elif word.startswith(("endblocktrans", "endcomment")):
                inside -= 1
            elif token.token_type == TokenType.TEXT and not inside:
                text += "" if named in {"place", "main_class"} else token.contents
            elif token.token_type != TokenType.COMMENT:
                text += "0"  # a value stands here
        if path.suffix == ".html":
            text = re.sub(r"(?s)<(script|style|code|kbd|svg)\b.*?</\1>|<!--.*?-->", " ", text)
            text = re.sub(
                r"""(?s)<[^>]*\slang="zh-Hans"[^>]*>[^<]*<|<[^>]*\slang="en"[^>]*>[^<]*<""", "<", text
            )
            text = re.sub(r"""(?s)<(?:"[^"]*"|'[^']*'|[^'">])*>""", " ", text)
            text = re.sub(r"&\w+;", " ", text)
        for word in WORD.findall(SAME.sub(" ", text)):
            yield f"{path.relative_to(root)}: “{word}” stands outside every translate tag"


def buried(root: Path) -> Iterator[str]:
    """Sentences where nobody collects them: within an f-string, or beside the function that is to say them."""
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            for one in ast.walk(ast.parse(path.read_text())):
                if isinstance(one, ast.JoinedStr):
                    calls = [call for call in ast.walk(one) if isinstance(call, ast.Call) and says(call.func)]
                elif isinstance(one, ast.Call):
                    calls = [one for said, sentence in pairwise(one.args) if says(said) and is_text(sentence)]
                else:
                    continue
                for call in calls:
                    yield f"{path.relative_to(root)}:{call.lineno}: a sentence here is not collected"


def says(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in KEYWORDS


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def untrimmed(root: Path) -> Iterator[str]:
    for path in template_files(root):
        for tag in re.findall(r"{%\s*blocktrans(?:late)?\b[^%]*%}", path.read_text()):
            if "trimmed" not in tag:
                yield f"{path.relative_to(root)}: {tag} is not trimmed"


def faults(collected: Catalog, kept: Catalog) -> Iterator[str]:
    """What stands between the kept translations and every page in Chinese."""
    for message in collected:
        if not message.id:
            continue
        ours = kept.get(message.id, message.context)
        where = ", ".join(sorted({name for name, _ in message.locations}))
        if ours is None:
            yield f"missing: {key(message)!r} ({where})"
        elif ours.fuzzy:
            yield f"fuzzy: {key(message)!r} ({where})"
        elif not all(strings(ours)):
            yield f"untranslated: {key(message)!r} ({where})"
        else:
            fullest = message.id if isinstance(message.id, str) else message.id[-1]
            asked, given = sorted(PLACEHOLDER.findall(fullest)), sorted(PLACEHOLDER.findall(strings(ours)[0]))
            if set(asked) != set(given):
                yield f"placeholders: {key(message)!r} has {asked}, its translation {given}"
    for message in kept:
        if message.id and collected.get(message.id, message.context) is None:
            yield f"obsolete: {key(message)!r}"
    for (_id, _context), message in kept.obsolete.items():
        yield f"obsolete: {key(message)!r}"


def merge(collected: Catalog, kept: Catalog) -> Catalog:
    """The collected sentences with the translations that are kept; nothing guessed, nothing left over."""
    merged = Catalog(locale=LOCALE, charset="utf-8")
    for message in collected:
        if not message.id:
            continue
        ours = kept.get(message.id, message.context)
        merged.add(
            message.id,
            string=ours.string if ours and bool(ours.pluralizable) == bool(message.pluralizable) else "",
            locations=[(name, 0) for name in sorted({name for name, _ in message.locations})],
            context=message.context,
            flags=[flag for flag in (ours.flags if ours else ()) if flag == "fuzzy"],
        )
    return merged


def write(catalog: Catalog, path: Path) -> None:
    """Writes the translations without dates, so that two people's changes meet only where they differ."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        target.write(
            b'msgid ""\nmsgstr ""\n"Language: zh_Hans\\n"\n"MIME-Version: 1.0\\n"\n'
            b'"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
            b'"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
        )
        write_po(target, catalog, width=110, omit_header=True, sort_output=True, include_lineno=False)


class Command(BaseCommand):
    help = "Collects the sentences of the portal; --check fails where one is not in Chinese, --compile makes the .mo."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="say what is missing and fail; write nothing"
        )
        parser.add_argument("--compile", action="store_true", help="make the file that Django reads")

    def handle(self, *, check: bool, compile: bool, **options) -> None:
        path = Path(settings.LOCALE_PATHS[0]) / LOCALE / "LC_MESSAGES" / "django.po"
        root = Path(settings.BASE_DIR)
        kept = Catalog(locale=LOCALE)
        if path.exists():
            with path.open("rb") as source:
                kept = read_po(source, locale=LOCALE)
        if compile:
            with path.with_suffix(".mo").open("wb") as target:
                write_mo(target, kept)
            return
        collected = collect(root)
        if check:
            found = [*faults(collected, kept), *untrimmed(root), *bare_words(root), *buried(root)]
            for fault in found:
                self.stdout.write(fault)
            if found:
                raise CommandError(
                    f"{len(found)} faults in the translations; run the command without --check, translate."
                )
            return
        merged = merge(collected, kept)
        write(merged, path)
        open_ones = sum(not all(strings(message)) for message in merged if message.id)
        self.stdout.write(f"{len(merged)} sentences, {open_ones} without Chinese: {path}")
