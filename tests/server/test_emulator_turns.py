"""Several turns, streams, and what costs nothing, as Google's samples ask for them."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import support
from PIL import Image
from support.plain_http import KEY, WITH_KEY, Reply, ask, decoded, edit_of, path_of

from nano_edit.emulator import Emulator
from nano_edit.emulator.errors import Refusal
from nano_edit.emulator.received import examine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PRO, OLD = "gemini-3-pro-image", "gemini-2.5-flash-image"


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator(signature_bytes=400) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def first(
    tmp_path_factory: pytest.TempPathFactory, service: Emulator
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The user's first turn, and the model's answer to it."""
    path = support.photo(tmp_path_factory.mktemp("in") / "in.jpg", 320, 180)
    document = edit_of(path, text="sepia", only_image=False)
    answer = ask(service, document).document["candidates"][0]["content"]
    return {"role": "user", **document["contents"][0]}, answer


def then(
    first: tuple[dict[str, Any], dict[str, Any]], *parts: object
) -> dict[str, Any]:
    """A request of three turns: the first two, and the user's next."""
    last = {"role": "user", "parts": list(parts) or [{"text": "now mirror it"}]}
    return {"contents": [*first, last]}


# --- turns -------------------------------------------------------------------


def test_a_further_turn_edits_the_models_picture(
    service: Emulator, first: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    reply = ask(service, then(first))
    assert reply.parts[0]["text"].startswith("I mirrored it.")
    (image,) = service.requests[-1].images
    assert (image.width, image.height) == (1408, 768)
    brown = reply.picture.resize((1, 1)).getpixel((0, 0))
    assert isinstance(brown, tuple)
    assert brown[0] > brown[2] + 15  # sepia still


def test_a_picture_of_the_last_turn_comes_before_earlier_ones(
    service: Emulator, first: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    picture = first[0]["parts"][1]
    ask(service, then(first, picture, {"text": "mirror it"}))
    (image,) = service.requests[-1].images
    assert (image.width, image.height) == (320, 180)


def test_user_turns_in_a_row_are_one_request(
    service: Emulator, first: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    words, picture = first[0]["parts"]
    turns = [{"role": "user", "parts": [part]} for part in (picture, words)]
    assert ask(service, {"contents": turns}).status == 200
    assert service.requests[-1].instruction == "sepia"
    assert len(service.requests[-1].images) == 1


@pytest.mark.parametrize(("place", "kind"), [(1, "Image part"), (0, "Text part")])
def test_a_part_without_its_signature_is_refused(
    service: Emulator,
    first: tuple[dict[str, Any], dict[str, Any]],
    place: int,
    kind: str,
) -> None:
    document = json.loads(json.dumps(then(first)))
    del document["contents"][1]["parts"][place]["thoughtSignature"]
    reply = ask(service, document)
    assert reply.status == 400
    assert reply.error["message"] == (
        f"{kind} is missing a thought_signature in content position 2, part position"
        f" {place + 1}."
    )


def test_a_signature_may_be_written_in_the_other_alphabet(
    service: Emulator, first: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    document = json.loads(json.dumps(then(first)))
    part = document["contents"][1]["parts"][1]
    raw = base64.b64decode(part["thoughtSignature"])
    part["thoughtSignature"] = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert ask(service, document).status == 200


@pytest.mark.parametrize(
    ("signature", "words"),
    [("?", "Corrupted"), (base64.b64encode(bytes(300)).decode(), "Invalid")],
)
def test_a_signature_that_is_not_the_models_is_refused(
    service: Emulator,
    first: tuple[dict[str, Any], dict[str, Any]],
    signature: str,
    words: str,
) -> None:
    document = json.loads(json.dumps(then(first)))
    document["contents"][1]["parts"][1]["thoughtSignature"] = signature
    reply = ask(service, document)
    assert (reply.status, reply.error["message"]) == (
        400,
        f"{words} thought signature.",
    )


def test_a_signature_is_for_one_model(
    service: Emulator, first: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    other = path_of("gemini-3.1-flash-image")
    reply = ask(service, then(first), path=other)
    assert reply.error["message"] == "Invalid thought signature."
    assert ask(service, then(first), path=path_of(OLD)).status == 200  # it has none


def test_without_signatures_none_are_asked_for(
    first: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    with Emulator(signature_bytes=0) as emulator:
        user, model = json.loads(json.dumps(first))
        for part in model["parts"]:
            del part["thoughtSignature"]
        assert ask(emulator, then((user, model))).status == 200


def test_the_models_own_picture_may_be_of_any_size() -> None:
    with pytest.raises(Refusal, match="the limit is"):
        examine("image/png", bytes(8_000_000), where="part")
    with pytest.raises(Refusal, match="Unable to process"):
        examine("image/png", bytes(8_000_000), where="part", own=True)


Parts = list[dict[str, Any]]


def _move_signatures(parts: Parts) -> None:
    first, second = (part.pop("thoughtSignature") for part in parts)
    parts[0]["thoughtSignature"], parts[1]["thoughtSignature"] = second, first


def _other_picture(parts: Parts) -> None:
    stream = BytesIO()
    Image.new("RGB", (64, 64), "red").save(stream, "JPEG")
    parts[1]["inlineData"]["data"] = base64.b64encode(stream.getvalue()).decode()


def _one_pixel_byte(parts: Parts) -> None:
    raw = bytearray(base64.b64decode(parts[1]["inlineData"]["data"]))
    raw[len(raw) // 2] ^= 1
    parts[1]["inlineData"]["data"] = base64.b64encode(raw).decode()


def _unsigned_picture(parts: Parts) -> None:
    _other_picture(parts)
    del parts[1]["thoughtSignature"]


INVALID = "Invalid thought signature."
MISSING = (
    "Image part is missing a thought_signature in content position 2, part position"
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_move_signatures, INVALID),
        (_other_picture, INVALID),
        (_one_pixel_byte, INVALID),
        (_unsigned_picture, f"{MISSING} 2."),
        (lambda parts: parts.reverse(), INVALID),
        (lambda parts: parts.pop(0), INVALID),
        (lambda parts: parts.insert(0, {"text": ""}), INVALID),
        (lambda parts: parts[0].update(text="other words"), INVALID),
        (lambda parts: parts.insert(0, parts[1] | {"thoughtSignature": None}), None),
    ],
)
def test_a_models_turn_is_what_was_sent_part_for_part(
    service: Emulator,
    first: tuple[dict[str, Any], dict[str, Any]],
    change: Callable[[Parts], object],
    message: str | None,
) -> None:
    document = json.loads(json.dumps(then(first)))
    change(document["contents"][1]["parts"])
    reply = ask(service, document)
    message = message or f"{MISSING} 1."
    assert (reply.status, reply.error["message"]) == (400, message)


@pytest.mark.parametrize(
    "fault",
    [
        *("snake-case", "compact", "late-keys", "drafts", "drafts-thought", "png"),
        *("urlsafe", "escaped", "empty-part", "wrong-mime", "terminal-escapes"),
        *("half-surrogate", "data-url", "webp"),
    ],
)
def test_an_unusual_reply_may_go_back_as_it_came(service: Emulator, fault: str) -> None:
    service.set_faults(fault)
    question = edit_of(text="a cat", only_image=False)["contents"][0]
    reply = ask(service, {"contents": [question]})
    answer = json.loads(reply.body)["candidates"][0]["content"]
    again = {"role": "user", "parts": [{"text": "mirror it"}]}
    second = ask(service, {"contents": [{"role": "user", **question}, answer, again]})
    assert second.status == 200, second.body
    assert service.requests[-1].turns == 3


def test_a_streamed_reply_may_go_back_in_as_many_contents(service: Emulator) -> None:
    question = edit_of(text="a cat", only_image=False)["contents"][0]
    documents = json.loads(streamed(service, {"contents": [question]}).body)
    answers = [each["candidates"][0]["content"] for each in documents]
    again = {"role": "user", "parts": [{"text": "mirror it"}]}
    assert ask(service, {"contents": [question, *answers, again]}).status == 200


def test_a_signature_is_refused_on_demand(
    service: Emulator, first: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    service.set_faults("signature-invalid:3")
    assert ask(service, edit_of(text="a cat")).status == 200
    for _ in range(2):
        assert ask(service, then(first)).error["message"] == INVALID
    assert ask(service, then(first)).status == 200


# --- streams -----------------------------------------------------------------


def streamed(service: Emulator, document: object, *, alt: str = "") -> Reply:
    path = path_of().replace(":generate", ":streamGenerate") + alt
    return ask(service, document, path=path)


def picture_of(documents: list[dict[str, Any]]) -> Image.Image:
    parts = [
        part
        for document in documents
        for part in document["candidates"][0]["content"]["parts"]
    ]
    (data,) = [part["inlineData"]["data"] for part in parts if "inlineData" in part]
    return decoded(base64.b64decode(data, validate=True))


def test_a_stream_is_events_if_that_is_asked_for(service: Emulator) -> None:
    document = edit_of(text="a cat", only_image=False)
    reply = streamed(service, document, alt="?alt=sse")
    assert reply.headers["content-type"] == "text/event-stream"
    events = reply.body.removesuffix(b"\r\n\r\n").split(b"\r\n\r\n")
    documents = [json.loads(event.removeprefix(b"data: ")) for event in events]
    assert len(documents) == 3
    assert picture_of(documents).size == (1024, 1024)
    assert documents[-1]["candidates"][0]["finishReason"] == "STOP"
    assert service.requests[-1].method == "streamGenerateContent"


def test_a_stream_is_an_array_if_nothing_is_asked_for(service: Emulator) -> None:
    reply = streamed(service, edit_of(text="a cat"))
    assert reply.headers["content-type"] == "application/json; charset=UTF-8"
    assert picture_of(json.loads(reply.body)).size == (1024, 1024)


def test_a_stream_takes_a_fault_too(service: Emulator) -> None:
    service.set_faults("IMAGE_SAFETY,503,drafts")
    refused = streamed(service, edit_of(text="a cat"), alt="?alt=sse")
    event = json.loads(refused.body.removeprefix(b"data: "))
    assert event["candidates"][0]["finishReason"] == "IMAGE_SAFETY"
    assert streamed(service, edit_of(text="a cat"), alt="?alt=sse").status == 503
    drafts = streamed(service, edit_of(text="a cat"))
    assert len(json.loads(drafts.body)) == 4


# --- what costs nothing ------------------------------------------------------


def get(service: Emulator, path: str, **more: Any) -> Reply:
    return ask(service, method="GET", path=path, **more)


def test_the_models_are_listed_in_pages(service: Emulator) -> None:
    names: list[str] = []
    token = ""
    while True:
        page = get(service, f"/v1beta/models?pageSize=3{token}").document
        assert len(page["models"]) <= 3
        names += [model["name"] for model in page["models"]]
        if "nextPageToken" not in page:
            break
        token = f"&pageToken={page['nextPageToken']}"
    assert names == [
        m["name"] for m in get(service, "/v1beta/models").document["models"]
    ]
    assert {f"models/{PRO}", f"models/{OLD}"} < set(names)
    assert service.calls[-1].method == "models.list"
    assert service.requests == () or service.requests[-1].method != "models.list"


@pytest.mark.parametrize("query", ["?pageSize=x", "?pageToken=%C2%B2", "?pageSize=-1"])
def test_a_page_that_there_is_not_is_refused(service: Emulator, query: str) -> None:
    assert get(service, "/v1beta/models" + query).error["code"] == 400


def test_a_model_tells_what_it_does(service: Emulator) -> None:
    model = get(service, f"/proxy/v1/models/{PRO}").document
    assert model["name"] == f"models/{PRO}"
    assert "generateContent" in model["supportedGenerationMethods"]
    assert (service.calls[-1].prefix, service.calls[-1].model) == ("/proxy", PRO)
    missing = get(service, "/v1beta/models/unknown-model")
    assert (missing.status, missing.error["status"]) == (404, "NOT_FOUND")


def count(service: Emulator, document: object, model: str = PRO) -> Reply:
    path = path_of(model).replace("generateContent", "countTokens")
    return ask(service, document, path=path)


def test_tokens_are_counted(
    service: Emulator, first: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    reply = count(service, {"contents": [first[0]]})
    assert reply.document["totalTokens"] == 2 + 560
    whole = {"model": f"models/{PRO}", "contents": [first[0]]}
    same = count(service, {"generateContentRequest": whole})
    assert same.document == reply.document
    assert count(service, edit_of(text="a cat")).document["totalTokens"] == 2
    assert count(service, {"generateContentRequest": 1}).error["code"] == 400
    assert count(service, {}, "unknown-model").error["code"] == 404
    assert count(service, {"prompt": 1}).error["code"] == 400


FREE = ["/v1beta/models", f"/v1beta/models/{PRO}"]


@pytest.mark.parametrize("path", FREE)
def test_what_costs_nothing_needs_a_key_all_the_same(
    service: Emulator, path: str
) -> None:
    assert get(service, path, headers={}).status == 403
    assert get(service, path + "?key=x").status == 400
    bearer = {"Authorization": f"Bearer {KEY}"}
    assert get(service, path, headers=bearer).status == 200
    assert service.calls[-1].key_header == "authorization"


def test_an_error_is_met_where_it_costs_nothing_and_left_for_the_edit(
    service: Emulator,
) -> None:
    service.set_faults("503:0,400-key,429-day,ok")
    assert [get(service, path).status for path in FREE] == [400, 400]
    statuses = [ask(service, edit_of(text="a cat")).status for _ in range(2)]
    assert statuses == [400, 429]
    assert get(service, FREE[0]).status == 200
    service.set_faults("reset:*")
    assert get(service, FREE[0]).status == 200
    service.set_faults("")


def test_the_log_tells_of_every_call() -> None:
    with Emulator(signature_bytes=0) as emulator:
        get(emulator, FREE[0])
        count(emulator, edit_of(text="a cat"))
        ask(emulator, edit_of(text="a cat"), headers=WITH_KEY)
        methods = [entry.method for entry in emulator.calls]
        assert methods == ["models.list", "countTokens", "generateContent"]
        assert [entry.number for entry in emulator.requests] == [3]
        log = json.loads(get(emulator, "/log").body)
        assert [entry["method"] for entry in log] == methods
