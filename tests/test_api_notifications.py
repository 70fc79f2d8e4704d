"""What one is told and how one wants to be, through the API."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from data.models import Ticket
from services import comments, preferences, relay
from services.tokens import Scope
from tests.callers import Callers
from tests.conftest import People


@pytest.fixture
def told(s: Session, people: People, ticket: Ticket) -> Ticket:
    """Alice’s printer, of which she was told three things."""
    for n in range(3):
        comments.post(s, people.bruno, ticket.number, f"Message {n}")
    s.commit()
    relay.relay(s)
    s.commit()
    return ticket


async def test_one_lists_what_one_was_told_page_by_page(callers: Callers, told: Ticket) -> None:
    first = await callers.alice.get("/notifications", params={"limit": 2})
    after = {"limit": 2, "cursor": first.json()["next"]}
    second = await callers.alice.get("/notifications", params=after)

    found = [*first.json()["items"], *second.json()["items"]]
    assert [notice["excerpt"] for notice in found] == ["Message 2", "Message 1", "Message 0"]
    assert second.json()["next"] is None
    assert first.headers["Link"].endswith('rel="next"')
    assert first.json()["unread"] == 3
    newest = {name: found[0][name] for name in ("kind", "label", "reason", "why", "actor")}
    assert newest == {
        "kind": "comment",
        "label": "New message",
        "reason": "requester",
        "why": "It is your request.",
        "actor": "Bruno",
    }
    assert (found[0]["ticket"], found[0]["title"]) == (told.number, told.title)
    assert (await callers.driss.get("/notifications")).json()["items"] == []


async def test_one_reads_one_or_all(callers: Callers, told: Ticket) -> None:
    newest = (await callers.alice.get("/notifications")).json()["items"][0]["id"]
    foreign = await callers.driss.post(f"/notifications/{newest}/read")
    one = await callers.alice.post(f"/notifications/{newest}/read")
    unread = await callers.alice.get("/notifications", params={"unread": "true"})
    all_ = await callers.alice.post("/notifications/read")
    rest = await callers.alice.get("/notifications", params={"unread": "true"})

    assert (foreign.status_code, one.status_code, all_.status_code) == (404, 204, 204)
    assert len(unread.json()["items"]) == 2
    assert (rest.json()["items"], rest.json()["unread"]) == ([], 0)


async def test_one_changes_how_one_is_told(callers: Callers) -> None:
    change = {
        "paces": [{"kind": "comment", "channel": "email", "pace": "daily"}],
        "quiet": {"start": "22:00", "end": "07:05"},
    }
    changed = await callers.alice.patch("/me/preferences", json=change)
    read = (await callers.alice.get("/me/preferences")).json()
    ended = (await callers.alice.patch("/me/preferences", json={"quiet": None})).json()

    assert changed.json() == read
    assert {"kind": "comment", "channel": "email", "pace": "daily"} in read["paces"]
    assert {"kind": "closed", "channel": "email", "pace": "at_once"} in read["paces"]
    assert read["quiet"] == {"start": "22:00", "end": "07:05"}
    assert ended["quiet"] is None
    assert {"kind": "comment", "channel": "email", "pace": "daily"} in ended["paces"]


@pytest.mark.parametrize(
    "wish",
    [
        {"paces": [{"kind": "nonsense", "channel": "email", "pace": "daily"}]},
        {"paces": [{"kind": "comment", "channel": "app", "pace": "daily"}]},
        {"paces": [{"kind": "password", "channel": "email", "pace": "off"}]},
        {"quiet": {"start": "24:00", "end": "07:00"}},
        {"quiet": {"start": "22:00"}},
        {"wants_email": False},
    ],
)
async def test_what_cannot_be_wished_changes_nothing(
    callers: Callers, wish: dict[str, Any]
) -> None:
    before = await callers.alice.get("/me/preferences")
    good = {"kind": "comment", "channel": "email", "pace": "daily"}
    sent = {**wish, "paces": [good, *wish.get("paces", [])]}

    refused = await callers.alice.patch("/me/preferences", json=sent)

    assert refused.status_code == 422
    assert (await callers.alice.get("/me/preferences")).json() == before.json()


@pytest.mark.parametrize("cursor", ["nonsense", "LTE=", "4pGg", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk="])
async def test_a_page_that_never_was_is_named(callers: Callers, cursor: str) -> None:
    refused = await callers.alice.get("/notifications", params={"cursor": cursor})

    assert refused.status_code == 422
    assert [problem["field"] for problem in refused.json()["errors"]] == ["cursor"]


async def test_one_mutes_a_ticket_one_sees(
    s: Session, people: People, callers: Callers, ticket: Ticket
) -> None:
    path = f"/tickets/{ticket.number}/mute"
    muted = [await callers.alice.post(path), await callers.alice.post(path)]
    assert [answer.status_code for answer in muted] == [204, 204]
    assert preferences.is_muted(s, people.alice, ticket.number)
    s.rollback()

    assert (await callers.alice.delete(path)).status_code == 204
    assert (await callers.driss.post(path)).status_code == 404
    s.expire_all()
    assert not preferences.is_muted(s, people.alice, ticket.number)


async def test_what_one_is_told_needs_the_scope_of_one_s_profile(
    callers: Callers, people: People
) -> None:
    narrow = callers.with_token(people.alice, Scope.TICKETS_READ)

    for path in ("/notifications", "/me/preferences"):
        refused = await narrow.get(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
