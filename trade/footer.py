"""Whether a page shows its filing numbers as the ministry and the public security bureau want it."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _
from lxml import etree

from . import numbers
from .loading import Dated, by_code
from .numbers import BY_ICP, ONE_HYPHEN, UPPER, Number
from .refusal import Refused

LARGEST = 512 * 1024
# Browsers themselves keep 512 levels; a page deeper than this was made to hurt.
DEEPEST = 2_000
MOST_RULES = 300
PIECE = 16 * 1024
LOGO_DISTANCE = 80
VERDICTS = ("ok", "wrong_number", "missing", "not_linked", "wrong_link", "hidden")

UNSEEN = {
    "script",
    "style",
    "template",
    "noscript",
    "head",
    "title",
    "textarea",
    "select",
    "iframe",
    "object",
}
INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "nobr",
        "ruby",
        "output",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "svg",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)
PICTURES = {"img", "svg", "picture"}
INVISIBLE = {ord(letter): None for letter in "\u200b\u200c\u200d\u2060\ufeff\u00ad"}
SPACES = re.compile(r"\s+")
SELECTOR = re.compile(r"([a-zA-Z][a-zA-Z0-9]*)?((?:[.#][a-zA-Z_\u0080-\uffff-][\w-]*)+)")
SELECTOR_PART = re.compile(r"([.#])([^.#]+)")
LINK = re.compile(r"(?:https?:)?//([^/?#]*)", re.ASCII)
ICP_SEEN = re.compile(
    r"(?P<letter>[\u4e00-\u9fff]) ?ICP ?(?P<word>[备证]) ?(?P<digits>(?:[0-9] ?){6,10}) ?(?P<end>号?)"
    r"(?: ?- ?(?P<n>[0-9]{1,9})(?P<service>[AXK](?![A-Z]))?)?"
)
PSB_SEEN = re.compile(
    r"(?P<letter>[\u4e00-\u9fff]) ?公 ?网 ?安 ?备 ?(?P<digits>(?:[0-9] ?){8,20}) ?(?P<end>号?)"
)


class Problem(NamedTuple):
    code: str
    sentence: object


class Footer(NamedTuple):
    verdict: str
    problems: list[Problem]


@dataclass(frozen=True, kw_only=True)
class Links(Dated):
    """Where a number must lead: the hosts that are right, the page to link, and the file of an emblem."""

    code: str
    hosts: tuple[str, ...]
    page: str
    emblem: str = ""
    noted: tuple[str, ...] = ()
    old: tuple[str, ...] = ()


LINKS = by_code("footer.toml", "link", Links)


def inspect(html: str, icp_number: str, psb_number: str | None = None) -> Footer:
    """How a page shows its numbers, judged by the best place of each.

    MIIT Order 33 of 2005 art. 13 (number and link at the foot of the home page), Guangdong bureau's practice on
    subject numbers, Ministry of Public Security's filing guide.
    """
    if len(html) > LARGEST:
        raise Refused("html", _("The page is larger than 512 KB."), "too_large")
    icp = demanded("icp", icp_number, "icp_number")
    psb = demanded("psb", psb_number, "psb_number") if psb_number else None
    page = read_page(html)
    verdict, problems = look_for(page, icp_places(page, icp), "icp")
    if verdict != "ok" or psb is None:
        return Footer(verdict, problems)
    verdict, more = look_for(page, psb_places(page, psb), "psb", digits=re.sub(r"[^0-9]", "", psb))
    return Footer(verdict, problems + more)


def demanded(kind: str, number: str, name: str) -> str:
    looked: Number = numbers.check(kind, number)
    if looked.normalised is None:
        raise Refused(name, looked.reason, "invalid_number")
    return looked.normalised


# What is to be pasted.

SITE_ALONE = _(
    "This is the number of the subject. The foot of the page shows the site's own, which ends in -1, -2 and so on:"
    " look it up at beian.miit.gov.cn, and have it corrected here."
)
SUBJECT_IS_AS_GOOD = _("In this province the number of the subject, without the suffix, is as good.")
IN_THE_APP = _(
    "An app or mini program has no foot: show the number and its link under “settings” or “about”."
)


class Line(NamedTuple):
    """One line for the foot of the home page: a number, and where it leads."""

    kind: str
    number: str
    link: str
    html: str


def lines(icp_number: str = "", psb_number: str = "", licence_number: str = "") -> list[Line]:
    """The lines to paste, so that `inspect` finds nothing to say of them."""
    found = []
    for kind, number in (("icp", icp_number), ("psb", psb_number)):
        if number:
            rule = LINKS[kind]
            link = rule.page.replace("{digits}", re.sub(r"[^0-9]", "", number))
            emblem = f'<img src="{rule.emblem}" alt="" width="20" height="20">' if rule.emblem else ""
            found.append(Line(kind, number, link, f'<a href="{link}">{emblem}{number}</a>'))
    if licence_number:
        words = f"增值电信业务经营许可证：{licence_number}"
        found.append(Line("licence", licence_number, "", f"<span>{words}</span>"))
    return found


def notes(icp_number: str, service: str = "website") -> list[Any]:
    """What is to be said of the number besides: of a subject's for a site's, of the province, of an app."""
    said = []
    if icp_number:
        home = BY_ICP.get(icp_number[0])
        if home and home.footer_by_subject:
            said.append(SUBJECT_IS_AS_GOOD)
        elif icp_number.endswith("号"):
            said.append(SITE_ALONE)
        if service != "website":
            said.append(IN_THE_APP)
    return said


# What is looked for.


class Place(NamedTuple):
    """A number seen in the page's text, and whether it is the right one."""

    start: int
    end: int
    right: bool


