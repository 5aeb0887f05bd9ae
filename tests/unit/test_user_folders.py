"""Where a user's files are: as platformdirs has it."""

from __future__ import annotations

import platformdirs
import pytest

from nano_edit.user_folders import user_folder


@pytest.mark.parametrize("kind", ["config", "state", "cache", "data"])
@pytest.mark.parametrize("said", [None, "", " ", "/somewhere/else", "not/absolute"])
def test_a_folder_is_where_platformdirs_has_it(
    monkeypatch: pytest.MonkeyPatch, kind: str, said: str | None
) -> None:
    variable = f"XDG_{kind.upper()}_HOME"
    monkeypatch.delenv(variable, raising=False)
    if said is not None:
        monkeypatch.setenv(variable, said)
    expected = getattr(platformdirs, f"user_{kind}_path")("nano-edit", appauthor=False)
    assert user_folder(kind) == expected
