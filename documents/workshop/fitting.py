"""Pictures as a provider takes them: no longer than so many pixels, no larger than so many bytes."""

from io import BytesIO
from typing import Any

from PIL import Image

from documents.inspection import bounds
from documents.workshop import Unmakeable

FORMATS = {"jpg": "JPEG", "png": "PNG"}
QUALITIES = (90, 84, 76, 68, 60)
SHRINK = 0.85
SMALLEST = 500  # a side below which nobody reads a paper

Image.MAX_IMAGE_PIXELS = bounds.MAX_PIXELS
Image.init()


def fit(told: dict[str, Any], content: bytes) -> bytes:
    """Smaller by compression first, by pixels after; a picture that nobody could read any more is refused."""
    picture: Image.Image = Image.open(BytesIO(content), formats=list(FORMATS.values()))
    picture.load()
    if told["kind"] == "jpg" and picture.mode not in ("RGB", "L"):
        picture = _on_white(picture)
    picture.thumbnail((told["side"], told["side"]), Image.Resampling.LANCZOS)
    smallest = min(SMALLEST, max(picture.size))
    while max(picture.size) >= smallest:
        for quality in QUALITIES if told["kind"] == "jpg" else QUALITIES[:1]:
            made = _encoded(picture, told["kind"], quality)
            if len(made) <= told["bytes"]:
                return made
        picture = picture.resize(
            [max(1, round(side * SHRINK)) for side in picture.size], Image.Resampling.LANCZOS
        )
    raise Unmakeable("too_large")


def _on_white(picture: Image.Image) -> Image.Image:
    layer = picture.convert("RGBA")
    ground = Image.new("RGB", layer.size, "white")
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground


def _encoded(picture: Image.Image, kind: str, quality: int) -> bytes:
    picture.info = {}
    out = BytesIO()
    options = {"quality": quality, "optimize": True} if kind == "jpg" else {"optimize": True}
    picture.save(out, FORMATS[kind], **options)
    return out.getvalue()
