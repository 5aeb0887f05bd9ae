from __future__ import annotations

import pytest

from nano_edit.domain import ApiKey
from nano_edit.errors import UsageError
from nano_edit.wire.providers import (
    ALL_RATIOS,
    MODELS,
    PROVIDERS,
    TEN_RATIOS,
    check_model_options,
    endpoint,
    ratios_of,
)

PRO = "gemini-3-pro-image"
PATH = f"/v1beta/models/{PRO}:generateContent"


def check(
    model: str, images: int = 1, ratio: str | None = None, size: str | None = None
) -> None:
    check_model_options(model, size, ratio, images)


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


# --- what a model takes -------------------------------------------------------

TAKES = {
    "gemini-3-pro-image": (14, "1K 2K 4K", 10),
    "gemini-3-pro-image-preview": (14, "1K 2K 4K", 10),
    "gemini-nano-banana-2.1": (14, "1K 2K 4K", 14),
    "gemini-3.1-flash-image": (14, "512 1K 2K 4K", 14),
    "gemini-3.1-flash-image-preview": (14, "512 1K 2K 4K", 14),
    "gemini-3.1-flash-lite-image": (14, "1K", 10),
    "gemini-2.5-flash-image": (3, "", 10),
}


@pytest.mark.parametrize("model", MODELS)
def test_a_model_takes_what_its_page_says_and_nothing_else(model: str) -> None:
    images, sizes, ratios = TAKES[model]
    assert len(ratios_of(model)) == ratios
    check(model, images)
    with pytest.raises(UsageError, match=f"{images} pictures at most"):
        check(model, images + 1)
    for size in ("512", "1K", "2K", "4K"):
        if size in sizes.split():
            check(model, size=size)
        else:
            with pytest.raises(UsageError, match=f"--size {size}"):
                check(model, size=size)
    for ratio in ALL_RATIOS:
        if ratio in ratios_of(model):
            check(model, ratio=ratio)
        else:
            with pytest.raises(UsageError, match=f"--aspect-ratio {ratio}"):
                check(model, ratio=ratio)


def test_a_refusal_names_what_the_model_takes() -> None:
    with pytest.raises(UsageError) as caught:
        check_model_options("gemini-3.1-flash-lite-image", "4K", None, 1)
    assert caught.value.hint == "It takes 1K."
    with pytest.raises(UsageError) as caught:
        check_model_options("gemini-2.5-flash-image", "1K", None, 1)
    assert "Leave --size out" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        check_model_options(PRO, None, "8:1", 1)
    assert caught.value.hint == f"It takes {' '.join(TEN_RATIOS)}."


def test_a_model_that_nobody_knows_yet_passes_through() -> None:
    check_model_options("gemini-9-image", "16K", "7:5", 99)
    assert ratios_of("gemini-9-image") == TEN_RATIOS


# --- where it is asked --------------------------------------------------------


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
        ("https://user@api.apiyi.com", "more than a host and a path"),
        ("https://:pass@api.apiyi.com", "more than a host and a path"),
        ("https://api.apiyi.com?key=1", "more than a host and a path"),
        ("https://api.apiyi.com#x", "more than a host and a path"),
        ("https://api.apiyi.com:port", "no URL"),
        ("https://[::1", "no URL"),
    ],
)
def test_a_base_url_that_would_give_the_key_away_is_refused(
    base_url: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        endpoint(base_url, PRO)
