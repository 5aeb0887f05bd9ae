"""The options of one run: each value with its type and its default.

What the options are called, what they mean and which command has them is said by
the row of the same name in `nano_edit.cli.option_table`.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from nano_edit.frozen import Frozen


class Options(Frozen):
    """One run of the command, as its user asked for it."""

    # What to edit
    batch: str | None = None
    instruction: str | None = None
    images: list[str] | None = None
    replies: list[str] | None = None
    job_names: list[str] | None = None
    shell: str | None = None
    before: str | None = None
    after: str | None = None
    picture: str | None = None
    entry: str | None = None
    from_original: bool = False
    whole: bool = False
    preset: str | None = None

    # Picture
    aspect_ratio: str = "auto"
    size: str | None = None
    text: bool = False
    max_side: int | None = None  # pixels
    downscale: bool = True
    max_pixels: int | None = None  # megapixels
    send_metadata: bool = False
    region: list[str] | None = None
    mask: str | None = None
    invert_mask: bool = False
    keep_rest: bool = False
    keep_size: bool = False
    copy_metadata: bool = False
    max_change: float | None = None  # percent
    strict: bool = False

    # Service
    model: str | None = None
    provider: str = "apiyi"
    base_url: str | None = None
    api_key_file: str | None = None
    timeout: float | None = None  # seconds, like the waits below
    connect_timeout: float = 10.0
    retries: int = 3
    max_wait: float = 120.0
    retry_unknown: bool = False
    max_reply: float = 512.0  # megabytes
    tier: str | None = None
    budget: float | None = None  # dollars
    monthly_budget: float | None = None  # dollars
    emulate: bool = False

    # Output
    output: str | None = None
    format: str | None = None
    force: bool = False
    heat: str | None = None
    save_drafts: bool = False
    json: bool = False
    show: bool = False
    show_both: bool = False

    # Many edits
    count: int | None = None
    pick: int | None = None
    grid: str | None = None
    each: bool = False
    recursive: bool = False
    jobs: int = 4
    rpm: int | None = None
    fail_fast: bool = False
    skip_existing: bool = False
    retry_refused: bool = False
    defer: bool = False
    wait: bool = False
    poll: float = 30.0  # seconds
    retry_failed: bool = False
    manifest: str | None = None
    shard: str | None = None
    report: str | None = None
    sheet: str | None = None
    cache: bool = False
    cache_dir: str | None = None
    cache_size: float = 2048.0  # megabytes

    # Behaviour
    dry_run: bool = False
    check: bool = False
    install: bool = False
    everything: bool = False
    confirm_above: str = "1"  # dollars, or "off"
    since: str | None = None
    by: str = "day"
    csv: bool = False
    claims: str | None = None
    yes: bool = False
    history: bool | None = None
    history_size: float = 1000.0  # megabytes
    quiet: bool = False
    verbose: int = 0
    config: str | None = None


class Setting(Frozen):
    """A value, and who said so: ``--size``, ``NANO_EDIT_SIZE``, ``config.toml:12``."""

    value: Any
    where: str


FIELDS = {field.name: field for field in dataclasses.fields(Options)}
NAMES = tuple(FIELDS)
_KINDS: dict[str, type] = {
    kind.__name__: kind for kind in (bool, int, float, str, list)
}


def kind_of(name: str) -> type:
    """Return bool, int, float, str or list: what the option holds when it is set."""
    # The annotation is a text, since this module has annotations of the future.
    return _KINDS[str(FIELDS[name].type).split("[")[0].split()[0]]
