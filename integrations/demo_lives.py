"""The lives tickets of the demonstration lead, each told as what is done and how long it takes."""

from collections.abc import Callable
from typing import Any

from babel.dates import format_date

from data.models import Channel, LinkKind, PendingReason, Status, Ticket, TicketType
from integrations import demo_texts as texts
from integrations.demo_stage import DAY, WITHIN, ZONE, Case, Life, Stage
from services import (
    acceptance,
    assignment,
    comments,
    creation,
    links,
    observers,
    priority,
    tags,
    tickets,
    transitions,
    trash,
)
from services.transitions import Wait
from services.workflow import DONE

CHANNELS = {Channel.WEB: 7, Channel.PHONE: 2, Channel.EMAIL: 1}


def repaired(stage: Stage, case: Case) -> Life:
    """Opened, taken, solved, closed."""
    yield from _begun(stage, case)
    yield from _discussed(stage, case)
    yield from _ended(stage, case, case.subject.solution)


def asked(stage: Stage, case: Case) -> Life:
    """The technician needs to know more; once in a while nobody answers."""
    yield from _begun(stage, case)
    comments.post(stage.s, case.lead, case.number, case.subject.question)
    _pause(stage, case, PendingReason.REQUESTER)
    if stage.chance(0.1):
        return
    yield stage.between(60, 3 * DAY)
    stage.attach(case.requester, comments.draft_of(case.number), case.subject.picture)
    comments.post(stage.s, case.requester, case.number, case.subject.answer)
    yield from _discussed(stage, case)
    yield from _ended(stage, case, case.subject.solution)


def supplied(stage: Stage, case: Case) -> Life:
    """Something has to be ordered."""
    yield from _begun(stage, case)
    order = stage.rng.randrange(20_000, 90_000)
    note = stage.rng.choice(texts.ORDER_NOTES).format(order=order)
    comments.post(stage.s, case.lead, case.number, note, internal=True)
    comments.post(stage.s, case.lead, case.number, stage.rng.choice(texts.ORDERED))
    url = f"https://assistance.fournisseur.example/dossiers/{order}"
    links.add_external(stage.s, case.lead, case.number, url, f"Dossier {order}")
    _pause(stage, case, PendingReason.SUPPLIER)
    yield stage.between(2 * DAY, 9 * DAY)
    transitions.move(stage.s, case.lead, case.number, Status.IN_PROGRESS)
    yield stage.between(30, DAY)
    yield from _ended(stage, case, case.subject.solution)


def planned(stage: Stage, case: Case) -> Life:
    """It can only be done on a certain day."""
    yield from _begun(stage, case)
    minutes = stage.between(2 * DAY, 8 * DAY)
    until = stage.later(minutes)
    day = format_date(until.astimezone(ZONE).date(), "EEEE d MMMM", locale="fr")
    promise = stage.rng.choice(texts.PLANNED).format(day=day)
    comments.post(stage.s, case.lead, case.number, promise)
    _pause(stage, case, PendingReason.PLANNED, minutes)
    yield minutes
    transitions.move(stage.s, case.lead, case.number, Status.IN_PROGRESS)
    yield stage.between(20, 120)
    yield from _ended(stage, case, texts.DONE_AS_PLANNED.format(solution=case.subject.solution))


def reopened(stage: Stage, case: Case) -> Life:
    """Solved too soon."""
    yield from _begun(stage, case)
    yield from _discussed(stage, case)
    comments.post(stage.s, case.lead, case.number, case.subject.solution, resolve=True)
    yield stage.between(120, 3 * DAY)
    comments.post(stage.s, case.requester, case.number, stage.rng.choice(texts.CAME_BACK))
    yield stage.between(30, DAY)
    _help(stage, case)
    yield stage.between(60, 2 * DAY)
    yield from _ended(stage, case, stage.rng.choice(texts.SOLVED_FOR_GOOD))


def cancelled(stage: Stage, case: Case) -> Life:
    """It went away by itself."""
    _open(stage, case)
    yield stage.between(30, DAY)
    comments.post(stage.s, case.requester, case.number, stage.rng.choice(texts.NEVER_MIND))
    transitions.move(stage.s, case.requester, case.number, Status.CANCELLED)


def neglected(stage: Stage, case: Case) -> Life:
    """Nobody takes it for days."""
    _open(stage, case)
    yield stage.between(3 * DAY, 6 * DAY)
    _accept(stage, case)
    yield from _discussed(stage, case)
    yield from _ended(stage, case, case.subject.solution)


def blocked(stage: Stage, case: Case) -> Life:
    """Another ticket has to be done first."""
    yield from _begun(stage, case)
    other = stage.find_open(case, Status.PENDING) or stage.find_open(case)
    if other is not None:
        links.add(stage.s, case.lead, other.number, LinkKind.BLOCKS, case.number)
        text = texts.BLOCKED.format(other=other.number)
        comments.post(stage.s, case.lead, case.number, text)
        _pause(stage, case, PendingReason.OTHER_TICKET)
        while stage.s.get_one(Ticket, other.number).status not in DONE:
            yield 120
        text = texts.UNBLOCKED.format(other=other.number)
        comments.post(stage.s, case.lead, case.number, text)
        transitions.move(stage.s, case.lead, case.number, Status.IN_PROGRESS)
    yield stage.between(30, DAY)
    yield from _ended(stage, case, case.subject.solution)


