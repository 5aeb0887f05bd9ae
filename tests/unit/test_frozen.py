"""`Frozen` against the frozen dataclass that it stands for."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import FrozenInstanceError, dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from nano_edit.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Callable


class Span(Frozen):
    """A record of each kind of field."""

    path: str
    offset: int
    note: str = ""
    tags: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        """A method reads the fields."""
        return self.offset + 1


class Other(Frozen):
    """The same fields in another class."""

    path: str
    offset: int
    note: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """The dataclass that `Span` is compared with."""

    path: str
    offset: int
    note: str = ""
    tags: tuple[str, ...] = ()


class Run(Frozen):
    """What a dataclass may do beside holding values."""

    path: str
    found: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", self.path.upper())


class Empty(Frozen):
    """A record without fields, such as most events."""


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("a", 1), {}),
    (("a", 1, "n", ("t",)), {}),
    (("a",), {"offset": 1, "tags": ("x",)}),
    ((), {"note": "n", "offset": 1, "path": "a"}),
    ((), {}),
    (("a",), {}),
    (("a", 1, "n", (), 5), {}),
    (("a", 1), {"path": "b"}),
    (("a", 1), {"size": 3}),
    ((), {"offset": 1, "size": 3, "note": ""}),
]


@pytest.mark.parametrize(("values", "named"), CALLS)
def test_arguments_are_taken_and_refused_as_by_a_dataclass(
    values: tuple[Any, ...], named: dict[str, Any]
) -> None:
    try:
        model: Any = Model(*values, **named)
    except TypeError:
        with pytest.raises(TypeError, match="Span takes path, offset, note, tags"):
            Span(*values, **named)
        return
    made = Span(*values, **named)
    assert dataclasses.asdict(made) == dataclasses.asdict(model)
    assert repr(made) == repr(model).replace("Model", "Span")


def test_a_default_is_made_anew_and_fields_are_brought_in_order() -> None:
    one, other = Run("a"), Run("a", [1])
    assert (one.path, one.found, other.found) == ("A", [], [1])
    assert Run("a").found is not one.found
    assert dataclasses.replace(other, path="b") == Run("B", [1])


def test_equal_means_the_same_class_and_the_same_values() -> None:
    assert Span("a", 1) == Span("a", 1, "")
    assert hash(Span("a", 1)) == hash(Span("a", 1, ""))
    assert Span("a", 1) != Span("a", 2)
    assert Span("a", 1) != Other("a", 1)
    assert Span("a", 1) != ("a", 1, "", ())
    assert Empty() == Empty()


@pytest.mark.parametrize(
    "change",
    [
        lambda made: setattr(made, "offset", 2),
        lambda made: setattr(made, "size", 2),
        lambda made: delattr(made, "offset"),
    ],
)
def test_a_change_is_refused(change: Callable[[Span], None]) -> None:
    made = Span("a", 1)
    with pytest.raises(FrozenInstanceError):
        change(made)
    assert made == Span("a", 1)


def test_it_is_a_dataclass_to_the_standard_library() -> None:
    made = dataclasses.replace(Span("a", 1), offset=7)
    match made:
        case Span(path, offset):
            assert (path, offset, made.end) == ("a", 7, 8)
    assert copy.copy(made) == copy.deepcopy(made)
    assert [field.name for field in dataclasses.fields(Empty)] == []


def test_no_method_is_compiled_for_a_class() -> None:
    assert not {"__init__", "__eq__", "__repr__", "__setattr__"} & vars(Span).keys()
