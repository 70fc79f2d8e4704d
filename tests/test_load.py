"""`load DIR`: bulk load of meta.json and tickets.jsonl (docs/load.md), streamed and repeatable."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import (
    Category,
    Comment,
    Event,
    Membership,
    PendingReason,
    Priority,
    Role,
    Status,
    Team,
    Ticket,
    User,
)
from integrations import bulk
from services import creation, history, lists, sessions, ticket_view, trash
from services.filters import Filter
from tests.conftest import People

META: dict[str, Any] = {
    "source": "essai",
    "requesters": [
        {"email": "Zoe@exemple.org", "first": "Zoé", "last": "Roux", "phone": "01 23 45 67 89"},
        {"email": "yann@exemple.org", "name": "Yann Le Goff", "department": "Paie"},
    ],
    "technicians": [{"email": "tess@exemple.org", "name": "Tess", "teams": [0]}],
    "teams": ["Postes"],
    "categories": ["Matériel › Imprimante", "Réseau"],
    "priorities": ["Basse", "Normale", "Haute", "Urgente"],
    "statuses": ["Nouveau", "En cours", "En attente", "Résolu", "Clos", "Annulé"],
}
TICKET: dict[str, Any] = {
    "id": 1,
    "title": "Écran noir",
    "description": "Depuis ce matin.",
    "category": 0,
    "priority": 2,
    "status": 4,
    "requester": 0,
    "technician": 0,
    "created": "2026-03-02 09:00:00",
    "updated": "2026-03-03 12:00:00",
    "closed": "2026-03-03 12:00:00",
    "comments": [
        {"author_kind": "technician", "author": 0, "created": "2026-03-02 09:30:00",
         "body": "Câble changé ?", "internal": False},
        {"author_kind": "technician", "author": 0, "created": "2026-03-02 10:00:00",
         "body": "Garantie jusqu’en 2027.", "internal": True},
        {"author_kind": "requester", "author": 0, "created": "2026-03-02 11:00:00",
         "body": "Oui.", "internal": False},
    ],
}  # fmt: skip

Folder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Writes a folder to load: tickets as dicts, or raw lines as text."""

    def write(*lines: Any, meta: dict[str, Any] | None = None) -> Path:
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        (tmp_path / "meta.json").write_text(json.dumps(meta or META), encoding="utf-8")
        (tmp_path / "tickets.jsonl").write_text("\n".join(texts) + "\n", encoding="utf-8")
        return tmp_path

    return write


def ticket(number: int | str = 1, **values: Any) -> dict[str, Any]:
    return {**TICKET, "id": number, **values}


def open_ticket(number: int = 1, **values: Any) -> dict[str, Any]:
    return ticket(number, status=0, technician=None, closed=None, comments=[], **values)


def loaded(s: Session, number: int = 1) -> Ticket:
    return s.scalars(select(Ticket).where(Ticket.number == number)).one()


def test_a_ticket_is_loaded_as_the_services_would_have_made_it(s: Session, folder: Folder) -> None:
    result = bulk.load(folder(ticket()))

    assert result.sentence() == "Loaded 1 tickets."
    made = loaded(s)
    assert (made.title, made.folded_title) == ("Écran noir", "ecran noir")
    assert (made.status, made.priority) == (Status.CLOSED, Priority.HIGH)
    assert (made.urgency, made.impact) == ("high", "medium")
    assert not made.is_priority_overridden
    assert made.comment_count == 2
    assert made.answered_by_requester
    assert made.created_at == datetime(2026, 3, 2, 8, tzinfo=UTC)  # 9 o’clock in Paris
    assert made.first_response_at == made.accepted_at == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    assert made.resolved_at == made.closed_at == datetime(2026, 3, 3, 11, tzinfo=UTC)
    bodies = s.scalars(select(Comment.body).where(Comment.is_internal)).all()
    assert bodies == ["Garantie jusqu’en 2027."]


