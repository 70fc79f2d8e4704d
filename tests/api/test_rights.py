"""Who may call what: every operation by everybody, as tests/api/rights.md says (T-1, T-2, T-3)."""

import os
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from data import db
from data.models import Role, Team, Ticket, User
from integrations.api import version_1, wishes
from services import comments, creation, sessions
from services.creation import NewTicket
from tests.api.scene import Place, body_of, place
from tests.callers import Caller, Callers
from tests.conftest import People

TABLE = Path(__file__).parent / "rights.md"
ACTORS = ("anonymous", "requester", "stranger", "technician", "other team", "manager", "admin")
HEAD = """# What each operation answers to whom

The ticket, comment, file, token, session and notification called on are Alice’s, the requester’s;
her ticket is in the technician’s team, which the other technician is not in and sees nothing of.
`RENEW=1 pytest tests/api/test_rights.py` writes this table anew: read what changed.
"""


def operations() -> list[str]:
    """Every operation of the description."""
    paths = version_1().openapi()["paths"]
    return sorted(f"{method.upper()} {path}" for path, item in paths.items() for method in item)


def documented() -> dict[str, dict[str, str]]:
    rows = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {name.strip("`"): dict(zip(ACTORS, row, strict=True)) for name, *row in cells}


@pytest.mark.slow
async def test_every_operation_answers_everybody_as_the_table_says(
    s: Session, people: People, callers: Callers
) -> None:
    who = actors(s, callers)

    found: dict[str, dict[str, str]] = {}
    turns = count()
    at = place(s, people, next(turns))
    for operation in operations():
        for column, caller in who.items():
            status = await answered(caller, operation, at)
            found.setdefault(operation, {})[column] = status
            if status.startswith("2") and not operation.startswith("GET"):
                at = place(s, people, next(turns))  # a refusal has changed nothing

    if os.environ.get("RENEW"):
        TABLE.write_text(written(found), encoding="utf-8")
    assert found == documented()


def actors(s: Session, callers: Callers) -> dict[str, Caller]:
    gaston = User(name="Gaston", email="gaston@exemple.fr", role=Role.TECHNICIAN)
    s.add(Team(name="Postes", sees_only_own=True, members=[gaston]))
    s.commit()
    other = callers.with_token(sessions.actor_of(s, gaston.id))
    return dict(
        zip(
            ACTORS,
            (
                callers.anonymous,
                callers.alice,
                callers.driss,
                callers.bruno,
                other,
                callers.chloe,
                callers.diane,
            ),
            strict=True,
        )
    )


async def answered(caller: Caller, operation: str, at: Place) -> str:
    """Call an operation on something fresh of Alice’s and return the status of the answer."""
    method, _space, template = operation.partition(" ")
    path = at.path(template)
    if "external-links/{link}" in template:
        path = path.rsplit("/", 1)[0] + f"/{at.ids['external']}"
    query = _QUERIES.get(operation, {})
    answer = await caller.send(method, path, params=query, **body_of(operation, at))
    assert answer.status_code < 500, answer.text
    if operation == "POST /tickets/bulk" and answer.status_code == 200:
        return f"200: {answer.json()['items'][0]['status']}"
    if operation in ("GET /tickets", "GET /people", "GET /search") and answer.status_code == 200:
        return "200" if answer.json()["items"] else "200: nothing"
    return str(answer.status_code)


_QUERIES = {
    "DELETE /tickets/{number}/tags": {"tag": "imprimante"},
    "GET /search": {"q": "imprimante"},
}


def written(found: dict[str, dict[str, str]]) -> str:
    lines = ["| operation | " + " | ".join(ACTORS) + " |", "| --- " * (len(ACTORS) + 1) + "|"]
    lines += [f"| `{name}` | " + " | ".join(row.values()) + " |" for name, row in found.items()]
    return HEAD + "\n" + "\n".join(lines) + "\n"


MODELS: dict[str, tuple[str, Any, Any]] = {
    "POST /tickets": ("/tickets", wishes.TicketByRequester, Ticket),
    "PATCH /tickets": ("/tickets/{number}", wishes.TicketChange, Ticket),
    "PATCH /me": ("/me", wishes.ProfileChange, User),
}


@pytest.mark.parametrize("operation", MODELS)
async def test_a_requester_sets_no_column_that_is_not_offered(
    s: Session, people: People, callers: Callers, ticket: Ticket, operation: str
) -> None:
    path, model, table = MODELS[operation]
    method = operation.split(maxsplit=1)[0]
    before = rows(table)

    for column in {column.name for column in table.__table__.columns} - set(model.model_fields):
        sent = {"title": "x", column: 1} if method == "POST" else {column: 1}
        answer = await callers.alice.send(method, path.format(number=ticket.number), json=sent)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), column
        assert column in [error["field"] for error in answer.json()["errors"]]

    assert rows(table) == before


@pytest.mark.parametrize(
    "more",
    [
        {"requester": 1},
        {"impact": "high"},
        {"team": 1},
        {"tags": ["x"]},
        {"observers": [1]},
        {"channel": "phone"},
    ],
)
async def test_a_requester_fills_in_nothing_of_the_staffs(
    s: Session, callers: Callers, more: dict[str, Any]
) -> None:
    before = rows(Ticket)

    answer = await callers.alice.post("/tickets", json={"title": "x", **more})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(more)
    assert rows(Ticket) == before


async def test_no_answer_tells_of_what_is_hidden(
    s: Session, people: People, callers: Callers, ticket: Ticket
) -> None:
    number = ticket.number
    lists = [f"/tickets?q={q}" for q in ("girafe", str(number), str(number + 1), "imprimante")]
    lists += [f"/tickets?sort={sort}" for sort in ("number", "-updated_at", "title", "priority")]
    lists += [
        "/tickets?requester=me",
        f"/tickets?requester={people.driss.id}",
        "/tickets?tag=girafe",
    ]
    lists += [f"/tickets/{number}{rest}" for rest in _REST]
    lists += [f"/tickets/{number + 1}{rest}" for rest in _REST]
    lists += ["/people?q=girafe", "/categories", "/me", "/teams", "/users?q=girafe", "/trash"]
    lists += ["/search?q=girafe", "/search?q=imprimante"]

    async def told() -> list[tuple[int, str, str]]:
        answers = [await callers.alice.get(path) for path in lists]
        return [
            (
                a.status_code,
                a.headers.get("ETag", ""),
                a.text.replace(a.headers["X-Request-Id"], ""),
            )
            for a in answers
        ]

    without = await told()
    db.write(lambda s: comments.say(s, people.bruno, number, "girafe", internal=True).id)
    hidden = NewTicket(title="girafe", tags=("girafe",), requester_id=people.driss.id)
    db.write(lambda s: creation.create(s, people.bruno, hidden).number)

    assert await told() == without


_REST = ("", "/comments", "/attachments", "/links", "/history", "/comments/1/versions")


def rows(table: Any) -> list[tuple[Any, ...]]:
    columns = table.__table__.columns
    with db.reading() as s:
        return [tuple(row) for row in s.execute(table.__table__.select().order_by(*columns[:1]))]
