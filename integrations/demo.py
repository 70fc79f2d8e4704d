"""A demonstration: a French public body, its people, and eight weeks of their tickets."""

import random
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from data import clock, db, files
from data.models import Alarm, Event, Ticket
from data.models import Stage as Alarming
from integrations import demo_equipment, demo_lives, demo_organisation, demo_pictures, demo_software
from integrations import demo_texts as texts
from integrations.demo_lives import LIVES
from integrations.demo_organisation import PASSWORD, Cast
from integrations.demo_stage import PAST, Case, Life, Stage
from services.workflow import OPEN

TICKETS = 300
SUBJECTS = demo_equipment.SUBJECTS + demo_software.SUBJECTS


def fill(seed: int, *, present: datetime | None = None, many: int = TICKETS) -> list[str]:
    """Fill the empty database; return what to print, with a login of each role.

    The same seed and the same present give the same organisation and the same tickets.
    """
    present = present or clock.now()
    pictures = demo_pictures.store()
    return db.write(lambda s: _fill(s, seed, present, many, pictures))


def _fill(
    s: Session, seed: int, present: datetime, many: int, pictures: dict[str, files.Stored]
) -> list[str]:
    rng = random.Random(seed)  # noqa: S311 - a story, not a secret
    with clock.at(present - PAST):
        cast = demo_organisation.found(s, rng)
        s.flush()
    stage = Stage(s, cast, rng, present, pictures)
    # More and more of them towards the present: what is open is what one looks at.
    starts = sorted(int(stage.present * rng.random() ** 0.6) for _ in range(many - 2))
    for place, (start, life) in enumerate(zip(starts, _lives(rng, many), strict=False)):
        stage.begin(start, life(stage, _case(stage, place)))
    for week in (2, 6):
        start = stage.present * week // 8
        stage.begin(start, demo_lives.mistaken(stage, _case(stage, place=week)))
    stage.play()
    hush(s)
    _calm(s, present)
    return _told(s, cast)


def hush(s: Session) -> None:
    """Take all that happened as told: it is history, nobody is notified of it."""
    s.execute(update(Event).values(relayed_at=Event.created_at))


def _calm(s: Session, present: datetime) -> None:
    """Take as told what was near or missed by now: it does not ring when somebody comes to look."""
    told = update(Alarm).where(Alarm.due_at <= present).values(stage=Alarming.TOLD)
    near = update(Alarm).where(Alarm.stage == Alarming.NEAR, Alarm.next_at <= present)
    s.execute(told)
    s.execute(near.values(stage=Alarming.MISSED, next_at=Alarm.due_at))


def _lives(rng: random.Random, many: int) -> list[Callable[[Stage, Case], Life]]:
    """Return a life for each ticket: each kind early, late and in between."""
    twenty = [life for life, many in LIVES.items() for _ in range(many)]
    lives: list[Callable[[Stage, Case], Life]] = []
    while len(lives) < many:
        rng.shuffle(twenty)
        lives += twenty
    return lives


def _case(stage: Stage, place: int) -> Case:
    """Choose what a ticket is about and who plays; who signs in finds tickets of their own."""
    rng, cast = stage.rng, stage.cast
    requester = cast.requesters[0] if place % 10 == 9 else rng.choice(cast.requesters)
    subject = rng.choice(SUBJECTS)
    area = cast.areas[subject.category]
    lead, mate = rng.sample(area.technicians, 2)
    known = cast.technicians[0]
    if place % 5 == 2:
        subject = rng.choice([s for s in SUBJECTS if known in cast.areas[s.category].technicians])
        area, lead = cast.areas[subject.category], known
        mate = rng.choice([person for person in area.technicians if person != known])
    return Case(
        subject=subject,
        place=rng.choice(texts.SITES),
        device=f"PC-{rng.randrange(100, 999):04d}",
        area=area,
        requester=requester,
        lead=lead,
        mate=mate,
    )


def _told(s: Session, cast: Cast) -> list[str]:
    total = s.scalar(select(func.count()).select_from(Ticket))
    open_ones = s.scalar(
        select(func.count()).where(Ticket.status.in_(OPEN), Ticket.deleted_at.is_(None))
    )
    logins = {
        "requester": cast.requesters[0],
        "technician": cast.technicians[0],
        "manager": cast.managers[0],
        "administrator": cast.admin,
    }
    return [
        f"{cast.name}: {len(cast.emails)} people, {total} tickets, {open_ones} of them open.",
        f"Sign in with the password “{PASSWORD}” as:",
        *(f"  {role:<14} {cast.emails[actor.id]}" for role, actor in logins.items()),
    ]
