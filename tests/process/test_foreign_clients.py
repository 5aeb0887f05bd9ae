"""Other people's clients of this API get an edited picture from the emulator.

Each program below is what the client's own page shows, with the address and the
picture as arguments.  The clients are installed by ``.ci/run`` into a folder of
their own, which ``NANO_EDIT_CLIENTS`` names: ``bin/python`` has those of the
dependency group ``clients``, ``node_modules`` those of npm.  Without it, what this
Python has is used.  What is not installed is skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import support
from PIL import Image

from nano_edit.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Mapping

CLIENTS = os.environ.get("NANO_EDIT_CLIENTS", "")
PYTHON = str(Path(CLIENTS, "bin", "python")) if CLIENTS else sys.executable
KEY = "sk-canary-0123456789abcdef"
MODEL = "gemini-3.1-flash-image"

# Each ends by writing the picture's bytes, and prints what the model says, if anything.
PYTHON_PROGRAMS = {
    "google.genai": """
from google import genai
from google.genai import types

client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=URL))
picture = types.Part.from_bytes(data=DATA, mime_type="image/jpeg")
reply = client.models.generate_content(
    model=MODEL,
    contents=[picture, "make it sepia"],
    config=types.GenerateContentConfig(response_modalities=["Text", "Image"]),
)
print(reply.parts[0].text)
save(reply.parts[1].inline_data.data)
""",
    "google.genai stream": """
from google import genai
from google.genai import types

client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=URL))
picture = types.Part.from_bytes(data=DATA, mime_type="image/jpeg")
for chunk in client.models.generate_content_stream(
    model=MODEL, contents=["make it sepia", picture]
):
    for part in chunk.parts or []:
        if part.inline_data:
            save(part.inline_data.data)
        elif part.text:
            print(part.text)
""",
    "google.genai chat": """
from google import genai
from google.genai import errors, types

client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=URL))
assert MODEL in [model.name.removeprefix("models/") for model in client.models.list()]
assert client.models.get(model=MODEL).name == f"models/{MODEL}"
assert client.models.count_tokens(model=MODEL, contents="sepia").total_tokens == 2
picture = types.Part.from_bytes(data=DATA, mime_type="image/jpeg")
chat = client.chats.create(model=MODEL)
chat.send_message(["change nothing", picture])
for _ in chat.send_message_stream("change nothing"):
    pass
reply = chat.send_message("make it sepia")
print(reply.parts[0].text)
# Its own chat fails where the service refuses: a signature beside another part.
history = chat.get_history()
words, drawn = history[-1].parts
words.thought_signature, drawn.thought_signature = (
    drawn.thought_signature,
    words.thought_signature,
)
try:
    client.chats.create(model=MODEL, history=history).send_message("warmer")
except errors.ClientError as error:
    assert "Invalid thought signature." in str(error)
else:
    raise AssertionError("a moved signature was taken")
save(reply.parts[1].inline_data.data)
""",
    "gemimg": """
from io import BytesIO
from gemimg import GemImg
from PIL import Image

client = GemImg(api_key=KEY, base_url=URL, model=MODEL)
made = client.generate("make it sepia", Image.open(BytesIO(DATA)), save=False)
stream = BytesIO()
made.image.convert("RGB").save(stream, "JPEG")
save(stream.getvalue())
""",
    "langchain_google_genai": """
import base64
from langchain_google_genai import ChatGoogleGenerativeAI, Modality

model = ChatGoogleGenerativeAI(model=MODEL, google_api_key=KEY, base_url=URL)
encoded = base64.b64encode(DATA).decode()
words = {"type": "text", "text": "make it sepia"}
picture = {"type": "image_url", "image_url": f"data:image/jpeg;base64,{encoded}"}
reply = model.invoke(
    [{"role": "user", "content": [words, picture]}],
    response_modalities=[Modality.TEXT, Modality.IMAGE],
)
for block in reply.content:
    if isinstance(block, str):
        print(block)
    elif block["type"] == "text":
        print(block["text"])
    elif block["type"] == "image_url":
        save(base64.b64decode(block["image_url"]["url"].partition(",")[2]))
""",
    "pydantic_ai": """
from pydantic_ai import Agent, BinaryContent, BinaryImage
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.providers.google import GoogleProvider

model = GoogleModel(MODEL, provider=GoogleProvider(api_key=KEY, base_url=URL))
agent = Agent(model, output_type=BinaryImage)
picture = BinaryContent(data=DATA, media_type="image/jpeg")
save(agent.run_sync(["make it sepia", picture]).output.data)
""",
}

# Google's own client: a batch from an uploaded file, and one with inline requests.
BATCHES = """
import base64, json, time
from google import genai
from google.genai import types

client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=URL))
image = {"mimeType": "image/jpeg", "data": base64.b64encode(DATA).decode()}
parts = [{"text": "make it sepia"}, {"inlineData": image}]
request = {"contents": [{"parts": parts}]}
Path("lines.jsonl").write_text(json.dumps({"key": "a", "request": request}))
uploaded = client.files.upload(
    file="lines.jsonl", config=types.UploadFileConfig(mime_type="application/jsonl")
)
job = client.batches.create(model=MODEL, src=uploaded.name)
while job.state.name in {"JOB_STATE_PENDING", "JOB_STATE_RUNNING"}:
    time.sleep(0.05)
    job = client.batches.get(name=job.name)
(line,) = client.files.download(file=job.dest.file_name).splitlines()
found = json.loads(line)["response"]["candidates"][0]["content"]["parts"]
print(found[0]["text"])
save(base64.b64decode(found[1]["inlineData"]["data"]))
inline = client.batches.create(model=MODEL, src=[{"contents": [{"parts": parts}]}])
assert {inline.name, job.name} == {one.name for one in client.batches.list()}
for one in (inline, job):
    client.batches.delete(name=one.name)
