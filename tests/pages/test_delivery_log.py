"""The log of what was sent: narrowed down, older ones, sent again (C5)."""

import re

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from data.models import Delivery, DeliveryState, Event, Ticket
from tests.conftest import People
from tests.pages.conftest import Cost, Visit, Visitor

PATH = "/admin/notifications"


def sent(s: Session, recipient: int, count: int, number: int | None = None) -> list[int]:
    """E-mails that were given up, and their ids."""
    events = [
        Event(kind="comment.posted", details={}, ticket_number=number, relayed_at=None)
        for _ in range(count)
    ]
    s.add_all(events)
    s.flush()
    rows = [
        {
            "key": f"{recipient}-{event.id}",
            "event_id": event.id,
            "channel": "email",
            "recipient": str(recipient),
            "state": DeliveryState.DEAD,
        }
        for event in events
    ]
    found = s.scalars(insert(Delivery).returning(Delivery.id), rows).all()
    s.commit()
    return sorted(found)


def shown(visitor: Visitor) -> int:
    return visitor.shown().count('data-testid="delivery"')


def shown_state(visitor: Visitor) -> str:
    found = re.search(r'data-testid="delivery-state">.*?</svg>([^<]*)<', visitor.shown())
    return found[1] if found else ""


async def test_older_messages_follow_on_demand(visit: Visit, s: Session, people: People) -> None:
    sent(s, people.alice.id, 70)
    diane = await visit("diane", PATH)
    assert shown(diane) == 50

    diane.click("more-messages")

    await diane._until(lambda: shown(diane) == 70, "all of them")
    assert not diane.field("more-messages").visible


async def test_the_log_is_narrowed_to_a_person_a_ticket_and_how_it_ended(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    sent(s, people.alice.id, 2, ticket.number)
    sent(s, people.bruno.id, 3)
    diane = await visit("diane", PATH)
    assert shown(diane) == 5

    for name, typed, many in (
        ("log-person", "bruno", 3),
        ("log-person", "nobody at all", 0),
        ("log-person", "", 5),
        ("log-ticket", f"#{ticket.number}", 2),
        ("log-ticket", "no number", 0),
    ):
        diane.field(name).set_value(typed)
        await diane._until(lambda many=many: shown(diane) == many, f"{name} {typed}")  # type: ignore[misc] # bound now


async def test_what_was_given_up_is_sent_again_from_the_log(
    visit: Visit, s: Session, people: People
) -> None:
    (key,) = sent(s, people.alice.id, 1)
    diane = await visit("diane", PATH)

    diane.press('data-action="resend"', "resend", str(key))

    await diane._until(lambda: shown_state(diane) == "Waiting to be sent", "it waits")
    s.expire_all()
    assert s.get_one(Delivery, key).state is DeliveryState.PENDING


async def test_the_page_costs_as_many_statements_however_much_was_sent(
    cost: Cost, s: Session, people: People
) -> None:
    few = await cost("diane", PATH)
    sent(s, people.alice.id, 60)

    many = await cost("diane", PATH)

    assert len(many) <= len(few) + 1, many  # the names of those they went to


@pytest.mark.parametrize("who", ["alice", "bruno", "chloe"])
async def test_nobody_else_sees_the_log(visit: Visit, who: str) -> None:
    visitor = await visit(who, PATH)

    assert not visitor.has("log-person")
