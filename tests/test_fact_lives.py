"""Whatever tickets go through, all figures are what walking through their lives counts (F-012)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from data import db
from data.models import Category, Comment, PendingReason, Role, Status, Team, Ticket, User
from services import (
    acceptance,
    alarms,
    assignment,
    columns,
    comments,
    creation,
    fact_store,
    facts,
    measures,
    renewals,
    sla,
    statistics,
    tickets,
    transitions,
    trash,
    undo,
    upkeep,
    users,
)
from services.creation import NewTicket
from services.errors import DomainError
from services.facts import LEVELS, Flag, moment
from services.measures import Measure
from services.periods import Period
from services.questions import Question
from services.transitions import Wait
from services.workflow import DONE
from tests import promises
from tests.conftest import Clock, People, last_event
from tests.recounts import Fact, Recount

BEFORE_SUMMER_TIME = datetime(2026, 3, 27, 9, tzinfo=UTC)  # a Friday; clocks change on Sunday
DAY = timedelta(days=1)
STAY = {"calendar", "category", "membership", "sla_policy", "team", "user"}  # between two examples
HELD = ("team_id", "lead_id")

who = st.sampled_from(["alice", "bruno", "chloe", "diane", "driss"])
staff = st.sampled_from(["bruno", "diane"])
place = st.integers(0, 3)


@dataclass
class Step:
    """What one gesture changed of a ticket: from what to what."""

    at: datetime
    changes: dict[str, tuple[Any, Any]]


@dataclass
class Told:
    """What a life told from its beginning adds up to."""

    ended: datetime | None = None
    resolved: datetime | None = None
    closed: datetime | None = None
    paused: timedelta = timedelta()
    reassignments: int = 0
    back_after: list[timedelta] = field(default_factory=list)


def tell(begun: dict[str, Any], steps: list[Step]) -> Told:
    """Walk through the life of a ticket, from how it was opened."""
    told = Told()
    holders = {name: begun[name] for name in HELD}
    waits_since = begun["at"]
    for step in steps:
        given = {
            name: step.changes[name][1]
            for name in HELD
            if name in step.changes and step.changes[name][1]
        }
        told.reassignments += any(holders[name] not in (None, to) for name, to in given.items())
        holders |= given
        before, after = step.changes.get("status", (None, None))
        if before is Status.PENDING:
            told.paused += step.at - waits_since
        if after is Status.PENDING:
            waits_since = step.at
        if before in DONE and after not in DONE:
            assert told.ended
            told.back_after.append(step.at - told.ended)
            told.ended = told.resolved = None
        elif after in DONE and before not in DONE:
            told.ended = step.at
        if after in (Status.RESOLVED, Status.CLOSED):
            told.resolved = told.resolved or step.at
        told.closed = step.at if after is Status.CLOSED else told.closed
    return told


def emptied(s: Session) -> None:
    """Remove all that an example leaves behind."""
    for table in reversed(db.Base.metadata.sorted_tables):
        if table.name not in STAY:
            s.execute(delete(table))


class Lives(RuleBasedStateMachine):
    """Some tickets, and all that people and the clock do to them."""

    people: ClassVar[People]
    time: ClassVar[Clock]
    teams: ClassVar[list[int]]
    categories: ClassVar[list[int]]
    policy_id: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        db.write(emptied)
        columns.shared.forget()
        self.time.ahead, self.time.stopped = timedelta(), BEFORE_SUMMER_TIME
        self.begun: dict[int, dict[str, Any]] = {}
        self.steps: dict[int, list[Step]] = {}

    @initialize()
    def first(self) -> None:
        self.promote(Role.REQUESTER)
        self.promise(480)
        for _ in range(2):
            self.create("alice", 0)

    def attempt(self, gesture: Callable[..., object], *args: Any, **more: Any) -> None:
        """Do it as one unit of work, and note what it did to each ticket."""
        before, at = self.seen(), self.now
        with suppress(DomainError):
            db.write(lambda s: gesture(s, *args, **more))
        for number, state in self.seen().items():
            if number not in before:
                self.begun[number], self.steps[number] = {"at": at, **state}, []
                continue
            was = before[number]
            changes = {name: (was[name], state[name]) for name in state if was[name] != state[name]}
            if changes:
                self.note(number, Step(at, changes), is_undone=gesture is undo.undo)
        self.time.pass_by(seconds=1)

    def note(self, number: int, step: Step, *, is_undone: bool) -> None:
        """Add a step to a life; what is undone never was."""
        if not is_undone:
            self.steps[number].append(step)
            return
        for name, (after, before) in step.changes.items():
            undone = [s for s in self.steps[number] if s.changes.get(name) == (before, after)]
            del undone[-1].changes[name]

    def seen(self) -> dict[int, dict[str, Any]]:
        """Return how each ticket stands."""
        query = select(Ticket.number, Ticket.status, Ticket.team_id, Ticket.lead_id)
        return {row.number: row._asdict() for row in db.read(lambda s: s.execute(query).all())}

    @property
    def now(self) -> datetime:
        return self.time.now(UTC)

    def number(self, at: int) -> int:
        """Return one of the tickets, or one that is not there any more."""
        return list(self.begun)[at % len(self.begun)]

    def act(self, gesture: Callable[..., object], by: str, at: int, *a: Any, **more: Any) -> None:
        self.attempt(gesture, getattr(self.people, by), self.number(at), *a, **more)

    @rule(by=st.sampled_from(["alice", "bruno"]), at=place)
    def create(self, by: str, at: int) -> None:
        self.attempt(
            creation.create,
            getattr(self.people, by),
            NewTicket(title="Un", category_id=self.categories[at % 2]),
        )

    @rule(hours=st.sampled_from([1, 5, 30, 24 * 8, 24 * 31]))
    def wait(self, hours: int) -> None:
        self.time.pass_by(hours=hours)

    @rule(at=place)
    def clock(self, at: int) -> None:
        for work in (upkeep.wake, upkeep.close, alarms.ring):
            self.attempt(work)

    @rule(by=staff, at=place)
    def take(self, by: str, at: int) -> None:
        self.act(assignment.take, by, at)

    @rule(at=place, lead=staff, team=place, only=st.sampled_from(["lead_id", "team_id", "both"]))
    def assign(self, at: int, lead: str, team: int, only: str) -> None:
        chosen = {"lead_id": getattr(self.people, lead).id, "team_id": self.teams[team % 2]}
        wanted = chosen if only == "both" else {only: chosen[only]}
        self.act(assignment.assign, "diane", at, **wanted)

    @rule(at=place)
    def take_away(self, at: int) -> None:
        self.act(assignment.assign, "diane", at, lead_id=assignment.NOBODY)

    @rule(by=staff, at=place)
    def refuse(self, by: str, at: int) -> None:
        self.act(acceptance.refuse, by, at, "Non")

    @rule(by=who, at=place, to=st.sampled_from(Status), reason=st.sampled_from(PendingReason))
    def move(self, by: str, at: int, to: Status, reason: PendingReason) -> None:
        wait = Wait(reason=reason, until=self.now + DAY)
        self.act(transitions.move, by, at, to, wait=wait)

    @rule(by=staff, at=place)
    def resolve(self, by: str, at: int) -> None:
        self.act(transitions.move, by, at, Status.RESOLVED)

    @rule(at=place)
    def reopen(self, at: int) -> None:
        self.act(transitions.move, "alice", at, Status.IN_PROGRESS)

    @rule(by=who, at=place, internal=st.booleans(), resolve=st.booleans())
    def say(self, by: str, at: int, internal: bool, resolve: bool) -> None:
        self.act(comments.post, by, at, "Dit", internal=internal, resolve=resolve)

    @rule(verb=st.sampled_from([comments.delete, comments.restore]))
    def rephrase(self, verb: Callable[..., object]) -> None:
        query = select(Comment.id, Comment.author_id).order_by(Comment.id.desc()).limit(1)
        for last, author_id in db.read(lambda s: s.execute(query).all()):
            author = next(by for by in vars(self.people).values() if by.id == author_id)
            self.attempt(verb, author, last)

    @rule(
        at=place,
        values=st.fixed_dictionaries(
            {},
            optional={
                "urgency": st.sampled_from(["low", "urgent"]),
                "impact": st.sampled_from(["low", "high"]),
                "type": st.sampled_from(["incident", "request"]),
                "category": place,
                "requester": st.sampled_from(["alice", "driss"]),
                "due": st.integers(-2, 5),
            },
        ),
    )
    def edit(self, at: int, values: dict[str, Any]) -> None:
        if "category" in values:
            values["category_id"] = self.categories[values.pop("category") % 2]
        if "requester" in values:
            values["requester_id"] = getattr(self.people, values.pop("requester")).id
        if "due" in values:
            values["resolve_due_at"] = self.now + values.pop("due") * DAY
        self.act(tickets.edit, "diane", at, values)

    @rule(at=place, verb=st.sampled_from([trash.delete, trash.restore]))
    def bin(self, at: int, verb: Callable[..., object]) -> None:
        self.act(verb, "diane", at)

    @rule(at=place)
    def purge(self, at: int) -> None:
        self.act(trash.purge, "diane", at, typed=str(self.number(at)))

    @rule(by=who, at=place)
    def undo_last(self, by: str, at: int) -> None:
        event_id = db.read(lambda s: last_event(s, self.number(at)).id)
        self.attempt(undo.undo, getattr(self.people, by), event_id)

    @rule(role=st.sampled_from([Role.REQUESTER, Role.TECHNICIAN]))
    def promote(self, role: Role) -> None:
        self.attempt(users.edit, self.people.diane, self.people.driss.id, role=role)

    @rule(minutes=st.sampled_from([60, 480, 3000]))
    def promise(self, minutes: int) -> None:
        self.attempt(sla.edit, self.people.diane, self.policy_id, resolve_minutes=minutes)
        while db.write(renewals.advance):
            pass

    @rule()
    def keep(self) -> None:
        """Let the background do its work, some of which waits for a minute."""
        for _ in range(2):
            self.time.pass_by(seconds=70)
            while db.write(fact_store.keep):
                pass

    @rule(is_all=st.booleans())
    def begin_again(self, is_all: bool) -> None:
        """Start another process, or make all facts anew."""
        columns.shared.forget()
        if is_all:
            db.write(lambda s: fact_store.begin_again(s).id)

    @rule(first=st.integers(-1, 60), days=st.integers(0, 40))
    def look(self, first: int, days: int) -> None:
        begin = (BEFORE_SUMMER_TIME + first * DAY).date()
        period = Period(begin, begin + days * DAY)
        expected = self.expected()
        theirs = Recount(expected, period.first, period.last, ZoneInfo("Europe/Paris"), self.now)
        counted, due = db.read(lambda s: self.counted(s, period))
        assert due == [moment(fact.due) for fact in expected]
        assert counted == {measure: theirs.numbers(measure.value) for measure in Measure}

    def counted(self, s: Session, period: Period) -> tuple[dict[Measure, list[int]], list[int]]:
        """Return which tickets each measure counts, and when all of them are due."""
        with measures.answering(s, self.people.chloe, Question(period=period)) as asked:
            numbers, places = asked.sample["number"], asked.now.places
            counted = {measure: numbers[places(measure)].tolist() for measure in Measure}
            return counted, asked.sample["due"].tolist()

    @rule()
    def look_at_all(self) -> None:
        some = self.expected()
        figures = db.read(lambda s: statistics.summary(s, self.people.chloe))
        done = [fact for fact in some if fact.resolved]
        assert figures.created == len(some)
        assert figures.backlog == sum(fact.ended is None for fact in some)
        assert figures.resolved == len(done)
        assert figures.closed == sum(fact.closed is not None for fact in some)
        assert figures.reopened.soon == sum(bool(fact.flags & Flag.REOPENED) for fact in some)
        assert figures.first_contact == sum(bool(fact.flags & Flag.FIRST_CONTACT) for fact in done)
        assert figures.reassignments.max == max((f.reassignments for f in some), default=None)

    def expected(self) -> list[Fact]:
        """Return what each ticket that is there comes to, told from its life."""
        query = select(Ticket).where(Ticket.deleted_at.is_(None)).order_by(Ticket.number)
        rows = db.read(lambda s: s.scalars(query).all())
        return [self.fact(ticket) for ticket in rows]

    def fact(self, t: Ticket) -> Fact:
        told = self.told(t.number)
        is_back = bool(told.back_after)
        flags = Flag.REOPENED if is_back and min(told.back_after) <= 30 * DAY else Flag(0)
        settled = not is_back or min(told.back_after) > 7 * DAY
        if told.resolved and settled and not told.reassignments and self.answers(t) <= 1:
            flags |= Flag.FIRST_CONTACT
        return Fact(
            number=t.number,
            created=t.created_at,
            accepted=t.accepted_at,
            responded=t.first_response_at,
            resolved=told.resolved,
            closed=told.closed,
            ended=told.ended,
            due=t.resolve_due_at,
            team=t.team_id or 0,
            lead=t.lead_id or 0,
            priority=LEVELS["priority"].index(t.priority),
            channel=LEVELS["channel"].index(t.channel),
            status=t.status.value,
            reassignments=told.reassignments,
            flags=int(flags),
        )

    def told(self, number: int) -> Told:
        return tell(self.begun[number], self.steps[number])

    def answers(self, ticket: Ticket) -> int:
        """Count what staff said in public to somebody else."""
        query = select(Comment, User.role).join(User, User.id == Comment.author_id)
        query = query.where(Comment.ticket_number == ticket.number)
        found = db.read(lambda s: s.execute(query).all())
        return sum(
            role is not Role.REQUESTER
            and comment.author_id != ticket.requester_id
            and not comment.is_internal
            and comment.deleted_at is None
            for comment, role in found
        )

    def teardown(self) -> None:
        """At the end the blocks hold, of each ticket, every field."""
        if not self.begun:
            return
        self.look(0, 40)
        self.look_at_all()
        self.keep()
        assert db.read(lambda s: fact_store.differences(s, list(self.begun))) == []
        kept = {int(row["number"]): row for row in db.read(fact_store.load)}
        expected = {fact.number: fact for fact in self.expected()}
        query = select(Ticket)
        there = {t.number: t for t in db.read(lambda s: s.scalars(query).all())}
        assert sorted(kept) == sorted(expected)
        for number, row in kept.items():
            fact, ticket = expected[number], there[number]
            for name in ("created", "accepted", "responded", "resolved", "closed", "ended", "due"):
                assert int(row[name]) == moment(getattr(fact, name)), (name, number)
            for name in ("team", "lead", "reassignments", "flags"):
                assert int(row[name]) == getattr(fact, name), (name, number)
            assert int(row["paused"]) == self.told(number).paused // timedelta(microseconds=1)
            assert int(row["reopenings"]) == len(self.told(number).back_after)
            assert int(row["category"]) == (ticket.category_id or 0)
            assert int(row["requester"]) == ticket.requester_id
            for name in facts.LEVELS:
                assert LEVELS[name][row[name]] is getattr(ticket, name)


def test_whatever_happens_figures_are_what_a_recount_finds(
    s: Session, people: People, time: Clock
) -> None:
    time.stopped = BEFORE_SUMMER_TIME
    categories = [Category(name=name, path=name) for name in ("Un", "Deux")]
    s.add_all([Team(name="Postes"), *categories])
    s.flush()

    class TheseLives(Lives):
        pass

    TheseLives.people, TheseLives.time = people, time
    TheseLives.teams = list(s.scalars(select(Team.id).order_by(Team.id)))
    TheseLives.categories = list(s.scalars(select(Category.id).order_by(Category.id)))
    policy = promises.policy(
        s,
        people.diane,
        accept_minutes=120,
        resolve_minutes=480,
        returns_unaccepted=True,
        raises_priority=True,
        escalation_team_id=TheseLives.teams[1],
    )
    TheseLives.policy_id = policy.id
    s.commit()
    case = TheseLives.TestCase
    case.settings = settings(
        max_examples=15 if s.get_bind().dialect.name == "sqlite" else 6,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    case().runTest()
