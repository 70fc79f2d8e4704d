"""Signing in and out, setting up, one’s own account (F-001; 5.3.15; R-18)."""

from datetime import datetime, timedelta
from typing import Literal

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import clock
from data.models import Event, LoginSession, Role, Throttle, User
from services import accounts, passwords, sessions, throttle
from services.accounts import SignIn, WrongCredentials
from services.errors import Invalid, NotAllowed, Throttled
from tests.conftest import CHEAP, Clock, People, Queries

GOOD = "une girafe lit le journal"
HERE = "192.0.2.7"


@pytest.fixture
def known(s: Session, people: People) -> People:
    """The people, and Alice has a password."""
    s.get_one(User, people.alice.id).password_hash = passwords.hashed(GOOD)
    s.commit()
    return people


class Hands:
    """A clock that only tests move."""

    def __init__(self) -> None:
        self.time = clock.now().replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **by: float) -> None:
        self.time += timedelta(**by)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    """The clock of sign-in, stopped."""
    stopped = Hands()
    for module in (sessions, throttle):
        monkeypatch.setattr(module, "now", stopped)
    return stopped


def attempt(s: Session, email: str, password: str, address: str = HERE) -> SignIn:
    result = accounts.sign_in(s, email, password, address=address, user_agent="Firefox")
    s.commit()
    return result


def fail(s: Session, times: int, email: str = "alice@exemple.fr", address: str = HERE) -> None:
    for _ in range(times):
        throttle.fail(s, email, address)
    s.commit()


def test_the_right_password_opens_a_session(s: Session, known: People) -> None:
    signed = attempt(s, "  Alice@Exemple.FR ", GOOD)

    assert signed.token
    found = sessions.find(s, signed.token)
    assert found
    assert found[1].id == known.alice.id
    assert found[0].address == HERE
    event = s.scalars(select(Event).where(Event.kind == "session.opened")).one()
    assert (event.actor_id, event.subject) == (known.alice.id, f"user:{known.alice.id}")


