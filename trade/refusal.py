from __future__ import annotations


class Refused(Exception):
    """A fact that cannot be judged: which one, and a sentence that says why."""

    def __init__(self, field: str, sentence: object, code: str = "invalid") -> None:
        super().__init__(field, code)
        self.field = field
        self.sentence = sentence
        self.code = code

    def __str__(self) -> str:
        return str(self.sentence)
