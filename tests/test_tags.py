"""Tags: free words on tickets (C1)."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Status, Tag, Ticket
from services import creation, tags, ticket_view, transitions, trash
from services.errors import Closed, Invalid, NotAllowed, NotFound
from tests.conftest import People, happened, last_event


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("VIP", "vip"), ("  #Wifi ", "wifi"), ("étage 2", "étage 2"), ("ß", "ss"), ("İ", "i̇")],
)
def test_a_word_is_kept_in_lower_case(
    s: Session, people: People, ticket: Ticket, typed: str, kept: str
) -> None:
    tags.add(s, people.bruno, ticket.number, typed)

    s.commit()
    assert ticket_view.load(s, people.alice, ticket.number).tags == (kept,)
    assert last_event(s, ticket.number).details == {"tag": kept}
    assert ticket.version == 2


def test_the_same_word_twice_is_one_tag_and_no_change(
    s: Session, people: People, ticket: Ticket
) -> None:
    for typed in ("vip", "#VIP", " Vip "):
        tags.add(s, people.bruno, ticket.number, typed)

    assert happened(s, ticket.number) == ["ticket.created", "ticket.tag_added"]
    assert ticket.version == 2


def test_a_tag_comes_off(s: Session, people: People, ticket: Ticket) -> None:
    tags.add(s, people.bruno, ticket.number, "vip")
    s.commit()

    for typed in ("#VIP", "vip", "never there"):
        tags.remove(s, people.bruno, ticket.number, typed)

    s.commit()
    assert ticket_view.load(s, people.bruno, ticket.number).tags == ()
    assert happened(s, ticket.number)[-2:] == ["ticket.tag_added", "ticket.tag_removed"]
    assert s.scalars(select(Tag.name)).all() == ["vip"]


@pytest.mark.parametrize("typed", ["", "#", " # ", "\u200b", "x" * 41, "ß" * 21, None])
def test_what_is_no_word_is_refused(s: Session, people: People, ticket: Ticket, typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        tags.add(s, people.bruno, ticket.number, typed)

    assert set(refused.value.problems) == {"tag"}


def test_there_are_at_most_forty(s: Session, people: People, ticket: Ticket) -> None:
    for n in range(tags.MAX_TAGS):
        tags.add(s, people.bruno, ticket.number, f"mot {n}")

    with pytest.raises(Invalid):
        tags.add(s, people.bruno, ticket.number, "un de trop")
    tags.add(s, people.bruno, ticket.number, "mot 1")


def test_only_who_repairs_tags(s: Session, people: People, ticket: Ticket) -> None:
    for verb in (tags.add, tags.remove):
        for by in (people.alice, people.chloe):
            with pytest.raises(NotAllowed):
                verb(s, by, ticket.number, "vip")
        with pytest.raises(NotFound):
            verb(s, people.driss, ticket.number, "vip")


def test_a_closed_ticket_keeps_its_tags(s: Session, people: People, ticket: Ticket) -> None:
    tags.add(s, people.bruno, ticket.number, "vip")
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    transitions.move(s, people.bruno, ticket.number, Status.CLOSED)

    for verb in (tags.add, tags.remove):
        with pytest.raises(Closed):
            verb(s, people.diane, ticket.number, "vip")


def test_words_already_used_are_suggested(s: Session, people: People, ticket: Ticket) -> None:
    for typed in ("wifi", "windows", "vip", "100%"):
        tags.add(s, people.bruno, ticket.number, typed)

    assert tags.suggestions(s, people.bruno, "#WI") == ["wifi", "windows"]
    assert tags.suggestions(s, people.chloe, "") == ["100%", "vip", "wifi", "windows"]
    assert tags.suggestions(s, people.chloe, "", limit=1) == ["100%"]
    assert tags.suggestions(s, people.bruno, "%") == []
    assert tags.suggestions(s, people.bruno, "x" * 1000) == []
    with pytest.raises(NotAllowed):
        tags.suggestions(s, people.alice, "w")


def test_the_words_of_tickets_one_may_not_see_are_not_suggested(
    s: Session, people: People, ticket: Ticket
) -> None:
    team_id = min(people.bruno.team_ids)
    mine = creation.create(
        s, people.bruno, creation.NewTicket(title="Wifi", tags=("wifi",), team_id=team_id)
    )
    tags.add(s, people.diane, ticket.number, "wlan secret")
    by = replace(people.bruno, sees_only_teams=True)

    assert tags.suggestions(s, by, "w") == ["wifi"]
    trash.delete(s, people.bruno, mine.number)
    s.flush()
    assert tags.suggestions(s, by, "w") == []
