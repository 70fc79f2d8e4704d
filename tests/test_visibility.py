"""Who sees a ticket: the query and its twin in Python agree on anything (R-1)."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Part, Role, Status, Team, Ticket, TicketPerson
from services import filters, lists, permissions
from services.filters import Filter
from services.permissions import Actor
from tests.conftest import People

Row = tuple[int, int | None, int | None, set[tuple[int, Part]], bool, Status]
NAMES = ("alice", "bruno", "chloe", "diane", "driss")
person = st.sampled_from(range(len(NAMES)))
team = st.sampled_from([None, 0, 1])
rows = st.lists(
    st.tuples(
        person,  # who asks
        st.none() | person,  # who leads
        team,
        st.sets(st.tuples(person, st.sampled_from(Part)), max_size=3),
        st.booleans(),  # is it deleted
        st.sampled_from(Status),
    ),
    min_size=1,
    max_size=6,
)
lookers = st.tuples(person, st.sampled_from(Role), st.sets(st.sampled_from([0, 1])), st.booleans())


def test_query_and_twin_agree_on_any_ticket_and_anybody(s: Session, people: People) -> None:
    ids = [getattr(people, name).id for name in NAMES]
    teams = [Team(name="Postes"), Team(name="Ventes")]
    s.add_all(teams)
    s.commit()
    seen: set[bool] = set()

    def put(given_rows: list[Row]) -> None:
        for number, (asks, leads, of, parts, is_deleted, status) in enumerate(given_rows, 1):
            ticket = Ticket(
                number=number,
                title="x",
                folded_title="x",
                requester_id=ids[asks],
                created_by_id=ids[0],
                lead_id=None if leads is None else ids[leads],
                team_id=None if of is None else teams[of].id,
                deleted_at=now() if is_deleted else None,
                status=status,
            )
            s.add(ticket)
            s.flush()
            for who, part in parts:
                s.add(TicketPerson(ticket_number=number, user_id=ids[who], part=part))
        s.flush()

    @settings(
        max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(given_rows=rows, looker=lookers)
    def agree(given_rows: list[Row], looker: tuple[int, Role, set[int], bool]) -> None:
        who, role, of, only_teams = looker
        by = Actor(
            ids[who],
            role,
            team_ids=frozenset(teams[n].id for n in of),
            sees_only_teams=only_teams and bool(of),
        )
        savepoint = s.begin_nested()
        put(given_rows)
        lines = [line for n in range(1, len(given_rows) + 1) if (line := lists.line(s, n))]

        found = set(s.scalars(permissions.visible_to(by).with_only_columns(Ticket.number)))
        involved = {line.number for line in lists.page(s, by, Filter(scope="mine")).lines}

        expected = {line.number for line in lines if permissions.sees(by, line.audience)}
        mine = Filter(scope="mine")
        assert found == expected
        assert involved == {
            x.number for x in lines if x.number in expected and filters.fits(mine, by, x)
        }
        seen.update({bool(expected), len(expected) < len(lines)})
        savepoint.rollback()
        s.expunge_all()

    agree()
    assert seen == {True, False}
