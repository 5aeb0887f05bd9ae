"""Going on from an edit: which one, what the next says, and what is sent before it.

Rules:
- A picture is found by its bytes, wherever it lies now; one that no edit made is
  where a conversation begins.
- What an edit said of the picture holds for the next one too, until something else
  is said: size, shape, region, mask, what is kept.
- Nothing is overwritten: the next free name is taken, ``out-2.jpg``, ``out-3.jpg``.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nano_edit.domain import Edit
from nano_edit.engine.conversation import BrokenOffError, Conversation
from nano_edit.engine.history.entry import Entry, digest_of, is_as_it_was
from nano_edit.engine.history.store import History, history_folder
from nano_edit.engine.history.tree import Tree
from nano_edit.engine.prepare import request_of
from nano_edit.errors import InputError
from nano_edit.frozen import Frozen
from nano_edit.pictures.formats import FORMATS, SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from nano_edit.domain import EditRequest, EditResult, Observe, Prepared
    from nano_edit.engine.prepare import Pipes
    from nano_edit.pictures.inputs.workspace import Workspace
    from nano_edit.wire.providers import Provider

    Finish = Callable[[Prepared, Workspace, Callable[[str], None]], Prepared]

NAME_IT = 'Name the picture: nano-edit again "warmer" PICTURE'
AS_NEW = "The picture is sent as a new one."


class Editing(Protocol):
    """What is needed of an `Editor`."""

    provider: Provider
    base_url: str
    pipes: Pipes
    history: History | None

    @property
    def place(self) -> str:
        """Where it sends to."""

    def prepare(
        self,
        edit: Edit,
        observe: Observe | None = None,
        *,
        prove: bool = True,
        finish: Finish | None = None,
    ) -> AbstractContextManager[Prepared]:
        """Check the edit and make its pictures ready."""

    def send(self, prepared: Prepared) -> EditResult:
        """Send what was prepared."""


WEARING = 5  # edits of edits, from which on a note tells what they do to a picture
WHERE = frozenset({"region", "mask", "invert_mask", "keep_rest", "max_change"})
CARRIED = WHERE | {
    *("aspect_ratio", "size", "text", "max_side", "downscale", "max_pixels"),
    *("send_metadata", "keep_size", "copy_metadata", "strict"),
}
_WAY_OUT = (
    "--from-original edits the first picture with all instructions so far in one."
)
_NUMBERED = re.compile(r"(?P<stem>.+)-(?P<number>[1-9]\d{0,5})")


class Start(Frozen):
    """Where to go on from: a picture, and the edit that made it, if one did."""

    picture: str
    entry: Entry | None
    tree: Tree


class Next(Frozen):
    """The next edit, and what it goes on from."""

    edit: Edit
    start: Start
    said: str = ""  # see `Prepared.said`
    notes: tuple[str, ...] = ()


def find_start(history: History, picture: str | None, folder: Path) -> Start:
    """Return where to go on from: ``picture``, or the last edit in ``folder``.

    Raises InputError.
    """
    tree = Tree(history.entries())
    if picture is not None:
        path = Path(picture)
        # A pipe can be read but once, and has no history.
        is_file = picture != "-" and "://" not in picture and not _is_pipe(path)
        return Start(picture, _maker(tree, path) if is_file else None, tree)
    last = next(
        (each for each in reversed(tree.entries) if _is_in(each.output, folder)), None
    )
    if last is None:
        raise InputError(
            "There is no edit in this folder to go on from.",
            hint=NAME_IT,
        )
    if not os.path.exists(last.output):  # noqa: PTH110 - no error for a long name
        raise InputError(
            f"{_shown(last.output)}, which the last edit here made, is not there.",
            hint=NAME_IT,
        )
    made = _maker(tree, Path(last.output))
    if made is None:
        raise InputError(
            f"{_shown(last.output)} has changed since the last edit here made it.",
            hint="Name it to go on from what it is now.",
        )
    return Start(_shown(last.output), made, tree)


def next_edit(
    start: Start,
    instruction: str,
    *,
    images: Sequence[str] = (),
    output: str | None = None,
    changes: Mapping[str, Any],
    whole: bool = False,
    from_original: bool = False,
) -> Next:
    """Return the edit that goes on from ``start``.

    ``changes`` are the fields of `Edit` that are said anew; with ``whole`` no region,
    mask or rest is kept.  Raises InputError.
    """
    entry = start.entry
    values = {**carried(entry, changes, whole=whole), **changes}
    if output is None and start.picture != "-" and "://" not in start.picture:
        output = _next_free(start)
    pictures = (start.picture, *images)
    said, text, notes = "", instruction, notes_of(start)
    if from_original and entry is not None:
        said, text = instruction, _all_instructions(start.tree, entry, instruction)
        pictures = (*_first_pictures(start.tree, entry), *images)
        notes = ()
    edit = Edit(text, pictures, output, **values)
    return Next(edit, start, said, notes)


@contextmanager
def prepare_next(
    editor: Editing, following: Next, observe: Observe | None, *, prove: bool = True
) -> Iterator[Prepared]:
    """Make the next edit ready, with the earlier turns before it; nothing is sent.

    Where they cannot be sent the picture is sent as a new one, and a note says why.
    """
    start = following.start

    def finish(
        prepared: Prepared, workspace: Workspace, note: Callable[[str], None]
    ) -> Prepared:
        for text in following.notes:
            note(text)
        if start.entry is None:
            return prepared
        prepared = replace(prepared, parent=start.entry.id, said=following.said)
        if following.said:
            return prepared
        try:
            return _continued(editor, prepared, start.tree, start.entry, workspace)
        except BrokenOffError as reason:
            note(f"The earlier turns are not sent: {reason}. {AS_NEW}")
            return prepared

    with editor.prepare(following.edit, observe, prove=prove, finish=finish) as ready:
        yield ready


def _continued(
    editor: Editing, prepared: Prepared, tree: Tree, entry: Entry, workspace: Workspace
) -> Prepared:
    def ready(edit: Edit) -> EditRequest:
        return request_of(
            edit,
            editor.provider,
            editor.base_url,
            workspace=workspace,
            pipes=editor.pipes,
            note=lambda _: None,
        )[0]

    history = editor.history or History(history_folder())
    conversation = Conversation(history, tree, workspace, ready)
    return conversation.go_on(
        prepared, entry, service=editor.place, provider=editor.provider
    )


# --- which edit --------------------------------------------------------------


def _maker(tree: Tree, path: Path) -> Entry | None:
    """Return the edit that made the file, by its bytes; InputError without a file."""
    digest = digest_of(path)
    full = os.path.abspath(path)  # noqa: PTH100 - links are kept
    made = [entry for entry in tree.entries if entry.sha256 == digest]
    here = [entry for entry in made if entry.output == full]
    found = here or made
    return found[-1] if found else None


def _is_pipe(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _is_in(output: str, folder: Path) -> bool:
    try:
        return output not in {"", "-"} and Path(output).parent.samefile(folder)
    except OSError:
        return False


def _shown(output: str) -> str:
    path = Path(output)
    return str(path.relative_to(Path.cwd())) if path.parent == Path.cwd() else output


# --- what the next one says --------------------------------------------------


def carried(
    entry: Entry | None, changes: Mapping[str, Any], *, whole: bool
) -> dict[str, Any]:
    """Return what an edit said that holds for the next; raises InputError."""
    if entry is None:
        return {}
    anew = whole or bool(WHERE & {*changes})
    wanted = CARRIED - WHERE if anew else CARRIED
    found = {name: value for name, value in entry.options.items() if name in wanted}
    if entry.mask and not anew:
        if not is_as_it_was(entry.mask):
            raise InputError(
                f"The mask, {entry.mask.name}, is not there as it was.",
                hint="Name one with --mask, or --whole to let all of it change.",
            )
        found["mask"] = entry.mask.path
    return found


def notes_of(start: Start) -> tuple[str, ...]:
    """Return what a person is told before it goes on."""
    if start.entry is None:
        return (f"{start.picture} has no history here: it is sent as a new picture.",)
    line = start.tree.ancestors(start.entry)
    worn = next((n for n, each in enumerate(line) if each.said), len(line))
    if worn < WEARING:
        return ()
    told = f"This is edit {worn + 1} in a row: faces and textures drift. {_WAY_OUT}"
    return (told,)


def _all_instructions(tree: Tree, entry: Entry, instruction: str) -> str:
    line = reversed(tree.ancestors(entry))
    told = [each.said or each.instruction for each in line]
    steps = enumerate([*told, instruction], start=1)
    return "\n".join(
        [
            "Make all of these edits to the picture, in this order:",
            *(f"{number}. {' '.join(text.split())}" for number, text in steps),
        ]
    )


def _first_pictures(tree: Tree, entry: Entry) -> tuple[str, ...]:
    """Return the first edit's pictures, and what later ones were given besides."""
    first, *later = reversed(tree.ancestors(entry))
    wanted = list(first.images)
    for each in later:
        known = {image.sha256 for image in wanted}
        wanted += [image for image in each.images[1:] if image.sha256 not in known]
    for image in wanted:
        if not is_as_it_was(image):
            raise InputError(
                f"{image.name}, which the edits began with, is not there as it was.",
                hint="Without --from-original the last picture is edited.",
            )
    return tuple(image.path for image in wanted)


