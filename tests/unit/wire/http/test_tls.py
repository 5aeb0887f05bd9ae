from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING

import pytest

from nano_edit.wire.http.tls import TlsContext

if TYPE_CHECKING:
    from pathlib import Path

HTTPS, HTTP = "https://api.example.com", "http://127.0.0.1:1"


def authorities(base_url: str) -> int:
    return TlsContext(base_url).context().cert_store_stats()["x509_ca"]


def test_the_usual_authorities_are_trusted() -> None:
    assert authorities(HTTPS) > 50
    context = TlsContext(HTTPS).context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_ssl_cert_dir_replaces_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert authorities(HTTPS) == 0


def test_a_missing_file_is_reported_when_the_context_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    tls = TlsContext(HTTPS)
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            tls.context()


def test_plain_http_asks_no_variable_and_loads_no_authorities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    assert authorities(HTTP) == 0


def test_the_context_is_made_although_no_further_thread_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert authorities(HTTPS) > 50
