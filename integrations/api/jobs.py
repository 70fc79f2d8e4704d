"""What runs by itself: for monitoring, which wants to know before people do."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from integrations.api.call import Answer, ReadsOrganisation
from services import queues, schedule
from services.permissions import Actor
from services.queues import Queues
from services.schedule import Line
from services.tasks import TASKS

router = APIRouter()


class MendedOut(BaseModel):
    """What a task found wrong in the last days and made again; `at` is the last time."""

    number: int
    at: datetime


class Task(BaseModel):
    """Scheduled work; `failures` counts those in a row, `error` is of the last run."""

    name: str
    is_active: bool
    is_running: bool
    next_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    milliseconds: int | None
    done: int
    failures: int
    error: str
    mended: MendedOut | None


class QueueOut(BaseModel):
    """What one channel has to send; `oldest_at` is since when the oldest waits."""

    channel: str
    waiting: int
    being_sent: int
    given_up: int
    oldest_at: datetime | None


class Unrelayed(BaseModel):
    """Events that were not looked at yet."""

    waiting: int
    oldest_at: datetime | None


class Jobs(BaseModel):
    """The schedule and the queues."""

    schedule: list[Task]
    events: Unrelayed
    queues: list[QueueOut]


@router.get("/jobs", response_model=Jobs, tags=["jobs"])
async def get_jobs(call: ReadsOrganisation) -> Response:
    """Tell how scheduled work went and what waits to be sent; for administrators."""

    def work(s: Session, by: Actor) -> Answer:
        lines = schedule.lines(s, by, TASKS)
        return Answer(content=_jobs(lines, queues.figures(s, by)))

    return await call.show(work)


def _jobs(lines: list[Line], found: Queues) -> Jobs:
    return Jobs(schedule=[_task(line) for line in lines], **_waiting(found))


def _task(line: Line) -> Task:
    names = Task.model_fields.keys() - {"is_running", "mended"}
    found = line.mended
    mended = MendedOut(number=found.number, at=found.at) if found else None
    told = {name: getattr(line.row, name) for name in names}
    return Task(is_running=bool(line.row.owner), mended=mended, **told)


def _waiting(found: Queues) -> dict[str, Any]:
    of_queue = QueueOut.model_fields
    channels = [QueueOut(**{n: getattr(queue, n) for n in of_queue}) for queue in found.channels]
    events = Unrelayed(waiting=found.unrelayed, oldest_at=found.oldest_at)
    return {"events": events, "queues": channels}