def _next_free(start: Start) -> str:
    """Return the first free name after the picture's: ``out-2.jpg``."""
    path = Path(start.picture)
    stem, number = path.stem, 2
    match = _NUMBERED.fullmatch(stem)
    if match and start.entry and _is_of_line(match["stem"], start.tree, start.entry):
        stem, number = match["stem"], int(match["number"]) + 1
    suffix = path.suffix if path.suffix.lower() in FORMATS else ""
    endings = (suffix,) if suffix else tuple(SUFFIXES.values())
    while any(os.path.lexists(f"{_numbered(path, stem, number)}{e}") for e in endings):
        number += 1
    return f"{_numbered(path, stem, number)}{suffix}"


def _numbered(path: Path, stem: str, number: int) -> Path:
    return path.with_name(f"{stem}-{number}")


def _is_of_line(stem: str, tree: Tree, entry: Entry) -> bool:
    """Whether an earlier picture has this stem, so that the number is one of ours."""
    line = tree.ancestors(entry)
    names = [each.output for each in line]
    names += [image.path or image.name for each in line for image in each.images]
    return stem in {Path(name).stem for name in names}


# --- in Python ---------------------------------------------------------------


def again(
    editor: Editing,
    picture: str | None,
    instruction: str,
    output: str | None = None,
    *,
    images: Sequence[str] = (),
    whole: bool = False,
    from_original: bool = False,
    **changes: Any,
) -> EditResult:
    """Make the next edit; see `next_edit`.  Raises what `Editor.edit` does."""
    history = editor.history or History(history_folder())
    start = find_start(history, picture, Path.cwd())
    if start.entry is not None:
        changes.setdefault("model", start.entry.model)
    following = next_edit(
        start,
        instruction,
        images=images,
        output=output,
        changes=changes,
        whole=whole,
        from_original=from_original,
    )
    with prepare_next(editor, following, None) as prepared:
        return editor.send(prepared)


class Session:
    """A conversation about one picture: each edit goes on from the one before.

    ``picture`` is where it begins: a photo, or the result of an earlier edit, which
    is found by its bytes.
    """

    def __init__(self, editor: Editing, picture: str | os.PathLike[str]) -> None:
        self.picture = os.fspath(picture)
        self.results: list[EditResult] = []
        self._editor = editor

    def edit(
        self,
        instruction: str,
        output: str | os.PathLike[str] | None = None,
        **more: Any,
    ) -> EditResult:
        """Make the next edit; see `nano_edit.Editor.again`."""
        path = os.fspath(output) if output else None
        result = again(self._editor, self.picture, instruction, path, **more)
        self.results.append(result)
        if result.image.path is not None:
            self.picture = str(result.image.path)
        return result
