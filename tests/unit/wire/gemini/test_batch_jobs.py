"""Batches: the lines that are sent, and what answers are read as."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.domain import EditRequest, FileSpan, ImageInput
from nano_edit.errors import ServerError
from nano_edit.wire.gemini.batch_jobs import (
    JobState,
    RequestLine,
    batch_json,
    bytes_from,
    error_document,
    read_file,
    read_files,
    read_job,
    read_jobs,
    upload_json,
)
from nano_edit.wire.gemini.request import RequestBody

if TYPE_CHECKING:
    from pathlib import Path


def lines(folder: Path, sizes: list[int]) -> list[RequestLine]:
    found = []
    for number, size in enumerate(sizes):
        path = folder / f"{number}.jpg"
        path.write_bytes(bytes(number % 256 for _ in range(size)))
        image = ImageInput(
            source=str(path),
            mime_type="image/jpeg",
            width=1,
            height=1,
            content=(FileSpan(path, 0, size),),
        )
        request = EditRequest(f"sepia “{number}”", (image,), "m")
        found.append(RequestLine(str(number), RequestBody(request)))
    return found


def test_a_line_is_json_of_the_announced_length(tmp_path: Path) -> None:
    for line in lines(tmp_path, [1, 1000, 200_000]):
        whole = b"".join(line)
        assert len(whole) == line.length
        assert whole.endswith(b"\n")
        assert whole.count(b"\n") == 1
        assert json.loads(whole).keys() == {"key", "request"}


@given(data=st.data())
def test_the_file_is_the_same_from_every_offset(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("lines")
    found = lines(folder, data.draw(st.lists(st.integers(1, 900), max_size=4)))
    whole = b"".join(b"".join(line) for line in found)
    offset = data.draw(st.integers(0, len(whole)))
    assert b"".join(bytes_from(found, offset)) == whole[offset:]


def test_bodies_name_nothing_but_the_key() -> None:
    assert json.loads(upload_json("k")) == {"file": {"displayName": "k"}}
    config = {"fileName": "files/f"}
    batch = {"displayName": "k", "inputConfig": config}
    assert json.loads(batch_json("k", "files/f")) == {"batch": batch}


def operation(state: str = "BATCH_STATE_RUNNING", **more: Any) -> bytes:
    metadata = {
        "displayName": "k",
        "model": "models/m",
        "state": state,
        "createTime": "2026-11-24T12:00:00Z",
        "inputConfig": {"fileName": "files/in"},
        "batchStats": {"requestCount": "3", "successfulRequestCount": 1},
    }
    return json.dumps({"name": "batches/a-1", "metadata": metadata, **more}).encode()


def test_an_operation_is_read() -> None:
    job = read_job(operation())
    assert (job.name, job.display_name, job.model) == ("batches/a-1", "k", "m")
    assert (job.state, job.total, job.succeeded, job.failed) == ("running", 3, 1, 0)
    assert (job.source, job.results, job.message) == ("files/in", "", "")
    assert not job.state.has_ended


@pytest.mark.parametrize(
    ("state", "more", "read"),
    [
        ("JOB_STATE_SUCCEEDED", {}, JobState.SUCCEEDED),
        ("BATCH_STATE_EXPIRED", {}, JobState.EXPIRED),
        ("BATCH_STATE_CANCELLED", {}, JobState.CANCELLED),
        ("BATCH_STATE_UNHEARD_OF", {}, JobState.RUNNING),
        ("BATCH_STATE_UNHEARD_OF", {"done": True}, JobState.SUCCEEDED),
        ("", {"error": {"message": "no"}}, JobState.FAILED),
    ],
)
def test_states_are_read(state: str, more: dict[str, Any], read: JobState) -> None:
    assert read_job(operation(state, **more)).state is read


@pytest.mark.parametrize(
    "more",
    [
        {"response": {"responsesFile": "files/out"}},
        {"response": {"output": {"responsesFile": "files/out"}}},
    ],
)
def test_the_results_are_found_in_each_place(more: dict[str, Any]) -> None:
    assert read_job(operation(**more)).results == "files/out"


def test_results_that_are_no_file_are_none() -> None:
    for name in ("files/../models", "https://elsewhere/x", "files/a:cancel", ""):
        assert read_job(operation(response={"responsesFile": name})).results == ""


def test_the_results_are_found_in_the_metadata() -> None:
    output = {"output": {"responsesFile": "files/out"}, "state": "BATCH_STATE_FAILED"}
    body = json.dumps({"name": "batches/a", "metadata": output}).encode()
    assert read_job(body).results == "files/out"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"{}", b'{"name": "batches/"}', b'{"name": "batches/../x"}'],
)
def test_an_answer_without_a_job_is_an_error(body: bytes) -> None:
    with pytest.raises(ServerError):
        read_job(body)


def test_lists_are_read_with_the_next_page() -> None:
    one = json.loads(operation())
    page = json.dumps({"operations": [one, 3], "nextPageToken": "t"}).encode()
    jobs, token = read_jobs(page)
    assert ([job.name for job in jobs], token) == (["batches/a-1"], "t")
    assert read_jobs(b"{}") == ([], "")
    file = {"name": "files/x", "displayName": "k", "sizeBytes": "12"}
    files, token = read_files(json.dumps({"files": [file, None]}).encode())
    assert ([(each.name, each.size) for each in files], token) == (
        [("files/x", 12)],
        "",
    )
    assert read_file(json.dumps({"file": file}).encode()).display_name == "k"
    assert read_file(json.dumps(file).encode()).name == "files/x"


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (b'{"code": 400, "message": "m"}', 400),
        (b'{"code": 8}', 429),
        (b'{"code": 3}', 400),
        (b'{"code": 200}', 500),
        (b'{"code": "x"}', 500),
        (b"[]", 500),
        (b"{cut", 500),
    ],
)
def test_the_error_of_a_line_has_an_http_status(value: bytes, status: int) -> None:
    found, document = error_document(value)
    assert found == status
    assert "error" in json.loads(document)
