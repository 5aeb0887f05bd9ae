"""What the emulator takes, and what it refuses in the service's own words."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
import support
from support.plain_http import KEY, Reply, ask, edit_of, inline, path_of

from nano_edit.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEP = b"[" * 200_000


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator(signature_bytes=0) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def jpeg(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return support.photo(tmp_path_factory.mktemp("in") / "in.jpg").read_bytes()


def refusal(reply: Reply, status: int = 400) -> str:
    """Return the message of an error that is Google's by its shape."""
    assert reply.status == status
    assert reply.headers["content-type"] == "application/json; charset=UTF-8"
    error = reply.error
    assert error["code"] == status
    assert error["status"].isupper()
    message: str = error["message"]
    return message


# --- the document ------------------------------------------------------------


def contents(*parts: object) -> dict[str, Any]:
    return {"contents": [{"parts": list(parts)}]}


WORDS = {"text": "sepia"}
REFUSED_DOCUMENTS = {
    "no JSON": (b"{", "Invalid JSON payload received."),
    "no UTF-8": (b'{"contents": "\xff"}', "Invalid JSON payload received."),
    "UTF-16": ('{"contents": []}'.encode("utf-16"), "Invalid JSON payload received."),
    "endless arrays": (DEEP, "Invalid JSON payload received."),
    "no body": (b"", "Invalid JSON payload received."),
    "no object": ([], "an object was expected"),
    "no contents": ({}, "contents is not specified"),
    "empty contents": ({"contents": []}, "contents is not specified"),
    "contents no list": ({"contents": contents(WORDS)}, "contents is not specified"),
    "a role that is none": (
        {"contents": [{"role": "system", "parts": [WORDS]}]},
        "valid role",
    ),
    "the model's turn last": (
        {"contents": [{"role": "model", "parts": [WORDS]}]},
        "end with a user turn",
    ),
    "no parts": ({"contents": [{}]}, "parts must not be empty"),
    "empty parts": ({"contents": [{"parts": []}]}, "parts must not be empty"),
    "a part that is none": (contents("sepia"), "an object was expected"),
    "an empty part": (contents({}), "oneof"),
    "words that are none": (contents({"text": 1}), "TYPE_STRING"),
    "empty words": (contents({"text": " \n"}), "empty text"),
    "a signature that is none": (
        contents({**WORDS, "thoughtSignature": 1}),
        "TYPE_BYTES",
    ),
    "an unknown field": ({"content": []}, 'Unknown name "content"'),
    "an unknown field of a part": (
        contents({"txt": "sepia"}),
        "Unknown name \"txt\" at 'contents[0].parts[0]'",
    ),
    "a field twice": (
        {**contents(WORDS), "generationConfig": {}, "generation_config": {}},
        "given twice",
    ),
    "a config that is none": (
        {**contents(WORDS), "generationConfig": []},
        "an object was expected",
    ),
    "two candidates": (
        {**contents(WORDS), "generationConfig": {"candidateCount": 2}},
        "Multiple candidates",
    ),
    "modalities that are none": (
        {**contents(WORDS), "generationConfig": {"responseModalities": "IMAGE"}},
        "only TEXT and IMAGE",
    ),
    "an unknown modality": (
        {**contents(WORDS), "generationConfig": {"responseModalities": ["AUDIO"]}},
        "only TEXT and IMAGE",
    ),
}


@pytest.mark.parametrize("case", REFUSED_DOCUMENTS)
def test_a_document_that_breaks_the_contract_is_refused(
    service: Emulator, case: str
) -> None:
    document, words = REFUSED_DOCUMENTS[case]
    assert words in refusal(ask(service, document))
    assert words in str(service.requests[-1].error)


def test_a_part_holds_words_or_a_picture_never_both(
    service: Emulator, jpeg: bytes
) -> None:
    both = contents({**WORDS, "inlineData": inline(jpeg)})
    reply = ask(service, both)
    assert "either text or inline_data" in refusal(reply)
    (detail,) = reply.error["details"]
    assert detail["fieldViolations"][0]["field"] == "contents[0].parts[0]"


def test_words_may_come_after_the_picture(service: Emulator, jpeg: bytes) -> None:
    swapped = contents({"inlineData": inline(jpeg)}, WORDS)
    assert ask(service, swapped).status == 200
    assert service.requests[-1].instruction == "sepia"


def test_several_texts_are_one_instruction(service: Emulator, jpeg: bytes) -> None:
    parts = WORDS, {"inlineData": inline(jpeg)}, {"text": ""}, {"text": "and mirror it"}
    reply = ask(service, contents(*parts))
    assert service.requests[-1].instruction == "sepia\nand mirror it"
    assert reply.parts[0]["text"].startswith("I toned it sepia and mirrored it.")


