"""The gemimg package: it re-encodes pictures on their way in and out.

It makes inputs smaller than 1024 px by default; that is switched off, so that
everybody sends pictures of the same size.
"""

import sys
from pathlib import Path

from gemimg import GemImg

BASE, OUTPUT, *IMAGES = sys.argv[1:]

gem = GemImg(api_key="benchmark", model="gemini-3-pro-image-preview", base_url=BASE)
made = gem.generate(
    "blur the background",
    IMAGES,
    resize_inputs=False,
    save_dir=str(Path(OUTPUT).parent),
)
assert made is not None  # noqa: S101 - a failed request is None, and no measurement
Path(OUTPUT).parent.joinpath(made.image_path).replace(OUTPUT)
print("saved", OUTPUT)
