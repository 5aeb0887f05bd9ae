"""The TLS context, made by a thread of its own while other things are made ready.

Loading the list of CAs takes a tenth of the way from Enter to the first byte, and
OpenSSL does it with the interpreter free: begun early, it costs no time at all.

Rules: the CAs to trust are named by ``SSL_CERT_FILE``, then
``SSL_CERT_DIR``, then certifi's list; plain http asks neither variable.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping


class Trust:
    """A TLS context for ``base_url`` that is being made."""

    def __init__(self, base_url: str) -> None:
        self._heeds_environment = base_url.lower().startswith("https:")
        self._made: ssl.SSLContext | Exception = RuntimeError("it is not made yet")
        self._thread = threading.Thread(target=self._make, name="trust")
        self._thread.start()

    def context(self) -> ssl.SSLContext:
        """Return the context as soon as it is there.

        Raises what kept it from being made: OSError for a file or folder that is
        not there or holds no certificate.
        """
        self._thread.join()
        if isinstance(self._made, Exception):
            raise self._made
        return self._made

    def _make(self) -> None:
        try:
            self._made = _context(os.environ if self._heeds_environment else {})
        except Exception as fault:  # noqa: BLE001 - raised where the context is wanted
            self._made = fault


def _context(environ: Mapping[str, str]) -> ssl.SSLContext:
    import ssl  # noqa: PLC0415 - by the thread

    if file := environ.get("SSL_CERT_FILE"):
        return ssl.create_default_context(cafile=file)
    if folder := environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=folder)
    import certifi  # noqa: PLC0415 - by the thread

    return ssl.create_default_context(cafile=certifi.where())
