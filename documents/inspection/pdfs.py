"""PDFs: their structure is read before a page is drawn, and people only ever see the drawn pages."""

import re
import zlib
from collections.abc import Iterator
from io import BytesIO

import pikepdf
import pypdfium2
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream, String
from PIL import Image

from documents.inspection import bounds, rules
from documents.inspection.bounds import Refused
from documents.inspection.pictures import Clean

pikepdf.settings.set_qpdf_limits(
    doc_max_warnings=200,
    parser_max_nesting=bounds.MAX_DEPTH,
    parser_max_container_size=bounds.MAX_VALUES,
    max_stream_filters=bounds.MAX_FILTERS,
    flate_max_memory=bounds.MAX_STREAM_BYTES,
    run_length_max_memory=bounds.MAX_STREAM_BYTES,
    png_max_memory=bounds.MAX_STREAM_BYTES,
    tiff_max_memory=bounds.MAX_STREAM_BYTES,
    dct_max_memory=bounds.MAX_STREAM_BYTES,
    dct_max_progressive_scans=bounds.MAX_SCANS,
)

# What an action may be called, and what it makes of the file.
_ACTIONS = {
    "/JavaScript": "pdf_script",
    "/Launch": "pdf_action",
    "/SubmitForm": "pdf_action",
    "/ImportData": "pdf_action",
    "/GoToE": "pdf_action",
    "/GoToR": "pdf_action",
    "/Rendition": "pdf_action",
    "/Movie": "pdf_action",
    "/RichMediaExecute": "pdf_action",
}
_KEYS = {
    "/JS": "pdf_script",
    "/JavaScript": "pdf_script",
    "/EmbeddedFiles": "pdf_attachment",
    "/EF": "pdf_attachment",
    "/XFA": "pdf_form",
    "/RichMediaContent": "pdf_action",
}
_KINDS = {
    "/EmbeddedFile": "pdf_attachment",
    "/FileAttachment": "pdf_attachment",
    "/RichMedia": "pdf_action",
    "/Screen": "pdf_action",
    "/Movie": "pdf_action",
    "/Sound": "pdf_action",
}
_FLATE = {"/FlateDecode", "/Fl", "/LZWDecode", "/LZW", "/RunLengthDecode", "/RL"}
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_PACKED = re.compile(rb"/Type\s*/(?:ObjStm|XRef)")


def clean_pdf(data: bytes) -> Clean:
    """A new PDF of the drawn pages, after nothing in the old one was found that acts, hides or explodes."""
    _check_packed(data)
    notes = _check_structure(data)
    pages, sizes = [], []
    for picture, size in _drawn(data):
        pages.append(picture)
        sizes.append(size)
    width, height = (round(side) for side in sizes[0])
    return Clean(_bound(pages, sizes), "application/pdf", width, height, pages, notes)


def _check_packed(data: bytes) -> None:
    """Each packed stream is unpacked piece by piece and thrown away: bombs are weighed, hidden texts are read."""
    whole = 0
    for start in (match.end() for match in _STREAM.finditer(data, 0, len(data) - 1)):
        if data[start] & 0x8F != 0x08:  # no zlib head
            continue
        limit = bounds.MAX_STREAM_BYTES if _PACKED.search(data, max(0, start - 512), start) else None
        weight, tail, unpack = 0, b"", zlib.decompressobj()
        piece = data[start : start + 65_536]
        at = start + 65_536
        try:
            while piece:
                out = unpack.decompress(piece, 1024 * 1024)
                weight, whole = weight + len(out), whole + len(out)
                if whole > bounds.MAX_INFLATED_BYTES or (limit and weight > limit):
                    raise Refused("too_complex", "unpacks too far")
                if rule := rules.found_in(tail + out):
                    raise Refused("malware", rule)
                tail = out[-256:]
                if unpack.eof:
                    break
                piece = unpack.unconsumed_tail
                if not piece:
                    piece, at = data[at : at + 65_536], at + 65_536
        except zlib.error:
            continue


