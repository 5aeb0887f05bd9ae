"""Only what was asked changes: the real command, on photographs, with a real server."""

from __future__ import annotations

import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import jpeglib
import numpy as np
import pytest
from PIL import Image
from support.photos import photo
from support.result_schema import validated

from nano_edit import Edit, Editor, edit
from nano_edit.domain import Billed, Finishing
from nano_edit.emulator import Emulator
from nano_edit.engine.prepare import Pipes
from nano_edit.errors import OutputError, RefusedError, UsageError
from nano_edit.pictures.region import wish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support import Finished, Run

    from nano_edit.domain import EditEvent, Observe

DRIFT = "shift=2:-1,zoom=1.006,recolour=1.03:1:0.97"
MIDDLE = "40%,40%,20%,20%"


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator(
        signature_bytes=1000, drift=DRIFT, keep_images=True, mark=False
    ) as emulator:
        yield emulator


@pytest.fixture
def before(tmp_path: Path) -> Path:
    path = tmp_path / "in.jpg"
    photo("china").save(path, quality=90)
    return path


def ask(run: Run, service: Emulator, *arguments: str, words: str = "") -> Finished:
    return run(
        words or "make the middle red",
        *arguments,
        env={"NANO_EDIT_BASE_URL": service.url, "NANO_EDIT_API_KEY": "any"},
    )


def pixels(path: Path) -> Any:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), int)


