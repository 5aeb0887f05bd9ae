"""Errors from responses: an error response, and a whole reply without a picture.

Strategy: one pass over `_RULES`, first match wins; each rule is a test on what the
response says and the error that it means.  Pure: no I/O.

Rules:
- Whether it was billed and whether it may be tried again is decided here, from
  the service's documents and from what its users report, and nowhere else.
- The service's own words are quoted, shortened; they are cleaned where shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from nano_edit.domain import Billed
from nano_edit.errors import (
    AuthError,
    NanoEditError,
    QuotaError,
    RefusedError,
    RejectedError,
    Retry,
    ServerError,
    SignatureError,
)
from nano_edit.wire.gemini.error_response import ErrorResponse, read_error_response
from nano_edit.wire.models import MODELS

if TYPE_CHECKING:
    from nano_edit.domain import ApiKey, ReplyEnded

MAX_QUOTE = 400  # characters of the service's own words in a message

WITH_REPLY = frozenset({200, 201, 202, 203})  # statuses whose body is a reply

_NO_MONEY = frozenset({"insufficient_user_quota", "pre_consume_token_quota_failed"})
_KEY_HINT = "Check the key, and that it belongs to the --provider that is asked."


def error_of(
    http_status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    model: str = "",
    key: ApiKey | None = None,
    with_key: bool = True,
) -> NanoEditError:
    """Return the error that an error response means.

    ``headers`` has lower-case names; ``body`` may be cut, empty or no JSON; ``key``
    is masked in what is quoted.  ``with_key`` tells whether the request had one.
    """
    response = read_error_response(
        http_status, headers, body, model=model, key=key, with_key=with_key
    )
    build = next(build for applies, build in _RULES if applies(response))
    error = build(response)
    error.http_status = http_status
    if http_status in WITH_REPLY:
        error.retry = Retry.NEVER  # whatever it says: there was a reply
    return error


# --- the rules ---------------------------------------------------------------


def _quoted(response: ErrorResponse) -> str:
    return quoted_words(response.message)


def quoted_words(text: str) -> str:
    """Return the service's own words, shortened, ready to follow a sentence."""
    words = " ".join(text.split())
    if len(words) > MAX_QUOTE:
        words = words[:MAX_QUOTE] + " ..."
    return f' It says: "{words}"' if words else ""


def _redirected(response: ErrorResponse) -> NanoEditError:
    host = response.redirects_to or "another address"
    return RejectedError(
        f"The service answers with a redirect to {host}. It was not followed: the "
        "key and the pictures would have gone there.",
        hint="Check --base-url, --provider and the proxy variables.",
    )


def _no_money(response: ErrorResponse) -> NanoEditError:
    return QuotaError(
        "The account has no money left." + _quoted(response),
        hint="Top the account up, or use another key; waiting does not help.",
    )


def _quota_used_up(response: ErrorResponse) -> NanoEditError:
    return QuotaError(
        "The quota for the day is used up, or the plan has none for this model."
        + _quoted(response),
        hint="Try again tomorrow, get a larger plan, or choose another --model.",
    )


def _rate_limited(response: ErrorResponse) -> NanoEditError:
    return QuotaError(
        "Too many requests for now." + _wait_asked(response) + _quoted(response),
        hint="Run it again later, or allow more --retries and --max-wait.",
        retry=Retry.SAFE,
        retry_after=response.retry_after,
    )


def _wait_asked(response: ErrorResponse) -> str:
    if response.retry_after is None:
        return ""
    return f" The server asks to wait {response.retry_after:.0f} s."


def _bad_key(response: ErrorResponse) -> NanoEditError:
    return AuthError("The service refused the key." + _quoted(response), hint=_KEY_HINT)


def _no_key(response: ErrorResponse) -> NanoEditError:
    return AuthError(
        "The service wants a key, and none was sent." + _quoted(response),
        hint="Set NANO_EDIT_API_KEY. For an emulator any word will do.",
    )


def _forbidden(response: ErrorResponse) -> NanoEditError:
    return AuthError(
        "The service refused this key for this request." + _quoted(response),
        hint=_KEY_HINT,
    )


def _no_such_model(response: ErrorResponse) -> NanoEditError:
    return RejectedError(
        f"The service knows no model {response.model or 'of this name'}."
        + _quoted(response),
        hint=f"Current models: {', '.join(_current_models())}.",
    )


def _current_models() -> list[str]:
    return [model.name for model in MODELS.values() if not model.deprecated]


def _too_large(response: ErrorResponse) -> NanoEditError:
    return RejectedError(
        "The request is too large for the service." + _quoted(response),
        hint="Send smaller pictures: --max-side 2048.",
    )


def _rejected(response: ErrorResponse) -> NanoEditError:
    return RejectedError(
        f"The service calls the request invalid (HTTP {response.http_status})."
        + _quoted(response),
        hint="Check the instruction, the pictures and the options; "
        "--dry-run shows what is sent.",
    )


def _turns_refused(response: ErrorResponse) -> NanoEditError:
    return SignatureError(
        "The service does not accept the earlier turns." + _quoted(response),
        hint="Send the picture as a new one.",
    )


