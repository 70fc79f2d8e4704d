"""Who may do what, through the real functions, as docs/permissions.md says (product.md 2; R-1)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from data.models import Link, LinkKind, Role, Status, Team, User
from services import (
    acceptance,
    assignment,
    attachments,
    calendars,
    categories,
    channels,
    comments,
    creation,
    deliveries,
    observers,
    report_plans,
    reports,
    schedule,
    sessions,
    settings,
    sla,
    statistics,
    teams,
    ticket_view,
    tickets,
    tokens,
    transitions,
    trash,
    users,
    webhooks,
)
from services.creation import NewTicket
from services.errors import Blocked, Closed, DomainError, NotAllowed, NotFound
from services.permissions import RULES, Action, Actor
from services.selections import Selection
from services.tasks import TASKS
from tests.conftest import People
from tests.test_trash import stored

DOCUMENT = Path(__file__).parent.parent / "docs" / "permissions.md"
SAID: dict[type[DomainError], str] = {
    NotFound: "404",
    NotAllowed: "no",
    Blocked: "no",
    Closed: "closed",
}


@dataclass(frozen=True)
class Scene:
    """A ticket of Alice’s given to Bruno’s team, one of Chloé’s, and those who come to them."""

    s: Session
    people: People
    number: int
    number_of_chloe: int
    others: dict[str, Actor]

    def comes(self, column: str) -> tuple[Actor, int]:
        """Return who a column is about, and the ticket they come to."""
        number = self.number_of_chloe if column == "manager: own" else self.number
        return self.others[column], number


@pytest.fixture
def scene(s: Session, people: People) -> Scene:
    """A scene with open tickets."""
    oscar = User(name="Oscar", email="oscar@exemple.fr", role=Role.REQUESTER)
    elsewhere = Team(name="Postes")
    s.add_all([oscar, elsewhere])
    s.flush()
    number = creation.create(s, people.alice, NewTicket(title="Imprimante")).number
    number_of_chloe = creation.create(s, people.chloe, NewTicket(title="Écran")).number
    for each in (number, number_of_chloe):
        assignment.assign(s, people.diane, each, team_id=min(people.bruno.team_ids))
    observers.add(s, people.diane, number, oscar.id)
    s.commit()
    others = {
        "requester: own": people.alice,
        "requester: observer": sessions.actor_of(s, oscar.id),
        "requester: stranger": people.driss,
        "technician": people.bruno,
        "own teams only: theirs": replace(people.bruno, sees_only_teams=True),
        "own teams only: another’s": replace(
            people.bruno, sees_only_teams=True, team_ids=frozenset({elsewhere.id})
        ),
        "manager": people.chloe,
        "manager: own": people.chloe,
        "admin": people.diane,
    }
    return Scene(s, people, number, number_of_chloe, others)


def accept(scene: Scene, by: Actor, number: int) -> object:
    """Accept what was given to `by`, as far as it can be."""
    with suppress(DomainError):
        assignment.assign(scene.s, scene.people.diane, number, lead_id=by.id)
    return acceptance.accept(scene.s, by, number)


def close(scene: Scene, by: Actor, number: int) -> object:
    resolve_first(scene, number)
    return transitions.move(scene.s, by, number, Status.CLOSED)


def reopen(scene: Scene, by: Actor, number: int) -> object:
    resolve_first(scene, number)
    return transitions.move(scene.s, by, number, Status.IN_PROGRESS)


def override(scene: Scene, by: Actor, number: int) -> object:
    s, diane = scene.s, scene.people.diane
    blocker = creation.create(s, scene.people.driss, NewTicket(title="Obstacle")).number
    ends = {"source_number": blocker, "target_number": number, "created_by_id": diane.id}
    s.add(Link(kind=LinkKind.BLOCKS, **ends))
    s.flush()
    return transitions.move(s, by, number, Status.RESOLVED, override="Contourné")


def resolve_first(scene: Scene, number: int) -> None:
    with suppress(NotFound, Closed):
        transitions.move(scene.s, scene.people.diane, number, Status.RESOLVED)


Gesture = Callable[[Scene, Actor, int], object]
ON_TICKETS: dict[str, Gesture] = {
    "ticket:read": lambda x, by, n: tickets.get(x.s, by, n),
    "ticket:comment": lambda x, by, n: comments.post(x.s, by, n, "Oui"),
    "file:attach": lambda x, by, n: attachments.add(x.s, by, f"comment:{n}", stored(b"a")),
    "ticket:note": lambda x, by, n: comments.post(x.s, by, n, "Note", internal=True),
    "ticket:take": lambda x, by, n: assignment.take(x.s, by, n),
    "ticket:accept": accept,
    "ticket:assign": lambda x, by, n: assignment.assign(
        x.s, by, n, lead_id=x.people.bruno.id, team_id=min(x.people.bruno.team_ids)
    ),
    "ticket:edit": lambda x, by, n: tickets.edit(x.s, by, n, {"title": "Autre"}),
    "ticket:observe": lambda x, by, n: observers.add(x.s, by, n, x.people.bruno.id),
    "ticket:cancel": lambda x, by, n: transitions.move(x.s, by, n, Status.CANCELLED),
    "ticket:resolve": lambda x, by, n: transitions.move(x.s, by, n, Status.RESOLVED),
    "ticket:close": close,
    "ticket:reopen": reopen,
    "ticket:override": override,
    "ticket:delete": lambda x, by, n: trash.delete(x.s, by, n),
}
IN_TRASH: dict[str, Gesture] = {
    **ON_TICKETS,
    "trash:see": lambda x, by, n: trash.get(x.s, by, n),
    "ticket:restore": lambda x, by, n: trash.restore(x.s, by, n),
    "ticket:purge": lambda x, by, n: trash.purge(x.s, by, n, typed=str(n)),
}
ANYWHERE: dict[str, Gesture] = {
    "ticket:create": lambda x, by, _: creation.create(x.s, by, NewTicket(title="Souris")),
    "ticket:create_for": lambda x, by, _: creation.create(
        x.s, by, NewTicket(title="Souris", requester_id=x.people.driss.id, impact="high")
    ),
    "queue:see": lambda x, by, _: teams.options(x.s, by),
    "channel:manage": lambda x, by, _: channels.view(x.s, by, "email"),
    "stats:see": lambda x, by, _: statistics.summary(x.s, by),
    "stats:names": lambda x, by, _: statistics.summary(
        x.s, by, Selection(lead_ids=frozenset({x.people.alice.id}))
    ),
    "report:see": lambda x, by, _: reports.page(x.s, by),
    "report:plan": lambda x, by, _: report_plans.all(x.s, by),
    "category:manage": lambda x, by, _: categories.create(x.s, by, name="Fax"),
    "deadline:manage": lambda x, by, _: (calendars.begin(x.s, by), sla.all(x.s, by)),
    "delivery:manage": lambda x, by, _: deliveries.page(x.s, by, deliveries.Wanted("webhook")),
    "schedule:manage": lambda x, by, _: schedule.lines(x.s, by, TASKS),
    "settings:manage": lambda x, by, _: settings.change(x.s, by, {"untreated_days": 5}),
    "team:manage": lambda x, by, _: teams.create(x.s, by, name="Minitel"),
    "token:manage": lambda x, by, _: tokens.all(x.s, by),
    "user:manage": lambda x, by, _: users.get(x.s, by, x.people.alice.id),
    "webhook:manage": lambda x, by, _: webhooks.all(x.s, by),
}
ROLES = {"requester": "alice", "technician": "bruno", "manager": "chloe", "admin": "diane"}


def outcome(scene: Scene, gesture: Gesture, by: Actor, number: int) -> str:
    """Return how a gesture ends, and undo it."""
    savepoint = scene.s.begin_nested()
    try:
        gesture(scene, by, number)
    except DomainError as refusal:
        return SAID[type(refusal)]
    finally:
        savepoint.rollback()
        scene.s.expire_all()
    return "yes"


def documented() -> dict[str, dict[str, dict[str, str]]]:
    """Return the tables of the document: heading, action, column, word."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    heading, columns = "", list[str]()
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading, columns = line.removeprefix("## "), []
        elif line.startswith("| "):
            first, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            if not columns:
                columns = cells
            elif not first.startswith("---"):
                row = dict(zip(columns, cells, strict=True))
                found.setdefault(heading, {})[first.strip("`")] = row
    return found


