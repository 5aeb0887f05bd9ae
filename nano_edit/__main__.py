"""``python -m nano_edit`` and the ``nano-edit`` script.

The garbage collector is told what it cannot know: loading a program makes no
garbage, and a program that ends needs none collected.  Both together are a third
of the time that an edit takes beside the service's own.

Rules: what must happen before anything else is imported happens here; Ctrl-C while
the program is being loaded ends it without a traceback.
"""

import _signal  # type: ignore[import-not-found] # `signal` takes longer to load
import gc

TYPE_CHECKING = False  # so do `typing` and `__future__`
if TYPE_CHECKING:
    from typing import NoReturn

# Objects made, less those freed, between two collections; Python's own is 700.  At
# a hundred bytes each, what a collection finds too late is a few megabytes.
GARBAGE = 50_000


def main() -> "NoReturn":
    """Run the command and end the process with its exit status."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    gc.set_threshold(GARBAGE)
    from nano_edit.cli.app import main as command  # noqa: PLC0415 - see above

    try:
        command()
    finally:
        gc.freeze()  # the interpreter's last collection has nothing to walk


if __name__ == "__main__":
    main()
