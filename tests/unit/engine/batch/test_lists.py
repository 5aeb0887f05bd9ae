"""Lists of edits: JSON Lines and CSV, options and variables, faults by line."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.domain import Edit
from nano_edit.engine.batch.lists import EditList, filled, read_list
from nano_edit.errors import InputError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

BASE = Edit("", ())


def read(text: str | bytes, base: Edit = BASE, **more: Any) -> EditList:
    raw = text.encode() if isinstance(text, str) else text
    return read_list("-", base, stdin=io.BytesIO(raw), **more)


def one(text: str | bytes, base: Edit = BASE, **more: Any) -> Edit:
    found = read(text, base, **more)
    assert not found.faults
    (edit,) = found.edits
    return edit


def fault(text: str | bytes, base: Edit = BASE) -> str:
    (found,) = read(text, base).faults
    return f"{found.message}\n{found.hint}"


def line(**values: Any) -> str:
    return json.dumps({"instruction": "sepia", "images": ["a.jpg"], **values})


# --- JSON Lines ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "field", "value"),
    [
        ({"images": "b.jpg"}, "images", ("b.jpg",)),
        ({"images": ["b.jpg", "c.jpg"]}, "images", ("b.jpg", "c.jpg")),
        ({"aspect-ratio": "16:9"}, "aspect_ratio", "16:9"),
        ({"size": "2k"}, "size", "2K"),
        ({"max_side": 1024}, "max_side", 1024),
        ({"strict": True}, "strict", True),
        ({"output": None}, "output", None),
    ],
)
def test_a_line_says_what_differs(
    values: dict[str, Any], field: str, value: object
) -> None:
    assert getattr(one(line(**values)), field) == value


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"size": "9K"}, "size: '9K' is not one of 512 1K 2K 4K"),
        ({"size": 2}, "size: text is wanted, not 2"),
        ({"strict": 1}, "strict: true or false is wanted, not 1"),
        ({"max_side": True}, "max_side: a whole number is wanted, not true"),
        ({"max_side": "9"}, "max_side: a whole number is wanted, not '9'"),
        ({"images": [1]}, "images: a list of texts is wanted, not a list"),
        ({"images": {}}, "images: a list of texts is wanted, not an object"),
        ({"sise": "1K"}, "there is no option 'sise'. Did you mean size?"),
        ({"jobs": 3}, "jobs is for the whole run"),
        ({"budget": 3}, "budget is for the whole run"),
        ({"tier": "slow"}, "tier: 'slow' is not one of standard flex priority"),
        ({"api_key": "x"}, "api_key has no place in a list"),
        ({"where": "x"}, "there is no option 'where'"),
    ],
)
def test_what_a_line_cannot_say_is_told(values: dict[str, Any], words: str) -> None:
    assert f"standard input:1: {words}" in fault(line(**values))


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000])
def test_deep_json_is_a_fault_and_no_crash(deep: str) -> None:
    found = read('{"instruction": "x", "images": "a.jpg"}\n' + deep)
    assert len(found.edits) == 1
    assert "standard input:2: " in found.faults[0].message


def test_a_byte_order_mark_is_no_fault() -> None:
    assert one(b"\xef\xbb\xbf" + line().encode()).instruction == "sepia"


def test_an_instruction_follows_the_prefix() -> None:
    assert one(line(), prefix="Be gentle.").instruction == "Be gentle.\nsepia"
    base = Edit("Be gentle.", ())
    assert one('{"images": "a.jpg"}', base).instruction == "Be gentle."


def test_an_instruction_file_is_read_once(tmp_path: Path) -> None:
    how = tmp_path / "how.txt"
    how.write_text("in sepia")
    found = read(f"{line(instruction=f'@{how}')}\n" * 3)
    assert {edit.instruction for edit in found.edits} == {"in sepia"}


# --- CSV ----------------------------------------------------------------------


def test_columns_are_options_and_variables() -> None:
    edit = one(
        'images,output,size,strict,colour\na.jpg,out.png,2K,true,"deep, dark blue"\n',
        Edit("make the car {colour}", ()),
    )
    assert edit == Edit(
        "make the car deep, dark blue",
        ("a.jpg",),
        "out.png",
        size="2K",
        strict=True,
        where="standard input:2",
    )


def test_a_column_named_twice_gives_several_pictures() -> None:
    edit = one("images,images,instruction\na.jpg,b.jpg,join\n")
    assert edit.images == ("a.jpg", "b.jpg")


def test_empty_cells_say_nothing_and_blank_rows_are_none() -> None:
    found = read("images,size\na.jpg,\n,\n\nb.jpg,1K\n", Edit("sepia", ()))
    assert [(edit.images, edit.size) for edit in found.edits] == [
        (("a.jpg",), None),
        (("b.jpg",), "1K"),
    ]
    assert [edit.where for edit in found.edits] == [
        "standard input:2",
        "standard input:5",
    ]


def test_a_column_of_no_use_is_left_alone_unless_it_looks_like_an_option() -> None:
    base = Edit("sepia", ())
    assert one("images,remarks\na.jpg,nice\n", base).images == ("a.jpg",)
    assert "Did you mean output?" in fault("images,ouput\na.jpg,b.png\n", base)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("images,size\na.jpg,1K,x\n", ":2: there are 3 cells and 2 columns"),
        ("images,size,size\na.jpg,1K,2K\n", ":2: there are two columns named size"),
        ('images,size\n"a.jpg"x,1K\n', ":2: "),
        ("images,max_side\na.jpg,wide\n", "a whole number is wanted, not 'wide'"),
        ("images,strict\na.jpg,perhaps\n", "true or false is wanted, not 'perhaps'"),
        (b"images\n\xff.jpg\n", "is not UTF-8 text"),
        (b"images\n\xff.jpg\n", "Save it as UTF-8"),
        ("images;size\na.jpg;1K\n", "semicolons between them"),
        ('images,size\na.jpg,"1K\n', ":2: a quote is not closed"),
    ],
)
def test_a_faulty_table_is_told(text: str | bytes, words: str) -> None:
    assert words in fault(text, Edit("sepia", ()))


@pytest.mark.parametrize(("name", "mark"), [("list.csv", ","), ("list.TSV", "\t")])
def test_a_table_is_known_by_its_suffix(tmp_path: Path, name: str, mark: str) -> None:
    path = tmp_path / name
    path.write_text(f"images{mark}instruction\na.jpg{mark}sepia\n")
    (edit,) = read_list(str(path), BASE).edits
    assert (edit.where, edit.instruction) == (f"{path}:2", "sepia")


# --- variables ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("a {colour} car", "a red car"),
        ("{colour}{colour}", "redred"),
        ("a {{plain}} brace", "a {plain} brace"),
        ("{number} of {names}", "3 of x, y"),
        ("no variable", "no variable"),
    ],
)
def test_a_variable_is_filled_in(template: str, text: str) -> None:
    values = {"colour": "red", "number": 3, "names": ["x", "y"]}
    assert filled(template, values) == text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{size}", "{size} in the instruction has no value"),
        ("{empty}", "{empty} in the instruction has no value"),
        ("{}", "{} in the instruction has no value"),
        ("{a.b}", "{a.b} in the instruction has no value"),
        ("{colour:>9}", "{colour:>9} in the instruction has no value"),
        ("{colour!r}", "{colour!r} in the instruction has no value"),
        ("{colour", "the instruction's braces: expected '}' before end of string"),
        ("}", "the instruction's braces: Single '}'"),
    ],
)
def test_a_variable_without_a_value_is_told(template: str, words: str) -> None:
    with pytest.raises(UsageError) as told:
        filled(template, {"colour": "red", "empty": ""})
    assert words in told.value.message


def test_an_empty_variable_is_told_with_its_line() -> None:
    words = fault("images,colour\na.jpg,\n", Edit("make it {colour}", ()))
    assert "standard input:2: {colour} in the instruction has no value" in words


@given(st.text(st.characters(codec="utf-8")))
def test_doubled_braces_give_any_text_back(text: str) -> None:
    assert filled(text.replace("{", "{{").replace("}", "}}"), {}) == text


# --- what cannot be read --------------------------------------------------------


@pytest.mark.parametrize("name", ["none.jsonl", "a\0b.jsonl", "."])
def test_a_list_that_cannot_be_read_is_told(name: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_list(name, BASE)


def test_a_picture_in_the_place_of_a_list_is_told() -> None:
    with pytest.raises(UsageError, match=r"a\.JPG is a picture, not a list"):
        read_list("a.JPG", BASE)


@given(st.binary(max_size=400))
def test_any_bytes_give_edits_or_faults(raw: bytes) -> None:
    found = read(raw)
    assert all(isinstance(edit, Edit) for edit in found.edits)


# --- going on from another line --------------------------------------------------


@pytest.mark.parametrize(
    ("after", "told"),
    [
        *((7, "standard input:7"), ("7", "standard input:7")),
        *(("0123abcd", "0123abcd"), ("12345678", "12345678"), (12345678, "12345678")),
    ],
)
def test_a_line_names_a_line_or_an_id_to_go_on_from(
    after: int | str, told: str
) -> None:
    assert one(line(instruction="warmer", after=after, output="b.jpg")).after == told
    assert one(f"instruction,after,output\nwarmer,{after},b.jpg").after == told


@pytest.mark.parametrize("after", [True, 0, -1, 1.5, "list:7", [1], "0123ABCD", ""])
def test_anything_else_to_go_on_from_is_a_fault(after: Any) -> None:
    told = fault(line(instruction="warmer", after=after))
    assert "after: the number of a line, or an id of nano-edit history" in told
