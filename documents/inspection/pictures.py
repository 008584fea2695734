"""Pictures: decoded fully, straightened, and encoded anew without a byte of what came along."""

import warnings
from dataclasses import dataclass
from io import BytesIO

import pillow_heif
from PIL import Image

from documents.inspection import bounds
from documents.inspection.bounds import Refused
from documents.inspection.kinds import HEIC, JPEG, PNG, WEBP

_FORMATS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP", HEIC: "HEIF"}

pillow_heif.register_heif_opener()
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False
Image.MAX_IMAGE_PIXELS = bounds.MAX_PIXELS
Image.init()


@dataclass
class Clean:
    """What is left of a file after it was encoded anew."""

    content: bytes
    kind: str
    width: int
    height: int
    previews: list[bytes]
    notes: list[str]


def clean_picture(data: bytes, kind: str, side: int = bounds.COPY_SIDE) -> Clean:
    """An upright copy of the picture with nothing in it but the picture."""
    picture = _opened(data, kind)
    # Phones put a second, smaller picture behind the photo; nobody misses it.
    notes = ["first_frame"] if kind != JPEG and getattr(picture, "n_frames", 1) > 1 else []
    _decode(picture, kind)
    as_png = kind == PNG and picture.width * picture.height <= bounds.PNG_COPY_PIXELS
    picture = _upright(_plain(picture, keep_alpha=as_png), picture)
    width, height = picture.size
    if min(width, height) < bounds.SMALL_SIDE:
        notes.append("small")
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    content = _encoded(picture, "PNG", compress_level=6) if as_png else _encoded(picture, "JPEG", quality=88)
    preview = _on_white(picture)
    preview.thumbnail((bounds.PREVIEW_SIDE, bounds.PREVIEW_SIDE), Image.Resampling.LANCZOS)
    return Clean(
        content, PNG if as_png else JPEG, width, height, [_encoded(preview, "JPEG", quality=82)], notes
    )


def thumbnail(preview: bytes) -> bytes:
    """A page as small as a stamp: enough to know one's own paper again."""
    picture = Image.open(BytesIO(preview), formats=["JPEG"])
    picture.thumbnail((bounds.THUMB_SIDE, bounds.THUMB_SIDE), Image.Resampling.LANCZOS)
    return _encoded(picture, "JPEG", quality=70)


def _opened(data: bytes, kind: str) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            picture = Image.open(BytesIO(data), formats=[_FORMATS[kind]])
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise Refused("too_many_pixels") from None
    if picture.width * picture.height > bounds.MAX_PIXELS or max(picture.size) > bounds.MAX_SIDE:
        raise Refused("too_many_pixels")
    return picture


def _decode(picture: Image.Image, kind: str) -> None:
    if kind == JPEG and min(picture.size) >= 2 * bounds.COPY_SIDE:
        # Read to the last byte, but into a quarter of the memory.
        picture.draft("RGB", (bounds.COPY_SIDE, bounds.COPY_SIDE))
    try:
        picture.load()
    except OSError as error:
        raise Refused("truncated" if "truncated" in str(error) else "damaged", type(error).__name__) from None


def _plain(picture: Image.Image, *, keep_alpha: bool) -> Image.Image:
    if picture.mode in ("1", "L", "RGB") and not picture.has_transparency_data:
        return picture.convert("L") if picture.mode == "1" else picture
    if picture.mode.startswith("I;16") or picture.mode in ("I", "F"):
        return picture.point(lambda value: value / 256).convert("L")
    if picture.has_transparency_data:
        return picture.convert("RGBA") if keep_alpha else _on_white(picture)
    return picture.convert("RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.copy() if picture.mode in ("L", "RGB") else picture.convert("RGB")
    layer = picture.convert("RGBA")
    ground = Image.new("RGB", layer.size, "white")
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground


def _upright(picture: Image.Image, source: Image.Image) -> Image.Image:
    try:
        turn = source.getexif().get(0x0112)
    except Exception:  # noqa: BLE001  a broken note about the picture is no reason to refuse the picture
        turn = None
    way = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}.get(turn) if isinstance(turn, int) else None
    return picture if way is None else picture.transpose(Image.Transpose(way))


def _encoded(picture: Image.Image, form: str, **options: int) -> bytes:
    picture.info = {}  # Pillow writes comments, profiles and text from here
    out = BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()
