"""The shape of every fault on the wire, told without a line of the client's code."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import re
import shutil
import subprocess
import time
import zlib
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import support
from support.plain_http import (
    WITH_KEY,
    Reply,
    ask,
    connect,
    decoded,
    edit_of,
    path_of,
)

from nano_edit.emulator import Emulator, FaultListError
from nano_edit.emulator.faults.refusals import FINISH_REASONS
from nano_edit.emulator.faults.syntax import FaultQueue, parse_faults
from nano_edit.emulator.faults.table import FAULTS, SECTIONS

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

GZIP = {"Accept-Encoding": "gzip"}
RESET = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator(signature_bytes=400) as emulator:
        yield emulator


@dataclass(frozen=True, slots=True)
class Photo:
    """A request's one picture, and what the answer to it holds if all is well."""

    sent: dict[str, Any] = field(repr=False)
    answer: bytes = field(repr=False)  # the picture's file


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory, service: Emulator) -> Photo:
    path = support.photo(tmp_path_factory.mktemp("in") / "in.jpg", 320, 180)
    sent = edit_of(path, text="sepia")
    return Photo(sent, ask(service, sent).file)


def faulty(service: Emulator, fault: str, document: object, **more: Any) -> Reply:
    service.set_faults(fault)
    return ask(service, document, **more)


# --- errors ------------------------------------------------------------------


def google(reply: Reply, *, status: int, name: str) -> dict[str, Any]:
    assert reply.status == status
    assert reply.error["code"] == status
    assert reply.error["status"] == name
    return reply.error


GOOGLES = {
    "400": (400, "INVALID_ARGUMENT"),
    "400-escapes": (400, "INVALID_ARGUMENT"),
    "400-key": (400, "INVALID_ARGUMENT"),
    "403": (403, "PERMISSION_DENIED"),
    "404": (404, "NOT_FOUND"),
    "413": (413, "INVALID_ARGUMENT"),
    "429": (429, "RESOURCE_EXHAUSTED"),
    "429-day": (429, "RESOURCE_EXHAUSTED"),
    "429-limit-0": (429, "RESOURCE_EXHAUSTED"),
    "500": (500, "INTERNAL"),
    "503": (503, "UNAVAILABLE"),
}


@pytest.mark.parametrize("fault", GOOGLES)
def test_googles_errors_are_googles(
    service: Emulator, photo: Photo, fault: str
) -> None:
    status, name = GOOGLES[fault]
    error = google(faulty(service, fault, photo.sent), status=status, name=name)
    assert error["message"]


def details(reply: Reply, kind: str) -> list[dict[str, Any]]:
    of_kind = f"type.googleapis.com/google.rpc.{kind}"
    return [one for one in reply.error.get("details", []) if one["@type"] == of_kind]


def test_a_bad_key_is_400_with_a_reason(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "400-key", photo.sent)
    (info,) = details(reply, "ErrorInfo")
    assert info["reason"] == "API_KEY_INVALID"
    assert details(reply, "LocalizedMessage")


def test_an_error_can_hold_escapes(service: Emulator, photo: Photo) -> None:
    message = faulty(service, "400-escapes", photo.sent).error["message"]
    assert {"\x1b", "\x9b", "\u202e", "\r", "\b"} < set(message)
    assert "[bold" in message


@pytest.mark.parametrize(
    ("fault", "delay"),
    [
        *[("429", "1s"), ("429=", "1s"), ("429=0.5", "0.5s"), ("429-day", "39600s")],
        *[("429-limit-0", "18.5s"), ("503=30", "30s"), ("503", None)],
    ],
)
def test_a_wait_is_named_in_the_details_and_in_no_header(
    service: Emulator, photo: Photo, fault: str, delay: str | None
) -> None:
    reply = faulty(service, fault, photo.sent)
    found = [one["retryDelay"] for one in details(reply, "RetryInfo")]
    assert found == ([delay] if delay else [])
    assert "retry-after" not in reply.headers


