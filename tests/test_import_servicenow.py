"""`import servicenow`: exports and event logs of any instance, written once, however they are."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import main
from data import db
from data.models import (
    Category,
    Channel,
    Comment,
    Event,
    Impact,
    PendingReason,
    Priority,
    Role,
    Status,
    Team,
    Ticket,
    TicketOrigin,
    TicketType,
    Urgency,
    User,
)
from integrations import importers, intake
from integrations.importers import Report, Unreadable
from services import alarms, fact_store, facts, statistics, tickets, transitions
from services.search import everything
from tests import promises
from tests.conftest import People, happened

PARIS = ZoneInfo("Europe/Paris")
ROW: dict[str, str] = {
    "number": "INC0000045",
    "incident_state": "New",
    "active": "true",
    "reassignment_count": "0",
    "reopen_count": "0",
    "sys_mod_count": "0",
    "made_sla": "true",
    "caller_id": "Caller 2403",
    "opened_by": "Opened by  8",
    "opened_at": "5/3/2016 01:16",
    "sys_updated_by": "Updated by 21",
    "sys_updated_at": "5/3/2016 01:23",
    "contact_type": "Phone",
    "category": "Category 55",
    "subcategory": "Subcategory 170",
    "u_symptom": "Symptom 72",
    "impact": "2 - Medium",
    "urgency": "2 - Medium",
    "priority": "3 - Moderate",
    "assignment_group": "Group 56",
    "assigned_to": "?",
    "resolved_at": "6/3/2016 11:29",
    "closed_at": "11/3/2016 12:00",
}
TAKEN = {"sys_mod_count": "1", "assigned_to": "Resolver 7", "incident_state": "Active"}
MOVED = {**TAKEN, "sys_mod_count": "2", "assignment_group": "Group 70", "reassignment_count": "1"}
SOLVED = {**MOVED, "sys_mod_count": "3", "incident_state": "Resolved"}
CLOSED = {**SOLVED, "sys_mod_count": "4", "incident_state": "Closed", "active": "false"}
LIFE = [
    ROW,
    ROW | TAKEN | {"sys_updated_at": "5/3/2016 08:00"},
    ROW | MOVED | {"sys_updated_at": "5/3/2016 09:30"},
    ROW | SOLVED | {"sys_updated_at": "6/3/2016 11:29"},
    ROW | CLOSED | {"sys_updated_at": "11/3/2016 12:00"},
]


def written(rows: list[dict[str, str]], *, delimiter: str = ",") -> str:
    out = io.StringIO()
    heads = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, heads, delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def imported(
    folder: Path, rows: list[dict[str, str]] | str | bytes, *, is_dry: bool = False
) -> Report:
    path = folder / "incident.csv"
    text = written(rows) if isinstance(rows, list) else rows
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return importers.KINDS["servicenow"](path, PARIS, is_dry=is_dry)


def paris(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def the_ticket(s: Session) -> Ticket:
    s.rollback()
    return s.scalars(select(Ticket)).one()


def test_a_log_becomes_a_ticket_with_its_history(s: Session, tmp_path: Path) -> None:
    report = imported(tmp_path, LIFE)

    assert report.summary() == {"created": 1, "updated": 0, "unchanged": 0, "rejected": 0}
    ticket = the_ticket(s)
    assert ticket.title == "Category 55, Subcategory 170: Symptom 72"
    assert (ticket.type, ticket.channel) == (TicketType.INCIDENT, Channel.PHONE)
    assert (ticket.status, ticket.priority) == (Status.CLOSED, Priority.NORMAL)
    assert (ticket.urgency, ticket.impact) == (Urgency.NORMAL, Impact.MEDIUM)
    assert ticket.created_at == paris(2016, 3, 5, 1, 16)
    assert ticket.accepted_at == paris(2016, 3, 5, 8, 0)
    assert ticket.resolved_at == paris(2016, 3, 6, 11, 29)
    assert ticket.closed_at == paris(2016, 3, 11, 12, 0)
    names = {row.id: row.name for row in s.execute(select(User.id, User.name))}
    assert names[ticket.requester_id] == "Caller 2403"
    assert names[ticket.created_by_id] == "Opened by 8"
    assert ticket.lead_id is not None
    assert names[ticket.lead_id] == "Resolver 7"
    assert s.get_one(User, ticket.lead_id).role is Role.TECHNICIAN
    assert s.get_one(Team, ticket.team_id).name == "Group 70"
    assert s.get_one(Category, ticket.category_id).path == "Category 55"
    kinds = ["created", "assigned", "assigned", "assigned", "resolved", "closed"]
    assert happened(s, ticket.number) == [f"ticket.{kind}" for kind in kinds]
    origin = s.scalars(select(TicketOrigin)).one()
    assert (origin.reference, origin.made_sla, origin.reassignments) == ("inc0000045", True, 1)


def test_people_made_can_neither_sign_in_nor_get_mail(s: Session, tmp_path: Path) -> None:
    imported(tmp_path, LIFE)

    made = s.scalars(select(User)).all()

    assert {user.email for user in made} == {
        "caller-2403@servicenow.invalid",
        "opened-by-8@servicenow.invalid",
        "resolver-7@servicenow.invalid",
    }
    assert not any(user.wants_email or user.password_hash for user in made)


def test_importing_again_changes_nothing(s: Session, tmp_path: Path) -> None:
    imported(tmp_path, LIFE)
    before = s.scalar(select(func.count()).select_from(Event))
    s.rollback()

    again = imported(tmp_path, [*reversed(LIFE), LIFE[2]])

    assert again.summary() == {"created": 0, "updated": 0, "unchanged": 1, "rejected": 0}
    assert s.scalar(select(func.count()).select_from(Event)) == before


def test_a_later_export_goes_on_where_the_first_ended(
    s: Session, people: People, tmp_path: Path
) -> None:
    imported(tmp_path, LIFE[:3])
    ticket = the_ticket(s)
    assert (ticket.status, ticket.resolved_at) == (Status.IN_PROGRESS, None)

    again = imported(tmp_path, LIFE)

    assert again.summary() == {"created": 0, "updated": 1, "unchanged": 0, "rejected": 0}
    ticket = the_ticket(s)
    assert ticket.status is Status.CLOSED
    kinds = ["created", "assigned", "assigned", "assigned", "resolved", "closed", "imported"]
    assert happened(s, ticket.number) == [f"ticket.{kind}" for kind in kinds]
    assert db.read(lambda s: statistics.summary(s, people.diane)).reassignments.max == 1


def test_what_was_changed_here_since_is_left_alone(
    s: Session, people: People, tmp_path: Path
) -> None:
    imported(tmp_path, LIFE[:3])
    number = the_ticket(s).number
    tickets.edit(s, people.diane, number, {"title": "Autre"})
    s.commit()

    again = imported(tmp_path, LIFE)

    assert again.summary() == {"created": 0, "updated": 0, "unchanged": 0, "rejected": 1}
    assert f"#{number}" in str(again.rejections[0])
    assert the_ticket(s).title == "Autre"


def test_a_dry_run_tells_and_writes_nothing(s: Session, tmp_path: Path) -> None:
    report = imported(tmp_path, LIFE, is_dry=True)

    assert report.summary()["created"] == 1
    assert s.scalar(select(func.count()).select_from(Ticket)) == 0
    assert s.scalar(select(func.count()).select_from(User)) == 0


def test_one_row_an_incident_with_the_names_of_lists(s: Session, tmp_path: Path) -> None:
    row = {
        "Number": "INC0010111",
        "Short description": "L’imprimante ne répond plus",
        "Description": "Depuis ce matin ;\nsecond étage.",
        "Caller": "abel.tuter@example.com",
        "State": "On Hold",
        "On hold reason": "Awaiting Vendor",
        "Priority": "2 - High",
        "Impact": "1 - High",
        "Urgency": "2 - Medium",
        "Channel": "Email",
        "Category": "Hardware",
        "Assignment group": "Hardware",
        "Assigned to": "Fred Luddy",
        "Opened": "2026-03-05 08:12:09",
        "Updated": "2026-03-05 09:00:00",
        "Made SLA": "false",
    }

    report = imported(tmp_path, b"\xef\xbb\xbf" + written([row], delimiter=";").encode())

    assert report.summary()["created"] == 1
    ticket = the_ticket(s)
    assert ticket.title == "L’imprimante ne répond plus"
    assert ticket.description.startswith("Depuis ce matin ;\nsecond étage.")
    assert (ticket.status, ticket.pending_reason) == (Status.PENDING, PendingReason.SUPPLIER)
    assert (ticket.channel, ticket.priority) == (Channel.EMAIL, Priority.HIGH)
    assert (ticket.impact, ticket.urgency) == (Impact.HIGH, Urgency.NORMAL)
    assert ticket.created_at == paris(2026, 3, 5, 8, 12).replace(second=9)
    assert s.get_one(User, ticket.requester_id).email == "abel.tuter@example.com"


@pytest.mark.parametrize(
    ("opened", "read"),
    [
        ("5/3/2016 01:16", paris(2016, 3, 5, 1, 16)),
        ("05-03-2016 01:16:00", paris(2016, 3, 5, 1, 16)),
        ("05.03.2016 01:16", paris(2016, 3, 5, 1, 16)),
        ("2016-03-05 01:16:00", paris(2016, 3, 5, 1, 16)),
        ("2016-03-05T01:16:00Z", datetime(2016, 3, 5, 1, 16, tzinfo=UTC)),
        ("2016-03-05T01:16:00+01:00", paris(2016, 3, 5, 1, 16)),
        ("03/25/2016 01:16 PM", paris(2016, 3, 25, 13, 16)),
        ("3/25/2016 13:16", paris(2016, 3, 25, 13, 16)),
        ("2016/03/05 01:16", paris(2016, 3, 5, 1, 16)),
        ("05/03/2016", paris(2016, 3, 5)),
    ],
)
def test_dates_are_read_in_every_usual_way(
    s: Session, tmp_path: Path, opened: str, read: datetime
) -> None:
    row = {"number": "INC1", "state": "New", "opened_at": opened}

    report = imported(tmp_path, [row])

    assert report.rejections == []
    assert the_ticket(s).created_at == read


def test_a_file_is_read_one_way_throughout(s: Session, tmp_path: Path) -> None:
    rows = [
        {"number": "INC1", "state": "New", "opened_at": "3/5/2016 10:00"},
        {"number": "INC2", "state": "New", "opened_at": "3/25/2016 10:00"},
    ]

    imported(tmp_path, rows)

    dates = s.scalars(select(Ticket.created_at).order_by(Ticket.number)).all()
    assert dates == [paris(2016, 3, 5, 10), paris(2016, 3, 25, 10)]  # months before days


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n"])
def test_rows_end_where_lines_end(s: Session, tmp_path: Path, newline: str) -> None:
    rows = ["number,short_description,opened_at", 'INC1,"A\nB",5/3/2016', "INC2,a\u2028b,5/3/2016"]
    rows = rows if newline != "\r" else [row.replace("\n", " ") for row in rows]

    report = imported(tmp_path, newline.join(rows))

    assert report.summary()["created"] == 2
    assert s.scalars(select(Ticket.title).order_by(Ticket.number)).all() == ["A B", "a b"]


def test_who_asked_first_may_lead_later(s: Session, tmp_path: Path) -> None:
    imported(tmp_path, [ROW | {"caller_id": "Resolver 7"}])

    report = imported(tmp_path, [ROW | TAKEN | {"number": "INC2"}])

    assert report.summary()["created"] == 1
    resolver = s.scalars(select(User).where(User.name == "Resolver 7")).one()
    assert resolver.role is Role.TECHNICIAN


def test_what_cannot_be_taken_is_named_and_the_rest_is_taken(s: Session, tmp_path: Path) -> None:
    rows = [
        ROW,
        ROW | {"number": "INC2", "opened_at": "31/2/2016 10:00"},
        ROW | {"number": ""},
        {"number": "INC3", "incident_state": "New"},
        ROW | CLOSED | {"number": "INC4", "resolved_at": "1/1/2016 10:00"},
    ]
    broken = written(rows) + "INC5,New\r\n"

    report = imported(tmp_path, broken)

    assert report.summary() == {"created": 1, "updated": 0, "unchanged": 0, "rejected": 5}
    assert [rejection.place for rejection in report.rejections] == [3, 4, 5, 6, 7]
    told = [str(rejection) for rejection in report.rejections]
    assert "31/2/2016" in told[0]
    assert "number" in told[1]
    assert "opened" in told[2]
    assert "before it was opened" in told[3]
    assert "cells" in told[4]


def test_rows_may_come_in_any_order_twice_and_in_either_case(s: Session, tmp_path: Path) -> None:
    shuffled = [LIFE[3], LIFE[0], LIFE[4] | {"number": "inc0000045"}, LIFE[2], LIFE[1], LIFE[1]]

    report = imported(tmp_path, shuffled)

    assert report.summary()["created"] == 1
    ticket = the_ticket(s)
    assert ticket.status is Status.CLOSED
    kinds = ["created", "assigned", "assigned", "assigned", "resolved", "closed"]
    assert happened(s, ticket.number) == [f"ticket.{kind}" for kind in kinds]


def test_without_counts_rows_are_in_the_order_of_their_times(s: Session, tmp_path: Path) -> None:
    bare = [{n: v for n, v in row.items() if n != "sys_mod_count"} for row in reversed(LIFE)]

    imported(tmp_path, bare)

    assert the_ticket(s).status is Status.CLOSED


def test_without_its_columns_the_history_tells_when_it_ended(s: Session, tmp_path: Path) -> None:
    bare = [{n: v for n, v in row.items() if n not in ("resolved_at", "closed_at")} for row in LIFE]

    imported(tmp_path, bare)

    ticket = the_ticket(s)
    assert ticket.resolved_at == paris(2016, 3, 6, 11, 29)
    assert ticket.closed_at == paris(2016, 3, 11, 12, 0)


def test_a_closed_one_without_the_date_it_was_resolved_has_none(
    s: Session, people: People, tmp_path: Path
) -> None:
    imported(tmp_path, [row | {"resolved_at": "?"} for row in LIFE])

    assert the_ticket(s).resolved_at is None
    figures = db.read(lambda s: statistics.summary(s, people.diane))
    assert (figures.resolved, figures.closed, figures.resolution.n) == (0, 1, 0)


def test_what_is_reopened_is_open_whatever_the_dates_say(s: Session, tmp_path: Path) -> None:
    back = ROW | MOVED | {"sys_mod_count": "5", "sys_updated_at": "12/3/2016 08:00"}

    imported(tmp_path, [*LIFE, back])

    ticket = the_ticket(s)
    assert (ticket.status, ticket.resolved_at, ticket.closed_at) == (Status.IN_PROGRESS, None, None)
    assert happened(s, ticket.number)[-1] == "ticket.reopened"


def test_an_unknown_state_is_told_of(s: Session, tmp_path: Path) -> None:
    report = imported(tmp_path, [ROW | {"incident_state": "-100"}])

    assert "'-100'" in report.notes[0]
    assert the_ticket(s).status is Status.IN_PROGRESS


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("1", Status.NEW),
        ("En cours", Status.IN_PROGRESS),
        ("Awaiting Problem", Status.PENDING),
        ("Résolu", Status.RESOLVED),
        ("7", Status.CLOSED),
        ("Canceled", Status.CANCELLED),
    ],
)
def test_states_are_known_by_number_and_in_two_languages(
    s: Session, tmp_path: Path, state: str, status: Status
) -> None:
    report = imported(tmp_path, [ROW | {"incident_state": state}])

    assert report.notes == []
    assert the_ticket(s).status is status


def test_the_journal_becomes_the_conversation(s: Session, people: People, tmp_path: Path) -> None:
    journal = (
        "05/03/2016 09:10:00 - Resolver 7 (Work notes)\ntoner vide\n\n"
        "05/03/2016 09:00:00 - Resolver 7 (Additional comments)\nJe regarde.\nDe suite.\n\n"
        "05/03/2016 08:30:00 - Caller 2403 (Additional comments)\nToujours rien.\n\n"
    )

    imported(tmp_path, [ROW | TAKEN | {"comments_and_work_notes": journal}])

    said = s.scalars(select(Comment).order_by(Comment.created_at)).all()
    assert [(c.body, c.is_internal) for c in said] == [
        ("Toujours rien.", False),
        ("Je regarde.\nDe suite.", False),
        ("toner vide", True),
    ]
    ticket = the_ticket(s)
    assert ticket.first_response_at == paris(2016, 3, 5, 9, 0)
    assert (ticket.comment_count, ticket.answered_by_requester) == (2, False)
    assert [hit.number for hit in everything(s, people.diane, "toujours").hits] == [ticket.number]


def test_nobody_gets_a_right_from_a_file(s: Session, people: People, tmp_path: Path) -> None:
    report = imported(tmp_path, [ROW | TAKEN | {"assigned_to": "alice@exemple.fr"}])

    assert report.summary() == {"created": 0, "updated": 0, "unchanged": 0, "rejected": 1}
    assert "alice@exemple.fr" in str(report.rejections[0])
    assert s.get_one(User, people.alice.id).role is Role.REQUESTER


def test_somebody_who_is_here_by_that_name_is_meant(
    s: Session, people: People, tmp_path: Path
) -> None:
    imported(tmp_path, [ROW | TAKEN | {"assigned_to": "bruno", "caller_id": "Alice"}])

    ticket = the_ticket(s)
    assert (ticket.lead_id, ticket.requester_id) == (people.bruno.id, people.alice.id)


def test_names_that_look_alike_are_two_people(s: Session, tmp_path: Path) -> None:
    imported(
        tmp_path,
        [
            ROW | {"number": "INC1", "caller_id": "Élodie Roux"},
            ROW | {"number": "INC2", "caller_id": "Elodie Roux"},
            ROW | {"number": "INC3", "caller_id": "élodie  roux"},
        ],
    )

    asking = s.scalars(select(Ticket.requester_id).order_by(Ticket.number)).all()
    assert asking[0] == asking[2] != asking[1]


def test_an_imported_ticket_lives_on_here(s: Session, people: People, tmp_path: Path) -> None:
    imported(tmp_path, LIFE[:3])
    number = the_ticket(s).number

    transitions.move(s, people.diane, number, Status.RESOLVED)
    s.commit()

    assert happened(s, number)[-1] == "ticket.resolved"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x1f\x8b broken",
        b"number",
        b"nom,age\r\nZoe,3\r\n",
        bytes(range(256)) * 20,
        b'number,opened_at\r\n"INC1,5/3/2016',
        "number;state\r\nINC1;\x00New\r\n".encode("utf-16"),
        b"number,number,state\r\nINC1,INC2,New\r\n",
    ],
)
def test_no_file_whatever_it_holds_ends_in_a_crash(s: Session, tmp_path: Path, raw: bytes) -> None:
    told = ""
    try:
        created = imported(tmp_path, raw).created
    except Unreadable as unreadable:
        created, told = 0, str(unreadable)

    assert created == 0
    assert not told or "incident.csv" in told


def test_what_is_still_open_gets_its_deadline_without_a_word(
    s: Session, people: People, tmp_path: Path
) -> None:
    promises.policy(s, people.diane, resolve_minutes=480)
    promises.renewed(s)
    imported(tmp_path, LIFE[:2])

    intake.finish()

    s.rollback()
    ticket = s.scalars(select(Ticket)).one()
    (row,) = fact_store.load(s)
    assert ticket.resolve_due_at is not None
    assert int(row["due"]) == facts.moment(ticket.resolve_due_at)
    assert db.write(alarms.ring) == 0
    again = imported(tmp_path, LIFE)
    assert again.summary() == {"created": 0, "updated": 1, "unchanged": 0, "rejected": 0}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # the command opens one of its own
def test_the_command_ends_with_its_numbers(
    s: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("APPTICKET_DATA_DIR", str(tmp_path / "var"))
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(written(LIFE).encode()))
    before = db.engine()

    try:
        assert main.main(["import", "servicenow", str(path)]) == 0
        told: Any = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert main.main(["import", "servicenow", str(tmp_path / "absent.csv")]) == 1
    finally:
        db.engine().dispose()
        db.use(before)

    assert told == {"created": 1, "updated": 0, "unchanged": 0, "rejected": 0}
    assert "absent.csv" in capsys.readouterr().err
