from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import get_language


class Words(Promise):
    """A text of the data files in both languages; as a string it speaks its reader's."""

    __slots__ = ("en", "zh")

    def __init__(self, en: str, zh: str) -> None:
        self.en = en
        self.zh = zh

    def __str__(self) -> str:
        return self.zh if (get_language() or "en").startswith("zh") else self.en

    def __repr__(self) -> str:
        return f"Words({self.en!r}, {self.zh!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Words):
            return (self.en, self.zh) == (other.en, other.zh)
        return str(self) == other

    def __hash__(self) -> int:
        return hash((self.en, self.zh))

    def fill(self, **texts: Words) -> Words:
        """The text with each `{name}` replaced by the words of that name; all other braces are plain signs."""
        en, zh = self.en, self.zh
        for name, words in texts.items():
            en, zh = en.replace(f"{{{name}}}", words.en), zh.replace(f"{{{name}}}", words.zh)
        return Words(en, zh)
