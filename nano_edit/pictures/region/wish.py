"""What an edit says of the pixels that must not change: read and checked, no pixels.

Pure, and without the optional packages: a plain edit loads this module too.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from nano_edit.domain import AUTO, MATCH
from nano_edit.errors import UsageError
from nano_edit.pictures.region.boxes import parse_region

if TYPE_CHECKING:
    from nano_edit.domain import Edit

INSTALL = "pip install 'nano-edit[precise]'"
MASK_SENTENCE = (
    "The second picture is a mask of the first: change only what is white in it, and"
    " leave everything else exactly as it is."
)


def is_restored(edit: Edit) -> bool:
    """Whether the model's picture is put into the original, or brought to its size."""
    return is_exact(edit) or edit.keep_size


def is_exact(edit: Edit) -> bool:
    """Whether pixels of the original stay in the result."""
    return bool(edit.region or edit.mask or edit.keep_rest)


def check_wish(edit: Edit) -> None:
    """Raise UsageError for what the words alone show to be impossible."""
    said = [
        name
        for name, value in (
            ("--region", edit.region),
            ("--mask", edit.mask),
            ("--keep-rest", edit.keep_rest),
        )
        if value
    ]
    if len(said) > 1:
        raise UsageError(
            f"{said[0]} and {said[1]} contradict each other.",
            hint="--region and --mask say where; --keep-rest finds out.",
        )
    if edit.invert_mask and not edit.mask:
        raise UsageError("--invert-mask needs a --mask.")
    if edit.max_change is not None and not said:
        raise UsageError(
            "--max-change needs --region, --mask or --keep-rest: it is the share of"
            " pixels outside that may change."
        )
    for text in edit.region:
        parse_region(text)
    wants_more = is_restored(edit) or edit.copy_metadata
    if is_restored(edit) and edit.aspect_ratio not in (AUTO, MATCH):
        raise UsageError(
            f"--aspect-ratio {edit.aspect_ratio} cannot be: the result gets the first"
            " picture's shape.",
            hint="Leave --aspect-ratio out, or --keep-size and the like.",
        )
    if wants_more:
        need_packages(said[0] if said else _name_of(edit))


def need_packages(what: str) -> None:
    """Raise UsageError when the extra's packages are not installed."""
    if find_spec("numpy") is None:
        raise UsageError(f"{what} needs an optional package.", hint=INSTALL)


def has_blocks_package() -> bool:
    """Whether a JPEG's blocks can be kept here."""
    return "jpeglib" in sys.modules or find_spec("jpeglib") is not None


def _name_of(edit: Edit) -> str:
    return "--keep-size" if edit.keep_size else "--copy-metadata"