def test_people_teams_and_the_tree_come_along(s: Session, folder: Folder) -> None:
    bulk.load(folder(ticket()))

    zoe, tess = (
        s.scalars(select(User).where(User.email == f"{name}@exemple.org")).one()
        for name in ("zoe", "tess")
    )
    assert (zoe.name, zoe.role, zoe.phone) == ("Zoé Roux", Role.REQUESTER, "01 23 45 67 89")
    assert (tess.role, tess.password_hash) == (Role.TECHNICIAN, None)
    assert s.scalars(select(Membership.user_id)).all() == [tess.id]
    paths = s.scalars(select(Category.path).order_by(Category.id)).all()
    assert paths == ["Matériel", "Matériel › Imprimante", "Réseau"]
    printer = s.scalars(select(Category).where(Category.name == "Imprimante")).one()
    assert loaded(s).category_id == printer.id
    assert printer.parent_id == s.scalar(select(Category.id).where(Category.path == "Matériel"))


def test_who_and_what_is_there_is_used_as_it_is(s: Session, people: People, folder: Folder) -> None:
    s.add(Category(name="réseau", path="réseau"))
    s.commit()
    meta = META | {
        "requesters": [{"email": "ALICE@exemple.fr", "name": "Somebody else"}],
        "technicians": [{"email": "bruno@exemple.fr", "name": "Bruno", "teams": [0]}],
        "teams": ["RÉSEAU"],
    }

    bulk.load(folder(ticket(category=1, team=0), meta=meta))

    made = loaded(s)
    assert (made.requester_id, made.lead_id) == (people.alice.id, people.bruno.id)
    assert s.get_one(User, people.alice.id).name == "Alice"
    assert s.scalars(select(Team.name)).all() == ["Réseau"]
    paths = s.scalars(select(Category.path).order_by(Category.id)).all()
    assert paths == ["réseau", "Matériel", "Matériel › Imprimante"]


def test_a_file_makes_no_technicians_of_requesters(
    s: Session, people: People, folder: Folder
) -> None:
    meta = META | {"technicians": [{"email": "driss@exemple.fr"}]}

    with pytest.raises(bulk.Rejected, match=r"driss@exemple.fr cannot work on tickets here"):
        bulk.load(folder(ticket(), meta=meta))

    assert s.get_one(User, people.driss.id).role is Role.REQUESTER
    assert s.scalars(select(Ticket.number)).all() == []
    assert s.scalar(select(func.count()).select_from(Event)) == 0


def test_the_history_leads_to_the_state_and_nobody_is_told(s: Session, folder: Folder) -> None:
    bulk.load(folder(ticket()))

    s.expunge_all()
    events = s.scalars(select(Event).where(Event.ticket_number == 1).order_by(Event.id)).all()
    kinds = ["ticket.created", "ticket.taken", "ticket.resolved", "ticket.closed"]
    assert [event.kind for event in events] == kinds
    assert events[1].details["changes"]["status"] == ["new", "in_progress"]
    assert events[0].created_at == loaded(s).created_at
    untold = select(Event.kind).where(Event.relayed_at.is_(None))
    assert s.scalars(untold).all() == []


def test_the_file_s_own_history_is_kept(s: Session, people: People, folder: Folder) -> None:
    steps = [
        {"created": "2026-03-02 09:10", "author_kind": "technician", "author": 0,
         "status": 1, "technician": 0, "team": 0},
        {"created": "2026-03-02 10:00", "author_kind": "technician", "author": 0,
         "status": 2, "technician": 0, "team": 0},
        {"created": "2026-03-02 11:00", "status": 1, "technician": 0, "team": 0},
        {"created": "2026-03-03 12:00", "status": 3, "technician": 0, "team": 0},
        {"created": "2026-03-04 12:00", "status": 1, "technician": 0, "team": 0},
        {"created": "2026-03-04 12:01", "status": 1, "technician": 0, "team": 0},
        {"created": "2026-03-05 12:00", "status": 4, "technician": 0, "team": 0},
    ]  # fmt: skip

    bulk.load(folder(ticket(history=steps, team=0)))

    kinds = s.scalars(select(Event.kind).where(Event.ticket_number == 1).order_by(Event.id)).all()
    assert kinds == [
        "ticket.created",
        "ticket.taken",
        "ticket.paused",
        "ticket.started",
        "ticket.resolved",
        "ticket.reopened",
        "ticket.closed",
    ]
    lines = history.of(s, people.bruno, 1)
    assert [(c.field, c.after) for c in lines[1].changes] == [
        ("status", "In progress"),
        ("lead", "Tess"),
        ("team", "Postes"),
    ]


