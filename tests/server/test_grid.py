"""Several variants in one paid picture: asked for once, cut, and never lost."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import support
from PIL import Image, ImageStat

from nano_edit import Edit, Editor
from nano_edit.domain import EditEvent, RequestSent
from nano_edit.engine.variants import Variants
from nano_edit.errors import InterruptedEdit, OutputError, Terminated, TerminatedEdit
from nano_edit.pictures.outputs.cells import Grid

if TYPE_CHECKING:
    from nano_edit.emulator import Emulator


@pytest.fixture(autouse=True)
def service(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Emulator:
    monkeypatch.setenv("NANO_EDIT_BASE_URL", emulator.url)
    monkeypatch.setenv("NANO_EDIT_API_KEY", "sk-canary-4711")
    monkeypatch.setenv("NANO_EDIT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    support.photo(tmp_path / "in.jpg", 300, 200)
    return emulator


GRID = ("sepia", "in.jpg", "--grid", "2x2", "-o", "out.jpg")


def pictures(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("o*.*"))


def brightness(path: Path) -> float:
    with Image.open(path) as image:
        return sum(ImageStat.Stat(image).mean)


def test_one_paid_picture_becomes_four(
    service: Emulator, run: support.Run, tmp_path: Path
) -> None:
    done = run(*GRID)
    names = [f"out-{number}.jpg" for number in range(1, 5)]
    assert (done.status, done.stdout.splitlines()) == (0, names), done.stderr
    assert pictures(tmp_path) == names
    assert len(service.requests) == 1
    lights = [brightness(tmp_path / name) for name in names]
    assert lights == sorted(lights)
    assert lights[0] * 1.1 < lights[3]
    for name in names:  # each is the whole scene, in the first picture's shape
        with Image.open(tmp_path / name) as image:
            assert image.width / image.height == pytest.approx(1.5, rel=0.03)
    said = "4 variants in one picture: about $0.09 in all; each about 624x416 pixels."
    assert f"{said} -s 4K gives larger ones." in done.stderr
    on = run("again", "mirror it", "out-2.jpg")
    assert "out-2.jpg has no history here: it is sent as a new picture." in on.stderr


def test_the_reply_is_kept_in_the_history(run: support.Run, tmp_path: Path) -> None:
    run(*GRID)
    line = json.loads(run("history", "--json").stdout.splitlines()[0])
    assert line["output"] == str(tmp_path / "out-grid.jpg")
    assert line["instruction"] == "sepia"


def test_a_name_that_is_taken_is_told_before_sending(
    service: Emulator, run: support.Run, tmp_path: Path
) -> None:
    (tmp_path / "out-3.jpg").write_bytes(b"mine")
    (tmp_path / "out-grid.jpg").write_bytes(b"mine too")
    done = run(*GRID)
    assert done.status == 3, done.stderr
    assert "out-3.jpg exists already" in done.stderr
    assert not service.requests
    done = run(*GRID, "--force", "-q")
    assert (done.status, done.stderr) == (0, "")
    assert (tmp_path / "out-3.jpg").read_bytes() != b"mine"
    assert (tmp_path / "out-grid.jpg").read_bytes() == b"mine too"


def test_a_dry_run_tells_price_pixels_and_names(
    service: Emulator, run: support.Run
) -> None:
    done = run(*GRID, "--dry-run", "--format", "png")
    assert "The pictures would go to out-1.jpg ... out-4.jpg." in done.stdout
    assert done.stdout.count("4 variants in one picture: about $0.09 in all") == 1
    record = json.loads(run(*GRID[:-2], "-s", "4K", "--dry-run", "--json").stdout)
    assert record["outputs"] == [f"in-edited-{number}" for number in range(1, 5)]
    assert record["rework"][0].endswith("pixels.")
    assert not service.requests


@pytest.mark.parametrize(
    ("grid", "more", "ratio"),
    [
        ("2x2", (), "3:2"),
        ("1x2", (), "3:4"),
        ("2x1", (), "21:9"),
        ("1x3", (), "9:16"),
        ("1x2", ("-a", "1:1"), "1:1"),
    ],
)
def test_the_ratio_gives_cells_the_shape_of_the_first_picture(
    run: support.Run, grid: str, more: tuple[str, ...], ratio: str
) -> None:
    done = run("x", "in.jpg", "--grid", grid, *more, "--dry-run", "--json")
    config = json.loads(done.stdout)["body"]["generationConfig"]
    assert config["imageConfig"]["aspectRatio"] == ratio


class Made:
    """A grid in this process, for what happens between sending and cutting."""

    def __init__(self, emulator: Emulator) -> None:
        self.editor = Editor(base_url=emulator.url, api_key="any")
        self.variants = Variants(
            Edit("sepia", ("in.jpg",), "out.jpg"), Grid(2, 2), is_dry=False
        )

    def take(self, event: EditEvent) -> None:
        if isinstance(event, RequestSent):
            Path("out-3.jpg").write_bytes(b"of another run")


def test_a_cell_that_cannot_be_placed_leaves_the_whole_picture(
    service: Emulator,
) -> None:
    made = Made(service)
    with made.editor, made.variants.prepare(made.editor, print, True) as prepared:
        result = made.editor.send(prepared, made.take)
        with pytest.raises(OutputError) as caught:
            made.variants.cut(result, print)
    made.variants.close()
    assert caught.value.exit_status == 11
    assert caught.value.recovery == Path("out-grid.jpg")
    assert Path("out-3.jpg").read_bytes() == b"of another run"
    with Image.open("out-grid.jpg") as image:
        image.load()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Terminated])
def test_an_interruption_of_the_cutting_names_the_whole_picture(
    service: Emulator, stop: type[KeyboardInterrupt]
) -> None:
    def interrupt(_: str) -> None:
        raise stop

    made = Made(service)
    support.cutout(Path("whole.png"))
    with made.editor, made.variants.prepare(made.editor, print, True) as prepared:
        result = made.editor.send(prepared)
        image = replace(
            result.image,
            path=Path("whole.png"),
            mime_type="image/png",
            width=96,
            height=64,
        )
        with pytest.raises(InterruptedEdit) as caught:  # by the note on lost alpha
            made.variants.cut(replace(result, image=image), interrupt)
    made.variants.close()
    assert isinstance(caught.value, TerminatedEdit) is (stop is Terminated)
    assert caught.value.recovery == Path("whole.png")
    assert sorted(path.name for path in Path().glob("out*")) == ["out-grid.jpg"]


def test_a_long_name_has_room_for_the_whole_picture(run: support.Run) -> None:
    name = "n" * 245
    done = run("sepia", "in.jpg", "--grid", "1x2", "-o", f"{name}.jpg")
    assert done.status == 0, done.stderr
    assert done.stdout.splitlines() == [f"{name}-1.jpg", f"{name}-2.jpg"]
    assert not [*Path().glob("*-grid*")]
