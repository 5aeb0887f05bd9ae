"""The service: its base URL, key and limits; the URL of its endpoint.

Rules:
- A base URL that would give the key away is refused: plain http to anything but
  this machine, or one that holds a user name, a password or a query.
- A malformed base URL is refused here, before anything is opened.
- This machine needs no key: an emulator or a local gateway.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit

from nano_edit.errors import UsageError
from nano_edit.frozen import Frozen
from nano_edit.version import VERSION

if TYPE_CHECKING:
    from nano_edit.domain import ApiKey
    from nano_edit.wire.providers import Provider

ACCEPTED = "gzip"  # the content coding that is asked for

_EXAMPLE = "For example: --base-url https://gateway.example.com/gemini"
_NOT_IN_A_URL = re.compile(r'[\x00-\x20\x7f-\xa0<>"{}|\\^`\ud800-\udfff]')
_HOST_NAME = re.compile(r"(?!.{254})([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")


class Service(Frozen):
    """The service, its key and limits."""

    provider: Provider
    base_url: str
    key: ApiKey | None  # None: no key is sent; see `needs_key`
    timeout: float = 300.0  # seconds for one whole attempt
    connect_timeout: float = 10.0  # seconds
    max_reply: int = 512 * 1024 * 1024  # bytes, after decompression

    def headers(self, content_length: int) -> dict[str, str]:
        """Return the request's headers, the key among them."""
        key = self.provider.headers(self.key) if self.key else {}
        return {
            **key,
            "Content-Type": "application/json",
            "Content-Length": str(content_length),
            "Accept": "application/json",
            "Accept-Encoding": ACCEPTED,
            "Connection": "close",
            "User-Agent": f"nano-edit/{VERSION}",
        }


def endpoint(base_url: str, model: str) -> str:
    """Return the URL of ``generateContent``; a path in ``base_url`` is kept.

    Raises UsageError for a base URL that is malformed or would give the key away.
    """
    return f"{models_url(base_url)}/{quote(model, safe='')}:generateContent"


def models_url(base_url: str) -> str:
    """Return the URL of the list of models; a path in ``base_url`` is kept.

    Raises UsageError for a base URL that is none or would give the key away.
    """
    _checked(base_url)
    base = base_url.rstrip("/")
    if not base.endswith(("/v1beta", "/v1")):
        base += "/v1beta"
    return f"{base}/models"


def needs_key(base_url: str) -> bool:
    """Tell whether a key is needed there; this machine needs none.

    Raises UsageError for a base URL that is malformed or would give the key away.
    """
    return not _is_loopback(_checked(base_url).hostname or "")


def _checked(base_url: str) -> SplitResult:
    url = _split(base_url)
    host = url.hostname or ""
    if url.scheme not in {"https", "http"} or not host:
        raise UsageError(
            "--base-url has to begin with https:// and name a host.", hint=_EXAMPLE
        )
    if url.username is not None or url.password is not None:
        raise UsageError("--base-url holds a user name or a password.", hint=_EXAMPLE)
    if url.query or url.fragment or ":generateContent" in url.path:
        raise UsageError("--base-url holds more than a host and a path.", hint=_EXAMPLE)
    if not _is_host(host) or url.port == 0:
        raise UsageError(
            "--base-url names no valid host.",
            hint=f"{_EXAMPLE}. A name beyond ASCII is written as xn--...",
        )
    if url.scheme == "http" and not _is_loopback(host):
        raise UsageError(
            f"--base-url is plain http to {host}: the key and the pictures could be "
            "read on the way.",
            hint="Use https://. Plain http is only for this machine (127.0.0.1).",
        )
    return url


def _split(base_url: str) -> SplitResult:
    if _NOT_IN_A_URL.search(base_url):  # urlsplit would drop some of them
        raise UsageError(
            "--base-url holds a space or another character that URLs do not allow.",
            hint=_EXAMPLE,
        )
    try:
        url = urlsplit(base_url)
        _ = url.port  # raises, like urlsplit itself
    except ValueError as fault:
        raise UsageError(
            f"--base-url is not a valid URL: {fault}.", hint=_EXAMPLE
        ) from None
    return url


def _is_host(host: str) -> bool:
    if ":" in host:  # IPv6; urlsplit has checked it where it stood in brackets
        return _address_of(host) is not None
    return _HOST_NAME.fullmatch(host) is not None


def _is_loopback(host: str) -> bool:
    address = _address_of(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address_of(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
