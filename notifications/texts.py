"""The words of a message: the agency's own where it has written some, else those that ship; names filled in.

A text knows a list of names, and each stands for a string that the portal has worked out for this one case and person.
Nothing is looked up by what a text says: no engine, no `str.format`, no attribute, no second round over what was filled
in. What is not `{name}` of the list is refused when it is saved (`problems`), and never used where it got in otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import structlog
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clients.lines import is_plain, tidy
from clients.queries import the_agency
from notifications import kinds
from notifications.models import Wording
from notifications.wording import (
    LANGUAGES,
    MAIL,
    OF_CASE,
    OF_OWN,
    ONE_LINE,
    OWN,
    TEXTS,
    Text,
    shipped,
)

log = structlog.get_logger()

LONGEST = {"line": 200, "subject": 150, "heading": 150, "lines": 2000, "your_move": 300, "after": 2000}
OWN_CODES = "own."
_NAME = re.compile(r"\{([a-z_]+)\}")
# What somebody may have meant as more than plain words, from its beginning to where it ends or the line does.
_SIGNS = re.compile(
    r"\{\{.*?(?:\}\}|$)|\{%.*?(?:%\}|$)|\{#.*?(?:#\}|$)|\{[^{}]*\}|\{[^\s{}]*|[^\s{}]*\}"
    r"|[｛｝]\S*|%\(\w*\)\w?|<[^<>]*>?|>",
    re.MULTILINE,
)
_OFFENDING = 40  # signs of it are shown


class Broken(Exception):
    """A text that cannot be used: a name that is not known, or a brace that is none of ours."""


# ── Filling in ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Filled:
    """The parts of a message with their names filled in; `broken` is the version that could not be used, 0 for none."""

    parts: dict[str, str] = field(default_factory=dict)
    broken: int = 0

    def one(self, part: str) -> str:
        return self.parts.get(part, "")

    def several(self, part: str) -> list[str]:
        return self.parts.get(part, "").splitlines()


def fill(parts: Mapping[str, str], words: Mapping[str, str]) -> dict[str, str]:
    """Each `{name}` by its word, once; raises `Broken`. A paragraph whose name has no word is left out."""
    return {part: "\n".join(_paragraphs(part, text, words)) for part, text in parts.items()}


def _paragraphs(part: str, text: str, words: Mapping[str, str]) -> Iterator[str]:
    for line in text.splitlines():
        names = _NAME.findall(line)
        if not words.keys() >= set(names) or set("{}") & set(_NAME.sub("", line)):
            raise Broken(part)
        if not line.strip() or (part not in ONE_LINE and not all(words[name] for name in names)):
            continue
        yield " ".join(_NAME.sub(lambda found: words[found[1]], line).split())


class Texts:
    """All texts as of one edition; what is tried out before it is saved stands in `trying`."""

    def __init__(self, edition: int, trying: Mapping[str, Mapping[str, Mapping[str, str]]] | None = None):
        self.edited = _edited(edition)
        self.trying = trying or {}

    def fill(self, code: str, words: Mapping[str, str]) -> Filled:
        """The message in the language that is active; never fails: what cannot be used gives way to what ships."""
        return self._fill(code, MAIL, words)

    def line(self, code: str, words: Mapping[str, str]) -> str:
        """The same for its line in the portal; empty for a code that is not known."""
        return self._fill(code, ("line",), words).one("line") if code in TEXTS or code in self.edited else ""

    def _fill(self, code: str, wanted: tuple[str, ...], words: Mapping[str, str]) -> Filled:
        language = _language()
        if code in self.trying:
            return Filled(fill(_of(self.trying[code], language, wanted), words))
        broken = 0
        if row := self.edited.get(code):
            try:
                return Filled(fill(_of(row.parts, language, wanted), words))
            except Exception as error:  # noqa: BLE001  a text must never hold up the message
                broken = row.pk
                log.error("text.broken", text=code, version=row.pk, error=type(error).__name__)
        known = code if code in TEXTS else kinds.NUDGE
        return Filled(fill(_of({language: shipped(known, language)}, language, wanted), words), broken)

    def parts(self, code: str) -> dict[str, dict[str, str]]:
        """The text in force in both languages, for a form; what cannot be read of it is empty."""
        row = self.edited.get(code)
        return _readable(row.parts) if row else shipped_parts(code)

    def is_usable(self, code: str) -> bool:
        """Whether it goes out as written; else what ships does."""
        row, text = self.edited.get(code), text_of(code)
        if row is None or text is None:
            return text is not None
        try:
            for language in LANGUAGES:
                for part, told in _of(row.parts, language, text.parts).items():
                    fill({part: told}, dict.fromkeys(text.names_of(part), "x"))
        except Exception:  # noqa: BLE001  whatever it holds
            return False
        return True


def shipped_parts(code: str) -> dict[str, dict[str, str]]:
    """What ships, in both languages."""
    return {language: dict(shipped(code, language)) for language in LANGUAGES}


def now() -> Texts:
    """The texts of today; their edition stands on the agency's row, which is kept at hand."""
    return Texts(the_agency().texts_edition)


