"""The folders in which this user's files are, each as its system has it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.user_folders import user_folder

if TYPE_CHECKING:
    from nano_edit.cli.options import Options


def config_folder() -> Path:
    """Return the user's folder for configuration and keys; it need not exist."""
    return user_folder("config")


def cache_folder(options: Options) -> Path:
    """Return the folder of the cache: the one that was named, or the user's."""
    return Path(options.cache_dir or user_folder("cache") / "replies")