def _is_about_signatures(response: ErrorResponse) -> bool:
    said = re.search(r"thought[ _-]?signature", response.message, re.IGNORECASE)
    return response.http_status == 400 and said is not None


def _body_not_written(response: ErrorResponse) -> NanoEditError:
    return ServerError(
        "The gateway lost the connection to the model while it answered; the vendor "
        "does not bill this." + _quoted(response),
        hint="Run it again.",
        retry=Retry.SAFE,
    )


def _overloaded(response: ErrorResponse) -> NanoEditError:
    return ServerError(
        "The model is overloaded (HTTP 503)."
        + _wait_asked(response)
        + _quoted(response),
        hint="Run it again later.",
        retry=Retry.SAFE,
        retry_after=response.retry_after,
    )


def _failed(response: ErrorResponse) -> NanoEditError:
    page = " An HTML page came instead of JSON." if response.is_html else ""
    return ServerError(
        f"The service failed (HTTP {response.http_status}).{page}{_quoted(response)}",
        hint="It may have been billed: look at the account before running it again. "
        "--retry-unknown tries again by itself.",
        billed=Billed.UNKNOWN,
        retry=Retry.ON_REQUEST,
    )


def _error_in_200(response: ErrorResponse) -> NanoEditError:
    return ServerError(
        f"The service answers {response.http_status} with an error inside."
        + _quoted(response),
        hint="It may have been billed: look at the account before running it again.",
        billed=Billed.UNKNOWN,
    )


def _never_comes_back(response: ErrorResponse) -> bool:
    text = response.message
    return any("PerDay" in one for one in response.quota_ids) or bool(
        re.search(r"limit:\s*0\b", text)
    )


def _rate_status(response: ErrorResponse) -> bool:
    return response.http_status == 429 or response.code == "RESOURCE_EXHAUSTED"


def _is_overloaded(response: ErrorResponse) -> bool:
    """Tell the model's own 503 from that of a proxy, which may have passed it on."""
    lost = "reset before headers" in response.message  # Envoy's, in JSON
    return response.http_status == 503 and response.is_own and not lost


_Rule = tuple[Callable[[ErrorResponse], bool], Callable[[ErrorResponse], NanoEditError]]
_RULES: tuple[_Rule, ...] = (
    (lambda r: 300 <= r.http_status < 400, _redirected),
    (lambda r: r.code in _NO_MONEY, _no_money),
    (lambda r: r.http_status == 402, _no_money),
    (lambda r: _rate_status(r) and _never_comes_back(r), _quota_used_up),
    (_rate_status, _rate_limited),
    (lambda r: not r.with_key and r.http_status in {401, 403}, _no_key),
    (lambda r: "API_KEY_INVALID" in r.reasons, _bad_key),
    (lambda r: r.http_status == 401, _bad_key),
    (lambda r: r.http_status == 403, _forbidden),
    (lambda r: r.http_status == 404 or r.code == "model_not_found", _no_such_model),
    (lambda r: r.http_status == 413, _too_large),
    (_is_about_signatures, _turns_refused),
    (lambda r: 400 <= r.http_status < 500, _rejected),
    (lambda r: r.code == "write_response_body_failed", _body_not_written),
    (_is_overloaded, _overloaded),
    (lambda r: r.http_status in WITH_REPLY, _error_in_200),
    (lambda _: True, _failed),
)

# --- a whole reply without a picture --------------------------------------------

_REASONS = {
    "SAFETY": "the safety filter stopped it",
    "IMAGE_SAFETY": "the safety filter stopped the picture",
    "PROHIBITED_CONTENT": "it counts as prohibited content",
    "IMAGE_PROHIBITED_CONTENT": "the picture counts as prohibited content",
    "RECITATION": "it would repeat protected material",
    "IMAGE_RECITATION": "the picture would repeat protected material",
    "BLOCKLIST": "it contains a word of a block list",
    "SPII": "it would show personal data",
    "MAX_TOKENS": "the model ran out of tokens before the picture",
    "NO_IMAGE": "the model made no picture",
    "IMAGE_OTHER": "the model could not make the picture",
    "MALFORMED_RESPONSE": "the model's response was malformed",
    "MODEL_ARMOR": "the account's own content policy stopped it",
    "STOP": "the model answered with text only",
}
_REWORD = "Reword the instruction or use another picture; the same one fails again."


def refusal_of(ended: ReplyEnded, text: str) -> RefusedError:
    """Return the error for a whole reply without a usable picture.

    ``text`` is what the model said instead, if anything; the key must have been
    masked in both.
    """
    reason = ended.block_reason or ended.finish_reason or "no reason given"
    why = _REASONS.get(reason, "the service gave no picture")
    said = ended.block_message or ended.finish_message or text
    quoted = quoted_words(said)
    hint = _REWORD
    if reason == "STOP":
        hint = "Say in the instruction that a picture is wanted, or read what it says."
    return RefusedError(
        f"No picture came: {why} ({reason}).{quoted}",
        hint=hint,
        billed=Billed.UNKNOWN,
        http_status=200,
    )
