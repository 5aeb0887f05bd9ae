"""Print one of the README's commands: ``python scripts/readme_command.py test``.

What the README promises is what is run: the commands stand there alone, between
``<!-- NAME-command -->`` and ``<!-- /NAME-command -->``, and are read from there.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def command(name: str) -> str:
    """Return the one line between the markers of ``name``; LookupError if not one."""
    marked = rf"<!-- {name}-command -->\s*```sh\n(.*?)\n```\s*<!-- /{name}-command -->"
    found = re.findall(marked, README.read_text(encoding="utf-8"), re.DOTALL)
    if len(found) != 1 or "\n" in found[0]:
        raise LookupError(f"README.md holds no single line for {name!r}.")
    return str(found[0])


if __name__ == "__main__":
    print(command(sys.argv[1]))
