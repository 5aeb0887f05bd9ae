"""Every test starts in a clean, private home, and shares these fixtures.

Rules:
- Nothing of the machine's or the user's own settings reaches a test: keys,
  proxies, colours, config, state and cache are gone or point into a new folder.
- A server is a real one on loopback; a run is a real process.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
import support
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from nano_edit.emulator import Emulator

SPEAKING = (  # variables that change what the program does or how it looks
    *("APIYI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"),
    *("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM"),
    *("TERM", "TERM_PROGRAM", "COLUMNS", "LINES", "TTY_COMPATIBLE"),
    *("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITLAB_CI"),
    *("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT"),
    *("PYTHONWARNINGS", "PYTHONDEVMODE"),
)
PREFIXES = ("NANO_EDIT_", "XDG_", "_TYPER_", "_NANO_EDIT_")
FOLDERS = {  # where each system keeps what belongs to a user
    "HOME": "",
    "USERPROFILE": "",
    "XDG_CONFIG_HOME": ".config",
    "XDG_STATE_HOME": ".local/state",
    "XDG_CACHE_HOME": ".cache",
    "XDG_DATA_HOME": ".local/share",
    "APPDATA": "AppData/Roaming",
    "LOCALAPPDATA": "AppData/Local",
    "WIN_PD_OVERRIDE_APPDATA": "AppData/Roaming",  # platformdirs asks Windows itself
    "WIN_PD_OVERRIDE_LOCAL_APPDATA": "AppData/Local",
}


# A busy machine is not a slow function.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# A shell's background job ignores Ctrl-C, and so would every child of a test.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A new, empty home folder; the environment says nothing else."""
    for name in list(os.environ):
        if name.upper() in SPEAKING or name.upper().startswith(PREFIXES):
            monkeypatch.delenv(name)
    folder = tmp_path_factory.mktemp("home")
    for name, below in FOLDERS.items():
        monkeypatch.setenv(name, str(folder / below))
    return folder


@pytest.fixture
def run(tmp_path: Path) -> support.Run:
    """Run the program in ``tmp_path`` (or ``cwd=``) as a process of its own."""

    def start(
        *args: str | Path,
        stdin: bytes = b"",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 60,
        module: str = "nano_edit",
    ) -> support.Finished:
        return support.run_program(
            *args,
            stdin=stdin,
            cwd=cwd or tmp_path,
            env=env,
            timeout=timeout,
            module=module,
        )

    return start


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """The emulator, serving on a free port of loopback, with small signatures."""
    from nano_edit.emulator import Emulator  # noqa: PLC0415 - few tests need a server

    with Emulator(signature_bytes=1000) as running:
        yield running


@pytest.fixture
def photo(tmp_path: Path) -> Callable[..., Path]:
    """Make a photo in ``tmp_path``: ``photo("in.jpg", 320, 200, quality=95)``."""

    def make(
        name: str = "in.jpg", width: int = 96, height: int = 64, **save: Any
    ) -> Path:
        return support.photo(tmp_path / name, width, height, **save)

    return make


@pytest.fixture
def alpha_png(tmp_path: Path) -> Path:
    """A PNG whose alpha runs from clear to opaque."""
    return support.cutout(tmp_path / "cutout.png")


@pytest.fixture
def gps_jpeg(tmp_path: Path) -> Path:
    """A JPEG that holds coordinates and the camera's name."""
    return support.gps_photo(tmp_path / "gps.jpg")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB."""
    with support.small_disk(tmp_path / "disk", "64k") as disk:
        yield disk
