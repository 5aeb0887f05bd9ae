"""Every command, in one table: its name, its module, and what its help says.

A word of this table is a command only as the very first argument, so that every
other instruction stays what it is; ``nano-edit edit ...`` says the default out loud.

Rules:
- The module of the chosen command is imported once, by this table; it imports what
  it needs at its top.
- A command's options are the rows of `option_table` that name it.
- ``--help`` loads this module, so it imports nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` takes longer to load than this module
if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "nano-edit"
DEFAULT = "edit"


class Command:
    """One command."""

    __slots__ = (
        "about",
        "examples",
        "function",
        "module",
        "name",
        "parses_itself",
        "summary",
        "usage",
    )

    def __init__(
        self,
        name: str,
        target: str,
        usage: str,
        summary: str,
        about: str = "",
        *,
        examples: tuple[tuple[str, str], ...] = (),
        parses_itself: bool = False,
    ) -> None:
        """Describe a command; ``target`` is its module in `commands` and function."""
        self.name = name
        self.module, self.function = target.split(":")
        self.usage = usage  # what follows the name
        self.summary = summary  # one line
        self.about = about  # paragraphs of the command's own help
        self.examples = examples  # what each does, and the command line
        self.parses_itself = parses_itself  # its options are not of our table

    @property
    def line(self) -> str:
        """The command line in one line."""
        return f"{PROGRAM} {self.name} {self.usage}".rstrip()


COMMANDS = (
    Command(
        "edit",
        "edit:run_single",
        "INSTRUCTION IMAGE... [-o OUTPUT] [OPTIONS]",
        "Edit pictures by instruction; the default, so the word may be left out.",
        "A sentence and photos in, the edited picture on disk. With --each every "
        "picture is edited by itself, with -n several variants are made.",
        examples=(
            ("One photo, edited", 'nano-edit "blur background" in.jpg -o out.jpg'),
            (
                "Two pictures into one",
                'nano-edit "put the mug beside the cat" cat.jpg mug.png -o both.jpg',
            ),
            (
                "The instruction from a file; shape and size asked for",
                "nano-edit @prompt.txt in.jpg -a 16:9 -s 4K -o wide.png",
            ),
            (
                "From a pipe into a pipe",
                'nano-edit "make it snow" - -o - <in.jpg >out.jpg',
            ),
            (
                "Every picture of a folder, eight at once",
                'nano-edit "white background" --each photos/ -o white/ -j 8',
            ),
            (
                "A try, without key or cost",
                'nano-edit "blur background" in.jpg --emulate',
            ),
        ),
    ),
    Command(
        "batch",
        "batch:run_many",
        "FILE [INSTRUCTION] [OPTIONS]",
        "Make the edits of a list: JSON Lines or CSV.",
        "Every line is an edit of its own; what the command line says holds for every "
        "line that does not say otherwise. The same command again makes only what is "
        "missing.",
        examples=(
            (
                "Eight at once, with a page to look at",
                "nano-edit batch edits.jsonl -j 8 --report report.html",
            ),
            (
                "A table of variables, one instruction",
                'nano-edit batch cities.csv "put the mug on a table in {city}" -o out/',
            ),
        ),
    ),
    Command(
        "jobs list",
        "jobs:list_jobs",
        "[--json]",
        "List the jobs that --defer has made at Google.",
        "Each with its state and how many of its edits are made.",
    ),
    Command(
        "jobs cancel",
        "jobs:cancel_jobs",
        "JOB...",
        "Cancel jobs; what is made already is billed.",
    ),
    Command(
        "jobs rm",
        "jobs:remove_jobs",
        "JOB... | --all [--yes]",
        "Remove ended jobs and their files from the service; asks first.",
    ),
    Command(
        "again",
        "again:run_again",
        "INSTRUCTION [PICTURE] [IMAGE...] [-o OUTPUT] [OPTIONS]",
        "Go on from an edit; the model sees all of it.",
        "It goes on from the last edit in this folder, or from PICTURE, which is found "
        "by its bytes. Each IMAGE is sent besides. Without -o the result gets the next "
        "free name: out-2.jpg, out-3.jpg. Size, shape, region, mask and what is kept "
        "stay as they were unless said anew.",
        examples=(
            ("On from the last edit here", 'nano-edit again "warmer"'),
            (
                "The first picture again, with all instructions",
                'nano-edit again "without the hat" --from-original',
            ),
        ),
    ),
    Command(
        "undo",
        "again:run_undo",
        "[PICTURE]",
        "Put back what a picture was made from.",
        "It goes under the picture's own name; the present picture becomes "
        "out.undone-1.jpg. Without PICTURE: that of the last edit in this folder.",
    ),
    Command(
        "redo",
        "again:run_redo",
        "[PICTURE]",
        "Take back the last undo of a picture.",
    ),
    Command(
        "diff",
        "diff:run",
        "BEFORE AFTER [--heat OUT.png] [OPTIONS]",
        "Measure what changed between two pictures; sends nothing.",
        "The second picture is moved onto the first before they are compared. A pixel "
        "has changed when it differs by more than Delta E 2.3, which can just be seen. "
        "With --region or --mask, changes inside and outside are counted apart; "
        "--max-change makes it a check: exit 9 when more has changed outside.",
        examples=(
            (
                "What an edit changed, as a picture",
                "nano-edit diff in.jpg out.jpg --heat heat.png",
            ),
            (
                "A check for CI: nothing outside the region",
                "nano-edit diff in.png out.png --region 10%,20%,30%,30% --max-change 0",
            ),
        ),
    ),
    Command(
        "replies list",
        "replies:list_replies",
        "[--json]",
        "List the replies that were paid for and have no picture yet.",
        "Each with its age, its size, what it was for, and why it was kept.",
    ),
    Command(
        "replies recover",
        "replies:recover_replies",
        "[REPLY...] [-o PATH] [OPTIONS]",
        "Make the pictures of kept replies; sends nothing, costs nothing.",
        "Without REPLY it makes every picture that can be made. A reply that is whole "
        "is removed once its picture is in place; nothing else is removed.",
        examples=(
            ("All that can be made", "nano-edit replies recover -o recovered/"),
            ("One of them", "nano-edit replies recover 3f -o out.jpg"),
        ),
    ),
    Command(
        "replies rm",
        "replies:remove_replies",
        "REPLY... | --all [--yes]",
        "Remove kept replies; asks first.",
    ),
    Command(
        "auth login",
        "auth:login",
        "[--provider NAME]",
        "Ask for the provider's key and store it.",
        "The key is asked for without being shown, or read from a pipe. It goes into "
        "the system's keyring (with the extra nano-edit[keyring]) or into a file that "
        "only you can read.",
        examples=(
            ("From a file", "nano-edit auth login < key.txt"),
            ("Google's key", "nano-edit auth login --provider google"),
        ),
    ),
    Command(
        "auth status",
        "auth:status",
        "[--provider NAME] [--check] [--json]",
        "Say which keys there are and where each comes from, never the key.",
    ),
    Command(
        "auth logout",
        "auth:logout",
        "[--provider NAME]",
        "Remove the key that auth login stored.",
    ),
    Command(
        "config show",
        "config:show",
        "[OPTIONS]",
        "Show every setting, its value, and where it comes from.",
        "It takes what an edit takes, and shows what that edit would use.",
    ),
    Command("config path", "config:path", "", "Print where the configuration file is."),
    Command(
        "config edit",
        "config:edit",
        "",
        "Open the configuration file in your editor ($VISUAL, $EDITOR).",
    ),
    Command(
        "models",
        "models:run",
        "[--provider NAME] [--json]",
        "List the models: sizes, shapes, images, state, price.",
    ),
    Command(
        "spend",
        "spend:run",
        "[--since DATE] [--by day|model|provider] [--json | --csv]",
        "Show what was spent, from the ledger.",
        "Figures are estimates where the service does not count tokens. What was sent "
        "and never answered is shown apart as unknown: it may have been billed.",
        examples=(
            ("This month, by model", "nano-edit spend --since 2026-11-01 --by model"),
            ("What the gateway refunds", "nano-edit spend --claims apiyi"),
        ),
    ),
    Command(
        "cache info",
        "cache:info",
        "[--json]",
        "Say what the cache holds, and where it is.",
    ),
    Command(
        "cache clear",
        "cache:clear",
        "[--yes]",
        "Remove all that the cache holds; asks first.",
    ),
    Command(
        "history list",
        "history:list_edits",
        "[PICTURE] [--json]",
        "List finished edits, newest first, as a tree of what came from what.",
        "With PICTURE: only what that picture came from and what came of it; it is "
        "found by its bytes, wherever it lies now. The word list may be left out.",
        examples=(("What was made of it", "nano-edit history in.jpg"),),
    ),
    Command(
        "history show",
        "history:show",
        "ID [--json]",
        "Print the command that made an edit.",
    ),
    Command(
        "history clear",
        "history:clear",
        "[--yes]",
        "Remove all that the history holds, but no picture; asks first.",
    ),
    Command(
        "completion",
        "completion:run",
        "[SHELL] [--install]",
        "Print the Tab completion of a shell, or install it.",
        "",
        examples=(
            ("Install it for the current shell", "nano-edit completion --install"),
            ("For this session of bash", "source <(nano-edit completion bash)"),
        ),
    ),
    Command(
        "emulator",
        "emulator:run",
        "[OPTIONS]",
        "Serve the emulator on this machine: no key, no cost.",
        parses_itself=True,
    ),
    Command(
        "help",
        ":",  # answered at once, by `help.answers`
        "[COMMAND...]",
        "Explain a command; exit explains the exit statuses.",
    ),
)
BY_NAME = {command.name: command for command in COMMANDS}
WORDS = tuple(dict.fromkeys(command.name.split()[0] for command in COMMANDS))
GROUPS = {  # words that need a second one
    "jobs": "Edits that are made later.",
    "replies": "What was paid for and has no picture yet.",
    "history": "Finished edits.",
    "auth": "The provider's key.",
    "config": "The settings.",
    "cache": "Results that are kept, so that the same edit costs nothing.",
}


USUAL = {"history": "history list"}  # the command of a group's word alone


def chosen(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Return the command that the first arguments name, and the arguments after it.

    The name is one of `BY_NAME`, or a word of `GROUPS` whose second word is missing
    or is no command; without a command's word it is `DEFAULT`.
    """
    if not arguments or arguments[0] not in WORDS:
        return DEFAULT, list(arguments)
    word, *rest = arguments
    if word not in GROUPS:
        return word, rest
    if rest and f"{word} {rest[0]}" in BY_NAME:
        return f"{word} {rest[0]}", rest[1:]
    if rest and rest[0] in {"-h", "--help"}:
        return word, rest
    return USUAL.get(word, word), rest


def members(group: str) -> tuple[Command, ...]:
    """Return the commands of a group, in the order of the table."""
    return tuple(each for each in COMMANDS if each.name.split()[0] == group)
