"""Edit pictures by instruction with Gemini's image models.

``from nano_edit import edit`` is the way in from Python.  What is named in
`__all__` is loaded when it is first asked for, so that the command, which begins
here too, loads only what it needs.
"""

TYPE_CHECKING = False  # type checkers take it for true; no import is needed
if TYPE_CHECKING:
    from nano_edit.api import edit
    from nano_edit.domain import EditResult
    from nano_edit.errors import NanoEditError

__version__ = "0.1.0"
__all__ = ["EditResult", "NanoEditError", "__version__", "edit"]

_HOMES = {
    "edit": "nano_edit.api",
    "EditResult": "nano_edit.domain",
    "NanoEditError": "nano_edit.errors",
}


def __getattr__(name: str) -> object:
    """Load what is asked for by name."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - the command needs none

    return getattr(import_module(_HOMES[name]), name)
