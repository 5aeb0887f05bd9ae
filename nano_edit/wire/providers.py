"""Who serves the API, and what each model takes: tables, and checks against them.

Sources: the vendors' model pages.  A model that is not in the table passes
through unchecked, so that a new one can be used the day it comes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from nano_edit.domain import ApiKey

MIB = 1024 * 1024
TEN_RATIOS = (
    "1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9",
)  # fmt: skip
ALL_RATIOS = (*TEN_RATIOS, "1:4", "4:1", "1:8", "8:1")
SIZES = ("512", "1K", "2K", "4K")


@dataclass(frozen=True, slots=True)
class Provider:
    """One way to the service."""

    name: str
    base_url: str
    key_header: str
    key_scheme: str  # what stands before the key in its header
    default_model: str
    key_variables: tuple[str, ...]  # environment variables, first one wins
    key_page: str  # where a person gets a key
    max_image_bytes: int = 7 * MIB  # one picture, before base64
    max_request_bytes: int = 100 * MIB  # all pictures, before base64

    def headers(self, key: ApiKey) -> dict[str, str]:
        """Return the header that carries the key."""
        return {self.key_header: self.key_scheme + key.reveal()}


PROVIDERS = {
    provider.name: provider
    for provider in (
        Provider(
            name="apiyi",
            base_url="https://api.apiyi.com",
            key_header="Authorization",
            key_scheme="Bearer ",
            default_model="gemini-3-pro-image-preview",
            key_variables=("APIYI_API_KEY",),
            key_page="https://api.apiyi.com/token",
        ),
        Provider(
            name="google",
            base_url="https://generativelanguage.googleapis.com",
            key_header="x-goog-api-key",
            key_scheme="",
            default_model="gemini-3-pro-image",
            key_variables=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            key_page="https://aistudio.google.com/apikey",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Model:
    """What one model takes."""

    name: str
    max_images: int = 14
    sizes: tuple[str, ...] = ("1K", "2K", "4K")
    ratios: tuple[str, ...] = TEN_RATIOS


MODELS = {
    model.name: model
    for model in (
        Model("gemini-3-pro-image"),
        Model("gemini-3-pro-image-preview"),
        Model("gemini-nano-banana-2.1", ratios=ALL_RATIOS),
        Model("gemini-3.1-flash-image", sizes=SIZES, ratios=ALL_RATIOS),
        Model("gemini-3.1-flash-image-preview", sizes=SIZES, ratios=ALL_RATIOS),
        Model("gemini-3.1-flash-lite-image", sizes=("1K",)),
        Model("gemini-2.5-flash-image", max_images=3, sizes=()),
    )
}


def ratios_of(model: str) -> tuple[str, ...]:
    """Return the aspect ratios that the model is known to take."""
    return MODELS[model].ratios if model in MODELS else TEN_RATIOS


def check_model_options(
    name: str, size: str | None, ratio: str | None, images: int
) -> None:
    """Raise UsageError for what the model called ``name`` does not take."""
    model = MODELS.get(name)
    if model is None:
        return
    if size and size not in model.sizes:
        takes = " ".join(model.sizes)
        raise UsageError(
            f"{name} does not take --size {size}.",
            hint=f"It takes {takes}." if takes else "Leave --size out for this model.",
        )
    if ratio and ratio not in model.ratios:
        raise UsageError(
            f"{name} does not take --aspect-ratio {ratio}.",
            hint=f"It takes {' '.join(model.ratios)}.",
        )
    if images > model.max_images:
        raise UsageError(
            f"{name} takes {model.max_images} pictures at most; {images} were given.",
            hint="Leave some out, or edit each by itself with --each.",
        )


def endpoint(base_url: str, model: str) -> str:
    """Return the URL of ``generateContent``; a path in ``base_url`` is kept.

    Raises UsageError for a base URL that would give the key away: plain http to
    anything but this machine, or one that holds credentials or a query.
    """
    base = _checked(base_url)
    if not base.endswith(("/v1beta", "/v1")):
        base += "/v1beta"
    return f"{base}/models/{quote(model, safe='')}:generateContent"


def _checked(base_url: str) -> str:
    try:
        url = urlsplit(base_url)
        host, _ = url.hostname or "", url.port
    except ValueError as fault:
        raise UsageError(f"--base-url is no URL: {fault}.") from None
    if url.scheme not in {"https", "http"} or not host:
        raise UsageError(
            "--base-url has to begin with https:// and name a host.",
            hint="For example: --base-url https://gateway.example.com/gemini",
        )
    if url.username or url.password or url.query or url.fragment:
        raise UsageError("--base-url holds more than a host and a path.")
    if url.scheme == "http" and not _is_loopback(host):
        raise UsageError(
            f"--base-url is plain http to {host}: the key and the pictures could be "
            "read on the way.",
            hint="Use https://. Plain http is for this machine alone (127.0.0.1).",
        )
    return base_url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