def test_a_quota_that_waiting_does_not_bring_back_says_so(
    service: Emulator, photo: Photo
) -> None:
    day = details(faulty(service, "429-day", photo.sent), "QuotaFailure")
    assert "PerDay" in day[0]["violations"][0]["quotaId"]
    zero = faulty(service, "429-limit-0", photo.sent)
    assert "limit: 0" in zero.error["message"]
    assert details(zero, "QuotaFailure")[0]["violations"][0]["quotaValue"] == "0"


def test_a_gateway_names_the_wait_in_a_header(service: Emulator, photo: Photo) -> None:
    assert faulty(service, "429-header=7", photo.sent).headers["retry-after"] == "7"
    reply = faulty(service, "429-date=7200", photo.sent)
    date = parsedate_to_datetime(reply.headers["retry-after"])
    assert 7100 < date.timestamp() - time.time() < 7300


GATEWAYS = {
    "401": (401, "invalid_token"),
    "403-quota": (403, "insufficient_user_quota"),
    "429-header": (429, "rate_limit_exceeded"),
    "429-date": (429, "rate_limit_exceeded"),
    "500-body-failed": (500, "write_response_body_failed"),
    "gateway-500": (500, "bad_response_status_code"),
    "gateway-empty": (500, "bad_response_status_code"),
    "200-error": (200, "bad_response_status_code"),
}


@pytest.mark.parametrize("fault", GATEWAYS)
def test_the_gateways_errors_are_the_gateways(
    service: Emulator, photo: Photo, fault: str
) -> None:
    status, code = GATEWAYS[fault]
    reply = faulty(service, fault, photo.sent)
    assert (reply.status, reply.error["code"]) == (status, code)
    assert (reply.error["message"] == "") is (fault == "gateway-empty")
    with_status = fault in {"500-body-failed", "gateway-500"}
    assert reply.document.get("status_code") == (500 if with_status else None)
    assert ("localized_message" in reply.error) is (fault == "403-quota")


PAGES = {
    "503-html": 503,
    "502-html": 502,
    "504-html": 504,
    "524-html": 524,
    "html-200": 200,
}


@pytest.mark.parametrize("fault", PAGES)
def test_proxies_answer_with_pages(service: Emulator, photo: Photo, fault: str) -> None:
    reply = faulty(service, fault, photo.sent)
    assert reply.status == PAGES[fault]
    assert reply.headers["content-type"] == "text/html"
    assert reply.body.startswith(b"<html>")
    assert reply.headers["content-length"] == str(len(reply.body))


def test_envoy_answers_in_plain_words(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "503-envoy", photo.sent)
    assert (reply.status, reply.headers["content-type"]) == (503, "text/plain")
    assert b"disconnect/reset before headers" in reply.body


def test_a_redirect_names_another_host(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "redirect", photo.sent)
    assert (reply.status, reply.body) == (302, b"")
    assert reply.headers["location"] == "http://127.0.0.1:9/elsewhere"
    other = faulty(service, "redirect=https://example.org/x", photo.sent)
    assert other.headers["location"] == "https://example.org/x"


# --- no picture --------------------------------------------------------------


def only_candidate(reply: Reply) -> dict[str, Any]:
    assert reply.status == 200
    (candidate,) = reply.document["candidates"]
    assert b"inlineData" not in reply.body
    found: dict[str, Any] = candidate
    return found


@pytest.mark.parametrize("reason", [*FINISH_REASONS, "NEVER_HEARD_OF"])
def test_a_refusal_is_200_with_its_reason(
    service: Emulator, photo: Photo, reason: str
) -> None:
    candidate = only_candidate(faulty(service, reason, photo.sent))
    assert candidate["finishReason"] == reason
    assert reason in candidate["finishMessage"]
    assert candidate["content"] == {"parts": None}


def test_a_blocked_prompt_has_no_candidates(service: Emulator, photo: Photo) -> None:
    for fault, reason in (("block", "PROHIBITED_CONTENT"), ("block=OTHER", "OTHER")):
        document = faulty(service, fault, photo.sent).document
        assert "candidates" not in document
        assert document["promptFeedback"]["blockReason"] == reason
        assert reason in document["promptFeedback"]["blockReasonMessage"]


def test_candidates_can_be_null(service: Emulator, photo: Photo) -> None:
    document = faulty(service, "candidates-null", photo.sent).document
    assert document["candidates"] is None
    assert document["usageMetadata"]["promptTokenCount"] > 0