def _check_structure(data: bytes) -> list[str]:
    try:
        with pikepdf.open(BytesIO(data), inherit_page_attributes=False) as pdf:
            if pdf.is_encrypted:
                raise Refused("pdf_encrypted")
            _check_objects(pdf)
            _check_pages(pdf)
            warnings = [str(warning) for warning in pdf.get_warnings()]
            if any("loop" in warning for warning in warnings):
                raise Refused("damaged", "loop")
            return ["repaired"] if warnings else []
    except pikepdf.PasswordError:
        raise Refused("pdf_encrypted") from None
    except (pikepdf.PdfError, pikepdf.DataDecodingError, ValueError, TypeError, KeyError) as error:
        raise Refused(_damage(data, error), type(error).__name__) from None
    except RecursionError:
        raise Refused("too_complex", "depth") from None


def _damage(data: bytes, error: Exception) -> str:
    if re.search(rb"/Encrypt\b", data):
        return "pdf_encrypted"
    at_a_limit = pikepdf.settings.qpdf_limit_errors() or "Too many warnings" in str(error)
    return "too_complex" if at_a_limit else "damaged"


def _check_objects(pdf: Pdf) -> None:
    if len(pdf.objects) > bounds.MAX_OBJECTS:
        raise Refused("too_complex", "objects")
    left = [bounds.MAX_VALUES]
    for found in pdf.objects:
        _check_value(found, left, 0)
    _check_value(pdf.trailer, left, 0)
    opening = pdf.Root.get(Name.OpenAction)
    if isinstance(opening, Dictionary) and str(opening.get(Name.S, "/GoTo")) not in ("/GoTo", "/Named"):
        raise Refused("pdf_action", "on opening")


def _check_value(value: Object, left: list[int], depth: int) -> None:
    left[0] -= 1
    if left[0] < 0 or depth > bounds.MAX_DEPTH:
        raise Refused("too_complex", "values")
    if isinstance(value, String):
        if rule := rules.found_in(bytes(value)):
            raise Refused("malware", rule)
    elif isinstance(value, Array):
        for item in value:
            if not _is_elsewhere(item):
                _check_value(item, left, depth + 1)
    elif isinstance(value, (Dictionary, Stream)):
        fields = value.stream_dict if isinstance(value, Stream) else value
        _check_dictionary(fields)
        if isinstance(value, Stream):
            _check_stream(value)
        for item in fields.values():
            if not _is_elsewhere(item):
                _check_value(item, left, depth + 1)


def _is_elsewhere(value: object) -> bool:
    """Whether the loop over all objects comes to it anyway."""
    return not isinstance(value, Object) or value.is_indirect


def _check_dictionary(fields: Dictionary) -> None:
    for key in map(str, fields):
        if key in _KEYS and not _is_nothing(fields[key]):
            raise Refused(_KEYS[key], key)
    for name in ("/S", "/Type", "/Subtype"):
        value = fields.get(name)
        if isinstance(value, Name):
            code = _ACTIONS.get(str(value)) if name == "/S" else _KINDS.get(str(value))
            if code:
                raise Refused(code, str(value))


def _is_nothing(value: object) -> bool:
    """An empty list of attachments or scripts, which some writers leave behind."""
    if isinstance(value, Dictionary):
        names = value.get("/Names")
        return len(value) == 0 or (isinstance(names, Array) and len(names) == 0 and "/Kids" not in value)
    return (
        isinstance(value, (Array, String)) and len(bytes(value) if isinstance(value, String) else value) == 0
    )


