"""Every option and argument of the command, in one table: names, help, commands.

Help, completions, man page, reference page, parser, configuration and batch lines
all read these rows, so an option is described in one place only.  Its type and its
default are those of the field of the same name in `nano_edit.cli.options.Options`.

Rules:
- A row's name is its name in ``config.toml`` and in batch lines.
- Most rows can come from the variable ``NANO_EDIT_<NAME>``; what is meant for one
  run alone (``--output``, ``--force``, ...) cannot.
- There is no option that takes a key: arguments are seen by every process.
- ``--help`` loads this module, so it imports nothing: no Typer, no dataclasses.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` takes longer to load than this module
if TYPE_CHECKING:
    from collections.abc import Iterable

WHAT = "What to edit"
PICTURE = "Picture"
SERVICE = "Service"
OUTPUT = "Output"
MANY = "Many edits"
BEHAVIOUR = "Behaviour"
PANELS = (WHAT, PICTURE, SERVICE, OUTPUT, MANY, BEHAVIOUR)

# Which commands a row belongs to; the names are those of `command_table`.
EDIT = "edit"
BATCH = "batch"
RECOVER = "replies recover"
DIFF = "diff"
CONFIG_SHOW = "config show"
AGAIN = "again"
MANY_EDITS = (EDIT, BATCH, CONFIG_SHOW)
EDITS = (*MANY_EDITS, AGAIN)
KEYS = ("auth login", "auth status", "auth logout")
CACHES = ("cache info", "cache clear")
JOBS = ("jobs list", "jobs cancel", "jobs rm")
SETTLED = (  # read settings
    *(*EDITS, RECOVER, *KEYS, *CACHES, *JOBS),
    *("replies list", "models"),
)
HISTORIES = ("history list", "history show", "history clear")
ALL = ("*",)


class Row:
    """One argument or option."""

    __slots__ = (
        "commands",
        "flags",
        "help",
        "least",
        "metavar",
        "name",
        "negations",
        "one_of",
        "panel",
        "short",
        "value",
        "variable",
    )

    def __init__(
        self,
        name: str,
        panel: str,
        commands: tuple[str, ...],
        names: str,
        help: str,  # noqa: A002 - the word for it
        *,
        env: bool = True,
        short: str = "",
        one_of: str = "",
        least: float | None = None,
        value: str = "",
    ) -> None:
        """Describe a row; ``names`` is "-s --size SIZE", "--text", or "IMAGE..."."""
        words = names.split()
        spelt = [word for word in words if word.startswith("-")]
        first, _, negation = spelt[-1].partition("/") if spelt else ("", "", "")
        self.name = name
        self.panel = panel
        self.commands = commands
        self.flags = (*spelt[:-1], first) if spelt else ()
        self.negations = (negation,) if negation else ()
        self.metavar = " ".join(word for word in words if word not in spelt)
        self.help = help
        self.short = short  # the help of the short help; "" where it has no place
        self.one_of = one_of  # a list of values, by its name in `choices`
        self.least = least  # the smallest number
        self.value = value  # a flag's optional value: --show=both
        self.variable = f"NANO_EDIT_{name.upper()}" if env and spelt else None

    @property
    def is_argument(self) -> bool:
        """Whether it is given by its place, not by a flag."""
        return not self.flags

    @property
    def brief(self) -> str:
        """The help's first statement, without its full stop."""
        text = self.help.partition("; ")[0].partition(". ")[0]
        return text if text.endswith("...") else text.removesuffix(".")

    @property
    def opposite(self) -> str:
        """What the negation says, in brief."""
        return f"The opposite of {self.flags[0]}"

    def belongs_to(self, command: str) -> bool:
        """Whether the command called ``command`` has this row."""
        return command in self.commands or self.commands == ALL


