"""Memory of a process that runs for months: what is tuned, and what a tidying frees."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from data import memory


class Ring:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collector() -> Iterator[None]:
    """Leave the collector of the tests as it was."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
def test_what_is_there_at_the_start_is_passed_over_and_what_comes_later_is_freed() -> None:
    old = Ring()
    memory.tune()
    new = Ring()
    refs = weakref.ref(old), weakref.ref(new)
    del old, new

    memory.tidy()

    assert [ref() is None for ref in refs] == [False, True]


@pytest.mark.usefixtures("collector")
def test_a_full_collection_never_comes_by_itself_and_is_due_after_many_small_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "_MANY", 3)
    memory.tune()
    full = gc.get_stats()[2]["collections"]
    assert not memory.is_due()

    kept = [[n] for n in range(40 * memory._YOUNG)]

    assert memory.is_due()
    assert gc.get_stats()[2]["collections"] == full
    memory.tidy()
    assert not memory.is_due()
    assert len(kept) == 40 * memory._YOUNG
