from __future__ import annotations

import io
import json
import os
import re
import time
from typing import TYPE_CHECKING

import pytest
from support import photo
from support.replies import body, image_part, reply

from nano_edit import __main__ as program
from nano_edit.cli import app
from nano_edit.cli.command_line import expanded
from nano_edit.cli.terminal import Terminal
from nano_edit.emulator import Emulator
from nano_edit.errors import ExitStatus, Terminated

if TYPE_CHECKING:
    from pathlib import Path

    from support import Run

KEY = {"NANO_EDIT_API_KEY": "any"}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return photo(tmp_path / "in.jpg")


def spool(home: Path, name: str, raw: bytes, age: float = 0) -> Path:
    """Put a reply where an earlier run would have kept it."""
    folder = home / ".local/state/nano-edit/replies"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"reply-20260101T000000Z-0000000{len(name)}-{name}.json"
    path.write_bytes(raw)
    os.utime(path, (time.time() - age,) * 2)
    return path


def whole(tmp_path: Path) -> bytes:
    data = photo(tmp_path / "edited.jpg").read_bytes()
    return body(reply(image_part(data, "image/jpeg"), {"text": "Here it is."}))


# --- the command line --------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x", "in.jpg", "-a", "16x10"], "Did you mean 3:2 or 16:9?"),
        (["x", "in.jpg", "-s", "3K"], "Did you mean 2K or 4K?"),
        (["x", "in.jpg", "-s", "8K"], "--size: '8K' is not one of 512 1K 2K 4K"),
        (["x", "in.jpg", "--provider", "gogle"], "Did you mean google?"),
        (["x", "in.jpg", "-j", "many"], "--jobs: 'many' is not a whole number."),
        (["x", "in.jpg", "-j", "0"], "--jobs: 0 is less than 1"),
        (["x", "in.jpg", "--timeout", "nan"], "--timeout: 'nan' is not a number."),
        (["x", "in.jpg", "--ouput", "y"], "Did you mean --output?"),
        (["x", "in.jpg", "--recover"], "Did you mean: nano-edit replies recover"),
        (["x", "in.jpg", "--show-config"], "Did you mean: nano-edit config show"),
        (["x", "in.jpg", "-o"], "requires an argument"),
        (["x"], "There is no picture to edit."),
        (["login"], "Did you mean: nano-edit auth login"),
        (["sepia", "mugs.csv"], "Did you mean: nano-edit batch mugs.csv"),
        (["auth", "lgin"], "Did you mean: nano-edit auth login"),
        (["auth", "zzz"], "There are: login, status, logout."),
        (["help", "replys"], "Did you mean: nano-edit help replies"),
        (["help", "zzz"], "There is no command 'zzz'."),
        (["batch"], "There is no list of edits."),
        (["models", "x"], "nano-edit models takes no further argument: x."),
        (["models", "in.jpg"], 'the word itself: nano-edit edit "models" IMAGE...'),
        (["emulator", "--fault", "zzz"], "there is no fault named 'zzz'."),
        (["emulator", "--prt", "1"], "No such option: --prt"),
        (
            ["make", "it", "sepia", "in.jpg"],
            'Did you forget the quotes? nano-edit "make it sepia" in.jpg',
        ),
        (["in.jpg", "x"], "in.jpg is a picture; the instruction comes first."),
        (["@-", "-"], "Standard input cannot be instruction and picture at once."),
        (["x", "in.jpg", "-o", "-", "--json"], "cannot both go to standard output"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(
    run: Run, picture: Path, arguments: list[str], said: str
) -> None:
    done = run(*arguments, cwd=picture.parent)
    assert done.status == ExitStatus.USAGE
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("NANO_EDIT_JOBS", "x", "NANO_EDIT_JOBS: 'x' is not a whole number."),
        ("NANO_EDIT_TEXT", "maybe", "NANO_EDIT_TEXT: 'maybe' is neither true nor"),
    ],
)
def test_a_wrong_variable_is_named(
    run: Run, picture: Path, variable: str, value: str, said: str
) -> None:
    done = run("x", "in.jpg", cwd=picture.parent, env={variable: value})
    assert (done.status, said in done.stderr) == (ExitStatus.USAGE, True)


