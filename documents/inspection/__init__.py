"""Opens strangers' files, each in a child process that may do nothing else."""

import hashlib
import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from documents import children
from documents.children import NOBODY
from documents.inspection import bounds

_COPIES = {"image/jpeg": ("copy.jpg", b"\xff\xd8\xff"), "image/png": ("copy.png", b"\x89PNG\r\n\x1a\n")}
_COPIES["application/pdf"] = ("copy.pdf", b"%PDF-")


@dataclass(frozen=True)
class Inspection:
    """What was found in a file; `died` means nobody knows, and the caller counts how often."""

    verdict: Literal["ok", "refused", "died"]
    sha256: str
    size: int
    reason: str = ""
    kind: str = ""
    width: int = 0
    height: int = 0
    pages: int = 0
    copy: Path | None = None
    copy_type: str = ""
    copy_sha256: str = ""
    previews: list[Path] = field(default_factory=list)
    thumb: Path | None = None
    notes: list[str] = field(default_factory=list)


def inspect(
    source: Path,
    out: Path,
    *,
    declared_type: str = "",
    side: int = bounds.COPY_SIDE,
    memory: int = bounds.MEMORY_BYTES,
    cpu_seconds: int = bounds.CPU_SECONDS,
    wall_seconds: float = bounds.WALL_SECONDS,
) -> Inspection:
    """Judge one file in a child of its own; what is left of it lies in the folder `out` afterwards.

    No side of a picture's copy is longer than `side`.
    """
    sha256, size = _hash(source)
    if size == 0:
        return Inspection("refused", sha256, size, reason="empty")
    if size > bounds.MAX_BYTES:
        return Inspection("refused", sha256, size, reason="too_large")
    out.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(out, NOBODY, NOBODY)
    returned, answer = _run_child(source, out, declared_type, side, memory, cpu_seconds, wall_seconds)
    if returned in children.OUT_OF_TIME:
        return Inspection("refused", sha256, size, reason="too_heavy", notes=["time"])
    if returned != 0 or answer is None:
        return Inspection("died", sha256, size, notes=[f"ended with {returned}"])
    notes = [str(note)[:80] for note in answer.get("notes", [])][:20]
    if answer.get("verdict") != "ok":
        return Inspection("refused", sha256, size, reason=str(answer.get("reason", "damaged")), notes=notes)
    return _taken(answer, out, sha256, size, notes)


def _run_child(
    source: Path, out: Path, declared: str, side: int, memory: int, cpu: int, wall: float
) -> tuple[int | None, dict[str, Any] | None]:
    words = [str(source.resolve()), str(out.resolve()), declared, str(side), str(memory), str(cpu)]
    returned, answer = children.run(
        "documents.inspection.child", words, seconds=wall, most=bounds.RESULT_BYTES
    )
    try:
        told = json.loads(answer)
    except ValueError:
        return returned, None
    return returned, told if isinstance(told, dict) else None


def _taken(answer: dict[str, Any], out: Path, sha256: str, size: int, notes: list[str]) -> Inspection:
    """The child may have been taken over: names are ours, and what it left must be what it says."""
    copy_type, pages = str(answer.get("copy_type")), int(answer.get("pages", 0))
    if copy_type not in _COPIES or not 1 <= pages <= bounds.MAX_PAGES:
        return Inspection("died", sha256, size, notes=["odd answer"])
    name, head = _COPIES[copy_type]
    previews = [out / f"preview-{number:03d}.jpg" for number in range(1, pages + 1)]
    jpegs = [*previews, out / "thumb.jpg"]
    if not _is_file(out / name, head) or not all(_is_file(page, b"\xff\xd8\xff") for page in jpegs):
        return Inspection("died", sha256, size, notes=["odd files"])
    return Inspection(
        "ok",
        sha256,
        size,
        kind=str(answer.get("kind")),
        width=int(answer.get("width", 0)),
        height=int(answer.get("height", 0)),
        pages=pages,
        copy=out / name,
        copy_type=copy_type,
        copy_sha256=_hash(out / name)[0],
        previews=previews,
        thumb=out / "thumb.jpg",
        notes=notes,
    )


def _is_file(path: Path, head: bytes) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    with open(descriptor, "rb") as file:
        return stat.S_ISREG(os.fstat(descriptor).st_mode) and file.read(len(head)) == head


def _hash(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while piece := file.read(1024 * 1024):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size
