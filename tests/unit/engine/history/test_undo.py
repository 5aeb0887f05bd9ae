"""Undo and redo move names between pictures, and no picture is ever lost.

``KILLS=200`` in the environment kills as many processes at it.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support import environment

from nano_edit.engine.history.entry import Entry, Source
from nano_edit.engine.history.store import History
from nano_edit.engine.history.tree import Tree
from nano_edit.engine.history.undo import redo, undo
from nano_edit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

KILLS = int(os.environ.get("KILLS", "4"))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Line:
    """Pictures in a folder, each made from the one before: in, a, b, c."""

    def __init__(self, folder: Path, *, names: str = "in a b c", suffix: str) -> None:
        self.folder = folder
        self.pictures = {
            name: name.encode() * 2000 for name in dict.fromkeys(names.split())
        }
        self.paths = {name: folder / f"{name}{suffix}" for name in self.pictures}
        entries: list[Entry] = []
        for name, data in self.pictures.items():
            self.paths[name].write_bytes(data)
        made = [*self.pictures]
        for before, after in itertools.pairwise(made):
            path = self.paths[before]
            image = Source(path.name, str(path), digest(self.pictures[before]))
            entries.append(
                Entry(
                    after,
                    images=(image,),
                    output=str(self.paths[after]),
                    sha256=digest(self.pictures[after]),
                    parent=before if entries else "",
                )
            )
        self.entries = entries
        self.tree = Tree(entries)

    def found(self) -> dict[str, str]:
        """Each file of the folder and the picture that it holds."""
        known = {data: name for name, data in self.pictures.items()}
        return {
            path.name: known.get(path.read_bytes(), "?")
            for path in sorted(self.folder.iterdir())
        }


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path, suffix=".jpg")


def test_undo_puts_back_what_a_picture_was_made_from(line: Line) -> None:
    done = undo(line.tree, line.paths["c"])
    assert (done.entry.id, done.kept) == ("c", line.folder / "c.undone-1.jpg")
    assert line.found() == {
        **{f"{name}.jpg": name for name in ("in", "a", "b")},
        "c.jpg": "b",
        "c.undone-1.jpg": "c",
    }


def test_undo_goes_back_to_the_first_picture_and_redo_forth_again(line: Line) -> None:
    before = line.found()
    for _ in "cba":
        undo(line.tree, line.paths["c"])
    assert line.found()["c.jpg"] == "in"
    with pytest.raises(InputError, match="nothing to undo"):
        undo(line.tree, line.paths["c"])
    for picture in "abc":
        done = redo(line.tree, line.paths["c"])
        assert (done.entry.id, done.kept) == (picture, None)
        assert line.found()["c.jpg"] == picture
    assert line.found() == before
    with pytest.raises(InputError, match="nothing to redo"):
        redo(line.tree, line.paths["c"])


def test_a_picture_that_lies_nowhere_else_stays_when_it_is_replaced(line: Line) -> None:
    undo(line.tree, line.paths["c"])
    line.paths["b"].unlink()
    done = redo(line.tree, line.paths["c"])
    assert done.kept == line.folder / "c.undone-2.jpg"
    found = line.found()
    assert (found["c.jpg"], found["c.undone-2.jpg"]) == ("c", "b")


def test_what_was_made_from_may_be_undone_itself(line: Line) -> None:
    undo(line.tree, line.paths["b"])  # b.jpg holds a, b.undone-1.jpg holds b
    with pytest.raises(InputError, match="is not there as it was"):
        undo(line.tree, line.paths["c"])
    assert line.found()["c.jpg"] == "c"
    undo(line.tree, line.paths["b"])
    assert line.found()["b.jpg"] == "in"


def test_a_name_is_never_taken_from_another_file(line: Line) -> None:
    mine = line.folder / "c.undone-1.jpg"
    mine.write_bytes(b"mine")
    done = undo(line.tree, line.paths["c"])
    assert done.kept == line.folder / "c.undone-2.jpg"
    assert mine.read_bytes() == b"mine"
    redo(line.tree, line.paths["c"])
    assert mine.read_bytes() == b"mine"


def test_another_format_is_refused(tmp_path: Path) -> None:
    line = Line(tmp_path, names="in a", suffix=".jpg")
    png = tmp_path / "a.png"
    line.paths["a"].rename(png)
    with pytest.raises(InputError, match="of another format"):
        undo(line.tree, png)
    assert line.found() == {"in.jpg": "in", "a.png": "a"}


def test_what_is_not_known_is_refused(line: Line, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to undo"):
        undo(line.tree, line.paths["in"])
    with pytest.raises(InputError, match="No such file"):
        undo(line.tree, tmp_path / "missing.jpg")
    lone = Tree([Entry("x", sha256=digest(line.pictures["a"]))])
    with pytest.raises(InputError, match="is not known"):
        undo(lone, line.paths["a"])
    line.paths["b"].write_bytes(b"other")
    with pytest.raises(InputError, match=r"b\.jpg, is not there as it was"):
        undo(line.tree, line.paths["c"])


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_stays_and_its_target_changes(line: Line, tmp_path: Path) -> None:
    link = tmp_path / "link.jpg"
    link.symlink_to(line.paths["c"])
    undo(line.tree, link)
    assert link.is_symlink()
    assert line.found()["c.jpg"] == "b"
    assert (tmp_path / "c.undone-1.jpg").exists()
    redo(line.tree, link)
    assert line.found()["c.jpg"] == "c"


def test_a_disk_without_hard_links_copies(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", refuse)
        undo(line.tree, line.paths["c"])
    assert line.found()["c.undone-1.jpg"] == "c"


def test_a_name_that_is_taken_meanwhile_is_left_alone(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def be_first(source: Path, target: Path) -> None:
        if str(target).endswith("-1.jpg"):
            target.write_bytes(b"mine")
        link(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", be_first)
        done = undo(line.tree, line.paths["c"])
    assert done.kept == line.folder / "c.undone-2.jpg"
    assert (line.folder / "c.undone-1.jpg").read_bytes() == b"mine"


def test_what_the_disk_refuses_is_told(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(InputError, match="cannot be changed: Read-only"):
        undo(line.tree, line.paths["c"])
    assert line.found()["c.jpg"] == "c"


@pytest.mark.skipif(
    os.name != "posix" or not hasattr(os, "geteuid") or not os.geteuid(),
    reason="root may write anywhere",
)
def test_a_folder_that_takes_no_file_is_told(line: Line) -> None:
    line.folder.chmod(0o500)
    try:
        with pytest.raises(InputError, match="cannot be changed"):
            undo(line.tree, line.paths["c"])
    finally:
        line.folder.chmod(0o700)


# --- kills -------------------------------------------------------------------

BACK_AND_FORTH = """
import sys
from pathlib import Path
from nano_edit.engine.history.store import History
from nano_edit.engine.history.tree import Tree
from nano_edit.engine.history.undo import redo, undo
from nano_edit.errors import InputError
tree = Tree(History(Path(sys.argv[1])).entries())
picture = Path(sys.argv[2])
print("ready", flush=True)
while True:
    for step in (undo, undo, undo, redo, redo, redo):
        try:
            step(tree, picture)
        except InputError:
            pass
