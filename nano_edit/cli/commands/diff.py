"""``diff``: what changed between two pictures, in figures and as a picture."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL.PngImagePlugin import PngInfo

from nano_edit.atomic_file import reason, replace_file
from nano_edit.cli.json_line import json_line
from nano_edit.domain import Edit
from nano_edit.errors import InputError, RefusedError, UsageError
from nano_edit.pictures.inputs.examine import examine
from nano_edit.pictures.inputs.sources import locate
from nano_edit.pictures.inputs.workspace import Workspace
from nano_edit.pictures.region.wish import check_wish, need_packages

need_packages("diff")  # before what imports them is imported

from nano_edit.pictures.region.compare import compare  # noqa: E402 - see above
from nano_edit.pictures.region.task import area_for  # noqa: E402 - likewise

if TYPE_CHECKING:
    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.pictures.inputs.examine import Original
    from nano_edit.pictures.region.areas import Area
    from nano_edit.pictures.region.compare import Comparison

_PUBLIC = 0o644
_MARK = "nano-edit diff"  # at the beginning of each heat map


def run(settings: Settings, terminal: Terminal) -> None:
    """Compare the two pictures and print what changed.

    Raises RefusedError when more changed outside than ``--max-change`` allows.
    """
    options = settings.options
    if options.before is None or options.after is None:
        raise UsageError(
            "Two pictures are compared.", hint="Try: nano-edit diff in.jpg out.jpg"
        )
    _check(options)
    with Workspace() as workspace:
        before, after, mask = (
            None if name is None else _original(name, workspace, terminal)
            for name in (options.before, options.after, options.mask)
        )
        assert before is not None  # noqa: S101 - asked for above
        assert after is not None  # noqa: S101 - likewise
        found = _compared(before, after, mask, options)
    if options.heat:
        _write_heat(found, options.heat)
    if options.json:
        terminal.result(json_line(record_of(found)))
    else:
        for line in _lines(found):
            terminal.result(line)
    most = options.max_change
    if most is not None and found.outside > most:
        raise RefusedError(
            f"{_percent(found.outside)} changed; at most {most:g} % may.",
            hint="--heat OUT.png shows where.",
        )


def _check(options: Options) -> None:
    check_wish(
        Edit(
            "compare",
            (),
            region=tuple(options.region or ()),
            mask=options.mask,
            invert_mask=options.invert_mask,
        )
    )
    heat = options.heat
    if heat and os.path.lexists(heat) and not _is_heat_map(Path(heat)):
        raise InputError(
            f"{heat} exists already, and is not a picture of --heat.",
            hint="Name another file, or remove that one.",
        )


def _original(name: str, workspace: Workspace, terminal: Terminal) -> Original:
    def no_fetch(url: str, _: Any) -> None:
        raise InputError(f"{url} is not fetched.", hint="Download it first.")

    stdin = terminal.stdin or io.BytesIO()
    return examine(locate(name, workspace=workspace, stdin=stdin, fetch=no_fetch))


def _compared(
    before: Original, after: Original, mask: Original | None, options: Options
) -> Comparison:
    def area_of(size: tuple[int, int]) -> Area | None:
        return area_for(
            tuple(options.region or ()), mask, size, invert=options.invert_mask
        )

    return compare(before, after, area_of)


def _write_heat(found: Comparison, path: str) -> None:
    buffer, mark = io.BytesIO(), PngInfo()
    mark.add_text("Software", _MARK)
    found.heat.save(buffer, "PNG", pnginfo=mark)
    try:
        replace_file(Path(path), buffer.getvalue(), mode=_PUBLIC)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {reason(error)}.") from None


def _is_heat_map(path: Path) -> bool:
    """Whether a file that exists is one that this command wrote."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return _MARK.encode() in file.read(100)
    except OSError:
        return False


def record_of(found: Comparison) -> dict[str, Any]:
    """Return the comparison as JSON holds it; shares are percent."""
    motion = found.alignment
    return {
        "ok": True,
        "width": found.size[0],
        "height": found.size[1],
        "threshold": 2.3,
        "area": _rounded(found.area),
        "inside": _rounded(found.inside),
        "outside": _rounded(found.outside),
        "every_pixel": found.exact,
        "aligned": motion is not None,
        "shift": None if motion is None else list(motion.shift(found.size)),
        "zoom": None if motion is None else round(motion.zoom, 5),
        "rotation": None if motion is None else round(motion.degrees, 3),
        "residual": round(found.residual, 2),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _lines(found: Comparison) -> list[str]:
    lines = []
    if found.inside is None:
        lines.append(f"changed  {_percent(found.outside)} of the pixels")
    else:
        lines.append(f"inside   {_percent(found.inside)} of the pixels changed")
        lines.append(f"outside  {_percent(found.outside)}")
    motion = found.alignment
    if motion is None:
        lines.append("motion   the second picture cannot be found on the first")
    elif not found.exact:
        right, down = motion.shift(found.size)
        lines.append(
            f"motion   {right:+.1f} px right, {down:+.1f} px down, zoom"
            f" {motion.zoom:.4f}, turned by {motion.degrees:.2f} degrees"
        )
    where = "of the pixels" if found.inside is None else "outside"
    lines.append(f"median   Delta E {found.residual:.2f} {where}")
    return lines


def _percent(value: float) -> str:
    if 0 < value < 0.01:
        return "less than 0.01 %"
    return f"{value:.2f} %"