def icp_places(page: Page, expected: str) -> Iterator[Place]:
    head, sign, suffix = expected.partition("号")
    for seen in ICP_SEEN.finditer(page.text):
        digits = seen["digits"].replace(" ", "")
        shown = f"-{seen['n']}{seen['service'] or ''}" if seen["n"] else ""
        same_subject = f"{seen['letter']}ICP{seen['word']}{digits}{seen['end']}" == head + sign
        yield Place(*seen.span(), same_subject and (shown == suffix or is_as_good(expected, shown, suffix)))


def is_as_good(expected: str, shown: str, suffix: str) -> bool:
    """Guangdong takes the subject's number for the site's."""
    return BY_ICP[expected[0]].footer_by_subject and "" in (shown, suffix)


def psb_places(page: Page, expected: str) -> Iterator[Place]:
    for seen in PSB_SEEN.finditer(page.text):
        shown = f"{seen['letter']}公网安备{seen['digits'].replace(' ', '')}{seen['end']}"
        yield Place(*seen.span(), shown == expected)


def look_for(
    page: Page, places: Iterator[Place], kind: str, *, digits: str = ""
) -> tuple[str, list[Problem]]:
    best, notes = "missing", []
    for place in places:
        verdict, found = judge(page, place, kind, digits)
        if RANK[verdict] > RANK[best]:
            best, notes = verdict, found
        if best == "ok":
            break
    if best != "ok":
        prefix = "" if kind == "icp" else f"{kind}_"
        notes = [Problem(prefix + best, SENTENCES[kind][best])]
    return best, notes


RANK = {"missing": 0, "wrong_number": 1, "hidden": 2, "not_linked": 3, "wrong_link": 4, "ok": 5}


def judge(page: Page, place: Place, kind: str, digits: str) -> tuple[str, list[Problem]]:
    elements = page.elements_of(place)
    hidden = any(element.hidden for element in elements)
    if not place.right:
        return ("missing" if hidden else "wrong_number"), []
    if hidden:
        return "hidden", []
    links = [element.link for element in elements]
    if None in links:
        return "not_linked", []
    notes: list[Problem] = []
    for link in {link for link in links if link is not None}:
        host = host_of(link)
        rule = LINKS[kind]
        if host not in (*rule.hosts, *rule.noted, *rule.old) or digits not in link:
            return "wrong_link", []
        if host in rule.old:
            notes.append(Problem(f"{kind}_old_link", SENTENCES[kind]["old_link"]))
        elif host in rule.noted:
            notes.append(
                Problem("www_link" if kind == "icp" else f"{kind}_www_link", SENTENCES[kind]["www_link"])
            )
    if kind == "psb" and not page.has_picture_near(place):
        notes.append(Problem("psb_no_logo", SENTENCES[kind]["no_logo"]))
    return "ok", notes


def host_of(link: str) -> str | None:
    """The host that a browser would open for this address, null where it stays on the page's own."""
    address = re.sub(r"[\t\r\n]", "", link.strip("\x00\x01\x1f ").strip()).replace("\\", "/").lower()
    found = LINK.match(address)
    if not found:
        return None
    host, _colon, port = found[1].rpartition("@")[2].partition(":")
    return host if port in ("", "80", "443") else None