@lru_cache(maxsize=4)
def _edited(edition: int) -> Mapping[str, Wording]:
    """What the agency has written up to an edition, by code; one read a process, for editions never change."""
    if not edition:
        return {}
    newest = Wording.objects.filter(pk__lte=edition).order_by("code", "-pk").distinct("code")
    return {row.code: row for row in newest if not row.is_shipped}


def _readable(parts: Any) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        given = parts.get(language) if isinstance(parts, dict) else None
        kept = given.items() if isinstance(given, dict) else ()
        found[language] = {part: words for part, words in kept if isinstance(words, str)}
    return found


def _of(parts: Any, language: str, wanted: tuple[str, ...]) -> dict[str, str]:
    found = {part: parts[language].get(part, "") for part in wanted}
    if not all(isinstance(text, str) for text in found.values()):
        raise Broken(language)
    return found


def _language() -> str:
    return "zh" if (get_language() or "en").startswith("zh") else "en"


# ── Texts of the agency's own ───────────────────────────────────────────────────────────────────────────────────────

OWN_TEXT = Text(
    OWN,
    OWN,
    "",
    kind=kinds.OWN_TEXT,
    names=tuple(name for name in OF_OWN if name not in OF_CASE),
    line=" ",
    subject=" ",
    heading=" ",
)


def is_own(code: str) -> bool:
    return code.startswith(OWN_CODES)


def text_of(code: str) -> Text | None:
    """What may be written in it; None for a code that is neither shipped nor of the agency's own sort."""
    return OWN_TEXT if is_own(code) else TEXTS.get(code)


def name_of(code: str) -> str:
    """What a text is called, in the language that is active."""
    if code in TEXTS:
        return str(TEXTS[code].title)
    row = now().edited.get(code)
    return row.parts[_language()].get("name") or code if row else code


def own_choices() -> list[tuple[str, str]]:
    """Code and name of each text that the agency added and did not withdraw: what a reminder may say instead."""
    own = [
        (row.code, row.parts[_language()].get("name") or row.code)
        for row in now().edited.values()
        if is_own(row.code) and not row.is_withdrawn
    ]
    return sorted(own, key=lambda one: one[1])


# ── What may be saved ───────────────────────────────────────────────────────────────────────────────────────────────


def tidied(text: str) -> str:
    """NFC, one paragraph a line, no empty ones, no blanks around."""
    lines = (tidy(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return "\n".join(line for line in lines if line)


def problems(text: Text, parts: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, str], str]:
    """What is wrong with these words, by part and language: a sentence that names the word and what may stand there."""
    found: dict[tuple[str, str], str] = {}
    for language in LANGUAGES:
        for part in text.parts:
            if wrong := _problem(text, part, parts[language].get(part, "")):
                found[part, language] = wrong
    for part in text.parts:
        given = {language: bool(parts[language].get(part)) for language in LANGUAGES}
        for language, is_given in given.items():
            if not is_given and (part, language) not in found and any(given.values()):
                found[part, language] = _("Both languages are wanted, or neither.")
    if not found:
        found |= _left_out(text, parts)
    return found


def _problem(text: Text, part: str, words: str) -> str:
    if not words:
        return _("This must not be empty: people rely on it.") if part in text.kept else ""
    if len(words) > LONGEST[part]:
        return _("That is longer than the %(n)d signs that fit here.") % {"n": LONGEST[part]}
    if part in ONE_LINE and "\n" in words:
        return _("One line only.")
    if not all(is_plain(line) for line in words.split("\n")):
        return _("This has a sign that cannot be shown, or that turns the direction of reading.")
    allowed = text.names_of(part)
    for found in _SIGNS.finditer(words):
        name = _NAME.fullmatch(found[0])
        if name is None or name[1] not in allowed:
            return _refusal(found[0], allowed)
    return ""


def _refusal(word: str, allowed: tuple[str, ...]) -> str:
    shown = word if len(word) <= _OFFENDING else word[: _OFFENDING - 1] + "…"
    if word.startswith(("<", ">")):
        return _("“%(word)s” is not taken: a text is plain words, without markup.") % {"word": shown}
    if not allowed:
        return _("“%(word)s” cannot be filled in: nothing is filled in here.") % {"word": shown}
    names = ", ".join(f"{{{name}}}" for name in allowed)
    return _("“%(word)s” cannot be filled in. What may stand in braces here: %(names)s.") % {
        "word": shown,
        "names": names,
    }


def _left_out(text: Text, parts: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, str], str]:
    """A mail without its day or paper would not say what it is sent for."""
    found: dict[tuple[str, str], str] = {}
    for language in LANGUAGES:
        said = {name for part in MAIL for name in _NAME.findall(parts[language].get(part, ""))}
        missing = [f"{{{name}}}" for name in text.must if name not in said]
        if missing:
            sentence = _("This message must say %(names)s somewhere.") % {"names": ", ".join(missing)}
            found["lines", language] = sentence
    return found
