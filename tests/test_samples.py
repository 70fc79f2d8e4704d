"""What a sample of tickets tells of the cost of a page agrees with counting it (issue 3)."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from data.models import Shelf, Status
from services import samples, tickets
from services.creation import NewTicket, create
from services.samples import Sample
from tests.conftest import People, Queries

ROWS = st.lists(
    st.builds(
        SimpleNamespace,
        number=st.integers(0, 99),
        title=st.sampled_from("abc"),
        team=st.integers(1, 3),
    ),
    unique_by=lambda row: row.number,
    max_size=30,
)


@given(ROWS, st.sampled_from("abc"), st.integers(0, 99), st.integers(1, 3), st.booleans())
def test_what_is_walked_through_is_what_lies_between(
    rows: list[Any], title: str, number: int, team: int, downwards: bool
) -> None:
    sample = Sample(rows, len(rows))
    beyond = sample.beyond("title", (title, number), downwards=downwards)
    theirs = sample.meeting("title", "team", {team})

    ordered = sorted(rows, key=lambda row: (row.title, row.number), reverse=downwards)
    left = [
        row
        for row in ordered
        if (row.title, row.number) != (title, number)
        and ((row.title, row.number) > (title, number)) is not downwards
    ]
    until = next((at for at, row in enumerate(left) if row.team == team), len(left))

    assert samples.walked(beyond, theirs & beyond, downwards=downwards) == until
    assert theirs.bit_count() == sum(row.team == team for row in rows)


def test_a_sample_is_of_one_shelf_and_is_drawn_again_when_it_has_grown(
    s: Session, people: People
) -> None:
    samples.forget()
    first = create(s, people.alice, NewTicket(title="Écran"))
    create(s, people.alice, NewTicket(title="Badge"))
    tickets.get(s, people.diane, first.number).status = Status.CANCELLED
    s.flush()

    assert samples.of(s, Shelf.DONE).size == 1
    assert samples.of(s, Shelf.OPEN).size == 1
    for _n in range(5):
        create(s, people.alice, NewTicket(title="Poste"))
    assert samples.of(s, Shelf.OPEN).size == 1

    age(s, samples.GLANCE_SECONDS)
    assert samples.of(s, Shelf.OPEN).size == 6


def age(s: Session, seconds: float) -> None:
    """Let time pass since the samples were looked after."""
    for kept in samples._kept[s.get_bind().engine.pool].values():
        kept._looked_at -= seconds


def test_who_keeps_the_samples_draws_them_for_all(
    s: Session, people: People, queries: Queries
) -> None:
    samples.forget()
    samples.keep(s)
    create(s, people.alice, NewTicket(title="Poste"))
    s.flush()
    for _glance in range(3):
        age(s, samples.KEEP_SECONDS)
        samples.keep(s)

        sent = len(queries.statements)
        assert samples.of(s, Shelf.OPEN).size == 1
        assert samples.of(s, Shelf.DONE).size == 0
        assert len(queries.statements) == sent


def test_while_one_draws_others_use_the_sample_before(s: Session, people: People) -> None:
    samples.forget()
    before = samples.of(s, Shelf.OPEN)
    create(s, people.alice, NewTicket(title="Poste"))
    s.flush()
    age(s, samples.GLANCE_SECONDS)

    with samples._kept[s.get_bind().engine.pool][Shelf.OPEN].lock:
        assert samples.of(s, Shelf.OPEN) is before

    assert samples.of(s, Shelf.OPEN).size == 1