CONTENTS: dict[str, object] = {
    "parts-null": {"parts": None},
    "content-empty": {},
    "role-only": {"role": "model"},
    "no-image": {"parts": [{"text": ""}], "role": "model"},
}


@pytest.mark.parametrize("fault", CONTENTS)
def test_content_can_be_empty_in_many_ways(
    service: Emulator, photo: Photo, fault: str
) -> None:
    candidate = only_candidate(faulty(service, fault, photo.sent))
    assert candidate["content"] == CONTENTS[fault]
    assert candidate["finishReason"] == "STOP"


def test_words_can_come_instead_of_a_picture(service: Emulator, photo: Photo) -> None:
    candidate = only_candidate(faulty(service, "text-only", photo.sent))
    assert candidate["finishReason"] == "STOP"
    (part,) = candidate["content"]["parts"]
    assert part["text"].startswith("I can help you with that!")


# --- unusual -------------------------------------------------------------


def files(reply: Reply) -> list[bytes]:
    """Every picture's bytes that are in fields of the usual names."""
    return [
        base64.b64decode(part["inlineData"]["data"], validate=True)
        for part in reply.parts
        if "inlineData" in part
    ]


def test_ok_is_the_ordinary_reply(service: Emulator, photo: Photo) -> None:
    assert files(faulty(service, "ok", photo.sent)) == [photo.answer]


def test_parts_can_be_empty(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "empty-part", photo.sent)
    assert reply.parts[:2] == [{}, {"text": ""}]
    assert files(reply) == [photo.answer]


def test_drafts_come_before_the_picture(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "drafts", photo.sent)
    first, second, final = files(reply)
    assert final == photo.answer
    assert len({first, second, final}) == 3
    assert b'thought"' not in reply.body


def test_drafts_can_say_so_behind_their_data(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "drafts-thought", photo.sent)
    assert [part.get("thought") for part in reply.parts] == [True, True, True, None]
    assert list(reply.parts[1]) == ["inlineData", "thoughtSignature", "thought"]
    assert files(reply)[-1] == photo.answer


def test_a_thought_can_come_last(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "thought-last", photo.sent)
    assert [part.get("thought") for part in reply.parts] == [None, True]
    assert files(reply)[0] == photo.answer


def test_words_that_were_asked_for_come_with_odd_parts_too(
    service: Emulator, photo: Photo
) -> None:
    config = {"responseModalities": ["TEXT", "IMAGE"]}
    reply = faulty(service, "drafts", {**photo.sent, "generationConfig": config})
    assert reply.parts[0]["text"].startswith("I toned it sepia.")


def test_the_only_picture_can_be_a_thought(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "thought-only", photo.sent)
    assert [part.get("thought") for part in reply.parts] == [True]
    assert files(reply) == [photo.answer]


def test_a_draft_can_be_broken(service: Emulator, photo: Photo) -> None:
    half, final = files(faulty(service, "bad-draft", photo.sent))
    with pytest.raises(OSError, match="truncated"):
        decoded(half)
    assert final == photo.answer
    draft, part = faulty(service, "bad-draft-base64", photo.sent).parts
    assert "?!" in draft["inlineData"]["data"]
    assert base64.b64decode(part["inlineData"]["data"]) == photo.answer


@pytest.mark.parametrize(
    ("fault", "model", "formats"),
    [
        ("wrong-mime", "gemini-3-pro-image", ("PNG", "JPEG")),
        ("wrong-mime", "gemini-2.5-flash-image", ("JPEG", "PNG")),
        ("png", "gemini-3-pro-image", ("PNG", "PNG")),
        ("webp", "gemini-3-pro-image", ("WEBP", "WEBP")),
    ],
)
def test_formats_and_what_is_claimed(
    service: Emulator, photo: Photo, fault: str, model: str, formats: tuple[str, str]
) -> None:
    claimed, true = formats
    reply = faulty(service, fault, photo.sent, path=path_of(model))
    (part,) = reply.parts
    assert part["inlineData"]["mimeType"] == f"image/{claimed.lower()}"
    assert reply.picture.format == true


