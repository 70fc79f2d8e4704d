"""Many tickets at once: up to 200 gestures, each with a result of its own."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from integrations.api import problems, shapes, wishes
from integrations.api.actions import give, move
from integrations.api.call import Answer, Call, WritesTickets
from integrations.api.fields import MOST_AT_ONCE, Tag, TicketNumber, Whole, Wish
from integrations.api.problems import Problem, Stale
from integrations.api.shapes import TicketOut
from integrations.api.tickets import edit
from services import assignment, comments, tags, tickets, trash, whole_tickets
from services.errors import DomainError
from services.permissions import Actor

router = APIRouter(tags=["tickets"])


class _Gesture(Wish):
    number: TicketNumber
    version: Annotated[int, Field(ge=1), Whole] | None = Field(
        None, description="The version one has read: another one is refused as stale."
    )


class Take(_Gesture):
    """Make oneself the lead."""

    action: Literal["take"]

    def do(self, s: Session, by: Actor) -> None:
        assignment.take(s, by, self.number)


class Delete(_Gesture):
    """Put it in the trash."""

    action: Literal["delete"]

    def do(self, s: Session, by: Actor) -> None:
        trash.delete(s, by, self.number)


class Edit(_Gesture):
    """Change its fields."""

    action: Literal["edit"]
    fields: wishes.TicketChange

    def do(self, s: Session, by: Actor) -> None:
        edit(s, by, self.number, self.fields)


class Assign(_Gesture):
    """Give it to a lead, a team or both."""

    action: Literal["assign"]
    to: wishes.Assignment

    def do(self, s: Session, by: Actor) -> None:
        give(s, by, self.number, self.to)


class Move(_Gesture):
    """Send it along its life."""

    action: Literal["transition"]
    to: wishes.Transition

    def do(self, s: Session, by: Actor) -> None:
        move(s, by, self.number, self.to)


class Say(_Gesture):
    """Say something on it."""

    action: Literal["comment"]
    comment: wishes.CommentNew

    def do(self, s: Session, by: Actor) -> None:
        wish = self.comment
        comments.say(s, by, self.number, wish.body, internal=wish.internal, resolve=wish.resolve)


class AddTag(_Gesture):
    """Put a tag on it."""

    action: Literal["tag"]
    tag: Tag

    def do(self, s: Session, by: Actor) -> None:
        tags.add(s, by, self.number, self.tag)


Gesture = Annotated[
    Take | Delete | Edit | Assign | Move | Say | AddTag, Field(discriminator="action")
]


class Bulk(Wish):
    """What is to be done to which tickets."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"number": 1042, "action": "take"},
                        {"number": 1043, "action": "transition", "to": {"status": "resolved"}},
                    ]
                }
            ]
        },
    )

    items: list[Gesture] = Field(min_length=1, max_length=MOST_AT_ONCE)


class Result(BaseModel):
    """How one gesture ended: the ticket as it is now (null: deleted), or why it was refused."""

    number: int
    status: int
    ticket: TicketOut | None = None
    problem: Problem | None = None


class Results(BaseModel):
    """One result for each gesture, in the order asked for."""

    items: list[Result]


@router.post("/tickets/bulk", response_model=Results)
async def change_many(call: WritesTickets, body: Bulk) -> Response:
    """Do up to 200 things to tickets; what is refused undoes nothing of the rest."""

    def work(s: Session, by: Actor) -> Answer:
        # In order of number, as locks are taken everywhere: two bulks never wait for each other.
        order = sorted(range(len(body.items)), key=lambda i: body.items[i].number)
        results = {i: _result(s, by, call, body.items[i]) for i in order}
        return Answer(content=Results(items=[results[i] for i in sorted(results)]))

    return await call.act(work)


def _result(s: Session, by: Actor, call: Call, gesture: Gesture) -> Result:
    number = gesture.number
    recorded = s.info.setdefault("recorded", [])
    before = len(recorded)
    try:
        with s.begin_nested():
            _check_version(s, by, gesture)
            gesture.do(s, by)
    except DomainError as refusal:
        del recorded[before:]  # nothing of it has happened: nobody is told
        problem = problems.described(refusal, call.request.state.request_id)
        return Result(number=number, status=problem.status, problem=problem)
    found = whole_tickets.of_seen(s, [number])
    is_there = found and found[0].ticket.deleted_at is None
    return Result(
        number=number, status=200, ticket=shapes.ticket(found[0], by) if is_there else None
    )


def _check_version(s: Session, by: Actor, gesture: Gesture) -> None:
    if gesture.version is None:
        return
    if tickets.get(s, by, gesture.number, lock=True).version != gesture.version:
        raise Stale