@pytest.mark.parametrize("value", ["1", "yes", "on", "TRUE"])
def test_a_variable_turns_json_on_for_failures_too(
    run: Run, tmp_path: Path, value: str
) -> None:
    done = run("x", "none.jpg", cwd=tmp_path, env={"NANO_EDIT_JSON": value})
    assert json.loads(done.stdout)["error"]["code"] == "input"


def test_a_misspelt_variable_is_a_warning_unless_quiet(run: Run, picture: Path) -> None:
    env = {"NANO_EDIT_RETRYS": "1"}
    asked = ("x", "in.jpg", "--dry-run")
    done = run(*asked, cwd=picture.parent, env=env)
    assert "warning: NANO_EDIT_RETRYS has no meaning" in done.stderr
    assert not run(*asked, "-q", cwd=picture.parent, env=env).stderr


def test_a_near_miss_of_a_picture_is_answered(run: Run, picture: Path) -> None:
    for many in ((), ("--each", "-o", "out")):
        done = run("sepia", "in.jgp", *many, cwd=picture.parent)
        assert done.status == ExitStatus.INPUT
        assert "Did you mean in.jpg?" in done.stderr


def test_a_deprecated_model_is_said_once(run: Run, picture: Path) -> None:
    asked = ("sepia", "in.jpg", "-n", "2", "--dry-run", "-m")
    done = run(*asked, "gemini-3.1-flash-image", cwd=picture.parent)
    assert done.stderr.count("is deprecated since 2026-10-06") == 1
    assert "deprecated" not in run(*asked, "flash", cwd=picture.parent).stderr


def test_the_provider_of_the_only_key_is_said_with_v(run: Run, picture: Path) -> None:
    env = {
        "GEMINI_API_KEY": "AIza-canary",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    asked = ("sepia", "in.jpg", "--dry-run")
    done = run(*asked, "-v", cwd=picture.parent, env=env)
    assert "Provider: google (GEMINI_API_KEY, the only key)." in done.stderr
    assert "generativelanguage.googleapis.com" in done.stdout
    assert "Provider" not in run(*asked, cwd=picture.parent, env=env).stderr


@pytest.mark.parametrize(
    ("option", "value"),
    [("-s", "1024"), ("-a", "16x9"), ("--format", "jpeg"), ("-m", "pro")],
)
def test_what_can_mean_only_one_thing_is_understood(
    run: Run, picture: Path, option: str, value: str
) -> None:
    done = run("sepia", "in.jpg", option, value, "--dry-run", cwd=picture.parent)
    assert done.status == 0


def test_a_pattern_that_no_shell_expanded_names_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.jpg", "a.jpg", "c.png"):
        (tmp_path / name).touch()
    given = ["make it *bold*", "*.jpg", "no*.gif", "--x=*.jpg"]
    assert expanded(given) == [
        *("make it *bold*", "a.jpg", "b.jpg", "no*.gif", "--x=*.jpg")
    ]


def test_a_signal_outside_a_call_says_that_none_was_under_way() -> None:
    class Stopped(io.BytesIO):
        def __init__(self, stop: BaseException) -> None:
            super().__init__()
            self.stop = stop

        def write(self, _: object) -> int:
            raise self.stop

    for stop, status in ((KeyboardInterrupt(), 130), (Terminated(), 143)):
        said = io.StringIO()
        terminal = Terminal(io.BytesIO(), Stopped(stop), said)
        assert app.run(["--version"], terminal) == status
        assert "no call was under way" in said.getvalue()


def test_importing_the_program_runs_nothing() -> None:
    assert callable(program.main)


# --- the instruction ---------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "status", "said"),
    [
        (b"\xff\xfe\xfd", ExitStatus.INPUT, "is not UTF-8 text"),
        (b"x" * (1024 * 1024 + 1), ExitStatus.INPUT, "is longer than 1 MiB"),
        (b" \n", ExitStatus.USAGE, "The instruction is empty."),
    ],
)
def test_an_instruction_file_that_is_no_use_is_refused(
    run: Run, picture: Path, raw: bytes, status: int, said: str
) -> None:
    (picture.parent / "words.txt").write_bytes(raw)
    done = run("@words.txt", "in.jpg", cwd=picture.parent)
    assert (done.status, said in done.stderr) == (status, True)
    done = run("@-", "in.jpg", cwd=picture.parent, stdin=raw)
    assert (done.status, said in done.stderr) == (status, True)


