"""What a file truly is, by its own bytes from the first to the last; its name and declared type prove nothing."""

import re
import struct
import zlib
from collections.abc import Iterator

import filetype

from documents.inspection.bounds import MAX_SCANS, Refused

JPEG, PNG, WEBP, HEIC, PDF = "image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf"
PDF_HEAD = b"%PDF-"

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
_PROGRAMS: tuple[bytes, ...] = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
)
_PROGRAMS += (b"\0asm", b"dex\n", b"L\0\0\0\x01\x14\x02\0", b"@echo off", b"<?php")
_ARCHIVES: tuple[bytes, ...] = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x07\x08",
    b"Rar!",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b",
    b"BZh",
)
_ARCHIVES += (b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"MSCF", b"LZIP", b"\x04\x22\x4d\x18")
_BOXES = {
    b"ftyp",
    b"meta",
    b"mdat",
    b"free",
    b"skip",
    b"uuid",
    b"moov",
    b"idat",
    b"wide",
    b"styp",
    b"mpvd",
    b"sefd",
}
# How other formats begin; looked for only where a file of its kind has no pixels and no packed data.
_FOREIGN = re.compile(
    rb"%PDF-|<!doctype html|<html|<script|<svg|<\?php|PK\x03\x04[\x0a\x14\x2d]\0|Rar!\x1a\x07|7z\xbc\xaf"
    rb"|MZ\x90\0|\x7fELF",
    re.IGNORECASE,
)
_STREAM = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)
_BLANK = b"\0\r\n\t \x1a"


def kind_of(data: bytes) -> str:
    """The kind by content, of the five we take; anything else is refused by what it is."""
    if not data.strip(_BLANK):
        raise Refused("empty")
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp" and _is_heic(data):
        return HEIC
    if data.startswith(PDF_HEAD):
        return PDF
    raise _refusal_of(data)


def check_whole(kind: str, data: bytes) -> None:
    """The file is one file of its kind from end to end, with no second one before, inside or behind it."""
    if kind != PDF and b"%PDF-" in data[:1024]:
        raise Refused("holds_another", "pdf")
    if _ends_as_zip(data):
        raise Refused("holds_another", "zip")
    {JPEG: _check_jpeg, PNG: _check_png, WEBP: _check_webp, HEIC: _check_heic, PDF: _check_pdf}[kind](data)


