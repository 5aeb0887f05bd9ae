"""Render the pictures of this folder: ``python examples/render_examples.py``.

They are drawn by the code in ``paint/``, with Pillow alone, and are the project's
own.  The same Pillow draws the same bytes.

- ``portrait.jpg``: a cat, sharp, before a street full of detail.
- ``mug.png``: a mug with a transparent background, for edits of two pictures.
- ``before-after.jpg``: the portrait, and what the emulator makes of it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from paint import cat, mug, street
from paint.box import Canvas
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).resolve().parent
INSTRUCTION = "blur the background"
HALF = (640, 427)  # pixels of each half of before-after.jpg


def portrait() -> Image.Image:
    """Return the cat before the street, 1200 x 800."""
    canvas = Canvas(1200, 800, seed=7)
    street.paint(canvas)
    cat.paint(canvas)
    return canvas.finished()


def cocoa() -> Image.Image:
    """Return the mug on nothing, 640 x 640, with alpha."""
    canvas = Canvas(640, 640, seed=3, clear=True)
    mug.paint(canvas)
    return canvas.finished()


def edited(source: Path) -> Image.Image:
    """Return what the command makes of ``source``, with the emulator for a model."""
    with tempfile.TemporaryDirectory() as folder:
        after = Path(folder) / "after.png"
        subprocess.run(
            [
                *(sys.executable, "-m", "nano_edit", INSTRUCTION, str(source)),
                *("-o", str(after), "--emulate", "--quiet"),
            ],
            cwd=HERE.parent,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        with Image.open(after) as picture:
            return picture.convert("RGB")


def side_by_side(before: Image.Image, after: Image.Image) -> Image.Image:
    """Return both pictures in one, each with its caption."""
    both = Image.new("RGB", (2 * HALF[0] + 4, HALF[1]), (16, 16, 24))
    captions = ("before", f'nano-edit "{INSTRUCTION}"')
    for i, (picture, caption) in enumerate(zip((before, after), captions, strict=True)):
        half = picture.resize(HALF, Image.Resampling.LANCZOS)
        _letter(half, caption)
        both.paste(half, (i * (HALF[0] + 4), 0))
    return both


def _letter(picture: Image.Image, words: str) -> None:
    font = ImageFont.load_default(17)
    draw = ImageDraw.Draw(picture, "RGBA")
    width = draw.textlength(words, font)
    box = (12, 12, 12 + width + 22, 44)
    draw.rounded_rectangle(box, radius=16, fill=(12, 12, 22, 190))
    draw.text((23, 28), words, fill=(255, 255, 255), font=font, anchor="lm")


def main() -> None:
    """Render everything beside this file, and say how large each file is."""
    source = HERE / "portrait.jpg"
    before = portrait()
    before.save(source, quality=82, optimize=True, progressive=True)
    cocoa().save(HERE / "mug.png", optimize=True)
    pair = side_by_side(before, edited(source))
    pair.save(HERE / "before-after.jpg", quality=86, optimize=True, progressive=True)
    for path in sorted([*HERE.glob("*.jpg"), *HERE.glob("*.png")]):
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
