"""Where a key is found, where it is put, and that nobody sees it on the way."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING

import pytest
import support

from nano_edit.cli.commands.auth import read_key
from nano_edit.cli.config.folders import config_folder
from nano_edit.cli.config.keys import (
    find_key,
    forget,
    key_state,
    store,
    stored_file,
)
from nano_edit.cli.options import Options
from nano_edit.errors import AuthError, UsageError
from nano_edit.wire.credentials import LONGEST
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nano_edit.errors import NanoEditError
    from nano_edit.wire.providers import Provider

APIYI, GOOGLE = PROVIDERS["apiyi"], PROVIDERS["google"]
CANARY = "sk-canary-4711"

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
needs_pty = pytest.mark.skipif(os.name == "nt", reason="Windows has no ptys")

# What the extra `keyring` is to us: two functions and an exception.  The store is
# a file, so that no test ever asks the machine's own keyring.
KEYRING = """
import json, os, pathlib
from . import errors
store = pathlib.Path(__file__).with_name("store.json")
def _all():
    return json.loads(store.read_text()) if store.exists() else {}
def get_password(service, username):
    if os.environ.get("KEYRING_TROUBLE") == "none":
        raise errors.NoKeyringError("no backend")
    if os.environ.get("KEYRING_TROUBLE") == "locked":
        raise RuntimeError("locked")
    return _all().get(service + "/" + username)
def set_password(service, username, password):
    if os.environ.get("KEYRING_TROUBLE") == "none":
        raise errors.NoKeyringError("no backend")
    if os.environ.get("KEYRING_TROUBLE") != "forgets":
        store.write_text(json.dumps({**_all(), service + "/" + username: password}))
def delete_password(service, username):
    if os.environ.get("KEYRING_TROUBLE") == "keeps":
        raise RuntimeError("locked")
    store.write_text(json.dumps(
        {name: key for name, key in _all().items() if name != service + "/" + username}
    ))
"""


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is not installed, whatever this machine has."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setitem(sys.modules, "keyring.errors", None)


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The extra is installed; the file of its store."""
    folder = tmp_path / "site" / "keyring"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(KEYRING, encoding="utf-8")
    (folder / "errors.py").write_text(
        "class NoKeyringError(RuntimeError): pass\n", encoding="utf-8"
    )
    monkeypatch.delitem(sys.modules, "keyring")
    monkeypatch.delitem(sys.modules, "keyring.errors")
    monkeypatch.syspath_prepend(folder.parent)
    return folder / "store.json"


def key_file(path: Path, content: bytes | str = CANARY, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return path


def login(provider: Provider, text: bytes | str) -> str:
    raw = text if isinstance(text, bytes) else text.encode()
    return store(provider, read_key(provider, stdin=io.BytesIO(raw)))


def seen(error: NanoEditError) -> str:
    """All that anyone could print of an error."""
    trace = "".join(traceback.format_exception(error))
    return f"{error.message} {error.hint} {error!r} {trace}"


def refusal(
    options: Options | None = None, environ: Mapping[str, str] | None = None
) -> str:
    with pytest.raises(AuthError) as caught:
        find_key(options or Options(), APIYI, environ or {})
    assert "canary" not in seen(caught.value)
    return f"{caught.value.message} {caught.value.hint}"


# --- the order -----------------------------------------------------------------


def test_key_is_found_in_the_order_that_is_promised(
    tmp_path: Path, keyring: Path
) -> None:
    key_file(stored_file(GOOGLE), "of-login")
    options = Options()
    environ: dict[str, str] = {}
    found = [find_key(options, GOOGLE, environ)]
    keyring.write_text('{"nano-edit/google": "of-keyring"}', encoding="utf-8")
    found.append(find_key(options, GOOGLE, environ))
    for variable in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "NANO_EDIT_API_KEY"):
        environ[variable] = f"of-{variable}"
        found.append(find_key(options, GOOGLE, environ))
    path = key_file(tmp_path / "key.txt", "of-file")
    found.append(find_key(Options(api_key_file=str(path)), GOOGLE, environ))
    assert [(each.key.reveal(), each.origin) for each in found] == [
        ("of-login", f"key file {stored_file(GOOGLE)}"),
        ("of-keyring", "the system's keyring"),
        ("of-GOOGLE_API_KEY", "GOOGLE_API_KEY"),
        ("of-GEMINI_API_KEY", "GEMINI_API_KEY"),
        ("of-NANO_EDIT_API_KEY", "NANO_EDIT_API_KEY"),
        ("of-file", f"key file {path}"),
    ]


