"""The bell, the notification centre, one’s choices and the switch of one ticket."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import db
from data.models import MutedTicket, Notification, Pace, Preference, Ticket
from services import comments, inbox, relay
from tests.conftest import People
from tests.pages.conftest import FRAME, Cost, Visit


def say(s: Session, people: People, ticket: Ticket, text: str) -> None:
    """Bruno answers Alice, and she is told."""
    comments.post(s, people.bruno, ticket.number, text)
    s.commit()
    db.write(relay.relay)


async def test_what_one_was_told_is_listed_and_marked_as_read(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    say(s, people, ticket, "Essayez de le **redémarrer**")
    alice = await visit("alice", "/notifications")
    await alice.sees('New message · <span class="number">#')
    await alice.sees("redémarrer")
    notice = s.scalars(select(Notification).where(Notification.user_id == people.alice.id)).one()

    alice.press('id="notices"', "read", notice.id)

    await alice.sees_no_more("Mark as read")
    s.rollback()
    s.refresh(notice)
    assert notice.read_at is not None


async def test_all_is_read_with_one_gesture(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    say(s, people, ticket, "Bonjour")
    say(s, people, ticket, "Encore moi")
    alice = await visit("alice", "/notifications")

    alice.press("notice-bar", "read-all")

    await alice.sees_no_more("Mark all as read")
    assert inbox.unread(s, people.alice) == 0


async def test_the_unread_alone_can_be_shown(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    say(s, people, ticket, "Déjà lu")
    inbox.read_all(s, people.alice)
    s.commit()
    say(s, people, ticket, "Pas encore lu")
    alice = await visit("alice", "/notifications")
    await alice.sees("Déjà lu")

    alice.press("notice-bar", "show", "unread")

    await alice.sees_no_more("Déjà lu")
    await alice.sees("Pas encore lu")


async def test_a_new_notice_appears_by_itself(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    alice = await visit("alice", "/notifications")
    await alice.sees("Nothing new")

    say(s, people, ticket, "Je viens à dix heures")

    await alice.sees("Je viens à dix heures")


async def test_somebody_else_s_notice_is_not_touched(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    say(s, people, ticket, "Pour Alice seule")
    notice = s.scalars(select(Notification).where(Notification.user_id == people.alice.id)).one()
    driss = await visit("driss", "/notifications")
    await driss.sees("Nothing new")

    driss.press("notice-bar", "show", "all")
    driss.press('id="notices"', "read", notice.id)

    await driss.is_told("does not exist")
    s.refresh(notice)
    assert notice.read_at is None


async def test_opening_the_ticket_reads_what_one_was_told_of_it(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    say(s, people, ticket, "Bonjour")
    assert inbox.unread(s, people.alice) == 1

    alice = await visit("alice", f"/tickets/{ticket.number}")

    await alice._until(lambda: db.read(lambda r: inbox.unread(r, people.alice)) == 0, "read")


async def test_a_ticket_is_muted_and_heard_again(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    alice = await visit("alice", f"/tickets/{ticket.number}")

    alice.press('data-testid="mute"', "mute")
    await alice.sees("only when you are mentioned")
    assert s.get(MutedTicket, (people.alice.id, ticket.number)) is not None
    alice.press('data-testid="mute"', "mute")

    await alice.sees_no_more("only when you are mentioned")
    s.expire_all()
    s.rollback()
    assert s.get(MutedTicket, (people.alice.id, ticket.number)) is None


async def test_one_chooses_how_one_is_told(visit: Visit, s: Session, people: People) -> None:
    alice = await visit("alice", "/profile")
    await alice.sees("pace-comment-email")
    assert "pace-deadline_near" not in alice.shown()

    alice.press("pace-comment-email", "comment.email", "hourly")

    await alice.sees('<option value="hourly" selected>')
    s.rollback()
    row = s.get_one(Preference, (people.alice.id, "comment", "email"))
    assert row.pace is Pace.HOURLY


async def test_quiet_hours_want_both_ends(visit: Visit) -> None:
    alice = await visit("alice", "/profile")
    alice.field("quiet_from").set_value("22:00")

    alice.click("save-quiet")
    await alice._until(lambda: alice.field("quiet_until").error, "an error")
    alice.field("quiet_until").set_value("07:30")
    alice.click("save-quiet")

    await alice.is_told("Your quiet hours were saved")


async def test_the_centre_costs_the_same_whatever_is_in_it(
    cost: Cost, s: Session, people: People, ticket: Ticket
) -> None:
    say(s, people, ticket, "Un seul")
    few = await cost("alice", "/notifications")

    for n in range(40):
        comments.post(s, people.bruno, ticket.number, f"Message {n}")
    say(s, people, ticket, "Et un autre")
    many = await cost("alice", "/notifications")

    assert len(many) == len(few), many
    assert len(many) <= FRAME + 6, many
