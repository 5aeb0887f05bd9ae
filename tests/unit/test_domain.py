from __future__ import annotations

import pytest

from nano_edit import Edit
from nano_edit.domain import shown_source


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("in.jpg", "in.jpg"),
        ("a?b#c.jpg", "a?b#c.jpg"),
        ("./https://x?y", "./https://x?y"),
        ("-", "-"),
        ("https://a.example/in.jpg", "https://a.example/in.jpg"),
        ("https://a.example:8443/b/in.jpg?sig=1#x", "https://a.example:8443/b/in.jpg"),
        ("https://user:pass@a.example/in.jpg", "https://a.example/in.jpg"),
        ("https://u@p@a.example?x/@y", "https://a.example"),
        ("ftp://user:p@ss@a.example/#x", "ftp://a.example/"),
        ("https://[::1/in.jpg?x", "https://[::1/in.jpg"),
    ],
)
def test_a_url_is_shown_without_what_may_give_access(source: str, shown: str) -> None:
    assert shown_source(source) == shown
    assert Edit("blur", (source,)).label == shown