def test_an_instruction_file_that_is_missing_is_named(run: Run, picture: Path) -> None:
    done = run("@none.txt", "in.jpg", cwd=picture.parent)
    assert done.status == ExitStatus.INPUT
    assert "cannot be read from none.txt" in done.stderr


# --- one edit ----------------------------------------------------------------


def test_what_is_told_of_an_edit(run: Run, picture: Path, home: Path) -> None:
    (home / "key").write_text("any")
    (home / "key").chmod(0o644)
    spool(home, "one", b"{")
    with Emulator(faults="small,ok", signature_bytes=1000) as emulator:
        asked = ("sepia", "in.jpg", "--base-url", emulator.url)
        key = ("--api-key-file", home / "key")
        done = run(*asked, *key, "-s", "2K", "--text", cwd=picture.parent)
        again = run(*asked, "-o", "-", cwd=picture.parent, env=KEY)
    assert done.stdout == "in-edited.jpg\n"
    lines = done.stderr.splitlines()
    assert any(line.startswith("warning: ") for line in lines)
    assert any("can be read by others" in line for line in lines) or os.name == "nt"
    assert any("sepia" in line for line in lines)
    assert lines[-1].startswith("1 reply of an earlier run is still kept")
    assert again.out.startswith(b"\xff\xd8\xff")


def test_a_dry_run_to_standard_output_says_so(run: Run, picture: Path) -> None:
    done = run("x", "in.jpg", "-o", "-", "--dry-run", cwd=picture.parent)
    assert done.stdout.endswith("The picture would go to -.\n")


# --- replies that were kept --------------------------------------------------


