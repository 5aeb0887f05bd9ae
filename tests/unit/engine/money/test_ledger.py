"""The ledger: what is written, by whom at once, and what is read back."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import stat
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.domain import Billed
from nano_edit.engine.money.ledger import (
    Call,
    Ledger,
    _parsed,
    is_wanted,
    ledger_path,
    read_calls,
    spent,
)
from nano_edit.errors import InputError
from nano_edit.leftovers import hold

if TYPE_CHECKING:
    from pathlib import Path

SENT = Call(
    id="a1",
    at="2026-11-24T20:50:07Z",
    provider="apiyi",
    model="gemini-3-pro-image-preview",
    size="2K",
    tier="standard",
    outcome="sent",
    billed=Billed.UNKNOWN,
    dollars=0.09,
)
ENDED = replace(
    SENT,
    at="2026-11-24T20:51:00Z",
    outcome="picture",
    billed=Billed.YES,
    tokens={"prompt_tokens": 560, "total_tokens": None},
    response_id="r",
)


def line_of(**facts: Any) -> bytes:
    """Return a line of a call whose facts are as they should be but for these."""
    return json.dumps(
        {**{n: getattr(SENT, n) for n in SENT.__match_args__}, **facts}
    ).encode()


def test_a_request_is_one_call_however_many_lines_tell_of_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "state" / "ledger.jsonl")
    ledger.note_sent(SENT)
    ledger.note_sent(replace(SENT, id="b2"))
    ledger.note_end(ENDED)
    calls = read_calls(tmp_path / "state" / "ledger.jsonl")
    assert calls == [replace(ENDED, at=SENT.at), replace(SENT, id="b2")]


@pytest.mark.skipif(sys.platform == "win32", reason="no modes there")
def test_the_ledger_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "ledger.jsonl"
    Ledger(path).note_sent(SENT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_behind_a_torn_line_a_new_one_begins(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.note_sent(SENT)
    with path.open("ab") as file:
        file.write(b'{"id":"torn","at"')
    ledger.note_sent(replace(SENT, id="b2"))
    assert [call.id for call in read_calls(path)] == ["a1", "b2"]


def test_a_ledger_that_cannot_be_written_lets_nothing_out(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    ledger = Ledger(tmp_path / "state" / "ledger.jsonl")
    with pytest.raises(InputError, match="Nothing was sent"):
        ledger.note_sent(SENT)
    ledger.note_end(ENDED)  # is no error


def test_no_ledger_is_no_calls_and_one_that_cannot_be_read_is_an_error(
    tmp_path: Path,
) -> None:
    assert read_calls(tmp_path / "none.jsonl") == []
    with pytest.raises(InputError, match="cannot be read"):
        read_calls(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"7\n",
        b"[]\n",
        b"{}\n",
        b'{"id":1}\n',
        b"\xff\xfe\n",
        line_of(dollars=math.nan),
        line_of(dollars=math.inf),
        line_of(dollars=-1.0),
        b"[" * 100_000,
        json.dumps({**json.loads('{"id":"x"}'), "at": 5}).encode(),
    ],
)
def test_a_line_that_is_none_of_ours_is_passed_over(line: bytes) -> None:
    assert _parsed(line_of()) == SENT
    assert _parsed(line) is None


@given(st.dictionaries(st.sampled_from(Call.__match_args__), st.integers() | st.text()))
def test_any_object_is_a_call_or_nothing(record: dict[str, Any]) -> None:
    found = _parsed(json.dumps(record).encode())
    assert found is None or found.billed in set(Billed)


def test_only_what_was_or_may_have_been_billed_is_spent() -> None:
    calls = [
        ENDED,
        replace(SENT, id="2"),
        replace(ENDED, id="3", billed=Billed.NO),
        replace(ENDED, id="4", dollars=None),
        replace(ENDED, id="5", at="2026-10-31T23:59:59Z"),
    ]
    assert spent(calls) == pytest.approx(0.27)
    assert spent(calls, "2026-11-01T00:00:00Z") == pytest.approx(0.18)


@pytest.mark.parametrize("word", ["0", "false", " No ", "off"])
def test_the_ledger_is_switched_off_by_a_word(word: str) -> None:
    assert not is_wanted({"NANO_EDIT_LEDGER": word})
    assert is_wanted({"NANO_EDIT_LEDGER": ""})
    assert is_wanted({})


def test_the_ledger_lies_beside_the_kept_replies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NANO_EDIT_STATE_DIR", str(tmp_path))
    assert ledger_path() == tmp_path / "ledger.jsonl"


def _write(path: Path, number: int) -> None:
    ledger = Ledger(path)
    for each in range(50):
        call = replace(SENT, id=f"{os.getpid()}-{number}-{each}")
        ledger.note_sent(call)
        ledger.note_end(replace(call, outcome="picture", billed=Billed.YES))


def test_many_processes_write_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(_write, [(path, number) for number in range(4)])
    lines = path.read_bytes().splitlines()
    assert len(lines) == 400
    assert all(map(_parsed, lines))
    calls = read_calls(path)
    assert len(calls) == 200
    assert {call.outcome for call in calls} == {"picture"}


def test_a_lock_that_is_never_given_back_holds_up_no_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    with path.open("ab") as file:
        assert hold(file.fileno(), path)
        Ledger(path).note_sent(SENT)
    assert read_calls(path) == [SENT]
