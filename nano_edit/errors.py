"""The exception tree, and the exit status that each branch ends with.

::

    NanoEditError            1 internal
    |-- UsageError           2 usage       the command line
    |-- InputError           3 input       a picture, a file, or the output's place
    |-- AuthError            4 auth        no key, or it was refused
    |-- NetworkError         5 network     nothing was sent
    |-- QuotaError           6 quota       rate limit, or no money left
    |   `-- BudgetError                    ... or none left of the user's budget
    |-- RejectedError        7 rejected    the API calls the request invalid
    |   `-- SignatureError                 ... for its earlier turns
    |-- ServerError          8 server      5xx, or a reply that is not the contract's
    |   `-- ProtocolError                  ... at a byte of the reply
    |-- RefusedError         9 refused     answered, without a usable image
    |-- UnknownOutcomeError 10 unknown     sent, but no whole reply came
    |-- OutputError         11 output      the image came but could not be written
    |-- PartialError        12 partial     some of many edits failed
    |-- PendingError        13 pending     deferred edits are not made yet
    `-- InterruptedEdit    130 interrupted Ctrl-C
        `-- TerminatedEdit 143 terminated  SIGTERM or SIGHUP

Every error carries what the user needs next: ``message`` (what happened and
why), ``hint`` (what to do), ``billed``, and ``recovery`` (where what was paid
for is kept).  ``retry`` says who may try again; the policy reads it.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import TYPE_CHECKING, ClassVar

from nano_edit.domain import Billed

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.domain import Cost


class ExitStatus(IntEnum):
    """The process's exit status; the lower-case name is the JSON ``code``."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    INPUT = 3
    AUTH = 4
    NETWORK = 5
    QUOTA = 6
    REJECTED = 7
    SERVER = 8
    REFUSED = 9
    UNKNOWN = 10
    OUTPUT = 11
    PARTIAL = 12
    PENDING = 13
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def code(self) -> str:
        """The name in the exit table: ``usage``, ``auth``, ..."""
        return self.name.lower()


class Retry(Enum):
    """Who may send the same request again after an error."""

    NEVER = "never"
    SAFE = "safe"  # nothing was billed: by itself, a few times
    ON_REQUEST = "on request"  # may have been billed: only with --retry-unknown


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised where Ctrl-C would be: both end an edit the same way."""


class NanoEditError(Exception):
    """What every error of ours is; caught in one place, `nano_edit.cli.app`."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.INTERNAL

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        billed: Billed = Billed.NO,
        retry: Retry = Retry.NEVER,
        retry_after: float | None = None,
        http_status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.billed = billed
        self.retry = retry
        self.retry_after = retry_after  # seconds the server asked for
        self.http_status = http_status
        self.recovery: Path | None = None  # a spool or a picture that was kept
        self.attempts = 0  # how many requests were made
        self.cost: Cost | None = None  # of these requests; None: none was made


class UsageError(NanoEditError):
    """The command line cannot be carried out as it is written."""

    exit_status = ExitStatus.USAGE


class InputError(NanoEditError):
    """A picture, a file or the place of the output cannot be used; nothing was sent."""

    exit_status = ExitStatus.INPUT


class AuthError(NanoEditError):
    """There is no key, or the service refused it."""

    exit_status = ExitStatus.AUTH


class NetworkError(NanoEditError):
    """Nothing was sent: DNS, connect, TLS or proxy failed."""

    exit_status = ExitStatus.NETWORK


class QuotaError(NanoEditError):
    """A rate limit, or no money left."""

    exit_status = ExitStatus.QUOTA


class BudgetError(QuotaError):
    """The next request does not fit the user's budget; it was not sent."""


class RejectedError(NanoEditError):
    """The service calls the request invalid, or answers with a redirect."""

    exit_status = ExitStatus.REJECTED


class SignatureError(RejectedError):
    """The service does not accept the earlier turns as its own; nothing was billed."""


class ServerError(NanoEditError):
    """The service failed, or its reply is not the contract's."""

    exit_status = ExitStatus.SERVER


class ProtocolError(ServerError):
    """The reply's bytes are not what the contract says, at byte ``offset``."""

    def __init__(self, message: str, *, offset: int) -> None:
        super().__init__(
            f"The reply cannot be understood: {message} (at byte {offset}).",
            billed=Billed.YES,
        )
        self.offset = offset


class RefusedError(NanoEditError):
    """The service answered, without an image that can be used."""

    exit_status = ExitStatus.REFUSED


class UnknownOutcomeError(NanoEditError):
    """The request went out and no whole reply came: it may have been billed."""

    exit_status = ExitStatus.UNKNOWN


class OutputError(NanoEditError):
    """The picture came and was paid for, but it cannot be written."""

    exit_status = ExitStatus.OUTPUT


class PartialError(NanoEditError):
    """Some of many edits failed."""

    exit_status = ExitStatus.PARTIAL


class PendingError(NanoEditError):
    """Deferred edits are not made yet; nothing is wrong."""

    exit_status = ExitStatus.PENDING


class InterruptedEdit(NanoEditError):  # noqa: N818 - named for what happened
    """The user pressed Ctrl-C."""

    exit_status = ExitStatus.INTERRUPTED


class TerminatedEdit(InterruptedEdit):
    """The process was asked to end (SIGTERM)."""

    exit_status = ExitStatus.TERMINATED