def test_a_picture_can_be_a_data_url_in_words(service: Emulator, photo: Photo) -> None:
    (part,) = faulty(service, "data-url", photo.sent).parts
    match = re.fullmatch(
        r"Here it is:\n\n!\[image\]\(data:image/jpeg;base64,(\S+)\)\n", part["text"]
    )
    assert match
    assert base64.b64decode(match[1], validate=True) == photo.answer


def test_names_can_come_in_snake_case(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "snake-case", photo.sent)
    (part,) = reply.parts
    assert list(part) == ["inline_data", "thought_signature"]
    assert base64.b64decode(part["inline_data"]["data"]) == photo.answer
    assert reply.document["candidates"][0]["finish_reason"] == "STOP"
    assert not re.search(rb'"[a-z]+[A-Z]\w*":', reply.body)


def test_base64_can_be_url_safe_without_padding(
    service: Emulator, photo: Photo
) -> None:
    (part,) = faulty(service, "urlsafe", photo.sent).parts
    data = part["inlineData"]["data"]
    assert set(data) & set("-_")
    assert not set(data) & set("+/=")
    assert base64.urlsafe_b64decode(data + "=" * (-len(data) % 4)) == photo.answer


def test_base64_can_be_escaped(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "escaped", photo.sent)
    data = reply.body.partition(b'"data": "')[2].partition(b'"')[0]
    assert rb"\/" in data
    assert rb"\u002b" in data
    assert not set(data.replace(rb"\/", b"")) & set(b"+/=")
    assert files(reply) == [photo.answer]


def test_what_is_wanted_first_can_come_last(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "late-keys", photo.sent)
    assert list(reply.document)[-1] == "candidates"
    draft, final = reply.parts
    assert list(final["inlineData"]) == ["data", "mimeType"]
    assert list(draft)[-1] == "thought"
    assert files(reply)[-1] == photo.answer


def test_a_gateway_writes_on_one_line(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "compact", photo.sent)
    assert b"\n" not in reply.body
    assert list(reply.document["candidates"][0]["content"]) == ["role", "parts"]
    assert files(reply) == [photo.answer]


# --- framed otherwise, and something beside the picture


def test_a_byte_order_mark_can_come_first(service: Emulator, photo: Photo) -> None:
    body = faulty(service, "bom", photo.sent).body
    assert body.startswith(b"\xef\xbb\xbf{")
    assert json.loads(body.decode("utf-8-sig"))["candidates"]


def test_a_reply_can_be_in_an_array(service: Emulator, photo: Photo) -> None:
    (document,) = json.loads(faulty(service, "array", photo.sent).body)
    assert pictures_in(document) == [photo.answer]


@pytest.mark.parametrize(("fault", "events"), [("sse", 1), ("sse-parts", 3)])
def test_a_reply_can_be_events(
    service: Emulator, photo: Photo, fault: str, events: int
) -> None:
    config = {"responseModalities": ["TEXT", "IMAGE"]}
    reply = faulty(service, fault, {**photo.sent, "generationConfig": config})
    assert reply.headers["content-type"] == "text/event-stream"
    assert reply.body.endswith(b"\r\n\r\n")
    lines = reply.body.removesuffix(b"\r\n\r\n").split(b"\r\n\r\n")
    assert len(lines) == events
    documents = [json.loads(line.removeprefix(b"data: ")) for line in lines]
    found = [file for document in documents for file in pictures_in(document)]
    assert found == [photo.answer]
    reasons = [one["candidates"][0].get("finishReason") for one in documents]
    assert reasons == [None] * (events - 1) + ["STOP"]


def pictures_in(document: dict[str, Any]) -> list[bytes]:
    parts = document["candidates"][0]["content"]["parts"]
    data = [part["inlineData"]["data"] for part in parts if "inlineData" in part]
    return [base64.b64decode(each, validate=True) for each in data]


BESIDE: dict[str, tuple[str, dict[str, object]]] = {
    "error-empty": ("error", {}),
    "error-warning": ("error", {"code": 0, "status": "OK"}),
    "warning": ("warning", {"message": "The model is deprecated."}),
}


