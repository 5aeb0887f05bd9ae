"""What every fault of the service leads to: one table for the test and the page.

``docs/reliability.md`` is printed from it by ``scripts/write_reliability.py``,
and `test_fault_matrix` runs the program through every row.
"""

from __future__ import annotations

from dataclasses import dataclass

NO, YES, UNKNOWN = "no", "yes", "unknown"
FAST = ("--retries", "2", "--max-wait", "5", "--timeout", "20")


@dataclass(frozen=True, slots=True)
class Row:
    """One fault, the options it is met with, and how the command ends."""

    fault: str
    exit_status: int
    requests: int  # that the service saw
    billed: str | None = None  # None: the edit succeeded
    kept: bool = False  # the reply is kept, and the error names it
    options: tuple[str, ...] = ()
    warned: bool = False  # the picture comes with a warning

    @property
    def output(self) -> bool:
        """Whether the picture is there at the end."""
        return self.exit_status == 0


REFUSALS = (
    "IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_OTHER IMAGE_RECITATION NO_IMAGE "
    "SAFETY PROHIBITED_CONTENT RECITATION BLOCKLIST SPII MAX_TOKENS MODEL_ARMOR OTHER "
    "MALFORMED_RESPONSE SOMETHING_NEW block=OTHER candidates-null parts-null "
    "content-empty role-only no-image text-only"
).split()
ODD_BUT_WHOLE = (
    "ok downgrade empty-part drafts drafts-thought thought-last bad-draft "
    "wrong-mime png webp data-url snake-case urlsafe escaped late-keys compact warning "
    "coding=identity coding=none coding=utf-8 coding=br coding=deflate "
    "coding=gzip deflate deflate-raw gzip-gzip gzip-members gzip-crc "
    "gzip-no-trailer 201 203 tail-stall=30 error-empty error-warning terminal-escapes "
    "signature-invalid shift zoom recolour soften scatter repaint wrong-ratio"
).split()
BROKEN_AROUND_A_WHOLE_PICTURE = (
    "cut-picture truncated-tail bad-utf8 deep-nesting bad-draft-base64 bom array sse "
    "sse-parts nan half-surrogate long-number deep-beside bad-char huge-text=30000000 "
    "thought-only"
).split()

ROWS = (
    *(Row(fault, 0, 1) for fault in ODD_BUT_WHOLE),
    *(Row(fault, 0, 1, warned=True) for fault in BROKEN_AROUND_A_WHOLE_PICTURE),
    # Nothing was billed and it may pass: tried again.
    Row("429=0.1,ok", 0, 2),
    Row("429-header=1,ok", 0, 2),
    Row("429-date=1,ok", 0, 2),
    Row("503,ok", 0, 2),
    Row("503=0.2,503,ok", 0, 3),
    Row("500-body-failed,ok", 0, 2),
    Row("429=0.1:*", 6, 3, NO),
    Row("503:*", 8, 3, NO),
    Row("500-body-failed:*", 8, 3, NO),
    Row("429=0.1:*", 6, 1, NO, options=("--retries", "0")),
    Row("429=60:*", 6, 1, NO),  # a longer wait than --max-wait
    # Nothing was billed and it will not pass.
    Row("400:*", 7, 1, NO),
    Row("400-escapes:*", 7, 1, NO),
    Row("400-key:*", 4, 1, NO),
    Row("401:*", 4, 1, NO),
    Row("403:*", 4, 1, NO),
    Row("403-quota:*", 6, 1, NO),
    Row("404:*", 7, 1, NO),
    Row("413:*", 7, 1, NO),
    Row("429-day:*", 6, 1, NO),
    Row("429-limit-0:*", 6, 1, NO),
    Row("redirect:*", 7, 1, NO),
    # Nobody knows: only when the user asks for it.
    *(
        Row(f"{fault},ok", 8, 1, UNKNOWN)
        for fault in (
            "500 503-html 503-envoy 502-html 504-html 524-html gateway-500 "
            "gateway-empty"
        ).split()
    ),
    Row("500,ok", 0, 2, options=("--retry-unknown",)),
    Row("524-html,ok", 0, 2, options=("--retry-unknown",)),
    Row("reset,ok", 10, 1, UNKNOWN),
    Row("close,ok", 10, 1, UNKNOWN),
    Row("reset,ok", 0, 2, options=("--retry-unknown",)),
    Row("close,ok", 0, 2, options=("--retry-unknown",)),
    Row("slow=30,ok", 10, 1, UNKNOWN, options=("--timeout", "1")),
    Row("slow=30,ok", 0, 2, options=("--timeout", "1.5", "--retry-unknown")),
    # A 200 began: never again, and what came is kept.
    *(
        Row(fault, 10, 1, YES, kept=True, options=options)
        for fault, options in (
            ("cut=100000", ("--retry-unknown",)),
            ("stall=30", ("--timeout", "1")),
            ("drip=2000", ("--timeout", "1")),
        )
    ),
    *(
        Row(fault, 8, 1, YES, kept=True)
        for fault in (
            "truncated-json truncated-base64 truncated-image not-an-image html-200 br"
        ).split()
    ),
    Row("huge=30000000", 8, 1, YES, kept=True, options=("--max-reply", "2")),
    Row("gzip-bomb=50", 8, 1, YES, kept=True, options=("--max-reply", "2")),
    # A whole answer without a picture: nothing to keep; a gateway bills the call.
    Row("200-error", 8, 1, UNKNOWN),
    *(Row(fault, 9, 1, YES) for fault in REFUSALS),
    # What came is not what was asked for.
    Row("small", 0, 1, options=("--size", "2K")),
    Row("square", 0, 1, options=("--aspect-ratio", "16:9")),
    Row("small", 9, 1, YES, kept=True, options=("--size", "2K", "--strict")),
    Row("square", 9, 1, YES, kept=True, options=("-a", "16:9", "--strict")),
)
