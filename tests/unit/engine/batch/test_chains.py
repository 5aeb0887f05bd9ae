"""Edits that go on from others: who from whom, what holds on, what cannot be."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from nano_edit import Edit, Editor
from nano_edit.engine.batch.chains import Chains, check_no_chain
from nano_edit.engine.batch.plan import check_all, shard
from nano_edit.engine.history.entry import Entry, Source
from nano_edit.engine.history.store import History, history_folder
from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

ID = "0123456789ab"
FIRST = Edit("sepia", ("in.jpg",), "1.jpg", where="list:1")


def edit(number: int, after: int | str, **more: object) -> Edit:
    made = Edit("mirror it", (), f"{number}.jpg", where=f"list:{number}")
    word = f"list:{after}" if isinstance(after, int) else after
    return replace(made, after=word, **more)  # type: ignore[arg-type] # fields of Edit


def chains(*edits: Edit) -> Chains:
    return Chains(edits, Editor(api_key="any", history=True))


def faults(*edits: Edit) -> list[str]:
    return [fault.message for fault in chains(*edits).faults]


def note(folder: Path, **more: object) -> Entry:
    """Note an edit in the history, whose picture is there."""
    picture = folder / "made.jpg"
    picture.write_bytes(b"made")
    digest = hashlib.sha256(b"made").hexdigest()
    entry = replace(
        Entry(ID, output=str(picture), sha256=digest, provider="apiyi", model="some"),
        **more,  # type: ignore[arg-type] # fields of Entry
    )
    History(history_folder()).add(entry)
    return entry


def test_a_line_goes_on_from_one_before_or_behind_it() -> None:
    found = chains(edit(1, 3), edit(2, 1), replace(FIRST, where="list:3"))
    assert found.before == {0: 2, 1: 0}
    assert found.first == {0: 2, 1: 2}
    assert found.faults == []


def test_a_variant_goes_on_from_its_own() -> None:
    edits = [
        replace(each, variant=number)
        for each in (FIRST, edit(2, 1))
        for number in (1, 2)
    ]
    assert chains(*edits).before == {2: 0, 3: 1}


def test_what_was_said_holds_until_something_else_is_said() -> None:
    first = replace(FIRST, size="2K", region=("1,1,5,5",), keep_rest=True, model="pro")
    found = chains(
        first, edit(2, 1), edit(3, 2, size="1K", mask="m.png", model="flash")
    )
    _, second, third = found.edits
    assert (second.size, second.region, second.keep_rest) == ("2K", ("1,1,5,5",), True)
    assert (third.size, third.region, third.keep_rest) == ("1K", (), False)
    assert (second.model, third.model) == ("pro", "flash")
    again = chains(*found.edits).edits
    assert [*map(id, again)] == [*map(id, found.edits)]


def test_an_edit_is_another_one_when_what_it_comes_from_is() -> None:
    line = (FIRST, edit(2, 1), edit(3, 2))
    moved = (replace(FIRST, where="list:7"), edit(2, 7), edit(3, 2))
    other = (replace(FIRST, instruction="night"), *line[1:])
    assert chains(*line).job(2) == chains(*moved).job(2)
    assert chains(*line).job(2) != chains(*other).job(2)
    assert len({chains(*line).job(place) for place in range(3)}) == 3


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ((edit(1, 1),), "list:1: it goes on from list:1, which in the end"),
        ((edit(1, 2), edit(2, 3), edit(3, 1)), "which in the end goes on from it"),
        ((FIRST, edit(2, 9)), "list:2: it goes on from list:9, where there is no edit"),
        ((edit(1, ID),), f"it goes on from {ID}, which the history does not know"),
        ((replace(edit(1, 9), where=""),), "it goes on from list:9, where there is"),
    ],
)
def test_what_cannot_be_is_told_once(edits: tuple[Edit, ...], words: str) -> None:
    (told,) = faults(*edits)
    assert words in told


@pytest.mark.parametrize("output", [None, "out/", "."])
def test_a_result_needs_a_name(output: str | None) -> None:
    edits = [replace(edit(2, 1), output=output)]
    with pytest.raises(UsageError) as refused:
        check_all(edits, Editor(api_key="any").check)
    told = "list:2: An edit that goes on from another needs an output of its own."
    assert refused.value.message == told


def test_a_chain_is_in_one_shard() -> None:
    edits = (FIRST, replace(FIRST, where="list:2"), edit(3, 1), edit(4, 3), edit(5, 2))
    found = chains(*edits)
    parts = [shard(edits, f"{part}/2", found.first) for part in (1, 2)]
    assert [[each.where[-1] for each in part] for part in parts] == [
        ["1", "3", "4"],
        ["2", "5"],
    ]


def test_a_long_chain_is_no_deep_one() -> None:
    found = chains(FIRST, *(edit(number, number - 1) for number in range(2, 3000)))
    assert found.first[2998] == 0
    assert found.job(2998)


def test_an_edit_of_the_history_is_known_by_how_its_id_begins(tmp_path: Path) -> None:
    entry = note(tmp_path, options={"size": "2K"})
    found = chains(edit(1, ID[:8]))
    assert found.entry(0) == entry
    assert (found.edits[0].size, found.edits[0].model) == ("2K", "some")
    assert found.job(0) == chains(edit(1, ID)).job(0)
    following = found.next_of(0, entry.output)
    assert following.edit.images == (entry.output,)
    assert following.start.entry == entry


def test_another_provider_has_models_of_its_own(tmp_path: Path) -> None:
    note(tmp_path, provider="google")
    assert chains(edit(1, ID)).edits[0].model is None


def test_an_id_that_is_not_told_whole_is_a_fault(tmp_path: Path) -> None:
    note(tmp_path)
    note(tmp_path, id=ID[:11] + "c")
    assert "which the history knows several of" in faults(edit(1, ID[:8]))[0]


def test_a_picture_of_the_history_that_has_changed_is_a_fault(tmp_path: Path) -> None:
    entry = note(tmp_path)
    (tmp_path / "made.jpg").write_bytes(b"other")
    (told,) = faults(edit(1, ID))
    assert f"{entry.output}, is not there as it was" in told


def test_a_mask_of_the_history_that_has_gone_is_a_fault(tmp_path: Path) -> None:
    note(tmp_path, mask=Source("m.png", str(tmp_path / "m.png"), "00"))
    assert faults(edit(1, ID), edit(2, 1)) == [
        "list:1: The mask, m.png, is not there as it was."
    ]
    assert faults(edit(1, ID, region=("1,1,5,5",))) == []


def test_a_chain_cannot_be_deferred() -> None:
    check_no_chain([FIRST])
    with pytest.raises(UsageError) as refused:
        check_no_chain([FIRST, edit(2, 1)])
    assert refused.value.message.startswith("list:2: it goes on from list:1, and")


def test_one_edit_by_itself_goes_on_from_no_line() -> None:
    with pytest.raises(UsageError, match="that is for a list"):
        Editor(api_key="any").check(edit(2, 1))
