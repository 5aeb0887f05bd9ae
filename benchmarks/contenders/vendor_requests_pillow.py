"""The vendor page's Python sample, with Pillow to make the file what it is called."""

import base64
import io
import sys

import requests
from PIL import Image

BASE, OUTPUT, IMAGE = sys.argv[1:]
MODEL = "gemini-3-pro-image-preview"

with open(IMAGE, "rb") as file:  # noqa: PTH123 - as people write it
    encoded = base64.b64encode(file.read()).decode()
parts = [
    {"text": "blur the background"},
    {"inlineData": {"mimeType": "image/jpeg", "data": encoded}},
]

reply = requests.post(
    f"{BASE}/v1beta/models/{MODEL}:generateContent",
    headers={"Authorization": "Bearer benchmark", "Content-Type": "application/json"},
    json={
        "contents": [{"parts": parts}],
        "generationConfig": {"responseModalities": ["IMAGE"]},
    },
    timeout=300,
).json()

data = reply["candidates"][0]["content"]["parts"][0]["inlineData"]["data"]
Image.open(io.BytesIO(base64.b64decode(data))).save(OUTPUT)
print("saved", OUTPUT)
