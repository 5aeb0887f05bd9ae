"""``nano-edit-emulator``: the emulator as a program."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from nano_edit.emulator import Emulator, FaultListError
from nano_edit.emulator.faults.table import table

if TYPE_CHECKING:
    from types import FrameType

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def _list_faults(asked: bool) -> None:
    if asked:
        sys.stdout.write(table())
        raise typer.Exit


@app.command()
def serve(
    port: Annotated[
        int,
        typer.Option(help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535),
    ] = 8787,
    fault: Annotated[
        str,
        typer.Option(
            help="What goes wrong, request by request: NAME[=ARG][:COUNT],…",
            metavar="LIST",
        ),
    ] = "",
    latency: Annotated[
        float, typer.Option(help="Seconds of silence before each picture.", min=0)
    ] = 0.0,
    signature_bytes: Annotated[
        int | None,
        typer.Option(
            help="Length of each thoughtSignature (as it is: 1.1 to 1.5 MB).", min=0
        ),
    ] = None,
    gzip: Annotated[
        bool, typer.Option(help="Compress replies for clients that accept it.")
    ] = True,
    _: Annotated[
        bool,
        typer.Option(
            "--list-faults",
            help="Print the faults there are as a table, and end.",
            callback=_list_faults,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Emulate Gemini's picture editing on this machine: no key, no cost."""
    try:
        emulator = Emulator(
            port=port,
            faults=fault,
            latency=latency,
            signature_bytes=signature_bytes,
            gzip=gzip,
        )
    except FaultListError as error:
        raise typer.BadParameter(str(error), param_hint="--fault") from None
    except OSError as error:
        raise typer.BadParameter(
            f"{port}: {error.strerror}", param_hint="--port"
        ) from None
    _serve(emulator)


def _serve(emulator: Emulator) -> None:
    """Say where it listens, then answer until a signal comes."""
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    with emulator:
        sys.stdout.write(f"{emulator.url}\n")
        sys.stdout.flush()
        sys.stderr.write(
            "Emulating the service; any key does. Try:\n"
            f"  nano-edit 'blur the background' in.jpg --base-url {emulator.url}\n"
            f"What was asked: {emulator.url}/log. Ctrl-C ends it.\n"
        )
        # In slices, since a wait without an end hides Ctrl-C on Windows.
        while not ended.wait(0.5):
            pass


def main() -> None:
    """Run the program."""
    app(prog_name="nano-edit-emulator")


if __name__ == "__main__":
    main()
