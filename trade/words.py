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

    def __mod__(self, values: object) -> str:
        return str(self) % values

    def format(self, *args: object, **kwargs: object) -> str:
        return str(self).format(*args, **kwargs)
