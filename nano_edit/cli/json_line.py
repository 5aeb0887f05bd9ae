r"""One JSON object as one line of standard output.

Rules:
- What could steer a terminal is escaped as JSON does it: C0, DEL, C1, bidi controls.
- A file name that is not UTF-8 is escaped in a way that can be taken back: a byte XX
  stands as ``\udcXX`` (Python's surrogateescape), which every JSON reader accepts or
  shows as a character that is unknown.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from nano_edit.cli.terminal import UNSAFE

if TYPE_CHECKING:
    from collections.abc import Mapping

_ESCAPED = re.compile(
    f"[{''.join(map(re.escape, map(chr, sorted(UNSAFE))))}\ud800-\udfff]"
)


def json_line(record: Mapping[str, Any]) -> str:
    """Return the record as JSON in one line, without the line's end."""
    text = json.dumps(record, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
