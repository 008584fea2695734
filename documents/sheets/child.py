"""The child that reads one spreadsheet and dies: takes its bytes, closes the cage, answers with text."""

import codecs
import json
import os
import sys

from documents.inspection import cage
from documents.sheets import MOST_BYTES, Unreadable, reading

for _name in reading.CODECS:
    codecs.lookup(_name)


def main() -> None:
    folder, memory, cpu, parent = sys.argv[1:5]
    cage.die_with(int(parent))
    # Whatever a library prints must not mix with the answer.
    answer = os.dup(1)
    os.dup2(2, 1)
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    os.chdir(folder)
    cage.close(int(memory), int(cpu))
    try:
        found = reading.read(data)
        said = {"rows": found.rows, "name": found.name, "others": found.others}
    except Unreadable as refusal:
        said = {"refused": refusal.code}
    except MemoryError:
        said = {"refused": "too_heavy"}
    except (ImportError, LookupError):
        raise  # ours, and not the file's fault
    except Exception:  # noqa: BLE001  a reader that gives up in a way of its own: the file is at fault
        said = {"refused": "damaged"}
    with open(answer, "wb") as out:
        out.write(json.dumps(said).encode())
        out.flush()
        os._exit(0)
