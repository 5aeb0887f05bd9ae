"""The HTML of one edit.

Rules:
- Every text may come from outside: it is escaped, its control and direction
  characters are made visible, and it is cut to a length.
- No style and no script stands in the markup: the page's policy forbids both.
- An edit takes at most `ENTRY_BYTES`, whatever its pictures and texts are.
"""

from __future__ import annotations

import base64
import html
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from nano_edit.errors import InputError
from nano_edit.report.entry import ENDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nano_edit.report.entry import ReportEntry
    from nano_edit.report.thumbnail import Thumbnail

ENTRY_BYTES = 59_000
HEAT_BYTES = 9_000  # of the heat map, base64 counted
_LABELS = {"bytes": "Size", "seconds": "Time"}  # others: the name, capitalised
_LONG = 280  # characters; a longer instruction is folded
_LIMITS = {  # bytes of HTML
    "title": 600,
    "brief": 160,  # the title again, where only a screen reader says it
    "code": 40,
    "instruction": 4000,
    "start": 1200,  # of a folded instruction
    "failure": 2000,
    "figure": 300,
    "missing": 300,
    "link": 1000,  # a longer path is shown without a link
}
_PASSING = ".spool"  # standard input's: gone when the run ends
_FIGURES = 10  # at most, of one edit
_NEUTRALISED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u206f"  # direction, line ends
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"  # annotations, halves, tags
)


def shown(text: str, limit: int) -> str:
    """Return ``text`` as harmless HTML of at most ``limit`` bytes.

    What is cut off is replaced by an ellipsis.
    """
    pieces: list[str] = []
    room = limit - 3  # bytes of the ellipsis
    for character in text.replace("\r\n", "\n"):
        piece = html.escape(_NEUTRALISED.sub(_visible, character))
        room -= len(piece.encode())
        if room < 0:
            return "".join([*pieces, "…"])
        pieces.append(piece)
    return "".join(pieces)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)  # the control pictures: ␀ ␁ …
    return f"[U+{code:04X}]"


def link(target: Path, folder: Path) -> str:
    """Return the address of ``target`` as seen from a page in ``folder``.

    Relative where a relative path exists: not between two drives of Windows.
    """
    there = Path(os.path.abspath(target))  # noqa: PTH100 - links stay as they are named
    try:
        relative = os.path.relpath(there, os.path.abspath(folder))  # noqa: PTH100
    except ValueError:  # pragma: no cover - Windows: on another drive
        return there.as_uri()
    return quote(os.fsencode(relative.replace(os.sep, "/")))


def article(entry: ReportEntry, number: int, *, folder: Path, budget: int) -> str:
    """Return the markup of the edit ``number`` (from 1) in a page in ``folder``.

    ``budget`` is the bytes of one picture, base64 counted.
    """
    if entry.keeps_rest:
        budget -= HEAT_BYTES // 2  # of each of the two pictures
    name, brief = (shown(entry.title, _LIMITS[kind]) for kind in ("title", "brief"))
    code, ending = shown(entry.code, _LIMITS["code"]), entry.ending
    verdict = f"{ENDINGS[ending]}: {code}" if code else ENDINGS[ending]
    pieces = (
        f'<article class="edit" id="edit-{number}" aria-labelledby="name-{number}"',
        f' tabindex="-1" data-outcome="{ending}" data-code="{code}">',
        *_stage(entry, brief, budget),
        '<div class="facts">',
        f'<p class="outcome"><a href="#edit-{number}">No. {number}</a>',
        f" <strong>{verdict}</strong></p>",
        f'<h2 id="name-{number}" dir="auto">{name}</h2>',
        *_failure(entry.failure),
        *_instruction(entry.instruction),
        *_figures(entry.figures),
        *_heat(entry, brief),
        *_files(entry, brief, folder),
        "</div>",
        "</article>",
    )
    return "\n".join(pieces) + "\n"


