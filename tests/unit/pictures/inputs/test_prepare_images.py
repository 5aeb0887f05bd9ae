"""Where pictures come from, and what is said of one that cannot be used.

Every refusal here happens before anything could be sent: nothing but files is
touched.
"""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest
import support
from support.input_pictures import (
    HEIGHT,
    WIDTH,
    Table,
    content,
    jpeg_bytes,
    no_fetch,
    pattern,
    png_bytes,
)

from nano_edit.domain import FileSpan
from nano_edit.errors import ExitStatus, InputError
from nano_edit.pictures.inputs import sources
from nano_edit.pictures.inputs.prepare_images import (
    Preparation,
    fair_share,
    prepare_inputs,
)
from nano_edit.pictures.inputs.sniff import HEAD_SIZE, PictureFormat, describe, sniff
from nano_edit.pictures.inputs.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

JPEG = jpeg_bytes(pattern())
PNG = png_bytes(pattern())
POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="Windows has none")


@pytest.fixture
def table() -> Iterator[Table]:
    with Workspace() as workspace:
        yield Table(workspace)


@pytest.fixture
def jpeg(tmp_path: Path) -> Path:
    path = tmp_path / "in.jpg"
    path.write_bytes(JPEG)
    return path


# --- sources ------------------------------------------------------------------


def test_file_is_sent_from_where_it_lies(table: Table, jpeg: Path) -> None:
    image = table.one(jpeg)
    assert image.content == (FileSpan(jpeg, 0, len(JPEG)),)
    assert (image.source, image.path, image.preview) == (str(jpeg), jpeg, jpeg)
    assert (image.mime_type, image.width, image.height) == (
        "image/jpeg",
        WIDTH,
        HEIGHT,
    )
    assert not table.notes


def test_pictures_keep_their_order(table: Table, jpeg: Path, tmp_path: Path) -> None:
    png = tmp_path / "in.png"
    png.write_bytes(PNG)
    images = table.prepare(png, "-", jpeg, png, stdin=JPEG)
    assert [image.source for image in images] == [str(png), "-", str(jpeg), str(png)]
    assert [content(image) for image in images] == [PNG, JPEG, JPEG, PNG]


def test_bytes_decide_and_not_the_name(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.jpg"
    path.write_bytes(PNG)
    assert table.one(path).mime_type == "image/png"


def test_standard_input_is_read_to_its_end(table: Table) -> None:
    (image,) = table.prepare("-", stdin=PNG)
    assert content(image) == PNG
    assert (image.source, image.path) == ("-", None)
    assert image.preview is not None
    assert image.preview.read_bytes() == PNG


def test_standard_input_named_twice_is_refused(table: Table) -> None:
    with pytest.raises(InputError, match="named twice"):
        table.prepare("-", "-", stdin=PNG)


def test_empty_standard_input_is_refused(table: Table) -> None:
    with pytest.raises(InputError, match="standard input is empty"):
        table.prepare("-")


class _Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


def test_terminal_is_not_waited_for(table: Table) -> None:
    with pytest.raises(InputError, match="is a terminal"):
        prepare_inputs(
            ["-"],
            Preparation(),
            workspace=table.workspace,
            stdin=_Terminal(),
            fetch=no_fetch,
            note=table.notes.append,
        )


@POSIX_ONLY
def test_fifo_is_read_to_its_end(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(PNG,))
    writer.start()
    image = table.one(path)
    writer.join()
    assert content(image) == PNG
    assert (image.source, image.path) == (str(path), None)


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="the system has no /dev/fd")
def test_substituted_command_is_read_to_its_end(table: Table) -> None:
    reading, writing = os.pipe()
    try:
        os.write(writing, JPEG)
        os.close(writing)
        assert content(table.one(f"/dev/fd/{reading}")) == JPEG
    finally:
        os.close(reading)


def test_endless_pipe_is_refused(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "SPOOL_LIMIT", len(PNG) - 1)
    with pytest.raises(InputError, match="holds more than"):
        table.prepare("-", stdin=PNG)


