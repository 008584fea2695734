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


class Invalid(Exception):
    """Some of what was given cannot be taken: `errors` are `{"field", "code", "detail"}`, in the order given."""

    def __init__(self, errors: list[dict[str, str]], code: str = "invalid") -> None:
        super().__init__(errors[0]["detail"])
        self.errors = errors
        self.code = code


def error(field: str, detail: object, code: str = "invalid") -> dict[str, str]:
    """One entry of `Invalid.errors`; the value itself never stands in it."""
    return {"field": field, "code": code, "detail": str(detail)}


class Malformed(Refusal):
    """What was sent cannot be read: 400, or the nearer word `status`."""

    def __init__(self, sentence, code: str = "malformed", status: int = 400) -> None:
        super().__init__(sentence, code)
        self.status = status
