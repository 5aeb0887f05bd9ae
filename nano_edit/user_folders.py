"""The folders in which a system keeps what belongs to a user.

On Linux the XDG variables name them, and else they lie in the home folder; every
other system is left to platformdirs.  It would answer the same on Linux (a test
compares the two), but takes a twentieth of the time from Enter to the first byte.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NAME = "nano-edit"
_PLACES = {  # the variable, and the folder in the user's home
    "config": ("XDG_CONFIG_HOME", ".config"),
    "state": ("XDG_STATE_HOME", ".local/state"),
    "cache": ("XDG_CACHE_HOME", ".cache"),
    "data": ("XDG_DATA_HOME", ".local/share"),
}


def user_folder(kind: str) -> Path:
    """Return the folder of a kind: "config", "state", "cache" or "data".

    It need not exist yet.
    """
    if sys.platform != "linux" or "ANDROID_ROOT" in os.environ:  # pragma: no cover
        import platformdirs  # noqa: PLC0415 - not on Linux

        path: Path = getattr(platformdirs, f"user_{kind}_path")(_NAME, appauthor=False)
        return path
    variable, below_home = _PLACES[kind]
    said = os.environ.get(variable, "").strip()
    # A path that is not absolute is ignored, as the XDG specification has it.
    base = Path(said) if said.startswith("/") else Path.home() / below_home
    return base / _NAME
