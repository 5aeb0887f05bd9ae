"""What is sent of a picture and becomes of the answer, in words, for ``--dry-run``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nano_edit.pictures.region.areas import Area
    from nano_edit.pictures.region.boxes import Plan


def plan_text(
    name: str,
    plan: Plan,
    area: Area | None,
    *,
    exact: bool,
    resizes: bool,
    copy_metadata: bool,
) -> tuple[str, ...]:
    """Return the sentences; the arguments are those of `task.Task`."""
    size = _text(plan.size)
    sentences = []
    if resizes:
        sentences += _sent(name, plan)
    if area is not None:
        share = f"{100 * area.share():.2g} % of the picture"
        sentences.append(
            f"Only the region, {share}, would change; the rest stays {name}'s."
        )
    elif exact:
        sentences.append(f"What the model changes would be found and put into {name}.")
    elif resizes:
        sentences.append(f"The result would get {name}'s size, {size}.")
    if copy_metadata:
        sentences.append(f"{name}'s metadata would be copied into the result.")
    return tuple(sentences)


def _sent(name: str, plan: Plan) -> list[str]:
    """Say which part is sent, where it is not the picture itself."""
    size, mirrored = _text(plan.size), ""
    if plan.is_padded:
        mirrored = f", mirrored at its edges to {_text(plan.frame.size)}"
    if not plan.is_whole:
        crop = plan.crop
        place = f"from {crop.left},{crop.top} on"
        part = _text(crop.size)
        return [f"{part} of {name}'s {size} pixels would be sent, {place}{mirrored}."]
    return [f"{name}, {size}, would be sent{mirrored}."] if mirrored else []


def _text(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
