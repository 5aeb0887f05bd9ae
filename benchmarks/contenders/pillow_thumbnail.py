"""What people write to make a photo smaller: Pillow's ``thumbnail``."""

import sys

from PIL import Image

SOURCE, OUTPUT = sys.argv[1:]

with Image.open(SOURCE) as picture:
    picture.thumbnail((2048, 2048))
    picture.save(OUTPUT, quality=95)