@pytest.mark.parametrize("name", ["Image", "image", "IMAGE"])
def test_modalities_may_be_in_any_case(service: Emulator, name: str) -> None:
    config = {"responseModalities": [name]}
    reply = ask(service, {**contents(WORDS), "generationConfig": config})
    assert [list(part) for part in reply.parts] == [["inlineData"]]
    assert service.requests[-1].modalities == ("IMAGE",)


@pytest.mark.parametrize(
    ("model", "level", "status"),
    [
        ("gemini-3-pro-image", "high", 400),
        ("gemini-3.1-flash-image", "HIGH", 200),
        ("gemini-3.1-flash-image", "medium", 400),
        ("gemini-nano-banana-2.1", "medium", 200),
        ("gemini-nano-banana-2.1", "low", 400),
    ],
)
def test_a_model_takes_its_own_thinking_levels(
    service: Emulator, model: str, level: str, status: int
) -> None:
    config = {"thinkingConfig": {"thinkingLevel": level}}
    document = {**contents(WORDS), "generationConfig": config}
    reply = ask(service, document, path=path_of(model))
    assert reply.status == status
    if status == 400:
        assert "is not supported" in refusal(reply)


def test_names_may_be_in_snake_case(service: Emulator, jpeg: bytes) -> None:
    sent = inline(jpeg)
    part = {"inline_data": {"mime_type": sent["mimeType"], "data": sent["data"]}}
    config = {"aspect_ratio": "1:1", "image_size": "1K"}
    document = {
        **contents(WORDS, part),
        "generation_config": {"response_modalities": ["IMAGE"], "image_config": config},
    }
    assert ask(service, document).picture.size == (1024, 1024)


def test_without_modalities_words_and_a_picture_come(
    service: Emulator, jpeg: bytes
) -> None:
    words, picture = ask(service, edit_of(jpeg, only_image=False)).parts
    assert words["text"].startswith("I toned it sepia. You asked: <sepia>")
    assert picture["inlineData"]["mimeType"] == "image/jpeg"


def test_angle_brackets_are_escaped_as_google_does(
    service: Emulator, jpeg: bytes
) -> None:
    body = ask(service, edit_of(jpeg, only_image=False)).body
    assert b"\\u003csepia\\u003e" in body
    assert b"<" not in body


def test_a_picture_can_be_made_of_words_alone(service: Emulator) -> None:
    assert ask(service, edit_of(text="a cat")).picture.size == (1024, 1024)


# --- the pictures ------------------------------------------------------------


def with_data(data: object, mime_type: object = "image/jpeg") -> dict[str, Any]:
    return contents(WORDS, {"inlineData": {"mimeType": mime_type, "data": data}})


def test_bad_base64_is_refused(service: Emulator, jpeg: bytes) -> None:
    data = base64.b64encode(jpeg).decode()
    for bad in (data[:-1], data[:4] + "\n" + data[4:], data + "AAAA=", "a?==", "%"):
        reply = ask(service, with_data(bad))
        assert "Base64 decoding failed" in refusal(reply)
        (detail,) = reply.error["details"]
        field = detail["fieldViolations"][0]["field"]
        assert field == "contents[0].parts[1].inline_data.data"


@pytest.mark.parametrize("data", [None, "", 1])
def test_data_that_is_no_text_is_refused(service: Emulator, data: object) -> None:
    assert "TYPE_BYTES" in refusal(ask(service, with_data(data)))


def test_the_url_safe_alphabet_is_taken(service: Emulator, jpeg: bytes) -> None:
    data = base64.urlsafe_b64encode(jpeg).decode()
    assert set(data) & set("-_")
    assert ask(service, with_data(data)).status == 200


@pytest.mark.parametrize("mime_type", ["image/gif", None, "jpeg", 1])
def test_a_type_that_is_not_taken_is_refused(
    service: Emulator, jpeg: bytes, mime_type: object
) -> None:
    sent = with_data(base64.b64encode(jpeg).decode(), mime_type)
    assert "Unsupported MIME type" in refusal(ask(service, sent))


def test_a_type_that_is_not_the_bytes_own_is_refused(
    service: Emulator, jpeg: bytes
) -> None:
    sent = with_data(base64.b64encode(jpeg).decode(), "image/png")
    assert "The image is JPEG, not image/png." in refusal(ask(service, sent))


def test_a_picture_over_seven_megabytes_is_refused(
    service: Emulator, jpeg: bytes
) -> None:
    limit = 7 * 1024 * 1024
    padded = jpeg + bytes(limit - len(jpeg))
    assert ask(service, edit_of(padded)).status == 200
    assert f"{limit + 1} bytes" in refusal(ask(service, edit_of(padded + b"\0")))


def test_pictures_over_a_hundred_megabytes_together_are_refused(
    service: Emulator, jpeg: bytes
) -> None:
    padded = jpeg + bytes(7 * 1024 * 1024 - len(jpeg))
    reply = ask(service, edit_of(*[padded] * 15), path=path_of("any-model"))
    assert "exceeds the limit" in refusal(reply, 413)