def test_loading_again_adds_only_what_is_missing(s: Session, folder: Folder) -> None:
    bulk.load(folder(ticket(1), ticket(2)))
    before = s.execute(select(Event.id)).all()
    s.rollback()

    again = bulk.load(folder(ticket(1), ticket(2), ticket(3)))

    assert again.sentence() == "Loaded 1 tickets; 2 were there already."
    assert s.scalars(select(Ticket.number).order_by(Ticket.number)).all() == [1, 2, 3]
    assert s.scalar(select(func.count()).select_from(Comment)) == 9
    assert s.scalar(select(func.count()).select_from(Event)) == len(before) + 4


def test_an_id_that_comes_twice_is_one_ticket(s: Session, folder: Folder) -> None:
    result = bulk.load(folder(ticket(1), ticket(1, title="Encore")))

    assert result.sentence() == "Loaded 1 tickets; 1 were there already."
    assert loaded(s).title == "Écran noir"


def test_the_same_number_of_another_source_is_another_ticket(s: Session, folder: Folder) -> None:
    bulk.load(folder(ticket(1)))
    bulk.load(folder(ticket(1), meta=META | {"source": "autre"}))

    assert s.scalars(select(Ticket.number).order_by(Ticket.number)).all() == [1, 2]


def test_numbers_of_the_file_are_kept_when_they_were_never_used(
    s: Session, people: People, folder: Folder
) -> None:
    first = creation.create(s, people.alice, creation.NewTicket(title="Purgé"))
    trash.delete(s, people.diane, first.number)
    trash.purge(s, people.diane, first.number, typed=str(first.number))
    s.commit()

    bulk.load(folder(ticket(1), ticket(70), ticket(40), ticket("INC0007")))

    keys = s.execute(select(Ticket.number, Ticket.creation_key).order_by(Ticket.number)).all()
    assert [tuple(row) for row in keys] == [
        (2, "load:essai:1"),
        (70, "load:essai:70"),
        (71, "load:essai:40"),
        (72, "load:essai:INC0007"),
    ]
    assert creation.create(s, people.alice, creation.NewTicket(title="Après")).number == 73


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "must be an object"),
        (ticket(id=None), "id must be"),
        (ticket(id=True), "id must be"),
        (ticket(title=" "), "title: This field cannot be empty"),
        (ticket(title="x" * 301), "title: At most 300 characters"),
        (ticket(priority=4), "priority must be an index from 0 to 3, not 4"),
        (ticket(priority=-1), "priority must be an index"),
        (ticket(requester=None), "requester must be an index"),
        (ticket(category="Réseau"), "category must be an index"),
        (ticket(created="hier"), "created must be a date like"),
        (ticket(closed=None), "closed must be the date"),
        (ticket(channel="pigeon"), "channel must be one of web, phone"),
        (ticket(status=0), "technician: a new ticket has none"),
        (ticket(status=2, pending_reason="planned"), "wake must be the date"),
        (ticket(comments="none"), "comments must be a list"),
        (ticket(comments=[{**TICKET["comments"][2], "internal": True}]), "internal must be"),
        (ticket(comments=[{**TICKET["comments"][2], "body": ""}]), "body: This field"),
        (ticket(comments=[{**TICKET["comments"][2], "author_kind": "x"}]), "author_kind must"),
        (
            ticket(history=[{"created": "2026-03-02", "status": 3}]),
            "history: its last status",
        ),
    ],
)
def test_the_first_wrong_line_is_named_and_stops_the_load(
    s: Session, folder: Folder, line: Any, reason: str
) -> None:
    with pytest.raises(bulk.Rejected) as refused:
        bulk.load(folder(ticket(1001), line, ticket(1003)))

    assert str(refused.value).startswith(f"tickets.jsonl line 2: {reason}")
    assert "Before it: Loaded 1 tickets." in str(refused.value)
    assert s.scalars(select(Ticket.number)).all() == [1001]
    assert s.scalar(select(func.count()).select_from(Comment)) == 3


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"statuses": ["Nouveau", "Perdu"]}, "statuses[1]: must be one of"),
        ({"priorities": "high"}, "priorities must be a list"),
        ({"requesters": [{"email": "zoe"}]}, "requesters[0]: email: Enter an e-mail address"),
        ({"requesters": ["zoe@exemple.org"]}, "requesters[0]: must be an object"),
        ({"technicians": [{"email": "t@exemple.org", "teams": [1]}]}, "technicians[0]: teams"),
        ({"categories": ["a › "]}, "categories[0]: name: This field cannot be empty"),
        ({"categories": [" › ".join("abcdef")]}, "categories[0]: the path is too"),
        ({"source": "a b"}, "source must be"),
    ],
)
def test_what_is_wrong_with_the_lists_is_named(
    s: Session, folder: Folder, wrong: dict[str, Any], reason: str
) -> None:
    with pytest.raises(bulk.Rejected) as refused:
        bulk.load(folder(ticket(), meta=META | wrong))

    assert str(refused.value).startswith(f"meta.json: {reason}")
    assert s.scalars(select(User.email)).all() == []


