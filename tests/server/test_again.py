"""Going on from an edit: the earlier turns are sent as they came, or not, and why."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import support
from PIL import Image

from nano_edit import Edit, Editor, Session
from nano_edit.domain import EditEvent, EditResult, Note
from nano_edit.emulator import Emulator
from nano_edit.engine.again import Start, again, find_start, next_edit
from nano_edit.engine.edit import TURNS_REFUSED
from nano_edit.engine.history.entry import Entry, Source
from nano_edit.engine.history.store import History, history_folder
from nano_edit.engine.history.tree import Tree
from nano_edit.engine.history.undo import undo
from nano_edit.engine.prepare import Pipes
from nano_edit.errors import InputError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FLASH = "gemini-3.1-flash-image"


class Desk:
    """An editor in a folder of its own, the emulator behind it, and what was told."""

    def __init__(self, folder: Path, emulator: Emulator, **more: Any) -> None:
        self.folder = folder
        self.emulator = emulator
        self.notes: list[str] = []
        self.editor = Editor(
            base_url=emulator.url, api_key="any", observe=self._hear, **more
        )

    def _hear(self, event: EditEvent) -> None:
        if isinstance(event, Note):
            self.notes.append(event.text)

    def edit(self, instruction: str, *images: str, **more: Any) -> EditResult:
        return self.editor.edit(Edit(instruction, images or ("in.jpg",), **more))

    def again(self, instruction: str, picture: str | None = None, **more: Any) -> Path:
        self.notes.clear()
        result = again(self.editor, picture, instruction, **more)
        assert result.image.path is not None
        return result.image.path

    @property
    def sent(self) -> Any:
        """The last request, as the emulator noted it."""
        return self.emulator.requests[-1]

    @property
    def statuses(self) -> list[int | None]:
        return [entry.status for entry in self.emulator.requests]


@pytest.fixture
def desk(
    tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    support.photo(folder / "in.jpg", 320, 200)
    found = Desk(folder, emulator)
    with found.editor:
        yield found


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- turns -------------------------------------------------------------------


def test_ten_turns_are_one_conversation(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    for turn in range(2, 11):
        made = desk.again("mirror it")
        assert made.name == f"out-{turn}.jpg"
        assert desk.sent.turns == 2 * turn - 1
        assert desk.sent.instruction == "mirror it"
    assert desk.statuses == [200] * 10


@pytest.mark.parametrize(
    "fault",
    [
        *("snake-case", "compact", "late-keys", "escaped", "urlsafe", "drafts"),
        *("drafts-thought", "thought-last", "empty-part", "wrong-mime", "data-url"),
        *("coding=deflate", "coding=identity", "deflate-raw", "gzip-members"),
    ],
)
def test_an_unusual_reply_goes_back_as_it_came(desk: Desk, fault: str) -> None:
    desk.emulator.set_faults(fault)
    desk.edit("sepia", output="out.jpg", text=True)
    desk.again("mirror it")
    assert (desk.sent.status, desk.sent.turns) == (200, 3)
    assert desk.statuses == [200, 200]


@pytest.mark.parametrize("fault", ["bom", "sse", "nan", "truncated-tail"])
def test_a_malformed_reply_does_not_go_back(desk: Desk, fault: str) -> None:
    desk.emulator.set_faults(fault)
    desk.edit("sepia", output="out.jpg")
    desk.again("mirror it")
    assert (desk.sent.status, desk.sent.turns) == (200, 1)
    assert desk.notes[0] == (
        "The earlier turns are not sent: an earlier reply was malformed."
        " The picture is sent as a new one."
    )


def test_further_pictures_are_sent_with_the_new_turn_and_stay(desk: Desk) -> None:
    support.cutout(desk.folder / "mug.png")
    desk.edit("sepia", output="out.jpg")
    desk.again("put the mug there", images=["mug.png"])
    (mug,) = desk.sent.images
    assert (mug.width, mug.height) == (96, 64)
    desk.again("mirror it")
    assert (desk.sent.status, desk.sent.turns) == (200, 5)


def test_a_branch_goes_on_from_the_picture_that_is_named(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    desk.again("mirror it")
    desk.again("brighter")
    desk.again("darker", "out-2.jpg")
    assert desk.sent.turns == 5
    entries = History(history_folder()).entries()
    assert entries[3].parent == entries[1].id


# --- what the service refuses ------------------------------------------------


def test_a_signature_that_is_refused_once_is_sent_again(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    desk.emulator.set_faults("signature-invalid")
    desk.again("mirror it")
    assert desk.statuses == [200, 400, 200]
    assert [entry.turns for entry in desk.emulator.requests] == [1, 3, 3]
    assert desk.notes == []


def test_a_signature_that_is_refused_twice_gives_up_the_turns(desk: Desk) -> None:
    first = desk.edit("sepia", output="out.jpg")
    desk.emulator.set_faults("signature-invalid:2")
    made = desk.again("mirror it")
    assert desk.statuses == [200, 400, 400, 200]
    assert [entry.turns for entry in desk.emulator.requests] == [1, 3, 3, 1]
    assert desk.notes == [TURNS_REFUSED]
    (sent,) = desk.sent.images
    assert (sent.width, sent.height) == (first.image.width, first.image.height)
    # What follows begins at the picture that was sent anew.
    desk.again("brighter")
    assert desk.sent.turns == 3
    assert made.name == "out-2.jpg"


def test_another_refusal_is_an_error_and_nothing_is_sent_twice(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    desk.emulator.set_faults("400")
    with pytest.raises(RejectedError):
        desk.again("mirror it")
    assert desk.statuses == [200, 400]


# --- where a conversation cannot go on ----------------------------------------


def test_another_model_begins_anew(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    desk.again("mirror it", model=FLASH)
    assert (desk.sent.model, desk.sent.turns) == (FLASH, 1)
    assert "they were made by gemini-3-pro-image-preview at apiyi" in desk.notes[0]
    desk.again("brighter")  # with the model of the last edit
    assert (desk.sent.model, desk.sent.turns) == (FLASH, 3)


def test_another_host_begins_anew(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    with Emulator(signature_bytes=400) as other:
        elsewhere = Desk(desk.folder, other)
        elsewhere.again("mirror it")
        assert elsewhere.sent.turns == 1
    assert f"they were made at {desk.emulator.url}" in elsewhere.notes[0]


@pytest.mark.parametrize("change", ["removed", "replaced"])
def test_an_input_that_is_not_as_it_was_begins_anew(desk: Desk, change: str) -> None:
    desk.edit("sepia", output="out.jpg")
    (desk.folder / "in.jpg").unlink()
    if change == "replaced":
        support.photo(desk.folder / "in.jpg", 50, 50)
    desk.again("mirror it")
    assert desk.sent.turns == 1
    assert "in.jpg is not there as it was" in desk.notes[0]


def test_a_reply_that_has_gone_begins_anew(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    for reply in (history_folder() / "replies").iterdir():
        reply.unlink()
    desk.again("mirror it")
    assert desk.sent.turns == 1
    assert "an earlier reply is no longer kept" in desk.notes[0]


def kept_reply() -> Path:
    (reply,) = (history_folder() / "replies").iterdir()
    return reply


def test_a_reply_that_is_damaged_begins_anew(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    kept_reply().write_bytes(b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 50)
    desk.again("mirror it")
    assert desk.sent.turns == 1
    assert "an earlier reply cannot be read" in desk.notes[0]


def test_turns_that_are_larger_than_the_service_takes_begin_anew(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    reply = kept_reply()
    reply.unlink()
    with reply.with_name(reply.name.replace(".gz", "")).open("wb") as file:
        file.write(b'{"candidates":[{"content":{"parts":[{"text":"')
        for _ in range(135):
            file.write(b"x" * 1_000_000)
        file.write(b'"}]}}]}')
    desk.again("mirror it")
    assert desk.sent.turns == 1
    assert "they are larger than the service takes" in desk.notes[0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda lines: lines[1:], "an earlier edit is no longer noted"),
        (
            lambda lines: [line.replace('"2K"', '"9K"', 1) for line in lines],
            "of this: size: '9K' is not one of",
        ),
    ],
)
def test_a_history_that_was_tampered_with_begins_anew(
    desk: Desk, change: Callable[[list[str]], list[str]], why: str
) -> None:
    desk.edit("sepia", output="out.jpg", size="2K")
    desk.again("mirror it")
    log = history_folder() / "log.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
    log.write_text("".join(change(lines)), encoding="utf-8")
    desk.again("brighter", size="1K")
    assert desk.sent.turns == 1
    assert why in desk.notes[0]


def test_an_edit_in_a_folder_that_has_gone_is_none_of_this_one(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    (desk.folder / "gone").mkdir()
    desk.edit("sepia", output="gone/out.jpg")
    shutil.rmtree(desk.folder / "gone")
    assert desk.again("mirror it").name == "out-2.jpg"


def test_more_pictures_than_the_model_takes_begin_anew(desk: Desk) -> None:
    desk.edit("sepia", output="out.png", model="gemini-2.5-flash-image")
    desk.again("mirror it")
    desk.again("brighter")
    assert desk.sent.turns == 5
    desk.again("mirror it")
    assert (desk.sent.status, desk.sent.turns) == (200, 1)
    assert "they hold 4 pictures and gemini-2.5-flash-image takes 3" in desk.notes[0]


def test_a_picture_without_history_is_sent_as_a_new_one(desk: Desk) -> None:
    made = desk.again("sepia", "in.jpg")
    assert desk.notes == ["in.jpg has no history here: it is sent as a new picture."]
    assert made.name == "in-2.jpg"
    assert desk.sent.turns == 1


def test_a_folder_without_edits_has_nothing_to_go_on_from(desk: Desk) -> None:
    with pytest.raises(InputError, match="There is no edit in this folder"):
        desk.again("sepia")
    with pytest.raises(InputError, match=r"none\.jpg cannot be read: No such"):
        desk.again("sepia", "none.jpg")


def test_a_picture_that_was_changed_by_hand_is_not_gone_on_from(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    support.photo(desk.folder / "out.jpg", 40, 40)
    with pytest.raises(InputError, match=r"out\.jpg has changed"):
        desk.again("mirror it")
    (desk.folder / "out.jpg").unlink()
    with pytest.raises(InputError, match=r"out\.jpg, .* is not there") as gone:
        desk.again("mirror it")
    assert "again" in gone.value.hint


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_pipe_is_read_once_and_sent_as_a_new_picture(desk: Desk) -> None:
    pipe = desk.folder / "pipe"
    os.mkfifo(pipe)
    raw = (desk.folder / "in.jpg").read_bytes()
    writer = threading.Thread(target=lambda: pipe.write_bytes(raw), daemon=True)
    writer.start()
    made = desk.again("sepia", str(pipe), output="out.jpg")
    assert made.name == "out.jpg"
    assert "has no history here" in desk.notes[0]
    desk.again("mirror it")
    assert f"what came from {pipe} is not kept" in desk.notes[0]
    with pytest.raises(InputError, match="pipe is not a file"):
        undo(Tree([]), pipe)


# --- names -------------------------------------------------------------------


def test_a_picture_is_found_by_its_bytes(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    (desk.folder / "moved").mkdir()
    (desk.folder / "out.jpg").rename(desk.folder / "moved" / "other.jpg")
    made = desk.again("mirror it", "moved/other.jpg")
    assert desk.sent.turns == 3
    assert made == Path("moved/other-2.jpg")


def test_nothing_is_overwritten(desk: Desk) -> None:
    desk.edit("sepia", output="shot-2024.jpg")
    for name in ("shot-2024-2.jpg", "shot-2024-3.jpg"):
        (desk.folder / name).write_bytes(b"mine")
    assert desk.again("mirror it").name == "shot-2024-4.jpg"
    assert desk.again("mirror it").name == "shot-2024-5.jpg"
    assert (desk.folder / "shot-2024-2.jpg").read_bytes() == b"mine"


def test_an_output_may_be_named(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    assert desk.again("mirror it", output="new.png").name == "new.png"
    assert desk.again("brighter").name == "new-2.png"


# --- what holds for the next turn ---------------------------------------------


def test_size_and_shape_stay_until_others_are_said(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg", size="2K", aspect_ratio="1:1")
    desk.again("mirror it")
    assert (desk.sent.image_size, desk.sent.aspect_ratio) == ("2K", "1:1")
    desk.again("mirror it", size="1K")
    assert (desk.sent.image_size, desk.sent.aspect_ratio) == ("1K", "1:1")


def pixels(path: Path) -> Any:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def test_a_region_stays_and_its_crop_is_sent(desk: Desk) -> None:
    support.photo(desk.folder / "in.png", 320, 200)
    desk.edit("make it red", "in.png", output="out.png", region=("50%,0,50%,100%",))
    crop = desk.sent.images[0]
    made = desk.again("make it blue")
    assert desk.sent.turns == 3
    again_sent = desk.sent.images[0]
    assert (again_sent.width, again_sent.height) == (crop.width, crop.height)
    before, after = pixels(desk.folder / "out.png"), pixels(made)
    assert before.shape == after.shape == (200, 320, 3)
    assert (before[:, :150] == after[:, :150]).all()
    assert abs(before[:, 200:] - after[:, 200:]).mean() > 5


def test_the_whole_picture_may_change_again() -> None:
    options = {"region": ["1,2,3,4"], "size": "2K", "strict": True}
    entry = Entry("a", options=options, mask=Source("m.png", "/none/m.png", "0"))
    start = Start("out.jpg", entry, Tree([entry]))
    for changes, whole in (({}, True), ({"keep_rest": True}, False)):
        edit = next_edit(start, "sepia", changes=changes, whole=whole).edit
        assert (edit.region, edit.mask, edit.size) == ((), None, "2K")
        assert edit.strict


def test_a_mask_stays_as_long_as_it_is_there(desk: Desk) -> None:
    support.photo(desk.folder / "in.png", 320, 200)
    mask = Image.new("L", (320, 200), 0)
    mask.paste(255, (0, 0, 160, 200))
    mask.save(desk.folder / "mask.png")
    desk.edit("make it red", "in.png", output="out.png", mask="mask.png")
    start = find_start(History(history_folder()), "out.png", desk.folder)
    assert next_edit(start, "blue", changes={}).edit.mask == str(
        desk.folder / "mask.png"
    )
    (desk.folder / "mask.png").unlink()
    with pytest.raises(InputError, match="The mask"):
        desk.again("make it green")


def test_the_size_that_was_kept_is_kept(desk: Desk) -> None:
    desk.edit("sepia", output="out.png", keep_size=True)
    made = desk.again("mirror it")
    assert pixels(made).shape == (200, 320, 3)
    assert desk.sent.turns == 3


# --- from the first picture ---------------------------------------------------


def test_the_first_picture_is_edited_with_all_instructions(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    desk.again("mirror it")
    desk.again("brighter", from_original=True)
    text = (
        "Make all of these edits to the picture, in this order:\n"
        "1. sepia\n2. mirror it\n3. brighter"
    )
    assert (desk.sent.turns, desk.sent.instruction) == (1, text)
    assert desk.sent.images[0].width == 320
    desk.again("darker", from_original=True)
    assert desk.sent.instruction == text + "\n4. darker"
    desk.again("invert it")  # and from there a conversation goes on
    assert desk.sent.turns == 3


def test_without_the_first_picture_there_is_no_way_back(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    (desk.folder / "in.jpg").unlink()
    with pytest.raises(InputError, match="not there as it was"):
        desk.again("brighter", from_original=True)
    assert len(desk.statuses) == 1


def test_after_five_edits_a_note_tells_of_wear(desk: Desk) -> None:
    desk.edit("sepia", output="out.jpg")
    for _ in range(4):
        desk.again("mirror it")
        assert desk.notes == []
    desk.again("mirror it")
    (told,) = desk.notes
    assert told.startswith("This is edit 6 in a row")
    desk.again("mirror it", from_original=True)
    desk.again("mirror it")
    assert desk.notes == []


# --- in Python ----------------------------------------------------------------


def test_a_result_goes_on(desk: Desk) -> None:
    result = desk.edit("sepia", output="out.jpg")
    after = result.again("mirror it", aspect_ratio="1:1")
    assert after.image.path == Path("out-2.jpg")
    assert (desk.sent.turns, desk.sent.aspect_ratio) == (3, "1:1")
    assert after.again("brighter", "b.png").image.path == Path("b.png")
    assert desk.sent.turns == 5


def test_a_result_goes_to_another_process_without_its_editor(desk: Desk) -> None:
    result = desk.edit("sepia", output="out.jpg")
    other = pickle.loads(pickle.dumps(result))  # noqa: S301 - made here
    assert other.image == result.image
    with pytest.raises(ValueError, match="no editor"):
        other.again("mirror it")


def test_a_session_goes_on_by_itself(desk: Desk) -> None:
    session = Session(desk.editor, desk.folder / "in.jpg")
    for instruction, turns in (("sepia", 1), ("mirror it", 3), ("brighter", 5)):
        session.edit(instruction)
        assert desk.sent.turns == turns
    names = [result.image.path and result.image.path.name for result in session.results]
    assert names == ["in-2.jpg", "in-3.jpg", "in-4.jpg"]
    session.edit("darker", desk.folder / "d.jpg", from_original=True)
    assert session.picture == str(desk.folder / "d.jpg")
    assert desk.sent.turns == 1


def test_a_session_stays_at_its_picture_when_a_result_goes_to_a_pipe(
    desk: Desk,
) -> None:
    pipe = io.BytesIO()
    with Editor(
        base_url=desk.emulator.url, api_key="any", pipes=Pipes(stdout=pipe)
    ) as editor:
        session = Session(editor, "in.jpg")
        session.edit("sepia", "-")
    assert session.picture == "in.jpg"
    assert pipe.getvalue().startswith(b"\xff\xd8")


def test_without_a_history_a_result_is_sent_as_a_new_picture(desk: Desk) -> None:
    with Editor(base_url=desk.emulator.url, api_key="any", history=False) as editor:
        result = editor.edit(Edit("sepia", ("in.jpg",), "out.jpg"))
        assert result.id == ""
        result.again("mirror it")
    assert desk.sent.turns == 1


# --- as a command ------------------------------------------------------------


def test_the_command_goes_on_from_the_last_edit_here(
    desk: Desk, run: support.Run
) -> None:
    env = {"NANO_EDIT_BASE_URL": desk.emulator.url, "NANO_EDIT_API_KEY": "any"}
    (desk.folder / "more.txt").write_text("mirror it", encoding="utf-8")
    for words, printed in (
        (("sepia", "in.jpg", "-o", "out.jpg", "-m", FLASH), "out.jpg"),
        (("again", "@more.txt"), "out-2.jpg"),
        (("again", "brighter", "out-2.jpg", "-o", "b.jpg"), "b.jpg"),
    ):
        done = run(*words, cwd=desk.folder, env=env)
        assert (done.status, done.stdout.strip()) == (0, printed), done.stderr
    assert (desk.sent.turns, desk.sent.model) == (5, FLASH)
    done = run("again", "x", "--dry-run", "--json", cwd=desk.folder, env=env)
    assert done.status == 0
    assert done.stdout.count('"role": "model"') == 3
    done = run("again", cwd=desk.folder, env=env)
    assert (done.status, done.stdout) == (2, "")
    assert "There is no instruction" in done.stderr
    assert 'Try: nano-edit again "warmer" in.jpg' in done.stderr
    done = run("again", "in.jpg", cwd=desk.folder, env=env)
    assert 'Try: nano-edit again "warmer" in.jpg' in done.stderr


def test_undo_makes_a_picture_anew_that_was_replaced(
    desk: Desk, run: support.Run
) -> None:
    out = desk.folder / "out.jpg"
    desk.edit("sepia", output="out.jpg")
    before = sha256(out)
    desk.again("mirror it", output="out.jpg", force=True)
    after = sha256(out)
    done = run("undo", "--json", cwd=desk.folder)
    assert done.status == 0, done.stderr
    assert json.loads(done.stdout)["kept"] == "out.undone-1.jpg"
    assert sha256(out) == before
    assert run("redo", cwd=desk.folder).stdout == "out.jpg\n"
    assert sha256(out) == after
    for reply in (history_folder() / "replies").iterdir():
        reply.unlink()
    (desk.folder / "out.undone-2.jpg").unlink()
    done = run("undo", "out.jpg", cwd=desk.folder)
    assert done.status == 3
    assert "is not there as it was. Nothing was changed." in done.stderr
    assert len(desk.statuses) == 2


def test_undo_in_a_folder_without_edits_says_so(run: support.Run) -> None:
    done = run("undo")
    assert done.status == 3
    assert "There is no edit in this folder." in done.stderr


def test_only_the_command_line_changes_what_was_said(
    desk: Desk, run: support.Run
) -> None:
    env = {"NANO_EDIT_BASE_URL": desk.emulator.url, "NANO_EDIT_API_KEY": "any"}
    desk.edit("sepia", output="out.jpg", size="2K", model=FLASH)
    lasting = env | {"NANO_EDIT_SIZE": "1K", "NANO_EDIT_MODEL": "pro"}
    lasting["NANO_EDIT_ASPECT_RATIO"] = "1:1"  # nothing was said of it
    for words, size, model in (
        ((), "2K", FLASH),
        (("-s", "1K"), "1K", FLASH),
        (("-m", "pro"), "1K", "gemini-3-pro-image-preview"),
    ):
        done = run("again", "mirror it", *words, cwd=desk.folder, env=lasting)
        assert done.status == 0, done.stderr
        assert (desk.sent.image_size, desk.sent.model) == (size, model)
        assert desk.sent.aspect_ratio == "1:1"


@pytest.mark.skipif(os.name != "posix", reason="its standard input is a pipe here")
def test_the_command_takes_a_picture_from_a_pipe(desk: Desk, run: support.Run) -> None:
    env = {"NANO_EDIT_BASE_URL": desk.emulator.url, "NANO_EDIT_API_KEY": "any"}
    picture = (desk.folder / "in.jpg").read_bytes()
    done = run(
        *("again", "sepia", "-", "-o", "a.jpg"),
        cwd=desk.folder,
        env=env,
        stdin=picture,
    )
    assert done.status == 0, done.stderr
    assert "- has no history here" in done.stderr
