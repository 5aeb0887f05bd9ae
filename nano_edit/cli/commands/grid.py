"""``--grid``: several variants in one paid picture, from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.cli.commands.edit import make_one
from nano_edit.cli.config.service import edit_of
from nano_edit.engine.variants import Variants
from nano_edit.pictures.outputs.cells import grid_named

if TYPE_CHECKING:
    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.terminal import Terminal


def run_grid(settings: Settings, terminal: Terminal) -> None:
    """Make one picture of several variants and cut it; raises NanoEditError."""
    options = settings.options
    edit, grid = edit_of(options, terminal), grid_named(str(options.grid))
    variants = Variants(edit, grid, is_dry=options.dry_run)
    make_one(settings, terminal, variants.prepare, variants)
