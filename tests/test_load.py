"""`load DIR`: bulk load of meta.json and tickets.jsonl (docs/load.md), streamed and repeatable."""

import multiprocessing
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import db
from data.models import (
    Alarm,
    Category,
    Comment,
    Delivery,
    Event,
    Membership,
    Notification,
    PendingReason,
    Priority,
    Role,
    Stage,
    Status,
    Team,
    Ticket,
    TicketText,
    User,
)
from integrations import bulk, bulk_reader, intake
from services import (
    alarms,
    creation,
    fact_store,
    facts,
    history,
    lists,
    relay,
    renewals,
    search,
    sessions,
    ticket_view,
    trash,
)
from services.filters import Filter
from tests.conftest import People
from tests.loads import META, TICKET, open_ticket, ticket, write
from tests.promises import policy, renewed


def loaded(s: Session, number: int = 1) -> Ticket:
    return s.scalars(select(Ticket).where(Ticket.number == number)).one()


def test_a_ticket_is_loaded_as_the_services_would_have_made_it(s: Session, tmp_path: Path) -> None:
    result = bulk.load(write(tmp_path, ticket()))

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


def test_a_deadline_of_the_file_stays_and_what_is_promised_beside_it_is_computed(
    s: Session, people: People, tmp_path: Path
) -> None:
    policy(s, people.diane, accept_minutes=60, resolve_minutes=480)
    renewed(s)
    due = "2026-04-01 12:00:00"

    bulk.load(write(tmp_path, open_ticket(1, due=due), open_ticket(2)))
    intake.finish()

    s.rollback()
    by_hand, computed = loaded(s, 1), loaded(s, 2)
    assert (by_hand.is_due_by_hand, computed.is_due_by_hand) == (True, False)
    assert by_hand.resolve_due_at == datetime(2026, 4, 1, 10, tzinfo=UTC)
    assert computed.resolve_due_at == datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert by_hand.accept_due_at == computed.accept_due_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_after_a_load_nothing_waits_and_nobody_is_told(
    s: Session, people: People, tmp_path: Path
) -> None:
    policy(s, people.diane, accept_minutes=60, resolve_minutes=480, raises_priority=True)
    renewed(s)
    bulk.load(write(tmp_path, *(open_ticket(number) for number in range(1, 251))))

    intake.finish()

    s.rollback()
    assert len(fact_store.load(s)) == 250
    assert all(row["due"] != facts.NEVER for row in fact_store.load(s))
    assert s.scalar(select(func.count()).where(Alarm.stage != Stage.TOLD)) == 0
    assert db.write(renewals.advance) == db.write(alarms.ring) == 0
    while db.write(relay.relay):
        pass
    s.rollback()
    assert s.scalar(select(func.count(Notification.id))) == 0
    assert s.scalar(select(func.count(Delivery.id))) == 0


def test_people_teams_and_the_tree_come_along(s: Session, tmp_path: Path) -> None:
    bulk.load(write(tmp_path, ticket()))

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


def test_who_and_what_is_there_is_used_as_it_is(s: Session, people: People, tmp_path: Path) -> None:
    s.add(Category(name="réseau", path="réseau"))
    s.commit()
    meta = META | {
        "requesters": [{"email": "ALICE@exemple.fr", "name": "Somebody else"}],
        "technicians": [{"email": "bruno@exemple.fr", "name": "Bruno", "teams": [0]}],
        "teams": ["RÉSEAU"],
    }

    bulk.load(write(tmp_path, ticket(category=1, team=0), meta=meta))

    made = loaded(s)
    assert (made.requester_id, made.lead_id) == (people.alice.id, people.bruno.id)
    assert s.get_one(User, people.alice.id).name == "Alice"
    assert s.scalars(select(Team.name)).all() == ["Réseau"]
    paths = s.scalars(select(Category.path).order_by(Category.id)).all()
    assert paths == ["réseau", "Matériel", "Matériel › Imprimante"]


def test_a_file_makes_no_technicians_of_requesters(
    s: Session, people: People, tmp_path: Path
) -> None:
    meta = META | {"technicians": [{"email": "driss@exemple.fr"}]}

    with pytest.raises(bulk.Rejected, match=r"driss@exemple.fr cannot work on tickets here"):
        bulk.load(write(tmp_path, ticket(), meta=meta))

    assert s.get_one(User, people.driss.id).role is Role.REQUESTER
    assert s.scalars(select(Ticket.number)).all() == []
    assert s.scalar(select(func.count()).select_from(Event)) == 0


def test_the_history_leads_to_the_state_and_nobody_is_told(s: Session, tmp_path: Path) -> None:
    bulk.load(write(tmp_path, ticket()))

    s.expunge_all()
    events = s.scalars(select(Event).where(Event.ticket_number == 1).order_by(Event.id)).all()
    kinds = ["ticket.created", "ticket.taken", "ticket.resolved", "ticket.closed"]
    assert [event.kind for event in events] == kinds
    assert events[1].details["changes"]["status"] == ["new", "in_progress"]
    assert events[0].created_at == loaded(s).created_at
    untold = select(Event.kind).where(Event.relayed_at.is_(None))
    assert s.scalars(untold).all() == []


def test_the_file_s_own_history_is_kept(s: Session, people: People, tmp_path: Path) -> None:
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

    bulk.load(write(tmp_path, ticket(history=steps, team=0)))

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


