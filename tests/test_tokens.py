"""Tokens of the API: made once, shown once, with their owner’s rights at most (R-2; C12)."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import ApiToken, Event, Role, User
from services import sessions, tokens, users
from services.errors import Invalid, NotAllowed, NotFound
from services.permissions import Actor
from services.tokens import BadToken, Scope, Wish
from tests.conftest import Clock, People


def made(s: Session, by: Actor, *scopes: Scope, days: int = 90) -> tuple[ApiToken, str]:
    found = tokens.create(s, by, Wish(name="Nagios", scopes=scopes or (Scope.ALL,), days=days))
    s.commit()
    return found


def test_a_token_looks_like_one_and_only_its_digest_is_kept(s: Session, people: People) -> None:
    row, secret = made(s, people.alice)

    assert re.fullmatch(r"at_[A-Za-z0-9]{8}_[A-Za-z0-9]{43}", secret)
    assert secret.split("_")[1] == row.prefix
    assert row.token_hash == tokens.hash_token(secret)
    assert secret not in str([vars(row), *(e.details for e in s.scalars(select(Event)))])


def test_a_token_stands_for_its_owner(s: Session, people: People) -> None:
    _row, secret = made(s, people.alice, Scope.TICKETS_WRITE)

    found = tokens.bearer(s, secret)

    assert tokens.actor(s, found).id == people.alice.id
    assert found.covers(Scope.TICKETS_WRITE)
    assert found.covers(Scope.TICKETS_READ)
    assert not found.covers(Scope.USERS_READ)


@pytest.mark.parametrize("wrong", ["", "at_", "at_x_y", "at_" + "x" * 200, "é", "\ud800"])
def test_what_is_no_token_stands_for_nobody(s: Session, people: People, wrong: str) -> None:
    with pytest.raises(BadToken):
        tokens.bearer(s, wrong)


def test_a_token_ends_with_its_time(s: Session, people: People, time: Clock) -> None:
    row, secret = made(s, people.alice, days=1)
    assert row.expires_at - row.created_at <= timedelta(days=1, seconds=1)

    time.pass_by(hours=23)
    tokens.bearer(s, secret)
    time.pass_by(hours=1, seconds=1)

    with pytest.raises(BadToken):
        tokens.bearer(s, secret)
    assert tokens.mine(s, people.alice) == []


def test_a_token_ends_when_it_is_revoked(s: Session, people: People) -> None:
    row, secret = made(s, people.alice)

    tokens.revoke(s, people.alice, row.id)
    tokens.revoke(s, people.alice, row.id)
    s.commit()

    with pytest.raises(BadToken):
        tokens.bearer(s, secret)
    kinds = list(s.scalars(select(Event.kind).where(Event.subject == f"token:{row.id}")))
    assert kinds == ["token.created", "token.revoked"]


def test_a_token_ends_with_its_owner(s: Session, people: People) -> None:
    _row, secret = made(s, people.alice)
    found = tokens.bearer(s, secret)

    users.deactivate(s, people.diane, people.alice.id)
    s.commit()

    with pytest.raises(BadToken):
        tokens.bearer(s, secret)
    with pytest.raises(BadToken):
        tokens.actor(s, found)


def test_rights_are_those_of_the_moment(s: Session, people: People) -> None:
    _row, secret = made(s, people.bruno)

    users.edit(s, people.diane, people.bruno.id, role=Role.REQUESTER)
    s.commit()

    assert tokens.actor(s, tokens.bearer(s, secret)).role is Role.REQUESTER


def test_nobody_but_an_administrator_ends_anothers(s: Session, people: People) -> None:
    row, _secret = made(s, people.alice)

    for other in (people.driss, people.bruno, people.chloe):
        with pytest.raises(NotFound):
            tokens.revoke(s, other, row.id)
    tokens.revoke(s, people.diane, row.id)

    assert row.revoked_at is not None


def test_only_an_administrator_lists_everybodys(s: Session, people: People) -> None:
    made(s, people.alice)

    assert [row.user.name for row in tokens.all(s, people.diane)] == ["Alice"]
    assert tokens.mine(s, people.diane) == []
    with pytest.raises(NotAllowed):
        tokens.all(s, people.chloe)


def test_the_last_use_is_noted_once_a_minute(s: Session, people: People, time: Clock) -> None:
    row, secret = made(s, people.alice)
    assert tokens.bearer(s, secret).is_stale

    tokens.touch(s, row.id)
    first = row.last_used_at
    time.pass_by(seconds=59)
    tokens.touch(s, row.id)
    assert row.last_used_at == first
    assert not tokens.bearer(s, secret).is_stale
    time.pass_by(seconds=2)
    tokens.touch(s, row.id)

    assert first
    assert row.last_used_at
    assert row.last_used_at > first


@pytest.mark.parametrize(
    ("wish", "fields"),
    [
        (Wish(name=" ", scopes=[]), {"name", "scopes"}),
        (Wish(name="x", scopes=["everything"]), {"scopes"}),
        (Wish(name="x", scopes=[Scope.ALL], days=0), {"days"}),
        (Wish(name="x", scopes=[Scope.ALL], days=366), {"days"}),
    ],
)
def test_what_is_wrong_is_named(s: Session, people: People, wish: Wish, fields: set[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        tokens.create(s, people.alice, wish)

    assert set(refusal.value.problems) == fields


def test_a_token_hands_out_no_more_than_it_has(s: Session, people: People) -> None:
    within = [Scope.TOKENS, Scope.TICKETS_READ]

    tokens.create(s, people.alice, Wish(name="x", scopes=[Scope.TICKETS_READ]), within=within)
    for more in (Scope.ALL, Scope.TICKETS_WRITE):
        with pytest.raises(Invalid):
            tokens.create(s, people.alice, Wish(name="x", scopes=[more]), within=within)


def test_nobody_has_more_than_fifty(s: Session, people: People) -> None:
    for _ in range(tokens.MOST):
        made(s, people.alice)

    with pytest.raises(Invalid):
        made(s, people.alice)


def test_a_service_has_an_account_that_nobody_signs_in_to(s: Session, people: People) -> None:
    wish = Wish(name="Nagios", scopes=[Scope.TICKETS_WRITE])

    row, secret = tokens.create_for_service(s, people.diane, wish, role=Role.TECHNICIAN)
    again, _other = tokens.create_for_service(
        s, people.diane, wish, role=Role.TECHNICIAN, user_id=row.user_id
    )

    account = s.get_one(User, row.user_id)
    assert (account.name, account.role, account.password_hash) == ("Nagios", Role.TECHNICIAN, None)
    assert again.user_id == row.user_id
    assert tokens.actor(s, tokens.bearer(s, secret)) == sessions.actor_of(s, row.user_id)


def test_a_service_token_is_never_a_persons(s: Session, people: People) -> None:
    wish = Wish(name="Nagios", scopes=[Scope.ALL])
    made(s, people.alice)

    with pytest.raises(Invalid):
        tokens.create_for_service(s, people.diane, wish, role=Role.ADMIN, user_id=people.alice.id)
    for other in (people.alice, people.bruno, people.chloe):
        with pytest.raises(NotAllowed):
            tokens.create_for_service(s, other, wish, role=Role.REQUESTER)


def test_the_command_line_makes_one_for_who_is_there(s: Session, people: People) -> None:
    wish = Wish(name="x", scopes=["all"])

    _row, secret = tokens.issue(s, " Alice@exemple.fr", wish)

    assert tokens.bearer(s, secret).user_id == people.alice.id
    with pytest.raises(Invalid):
        tokens.issue(s, "nobody@exemple.fr", wish)