def test_kept_replies_are_listed_with_their_age(run: Run, home: Path) -> None:
    ages = {"a": 1, "bb": 600, "ccc": 3 * 3600, "dddd": 5 * 86_400}
    for name, age in ages.items():
        spool(home, name, b"{}", age)
    done = run("replies", "list")
    lines = [re.split("  +", line) for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == [
        f"0000000{n}" for n in (1, 2, 3, 4)
    ]  # their digits begin alike
    assert [line[3] for line in lines] == [
        lines[0][3],
        "10 minutes ago",
        "3 hours ago",
        "5 days ago",
    ]
    assert lines[0][3].endswith(" s ago")
    assert [line[4] for line in lines] == list(ages)


def test_a_kept_reply_says_what_was_asked_and_why_it_is_kept(
    run: Run, picture: Path
) -> None:
    with Emulator(faults="cut=20000", signature_bytes=20_000) as emulator:
        asked = ("make it sepia", "in.jpg", "-o", "out.jpg", "--base-url", emulator.url)
        assert run(*asked, cwd=picture.parent, env=KEY).status == ExitStatus.UNKNOWN
    first, said, why = run("replies", "list", cwd=picture.parent).stdout.splitlines()
    assert re.split("  +", first)[-1] == "out.jpg"
    assert " cut " in first
    assert said.strip() == '"make it sepia"'
    assert why.strip().endswith(".")


def test_no_kept_reply_is_said(run: Run) -> None:
    done = run("replies", "list")
    assert (done.status, done.stdout) == (0, "")
    assert "No reply is kept" in done.stderr


def test_a_whole_reply_gives_its_picture_and_goes(
    run: Run, home: Path, tmp_path: Path
) -> None:
    kept = spool(home, "out", whole(tmp_path))
    done = run("replies", "recover", kept, "-o", "out.jpg", cwd=tmp_path)
    assert done.stdout == "out.jpg\n"
    assert (tmp_path / "out.jpg").read_bytes() == (tmp_path / "edited.jpg").read_bytes()
    assert "The reply is removed" in done.stderr
    assert not kept.exists()


def test_a_cut_reply_gives_its_picture_and_stays(
    run: Run, home: Path, tmp_path: Path
) -> None:
    kept = spool(home, "out", whole(tmp_path)[:-20])
    done = run("replies", "recover", kept, "-o", "out.jpg", cwd=tmp_path)
    assert (done.status, done.stdout) == (0, "out.jpg\n")
    assert "The picture in it is whole." in done.stderr
    assert kept.exists()


@pytest.mark.parametrize("name", ["00000003", "reply-20260101T000000Z-00000003"])
def test_a_reply_is_known_by_the_beginning_of_its_name(
    run: Run, home: Path, tmp_path: Path, name: str
) -> None:
    kept = spool(home, "out", whole(tmp_path))
    other = spool(home, "other", whole(tmp_path))
    done = run("replies", "recover", name, "-o", "out.jpg", cwd=tmp_path)
    assert (done.status, done.stdout) == (0, "out.jpg\n")
    assert (kept.exists(), other.exists()) == (False, True)
    done = run("replies", "recover", "1234", cwd=tmp_path)
    assert (done.status, "There is no kept reply 1234" in done.stderr) == (3, True)


def test_a_beginning_that_several_replies_have_is_refused(
    run: Run, home: Path, tmp_path: Path
) -> None:
    spool(home, "out", b"{}")
    spool(home, "other", b"{}")
    done = run("replies", "recover", "0000", cwd=tmp_path)
    assert done.status == ExitStatus.INPUT
    assert "0000 may be any of 2 kept replies" in done.stderr


def test_recover_alone_makes_all_that_can_be_made(
    run: Run, home: Path, tmp_path: Path
) -> None:
    spool(home, "a", whole(tmp_path))
    broken = spool(home, "bb", b"{}")
    spool(home, "ccc", whole(tmp_path))
    done = run("replies", "recover", "-o", "there", cwd=tmp_path)
    assert done.status == ExitStatus.PARTIAL
    assert len(done.stdout.splitlines()) == len(list((tmp_path / "there").iterdir()))
    assert len(done.stdout.splitlines()) == 2
    assert "1 of 3 replies gave no picture" in done.stderr
    assert broken.exists()
    done = run("replies", "recover", "-o", "-", cwd=tmp_path)
    assert done.status == ExitStatus.REFUSED


def test_recover_with_nothing_kept_says_so(run: Run) -> None:
    done = run("replies", "recover")
    assert (done.status, "No reply is kept in" in done.stderr) == (0, True)


def test_replies_are_removed_only_when_it_is_said(run: Run, home: Path) -> None:
    kept = [spool(home, "a", b"{}"), spool(home, "bb", b"{}")]
    done = run("replies", "rm", "00000001")
    assert (done.status, "--yes goes ahead" in done.stderr) == (2, True)
    assert run("replies", "rm", "--yes").status == ExitStatus.USAGE
    assert all(each.exists() for each in kept)
    assert run("replies", "rm", "00000001", "--yes").status == 0
    assert [each.exists() for each in kept] == [False, True]
    assert run("replies", "rm", "--all", "--yes").status == 0
    assert not kept[1].exists()
    assert "No reply is kept" in run("replies", "rm", "--all", "--yes").stderr


def test_a_reply_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    done = run("replies", "recover", "none.json", "-o", "out.jpg", cwd=tmp_path)
    assert done.status == ExitStatus.INPUT
    assert "There is no kept reply none.json" in done.stderr


# --- variants of what is read once -------------------------------------------


def test_variants_of_standard_input_all_get_the_picture(
    run: Run, picture: Path
) -> None:
    folder = picture.parent
    done = run(
        *("sepia", "-", "-n", "2", "--emulate"), cwd=folder, stdin=picture.read_bytes()
    )
    assert sorted(done.stdout.split()) == [
        "picture-edited-1.jpg",
        "picture-edited-2.jpg",
    ]
    done = run(
        *("sepia", "in.jpg", "-", "-n", "2", "-o", "two.jpg", "--emulate"),
        cwd=folder,
        stdin=picture.read_bytes(),
    )
    assert sorted(done.stdout.split()) == ["two-1.jpg", "two-2.jpg"]


def test_words_and_warnings_of_many_edits_name_their_edit(
    run: Run, picture: Path
) -> None:
    with Emulator(faults="small:2", signature_bytes=1000) as emulator:
        done = run(
            *("sepia", "in.jpg", "-n", "2", "-s", "2K", "--text"),
            *("-o", "out.jpg", "--base-url", emulator.url),
            cwd=picture.parent,
            env=KEY,
        )
    for index in (1, 2):
        assert f"in.jpg #{index}: warning: " in done.stderr
