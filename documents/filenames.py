"""Names that strangers give their files: shown as text, never a path, never an order to a terminal or a header."""

import re
import unicodedata

LONGEST = 120
# Format signs turn the reading direction or hide; the joiners among them are letters' own business.
_KEPT_FORMAT_SIGNS = {"\u200c", "\u200d"}


def clean_name(name: str) -> str:
    """The name as it may be shown: NFC, one line, no path, no sign that hides or turns, at most 120 signs."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode("utf-8", "ignore"))
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(sign for sign in name if _is_shown(sign))
    name = re.sub(r"\s+", " ", name).strip(" .")
    if len(name) > LONGEST:
        stem, dot, ending = name.rpartition(".")
        keep = dot + ending if dot and len(ending) <= 8 else ""
        name = (stem if keep else name)[: LONGEST - len(keep)].rstrip() + keep
    return name or "paper"


def _is_shown(sign: str) -> bool:
    category = unicodedata.category(sign)
    if category in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp"):
        return sign in "\t\n"  # folded into a blank afterwards
    return category != "Cf" or sign in _KEPT_FORMAT_SIGNS
