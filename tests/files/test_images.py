"""Images are made anew: what can be seen stays, everything else goes."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from lti_plp.files import apart
from lti_plp.files.apart import KEPT, THUMBNAIL, Remade, remake_apart
from lti_plp.files.images import LONGEST_EDGE, THUMBNAIL_EDGE, remake
from lti_plp.files.kinds import BY_NAME, Refusal
from tests.files.samples import (
    SCRIPT,
    encoded,
    located,
    locked_pdf,
    patched,
    pdf,
    picture,
    png_bomb,
    raw_pdf,
)

TRACES = [
    b"Exif",
    b"GPS",
    b"Invented Cameras",
    b"Maya",
    b"http://ns.adobe.com",
    b"ICC_PROFILE",
    b"iCCP",
    b"eXIf",
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "source"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    folder.mkdir()
    return folder


def made(kind: str, content: bytes, source: Path, folder: Path) -> tuple[Remade, Image.Image]:
    source.write_bytes(content)
    done = remake(BY_NAME[kind], source, folder)
    image = Image.open(folder / KEPT)
    image.load()
    return done, image


def color(image: Image.Image, x: float, y: float) -> str:
    """Name of the colour at a place between 0 and 1."""
    red, _, blue, *_ = image.convert("RGBA").getpixel((int(x * image.width), int(y * image.height)))  # type: ignore[misc]
    return "red" if red > blue else "blue"


@pytest.mark.parametrize(
    ("kind", "form", "becomes"),
    [
        ("jpeg", "JPEG", "jpeg"),
        ("png", "PNG", "png"),
        ("gif", "GIF", "png"),
        ("webp", "WEBP", "webp"),
        ("heif", "HEIF", "jpeg"),
    ],
)
def test_becomes_what_fits(source: Path, folder: Path, kind: str, form: str, becomes: str) -> None:
    done, image = made(kind, encoded(form), source, folder)
    assert done == Remade(becomes, 60, 40, has_thumbnail=True)
    assert image.format == becomes.upper()
    assert image.size == (60, 40)
    assert [color(image, 0.2, 0.5), color(image, 0.8, 0.5)] == ["red", "blue"]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_place_and_camera_are_gone(source: Path, folder: Path, form: str) -> None:
    content = located(form)
    assert b"Invented Cameras" in content
    made(form.lower(), content, source, folder)
    for name in (KEPT, THUMBNAIL):
        kept = (folder / name).read_bytes()
        assert [trace for trace in TRACES if trace in kept] == []
        with Image.open(folder / name) as image:
            assert not image.getexif()
            assert not image.getexif().get_ifd(0x8825)


def test_comment_profile_and_what_stands_behind_are_gone(source: Path, folder: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b"<x:xmpmeta>http://ns.adobe.com Maya</x:xmpmeta>"
    content = encoded("JPEG", comment=b"By Maya", icc_profile=profile, xmp=xmp) + b"GPS behind"
    _, image = made("jpeg", content, source, folder)
    kept = (folder / KEPT).read_bytes()
    assert [trace for trace in TRACES if trace in kept] == []
    assert image.info.get("comment") is None


def test_texts_of_a_png_are_gone(source: Path, folder: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Author", "Maya Torres")
    made("png", encoded("PNG", pnginfo=info), source, folder)
    assert b"Maya" not in (folder / KEPT).read_bytes()


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "PNG"])
def test_turned_upright(source: Path, folder: Path, form: str) -> None:
    # 6: the camera was held so that the image's left edge is up.
    _, image = made(form.lower(), located(form, orientation=6), source, folder)
    assert image.size == (40, 60)
    assert [color(image, 0.5, 0.2), color(image, 0.5, 0.8)] == ["red", "blue"]


@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (100, 6000), (3000, 3000)])
def test_made_smaller(source: Path, folder: Path, width: int, height: int) -> None:
    done, image = made("jpeg", encoded("JPEG", picture(width, height)), source, folder)
    assert max(image.size) == LONGEST_EDGE
    assert image.size == (done.width, done.height)
    assert abs(image.width / image.height - width / height) < 0.01


def test_thumbnail(source: Path, folder: Path) -> None:
    made("png", encoded("PNG", picture(1000, 500)), source, folder)
    with Image.open(folder / THUMBNAIL) as small:
        assert small.format == "WEBP"
        assert small.size == (THUMBNAIL_EDGE, THUMBNAIL_EDGE // 2)


def test_small_images_are_not_blown_up(source: Path, folder: Path) -> None:
    made("png", encoded("PNG", picture(10, 5)), source, folder)
    with Image.open(folder / THUMBNAIL) as small:
        assert small.size == (10, 5)


@pytest.mark.parametrize(("kind", "form"), [("png", "PNG"), ("webp", "WEBP")])
def test_what_is_transparent_stays_so(source: Path, folder: Path, kind: str, form: str) -> None:
    image = picture(mode="RGBA")
    image.putalpha(0)
    _, kept = made(kind, encoded(form, image, lossless=True), source, folder)
    assert kept.mode == "RGBA"
    assert kept.getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"])
def test_every_mode_of_png(source: Path, folder: Path, mode: str) -> None:
    image = picture().convert("L").convert("I;16") if mode == "I;16" else picture().convert(mode)
    _, kept = made("png", encoded("PNG", image), source, folder)
    assert kept.mode in {"RGB", "RGBA"}


def test_colours_of_print(source: Path, folder: Path) -> None:
    _, kept = made("jpeg", encoded("JPEG", picture().convert("CMYK")), source, folder)
    assert kept.mode == "RGB"
    assert color(kept, 0.2, 0.5) == "red"


def test_animation_becomes_its_first_frame(source: Path, folder: Path) -> None:
    frames = [picture().transpose(Image.Transpose.FLIP_LEFT_RIGHT) for _ in range(3)]
    content = encoded("GIF", save_all=True, append_images=frames, duration=100)
    _, kept = made("gif", content, source, folder)
    assert getattr(kept, "n_frames", 1) == 1
    assert color(kept, 0.2, 0.5) == "red"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("jpeg", encoded("JPEG", picture(600, 400))[:2000]),
        ("jpeg", b"\xff\xd8\xff" + bytes(500)),
        ("png", encoded("PNG")[:80]),
        ("png", patched(encoded("PNG"), b"IDAT", b"IDAX")),
        ("gif", encoded("GIF")[:14]),
        ("webp", encoded("WEBP")[:60]),
        ("heif", encoded("HEIF")[:300]),
        ("pdf", b"%PDF-1.4\nnothing\n%%EOF"),
    ],
    ids=["cut off", "no picture", "png cut off", "png chunk", "gif", "webp", "heif", "pdf"],
)
def test_broken_image(source: Path, folder: Path, kind: str, content: bytes) -> None:
    source.write_bytes(content)
    with pytest.raises(Refusal) as refused:
        remake(BY_NAME[kind], source, folder)
    assert refused.value.code == "file_broken"


@pytest.mark.parametrize("size", [(20_000, 20_000), (60_000, 60_000), (2**31 - 1, 2)])
def test_more_pixels_than_anybody_needs(source: Path, folder: Path, size: tuple[int, int]) -> None:
    source.write_bytes(png_bomb(*size))
    with pytest.raises(Refusal) as refused:
        remake(BY_NAME["png"], source, folder)
    assert refused.value.code == "image_too_large"


def test_no_other_decoder_is_tried(source: Path, folder: Path) -> None:
    """A file that inspection took for a JPEG reaches the decoder of JPEG and none else."""
    source.write_bytes(encoded("BMP"))
    with pytest.raises(Refusal):
        remake(BY_NAME["jpeg"], source, folder)


class TestPdf:
    def test_first_page(self, source: Path, folder: Path) -> None:
        source.write_bytes(pdf(pages=3))
        assert remake(BY_NAME["pdf"], source, folder) == Remade("pdf", None, None, has_thumbnail=True)
        with Image.open(folder / THUMBNAIL) as small:
            assert max(small.size) == THUMBNAIL_EDGE
            assert small.height > small.width
        assert not (folder / KEPT).exists()

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (locked_pdf(), "file_encrypted"),
            (
                raw_pdf("/Names << /JavaScript << /Names [(a) << /S /Java#53cript /JS (1) >>] >> >>"),
                "file_script",
            ),
        ],
        ids=["locked", "script under another spelling"],
    )
    def test_refused(self, source: Path, folder: Path, content: bytes, code: str) -> None:
        source.write_bytes(content)
        with pytest.raises(Refusal) as refused:
            remake(BY_NAME["pdf"], source, folder)
        assert refused.value.code == code


class TestApart:
    def test_same_answer(self, source: Path, folder: Path) -> None:
        source.write_bytes(located(orientation=6))
        assert remake_apart(BY_NAME["jpeg"], source, folder) == Remade("jpeg", 40, 60, has_thumbnail=True)
        assert (folder / KEPT).stat().st_size
        assert (folder / THUMBNAIL).stat().st_size

    def test_same_refusal(self, source: Path, folder: Path) -> None:
        source.write_bytes(png_bomb(30_000, 30_000))
        with pytest.raises(Refusal) as refused:
            remake_apart(BY_NAME["png"], source, folder)
        assert refused.value.code == "image_too_large"

    def test_what_breaks_there_breaks_nothing_here(
        self, source: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A decoder that dies, here for want of its very interpreter's library, leaves the file refused."""
        source.write_bytes(encoded("JPEG"))
        monkeypatch.setattr("sys.executable", "/bin/false")
        with pytest.raises(Refusal) as refused:
            remake_apart(BY_NAME["jpeg"], source, folder)
        assert refused.value.code == "file_broken"

    def test_decoder_is_stopped(self, source: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        source.write_bytes(encoded("JPEG"))
        monkeypatch.setattr(apart, "SECONDS", 0.001)
        with pytest.raises(Refusal) as refused:
            remake_apart(BY_NAME["jpeg"], source, folder)
        assert refused.value.code == "file_broken"

    def test_no_decoder_in_a_web_process(self) -> None:
        """Neither their faults nor their memory belong there."""
        look = "sorted({'PIL', 'pillow_heif', 'pypdfium2', 'boto3'} & set(sys.modules))"
        program = f"import sys, lti_plp.app; print({look})"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"

    def test_our_secrets_stay_here(self, source: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program = folder / "program"
        program.write_text('#!/bin/sh\nenv >"$6/environ"\nexit 1\n')
        program.chmod(0o700)
        monkeypatch.setenv("LTI_PLP_SECRET_KEY", "not for decoders")
        monkeypatch.setattr("sys.executable", str(program))
        source.write_bytes(encoded("JPEG"))
        with pytest.raises(Refusal):
            remake_apart(BY_NAME["jpeg"], source, folder)
        said = (folder / "environ").read_text()
        assert "PATH" in said
        assert "not for decoders" not in said
        assert os.environ["LTI_PLP_SECRET_KEY"] == "not for decoders"


def test_scripts_in_pixels_are_only_pixels(source: Path, folder: Path) -> None:
    """What is hidden in an image without being recognised does not survive."""
    content = encoded("GIF") + b"/*" + SCRIPT.replace(b"script", b"ScRi\0pt") + b"*/=alert(1)"
    made("gif", content, source, folder)
    assert b"alert" not in (folder / KEPT).read_bytes()
    assert io.BytesIO(content).getvalue().endswith(b"alert(1)")
