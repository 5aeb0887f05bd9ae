"""The budget: what fits, what waits, what is refused."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.engine.money.budget import BUDGET, MONTHLY, Budget, Limit
from nano_edit.errors import BudgetError, ExitStatus, InterruptedEdit, UsageError


def test_without_a_limit_everything_fits() -> None:
    budget = Budget()
    budget.reserve(None).settle(5)
    budget.reserve(10**9).settle(10**9)


def test_cents_add_up_to_the_limit_itself() -> None:
    limit = Limit(BUDGET, 0.9)
    budget = Budget(limit)
    for _ in range(10):
        budget.reserve(0.09).settle(0.09)
    assert limit.spent == pytest.approx(0.9)
    with pytest.raises(BudgetError) as caught:
        budget.reserve(0.09)
    assert caught.value.exit_status is ExitStatus.QUOTA
    assert caught.value.message == (
        "The budget of $0.90 (--budget) has $0.00 left. Another edit costs about "
        "$0.09; it was not sent."
    )
    assert caught.value.hint == "Raise --budget."


def test_each_limit_holds() -> None:
    budget = Budget(Limit(BUDGET, 10), Limit(MONTHLY, 5, spent=4.95))
    with pytest.raises(BudgetError, match="monthly_budget"):
        budget.reserve(0.1)


def test_what_an_earlier_run_spent_counts_for_its_limit_alone() -> None:
    run, month = Limit(BUDGET, 1), Limit(MONTHLY, 1)
    budget = Budget(run, month)
    budget.add(0.95)
    assert (run.spent, month.spent) == (0.95, 0)
    with pytest.raises(BudgetError, match=r"\$0.05 left"):
        budget.reserve(0.1)


def test_a_price_that_is_not_known_cannot_be_held() -> None:
    with pytest.raises(UsageError, match="price is not known"):
        Budget(Limit(BUDGET, 100)).reserve(None)


def test_a_request_that_cost_less_leaves_the_rest() -> None:
    budget = Budget(Limit(BUDGET, 0.1))
    budget.reserve(0.1).settle(0)
    budget.reserve(0.1).settle(0.05)
    budget.reserve(0.05)


def test_a_reservation_is_settled_once() -> None:
    limit = Limit(BUDGET, 1)
    reservation = Budget(limit).reserve(0.1)
    reservation.settle(0.1)
    reservation.settle(0.1)
    assert limit.spent == 0.1


def test_what_does_not_fit_waits_for_those_under_way() -> None:
    budget = Budget(Limit(BUDGET, 0.1))
    first = budget.reserve(0.1)
    fits = threading.Event()

    def ask() -> None:
        budget.reserve(0.1)
        fits.set()

    thread = threading.Thread(target=ask)
    thread.start()
    assert not fits.is_set()
    first.settle(0)  # it was not billed
    thread.join(10)
    assert fits.is_set()


def test_stopping_ends_a_wait_and_lets_nothing_begin_until_it_is_allowed() -> None:
    budget = Budget(Limit(BUDGET, 0.1))
    budget.reserve(0.1)
    caught: list[BaseException] = []

    def ask() -> None:
        try:
            budget.reserve(0.1)
        except InterruptedEdit as stop:
            caught.append(stop)

    thread = threading.Thread(target=ask)
    thread.start()
    budget.stop()
    thread.join(10)
    assert len(caught) == 1
    with pytest.raises(InterruptedEdit):
        budget.reserve(0.0)
    budget.allow()
    budget.reserve(0.0)


AMOUNTS = st.floats(0, 1)


@given(
    AMOUNTS,
    st.lists(st.tuples(AMOUNTS, st.floats(0, 1), st.booleans()), max_size=30),
)
def test_no_row_of_requests_passes_the_limit(
    dollars: float, asked: list[tuple[float, float, bool]]
) -> None:
    limit = Limit(BUDGET, dollars)
    budget = Budget(limit)
    for amount, share, settles_late in asked:
        try:
            held = budget.reserve(amount)
        except BudgetError:
            assert limit.spent + amount > dollars
            continue
        if settles_late:
            held.settle(amount)
        held.settle(amount * share)
    assert limit.spent <= dollars + 1e-6


def test_thirty_at_once_never_pass_the_limit() -> None:
    limit = Limit(BUDGET, 1.0)
    budget = Budget(limit)
    most = [0.0]
    lock = threading.Lock()
    held = [0.0]

    def work() -> None:
        for turn in range(20):
            try:
                reservation = budget.reserve(0.07)
            except BudgetError:
                return
            with lock:
                held[0] += 0.07
                most[0] = max(most[0], held[0] + limit.spent)
            with lock:
                held[0] -= 0.07
                reservation.settle(0.07 if turn % 3 == 0 else 0.0)

    threads = [threading.Thread(target=work) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert limit.spent == pytest.approx(0.98)  # fourteen of them, and not one more
    assert most[0] <= 1.0 + 1e-6