def test_url_is_fetched_into_a_file(table: Table) -> None:
    fetched = []

    def fetch(url: str, file: BinaryIO) -> None:
        fetched.append(url)
        file.write(PNG)

    (image,) = prepare_inputs(
        ["HTTPS://example.org/a.jpg"],
        Preparation(),
        workspace=table.workspace,
        stdin=io.BytesIO(),
        fetch=fetch,
        note=table.notes.append,
    )
    assert fetched == ["HTTPS://example.org/a.jpg"]
    assert content(image) == PNG
    assert (image.path, image.mime_type) == (None, "image/png")


@pytest.mark.parametrize("scheme", ["http", "ftp", "file", "s3"])
def test_url_that_is_not_https_is_refused(table: Table, scheme: str) -> None:
    with pytest.raises(InputError, match="only https"):
        table.one(f"{scheme}://example.org/a.jpg")


def test_no_picture_is_converted_before_all_were_looked_at(
    table: Table, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.bmp", tmp_path / "bad.jpg"
    pattern().save(good)
    bad.write_bytes(b"text")
    with pytest.raises(InputError, match=r"bad\.jpg"):
        table.prepare(good, bad)
    assert table.workspace.new_file("").name == "1"


def test_passing_a_jpeg_loads_no_decoder(jpeg: Path) -> None:
    script = (
        "import io, sys\n"
        "from nano_edit.pictures.inputs import prepare_images as inputs\n"
        "from nano_edit.pictures.inputs.workspace import Workspace\n"
        "with Workspace() as workspace:\n"
        "    inputs.prepare_inputs([sys.argv[1]], inputs.Preparation(),\n"
        "        workspace=workspace, stdin=io.BytesIO(), fetch=print, note=print)\n"
        "sys.exit('PIL' in sys.modules)\n"
    )
    command = [sys.executable, "-c", script, str(jpeg)]
    finished = subprocess.run(command, cwd=support.ROOT, check=False)
    assert finished.returncode == 0


# --- refusals -----------------------------------------------------------------


def refused(table: Table, source: str | Path) -> InputError:
    with pytest.raises(InputError) as caught:
        table.one(source)
    error = caught.value
    assert error.exit_status is ExitStatus.INPUT
    assert error.hint
    assert error.message.endswith(".")
    assert str(source) in error.message
    return error


NOTHING = bytes(range(1, 32)) * 3
NO_PICTURES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "PDF": (b"%PDF-1.7\n", "a PDF document"),
    "PostScript": (b"%!PS-Adobe", "a PostScript document"),
    "Photoshop": (b"8BPS\0\1", "a Photoshop document"),
    "JPEG XL": (b"\xff\x0a\0\0", "a JPEG XL picture"),
    "JPEG 2000": (b"\0\0\0\x0cjP  \r\n", "a JPEG 2000 picture"),
    "MP4": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "a video"),
    "Fujifilm": (b"FUJIFILMCCD-RAW 0201", "a camera's raw picture"),
    "Canon CR2": (b"II*\0\x10\0\0\0CR\2\0" + bytes(40), "a camera's raw picture"),
    "Canon CR3": (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "a camera's raw picture"),
    "Olympus": (b"IIRO\x08\0\0\0", "a camera's raw picture"),
    "Panasonic": (b"IIU\0\x18\0\0\0", "a camera's raw picture"),
    "ZIP": (b"PK\3\4\x14\0", "a ZIP archive"),
    "gzip": (b"\x1f\x8b\x08\0", "a gzip archive"),
    "HTML": (b"\n <!DOCTYPE html><p>404", "an HTML page"),
    "SVG": (b'<?xml version="1.0"?>\n<svg xmlns="', "an SVG drawing"),
    "bare SVG": (b"<svg>", "an SVG drawing"),
    "XML": (b'<?xml version="1.0"?><a/>', "an XML document"),
    "JSON": (b'{"error": {}}', "a JSON document"),
    "text": ("Grüße aus Zürich".encode(), "text"),
    "long text": ("ü".encode() * 4000, "text"),
    "shifted long text": (b"a" + "ü".encode() * 4000, "text"),
    "old text": (b"Gr\xfc\xdfe aus Z\xfcrich", "an unknown format"),
    "binary": (NOTHING, "an unknown format"),
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_is_refused_by_what_it_is(
    table: Table, tmp_path: Path, name: str
) -> None:
    data, words = NO_PICTURES[name]
    path = tmp_path / "in.jpg"
    path.write_bytes(data)
    assert words in refused(table, path).message


