"""Where the key comes from, and where ``--login`` puts it.

Order: the key file that was named, ``NANO_EDIT_API_KEY``, the provider's own
variables, the system's keyring, the file that `login` wrote.

Rules:
- No message, warning or repr holds any part of a key, or of a file that was to
  hold one.
- Nothing in the current folder is looked at unless the user names it.
- A key file that others can read works, and is said.
- The keyring is an extra: where it is absent or broken, a file does its work.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.atomic_file import replace_file
from nano_edit.cli.config.toml_file import config_folder, exposure
from nano_edit.errors import AuthError, UsageError
from nano_edit.leftovers import sweep
from nano_edit.wire.credentials import (
    LONGEST,
    checked_key,
    key_in_environment,
    no_key,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from nano_edit.cli.options import Options
    from nano_edit.domain import ApiKey
    from nano_edit.wire.providers import Provider

KEYRING_SERVICE = "nano-edit"  # the user name beside it is the provider's name


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key and where it was found; ``warnings`` are sentences for the user."""

    key: ApiKey
    origin: str  # "APIYI_API_KEY", "key file PATH", "the system's keyring", ...
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredKey:
    """Where `login` put a key, and how it is taken away again."""

    where: str
    removal: str  # a sentence


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
        return FoundKey(in_keyring, "the system's keyring")
    if os.path.lexists(stored_file(provider)):
        found = _from_file(stored_file(provider))
        return FoundKey(found.key, found.origin, (*found.warnings, *trouble))
    raise no_key(provider, *trouble)


def stored_file(provider: Provider) -> Path:
    """Return the file in which `login` keeps the provider's key."""
    return config_folder() / "keys" / provider.name


def login(provider: Provider, *, stdin: BinaryIO) -> StoredKey:
    """Ask for the provider's key, or read it from a pipe, and store it.

    A terminal is asked without echo.  The key is not tried.  Raises UsageError
    for no key or what cannot be one, AuthError when it cannot be stored.
    """
    text = _asked(provider) if stdin.isatty() else _piped(stdin)
    if not text.strip():
        raise UsageError(
            "No key was given; nothing is stored.",
            hint=f"Get one at {provider.key_page}.",
        )
    try:
        key = checked_key(text, "What was given")
    except AuthError as fault:
        raise UsageError(fault.message, hint=fault.hint) from None
    return _into_keyring(provider, key) or _into_file(provider, key)


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
        import keyring  # noqa: PLC0415 - an extra, and slow to load
        import keyring.errors  # noqa: PLC0415
    except ImportError:
        return None
    return keyring


# --- storing -----------------------------------------------------------------


def _asked(provider: Provider) -> str:
    import getpass  # noqa: PLC0415 - for --login alone
    import warnings  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(f"Key for {provider.name} (not shown): ")
        except EOFError:
            return ""
        except getpass.GetPassWarning:
            raise UsageError(
                "This terminal cannot hide what is typed.",
                hint="Give the key through a pipe: nano-edit --login < FILE",
            ) from None


def _piped(stdin: BinaryIO) -> str:
    return stdin.readline(LONGEST + 2).decode("utf-8-sig", "replace")


def _into_keyring(provider: Provider, key: ApiKey) -> StoredKey | None:
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
    return StoredKey(
        "the system's keyring",
        f"To remove it: keyring del {KEYRING_SERVICE} {provider.name}",
    )


def _into_file(provider: Provider, key: ApiKey) -> StoredKey:
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
    return StoredKey(f"{path}, which only you can read", "Delete it to remove the key.")
