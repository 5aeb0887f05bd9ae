"""The exit statuses, for people: number, name, when.

`nano_edit.errors` is the authority; a test holds this table to it.
"""

from __future__ import annotations

EXITS = (
    (0, "", "the picture is there"),
    (1, "internal", "a bug"),
    (2, "usage", "the command line"),
    (3, "input", "a picture, a file or the place of the output cannot be used"),
    (4, "auth", "no key, or it was refused"),
    (5, "network", "nothing was sent: DNS, connect, TLS, proxy"),
    (6, "quota", "rate limit, no money left, or the budget is used up"),
    (7, "rejected", "the API calls the request invalid, or redirects it"),
    (8, "server", "5xx, or a reply that is not the contract's"),
    (9, "refused", "answered, without an image that can be used"),
    (10, "unknown", "sent, but no whole reply came: it may have been billed"),
    (11, "output", "the image came but could not be written; where it is kept"),
    (12, "partial", "some of many edits failed"),
    (13, "pending", "deferred edits are not made yet: ask again later"),
    (130, "interrupted", "Ctrl-C"),
    (143, "terminated", "SIGTERM or SIGHUP"),
)


def exit_table() -> str:
    """Return the exit statuses, one a line."""
    lines = (f"  {status:>3}  {name:11}  {when}" for status, name, when in EXITS)
    return "Exit status:\n" + "\n".join(lines) + "\n"


def exit_table_markdown() -> str:
    """Return the same table as Markdown, for the documents."""
    rows = [f"| {status} | {name} | {when} |" for status, name, when in EXITS]
    return "\n".join(["| status | name | when |", "|---|---|---|", *rows])
