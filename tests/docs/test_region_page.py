"""The pictures of ``docs/region.md`` are what the program makes today.

``NANO_EDIT_DRAW=1`` in the environment writes them anew.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import support
from PIL import Image, ImageDraw

from nano_edit import edit
from nano_edit.emulator import Emulator

if TYPE_CHECKING:
    from pathlib import Path

    from support import Run

PORTRAIT = support.ROOT / "examples" / "portrait.jpg"
MUG = support.ROOT / "examples" / "mug.png"
MOVED = "shift=3:-2,zoom=1.008,recolour=1.03:1:0.97"
DRAW = "NANO_EDIT_DRAW" in os.environ  # read before a test clears it
WORDS = ("before", "as the model gave it back", "kept", "diff --heat")
SIDE = 400  # px of one picture
EXAMPLES: dict[str, tuple[Path, str, str, dict[str, Any]]] = {
    "rest": (PORTRAIT, "make the middle red", MOVED, {"keep_rest": True}),
    "region": (
        PORTRAIT, "make the middle blue", f"{MOVED},scatter=16,soften=0.6",
        {"region": "40%,45%,20%,24%"},
    ),
    "mask": (MUG, "make the middle green", MOVED, {"mask": "mask.png"}),
}  # fmt: skip


def sheet(paths: list[Path]) -> Image.Image:
    """Return the pictures in a row, each with its words."""
    pictures = []
    for path, words in zip(paths, WORDS, strict=True):
        with Image.open(path) as image:
            height = round(image.height * SIDE / image.width)
            small = image.convert("RGBA").resize((SIDE, height))
        ground = Image.new("RGBA", small.size, "white")
        light = ImageDraw.Draw(ground)
        for x in range(0, SIDE, 32):
            for y in range(0, height, 32):
                light.rectangle((x, y, x + 15, y + 15), "#e4e4e4")
                light.rectangle((x + 16, y + 16, x + 31, y + 31), "#e4e4e4")
        small = Image.alpha_composite(ground, small).convert("RGB")
        draw = ImageDraw.Draw(small)
        draw.rectangle((0, 0, 12 + 7 * len(words), 18), fill="white")
        draw.text((6, 3), words, fill="black")
        pictures.append(small)
    whole = Image.new("RGB", (4 * SIDE, pictures[0].height))
    for number, picture in enumerate(pictures):
        whole.paste(picture, (number * SIDE, 0))
    return whole


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_pictures_are_what_the_program_makes(
    run: Run, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, words, drift, keeps = EXAMPLES[name]
    monkeypatch.chdir(tmp_path)
    mask = Image.new("L", (640, 640))
    ImageDraw.Draw(mask).ellipse((230, 230, 410, 410), 255)
    mask.save("mask.png")
    raw, heat = tmp_path / "raw.jpg", tmp_path / "heat.png"
    kept = tmp_path / f"kept{before.suffix}"
    with Emulator(signature_bytes=1000, drift=drift, mark=False) as emulator:
        for path, options in ((raw, {}), (kept, keeps)):
            edit(
                words, before, path, base_url=emulator.url, api_key="any", **options
            )  # fmt: skip
    assert run("diff", before, kept, "--heat", heat).status == 0
    made = sheet([before, raw, kept, heat])
    shown = support.ROOT / "docs" / f"region-{name}.jpg"
    if DRAW:
        made.save(shown, quality=88)
    with Image.open(shown) as image:
        off = np.abs(np.asarray(image.convert("RGB"), int) - np.asarray(made, int))
    assert off.mean() < 4
