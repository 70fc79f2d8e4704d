"""Links between tickets, and to the world outside (C1)."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import ExternalLink, Link, LinkKind, Status, Ticket
from services import creation, history, links, ticket_view, tickets, transitions, trash
from services.errors import Blocked, Closed, Invalid, NotAllowed, NotFound
from services.permissions import Actor
from tests.conftest import People, happened, last_event


@pytest.fixture
def other(s: Session, people: People) -> Ticket:
    """Driss’s keyboard."""
    ticket = creation.create(s, people.driss, creation.NewTicket(title="Clavier"))
    s.commit()
    return ticket


def seen_by(s: Session, by: Actor, number: int) -> list[tuple[str, bool, int]]:
    view = ticket_view.load(s, by, number)
    return [(link.kind.value, link.is_outward, link.number) for link in view.links]


@pytest.mark.parametrize("kind", LinkKind)
def test_a_link_is_seen_and_told_at_both_ends(
    s: Session, people: People, ticket: Ticket, other: Ticket, kind: LinkKind
) -> None:
    links.add(s, people.bruno, ticket.number, kind, other.number)

    s.commit()
    assert seen_by(s, people.bruno, ticket.number) == [(kind.value, True, other.number)]
    assert seen_by(s, people.bruno, other.number) == [(kind.value, False, ticket.number)]
    for end, far in ((ticket, other), (other, ticket)):
        assert history.of(s, people.bruno, end.number)[-1].sentence.endswith(f"#{far.number}")
    assert ticket.version == 2


def test_the_same_link_twice_is_one_and_no_change(
    s: Session, people: People, ticket: Ticket, other: Ticket
) -> None:
    first = links.add(s, people.bruno, ticket.number, LinkKind.BLOCKS, other.number)
    version = ticket.version

    again = links.add(s, people.bruno, ticket.number, LinkKind.BLOCKS, other.number)

    assert again is first
    assert ticket.version == version
    assert happened(s, other.number) == ["ticket.created", "link.added"]


def test_a_relation_has_no_direction(
    s: Session, people: People, ticket: Ticket, other: Ticket
) -> None:
    first = links.add(s, people.bruno, ticket.number, LinkKind.RELATES_TO, other.number)

    again = links.add(s, people.bruno, other.number, LinkKind.RELATES_TO, ticket.number)

    assert again is first


@pytest.mark.parametrize("kind", links.DIRECTED)
def test_links_do_not_go_round_in_circles(
    s: Session, people: People, ticket: Ticket, other: Ticket, kind: LinkKind
) -> None:
    third = creation.create(s, people.alice, creation.NewTicket(title="Trois"))
    links.add(s, people.bruno, ticket.number, kind, other.number)
    links.add(s, people.bruno, other.number, kind, third.number)

    for start, end in ((third, ticket), (other, ticket), (ticket, ticket)):
        with pytest.raises(Invalid) as refused:
            links.add(s, people.bruno, start.number, kind, end.number)
        assert set(refused.value.problems) == {"other"}

    links.add(s, people.bruno, ticket.number, kind, third.number)
    links.add(s, people.bruno, third.number, LinkKind.RELATES_TO, ticket.number)


@pytest.mark.parametrize("number", [0, -1, 99, 2**63, 10**30])
def test_a_link_to_nowhere_is_refused(
    s: Session, people: People, ticket: Ticket, number: int
) -> None:
    with pytest.raises(Invalid):
        links.add(s, people.bruno, ticket.number, LinkKind.BLOCKS, number)


def test_requesters_and_managers_link_nothing(
    s: Session, people: People, ticket: Ticket, other: Ticket
) -> None:
    link = links.add(s, people.bruno, ticket.number, LinkKind.BLOCKS, other.number)
    outside = links.add_external(s, people.bruno, ticket.number, "https://exemple.fr")

    for by, refusal in ((people.alice, NotAllowed), (people.chloe, NotAllowed),
                        (people.driss, NotFound)):  # fmt: skip
        with pytest.raises(refusal):
            links.add(s, by, ticket.number, LinkKind.RELATES_TO, other.number)
        with pytest.raises(refusal):
            links.remove(s, by, ticket.number, link.id)
        with pytest.raises(refusal):
            links.add_external(s, by, ticket.number, "https://exemple.fr")
        with pytest.raises(refusal):
            links.remove_external(s, by, ticket.number, outside.id)


def test_the_other_end_is_invisible_to_who_may_not_see_it(
    s: Session, people: People, ticket: Ticket, other: Ticket
) -> None:
    links.add(s, people.bruno, ticket.number, LinkKind.RELATES_TO, other.number)
    s.commit()

    assert seen_by(s, people.alice, ticket.number) == []

    trash.delete(s, people.bruno, other.number)
    s.commit()
    assert seen_by(s, people.bruno, ticket.number) == []
    trash.restore(s, people.diane, other.number)
    assert seen_by(s, people.bruno, ticket.number) != []


def test_a_link_is_removed_from_either_end(
    s: Session, people: People, ticket: Ticket, other: Ticket
) -> None:
    for end in (ticket, other):
        link = links.add(s, people.bruno, ticket.number, LinkKind.PARENT_OF, other.number)
        s.commit()

        links.remove(s, people.bruno, end.number, link.id)

        s.commit()
        assert s.scalars(select(Link)).all() == []
        assert happened(s, ticket.number)[-1] == happened(s, other.number)[-1] == "link.removed"


def test_a_link_of_other_tickets_is_not_found(
    s: Session, people: People, ticket: Ticket, other: Ticket
) -> None:
    third = creation.create(s, people.alice, creation.NewTicket(title="Trois"))
    link = links.add(s, people.bruno, ticket.number, LinkKind.BLOCKS, other.number)
    outside = links.add_external(s, people.bruno, ticket.number, "https://exemple.fr")

    with pytest.raises(NotFound):
        links.remove(s, people.bruno, third.number, link.id)
    with pytest.raises(NotFound):
        links.remove_external(s, people.bruno, third.number, outside.id)


def test_a_blocked_ticket_waits_for_the_one_that_blocks_it(
    s: Session, people: People, ticket: Ticket, other: Ticket
) -> None:
    links.add(s, people.bruno, other.number, LinkKind.BLOCKS, ticket.number)

    for by in (people.bruno, people.diane):
        with pytest.raises(Blocked) as told:
            transitions.move(s, by, ticket.number, Status.RESOLVED)
        assert f"#{other.number}" in told.value.say()

    transitions.move(s, people.bruno, other.number, Status.RESOLVED)
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    assert ticket.status is Status.RESOLVED


@pytest.mark.parametrize("end", [Status.CANCELLED, "deleted"])
def test_what_is_cancelled_or_deleted_blocks_nothing(
    s: Session, people: People, ticket: Ticket, other: Ticket, end: Status | str
) -> None:
    links.add(s, people.bruno, other.number, LinkKind.BLOCKS, ticket.number)
    if isinstance(end, Status):
        transitions.move(s, people.bruno, other.number, end)
    else:
        trash.delete(s, people.bruno, other.number)

    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)

    assert ticket.status is Status.RESOLVED


def test_an_administrator_overrides_with_a_reason(
    s: Session, people: People, ticket: Ticket, other: Ticket
) -> None:
    links.add(s, people.bruno, other.number, LinkKind.BLOCKS, ticket.number)

    with pytest.raises(Blocked):
        transitions.move(s, people.bruno, ticket.number, Status.RESOLVED, override="Si si")
    with pytest.raises(Invalid):
        transitions.move(s, people.diane, ticket.number, Status.RESOLVED, override="\u200b")
    transitions.move(s, people.diane, ticket.number, Status.RESOLVED, override="Contourné")

    assert last_event(s, ticket.number).details["override"] == "Contourné"


def test_an_open_ticket_is_linked_to_a_closed_one_which_stays_as_it_is(
    s: Session, people: People, ticket: Ticket, other: Ticket
) -> None:
    transitions.move(s, people.bruno, other.number, Status.RESOLVED)
    transitions.move(s, people.bruno, other.number, Status.CLOSED)
    before = (other.version, happened(s, other.number))

    link = links.add(s, people.bruno, ticket.number, LinkKind.DUPLICATE_OF, other.number)
    with pytest.raises(Closed):
        links.remove(s, people.bruno, other.number, link.id)
    links.remove(s, people.bruno, ticket.number, link.id)

    assert (other.version, happened(s, other.number)) == before
    assert happened(s, ticket.number)[-2:] == ["link.added", "link.removed"]


@pytest.mark.parametrize(
    "url", ["https://exemple.fr/a?b=c#d", "http://[2001:db8::1]:8080/", "HTTPS://Exemple.fr"]
)
def test_an_address_outside_is_noted(s: Session, people: People, ticket: Ticket, url: str) -> None:
    link = links.add_external(s, people.bruno, ticket.number, f" {url} ", "Fiche  fournisseur")

    s.commit()
    view = ticket_view.load(s, people.alice, ticket.number)
    assert [(x.url, x.title) for x in view.external_links] == [(url, "Fiche fournisseur")]
    links.remove_external(s, people.bruno, ticket.number, link.id)
    s.commit()
    assert s.scalars(select(ExternalLink)).all() == []
    kinds = happened(s, ticket.number)[1:]
    assert kinds == ["external_link.added", "external_link.removed"]


@pytest.mark.parametrize(
    "url",
    ["", "exemple.fr", "javascript:alert(1)", "java\u200bscript:alert(1)", "data:text/html,x",
     "ftp://exemple.fr", "//exemple.fr", "https://", "http://[::1", "file:///etc/passwd",
     "https://exemple.fr/" + "x" * 2000],
)  # fmt: skip
def test_what_is_no_address_of_a_page_is_refused(
    s: Session, people: People, ticket: Ticket, url: str
) -> None:
    with pytest.raises(Invalid) as refused:
        links.add_external(s, people.bruno, ticket.number, url, "x" * 201)

    assert set(refused.value.problems) == {"url", "title"}
    assert tickets.get(s, people.bruno, ticket.number).version == 1
