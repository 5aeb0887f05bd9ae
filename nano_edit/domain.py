"""What this program talks about: frozen types and events, nothing that acts.

Read this file first.  Data runs one way::

    argv | Python | a line of a list -> Edit -> EditRequest -> request body
         -> reply bytes -> ReplyEvent ... -> temporary files -> EditResult

Rules:
- A type here is immutable and imports nothing of the other rooms.
- Names are the wire's own (``mime_type``, ``finish_reason``, ``usage``).
- Facts whose JSON key may come late ride on the event that ends a thing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from nano_edit.frozen import Frozen

if TYPE_CHECKING:
    from pathlib import Path


class Billed(StrEnum):
    """Whether the call cost money, as far as anyone can know."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


class ApiKey:
    """A key, hidden in every text that is made of it; `reveal` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the key itself, for the one header that carries it."""
        return self._value

    def __repr__(self) -> str:
        return "ApiKey(****)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not to be pickled")


# --- what is wanted ----------------------------------------------------------

AUTO, MATCH = "auto", "match"  # aspect ratios besides W:H


class Edit(Frozen):
    """Everything that one edit says, before any picture is looked at.

    The same for a command line, a line of a list, and Python.  Any sequence of
    paths is taken for ``images``, and a single path; they become a tuple of text.
    """

    instruction: str  # the text itself
    images: tuple[str, ...]  # paths and https:// URLs, in order
    output: str | None = None  # a file or a folder; None: named after the first image
    model: str | None = None  # None: the provider's own
    aspect_ratio: str = AUTO  # or "match", or "16:9"
    size: str | None = None  # "512", "1K", "2K", "4K"; None: the model's own
    text: bool = False  # ask for words beside the picture
    max_side: int | None = None  # pixels; downscale inputs to it
    downscale: bool = True  # False: an input over the limits is an error
    max_pixels: int | None = None  # megapixels of a picture that is read
    send_metadata: bool = False  # send EXIF, XMP and comments too
    region: tuple[str, ...] = ()  # "X,Y,W,H", px or %: only there may anything change
    mask: str | None = None  # a picture: white may change, black may not
    invert_mask: bool = False  # black may change, white may not
    keep_rest: bool = False  # only what the model changed is taken
    keep_size: bool = False  # the result has the first picture's width and height
    copy_metadata: bool = False  # EXIF, XMP and IPTC of the first picture go back in
    max_change: float | None = None  # percent of pixels that may change outside
    strict: bool = False  # a result of another size or shape is an error
    tier: str | None = None  # "standard", "flex", "priority"; None: the service's own
    format: str | None = None  # "png", "jpg", "webp", "avif", "tif"
    force: bool = False  # replace an output that exists
    save_drafts: bool = False  # keep the model's drafts beside the output
    stem: str = ""  # of the default file name; "": from the first image
    variant: int = 0  # from 1: which of several results of the same edit
    where: str = ""  # the place in a list, for messages: "edits.jsonl:7"
    after: str = ""  # in lists: the place of an edit to go on from, or its history id

    def __post_init__(self) -> None:
        images: Any = self.images
        if isinstance(images, str | os.PathLike):
            images = (images,)
        object.__setattr__(self, "images", tuple(map(os.fspath, images)))
        region: Any = self.region or ()
        if isinstance(region, str):
            region = (region,)
        object.__setattr__(self, "region", tuple(region))
        if self.mask is not None:
            object.__setattr__(self, "mask", os.fspath(self.mask))
        if self.output is not None:
            object.__setattr__(self, "output", os.fspath(self.output))

    @property
    def label(self) -> str:
        """The name by which a person knows this edit."""
        name = self.where or (shown_source(self.images[0]) if self.images else "")
        return f"{name} #{self.variant}" if self.variant else name


def shown_source(source: str) -> str:
    """Return a picture's name as messages show it.

    That is a path as it is, and a URL without what may give access to it: user name,
    password and query (a signature, perhaps).
    """
    scheme, is_url, rest = source.partition("://")
    if not is_url or not scheme.isalnum():
        return source
    host, slash, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


# --- what goes out -----------------------------------------------------------


class FileSpan(Frozen):
    """``length`` bytes of the file at ``path``, from byte ``offset`` on."""

    path: Path
    offset: int
    length: int