SENTENCES = {
    "icp": {
        "missing": _(
            "The filing number is not on the page. Put it at the bottom, linked to https://beian.miit.gov.cn/."
        ),
        "wrong_number": _("The page shows another filing number. Show the site's own, with its suffix."),
        "hidden": _("The filing number stands on the page but nobody can see it."),
        "not_linked": _("The filing number has no link. Link it to https://beian.miit.gov.cn/."),
        "wrong_link": _("The filing number leads to another place. Link it to https://beian.miit.gov.cn/."),
        "www_link": _("The link has www. in front; https://beian.miit.gov.cn/ is the address itself."),
    },
    "psb": {
        "missing": _(
            "The public security number is not on the page. Put it beside the filing number, with its logo."
        ),
        "wrong_number": _("The page shows another public security number."),
        "hidden": _("The public security number stands on the page but nobody can see it."),
        "not_linked": _("The public security number has no link. Link it to its page at beian.mps.gov.cn."),
        "wrong_link": _(
            "The public security number leads to another place. Link it to its own page at beian.mps.gov.cn."
        ),
        "www_link": _("The link has www. in front; beian.mps.gov.cn is the address itself."),
        "old_link": _("The link leads to the old address beian.gov.cn. Better use beian.mps.gov.cn."),
        "no_logo": _("The logo of the public security filing is missing beside its number."),
    },
}


# How the page is read.


NO_CLASSES: frozenset[str] = frozenset()


@dataclass(slots=True)
class Element:
    """An element of the page, as far as it bears on what is seen."""

    tag: str
    parent: Element | None
    classes: frozenset[str] = NO_CLASSES
    id: str = ""
    style: Mapping[str, str] | None = None
    hidden: bool = False
    link: str | None = None


@dataclass
class Page:
    """The text that is not code, in one line, with the element each piece stands in."""

    elements: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    owners: list[Element] = field(default_factory=list)
    pictures: list[tuple[int, Element]] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    text: str = ""

    def elements_of(self, place: Place) -> list[Element]:
        first = bisect_right(self.starts, place.start) - 1
        last = bisect_right(self.starts, place.end - 1) - 1
        return self.owners[first : last + 1]

    def has_picture_near(self, place: Place) -> bool:
        low, high = place.start - LOGO_DISTANCE, place.end + LOGO_DISTANCE
        return any(low <= at <= high and not element.hidden for at, element in self.pictures)


def read_page(html: str) -> Page:
    """The page as a browser's parser sees it; hidden is worked out once, from the top down."""
    reader = Reader()
    parser = etree.HTMLParser(target=reader, encoding="utf-8", huge_tree=True)
    source = html.replace("\x00", "\ufffd").encode("utf-8", "replace")
    try:
        # In pieces: a refusal by the reader ends the parsing with the piece in hand.
        for start in range(0, len(source), PIECE):
            parser.feed(source[start : start + PIECE])
        page: Page = parser.close()
    except etree.LxmlError:
        page = reader.close()
    rules = hiding_rules(page.styles)
    for element in page.elements:
        above = element.parent is not None and element.parent.hidden
        element.hidden = element.hidden or above or is_hidden(element, rules)
    return page


class Reader:
    """Takes the parser's events one by one, so that no tree is built and depth costs nothing."""

    def __init__(self) -> None:
        self.page = Page()
        self.current: Element | None = None
        self.unseen = 0
        self.depth = 0
        self.length = 0
        self.after_space = True

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Refused("html", _("The tags of this page are nested too deep."), "too_deep")
        if tag not in INLINE:
            self.add("\n")
        parent = self.current
        link = parent.link if parent else None
        element = Element(tag, parent, link=None if tag == "a" else link)
        if attributes:
            if tag == "a":
                element.link = attributes.get("href")
            element.classes = frozenset(attributes.get("class", "").split())
            element.id = attributes.get("id", "")
            element.style = declarations(attributes.get("style", ""))
            element.hidden = "hidden" in attributes
        self.current = element
        self.page.elements.append(element)
        self.unseen += tag in UNSEEN
        if not self.unseen and (
            tag in PICTURES or any(name.startswith("background") for name in element.style or ())
        ):
            self.page.pictures.append((self.length, element))

    def end(self, tag: str) -> None:
        self.depth -= 1
        self.unseen -= tag in UNSEEN
        if tag == "style":
            self.page.styles.append("\n")
        if tag not in INLINE:
            self.add("\n")
        if self.current is not None:
            self.current = self.current.parent

    def data(self, text: str) -> None:
        if self.current is not None and self.current.tag == "style":
            self.page.styles.append(text)
        elif not self.unseen:
            plain = (
                unicodedata.normalize("NFKC", text)
                .translate(INVISIBLE)
                .translate(ONE_HYPHEN)
                .translate(UPPER)
            )
            self.add(SPACES.sub(" ", plain))

    def add(self, text: str) -> None:
        """A piece of text with its owner; a break between blocks is one line end, spaces are one space."""
        if text == "\n":
            text = "" if self.page.pieces and self.page.pieces[-1] == "\n" else "\n"
        elif self.after_space:
            text = text.removeprefix(" ")
        if not text:
            return
        self.after_space = text.endswith((" ", "\n"))
        self.page.starts.append(self.length)
        self.page.owners.append(self.current or Element("", None))
        self.page.pieces.append(text)
        self.length += len(text)

    def comment(self, text: str) -> None:
        """Comments are not seen."""

    def close(self) -> Page:
        self.page.text = "".join(self.page.pieces)
        return self.page


