"""What is measured: each case, who takes part in it, and how each is called.

Rules:
- A contender is a whole command, as a person would type it; words in braces are
  filled in: programs, the server's address, the output, the pictures.
- A contender that would take minutes takes part in the first rounds only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NANO = "nano-edit"
REQUESTS = "requests (vendor's sample)"
CURL = "curl | jq | base64"
GENAI = "google-genai"
GEMIMG = "gemimg"

_EDIT = ("{base}", "{out}", "{images}")
_HTTPX = "import httpx; httpx.Client()"
_NANO_EDIT = (
    "{nano}",
    "blur the background",
    "{images}",
    "-o",
    "{out}",
    "--base-url",
    "{base}",
)

EDITORS: Mapping[str, tuple[str, ...]] = {
    NANO: _NANO_EDIT,
    REQUESTS: ("{others}", "{scripts}/vendor_requests.py", *_EDIT),
    CURL: ("{bash}", "{scripts}/curl_jq_base64.sh", *_EDIT),
    GENAI: ("{others}", "{scripts}/google_genai.py", *_EDIT),
    GEMIMG: ("{others}", "{scripts}/gemimg_generate.py", *_EDIT),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that users wait for, and the commands that do it."""

    name: str
    title: str
    contenders: Mapping[str, tuple[str, ...]]
    reply: str = ""  # what the server is asked for; "": it takes no part
    images: tuple[str, ...] = ()
    output: str = "out.jpg"
    most: Mapping[str, int] = field(default_factory=dict)  # rounds, by contender
    weighs_sync: bool = False  # an fsync of as many bytes is timed beside it

    def takes_part(self, contender: str, number: int) -> bool:
        """Whether it runs in a round; -1 is the first one, which is thrown away."""
        if contender not in self.most:
            return True
        return 0 <= number < self.most[contender]

    def command(
        self, contender: str, words: Mapping[str, str], several: Mapping[str, list[str]]
    ) -> list[str]:
        """Return the contender's arguments with its braces filled in.

        ``words`` may stand inside an argument; ``several`` are arguments each.
        """
        command: list[str] = []
        for word in self.contenders[contender]:
            filled = several.get(word.strip("{}"))
            command += [word.format_map(words)] if filled is None else filled
        return command


_STALLED = dict.fromkeys((REQUESTS, CURL, GENAI, GEMIMG), 1)
_CALM = ("small.jpg",)

CASES = (
    Case(
        "help",
        "`--help`",
        {
            NANO: ("{nano}", "--help"),
            "bare Typer app": ("{python}", "{scripts}/bare_typer.py", "--help"),
        },
    ),
    Case(
        "version",
        "`--version`",
        {
            NANO: ("{nano}", "--version"),
            "bare Typer app": ("{python}", "{scripts}/bare_typer.py", "--help"),
        },
    ),
    Case(
        "tab",
        "One Tab in bash",
        {
            NANO: ("{bash}", "--norc", "{scripts}/tab.sh", "{completions}/nano-edit"),
            "bare Typer app": ("{bash}", "--norc", "{scripts}/tab_typer.sh"),
        },
    ),
    Case(
        "1k",
        "1K reply: 1.5 MB JPEG and 2.9 MB signature",
        {**EDITORS, "python importing httpx": ("{httpx}", "-c", _HTTPX)},
        reply="1k",
        images=_CALM,
    ),
    Case(
        "4k",
        "4K reply: 25 MB PNG and signature",
        EDITORS,
        reply="4k",
        images=_CALM,
        output="out.png",
        most={GEMIMG: 2},
        weighs_sync=True,
    ),
    Case(
        "4k-gzip",
        "The same, from a server that compresses",
        {
            **EDITORS,
            "curl --compressed | jq | base64": (
                "/usr/bin/env",
                "CURL_OPTIONS=--compressed",
                *EDITORS[CURL],
            ),
        },
        reply="4k.gzip",
        images=_CALM,
        output="out.png",
        most={GEMIMG: 2},
    ),
    Case(
        "100mb",
        "100 MB reply: 73 MB PNG and signature",
        EDITORS,
        reply="100mb",
        images=_CALM,
        output="out.png",
        most={GEMIMG: 1},
    ),
    Case(
        "upload-3mb",
        "Upload of one 3 MB JPEG",
        EDITORS,
        reply="small",
        images=("3mb.jpg",),
    ),
    Case(
        "upload-1x7mb",
        "Upload of one 7 MB JPEG",
        EDITORS,
        reply="small",
        images=("7mb.jpg",),
        most={GEMIMG: 2},
    ),
    Case(
        "upload-14x7mb",
        "Upload of fourteen 7 MB JPEGs",
        EDITORS,
        reply="small",
        images=("7mb.jpg",) * 14,
        most={GEMIMG: 1},
    ),
    Case(
        "stall",
        "1K reply whose closing chunk is withheld for 20 s",
        EDITORS,
        reply="1k.stall-20",
        images=_CALM,
        most=_STALLED,
    ),
    Case(
        "4k-jpeg",
        "4K JPEG reply to a PNG file",
        {
            NANO: _NANO_EDIT,
            "requests and Pillow": (
                "{others}",
                "{scripts}/vendor_requests_pillow.py",
                *_EDIT,
            ),
            GEMIMG: EDITORS[GEMIMG],
        },
        reply="4k-jpeg",
        images=_CALM,
        output="out.png",
    ),
    Case(
        "downscale",
        "50-megapixel JPEG made 2048 px",
        {
            NANO: (*_NANO_EDIT[:3], "--max-side", "2048", "--dry-run"),
            "Pillow's thumbnail": (
                "{python}",
                "{scripts}/pillow_thumbnail.py",
                "{images}",
                "{out}",
            ),
            "Pillow's resize": (
                "{python}",
                "{scripts}/pillow_resize.py",
                "{images}",
                "{out}",
            ),
        },
        images=("50mpx.jpg",),
    ),
)