def outside(shape: tuple[int, ...]) -> Any:
    """Where the middle is not."""
    height, width = shape[:2]
    found = np.ones((height, width), bool)
    rows = slice(int(height * 0.4), -(-height * 6 // 10))
    found[rows, int(width * 0.4) : -(-width * 6 // 10)] = False
    return found


def is_red(values: Any) -> Any:
    return values[..., 0] - values[..., 1:].max(axis=-1) > 50


def test_a_region_changes_and_nothing_else(
    run: Run, service: Emulator, before: Path, tmp_path: Path
) -> None:
    done = ask(run, service, "in.jpg", "-o", "out.png", "--region", MIDDLE, "--json")
    assert done.status == 0, done.stderr
    change = validated(done.out)["change"]
    assert change["outside"] == 0
    assert change["inside"] > 50
    assert change["zoom"] == pytest.approx(1.006, abs=0.002)
    assert change["shift"] == pytest.approx([2, -1], abs=0.5)
    one, other = pixels(before), pixels(tmp_path / "out.png")
    assert np.array_equal(one[outside(one.shape)], other[outside(one.shape)])
    assert is_red(other[190:240, 280:360]).mean() > 0.9


def test_a_mask_says_the_same_and_goes_along(
    run: Run, service: Emulator, before: Path, tmp_path: Path
) -> None:
    mask = np.where(outside((427, 640)), 0, 255).astype(np.uint8)
    Image.fromarray(mask).resize((320, 214)).save(tmp_path / "mask.png")
    done = ask(run, service, "in.jpg", "-o", "out.png", "--mask", "mask.png")
    assert done.status == 0, done.stderr
    assert "changed" in done.stderr
    entry = service.requests[-1]
    assert [image.mime_type for image in entry.images] == ["image/jpeg", "image/png"]
    one, other = pixels(before), pixels(tmp_path / "out.png")
    assert np.array_equal(one[:165], other[:165])  # a scaled mask has soft edges
    assert np.array_equal(one[:, 392:], other[:, 392:])


def test_a_jpeg_keeps_its_blocks(
    run: Run, service: Emulator, before: Path, tmp_path: Path
) -> None:
    done = ask(run, service, "in.jpg", "-o", "out.jpg", "--region", MIDDLE)
    assert done.status == 0, done.stderr
    one, other = (
        jpeglib.read_dct(str(path)) for path in (before, tmp_path / "out.jpg")
    )
    differs = (one.Y != other.Y).any(axis=(2, 3))
    rows, columns = np.nonzero(differs)
    assert rows.size
    assert (rows.min(), columns.min()) >= (170 // 8, 256 // 8)
    assert (rows.max(), columns.max()) <= (257 // 8, 384 // 8)
    assert np.array_equal(one.qt, other.qt)


def test_the_rest_is_kept_without_a_region(
    run: Run, service: Emulator, before: Path, tmp_path: Path
) -> None:
    done = ask(run, service, "in.jpg", "-o", "out.png", "--keep-rest", "--json")
    assert done.status == 0, done.stderr
    one, other = pixels(before), pixels(tmp_path / "out.png")
    assert 2 < validated(done.out)["change"]["area"] < 40
    assert np.array_equal(one[:80], other[:80])
    assert is_red(other[190:240, 280:360]).mean() > 0.9


def test_nothing_changed_is_the_original(
    run: Run, service: Emulator, before: Path, tmp_path: Path
) -> None:
    done = ask(
        run, service, "in.jpg", "-o", "out.png", "--keep-rest", words="do nothing"
    )
    assert done.status == 0, done.stderr
    assert "changed nothing" in done.stderr
    assert np.array_equal(pixels(before), pixels(tmp_path / "out.png"))


def test_another_scene_is_refused_and_kept_raw(
    run: Run, before: Path, tmp_path: Path
) -> None:
    drift = f"{DRIFT},repaint=6"
    with Emulator(signature_bytes=1000, drift=drift, mark=False) as emulator:
        done = ask(
            run, emulator, before.name, "-o", "out.jpg", "--region", MIDDLE, "--json"
        )
    assert done.status == 9
    error = validated(done.out)["error"]
    assert "painted the scene anew" in error["message"]
    assert error["billed"] == "yes"
    assert error["recovery"] == str(tmp_path / "out.raw-1.jpg") or error[
        "recovery"
    ].endswith("out.raw-1.jpg")
    assert (tmp_path / "out.raw-1.jpg").exists()
    assert not (tmp_path / "out.jpg").exists()


def lose(*paths: Path) -> Observe:
    """Return what takes files and folders away once the reply is there."""

    def hear(event: EditEvent) -> None:
        if isinstance(event, Finishing):
            for path in paths:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    return hear


@pytest.mark.parametrize("output", ["out.png", "-"])
def test_a_picture_whose_original_is_gone_is_kept(
    output: str, service: Emulator, before: Path, tmp_path: Path
) -> None:
    stdout = io.BytesIO()
    named = output if output == "-" else str(tmp_path / output)
    edit = Edit("make the middle red", (str(before),), named, region=(MIDDLE,))
    with (
        Editor(
            base_url=service.url,
            api_key="any",
            pipes=Pipes(io.BytesIO(), stdout, stdout_is_tty=False),
            observe=lose(before),
        ) as editor,
        pytest.raises(OutputError, match="cannot be put into the original") as caught,
    ):
        editor.edit(edit)
    assert caught.value.billed is Billed.YES
    assert caught.value.recovery is not None
    assert caught.value.recovery.exists()
    assert stdout.getvalue() == b""


def test_a_refused_picture_for_standard_output_stays_a_kept_reply(before: Path) -> None:
    stdout = io.BytesIO()
    with (
        Emulator(signature_bytes=1000, drift="repaint=12", mark=False) as painter,
        Editor(
            base_url=painter.url,
            api_key="any",
            pipes=Pipes(io.BytesIO(), stdout, stdout_is_tty=False),
        ) as editor,
        pytest.raises(RefusedError) as caught,
    ):
        editor.edit(Edit("make the middle red", (str(before),), "-", region=(MIDDLE,)))
    assert caught.value.recovery is not None
    assert caught.value.recovery.name.startswith("reply-")
    assert stdout.getvalue() == b""


def test_small_changes_elsewhere_are_not_taken(
    run: Run, before: Path, tmp_path: Path
) -> None:
    drift = f"{DRIFT},scatter=12,soften=0.6"
    with Emulator(signature_bytes=1000, drift=drift, mark=False) as emulator:
        done = ask(
            run, emulator, "in.jpg", "-o", "out.png", "--region", MIDDLE,
            "--max-change", "0",
        )  # fmt: skip
    assert done.status == 0, done.stderr
    one, other = pixels(before), pixels(tmp_path / "out.png")
    assert np.array_equal(one[outside(one.shape)], other[outside(one.shape)])


def test_another_shape_is_cut_to_what_it_shows_or_refused(
    run: Run, before: Path, tmp_path: Path
) -> None:
    with Emulator(signature_bytes=1000, drift="wrong-ratio", mark=False) as emulator:
        inside = ask(run, emulator, "in.jpg", "-o", "out.png", "--region", MIDDLE)
        size = ask(run, emulator, "in.jpg", "-o", "size.png", "--keep-size")
    assert inside.status == 0, inside.stderr
    one, other = pixels(before), pixels(tmp_path / "out.png")
    assert np.array_equal(one[outside(one.shape)], other[outside(one.shape)])
    assert size.status == 9
    assert "another shape" in size.stderr


@pytest.mark.parametrize("size", [(640, 427), (427, 640), (600, 200), (333, 500)])
def test_the_result_has_exactly_the_pictures_size(
    run: Run, service: Emulator, tmp_path: Path, size: tuple[int, int]
) -> None:
    photo("coffee").resize(size).save(tmp_path / "in.png")
    done = ask(run, service, "in.png", "-o", "out.jpg", "--keep-size", words="sepia")
    assert done.status == 0, done.stderr
    with Image.open(tmp_path / "out.jpg") as image:
        assert image.size == size


def test_more_change_than_allowed_is_exit_9_with_the_picture_kept(
    run: Run, service: Emulator, before: Path, tmp_path: Path
) -> None:
    done = ask(
        run, service, before.name, "-o", "out.jpg", "--region", MIDDLE,
        "--max-change", "0.000001",
    )  # fmt: skip
    assert done.status == 9
    assert "of the pixels outside changed" in done.stderr
    assert (tmp_path / "out.jpg").exists()


def test_metadata_is_copied_but_not_sent(
    run: Run, service: Emulator, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "a maker", 6
    exif.get_ifd(0x8825)[1] = "N"
    photo("coffee").save(tmp_path / "in.jpg", exif=exif)
    done = ask(
        run, service, "in.jpg", "-o", "out.jpg", "--copy-metadata", words="sepia"
    )
    assert done.status == 0, done.stderr
    assert "where the picture was taken" in done.stderr
    assert b"a maker" not in service.images[service.requests[-1].number][0]
    with Image.open(tmp_path / "out.jpg") as image:
        assert image.getexif()[0x010F] == "a maker"
        assert image.getexif()[0x0112] == 1


def test_a_dry_run_shows_the_crop_and_the_mask(
    run: Run, service: Emulator, tmp_path: Path
) -> None:
    photo("retina").save(tmp_path / "in.png")
    done = ask(
        run, service, "in.png", "-o", "o.png", "--region", "600,600,100,100",
        "--dry-run", "--json",
    )  # fmt: skip
    assert done.status == 0, done.stderr
    parts = json.loads(done.stdout)["body"]["contents"][0]["parts"]
    text, picture, mask = parts
    assert "mask of the first" in text["text"]
    assert picture["inlineData"]["data"]["width"] < 1411
    assert mask["inlineData"]["data"]["source"] == "the region"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("--region", MIDDLE),
            "Only the region, 4.1 % of the picture, would change",
        ),
        (("--region", "0,0,40,40"), "of in.jpg's 640x427 pixels would be sent, from"),
        (
            ("--keep-rest",),
            "What the model changes would be found and put into in.jpg.",
        ),
        (("--keep-size",), "The result would get in.jpg's size, 640x427."),
        (("--copy-metadata",), "in.jpg's metadata would be copied into the result."),
    ],
)
def test_a_dry_run_says_what_becomes_of_the_answer(
    run: Run, before: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = run("x", before.name, "-o", "o.png", "--dry-run", *arguments)
    assert done.status == 0, done.stderr
    assert words in done.stdout


def test_a_dry_run_tells_of_padding(run: Run, tmp_path: Path) -> None:
    photo("coffee").resize((600, 200)).save(tmp_path / "in.png")
    done = run("x", "in.png", "-o", "o.png", "--dry-run", "--keep-size")
    assert "in.png, 600x200, would be sent, mirrored at its edges to 600x257" in (
        done.stdout
    )


def test_a_list_and_python_take_the_same_words(
    run: Run, service: Emulator, before: Path, tmp_path: Path
) -> None:
    line = {
        "instruction": "make the middle red", "images": ["in.jpg"],
        "output": "a.png", "region": [MIDDLE], "max_change": 0,
    }  # fmt: skip
    (tmp_path / "edits.jsonl").write_text(json.dumps(line))
    environ = {"NANO_EDIT_BASE_URL": service.url, "NANO_EDIT_API_KEY": "any"}
    done = run("batch", "edits.jsonl", env=environ)
    assert done.status == 0, done.stderr
    result = edit(
        "make the middle red", before, tmp_path / "b.png", region=MIDDLE,
        base_url=service.url, api_key="any",
    )  # fmt: skip
    assert result.image.change is not None
    assert result.image.change.outside == 0
    assert (result.image.width, result.image.height) == (640, 427)
    assert np.array_equal(pixels(tmp_path / "a.png"), pixels(tmp_path / "b.png"))


def test_an_edit_in_python_is_refused_with_the_raw_picture_named(
    before: Path, tmp_path: Path
) -> None:
    wanted = Edit("make the middle red", (str(before),), str(tmp_path / "o.png"),
                  keep_rest=True)  # fmt: skip
    with (
        Emulator(signature_bytes=1000, drift="repaint=8", mark=False) as emulator,
        Editor(base_url=emulator.url, api_key="any") as editor,
        pytest.raises(RefusedError) as caught,
    ):
        editor.edit(wanted)
    assert caught.value.recovery == tmp_path / "o.raw-1.jpg"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--region", "1,2,3"), "is not X,Y,W,H"),
        (("--region", MIDDLE, "--keep-rest"), "contradict each other"),
        (("--invert-mask",), "needs a --mask"),
        (("--max-change", "1"), "--max-change needs"),
        (("--keep-size", "-a", "1:1"), "first picture's shape"),
        (("--region", "5000,0,10,10"), "outside the picture"),
        (("--mask", "missing.png"), "missing.png cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(
    run: Run, service: Emulator, before: Path, arguments: tuple[str, ...], words: str
) -> None:
    sent = len(service.requests)
    done = ask(run, service, before.name, "-o", "out.png", *arguments)
    assert done.status in (2, 3)
    assert words in done.stderr
    assert len(service.requests) == sent


def test_without_the_packages_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wish, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match="optional package") as caught:
        wish.check_wish(Edit("x", ("a.jpg",), keep_size=True))
    assert caught.value.hint == "pip install 'nano-edit[precise]'"


def test_diff_measures_and_decides(run: Run, before: Path, tmp_path: Path) -> None:
    changed = photo("china")
    changed.paste((200, 30, 30), (256, 171, 384, 256))
    changed.save(tmp_path / "after.png")
    photo("china").save(tmp_path / "before.png")
    plain = run("diff", "before.png", "after.png", "--heat", "heat.png")
    assert plain.status == 0, plain.stderr
    assert "changed  3." in plain.stdout
    with Image.open(tmp_path / "heat.png") as image:
        assert image.size == (640, 427)
    assert run("diff", "before.png", "after.png", "--heat", "heat.png").status == 0
    raw = (tmp_path / "before.png").read_bytes()
    taken = run("diff", "before.png", "after.png", "--heat", "before.png")
    assert taken.status == 3
    assert "before.png exists already" in taken.stderr
    assert (tmp_path / "before.png").read_bytes() == raw
    region = ("--region", "256,171,128,86", "--max-change", "0")
    assert run("diff", "before.png", "after.png", *region).status == 0
    small = ("--region", "256,171,64,64", "--max-change", "0.5")
    refused = run("diff", "before.png", "after.png", *small)
    assert refused.status == 9
    assert "at most 0.5 %" in refused.stderr
    told = run("diff", "before.png", "after.png", "--json")
    assert json.loads(told.stdout)["every_pixel"] is True
    assert run("diff", before.name).status == 2