class ImageInput(Frozen):
    """One picture, ready to be sent: what it is and where its bytes lie.

    ``content`` is the picture's bytes in order: spans of a file on disk, and
    short literal pieces between them.  Dropping metadata is leaving a span out,
    so no picture is ever held in memory and none is copied to be trimmed.
    """

    source: str  # as the user named it: a path, "-", a URL
    mime_type: str  # of the bytes that are sent: image/jpeg, image/png
    width: int  # pixels, upright, as sent
    height: int  # pixels, upright, as sent
    content: tuple[FileSpan | bytes, ...]
    path: Path | None = None  # the file the user named, when it is one
    preview: Path | None = None  # a file holding these pixels, for --show and reports

    @property
    def size(self) -> int:
        """The number of bytes that are sent, before base64."""
        return sum(
            len(piece) if isinstance(piece, bytes) else piece.length
            for piece in self.content
        )


class Turn(Frozen):
    """An earlier turn of a conversation: what was asked, and the model's answer.

    ``reply`` is the list of the answer's parts, exactly as it came: it goes back so.
    """

    instruction: str
    images: tuple[ImageInput, ...]
    reply: FileSpan


class EditRequest(Frozen):
    """One edit as the service is asked for it."""

    instruction: str
    images: tuple[ImageInput, ...]
    model: str
    aspect_ratio: str | None = None  # "16:9"; None: the model follows the source
    image_size: str | None = None  # "512", "1K", "2K", "4K"; None: the model's own
    text: bool = False  # ask for words beside the picture
    turns: tuple[Turn, ...] = ()  # what was said before
    first_is_known: bool = False  # the first picture is the last turn's: not sent
    tier: str | None = None  # "standard", "flex", "priority"; None: the service's own

    @property
    def new_images(self) -> tuple[ImageInput, ...]:
        """The pictures that are sent beside the instruction."""
        return self.images[1:] if self.first_is_known else self.images


# --- what comes back ---------------------------------------------------------


class Usage(Frozen):
    """``usageMetadata``: token counts; None where the service did not say."""

    prompt_tokens: int | None = None
    candidates_tokens: int | None = None
    thoughts_tokens: int | None = None
    total_tokens: int | None = None
    image_tokens: int | None = None  # those of the candidates that are pictures


class TextChunk(Frozen):
    """The model's words from one text part, untrusted and uncleaned."""

    text: str
    thought: bool = False


class ImageStarted(Frozen):
    """The first byte of a picture is about to come."""


class ImageData(Frozen):
    """The next decoded bytes of the picture that was started."""

    data: bytes


class ImageEnded(Frozen):
    """The picture's part has closed; only now is it known what it was."""

    mime_type: str | None  # the service's claim; it has been wrong
    thought: bool


class ReplyEnded(Frozen):
    """The top-level JSON value has closed: the reply is complete."""

    finish_reason: str | None = None
    finish_message: str | None = None
    block_reason: str | None = None
    block_message: str | None = None
    usage: Usage = Usage()
    response_id: str | None = None
    model_version: str | None = None
    has_error: bool = False  # a 200 that holds an "error" object


ReplyEvent = TextChunk | ImageStarted | ImageData | ImageEnded | ReplyEnded


# --- where it goes -----------------------------------------------------------


class Destination(Frozen):
    """Where the result is to be written, decided and checked before sending."""

    folder: Path  # exists and can be written
    name: str  # file name; without a suffix the true one is added
    format: str | None  # "png", "jpeg", "webp", "avif", "tiff"; None: as it came
    force: bool = False  # replace what is there
    stream: BinaryIO | None = None  # standard output instead of a file
    max_pixels: int | None = None  # of a picture that is converted; None: as usual


class Change(Frozen):
    """What a result that keeps the rest has changed, measured on its own pixels.

    A pixel has changed when it differs by more than Delta E 2.3.  The motion is how
    the model's picture lay on what was sent.
    """

    area: float  # percent of the picture that might change
    inside: float  # percent of that area's pixels that did
    outside: float  # percent of all other pixels that did
    shift: tuple[float, float]  # px of the model's picture, right and down
    zoom: float  # 1.01: the model's picture was larger by one percent
    rotation: float  # degrees, clockwise
    residual: float  # median Delta E of what must not change, before it was put back


