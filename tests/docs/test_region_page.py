"""The pictures of ``docs/region.md`` are what the program makes today.

``NANO_EDIT_DRAW=1`` in the environment writes them anew.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import support
from PIL import Image, ImageDraw

from nano_edit import edit
from nano_edit.emulator import Emulator

if TYPE_CHECKING:
    from pathlib import Path

    from support import Run

SHEET = support.ROOT / "docs" / "region.jpg"
PORTRAIT = support.ROOT / "examples" / "portrait.jpg"
DRIFT = "shift=3:-2,zoom=1.008,recolour=1.03:1:0.97"
DRAW = "NANO_EDIT_DRAW" in os.environ  # read before a test clears it
WORDS = ("before", "as the model gave it back", "kept", "diff --heat")
SIDE = 640  # px of one picture


def sheet(paths: list[Path]) -> Image.Image:
    """Return the pictures in two rows, each with its words."""
    pictures = []
    for path, words in zip(paths, WORDS, strict=True):
        with Image.open(path) as image:
            height = round(image.height * SIDE / image.width)
            small = image.convert("RGB").resize(
                (SIDE, height), Image.Resampling.LANCZOS
            )
        draw = ImageDraw.Draw(small)
        draw.rectangle((0, 0, 12 + 7 * len(words), 18), fill="white")
        draw.text((6, 3), words, fill="black")
        pictures.append(small)
    height = pictures[0].height
    whole = Image.new("RGB", (2 * SIDE, 2 * height))
    for number, picture in enumerate(pictures):
        whole.paste(picture, (number % 2 * SIDE, number // 2 * height))
    return whole


def test_the_pictures_are_what_the_program_makes(run: Run, tmp_path: Path) -> None:
    raw, kept, heat = (tmp_path / name for name in ("raw.jpg", "kept.jpg", "heat.png"))
    with Emulator(signature_bytes=1000, drift=DRIFT, mark=False) as emulator:
        for path, keeps in ((raw, False), (kept, True)):
            edit(
                "make the middle red", PORTRAIT, path, keep_rest=keeps,
                base_url=emulator.url, api_key="any",
            )  # fmt: skip
    assert run("diff", PORTRAIT, kept, "--heat", heat).status == 0
    made = sheet([PORTRAIT, raw, kept, heat])
    if DRAW:
        made.save(SHEET, quality=88)
    with Image.open(SHEET) as image:
        shown = np.asarray(image.convert("RGB"), int)
    off = np.abs(shown - np.asarray(made, int))
    assert off.mean() < 4
