"""Every option of the command, in one table: its name, type, default and help.

`Options` is the table; `command_signature` makes a Typer command's signature of
it.  Help, completions, man page, configuration and batch lines all read the
same rows, so an option exists in one place only.

Rules:
- A row's field name is its name in ``config.toml`` and in batch lines.
- Most rows can come from the variable ``NANO_EDIT_<NAME>``; what starts another
  job (``--login``, ``--recover``, ...) cannot.
- There is no option that takes a key: arguments are seen by every process.
"""

from __future__ import annotations

import dataclasses
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from nano_edit.cli.choices import OneOf
from nano_edit.wire.models import ALL_RATIOS, SIZES
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable

WHAT = "What to edit"
PICTURE = "Picture"
SERVICE = "Service"
OUTPUT = "Output"
MANY = "Many edits"
BEHAVIOUR = "Behaviour"
PANELS = (WHAT, PICTURE, SERVICE, OUTPUT, MANY, BEHAVIOUR)

ASPECT_RATIO = OneOf("RATIO", ("auto", "match", *ALL_RATIOS))
SIZE = OneOf("SIZE", SIZES)
PROVIDER = OneOf("PROVIDER", tuple(PROVIDERS))
FORMAT = OneOf("FORMAT", ("png", "jpg", "webp", "avif", "tif"))


def _row(
    panel: str,
    help: str,  # noqa: A002 - Typer's own word
    *flags: str,
    env: bool = True,
    **more: Any,
) -> Any:
    name = next(flag for flag in flags if flag.startswith("--")).split("/")[0]
    variable = "NANO_EDIT_" + name.strip("-").replace("-", "_").upper()
    return typer.Option(
        *flags,
        help=help,
        rich_help_panel=panel,
        envvar=variable if env else None,
        show_default=False,
        **more,
    )


