"""The way to a host: directly, or through the proxy that the environment names.

Strategy: `urllib.request` knows the variables (``HTTPS_PROXY``, ``ALL_PROXY``,
``NO_PROXY``, in both cases) and what macOS and Windows have set up; it is slow to
load, so it is asked only where there may be a proxy.

Rules:
- A pool is made for one request and closed after it.  A call takes many seconds, a
  handshake a fraction of one, and an idle connection that dies looks like a call
  that was lost.
- Plain http, which only this machine is asked over, uses no proxy.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

import httpcore

if TYPE_CHECKING:
    import ssl

    from nano_edit.wire.http.connection import Connection

_HAS_SETTINGS = sys.platform in {"darwin", "win32"}  # proxies beyond the environment


class Proxy(NamedTuple):
    """A proxy that is to be used."""

    url: httpcore.URL
    auth: tuple[str, str] | None  # user name and password
    is_socks: bool


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy for a URL; None when it is reached directly.

    Raises ValueError for a proxy that cannot be one.
    """
    named = any(name.lower().endswith("_proxy") for name in os.environ)
    to = urlsplit(url)
    if to.scheme.lower() != "https" or not (named or _HAS_SETTINGS):
        return None
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - see above

    proxies = getproxies()
    text = proxies.get("https") or proxies.get("all")
    if not text or proxy_bypass(f"{to.hostname}:{to.port or 443}"):
        return None
    return _proxy(text if "://" in text else f"http://{text}")


def _proxy(text: str) -> Proxy:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https", "socks5", "socks5h"}:
        raise ValueError(f"{parts.scheme}:// is not a kind of proxy")
    if not parts.hostname:
        raise ValueError("a proxy names no host")
    auth = None
    if parts.username is not None:
        auth = unquote(parts.username), unquote(parts.password or "")
    return Proxy(
        url=httpcore.URL(
            scheme=parts.scheme, host=parts.hostname, port=parts.port, target=b"/"
        ),
        auth=auth,
        is_socks=parts.scheme.startswith("socks"),
    )


def pool_for(
    proxy: Proxy | None, context: ssl.SSLContext, connection: Connection | None
) -> httpcore.ConnectionPool:
    """Return a pool for one request over ``connection``.

    Raises RuntimeError for a SOCKS proxy when the package socksio is not there.
    """
    if proxy is None:
        return httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=connection,
        )
    if proxy.is_socks:
        return httpcore.SOCKSProxy(
            proxy_url=proxy.url,
            proxy_auth=proxy.auth,
            ssl_context=context,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=connection,
        )
    return httpcore.HTTPProxy(
        proxy_url=proxy.url,
        proxy_auth=proxy.auth,
        ssl_context=context,
        proxy_ssl_context=context if proxy.url.scheme == b"https" else None,
        max_connections=1,
        max_keepalive_connections=0,
        network_backend=connection,
    )
