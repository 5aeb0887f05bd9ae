"""What a person reads: errors, summaries and sizes, each in a line or a few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.errors import ExitStatus
from nano_edit.units import size_text

if TYPE_CHECKING:
    from nano_edit.domain import EditResult
    from nano_edit.errors import NanoEditError

# Before these nothing can have been sent, so the word would only be noise.
_NEVER_SENT = {ExitStatus.USAGE, ExitStatus.INPUT}


def error_text(error: NanoEditError) -> str:
    """Return what happened, whether it was billed, what is kept, and what to do."""
    lines = [f"nano-edit: {error.message}"]
    if error.recovery is not None:
        lines.append(_kept(error))
    if error.hint:
        lines.append(f"  {error.hint}")
    if error.exit_status not in _NEVER_SENT:
        lines.append(f"  Billed: {error.billed}.{_attempts(error.attempts)}")
    return "\n".join(lines)


def _kept(error: NanoEditError) -> str:
    if error.recovery is not None and error.recovery.name.startswith("reply-"):
        return (
            f"  The reply is kept: {error.recovery}\n"
            f"  Try: nano-edit replies recover '{error.recovery}' -o out.png"
        )
    return f"  The picture is kept: {error.recovery}"


def _attempts(count: int) -> str:
    return f" Attempts: {count}." if count > 1 else ""


def summary(result: EditResult) -> str:
    """Return the line that stays: path, pixels, bytes, seconds, tokens."""
    image = result.image
    facts = [
        str(image.path or "standard output"),
        f"{image.width}x{image.height}",
        size_text(image.size),
        "from the cache" if result.cached else f"{result.elapsed:.1f} s",
    ]
    if result.reply.usage.total_tokens is not None and not result.cached:
        facts.append(f"{result.reply.usage.total_tokens:,} tokens")
    if result.attempts > 1:
        facts.append(f"{result.attempts} attempts")
    return "  ".join(facts)