def test_one_providers_key_never_goes_to_another() -> None:
    key_file(stored_file(GOOGLE))
    environ = {"GEMINI_API_KEY": CANARY, "GOOGLE_API_KEY": CANARY, "APIYI_API_KEY": " "}
    assert "There is no key for apiyi" in refusal(environ=environ)


def test_no_key_names_the_variables_and_where_one_comes_from() -> None:
    said = refusal()
    for word in ("APIYI_API_KEY", "NANO_EDIT_API_KEY", APIYI.key_page):
        assert word in said
    assert "auth login" in said
    assert "--emulate" in said


def test_current_folder_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (".env", "keys/apiyi", "apiyi", "key", "key.txt"):
        key_file(tmp_path / name, f"APIYI_API_KEY={CANARY}")
    monkeypatch.chdir(tmp_path)
    assert "There is no key" in refusal()


def test_found_key_shows_itself_to_nobody() -> None:
    found = find_key(Options(), APIYI, {"APIYI_API_KEY": f" {CANARY}\n"})
    assert found.key.reveal() == CANARY
    assert "canary" not in repr(found)


# --- key files -----------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        f"{CANARY}",
        f"  {CANARY} \r\n",
        f"\n{CANARY}\nfor the studio, renewed in May\n",
        b"\xef\xbb\xbf" + CANARY.encode() + b"\r\n",
    ],
)
def test_first_line_of_a_key_file_is_the_key(
    tmp_path: Path, content: str | bytes
) -> None:
    path = key_file(tmp_path / "key", content)
    found = find_key(Options(api_key_file=str(path)), APIYI, {})
    assert found.key.reveal() == CANARY
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        (f"{CANARY} extra", "is not a valid key: a key is one word"),
        (f"clé-{CANARY}", "is not a valid key"),
        (f"{CANARY}\x1b[0m", "is not a valid key"),
        (CANARY.encode("utf-16"), "is not a valid key"),
        (b"\xff\xfe\x00 canary", "is not a valid key"),
        (CANARY * (LONGEST // len(CANARY) + 1), "is longer than 4096 bytes"),
    ],
)
def test_file_that_holds_no_key_is_refused_without_a_word_of_it(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    path = key_file(tmp_path / "key", content)
    refused = refusal(Options(api_key_file=str(path)), {"APIYI_API_KEY": CANARY})
    assert said in refused
    assert str(path) in refused


@pytest.mark.parametrize("name", ["missing", ".", "a\0b"])
def test_key_file_that_cannot_be_read_is_an_error(tmp_path: Path, name: str) -> None:
    options = Options(api_key_file=f"{tmp_path}{os.sep}{name}")
    assert "cannot be read" in refusal(options, {"APIYI_API_KEY": CANARY})


def test_variable_that_holds_no_key_is_refused_by_its_name() -> None:
    for value in (f"{CANARY} {CANARY}", f"“{CANARY}”", CANARY * LONGEST):
        said = refusal(environ={"APIYI_API_KEY": value})
        assert "APIYI_API_KEY is not a valid key" in said


@posix
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_key_file_that_others_can_read_is_a_warning(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path / "key", mode=mode)
    found = find_key(Options(api_key_file=str(path)), APIYI, {})
    (warning,) = found.warnings
    assert str(path) in warning
    assert "chmod 600" in warning


@posix
def test_key_from_a_pipe_is_read_and_no_warning() -> None:
    reading, writing = os.pipe()
    os.write(writing, CANARY.encode())
    os.close(writing)
    found = find_key(Options(api_key_file=f"/dev/fd/{reading}"), APIYI, {})
    os.close(reading)
    assert found.key.reveal() == CANARY
    assert found.warnings == ()


# --- the keyring ---------------------------------------------------------------


def test_keyring_without_a_backend_is_no_trouble(
    keyring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not keyring.exists()
    monkeypatch.setenv("KEYRING_TROUBLE", "none")
    assert "keyring" not in refusal()


def test_keyring_that_does_not_answer_is_said_and_passed_over(
    keyring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.write_text(f'{{"nano-edit/apiyi": "{CANARY}"}}', encoding="utf-8")
    monkeypatch.setenv("KEYRING_TROUBLE", "locked")
    assert "The system's keyring did not answer (RuntimeError)." in refusal()
    key_file(stored_file(APIYI))
    found = find_key(Options(), APIYI, {})
    assert found.key.reveal() == CANARY
    assert found.warnings == ("The system's keyring did not answer (RuntimeError).",)


def test_login_goes_into_the_keyring_when_there_is_one(keyring: Path) -> None:
    key_file(stored_file(APIYI), "old")
    assert login(APIYI, CANARY) == "the system's keyring"
    assert CANARY in keyring.read_text(encoding="utf-8")
    assert not stored_file(APIYI).exists()
    assert find_key(Options(), APIYI, {}).key.reveal() == CANARY


@pytest.mark.parametrize("trouble", ["none", "forgets"])
def test_login_falls_back_to_a_file_when_the_keyring_keeps_nothing(
    keyring: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setenv("KEYRING_TROUBLE", trouble)
    assert str(stored_file(APIYI)) in login(APIYI, CANARY)
    assert not keyring.exists()


# --- login ---------------------------------------------------------------------


def test_login_stores_what_a_pipe_gives_for_its_owner_alone() -> None:
    where = login(APIYI, f"{CANARY}\r\nsecond line")
    path = config_folder() / "keys" / "apiyi"
    assert where == f"{path}, which only you can read"
    found = find_key(Options(), APIYI, {})
    assert found.key.reveal() == CANARY
    assert found.warnings == ()
    assert list(path.parent.iterdir()) == [path]


@posix
def test_stored_key_and_its_folder_are_closed_to_others() -> None:
    stored_file(APIYI).parent.mkdir(mode=0o755, parents=True)
    old = os.umask(0)
    try:
        login(APIYI, CANARY)
    finally:
        os.umask(old)
    path = stored_file(APIYI)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_login_again_replaces_the_key() -> None:
    for key in ("first", "second"):
        login(GOOGLE, key)
    assert find_key(Options(), GOOGLE, {}).key.reveal() == "second"
    assert "There is no key" in refusal()


@pytest.mark.parametrize("text", ["", "\n", "  \n" + CANARY])
def test_login_without_a_key_stores_nothing(text: str) -> None:
    with pytest.raises(UsageError, match="No key was given"):
        login(APIYI, text)
    assert not stored_file(APIYI).parent.exists()


@pytest.mark.parametrize("text", [f"{CANARY} b", f"é{CANARY}", CANARY * LONGEST])
def test_login_refuses_what_is_no_key_without_a_word_of_it(text: str) -> None:
    with pytest.raises(UsageError, match="What was given is not a valid key") as caught:
        login(APIYI, text)
    assert "canary" not in seen(caught.value)
    assert not stored_file(APIYI).parent.exists()


def test_login_that_cannot_store_says_so_and_leaves_nothing() -> None:
    stored_file(APIYI).mkdir(parents=True)
    (stored_file(APIYI) / "in the way").touch()
    with pytest.raises(AuthError, match="cannot be stored") as caught:
        login(APIYI, CANARY)
    assert "canary" not in seen(caught.value)
    assert "APIYI_API_KEY" in caught.value.hint
    assert list(stored_file(APIYI).parent.iterdir()) == [stored_file(APIYI)]


# --- logout --------------------------------------------------------------------


def test_logout_removes_the_key_from_keyring_and_file(keyring: Path) -> None:
    login(APIYI, CANARY)
    key_file(stored_file(APIYI))
    assert forget(APIYI) == ["the system's keyring", str(stored_file(APIYI))]
    assert "canary" not in keyring.read_text(encoding="utf-8")
    assert not stored_file(APIYI).exists()
    assert forget(APIYI) == []


def test_logout_leaves_other_providers_alone() -> None:
    login(APIYI, CANARY)
    login(GOOGLE, CANARY)
    assert forget(APIYI) == [str(stored_file(APIYI))]
    assert stored_file(GOOGLE).exists()


def test_logout_that_cannot_remove_says_what_to_do(
    keyring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login(APIYI, CANARY)
    assert keyring.exists()
    monkeypatch.setenv("KEYRING_TROUBLE", "keeps")
    with pytest.raises(AuthError, match="cannot be removed") as caught:
        forget(APIYI)
    assert "keyring del nano-edit apiyi" in caught.value.hint


def test_a_stored_key_that_is_a_folder_cannot_be_removed() -> None:
    stored_file(APIYI).mkdir(parents=True)
    with pytest.raises(AuthError, match="cannot be removed"):
        forget(APIYI)


# --- what is told of a key -------------------------------------------------------


def test_state_of_a_key_says_where_it_is_and_never_what() -> None:
    state = key_state(Options(), APIYI, {"APIYI_API_KEY": CANARY})
    assert state == {
        "found": True,
        "origin": "APIYI_API_KEY",
        "message": None,
        "provider": "apiyi",
        "variables": ["NANO_EDIT_API_KEY", "APIYI_API_KEY"],
    }
    assert not key_state(Options(), GOOGLE, {})["found"]


# A process of its own on a terminal of its own, which getpass opens as /dev/tty.
ON_A_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.modules["keyring"] = None
from nano_edit.cli.commands.auth import read_key
from nano_edit.cli.config.keys import store
from nano_edit.errors import UsageError
from nano_edit.wire.credentials import LONGEST
from nano_edit.wire.providers import PROVIDERS
try:
    key = read_key(PROVIDERS["apiyi"], stdin=sys.stdin.buffer)
    print("stored in", store(PROVIDERS["apiyi"], key))
except UsageError as error:
    print(error.message)
"""


def typed(answer: bytes) -> str:
    """What a terminal shows while ``answer`` is typed at the prompt."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env=support.environment(),
    ) as child:
        os.close(theirs)
        shown = b""
        while b"(not shown): " not in shown:
            shown += os.read(ours, 1024)
        os.write(ours, answer)
        try:
            while data := os.read(ours, 1024):
                shown += data
        except OSError:  # Linux: the other side has closed
            pass
        child.wait(30)
    os.close(ours)
    return shown.decode()


@needs_pty
def test_terminal_never_shows_the_key_that_is_typed() -> None:
    shown = typed(CANARY.encode() + b"\n")
    assert shown.startswith("Key for apiyi (not shown): ")
    assert "canary" not in shown
    assert "stored in" in shown
    assert find_key(Options(), APIYI, {}).key.reveal() == CANARY


@needs_pty
@pytest.mark.parametrize("answer", [b"\n", b"\x04"])
def test_nothing_typed_is_no_key(answer: bytes) -> None:
    assert "No key was given" in typed(answer)


# Standard input says that it is a terminal, and no terminal can be opened.
WITHOUT_A_TERMINAL = """
import io, sys
from nano_edit.cli.commands.auth import read_key
from nano_edit.cli.config.keys import store
from nano_edit.errors import UsageError
from nano_edit.wire.credentials import LONGEST
from nano_edit.wire.providers import PROVIDERS
class Claiming(io.BytesIO):
    def isatty(self):
        return True
try:
    read_key(PROVIDERS["apiyi"], stdin=Claiming())
except UsageError as error:
    print(error.message, error.hint)
"""


@needs_pty
def test_terminal_that_cannot_hide_what_is_typed_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_TERMINAL],
        input=CANARY.encode(),
        capture_output=True,
        start_new_session=True,
        env=support.environment(),
        check=True,
    )
    assert b"cannot hide what is typed. Give the key through a pipe" in done.stdout
    assert b"canary" not in done.stdout + done.stderr
