"""What a failure of the network means, told from how far the attempt had come."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING

import httpcore

from nano_edit.domain import Billed
from nano_edit.errors import (
    InterruptedEdit,
    NanoEditError,
    NetworkError,
    Retry,
    UnknownOutcomeError,
)
from nano_edit.wire.http.connection import STOPPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.wire.http.connection import Connection

FAULTS = (  # what httpcore raises
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
)


@contextlib.contextmanager
def transport_errors(connection: Connection) -> Iterator[None]:
    """Turn what httpcore raises inside into an error of ours."""
    try:
        yield
    except NanoEditError:
        raise
    except FAULTS as fault:
        raise _error(connection, fault) from fault
    except (OSError, ValueError) as fault:
        if not connection.cut_by:  # a read may fail in any way once its socket is shut
            raise
        raise _error(connection, fault) from fault


def _error(connection: Connection, fault: Exception) -> NanoEditError:
    if connection.cut_by == STOPPED:
        billed = Billed.YES if connection.answered else Billed.UNKNOWN
        return InterruptedEdit(
            "Stopped.", billed=billed if connection.sent else Billed.NO
        )
    why = reason_of(fault)
    if connection.cut_by:
        why = f"it took longer than {connection.seconds:g} s"
    if connection.sent:
        return _lost(connection, why)
    return _not_sent(connection, fault, why)


def _not_sent(connection: Connection, fault: Exception, why: str) -> NetworkError:
    return NetworkError(
        f"The service cannot be reached: {why}.",
        hint=_connection_hint(fault),
        retry=Retry.NEVER if connection.cut_by else Retry.SAFE,
    )


def _lost(connection: Connection, why: str) -> UnknownOutcomeError:
    if connection.answered:
        return UnknownOutcomeError(
            f"The connection broke after {connection.received:,} bytes of the reply: "
            f"{why}.",
            hint="Running it again is billed again; --timeout waits longer.",
            billed=Billed.YES,
        )
    return UnknownOutcomeError(
        f"The request was sent and no reply came: {why}.",
        hint="It may have been billed: look at the account before running it again. "
        "--timeout waits longer; --retry-unknown tries again by itself.",
        billed=Billed.UNKNOWN,
        retry=Retry.ON_REQUEST,
    )


def _causes(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__


def reason_of(fault: Exception) -> str:
    """Return why a connection failed, as half a sentence; it quotes no header."""
    if isinstance(fault, httpcore.ConnectTimeout):
        return "no connection within --connect-timeout"
    if isinstance(fault, httpcore.LocalProtocolError):
        return "it cannot be written as HTTP"  # the fault quotes headers, so the key
    for cause in _causes(fault):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its TLS certificate is not trusted ({cause.verify_message})"
        if isinstance(cause, socket.gaierror):
            return "its name cannot be looked up (DNS)"
    return str(fault).rstrip(".") or type(fault).__name__


def _connection_hint(fault: Exception) -> str:
    if isinstance(fault, httpcore.ProxyError):
        return "Check HTTPS_PROXY, ALL_PROXY and NO_PROXY."
    if any(isinstance(cause, ssl.SSLError) for cause in _causes(fault)):
        return "If your network has its own CA, name its file in SSL_CERT_FILE."
    return "Nothing was sent. Check the network, --base-url and the proxy variables."
