"""``from nano_edit import edit``: the edit that a Python program makes."""

from __future__ import annotations

import hashlib
import inspect
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import support
from PIL import Image

import nano_edit
from nano_edit import (
    Batch,
    Editor,
    EditResult,
    NanoEditError,
    edit,
    edit_many,
)
from nano_edit.domain import AttemptStarted, Finishing, Note, RetryScheduled
from nano_edit.errors import (
    AuthError,
    InputError,
    QuotaError,
    RefusedError,
    ServerError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nano_edit.domain import EditEvent
    from nano_edit.emulator import Emulator

KEY = "sk-canary-4711"


@pytest.fixture
def service(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator, known to the environment as a user would make it known."""
    monkeypatch.setenv("NANO_EDIT_BASE_URL", emulator.url)
    monkeypatch.setenv("NANO_EDIT_API_KEY", KEY)
    return emulator


@pytest.fixture
def picture(photo: Callable[..., Path]) -> Path:
    return photo("in.jpg", 320, 240)


@pytest.mark.usefixtures("service")
def test_the_edited_picture_is_where_the_result_says(
    picture: Path, tmp_path: Path
) -> None:
    result = edit("sepia", picture, tmp_path / "out.png")
    assert isinstance(result, EditResult)
    assert result.image.path == tmp_path / "out.png"
    with Image.open(tmp_path / "out.png") as written:
        assert written.format == "PNG"
        assert written.size == (result.image.width, result.image.height)
    content = (tmp_path / "out.png").read_bytes()
    assert result.image.sha256 == hashlib.sha256(content).hexdigest()
    assert (result.attempts, result.cached) == (1, False)


def test_several_pictures_go_in_their_order(
    service: Emulator, photo: Callable[..., Path], tmp_path: Path
) -> None:
    pictures: list[str | Path] = [str(photo("a.jpg", 320, 240))]
    pictures.append(photo("b.jpg", 200, 300))
    edit("side by side", pictures, str(tmp_path / "out.jpg"))
    (asked,) = service.requests
    sizes = [(image.width, image.height) for image in asked.images]
    assert sizes == [(320, 240), (200, 300)]


def test_without_an_output_the_name_comes_from_the_first_picture(
    service: Emulator, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = edit("sepia", picture)
    assert result.image.path is not None
    assert result.image.path.resolve() == tmp_path / "in-edited.jpg"
    assert len(service.requests) == 1


def test_what_is_asked_for_is_sent(
    service: Emulator, picture: Path, tmp_path: Path
) -> None:
    edit("sepia", picture, tmp_path / "out.jpg", aspect_ratio="match", size="2K")
    (asked,) = service.requests
    assert (asked.instruction, asked.aspect_ratio, asked.image_size) == (
        *("sepia", "4:3", "2K"),
    )


def test_the_models_words_are_in_the_result(
    service: Emulator, picture: Path, tmp_path: Path
) -> None:
    result = edit("sepia", picture, tmp_path / "out.jpg", text=True)
    assert result.text
    assert service.requests[0].modalities == ("TEXT", "IMAGE")


# --- key and address ---------------------------------------------------------


def key_sent(service: Emulator) -> str | None:
    return service.requests[-1].key_sha256


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def test_a_key_that_is_given_goes_before_the_environments(
    service: Emulator, picture: Path, tmp_path: Path
) -> None:
    edit("sepia", picture, tmp_path / "out.jpg")
    assert key_sent(service) == digest(KEY)
    edit("sepia", picture, tmp_path / "again.jpg", api_key=" other\n")
    assert key_sent(service) == digest("other")


def test_the_providers_own_variable_and_header_are_used(
    emulator: Emulator,
    picture: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "from-google")
    edit(
        "sepia",
        picture,
        tmp_path / "out.jpg",
        provider="google",
        base_url=emulator.url,
    )
    (asked,) = emulator.requests
    assert asked.key_header == "x-goog-api-key"
    assert asked.key_sha256 == digest("from-google")
    assert asked.model == "gemini-3-pro-image"


def test_no_key_is_told_before_anything_is_sent(picture: Path, tmp_path: Path) -> None:
    with pytest.raises(AuthError, match="APIYI_API_KEY"):
        edit("sepia", picture, tmp_path / "out.jpg", base_url="https://example.invalid")


def test_this_machine_needs_no_key(
    emulator: Emulator, picture: Path, tmp_path: Path
) -> None:
    with pytest.raises(AuthError, match="wants a key"):  # asked, without one
        edit("sepia", picture, tmp_path / "out.jpg", base_url=emulator.url)
    assert len(emulator.requests) == 1


@pytest.mark.parametrize("broken", ["", "two words", "ключ"])
def test_what_can_be_no_key_is_an_error_that_does_not_show_it(
    picture: Path, broken: str
) -> None:
    with pytest.raises(AuthError) as told:
        edit("sepia", picture, api_key=broken)
    assert not broken or broken not in str(told.value)


# --- what cannot be meant ----------------------------------------------------


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"instruction": " \n"}, "instruction is empty"),
        ({"instruction": "\ud800"}, "not valid UTF-8"),
        ({"images": []}, "no picture"),
        ({"images": ["-"]}, "not standard input"),
        ({"provider": "acme"}, "no provider 'acme'"),
        ({"size": "8K"}, "8K"),
        ({"aspect_ratio": "1:8"}, "1:8"),
        ({"base_url": "http://example.com"}, "plain http"),
        ({"format": "xyz"}, "no format"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    picture: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        edit(**{"instruction": "sepia", "images": picture, **changes})


def test_a_picture_that_is_none_is_not_sent(service: Emulator, tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("no picture", encoding="utf-8")
    with pytest.raises(InputError, match=r"notes\.jpg"):
        edit("sepia", tmp_path / "notes.jpg", tmp_path / "out.jpg")
    assert not service.requests


def test_an_output_that_exists_stays_unless_forced(
    service: Emulator, picture: Path, tmp_path: Path
) -> None:
    (tmp_path / "out.jpg").write_bytes(b"mine")
    with pytest.raises(InputError):
        edit("sepia", picture, tmp_path / "out.jpg")
    assert not service.requests
    edit("sepia", picture, tmp_path / "out.jpg", force=True)
    assert (tmp_path / "out.jpg").read_bytes() != b"mine"


# --- what the service does ---------------------------------------------------


def test_a_refusal_is_an_error_that_says_whether_it_was_billed(
    service: Emulator, picture: Path, tmp_path: Path
) -> None:
    service.set_faults("IMAGE_SAFETY")
    with pytest.raises(RefusedError) as told:
        edit("sepia", picture, tmp_path / "out.jpg")
    assert told.value.billed == "yes"
    assert told.value.attempts == 1
    assert isinstance(told.value, NanoEditError)


def test_a_reply_that_was_paid_for_is_kept_and_named(
    service: Emulator, picture: Path, tmp_path: Path
) -> None:
    service.set_faults("truncated-json")
    with pytest.raises(ServerError) as told:
        edit("sepia", picture, tmp_path / "out.jpg")
    assert told.value.billed == "yes"
    assert told.value.recovery is not None
    assert told.value.recovery.stat().st_size > 0


def test_retries_are_made_as_asked_and_heard_of(
    service: Emulator, picture: Path, tmp_path: Path
) -> None:
    events: list[EditEvent] = []
    service.set_faults("429=0.1,ok")
    result = edit("sepia", picture, tmp_path / "out.jpg", observe=events.append)
    assert result.attempts == 2
    kinds = [type(event) for event in events]
    assert kinds.count(AttemptStarted) == 2
    assert kinds.index(RetryScheduled) < kinds.index(Finishing)
    service.set_faults("429=0.1,ok")
    with pytest.raises(QuotaError):
        edit("sepia", picture, tmp_path / "no.jpg", retries=0)


def test_notes_about_the_pictures_are_heard(service: Emulator, tmp_path: Path) -> None:
    frames = [support.scene(64, 48, seed=seed) for seed in (1, 2)]
    frames[0].save(tmp_path / "two.gif", save_all=True, append_images=frames[1:])
    events: list[EditEvent] = []
    edit("sepia", tmp_path / "two.gif", tmp_path / "out.jpg", observe=events.append)
    notes = [event.text for event in events if isinstance(event, Note)]
    assert any("first is sent" in note for note in notes)
    assert len(service.requests) == 1


def test_strict_is_an_error_that_names_the_picture(
    service: Emulator, picture: Path, tmp_path: Path
) -> None:
    service.set_faults("small")
    with pytest.raises(RefusedError) as told:
        edit("sepia", picture, tmp_path / "out.jpg", size="2K", strict=True)
    assert told.value.recovery == tmp_path / "out.jpg"


def test_the_same_edit_is_paid_for_once_with_a_cache(
    service: Emulator, picture: Path, tmp_path: Path
) -> None:
    for name, cached in (("one.jpg", False), ("two.jpg", True)):
        result = edit("sepia", picture, tmp_path / name, cache=tmp_path / "cache")
        assert result.cached is cached
    assert len(service.requests) == 1
    assert (tmp_path / "one.jpg").read_bytes() == (tmp_path / "two.jpg").read_bytes()


def test_threads_may_edit_at_the_same_time(
    service: Emulator, picture: Path, tmp_path: Path
) -> None:
    def one(number: int) -> Path | None:
        return edit("sepia", picture, tmp_path / f"{number}.jpg").image.path

    with ThreadPoolExecutor(4) as threads:
        written = list(threads.map(one, range(4)))
    assert all(path and path.exists() for path in written)
    assert len(service.requests) == 4


# --- how it is loaded and documented -----------------------------------------


def modules_after(program: str) -> set[str]:
    """The modules that are loaded once the program has run."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print(*sys.modules)"],
        env=support.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_of_it() -> None:
    loaded = modules_after("import nano_edit; nano_edit.__version__")
    ours = {name for name in loaded if name.startswith("nano_edit.")}
    assert ours <= {"nano_edit.version"}


def test_a_program_needs_no_terminal() -> None:
    loaded = modules_after("from nano_edit import edit")
    assert "nano_edit.api" in loaded
    assert not loaded & {"typer", "rich", "nano_edit.cli"}


@pytest.mark.parametrize("name", nano_edit.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(nano_edit, name)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'edits'"):
        _ = nano_edit.edits


@pytest.mark.parametrize("described", [edit, edit_many, Editor, Batch])
def test_every_argument_is_documented(described: Any) -> None:
    names = list(inspect.signature(described).parameters)
    words = re.findall(r"\w+", inspect.getdoc(described) or "")
    assert not {*names} - {*words}
