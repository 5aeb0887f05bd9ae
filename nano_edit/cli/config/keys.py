"""Where a key comes from, and where ``auth login`` puts it.

Order: the key file that was named, ``NANO_EDIT_API_KEY``, the provider's own
variables, the system's keyring, the file that `store` wrote.

Rules:
- No message, warning or repr holds any part of a key, or of a file that was to
  hold one.
- Nothing in the current folder is looked at unless the user names it.
- A key file that others can read works, and is said.
- The keyring is an extra: where it is absent or broken, a file does its work.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.atomic_file import replace_file
from nano_edit.cli.config.folders import config_folder
from nano_edit.errors import AuthError
from nano_edit.frozen import Frozen
from nano_edit.leftovers import sweep
from nano_edit.wire.credentials import (
    LONGEST,
    OWN_VARIABLE,
    checked_key,
    key_in_environment,
    mask,
    no_key,
)
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nano_edit.cli.options import Options
    from nano_edit.domain import ApiKey
    from nano_edit.wire.providers import Provider

KEYRING = "the system's keyring"
KEYRING_SERVICE = "nano-edit"  # the user name beside it is the provider's name


class FoundKey(Frozen):
    """A key and where it was found; ``warnings`` are sentences for the user."""

    key: ApiKey
    origin: str  # "APIYI_API_KEY", "key file PATH", "the system's keyring", ...
    warnings: tuple[str, ...] = ()


def find_key(
    options: Options, provider: Provider, environ: Mapping[str, str]
) -> FoundKey:
    """Return the first key there is.

    Raises AuthError when there is none, or when what should be one cannot be: a
    broken key is not passed over for another account's.
    """
    if options.api_key_file is not None:
        return _from_file(Path(options.api_key_file))
    if in_environment := key_in_environment(environ, provider):
        return FoundKey(*in_environment)
    in_keyring, trouble = _from_keyring(provider)
    if in_keyring:
        return FoundKey(in_keyring, KEYRING)
    if os.path.lexists(stored_file(provider)):
        found = _from_file(stored_file(provider))
        return FoundKey(found.key, found.origin, (*found.warnings, *trouble))
    raise no_key(provider, *trouble)


def key_hider(options: Options, environ: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that masks in a text every key that can be found now."""
    keys = []
    for provider in PROVIDERS.values():
        with suppress(AuthError):
            keys.append(find_key(options, provider, environ).key)

    def hide(text: str) -> str:
        for key in keys:
            text = mask(text, key)
        return text

    return hide


def has_key(provider: Provider, environ: Mapping[str, str]) -> bool:
    """Whether there is anything that is to be the provider's key, usable or not."""
    try:
        if key_in_environment(environ, provider) or _from_keyring(provider)[0]:
            return True
    except AuthError:  # there is one, and it is broken
        return True
    return os.path.lexists(stored_file(provider))


def key_state(
    options: Options, provider: Provider, environ: Mapping[str, str]
) -> dict[str, Any]:
    """Return whether a key is found and where, never the key, as JSON holds it."""
    try:
        found = find_key(options, provider, environ)
    except AuthError as error:
        state = {"found": False, "origin": None, "message": error.message}
    else:
        said = " ".join(found.warnings) or None
        state = {"found": True, "origin": found.origin, "message": said}
    variables = [OWN_VARIABLE, *provider.key_variables]
    return {**state, "provider": provider.name, "variables": variables}


def stored_file(provider: Provider) -> Path:
    """Return the file in which `store` keeps the provider's key."""
    return config_folder() / "keys" / provider.name


def store(provider: Provider, key: ApiKey) -> str:
    """Store the key and return where: in the keyring, or else in a file.

    Raises AuthError when it cannot be stored.
    """
    return _into_keyring(provider, key) or _into_file(provider, key)


def forget(provider: Provider) -> list[str]:
    """Remove the provider's key from wherever `store` puts it; return where it was.

    Raises AuthError when a key is there and cannot be removed.
    """
    removed = []
    if _from_keyring(provider)[0] is not None:
        _out_of_keyring(provider)
        removed.append(KEYRING)
    path = stored_file(provider)
    try:
        path.unlink()
    except FileNotFoundError:
        return removed
    except OSError as error:
        raise AuthError(f"{path} cannot be removed: {error.strerror}.") from None
    return [*removed, str(path)]