def duplicated(stage: Stage, case: Case) -> Life:
    """Somebody else has told it already."""
    other = stage.find_open(case)
    if other is None:
        yield from repaired(stage, case)
        return
    case.subject, case.place, case.area = other.subject, other.place, other.area
    case.lead, case.mate = other.lead, other.mate
    _open(stage, case)
    yield stage.between(20, 200)
    if stage.s.get_one(Ticket, other.number).status is Status.CLOSED:
        yield from _ended(stage, case, case.subject.solution)
        return
    links.add(stage.s, case.lead, case.number, LinkKind.DUPLICATE_OF, other.number)
    observers.add(stage.s, case.lead, other.number, case.requester.id)
    text = texts.DUPLICATED.format(other=other.number)
    comments.post(stage.s, case.lead, case.number, text)
    transitions.move(stage.s, case.lead, case.number, Status.CANCELLED)


def mistaken(stage: Stage, case: Case) -> Life:
    """Somebody tried out the form."""
    title, description = texts.MISTAKE
    new = creation.NewTicket(title=title, description=description)
    case.number = creation.create(stage.s, case.requester, new).number
    yield stage.between(30, DAY)
    trash.delete(stage.s, case.lead, case.number)


LIVES: dict[Callable[[Stage, Case], Life], int] = {  # how many of twenty tickets
    repaired: 8,
    asked: 3,
    supplied: 2,
    planned: 2,
    reopened: 1,
    cancelled: 1,
    neglected: 1,
    blocked: 1,
    duplicated: 1,
}


def _begun(stage: Stage, case: Case) -> Life:
    _open(stage, case)
    yield stage.between(5, DAY)
    _accept(stage, case)
    yield stage.between(10, DAY // 2)


def _open(stage: Stage, case: Case) -> None:
    rng, subject = stage.rng, case.subject
    channel = rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
    by = case.lead if channel is Channel.PHONE else case.requester
    if channel is not Channel.PHONE and stage.chance(0.7):
        stage.attach(by, creation.DRAFT, subject.picture)
    new = creation.NewTicket(
        title=case.says(rng.choice(subject.titles)),
        description=case.says(subject.description),
        type=TicketType.REQUEST if subject.is_request else TicketType.INCIDENT,
        category_id=case.area.category_id,
        urgency=subject.urgency,
        channel=channel,
        requester_id=case.requester.id,
    )
    case.number = creation.create(stage.s, by, new).number
    stage.cases.append(case)


def _accept(stage: Stage, case: Case) -> None:
    """Take it, or be given it by a manager; then judge how much it matters and until when."""
    s, rng, subject = stage.s, stage.rng, case.subject
    if stage.chance(0.3):
        manager = rng.choice(stage.cast.managers)
        assignment.assign(s, manager, case.number, lead_id=case.lead.id, team_id=case.area.team_id)
        if stage.chance(0.7):
            acceptance.accept(s, case.lead, case.number)
    else:
        assignment.take(s, case.lead, case.number)
    values: dict[str, Any] = {"impact": subject.impact}
    if stage.chance(0.1):  # agreed with whoever asked; else the policy says it
        values["resolve_due_at"] = stage.later(WITHIN[priority.of(subject.urgency, subject.impact)])
    tickets.edit(s, case.lead, case.number, values)
    for tag in subject.tags:
        tags.add(s, case.lead, case.number, tag)
    if stage.chance(0.7):
        comments.post(s, case.lead, case.number, rng.choice(texts.ACCEPTED))


def _discussed(stage: Stage, case: Case) -> Life:
    """What is said while it is worked on."""
    s, rng = stage.s, stage.rng
    yield stage.between(10, DAY // 2)
    if stage.chance(0.4):
        comments.post(s, case.requester, case.number, rng.choice(texts.THANKED))
        yield stage.between(10, DAY // 2)
    if stage.chance(0.5):
        comments.post(s, case.lead, case.number, case.subject.note, internal=True)
    if stage.chance(0.2):
        _help(stage, case)
    if stage.chance(0.2):
        observers.add(s, case.lead, case.number, rng.choice(stage.cast.requesters).id)
    if stage.chance(0.15):
        _relate(stage, case)
    yield stage.between(20, 2 * DAY)


def _help(stage: Stage, case: Case) -> None:
    assignment.add_helper(stage.s, case.lead, case.number, case.mate.id)
    words = case.says(stage.rng.choice(texts.HELPED))
    comments.post(stage.s, case.mate, case.number, words, internal=True)


def _relate(stage: Stage, case: Case) -> None:
    """Link the ticket to the one before it about the same subject."""
    for other in reversed(stage.cases):
        if other.subject is case.subject and other.number < case.number:
            links.add(stage.s, case.lead, case.number, LinkKind.RELATES_TO, other.number)
            return


def _pause(stage: Stage, case: Case, reason: PendingReason, minutes: int | None = None) -> None:
    wait = Wait(reason=reason, until=stage.later(minutes) if minutes else None)
    transitions.move(stage.s, case.lead, case.number, Status.PENDING, wait=wait)


def _ended(stage: Stage, case: Case, solution: str) -> Life:
    """Resolve it; who asked confirms, or it is closed a week later."""
    comments.post(stage.s, case.lead, case.number, solution, resolve=True)
    yield stage.between(20, 2 * DAY)
    if not stage.chance(0.6):
        yield 5 * DAY
        transitions.move(stage.s, case.lead, case.number, Status.CLOSED)
    else:
        transitions.move(stage.s, case.requester, case.number, Status.CLOSED)
