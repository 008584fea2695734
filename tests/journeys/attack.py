"""What hostile and careless people type into a form, and how an answer to it is judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote_from_bytes, quote_plus

from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client as Browser
from lxml import html

from tests.journeys.forms import Box, Form, forms_on, parsed

SCRIPT = (
    "\"'><script>window.hit=1</script><img src=x onerror=window.hit=1>{{7654321*3}}{% debug %}${7654321*3}"
)
WORKED_OUT = "22962963"  # what a template engine would make of it
TYPED: dict[str, str | bytes] = {
    "long": "长a" * 5000,
    "script": SCRIPT,
    "empty": "",
    "unknown": "no_such_choice",
    "nul": "a\0b",
    "signs": "a\u202eb\u0007c\u2066e\ufeff\u0085\u2028😀 שלום 👩‍👩‍👧\x7f",
    "bytes": b"\xed\xa0\x80\xff\xfe\xc0\xaf",
    "no day": "2026-02-30",
    "many digits": "99999999999999999999",
    "less than nothing": "-1",
    "beyond numbers": "1e999",
}
NO_TEXT = {"hidden", "button", "file"}
# A number of a paper and a secret go back to no browser, so they are typed again.
FORGOTTEN = re.compile(r"id_number$|password|^code$|credential")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


class Attacker:
    """One person's browser in which nothing that is sent lasts."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.cookies = browser.cookies.output(attrs=[], header="")
        self.posts = 0

    def send(self, form: Form, typed: dict[str, Any], language: str) -> list[str]:
        """What is wrong with the answer; nothing, as a rule."""
        cache.clear()
        self.posts += 1
        with transaction.atomic():
            answer = self._ask(form, typed)
            wrong = list(self._judge(form, typed, answer, language))
            transaction.set_rollback(True)
        self.browser.cookies = SimpleCookie(self.cookies)
        return wrong

    def _ask(self, form: Form, typed: dict[str, Any]) -> Any:
        if form.method == "get":
            return self.browser.get(form.action, {k: v for k, v in typed.items() if not isinstance(v, bytes)})
        if any(box.kind == "file" for box in form.boxes):
            given = {k: v.decode(errors="replace") if isinstance(v, bytes) else v for k, v in typed.items()}
            return self.browser.post(form.action, given)
        body = "&".join(
            f"{quote_plus(name)}={_quoted(one)}"
            for name, value in typed.items()
            for one in (value if isinstance(value, list) else [value])
        )
        kind = "application/x-www-form-urlencoded"
        return self.browser.generic("POST", form.action, body, content_type=kind)

    def _judge(self, form: Form, typed: dict[str, Any], answer: Any, language: str) -> Iterator[str]:
        if answer.status_code >= 500:
            yield f"broke with {answer.status_code}"
            return
        if answer.status_code in (301, 302):
            if answer["Location"].startswith("/"):
                page = parsed(self.browser.get(answer["Location"]))
                if page is not None:
                    yield from came_alive(page)
                    if page.xpath("//*[@id='notices']//*[@data-notice='refused']") and any(
                        _told(form, typed)
                    ):
                        yield "refused on another page: what was typed is lost"
            return
        page = parsed(answer)
        if page is None:
            return
        yield from came_alive(page)
        if answer.status_code not in (200, 409, 413, 422):
            return
        wrong = page.xpath("//*[@aria-invalid='true']")
        yield from _sentences(page, wrong, language)
        if answer.status_code == 422 or wrong:
            if not _seen(page):
                yield f"{answer.status_code} without a sentence"
            yield from _lost(form, typed, page)


def came_alive(page: html.HtmlElement) -> Iterator[str]:
    """The portal has no script of its own inside a page, so that any is a stranger's."""
    for one in page.iter():
        if not isinstance(one.tag, str):
            continue
        if one.tag == "script" and not one.get("src") and one.get("type") != "application/json":
            yield "a script came into being"
        if any(name.startswith("on") for name in one.attrib) or "window.hit" in (one.get("src") or ""):
            yield f"a handler came into being on <{one.tag}>"
        if any(
            str(one.get(name, "")).strip().lower().startswith("javascript:")
            for name in ("href", "action", "src")
        ):
            yield "a link runs a script"
    if WORKED_OUT in page.text_content():
        yield "a template worked out what was typed"


