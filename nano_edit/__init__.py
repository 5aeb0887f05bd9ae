"""Edit pictures by instruction with Gemini's image models.

``from nano_edit import edit`` is the way in from Python.  What is named in
`__all__` is loaded when it is first asked for, so that the command, which begins
here too, loads only what it needs.
"""

from nano_edit.version import VERSION

TYPE_CHECKING = False  # type checkers take it for true; no import is needed
if TYPE_CHECKING:
    from nano_edit.api import edit, edit_many
    from nano_edit.domain import Edit, EditResult
    from nano_edit.engine.again import Session
    from nano_edit.engine.batch.folders import each_picture
    from nano_edit.engine.batch.lists import read_list
    from nano_edit.engine.batch.runner import Batch
    from nano_edit.engine.deferred.batch import DeferredBatch
    from nano_edit.engine.editor import Editor
    from nano_edit.errors import NanoEditError

__version__ = VERSION
__all__ = [
    "Batch",
    "DeferredBatch",
    "Edit",
    "EditResult",
    "Editor",
    "NanoEditError",
    "Session",
    "__version__",
    "each_picture",
    "edit",
    "edit_many",
    "read_list",
]

_HOMES = {
    "edit": "nano_edit.api",
    "edit_many": "nano_edit.api",
    "Edit": "nano_edit.domain",
    "Batch": "nano_edit.engine.batch.runner",
    "DeferredBatch": "nano_edit.engine.deferred.batch",
    "Session": "nano_edit.engine.again",
    "Editor": "nano_edit.engine.editor",
    "each_picture": "nano_edit.engine.batch.folders",
    "read_list": "nano_edit.engine.batch.lists",
    "EditResult": "nano_edit.domain",
    "NanoEditError": "nano_edit.errors",
}


def __getattr__(name: str) -> object:
    """Load what is asked for by name."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - the command needs none

    return getattr(import_module(_HOMES[name]), name)
