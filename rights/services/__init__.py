"""A copy of one's own data: asked for, made, fetched, gone. And its erasure: asked for, decided, carried out."""

from rights.services.copying import (
    ask_copy,
    copies_with,
    make_copy,
    open_copy,
    sweep_copies,
    waiting_copies,
)
from rights.services.deciding import (
    ask_erasure,
    grant_erasure,
    refuse_erasure,
    remind_of_answers,
    take_erasure_back,
)
from rights.services.erasing import carry_out, waiting_erasures
from rights.services.remaining import replay_erased, sweep_remainders

__all__ = [
    "ask_copy",
    "ask_erasure",
    "carry_out",
    "copies_with",
    "grant_erasure",
    "make_copy",
    "open_copy",
    "refuse_erasure",
    "remind_of_answers",
    "replay_erased",
    "sweep_copies",
    "sweep_remainders",
    "take_erasure_back",
    "waiting_copies",
    "waiting_erasures",
]
