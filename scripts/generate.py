"""Write everything that follows from the tables, or tell what is stale.

    python scripts/generate.py            writes
    python scripts/generate.py --check    writes nothing; 1 when a file is stale

Generated: the completions (in ``completions/`` and, as package data, in
``nano_edit/cli/completions/``), ``docs/nano-edit.1``, ``docs/reference.md``,
``docs/models.md``, and the table of variables in ``docs/configuration.md``.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # this tree's package, installed or not

from man_page import man_page  # noqa: E402 - likewise
from models_page import models_page  # noqa: E402 - likewise
from reference_page import reference_page, variables_table  # noqa: E402 - likewise

from completions import SCRIPTS  # noqa: E402 - after the path to what it imports
from nano_edit.cli.commands.completion import FILE_NAMES  # noqa: E402 - likewise

DOCS = ROOT / "docs"
CONFIGURATION = DOCS / "configuration.md"


def generated() -> dict[Path, str]:
    """Return every generated file and what it has to hold."""
    files = {}
    for shell, script in SCRIPTS.items():
        text = script()
        files[ROOT / "completions" / FILE_NAMES[shell]] = text
        files[ROOT / "nano_edit/cli/completions" / FILE_NAMES[shell]] = text
    files[DOCS / "nano-edit.1"] = man_page()
    files[DOCS / "reference.md"] = reference_page()
    files[DOCS / "models.md"] = models_page()
    files[CONFIGURATION] = _with_block(
        _text(CONFIGURATION), "variables", variables_table()
    )
    return files


def _with_block(text: str, name: str, block: str) -> str:
    start, begun, rest = text.partition(f"<!-- {name} -->\n")
    _, ended, end = rest.partition(f"<!-- /{name} -->")
    if not (begun and ended):
        raise LookupError(f"there is no block {name!r}")
    return f"{start}{begun}{block}\n{ended}{end}"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main() -> int:
    """Write or check; return the exit status."""
    stale = {path: text for path, text in generated().items() if _text(path) != text}
    for path, text in stale.items():
        print(path.relative_to(ROOT).as_posix())
        if "--check" not in sys.argv[1:]:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    return 1 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
