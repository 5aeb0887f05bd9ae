"""Pictures from ``https://`` URLs: fetched without a key, never beyond a bound.

Rules: https only, redirects only to https and few, no credentials in the URL,
no cookie and no key sent, one clock for the whole download.  Nothing is unpacked:
a picture is packed already, and what is not could swell without bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urljoin, urlsplit

from nano_edit import __version__
from nano_edit.errors import InputError
from nano_edit.wire.http.connection import Connection

if TYPE_CHECKING:
    import httpx

MAX_BYTES = 100 * 1024 * 1024  # what the service takes in all
MAX_REDIRECTS = 5
MAX_SECONDS = 120.0
TIMEOUT = 30.0  # seconds that the server may be silent


def download(url: str, file: BinaryIO) -> None:
    """Write what ``url`` holds to ``file``; raise InputError when it cannot be had.

    What it is is told by its bytes, later, as for any file.
    """
    import httpx  # noqa: PLC0415 - only for URLs

    headers = {
        "User-Agent": f"nano-edit/{__version__}",
        "Accept": "image/*",
        "Accept-Encoding": "identity",
    }
    connection = Connection(MAX_SECONDS, lambda _: None)
    try:
        with connection, httpx.Client(headers=headers, timeout=TIMEOUT) as client:
            _follow(client, connection, url, file)
    except (httpx.HTTPError, httpx.InvalidURL, ImportError, OSError, ValueError) as e:
        why = f"it cannot be fetched: {e}"
        if connection.cut_by:
            why = f"it takes longer than {MAX_SECONDS:g} s"
        raise _unusable(url, why) from e


def _follow(
    client: httpx.Client, connection: Connection, url: str, file: BinaryIO
) -> None:
    at = url
    for _ in range(MAX_REDIRECTS + 1):
        _check(at, url)
        client.cookies.clear()
        with client.stream(
            "GET", at, extensions={"trace": connection.trace}
        ) as response:
            if not response.is_redirect:
                _save(response, url, file)
                return
            at = urljoin(at, response.headers["location"])
    raise _unusable(url, "it redirects too often")


def _check(at: str, url: str) -> None:
    parts = urlsplit(at)
    if parts.scheme != "https":
        what = "only https:// is fetched" if at == url else "it redirects to plain http"
        raise _unusable(url, what)
    if parts.username or parts.password:
        raise _unusable(url, "it holds a user name or password")


def _save(response: httpx.Response, url: str, file: BinaryIO) -> None:
    if response.status_code != 200:
        raise _unusable(url, f"it answers HTTP {response.status_code}")
    left = MAX_BYTES
    for block in response.iter_raw():
        left -= len(block)
        if left < 0:
            raise _unusable(url, f"it is larger than {MAX_BYTES >> 20} MB")
        file.write(block)


def _unusable(url: str, why: str) -> InputError:
    try:
        parts = urlsplit(url)
        shown = f"{parts.scheme}://{parts.hostname}{parts.path}"
    except ValueError:
        shown = "The URL"  # as it is it may hold a password
    return InputError(f"{shown}: {why}.", hint="Download it and name the file.")