def texts_of(kind: str, data: bytes) -> Iterator[bytes]:
    """Texts that lie packed inside a picture, unpacked so that the rules can read them."""
    if kind == PNG:
        for name, start, end in _png_chunks(data):
            if name in (b"zTXt", b"iTXt", b"iCCP", b"eXIf"):
                body = data[start:end]
                for at in (m.start() for m in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", body[:512])):
                    try:
                        yield zlib.decompressobj().decompress(body[at:], 4 * 1024 * 1024)
                    except zlib.error:
                        continue


def _is_heic(data: bytes) -> bool:
    size = int.from_bytes(data[:4], "big")
    brands = {data[at : at + 4] for at in (8, *range(16, min(size, 256), 4))}
    return bool(brands & _HEIC_BRANDS) and not data[8:12].startswith((b"avi", b"qt", b"mp4", b"iso", b"M4V"))


def _refusal_of(data: bytes) -> Refused:
    head = data[:4096].lstrip(b"\xef\xbb\xbf" + _BLANK)
    lower = head[:2048].lower()
    if data.startswith(_PROGRAMS):
        return Refused("executable")
    if data.startswith(_ARCHIVES) or data[257:262] == b"ustar":
        office = b"[Content_Types].xml" in data[:4096] or b"word/" in data[:4096] or b"mimetype" in data[:64]
        return Refused("office" if office else "archive")
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") or lower.startswith(b"{\\rtf"):
        return Refused("office")
    if b"<svg" in lower:
        return Refused("svg")
    if b"%PDF-" in data[:1024]:
        return Refused("holds_another", "bytes before the PDF")
    if re.match(rb"<(!doctype html|html|head|body|script|\?xml)", lower):
        return Refused("web_page")
    found = filetype.guess(data[:8192])
    if found is not None and found.mime.startswith(("video/", "audio/")):
        return Refused("film")
    if found is not None and found.mime.startswith("image/"):
        return Refused("other_picture", found.extension)
    return Refused("unknown_type")


def _ends_as_zip(data: bytes) -> bool:
    tail = data[-(65_557 + 4096) :]
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        return False
    disks = struct.unpack("<HH", tail[at + 4 : at + 8])
    return disks == (0, 0) or b"PK\x01\x02" in tail[:at]


def _check_jpeg(data: bytes) -> None:
    end = jpeg_end(data)
    rest = data[end:].strip(_BLANK + b"\xff")
    # Phones put further pictures, a depth map or a short film behind the first; the copy leaves them out.
    while rest.startswith((b"\xd8\xff", b"\xff\xd8\xff")):
        rest = b"\xff" + rest if rest.startswith(b"\xd8") else rest
        rest = rest[jpeg_end(rest) :].strip(_BLANK + b"\xff")
    if not rest or (
        (rest.endswith(b"SEFT") or _is_motion_photo(data[:end], rest)) and not _FOREIGN.search(rest)
    ):
        return
    raise Refused("holds_another", f"{len(rest)} bytes behind the picture")


def _is_motion_photo(picture: bytes, rest: bytes) -> bool:
    announced = b"MotionPhoto" in picture[:262_144] or b"MicroVideo" in picture[:262_144]
    # The zeros the film begins with may have gone with the padding before it.
    return announced and b"ftyp" in rest[:8]


def jpeg_end(data: bytes) -> int:
    """The place after the end mark, found by walking every segment."""
    at, scans = 2, 0
    while True:
        while data[at : at + 2] == b"\xff\xff":
            at += 1
        if at + 2 > len(data):
            raise Refused("truncated")
        if data[at] != 0xFF:
            raise Refused("damaged", "no marker")
        marker = data[at + 1]
        at += 2
        if marker == 0xD9:
            return at
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2 or at + length > len(data):
            raise Refused("truncated")
        at += length
        if marker == 0xDA:
            scans += 1
            if scans > MAX_SCANS:
                raise Refused("too_complex", "scans")
            next_marker = _MARKER.search(data, at)
            if next_marker is None:
                raise Refused("truncated")
            at = next_marker.start()


_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def _check_png(data: bytes) -> None:
    names = [name for name, _, _ in _png_chunks(data, check=True)]
    if not names or names[0] != b"IHDR" or b"IDAT" not in names:
        raise Refused("damaged", "chunks")


def _png_chunks(data: bytes, *, check: bool = False) -> Iterator[tuple[bytes, int, int]]:
    at = 8
    while True:
        if at + 12 > len(data):
            raise Refused("truncated")
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 8 + length
        if end + 4 > len(data):
            raise Refused("truncated")
        if check and zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise Refused("damaged", "checksum")
        yield name, at + 8, end
        at = end + 4
        if name == b"IEND":
            break
    if check and data[at:].strip(_BLANK):
        raise Refused("holds_another", f"{len(data) - at} bytes behind the picture")


def _check_webp(data: bytes) -> None:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise Refused("truncated")
    if data[end:].strip(_BLANK):
        raise Refused("holds_another", f"{len(data) - end} bytes behind the picture")


def _check_heic(data: bytes) -> None:
    at = 0
    while at < len(data):
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        elif size == 0:
            size = len(data) - at
        if at + 8 > len(data) or size < 8 or name not in _BOXES:
            # Samsung closes its pictures with a list of its own.
            if data[at:].strip(_BLANK) and not data.endswith(b"SEFT"):
                raise Refused("holds_another", f"{len(data) - at} bytes behind the picture")
            return
        if at + size > len(data):
            raise Refused("truncated")
        at += size


def _check_pdf(data: bytes) -> None:
    end = data.rfind(b"%%EOF")
    if end < 0:
        raise Refused("truncated")
    if data[end + 5 :].strip(_BLANK):
        raise Refused("holds_another", f"{len(data) - end - 5} bytes behind the PDF")
    if not re.match(rb"%PDF-[12]\.\d", data):
        raise Refused("damaged", "header")
    if hidden := _FOREIGN.search(_STREAM.sub(b"", data), 5):
        raise Refused("holds_another", hidden[0].decode("latin-1"))