def test_unknown_wrong_deactivated_and_passwordless_look_the_same(
    s: Session, known: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    driss = s.get_one(User, known.driss.id)
    driss.password_hash, driss.is_active = passwords.hashed(GOOD), False
    s.commit()
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            verified.append(str(hash))
            return super().verify(hash, password)

    passwords.configure(Counting.from_parameters(CHEAP._parameters))
    tries = [
        ("nobody@exemple.fr", GOOD),
        ("alice@exemple.fr", "une girafe lit un livre"),
        ("driss@exemple.fr", GOOD),
        ("bruno@exemple.fr", GOOD),
    ]
    refusals = [attempt(s, *each).refusal for each in tries]

    assert len(verified) == len(tries)
    assert {type(refusal) for refusal in refusals} == {WrongCredentials}
    assert len({str(refusal) for refusal in refusals}) == 1
    assert len(s.scalars(select(Event).where(Event.kind == "session.refused")).all()) == 4
    assert s.scalars(select(LoginSession)).all() == []


def test_nobody_gets_in_with_the_decoy(s: Session, known: People) -> None:
    assert attempt(s, "bruno@exemple.fr", "nobody has this password").token is None


@pytest.mark.parametrize("odd", ["", "x" * 2_000_000, "\ud800" * 20, "a\x00b", "%' OR 1=1 --"])
def test_odd_input_is_only_wrong(s: Session, known: People, odd: str) -> None:
    assert isinstance(attempt(s, odd, GOOD).refusal, WrongCredentials)
    assert isinstance(attempt(s, "alice@exemple.fr", odd).refusal, WrongCredentials)


def test_an_overlong_password_costs_no_hashing(known: People) -> None:
    class Never(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            raise AssertionError

    passwords.configure(Never())

    assert not passwords.matches("x" * 1_000_000, "$argon2id$")


def test_the_sixth_failure_waits_and_the_right_password_too(
    s: Session, known: People, hands: Hands
) -> None:
    for _ in range(5):
        assert isinstance(attempt(s, "alice@exemple.fr", "wrong").refusal, WrongCredentials)

    refusal = attempt(s, "alice@exemple.fr", GOOD).refusal
    assert isinstance(refusal, Throttled)
    assert refusal.facts == {"seconds": 1}

    hands.forward(seconds=1)
    assert attempt(s, "alice@exemple.fr", GOOD).token


def test_signing_in_forgets_the_failures(s: Session, known: People, hands: Hands) -> None:
    fail(s, 4)

    assert attempt(s, "alice@exemple.fr", GOOD).token
    fail(s, 4)

    assert attempt(s, "alice@exemple.fr", GOOD).token


def test_twenty_five_failures_close_the_account_for_a_day(
    s: Session, known: People, hands: Hands
) -> None:
    fail(s, throttle.DAILY_CAP)

    hands.forward(hours=23, minutes=59)
    assert isinstance(attempt(s, "alice@exemple.fr", GOOD, "192.0.2.8").refusal, Throttled)
    hands.forward(minutes=2)
    assert attempt(s, "alice@exemple.fr", GOOD, "192.0.2.8").token


def test_an_address_that_tries_many_accounts_is_stopped(
    s: Session, known: People, hands: Hands
) -> None:
    for number in range(throttle.PER_ADDRESS):
        fail(s, 1, f"user{number}@exemple.fr")

    assert isinstance(attempt(s, "alice@exemple.fr", GOOD).refusal, Throttled)
    assert attempt(s, "alice@exemple.fr", GOOD, "192.0.2.8").token
    hands.forward(minutes=10, seconds=1)
    assert attempt(s, "alice@exemple.fr", GOOD).token


def test_an_ipv6_customer_is_one_address(s: Session, known: People, hands: Hands) -> None:
    for number in range(throttle.PER_ADDRESS):
        fail(s, 1, f"user{number}@exemple.fr", f"2001:db8::{number:x}")

    assert isinstance(attempt(s, "alice@exemple.fr", GOOD, "2001:db8::ffff").refusal, Throttled)
    assert attempt(s, "alice@exemple.fr", GOOD, "2001:db8:0:1::1").token
    assert attempt(s, "alice@exemple.fr", GOOD, "::ffff:192.0.2.9").token


def test_old_counts_are_cleaned_away(s: Session, people: People, hands: Hands) -> None:
    fail(s, 3)
    hands.forward(hours=25)
    fail(s, 1, "bruno@exemple.fr", "192.0.2.9")

    throttle.clean(s)

    assert len(s.scalars(select(Throttle)).all()) == 2


@given(st.integers(min_value=0, max_value=10_000))
def test_waits_double_from_one_second_to_fifteen_minutes(failures: int) -> None:
    wait = throttle.wait_seconds(failures)

    assert 0 <= wait <= 900
    assert (wait == 0) == (failures < 5)
    assert throttle.wait_seconds(failures + 1) in (wait, 2 * wait, 1, 900)
    assert throttle.wait_seconds(failures + 1) >= wait


def test_the_waits_are_those_written_down() -> None:
    waits = [throttle.wait_seconds(failures) for failures in range(4, 17)]

    assert waits == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_an_old_hash_is_renewed_at_sign_in(s: Session, known: People) -> None:
    stronger = PasswordHasher(time_cost=2, memory_cost=64, parallelism=1)
    passwords.configure(stronger)

    assert attempt(s, "alice@exemple.fr", GOOD).token

    kept = s.get_one(User, known.alice.id).password_hash
    assert kept
    assert not stronger.check_needs_rehash(kept)
    assert attempt(s, "alice@exemple.fr", GOOD).token


def test_signing_in_takes_few_queries(s: Session, known: People, queries: Queries) -> None:
    queries.statements.clear()

    accounts.sign_in(s, "alice@exemple.fr", GOOD, address=HERE)

    assert len(queries.statements) <= 8


def test_signing_out_ends_the_session_once_and_for_all(s: Session, known: People) -> None:
    token = attempt(s, "alice@exemple.fr", GOOD).token
    assert token
    found = sessions.find(s, token)
    assert found

    accounts.sign_out(s, found[0].id)
    accounts.sign_out(s, found[0].id)

    assert sessions.find(s, token) is None


def test_the_first_administrator_is_set_up_once(s: Session) -> None:
    assert accounts.needs_setup(s)

    user = accounts.set_up(s, name="Diane", email="Diane@exemple.fr", password=GOOD)

    assert (user.role, user.email) == (Role.ADMIN, "diane@exemple.fr")
    assert not accounts.needs_setup(s)
    with pytest.raises(NotAllowed):
        accounts.set_up(s, name="Driss", email="driss@exemple.fr", password=GOOD)
    assert attempt(s, "diane@exemple.fr", GOOD).token


def test_setting_up_names_every_wrong_field(s: Session) -> None:
    with pytest.raises(Invalid) as refused:
        accounts.set_up(s, name=" ", email="diane", password="x")

    assert set(refused.value.problems) == {"name", "email", "password"}
    assert accounts.needs_setup(s)


def test_the_command_line_promotes_who_is_there(s: Session, known: People, hands: Hands) -> None:
    token = attempt(s, "alice@exemple.fr", GOOD).token or ""
    fail(s, 25)

    user = accounts.create_admin(s, "alice@exemple.fr", "deux girafes lisent un roman")

    assert (user.id, user.role, user.name) == (known.alice.id, Role.ADMIN, "Alice")
    assert sessions.find(s, token) is None
    signed = attempt(s, "alice@exemple.fr", "deux girafes lisent un roman", "192.0.2.9")
    assert signed.token


def test_changing_the_password_ends_the_other_sessions(s: Session, known: People) -> None:
    here = attempt(s, "alice@exemple.fr", GOOD).token or ""
    there = attempt(s, "alice@exemple.fr", GOOD).token or ""
    mine = sessions.find(s, here)
    assert mine

    new = "trois girafes au cinéma"
    accounts.change_password(s, known.alice, GOOD, new, session_id=mine[0].id)
    s.commit()

    assert sessions.find(s, here)
    assert sessions.find(s, there) is None
    assert attempt(s, "alice@exemple.fr", GOOD).token is None
    assert attempt(s, "alice@exemple.fr", new).token
    assert len(s.scalars(select(Event).where(Event.kind == "user.password_changed")).all()) == 1


def test_changing_the_password_needs_the_present_one(s: Session, known: People) -> None:
    with pytest.raises(Invalid) as refused:
        accounts.change_password(s, known.alice, "wrong", "trois girafes au cinéma")
    assert set(refused.value.problems) == {"old"}

    with pytest.raises(Invalid) as refused:
        accounts.change_password(s, known.alice, GOOD, "short")
    assert set(refused.value.problems) == {"new"}


def test_alice_changes_her_profile_but_not_her_rights(s: Session, known: People) -> None:
    accounts.change_profile(
        s, known.alice, name="Alice  Martin", phone="06 12 34 56 78", language="en", timezone=None,
        theme="dark", department="Compta",
    )  # fmt: skip

    user = accounts.profile(s, known.alice)
    assert (user.name, user.language, user.theme, user.timezone) == (
        "Alice Martin",
        "en",
        "dark",
        None,
    )
    event = s.scalars(select(Event).where(Event.kind == "user.edited")).one()
    assert "Martin" not in str(event.details)
    assert event.details["changes"]["theme"] == ["system", "dark"]
    assert "name" in event.details["fields"]


@pytest.mark.parametrize(
    "column", sorted(set(User.__table__.columns.keys()) - set(accounts.PROFILE))
)
def test_no_other_column_of_a_person_is_theirs_to_change(
    s: Session, known: People, column: str
) -> None:
    before = dict(s.execute(select(User.__table__).where(User.id == known.alice.id)).one()._mapping)

    with pytest.raises(Invalid) as refused:
        accounts.change_profile(s, known.alice, **{column: "admin"})

    assert set(refused.value.problems) == {column}
    s.commit()
    after = dict(s.execute(select(User.__table__).where(User.id == known.alice.id)).one()._mapping)
    assert after == before


def test_every_wrong_field_of_a_profile_is_told_at_once(s: Session, known: People) -> None:
    wrong = {"name": "", "phone": "call me", "language": "de", "timezone": "Mars", "theme": "pink"}

    with pytest.raises(Invalid) as refused:
        accounts.change_profile(s, known.alice, **wrong)

    assert set(refused.value.problems) == set(wrong)


def test_guessing_the_code_of_the_first_start_is_slowed_down(s: Session, time: Clock) -> None:
    def guess(*, is_right: bool) -> object:
        return accounts.counted(s, "setup", "192.0.2.7", is_right=is_right)

    time.stop()
    free = [guess(is_right=False) for _ in range(throttle.FREE_FAILURES)]
    stopped = [guess(is_right=False), guess(is_right=True)]
    time.pass_by(minutes=1)

    assert free == [None] * throttle.FREE_FAILURES
    assert [type(refusal) for refusal in stopped] == [Throttled, Throttled]
    assert guess(is_right=True) is None
