"""What the emulator does to a picture besides the edit, as real models do."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
import support
from PIL import Image, ImageChops, ImageFilter, ImageStat
from support.plain_http import ask, edit_of

from nano_edit.emulator import Emulator, FaultListError

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = (1024, 1024)
NOTHING = "Change nothing."


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator(signature_bytes=0, mark=False) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def source() -> bytes:
    stream = BytesIO()
    support.scene(*SIZE).save(stream, "PNG")
    return stream.getvalue()


def reply(
    service: Emulator,
    source: bytes,
    drift: str = "",
    *,
    text: str = NOTHING,
    fault: str = "png",
) -> Image.Image:
    service.set_drift(drift)
    service.set_faults(fault)
    return ask(service, edit_of(source, text=text)).picture


def difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def test_without_a_mark_nothing_is_changed(service: Emulator, source: bytes) -> None:
    with Image.open(BytesIO(source)) as sent:
        assert difference(reply(service, source), sent) == 0


def test_whole_pixels_are_shifted_exactly(service: Emulator, source: bytes) -> None:
    plain = reply(service, source)
    moved = reply(service, source, "shift=3:-2")
    there, here = (23, 18, 1003, 998), (20, 20, 1000, 1000)
    assert difference(moved.crop(there), plain.crop(here)) == 0


def test_a_fault_shifts_one_reply_alone(service: Emulator, source: bytes) -> None:
    plain = reply(service, source)
    service.set_faults("shift=5:5,png")
    first, second = (
        ask(service, edit_of(source, text=NOTHING)).picture for _ in range(2)
    )
    assert difference(first, plain) > 5
    assert difference(second, plain) == 0


def test_zoom_is_about_the_middle(service: Emulator, source: bytes) -> None:
    plain = reply(service, source)
    moved = reply(service, source, "zoom=1.5")
    inner = plain.crop((171, 171, 853, 853)).resize(SIZE, Image.Resampling.BICUBIC)
    assert difference(moved, inner) < difference(plain, inner) / 4
    smaller = reply(service, source, "zoom=0.9")
    assert difference(smaller.crop((0, 0, 40, 40)), Image.new("RGB", (40, 40))) > 60


def test_colours_are_multiplied(service: Emulator, source: bytes) -> None:
    plain = ImageStat.Stat(reply(service, source)).mean
    factors = (0.9, 1.0, 0.5)
    mean = ImageStat.Stat(reply(service, source, "recolour=0.9:1:0.5")).mean
    for got, before, factor in zip(mean, plain, factors, strict=True):
        assert got == pytest.approx(before * factor, abs=0.6)


def test_detail_can_be_softened(service: Emulator, source: bytes) -> None:
    plain, soft = (reply(service, source, drift) for drift in ("", "soften=3"))
    middle = (400, 400, 600, 600)
    edges = [each.filter(ImageFilter.FIND_EDGES).crop(middle) for each in (plain, soft)]
    before, after = (ImageStat.Stat(each).mean[0] for each in edges)
    assert after < before * 0.5


def changed_places(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels that differ by more than JPEG would."""
    grey = ImageChops.difference(one, other).convert("L").point([0] * 9 + [255] * 247)
    return grey.histogram()[255] / (one.width * one.height)


def test_small_changes_are_scattered_over_the_picture(
    service: Emulator, source: bytes
) -> None:
    plain, few, many = (
        reply(service, source, drift) for drift in ("", "scatter=3", "scatter=30")
    )
    assert 0.0005 < changed_places(few, plain) < 0.01
    assert 0.005 < changed_places(many, plain) < 0.1


def test_a_scene_can_be_painted_anew(service: Emulator, source: bytes) -> None:
    plain = reply(service, source)
    anew = reply(service, source, "repaint")
    assert anew.size == plain.size
    assert changed_places(anew, plain) > 0.5


def test_the_ratio_can_be_wrong(service: Emulator, source: bytes) -> None:
    assert reply(service, source, "wrong-ratio").size != SIZE


def test_drift_is_the_same_for_the_same_request(source: bytes) -> None:
    drift = "shift=1.5:-0.5,zoom=1.01,recolour=1.02:1:0.98,soften,scatter,repaint"
    replies = []
    for _ in range(2):
        with Emulator(signature_bytes=0, drift=drift) as emulator:
            replies.append(ask(emulator, edit_of(source, text=NOTHING)).body)
    assert replies[0] == replies[1]


