"""Answers that come late, of which a page shows none in the place of a newer one."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from data.threads import in_thread
from services import accounts, creation, sessions, wordings
from tests.conftest import People
from tests.pages.conftest import Visit, Visitor
from ui import live, logins
from ui.door import Place
from ui.pages import admin_users, ticket_list
from ui.start import Site


class Late:
    """A reading whose first answer waits until the test lets it go."""

    def __init__(self, reads: Callable[..., Any]) -> None:
        self._reads = reads
        self._turns = 0
        self.__qualname__ = reads.__qualname__
        self.has_begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self, *args: Any, **how: Any) -> Any:
        self._turns += 1
        is_first = self._turns == 1
        found = self._reads(*args, **how)
        if is_first:
            self.has_begun.set()
            assert self.may_end.wait(20)
        return found


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What places of pages were answered; it is shown by the time it is here."""
    came: list[object] = []
    looks = Place.look

    async def noted(place: Place, *args: Any, **how: Any) -> Any:
        found = await looks(place, *args, **how)
        came.append(found)
        return found

    monkeypatch.setattr(Place, "look", noted)
    return came


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any, str], Late]]:
    """Let the first answer of a reading be late."""
    made: list[Late] = []

    def make(module: Any, name: str) -> Late:
        made.append(Late(getattr(module, name)))
        monkeypatch.setattr(module, name, made[-1])
        return made[-1]

    yield make
    for reading in made:
        reading.may_end.set()


async def overtaken(
    visitor: Visitor, reading: Late, answers: list[object], *asks: Callable[[], object]
) -> None:
    """Ask twice; the answer to the first question comes after that to the second."""
    first, second = asks
    first()
    await in_thread(reading.has_begun.wait, 20)
    second()
    await visitor._until(lambda: len(answers) == 1, "an answer")
    reading.may_end.set()
    await visitor._until(lambda: len(answers) == 2, "another answer")


async def test_the_words_shown_are_of_the_kind_and_language_chosen_last(
    visit: Visit, late: Callable[[Any, str], Late], answers: list[object]
) -> None:
    diane = await visit("diane", "/admin/notifications")
    reading = late(wordings, "get")
    kind, language = diane.field("wording-kind"), diane.field("wording-language")

    await overtaken(
        diane,
        reading,
        answers,
        lambda: diane.fire(kind, "change", "choose", "comment"),
        lambda: diane.fire(language, "change", "choose", "fr"),
    )

    assert "a écrit" in diane.field("wording-body").value


async def test_the_people_shown_are_those_asked_for_last(
    visit: Visit, late: Callable[[Any, str], Late], answers: list[object]
) -> None:
    diane = await visit("diane", "/admin/users")
    reading = late(admin_users, "load")
    type_in = diane.field("search").set_value

    await overtaken(diane, reading, answers, lambda: type_in("bru"), lambda: type_in("alice"))

    assert "alice@exemple.fr</span>" in diane.shown()
    assert "bruno@exemple.fr</span>" not in diane.shown()


async def test_the_tickets_shown_are_those_asked_for_last(
    visit: Visit,
    late: Callable[[Any, str], Late],
    answers: list[object],
    s: Session,
    people: People,
) -> None:
    for title in ("Imprimante muette", "Écran noir"):
        creation.create(s, people.alice, creation.NewTicket(title=title))
    s.commit()
    bruno = await visit("bruno", "/queue")
    reading = late(ticket_list, "load")
    type_in = bruno.field("search").set_value

    await overtaken(
        bruno,
        reading,
        answers,
        lambda: type_in("muette"),
        lambda: type_in("noir"),
    )

    assert "Écran noir" in bruno.shown()
    assert "Imprimante muette" not in bruno.shown()


async def test_another_language_is_spoken_at_once_without_word_of_the_change(
    visit: Visit,
) -> None:
    alice = await visit("alice", "/profile")
    live.hub.stop()

    alice.fire(alice.field("language"), "change", "choose", "fr")
    alice.click("save-profile")

    await alice.sees("Mon profil")


async def test_what_was_read_before_a_change_is_not_remembered_after_it(
    site: Site, s: Session, people: People, late: Callable[[Any, str], Late]
) -> None:
    token = sessions.open(s, people.alice.id)
    s.commit()
    scope = {"headers": [(b"cookie", f"appticket={token}".encode())]}
    reading = late(logins, "_find")
    earlier = asyncio.create_task(site.logins.of(scope))
    await in_thread(reading.has_begun.wait, 20)
    accounts.change_profile(s, people.alice, theme="dark")
    s.commit()

    site.logins.forget()
    reading.may_end.set()

    await earlier
    assert (found := await site.logins.of(scope)) is not None
    assert found.theme == "dark"