def test_bytes_that_are_no_picture_are_refused(service: Emulator) -> None:
    words = refusal(ask(service, edit_of(b"no picture at all")))
    assert words == "Unable to process input image."


def test_a_picture_that_is_not_whole_is_refused(service: Emulator, jpeg: bytes) -> None:
    sent = edit_of(jpeg[: len(jpeg) // 2])
    assert refusal(ask(service, sent)) == "Unable to process input image."


# --- models, sizes, ratios ---------------------------------------------------


def test_more_pictures_than_the_model_takes_are_refused(
    service: Emulator, jpeg: bytes
) -> None:
    for model, most in (("gemini-3-pro-image", 14), ("gemini-2.5-flash-image", 3)):
        path = path_of(model)
        assert ask(service, edit_of(*[jpeg] * most), path=path).status == 200
        words = refusal(ask(service, edit_of(*[jpeg] * (most + 1)), path=path))
        assert f"at most {most} input images, but {most + 1} were given" in words


@pytest.mark.parametrize(
    ("model", "config", "words"),
    [
        ("gemini-3-pro-image", {"imageSize": "8K"}, "image_size must be one of"),
        ("gemini-3-pro-image", {"imageSize": "1k"}, "image_size must be one of"),
        ("gemini-3-pro-image", {"imageSize": "512"}, "it takes: 1K, 2K, 4K."),
        ("gemini-3-pro-image", {"aspectRatio": "2:1"}, "aspect_ratio must be one of"),
        ("gemini-3-pro-image", {"aspectRatio": "1:8"}, "aspect_ratio 1:8 is not"),
        ("gemini-2.5-flash-image", {"imageSize": "1K"}, "it takes: none."),
        ("gemini-3.1-flash-lite-image", {"imageSize": "2K"}, "it takes: 1K."),
    ],
)
def test_a_size_or_ratio_that_the_model_does_not_take_is_refused(
    service: Emulator, model: str, config: dict[str, Any], words: str
) -> None:
    reply = ask(service, edit_of(text="sepia", **config), path=path_of(model))
    assert words in refusal(reply)


@pytest.mark.parametrize("model", ["gemini-3-pro-image-retired", "unknown-model"])
def test_a_model_that_there_is_not_is_404(service: Emulator, model: str) -> None:
    words = refusal(ask(service, edit_of(text="a cat"), path=path_of(model, "v1")), 404)
    assert f"models/{model} is not found for API version v1" in words


def test_a_model_nobody_knows_is_taken_as_the_newest(service: Emulator) -> None:
    sent = edit_of(text="a cat", aspectRatio="8:1", imageSize="512")
    assert ask(service, sent, path=path_of("novel-4")).picture.size == (1536, 192)


# --- the key -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"x-goog-api-key": KEY}, "x-goog-api-key"),
        ({"Authorization": f"Bearer {KEY}"}, "authorization"),
        ({"authorization": f"bearer {KEY}"}, "authorization"),
    ],
)
def test_either_header_brings_the_key(
    service: Emulator, headers: dict[str, str], name: str
) -> None:
    assert ask(service, edit_of(text="a cat"), headers=headers).status == 200
    assert service.requests[-1].key_header == name


@pytest.mark.parametrize("headers", [{}, {"x-goog-api-key": " "}])
def test_without_a_key_nothing_is_done(
    service: Emulator, headers: dict[str, str]
) -> None:
    reply = ask(service, edit_of(text="a cat"), headers=headers)
    assert "unregistered callers" in refusal(reply, 403)


def test_credentials_of_another_scheme_are_refused(service: Emulator) -> None:
    headers = {"Authorization": "Basic YTpi"}
    reply = ask(service, edit_of(text="a cat"), headers=headers)
    assert "invalid authentication" in refusal(reply, 401)


def test_a_key_in_the_url_is_refused(service: Emulator) -> None:
    for query in ("?key=abc", "?alt=json&key=", "?key=abc&alt=json"):
        reply = ask(service, edit_of(text="a cat"), path=path_of() + query)
        assert "never in the URL" in refusal(reply)
    assert (
        ask(service, edit_of(text="a cat"), path=path_of() + "?alt=json").status == 200
    )


def test_the_key_is_nowhere_in_the_log(service: Emulator) -> None:
    secrets = {"x-goog-api-key": KEY, "Cookie": "c=1", "Proxy-Authorization": "Basic x"}
    ask(service, edit_of(text="a cat"), headers=secrets)
    log = ask(service, method="GET", path="/log").body
    assert KEY.encode() not in log
    *_, entry = json.loads(log)
    masked = [entry["headers"][name.lower()] for name in secrets]
    assert [value.partition(":")[0] for value in masked] == ["sha256"] * 3
    assert masked[0] == "sha256:" + entry["key_sha256"]