def _check_stream(stream: Stream) -> None:
    filters = stream.stream_dict.get("/Filter")
    names = (
        [str(name) for name in filters] if isinstance(filters, Array) else [str(filters)] if filters else []
    )
    if sum(name in _FLATE for name in names) > 1 or len(names) > bounds.MAX_FILTERS:
        raise Refused("too_complex", "filters")
    if stream.stream_dict.get("/Subtype") == Name.Image:
        width, height = int(stream.stream_dict.get("/Width", 0)), int(stream.stream_dict.get("/Height", 0))
        if width < 0 or height < 0 or width * height > 2 * bounds.MAX_PIXELS:
            raise Refused("too_many_pixels", "picture in a page")
        return
    if not names:
        return  # lies open in the file, where the rules have read it
    before = pikepdf.settings.qpdf_limit_errors()
    try:
        content = stream.read_bytes()
    except pikepdf.PdfError:
        if pikepdf.settings.qpdf_limit_errors() > before:
            raise Refused("too_complex", "stream") from None
        return  # a filter the structure does not know; the drawing decides
    if len(content) > bounds.MAX_STREAM_BYTES:
        raise Refused("too_complex", "stream")
    if rule := rules.found_in(content):
        raise Refused("malware", rule)


def _check_pages(pdf: Pdf) -> None:
    kids = 0
    for found in pdf.objects:
        if isinstance(found, Dictionary) and isinstance(found.get("/Kids"), Array):
            kids += len(found["/Kids"])
    if kids > 4 * bounds.MAX_PAGES + bounds.MAX_OBJECTS // 20:
        raise Refused("too_many_pages")
    if len(pdf.pages) > bounds.MAX_PAGES:
        raise Refused("too_many_pages")
    if len(pdf.pages) == 0:
        raise Refused("empty")
    for page in pdf.pages:
        _check_box(page)


def _check_box(page: pikepdf.Page) -> None:
    unit = float(page.obj.get("/UserUnit", 1))
    for box in (page.mediabox, page.cropbox):
        left, bottom, right, top = (float(value) for value in box)
        width, height = abs(right - left) * unit, abs(top - bottom) * unit
        if not (width <= bounds.MAX_PAGE_POINTS and height <= bounds.MAX_PAGE_POINTS):
            raise Refused("page_too_large")
        if width < 1 or height < 1:
            raise Refused("damaged", "page box")


def _drawn(data: bytes) -> Iterator[tuple[bytes, tuple[float, float]]]:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Refused("damaged", type(error).__name__) from None
    try:
        if len(document) > bounds.MAX_PAGES:
            raise Refused("too_many_pages")
        for number in range(len(document)):
            page = document[number]
            width, height = page.get_size()
            if not (1 <= max(width, height) <= bounds.MAX_PAGE_POINTS * 2):
                raise Refused("page_too_large")
            scale = min(bounds.PAGE_DPI / 72, bounds.PAGE_SIDE / max(width, height))
            picture = page.render(scale=scale, may_draw_forms=False, fill_color=(255, 255, 255, 255)).to_pil()
            picture = picture.convert("RGB")
            page.close()
            out = BytesIO()
            picture.save(out, "JPEG", quality=82)
            yield out.getvalue(), (width, height)
    except pypdfium2.PdfiumError as error:
        raise Refused("damaged", type(error).__name__) from None
    finally:
        document.close()


def _bound(pages: list[bytes], sizes: list[tuple[float, float]]) -> bytes:
    pdf = Pdf.new()
    for content, (width, height) in zip(pages, sizes, strict=True):
        with Image.open(BytesIO(content), formats=["JPEG"]) as picture:
            pixels = picture.size
        image = Stream(pdf, content)
        image.stream_dict = Dictionary(
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=pixels[0],
            Height=pixels[1],
            ColorSpace=Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=Name.DCTDecode,
        )
        draw = f"q {width:.2f} 0 0 {height:.2f} 0 0 cm /Page Do Q".encode()
        page = Dictionary(
            Type=Name.Page,
            MediaBox=[0, 0, round(width, 2), round(height, 2)],
            Resources=Dictionary(XObject=Dictionary(Page=pdf.make_indirect(image))),
            Contents=pdf.make_stream(draw),
        )
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    out = BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()
