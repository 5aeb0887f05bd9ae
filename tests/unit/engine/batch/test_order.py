"""The order of edits of which some wait for others."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from nano_edit.engine.batch.order import Order

DONE = "done"


@st.composite
def forests(draw: st.DrawFn) -> tuple[int, dict[int, int]]:
    """A number of edits in any order, and who goes on from whom, without a circle."""
    count = draw(st.integers(0, 12))
    names = draw(st.permutations(range(count)))
    before = {}
    for place in range(1, count):
        other = draw(st.none() | st.integers(0, place - 1))
        if other is not None:
            before[names[place]] = names[other]
    return count, before


@given(forests(), st.integers(1, 4))
def test_each_is_handed_out_once_and_behind_the_one_it_goes_on_from(
    forest: tuple[int, dict[int, int]], threads: int
) -> None:
    count, before = forest
    order: Order[str] = Order(count, before)
    begun: list[int] = []
    lock = threading.Lock()

    def work() -> None:
        while (place := order.take()) is not None:
            with lock:
                begun.append(place)
            if place in before:
                assert order.ended(before[place]) is DONE
            order.end(place, DONE)

    with ThreadPoolExecutor(threads) as pool:
        for each in [pool.submit(work) for _ in range(threads)]:
            each.result()
    assert sorted(begun) == [*range(count)]


@given(forests())
def test_what_never_began_is_dropped_with_all_that_goes_on_from_it(
    forest: tuple[int, dict[int, int]],
) -> None:
    count, before = forest
    order: Order[str] = Order(count, before)
    begun = []
    while (place := order.take()) is not None:
        begun.append(place)
        order.end(place, None)
    assert begun == [place for place in range(count) if place not in before]


def test_without_chains_the_order_is_that_of_the_list() -> None:
    order: Order[str] = Order(4, {})
    assert [order.take() for _ in range(5)] == [0, 1, 2, 3, None]


def test_draining_ends_the_wait() -> None:
    order: Order[str] = Order(2, {1: 0})
    assert order.take() == 0
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(order.take)
        order.drain()
        assert waiting.result() is None
    order.end(0, DONE)
    assert order.take() is None
