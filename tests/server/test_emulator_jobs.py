"""The emulator's files and batches, asked over HTTP by Python's own client."""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.error
import urllib.request
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from support import scene

from nano_edit.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

GRANULE = 256 * 1024
MODEL = "gemini-3-pro-image"
SOON = 20.0  # seconds


class Answer(NamedTuple):
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Service:
    """The emulator's address, and what a client sends there."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        key: str | None = "any",
        **headers: str,
    ) -> Answer:
        url = path if path.startswith("http") else self.emulator.url + path
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            names["x-goog-api-key"] = key
        request = urllib.request.Request(  # noqa: S310 - it is loopback
            url, data=body or None, headers=names, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=SOON) as response:  # noqa: S310
                return Answer(response.status, dict(response.headers), response.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read())

    def start(self, size: int, name: str = "a", **headers: str) -> Answer:
        said = {
            "X_Goog_Upload_Protocol": "resumable",
            "X_Goog_Upload_Command": "start",
            "X_Goog_Upload_Header_Content_Length": str(size),
            "X_Goog_Upload_Header_Content_Type": "application/jsonl",
            **headers,
        }
        body = json.dumps({"file": {"displayName": name}}).encode()
        return self.ask("POST", "/upload/v1beta/files", body, **said)

    def chunk(
        self, url: str, data: bytes, offset: int, command: str = "upload"
    ) -> Answer:
        return self.ask(
            "POST",
            url,
            data,
            key=None,
            X_Goog_Upload_Command=command,
            X_Goog_Upload_Offset=str(offset),
        )

    def upload(self, data: bytes, name: str = "a") -> dict[str, Any]:
        url = self.start(len(data), name).headers["X-Goog-Upload-URL"]
        done = self.chunk(url, data, 0, "upload, finalize")
        assert done.status == 200, done.body
        file: dict[str, Any] = done.json["file"]
        return file

    def create(self, source: dict[str, Any], **more: Any) -> Answer:
        batch = {"displayName": "job", "inputConfig": source, **more}
        body = json.dumps({"batch": batch}).encode()
        return self.ask("POST", f"/v1beta/models/{MODEL}:batchGenerateContent", body)

    def submitted(self, lines: bytes) -> str:
        file = self.upload(lines)
        made = self.create({"fileName": file["name"]})
        assert made.status == 200, made.body
        name: str = made.json["name"]
        return name

    def ended(self, name: str) -> Any:
        end, pause = time.monotonic() + SOON, threading.Event()
        while True:
            told = self.ask("GET", f"/v1beta/{name}").json
            if told["done"]:
                return told
            assert time.monotonic() < end
            pause.wait(0.02)

    def results(self, told: Any) -> list[Any]:
        name = told["response"]["responsesFile"]
        got = self.ask("GET", f"/v1beta/{name}:download?alt=media")
        assert got.status == 200
        return [json.loads(line) for line in got.body.splitlines()]


@pytest.fixture
def service() -> Iterator[Service]:
    with Emulator(signature_bytes=300) as emulator:
        yield Service(emulator)


def request(text: str = "sepia") -> dict[str, Any]:
    out = BytesIO()
    scene(48, 32).save(out, "JPEG")
    data = base64.b64encode(out.getvalue()).decode()
    image = {"inlineData": {"mimeType": "image/jpeg", "data": data}}
    return {
        "contents": [{"parts": [{"text": text}, image]}],
        "generationConfig": {"responseModalities": ["IMAGE"]},
    }


def lines(*keys: str, text: str = "sepia") -> bytes:
    entries = ({"key": key, "request": request(text)} for key in keys)
    return b"".join(json.dumps(each).encode() + b"\n" for each in entries)


# --- files ----------------------------------------------------------------------


def test_a_file_is_uploaded_in_chunks_told_of_listed_and_deleted(
    service: Service,
) -> None:
    data = bytes(range(256)) * 2048  # two granules
    begun = service.start(len(data), "random-key")
    url = begun.headers["X-Goog-Upload-URL"]
    assert begun.headers["X-Goog-Upload-Chunk-Granularity"] == str(GRANULE)
    assert service.chunk(url, data[:GRANULE], 0).status == 200
    asked = service.chunk(url, b"", 0, "query")
    assert asked.headers["X-Goog-Upload-Size-Received"] == str(GRANULE)
    assert asked.headers["X-Goog-Upload-Status"] == "active"
    done = service.chunk(url, data[GRANULE:], GRANULE, "upload, finalize")
    file = done.json["file"]
    assert done.headers["X-Goog-Upload-Status"] == "final"
    assert (file["displayName"], file["sizeBytes"]) == ("random-key", str(len(data)))
    assert file["state"] == "ACTIVE"
    assert service.ask("GET", f"/v1beta/{file['name']}").json == file
    assert service.ask("GET", "/v1beta/files").json == {"files": [file]}
    asked = service.chunk(url, b"", 0, "query")
    assert asked.headers["X-Goog-Upload-Status"] == "final"
    assert asked.json["file"] == file
    assert service.ask("DELETE", f"/v1beta/{file['name']}").json == {}
    assert service.ask("GET", f"/v1beta/{file['name']}").status == 403


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"X_Goog_Upload_Protocol": "raw"}, "must be resumable"),
        ({"X_Goog_Upload_Command": "upload"}, "must be start"),
        ({"X_Goog_Upload_Header_Content_Length": "x"}, "must be a number"),
        ({"X_Goog_Upload_Header_Content_Length": "3000000000"}, "exceeds the limit"),
        ({"X_Goog_Upload_Header_Content_Type": ""}, "Content-Type is missing"),
    ],
)
def test_a_wrong_start_is_refused(
    service: Service, headers: dict[str, str], said: str
) -> None:
    answer = service.start(10, **headers)
    assert answer.status == 400
    assert said in answer.json["error"]["message"]


def test_a_start_needs_a_key_known_fields_and_a_short_name(service: Service) -> None:
    assert service.start(10, "n" * 513).status == 400
    no_key = service.ask("POST", "/upload/v1beta/files", b"{}", key=None)
    assert no_key.status == 403
    wrong = service.ask(
        "POST",
        "/upload/v1beta/files",
        b'{"file": {"path": "/home"}}',
        X_Goog_Upload_Protocol="resumable",
        X_Goog_Upload_Command="start",
        X_Goog_Upload_Header_Content_Length="1",
        X_Goog_Upload_Header_Content_Type="text/plain",
    )
    assert "Unknown name" in wrong.json["error"]["message"]


def test_the_upload_can_be_sent_elsewhere(service: Service) -> None:
    service.emulator.set_faults("upload-elsewhere=http://127.0.0.1:9/x")
    url = service.start(10).headers["X-Goog-Upload-URL"]
    assert url.startswith("http://127.0.0.1:9/x?upload_id=")


def test_chunks_that_do_not_fit_are_refused(service: Service) -> None:
    url = service.start(2 * GRANULE).headers["X-Goog-Upload-URL"]
    for data, offset, command, said in (
        (b"x" * GRANULE, 7, "upload", "Offset is 7"),
        (b"x" * 100, 0, "upload", "multiples"),
        (b"x" * 3 * GRANULE, 0, "upload", "exceeds the announced"),
        (b"x" * GRANULE, 0, "upload, finalize", "were announced"),
        (b"", 0, "fly", "Invalid X-Goog-Upload-Command"),
    ):
        answer = service.chunk(url, data, offset, command)
        assert answer.status == 400, command
        assert said in answer.json["error"]["message"]
    assert service.chunk(url, b"", 0, "cancel").status == 200
    assert service.chunk(url, b"", 0, "query").status == 404
    service.upload(b"x")
    done = service.start(1).headers["X-Goog-Upload-URL"]
    assert service.chunk(done, b"x", 0, "upload, finalize").status == 200
    again = service.chunk(done, b"x", 0, "upload, finalize")
    assert "already been finalized" in again.json["error"]["message"]
    assert again.headers["X-Goog-Upload-Status"] == "final"


def test_a_cut_chunk_keeps_whole_granules(service: Service) -> None:
    service.emulator.set_faults("upload-cut=300000")
    data = b"x" * 2 * GRANULE
    url = service.start(len(data)).headers["X-Goog-Upload-URL"]
    with pytest.raises((OSError, urllib.error.URLError)):
        service.chunk(url, data, 0, "upload, finalize")
    asked = service.chunk(url, b"", 0, "query")
    assert asked.headers["X-Goog-Upload-Size-Received"] == str(GRANULE)
    rest = data[GRANULE:]
    service.emulator.set_faults("upload-503")
    assert service.chunk(url, rest, GRANULE, "upload, finalize").status == 503
    assert service.chunk(url, rest, GRANULE, "upload, finalize").status == 200


def test_a_lost_answer_leaves_a_file(service: Service) -> None:
    service.emulator.set_faults("upload-lost")
    url = service.start(3, "mine").headers["X-Goog-Upload-URL"]
    with pytest.raises((OSError, urllib.error.URLError)):
        service.chunk(url, b"abc", 0, "upload, finalize")
    (file,) = service.ask("GET", "/v1beta/files").json["files"]
    assert file["displayName"] == "mine"


def test_only_results_can_be_downloaded(service: Service) -> None:
    file = service.upload(b"abc")
    answer = service.ask("GET", f"/v1beta/{file['name']}:download?alt=media")
    assert "not downloadable" in answer.json["error"]["message"]


# --- batches --------------------------------------------------------------------


def test_a_batch_from_a_file_gives_a_line_for_each_request(service: Service) -> None:
    name = service.submitted(lines("a", "b") + b'{"key":"c","request":{}}\n')
    told = service.ended(name)
    metadata = told["metadata"]
    assert metadata["state"] == "BATCH_STATE_SUCCEEDED"
    assert metadata["batchStats"] == {
        "requestCount": "3",
        "successfulRequestCount": "2",
        "failedRequestCount": "1",
    }
    first, second, third = service.results(told)
    assert (first["key"], second["key"], third["key"]) == ("a", "b", "c")
    part = first["response"]["candidates"][0]["content"]["parts"][0]
    assert base64.b64decode(part["inlineData"]["data"])[:2] == b"\xff\xd8"
    assert third["error"]["code"] == 400
    assert [entry.instruction for entry in service.emulator.lines] == ["sepia"] * 2
    assert service.emulator.requests == ()
    (listed,) = service.ask("GET", "/v1beta/batches").json["operations"]
    assert listed["name"] == name
    assert service.ask("DELETE", f"/v1beta/{name}").json == {}
    assert service.ask("GET", f"/v1beta/{name}").status == 404


def test_inline_requests_are_answered_inline(service: Service) -> None:
    entries = [{"request": request(), "metadata": {"key": "a"}}, {"request": {}}]
    made = service.create({"requests": {"requests": entries}})
    told = service.ended(made.json["name"])
    first, second = told["response"]["inlinedResponses"]["inlinedResponses"]
    assert first["metadata"] == {"key": "a"}
    assert "candidates" in first["response"]
    assert second["error"]["code"] == 400


def test_faults_of_the_list_are_for_lines(service: Service) -> None:
    service.emulator.set_faults("IMAGE_SAFETY,503,ok")
    refused, failed, whole = service.results(
        service.ended(service.submitted(lines("a", "b", "c")))
    )
    assert refused["response"]["candidates"][0]["finishReason"] == "IMAGE_SAFETY"
    assert failed["error"]["code"] == 503
    assert "candidates" in whole["response"]


@pytest.mark.parametrize(
    ("fault", "state"), [("job-expired", "EXPIRED"), ("job-failed", "FAILED")]
)
def test_a_job_can_end_without_results(
    service: Service, fault: str, state: str
) -> None:
    service.emulator.set_faults(fault)
    told = service.ended(service.submitted(lines("a")))
    assert told["metadata"]["state"] == f"BATCH_STATE_{state}"
    assert told["error"]["message"]
    assert service.emulator.lines == ()


def test_a_stuck_job_waits_until_it_is_cancelled(service: Service) -> None:
    service.emulator.set_faults("job-stuck")
    name = service.submitted(lines("a"))
    told = service.ask("GET", f"/v1beta/{name}").json
    assert told["metadata"]["state"] == "BATCH_STATE_PENDING"
    assert told["done"] is False
    assert service.ask("POST", f"/v1beta/{name}:cancel").json == {}
    told = service.ask("GET", f"/v1beta/{name}").json
    assert told["metadata"]["state"] == "BATCH_STATE_CANCELLED"
    assert service.ask("POST", f"/v1beta/{name}:cancel").status == 400


def test_a_job_takes_its_time() -> None:
    with Emulator(signature_bytes=300, batch_delay=60) as emulator:
        service = Service(emulator)
        name = service.submitted(lines("a"))
        told = service.ask("GET", f"/v1beta/{name}").json
        assert told["metadata"]["state"] == "BATCH_STATE_PENDING"
        assert service.ask("DELETE", f"/v1beta/{name}").status == 200
    assert emulator.lines == ()


def test_results_are_spoilt_on_demand(service: Service) -> None:
    def keys(fault: str) -> list[str]:
        service.emulator.set_faults(fault)
        told = service.ended(service.submitted(lines("a", "b", "c")))
        name = told["response"]["responsesFile"]
        got = service.ask("GET", f"/v1beta/{name}:download?alt=media").body
        found = []
        for line in got.splitlines():
            try:
                found.append(json.loads(line)["key"])
            except ValueError:
                found.append("?")
            if fault == "results-late-key":
                assert line.startswith(b'{"response"')
        return found

    assert keys("results-reversed") == ["c", "b", "a"]
    assert keys("results-missing") == ["a", "b"]
    assert keys("results-cut=100") == ["a", "b", "?"]
    assert keys("results-late-key") == ["a", "b", "c"]


def test_a_download_goes_on_where_it_is_asked_to(service: Service) -> None:
    told = service.ended(service.submitted(lines("a")))
    path = f"/v1beta/{told['response']['responsesFile']}:download?alt=media"
    whole = service.ask("GET", path).body
    rest = service.ask("GET", path, Range="bytes=10-")
    assert (rest.status, rest.body) == (206, whole[10:])
    assert service.ask("GET", path, Range=f"bytes={len(whole)}-").status == 416
    assert service.ask("GET", path.replace("?alt=media", "")).status == 400
    service.emulator.set_faults("download-cut=20")
    with pytest.raises((OSError, urllib.error.URLError, ValueError, Exception)):
        service.ask("GET", path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{nonsense\n", "Line 1 of the file is not JSON"),
        (b'{"key": "a"}\n', "must hold key and request"),
        (b'{"key": "a", "request": {}, "file": 1}\n', "key and request alone"),
        (b'{"key":"a","request":{}}\n' * 2, "repeats the key"),
    ],
)
def test_a_file_that_is_not_lines_fails_the_job(
    service: Service, data: bytes, said: str
) -> None:
    told = service.ended(service.submitted(data))
    assert told["metadata"]["state"] == "BATCH_STATE_FAILED"
    assert said in told["error"]["message"]


def test_a_batch_that_makes_no_sense_is_refused(service: Service) -> None:
    refused = [
        service.create({"fileName": "files/none"}),
        service.create({"fileName": "files/none", "requests": {}}),
        service.create({"fileName": 3}),
        service.create({"requests": {"requests": []}}),
        service.create({"requests": {"requests": [{"request": 1}]}}),
        service.create({"fileName": "files/none"}, displayName=3),
        service.create({"fileName": "files/none"}, model="models/other"),
        service.ask("POST", "/v1beta/models/x-retired:batchGenerateContent", b"{}"),
        service.ask("GET", "/v1beta/batches?pageSize=0"),
        service.ask("GET", "/v1beta/batches/none"),
        service.ask("GET", "/v1beta/batches", key=None),
    ]
    statuses = [answer.status for answer in refused]
    assert statuses == [403, *[400] * 6, 404, 400, 404, 403]


def test_creation_fails_on_demand(service: Service) -> None:
    file = service.upload(lines("a"))
    service.emulator.set_faults("create-refused=503")
    assert service.create({"fileName": file["name"]}).status == 503
    service.emulator.set_faults("create-lost")
    with pytest.raises((OSError, urllib.error.URLError)):
        service.create({"fileName": file["name"]})
    (job,) = service.ask("GET", "/v1beta/batches").json["operations"]
    assert job["metadata"]["displayName"] == "job"
    service.emulator.set_faults("ask-503")
    assert service.ask("GET", f"/v1beta/{job['name']}").status == 503


def test_deleting_fails_on_demand(service: Service) -> None:
    file = service.upload(b"x")
    service.emulator.set_faults("delete-503")
    assert service.ask("DELETE", f"/v1beta/{file['name']}").status == 503
    assert service.ask("DELETE", f"/v1beta/{file['name']}").status == 200


def test_lists_come_in_pages(service: Service) -> None:
    names = [service.upload(b"x", str(number))["name"] for number in range(3)]
    first = service.ask("GET", "/v1beta/files?pageSize=2").json
    token = first["nextPageToken"]
    rest = service.ask("GET", f"/v1beta/files?pageSize=2&pageToken={token}").json
    listed = [file["name"] for file in first["files"] + rest["files"]]
    assert listed == names[::-1]
