"""The example pictures are there, small, and what the README says of them."""

from __future__ import annotations

import subprocess
import sys

import support
from PIL import Image

EXAMPLES = support.ROOT / "examples"


def test_the_portrait_is_a_photo_of_moderate_size() -> None:
    with Image.open(EXAMPLES / "portrait.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (1200, 800))
    assert (EXAMPLES / "portrait.jpg").stat().st_size < 300_000


def test_the_mug_stands_on_nothing() -> None:
    with Image.open(EXAMPLES / "mug.png") as picture:
        assert picture.mode == "RGBA"
        assert picture.getpixel((0, 0)) == (0, 0, 0, 0)
        assert picture.getchannel("A").getextrema() == (0, 255)


# Boxes in a half of before-after.jpg.
STREET = {
    *((10, 130, 200, 350), (206, 190, 228, 340)),  # shops; towers beside the cat
    *((392, 200, 440, 290), (450, 130, 630, 350)),
}
CAT = {(256, 120, 385, 195), (270, 200, 370, 300), (250, 330, 385, 395)}


def test_before_and_after_differ_in_the_background_alone() -> None:
    with Image.open(EXAMPLES / "before-after.jpg") as pair:
        half = pair.width // 2
        before = pair.crop((0, 0, half - 2, pair.height))
        after = pair.crop((half + 2, 0, pair.width, pair.height))
    for street in STREET:
        assert detail(after.crop(street)) < detail(before.crop(street)) / 3
    for part in CAT:
        assert detail(after.crop(part)) > detail(before.crop(part)) * 0.8


def detail(picture: Image.Image) -> float:
    """How much neighbouring pixels differ, on the average."""
    grey = picture.convert("L")
    raw, width = grey.tobytes(), grey.width
    pairs = [(raw[i], raw[i + 1]) for i in range(len(raw) - 1) if (i + 1) % width]
    return sum(abs(one - two) for one, two in pairs) / len(pairs)


def test_the_mug_can_be_drawn_again_pixel_for_pixel() -> None:
    program = (
        "from render_examples import cocoa; from PIL import Image, ImageChops; "
        "new = cocoa(); old = Image.open('mug.png'); "
        "print(max(high for _, high in ImageChops.difference(new, old).getextrema()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=EXAMPLES,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) <= 8  # rounding differs between releases of Pillow
