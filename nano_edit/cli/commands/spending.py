"""The question before several edits that may cost much.

Rules:
- It is asked where somebody can answer: standard input and error are a terminal.
- What an earlier run has done is not counted; what is emulated costs nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nano_edit.cli.commands.asking import agreed
from nano_edit.engine.batch.estimate import estimate_of
from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import Edit
    from nano_edit.engine.editor import Editor


def agreed_to_cost(
    edits: list[Edit], editor: Editor, options: Options, terminal: Terminal
) -> bool:
    """Return whether the edits may be made: nobody was asked, or said yes."""
    above = confirm_limit(options)
    if options.yes or editor.emulated or above is None or len(edits) < 2:
        return True
    estimate = estimate_of(edits, editor.billing, jobs=options.jobs, rpm=options.rpm)
    dollars = estimate.cost.dollars
    if dollars is not None and dollars <= above and above > 0:
        return True
    return agreed(f"{estimate.text}. Go on?", terminal)


def confirm_limit(options: Options) -> float | None:
    """Return the dollars above which to ask; None: never.  Raises UsageError."""
    said = options.confirm_above.strip().casefold()
    if said == "off":
        return None
    try:
        dollars = float(said)
    except ValueError:
        dollars = -1.0
    if not 0 <= dollars < math.inf:
        raise UsageError(
            f"--confirm-above {options.confirm_above}: it takes dollars, or off.",
            hint="For example: --confirm-above 5; 0 asks always.",
        )
    return dollars
