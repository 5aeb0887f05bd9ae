"""Where the key comes from, and where `--login` puts it.

Order: ``--api-key-file``, ``NANO_EDIT_API_KEY``, the provider's own variables,
the system's keyring, the file that `login` wrote.

Rules:
- No message, warning or repr holds any part of a key, or of a file that was to
  hold one.
- Nothing in the current folder is looked at unless the user names it.
- A key file that others can read works, and is said.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.domain import ApiKey
from nano_edit.errors import AuthError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nano_edit.cli.options import Options
    from nano_edit.wire.providers import Provider

OWN_VARIABLE = "NANO_EDIT_API_KEY"
LIMIT = 4096  # bytes; no service's key is a tenth of it


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key and where it was found; ``warnings`` are sentences for the user."""

    key: ApiKey
    origin: str  # "--api-key-file key.txt", "APIYI_API_KEY", a path, ...
    warnings: tuple[str, ...] = ()


def find_key(
    options: Options, provider: Provider, environ: Mapping[str, str]
) -> FoundKey:
    """Return the first key there is.  Raises AuthError for none, or no usable one."""
    if options.api_key_file is not None:
        return _from_file(Path(options.api_key_file), "--api-key-file")
    for variable in (OWN_VARIABLE, *provider.key_variables):
        if environ.get(variable, "").strip():
            return FoundKey(_checked(environ[variable], variable), variable)
    raise _no_key(provider)


def _no_key(provider: Provider) -> AuthError:
    variables = " or ".join((*provider.key_variables, OWN_VARIABLE))
    return AuthError(
        f"There is no key for {provider.name}: {variables} is not set.",
        hint=f"Get a key at {provider.key_page}, then set the variable or store it "
        "with nano-edit --login. To try without a key: --emulate.",
    )


def _checked(text: str, origin: str) -> ApiKey:
    key = text.strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise AuthError(
            f"{origin} holds no key: a key is one word of plain ASCII characters.",
            hint="Copy the key again, alone, without quotes or a name before it.",
        )
    return ApiKey(key)


def _from_file(path: Path, origin: str) -> FoundKey:
    name = f"{origin} {path}"
    try:
        with path.open("rb") as file:
            raw = file.read(LIMIT + 1)
            mode = os.fstat(file.fileno()).st_mode
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or "no such path"
        raise AuthError(
            f"{name} cannot be read: {reason}.",
            hint="Check the path, and that you may read the file.",
        ) from None
    if len(raw) > LIMIT:
        raise AuthError(f"{name} is no key file: it is longer than {LIMIT} bytes.")
    lines = raw.decode("utf-8-sig", "replace").strip().splitlines()
    if not lines:
        raise AuthError(f"{name} is empty.", hint="Its first line has to be the key.")
    return FoundKey(_checked(lines[0], name), name, exposure(path, mode))


def exposure(path: Path, mode: int) -> tuple[str, ...]:
    """Return a warning when others than the owner can open the file at ``path``."""
    if os.name == "nt" or not stat.S_ISREG(mode) or not mode & 0o077:
        return ()
    return (f"{path} can be read by others (mode {mode & 0o777:03o}): chmod 600 it.",)