@dataclass(frozen=True, slots=True)
class Options:
    """One run of the command, as its user asked for it."""

    # What to edit
    instruction: Annotated[
        str | None,
        typer.Argument(
            metavar="INSTRUCTION",
            help="What to do, in words. @FILE reads it from a file, @- from "
            "standard input.",
            rich_help_panel=WHAT,
            show_default=False,
        ),
    ] = None
    images: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="IMAGE...",
            help="Pictures: paths, https:// URLs, or - for standard input; in order.",
            rich_help_panel=WHAT,
            show_default=False,
        ),
    ] = None
    preset: Annotated[
        str | None,
        _row(
            WHAT,
            "Use the options of [presets.NAME] in the configuration.",
            "--preset",
            metavar="NAME",
        ),
    ] = None

    # Picture
    aspect_ratio: Annotated[
        str | None,
        _row(
            PICTURE,
            "Shape of the result: auto (the model follows the source), match "
            "(nearest to the first picture), or W:H.",
            "-a",
            "--aspect-ratio",
            metavar="RATIO",
            parser=ASPECT_RATIO,
        ),
    ] = "auto"
    size: Annotated[
        str | None,
        _row(
            PICTURE,
            "Resolution of the result: 512, 1K, 2K or 4K; the model's own by default.",
            "-s",
            "--size",
            metavar="SIZE",
            parser=SIZE,
        ),
    ] = None
    text: Annotated[
        bool,
        _row(PICTURE, "Ask for words beside the picture, and show them.", "--text"),
    ] = False
    max_side: Annotated[
        int | None,
        _row(
            PICTURE,
            "Downscale inputs so that the longer side fits.",
            "--max-side",
            metavar="PX",
            min=16,
        ),
    ] = None
    downscale: Annotated[
        bool,
        _row(
            PICTURE,
            "Whether inputs over the service's limits are downscaled (default), or "
            "an error.",
            "--downscale/--no-downscale",
        ),
    ] = True
    keep_metadata: Annotated[
        bool,
        _row(
            PICTURE,
            "Send EXIF, GPS, XMP and comments too; by default they stay here.",
            "--keep-metadata",
        ),
    ] = False
    strict: Annotated[
        bool,
        _row(
            PICTURE,
            "Exit 9 when the result has another size or shape than was asked for.",
            "--strict",
        ),
    ] = False

    # Service
    model: Annotated[
        str | None,
        _row(
            SERVICE,
            "Model; the provider's current Pro by default.",
            "-m",
            "--model",
            metavar="NAME",
        ),
    ] = None
    provider: Annotated[
        str,
        _row(
            SERVICE,
            "apiyi (default) or google.",
            "--provider",
            metavar="NAME",
            parser=PROVIDER,
        ),
    ] = "apiyi"
    base_url: Annotated[
        str | None,
        _row(
            SERVICE,
            "Another host that speaks the same API; a path in it is kept.",
            "--base-url",
            metavar="URL",
        ),
    ] = None
    api_key_file: Annotated[
        str | None,
        _row(
            SERVICE,
            "Read the key from a file. Otherwise: NANO_EDIT_API_KEY, then "
            "APIYI_API_KEY, or GEMINI_API_KEY and GOOGLE_API_KEY, then --login's.",
            "--api-key-file",
            metavar="FILE",
        ),
    ] = None
    timeout: Annotated[
        float | None,
        _row(
            SERVICE,
            "For one whole attempt; 300 by default, 600 at 4K.",
            "--timeout",
            metavar="SECONDS",
            min=0.1,
        ),
    ] = None
    connect_timeout: Annotated[
        float,
        _row(
            SERVICE,
            "For the connection; 10 by default.",
            "--connect-timeout",
            metavar="SECONDS",
            min=0.1,
        ),
    ] = 10.0
    retries: Annotated[
        int,
        _row(
            SERVICE,
            "Further attempts where nothing was billed; 3 by default.",
            "--retries",
            metavar="N",
            min=0,
        ),
    ] = 3
    max_wait: Annotated[
        float,
        _row(
            SERVICE,
            "Longest wait between two attempts; 120 by default.",
            "--max-wait",
            metavar="SECONDS",
            min=0,
        ),
    ] = 120.0
    retry_unknown: Annotated[
        bool,
        _row(
            SERVICE,
            "Also try again where the lost attempt may have been billed.",
            "--retry-unknown",
        ),
    ] = False
    max_reply: Annotated[
        float,
        _row(
            SERVICE,
            "Largest reply, after decompression; 512 by default.",
            "--max-reply",
            metavar="MB",
            min=1,
        ),
    ] = 512.0
    emulate: Annotated[
        bool,
        _row(
            SERVICE,
            "Use the built-in emulator: no key, no cost, nothing leaves here.",
            "--emulate",
        ),
    ] = False

    # Output
    output: Annotated[
        str | None,
        _row(
            OUTPUT,
            "Where to: a file (its extension decides the format), a folder, or - "
            "for standard output. Default: <input>-edited.<ext> here.",
            "-o",
            "--output",
            metavar="PATH",
            env=False,
        ),
    ] = None
    format: Annotated[
        str | None,
        _row(
            OUTPUT,
            "png, jpg, webp, avif or tif, whatever the output is called.",
            "--format",
            metavar="FORMAT",
            parser=FORMAT,
        ),
    ] = None
    force: Annotated[
        bool, _row(OUTPUT, "Replace an output that exists.", "-f", "--force", env=False)
    ] = False
    save_drafts: Annotated[
        bool,
        _row(
            OUTPUT,
            "Keep the model's drafts beside the output, as out.draft-1.jpg.",
            "--save-drafts",
        ),
    ] = False
    json: Annotated[
        bool,
        _row(OUTPUT, "Print one JSON object a result, and nothing else.", "--json"),
    ] = False
    show: Annotated[
        bool,
        _row(
            OUTPUT,
            "Draw the result in the terminal; --show=both: the input beside it.",
            "--show",
        ),
    ] = False
    show_both: Annotated[
        bool, typer.Option("--show-both", hidden=True, rich_help_panel=OUTPUT)
    ] = False

    # Many edits
    count: Annotated[
        int | None,
        _row(
            MANY,
            "Make N variants: out-1.png, out-2.png, ...",
            "-n",
            "--count",
            metavar="N",
            min=1,
        ),
    ] = None
    each: Annotated[
        bool,
        _row(
            MANY,
            "Edit every IMAGE by itself, into -o FOLDER; an IMAGE may be a folder.",
            "--each",
            env=False,
        ),
    ] = False
    recursive: Annotated[
        bool,
        _row(MANY, "With --each: the folders within folders too.", "--recursive"),
    ] = False
    batch: Annotated[
        str | None,
        _row(
            MANY,
            "Edits from JSON Lines, one a line, option names as keys; - is "
            "standard input.",
            "--batch",
            metavar="FILE",
            env=False,
        ),
    ] = None
    jobs: Annotated[
        int,
        _row(MANY, "Edits at once; 4 by default.", "-j", "--jobs", metavar="N", min=1),
    ] = 4
    rpm: Annotated[
        int | None,
        _row(MANY, "Requests a minute, at most.", "--rpm", metavar="N", min=1),
    ] = None
    fail_fast: Annotated[
        bool, _row(MANY, "Begin no new edit after the first failure.", "--fail-fast")
    ] = False
    skip_existing: Annotated[
        bool,
        _row(MANY, "Skip edits whose output is there already.", "--skip-existing"),
    ] = False
    manifest: Annotated[
        str | None,
        _row(
            MANY,
            "Where results are noted, one JSON object a line; results.jsonl beside "
            "the outputs by default.",
            "--manifest",
            metavar="FILE",
            env=False,
        ),
    ] = None
    shard: Annotated[
        str | None,
        _row(
            MANY,
            "Do only the I-th of N equal parts of the list.",
            "--shard",
            metavar="I/N",
        ),
    ] = None
    report: Annotated[
        str | None,
        _row(
            MANY,
            "Write a page with every before and after.",
            "--report",
            metavar="FILE.html",
            env=False,
        ),
    ] = None
    cache: Annotated[
        bool,
        _row(
            MANY,
            "Keep results; the same edit again costs nothing.",
            "--cache/--no-cache",
        ),
    ] = False
    cache_dir: Annotated[
        str | None,
        _row(MANY, "Where results are kept.", "--cache-dir", metavar="FOLDER"),
    ] = None
    cache_size: Annotated[
        float,
        _row(
            MANY,
            "Most that is kept, oldest out first; 2048 by default.",
            "--cache-size",
            metavar="MB",
            min=1,
        ),
    ] = 2048.0

    # Behaviour
    dry_run: Annotated[
        bool,
        _row(
            BEHAVIOUR,
            "Check everything, show what would be sent, send nothing. No key needed.",
            "--dry-run",
            env=False,
        ),
    ] = False
    quiet: Annotated[
        bool, _row(BEHAVIOUR, "Say nothing but errors.", "-q", "--quiet")
    ] = False
    verbose: Annotated[
        int,
        _row(
            BEHAVIOUR,
            "Show the request, its timing and tokens; -vv: headers too.",
            "-v",
            "--verbose",
            count=True,
        ),
    ] = 0
    config: Annotated[
        str | None,
        _row(
            BEHAVIOUR,
            "Configuration file; config.toml in the user's folder by default.",
            "--config",
            metavar="FILE",
        ),
    ] = None
    show_config: Annotated[
        bool,
        _row(
            BEHAVIOUR,
            "Print every setting and where it came from.",
            "--show-config",
            env=False,
        ),
    ] = False
    login: Annotated[
        bool,
        _row(
            BEHAVIOUR,
            "Ask for the provider's key and store it.",
            "--login",
            env=False,
        ),
    ] = False
    recover: Annotated[
        bool,
        _row(
            BEHAVIOUR,
            "nano-edit --recover REPLY -o PATH makes the picture from a reply that "
            "was kept; without REPLY: lists them. Sends nothing.",
            "--recover",
            env=False,
        ),
    ] = False
    install_completion: Annotated[
        bool,
        _row(
            BEHAVIOUR,
            "Install Tab completion for the current shell.",
            "--install-completion",
            env=False,
        ),
    ] = False
    version: Annotated[
        bool, _row(BEHAVIOUR, "Print the version.", "--version", env=False)
    ] = False


NAMES = tuple(row.name for row in dataclasses.fields(Options))


def command_signature(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give ``command(context, **values)`` one parameter for each row of `Options`."""
    hints = get_type_hints(Options, include_extras=True)
    parameters = [
        inspect.Parameter(
            row.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=row.default,
            annotation=hints[row.name],
        )
        for row in dataclasses.fields(Options)
    ]
    context = inspect.Parameter(
        "context", inspect.Parameter.POSITIONAL_ONLY, annotation=typer.Context
    )
    command.__signature__ = inspect.Signature([context, *parameters])  # type: ignore[attr-defined] # what inspect reads
    command.__annotations__ = {"context": typer.Context, **hints}
    return command
