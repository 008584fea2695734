"""Papers of people who do not exist, drawn so that nobody takes them for real: SPECIMEN across each."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

INK, PAPER, PALE, SEAL = (40, 38, 34), (250, 247, 238), (214, 222, 214), (174, 35, 24)
Lines = list[tuple[str, str]]


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _sheet(
    width: int, height: int, title: str, lines: Lines, ground: tuple[int, int, int] = PAPER
) -> Image.Image:
    page = Image.new("RGB", (width, height), ground)
    pen = ImageDraw.Draw(page)
    pen.rectangle((24, 24, width - 24, height - 24), outline=INK, width=3)
    pen.text((64, 56), title, fill=INK, font=_font(44))
    pen.line((64, 124, width - 64, 124), fill=INK, width=2)
    left = 64 if width < height else int(width * 0.36)
    for place, (label, value) in enumerate(lines):
        top = 156 + place * 78
        pen.text((left, top), label, fill=(110, 104, 94), font=_font(22))
        pen.text((left, top + 26), value, fill=INK, font=_font(32))
    specimen = Image.new("L", (900, 170), 0)
    ImageDraw.Draw(specimen).text((10, 10), "SPECIMEN", fill=70, font=_font(150))
    turned = specimen.rotate(24, expand=True)
    page.paste(SEAL, (width // 2 - turned.width // 2, height // 2 - turned.height // 2), turned)
    return page


def _face(page: Image.Image) -> None:
    pen = ImageDraw.Draw(page)
    pen.rectangle((64, 164, 390, 584), fill=(228, 230, 232), outline=INK, width=2)
    pen.ellipse((152, 230, 302, 400), fill=(196, 170, 148))
    pen.pieslice((108, 400, 346, 760), 180, 360, fill=(84, 92, 108))


def passport() -> bytes:
    """The page with the picture, as a phone would take it."""
    lines = [
        ("Surname / Given names", "EXAMPLE, ADA"),
        ("Passport no.", "T12345678"),
        ("Date of birth", "01 JAN 1900"),
    ]
    page = _sheet(1400, 960, "PASSPORT", [*lines, ("Date of expiry", "01 JAN 2031")], ground=(236, 240, 246))
    _face(page)
    pen = ImageDraw.Draw(page)
    pen.text((64, 830), "P<XXXEXAMPLE<<ADA<<<<<<<<<<<<<<<<<<<<<<<<<<<", fill=INK, font=_font(34))
    pen.text((64, 880), "T123456787XXX0001018F3101012<<<<<<<<<<<<<<<6", fill=INK, font=_font(34))
    return _jpeg(page)


def id_card_front() -> bytes:
    lines = [("Name", "SAMPLE PERSON"), ("Number", "110000190001010012"), ("Address", "1 Sample Road")]
    page = _sheet(1280, 810, "IDENTITY CARD", lines, ground=(240, 244, 240))
    _face(page)
    return _jpeg(page)


def id_card_back() -> bytes:
    return _jpeg(
        _sheet(
            1280,
            810,
            "IDENTITY CARD, REVERSE",
            [("Issued by", "Sample Bureau"), ("Valid", "2011.01.01-2031.01.01")],
        )
    )


def business_licence() -> bytes:
    lines = [
        ("Unified social credit code", "91310000MATE5T017D"),
        ("Name", "Example Trading (Shanghai) Co., Ltd."),
        ("Type", "Limited liability company"),
        ("Legal representative", "Ada Example"),
        ("Registered capital", "RMB 1,000,000"),
        ("Address", "1 Sample Road, Shanghai"),
        ("Scope of business", "Trade in goods that do not exist"),
    ]
    page = _sheet(1240, 1754, "BUSINESS LICENCE", lines)
    ImageDraw.Draw(page).ellipse((820, 1240, 1100, 1520), outline=SEAL, width=12)
    return _jpeg(page)


def verification_form() -> bytes:
    """Two scanned pages in one PDF, signed and sealed."""
    lines = [
        ("Subject", "Example Trading (Shanghai) Co., Ltd."),
        ("Site", "Example site"),
        ("Manager", "Ada Example"),
    ]
    first = _sheet(1240, 1754, "VERIFICATION FORM  1/2", [*lines, ("Domain", "example.test")])
    second = _sheet(1240, 1754, "VERIFICATION FORM  2/2", [("Signed", "A. Example"), ("Date", "2026-11-02")])
    ImageDraw.Draw(second).ellipse((760, 420, 1060, 720), outline=SEAL, width=12)
    file = BytesIO()
    first.save(file, "PDF", save_all=True, append_images=[second], resolution=150)
    return file.getvalue()


def domain_certificate() -> bytes:
    lines = [
        ("Domain", "example.test"),
        ("Owner", "Example Trading (Shanghai) Co., Ltd."),
        ("Expires", "2029-01-01"),
    ]
    file = BytesIO()
    _sheet(1754, 1240, "DOMAIN CERTIFICATE", lines, ground=PALE).save(file, "PNG")
    return file.getvalue()


def letter() -> bytes:
    return _jpeg(
        _sheet(
            1240,
            1754,
            "LETTER OF AUTHORISATION",
            [("For", "the manager of the site"), ("Signed", "A. Example")],
        )
    )


def _jpeg(page: Image.Image) -> bytes:
    file = BytesIO()
    page.save(file, "JPEG", quality=82)
    return file.getvalue()


# kind of paper → how it is drawn, what it is called, its type
PAPERS: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "passport": (passport, "passport.jpg", "image/jpeg"),
    "id_card_front": (id_card_front, "id-front.jpg", "image/jpeg"),
    "id_card_back": (id_card_back, "id-back.jpg", "image/jpeg"),
    "business_licence": (business_licence, "licence.jpg", "image/jpeg"),
    "verification_form": (verification_form, "form-signed.pdf", "application/pdf"),
    "domain_certificate": (domain_certificate, "domain.png", "image/png"),
}
OTHERWISE = (letter, "letter.jpg", "image/jpeg")
