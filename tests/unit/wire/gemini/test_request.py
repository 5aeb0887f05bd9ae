from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nano_edit.domain import EditRequest, FileSpan, ImageInput
from nano_edit.errors import ExitStatus, InputError
from nano_edit.wire.gemini.request import BLOCK, RequestBody, read_content, request_json

if TYPE_CHECKING:
    from pathlib import Path

MODEL = "gemini-3-pro-image"
INSTRUCTIONS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | (
    st.lists(
        st.sampled_from(['"data":0}', '"data":1}', '"', "\\", "}", '{"data":', "é\n"]),
        max_size=6,
    ).map("".join)
)
PIECES = st.lists(st.binary(max_size=50) | st.tuples(st.integers(0, 90)), max_size=4)


def image(*content: FileSpan | bytes, mime_type: str = "image/png") -> ImageInput:
    return ImageInput("in.png", mime_type, 1, 1, content)


def expected(request: EditRequest, contents: list[bytes]) -> dict[str, Any]:
    parts: list[Any] = [{"text": request.instruction}]
    parts += [
        {"inlineData": {"mimeType": one.mime_type, "data": base64.b64encode(content)}}
        for one, content in zip(request.images, contents, strict=True)
    ]
    config: dict[str, Any] = {
        "responseModalities": ["TEXT", "IMAGE"] if request.text else ["IMAGE"]
    }
    wanted = {"aspectRatio": request.aspect_ratio, "imageSize": request.image_size}
    if any(wanted.values()):
        config["imageConfig"] = {key: value for key, value in wanted.items() if value}
    return {"contents": [{"parts": parts}], "generationConfig": config}


def as_bytes(document: dict[str, Any]) -> bytes:
    return json.dumps(
        document,
        ensure_ascii=False,
        separators=(",", ":"),
        default=lambda data: data.decode(),
    ).encode()


CONFIGS = st.tuples(
    st.sampled_from([None, "16:9"]), st.sampled_from([None, "2K"]), st.booleans()
)


@given(INSTRUCTIONS, st.lists(PIECES, max_size=3), CONFIGS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_body_is_the_json_of_the_edit_with_exact_length_every_time(
    tmp_path: Path,
    instruction: str,
    pictures: list[list[Any]],
    config: tuple[str | None, str | None, bool],
) -> None:
    file = tmp_path / "in.png"
    stored = bytes(range(100))
    file.write_bytes(stored)
    contents, images = [], []
    for pieces in pictures:
        spans = [
            piece if isinstance(piece, bytes) else FileSpan(file, piece[0], 7)
            for piece in pieces
        ]
        images.append(image(*spans))
        contents.append(
            b"".join(
                piece if isinstance(piece, bytes) else stored[piece[0] : piece[0] + 7]
                for piece in pieces
            )
        )
    request = EditRequest(instruction, tuple(images), MODEL, *config)
    body = RequestBody(request)
    whole = b"".join(body)
    assert whole == as_bytes(expected(request, contents))
    assert body.content_length == len(whole)
    assert b"".join(body) == whole


def test_a_picture_of_many_blocks_is_read_a_block_at_a_time(tmp_path: Path) -> None:
    file = tmp_path / "in.jpg"
    content = bytes(range(256)) * (BLOCK // 100) + b"end"
    file.write_bytes(content)
    one = image(FileSpan(file, 0, len(content)), mime_type="image/jpeg")
    body = RequestBody(EditRequest("blur", (one,), MODEL))
    pieces = list(body)
    assert len(pieces) > 3
    assert max(map(len, pieces)) <= BLOCK // 3 * 4 + 200
    document = json.loads(b"".join(pieces))
    data = document["contents"][0]["parts"][1]["inlineData"]
    assert data["mimeType"] == "image/jpeg"
    assert base64.b64decode(data["data"]) == content


def test_what_stands_for_the_pictures_may_be_anything() -> None:
    request = EditRequest("blur", (image(b"a"), image(b"b")), MODEL)
    document = request_json(request, ["one", 2])
    parts = document["contents"][0]["parts"]
    assert [part["inlineData"]["data"] for part in parts[1:]] == ["one", 2]


def test_a_file_that_became_shorter_is_named(tmp_path: Path) -> None:
    file = tmp_path / "in.png"
    file.write_bytes(b"12345")
    body = RequestBody(EditRequest("blur", (image(FileSpan(file, 0, 9)),), MODEL))
    with pytest.raises(InputError, match=r"in\.png: it became shorter") as caught:
        list(body)
    assert caught.value.exit_status is ExitStatus.INPUT
    assert caught.value.hint


def test_a_file_that_became_longer_gives_what_it_held(tmp_path: Path) -> None:
    file = tmp_path / "in.png"
    file.write_bytes(b"12345")
    body = RequestBody(EditRequest("blur", (image(FileSpan(file, 0, 5)),), MODEL))
    file.write_bytes(b"12345 and more")
    assert len(b"".join(body)) == body.content_length
    assert b"".join(read_content(image(FileSpan(file, 1, 3)))) == b"234"


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    gone = image(FileSpan(tmp_path / "gone.png", 0, 5))
    with pytest.raises(InputError, match=r"^in\.png: No such file"):
        list(RequestBody(EditRequest("blur", (gone,), MODEL)))
