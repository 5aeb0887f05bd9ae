"""Where the result goes, decided and checked before anything is sent.

Owns the rules from ``--output`` and ``--format`` to a `Destination`.  A call
costs money, so whatever can be known to fail is refused here: no folder, no
right to write, a name that is taken, a format that cannot be written.
Nothing is made or changed by it.

Rules:
- The name's suffix decides the format; ``--format`` overrides it and leaves the
  name as the user wrote it.
- A name without a suffix gets the true one when the picture is there, so every
  name that could come of it must be free.
- Nothing that exists is touched without ``--force``: no file, no link, no device.
  With it a file is replaced, a link's target is replaced and the link stays, and
  a device or FIFO is written into.
- What the words alone show to be wrong is a `UsageError`, what the disk shows an
  `InputError`; `OutputError` is for a picture that was paid for.
- What is free now may be taken later: `nano_edit.atomic_file` refuses again at the
  very end, atomically.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from nano_edit.atomic_file import reason, target_of
from nano_edit.domain import Destination
from nano_edit.errors import InputError, UsageError
from nano_edit.pictures.formats import (
    AS_IT_COMES,
    CHOICES,
    FORMATS,
    SUFFIXES,
    format_named,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def plan_destination(
    output: str | None,
    *,
    first_source: str,
    format_name: str | None,
    force: bool,
    inputs: Sequence[Path],
    stdout: BinaryIO | None,
    stdout_is_tty: bool,
    cwd: Path | None = None,
    suffix_index: int | None = None,
    stem: str | None = None,
    prove: bool = True,
) -> Destination:
    """Decide where the picture goes and prove that it can.

    ``output`` and ``format_name`` are as the user wrote them; ``first_source``
    names the first input (path, "-", URL) and lends the default name;
    ``inputs`` are the files that are inputs; ``suffix_index`` turns ``out.png``
    into ``out-1.png``; ``stem`` is of the default name, if not `default_stem`;
    without ``prove`` the folder may still be missing.  Raises `UsageError` for what
    cannot be meant and `InputError` for what the disk does not allow; nothing has
    been sent.
    """
    kind = _format_asked_for(format_name)
    default = stem or default_stem(first_source)
    folder, stem, suffix = _named(output, default, cwd or Path())
    if suffix_index is not None:
        stem = f"{stem}-{suffix_index}"
    if output == "-":
        if suffix_index is not None:
            raise UsageError("Standard output takes one picture, not several.")
        stream = _stream(stdout, is_tty=stdout_is_tty)
    else:
        stream = None
    if is_device(folder / (stem + suffix)):
        name, kind = stem + suffix, kind or FORMATS.get(suffix.lower())
    else:
        name, kind = _name_and_format(stem, suffix, kind)
    plan = Destination(folder, name, kind, force, stream)
    if stream is None:
        _check_names(plan, inputs)
    if prove:
        _check_folder(temporary_folder(plan))
    _check_codec(kind)
    return plan


def possible_files(
    output: str | None,
    *,
    first_source: str,
    format_name: str | None,
    suffix_index: int | None = None,
    stem: str | None = None,
) -> tuple[Path, ...]:
    """Return every file that the picture may be written to, by the same rules.

    One file when the format is known, else one for each that may come; nothing is
    checked.  Raises as `plan_destination` does for what cannot be meant.
    """
    kind = _format_asked_for(format_name)
    default = stem or default_stem(first_source)
    folder, stem, suffix = _named(output, default, Path())
    if suffix_index is not None:
        stem = f"{stem}-{suffix_index}"
    if is_device(folder / (stem + suffix)):
        return (folder / (stem + suffix),)
    name, kind = _name_and_format(stem, suffix, kind)
    endings = [""] if kind else [SUFFIXES[kind] for kind in AS_IT_COMES]
    return tuple(folder / (name + ending) for ending in endings)


def temporary_folder(destination: Destination) -> Path:
    """Return the folder for temporary files: one move away from the final name."""
    final = destination.folder / destination.name
    if destination.stream is not None or is_device(final):
        return Path(tempfile.gettempdir())
    return target_of(final, force=destination.force).parent


def is_device(path: Path) -> bool:
    """Whether ``path`` leads to a device, FIFO or socket."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


# --- the name ----------------------------------------------------------------