@pytest.mark.parametrize("fault", BESIDE)
def test_errors_and_warnings_can_stand_beside_the_picture(
    service: Emulator, photo: Photo, fault: str
) -> None:
    name, fields = BESIDE[fault]
    reply = faulty(service, fault, photo.sent)
    assert next(iter(reply.document)) == name
    assert fields.items() <= reply.document[name].items()
    assert files(reply) == [photo.answer]


def test_a_number_can_be_nan(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "nan", photo.sent)
    assert b'"avgLogprobs": NaN' in reply.body.partition(b"inlineData")[0]
    assert files(reply) == [photo.answer]


def test_words_can_hold_half_a_surrogate_pair(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "half-surrogate", photo.sent)
    assert reply.parts[0]["text"] == "Done \ud83d!"
    assert files(reply) == [photo.answer]


@pytest.mark.parametrize(
    ("fault", "digits"), [("long-number", 5000), ("long-number=9", 9)]
)
def test_a_number_can_be_long(
    service: Emulator, photo: Photo, fault: str, digits: int
) -> None:
    body = faulty(service, fault, photo.sent).body
    assert body.startswith(b'{\n  "elapsed": 1')
    assert json.loads(body, parse_int=len)["elapsed"] == digits


@pytest.mark.parametrize(
    ("fault", "depth"), [("deep-beside", 10_000), ("deep-beside=7", 7)]
)
def test_arrays_can_be_deep_beside_the_picture(
    service: Emulator, photo: Photo, fault: str, depth: int
) -> None:
    body = faulty(service, fault, photo.sent).body
    nest = b"[" * depth + b"]" * depth
    before, found, after = body.partition(b'"debug": ' + nest)
    assert found
    document = json.loads(before + b'"debug": []' + after)
    assert pictures_in(document) == [photo.answer]


def test_one_character_can_be_bad(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "bad-char", photo.sent)
    before, bad, after = reply.body.partition(b"\x01")
    assert bad
    assert base64.b64encode(photo.answer) in before
    assert json.loads(before + after)
    with pytest.raises(json.JSONDecodeError, match="control character"):
        json.loads(reply.body)


@pytest.mark.parametrize("status", ["201", "203"])
def test_the_status_of_a_picture_can_be_another(
    service: Emulator, photo: Photo, status: str
) -> None:
    reply = faulty(service, status, photo.sent)
    assert reply.status == int(status)
    assert files(reply) == [photo.answer]


def test_size_and_ratio_can_be_dropped(service: Emulator, photo: Photo) -> None:
    config = {"imageConfig": {"imageSize": "2K", "aspectRatio": "16:9"}}
    sent = {**photo.sent, "generationConfig": config}
    sizes = [
        faulty(service, fault, sent).picture.size for fault in ("ok", "small", "square")
    ]
    assert sizes == [(2752, 1536), (1376, 768), (2048, 2048)]


def test_words_can_be_made_to_drive_a_terminal(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "terminal-escapes", photo.sent)
    assert {"\x1b", "\x9b", "\x7f", "\u202e", "\u2066"} < set(reply.parts[0]["text"])
    assert files(reply) == [photo.answer]


# --- content codings ---------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "coding"),
    [("coding", "none"), ("coding=utf-8", "utf-8"), ("coding=gzip", "gzip")],
)
def test_a_coding_can_be_announced_over_plain_bytes(
    service: Emulator, photo: Photo, fault: str, coding: str
) -> None:
    whole = faulty(service, "ok", photo.sent).body
    reply = faulty(service, fault, photo.sent, headers={**WITH_KEY, **GZIP})
    assert reply.headers["content-encoding"] == coding
    assert reply.body == whole


def inflate(body: bytes, window: int) -> bytes:
    """Return what is packed, whatever is wrong with its trailer."""
    return zlib.decompressobj(window).decompress(body)


DECODED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "deflate": ("deflate", zlib.decompress),
    "deflate-raw": ("deflate", lambda body: zlib.decompress(body, -15)),
    "gzip-gzip": ("gzip, gzip", lambda body: gzip.decompress(gzip.decompress(body))),
    "gzip-members": ("gzip", gzip.decompress),
    "gzip-no-trailer": ("gzip", lambda body: inflate(body, 31)),
}


