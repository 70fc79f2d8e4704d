"""Bursts as people see them: only of what they may read, while it lasts, until they hide it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import BurstSeen, BurstTicket, Delivery, Event, Role, Status, Team, Ticket, User
from services import (
    bursts,
    channels,
    correspondence,
    deliveries,
    filters,
    inbox,
    lists,
    sessions,
    templates,
    ticket_view,
    transitions,
    trash,
)
from services.errors import NotAllowed, NotFound
from services.filters import Filter
from services.permissions import Actor
from tests import outages
from tests.conftest import Clock, People, Queries
from tests.outages import OUTAGE, asked, look, relayed


@pytest.fixture
def askers(s: Session, people: People) -> list[Actor]:
    """Alice, Driss and three more who ask."""
    return outages.askers(s, people)


@pytest.fixture
def outage(s: Session, askers: list[Actor], time: Clock) -> list[Ticket]:
    """Three who report the same, five minutes apart."""
    time.stop()
    made = []
    for place, title in enumerate(OUTAGE):
        made += asked(s, askers[place:], title)
        time.pass_by(minutes=5)
    look(s)
    return made


def only(s: Session, by: Actor) -> bursts.Sight:
    (sight,) = bursts.current(s, by)
    return sight


def test_it_is_told_with_its_figures_and_words(
    s: Session, people: People, outage: list[Ticket]
) -> None:
    sight = only(s, people.bruno)

    assert (sight.tickets, sight.minutes, sight.name) == (
        3,
        10,
        "Plus d’internet",
    )
    assert sight.first == [(ticket.number, ticket.title) for ticket in outage]
    assert bursts.get(s, people.bruno, sight.id) == sight
    assert bursts.of_ticket(s, people.bruno, outage[0].number) == sight


def test_who_asks_never_learns_of_it(s: Session, people: People, outage: list[Ticket]) -> None:
    burst_id = only(s, people.bruno).id

    assert bursts.current(s, people.alice) == []
    assert bursts.some(s, people.alice, [burst_id]) == {}
    assert bursts.of_ticket(s, people.alice, outage[0].number) is None
    assert ticket_view.load(s, people.alice, outage[0].number).burst is None
    with pytest.raises(NotAllowed):
        bursts.hide(s, people.alice, burst_id)
    with pytest.raises(NotFound):
        bursts.get(s, people.alice, burst_id)


def test_a_limited_technician_counts_what_they_may_read(
    s: Session, people: People, askers: list[Actor], outage: list[Ticket]
) -> None:
    chiara = User(name="Chiara", email="chiara@exemple.fr", role=Role.TECHNICIAN)
    own = Team(name="Écoles", sees_only_own=True, members=[chiara])
    s.add(own)
    s.commit()
    by = sessions.actors(s, [chiara])[chiara.id]
    burst_id = only(s, people.bruno).id
    outage[0].team_id = outage[1].team_id = own.id
    s.commit()
    assert bursts.current(s, by) == []

    asked(s, askers, "Réseau coupé", team_id=own.id)
    look(s)

    assert (only(s, by).tickets, only(s, people.bruno).tickets) == (3, 4)
    assert outage[2].number not in dict(only(s, by).first)
    found = lists.page(s, by, Filter(burst_id=burst_id)).lines
    assert {line.number for line in found} == dict(only(s, by).first).keys()


def test_what_is_deleted_or_cancelled_since_counts_no_more(
    s: Session, people: People, askers: list[Actor], outage: list[Ticket]
) -> None:
    asked(s, askers, "Réseau coupé")
    look(s)
    trash.delete(s, people.diane, outage[0].number)
    s.commit()
    assert only(s, people.bruno).tickets == 3

    transitions.move(s, people.bruno, outage[1].number, Status.CANCELLED)
    s.commit()
    assert bursts.current(s, people.bruno) == []


def test_it_is_over_when_all_is_done(s: Session, people: People, outage: list[Ticket]) -> None:
    for ticket in outage[1:]:
        transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    s.commit()
    assert only(s, people.bruno).tickets == 3

    transitions.move(s, people.bruno, outage[0].number, Status.RESOLVED)
    s.commit()

    assert bursts.current(s, people.bruno) == []
    assert bursts.of_ticket(s, people.bruno, outage[0].number) is not None


def test_it_is_over_some_hours_after_its_last_ticket(
    s: Session, people: People, outage: list[Ticket], time: Clock
) -> None:
    time.pass_by(hours=3, minutes=54)
    assert len(bursts.current(s, people.bruno)) == 1

    time.pass_by(minutes=2)

    assert bursts.current(s, people.bruno) == []


def test_who_hides_it_hides_it_from_themselves_for_good(
    s: Session, people: People, askers: list[Actor], outage: list[Ticket]
) -> None:
    burst_id = only(s, people.bruno).id

    bursts.hide(s, people.bruno, burst_id)
    bursts.hide(s, people.bruno, burst_id)
    s.commit()
    asked(s, askers, "Réseau coupé")
    look(s)

    assert bursts.current(s, people.bruno) == []
    assert only(s, people.diane).tickets == 4
    with pytest.raises(NotFound):
        bursts.hide(s, people.bruno, burst_id + 1)


def test_the_clock_forgets_what_belongs_to_none(
    s: Session, people: People, askers: list[Actor], outage: list[Ticket], time: Clock
) -> None:
    asked(s, askers, "Changer mon clavier")
    look(s)
    bursts.hide(s, people.bruno, only(s, people.bruno).id)
    s.commit()

    time.pass_by(hours=30)
    bursts.clean(s)
    s.commit()

    kept = set(s.scalars(select(BurstTicket.ticket_number)))
    assert kept == {ticket.number for ticket in outage}
    assert s.scalars(select(BurstSeen)).all() == []


def test_a_list_holds_one_burst(
    s: Session, people: People, askers: list[Actor], outage: list[Ticket]
) -> None:
    asked(s, askers, "Changer mon clavier")
    wanted = Filter(burst_id=only(s, people.bruno).id)

    lines = lists.page(s, people.bruno, wanted).lines

    assert {line.number for line in lines} == {ticket.number for ticket in outage}
    every = lists.page(s, people.bruno, filters.ANYTHING).lines
    fitting = {line.number for line in every if filters.fits(wanted, people.bruno, line)}
    assert fitting == {ticket.number for ticket in outage}


def test_all_that_goes_on_takes_two_statements_and_nothing_takes_one(
    s: Session, people: People, outage: list[Ticket], queries: Queries
) -> None:
    queries.statements.clear()

    (sight,) = bursts.current(s, people.bruno)

    assert len(queries.statements) == 2
    bursts.hide(s, people.bruno, sight.id)
    s.flush()
    queries.statements.clear()
    assert bursts.current(s, people.bruno) == []
    assert len(queries.statements) == 1


def test_the_bell_says_as_much_as_one_may_see(
    s: Session, people: People, outage: list[Ticket]
) -> None:
    relayed()
    s.rollback()
    (notice,) = [n for n in inbox.page(s, people.bruno).items if n.kind == "burst"]
    assert notice.burst == only(s, people.bruno)

    trash.delete(s, people.diane, outage[0].number)
    s.commit()

    (notice,) = [n for n in inbox.page(s, people.bruno).items if n.kind == "burst"]
    assert (notice.burst, notice.title, notice.excerpt) == (None, "", "")


def mails(s: Session) -> dict[str, templates.Rendered]:
    """Return the mails about bursts that go now, by recipient."""
    relayed()
    s.rollback()
    parcels = deliveries.claim(s, 50, channel="email")
    found = correspondence.letters(s, parcels)
    mine = {p.id for p in parcels if s.get_one(Event, p.event_id).kind.startswith("burst.")}
    return {x.user.name: templates.render(s, x, "email") for key, x in found.items() if key in mine}


@pytest.fixture
def with_mail(s: Session) -> None:
    channels.configure({"email": {"mode": "console"}})


def test_a_mail_names_the_tickets(
    s: Session, people: People, with_mail: None, outage: list[Ticket]
) -> None:
    s.get_one(User, people.bruno.id).language = "fr"
    s.get_one(User, people.diane.id).language = "en"
    s.commit()

    sent = mails(s)

    assert set(sent) == {"Bruno", "Diane"}
    assert sent["Diane"].subject.startswith("3 similar tickets: Plus d’internet")
    assert f"#{outage[0].number} Plus d’internet" in sent["Diane"].text
    assert "within 10 min" in sent["Diane"].text
    assert "/queue?view=all&burst=" in sent["Diane"].text
    assert "3 tickets semblables" in sent["Bruno"].text
    assert "<br" in sent["Bruno"].html


def test_a_mail_of_what_is_none_any_more_is_not_sent(
    s: Session, people: People, with_mail: None, outage: list[Ticket]
) -> None:
    relayed()
    trash.delete(s, people.diane, outage[0].number)
    s.commit()

    assert mails(s) == {}
    left = s.scalars(select(Delivery).join(Event).where(Event.kind == "burst.began")).all()
    assert len(left) == 2
    assert all(row.created_at <= now() + timedelta(seconds=1) for row in left)
