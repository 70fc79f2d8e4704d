"""What a message says when it is sent, and to whom: rights and wishes of that moment (R-4, T-4)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import (
    Delivery,
    DeliveryState,
    Pace,
    PendingReason,
    Role,
    Status,
    Team,
    Ticket,
    User,
)
from services import (
    comments,
    creation,
    deliveries,
    notifications,
    observers,
    preferences,
    relay,
    sessions,
    transitions,
    trash,
    undo,
    users,
)
from services.bundles import Parcel
from services.creation import NewTicket
from services.deliveries import Outcome
from services.letters import Letter
from services.transitions import Wait
from tests.conftest import Clock, People, Queries, last_event, relayed
from tests.letters import switch_off, switch_on

Happening = Callable[[Session, People, Ticket], None]
MARKER = "Ne pas répéter : mot de passe Paprika"


@pytest.fixture
def led(s: Session, led: Ticket) -> Ticket:
    """The same, with e-mail switched on since."""
    switch_on(s, "email")
    s.commit()
    return led


def sent(s: Session, time: Clock, **later: float) -> dict[str, Letter]:
    """Send what is due by then as a channel does; return the letters by first name."""
    time.pass_by(**(later or {"minutes": 3}))
    found = {}
    for parcel in deliveries.claim(s, 100):
        letter = notifications.letter(s, parcel)
        deliveries.settle(s, parcel, _outcome(letter))
        if letter:
            assert parcel.recipient == str(letter.user.id)
            found[letter.user.name.lower()] = letter
    s.commit()
    return found


def _outcome(letter: Letter | None) -> Outcome:
    if letter is None:
        return Outcome(skipped=True)
    return Outcome(told=tuple(item.delivery_id for item in letter.items))


def kinds(letter: Letter) -> list[tuple[str, str]]:
    return [(item.kind, item.reason) for item in letter.items]


def words(letter: Letter) -> str:
    return " ".join(item.comment.body for item in letter.items if item.comment)


def states(s: Session) -> list[str]:
    return [state.value for state in s.scalars(select(Delivery.state).order_by(Delivery.id))]


def test_each_gets_one_letter_with_what_they_may_know(
    s: Session, people: People, led: Ticket, time: Clock
) -> None:
    """T-4: requester, observer, a technician who follows, one deactivated a minute ago."""
    team = s.scalars(select(Team)).one()
    gaston, former = (
        User(name=name, email=f"{name}@exemple.fr", role=Role.TECHNICIAN, teams=[team])
        for name in ("Gaston", "Former")
    )
    s.add_all([gaston, former])
    s.flush()
    for user_id in (people.driss.id, gaston.id, former.id):
        observers.add(s, people.bruno, led.number, user_id)
    relayed(s)
    comments.post(s, people.diane, led.number, MARKER, internal=True)
    comments.post(s, people.diane, led.number, "Nous nous en occupons.")
    relayed(s)
    users.deactivate(s, people.diane, former.id)
    relayed(s)

    letters = sent(s, time)

    both = f"{MARKER} Nous nous en occupons."
    assert {name: words(letter) for name, letter in letters.items()} == {
        "alice": "Nous nous en occupons.",
        "driss": "Nous nous en occupons.",
        "bruno": both,
        "gaston": both,
    }


def test_what_happens_within_two_minutes_is_one_letter(
    s: Session, people: People, led: Ticket, time: Clock
) -> None:
    comments.post(s, people.bruno, led.number, "J’arrive.")
    relayed(s)
    assert sent(s, time, seconds=100) == {}
    transitions.move(s, people.bruno, led.number, Status.RESOLVED)
    relayed(s)

    letter = sent(s, time, seconds=30)["alice"]

    assert kinds(letter) == [("comment", "requester"), ("resolved", "requester")]
    assert not letter.is_digest
    assert (letter.items[0].actor, letter.language) == ("Bruno", "fr")
    shown = letter.items[0].ticket
    assert shown is not None
    assert (shown.requester.name, shown.lead and shown.lead.name) == ("Alice", "Bruno")
    assert (shown.team, shown.category) == (None, None)


def test_what_happens_to_two_tickets_is_two_letters_at_once_and_one_in_a_digest(
    s: Session, people: People, led: Ticket, time: Clock
) -> None:
    other = creation.create(s, people.alice, NewTicket(title="Autre"))
    relayed(s)
    for number in (led.number, other.number):
        comments.post(s, people.bruno, number, "Bonjour")
    relayed(s)
    time.pass_by(minutes=3)
    mine = [p for p in deliveries.claim(s, 100) if p.recipient == str(people.alice.id)]
    assert [len(parcel.ids) for parcel in mine] == [1, 1]

    preferences.set(s, people.alice, "comment", "email", Pace.HOURLY)
    for number in (led.number, other.number):
        comments.post(s, people.bruno, number, "Encore")
    relayed(s)

    letter = sent(s, time, hours=1)["alice"]
    assert [item.ticket and item.ticket.title for item in letter.items] == [
        "Imprimante muette",
        "Autre",
    ]
    assert letter.is_digest


def test_a_daily_digest_comes_at_eight_where_the_reader_is(
    s: Session, people: People, led: Ticket, time: Clock
) -> None:
    s.get_one(User, people.alice.id).timezone = "Pacific/Noumea"
    preferences.set(s, people.alice, "comment", "email", Pace.DAILY)
    comments.post(s, people.bruno, led.number, "Bonjour")
    relayed(s)

    (planned,) = s.scalars(select(Delivery))

    local = planned.next_at + timedelta(hours=11)
    assert (local.hour, local.minute, local.second) == (8, 0, 0)
    assert timedelta() < planned.next_at - now() <= timedelta(days=1)


def test_nothing_is_sent_in_the_quiet_hours_but_that_the_password_changed(
    s: Session, people: People, led: Ticket, time: Clock
) -> None:
    user = s.get_one(User, people.alice.id)
    user.timezone = "UTC"
    minute = now().hour * 60 + now().minute
    until = (minute + 60) % 1440
    preferences.set_quiet(s, people.alice, (minute - 5) % 1440, until)
    comments.post(s, people.bruno, led.number, "Bonjour")
    users.set_password(s, people.diane, people.alice.id, "girafe violette au balcon")
    relayed(s)

    assert kinds(sent(s, time)["alice"]) == [("password", "oneself")]
    assert sent(s, time, minutes=50) == {}
    assert kinds(sent(s, time, minutes=8)["alice"]) == [("comment", "requester")]


def _left(s: Session, people: People, led: Ticket) -> None:
    observers.remove(s, people.bruno, led.number, people.driss.id)


def _in_trash(s: Session, people: People, led: Ticket) -> None:
    trash.delete(s, people.diane, led.number)


def _muted(s: Session, people: People, led: Ticket) -> None:
    preferences.mute(s, people.driss, led.number)


def _off(s: Session, people: People, led: Ticket) -> None:
    preferences.set(s, people.driss, "comment", "email", Pace.OFF)


def _no_mail(s: Session, people: People, led: Ticket) -> None:
    users.edit(s, people.diane, people.driss.id, wants_email=False)


def _bounced(s: Session, people: People, led: Ticket) -> None:
    s.get_one(User, people.driss.id).email_refused_at = now()


def _taken_back(s: Session, people: People, led: Ticket) -> None:
    undo.undo(s, people.bruno, last_event(s, led.number).id)


def _nobody_is_mailed(s: Session, people: People, led: Ticket) -> None:
    switch_off(s, "email")


@pytest.mark.parametrize(
    "happens",
    [_left, _in_trash, _muted, _off, _no_mail, _bounced, _taken_back, _nobody_is_mailed],
)
def test_what_is_no_longer_wanted_or_allowed_is_not_sent(
    s: Session, people: People, led: Ticket, time: Clock, happens: Happening
) -> None:
    observers.add(s, people.bruno, led.number, people.driss.id)
    comments.post(s, people.bruno, led.number, "Bonjour")
    s.commit()
    relay.relay(s)
    s.commit()
    happens(s, people, led)

    letters = sent(s, time)

    assert "driss" not in letters
    mine = select(Delivery.state).where(Delivery.recipient == str(people.driss.id))
    assert set(s.scalars(mine)) == {DeliveryState.SKIPPED}


def test_a_message_taken_back_leaves_the_letter_and_the_rest_goes(
    s: Session, people: People, led: Ticket, time: Clock
) -> None:
    comment = comments.post(s, people.bruno, led.number, "Un secret")
    transitions.move(s, people.bruno, led.number, Status.PENDING, wait=_WAIT)
    relayed(s)
    comments.delete(s, people.bruno, comment.id)
    s.commit()

    letter = sent(s, time)["alice"]

    assert kinds(letter) == [("asked", "requester")]
    assert states(s) == ["skipped", "done"]


def test_somebody_made_a_requester_meanwhile_reads_no_note(
    s: Session, people: People, led: Ticket, time: Clock
) -> None:
    observers.add(s, people.diane, led.number, people.bruno.id)
    relayed(s)
    comments.post(s, people.diane, led.number, MARKER, internal=True)
    comments.post(s, people.diane, led.number, "Bonjour")
    relayed(s)
    users.edit(s, people.diane, people.bruno.id, role=Role.REQUESTER)

    assert words(sent(s, time)["bruno"]) == "Bonjour"


def test_a_deactivated_account_is_written_to_by_nobody(
    s: Session, people: People, led: Ticket
) -> None:
    comments.post(s, people.bruno, led.number, "Bonjour")
    relayed(s)
    users.deactivate(s, people.diane, people.alice.id)

    parcel = _parcel(s)

    assert notifications.letter(s, parcel) is None


def test_a_letter_costs_as_many_queries_however_much_it_tells(
    s: Session, people: People, led: Ticket, time: Clock, queries: Queries
) -> None:
    def cost(count: int) -> int:
        for n in range(count):
            comments.post(s, people.bruno, led.number, f"Message {n}")
        relayed(s)
        time.pass_by(minutes=3)
        (parcel,) = deliveries.claim(s, 10)
        s.commit()
        s.expunge_all()
        before = len(queries.statements)
        letter = notifications.letter(s, parcel)
        spent = len(queries.statements) - before
        deliveries.settle(s, parcel, Outcome())
        assert letter is not None
        assert len(letter.items) == count
        return spent

    assert cost(2) == cost(20)


def test_somebody_without_a_language_is_written_to_in_that_of_the_installation(
    s: Session, people: People, led: Ticket, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_home_language", "en")
    comments.post(s, people.bruno, led.number, "Bonjour")
    relayed(s)

    assert sent(s, time)["alice"].language == "en"


_WAIT = Wait(reason=PendingReason.REQUESTER)


def _parcel(s: Session) -> Parcel:
    delivery = s.scalars(select(Delivery)).one()
    (parcel,) = _now(s, delivery)
    return parcel


def _now(s: Session, delivery: Delivery) -> list[Parcel]:
    delivery.next_at = now()
    s.commit()
    return deliveries.claim(s, 1)
