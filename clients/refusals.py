"""Refusals that any floor may raise; each carries a sentence for the person."""

from __future__ import annotations


class Refusal(Exception):
    """What happened, why, what next: `str()` is the sentence, `code` the word for programs."""

    def __init__(self, sentence, code: str, **more) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.more = more

    def __str__(self) -> str:
        return str(self.sentence)


class Conflict(Refusal):
    """The thing has moved on, or stands in the way."""


class TooMany(Refusal):
    """Slow down: `wait` seconds."""

    def __init__(self, sentence, code: str = "too_many", *, wait: int = 60) -> None:
        super().__init__(sentence, code)
        self.wait = wait