ROWS = (
    # --- what to edit
    Row(
        "batch",
        WHAT,
        (BATCH,),
        "FILE",
        "The list: JSON Lines, one edit a line, option names as keys; or CSV, whose "
        "columns are options and variables. - is standard input.",
    ),
    Row(
        "instruction",
        WHAT,
        (EDIT, CONFIG_SHOW, AGAIN),
        "INSTRUCTION",
        "What to do, in words. @FILE reads it from a file, @- from standard input.",
    ),
    Row(
        "instruction",
        WHAT,
        (BATCH,),
        "INSTRUCTION",
        "For every edit that has none of its own. {name} stands for the variable of "
        "that name in the list, {{ for a brace.",
    ),
    Row(
        "images",
        WHAT,
        (EDIT, CONFIG_SHOW),
        "IMAGE...",
        "Pictures: paths, https:// URLs, or - for standard input; in order.",
    ),
    Row(
        "images",
        WHAT,
        (AGAIN,),
        "PICTURE...",
        "The picture to go on from; the last edit's in this folder by default. Further "
        "ones are sent besides.",
    ),
    Row(
        "from_original",
        WHAT,
        (AGAIN,),
        "--from-original",
        "Edit the first picture again, with all instructions so far in one.",
        env=False,
    ),
    Row(
        "whole",
        WHAT,
        (AGAIN,),
        "--whole",
        "Let all of the picture change, whatever the last edit kept.",
        env=False,
    ),
    Row(
        "replies",
        WHAT,
        (RECOVER, "replies rm"),
        "REPLY...",
        "Kept replies: the first characters of their names, or paths.",
    ),
    Row(
        "job_names",
        WHAT,
        ("jobs cancel", "jobs rm"),
        "JOB...",
        "Jobs, as jobs list names them; batches/ may be left out.",
    ),
    Row(
        "shell",
        WHAT,
        ("completion",),
        "SHELL",
        "bash, zsh, fish or powershell; the current one by default.",
        one_of="shell",
    ),
    Row(
        "topic",
        WHAT,
        ("help",),
        "COMMAND...",
        "The command that is explained, for example: replies recover.",
    ),
    Row(
        "before",
        WHAT,
        (DIFF,),
        "BEFORE",
        "The picture as it was.",
    ),
    Row(
        "after",
        WHAT,
        (DIFF,),
        "AFTER",
        "The picture as it is now, of any size.",
    ),
    Row(
        "picture",
        WHAT,
        ("history list", "undo", "redo"),
        "PICTURE",
        "A picture that came of an edit; in the history also one that was edited.",
    ),
    Row(
        "entry",
        WHAT,
        ("history show",),
        "ID",
        "An edit: the first characters of what the list shows.",
    ),
    Row(
        "preset",
        WHAT,
        MANY_EDITS,
        "--preset NAME",
        "Use the options of [presets.NAME] in the configuration.",
    ),
    # --- the picture
    Row(
        "aspect_ratio",
        PICTURE,
        EDITS,
        "-a --aspect-ratio RATIO",
        "Shape of the result: auto (the model follows the source), match (nearest to "
        "the first picture), or W:H.",
        short="Shape of the result: 16:9, 1:1, ... or match.",
        one_of="ratio",
    ),
    Row(
        "size",
        PICTURE,
        EDITS,
        "-s --size SIZE",
        "Resolution of the result: 512, 1K, 2K or 4K; the model's own by default.",
        short="Resolution of the result: 512, 1K, 2K or 4K.",
        one_of="size",
    ),
    Row(
        "text",
        PICTURE,
        EDITS,
        "--text",
        "Ask for words beside the picture, and show them.",
    ),
    Row(
        "max_side",
        PICTURE,
        EDITS,
        "--max-side PX",
        "Downscale inputs so that the longer side fits.",
        least=16,
    ),
    Row(
        "downscale",
        PICTURE,
        EDITS,
        "--downscale/--no-downscale",
        "Whether inputs over the service's limits are downscaled (default), or an "
        "error; and those encoded anew, to 4,096 pixels a side.",
    ),
    Row(
        "max_pixels",
        PICTURE,
        EDITS,
        "--max-pixels MP",
        "Read pictures of up to so many megapixels, whatever memory that takes; by "
        "default 250, and what fits 600 MB.",
        least=1,
    ),
    Row(
        "send_metadata",
        PICTURE,
        EDITS,
        "--send-metadata",
        "Send EXIF, GPS, XMP and comments too; by default they are not sent.",
    ),
    Row(
        "region",
        PICTURE,
        (*EDITS, DIFF),
        "--region X,Y,W,H",
        "Only there may anything change; pixels or percent of the upright picture. May "
        "be given several times.",
        env=False,
    ),
    Row(
        "mask",
        PICTURE,
        (*EDITS, DIFF),
        "--mask FILE",
        "Only what is white in this picture may change; grey blends. It has the "
        "picture's shape.",
        env=False,
    ),
    Row(
        "invert_mask",
        PICTURE,
        (*EDITS, DIFF),
        "--invert-mask",
        "With --mask: what is black may change.",
        env=False,
    ),
    Row(
        "keep_rest",
        PICTURE,
        EDITS,
        "--keep-rest",
        "Find what the model changed and take only that; all else stays the "
        "original's.",
    ),
    Row(
        "keep_size",
        PICTURE,
        EDITS,
        "--keep-size",
        "The result has exactly the first picture's width and height; implied by "
        "--region, --mask and --keep-rest.",
    ),
    Row(
        "copy_metadata",
        PICTURE,
        EDITS,
        "--copy-metadata",
        "Copy the first picture's EXIF, XMP and IPTC into the result; they are not "
        "sent.",
    ),
    Row(
        "max_change",
        PICTURE,
        (*EDITS, DIFF),
        "--max-change PERCENT",
        "Exit 9 when more of the pixels outside have changed.",
        least=0,
    ),
    Row(
        "strict",
        PICTURE,
        EDITS,
        "--strict",
        "Exit 9 when the result has another size or shape than was asked for.",
    ),
    # --- the service
    Row(
        "model",
        SERVICE,
        EDITS,
        "-m --model NAME",
        "Model, or its short name: pro, flash, ...; the provider's Pro by default. "
        "nano-edit models lists them.",
        short="Model, or its short name: pro, flash.",
        one_of="model",
    ),
    Row(
        "provider",
        SERVICE,
        (*EDITS, *KEYS, "models"),
        "--provider NAME",
        "apiyi or google. By default apiyi, or google where GEMINI_API_KEY is the only "
        "key.",
        short="apiyi (default) or google.",
        one_of="provider",
    ),
    Row(
        "provider",
        SERVICE,
        JOBS,
        "--provider NAME",
        "google, the only one that has jobs.",
        one_of="provider",
        env=False,
    ),
    Row(
        "base_url",
        SERVICE,
        (*EDITS, *JOBS, "auth status"),
        "--base-url URL",
        "Another host that speaks the same API; a path in it is kept.",
    ),
    Row(
        "api_key_file",
        SERVICE,
        (*EDITS, *JOBS, "auth status"),
        "--api-key-file FILE",
        "Read the key from a file. Otherwise: NANO_EDIT_API_KEY, then APIYI_API_KEY, "
        "or GEMINI_API_KEY and GOOGLE_API_KEY, then what auth login stored.",
    ),
    Row(
        "timeout",
        SERVICE,
        EDITS,
        "--timeout SECONDS",
        "For one whole attempt; 300 by default, 600 at 4K, 900 with --tier flex.",
        least=0.1,
    ),
    Row(
        "connect_timeout",
        SERVICE,
        (*EDITS, *JOBS, "auth status"),
        "--connect-timeout SECONDS",
        "For the connection; 10 by default.",
        least=0.1,
    ),
    Row(
        "retries",
        SERVICE,
        EDITS,
        "--retries N",
        "Further attempts where nothing was billed; 3 by default.",
        least=0,
    ),
    Row(
        "max_wait",
        SERVICE,
        EDITS,
        "--max-wait SECONDS",
        "Longest wait between two attempts; 120 by default.",
        least=0,
    ),
    Row(
        "retry_unknown",
        SERVICE,
        EDITS,
        "--retry-unknown",
        "Also try again where the lost attempt may have been billed.",
    ),
    Row(
        "max_reply",
        SERVICE,
        EDITS,
        "--max-reply MB",
        "Largest reply, after decompression; 512 by default.",
        least=1,
    ),
    Row(
        "tier",
        SERVICE,
        EDITS,
        "--tier TIER",
        "standard, flex (half the price, within 15 minutes) or priority (twice the "
        "price); Google only.",
        one_of="tier",
    ),
    Row(
        "budget",
        SERVICE,
        EDITS,
        "--budget USD",
        "Send nothing that could bring the run above so many dollars; exit 6 then.",
        least=0,
    ),
    Row(
        "monthly_budget",
        SERVICE,
        EDITS,
        "--monthly-budget USD",
        "Likewise for all that the ledger says of this month.",
        least=0,
    ),
    Row(
        "emulate",
        SERVICE,
        EDITS,
        "--emulate",
        "Use the built-in emulator: no key, no cost, nothing leaves this machine.",
        short="Use the built-in emulator: no key, no cost.",
    ),
    # --- the output
    Row(
        "output",
        OUTPUT,
        (*MANY_EDITS, RECOVER),
        "-o --output PATH",
        "Where to: a file (its extension decides the format), a folder, or - for "
        "standard output. Default: <input>-edited.<ext> here.",
        short="Where to: a file, a folder, or - for standard output.",
        env=False,
    ),
    Row(
        "output",
        OUTPUT,
        (AGAIN,),
        "-o --output PATH",
        "Where to: a file, a folder, or - for standard output. Default: the picture's "
        "name with the next free number.",
        env=False,
    ),
    Row(
        "format",
        OUTPUT,
        (*EDITS, RECOVER),
        "--format FORMAT",
        "png, jpg, webp, avif or tif, whatever the output is called.",
        short="png, jpg, webp, avif or tif.",
        one_of="format",
    ),
    Row(
        "force",
        OUTPUT,
        (*EDITS, RECOVER),
        "-f --force",
        "Replace an output that exists.",
        short="Replace an output that exists.",
        env=False,
    ),
    Row(
        "heat",
        OUTPUT,
        (DIFF,),
        "--heat OUT.png",
        "Write a picture of where it changed: yellow can just be seen, red and violet "
        "are more.",
        env=False,
    ),
    Row(
        "save_drafts",
        OUTPUT,
        (*EDITS, RECOVER),
        "--save-drafts",
        "Keep the model's drafts beside the output, as out.draft-1.jpg.",
    ),
    Row(
        "json",
        OUTPUT,
        (
            *EDITS,
            RECOVER,
            DIFF,
            "auth status",
            "cache info",
            "jobs list",
            "replies list",
            "history list",
            "history show",
            "undo",
            "redo",
            "models",
            "spend",
        ),
        "--json",
        "Print one JSON object a result, and nothing else.",
        short="Print the result as a JSON object.",
    ),
    Row(
        "show",
        OUTPUT,
        (EDIT, CONFIG_SHOW, AGAIN),
        "--show",
        "Draw the result in the terminal; --show=both: the input beside it.",
        short="Draw the result in the terminal.",
        value="both",
    ),
    # --- many edits
    Row(
        "count",
        MANY,
        MANY_EDITS,
        "-n --count N",
        "Make N variants: out-1.png, out-2.png, ...",
        short="Make N variants: out-1.png, out-2.png, ...",
        least=1,
    ),
    Row(
        "pick",
        MANY,
        (EDIT, CONFIG_SHOW),
        "--pick N",
        "With -n: keep only variant N, without its number; the others go to the "
        "history.",
        least=1,
        env=False,
    ),
    Row(
        "grid",
        MANY,
        (EDIT, CONFIG_SHOW),
        "--grid CxR",
        "C times R variants in one picture, at the price of one, cut into out-1.png, "
        "out-2.png, ...",
        one_of="grid",
        env=False,
    ),
    Row(
        "each",
        MANY,
        (EDIT, CONFIG_SHOW),
        "--each",
        "Edit every IMAGE by itself, into -o FOLDER; an IMAGE may be a folder.",
        short="Edit every IMAGE by itself; an IMAGE may be a folder.",
        env=False,
    ),
    Row(
        "recursive",
        MANY,
        (EDIT, CONFIG_SHOW),
        "--recursive",
        "With --each: the folders within folders too.",
    ),
    Row(
        "jobs",
        MANY,
        MANY_EDITS,
        "-j --jobs N",
        "Edits at once; 4 by default.",
        short="Edits at once; 4 by default.",
        least=1,
    ),
    Row(
        "rpm",
        MANY,
        MANY_EDITS,
        "--rpm N",
        "Requests a minute, at most.",
        least=1,
    ),
    Row(
        "fail_fast",
        MANY,
        MANY_EDITS,
        "--fail-fast",
        "Begin no new edit after the first failure.",
    ),
    Row(
        "skip_existing",
        MANY,
        MANY_EDITS,
        "--skip-existing",
        "Skip edits whose output is there already.",
    ),
    Row(
        "retry_refused",
        MANY,
        MANY_EDITS,
        "--retry-refused",
        "Ask again for what an earlier run was refused.",
    ),
    Row(
        "defer",
        MANY,
        (EDIT, BATCH),
        "--defer",
        "Have the edits made within a day at half the price (Google). The same command "
        "again asks after them, and fetches them once they are made.",
        env=False,
    ),
    Row(
        "wait",
        MANY,
        (EDIT, BATCH),
        "--wait",
        "With --defer: stay until all edits have ended.",
        env=False,
    ),
    Row(
        "poll",
        MANY,
        MANY_EDITS,
        "--poll SECONDS",
        "With --wait: the first pause between two questions, 30 by default; later ones "
        "are up to ten times as long.",
        least=0.01,
    ),
    Row(
        "retry_failed",
        MANY,
        (EDIT, BATCH),
        "--retry-failed",
        "With --defer: submit anew what a job answered with an error.",
        env=False,
    ),
    Row(
        "manifest",
        MANY,
        MANY_EDITS,
        "--manifest FILE.jsonl",
        "Where results are noted, one JSON object a line; results.jsonl beside the "
        "outputs by default.",
        env=False,
    ),
    Row(
        "shard",
        MANY,
        MANY_EDITS,
        "--shard I/N",
        "Do only the I-th of N equal parts of the list.",
    ),
    Row(
        "report",
        MANY,
        MANY_EDITS,
        "--report FILE.html",
        "Write a page with every before and after.",
        short="With many edits: a page with every before and after.",
        env=False,
    ),
    Row(
        "sheet",
        MANY,
        MANY_EDITS,
        "--sheet FILE.jpg",
        "Write a contact sheet: the results of this run, small and numbered.",
        env=False,
    ),
    Row(
        "cache",
        MANY,
        EDITS,
        "--cache/--no-cache",
        "Keep results; the same edit again costs nothing.",
    ),
    Row(
        "cache_dir",
        MANY,
        (*EDITS, *CACHES),
        "--cache-dir FOLDER",
        "Where results are kept.",
    ),
    Row(
        "cache_size",
        MANY,
        (*EDITS, "cache info"),
        "--cache-size MB",
        "Most that is kept, oldest out first; 2048 by default.",
        least=1,
    ),
    # --- behaviour
    Row(
        "dry_run",
        BEHAVIOUR,
        (EDIT, BATCH, AGAIN),
        "--dry-run",
        "Check everything, show what would be sent, send nothing. No key needed.",
        short="Check everything and send nothing.",
        env=False,
    ),
    Row(
        "check",
        BEHAVIOUR,
        ("auth status",),
        "--check",
        "Ask the service whether it takes the key; costs nothing.",
        env=False,
    ),
    Row(
        "install",
        BEHAVIOUR,
        ("completion",),
        "--install",
        "Put the script where the shell looks for it.",
        env=False,
    ),
    Row(
        "everything",
        BEHAVIOUR,
        ("replies rm",),
        "--all",
        "Remove all kept replies.",
        env=False,
    ),
    Row(
        "everything",
        BEHAVIOUR,
        ("jobs rm",),
        "--all",
        "Remove all jobs of nano-edit's that have ended.",
        env=False,
    ),
    Row(
        "confirm_above",
        BEHAVIOUR,
        MANY_EDITS,
        "--confirm-above USD",
        "On a terminal, ask before several edits that may cost more; 1 by default, 0 "
        "always, off never.",
    ),
    Row(
        "since",
        BEHAVIOUR,
        ("spend",),
        "--since DATE",
        "Only requests from this day on: 2026-11-01.",
        env=False,
    ),
    Row(
        "by",
        BEHAVIOUR,
        ("spend",),
        "--by WHAT",
        "Sums by day (default), model or provider.",
        env=False,
        one_of="by",
    ),
    Row(
        "csv",
        BEHAVIOUR,
        ("spend",),
        "--csv",
        "Print the sums as CSV.",
        env=False,
    ),
    Row(
        "claims",
        BEHAVIOUR,
        ("spend",),
        "--claims PROVIDER",
        "List the billed requests that gave no picture, for the provider.",
        env=False,
        one_of="provider",
    ),
    Row(
        "yes",
        BEHAVIOUR,
        (
            EDIT,
            BATCH,
            "replies rm",
            "jobs rm",
            "cache clear",
            "history clear",
            "auth login",
        ),
        "-y --yes",
        "Do not ask.",
        env=False,
    ),
    Row(
        "history",
        BEHAVIOUR,
        EDITS,
        "--history/--no-history",
        "Note finished edits and keep their replies, so that one can go on from them; "
        "the default, but where CI is true.",
    ),
    Row(
        "history_size",
        BEHAVIOUR,
        EDITS,
        "--history-size MB",
        "Most that the history's replies take, oldest out first; 1000 by default.",
        least=0,
    ),
    Row(
        "quiet",
        BEHAVIOUR,
        (*EDITS, RECOVER),
        "-q --quiet",
        "Say nothing but errors.",
    ),
    Row(
        "verbose",
        BEHAVIOUR,
        EDITS,
        "-v --verbose",
        "Show the request, its timing and tokens; -vv: headers too.",
    ),
    Row(
        "config",
        BEHAVIOUR,
        (*SETTLED, "config path", "config edit"),
        "--config FILE",
        "Configuration file; config.toml in the user's folder by default.",
    ),
    # --- what is answered at once
    Row("version", BEHAVIOUR, (EDIT,), "-V --version", "Print the version.", env=False),
    Row("help", BEHAVIOUR, ALL, "-h --help", "Print this help.", env=False),
    Row(
        "help_all",
        BEHAVIOUR,
        (EDIT,),
        "--help-all",
        "Print the help with every option.",
        env=False,
    ),
)
AT_ONCE = ("version", "help", "help_all")  # are no settings


def rows_of(command: str) -> tuple[Row, ...]:
    """Return the rows of one command, in the order in which they are shown."""
    return tuple(row for row in ROWS if row.belongs_to(command))


def find(name: str, rows: Iterable[Row] = ROWS) -> Row:
    """Return the row of this name; the first one where commands differ."""
    return next(row for row in rows if row.name == name)
