"""The folders in which this user's files are, each as its system has it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nano_edit.cli.options import Options


def config_folder() -> Path:
    """Return the user's folder for configuration and keys; it need not exist."""
    from platformdirs import user_config_path  # noqa: PLC0415 - slow to load

    return user_config_path("nano-edit", appauthor=False)


def cache_folder(options: Options) -> Path:
    """Return the folder of the cache: the one that was named, or the user's."""
    if options.cache_dir:
        return Path(options.cache_dir)
    from platformdirs import user_cache_path  # noqa: PLC0415 - slow to load

    return user_cache_path("nano-edit", appauthor=False) / "replies"