# --- finding -----------------------------------------------------------------


def _from_file(path: Path) -> FoundKey:
    """Return the key in the file's first line; the rest may be notes."""
    origin = f"key file {path}"
    try:
        with path.open("rb") as file:
            raw, mode = file.read(LONGEST + 1), os.fstat(file.fileno()).st_mode
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or "no such path"
        raise AuthError(
            f"The {origin} cannot be read: {reason}.",
            hint="Check the path, and that you may read the file.",
        ) from None
    if len(raw) > LONGEST:
        raise AuthError(
            f"The {origin} is longer than {LONGEST} bytes: it holds something else.",
            hint="Its first line has to be the key.",
        )
    lines = raw.decode("utf-8-sig", "replace").strip().splitlines()
    if not lines:
        raise AuthError(
            f"The {origin} is empty.", hint="Its first line has to be the key."
        )
    key = checked_key(lines[0], f"The first line of {origin}")
    return FoundKey(key, origin, exposure(path, mode))


def exposure(path: Path, mode: int) -> tuple[str, ...]:
    """Return a warning when others than the owner may open the file at ``path``.

    Windows has no such bits, and pipes and devices are nobody's to protect.
    """
    if os.name == "nt" or not stat.S_ISREG(mode) or not mode & 0o077:
        return ()
    return (f"{path} can be read by others: chmod 600 keeps it to you.",)


def _from_keyring(provider: Provider) -> tuple[ApiKey | None, tuple[str, ...]]:
    """Return the keyring's key, and what kept us from asking it."""
    keyring = _keyring()
    if keyring is None:
        return None, ()
    try:
        text = keyring.get_password(KEYRING_SERVICE, provider.name)
    except keyring.errors.NoKeyringError:  # a server has none; that is no trouble
        return None, ()
    except Exception as error:  # noqa: BLE001 - a backend is foreign and raises its own
        name = type(error).__name__
        return None, (f"The system's keyring did not answer ({name}).",)
    return (checked_key(text, "What the system's keyring holds") if text else None), ()


def _keyring() -> Any:
    """Return the module of the extra ``nano-edit[keyring]``, or None."""
    try:
        import keyring.errors  # noqa: PLC0415 - an extra, and slow to load
    except ImportError:
        return None
    return keyring


# --- storing -----------------------------------------------------------------


def _into_keyring(provider: Provider, key: ApiKey) -> str | None:
    """Store the key in the keyring; None when that is absent or does not keep it."""
    keyring = _keyring()
    if keyring is None:
        return None
    try:
        keyring.set_password(KEYRING_SERVICE, provider.name, key.reveal())
        kept = keyring.get_password(KEYRING_SERVICE, provider.name)
    except Exception:  # noqa: BLE001 - a backend is foreign; the file does its work
        return None
    if kept != key.reveal():
        return None
    with suppress(OSError):  # or an old key would stay behind
        stored_file(provider).unlink(missing_ok=True)
    return KEYRING


def _out_of_keyring(provider: Provider) -> None:
    keyring = _keyring()
    try:
        keyring.delete_password(KEYRING_SERVICE, provider.name)
    except Exception as error:  # noqa: BLE001 - a backend is foreign and raises its own
        name = type(error).__name__
        raise AuthError(
            f"The key cannot be removed from {KEYRING} ({name}).",
            hint=f"Try: keyring del {KEYRING_SERVICE} {provider.name}",
        ) from None


def _into_file(provider: Provider, key: ApiKey) -> str:
    """Store the key in a file of the user's own, whole or not at all."""
    path = stored_file(provider)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)  # it may be older, and mkdir heeds the umask
        sweep(path.parent)
        replace_file(path, key.reveal().encode() + b"\n")
    except OSError as error:
        raise AuthError(
            f"The key cannot be stored in {path}: {error.strerror}.",
            hint=f"Set {provider.key_variables[0]} instead.",
        ) from None
    return f"{path}, which only you can read"
