"""The whole way on real photographs: sent, spoiled by a model, and put back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

import jpeglib
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms
from support.input_pictures import INVERSE
from support.photos import Model, original, painted, photo
from support.profiles import rgb_profile

from nano_edit.pictures.inputs.decode import Reduction, decoded
from nano_edit.pictures.region import colour
from nano_edit.pictures.region.areas import area_of_boxes
from nano_edit.pictures.region.boxes import Box, plan, whole
from nano_edit.pictures.region.profiles import to_srgb
from nano_edit.pictures.region.restore import (
    NotTheSameSceneError,
    Restored,
    restore,
)
from nano_edit.pictures.region.target import Target
from nano_edit.pictures.region.view import frame_to_send
from nano_edit.wire.models import TEN_RATIOS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nano_edit.pictures.region.areas import Area

MODEL = Model(shift=(2.2, -1.4), zoom=1.006, gain=(1.03, 0.98, 1.01))
REGION = Box(211, 123, 340, 260)


@dataclass(frozen=True)
class Done:
    result: Restored
    path: Path
    area: Area | None


@dataclass(frozen=True)
class Bench:
    folder: Path

    def photo(self, name: str = "china", suffix: str = ".jpg", **options: Any) -> Path:
        path = self.folder / f"before{suffix}"
        photo(name).save(path, **options)
        return path

    def edit(
        self,
        path: Path,
        kind: str,
        region: Box | None = REGION,
        *,
        model: Model = MODEL,
        scene: Image.Image | None = None,
        paints: bool = True,
        copy_metadata: bool = False,
    ) -> Done:
        source = original(path)
        with decoded(source, Reduction()) as raster:
            made = plan(raster.size, region, TEN_RATIOS, 1024)
            area = area_of_boxes([region], raster.size) if region else None
            sent = frame_to_send(raster, made)
        if scene is not None:
            sent = scene.resize(sent.size)
        if paints:
            where = (region or REGION).moved(-made.frame.left, -made.frame.top)
            sent = painted(sent, where.corners)
        scale = 1024 / max(sent.size)
        size = tuple(round(side * scale / 16) * 16 for side in sent.size)
        came = model.answer(sent, (size[0], size[1]))
        target = self.folder / f"after.{kind}"
        descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        try:
            wanted = Target(kind, descriptor, self.folder, copy_metadata)
            return Done(restore(source, made, came, area, wanted), target, area)
        finally:
            os.close(descriptor)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def pixels(path: Path) -> Any:
    with Image.open(path) as image:
        return np.asarray(image)


def outside(done: Done) -> Any:
    assert done.area is not None
    return np.asarray(done.area.within(whole(done.result.size))) == 0


def changed_blocks(before: Path, after: Path) -> Iterator[tuple[Any, tuple[int, int]]]:
    """Give for each component which blocks differ, and their size in px."""
    one, other = jpeglib.read_dct(str(before)), jpeglib.read_dct(str(after))
    assert np.array_equal(one.qt, other.qt)
    assert np.array_equal(one.samp_factor, other.samp_factor)
    most = one.samp_factor.max(axis=0)
    for name, factor in zip(("Y", "Cb", "Cr"), one.samp_factor, strict=False):
        differs = (getattr(one, name) != getattr(other, name)).any(axis=(2, 3))
        down, across = 8 * most // factor
        yield differs, (int(across), int(down))


def assert_blocks_stay(before: Path, after: Path, box: Box) -> None:
    touched = 0
    for differs, (across, down) in changed_blocks(before, after):
        inside = np.zeros_like(differs)
        inside[
            box.top // down : -(-box.bottom // down),
            box.left // across : -(-box.right // across),
        ] = True
        assert not differs[~inside].any()
        touched += int(differs.sum())
    assert touched


@pytest.mark.parametrize(
    "options",
    [
        {"quality": 88, "subsampling": 0},
        {"quality": 92, "subsampling": 1},
        {"quality": 75, "subsampling": 2},
        {"quality": 85, "progressive": True},
        {"quality": 85, "restart_marker_rows": 2},
        {"quality": 90, "keep_rgb": True},
    ],
    ids=["4:4:4", "4:2:2", "4:2:0", "progressive", "restarts", "RGB"],
)
def test_blocks_outside_are_the_originals_own(
    bench: Bench, options: dict[str, Any]
) -> None:
    before = bench.photo(**options)
    done = bench.edit(before, "jpeg")
    assert_blocks_stay(before, done.path, REGION)
    assert done.result.inside > 50
    assert done.result.outside < 1  # percent: the blocks that the edge goes through


def test_blocks_of_a_grey_jpeg_stay(bench: Bench) -> None:
    path = bench.folder / "grey.jpg"
    photo("china").convert("L").save(path, quality=88)
    done = bench.edit(path, "jpeg")
    assert_blocks_stay(path, done.path, REGION)
    with Image.open(done.path) as image:
        assert image.mode == "L"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_keeps_its_frame_and_its_orientation(
    bench: Bench, orientation: int
) -> None:
    path = bench.folder / "turned.jpg"
    upright = photo("china").crop((0, 0, 601, 411))
    turn = INVERSE[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "a maker"
    stored = upright if turn is None else upright.transpose(turn)
    stored.save(path, quality=90, exif=exif)
    done = bench.edit(path, "jpeg")
    with Image.open(done.path) as image:
        assert image.size == stored.size
        assert image.getexif().get(0x0112, 1) == orientation
        assert 0x010F not in image.getexif()
    with decoded(original(path), Reduction()) as raster:
        before = np.asarray(raster.piece((0, 0, *raster.size)), int)
        box = Box(*raster.stored_box(REGION.corners))
    with decoded(original(done.path), Reduction()) as raster:
        after = np.asarray(raster.piece((0, 0, *raster.size)), int)
    assert_blocks_stay(path, done.path, box)
    middle = after[REGION.top + 50, REGION.left + 60]
    assert middle[0] > 150
    assert max(middle[1], middle[2]) < 90
    far = np.abs(after - before).max(axis=2)
    grown = REGION.grown(32, 32)
    far[grown.top : grown.bottom, grown.left : grown.right] = 0
    assert not far.any()


@pytest.mark.parametrize("kind", ["png", "webp", "tiff"])
@pytest.mark.parametrize("name", ["china", "coffee", "astronaut"])
def test_every_pixel_outside_is_the_originals_own(
    bench: Bench, kind: str, name: str
) -> None:
    before = bench.photo(name, ".png")
    done = bench.edit(before, kind)
    one, other = pixels(before), pixels(done.path)
    assert np.array_equal(one[outside(done)], other[outside(done)])
    assert (one != other).any()
    assert done.result.outside == 0


def test_alpha_is_kept_everywhere(bench: Bench) -> None:
    path = bench.folder / "alpha.png"
    image = photo("coffee").convert("RGBA")
    alpha = np.linspace(0, 255, image.width).astype(np.uint8)
    image.putalpha(Image.fromarray(np.tile(alpha, (image.height, 1))))
    image.save(path)
    done = bench.edit(path, "png")
    one, other = pixels(path), pixels(done.path)
    assert np.array_equal(one[..., 3], other[..., 3])
    assert np.array_equal(one[outside(done)], other[outside(done)])


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_sixteen_bits_are_kept(bench: Bench, channels: int, kind: str) -> None:
    from nano_edit.pictures.region import deep  # noqa: PLC0415 - what is tested

    picture = np.asarray(photo("coffee"), np.uint16) * 257
    rng = np.random.default_rng(4)
    samples = picture + rng.integers(0, 257, picture.shape).astype(np.uint16)
    samples[picture > 65278] = 65535
    if channels == 1:
        samples = samples[..., 1:2]
    if channels == 4:
        alpha = np.full((*samples.shape[:2], 1), 65535, np.uint16)
        alpha[:40, :40] = 12345
        samples = np.concatenate([samples, alpha], 2)
    path = bench.folder / f"deep.{kind}"
    with path.open("w+b") as file:
        deep.WRITERS[kind](file, samples, None)
    done = bench.edit(path, kind)
    with (
        decoded(original(done.path), Reduction()) as raster,
        deep.held(original(done.path), raster) as found,
    ):
        assert found is not None
        after = found.reshape(samples.shape)
    assert np.array_equal(after[outside(done)], samples[outside(done)])
    assert (after[~outside(done)] != samples[~outside(done)]).any()


def test_the_profile_stays_and_the_pixels_are_of_it(bench: Bench) -> None:
    wide = wide_profile()
    path = bench.folder / "wide.png"
    photo("china").save(path, icc_profile=wide)
    done = bench.edit(path, "png")
    with Image.open(done.path) as image:
        assert image.info["icc_profile"] == wide
    other = pixels(done.path)
    assert np.array_equal(pixels(path)[outside(done)], other[outside(done)])
    red = other[REGION.top + 60, REGION.left + 60].astype(int)
    assert 150 < red[0] < 202
    assert red[1] < 38  # darker numbers say the same in gamma 1.8


@pytest.mark.parametrize("space", ["Display P3", "Adobe RGB"])
@pytest.mark.parametrize("kind", ["png", "webp", "tiff", "jpeg"])
def test_a_wide_space_stays_and_the_models_red_is_the_same_red(
    bench: Bench, kind: str, space: str
) -> None:
    profile = rgb_profile(space)
    path = bench.folder / f"wide.{kind}"
    photo("china").save(path, icc_profile=profile)
    done = bench.edit(path, kind)
    with Image.open(done.path) as image:
        assert image.info["icc_profile"] == profile
        shown = to_srgb(profile)(image.convert("RGB"))
    if kind == "jpeg":
        assert_blocks_stay(path, done.path, REGION)
    elif kind != "webp":  # that input has lost something already
        keep = outside(done)
        assert np.array_equal(pixels(path)[keep], pixels(done.path)[keep])
    middle = np.asarray(shown)[REGION.top + 60, REGION.left + 60].astype(int)
    assert np.abs(middle - (205, 38, 30)).max() < 16


@pytest.mark.parametrize(
    ("orientation", "suffix"),
    [*zip(range(1, 9), cycle((".tif", ".png", ".webp")), strict=False)],
)
def test_what_is_stored_turned_comes_out_upright(
    bench: Bench, orientation: int, suffix: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image, turn = photo("coffee").resize((400, 267)), INVERSE[orientation]
    path = bench.folder / f"turned{suffix}"
    options: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {}
    stored = image if turn is None else image.transpose(turn)
    stored.save(path, exif=exif, **options)
    done = bench.edit(path, "png", Box(140, 90, 240, 180))
    with Image.open(done.path) as result:
        assert result.getexif().get(0x0112, 1) == 1
    keep = outside(done)
    assert np.array_equal(np.asarray(image)[keep], pixels(done.path)[keep])


def wide_profile() -> bytes:
    """A profile with the primaries of sRGB and another curve is enough: gamma 1.8."""
    profile = bytearray(
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    )
    at = profile.find(b"para")
    # curveType 0 of ICC.1:2022, 10.18: Y = X^g
    profile[at + 8 : at + 16] = b"\0\0\0\0" + (int(1.8 * 65536)).to_bytes(4, "big")
    return bytes(profile)


def test_what_the_model_changed_is_found_and_all_else_kept(bench: Bench) -> None:
    before = bench.photo("china", ".png")
    done = bench.edit(before, "png", None)
    one, other = pixels(before).astype(int), pixels(done.path).astype(int)
    same = (one == other).all(axis=2)
    disc = np.zeros(same.shape, np.uint8)
    yes = np.asarray(painted(Image.fromarray(disc).convert("RGB"), REGION.corners))
    inside = yes[..., 0] > 0
    assert same[~inside].mean() >= 0.97
    red = (other[..., 0] > 150) & (other[..., 1] < 90)
    assert red[inside].mean() >= 0.95


@pytest.mark.parametrize(("suffix", "kind"), [(".png", "png"), (".jpg", "jpeg")])
def test_drift_alone_changes_nothing(bench: Bench, suffix: str, kind: str) -> None:
    before = bench.photo("coffee", suffix)
    done = bench.edit(before, kind, None, paints=False)
    assert done.result.found.area is None
    assert np.array_equal(pixels(before), pixels(done.path))
    assert done.result.inside == done.result.outside == 0


@pytest.mark.parametrize("region", [REGION, None])
def test_another_scene_is_refused(bench: Bench, region: Box | None) -> None:
    before = bench.photo("china")
    with pytest.raises(NotTheSameSceneError) as caught:
        bench.edit(before, "jpeg", region, scene=photo("chelsea"))
    assert not caught.value.found.is_same_scene


def test_edits_in_a_row_wear_out_nothing(bench: Bench) -> None:
    before = bench.photo()
    current = before
    count = int(os.environ.get("NANO_EDIT_EDITS", "3"))
    boxes = [Box(40 + 50 * at, 60, 80 + 50 * at, 110) for at in range(count)]
    for number, box in enumerate(boxes):
        done = bench.edit(current, "jpeg", box)
        current = done.path.rename(bench.folder / f"edit-{number}.jpg")
    for differs, (across, down) in changed_blocks(before, current):
        touched = np.zeros_like(differs)
        for box in boxes:
            rows = slice(box.top // down, -(-box.bottom // down))
            touched[rows, box.left // across : -(-box.right // across)] = True
        assert not differs[~touched].any()


def test_metadata_goes_into_the_result_only_if_asked(bench: Bench) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "a maker", 6
    path = bench.photo(exif=exif, comment=b"a word")
    plain, full = (
        bench.edit(path, "jpeg", copy_metadata=wanted).path.read_bytes()
        for wanted in (False, True)
    )
    assert b"a maker" not in plain
    assert b"a word" not in plain
    assert b"a maker" in full
    assert b"a word" in full
    png = bench.edit(path, "png", copy_metadata=True)
    with Image.open(png.path) as image:
        assert image.getexif()[0x010F] == "a maker"
        assert image.getexif()[0x0112] == 1
        assert image.size == png.result.size


def test_a_format_that_loses_says_so(bench: Bench) -> None:
    done = bench.edit(bench.photo("coffee", ".png"), "avif")
    assert any("encoded anew" in note for note in done.result.notes)
    with Image.open(done.path) as image:
        assert image.format == "AVIF"
    assert 0 < done.result.outside < 20


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_what_encoding_changes_outside_is_counted(bench: Bench, mode: str) -> None:
    path = bench.folder / "before.png"
    photo("coffee").convert(mode).save(path)
    done = bench.edit(path, "jpeg")
    with Image.open(path) as image, Image.open(done.path) as result:
        one, other = (np.asarray(each.convert("RGB")) for each in (image, result))
    keep = outside(done)
    changed = colour.difference(one, other)[keep] > colour.NOTICEABLE
    assert changed.mean() > 0 or mode == "L"
    assert done.result.outside == pytest.approx(100 * changed.mean(), abs=0.01)


FORMATS = [
    (".png", "RGB", {}),
    (".png", "P", {}),
    (".png", "L", {}),
    (".png", "LA", {}),
    (".webp", "RGB", {"lossless": True}),
    (".webp", "RGBA", {"quality": 80}),
    (".avif", "RGB", {}),
    (".heic", "RGB", {}),
    (".tif", "RGB", {}),
    (".tif", "CMYK", {}),
    (".jpg", "CMYK", {}),
    (".bmp", "RGB", {}),
    (".gif", "P", {}),
]


@pytest.mark.parametrize(("suffix", "mode", "options"), FORMATS)
def test_whatever_comes_in_its_pixels_outside_stay(
    bench: Bench, suffix: str, mode: str, options: dict[str, Any]
) -> None:
    path = bench.folder / f"in{suffix}"
    image = photo("coffee")
    if mode in {"LA", "RGBA"}:
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    if suffix == ".heic":
        pillow_heif.from_pillow(image).save(path)
    else:
        image.convert(mode).save(path, **options)
    with decoded(original(path), Reduction()) as raster:
        before = np.asarray(raster.image(raster.size)).copy()
    done = bench.edit(path, "png")
    after = pixels(done.path)
    keep = outside(done)
    assert before.shape == after.shape
    assert np.array_equal(before[keep], after[keep])
    assert (before[~keep] != after[~keep]).any()
