from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nano_edit.domain import ApiKey, ReplyEnded
from nano_edit.errors import (
    AuthError,
    NanoEditError,
    QuotaError,
    RefusedError,
    RejectedError,
    Retry,
    ServerError,
)
from nano_edit.wire.gemini.error_response import YEAR, read_error_response
from nano_edit.wire.gemini.errors import MAX_QUOTE, error_of, refusal_of
from nano_edit.wire.models import MODELS

HTML = b"\r\n<html><head><title>502 Bad Gateway</title></head></html>"


def google(code: int, status: str, message: str = "said", *details: Any) -> bytes:
    error = {"code": code, "message": message, "status": status, "details": details}
    return json.dumps({"error": error}).encode()


def gateway(code: str, message: str = "said", **more: Any) -> bytes:
    error = {"message": message, "type": "x_error", "param": "", "code": code}
    return json.dumps({"error": error | more, "status_code": 500}).encode()


def reason(name: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": name}


def wait(delay: Any) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def quota(name: str) -> dict[str, Any]:
    return {"violations": [{"quotaId": name, "quotaValue": "250"}, "junk"]}


ENVOY = b"upstream connect error or disconnect/reset before headers. retry: x"
NEVER, SAFE, ASKED = Retry.NEVER, Retry.SAFE, Retry.ON_REQUEST
RATE = google(429, "RESOURCE_EXHAUSTED", "Slow down.", quota("PerMinute"), wait("48s"))
PER_DAY = google(429, "RESOURCE_EXHAUSTED", "Enough.", quota("GeneratePerDay-Free"))
LIMIT_0 = google(429, "RESOURCE_EXHAUSTED", "Quota exceeded, limit: 0, model: x")
LIMIT_10 = google(429, "RESOURCE_EXHAUSTED", "Quota exceeded, limit: 05, model: x")
NO_KEY = google(400, "INVALID_ARGUMENT", "Bad key.", reason("API_KEY_INVALID"))
SAID = b'{"error":"plain words"}'

ROWS = [
    # status, body, error, what it says, retry, billed
    (302, b"", RejectedError, "redirect to another address", NEVER, "no"),
    (400, google(400, "INVALID_ARGUMENT"), RejectedError, "HTTP 400", NEVER, "no"),
    (400, NO_KEY, AuthError, "refused the key", NEVER, "no"),
    (400, SAID, RejectedError, '"plain words"', NEVER, "no"),
    (401, gateway("invalid_token"), AuthError, "refused the key", NEVER, "no"),
    (401, b"", AuthError, "refused the key", NEVER, "no"),
    (402, b"", QuotaError, "no money left", NEVER, "no"),
    (403, google(403, "PERMISSION_DENIED"), AuthError, "refused this", NEVER, "no"),
    (403, gateway("insufficient_user_quota"), QuotaError, "no money", NEVER, "no"),
    (
        *(429, gateway("pre_consume_token_quota_failed"), QuotaError),
        *("no money", NEVER, "no"),
    ),
    (500, gateway("insufficient_user_quota"), QuotaError, "no money", NEVER, "no"),
    (404, google(404, "NOT_FOUND"), RejectedError, "no model nano", NEVER, "no"),
    (503, gateway("model_not_found"), RejectedError, "no model nano", NEVER, "no"),
    (413, b"", RejectedError, "too large", NEVER, "no"),
    (422, b"[]", RejectedError, "HTTP 422", NEVER, "no"),
    (429, RATE, QuotaError, "asks to wait 48 s", SAFE, "no"),
    (429, LIMIT_10, QuotaError, "Too many requests", SAFE, "no"),
    (429, b"", QuotaError, "Too many requests for now.", SAFE, "no"),
    (429, PER_DAY, QuotaError, "used up", NEVER, "no"),
    (429, LIMIT_0, QuotaError, "has none for this model", NEVER, "no"),
    (503, google(503, "RESOURCE_EXHAUSTED"), QuotaError, "Too many", SAFE, "no"),
    (503, google(503, "UNAVAILABLE"), ServerError, "overloaded", SAFE, "no"),
    (503, HTML, ServerError, "An HTML page came", ASKED, "unknown"),
    (503, ENVOY, ServerError, "HTTP 503", ASKED, "unknown"),
    (503, google(503, "X", ENVOY.decode()), ServerError, "503", ASKED, "unknown"),
    (503, b'{"error":"Unavailable"}', ServerError, "503", ASKED, "unknown"),
    (503, b'{"error":{}}', ServerError, "HTTP 503", ASKED, "unknown"),
    (503, b"", ServerError, "HTTP 503", ASKED, "unknown"),
    (500, gateway("write_response_body_failed"), ServerError, "not bill", SAFE, "no"),
    (500, google(500, "INTERNAL"), ServerError, "HTTP 500", ASKED, "unknown"),
    (500, gateway("bad_response_status_code"), ServerError, "500", ASKED, "unknown"),
    (500, gateway("x", ""), ServerError, "HTTP 500", ASKED, "unknown"),
    (502, HTML, ServerError, "An HTML page came", ASKED, "unknown"),
    (504, HTML, ServerError, "HTTP 504", ASKED, "unknown"),
    (524, HTML, ServerError, "HTTP 524", ASKED, "unknown"),
    (204, b"", ServerError, "HTTP 204", ASKED, "unknown"),
    (201, gateway("x", "up"), ServerError, "201 with an error", NEVER, "unknown"),
    (200, gateway("x", "upstream"), ServerError, "error inside", NEVER, "unknown"),
    (200, google(429, "RESOURCE_EXHAUSTED"), QuotaError, "Too many", NEVER, "no"),
]


@pytest.mark.parametrize(("status", "body", "kind", "says", "retry", "billed"), ROWS)
def test_an_answer_means_what_the_table_says(  # noqa: PLR0917 - a row of the table
    status: int,
    body: bytes,
    kind: type[NanoEditError],
    says: str,
    retry: Retry,
    billed: str,
) -> None:
    error = error_of(status, {}, body, model="nano")
    assert type(error) is kind
    assert says in error.message
    assert (error.retry, error.billed, error.http_status) == (retry, billed, status)
    assert error.hint
    if b"said" in body:
        assert ' It says: "said"' in error.message


def test_an_unknown_model_is_answered_with_the_current_ones() -> None:
    error = error_of(404, {}, b"{}", model="gemini-1-image")
    assert "gemini-1-image" in error.message
    assert all((m.name in error.hint) is not m.deprecated for m in MODELS.values())
    assert "no model of this name" in error_of(404, {}, b"").message


def test_an_error_that_may_have_been_billed_says_how_to_go_on() -> None:
    assert "--retry-unknown" in error_of(500, {}, b"").hint
    assert "--retry-unknown" not in error_of(200, {}, b"").hint


# --- how long to wait ---------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("9" * 400, YEAR),
        ("-7", None),
        ("", None),
        ("soon", None),
        ("\u0667", None),
        ("1e3", None),
        ("inf", None),
        ("7s", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Sun Nov  6 08:49:37 1994", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", YEAR),
        ("Wed, 21 Oct 2015 07:28:00 +99999999999999999", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0.0),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_read_or_left_out(header: str, seconds: float | None) -> None:
    assert read_error_response(429, {"retry-after": header}, b"").retry_after == seconds


def test_retry_after_may_be_a_date() -> None:
    for zone in ("GMT", "-0000"):
        date = formatdate(time.time() + 100, usegmt=True).replace("GMT", zone)
        found = read_error_response(429, {"retry-after": date}, b"").retry_after
        assert found is not None
        assert 97 < found <= 100


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [
        ("48s", 48.0),
        ("0.25s", 0.25),
        ("3.s", 3.0),
        ("-3s", 7.0),
        ("48", 7.0),
        (48, 7.0),
        (None, 7.0),
        (["48s"], 7.0),
    ],
)
def test_retry_info_comes_before_the_header(delay: Any, seconds: float) -> None:
    body = google(429, "RESOURCE_EXHAUSTED", "x", wait(delay))
    error = error_of(429, {"retry-after": "7"}, body)
    assert error.retry_after == seconds


