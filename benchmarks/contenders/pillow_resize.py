"""The naive way to make a photo smaller: decode all of it, then ``resize``."""

import sys

from PIL import Image

SOURCE, OUTPUT = sys.argv[1:]

with Image.open(SOURCE) as picture:
    scale = 2048 / max(picture.size)
    size = (round(picture.width * scale), round(picture.height * scale))
    picture.resize(size, Image.Resampling.LANCZOS).save(OUTPUT, quality=95)
