"""From an answer that is no picture to the error that says what to do next.

Strategy: one pass over `_RULES`, first match wins; each rule is a test on what
was read from the answer and the error that it means.  Pure: no I/O.

Rules:
- Whether it was billed and whether it may be tried again is decided here, from
  the service's documents and from what its users report, and nowhere else.
- The service's own words are quoted, shortened; they are cleaned where shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from nano_edit.domain import Billed
from nano_edit.errors import (
    AuthError,
    NanoEditError,
    QuotaError,
    RejectedError,
    Retry,
    ServerError,
)
from nano_edit.wire.gemini.answers import Answer, read_answer
from nano_edit.wire.models import MODELS

MAX_QUOTE = 400  # characters of the service's own words in a message

_NO_MONEY = frozenset({"insufficient_user_quota", "pre_consume_token_quota_failed"})
_KEY_HINT = "Check the key, and that it belongs to the --provider that is asked."


def error_of(
    http_status: int, headers: Mapping[str, str], body: bytes, *, model: str = ""
) -> NanoEditError:
    """Return the error that an answer means.

    ``headers`` has lower-case names; ``body`` may be cut, empty or no JSON.
    """
    answer = read_answer(http_status, headers, body, model=model)
    build = next(build for applies, build in _RULES if applies(answer))
    error = build(answer)
    error.http_status = http_status
    if http_status == 200:
        error.retry = Retry.NEVER  # whatever it says: the service has answered
    return error


# --- the rules ---------------------------------------------------------------


def _quoted(answer: Answer) -> str:
    return quoted_words(answer.message)


def quoted_words(text: str) -> str:
    """Return the service's own words, shortened, ready to follow a sentence."""
    words = " ".join(text.split())
    if len(words) > MAX_QUOTE:
        words = words[:MAX_QUOTE] + " ..."
    return f' It says: "{words}"' if words else ""


def _redirected(answer: Answer) -> NanoEditError:
    host = answer.redirects_to or "another address"
    return RejectedError(
        f"The service answers with a redirect to {host}. It was not followed: the "
        "key and the pictures would have gone there.",
        hint="Check --base-url, --provider and the proxy variables.",
    )


def _no_money(answer: Answer) -> NanoEditError:
    return QuotaError(
        "There is no money left on the account." + _quoted(answer),
        hint="Top the account up, or use another key; waiting does not help.",
    )


def _spent(answer: Answer) -> NanoEditError:
    return QuotaError(
        "The quota is spent for the day, or this model has none on this plan."
        + _quoted(answer),
        hint="Try again tomorrow, raise the plan, or choose another --model.",
    )


def _rate_limited(answer: Answer) -> NanoEditError:
    return QuotaError(
        "Too many requests for now." + _wait_asked(answer) + _quoted(answer),
        hint="Run it again later, or allow more --retries and --max-wait.",
        retry=Retry.SAFE,
        retry_after=answer.retry_after,
    )


def _wait_asked(answer: Answer) -> str:
    if answer.retry_after is None:
        return ""
    return f" The server asks to wait {answer.retry_after:.0f} s."


def _bad_key(answer: Answer) -> NanoEditError:
    return AuthError("The service refused the key." + _quoted(answer), hint=_KEY_HINT)


def _forbidden(answer: Answer) -> NanoEditError:
    return AuthError(
        "The service refused this key for this request." + _quoted(answer),
        hint=_KEY_HINT,
    )


def _no_such_model(answer: Answer) -> NanoEditError:
    return RejectedError(
        f"The service knows no model {answer.model or 'of this name'}."
        + _quoted(answer),
        hint=f"Current models: {', '.join(MODELS)}.",
    )


def _too_large(answer: Answer) -> NanoEditError:
    return RejectedError(
        "The request is too large for the service." + _quoted(answer),
        hint="Send smaller pictures: --max-side 2048.",
    )


def _rejected(answer: Answer) -> NanoEditError:
    return RejectedError(
        f"The service calls the request invalid (HTTP {answer.http_status})."
        + _quoted(answer),
        hint="Check the instruction, the pictures and the options; "
        "--dry-run shows what is sent.",
    )


def _body_not_written(answer: Answer) -> NanoEditError:
    return ServerError(
        "The gateway lost the connection to the model while it answered; the vendor "
        "does not bill this." + _quoted(answer),
        hint="Run it again.",
        retry=Retry.SAFE,
    )


def _overloaded(answer: Answer) -> NanoEditError:
    return ServerError(
        "The model is overloaded (HTTP 503)." + _wait_asked(answer) + _quoted(answer),
        hint="Run it again later.",
        retry=Retry.SAFE,
        retry_after=answer.retry_after,
    )


def _failed(answer: Answer) -> NanoEditError:
    page = " An HTML page came instead of JSON." if answer.is_html else ""
    return ServerError(
        f"The service failed (HTTP {answer.http_status}).{page}{_quoted(answer)}",
        hint="It may have been billed: look at the account before running it again. "
        "--retry-unknown tries again by itself.",
        billed=Billed.UNKNOWN,
        retry=Retry.ON_REQUEST,
    )


def _error_in_200(answer: Answer) -> NanoEditError:
    return ServerError(
        "The service answers 200 with an error inside." + _quoted(answer),
        hint="It may have been billed: look at the account before running it again.",
        billed=Billed.UNKNOWN,
    )


def _never_comes_back(answer: Answer) -> bool:
    text = answer.message
    return any("PerDay" in one for one in answer.quota_ids) or bool(
        re.search(r"limit:\s*0\b", text)
    )


def _rate_status(answer: Answer) -> bool:
    return answer.http_status == 429 or answer.code == "RESOURCE_EXHAUSTED"


_Rule = tuple[Callable[[Answer], bool], Callable[[Answer], NanoEditError]]
_RULES: tuple[_Rule, ...] = (
    (lambda a: 300 <= a.http_status < 400, _redirected),
    (lambda a: a.code in _NO_MONEY, _no_money),
    (lambda a: a.http_status == 402, _no_money),
    (lambda a: _rate_status(a) and _never_comes_back(a), _spent),
    (_rate_status, _rate_limited),
    (lambda a: "API_KEY_INVALID" in a.reasons, _bad_key),
    (lambda a: a.http_status == 401, _bad_key),
    (lambda a: a.http_status == 403, _forbidden),
    (lambda a: a.http_status == 404 or a.code == "model_not_found", _no_such_model),
    (lambda a: a.http_status == 413, _too_large),
    (lambda a: 400 <= a.http_status < 500, _rejected),
    (lambda a: a.code == "write_response_body_failed", _body_not_written),
    (lambda a: a.http_status == 503, _overloaded),
    (lambda a: a.http_status == 200, _error_in_200),
    (lambda _: True, _failed),
)
