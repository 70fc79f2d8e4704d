"""The slow work on passwords is done while nobody waits for the database (R-18)."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy.orm import Session

from data.config import Settings
from data.models import Role, User
from services import accounts, passwords, throttle
from tests.callers import Callers
from tests.conftest import CHEAP, Changes, People
from ui.gate import Gate
from ui.logins import Logins

OLD, NEW = "une girafe lit le journal", "trois bateaux rouges au port"


class Watched:
    """A hasher that notes how many transactions of changes are open while it works."""

    def __init__(self, changes: Changes) -> None:
        self.found: list[int] = []
        self._changes = changes

    def hash(self, *given: Any) -> str:
        self.found.append(self._changes.open)
        return CHEAP.hash(*given)

    def verify(self, *given: Any) -> bool:
        self.found.append(self._changes.open)
        return CHEAP.verify(*given)

    def check_needs_rehash(self, kept: str) -> bool:
        return True


@pytest_asyncio.fixture
async def watched(s: Session, people: People, changes: Changes) -> AsyncIterator[Watched]:
    """Work on passwords is watched; Alice and Diane have one."""
    for by in (people.alice, people.diane):
        s.get_one(User, by.id).password_hash = passwords.hashed(OLD)
    s.commit()
    hasher = Watched(changes)
    passwords.configure(hasher)  # type: ignore[arg-type] # all that is used of one
    yield hasher
    passwords.configure(CHEAP)


def gate() -> httpx.AsyncClient:
    app = FastAPI()
    settings = Settings(secret_key="a key that only tests know, 32 characters")
    app.include_router(Gate(settings, Logins(settings)).router())
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


@pytest.mark.parametrize(
    ("email", "password", "status"),
    [
        ("alice@exemple.fr", OLD, 303),
        ("alice@exemple.fr", NEW, 422),
        ("nobody@exemple.fr", OLD, 422),
        ("driss@exemple.fr", OLD, 422),
    ],
)
async def test_signing_in_holds_nobody_up(
    watched: Watched, email: str, password: str, status: int
) -> None:
    async with gate() as client:
        answer = await client.post("/login", data={"email": email, "password": password})

    assert answer.status_code == status
    assert watched.found
    assert set(watched.found) == {0}


async def test_who_has_to_wait_costs_no_work(s: Session, watched: Watched) -> None:
    for _ in range(throttle.DAILY_CAP):
        throttle.fail(s, "alice@exemple.fr", "192.0.2.7")
    s.commit()

    async with gate() as client:
        form = {"email": "alice@exemple.fr", "password": OLD}
        answer = await client.post("/login", data=form)

    assert answer.status_code == 422
    assert watched.found == []


def test_a_password_changed_meanwhile_is_compared_again(
    s: Session, people: People, watched: Watched
) -> None:
    kept = accounts.kept(s, "alice@exemple.fr", address="192.0.2.7")
    assert kept is not None
    early = passwords.compared(OLD, *kept)
    s.get_one(User, people.alice.id).password_hash = CHEAP.hash(NEW.encode())
    s.commit()

    outcome = accounts.sign_in(s, "alice@exemple.fr", early, address="192.0.2.7")

    assert outcome.token is None


async def test_setting_a_password_holds_nobody_up(
    s: Session, people: People, callers: Callers, watched: Watched
) -> None:
    person = {"name": "Zoé", "email": "zoe@exemple.fr", "role": Role.REQUESTER, "password": NEW}
    for answer in (
        await callers.diane.post("/users", json=person),
        await callers.diane.post(f"/users/{people.driss.id}/password", json={"password": NEW}),
        await callers.alice.post("/me/password", json={"old": OLD, "new": NEW}),
        await callers.alice.post("/me/password", json={"old": OLD, "new": NEW}),
    ):
        assert answer.status_code in (201, 204, 422), answer.text

    assert len(watched.found) == 7
    assert set(watched.found) == {0}
    for email in ("zoe@exemple.fr", "driss@exemple.fr", "alice@exemple.fr"):
        assert accounts.sign_in(s, email, NEW, address="192.0.2.8").token


async def test_who_may_not_set_passwords_costs_no_work(
    people: People, callers: Callers, watched: Watched
) -> None:
    answer = await callers.bruno.post(f"/users/{people.driss.id}/password", json={"password": NEW})

    assert answer.status_code == 403
    assert watched.found == []
