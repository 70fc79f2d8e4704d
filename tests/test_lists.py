"""Lists of tickets: what they hold, in which order, page by page (C1, C2)."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from data import clock
from data.models import (
    Category,
    Part,
    PendingReason,
    Priority,
    Status,
    Tag,
    Target,
    Team,
    Ticket,
    TicketPerson,
    TicketTag,
    Urgency,
)
from data.text import fold
from services import creation, deadlines, filters, lists, permissions, trash
from services.creation import NewTicket
from services.errors import Invalid
from services.filters import Filter
from services.lists import TicketLine
from services.permissions import Actor
from services.workflow import OPEN
from tests.conftest import People

QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
TITLES = ("Écran noir", "écran 100%", "a_b", "a/b\\c", "Œuvre #42", "42", "x", "Réseau l’été")
SORTS = [name for name in lists.SORTS if name != "deleted"]


@pytest.fixture
def crowd(s: Session, people: People) -> list[int]:
    """Thirty tickets of every kind, many alike in what lists sort by."""
    team = Team(name="Postes")
    category = Category(name="Matériel", path="Matériel")
    tag = Tag(name="vip")
    s.add_all([team, category, tag])
    s.flush()
    teams = [None, team.id, min(people.bruno.team_ids)]
    everybody = [people.alice, people.bruno, people.chloe, people.diane, people.driss]
    start = clock.now() - timedelta(days=3)
    for n in range(30):
        title = TITLES[n % len(TITLES)]
        status = list(Status)[n % 6]
        s.add(
            Ticket(
                number=n + 1,
                title=title,
                folded_title=fold(title),
                requester_id=everybody[n % 5].id,
                created_by_id=people.bruno.id,
                lead_id=[None, people.bruno.id, people.diane.id][n % 3],
                team_id=teams[n % 3],
                category_id=[None, category.id][n % 2],
                status=status,
                pending_reason=PendingReason.SUPPLIER if status is Status.PENDING else None,
                urgency=list(Urgency)[n % 4],
                priority=list(Priority)[n % 4],
                accept_due_at=start + timedelta(days=n % 5) if n % 3 else None,
                accepted_at=start if n % 4 == 0 else None,
                assigned_at=start if n % 8 == 0 else None,
                first_response_due_at=start + timedelta(days=n % 7) if n % 5 else None,
                first_response_at=start if n % 3 == 0 else None,
                resolve_due_at=start + timedelta(days=n % 6) if n % 4 else None,
                created_at=start + timedelta(hours=n // 3),
                updated_at=start + timedelta(hours=n // 4),
                deleted_at=start + timedelta(hours=n // 8) if n % 7 == 6 else None,
                answered_by_requester=n % 2 == 0,
            )
        )
        s.flush()
        if n % 3 == 0:
            s.add(TicketTag(ticket_number=n + 1, tag_id=tag.id))
        for place, part in enumerate(Part):
            if n % (place + 2) == 0:
                who = everybody[(n + place) % 5].id
                s.add(TicketPerson(ticket_number=n + 1, user_id=who, part=part))
    s.commit()
    return list(range(1, 31))


def everything(s: Session, numbers: list[int]) -> list[TicketLine]:
    return [line for number in numbers if (line := lists.line(s, number))]


def pages(s: Session, by: Actor, wanted: Filter, **how: Any) -> Iterator[lists.Page]:
    page = lists.page(s, by, wanted, **how)
    yield page
    while page.after:
        page = lists.page(s, by, wanted, cursor=page.after, **how)
        yield page


words = st.sampled_from(
    ["", "ecran", "ÉCRAN noir", "100%", "%", "_", "a_b", "/", "\\", "#42", "42", "oeuvre", "l’ete",
     "x" * 70_000, "#7 x", "é é", "nulle part", "²", "9" * 30, "\x00", "\ud800"]
)  # fmt: skip


def wishes(people: list[int], teams: list[int]) -> st.SearchStrategy[Filter]:
    """Return any filter, the impossible ones included."""
    nobody = [None, 10**30]
    leads = ["", "me", "none", "nobody", "-1", "9" * 30, *map(str, people)]
    return st.builds(
        Filter,
        scope=st.sampled_from(["all", "all", "mine", "trash"]),
        statuses=st.frozensets(st.sampled_from(Status), max_size=3),
        priorities=st.frozensets(st.sampled_from(Priority), max_size=2),
        team_id=st.sampled_from([*nobody, *teams]),
        lead=st.sampled_from(leads),
        requester_id=st.sampled_from([*nobody, *people]),
        text=words,
        is_late=st.booleans(),
        is_answered=st.booleans(),
    )


looker = st.sampled_from(["alice", "bruno", "bruno of his team", "chloe", "diane", "driss"])


def named(people: People, who: str) -> Actor:
    by: Actor = getattr(people, who.split(maxsplit=1)[0])
    return replace(by, sees_only_teams="of his team" in who)


def test_the_database_and_python_agree_on_what_belongs_in_a_list(
    s: Session, people: People, crowd: list[int]
) -> None:
    lines = everything(s, crowd)
    assert len(lines) == 30
    shown: set[bool] = set()
    teams = sorted({line.team_id for line in lines if line.team_id})

    @QUICK
    @given(who=looker, wanted=wishes([people.alice.id, people.bruno.id], teams))
    def agree(who: str, wanted: Filter) -> None:
        by = named(people, who)

        found = lists.page(s, by, wanted, limit=200).lines

        may_see = [line for line in lines if permissions.sees(by, line.audience)]
        if wanted.is_trash:
            may_see = lines if by.role.value == "admin" else []
        expected = [line for line in may_see if filters.fits(wanted, by, line)]
        assert {line.number for line in found} == {line.number for line in expected}
        assert lists.count(s, by, wanted) == len(expected)
        shown.add(bool(expected))

    agree()
    assert shown == {True, False}


@pytest.mark.parametrize("who", ["alice", "bruno", "bruno of his team", "chloe", "diane", "driss"])
def test_who_sees_a_ticket_is_the_same_in_sql_and_in_python(
    s: Session, people: People, crowd: list[int], who: str
) -> None:
    by = named(people, who)

    found = {line.number for line in lists.page(s, by, Filter(), limit=200).lines}

    assert found == {x.number for x in everything(s, crowd) if permissions.sees(by, x.audience)}
    assert found


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("limit", [1, 4, 25, 26])
def test_pages_visit_each_row_once_forwards_and_backwards(
    s: Session, people: People, crowd: list[int], sort: str, reverse: bool, limit: int
) -> None:
    how: dict[str, Any] = {"sort": sort, "reverse": reverse, "limit": limit}
    whole = lists.page(s, people.diane, Filter(), sort=sort, reverse=reverse, limit=200)
    expected = [line.number for line in whole.lines]

    forwards = list(pages(s, people.diane, Filter(), **how))
    backwards = [page := forwards[-1]]
    while page.before:
        page = lists.page(s, people.diane, Filter(), cursor=page.before, **how)
        backwards.append(page)

    assert len(expected) == len(set(expected)) == 26
    assert [line.number for p in forwards for line in p.lines] == expected
    assert [line.number for p in reversed(backwards) for line in p.lines] == expected
    assert forwards[0].before is None
    assert whole.before is whole.after is backwards[-1].before is None


@pytest.mark.parametrize("sort", SORTS)
def test_rows_stand_in_the_order_asked_for(
    s: Session, people: People, crowd: list[int], sort: str
) -> None:
    def due(x: TicketLine, *targets: Target) -> datetime:
        """Return the first of what is promised and not kept; nothing of it is last."""
        dates = {target: getattr(x, deadlines.DUE[target]) for target in targets}
        open_ = [at for t, at in dates.items() if at and not deadlines.is_met(x, t)]
        return min(open_, default=last) if x.status in OPEN else last

    last = clock.now() + timedelta(days=999)
    keys: dict[str, Callable[[TicketLine], Any]] = {
        "updated": lambda x: x.updated_at,
        "created": lambda x: x.created_at,
        "number": lambda x: x.number,
        "priority": lambda x: list(Priority).index(x.priority),
        "due": lambda x: due(x, *Target),
        "accept": lambda x: due(x, Target.ACCEPT),
        "first_response": lambda x: due(x, Target.FIRST_RESPONSE),
        "resolve": lambda x: due(x, Target.RESOLVE),
        "status": lambda x: x.status.value,
        "title": lambda x: fold(x.title),
        "lead": lambda x: fold(x.lead or ""),
        "requester": lambda x: fold(x.requester),
    }

    found = lists.page(s, people.diane, Filter(), sort=sort, limit=200).lines

    values = [keys[sort](line) for line in found]
    assert values == sorted(values, reverse=lists.SORTS[sort].downwards)
    assert len(set(values)) > 1


def test_the_trash_is_listed_by_deletion_and_only_there(
    s: Session, people: People, crowd: list[int]
) -> None:
    trash_ = Filter(scope="trash")

    found = [
        line.deleted_at
        for page in pages(s, people.diane, trash_, sort="deleted", limit=2)
        for line in page.lines
    ]

    assert len(found) == 4 == trash.count(s, people.diane)
    assert found == sorted((at for at in found if at), reverse=True)
    assert lists.page(s, people.bruno, trash_).lines == []
    with pytest.raises(Invalid):
        lists.page(s, people.diane, Filter(), sort="deleted")


def test_a_row_that_moves_up_meanwhile_does_not_disturb_the_next_page(
    s: Session, people: People, crowd: list[int]
) -> None:
    first = lists.page(s, people.diane, Filter(), limit=5)
    s.get_one(Ticket, first.lines[-1].number).updated_at = clock.now()
    s.commit()

    second = lists.page(s, people.diane, Filter(), limit=5, cursor=first.after)

    before = lists.page(s, people.diane, Filter(), sort="updated", limit=11).lines
    assert [line.number for line in second.lines] == [line.number for line in before[5:10]]


def test_a_cursor_beyond_the_last_row_finds_the_way_back(
    s: Session, people: People, ticket: Ticket
) -> None:
    other = creation.create(s, people.alice, NewTicket(title="Deux"))
    s.commit()
    page = lists.page(s, people.diane, Filter(), sort="number", limit=1)
    trash.delete(s, people.diane, ticket.number)
    s.commit()

    empty = lists.page(s, people.diane, Filter(), sort="number", limit=1, cursor=page.after)

    assert page.lines[0].number == other.number
    assert (empty.lines, empty.after) == ([], None)


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("sort", "cursor"),
    [
        ("updated", "é"),
        ("updated", "x"),
        ("updated", packed(7)),
        ("updated", packed([])),
        ("updated", packed(["number", False, 1, 1])),
        ("updated", packed(["updated", False, "2026-01-01T00:00:00", 1])),
        ("updated", packed(["updated", False, "9999-12-31T23:59:59-23:00", 1])),
        ("updated", packed(["updated", False, None, 1])),
        ("updated", packed(["updated", 1, "2026-01-01T00:00:00+00:00", 1])),
        ("number", packed(["number", False, 10**40, 1])),
        ("number", packed(["number", False, 1, 10**40])),
        ("number", packed(["number", False, True, 1])),
        ("number", packed(["number", False, float("inf"), 1])),
        ("number", packed(["number", False, "1", 1])),
        ("priority", packed(["priority", False, "boss", 1])),
        ("status", packed(["status", False, {}, 1])),
        ("title", packed(["title", False, {"a": 1}, 1])),
        ("title", packed(["title", False, "\ud800", 1])),
        ("title", base64.urlsafe_b64encode(b"[" * 100_000).decode()),
        ("password_hash", ""),
        ("updated_at; DROP TABLE ticket", ""),
    ],
)
def test_a_damaged_cursor_or_sort_is_refused(
    s: Session, people: People, ticket: Ticket, sort: str, cursor: str
) -> None:
    with pytest.raises(Invalid):
        lists.page(s, people.diane, Filter(), sort=sort, cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 201, 10**9])
def test_a_page_has_a_size(s: Session, people: People, limit: int) -> None:
    with pytest.raises(Invalid):
        lists.page(s, people.diane, Filter(), limit=limit)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("ecran", {"Écran noir", "écran 100%"}),
        ("ÉCRAN", {"Écran noir", "écran 100%"}),
        ("noir écran", {"Écran noir"}),
        ("100%", {"écran 100%"}),
        ("%", {"écran 100%"}),
        ("_", {"a_b"}),
        ("a/b", {"a/b\\c"}),
        ("\\", {"a/b\\c"}),
        ("oeuvre", {"Œuvre #42"}),
        ("#42", {"Œuvre #42"}),
        ("42", {"Œuvre #42", "42"}),
        ("#2", {"écran 100%"}),
        ("l'été", set()),
        ("l’été", {"Réseau l’été"}),
        ("'; --", set()),
    ],
)
def test_the_search_box_takes_words_as_they_are(
    s: Session, people: People, text: str, titles: set[str]
) -> None:
    for title in TITLES:
        creation.create(s, people.alice, NewTicket(title=title))
    s.commit()

    found = lists.page(s, people.alice, Filter(text=text), limit=200)

    assert {line.title for line in found.lines} == titles


def test_a_list_is_narrowed_to_a_tag_and_a_tree_of_categories(
    s: Session, people: People, crowd: list[int]
) -> None:
    category_id = next(x.category_id for x in everything(s, crowd) if x.category_id)

    tagged = lists.page(s, people.diane, Filter(tag="vip"), limit=200).lines
    below = filters.narrowed(Filter(), category_ids=frozenset({category_id, 10**30}))

    assert {line.number % 3 for line in tagged} == {1}
    assert lists.page(s, people.diane, below).lines == []
    below = filters.narrowed(Filter(), category_ids=frozenset({category_id}))
    assert {line.category for line in lists.page(s, people.diane, below).lines} == {"Matériel"}


def test_lines_are_asked_for_by_number_and_cut_to_what_one_sees(
    s: Session, people: People, crowd: list[int]
) -> None:
    found = lists.lines(s, people.alice, [11, 2, 1, 999])

    assert [line.number for line in found] == [11, 1]
    assert lists.line(s, 999) is None


def test_a_line_names_who_works_on_it(s: Session, people: People, crowd: list[int]) -> None:
    line = lists.line(s, 13)

    assert line
    assert line.helpers == ((people.chloe.id, "Chloe"),)
    assert line.observer_ids == {people.diane.id}
    assert (line.requester, line.lead) == ("Chloe", None)
