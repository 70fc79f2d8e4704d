"""Search page by page: everything that matches is shown once, whatever happens meanwhile."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Ticket
from services import comments, creation, search, trash
from services.creation import NewTicket
from services.errors import Invalid
from services.permissions import Actor
from services.search import Found
from tests.callers import Callers
from tests.conftest import Clock, People, Queries


def opened(s: Session, by: Actor, count: int, title: str = "Imprimante", **more: Any) -> list[int]:
    """Open tickets, each a day older than the next; return their numbers, the newest first."""
    numbers = [creation.create(s, by, NewTicket(title=title, **more)).number for _ in range(count)]
    for age, number in enumerate(reversed(numbers)):
        then = now() - timedelta(days=age)
        s.execute(update(Ticket).where(Ticket.number == number).values(updated_at=then))
    s.commit()
    return numbers[::-1]


def pages(s: Session, by: Actor, text: str, limit: int) -> list[list[str]]:
    """Return what every page shows, people by name and tickets by number."""
    shown: list[list[str]] = []
    cursor: str | None = None
    for _ in range(100):
        found = search.everything(s, by, text, limit=limit, cursor=cursor)
        shown.append([str(hit.number or hit.title) for hit in found.hits])
        cursor = found.after
        if cursor is None:
            return shown
    raise AssertionError("the pages have no end")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few tickets fill a block."""
    monkeypatch.setattr(search, "READ", 7)
    monkeypatch.setattr(search, "CANDIDATES", 5)


@pytest.mark.parametrize("who", ["bruno", "alice"])
@pytest.mark.parametrize("limit", [1, 3, 4])
@pytest.mark.parametrize(
    "text", ["imprimante", "statut:ouvert imprimante", "statut:ouvert", "-scanner", "-scanner rien"]
)
def test_every_hit_is_on_one_page(
    s: Session, people: People, small: None, who: str, limit: int, text: str
) -> None:
    numbers = opened(s, people.alice, 20)
    opened(s, people.alice, 3, "Scanner")
    opened(s, people.driss, 2, "Scanner")

    shown = pages(s, getattr(people, who), text, limit)

    tickets = [int(key) for page in shown for key in page]
    wanted = [] if "rien" in text else numbers
    mine = [number for number in tickets if number in numbers]
    assert sorted(mine, reverse=True) == wanted
    assert len(tickets) == len(set(tickets))
    assert all(len(page) <= limit for page in shown)
    if text == "imprimante":
        assert [len(page) for page in shown[:-1]] == [limit] * (len(shown) - 1)


def test_within_a_block_the_best_come_first_and_older_blocks_follow(
    s: Session, people: People, small: None
) -> None:
    earlier = opened(s, people.alice, 4)
    in_body = opened(s, people.alice, 4, "Bureau", description="une imprimante")
    in_title = opened(s, people.alice, 3)

    shown = pages(s, people.bruno, "imprimante", 7)

    assert shown == [list(map(str, [*in_title, *in_body])), list(map(str, earlier))]


def test_people_and_a_number_come_once_and_in_their_place(
    s: Session, people: People, small: None
) -> None:
    numbers = opened(s, people.alice, 12, "Pour Chloe")
    s.execute(
        update(Ticket)
        .where(Ticket.number.in_(numbers))
        .values(updated_at=now() - timedelta(days=90))
    )
    s.commit()
    number = numbers[-1]
    comments.say(s, people.bruno, numbers[0], f"Voir le {number}")
    s.commit()

    by_name = [key for page in pages(s, people.bruno, "chloe", 1) for key in page]
    by_number = [key for page in pages(s, people.bruno, str(number), 1) for key in page]

    assert sorted(by_name[2:]) == sorted(map(str, numbers[1:]))
    assert set(by_name[:2]) == {"Chloe", str(numbers[0])}
    assert by_number == [str(number), str(numbers[0])]


def test_a_number_that_one_may_not_see_takes_no_place(s: Session, people: People) -> None:
    (hidden,) = opened(s, people.driss, 1)
    (mine,) = opened(s, people.alice, 1, f"Comme le {hidden}")

    assert pages(s, people.alice, str(hidden), 1) == [[str(mine)]]


@pytest.mark.parametrize("read", [7, 500])
def test_pages_keep_in_step_while_tickets_come_and_go(
    s: Session, people: People, monkeypatch: pytest.MonkeyPatch, time: Clock, read: int
) -> None:
    monkeypatch.setattr(search, "READ", read)
    numbers = opened(s, people.alice, 20)
    first = search.everything(s, people.bruno, "imprimante", limit=5)

    opened(s, people.alice, 4)
    trash.delete(s, people.diane, numbers[2])
    s.commit()
    time.pass_by(days=30)
    rest: list[Found] = []
    cursor = first.after
    while cursor:
        rest.append(search.everything(s, people.bruno, "imprimante", limit=5, cursor=cursor))
        cursor = rest[-1].after

    shown = [hit.number for page in (first, *rest) for hit in page.hits]
    assert shown == numbers


def test_a_later_page_asks_no_more_than_the_first(
    s: Session, people: People, small: None, queries: Queries
) -> None:
    opened(s, people.alice, 40)
    counts: list[int] = []
    cursor: str | None = None
    while cursor or not counts:
        queries.statements.clear()
        found = search.everything(s, people.bruno, "imprimante", limit=4, cursor=cursor)
        counts.append(len(queries.statements))
        cursor = found.after

    assert len(counts) == 10
    assert max(counts) <= 8


def test_a_cursor_is_of_one_search(s: Session, people: People) -> None:
    opened(s, people.alice, 3)
    cursor = search.everything(s, people.bruno, "imprimante", limit=1).after
    assert cursor is not None
    of, at, below, is_first, is_indexed, last = json.loads(cursor)
    assert search.everything(s, people.bruno, "imprimante", cursor=cursor).hits

    for damaged in (
        "x",
        "[]",
        "é",
        json.dumps([of, "yesterday", below, is_first, is_indexed, last]),
        json.dumps([of, at, 10**30, is_first, is_indexed, last]),
        json.dumps([of, at, None, is_first, is_indexed, last]),
        json.dumps([of, at, below, is_first, is_indexed, [1]]),
        json.dumps([of, at, below, is_first, is_indexed, [float("nan"), 1, -1]]),
        json.dumps([of, at, below, is_first, is_indexed, [-1.0, 1, 10**30]]),
        json.dumps([of, at, below, is_first, is_indexed, ["a", 1, 1]]),
        json.dumps([of, "9999-12-31T23:59:59-23:00", below, is_first, is_indexed, last]),
    ):
        with pytest.raises(Invalid):
            search.everything(s, people.bruno, "imprimante", cursor=damaged)
    with pytest.raises(Invalid):
        search.everything(s, people.bruno, "scanner", cursor=cursor)


async def test_the_api_goes_on_by_cursor_and_link(
    s: Session, people: People, callers: Callers
) -> None:
    numbers = opened(s, people.alice, 5)

    first = await callers.bruno.get("/search?q=imprimante&limit=3")
    link = first.headers["Link"].removeprefix("</api/v1").partition(">")[0]
    second = await callers.bruno.get(link)
    wrong = await callers.bruno.get("/search?q=imprimante&cursor=abc")

    shown = [item["number"] for page in (first, second) for item in page.json()["items"]]
    assert shown == numbers
    assert second.json()["next"] is None
    assert f"cursor={first.json()['next'].rstrip('=')}" in link
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "cursor")