def default_stem(source: str, *, with_suffix: bool = False) -> str:
    """Return the stem of the default name: ``in.jpg`` gives ``in-edited``.

    ``with_suffix`` gives ``in-jpg-edited``, which ``in.png`` does not.
    """
    if source.startswith(("https://", "http://")):
        last = unquote(urlsplit(source).path).rpartition("/")[2]
        path = Path(re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]', "_", last))
    elif source == "-" or source.startswith(("/dev/", "/proc/")):
        path = Path()  # standard input, <(...): the name says nothing
    else:
        path = Path(source)
    stem = path.stem.strip(". ") or "picture"
    ending = path.suffix.removeprefix(".") if with_suffix else ""
    return "-".join(filter(None, (stem, ending, "edited")))


def _named(output: str | None, default: str, base: Path) -> tuple[Path, str, str]:
    """Return the folder, the stem and the suffix that the user asked for."""
    if output is None or output == "-":
        return base, default, ""
    if not output or "\0" in output:
        raise UsageError("The output's name is empty or holds a NUL byte.")
    path = base / output
    is_folder = os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises on a long name
    if is_folder or output.endswith(("/", os.sep)):
        return path, default, ""
    return path.parent, path.stem, path.suffix


def _name_and_format(
    stem: str, suffix: str, kind: str | None
) -> tuple[str, str | None]:
    """Settle the file name and the format of its bytes from one another."""
    if not suffix:
        return stem + (SUFFIXES[kind] if kind else ""), kind
    kind = kind or FORMATS.get(suffix.lower())
    if kind is None:
        raise UsageError(
            f"The name {stem}{suffix} ends in no format that can be written.",
            hint=f"End it in one of {CHOICES}, or say which with --format.",
        )
    return stem + suffix, kind


def _format_asked_for(word: str | None) -> str | None:
    if word is None:
        return None
    kind = format_named(word)
    if kind is None:
        raise UsageError(
            f"There is no format {word}.", hint=f"The formats are {CHOICES}."
        )
    return kind


def _stream(stdout: BinaryIO | None, *, is_tty: bool) -> BinaryIO:
    if stdout is None:
        raise UsageError("There is no standard output to write the picture to.")
    if is_tty:
        raise UsageError(
            "A picture is never written to a terminal.",
            hint="Send standard output to a file or a program, or name a file.",
        )
    return stdout


# --- the checks --------------------------------------------------------------


def _check_names(plan: Destination, inputs: Sequence[Path]) -> None:
    final = plan.folder / plan.name
    if plan.format is not None or is_device(final):
        _check_name(final, inputs, force=plan.force)
        return
    for kind in AS_IT_COMES:
        final = plan.folder / (plan.name + SUFFIXES[kind])
        if final.is_symlink() or is_device(final):
            raise _refused(
                f"{final} is a link or not a regular file.",
                "Name the output in full, with its extension.",
            )
        _check_name(final, inputs, force=plan.force)


def _check_name(final: Path, inputs: Sequence[Path], *, force: bool) -> None:
    """Refuse a name that is taken; a link and a device count as taken."""
    try:
        mode = final.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:  # the name is too long, a parent is a file, ...
        raise _refused(
            f"{final} cannot be written: {reason(error)}.", "Name another file."
        ) from None
    if stat.S_ISDIR(mode):
        raise _refused(f"{final} is a folder.", "Name a file in it.")
    if force:
        return
    if any(_is_same_file(final, path) for path in inputs):
        what, then = "is also an input", "replaces it"
    elif stat.S_ISLNK(mode):
        what, then = "is a symbolic link", "writes what it points to"
    elif not stat.S_ISREG(mode):
        what, then = "is a device or a FIFO", "writes into it"
    else:
        what, then = "exists already", "replaces it"
    raise _refused(f"{final} {what}.", f"Name another file; --force {then}.")


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _check_folder(folder: Path) -> None:
    """Refuse a folder that takes no files, as far as can be told without one."""
    if not folder.is_dir():
        raise _no_folder(folder)
    try:
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise not_writable(folder, error) from None


def _check_codec(kind: str | None) -> None:
    """Refuse WebP and AVIF where Pillow was built without them."""
    if kind in {"webp", "avif"}:
        from PIL import features  # noqa: PLC0415 - Pillow loads late

        if not features.check(kind):  # pragma: no cover - needs another Pillow
            raise UsageError(f"The Pillow installed here cannot write {kind}.")


def not_writable(folder: Path, error: OSError) -> InputError:
    """Return the error of a folder in which no file can be made."""
    return _refused(
        f"Nothing can be written in the folder {folder}: {reason(error)}.",
        "Name an output in a folder that you may write to.",
    )


def _no_folder(folder: Path | str) -> InputError:
    return _refused(
        f"The folder {folder} does not exist.", f"Make it: mkdir -p {folder}"
    )


def _refused(message: str, hint: str) -> InputError:
    return InputError(f"{message} Nothing was sent.", hint=hint)
