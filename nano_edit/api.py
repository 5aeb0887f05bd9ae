"""`edit`: one picture edit from Python, made of the same parts as the command.

::

    from nano_edit import edit

    result = edit("blur the background", "in.jpg", "out.png")
    print(result.image.path, result.image.width, result.image.height)

Rules:
- Of the environment it reads the key (``NANO_EDIT_API_KEY``, then the provider's
  own variables), ``NANO_EDIT_BASE_URL``, and what `httpx` reads (proxies, CA); no
  configuration file, no keyring, nothing in the current folder.
- It prints nothing and handles no signal.  ``observe`` hears what goes on.
- Every call is by itself: threads may call it at the same time.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.domain import Note
from nano_edit.engine.edit import edit as ask_and_place
from nano_edit.engine.means import Means, Options
from nano_edit.engine.prepare import (
    AUTO,
    Wish,
    checked_instruction,
    prepare_request,
    timeout_for,
)
from nano_edit.engine.replies.cache import Cache
from nano_edit.engine.replies.spool import state_folder
from nano_edit.engine.retry import RetryPolicy
from nano_edit.errors import UsageError
from nano_edit.pictures.inputs.workspace import Workspace
from nano_edit.pictures.outputs.destination import plan_destination
from nano_edit.wire.credentials import checked_key, key_in_environment, no_key
from nano_edit.wire.http.client import Client
from nano_edit.wire.providers import PROVIDERS
from nano_edit.wire.service import Service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nano_edit.domain import (
        ApiKey,
        Destination,
        EditEvent,
        EditRequest,
        EditResult,
        Observe,
    )
    from nano_edit.wire.providers import Provider

FilePath = str | os.PathLike[str]

CACHE_BYTES = 2_048_000_000  # most that a cache folder keeps


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
    keep_metadata: bool = False,
    strict: bool = False,
    format: str | None = None,  # noqa: A002 - the option's name everywhere
    force: bool = False,
    save_drafts: bool = False,
    timeout: float | None = None,
    connect_timeout: float = 10.0,
    retries: int = 3,
    max_wait: float = 120.0,
    retry_unknown: bool = False,
    cache: FilePath | None = None,
    observe: Observe | None = None,
) -> EditResult:
    """Edit pictures by instruction and write the result to ``output``.

    instruction: what to do, in words.
    images: a picture or several, in order: paths, or ``https://`` URLs.
    output: a file, whose suffix decides the format (.png .jpg .webp .avif .tif),
        or a folder; None: ``<first image>-edited.<ext>`` in the current folder.
    model: None: the provider's current Pro.
    provider: "apiyi" or "google".
    base_url: another host that speaks the same API, such as the emulator's
        `nano_edit.emulator.Emulator.url`; None: ``NANO_EDIT_BASE_URL``, then the
        provider's own.
    api_key: None: ``NANO_EDIT_API_KEY``, then the provider's variables.
    aspect_ratio: "16:9" and the like; "match": the one nearest to the first
        picture; None: the model follows the source.
    size: "512", "1K", "2K" or "4K"; None: the model's own.
    text: ask for words beside the picture; they are in ``result.text``.
    max_side: pixels; a picture whose longer side is more is downscaled to it.
    downscale: False: a picture over the service's limits is an InputError.
    keep_metadata: send EXIF, GPS, XMP and comments too.
    strict: a result of another size or shape than asked for is a RefusedError.
    format: "png", "jpg", "webp", "avif" or "tif", whatever the output's suffix.
    force: replace an output that exists.
    save_drafts: keep the model's drafts beside the output.
    timeout: seconds for one whole attempt; None: 300, or 600 at 4K.
    connect_timeout: seconds for the connection.
    retries: further attempts where nothing was billed.
    max_wait: seconds, the longest wait between two attempts.
    retry_unknown: also try again where the lost attempt may have been billed.
    cache: a folder in which replies are kept, so that the same edit is paid for
        once; None: no cache.
    observe: is called with each event of the edit (`nano_edit.domain.EditEvent`),
        in the thread that edits.

    Returns the picture's place, size in pixels and bytes, SHA-256, and what the
    service told: see `nano_edit.domain.EditResult`.

    Raises a `nano_edit.errors.NanoEditError`: UsageError, InputError, AuthError and
    NetworkError before anything was sent; QuotaError, RejectedError, ServerError,
    RefusedError and UnknownOutcomeError for what the service did; OutputError when
    the picture cannot be written.  ``error.billed`` says whether the call cost
    money, ``error.recovery`` where a reply or picture that was paid for is kept.
    Ctrl-C during the call is an InterruptedEdit, for the same reason.
    """
    chosen = _provider(provider)
    key = _key(api_key, chosen)
    hear = observe or _hear_nothing
    wish = Wish(
        instruction=checked_instruction(instruction),
        sources=_sources(images),
        provider=chosen,
        base_url=base_url or os.environ.get("NANO_EDIT_BASE_URL") or chosen.base_url,
        model=model or chosen.default_model,
        aspect_ratio=aspect_ratio or AUTO,
        image_size=size,
        text=text,
        keep_metadata=keep_metadata,
        max_side=max_side,
        downscale=downscale,
    )
    service = Service(
        provider=chosen,
        base_url=wish.base_url,
        key=key,
        timeout=timeout or timeout_for(size),
        connect_timeout=connect_timeout,
    )
    with Workspace() as workspace:
        request = prepare_request(
            wish,
            workspace=workspace,
            stdin=io.BytesIO(),
            note=lambda text: hear(Note(text)),
        )
        destination = _destination(request, output, format, force=force)
        with Client(service) as client:
            means = Means(
                client=client,
                spools=state_folder(),
                observe=hear,
                policy=RetryPolicy(retries, max_wait, retry_unknown),
                cache=Cache(Path(cache), CACHE_BYTES) if cache is not None else None,
            )
            options = Options(save_drafts=save_drafts, strict=strict, digest=True)
            return ask_and_place(request, destination, means, options)


def _provider(name: str) -> Provider:
    if name not in PROVIDERS:
        raise UsageError(
            f"There is no provider {name!r}.",
            hint=f"There are: {', '.join(PROVIDERS)}.",
        )
    return PROVIDERS[name]


def _key(given: str | None, provider: Provider) -> ApiKey:
    if given is not None:
        return checked_key(given, "What was given as api_key")
    found = key_in_environment(os.environ, provider)
    if found is None:
        raise no_key(provider)
    return found[0]


def _sources(images: FilePath | Sequence[FilePath]) -> list[str]:
    named = [images] if isinstance(images, str | os.PathLike) else images
    sources = [os.fspath(each) for each in named]
    if "-" in sources:
        raise UsageError("A picture is a path or a URL here, not standard input.")
    return sources


def _destination(
    request: EditRequest,
    output: FilePath | None,
    format_name: str | None,
    *,
    force: bool,
) -> Destination:
    return plan_destination(
        None if output is None else os.fspath(output),
        first_source=request.images[0].source,
        format_name=format_name,
        force=force,
        inputs=[image.path for image in request.images if image.path],
        stdout=None,
        stdout_is_tty=False,
    )


def _hear_nothing(event: EditEvent) -> None:
    del event
