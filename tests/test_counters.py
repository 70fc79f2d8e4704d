"""The numbers beside the tabs are the lengths of the lists behind them."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from services import counters, filters, lists
from services.filters import Filter
from services.workflow import OPEN
from tests.conftest import People, Queries
from tests.test_lists import crowd, named

__all__ = ["crowd"]


@pytest.mark.parametrize("who", ["alice", "bruno", "bruno of his team", "chloe", "diane", "driss"])
def test_each_number_is_the_length_of_its_list(
    s: Session, people: People, crowd: list[int], who: str
) -> None:
    by = named(people, who)

    found = counters.count(s, by).of(by.id)

    for name, number in found.items():
        assert number == len(lists.page(s, by, filters.VIEWS[name], limit=200).lines), name
    mine = Filter(scope="mine", statuses=OPEN)
    assert counters.mine(s, by) == len(lists.page(s, by, mine, limit=200).lines)


def test_an_empty_queue_counts_nothing(s: Session, people: People) -> None:
    counts = counters.count(s, people.bruno)

    assert set(counts.of(people.bruno.id).values()) == {0}


def test_counting_takes_at_most_four_queries(
    s: Session, people: People, crowd: list[int], queries: Queries
) -> None:
    counters.count(s, replace(people.bruno, sees_only_teams=True))

    assert len(queries.statements) <= 4
