"""The agency's logo passes the same cage as papers do; `settings.LOGO_DRAWN_BY` leads here from the floor below."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.utils.translation import gettext as _

from clients.refusals import Refusal
from documents.inspection import inspect
from documents.inspection.kinds import JPEG, PNG, WEBP
from documents.reasons import sentence_of
from documents.services.checking import FOLDER_PREFIX

SIDE = 480  # three times as wide as the masthead shows it


def drawn_anew(data: bytes) -> tuple[bytes, str]:
    """A small copy that is a picture and nothing else, and its type; `Refusal` where the file is none."""
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
        source = Path(folder) / "file"
        source.write_bytes(data)
        found = inspect(source, Path(folder) / "out", side=SIDE)
        if found.verdict == "refused" and found.reason not in ("svg", "unknown_type", "other_picture"):
            raise Refusal(sentence_of(found.reason), found.reason)
        if found.kind not in (JPEG, PNG, WEBP) or found.copy is None:
            raise Refusal(
                _("The logo must be a picture: PNG, JPEG or WebP. Save it as one of these."), "kind"
            )
        return found.copy.read_bytes(), found.copy_type
