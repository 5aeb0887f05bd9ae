from __future__ import annotations

from typing import TYPE_CHECKING

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.domain import ApiKey
from nano_edit.errors import UsageError
from nano_edit.wire.models import MODELS
from nano_edit.wire.providers import PROVIDERS
from nano_edit.wire.service import Service, endpoint, needs_key

if TYPE_CHECKING:
    from nano_edit.wire.providers import Provider

PRO = "gemini-3-pro-image"
PATH = f"/v1beta/models/{PRO}:generateContent"


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("apiyi", "Authorization", "Bearer sk-1"),
        ("google", "x-goog-api-key", "sk-1"),
    ],
)
def test_each_provider_takes_the_key_its_own_way(
    name: str, header: str, value: str
) -> None:
    provider = PROVIDERS[name]
    assert provider.headers(ApiKey("sk-1")) == {header: value}
    assert provider.default_model in MODELS
    assert provider.key_page.startswith("https://")


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_without_a_key_its_header_is_left_out(provider: Provider) -> None:
    with_key = Service(provider, "http://localhost", ApiKey("sk-1")).headers(9)
    without = Service(provider, "http://localhost", None).headers(9)
    assert with_key == {**without, **provider.headers(ApiKey("sk-1"))}
    assert provider.key_header not in without


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://api.apiyi.com", f"https://api.apiyi.com{PATH}"),
        ("https://api.apiyi.com/", f"https://api.apiyi.com{PATH}"),
        ("https://g.example/a/b/", f"https://g.example/a/b{PATH}"),
        ("https://g.example/v1beta", f"https://g.example{PATH}"),
        ("https://g.example/x/v1", f"https://g.example/x/v1/models/{PRO}"),
        ("https://g.example:8443", f"https://g.example:8443{PATH}"),
        ("http://127.0.0.1:80", f"http://127.0.0.1:80{PATH}"),
        ("http://127.9.9.9", f"http://127.9.9.9{PATH}"),
        ("http://[::1]:80", f"http://[::1]:80{PATH}"),
        ("http://localhost:80", f"http://localhost:80{PATH}"),
        ("HTTPS://api.apiyi.com", f"HTTPS://api.apiyi.com{PATH}"),
    ],
)
def test_the_path_of_a_base_url_is_kept(base_url: str, url: str) -> None:
    assert endpoint(base_url, PRO).startswith(url)


def test_a_model_cannot_leave_its_place_in_the_path() -> None:
    url = endpoint("https://api.apiyi.com", "../../x?key=1#")
    assert url.endswith("/v1beta/models/..%2F..%2Fx%3Fkey%3D1%23:generateContent")


@pytest.mark.parametrize(
    ("base_url", "said"),
    [
        ("http://api.apiyi.com", "plain http to api.apiyi.com"),
        ("http://127.0.0.1.example.com", "plain http"),
        ("http://10.0.0.1", "plain http"),
        ("http://0x7f.1", "plain http"),
        ("http://localhost.example.com", "plain http"),
        ("ftp://api.apiyi.com", "begin with https://"),
        ("api.apiyi.com", "begin with https://"),
        ("", "begin with https://"),
        ("https://", "begin with https://"),
        ("https:///v1", "begin with https://"),
        ("https://user@api.apiyi.com", "a user name or a password"),
        ("https://:pass@api.apiyi.com", "a user name or a password"),
        ("https://@api.apiyi.com", "a user name or a password"),
        ("https://api.apiyi.com?key=1", "more than a host and a path"),
        ("https://api.apiyi.com#x", "more than a host and a path"),
        (f"https://api.apiyi.com/v1beta/models/{PRO}:generateContent", "more than"),
        ("https://api.apiyi.com:port", "not a valid URL"),
        ("https://api.apiyi.com:99999", "not a valid URL"),
        ("https://api.apiyi.com:0", "no valid host"),
        ("https://[::1", "not a valid URL"),
        ("https://[::g]", "no valid host|not a valid URL"),
        ("https://a..b", "no valid host"),
        ("https://.", "no valid host"),
        ("https://a;b", "no valid host"),
        ("https://a%20b", "no valid host"),
        (f"https://{'a' * 64}.com", "no valid host"),
        (f"https://{'a.' * 127}com", "no valid host"),
        ("https://b\u00fccher.example", "no valid host"),
        ("https://api.apiyi.com/a b", "a space or another character"),
        (" https://api.apiyi.com", "a space or another character"),
        ("https://api.\napiyi.com", "a space or another character"),
        ("https://api.apiyi.com\\@evil.example", "a space or another character"),
        ("https://api.apiyi.com/\ud800", "a space or another character"),
    ],
)
def test_a_base_url_that_is_none_or_would_give_the_key_away_is_refused(
    base_url: str, said: str
) -> None:
    for call in (lambda: endpoint(base_url, PRO), lambda: needs_key(base_url)):
        with pytest.raises(UsageError, match=said) as caught:
            call()
        assert "https://" in caught.value.hint


@given(st.text(max_size=20), st.sampled_from(["", "https://", "http://localhost"]))
def test_any_text_is_a_base_url_that_httpcore_takes_or_a_usage_error(
    text: str, before: str
) -> None:
    try:
        url = endpoint(before + text, PRO)
    except UsageError:
        return
    assert httpcore.URL(url).origin.host


@pytest.mark.parametrize(
    ("base_url", "needed"),
    [
        ("http://127.0.0.1:8080", False),
        ("http://localhost:8080", False),
        ("http://[::1]:8080", False),
        ("https://localhost", False),
        ("https://api.apiyi.com", True),
        ("https://xn--bcher-kva.example", True),
        ("https://10.0.0.1", True),
    ],
)
def test_only_this_machine_needs_no_key(base_url: str, needed: bool) -> None:
    assert needs_key(base_url) is needed