def test_an_overloaded_model_may_name_a_wait_too() -> None:
    error = error_of(503, {}, google(503, "UNAVAILABLE", "x", wait("2.5s")))
    assert error.retry_after == 2.5
    assert "asks to wait 2 s" in error.message


# --- what is quoted -----------------------------------------------------------


def test_words_are_quoted_on_one_line_and_shortened() -> None:
    message = error_of(500, {}, google(500, "X", "one\n\t two\r\n three")).message
    assert message.endswith(' It says: "one two three"')
    long = error_of(500, {}, google(500, "X", "w" * 9000)).message
    assert long.endswith("w" * MAX_QUOTE + ' ..."')
    assert len(long) < MAX_QUOTE + 100


def test_the_gateways_own_language_is_quoted_when_there_is_no_other() -> None:
    body = gateway("x", "", localized_message="balance")
    assert '"balance"' in error_of(403, {}, body).message


def test_the_key_is_masked_before_the_words_are_cut() -> None:
    key = "sk-canary-0123456789abcdef"
    for before in range(MAX_QUOTE - len(key) - 2, MAX_QUOTE + 2):
        body = google(500, "X", "w" * before + f" {key}")
        message = error_of(500, {}, body, key=ApiKey(key)).message
        assert "sk-" not in message


def test_a_redirect_to_a_host_named_as_the_key_masks_it() -> None:
    headers = {"location": "https://sk-canary-0123456789.evil.example/"}
    error = error_of(302, headers, b"", key=ApiKey("sk-canary-0123456789"))
    assert "redirect to ****.evil.example" in error.message


