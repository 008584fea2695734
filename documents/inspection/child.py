"""The child that opens one file and dies: reads it, closes the cage, judges it, writes what is left."""

import codecs
import json
import os
import sys
from typing import Any

from documents.inspection import bounds, cage, kinds, pictures, rules
from documents.inspection.bounds import Refused
from documents.inspection.pictures import Clean

# Codecs are loaded when first used, and by then the disk is shut.
CODECS = (
    "ascii latin_1 iso8859_1 cp1252 mac_roman utf_8 utf_8_sig utf_16 utf_16_be utf_16_le utf_32 utf_32_be utf_32_le "
    "gb18030 gbk big5 shift_jis euc_kr idna hex base64 zlib unicode_escape raw_unicode_escape"
)
for _name in CODECS.split():
    codecs.lookup(_name)

# Something of ours that could not be loaded is not the file's fault.
OURS = (ImportError, ModuleNotFoundError, LookupError)
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


def main() -> None:
    source, out, declared, side, memory, cpu, parent = sys.argv[1:8]
    cage.die_with(int(parent))
    # Whatever a library prints must not mix with the answer.
    answer = os.dup(1)
    os.dup2(2, 1)
    with open(source, "rb") as file:
        data = file.read(bounds.MAX_BYTES + 1)
    if data.startswith(kinds.PDF_HEAD):
        import documents.inspection.pdfs  # noqa: F401  takes its time, and nothing is loaded once the cage is closed
    os.chdir(out)
    open_doors = cage.close(int(memory), int(cpu))
    try:
        verdict = _judge(data, declared, int(side))
    except Refused as refusal:
        verdict = {
            "verdict": "refused",
            "reason": refusal.code,
            "notes": [refusal.note] if refusal.note else [],
        }
    except MemoryError:
        verdict = {"verdict": "refused", "reason": "too_heavy", "notes": ["memory"]}
    except Exception as error:
        if type(error) in OURS:
            raise
        # A decoder that gives up in a way of its own: the file is at fault, and its text stays out of the answer.
        verdict = {"verdict": "refused", "reason": "damaged", "notes": [type(error).__name__]}
    verdict["open_doors"] = open_doors
    os.write(answer, json.dumps(verdict).encode())
    os._exit(0)


def _judge(data: bytes, declared: str, side: int) -> dict[str, Any]:
    if len(data) > bounds.MAX_BYTES:
        raise Refused("too_large")
    if rule := rules.found_in(data):
        raise Refused("executable" if data.startswith((b"MZ", b"\x7fELF")) else "malware", rule)
    kind = kinds.kind_of(data)
    kinds.check_whole(kind, data)
    for text in kinds.texts_of(kind, data):
        if rule := rules.found_in(text):
            raise Refused("malware", rule)
    if kind == kinds.PDF:
        from documents.inspection import pdfs

        clean = pdfs.clean_pdf(data)
    else:
        clean = pictures.clean_picture(data, kind, side)
    if _same_family(declared) != kind and declared:
        clean.notes.append("type_differs")
    _write(clean)
    return {
        "verdict": "ok",
        "kind": kind,
        "copy_type": clean.kind,
        "width": clean.width,
        "height": clean.height,
        "pages": len(clean.previews),
        "notes": clean.notes,
    }


def _same_family(declared: str) -> str:
    return {"image/jpg": "image/jpeg", "image/heif": "image/heic", "image/heic-sequence": "image/heic"}.get(
        declared, declared
    )


def _write(clean: Clean) -> None:
    with open(f"copy.{SUFFIXES[clean.kind]}", "xb") as file:
        file.write(clean.content)
    with open("thumb.jpg", "xb") as file:
        file.write(pictures.thumbnail(clean.previews[0]))
    for number, preview in enumerate(clean.previews, start=1):
        with open(f"preview-{number:03d}.jpg", "xb") as file:
            file.write(preview)