@pytest.mark.parametrize("fault", DECODED)
def test_a_coding_nobody_asked_for_can_be_undone(
    service: Emulator, photo: Photo, fault: str
) -> None:
    coding, decode = DECODED[fault]
    whole = faulty(service, "ok", photo.sent).body
    reply = faulty(service, fault, photo.sent)
    assert reply.headers["content-encoding"] == coding
    assert decode(reply.body) == whole


def test_gzip_can_have_a_second_member(service: Emulator, photo: Photo) -> None:
    whole = faulty(service, "ok", photo.sent).body
    body = faulty(service, "gzip-members", photo.sent).body
    first = zlib.decompressobj(31)
    assert first.decompress(body) == whole[: len(whole) // 2]
    assert gzip.decompress(first.unused_data) == whole[len(whole) // 2 :]


def test_gzip_can_have_a_bad_crc(service: Emulator, photo: Photo) -> None:
    whole = faulty(service, "ok", photo.sent).body
    body = faulty(service, "gzip-crc", photo.sent).body
    with pytest.raises(gzip.BadGzipFile, match="CRC"):
        gzip.decompress(body)
    assert inflate(body[10:-8], -15) == whole


UNBROTLI = """\
const chunks = [];
process.stdin.on("data", chunk => chunks.push(chunk)).on("end", () =>
  process.stdout.write(require("zlib").brotliDecompressSync(Buffer.concat(chunks))));
"""


@pytest.mark.skipif(not shutil.which("node"), reason="node reads Brotli, if installed")
def test_brotli_is_brotli(service: Emulator, photo: Photo) -> None:
    whole = faulty(service, "ok", photo.sent).body
    reply = faulty(service, "br", photo.sent)
    assert reply.headers["content-encoding"] == "br"
    assert len(reply.body) > 2 * 64 * 1024  # several blocks
    program = ["node", "-e", UNBROTLI]
    done = subprocess.run(program, input=reply.body, capture_output=True, check=True)
    assert done.stdout == whole


# --- broken ------------------------------------------------------------------


def test_json_can_end_early_though_the_connection_does_not(
    service: Emulator, photo: Photo
) -> None:
    body = faulty(service, "truncated-json", photo.sent).body
    whole = base64.b64encode(photo.answer)
    assert body.endswith(whole[: len(whole) // 2])
    tail = faulty(service, "truncated-tail", photo.sent).body
    assert whole in tail
    for cut in (body, tail):
        with pytest.raises(json.JSONDecodeError):
            json.loads(cut)


def test_the_connection_can_end_behind_the_pictures_data(
    service: Emulator, photo: Photo
) -> None:
    answer = rest(sent_to(service, "cut-picture", photo.sent))
    assert unchunked(answer).endswith(base64.b64encode(photo.answer))
    assert not answer.endswith(b"0\r\n\r\n")


def test_base64_can_have_a_length_there_is_not(service: Emulator, photo: Photo) -> None:
    (part,) = faulty(service, "truncated-base64", photo.sent).parts
    data = part["inlineData"]["data"]
    assert len(data) % 4 == 1
    assert base64.b64encode(photo.answer).startswith(data.encode())


def test_a_picture_can_be_half_a_file(service: Emulator, photo: Photo) -> None:
    (half,) = files(faulty(service, "truncated-image", photo.sent))
    assert half == photo.answer[: len(photo.answer) // 2]
    with pytest.raises(OSError, match="truncated"):
        decoded(half)


def test_words_can_stand_where_the_picture_belongs(
    service: Emulator, photo: Photo
) -> None:
    (words,) = files(faulty(service, "not-an-image", photo.sent))
    assert words.startswith(b"This is no picture.")


def test_bytes_can_be_no_utf8(service: Emulator, photo: Photo) -> None:
    body = faulty(service, "bad-utf8", photo.sent).body
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    words = json.loads(body.decode(errors="replace"))["candidates"][0]["content"]
    assert "\ufffd" in words["parts"][0]["text"]


@pytest.mark.parametrize(
    ("fault", "depth"), [("deep-nesting", 100), ("deep-nesting=7", 7)]
)
def test_arrays_can_be_deep(
    service: Emulator, photo: Photo, fault: str, depth: int
) -> None:
    reply = faulty(service, fault, photo.sent)
    nest, found = reply.document["debug"], 1
    while nest:
        (nest,), found = nest, found + 1
    assert found == depth
    assert files(reply) == [photo.answer]


def test_white_space_can_be_huge(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "huge=3000001", photo.sent, headers={**WITH_KEY, **GZIP})
    assert "content-encoding" not in reply.headers
    assert reply.body.count(b" " * 3_000_001) == 1
    assert files(reply) == [photo.answer]


def test_words_can_be_huge(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "huge-text=2000001", photo.sent)
    assert reply.parts[0]["text"] == "A" * 2_000_001
    assert files(reply) == [photo.answer]


def test_gzip_can_be_a_bomb_nobody_asked_for(service: Emulator, photo: Photo) -> None:
    reply = faulty(service, "gzip-bomb=20", photo.sent)
    assert reply.headers["content-encoding"] == "gzip"
    assert len(reply.body) < len(photo.answer) * 2 + 20 * 1024 * 1024 // 100
    assert len(zlib.decompress(reply.body, 31)) > 20 * 1024 * 1024
    assert files(reply) == [photo.answer]


def test_what_is_huge_is_made_as_it_is_sent(service: Emulator, photo: Photo) -> None:
    for fault in ("huge", "huge-text"):
        service.set_faults(fault)
        connection = connect(service)
        connection.request("POST", path_of(), json.dumps(photo.sent), WITH_KEY)
        assert len(connection.getresponse().read(5_000_000)) == 5_000_000
        connection.close()


# --- the connection ----------------------------------------------------------


def sent_to(service: Emulator, fault: str, document: object) -> socket.socket:
    """Send a request that wants its connection closed behind the answer."""
    service.set_faults(fault)
    body = json.dumps(document).encode()
    line = connect(service)
    line.connect()
    line.request("POST", path_of(), body, {**WITH_KEY, "Connection": "close"})
    assert line.sock is not None
    raw = line.sock.dup()
    line.close()
    raw.settimeout(60)
    return raw


def rest(raw: socket.socket) -> bytes:
    """Read to the connection's end."""
    with raw, raw.makefile("rb") as stream:
        return stream.read()


def test_a_reset_comes_instead_of_an_answer(service: Emulator, photo: Photo) -> None:
    with pytest.raises(RESET):
        rest(sent_to(service, "reset", photo.sent))
    assert service.requests[-1].body_bytes is not None
    assert service.requests[-1].status is None


def test_the_connection_can_close_instead_of_an_answer(
    service: Emulator, photo: Photo
) -> None:
    assert rest(sent_to(service, "close", photo.sent)) == b""
    assert service.requests[-1].status is None


def test_the_upload_can_be_refused(service: Emulator) -> None:
    service.set_faults("refuse-upload")
    large = {"contents": "x" * 20_000_000}
    with pytest.raises((*RESET, http.client.BadStatusLine)):
        ask(service, large)
    assert service.requests[-1].body_bytes is None


def test_a_cut_ends_after_so_many_bytes(service: Emulator, photo: Photo) -> None:
    answer = rest(sent_to(service, "cut=70001", photo.sent))
    assert len(unchunked(answer)) == 70_001
    assert not answer.endswith(b"0\r\n\r\n")
    assert unchunked(rest(sent_to(service, "cut=0", photo.sent))) == b""
    whole = rest(sent_to(service, "cut=100000000", photo.sent))
    assert whole.endswith(b"0\r\n\r\n")


def unchunked(answer: bytes) -> bytes:
    """Return the body of chunks that may end early."""
    rest = answer.partition(b"\r\n\r\n")[2]
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return body


def test_a_drip_is_small_chunks_with_time_between(
    service: Emulator, photo: Photo
) -> None:
    begun = time.monotonic()
    answer = rest(sent_to(service, "drip=1000000", photo.sent))
    body = unchunked(answer)
    assert time.monotonic() - begun > len(body) / 1_000_000 * 0.9
    assert json.loads(body)
    assert b"\r\nc350\r\n" in answer  # 50,000 bytes each twentieth of a second


def test_a_drip_of_nothing_ends_when_the_client_does(
    service: Emulator, photo: Photo
) -> None:
    with sent_to(service, "drip=0", photo.sent) as raw, raw.makefile("rb") as stream:
        head = iter(stream.readline, b"\r\n")
        assert next(head).startswith(b"HTTP/1.1 200")
        assert list(head)
        assert stream.read(6) == b"1\r\n{\r\n"


def test_silence_comes_before_the_first_byte(service: Emulator, photo: Photo) -> None:
    faulty(service, "slow=0.3", photo.sent)
    entry = service.requests[-1]
    assert entry.body_monotonic is not None
    assert entry.first_byte_monotonic is not None
    assert entry.first_byte_monotonic - entry.body_monotonic >= 0.3


def test_a_stall_comes_in_the_middle(service: Emulator, photo: Photo) -> None:
    whole = faulty(service, "ok", photo.sent).body
    begun = time.monotonic()
    assert faulty(service, "stall=0.3", photo.sent).body == whole
    assert time.monotonic() - begun >= 0.3
    with sent_to(service, "stall=600", photo.sent) as raw:
        answer = b""
        while len(unchunked(answer)) < len(whole) // 2:
            answer += raw.recv(65536)
        assert unchunked(answer) == whole[: len(whole) // 2]


def test_the_closing_chunk_can_be_withheld(service: Emulator, photo: Photo) -> None:
    whole = faulty(service, "ok", photo.sent).body
    with sent_to(service, "tail-stall=600", photo.sent) as raw:
        answer = b""
        while len(unchunked(answer)) < len(whole):
            answer += raw.recv(65536)
    assert unchunked(answer) == whole
    assert not answer.endswith(b"0\r\n\r\n")
    answer = rest(sent_to(service, "tail-stall=0.1", photo.sent))
    assert answer.endswith(b"0\r\n\r\n")


# --- the list ----------------------------------------------------------------


def test_each_request_takes_the_next_entry(service: Emulator, photo: Photo) -> None:
    service.set_faults(" 429=0.5:2, 403 ,503:0,ok,404:*")
    statuses = [ask(service, photo.sent).status for _ in range(6)]
    assert statuses == [429, 429, 403, 200, 404, 404]
    told = [entry.fault for entry in service.requests[-6:]]
    assert told == ["429=0.5", "429=0.5", "403", "ok", "404", "404"]


def test_a_request_that_the_contract_refuses_takes_its_entry_too(
    service: Emulator, photo: Photo
) -> None:
    service.set_faults("503,ok")
    assert ask(service, {}).status == 400
    assert ask(service, photo.sent).status == 200


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("429:x", "'429:x' is not NAME[=ARG][:COUNT]"),
        ("=1", "'=1' is not NAME[=ARG][:COUNT]"),
        ("redirect=http://a\r\nb: c", "is not NAME[=ARG][:COUNT]"),
        ("ok=1", "ok takes no argument"),
        ("IMAGE_OTHER=1", "IMAGE_OTHER takes no argument"),
        ("429=soon", "429 takes a number of seconds"),
        ("cut=-1", "cut takes a number of bytes"),
        ("drfts", "there is no fault named 'drfts'; did you mean drafts?"),
        ("quux", "there is no fault named 'quux'"),
    ],
)
def test_a_list_that_cannot_be_read_says_why(text: str, words: str) -> None:
    with pytest.raises(FaultListError) as caught:
        parse_faults(text)
    assert words in str(caught.value)


def test_an_empty_list_is_no_fault() -> None:
    assert parse_faults(" , ") == ()
    assert str(FaultQueue("").take()) == "ok"


def test_every_fault_is_held_by_a_test_here() -> None:
    names = (
        f"test_emulator_{each}.py" for each in ("account", "drift", "jobs", "turns")
    )
    paths = [Path(__file__), *map(Path(__file__).with_name, names)]
    here = "".join(path.read_text(encoding="utf-8") for path in paths)
    named = set(re.findall(r"[\"(](\w[\w-]*)[\"=,:]", here))
    assert set(FAULTS) - set(FINISH_REASONS) <= named


def test_every_fault_has_a_section_and_a_name_of_its_own() -> None:
    names = [kind.name for section in SECTIONS for kind in section.kinds]
    assert len(names) == len(set(names)) == len(FAULTS)