def test_half_a_surrogate_pair_does_not_reach_the_message() -> None:
    message = error_of(500, {}, b'{"error":{"message":"a\\ud800b"}}').message
    assert message.encode().endswith(b'"a?b"')


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("https://evil.example/x?key=1", "evil.example"),
        ("//evil.example", "evil.example"),
        ("/elsewhere", "another address"),
        ("http://[::1", "another address"),
        ("", "another address"),
    ],
)
def test_a_redirect_names_the_host_alone(location: str, host: str) -> None:
    error = error_of(308, {"location": location}, b"")
    assert f"redirect to {host}. It was not followed" in error.message


# --- whatever comes -----------------------------------------------------------

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "error message localized_message status code details reason "
                "violations quotaId retryDelay".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "retry-after": st.text(max_size=30)
        | st.sampled_from(["Wed, 21 Oct 2015 07:28:00 +", "1994", "Nov 6 1 1"]),
        "location": st.text(max_size=30) | st.sampled_from(["http://[", "//[v1.]"]),
    },
)
DEEP = 100_000


@given(
    st.integers(100, 599),
    HEADERS,
    st.binary(max_size=60) | JUNK.map(lambda one: json.dumps(one).encode()),
)
@settings(max_examples=300)
def test_any_answer_gives_an_error_of_ours(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    error = error_of(status, headers, body)
    assert isinstance(error, NanoEditError)
    error.message.encode()
    assert error.retry_after is None or 0 <= error.retry_after <= YEAR
    assert len(error.message) < 1000


@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEP,
        b'{"error":' * DEEP,
        b'{"error":{"message":' + b"[" * 500 + b"]" * 500 + b"}}",
        b'{"error":{"code":' + b"9" * 5000 + b"}}",
        b'\xff\xfe{"error":1}',
        b"NaN",
    ],
)
def test_hostile_json_gives_an_error_of_ours(body: bytes) -> None:
    assert isinstance(error_of(400, {}, body), RejectedError)


# --- whole replies without a picture ------------------------------------------


@pytest.mark.parametrize(
    ("ended", "text", "says"),
    [
        (ReplyEnded("IMAGE_SAFETY"), "", "filter stopped the picture (IMAGE_SAFETY)."),
        (ReplyEnded("IMAGE_SAFETY", "why"), "words", 'It says: "why"'),
        (ReplyEnded("STOP"), "I cannot", '(STOP). It says: "I cannot"'),
        (ReplyEnded("STOP", block_reason="OTHER"), "", "gave no picture (OTHER)."),
        (ReplyEnded(block_reason="X", block_message="no"), "t", '(X). It says: "no"'),
        (ReplyEnded("BRAND_NEW"), "", "the service gave no picture (BRAND_NEW)."),
        (ReplyEnded(), "", "the service gave no picture (no reason given)."),
    ],
)
def test_a_refusal_says_why(ended: ReplyEnded, text: str, says: str) -> None:
    error = refusal_of(ended, text)
    assert isinstance(error, RefusedError)
    assert says in error.message
    assert (error.retry, error.billed) == (NEVER, "unknown")
    assert error.hint


def test_words_instead_of_a_picture_call_for_other_words() -> None:
    assert "Say in the instruction" in refusal_of(ReplyEnded("STOP"), "hm").hint
    assert "Reword" in refusal_of(ReplyEnded("SAFETY"), "").hint