def test_missing_file_is_refused(table: Table, tmp_path: Path) -> None:
    assert "no such file" in refused(table, tmp_path / "none.jpg").message


def test_folder_is_refused(table: Table, tmp_path: Path) -> None:
    error = refused(table, tmp_path)
    assert "is a folder" in error.message
    assert "--each" in error.hint


def test_path_through_a_file_is_refused(table: Table, jpeg: Path) -> None:
    refused(table, jpeg / "in.jpg")


def test_empty_path_is_refused(table: Table) -> None:
    assert "path is empty" in refused(table, "").message


def test_path_with_a_nul_is_refused(table: Table) -> None:
    refused(table, "in\0.jpg")


@POSIX_ONLY
def test_forbidden_file_is_refused(table: Table, jpeg: Path) -> None:
    root = os.geteuid() == 0
    jpeg.chmod(0)
    if root:  # whom no mode stops
        os.seteuid(65534)
    try:
        error = refused(table, jpeg)
    finally:
        if root:
            os.seteuid(0)
    assert "permission denied" in error.message


@POSIX_ONLY
def test_socket_is_refused(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("a.sock")
        assert "cannot be read: " in refused(table, "a.sock").message


def test_file_that_goes_away_after_it_was_found_is_refused(
    table: Table, jpeg: Path
) -> None:
    def fetch(_url: str, file: BinaryIO) -> None:
        file.write(PNG)
        jpeg.unlink()

    with pytest.raises(InputError, match="no such file"):
        prepare_inputs(
            [str(jpeg), "https://example.org/a.png"],
            Preparation(),
            workspace=table.workspace,
            stdin=io.BytesIO(),
            fetch=fetch,
            note=table.notes.append,
        )


# --- what bytes are -----------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", PictureFormat.JPEG),
        (b"\x89PNG\r\n\x1a\n", PictureFormat.PNG),
        (b"RIFF\0\0\0\0WEBPVP8 ", PictureFormat.WEBP),
        (b"GIF87a", PictureFormat.GIF),
        (b"MM\0*", PictureFormat.TIFF),
        (b"II+\0", PictureFormat.TIFF),
        (b"P5\n", PictureFormat.PPM),
        (b"\0\0\1\0\1\0", PictureFormat.ICO),
        (b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", PictureFormat.AVIF),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", PictureFormat.AVIF),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1miaf", PictureFormat.HEIF),
        (b"\0\0\0\x18ftypheix\0\0\0\0mif1heic", PictureFormat.HEIF),
        (b"BM" + bytes(8) + b"\x36\0\0\0\x28\0\0\0", PictureFormat.BMP),
        (b"BM" + b"written" + bytes(5) + b"\x0c\0\0\0", PictureFormat.BMP),
        (b"BMW is a car", None),
        (b"BM" + bytes(20), None),
        (b"Pure text", None),
        (b"", None),
    ],
)
def test_first_bytes_tell_the_format(head: bytes, kind: PictureFormat | None) -> None:
    assert sniff(head) is kind


def test_text_cut_inside_a_character_is_text() -> None:
    head = (b"a" * (HEAD_SIZE - 1) + "ü".encode())[:HEAD_SIZE]
    assert describe(head) == "text"


# --- shares -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "total", "share"),
    [
        ([10, 10, 10], 15, 5),
        ([1, 10, 10], 15, 7),
        ([1, 2, 100], 50, 47),
        ([5, 5], 10, 5),
        ([3], 10, 3),
    ],
)
def test_only_the_largest_give_way(sizes: list[int], total: int, share: int) -> None:
    assert fair_share(sizes, total) == share
    assert sum(min(size, share) for size in sizes) <= total
