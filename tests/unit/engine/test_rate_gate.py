from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from nano_edit.engine.rate_gate import RateGate
from nano_edit.errors import (
    InterruptedEdit,
    NanoEditError,
    QuotaError,
    Retry,
    ServerError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITED = QuotaError("slow down", retry=Retry.SAFE, retry_after=1.0)
SPENT = QuotaError("no money")
PATIENCE = 20.0  # seconds; a test that waits so long has failed


def attempt(gate: RateGate, error: NanoEditError | None = None) -> None:
    """Hold a slot, and fail in it with ``error``."""

    def held() -> None:
        with gate.slot():
            if error:
                raise error

    if error:
        with pytest.raises(type(error)):
            held()
    else:
        held()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


# --- how many at once ---------------------------------------------------------


def test_no_more_than_the_limit_run_at_once(threads: ThreadPoolExecutor) -> None:
    gate, lock, inside, most = RateGate(3), threading.Lock(), [0], [0]
    together = threading.Barrier(3, timeout=PATIENCE)

    def work(_: int) -> None:
        with gate.slot():
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            together.wait()  # only three at a time can pass it
            with lock:
                inside[0] -= 1

    list(threads.map(work, range(12)))
    assert most == [3]


def test_who_waits_gets_the_place_that_another_leaves() -> None:
    gate, begun = RateGate(1), threading.Event()

    def work() -> None:
        with gate.slot():
            begun.set()

    worker = threading.Thread(target=work)
    with gate.slot():
        worker.start()
        assert not begun.wait(0.1)
    assert begun.wait(PATIENCE)
    worker.join(PATIENCE)


def test_a_rate_limit_halves_the_limit_and_successes_let_it_grow() -> None:
    gate = RateGate(8)
    limits = []
    for _ in range(4):
        attempt(gate, LIMITED)
        limits.append(gate.limit)
    assert limits == [4, 2, 1, 1]
    for _ in range(1 + 2 + 3 + 4 + 5 + 6 + 7):
        attempt(gate)
        limits.append(gate.limit)
    assert limits[4:8] == [2, 2, 3, 3]
    assert limits[-2:] == [7, 8]
    for _ in range(20):
        attempt(gate)
    assert gate.limit == 8


def test_attempts_that_are_limited_side_by_side_halve_the_limit_once() -> None:
    gate = RateGate(8)
    with ExitStack() as side_by_side:
        slots = [gate.slot() for _ in range(8)]
        for slot in slots:
            slot.__enter__()
        for slot in slots:
            assert not slot.__exit__(QuotaError, LIMITED, None)
        assert gate.limit == 4
        side_by_side.close()
    attempt(gate, LIMITED)
    assert gate.limit == 2


@pytest.mark.parametrize("error", [SPENT, ServerError("x", retry=Retry.SAFE)])
def test_what_is_no_rate_limit_leaves_the_limit(error: NanoEditError) -> None:
    gate = RateGate(4)
    attempt(gate, error)
    assert gate.limit == 4


def test_a_rate_limit_without_a_named_wait_halves_too() -> None:
    gate = RateGate(4)
    attempt(gate, QuotaError("slow down", retry=Retry.SAFE))
    assert gate.limit == 2


def test_a_place_is_given_back_however_its_attempt_ends() -> None:
    gate = RateGate(1)
    with pytest.raises(KeyboardInterrupt), gate.slot():
        raise KeyboardInterrupt
    attempt(gate, LIMITED)
    attempt(gate)


# --- when they begin ----------------------------------------------------------


def test_requests_a_minute_are_spread_evenly(threads: ThreadPoolExecutor) -> None:
    gate, begun = RateGate(8, rpm=1200), []  # one each 50 ms

    def work(_: int) -> None:
        with gate.slot():
            begun.append(time.monotonic())

    began = time.monotonic()
    list(threads.map(work, range(6)))
    begun.sort()
    assert begun[0] - began < 0.04
    for number, moment in enumerate(begun):
        assert moment - begun[0] > number * 0.05 - 0.02


def test_a_rate_limit_makes_everybody_wait(threads: ThreadPoolExecutor) -> None:
    gate = RateGate(4)
    began = time.monotonic()
    gate.pause(0.3, LIMITED)
    assert time.monotonic() - began < 0.2  # the wait itself is for the next slot
    list(threads.map(lambda _: attempt(gate), range(4)))
    assert 0.3 <= time.monotonic() - began < 1.0


def test_a_longer_wait_is_not_shortened_by_another() -> None:
    gate = RateGate(4)
    began = time.monotonic()
    gate.pause(0.3, LIMITED)
    gate.pause(0.0, LIMITED)
    attempt(gate)
    assert time.monotonic() - began >= 0.3


def test_another_failure_makes_only_its_own_job_wait() -> None:
    gate, lost = RateGate(4), ServerError("x", retry=Retry.SAFE)
    began = time.monotonic()
    waiting = threading.Thread(target=gate.pause, args=(0.3, lost))
    waiting.start()
    attempt(gate)
    assert time.monotonic() - began < 0.2
    waiting.join(PATIENCE)
    assert time.monotonic() - began >= 0.3


# --- stop ---------------------------------------------------------------------


def interrupted_by_stop(gate: RateGate, *waits: object) -> float:
    """Let each of ``waits`` wait, stop the gate, and see that all are interrupted."""
    reached = threading.Barrier(len(waits) + 1, timeout=PATIENCE)
    ended: list[BaseException] = []

    def wait(how: object) -> None:
        reached.wait()
        try:
            if isinstance(how, NanoEditError):
                gate.pause(60.0, how)
            else:
                attempt(gate)
        except InterruptedEdit as error:
            ended.append(error)

    workers = [threading.Thread(target=wait, args=(how,)) for how in waits]
    for worker in workers:
        worker.start()
    reached.wait()
    workers[0].join(0.1)
    assert not ended  # they do wait
    began = time.monotonic()
    gate.stop()
    for worker in workers:
        worker.join(PATIENCE)
    assert len(ended) == len(waits)
    return time.monotonic() - began


def test_stop_wakes_who_waits_for_a_place() -> None:
    gate = RateGate(1)
    with gate.slot():
        assert interrupted_by_stop(gate, "slot", "slot") < 1


def test_stop_wakes_who_waits_for_a_time() -> None:
    gate = RateGate(4)
    gate.pause(60.0, LIMITED)
    assert interrupted_by_stop(gate, "slot", ServerError("x")) < 1


def test_nobody_begins_after_stop() -> None:
    gate = RateGate(4)
    gate.stop()
    with pytest.raises(InterruptedEdit) as caught:
        attempt(gate)
    assert caught.value.billed == "no"
    with pytest.raises(InterruptedEdit):
        gate.pause(60.0, ServerError("x"))


# --- without a limit -----------------------------------------------------------


def test_without_a_limit_attempts_begin_at_once() -> None:
    gate = RateGate()
    with gate.slot(), gate.slot():
        assert gate.limit is None
    attempt(gate, LIMITED)  # halves nothing


def test_a_pause_lasts_as_long_as_it_is_told() -> None:
    gate = RateGate()
    began = time.monotonic()
    gate.pause(0.05, ServerError("x"))
    assert 0.05 <= time.monotonic() - began < 1


def test_allowing_attempts_again_opens_a_gate_that_was_stopped() -> None:
    gate = RateGate()
    gate.stop()
    gate.allow(2)
    with gate.slot():
        assert gate.limit == 2
