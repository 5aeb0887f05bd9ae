from __future__ import annotations

import os
import ssl

import httpcore
import pytest

from nano_edit.wire.http.pool import Proxy, pool_for, proxy_for

SERVICE = "https://api.example.com/v1beta"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def chosen(url: str = SERVICE) -> str | None:
    proxy = proxy_for(url)
    return None if proxy is None else bytes(proxy.url).decode()


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://p:1"}, "http://p:1/"),
        ({"https_proxy": "http://p:1"}, "http://p:1/"),
        ({"ALL_PROXY": "http://p:1"}, "http://p:1/"),
        ({"HTTPS_PROXY": "http://p:1", "ALL_PROXY": "http://q:2"}, "http://p:1/"),
        ({"HTTPS_PROXY": "http://P:1", "https_proxy": "http://q:2"}, "http://q:2/"),
        ({"HTTPS_PROXY": "p:1"}, "http://p:1/"),
        ({"HTTPS_PROXY": "https://p"}, "https://p/"),
        ({"HTTPS_PROXY": "socks5h://p"}, "socks5h://p/"),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTP_PROXY": "http://p:1"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "api.example.com"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "x, example.com"}, None),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": ".example.com"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "api.example.com:443"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "ample.com"}, "http://p:1/"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example.com:80"}, "http://p:1/"),
    ],
)
def test_the_environment_chooses_the_proxy(
    variables: dict[str, str], proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert chosen() == proxy
    assert chosen("http://127.0.0.1:80") is None


def test_the_proxys_user_and_password_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, auth in (
        ("http://u:p%40ss@p:1", ("u", "p@ss")),
        ("http://u@p:1", ("u", "")),
        ("http://p:1", None),
    ):
        monkeypatch.setenv("HTTPS_PROXY", given)
        proxy = proxy_for(SERVICE)
        assert proxy is not None
        assert proxy.auth == auth
        assert b"@" not in bytes(proxy.url)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("nonsense://p:1", "nonsense:// is not a kind of proxy"),
        ("ftp://p", "ftp:// is not a kind of proxy"),
        ("http://", "a proxy names no host"),
        ("http://p:port", "Port could not be cast"),
        ("http://[::1", "Invalid IPv6 URL"),
    ],
)
def test_a_proxy_that_cannot_be_one_is_refused(
    value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(ValueError, match=said):
        proxy_for(SERVICE)


@pytest.mark.parametrize(
    ("proxy", "kind"),
    [
        (None, httpcore.ConnectionPool),
        (Proxy(httpcore.URL("http://p:1"), None, is_socks=False), httpcore.HTTPProxy),
        (
            Proxy(httpcore.URL("https://p"), ("u", "p"), is_socks=False),
            httpcore.HTTPProxy,
        ),
    ],
)
def test_a_pool_is_made_for_each_kind_of_proxy(
    proxy: Proxy | None, kind: type[httpcore.ConnectionPool]
) -> None:
    with pool_for(proxy, ssl.create_default_context(), None) as pool:
        assert type(pool) is kind
