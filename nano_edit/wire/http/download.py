"""Pictures from ``https://`` URLs: fetched without a key, never beyond a bound.

Rules: https only, redirects only to https and few, from a public address never to a
private one, no credentials in the URL, no cookie and no key sent, one clock for the
whole download.  Nothing is unpacked: a picture is packed already, and what is not
could swell without bound.  No message quotes a URL's query: it may be a signature.
"""

from __future__ import annotations

import time
from ipaddress import ip_address
from typing import BinaryIO
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import httpcore

from nano_edit.domain import shown_source
from nano_edit.errors import InputError
from nano_edit.version import VERSION
from nano_edit.wire.http.clock import Clock
from nano_edit.wire.http.connection import Connection
from nano_edit.wire.http.pool import pool_for, proxy_for
from nano_edit.wire.http.tls import TlsContext
from nano_edit.wire.http.transport_errors import FAULTS, reason_of

MAX_BYTES = 100 * 1024 * 1024  # what the service takes in all
MAX_REDIRECTS = 5
MAX_SECONDS = 120.0
TIMEOUT = 30.0  # seconds that the server may be silent

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = [
    ("User-Agent", f"nano-edit/{VERSION}"),
    ("Accept", "image/*"),
    ("Accept-Encoding", "identity"),
    ("Connection", "close"),
]
_IN_A_URL = "%/?:@!$&'()*+,;=~"  # characters that are left as they are


def download(url: str, file: BinaryIO) -> None:
    """Write what ``url`` holds to ``file``; raise InputError when it cannot be had.

    What it is is told by its bytes, later, as for any file.
    """
    clock = Clock()
    try:
        _Download(url, file, clock).run()
    except (*FAULTS, ImportError, OSError, ValueError, RuntimeError) as fault:
        raise _unusable(url, f"it cannot be fetched: {_why(fault)}") from fault
    finally:
        clock.close()


class _Download:
    """One picture, and the addresses that its redirects lead to."""

    def __init__(self, url: str, file: BinaryIO, clock: Clock) -> None:
        self._url = url
        self._file = file
        self._clock = clock
        self._context = TlsContext(url).context()
        self._end = time.monotonic() + MAX_SECONDS
        self._is_first = True
        self._began_public = True  # the first address is one of the public network

    def run(self) -> None:
        """Follow the redirects to the picture and write it."""
        at = self._url
        for _ in range(MAX_REDIRECTS + 1):
            to = self._hop(at)
            if to is None:
                return
            at, self._is_first = to, False
        raise _unusable(self._url, "it redirects too often")

    def _hop(self, at: str) -> str | None:
        """Ask for ``at``: write the picture, or return where it redirects to."""
        parts = self._checked(at)
        proxy = proxy_for(at)
        seconds = max(0.001, self._end - time.monotonic())
        connection = Connection(
            seconds,
            self._clock,
            observe=lambda _: None,
            # With a proxy only its own address is known here.
            checks=(lambda _: None) if proxy else self._check_address,
        )
        limits = dict.fromkeys(("connect", "read", "write"), TIMEOUT)
        try:
            with (
                connection,
                pool_for(proxy, self._context, connection) as pool,
                pool.stream(
                    "GET",
                    _target_of(parts),
                    headers=_HEADERS,
                    extensions={"timeout": limits},
                ) as response,
            ):
                return self._take(response, at)
        except (*FAULTS, OSError):
            if not connection.cut_by:
                raise
            why = f"it takes longer than {MAX_SECONDS:g} s"
            raise _unusable(self._url, why) from None

    def _checked(self, at: str) -> SplitResult:
        parts = urlsplit(at)
        if parts.scheme != "https":
            what = "it redirects to plain http"
            if self._is_first:
                what = "only https:// is fetched"
            raise _unusable(self._url, what)
        if parts.username is not None or parts.password is not None:
            raise _unusable(self._url, "it holds a user name or password")
        if not parts.hostname:
            raise ValueError("it names no host")
        self._check_address(parts.hostname)
        return parts

    def _check_address(self, address: str) -> None:
        """Raise when a redirect must not lead there; note where the first URL leads."""
        is_private = _is_private(address)
        if self._is_first:
            self._began_public &= not is_private
        elif is_private and self._began_public:
            raise _unusable(self._url, "it redirects to a private network")

    def _take(self, response: httpcore.Response, at: str) -> str | None:
        headers = {name.lower(): value for name, value in response.headers}
        to = headers.get(b"location")
        if response.status in _REDIRECTS and to is not None:
            return urljoin(at, to.decode("latin-1"))
        if response.status != 200:
            raise _unusable(self._url, f"it answers HTTP {response.status}")
        left = MAX_BYTES
        for block in response.iter_stream():
            left -= len(block)
            if left < 0:
                raise _unusable(self._url, f"it is larger than {MAX_BYTES >> 20} MB")
            self._file.write(block)
        return None


def _is_private(host: str) -> bool:
    """Tell whether an address, or a name that needs no look-up, is not public."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return not (getattr(address, "ipv4_mapped", None) or address).is_global


def _target_of(parts: SplitResult) -> httpcore.URL:
    """Return the URL as httpcore takes it; ValueError for one that cannot be."""
    target = quote(parts.path or "/", safe=_IN_A_URL)
    if parts.query:
        target += "?" + quote(parts.query, safe=_IN_A_URL)
    host = (parts.hostname or "").encode("idna")
    return httpcore.URL(scheme="https", host=host, port=parts.port, target=target)


def _why(fault: Exception) -> str:
    if isinstance(fault, httpcore.ConnectTimeout):
        return f"no connection within {TIMEOUT:g} s"
    return reason_of(fault)


def _unusable(url: str, why: str) -> InputError:
    return InputError(
        f"{shown_source(url)}: {why}.", hint="Download it and name the file."
    )
