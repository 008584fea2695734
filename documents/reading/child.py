"""The child that reads pictures and dies: loads the reader, takes the pages, closes the cage, answers with lines."""

import json
import os
import sys

import cv2
import numpy
from rapidocr import RapidOCR

from documents.inspection import bounds, cage
from documents.reading import LENGTH, MOST_PAGES

PARAMS = {
    "Global.log_level": "critical",
    "Global.max_side_len": bounds.PREVIEW_SIDE,
    "Det.limit_type": "max",
    "Det.limit_side_len": 1280,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}
LINES = 300
SIGNS = 200


def main() -> None:
    memory, cpu, parent = sys.argv[1:4]
    cage.die_with(int(parent))
    os.nice(10)  # a check that somebody waits for goes first
    # Whatever a library prints must not mix with the answer.
    answer = os.dup(1)
    os.dup2(2, 1)
    cv2.setNumThreads(1)
    reader = RapidOCR(params=PARAMS)
    pages = list(_pages())
    open_doors = cage.close(int(memory), int(cpu))
    lines = [line for page in pages for line in _lines(reader, page)]
    with open(answer, "wb") as out:
        out.write(json.dumps({"lines": lines[:LINES], "open_doors": open_doors}).encode())
        out.flush()
        os._exit(0)


def _pages():
    for _page in range(MOST_PAGES):
        head = sys.stdin.buffer.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return
        yield sys.stdin.buffer.read(*LENGTH.unpack(head))


def _lines(reader, page):
    picture = cv2.imdecode(numpy.frombuffer(page, numpy.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        return []
    found = reader(picture)
    return [
        (text[:SIGNS], round(float(score), 3))
        for text, score in zip(found.txts or (), found.scores or (), strict=False)
    ]
