"""``python -m nano_edit`` and the ``nano-edit`` script.

The garbage collector is told what it cannot know: loading a program makes no
garbage, and a program that ends needs none collected.  Both together are a third
of the time that an edit takes beside the service's own.
"""

from __future__ import annotations

import gc
from typing import NoReturn

# Objects made, less those freed, between two collections; Python's own is 700.  At
# a hundred bytes each, what a collection finds too late is a few megabytes.
GARBAGE = 50_000


def main() -> NoReturn:
    """Run the command and end the process with its exit status."""
    gc.set_threshold(GARBAGE)
    from nano_edit.cli.app import main as command  # noqa: PLC0415 - see above

    try:
        command()
    finally:
        gc.freeze()  # the interpreter's last collection has nothing to walk


if __name__ == "__main__":
    main()
