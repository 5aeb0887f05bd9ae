"""One pool of memory for all threads: nobody overtakes, nobody waits for ever."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from nano_edit.errors import InterruptedEdit
from nano_edit.pictures.memory import MemoryPool

if TYPE_CHECKING:
    from collections.abc import Callable


class Visitor:
    """A thread that reserves memory and keeps it until it is told to leave."""

    def __init__(self, pool: MemoryPool, size: int, seen: list[int]) -> None:
        self.inside, self._leave = Event(), Event()
        self._pool, self._size, self._seen = pool, size, seen
        self._thread = Thread(target=self._visit)
        self._thread.start()

    def _visit(self) -> None:
        with self._pool.reserved(self._size):
            self._seen.append(self._size)
            self.inside.set()
            assert self._leave.wait(20)

    def leave(self) -> None:
        self._leave.set()
        self._thread.join(20)


@pytest.fixture
def seen() -> list[int]:
    return []


@pytest.fixture
def visitor(seen: list[int]) -> Callable[[MemoryPool, int], Visitor]:
    return lambda pool, size: Visitor(pool, size, seen)


def test_as_many_as_fit_are_inside_together(
    visitor: Callable[[MemoryPool, int], Visitor],
) -> None:
    pool = MemoryPool(100)
    visitors = [visitor(pool, 50), visitor(pool, 50)]
    assert all(each.inside.wait(20) for each in visitors)
    third = visitor(pool, 1)
    assert not third.inside.is_set()
    visitors[0].leave()
    assert third.inside.wait(20)
    for each in (visitors[1], third):
        each.leave()


def test_what_is_larger_than_the_pool_gets_it_alone(
    visitor: Callable[[MemoryPool, int], Visitor],
) -> None:
    pool = MemoryPool(100)
    small = visitor(pool, 1)
    assert small.inside.wait(20)
    large = visitor(pool, 1000)
    assert not large.inside.is_set()
    small.leave()
    assert large.inside.wait(20)
    large.leave()


def test_many_threads_of_any_size_all_get_their_turn(seen: list[int]) -> None:
    pool = MemoryPool(100)
    sizes = [1, 60, 250, 100, 7] * 8
    taken: list[int] = []

    def visit(size: int) -> None:
        with pool.reserved(size):
            taken.append(size)
            within = sum(taken)
            assert within <= 100 or taken == [size]
            taken.remove(size)
            seen.append(size)

    threads = [Thread(target=visit, args=(size,)) for size in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(seen) == sorted(sizes)


def test_who_holds_memory_gets_more_at_once(
    visitor: Callable[[MemoryPool, int], Visitor],
) -> None:
    pool = MemoryPool(100)
    with pool.reserved(80), pool.reserved(80):
        other = visitor(pool, 10)
    assert other.inside.wait(20)
    other.leave()
    with pool.reserved(100):  # all of it came back
        pass


def test_a_wait_can_be_ended(visitor: Callable[[MemoryPool, int], Visitor]) -> None:
    pool = MemoryPool(100)
    first = visitor(pool, 100)
    assert first.inside.wait(20)
    waits = iter(range(2))

    def go_on() -> None:
        if next(waits, None) is None:
            raise InterruptedEdit("Stopped.")

    with pytest.raises(InterruptedEdit), pool.reserved(1, go_on):
        pass
    first.leave()
    with pool.reserved(100):  # who gave up holds up nobody
        pass


def test_memory_comes_back_when_the_work_fails() -> None:
    pool = MemoryPool(100)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), pool.reserved(100):
            raise ZeroDivisionError
    with pool.reserved(100):
        pass
