"""Options that would have no effect on this run: each is a usage error.

Rules:
- Only what stands on the command line counts: a variable or a configuration holds for
  many runs, and need not matter to each of them.
- An option that names a file to be written accepts only a name that its content
  fits, so that a slip of the pen turns no photo into a report.  A pipe may have any.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nano_edit.cli.option_table import AGAIN, BATCH, EDIT
from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.options import Options

SUFFIXES = {"report": ".html", "manifest": ".jsonl", "sheet": ".jpg"}


class _Need(NamedTuple):
    """What an option needs to have an effect."""

    has_effect: Callable[[Options], bool]
    without: str  # when it has none
    hint: str


def _is_many(options: Options) -> bool:
    return bool(options.batch or options.each or options.count)


_MANY = _Need(_is_many, "on a single edit", "It is for --each, -n and batch.")
_SINGLE = _Need(
    lambda options: not _is_many(options),
    "on many edits",
    "It is for a single edit; --report shows many.",
)
_EACH = _Need(lambda options: options.each, "without --each", "Add --each.")
_AT_ONCE = _Need(
    lambda options: not options.defer,
    "with --defer",
    "Deferred edits have a tier of their own, at half the price.",
)
_DEFER = _Need(lambda options: options.defer, "without --defer", "Add --defer.")
_CACHE = _Need(lambda options: options.cache, "without the cache", "Add --cache.")
_CHECK = _Need(lambda options: options.check, "without --check", "Add --check.")
_HISTORY = _Need(
    lambda options: options.history is not False,
    "with --no-history",
    "Leave --no-history out.",
)
_WHOLE = _Need(
    lambda options: not (options.region or options.mask or options.keep_rest),
    "beside what says what may change",
    "--region, --mask and --keep-rest take the place of what held before.",
)
_NAMED = _Need(
    lambda options: not options.replies,
    "beside the replies that are named",
    "Name some, or say --all.",
)
_NAMED_JOBS = _Need(
    lambda options: not options.job_names,
    "beside the jobs that are named",
    "Name some, or say --all.",
)
_OF_EDITS: dict[str, _Need] = {
    **dict.fromkeys(
        (
            "jobs",
            "fail_fast",
            "retry_refused",
            "skip_existing",
            "manifest",
            "shard",
            "report",
            "sheet",
            "defer",
        ),
        _MANY,
    ),
    **dict.fromkeys(("show", "show_both"), _SINGLE),
    "recursive": _EACH,
    "pick": _Need(lambda options: bool(options.count), "without -n", "Add -n N."),
    "tier": _AT_ONCE,
    **dict.fromkeys(("wait", "retry_failed"), _DEFER),
    "poll": _Need(lambda options: options.wait, "without --wait", "Add --wait."),
    **dict.fromkeys(("cache_dir", "cache_size"), _CACHE),
    "history_size": _HISTORY,
}


# What is for direct requests, or for many of them at once.
_NOT_DEFERRED = ("jobs", "rpm", "fail_fast", "retry_unknown", "sheet")
# What makes more than the variants of one edit, or asks for their files later.
_NOT_PICKED = ("each", "manifest", "report", "shard", "skip_existing", "defer")
# What makes more than one request, or puts the answer into the original.
_NOT_GRID = (
    *("each", "count", "region", "mask", "keep_rest", "keep_size", "copy_metadata"),
    *("defer", "pick"),
)
_NEEDS: dict[str, dict[str, _Need]] = {
    EDIT: _OF_EDITS,
    BATCH: _OF_EDITS,
    AGAIN: {
        **dict.fromkeys(("cache_dir", "cache_size"), _CACHE),
        "history_size": _HISTORY,
        "whole": _WHOLE,
    },
    "auth status": dict.fromkeys(("base_url", "connect_timeout"), _CHECK),
    "replies rm": {"everything": _NAMED},
    "jobs rm": {"everything": _NAMED_JOBS},
}


def check_effects(command: str, settings: Settings) -> None:
    """Raise UsageError for an option that would have no effect, or a wrong suffix."""
    for name, need in _NEEDS.get(command, {}).items():
        flag = settings.origins[name]
        if flag.startswith("--") and not need.has_effect(settings.options):
            raise UsageError(f"{flag} has no effect {need.without}.", hint=need.hint)
    if settings.options.defer:
        _check_deferred(settings)
    if settings.options.pick:
        _check_pick(settings)
    if settings.options.grid:
        _check_grid(settings)
    for name, suffix in SUFFIXES.items():
        path = getattr(settings.options, name)
        if path and not _fits(Path(path), suffix):
            flag = settings.origins[name]
            raise UsageError(
                f"{flag} has to end in {suffix}, and {path} does not.",
                hint=f"For example: {flag} {Path(path).stem or name}{suffix}",
            )


def _check_deferred(settings: Settings) -> None:
    for name in _NOT_DEFERRED:
        flag = settings.origins.get(name, "")
        if flag.startswith("-"):
            raise UsageError(
                f"{flag} has no effect with --defer.",
                hint="The service makes the edits in its own time.",
            )


def _check_pick(settings: Settings) -> None:
    options = settings.options
    if options.pick and options.count and options.pick > options.count:
        raise UsageError(
            f"--pick {options.pick}: there are {options.count} variants.",
            hint=f"Pick one from 1 to {options.count}.",
        )
    for name in _NOT_PICKED:
        if getattr(options, name):
            raise UsageError(
                f"--pick cannot go with {settings.origins[name]}.",
                hint="It keeps one of the variants of a single edit.",
            )


def _check_grid(settings: Settings) -> None:
    options = settings.options
    for name in _NOT_GRID:
        if getattr(options, name):
            raise UsageError(
                f"--grid cannot go with {settings.origins[name]}.",
                hint="It cuts the one picture of a single edit into variants.",
            )
    if options.output == "-":
        raise UsageError(
            "--grid makes several pictures; standard output takes one.",
            hint="Name a file with -o.",
        )


def _fits(path: Path, suffix: str) -> bool:
    is_pipe = path.exists() and not path.is_file() and not path.is_dir()
    return is_pipe or path.suffix.casefold() == suffix