def _stage(entry: ReportEntry, name: str, budget: int) -> Iterator[str]:
    """Yield the pictures, and the slider when there are two."""
    named = [("before", entry.before), ("after", entry.after)]
    views = [(side, _picture(path, budget)) for side, path in named if path]
    if not views:
        return
    thumbnails = [view for _, view in views if not isinstance(view, str)]
    kind = "pair" if len(thumbnails) == 2 else "apart"
    yield f'<div class="stage {kind}">'
    yield from (_figure(side, view, name) for side, view in views)
    if kind == "pair":
        yield (
            '<input class="cut" type="range" min="0" max="100" value="50"'
            ' autocomplete="off" aria-valuetext="50 % before"'
            f' aria-label="Before and after: {name}">'
        )
    yield "</div>"


def _drawing() -> Any:
    """Return the module that makes thumbnails."""
    from nano_edit.report import thumbnail  # noqa: PLC0415 - loads Pillow

    return thumbnail


def _picture(path: Path, budget: int) -> Thumbnail | str:
    """Return a thumbnail, or the reason why there is none."""
    # Not `Path.is_file`: that raises over what is too long for a path.
    if not os.path.isfile(path):  # noqa: PTH113
        return "The file is no longer there."
    try:
        view: Thumbnail = _drawing().thumbnail(path, limit=budget * 3 // 4)
    except InputError as error:
        return error.message
    except (OSError, MemoryError):  # a report is no reason to end a run
        return "The picture cannot be shown."
    return view


def _figure(side: str, view: Thumbnail | str, name: str) -> str:
    caption = f"<figcaption>{side.capitalize()}</figcaption>"
    if isinstance(view, str):
        said = f'<p dir="auto">{shown(view, _LIMITS["missing"])}</p>'
        return f'<figure class="{side} missing">{said}{caption}</figure>'
    data = base64.b64encode(view.data).decode("ascii")
    alpha = ' class="alpha"' if view.alpha else ""
    return (
        f'<figure class="{side}"><img{alpha} src="data:image/webp;base64,{data}"'
        f' width="{view.width}" height="{view.height}" loading="lazy"'
        f' decoding="async" alt="{side.capitalize()}: {name}">{caption}</figure>'
    )


def _failure(text: str) -> Iterator[str]:
    if text:
        yield f'<p class="failure" dir="auto">{shown(text, _LIMITS["failure"])}</p>'


def _instruction(text: str) -> Iterator[str]:
    """Yield the whole instruction, a long one folded behind its beginning."""
    whole = shown(text, _LIMITS["instruction"])
    if not text:
        return
    if len(text) <= _LONG:
        yield f'<p class="instruction" dir="auto">{whole}</p>'
        return
    start = shown(text[:_LONG].rpartition(" ")[0] or text[:_LONG], _LIMITS["start"])
    yield '<details class="instruction">'
    yield f'<summary dir="auto"><span>{start} …</span></summary>'
    yield f'<p dir="auto">{whole}</p></details>'


def _figures(figures: Mapping[str, str]) -> Iterator[str]:
    if not figures:
        return
    yield '<dl class="figures">'
    for name, value in list(figures.items())[:_FIGURES]:
        term = shown(_LABELS.get(name, name.capitalize()), _LIMITS["code"])
        said = shown(value, _LIMITS["figure"])
        yield f'<div><dt>{term}</dt><dd dir="auto">{said}</dd></div>'
    yield "</dl>"


def _heat(entry: ReportEntry, name: str) -> Iterator[str]:
    """Yield where the picture changed, folded, for an edit that keeps the rest."""
    if not (entry.keeps_rest and entry.before and entry.after):
        return
    try:
        view = _drawing().heat_map(entry.before, entry.after, limit=HEAT_BYTES * 3 // 4)
    except (InputError, OSError, MemoryError):  # a report is no reason to end a run
        return
    yield '<details class="heat"><summary>Where it changed</summary>'
    yield _figure("change", view, name)
    yield "</details>"


def _files(entry: ReportEntry, name: str, folder: Path) -> Iterator[str]:
    """Links to the files themselves, which the page does not hold."""
    files = [("before", entry.before), ("after", entry.after)]
    links = [
        f'<a href="{address}" aria-label="Open {side}: {name}">Open {side}</a>'
        for side, path in files
        if path is not None
        and path.suffix != _PASSING
        and len(address := link(path, folder)) <= _LIMITS["link"]
    ]
    if links:
        yield f'<p class="files">{" ".join(links)}</p>'
