"""Who is at a ticket and who is typing (C3): leases that end, on this process or another."""

import time
from typing import Any

import pytest

from ui import presence as module
from ui.live import Hub
from ui.presence import LEASE_SECONDS, TYPING_SECONDS, Presence

NUMBER, BRUNO, ALICE = 42, 1, 2


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.at = time.monotonic()

    def monotonic(self) -> float:
        return self.at


class Wire(Hub):
    """A hub whose messages a test carries to the other process, or loses."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self._publish = self.sent.append


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of leases."""
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def carry(here: Wire, there: Wire) -> None:
    for message in here.sent:
        there.receive(message)
    here.sent.clear()


def test_who_enters_is_there_until_the_last_of_his_pages_is_left() -> None:
    presence = Presence(Wire())

    leave_one = presence.enter(NUMBER, BRUNO, "Bruno", is_staff=True)
    leave_other = presence.enter(NUMBER, BRUNO, "Bruno", is_staff=True)
    leave_one()

    assert [viewer.name for viewer in presence.at(NUMBER)] == ["Bruno"]
    leave_other()
    assert presence.at(NUMBER) == []


def test_a_second_page_and_a_renewed_lease_are_no_news() -> None:
    here, there = Wire(), Wire()
    presence, elsewhere = Presence(here), Presence(there)
    news: list[str] = []
    presence.follow(NUMBER, lambda: news.append("here"))
    elsewhere.follow(NUMBER, lambda: news.append("elsewhere"))

    for _ in range(3):
        presence.enter(NUMBER, BRUNO, "Bruno", is_staff=True)
        carry(here, there)
    presence._share(NUMBER, BRUNO, presence._leases[NUMBER][BRUNO])
    carry(here, there)

    assert news == ["here", "elsewhere"]


def test_who_stopped_typing_elsewhere_is_told_even_after_the_time_for_it(clock: Clock) -> None:
    here, there = Wire(), Wire()
    presence, elsewhere = Presence(here), Presence(there)
    presence.enter(NUMBER, ALICE, "Alice", is_staff=False)
    presence.type(NUMBER, ALICE, is_note=False)
    carry(here, there)
    news: list[bool] = []
    elsewhere.follow(NUMBER, lambda: news.append(elsewhere.at(NUMBER)[0].is_typing))

    clock.at += TYPING_SECONDS + 1
    presence.rest(NUMBER, ALICE)
    carry(here, there)

    assert news == [False]


def test_typing_ends_by_itself_when_the_hands_rest(clock: Clock) -> None:
    presence = Presence(Wire())
    presence.enter(NUMBER, ALICE, "Alice", is_staff=False)
    moved: list[bool] = []
    presence.follow(NUMBER, lambda: moved.append(presence.at(NUMBER)[0].is_typing))

    presence.type(NUMBER, ALICE, is_note=False)
    clock.at += TYPING_SECONDS + 1
    presence._pass_time()

    assert moved == [True, False]


def test_an_internal_note_is_never_shown_as_typing_to_all() -> None:
    presence = Presence(Wire())
    presence.enter(NUMBER, BRUNO, "Bruno", is_staff=True)

    presence.type(NUMBER, BRUNO, is_note=True)

    (viewer,) = presence.at(NUMBER)
    assert (viewer.is_typing, viewer.is_typing_note) == (False, True)


def test_a_hundred_keys_are_not_a_hundred_messages(clock: Clock) -> None:
    hub = Wire()
    presence = Presence(hub)
    presence.enter(NUMBER, ALICE, "Alice", is_staff=False)
    hub.sent.clear()

    for _key in range(100):
        presence.type(NUMBER, ALICE, is_note=False)
        clock.at += 0.05

    assert 1 <= len(hub.sent) <= 3


def test_a_process_that_died_takes_its_people_away_after_the_lease(clock: Clock) -> None:
    dying, hub = Wire(), Wire()
    there = Presence(hub)
    Presence(dying).enter(NUMBER, BRUNO, "Bruno", is_staff=True)
    carry(dying, hub)
    assert [viewer.name for viewer in there.at(NUMBER)] == ["Bruno"]

    clock.at += LEASE_SECONDS + 1
    there._pass_time()

    assert there.at(NUMBER) == []
    assert there._leases == {}


def test_who_stays_on_the_page_is_renewed_for_the_others(clock: Clock) -> None:
    near, far = Wire(), Wire()
    here, there = Presence(near), Presence(far)
    here.enter(NUMBER, BRUNO, "Bruno", is_staff=True)

    for _half_lease in range(6):
        clock.at += LEASE_SECONDS / 2 + 1
        here._pass_time()
        carry(near, far)
        there._pass_time()

        assert [viewer.name for viewer in there.at(NUMBER)] == ["Bruno"]


@pytest.mark.parametrize("typing", ["soon", [], None, {}, -1])
def test_a_message_that_makes_no_sense_breaks_nothing(typing: object) -> None:
    hub = Wire()
    presence = Presence(hub)

    hub.receive(
        {"presence": "here", "number": NUMBER, "person": BRUNO, "name": "B", "typing": typing}
    )

    assert [viewer.is_typing for viewer in presence.at(NUMBER)] == [False]
