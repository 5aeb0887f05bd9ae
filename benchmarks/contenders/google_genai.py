"""Google's own library, as its page on editing pictures uses it."""

import sys
from pathlib import Path

from google import genai
from google.genai import types

BASE, OUTPUT, *IMAGES = sys.argv[1:]

client = genai.Client(
    api_key="benchmark", http_options=types.HttpOptions(base_url=BASE)
)
pictures = [
    types.Part.from_bytes(data=Path(name).read_bytes(), mime_type="image/jpeg")
    for name in IMAGES
]
response = client.models.generate_content(
    model="gemini-3-pro-image-preview",
    contents=["blur the background", *pictures],
    config=types.GenerateContentConfig(response_modalities=["IMAGE"]),
)
for part in response.parts or []:
    if part.inline_data is not None and part.inline_data.data is not None:
        Path(OUTPUT).write_bytes(part.inline_data.data)
print("saved", OUTPUT)
