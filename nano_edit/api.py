"""`edit` and `edit_many`: an `Editor` and one call, for Python programs.

::

    from nano_edit import edit

    result = edit("blur the background", "in.jpg", "out.jpg")
    print(result.image.path, result.image.width, result.image.height)

For several edits make an `Editor` and call its ``edit``, or hand them to a `Batch`.
What an `Editor` reads of the environment is in `nano_edit.engine.editor`.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.domain import AUTO, Edit
from nano_edit.engine.batch.runner import Batch
from nano_edit.engine.editor import Editor
from nano_edit.report.writer import ReportWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nano_edit.domain import EditResult, Observe
    from nano_edit.engine.batch.runner import Outcome
    from nano_edit.wire.prices import OwnPrices

FilePath = str | os.PathLike[str]


def edit(
    instruction: str,
    images: FilePath | Sequence[FilePath],
    output: FilePath | None = None,
    *,
    model: str | None = None,
    provider: str = "apiyi",
    base_url: str | None = None,
    api_key: str | None = None,
    aspect_ratio: str | None = None,
    size: str | None = None,
    text: bool = False,
    max_side: int | None = None,
    downscale: bool = True,
    max_pixels: int | None = None,
    send_metadata: bool = False,
    region: str | Sequence[str] = (),
    mask: FilePath | None = None,
    invert_mask: bool = False,
    keep_rest: bool = False,
    keep_size: bool = False,
    copy_metadata: bool = False,
    max_change: float | None = None,
    strict: bool = False,
    format: str | None = None,  # noqa: A002 - the option's name everywhere
    force: bool = False,
    save_drafts: bool = False,
    timeout: float | None = None,
    connect_timeout: float = 10.0,
    retries: int = 3,
    max_wait: float = 120.0,
    retry_unknown: bool = False,
    tier: str | None = None,
    prices: OwnPrices | None = None,
    budget: float | None = None,
    monthly_budget: float | None = None,
    cache: FilePath | None = None,
    observe: Observe | None = None,
) -> EditResult:
    """Edit pictures by instruction and write the result to ``output``.

    instruction: what to do, in words.
    images: a picture or several, in order: paths, or ``https://`` URLs.
    output: a file, whose suffix decides the format (.png .jpg .webp .avif .tif),
        or a folder; None: ``<first image>-edited.<ext>`` in the current folder.
    model: None: the provider's current Pro.
    aspect_ratio: "16:9" and the like; "match": the one nearest to the first
        picture; None: the model follows the source.
    size: "512", "1K", "2K" or "4K"; None: the model's own.
    text: ask for words beside the picture; they are in ``result.text``.
    max_side: pixels; a picture whose longer side is more is downscaled to it.
    downscale: False: a picture over the service's limits is an InputError.
    max_pixels: megapixels of a picture that is read; None: 250, and what fits 600 MB.
    send_metadata: send EXIF, GPS, XMP and comments too.
    region: "X,Y,W,H" in pixels or percent, one or several: only there may anything
        change.  mask: a picture, white where it may; invert_mask: black where it may.
        keep_rest: only what the model changed is taken.  With one of the three
        ``result.image.change`` says what changed, and max_change (percent) is how
        much may outside; more is a RefusedError.
    keep_size: the result has the first picture's width and height.
    copy_metadata: copy the first picture's EXIF, XMP and IPTC into the result.
    strict: a result of another size or shape than asked for is a RefusedError.
    format: "png", "jpg", "webp", "avif" or "tif", whatever the output's suffix.
    force: replace an output that exists.
    save_drafts: keep the model's drafts beside the output.
    tier: "standard", "flex" (half the price, within 15 minutes) or "priority"; Google
        only.
    provider, base_url, api_key, timeout, connect_timeout, retries, max_wait,
        retry_unknown, prices, budget, monthly_budget, cache, observe: see
        `nano_edit.Editor`.

    Returns the picture's place, size in pixels and bytes, SHA-256, and what the
    service told: see `nano_edit.domain.EditResult`.

    Raises a `nano_edit.errors.NanoEditError`: UsageError, InputError, AuthError and
    NetworkError before anything was sent; QuotaError, RejectedError, ServerError,
    RefusedError and UnknownOutcomeError for what the service did; OutputError when
    the picture cannot be written.  ``error.billed`` says whether the call cost
    money, ``error.recovery`` where a reply or picture that was paid for is kept.
    Ctrl-C during the call is an InterruptedEdit, for the same reason.
    """
    with Editor(
        provider=provider,
        base_url=base_url,
        api_key=api_key,
        timeout=timeout,
        connect_timeout=connect_timeout,
        retries=retries,
        max_wait=max_wait,
        retry_unknown=retry_unknown,
        prices=prices,
        budget=budget,
        monthly_budget=monthly_budget,
        cache=cache,
        observe=observe,
    ) as editor:
        return editor.edit(
            Edit(
                instruction=instruction,
                images=images,  # type: ignore[arg-type] # Edit makes a tuple of it
                output=output,  # type: ignore[arg-type] # and text of this
                model=model,
                aspect_ratio=aspect_ratio or AUTO,
                size=size,
                text=text,
                max_side=max_side,
                downscale=downscale,
                max_pixels=max_pixels,
                send_metadata=send_metadata,
                region=region,  # type: ignore[arg-type] # likewise
                mask=mask,  # type: ignore[arg-type] # likewise
                invert_mask=invert_mask,
                keep_rest=keep_rest,
                keep_size=keep_size,
                copy_metadata=copy_metadata,
                max_change=max_change,
                strict=strict,
                format=format,
                force=force,
                save_drafts=save_drafts,
                tier=tier,
            )
        )


def edit_many(
    edits: Iterable[Edit],
    *,
    jobs: int = 4,
    manifest: FilePath | None = None,
    report: FilePath | None = None,
    skip_existing: bool = False,
    fail_fast: bool = False,
    **service: Any,
) -> list[Outcome]:
    """Make many edits at once and return what each of them ended with.

    edits, jobs, manifest, skip_existing, fail_fast: see `nano_edit.Batch`.
    report: an HTML page that shows every before and after.
    service: arguments of `nano_edit.Editor`, such as ``provider``.

    An edit that fails is an `Outcome` with an ``error``, and stops no other.
    Raises AuthError when there is no key, UsageError for edits that cannot be meant.
    """
    outcomes = []
    with ExitStack() as stack:
        editor = stack.enter_context(Editor(**service))
        page = None
        if report is not None:
            page = stack.enter_context(ReportWriter(Path(report)))
        batch = stack.enter_context(
            Batch(
                editor,
                edits,
                jobs=jobs,
                manifest=manifest,
                skip_existing=skip_existing,
                fail_fast=fail_fast,
            )
        )
        for outcome in batch:
            outcomes.append(outcome)
            if page is not None:
                page.add(outcome.record)
    return outcomes
