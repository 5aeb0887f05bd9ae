from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING

import pytest

from nano_edit.engine.batch import runner as batches
from nano_edit.engine.batch.runner import Batch, Ended

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 20.0  # seconds; a test that waits so long has failed


def double(job: int) -> int:
    return job * 2


@pytest.mark.parametrize("threads", [1, 3, 20])
def test_every_job_ends_once_whatever_the_number_of_threads(threads: int) -> None:
    ended = list(Batch(range(1, 11), double, threads=threads))
    assert sorted((one.job, one.value) for one in ended) == [
        (job, job * 2) for job in range(1, 11)
    ]
    assert all(one.error is None for one in ended)


def test_no_jobs_are_no_work() -> None:
    assert list(Batch([], double, threads=2)) == []


def test_one_failing_job_stops_no_other() -> None:
    def work(job: int) -> int:
        if job == 2:
            raise KeyboardInterrupt
        return 6 // (job - 3)

    ended = {one.job: one for one in Batch(range(1, 7), work, threads=2)}
    assert sorted(ended) == [1, 2, 3, 4, 5, 6]
    assert isinstance(ended[2].error, KeyboardInterrupt)
    assert isinstance(ended[3].error, ZeroDivisionError)
    assert ended[3].value is None
    assert ended[6] == Ended(6, 2)


def test_outcomes_come_in_the_order_in_which_they_end() -> None:
    second = threading.Event()

    def work(job: int) -> int:
        if job == 1:
            assert second.wait(PATIENCE)
        return job

    order = []
    for ended in Batch([1, 2], work, threads=2):
        order.append(ended.job)
        second.set()
    assert order == [2, 1]


def test_no_more_jobs_are_taken_than_are_worked_on() -> None:
    taken: list[int] = []

    def jobs() -> Iterator[int]:
        for job in range(1, 7):
            taken.append(job)
            yield job

    ahead = []

    def work(job: int) -> int:
        ahead.append(len(taken) - job)
        return job

    assert len(list(Batch(jobs(), work, threads=2))) == 6
    assert max(ahead) <= 1


def test_draining_lets_what_runs_end_and_begins_nothing_new() -> None:
    running = threading.Barrier(3, timeout=PATIENCE)
    drained = threading.Event()

    def work(job: int) -> int:
        running.wait()
        assert drained.wait(PATIENCE)
        return job

    batch = Batch(count(1), work, threads=2)
    outcomes = iter(batch)
    ended: list[Ended[int, int]] = []
    reading = threading.Thread(target=lambda: ended.extend(outcomes))
    reading.start()
    running.wait()
    batch.drain()
    drained.set()
    reading.join(PATIENCE)
    assert sorted(one.job for one in ended) == [1, 2]


def test_a_wait_for_outcomes_comes_up_for_a_signal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "TICK", 0.001)
    waited = threading.Event()

    def work(job: int) -> int:
        waited.wait(0.05)  # many ticks
        return job

    assert [one.job for one in Batch([1], work, threads=1)] == [1]
