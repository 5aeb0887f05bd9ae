"""Whether the service takes the key: it is asked for its list of models, for free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.errors import NetworkError
from nano_edit.wire.gemini.errors import error_of
from nano_edit.wire.http.clock import Clock
from nano_edit.wire.http.connection import Connection
from nano_edit.wire.http.pool import pool_for, proxy_for
from nano_edit.wire.http.tls import TlsContext
from nano_edit.wire.http.transport_errors import transport_errors
from nano_edit.wire.service import models_url

if TYPE_CHECKING:
    from nano_edit.wire.service import Service

MOST = 64 * 1024  # bytes of an error response that are looked at


def check_key(service: Service) -> None:
    """Return when the service takes the key.

    Raises AuthError when it refuses the key, NetworkError when it cannot be reached,
    and otherwise what the response means; nothing is billed.
    """
    url = models_url(service.base_url)
    key = service.provider.headers(service.key) if service.key else {}
    headers = {**key, "Accept-Encoding": "identity", "Connection": "close"}
    try:
        context = TlsContext(service.base_url).context()
        proxy = proxy_for(service.base_url)
    except (OSError, ValueError) as fault:
        raise NetworkError(f"The service cannot be reached: {fault}.") from None
    clock = Clock()
    connection = Connection(service.timeout, clock, observe=lambda _: None)
    limits = dict.fromkeys(("connect", "read", "write"), service.timeout)
    try:
        with (
            connection,
            transport_errors(connection),
            pool_for(proxy, context, connection) as pool,
            pool.stream(
                "GET",
                url,
                headers=list(headers.items()),
                extensions={"timeout": limits},
            ) as response,
        ):
            if response.status == 200:
                return
            body = b""
            for data in response.iter_stream():
                body += data
                if len(body) >= MOST:
                    break
            with_key = service.key is not None
            raise error_of(
                response.status, {}, body, key=service.key, with_key=with_key
            )
    finally:
        clock.close()
