"""What was probably meant: the nearest command, a sentence without its quotes.

Rules: a guess is a hint and changes nothing; where nothing is near, nothing is said.
"""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from nano_edit.cli.command_table import BY_NAME, COMMANDS, PROGRAM, WORDS
from nano_edit.wire.models import MODELS, find_model, short_names

if TYPE_CHECKING:
    from collections.abc import Sequence

SURE = 0.75  # how like a word has to be to be taken for another
# The commands by each of their words, and by what other programs call them.
_BY_WORD = {
    **{word: word for word in WORDS},
    **{each.name.split()[-1]: each.name for each in reversed(COMMANDS)},
    "remove": "replies rm",
    "reply": "replies",
    "settings": "config show",
    "key": "auth status",
    "signin": "auth login",
}


def command_like(word: str) -> str | None:
    """Return the command that ``word`` is nearly the name of: login is auth login."""
    folded = word.casefold().replace("_", "-")
    if exact := command_called(folded):
        return exact
    near = get_close_matches(folded, _BY_WORD, 1, SURE)
    return _BY_WORD[near[0]] if near else None


def command_called(word: str) -> str | None:
    """Return the command that ``word`` names, as other programs may: show-config."""
    words = word.split("-")
    for name in BY_NAME:
        if len(words) > 1 and set(name.split()) == set(words):
            return name
    for each in (word, *words):
        if each in _BY_WORD:
            return _BY_WORD[each]
    return None


def member_like(group: str, word: str) -> str | None:
    """Return the command of ``group`` whose second word is nearly ``word``."""
    words = [name.split()[1] for name in BY_NAME if name.split()[0] == group]
    near = get_close_matches(word.casefold(), words, 1, 0.5)
    return f"{group} {near[0]}" if near else None


def misspelt(model: str, provider: str) -> str:
    """Return a note for a model that is not known and nearly one that is; else "".

    A name with another number may be a new model's.
    """
    if find_model(model) is not None:
        return ""
    names = [*short_names(provider), *MODELS]
    near = [
        name
        for name in get_close_matches(model.casefold(), names, 3, 0.6)
        if re.findall(r"[0-9]+", name) == re.findall(r"[0-9]+", model)
    ]
    if not near:
        return ""
    return f"{model} is not a known model; it is asked for as it is. Near: {near[0]}."


def unquoted(instruction: str, images: Sequence[str]) -> str | None:
    """Return the command line with the quotes that a sentence has probably lost.

    None unless words that name nothing on the disk stand before the pictures:
    ``nano-edit make it sepia a.jpg``.
    """
    if not _is_word(instruction):
        return None
    words = 0
    while words < len(images) and _is_word(images[words]):
        words += 1
    if not words:
        return None
    sentence = " ".join((instruction, *images[:words]))
    pictures = " ".join(images[words:]) or "IMAGE"
    return f'{PROGRAM} "{sentence}" {pictures}'


def _is_word(argument: str) -> bool:
    """Whether it can be no picture's name: no such file, no suffix, no URL."""
    name = argument.casefold()
    if argument == "-" or "/" in argument or "\\" in argument or "://" in argument:
        return False
    has_suffix = "." in name.rstrip(".,;:!?")
    return not has_suffix and not os.path.exists(argument)  # noqa: PTH110 - Path's raises on a long name