@pytest.mark.parametrize("missing", ["meta.json", "tickets.jsonl"])
def test_a_missing_file_is_named(s: Session, folder: Folder, missing: str) -> None:
    there = folder(ticket())
    (there / missing).unlink()

    with pytest.raises(bulk.Rejected, match=f"{missing} cannot be read: No such file"):
        bulk.load(there)


def test_what_a_ticket_waits_for_fits_its_conversation(s: Session, folder: Folder) -> None:
    by_staff = TICKET["comments"][:1]
    bulk.load(
        folder(
            ticket(1, status=2, comments=by_staff),
            ticket(2, status=2),
            ticket(3, status=2, pending_reason="planned", wake="2026-12-01T08:00:00+01:00"),
            ticket(4, status=1, pending_reason="supplier", wake="2026-12-01"),
        )
    )

    reasons = s.execute(select(Ticket.pending_reason, Ticket.wake_at).order_by(Ticket.number))
    assert [tuple(row) for row in reasons] == [
        (PendingReason.REQUESTER, None),
        (PendingReason.SUPPLIER, None),
        (PendingReason.PLANNED, datetime(2026, 12, 1, 7, tzinfo=UTC)),
        (None, None),
    ]
    open_ones = s.scalars(select(Ticket).where(Ticket.closed_at.is_not(None))).all()
    assert open_ones == []


def test_a_priority_the_matrix_does_not_give_counts_as_overridden(
    s: Session, folder: Folder
) -> None:
    bulk.load(
        folder(ticket(1, urgency="urgent", impact="low"), ticket(2, urgency="low", impact="low"))
    )

    assert not loaded(s, 1).is_priority_overridden
    assert loaded(s, 2).is_priority_overridden
    assert loaded(s, 2).priority is Priority.HIGH


def test_more_than_one_batch_is_loaded_in_order(
    s: Session, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 7)

    result = bulk.load(folder(*(ticket(number) for number in range(1, 31)), ""))

    assert result.created == 30
    assert s.scalars(select(Ticket.number).order_by(Ticket.number)).all() == list(range(1, 31))
    orphans = select(Comment.id).where(Comment.ticket_number.not_in(range(1, 31)))
    assert s.scalars(orphans).all() == []


def test_what_is_loaded_is_worked_on_like_any_other(
    s: Session, people: People, folder: Folder
) -> None:
    bulk.load(folder(open_ticket(1), ticket(2)))
    tess = s.scalars(select(User.id).where(User.email == "tess@exemple.org")).one()

    page = lists.page(s, people.bruno, Filter(), sort="number", reverse=True)
    view = ticket_view.load(s, sessions.actor_of(s, tess), 2)

    assert [line.number for line in page.lines] == [1, 2]
    assert [message.author for message in view.messages] == ["Tess", "Tess", "Zoé Roux"]
