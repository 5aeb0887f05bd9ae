from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.engine.retry import LONGEST_DELAY, RetryPolicy, next_delay
from nano_edit.errors import NanoEditError, Retry

ATTEMPTS = st.integers(1, 5000)
DRAWS = st.floats(0, 1)
WAITS = st.floats(0, 1e6)
POLICIES = st.builds(
    RetryPolicy,
    retries=st.integers(0, 5000),
    max_wait=WAITS,
    retry_unknown=st.booleans(),
)
ERRORS = st.builds(
    lambda retry, after: NanoEditError("x", retry=retry, retry_after=after),
    st.sampled_from(Retry),
    st.none() | WAITS,
)


@given(POLICIES, ATTEMPTS, ERRORS, DRAWS)
def test_a_delay_is_given_only_where_the_table_allows_it(
    policy: RetryPolicy, attempt: int, error: NanoEditError, draw: float
) -> None:
    delay = next_delay(policy, attempt, error, draw)
    allowed = error.retry is Retry.SAFE or (
        error.retry is Retry.ON_REQUEST and policy.retry_unknown
    )
    named = error.retry_after
    if not allowed or attempt > policy.retries:
        assert delay is None
    elif named is not None:
        assert delay == (named if named <= policy.max_wait else None)
    else:
        assert delay is not None
        assert (
            0
            <= delay
            <= min(policy.max_wait, LONGEST_DELAY, 2.0 ** min(attempt - 1, 9))
        )


def lost(retry: Retry, after: float | None = None) -> NanoEditError:
    return NanoEditError("x", retry=retry, retry_after=after)


def test_delays_double_up_to_a_bound_and_spread_over_all_of_it() -> None:
    policy = RetryPolicy(retries=99)
    whole = [next_delay(policy, n, lost(Retry.SAFE), 1.0) for n in range(1, 9)]
    assert whole == [1, 2, 4, 8, 16, 32, 60, 60]
    assert next_delay(policy, 5, lost(Retry.SAFE), 0.25) == 4
    assert next_delay(policy, 5, lost(Retry.SAFE), 0.0) == 0


def test_the_wait_that_the_server_names_is_kept_to_the_letter() -> None:
    policy = RetryPolicy(max_wait=48.0)
    assert next_delay(policy, 1, lost(Retry.SAFE, 48.0), 0.1) == 48.0
    assert next_delay(policy, 1, lost(Retry.SAFE, 48.1), 0.1) is None


@pytest.mark.parametrize("retry", Retry)
@pytest.mark.parametrize("asked", [False, True])
def test_what_may_have_been_billed_is_tried_again_only_on_request(
    retry: Retry, asked: bool
) -> None:
    delay = next_delay(RetryPolicy(retry_unknown=asked), 1, lost(retry), 0.5)
    tried = retry is Retry.SAFE or (retry is Retry.ON_REQUEST and asked)
    assert (delay is not None) is tried


def test_three_retries_are_the_default_and_none_can_be_asked_for() -> None:
    default = [next_delay(RetryPolicy(), n, lost(Retry.SAFE), 0.5) for n in range(1, 6)]
    assert [delay is None for delay in default] == [False] * 3 + [True] * 2
    assert next_delay(RetryPolicy(retries=0), 1, lost(Retry.SAFE), 0.5) is None
