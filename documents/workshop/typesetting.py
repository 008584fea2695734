"""Forms by typst: the facts come as data, the root is an empty folder, and no sign is left out in silence."""

import datetime
import json
import os
import re
from pathlib import Path
from typing import Any

import typst

from documents.workshop import Unmakeable

SOURCE = Path(__file__).with_name("form.typ").read_bytes()
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")  # those the cage leaves open
# Fonts with every hanzi of simplified Chinese, the likest to a printed form first.
SERIF = (
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Source Han Serif CN",
    "Noto Serif SC",
    "SimSun",
    "AR PL UMing CN",
)
SANS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans SC",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
)
LATIN = "Libertinus Serif"  # comes with typst; letters that a Chinese font may lack
_NOT_SHOWN = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)


def typeset(sheet: dict[str, Any], _content: bytes = b"") -> bytes:
    """The form as PDF/A, which may hold no sign without a glyph: the standard refuses what typst alone would drop."""
    fonts = typst.Fonts(
        include_system_fonts=False, font_paths=[folder for folder in FOLDERS if os.path.isdir(folder)]
    )
    text, title = _chosen(fonts.families())
    made_on = datetime.date.fromisoformat(sheet["made_on"])
    printer = typst.Compiler(
        SOURCE,
        root=".",
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"sheet": json.dumps(sheet), "fonts": json.dumps({"text": text, "title": title})},
        package_path=".",
        package_cache_path=".",
    )
    try:
        made = printer.compile(format="pdf", pdf_standards="a-2b", timestamp=_midnight(made_on))
    except typst.TypstError as error:
        if missing := _NOT_SHOWN.search(str(error.message)):
            raise Unmakeable("no_sign", missing[1]) from None
        raise Unmakeable("could_not_make") from None
    assert isinstance(made, bytes)
    return made


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), datetime.UTC)


def _chosen(families: list[str]) -> tuple[list[str], list[str]]:
    """Fonts for text and for titles, by name; without any there is no form."""
    have = set(families)
    serif, sans = ([name for name in names if name in have] for names in (SERIF, SANS))
    if not serif and not sans:
        raise Unmakeable("no_font")
    return [*serif, *sans, LATIN], [*sans, *serif, LATIN]
