"""The vendor page's Python sample: requests, base64, one file."""

import base64
import sys

import requests

BASE, OUTPUT, *IMAGES = sys.argv[1:]
MODEL = "gemini-3-pro-image-preview"

parts = [{"text": "blur the background"}]
for name in IMAGES:
    with open(name, "rb") as file:  # noqa: PTH123 - as people write it
        encoded = base64.b64encode(file.read()).decode()
    parts.append({"inlineData": {"mimeType": "image/jpeg", "data": encoded}})

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
with open(OUTPUT, "wb") as file:  # noqa: PTH123 - as people write it
    file.write(base64.b64decode(data))
print("saved", OUTPUT)