def test_loading_again_adds_only_what_is_missing(s: Session, tmp_path: Path) -> None:
    bulk.load(write(tmp_path, ticket(1), ticket(2)))
    before = s.execute(select(Event.id)).all()
    s.rollback()

    again = bulk.load(write(tmp_path, ticket(1), ticket(2), ticket(3)))

    assert again.sentence() == "Loaded 1 tickets; 2 were there already."
    assert s.scalars(select(Ticket.number).order_by(Ticket.number)).all() == [1, 2, 3]
    assert s.scalar(select(func.count()).select_from(Comment)) == 9
    assert s.scalar(select(func.count()).select_from(Event)) == len(before) + 4


def test_an_id_that_comes_twice_is_one_ticket(s: Session, tmp_path: Path) -> None:
    result = bulk.load(write(tmp_path, ticket(1), ticket(1, title="Encore")))

    assert result.sentence() == "Loaded 1 tickets; 1 were there already."
    assert loaded(s).title == "Écran noir"


def test_the_same_number_of_another_source_is_another_ticket(s: Session, tmp_path: Path) -> None:
    bulk.load(write(tmp_path, ticket(1)))
    bulk.load(write(tmp_path, ticket(1), meta=META | {"source": "autre"}))

    assert s.scalars(select(Ticket.number).order_by(Ticket.number)).all() == [1, 2]


def test_numbers_of_the_file_are_kept_when_they_were_never_used(
    s: Session, people: People, tmp_path: Path
) -> None:
    first = creation.create(s, people.alice, creation.NewTicket(title="Purgé"))
    trash.delete(s, people.diane, first.number)
    trash.purge(s, people.diane, first.number, typed=str(first.number))
    s.commit()

    bulk.load(write(tmp_path, ticket(1), ticket(70), ticket(40), ticket("INC0007")))

    keys = s.execute(select(Ticket.number, Ticket.creation_key).order_by(Ticket.number)).all()
    assert [tuple(row) for row in keys] == [
        (2, "load:essai:1"),
        (70, "load:essai:70"),
        (71, "load:essai:40"),
        (72, "load:essai:INC0007"),
    ]
    assert creation.create(s, people.alice, creation.NewTicket(title="Après")).number == 73


def test_what_a_ticket_waits_for_fits_its_conversation(s: Session, tmp_path: Path) -> None:
    by_staff = TICKET["comments"][:1]
    bulk.load(
        write(
            tmp_path,
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
    s: Session, tmp_path: Path
) -> None:
    bulk.load(
        write(
            tmp_path,
            ticket(1, urgency="urgent", impact="low"),
            ticket(2, urgency="low", impact="low"),
        )
    )

    assert not loaded(s, 1).is_priority_overridden
    assert loaded(s, 2).is_priority_overridden
    assert loaded(s, 2).priority is Priority.HIGH


def test_more_than_one_batch_is_loaded_in_order(
    s: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 7)

    result = bulk.load(write(tmp_path, *(ticket(number) for number in range(1, 31)), ""))

    assert result.created == 30
    assert s.scalars(select(Ticket.number).order_by(Ticket.number)).all() == list(range(1, 31))
    orphans = select(Comment.id).where(Comment.ticket_number.not_in(range(1, 31)))
    assert s.scalars(orphans).all() == []


def test_a_large_file_is_read_beside_and_is_the_same(
    s: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(
        tmp_path, *(ticket(n, title=f"L’écran {n} \\ 100 % 'noir'") for n in range(1, 31)), "{"
    )
    monkeypatch.setattr(bulk, "BATCH", 7)
    monkeypatch.setattr(bulk_reader, "LARGE", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2})  # two readers, one writer

    with pytest.raises(bulk.Rejected, match=r"line 31: not JSON.* Before it: Loaded 30 tickets"):
        bulk.load(folder)

    rows = s.execute(select(Ticket.number, Ticket.title).order_by(Ticket.number)).all()
    assert [tuple(row) for row in rows] == [
        (n, f"L’écran {n} \\ 100 % 'noir'") for n in range(1, 31)
    ]
    assert s.scalar(select(func.count()).select_from(Comment)) == 90
    assert multiprocessing.active_children() == []


def test_what_is_loaded_is_worked_on_like_any_other(
    s: Session, people: People, tmp_path: Path
) -> None:
    bulk.load(write(tmp_path, open_ticket(1), ticket(2)))
    tess = s.scalars(select(User.id).where(User.email == "tess@exemple.org")).one()

    page = lists.page(s, people.bruno, Filter(), sort="number", reverse=True)
    view = ticket_view.load(s, sessions.actor_of(s, tess), 2)

    assert [line.number for line in page.lines] == [1, 2]
    assert [message.author for message in view.messages] == ["Tess", "Tess", "Zoé Roux"]


def test_loaded_tickets_are_found_by_their_words(
    s: Session, people: People, tmp_path: Path
) -> None:
    bulk.load(write(tmp_path, ticket()))

    def found(text: str) -> list[int | None]:
        return [hit.number for hit in search.everything(s, people.bruno, text).hits]

    assert found("ecran cable") == found("garantie") == found("1 écran") == [1]
    assert found("scanner") == []
    assert s.scalars(select(TicketText.whole)).one() is not None
