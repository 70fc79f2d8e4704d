"""The bucket of a caller: never more than the rate allows, and never less (R-19)."""

from hypothesis import given
from hypothesis import strategies as st

from integrations.api import limits
from integrations.api.limits import Buckets

rates = st.integers(1, 1000)


@given(rates, st.lists(st.floats(0, 5), max_size=60))
def test_no_span_of_time_sees_more_than_burst_and_rate(rate: int, gaps: list[float]) -> None:
    buckets, now, let_through = Buckets(rate), 0.0, list[float]()
    for gap in gaps:
        now += gap
        for _ in range(5):
            if not buckets.take("alice", now=now):
                let_through.append(now)

    for i, start in enumerate(let_through):
        for j in range(i, len(let_through)):
            allowed = 2 * rate + (let_through[j] - start) * rate
            assert j - i + 1 <= allowed + 1e-6


@given(rates, st.integers(0, 5000))
def test_who_waits_as_long_as_told_goes_on(rate: int, requests: int) -> None:
    buckets = Buckets(rate)
    waits = [buckets.take("alice", now=0.0) for _ in range(requests)]

    assert waits.count(0) == min(requests, 2 * rate)
    if requests and waits[-1]:
        assert buckets.is_empty("alice", now=0.0)
        assert buckets.take("alice", now=float(waits[-1])) == 0


def test_one_caller_is_not_another() -> None:
    buckets = Buckets(1)
    while not buckets.take("alice", now=0.0):
        pass

    assert buckets.take("bruno", now=0.0) == 0


def test_full_buckets_are_forgotten() -> None:
    buckets = Buckets(1)
    for n in range(limits.MOST):
        buckets.take(str(n), now=0.0)
    buckets.take("busy", now=100.0)
    buckets.take("next", now=100.0)

    assert set(buckets._left) <= {"busy", "next"}
