"""Pictures are made anew: upright, no larger than needed, and with nothing in them but what can be seen.

Camera, time, place and whatever else was in or behind the file are gone. An animation becomes its first frame: evidence
is looked at and printed, a page must not move unasked (WCAG 2.2, 2.2.2), and a thousand frames are a bomb.

Only the process that ``apart`` starts imports this module.
"""

import io
import json
import resource
import sys
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pillow_heif
import pypdfium2
from PIL import Image, ImageCms, ImageOps

from lti_plp.files.apart import KEPT, MEMORY, SECONDS, THUMBNAIL, Remade
from lti_plp.files.kinds import BY_NAME, Kind, Refusal

LONGEST_EDGE = 2560
"""Pixels; more than any screen in a classroom shows, and enough for a printed page."""

THUMBNAIL_EDGE = 480
MAX_PIXELS = 80_000_000
"""More than telephones make, unless asked for it."""

_FORMATS = {"jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP", "heif": "HEIF"}
"""Pillow's name of each kind: no other decoder is tried."""

_BECOMES = {"jpeg": "jpeg", "heif": "jpeg", "png": "png", "gif": "png", "webp": "webp"}
"""Photographs stay photographs, drawings stay sharp; HEIC is shown by few browsers."""

_SAVING: dict[str, dict[str, Any]] = {
    "jpeg": {"format": "JPEG", "quality": 85, "optimize": True, "progressive": True},
    "png": {"format": "PNG", "optimize": True},
    "webp": {"format": "WEBP", "quality": 85, "method": 4},
}


def remake(kind: Kind, source: Path, folder: Path) -> Remade:
    """Make an image anew as ``folder/kept``, with ``folder/thumbnail``; of a PDF, only the latter.

    :raise Refusal: when it cannot be decoded, is locked, or has too many pixels.
    """
    if kind.group == "pdf":
        return _first_page(source, folder)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _image(kind, source, folder)
    except Image.DecompressionBombError as problem:
        raise Refusal("image_too_large") from problem
    # Pillow raises SyntaxError for some broken images.
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, RuntimeError) as problem:
        raise Refusal("file_broken") from problem


def _image(kind: Kind, source: Path, folder: Path) -> Remade:
    pillow_heif.register_heif_opener()
    with Image.open(source, formats=[_FORMATS[kind.name]]) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Refusal("image_too_large")
        # Asked for before decoding, a JPEG is decoded at a fraction of its size.
        image.thumbnail((LONGEST_EDGE, LONGEST_EDGE), Image.Resampling.LANCZOS, reducing_gap=3.0)
        shown = _in_common_colours(ImageOps.exif_transpose(image))
    becomes = _BECOMES[kind.name]
    if becomes == "jpeg":
        shown = shown.convert("RGB")
    _save(shown, folder / KEPT, becomes)
    _thumbnail(shown, folder)
    return Remade(becomes, shown.width, shown.height, has_thumbnail=True)


def _in_common_colours(image: Image.Image) -> Image.Image:
    """Return the picture in sRGB, with eight bits a channel, and without anything that was attached to it."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):
        # Sixteen bits of grey, as scanners write them.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    has_alpha = image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info
    if profile and image.mode in {"RGB", "RGBA", "CMYK", "L"}:
        image = _converted(image, profile)
    image = image.convert("RGBA" if has_alpha else "RGB")
    # Pillow writes some of this into the new file by itself: profile, comment, XMP.
    image.info = {}
    return image


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        changed = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError):
        return image
    return changed or image


def _save(image: Image.Image, path: Path, kind: str) -> None:
    # Given as empty, so that nothing is taken over from the image that this one was made of.
    image.save(path, **_SAVING[kind], exif=b"", icc_profile=None)


def _thumbnail(image: Image.Image, folder: Path) -> None:
    small = image.copy()
    small.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE), Image.Resampling.LANCZOS)
    _save(small, folder / THUMBNAIL, "webp")


def _first_page(source: Path, folder: Path) -> Remade:
    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as problem:
        is_locked = getattr(problem, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD
        raise Refusal("file_encrypted" if is_locked else "file_broken") from problem
    try:
        # Found by PDFium in parts that are packed, where ``inspection`` does not look.
        if pypdfium2.raw.FPDFDoc_GetJavaScriptActionCount(document) > 0:
            raise Refusal("file_script")
        if len(document) == 0:
            raise Refusal("file_broken")
        page = document[0]
        longest = max(*page.get_size(), 1.0)
        picture = page.render(scale=THUMBNAIL_EDGE / longest).to_pil().convert("RGB")
    except pypdfium2.PdfiumError as problem:
        raise Refusal("file_broken") from problem
    finally:
        document.close()
    _thumbnail(picture, folder)
    return Remade(BY_NAME["pdf"].name, None, None, has_thumbnail=True)


def main(arguments: list[str]) -> None:
    """Run :func:`remake` within limits, and say as one line of JSON how it went."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    name, source, folder = arguments
    try:
        answer = asdict(remake(BY_NAME[name], Path(source), Path(folder)))
    except Refusal as refusal:
        answer = {"refusal": refusal.code}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
