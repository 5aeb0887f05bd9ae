from __future__ import annotations

import queue
import threading
import time

import pytest

from nano_edit.wire.http.clock import Clock

WAIT = 10  # seconds that a busy machine may need


def nothing() -> None:
    """Do nothing, when it is called."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_calls_are_made_in_the_order_of_their_times(clock: Clock) -> None:
    called: queue.Queue[int] = queue.Queue()
    for tenths in (3, 1, 2, 0, 2):
        clock.after(tenths / 10, lambda tenths=tenths: called.put(tenths))  # type: ignore[misc] # a default
    assert [called.get(timeout=WAIT) for _ in range(5)] == [0, 1, 2, 2, 3]
    clock.close()


def test_a_call_is_not_made_before_its_time(clock: Clock) -> None:
    called: queue.Queue[float] = queue.Queue()
    began = time.monotonic()
    clock.after(0.15, lambda: called.put(time.monotonic()))
    assert called.get(timeout=WAIT) - began >= 0.15
    clock.close()


def test_an_alarm_that_was_cancelled_makes_no_call(clock: Clock) -> None:
    called: queue.Queue[str] = queue.Queue()
    clock.after(0.02, lambda: called.put("cancelled")).cancel()
    clock.after(0.04, lambda: called.put("kept"))
    assert called.get(timeout=WAIT) == "kept"
    assert called.empty()
    clock.close()


def test_one_thread_serves_every_alarm_and_ends_with_the_clock(clock: Clock) -> None:
    before = threading.enumerate()
    alarms = [clock.after(600 + number % 7, nothing) for number in range(1000)]
    (thread,) = [each for each in threading.enumerate() if each not in before]
    clock.close()
    thread.join(WAIT)
    assert not thread.is_alive()
    assert all(alarm.call for alarm in alarms)


def test_a_time_beyond_what_a_lock_can_wait_is_waited_for(clock: Clock) -> None:
    called = threading.Event()
    clock.after(threading.TIMEOUT_MAX * 10, nothing)
    clock.after(0.01, called.set)
    assert called.wait(WAIT)
    clock.close()


def test_a_clock_that_was_never_used_closes(clock: Clock) -> None:
    clock.close()
