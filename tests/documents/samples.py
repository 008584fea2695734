"""Files as strangers send them: honest ones that look like the real thing, and hostile ones of every sort we know."""

import random
import struct
import zipfile
import zlib
from functools import cache
from io import BytesIO

import pikepdf
import pillow_heif
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image, ImageDraw, ImageFont

pillow_heif.register_heif_opener()

# In two halves, so that no scanner of a developer's machine takes this file for one.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"


@cache
def passport_picture(size: tuple[int, int] = (4032, 3024)) -> Image.Image:
    """A drawn page of a passport, its number plainly made up, with a camera's grain in it."""
    small = Image.effect_noise((size[0] // 8, size[1] // 8), 24).convert("RGB")
    picture = small.resize(size)
    draw = ImageDraw.Draw(picture)
    width, height = size
    draw.rectangle((width // 10, height // 10, width * 9 // 10, height * 9 // 10), fill=(236, 232, 220))
    draw.rectangle((width // 7, height // 4, width // 3, height * 3 // 5), fill=(180, 170, 160))
    font = ImageFont.load_default(size=max(10, height // 24))
    for line, text in enumerate(("PASSPORT", "EXAMPLE, ADA", "E00000000", "P<UTOEXAMPLE<<ADA<<<<<<<<<<<<")):
        draw.text((width * 2 // 5, height // 4 + line * height // 9), text, fill=(20, 20, 40), font=font)
    # One corner is red, so that a test sees which way up it lies.
    draw.rectangle((0, 0, width // 12, height // 12), fill=(220, 20, 20))
    return picture


@cache
def camera_jpeg(size: tuple[int, int] = (4032, 3024), *, turn: int = 6, comment: bytes = b"") -> bytes:
    """A phone's photo: held upright, stored lying, with the place it was taken in it."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Example", "Phone 1", turn
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 48.0), 3: "E", 4: (121.0, 28.0, 12.0)})
    out = BytesIO()
    options = {"comment": comment} if comment else {}
    passport_picture(size).save(out, "JPEG", quality=80, exif=exif, **options)
    return out.getvalue()


@cache
def heic(size: tuple[int, int] = (1600, 1200)) -> bytes:
    out = BytesIO()
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 48.0)})
    passport_picture(size).save(out, "HEIF", quality=60, exif=exif.tobytes())
    return out.getvalue()


@cache
def webp(size: tuple[int, int] = (1200, 900)) -> bytes:
    return _saved(passport_picture(size), "WEBP", quality=70, method=0)


@cache
def png(size: tuple[int, int] = (800, 600)) -> bytes:
    return _saved(passport_picture(size), "PNG", compress_level=1)


@cache
def small_jpeg(size: tuple[int, int] = (320, 200), comment: bytes = b"") -> bytes:
    return _saved(passport_picture(size), "JPEG", quality=70, **({"comment": comment} if comment else {}))


@cache
def scan_pdf(pages: int = 3) -> bytes:
    """A scanner's PDF: one grey picture a page, A4."""
    sheets = [_sheet(number).convert("L") for number in range(1, pages + 1)]
    out = BytesIO()
    sheets[0].save(
        out, "PDF", save_all=True, append_images=sheets[1:], resolution=100, title="Business licence"
    )
    return out.getvalue()


@cache
def _sheet(number: int) -> Image.Image:
    sheet = Image.new("RGB", (827, 1169), "white")
    draw = ImageDraw.Draw(sheet)
    draw.text(
        (90, 90), f"Business licence, page {number}", fill="black", font=ImageFont.load_default(size=36)
    )
    draw.ellipse((560, 900, 720, 1060), outline=(200, 0, 0), width=8)
    return sheet


@cache
def twin_jpeg() -> bytes:
    """As many phones store it: a second, smaller picture behind the photo, announced in the first."""
    first, second = passport_picture((800, 600)), passport_picture((320, 200))
    return _saved(first, "MPO", save_all=True, append_images=[second])


def motion_jpeg() -> bytes:
    """A photo with a second of film behind it."""
    film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + noise(4000).replace(b"PK", b"..")
    exif = Image.Exif()
    exif[0x010E] = "MotionPhoto"
    return _saved(passport_picture((800, 600)), "JPEG", exif=exif) + film


# Hostile pictures


def truncated_jpeg() -> bytes:
    return camera_jpeg()[: len(camera_jpeg()) // 2]


def truncated_heic() -> bytes:
    return heic()[:-2000]


def pixel_bomb_png(side: int = 65_000) -> bytes:
    """A picture of four thousand million pixels in a few hundred kilobytes."""
    body = _packed_zeros((side // 8 + 2) * side)
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def eicar_png() -> bytes:
    """The test string packed in a text chunk, where no plain search finds it."""
    whole, packed = png(), b"Comment\0\0" + zlib.compress(b"note " + EICAR)
    return whole[:33] + _chunk(b"zTXt", packed) + whole[33:]


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def scans_bomb_jpeg() -> bytes:
    """One start-of-scan after another, each a pass over the whole picture."""
    whole = _saved(passport_picture((320, 200)), "JPEG", progressive=True)
    at = whole.rindex(b"\xff\xda")
    return whole[:at] + whole[at:-2] * 300 + b"\xff\xd9"


def zip_of(name: str = "evil.class", content: bytes = b"\xca\xfe\xba\xbe") -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, content)
    return out.getvalue()


def docx() -> bytes:
    return zip_of("[Content_Types].xml", b"<Types/>")


def gif() -> bytes:
    return _saved(Image.new("P", (40, 40)), "GIF")


def tiff() -> bytes:
    return _saved(Image.new("RGB", (40, 40)), "TIFF")


def avif() -> bytes:
    return _saved(Image.new("RGB", (40, 40)), "AVIF")


def bmp() -> bytes:
    return _saved(Image.new("RGB", (40, 40)), "BMP")


def fits() -> bytes:
    return b"SIMPLE  =                    T".ljust(2880) + b"\0" * 2880


def psd() -> bytes:
    return b"8BPS\0\x01" + b"\0" * 6 + struct.pack(">HIIHH", 3, 10, 10, 8, 3) + b"\0" * 400


def eps() -> bytes:
    return b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(/etc/passwd) run\n"


def windows_program() -> bytes:
    stub = b"\x0e\x1f\xba\x0e\x00\xb4\x09\xcd\x21\xb8\x01\x4c\xcd\x21This program cannot be run in DOS mode.\r\r\n$"
    return (b"MZ" + b"\0" * 58 + struct.pack("<I", 128) + stub).ljust(128, b"\0") + b"PE\0\0" + b"\0" * 500


def elf_program() -> bytes:
    return b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x02\0\x3e\0" + b"\0" * 500


SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><html><script>alert(document.cookie)</script></html>"
SCRIPT = b"#!/bin/sh\nrm -rf /\n"


# Hostile PDFs


def _pdf(pages: int = 1) -> Pdf:
    pdf = Pdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(595, 842))
    return pdf


def _written(pdf: Pdf, **save: object) -> bytes:
    out = BytesIO()
    pdf.save(out, **save)  # type: ignore[arg-type]
    return out.getvalue()


def plain_pdf(pages: int = 1) -> bytes:
    return _written(_pdf(pages))


def encrypted_pdf(user: str = "secret") -> bytes:
    return _written(_pdf(), encryption=pikepdf.Encryption(owner="owner", user=user))


def script_pdf(*, packed: bool = False) -> bytes:
    pdf = _pdf()
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
    mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    return _written(pdf, object_stream_mode=mode)


def hidden_script_pdf() -> bytes:
    """A script behind a button's mouse event, packed in an object stream."""
    pdf = _pdf()
    action = pdf.make_indirect(Dictionary(S=Name.JavaScript, JS=pdf.make_stream(b"this.submitForm()")))
    button = Dictionary(Type=Name.Annot, Subtype=Name.Widget, Rect=[0, 0, 9, 9], AA=Dictionary(D=action))
    button = pdf.make_indirect(button)
    pdf.pages[0].obj.Annots = Array([button])
    pdf.Root.AcroForm = Dictionary(Fields=Array([button]))
    return _written(pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def launch_pdf() -> bytes:
    pdf = _pdf()
    pdf.Root.OpenAction = Dictionary(S=Name.Launch, F=String("cmd.exe"))
    return _written(pdf)


def attachment_pdf() -> bytes:
    pdf = _pdf()
    pdf.attachments["evil.exe"] = windows_program().replace(b"DOS mode", b"any mode")
    return _written(pdf)


def page_in_pdf() -> bytes:
    """A web page between the header and the first object: one file to a reader, another to a browser."""
    head, rest = plain_pdf().split(b"\n", 1)
    return head + b"\n% " + HTML + b"\n" + rest


def form_pdf() -> bytes:
    pdf = _pdf()
    pdf.Root.AcroForm = Dictionary(Fields=[], XFA=pdf.make_stream(b"<xdp:xdp/>"))
    return _written(pdf)


def objects_bomb_pdf(count: int = 100_000) -> bytes:
    lines, places = [b"%PDF-1.5\n"], []
    at = len(lines[0])
    bodies = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    bodies += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"] + [b"<<>>"] * count
    for number, body in enumerate(bodies, start=1):
        lines.append(b"%d 0 obj%s endobj\n" % (number, body))
        places.append(at)
        at += len(lines[-1])
    lines.append(b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1))
    lines += [b"%010d 00000 n \n" % place for place in places]
    lines.append(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, at))
    return b"".join(lines)


def pages_bomb_pdf(count: int = 20_000) -> bytes:
    """One page listed again and again."""
    pdf = _pdf()
    pdf.Root.Pages.Kids = Array([pdf.pages[0].obj] * count)
    pdf.Root.Pages.Count = count
    return _written(pdf)


def many_pages_pdf() -> bytes:
    return plain_pdf(80)


def huge_page_pdf(points: int = 14_400) -> bytes:
    pdf = Pdf.new()
    pdf.add_blank_page(page_size=(points, points))
    return _written(pdf)


def unit_page_pdf() -> bytes:
    """A page of ordinary numbers whose unit makes it a kilometre wide."""
    pdf = _pdf()
    pdf.pages[0].obj.UserUnit = 5000
    return _written(pdf)


def stream_bomb_pdf(size: int = 1024**3) -> bytes:
    """A page whose drawing unpacks to a gigabyte."""
    return _one_stream(_packed_zeros(size), b"/Filter/FlateDecode")


def nested_bomb_pdf() -> bytes:
    """Packed, and packed again: a megabyte that stands for a terabyte."""
    return _one_stream(zlib.compress(_packed_zeros(1024**3), 9), b"/Filter[/FlateDecode/FlateDecode]")


def run_length_bomb_pdf() -> bytes:
    return _one_stream(
        zlib.compress(b"\x81 " * 4_000_000 + b"\x80", 9), b"/Filter[/FlateDecode/RunLengthDecode]"
    )


def object_stream_bomb_pdf() -> bytes:
    """The list of objects itself unpacks to a gigabyte, before any of them is read."""
    body = _packed_zeros(1024**3)
    head = b"%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    packed = b"4 0 obj<</Type/ObjStm/N 2/First 8/Filter/FlateDecode/Length %d>>stream\n" % len(body)
    table = bytes.fromhex("00 0000 ff 01 0009 00 02 0004 00 02 0004 01")
    at = len(head) + len(packed) + len(body) + len(b"\nendstream endobj\n")
    table += b"\x01" + len(head).to_bytes(2, "big") + b"\0" + b"\x01" + at.to_bytes(3, "big")[1:] + b"\0"
    index = b"5 0 obj<</Type/XRef/Size 6/W[1 2 1]/Root 1 0 R/Length %d>>stream\n" % len(table)
    return (
        head
        + packed
        + body
        + b"\nendstream endobj\n"
        + index
        + table
        + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % at
    )


def self_referring_pdf() -> bytes:
    """The index names itself as its own forerunner."""
    whole = plain_pdf()
    at = int(whole.rsplit(b"startxref", 1)[1].split()[0])
    return whole.replace(b"trailer <<", b"trailer << /Prev %d" % at)


def drawing_bomb_pdf(depth: int = 14, breadth: int = 40) -> bytes:
    """Drawings that draw drawings: a kilobyte that asks for more strokes than there are atoms."""
    pdf = _pdf()
    inner = pdf.make_stream(b"0 0 500 500 re f " * 50)
    for _ in range(depth):
        inner.Type, inner.Subtype, inner.BBox = Name.XObject, Name.Form, Array([0, 0, 595, 842])
        outer = pdf.make_stream(b"/X Do " * breadth)
        outer.Resources = Dictionary(XObject=Dictionary(X=inner))
        inner = outer
    pdf.pages[0].obj.Contents, pdf.pages[0].obj.Resources = inner, inner.Resources
    return _written(pdf)


def picture_bomb_pdf() -> bytes:
    """A small page that shows a picture of four thousand million pixels."""
    pdf = _pdf()
    image = pdf.make_stream(zlib.compress(b"\0" * 1_000_000))
    image.stream_dict = Dictionary(
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=65_000,
        Height=65_000,
        BitsPerComponent=8,
        ColorSpace=Name.DeviceGray,
        Filter=Name.FlateDecode,
    )
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(I=image))
    pdf.pages[0].obj.Contents = pdf.make_stream(b"500 0 0 500 0 0 cm /I Do")
    return _written(pdf)


def deep_pdf() -> bytes:
    nest = b"[" * 5000 + b"]" * 5000
    return plain_pdf().replace(b"/Type /Catalog", b"/Deep " + nest + b" /Type /Catalog")


def eicar_pdf() -> bytes:
    """The test string in a packed page, where no plain search finds it."""
    pdf = _pdf()
    pdf.pages[0].obj.Contents = pdf.make_stream(b"BT (" + EICAR + b") Tj ET")
    return _written(pdf, compress_streams=True)


def eicar_string_pdf() -> bytes:
    """The test string as a title in hexadecimal."""
    pdf = _pdf()
    pdf.docinfo.Title = String(EICAR.decode())
    return _written(pdf)


def _one_stream(body: bytes, fields: bytes) -> bytes:
    pdf = plain_pdf()
    head = pdf[: pdf.rindex(b"xref\n", 0, pdf.rindex(b"startxref"))]
    head = head.replace(b"/Type /Page\n", b"/Contents 9 0 R /Type /Page\n").replace(
        b"/Type /Page ", b"/Contents 9 0 R /Type /Page "
    )
    at = len(head)
    stream = b"9 0 obj<<%s/Length %d>>stream\n" % (fields, len(body)) + body + b"\nendstream endobj\n"
    xref = at + len(stream)
    places = b"".join(b"%d 1\n%010d 00000 n \n" % (n, head.index(b"%d 0 obj" % n)) for n in _numbers(head))
    return (
        head
        + stream
        + b"xref\n0 1\n0000000000 65535 f \n"
        + places
        + b"9 1\n%010d 00000 n \ntrailer<</Size 10/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (at, xref)
    )


def _numbers(head: bytes) -> list[int]:
    return [number for number in range(1, 9) if b"%d 0 obj" % number in head]


def _packed_zeros(size: int) -> bytes:
    """So many zeros, packed: one piece of them is, and stands there as often as it takes."""

    def packed(count: int) -> bytes:
        press = zlib.compressobj(9, zlib.DEFLATED, -15)
        return press.compress(b"\0" * count) + press.flush(zlib.Z_FULL_FLUSH)

    times, rest = divmod(size, 1024**2)
    last = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    check = (size % 65521) << 16 | 1  # Adler-32 of so many zeros
    return b"\x78\xda" + packed(1024**2) * times + packed(rest) + last + check.to_bytes(4, "big")


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def _saved(picture: Image.Image, form: str, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()
