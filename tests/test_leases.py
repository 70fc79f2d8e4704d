"""Leases are over when nobody renews them, whatever the clocks say (F34)."""

from services.leases import Watch


class Stopwatch:
    """A stopwatch that the test moves."""

    def __init__(self) -> None:
        self.moment = 1000.0

    def __call__(self) -> float:
        return self.moment


def test_a_lease_that_looks_the_same_for_its_time_is_over() -> None:
    stopwatch = Stopwatch()
    watch = Watch(20, stopwatch)

    assert watch.over({"wake": "a 1", "close": "b 1"}) == set()
    stopwatch.moment += 19
    assert watch.over({"wake": "a 1", "close": "b 2"}) == set()
    stopwatch.moment += 1
    assert watch.over({"wake": "a 1", "close": "b 2"}) == {"wake"}


def test_who_was_frozen_does_not_take_what_was_renewed_meanwhile() -> None:
    stopwatch = Stopwatch()
    watch = Watch(20, stopwatch)
    watch.over({"wake": "a 1"})

    stopwatch.moment += 600

    assert watch.over({"wake": "a 7"}) == set()


def test_one_knows_when_the_first_lease_is_over() -> None:
    stopwatch = Stopwatch()
    watch = Watch(20, stopwatch)
    assert watch.left() is None
    watch.over({"wake": "a 1"})
    stopwatch.moment += 5
    watch.over({"wake": "a 1", "close": "b 1"})

    assert watch.left() == 15
    stopwatch.moment += 60
    assert watch.left() == 0


def test_a_lease_that_was_free_meanwhile_is_another() -> None:
    stopwatch = Stopwatch()
    watch = Watch(20, stopwatch)
    watch.over({"wake": "a 1"})
    watch.over({})

    stopwatch.moment += 600

    assert watch.over({"wake": "a 1"}) == set()
