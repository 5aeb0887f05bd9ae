"""Lines of statements, however a value is written."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from nano_edit.cli.config.toml_text import Statement, statements

VALUES = st.sampled_from(
    [
        "1",
        "1979-05-27 07:32:00",
        '"a # b = [c] \\" { \\\\"',
        "'C:\\path\\'",
        '""',
        "''",
        '"""\n[no.table]\nno = 1\n"" \\""" " """',
        '"""two quotes at the end"""""',
        "'''\nnot = 'a' key ''\n'''",
        "'''two quotes at the end'''''",
        '[\n  1, # ] in a comment\n  "]", # "\n  [2],\n]',
        '[ "\\"]" , \'[\' ]',
        "{ a = 1, b.c = '}' }",
        '{ "a b" = [1, { c = "\\\\" }] }',
        "[]",
        "{}",
    ]
)
COMMENTS = st.sampled_from(["", "\n", "# [a] = 'b\n", "  \t\n", '\n\n# """\n'])
KEYS = st.sampled_from(
    [
        ("k{0}", ("k{0}",)),
        ('"k {0}"', ("k {0}",)),
        ("'k.{0}'", ("k.{0}",)),
        ('a{0} . "b" .c', ("a{0}", "b", "c")),
        ('"\\u0061\\"{0}"', ('a"{0}',)),
    ]
)
TABLES = st.sampled_from(
    [
        ("[t{0}]", ("t{0}",), "["),
        ("[ t{0} . 'x y' ] # ]", ("t{0}", "x y"), "["),
        ('[["t{0}".y]]', ("t{0}", "y"), "[["),
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[Statement]]:
    """Return a text that is TOML, and its statements."""
    text, found = "", []
    table: tuple[str, ...] = ()
    for number in range(draw(st.integers(0, 8))):
        text += draw(COMMENTS)
        line = text.count("\n") + 1
        if draw(st.booleans()):
            written, path = draw(KEYS)
            own = tuple(part.format(number) for part in path)
            found.append(Statement((*table, *own), line))
            text += f"{written.format(number)} = {draw(VALUES)}"
        else:
            written, path, header = draw(TABLES)
            table = tuple(part.format(number) for part in path)
            found.append(Statement(table, line, header))
            text += written.format(number)
        text += draw(st.sampled_from(["\n", " # end\n", "\t\n"]))
    return text, found


@given(documents())
def test_every_statement_is_found_on_its_line(
    document: tuple[str, list[Statement]],
) -> None:
    text, found = document
    tomllib.loads(text)  # it is TOML
    assert list(statements(text)) == found
    assert list(statements(text.rstrip("\n"))) == found
