"""Files that the invented students of the demo attach: plain drawings, a page of writing, a few tones."""

import io
import math
import random
import struct
import wave
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont

SIZE = (960, 640)
RATE = 16_000
"""Samples of a second of sound."""
_PAPER, _INK = "#fbf7ee", "#33373d"
Draw = Callable[[ImageDraw.ImageDraw, random.Random, Sequence[str]], None]


def made_up(spec: Mapping[str, Any]) -> bytes:
    """Return the bytes of a file as a story asks for it; the same ones each time.

    ``name`` ends with ``.png``, ``.pdf`` or ``.wav``. A picture has a ``motif`` and ``colors``, a page its ``lines``, a
    sound its ``notes`` (steps from the middle A).

    :raise KeyError: when it does not say what is needed.
    """
    name: str = spec["name"]
    chance = random.Random(name)  # noqa: S311  it draws, and keeps no secret
    if name.endswith(".wav"):
        return _sound(spec["notes"])
    if name.endswith(".pdf"):
        return _page(spec["lines"])
    image = Image.new("RGB", SIZE, _PAPER)
    MOTIFS[spec["motif"]](ImageDraw.Draw(image), chance, spec["colors"])
    return _saved(image, "PNG")


def _saved(image: Image.Image, form: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form)
    return buffer.getvalue()


def _sound(notes: Sequence[int]) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        for note in notes:
            file.writeframes(_tone(440 * 2 ** (note / 12), seconds=0.4))
    return buffer.getvalue()


def _tone(frequency: float, seconds: float) -> bytes:
    count = int(RATE * seconds)
    # It swells and fades, as a plucked string does, so that no note clicks.
    heights = (
        9000 * math.sin(math.pi * place / count) * math.sin(2 * math.pi * frequency * place / RATE)
        for place in range(count)
    )
    return b"".join(struct.pack("<h", int(height)) for height in heights)


def _page(lines: Sequence[str]) -> bytes:
    image = Image.new("RGB", (850, 1100), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(24)
    for number, line in enumerate(lines):
        pen.text((80, 90 + 40 * number), line, fill=_INK, font=font)
    return _saved(image, "PDF")


def _hills(pen: ImageDraw.ImageDraw, chance: random.Random, colors: Sequence[str]) -> None:
    """Draw a sun above hills, the nearest one darkest."""
    width, height = SIZE
    pen.rectangle((0, 0, width, height), fill=colors[0])
    pen.ellipse((width - 260, 70, width - 120, 210), fill="#f6d477")
    for number, color in enumerate(colors[1:]):
        base = height * (0.45 + 0.16 * number)
        ridge = [(x, base + 70 * math.sin(x / 150 + chance.random() * 0.6)) for x in range(0, width + 60, 60)]
        pen.polygon([(0, height), *ridge, (width, height)], fill=color)


def _bars(pen: ImageDraw.ImageDraw, chance: random.Random, colors: Sequence[str]) -> None:
    """Draw a chart whose bars grow, more or less."""
    width, height = SIZE
    pen.line((90, 60, 90, height - 80, width - 60, height - 80), fill=_INK, width=5)
    for number in range(7):
        left, tall = 130 + 112 * number, 90 + 55 * number + chance.randint(-45, 45)
        color = colors[number % len(colors)]
        pen.rectangle((left, height - 84 - tall, left + 70, height - 84), fill=color)


def _waves(pen: ImageDraw.ImageDraw, chance: random.Random, colors: Sequence[str]) -> None:
    """Draw sound as an editor of sound shows it: one band for each color."""
    width, height = SIZE
    for band, color in enumerate(colors):
        middle = height * (band + 0.5) / len(colors)
        for x in range(40, width - 40, 8):
            tall = chance.random() * 0.42 * height / len(colors) * abs(math.sin(x / 90 + band))
            pen.line((x, middle - tall, x, middle + tall + 2), fill=color, width=4)


def _plots(pen: ImageDraw.ImageDraw, chance: random.Random, colors: Sequence[str]) -> None:
    """Draw a plan of fields or rooms seen from above."""
    width, height = SIZE
    for row in range(2):
        for column in range(3):
            left, top = 60 + 290 * column, 60 + 280 * row
            box = (left, top, left + 240 + chance.randint(-40, 10), top + 220)
            pen.rectangle(box, fill=chance.choice(list(colors)), outline=_INK, width=5)
    pen.line((30, height // 2 - 5, width - 30, height // 2 - 5), fill=_INK, width=3)


def _wheels(pen: ImageDraw.ImageDraw, chance: random.Random, colors: Sequence[str]) -> None:
    """Draw two wheels with a frame between them."""
    for middle in (260, 700):
        pen.ellipse((middle - 150, 280, middle + 150, 580), outline=_INK, width=14)
        for spoke in range(12):
            angle = math.pi * spoke / 6 + chance.random() * 0.1
            end = (middle + 145 * math.cos(angle), 430 + 145 * math.sin(angle))
            pen.line((middle, 430, *end), fill="#9aa0a6", width=3)
    pen.line((260, 430, 400, 210, 640, 210, 470, 430, 400, 210), fill=colors[0], width=20)
    pen.line((260, 430, 470, 430, 640, 210, 700, 430), fill=colors[-1], width=20)
    pen.line((640, 210, 625, 140, 690, 140), fill=_INK, width=12)


def _panels(pen: ImageDraw.ImageDraw, chance: random.Random, colors: Sequence[str]) -> None:
    """Draw a comic of four panels with round people in them."""
    for number in range(4):
        left, top = 40 + 450 * (number % 2), 30 + 300 * (number // 2)
        pen.rectangle(
            (left, top, left + 420, top + 280), fill=colors[number % len(colors)], outline=_INK, width=6
        )
        for _ in range(chance.randint(1, 2)):
            x, y = left + chance.randint(60, 300), top + chance.randint(90, 120)
            pen.ellipse((x, y, x + 70, y + 70), fill=_PAPER, outline=_INK, width=4)
            pen.arc((x + 18, y + 20, x + 52, y + 54), 20, 160, fill=_INK, width=4)
            pen.line((x + 35, y + 70, x + 35, top + 260), fill=_INK, width=6)
        pen.rounded_rectangle(
            (left + 20, top + 18, left + 200, top + 66), 18, fill="white", outline=_INK, width=3
        )


def _squares(pen: ImageDraw.ImageDraw, chance: random.Random, colors: Sequence[str]) -> None:
    """Draw a small world of squares, as in a game seen from the side."""
    width, height = SIZE
    pen.rectangle((0, 0, width, height), fill=colors[0])
    ground = 11
    for column in range(15):
        ground = max(8, min(13, ground + chance.choice((-1, 0, 0, 1))))
        for row in range(ground, 17):
            color = colors[1] if row == ground else colors[2]
            pen.rectangle((64 * column, 40 * row, 64 * column + 62, 40 * row + 38), fill=color)
    pen.rectangle((200, 260, 250, 330), fill="#d8563f")
    pen.rectangle((212, 272, 222, 284), fill="white")


MOTIFS: Mapping[str, Draw] = {
    "hills": _hills,
    "bars": _bars,
    "waves": _waves,
    "plots": _plots,
    "wheels": _wheels,
    "panels": _panels,
    "squares": _squares,
}
"""What a picture can show."""
