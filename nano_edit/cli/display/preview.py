"""``--show``: the result drawn in the terminal, with its input beside it.

Strategy: textual-image (the extra ``preview``) draws in kitty's protocol, in
sixel or in half blocks.  It asks the terminal which, through ``sys.__stdout__``
and when it is imported; both are steered here to where the drawing goes.

Rules:
- Standard output stays the result's: the drawing goes to standard error.
- What is drawn is RGB, and transparency shows as grey; pictures side by side have
  the same height.
- Loaded late: it needs Pillow and Rich.
- The picture is in place by now.  Whatever keeps it from being drawn is said in
  one line and changes nothing of the exit status.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import warnings
from typing import TYPE_CHECKING, Any, TextIO

from PIL import Image, ImageOps

from nano_edit.cli.display.drawing import console_of
from nano_edit.errors import InputError
from nano_edit.pictures.inputs.modes import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import EditRequest, EditResult

LEFT_FREE = 4  # rows, for the path, the summary and the prompt
MOST = 290  # cells either way; kitty's placeholders are counted to 297
INSTALL = "pip install 'nano-edit[preview]'"
HEIGHT = 1200  # pixels at most; no terminal shows more
_GREY = (128, 128, 128)


def show(
    request: EditRequest, result: EditResult, options: Options, terminal: Terminal
) -> None:
    """Draw the result as ``--show`` asks for it, or say why not."""
    paths = [result.image.path] if result.image.path else []
    if paths and options.show_both and (before := request.images[0].preview):
        paths = [before, *paths]
    try:
        reason = _hindrance(paths, terminal) or draw(
            lambda: side_by_side(paths), terminal
        )
    except KeyboardInterrupt:
        return  # enough seen; the picture stays where it is
    if reason and not options.quiet:
        terminal.say(f"--show: {reason}")


def _hindrance(paths: list[Path], terminal: Terminal) -> str:
    """Return why nothing can be drawn, as far as that is known beforehand."""
    if not paths:
        return "the picture went to standard output; there is no file to draw."
    if not terminal.is_interactive:
        return "standard error is no terminal; the picture is not drawn."
    if not terminal.stderr.encoding.lower().startswith("utf"):
        return f"in {terminal.stderr.encoding} there is nothing to draw with."
    return ""


def draw(make: Callable[[], Image.Image], terminal: Terminal) -> str:
    """Draw what ``make`` returns; return why it was not done, or nothing."""
    try:
        picture = make()
        with _quiet_library(), _drawing_to(_asked(terminal)) as asked:
            _draw(picture, terminal, ask=asked)
    except ImportError:
        return f"drawing needs an extra: {INSTALL}"
    except InputError as error:
        return error.message
    except Exception as error:  # noqa: BLE001 - a drawing is not worth a failure
        return f"the picture cannot be drawn here ({type(error).__name__})."
    return ""


def _draw(picture: Image.Image, terminal: Terminal, *, ask: bool) -> None:
    from textual_image import renderable  # noqa: PLC0415 - asks the terminal

    drawing: Any = renderable.Image if ask else renderable.HalfcellImage
    # Kitty finds the picture by a number that is written as a colour, and tmux
    # makes of any colour what the terminal around it has.
    exact = drawing is renderable.TGPImage or "TMUX" in terminal.environ
    console = console_of(
        terminal,
        no_color=False,  # a picture was asked for, and it is colours
        color_system="truecolor" if exact else "auto",
    )
    console.print(
        drawing(picture, width="auto", height="auto"),
        width=min(console.width, MOST),
        height=min(max(LEFT_FREE, console.height - LEFT_FREE), MOST),
    )


def _asked(terminal: Terminal) -> TextIO | None:
    """Return the stream that the terminal can be asked through, if it can be.

    The answer comes on standard input.  tmux and screen answer for themselves,
    whatever the terminal around them can draw.
    """
    multiplexed = {"TMUX", "STY"} & terminal.environ.keys()
    return terminal.stderr if terminal.stdin.isatty() and not multiplexed else None


@contextlib.contextmanager
def _drawing_to(stream: TextIO | None) -> Iterator[bool]:
    """Let the library find ``stream``, or no terminal, for as long as it draws."""
    kept = sys.__stdout__
    sys.__stdout__ = stream or io.StringIO()  # type: ignore[assignment, misc] # for it alone
    try:
        yield stream is not None
    finally:
        sys.__stdout__ = kept  # type: ignore[misc]


@contextlib.contextmanager
def _quiet_library() -> Iterator[None]:
    """Keep to ourselves what the library says of its doubts."""
    logging.getLogger("textual_image").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# --- the picture that is drawn ------------------------------------------------


def side_by_side(paths: Sequence[Path], *, height: int = HEIGHT) -> Image.Image:
    """Return the pictures at ``paths`` in a row, at most ``height`` pixels high.

    Raises InputError for a file that cannot be read as a picture.
    """
    pictures = [_small(path, height) for path in paths]
    height = min(picture.height for picture in pictures)
    pictures = [_of_height(picture, height) for picture in pictures]
    gap = max(1, height // 40) if len(pictures) > 1 else 0
    width = sum(picture.width + gap for picture in pictures) - gap
    row = Image.new("RGB", (width, height))
    left = 0
    for picture in pictures:
        row.paste(picture, (left, 0))
        left += picture.width + gap
    return row


def _small(path: Path, height: int) -> Image.Image:
    try:
        with Image.open(path) as opened:
            opened.draft("RGB", (height, height))  # JPEG: decode a part of it
            ImageOps.exif_transpose(opened, in_place=True)
            picture, _ = settle(opened, bit_depth=8)
    except Exception as error:  # Pillow raises anything over a broken file
        raise InputError(f"{path} cannot be read as a picture.") from error
    picture.thumbnail((4 * height, height), reducing_gap=2.0)
    return _opaque(picture)


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    ground = Image.new("RGB", picture.size, _GREY)
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _of_height(picture: Image.Image, height: int) -> Image.Image:
    if picture.height == height:
        return picture
    width = max(1, round(picture.width * height / picture.height))
    return picture.resize((width, height))
