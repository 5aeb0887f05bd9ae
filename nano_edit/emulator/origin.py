"""Who may ask: this machine's own programs, and no web page.

A page of any site can make a browser send requests to loopback.  Two checks keep
such requests out:

- **Host**: a name that an attacker points at 127.0.0.1 (DNS rebinding) makes his
  page and this server one origin.  Only names of loopback are answered.
- **Origin, Sec-Fetch-Site**: what a browser says of a page on another origin.
  Such a request changes nothing here: only GET and HEAD are answered, and a
  browser does not let the page read that.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from nano_edit.emulator.errors import Refusal, invalid, refuse

if TYPE_CHECKING:
    from email.message import Message

_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[^:\[\]/@\s]+)(?P<port>:\d{1,5})?")
_SAFE = {"GET", "HEAD"}
_OWN_PAGES = {"same-origin", "none"}  # none: typed into the address bar


def check_sender(
    method: str, target: str, version: str, headers: Message[str, str]
) -> None:
    """Raise `Refusal` for a request that a web page may have caused."""
    hosts = headers.get_all("Host") or []
    if not target.startswith("/") and target != "*":
        raise invalid("Bad Request: the request target must be a path.")
    if len(hosts) > 1 or (not hosts and version == "HTTP/1.1"):
        raise invalid("Bad Request: exactly one Host header is required.")
    if hosts and not is_loopback(hosts[0].strip()):
        raise _refused(f"Host {hosts[0]!r} is not a name of this machine's loopback.")
    if method in _SAFE:
        return
    site = headers.get("Sec-Fetch-Site", "none")
    if site not in _OWN_PAGES:
        raise _refused(f"Requests from web pages ({site}) are refused.")
    origin = headers.get("Origin")
    if origin is not None and (not hosts or origin != f"http://{hosts[0].strip()}"):
        raise _refused(f"Requests from web pages ({origin!r}) are refused.")


def is_loopback(host: str) -> bool:
    """Tell whether a Host header names loopback, with a port or without."""
    match = _HOST.fullmatch(host)
    if not match:
        return False
    name = match["name"].strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _refused(why: str) -> Refusal:
    return refuse(403, f"{why} The emulator answers programs on this machine.")
