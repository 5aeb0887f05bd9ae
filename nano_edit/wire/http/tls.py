"""The TLS context, made in a thread of its own while other things are made ready.

Loading the list of CAs takes a tenth of the way from Enter to the first byte, and
OpenSSL does it with the interpreter free: begun early, it costs no time at all.

Rules:
- The CAs to trust are named by ``SSL_CERT_FILE``, then ``SSL_CERT_DIR``, then
  certifi's list; plain http loads none.
- The thread imports nothing: an interruption of an import in the main thread, while
  another imports, can leave a lock behind.
"""

from __future__ import annotations

import os
import ssl
import threading

import certifi


class TlsContext:
    """A TLS context for ``base_url`` that is being made."""

    def __init__(self, base_url: str) -> None:
        self._is_needed = base_url.lower().startswith("https:")
        self._made: ssl.SSLContext | Exception | None = None
        # No daemon: a process that ends while OpenSSL loads the list would crash.
        self._thread = threading.Thread(target=self._make, name="tls")
        try:
            self._thread.start()
        except RuntimeError:  # the system allows no further thread
            self._make()

    def context(self) -> ssl.SSLContext:
        """Return the context as soon as it is there.

        Raises what kept it from being made: OSError for a file or folder that is
        not there or holds no certificate.
        """
        if self._made is None:
            self._thread.join()
        if isinstance(self._made, Exception):
            raise self._made
        assert self._made is not None  # noqa: S101 - the thread has ended
        return self._made

    def _make(self) -> None:
        try:
            self._made = _context() if self._is_needed else _no_authorities()
        except Exception as fault:  # noqa: BLE001 - raised where the context is wanted
            self._made = fault


def _context() -> ssl.SSLContext:
    if file := os.environ.get("SSL_CERT_FILE"):
        return ssl.create_default_context(cafile=file)
    if folder := os.environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=folder)
    return ssl.create_default_context(cafile=certifi.where())


def _no_authorities() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