"""


@pytest.mark.skipif(os.name != "posix", reason="a kill is POSIX's")
def test_no_picture_is_lost_to_a_kill(tmp_path: Path) -> None:
    chance = random.Random(1)  # noqa: S311 - a moment, not a secret
    folder = tmp_path / "work"
    folder.mkdir()
    line = Line(folder, suffix=".jpg")
    history = History(tmp_path / "history")
    for entry in line.entries:
        history.add(entry)
    for _ in range(KILLS):
        words = [sys.executable, "-c", BACK_AND_FORTH]
        with subprocess.Popen(
            [*words, str(history.folder), str(line.paths["c"])],
            env=environment(),
            stdout=subprocess.PIPE,
        ) as running:
            assert running.stdout is not None
            assert running.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0, 0.05))  # the kill's moment is the test
            running.kill()
        found = line.found()
        assert {*line.pictures} <= {*found.values()}
        assert found["c.jpg"] in line.pictures
        whole = {name for name in found if not name.startswith(".")}
        assert "?" not in {found[name] for name in whole}
        _tidy(line)


def _tidy(line: Line) -> None:
    """Remove what is there twice, as a person would in time."""
    for path in line.folder.glob("c.undone-*"):
        if sum(name == line.found()[path.name] for name in line.found().values()) > 2:
            path.unlink()
