from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from nano_edit.engine.rate_gate import Alone, SharedPace
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


def attempt(pace: SharedPace, error: NanoEditError | None = None) -> None:
    """Hold a turn, and fail in it with ``error``."""

    def held() -> None:
        with pace.turn():
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
    pace, lock, inside, most = SharedPace(3), threading.Lock(), [0], [0]
    together = threading.Barrier(3, timeout=PATIENCE)

    def work(_: int) -> None:
        with pace.turn():
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            together.wait()  # only three at a time can pass it
            with lock:
                inside[0] -= 1

    list(threads.map(work, range(12)))
    assert most == [3]


def test_who_waits_gets_the_place_that_another_leaves() -> None:
    pace, begun = SharedPace(1), threading.Event()

    def work() -> None:
        with pace.turn():
            begun.set()

    worker = threading.Thread(target=work)
    with pace.turn():
        worker.start()
        assert not begun.wait(0.1)
    assert begun.wait(PATIENCE)
    worker.join(PATIENCE)


def test_a_rate_limit_halves_the_limit_and_successes_let_it_grow() -> None:
    pace = SharedPace(8)
    limits = []
    for _ in range(4):
        attempt(pace, LIMITED)
        limits.append(pace.limit)
    assert limits == [4, 2, 1, 1]
    for _ in range(1 + 2 + 3 + 4 + 5 + 6 + 7):
        attempt(pace)
        limits.append(pace.limit)
    assert limits[4:8] == [2, 2, 3, 3]
    assert limits[-2:] == [7, 8]
    for _ in range(20):
        attempt(pace)
    assert pace.limit == 8


def test_attempts_that_are_limited_side_by_side_halve_the_limit_once() -> None:
    pace = SharedPace(8)
    with ExitStack() as side_by_side:
        turns = [pace.turn() for _ in range(8)]
        for turn in turns:
            turn.__enter__()
        for turn in turns:
            assert not turn.__exit__(QuotaError, LIMITED, None)
        assert pace.limit == 4
        side_by_side.close()
    attempt(pace, LIMITED)
    assert pace.limit == 2


@pytest.mark.parametrize("error", [SPENT, ServerError("x", retry=Retry.SAFE)])
def test_what_is_no_rate_limit_leaves_the_limit(error: NanoEditError) -> None:
    pace = SharedPace(4)
    attempt(pace, error)
    assert pace.limit == 4


def test_a_rate_limit_without_a_named_wait_halves_too() -> None:
    pace = SharedPace(4)
    attempt(pace, QuotaError("slow down", retry=Retry.SAFE))
    assert pace.limit == 2


def test_a_place_is_given_back_however_its_attempt_ends() -> None:
    pace = SharedPace(1)
    with pytest.raises(KeyboardInterrupt), pace.turn():
        raise KeyboardInterrupt
    attempt(pace, LIMITED)
    attempt(pace)


# --- when they begin ----------------------------------------------------------


def test_requests_a_minute_are_spread_evenly(threads: ThreadPoolExecutor) -> None:
    pace, begun = SharedPace(8, rpm=1200), []  # one each 50 ms

    def work(_: int) -> None:
        with pace.turn():
            begun.append(time.monotonic())

    began = time.monotonic()
    list(threads.map(work, range(6)))
    begun.sort()
    assert begun[0] - began < 0.04
    for number, moment in enumerate(begun):
        assert moment - begun[0] > number * 0.05 - 0.02


def test_a_rate_limit_makes_everybody_wait(threads: ThreadPoolExecutor) -> None:
    pace = SharedPace(4)
    began = time.monotonic()
    pace.pause(0.3, LIMITED)
    assert time.monotonic() - began < 0.2  # the wait itself is for the next turn
    list(threads.map(lambda _: attempt(pace), range(4)))
    assert 0.3 <= time.monotonic() - began < 1.0


def test_a_longer_wait_is_not_shortened_by_another() -> None:
    pace = SharedPace(4)
    began = time.monotonic()
    pace.pause(0.3, LIMITED)
    pace.pause(0.0, LIMITED)
    attempt(pace)
    assert time.monotonic() - began >= 0.3


def test_another_failure_makes_only_its_own_job_wait() -> None:
    pace, lost = SharedPace(4), ServerError("x", retry=Retry.SAFE)
    began = time.monotonic()
    waiting = threading.Thread(target=pace.pause, args=(0.3, lost))
    waiting.start()
    attempt(pace)
    assert time.monotonic() - began < 0.2
    waiting.join(PATIENCE)
    assert time.monotonic() - began >= 0.3


# --- stop ---------------------------------------------------------------------


def interrupted_by_stop(pace: SharedPace, *waits: object) -> float:
    """Let each of ``waits`` wait, stop the pace, and see that all are interrupted."""
    reached = threading.Barrier(len(waits) + 1, timeout=PATIENCE)
    ended: list[BaseException] = []

    def wait(how: object) -> None:
        reached.wait()
        try:
            if isinstance(how, NanoEditError):
                pace.pause(60.0, how)
            else:
                attempt(pace)
        except InterruptedEdit as error:
            ended.append(error)

    workers = [threading.Thread(target=wait, args=(how,)) for how in waits]
    for worker in workers:
        worker.start()
    reached.wait()
    workers[0].join(0.1)
    assert not ended  # they do wait
    began = time.monotonic()
    pace.stop()
    for worker in workers:
        worker.join(PATIENCE)
    assert len(ended) == len(waits)
    return time.monotonic() - began


def test_stop_wakes_who_waits_for_a_place() -> None:
    pace = SharedPace(1)
    with pace.turn():
        assert interrupted_by_stop(pace, "turn", "turn") < 1


def test_stop_wakes_who_waits_for_a_time() -> None:
    pace = SharedPace(4)
    pace.pause(60.0, LIMITED)
    assert interrupted_by_stop(pace, "turn", ServerError("x")) < 1


def test_nobody_begins_after_stop() -> None:
    pace = SharedPace(4)
    pace.stop()
    with pytest.raises(InterruptedEdit) as caught:
        attempt(pace)
    assert caught.value.billed == "no"
    with pytest.raises(InterruptedEdit):
        pace.pause(60.0, ServerError("x"))


# --- alone --------------------------------------------------------------------


def test_a_single_edit_begins_at_once_and_sleeps_in_between() -> None:
    pace = Alone()
    began = time.monotonic()
    with pace.turn(), pace.turn():
        pass
    pace.pause(0.05, LIMITED)
    assert 0.05 <= time.monotonic() - began < 1
