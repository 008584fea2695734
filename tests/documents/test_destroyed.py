"""The list of the destroyed outlives a full disk: a line that was cut off costs itself and no other."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from documents import destroyed


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DESTROYED_FOLDER = tmp_path
    return tmp_path


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this process grows beyond it: the kernel takes what fits and no more, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def entry(name: str) -> dict[str, str]:
    return {"at": "2026-11-30T12:00:00+00:00", "token": name, "of": "港湾"}


def cut_off(folder, entry: dict[str, str], at: int) -> None:
    """So many bytes of its line get on the disk, counted from the end where that is less than nothing."""
    place = folder / "2026-11.jsonl"
    before = place.stat().st_size
    destroyed.write(entry)
    whole = place.stat().st_size - before
    os.truncate(place, before)
    with room_for(before + at % whole), pytest.raises(OSError, match="not whole"):
        destroyed.write(entry)
    assert place.stat().st_size == before + at % whole


@pytest.mark.parametrize("at", [1, 20, -5, -7])  # -5 and -7 are in the middle of a letter
def test_after_a_full_disk_the_next_line_is_known(folder, at):
    destroyed.write(entry("first"))
    cut_off(folder, entry("second"), at)

    destroyed.write(entry("third"))
    destroyed.write(entry("fourth"))

    assert list(destroyed.entries()) == [entry("first"), entry("third"), entry("fourth")]


def test_a_line_that_lacks_its_end_alone_is_known(folder):
    destroyed.write(entry("first"))
    cut_off(folder, entry("second"), -1)

    destroyed.write(entry("third"))

    assert list(destroyed.entries()) == [entry("first"), entry("second"), entry("third")]