for file in client.files.list():
    client.files.delete(name=file.name)
"""

NODE_PROGRAMS = {
    "@google/genai": """
import { GoogleGenAI } from "@google/genai";

const client = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: URL } });
const reply = await client.models.generateContent({
  model: MODEL,
  contents: [
    { inlineData: { mimeType: "image/jpeg", data: DATA.toString("base64") } },
    { text: "make it sepia" },
  ],
});
for (const part of reply.candidates[0].content.parts) {
  if (part.inlineData) save(Buffer.from(part.inlineData.data, "base64"));
  else console.log(part.text);
}
""",
    "@ai-sdk/google": """
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { generateText } from "ai";

const google = createGoogleGenerativeAI({ apiKey: KEY, baseURL: URL + "/v1beta" });
const reply = await generateText({
  model: google(MODEL),
  providerOptions: { google: { responseModalities: ["TEXT", "IMAGE"] } },
  messages: [{ role: "user", content: [
    { type: "text", text: "make it sepia" },
    { type: "image", image: DATA, mediaType: "image/jpeg" },
  ] }],
});
console.log(reply.text);
for (const file of reply.files) save(Buffer.from(file.uint8Array));
""",
}

PYTHON_HEAD = """
import sys
from pathlib import Path

URL, KEY, MODEL, IN, OUT = sys.argv[1:]
DATA = Path(IN).read_bytes()
save = Path(OUT).write_bytes
"""
NODE_HEAD = """
import { readFileSync, writeFileSync } from "node:fs";

const [URL, KEY, MODEL, IN, OUT] = process.argv.slice(2);
const DATA = readFileSync(IN);
const save = data => writeFileSync(OUT, data);
"""


def python_has(module: str) -> bool:
    """Whether the clients' Python can import a module."""
    found = f"import importlib.util as u; assert u.find_spec({module!r})"
    try:
        done = subprocess.run(
            [PYTHON, "-c", found], capture_output=True, check=False, timeout=60
        )
    except OSError:
        return False
    return done.returncode == 0


def run(
    program: list[str], emulator: Emulator, folder: Path
) -> tuple[str, Image.Image]:
    """Run a client over one photo; return what it printed, and the picture."""
    source = support.photo(folder / "in.jpg", 320, 180)
    output = folder / "out.jpg"
    done = subprocess.run(
        [*program, emulator.url, KEY, MODEL, str(source), str(output)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
        env=clean(os.environ),
    )
    assert done.returncode == 0, done.stderr
    with Image.open(output) as picture:
        picture.load()
        return done.stdout, picture


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without proxies, and without a key that a client might take."""
    names = ("PROXY", "GOOGLE", "GEMINI")
    return {
        name: value
        for name, value in environ.items()
        if not any(word in name.upper() for word in names)
    }


def is_sepia(picture: Image.Image) -> bool:
    pixel = picture.convert("RGB").resize((1, 1)).getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return pixel[0] > pixel[1] + 5 > pixel[2] + 10


def check(said: str, picture: Image.Image, emulator: Emulator) -> None:
    assert picture.width > 1000
    assert is_sepia(picture)
    entry = [entry for entry in emulator.requests if entry.status == 200][-1]
    assert entry.key_header == "x-goog-api-key"
    assert entry.instruction == "make it sepia"
    assert len(entry.images) == 1
    assert "I toned it sepia" in said or entry.modalities == ("IMAGE",)


@pytest.mark.parametrize("client", PYTHON_PROGRAMS)
def test_a_client_in_python_gets_an_edited_picture(client: str, tmp_path: Path) -> None:
    if not python_has(client.split(maxsplit=1)[0].split(".", maxsplit=1)[0]):
        pytest.skip(f"{client} is not installed in {PYTHON}")
    program = tmp_path / "program.py"
    program.write_text(PYTHON_HEAD + PYTHON_PROGRAMS[client], encoding="utf-8")
    with Emulator(signature_bytes=2000) as emulator:
        said, picture = run([PYTHON, str(program)], emulator, tmp_path)
        check(said, picture, emulator)


def test_the_vendors_client_makes_batches(tmp_path: Path) -> None:
    if not python_has("google.genai"):
        pytest.skip("google.genai is not installed")
    program = tmp_path / "batches.py"
    program.write_text(PYTHON_HEAD + BATCHES, encoding="utf-8")
    with Emulator(signature_bytes=1000) as emulator:
        _, picture = run([PYTHON, str(program)], emulator, tmp_path)
        assert is_sepia(picture)
        assert (emulator.batches, emulator.files) == ((), ())
        assert len(emulator.lines) >= 1


@pytest.mark.parametrize("client", NODE_PROGRAMS)
def test_a_client_in_node_gets_an_edited_picture(client: str, tmp_path: Path) -> None:
    node, modules = shutil.which("node"), Path(CLIENTS, "node_modules")
    if not CLIENTS or node is None or not (modules / client).is_dir():
        pytest.skip(f"{client} is not installed in NANO_EDIT_CLIENTS, or node is not")
    (tmp_path / "node_modules").symlink_to(modules.resolve())
    program = tmp_path / "program.mjs"
    program.write_text(NODE_HEAD + NODE_PROGRAMS[client], encoding="utf-8")
    with Emulator(signature_bytes=2000) as emulator:
        said, picture = run([node, str(program)], emulator, tmp_path)
        check(said, picture, emulator)
