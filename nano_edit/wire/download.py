"""Pictures from ``https://`` URLs: fetched without a key, never beyond a bound.

Rules: https only, redirects only to https and few, no credentials in the URL,
no cookie and no key sent, one clock for the whole download.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urljoin, urlsplit

from nano_edit import __version__
from nano_edit.errors import InputError

if TYPE_CHECKING:
    import httpx

MAX_BYTES = 100 * 1024 * 1024  # what the service takes in all
MAX_REDIRECTS = 5
MAX_SECONDS = 120.0


def download(url: str, file: BinaryIO) -> None:
    """Write what ``url`` holds to ``file``; raise InputError when it cannot be had.

    What it is is told by its bytes, later, as for any file.
    """
    import httpx  # noqa: PLC0415 - only for URLs

    client = httpx.Client(
        follow_redirects=False,
        headers={"User-Agent": f"nano-edit/{__version__}", "Accept": "image/*"},
        timeout=httpx.Timeout(30.0, connect=10.0),
    )
    try:
        with client:
            _follow(client, url, file)
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise _unusable(url, f"it cannot be fetched: {fault}") from fault


def _follow(client: httpx.Client, url: str, file: BinaryIO) -> None:
    at = url
    for _ in range(MAX_REDIRECTS + 1):
        _check(at, url)
        with client.stream("GET", at) as response:
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
    ends, left = time.monotonic() + MAX_SECONDS, MAX_BYTES
    for block in response.iter_bytes(64 * 1024):
        left -= len(block)
        if left < 0:
            raise _unusable(url, f"it is larger than {MAX_BYTES >> 20} MB")
        if time.monotonic() > ends:
            raise _unusable(url, f"it takes longer than {MAX_SECONDS:.0f} s")
        file.write(block)


def _unusable(url: str, why: str) -> InputError:
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.hostname}{parts.path}"
    return InputError(f"{shown}: {why}.", hint="Download it and name the file.")
