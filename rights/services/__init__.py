"""A copy of one's own data: asked for, made, fetched, gone."""

from rights.services.copying import (
    ask_copy,
    copies_with,
    make_copy,
    open_copy,
    sweep_copies,
    waiting_copies,
)

__all__ = ["ask_copy", "copies_with", "make_copy", "open_copy", "sweep_copies", "waiting_copies"]
