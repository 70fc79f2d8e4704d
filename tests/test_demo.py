"""`demo` shows an organisation at work: believable, the same for one seed, within its own rules."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import clock, db, files
from data.models import (
    Alarm,
    Attachment,
    Category,
    Comment,
    Event,
    ExternalLink,
    Link,
    Part,
    PendingReason,
    Report,
    ReportState,
    Role,
    Schedule,
    Sequence,
    SlaPolicy,
    Stage,
    Status,
    Team,
    Ticket,
    TicketPerson,
    TicketTag,
    User,
)
from integrations import demo, demo_equipment, demo_reports, demo_software, demo_texts
from integrations.demo_stage import PAST
from services import accounts, columns, lists, passwords, recurring, sessions, ticket_view
from services.filters import VIEWS
from services.permissions import Actor
from services.workflow import OPEN
from tests.conftest import CHEAP

PARIS = ZoneInfo("Europe/Paris")
TUESDAY = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def filled(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[tuple[Session, list[str]]]:
    """The demonstration as it is on a Tuesday, and the lines it prints."""
    folder = tmp_path_factory.mktemp("demo")
    lines = fill(folder, sqlite_template)
    with Session(db.engine(), expire_on_commit=False) as s:
        yield s, lines
    db.engine().dispose()


@pytest.fixture
def d(filled: tuple[Session, list[str]]) -> Session:
    return filled[0]


def fill(
    folder: Path, template: Path, *, seed: int = 1, present: datetime = TUESDAY, many: int = 300
) -> list[str]:
    (folder / "demo.db").write_bytes(template.read_bytes())
    files.configure(folder / "files")
    db.configure(f"sqlite:///{folder}/demo.db")
    passwords.configure(CHEAP)
    return demo.fill(seed, present=present, many=many)


def dump(path: Path) -> list[str]:
    """Everything in the database but the salted hash of the password."""
    connection = sqlite3.connect(path)
    lines = [re.sub(r"\$argon2id[^']*", "", line) for line in connection.iterdump()]
    connection.close()
    return lines


def count(s: Session, table: Any, *conditions: Any) -> int:
    return s.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def logins(lines: list[str]) -> dict[str, str]:
    return dict(line.split() for line in lines[2:])


def person(s: Session, email: str) -> Actor:
    return sessions.actor_of(s, s.scalars(select(User.id).where(User.email == email)).one())


def test_forty_people_in_five_teams_have_three_hundred_tickets(d: Session) -> None:
    roles = Counter(d.scalars(select(User.role)))

    assert roles == {Role.ADMIN: 1, Role.MANAGER: 2, Role.TECHNICIAN: 12, Role.REQUESTER: 25}
    assert count(d, Team) == 5
    assert count(d, Category, Category.parent_id.is_not(None)) > 15
    assert d.scalars(select(Ticket.number).order_by(Ticket.number)).all() == list(range(1, 301))
    assert d.scalar(select(Sequence.value)) == 300
    assert all(d.scalars(select(User.department)))


def test_every_state_is_there(d: Session) -> None:
    assert set(d.scalars(select(Ticket.status))) == set(Status)
    assert set(d.scalars(select(Ticket.pending_reason))) == {None, *PendingReason}
    assert count(d, Ticket, Ticket.deleted_at.is_not(None)) == 2
    assert set(d.scalars(select(TicketPerson.part))) == set(Part)
    for table in (Link, ExternalLink, TicketTag):
        assert count(d, table) > 10
    still_open = Ticket.status.in_(OPEN)
    assert count(d, Ticket, still_open) > 20
    assert count(d, Ticket, still_open, Ticket.resolve_due_at < TUESDAY) > 3
    assert count(d, Ticket, still_open, Ticket.resolve_due_at > TUESDAY) > 3
    assert count(d, Ticket, Ticket.wake_at > TUESDAY) > 0
    assert count(d, Comment, Comment.is_internal) > 50


def test_the_logins_printed_open_an_account_of_each_role(
    filled: tuple[Session, list[str]],
) -> None:
    d, lines = filled
    password = re.search("“(.+)”", lines[1])
    assert password is not None

    found = logins(lines)

    assert list(found) == ["requester", "technician", "manager", "administrator"]
    for role, email in found.items():
        user = d.scalars(select(User).where(User.email == email)).one()
        passwords.check(password[1], words=[user.name, user.email])
        assert passwords.matches(password[1], user.password_hash)
        assert user.role == ("admin" if role == "administrator" else role)
        assert accounts.needs_setup(d) is False


def test_who_signs_in_finds_work_of_their_own(filled: tuple[Session, list[str]]) -> None:
    d, lines = filled

    with clock.at(TUESDAY):
        for role, least in {"requester": 10, "technician": 3, "manager": 0}.items():
            by = person(d, logins(lines)[role])
            view = "all" if role == "requester" else "mine"
            assert len(lists.page(d, by, VIEWS[view]).lines) >= least


def test_everything_happens_in_office_hours_and_nothing_in_the_future(d: Session) -> None:
    for column in (Ticket.created_at, Comment.created_at, Event.created_at):
        for instant in d.scalars(select(column).where(column > TUESDAY - PAST)):
            here = instant.astimezone(PARIS)
            assert instant <= TUESDAY
            assert here.weekday() < 5
            assert (8, 30) <= (here.hour, here.minute) < (17, 30)
            assert (here.month, here.day) != (11, 11)


def test_the_history_tells_it_in_order_and_as_dated(d: Session) -> None:
    instants = list(d.scalars(select(Event.created_at).order_by(Event.id)))
    assert instants == sorted(instants)
    created = select(Ticket.created_at, Event.created_at).join(
        Event, Event.ticket_number == Ticket.number
    )
    assert all(a == b for a, b in d.execute(created.where(Event.kind == "ticket.created")))
    resolved = select(Ticket.number).where(Ticket.status == Status.RESOLVED)
    for number in d.scalars(resolved):
        query = select(Event).where(Event.ticket_number == number, Event.kind == "ticket.resolved")
        last = d.scalars(query.order_by(Event.id.desc()).limit(1)).one()
        assert last.created_at == d.get_one(Ticket, number).resolved_at


def test_nobody_is_notified_of_the_past(d: Session) -> None:
    assert count(d, Event, Event.relayed_at.is_(None)) == 0


def test_pictures_are_there_and_are_pictures(d: Session) -> None:
    attachments = d.scalars(select(Attachment)).all()

    assert len(attachments) > 20
    for attachment in attachments:
        assert attachment.ticket_number is not None
        content = files.path_of(attachment.digest).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) == attachment.size_bytes < 20_000


def test_every_ticket_opens(filled: tuple[Session, list[str]]) -> None:
    d, lines = filled
    admin = person(d, logins(lines)["administrator"])

    for number in d.scalars(select(Ticket.number).where(Ticket.deleted_at.is_(None))):
        view = ticket_view.load(d, admin, number)
        assert view.history[0].at == view.ticket.created_at
        public = [m for m in view.messages if not m.comment.is_internal]
        assert view.ticket.comment_count == len(public)
        written = [
            view.ticket.title,
            view.ticket.description,
            *(m.comment.body for m in view.messages),
        ]
        assert not re.search(r"[{}']", "".join(written))


def test_one_seed_is_one_organisation(tmp_path: Path, sqlite_template: Path) -> None:
    dumps = []
    for name, seed in (("first", 7), ("again", 7), ("other", 8)):
        folder = tmp_path / name
        folder.mkdir()
        fill(folder, sqlite_template, seed=seed, many=25)
        db.engine().dispose()
        dumps.append(dump(folder / "demo.db"))

    assert dumps[0] == dumps[1]
    assert dumps[0] != dumps[2]


@pytest.mark.parametrize(
    "present",
    [
        datetime(2026, 11, 22, 3, 0, tzinfo=UTC),  # a Sunday
        datetime(2026, 4, 1, 9, 0, tzinfo=UTC),  # the clocks have just changed
        datetime(2027, 1, 1, 12, 0, tzinfo=UTC),  # a holiday
    ],
)
def test_it_plays_on_any_day(tmp_path: Path, sqlite_template: Path, present: datetime) -> None:
    lines = fill(tmp_path, sqlite_template, present=present, many=60)

    with Session(db.engine()) as s:
        assert count(s, Ticket) > 55
        assert count(s, Event, Event.created_at > present) == 0
    db.engine().dispose()
    assert len(lines) == 6


def test_a_full_disk_costs_the_pictures_only(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MIN_FREE_BYTES", 2**60)

    fill(tmp_path, sqlite_template, many=25)

    with Session(db.engine()) as s:
        assert count(s, Attachment) == 0
        assert count(s, Ticket) > 20
    db.engine().dispose()


@pytest.mark.mariadb
def test_it_plays_on_mariadb_too(s: Session) -> None:
    demo.fill(1, present=TUESDAY, many=40)

    assert count(s, Ticket) > 35


def test_there_are_reports_of_the_last_weeks_and_nobody_is_told(
    tmp_path: Path, sqlite_template: Path
) -> None:
    fill(tmp_path, sqlite_template, many=120)
    columns.shared.forget()

    demo_reports.look_back(TUESDAY)

    with Session(db.engine()) as s:
        made = s.scalars(select(Report).order_by(Report.id)).all()
        assert {report.state for report in made} == {ReportState.DONE}
        assert Counter(report.kind.value for report in made) == {"weekly": 5, "monthly": 1}
        assert all(report.made_at and report.made_at <= TUESDAY for report in made)
        assert s.scalar(select(func.count()).where(Event.relayed_at.is_(None))) == 0
        search = s.get_one(Schedule, recurring.TASK)
        assert search.next_at <= clock.now()
    columns.shared.forget()
    db.engine().dispose()


def test_what_people_say_is_french_as_it_is_printed() -> None:
    texts = [
        text
        for subject in demo_equipment.SUBJECTS + demo_software.SUBJECTS
        for text in (*subject.titles, subject.description, subject.question, subject.answer,
                     subject.note, subject.solution, subject.category)
    ]  # fmt: skip
    known = {" › ".join(branch.path) for branch in demo_texts.BRANCHES}

    assert all("'" not in text and '"' not in text for text in texts)
    assert len(set(texts)) > 180
    assert {s.category for s in demo.SUBJECTS} <= known
    assert {s.picture for s in demo.SUBJECTS} == {"", *demo_texts.ERRORS}
    assert all(text.isascii() for error in demo_texts.ERRORS.values() for text in error)


def test_times_are_promised_and_counted_down_and_nothing_old_rings(d: Session) -> None:
    still_open = [Ticket.status.in_(OPEN), Ticket.deleted_at.is_(None)]

    assert count(d, SlaPolicy) == 3
    assert count(d, Ticket, *still_open, Ticket.sla_policy_id.is_(None)) == 0
    assert count(d, Ticket, *still_open, Ticket.is_due_by_hand) > 0
    assert count(d, Ticket, *still_open, Ticket.assigned_at.is_not(None)) > 0
    assert count(d, Alarm, Alarm.stage == Stage.NEAR) > 0
    assert count(d, Alarm, Alarm.stage != Stage.TOLD, Alarm.next_at <= TUESDAY) == 0