def test_setting_drift_is_for_the_next_request(
    service: Emulator, source: bytes
) -> None:
    plain = reply(service, source)
    assert difference(reply(service, source, "soften=4"), plain) > 0
    assert difference(reply(service, source), plain) == 0


@pytest.mark.parametrize(
    ("drift", "words"),
    [
        ("drift", "'drift' is not one of shift, zoom, recolour"),
        ("shift=2", "shift takes DX:DY, such as 2:-1"),
        ("zoom=9", "zoom takes factor, such as 1.006"),
        ("recolour=1:1", "recolour takes R:G:B, such as"),
        ("scatter=x", "scatter takes a number of places"),
        ("wrong-ratio=1", "wrong-ratio takes no argument"),
    ],
)
def test_a_drift_that_cannot_be_read_says_why(drift: str, words: str) -> None:
    with pytest.raises(FaultListError) as caught:
        Emulator(drift=drift)
    assert words in str(caught.value)


# --- places and masks --------------------------------------------------------

PLACES: dict[str, tuple[tuple[int, int, int, int], str]] = {
    "make the top left red": ((102, 102, 358, 358), "red"),
    "Paint the lower right corner blue": ((666, 666, 922, 922), "blue"),
    "turn the middle green": ((410, 410, 614, 614), "green"),
    "make the left side blue": ((102, 307, 358, 717), "blue"),
    "colour the bottom red": ((307, 666, 717, 922), "red"),
}


@pytest.mark.parametrize("text", PLACES)
def test_a_place_that_is_named_is_painted_there(
    service: Emulator, source: bytes, text: str
) -> None:
    box, colour = PLACES[text]
    plain, painted = reply(service, source), reply(service, source, text=text)
    mean = ImageStat.Stat(painted.crop(box)).mean
    assert ("red", "green", "blue")[mean.index(max(mean))] == colour
    changed = ImageChops.difference(painted, plain)
    left, top, right, foot = box  # and what a place's soft edge may reach
    changed.paste((0, 0, 0), (left - 140, top - 140, right + 140, foot + 140))
    assert ImageStat.Stat(changed).sum == [0, 0, 0]


def test_an_edit_is_done_at_the_place_that_follows_it(
    service: Emulator, source: bytes
) -> None:
    text = "blur the top left and make the bottom right red, change nothing else"
    plain, painted = reply(service, source), reply(service, source, text=text)
    top, foot = (100, 100, 300, 300), (700, 700, 900, 900)
    assert ImageStat.Stat(painted.crop(foot)).mean[0] > 120
    edge = ImageStat.Stat(plain.crop(top)).stddev[0]
    assert ImageStat.Stat(painted.crop(top)).stddev[0] < edge
    rest = (450, 20, 550, 1000)
    assert difference(painted.crop(rest), plain.crop(rest)) == 0


def test_a_colour_without_a_place_is_for_the_whole(
    service: Emulator, source: bytes
) -> None:
    means = ImageStat.Stat(reply(service, source, text="make it blue")).mean
    assert means[2] > means[0] + 60
    grey = reply(service, source, text="make it black and white").split()
    assert difference(Image.merge("RGB", grey[:1] * 3), Image.merge("RGB", grey)) == 0


def test_a_mask_says_where_the_edit_is(service: Emulator, source: bytes) -> None:
    stream = BytesIO()
    mask = Image.new("L", SIZE, 0)
    mask.paste(255, (200, 300, 600, 700))
    mask.save(stream, "PNG")
    service.set_drift("")
    service.set_faults("png:2")
    text = "Make it red where the second picture, the mask, is white."
    painted = ask(service, edit_of(source, stream.getvalue(), text=text)).picture
    plain = ask(service, edit_of(source, text=NOTHING)).picture
    changed = ImageChops.difference(painted, plain)
    assert ImageStat.Stat(changed.crop((200, 300, 600, 700))).mean[2] > 20
    changed.paste((0, 0, 0), (200, 300, 600, 700))
    assert ImageStat.Stat(changed).sum == [0, 0, 0]


@pytest.mark.parametrize("other", ["RGB", "L"])
def test_a_picture_that_is_no_mask_is_one_of_two(
    service: Emulator, source: bytes, other: str
) -> None:
    stream = BytesIO()
    support.noise(*SIZE, mode=other).save(stream, "PNG")
    service.set_drift("")
    text = "Put a mask on the cat. Change nothing else."
    painted = ask(service, edit_of(source, stream.getvalue(), text=text)).picture
    left = painted.crop((0, 300, 500, 700)).resize((50, 40))
    assert difference(left, painted.crop((524, 300, 1024, 700)).resize((50, 40))) > 20