def as_it_is(scene: Scene, gestures: dict[str, Gesture]) -> dict[str, dict[str, str]]:
    return {
        name: {column: outcome(scene, gesture, *scene.comes(column)) for column in scene.others}
        for name, gesture in gestures.items()
    }


def test_an_open_ticket(scene: Scene) -> None:
    assert as_it_is(scene, ON_TICKETS) == documented()["An open ticket"]


def test_a_closed_ticket(scene: Scene) -> None:
    for number in (scene.number, scene.number_of_chloe):
        transitions.move(scene.s, scene.people.diane, number, Status.RESOLVED)
        transitions.move(scene.s, scene.people.diane, number, Status.CLOSED)
    scene.s.commit()

    assert as_it_is(scene, ON_TICKETS) == documented()["A closed ticket"]


def test_a_deleted_ticket(scene: Scene) -> None:
    for number in (scene.number, scene.number_of_chloe):
        trash.delete(scene.s, scene.people.diane, number)
    scene.s.commit()

    assert as_it_is(scene, IN_TRASH) == documented()["A deleted ticket"]


def test_what_needs_no_ticket(scene: Scene) -> None:
    found = {
        name: {
            role: outcome(scene, gesture, getattr(scene.people, who), 0)
            for role, who in ROLES.items()
        }
        for name, gesture in ANYWHERE.items()
    }

    assert found == documented()["Without a ticket"]


def test_every_action_has_a_rule_and_is_documented() -> None:
    rows = {name for table in documented().values() for name in table}

    assert set(RULES) == set(Action)
    assert {action.value for action in Action} <= rows
    assert [action.value for action in Action] == sorted(action.value for action in Action)


def test_the_page_offers_exactly_what_works(scene: Scene) -> None:
    works = as_it_is(scene, {n: g for n, g in ON_TICKETS.items() if n in set(Action)})

    for column, by in scene.others.items():
        _by, number = scene.comes(column)
        if works["ticket:read"][column] == "yes":
            may = ticket_view.may(by, tickets.get(scene.s, by, number))
            offered = {action.value for action in may & {Action(name) for name in works}}
            # A requester is offered to close once the ticket is resolved.
            offered |= {"ticket:close"} if "ticket:reopen" in offered else set()
            assert offered == {name for name, row in works.items() if row[column] == "yes"}
