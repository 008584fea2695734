"""The child that makes one thing and dies: reads what it is given, closes the cage, makes it, answers."""

import json
import os
import sys

from documents.inspection import bounds, cage
from documents.workshop import Unmakeable

MOST_BYTES = 48 * 1024 * 1024


def main() -> None:
    work, folder, memory, cpu, parent = sys.argv[1:6]
    cage.die_with(int(parent))
    # Whatever a library prints must not mix with the answer.
    answer = os.dup(1)
    os.dup2(2, 1)
    head, _line, content = sys.stdin.buffer.read(MOST_BYTES).partition(b"\n")
    told = json.loads(head)
    make = _maker(work)
    os.chdir(folder)
    cage.close(int(memory), int(cpu))
    try:
        said, made = {}, make(told, content)
    except Unmakeable as refusal:
        said, made = {"refused": refusal.code, "detail": refusal.detail}, b""
    except (MemoryError, bounds.Refused):
        said, made = {"refused": "too_heavy"}, b""
    with open(answer, "wb") as out:
        out.write(json.dumps(said).encode() + b"\n" + made)
        out.flush()
        os._exit(0)


def _maker(work: str):
    """Loaded before the cage is closed, for behind it no code of ours can be read."""
    if work == "typeset":
        from documents.workshop.typesetting import typeset

        return typeset
    from documents.workshop.fitting import fit

    return fit