def declarations(style: str) -> dict[str, str]:
    """Property and value of each declaration, the last one of a name counts."""
    found = {}
    for declaration in without_comments(style).split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            found[name.strip().lower()] = value.partition("!")[0].strip().lower()
    return found


def without_comments(css: str) -> str:
    parts, at = [], 0
    while (start := css.find("/*", at)) >= 0:
        parts.append(css[at:start])
        end = css.find("*/", start + 2)
        if end < 0:
            return "".join(parts)
        at = end + 2
    return "".join([*parts, css[at:]])


class HidingRule(NamedTuple):
    tag: str
    classes: frozenset[str]
    id: str
    style: dict[str, str]


def hiding_rules(styles: list[str]) -> dict[str, list[HidingRule]]:
    """The rules of the page's own style sheets that speak of a class or an id; those of a medium are let be."""
    rules: dict[str, HidingRule] = {}
    for selectors, body in plain_rules(without_comments("".join(styles))):
        style = declarations(body)
        if not style.keys() & HIDES.keys():
            continue
        for selector in selectors.split(","):
            found = SELECTOR.fullmatch(selector.strip())
            if not found or len(rules) >= MOST_RULES:
                continue
            parts = SELECTOR_PART.findall(found[2])
            classes = frozenset(name for sign, name in parts if sign == ".")
            ids = [name for sign, name in parts if sign == "#"]
            old = rules.get(found[0])
            rules[found[0]] = HidingRule(
                (found[1] or "").lower(), classes, ids[0] if ids else "", (old.style if old else {}) | style
            )
    by_name: dict[str, list[HidingRule]] = {}
    for rule in rules.values():
        if hides(rule.style):
            by_name.setdefault(f"#{rule.id}" if rule.id else max(rule.classes), []).append(rule)
    return by_name


def plain_rules(css: str) -> Iterator[tuple[str, str]]:
    """Selector and body of each rule outside of any @ block."""
    depth, start, selector, medium = 0, 0, "", False
    for brace in re.finditer(r"[{};]", css):
        at = brace.start()
        if brace[0] == "{":
            depth += 1
            if depth == 1:
                selector, start = css[start:at].strip(), at + 1
                medium = selector.startswith("@")
        elif brace[0] == "}" and depth:
            depth -= 1
            if depth == 0:
                if not medium:
                    yield selector, css[start:at]
                start = at + 1
        elif brace[0] == ";" and depth == 0:
            start = at + 1


def is_zero(value: str) -> bool:
    found = re.match(r"[+-]?([0-9]*\.?[0-9]+)", value)
    return found is not None and float(found[1]) == 0


HIDES = {
    "display": lambda value: value == "none",
    "visibility": lambda value: value == "hidden",
    "opacity": is_zero,
    "font-size": is_zero,
}


def hides(style: Mapping[str, str]) -> bool:
    return any(name in style and test(style[name]) for name, test in HIDES.items())


def is_hidden(element: Element, rules: dict[str, list[HidingRule]]) -> bool:
    """By its own style, or by a rule for its class or id that its own style does not undo."""
    if element.style and hides(element.style):
        return True
    if not rules or not (element.id or element.classes):
        return False
    names = [f"#{element.id}", *element.classes] if element.id else element.classes
    return any(applies(rule, element) for name in names for rule in rules.get(name, ()))


def applies(rule: HidingRule, element: Element) -> bool:
    if not rule.classes <= element.classes or (rule.tag and rule.tag != element.tag):
        return False
    if rule.id and rule.id != element.id:
        return False
    own = element.style
    return not own or hides({name: value for name, value in rule.style.items() if name not in own})
