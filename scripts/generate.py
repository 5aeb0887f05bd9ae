"""Write everything that follows from the table of options, or tell what is stale.

    python scripts/generate.py            writes
    python scripts/generate.py --check    writes nothing; 1 when a file is stale

Generated: ``completions/*``, ``docs/nano-edit.1``, and what stands between the
markers ``<!-- help -->`` and ``<!-- exit-table -->`` of README.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

import typer

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # this tree's package, installed or not

from man_page import man_page  # noqa: E402 - after the path to what it imports

from nano_edit.cli.app import app  # noqa: E402 - likewise
from nano_edit.cli.completion_scripts import FILE_NAMES, SCRIPTS  # noqa: E402 - likewise
from nano_edit.cli.help.plain_help import exit_table_markdown, help_text  # noqa: E402 - likewise
from nano_edit.cli.help.reference import Reference, reference_of  # noqa: E402 - likewise

README = ROOT / "README.md"


def generated() -> dict[Path, str]:
    """Return every generated file and what it has to hold."""
    reference = reference_of(typer.main.get_command(app))
    files = {
        ROOT / "completions" / FILE_NAMES[shell]: script(reference)
        for shell, script in SCRIPTS.items()
    }
    files[ROOT / "docs" / "nano-edit.1"] = man_page(reference)
    files[README] = readme(_text(README), reference)
    return files


def readme(text: str, reference: Reference) -> str:
    """Return README's text with its generated blocks as they have to be."""
    text = _with_block(text, "help", f"```text\n{help_text(reference)}```")
    return _with_block(text, "exit-table", exit_table_markdown())


def _with_block(text: str, name: str, block: str) -> str:
    start, begun, rest = text.partition(f"<!-- {name} -->\n")
    _, ended, end = rest.partition(f"<!-- /{name} -->")
    return f"{start}{begun}{block}\n{ended}{end}" if begun and ended else text


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