class Remade(Frozen):
    """What was made of the model's picture."""

    size: tuple[int, int]  # px of the result, upright
    came: tuple[int, int]  # px of the model's picture
    notes: tuple[str, ...]
    change: Change | None


class WrittenImage(Frozen):
    """The picture in place: a file, or bytes sent to standard output."""

    path: Path | None  # None: standard output
    mime_type: str
    width: int  # pixels
    height: int  # pixels
    size: int  # bytes
    sha256: str | None  # hex; None unless asked for
    source_mime_type: str  # what the service sent, told from its bytes
    drafts: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()  # what was done to it, one sentence each
    change: Change | None = None  # of an edit that keeps the rest
    source_size: tuple[int, int] | None = None  # px that came; None: as written


class Cost(Frozen):
    """What something costs, in dollars: an estimate, or counted by the token.

    ``counted``: from the token counts that the service reported.
    """

    dollars: float | None  # None: the price is not known, which is never nothing
    counted: bool = False


class EditResult(Frozen):
    """One edit that succeeded."""

    image: WrittenImage
    model: str
    reply: ReplyEnded
    text: str  # the model's words, thoughts left out
    attempts: int
    elapsed: float  # seconds, waits between attempts included
    tier: str | None = None  # that served it, where the service told
    cost: Cost = Cost(0.0)  # of all attempts; what may have been billed counts
    warnings: tuple[str, ...] = ()
    cached: bool = False  # it came from the cache
    recovered: bool = False  # it was made from a reply that an earlier run kept
    id: str = ""  # in the history; "": it is not noted
    go_on: Callable[..., EditResult] | None = None  # `Editor.again` of its editor

    def again(
        self, instruction: str, output: str | None = None, **more: Any
    ) -> EditResult:
        """Go on from this result, as `nano_edit.Editor.again` does, which see."""
        if self.go_on is None or self.image.path is None:
            raise ValueError("There is no file, or no editor, to go on from.")
        return self.go_on(instruction, str(self.image.path), output, **more)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "go_on": None}  # an editor goes to no other process


class Rework(Protocol):
    """What is made of a picture that came, before it is placed."""

    def plan_text(self) -> tuple[str, ...]:
        """Say what is sent of the picture and what becomes of the answer."""

    def format_for(self, wanted: str | None, came: str) -> str:
        """Return the format of the result."""

    def remake(self, came: Path, kind: str, descriptor: int) -> Remade:
        """Write the result to an open, empty file; raises RefusedError."""


# --- what an edit tells while it runs ----------------------------------------


class Preparing(Frozen):
    """The edit begins: its pictures are read and made ready."""


class Prepared(Frozen):
    """The request is ready; nothing has been sent."""

    edit: Edit
    request: EditRequest
    destination: Destination
    rework: Rework | None = None  # what is made of the picture that comes
    parent: str = ""  # id, in the history, of the edit that this one goes on from
    said: str = ""  # what was said, where the instruction holds earlier ones too


class AttemptStarted(Frozen):
    """Attempt ``number`` (from 1) begins; ``total`` bytes are to be sent."""

    number: int
    total: int


class BytesSent(Frozen):
    """``sent`` bytes of the request body have been handed to the network."""

    sent: int


class Connected(Frozen):
    """The connection stands, TLS included."""


class RequestSent(Frozen):
    """The request is out; from here on the call may be billed."""


class ReplyStarted(Frozen):
    """The reply's head is here; ``length`` is its body's bytes when known."""

    http_status: int
    length: int | None
    headers: tuple[tuple[str, str], ...] = ()


class BytesReceived(Frozen):
    """``received`` bytes of the reply body have come in all."""

    received: int


class Finishing(Frozen):
    """The reply is complete; the picture is being checked, converted, moved."""


class RetryScheduled(Frozen):
    """Attempt ``number`` failed for ``reason``; the next begins in ``delay`` s."""

    number: int
    delay: float
    reason: str


class Note(Frozen):
    """Something the user should know that is no error."""

    text: str


EditEvent = (
    Preparing
    | Prepared
    | AttemptStarted
    | Connected
    | BytesSent
    | RequestSent
    | ReplyStarted
    | BytesReceived
    | Finishing
    | RetryScheduled
    | Note
)
Observe = Callable[[EditEvent], None]