def _told(form: Form, typed: dict[str, Any]) -> Iterator[Box]:
    """The boxes that hold text which somebody would have to type again."""
    for box in form.boxes:
        if box.kind in ("text", "long") and typed.get(box.name) and not FORGOTTEN.search(box.name):
            yield box


def _lost(form: Form, typed: dict[str, Any], page: html.HtmlElement) -> Iterator[str]:
    action = form.action.partition("?")[0]
    drawn: dict[str, set[str]] = {}
    for one in forms_on(page, form.action, form.who):
        if one.method == form.method and one.action.partition("?")[0] == action:
            for box in one.boxes:
                drawn.setdefault(box.name, set()).add(_plain(box.value))
    for box in _told(form, typed):
        if box.name not in drawn:
            yield f"{box.name} is not asked any more"
        elif _plain(typed[box.name]) not in drawn[box.name]:
            yield f"{box.name} has lost what was typed"


def _plain(value: Any) -> str:
    """As a page can show it: no control signs, lines and blanks alike."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()


def _sentences(page: html.HtmlElement, wrong: list[html.HtmlElement], language: str) -> Iterator[str]:
    ids = {one.get("id"): one for one in page.xpath("//*[@id]")}
    for name, one in {one.get("name"): one for one in wrong}.items():
        marks = " ".join(tied.get("aria-describedby", "") for tied in [one, *one.iterancestors("fieldset")])
        if not any(_text(ids[mark]) for mark in marks.split() if mark in ids):
            yield f"{name} is wrong, and nothing beside it says why"
    leads = {one.get("href", "").partition("#")[2] for one in page.xpath("//*[@role='alert']//a")} - {""}
    if strays := {mark for mark in leads if mark not in ids}:
        yield f"the summary leads to {strays}, which are not there"
    if len({one.get("name") for one in wrong}) > 1 and not page.xpath("//*[@role='alert' and @data-focus]"):
        yield "several answers are wrong, and no summary says so"
    for one in page.xpath("//*[@data-field-error and not(@hidden)]"):
        said = _text(one)
        if not said:
            yield "an empty sentence"
        elif language == "zh-hans" and not CHINESE.search(said):
            yield f"says in English: {said[:120]}"
        elif language == "en" and len(CHINESE.findall(said)) > len(said) / 2:
            yield f"says in Chinese: {said[:120]}"


def _text(one: html.HtmlElement) -> str:
    return "" if one.get("hidden") is not None else re.sub(r"\s+", " ", one.text_content()).strip()


def _seen(page: html.HtmlElement) -> bool:
    found = page.xpath(
        "//*[@data-field-error]|//*[@data-notice]|//*[@role='alert']|//*[contains(@class,'field-error')]"
    )
    return any(_text(one) for one in found)


def _quoted(value: Any) -> str:
    return quote_from_bytes(value) if isinstance(value, bytes) else quote_plus(str(value))


# ── What is sent ────────────────────────────────────────────────────────────────────────────────────────────────────


def together(form: Form, what: str, *, hidden: bool = False) -> dict[str, Any]:
    """The same in every box."""
    text = TYPED[what]
    return {box.name: _in(box, text, hidden) for box in form.boxes}


def _in(box: Box, text: str | bytes, hidden: bool) -> Any:
    if box.kind == "file":
        return SimpleUploadedFile('"><script>.png', text if isinstance(text, bytes) else text.encode())
    if box.kind in NO_TEXT and not hidden:
        return box.value
    return text


def alone(form: Form, what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same in one box after the other, the rest as it was drawn."""
    for box in form.boxes:
        if box.kind in ("text", "long", "choice"):
            yield box.name, form.valid() | {box.name: TYPED[what]}
