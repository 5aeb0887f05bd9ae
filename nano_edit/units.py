"""Bytes, seconds and dollars as text for people, the same everywhere.

A megabyte is 1,000,000 bytes, as file managers and disks count.
"""

from __future__ import annotations


def size_text(size: float) -> str:
    """Return a number of bytes to read: ``812 B``, ``24 kB``, ``1.5 MB``."""
    if size < 999.5:
        return f"{size:.0f} B"
    if size < 999_500:
        return f"{size / 1000:.0f} kB"
    if size < 999_950_000:
        return f"{size / 1_000_000:.1f} MB"
    return f"{size / 1_000_000_000:.1f} GB"


def duration(seconds: float) -> str:
    """Return a time to read: ``4.2 s``, ``1 min 12 s``, ``2 h 5 min``."""
    if seconds < 59.95:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def money(dollars: float | None) -> str:
    """Return dollars to read: ``$0.0336``, ``$0.138``, ``$6.43``; None is unknown."""
    if dollars is None:
        return "unknown"
    if 0 < dollars < 0.00005:
        return "<$0.0001"
    digits = 2 if dollars >= 0.995 else 3 if dollars >= 0.0995 else 4
    whole, _, part = f"{dollars:,.{digits}f}".partition(".")
    return f"${whole}.{part.rstrip('0').ljust(2, '0')}"
