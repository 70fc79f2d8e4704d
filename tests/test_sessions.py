"""Sessions: how long they live, what ends them, who one is in them (R-9; C4)."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import clock
from data.models import LoginSession, Membership, Role, Setting, Team, User
from services import sessions
from services.errors import NotFound, SignedOut
from services.permissions import AssignPolicy
from tests.conftest import ROLES, People, Queries


def opened(s: Session, user_id: int) -> tuple[str, int]:
    token = sessions.open(s, user_id, address="192.0.2.7", user_agent="Firefox")
    s.commit()
    found = sessions.find(s, token)
    assert found
    return token, found[0].id


def later(monkeypatch: pytest.MonkeyPatch, **by: float) -> None:
    then = clock.now() + timedelta(**by)
    monkeypatch.setattr(sessions, "now", lambda: then)


def test_only_a_digest_of_the_token_is_kept(s: Session, people: People) -> None:
    token, session_id = opened(s, people.alice.id)

    row = s.get_one(LoginSession, session_id)

    assert len(token) == 43
    assert token not in str(vars(row))
    assert row.token_hash == sessions.hash_token(token)


def test_a_token_that_is_replaced_ends_its_session_and_no_other(s: Session, people: People) -> None:
    replaced, _ = opened(s, people.alice.id)
    kept, _ = opened(s, people.alice.id)

    for token in (replaced, replaced, "", "\ud800"):
        sessions.close_token(s, token)
    s.commit()

    assert sessions.find(s, replaced) is None
    assert sessions.find(s, kept)


@pytest.mark.parametrize("wrong", ["", "x" * 43, "\ud800", "%"])
def test_another_token_finds_nobody(s: Session, people: People, wrong: str) -> None:
    opened(s, people.alice.id)

    assert sessions.find(s, wrong) is None


def test_finding_takes_one_query_and_the_actor_three(
    s: Session, people: People, queries: Queries
) -> None:
    token, session_id = opened(s, people.bruno.id)
    s.expunge_all()

    queries.statements.clear()
    sessions.find(s, token)
    assert len(queries.statements) == 1

    queries.statements.clear()
    sessions.actor(s, session_id)
    assert len(queries.statements) <= 3


@pytest.mark.parametrize("role", Role)
def test_a_session_ends_when_it_is_not_used(
    s: Session, people: People, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    persona = next(name for name, its_role in ROLES.items() if its_role is role)
    token, session_id = opened(s, getattr(people, persona).id)
    idle, _absolute = sessions.LIVES[role]

    later(monkeypatch, seconds=idle.total_seconds() - 60)
    assert sessions.find(s, token)

    later(monkeypatch, seconds=idle.total_seconds() + 60)
    assert sessions.find(s, token) is None
    assert sessions.living(s, {session_id}) == set()
    with pytest.raises(SignedOut):
        sessions.actor(s, session_id)


@pytest.mark.parametrize("role", Role)
def test_a_session_ends_however_much_it_is_used(
    s: Session, people: People, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    persona = next(name for name, its_role in ROLES.items() if its_role is role)
    token, session_id = opened(s, getattr(people, persona).id)
    absolute = sessions.LIVES[role][1]
    s.get_one(LoginSession, session_id).last_seen_at = clock.now() + absolute
    s.commit()

    later(monkeypatch, seconds=absolute.total_seconds() - 60)
    assert sessions.find(s, token)
    later(monkeypatch, seconds=absolute.total_seconds() + 60)
    assert sessions.find(s, token) is None


def test_being_seen_keeps_a_session_alive_but_revives_none(
    s: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, session_id = opened(s, people.alice.id)

    later(monkeypatch, hours=11)
    sessions.touch(s, {session_id})
    later(monkeypatch, hours=22)
    assert sessions.find(s, token)

    later(monkeypatch, hours=24)
    sessions.touch(s, {session_id})
    assert sessions.find(s, token) is None


def test_being_seen_is_noted_once_a_minute(
    s: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    _token, session_id = opened(s, people.alice.id)
    before = s.get_one(LoginSession, session_id).last_seen_at

    later(monkeypatch, seconds=50)
    sessions.touch(s, {session_id})
    assert s.get_one(LoginSession, session_id).last_seen_at == before

    later(monkeypatch, seconds=70)
    sessions.touch(s, {session_id})
    seen = s.get_one(LoginSession, session_id).last_seen_at
    assert seen > before
    assert s.get_one(User, people.alice.id).last_seen_at == seen


def test_a_deactivated_person_is_out_at_once(s: Session, people: People) -> None:
    token, session_id = opened(s, people.alice.id)

    s.get_one(User, people.alice.id).is_active = False
    s.commit()

    assert sessions.find(s, token) is None
    assert sessions.living(s, {session_id}) == set()
    with pytest.raises(SignedOut):
        sessions.actor(s, session_id)
    with pytest.raises(SignedOut):
        sessions.actor_of(s, people.alice.id)


def test_the_eleventh_session_ends_the_oldest(s: Session, people: People) -> None:
    tokens = [opened(s, people.alice.id)[0] for _ in range(sessions.MOST + 1)]
    opened(s, people.driss.id)

    assert [bool(sessions.find(s, token)) for token in tokens] == [False] + [True] * 10
    assert len(sessions.mine(s, people.alice)) == sessions.MOST


def test_the_actor_is_what_the_database_says_now(s: Session, people: People) -> None:
    _token, session_id = opened(s, people.bruno.id)
    assert sessions.actor(s, session_id).role is Role.TECHNICIAN

    user = s.get_one(User, people.bruno.id)
    user.role, user.language, user.timezone = Role.MANAGER, "en", "Europe/Madrid"
    s.add(Setting(name="technicians_assign", value="nobody"))
    s.commit()

    actor = sessions.actor(s, session_id)
    assert (actor.id, actor.role, actor.language) == (people.bruno.id, Role.MANAGER, "en")
    assert actor.timezone == "Europe/Madrid"
    assert actor.policy.technicians_assign is AssignPolicy.NOBODY
    assert actor == sessions.actor_of(s, people.bruno.id)


def test_a_technician_of_closed_teams_only_sees_only_these(s: Session, people: People) -> None:
    team = s.get_one(Team, min(people.bruno.team_ids))
    assert not sessions.actor_of(s, people.bruno.id).sees_only_teams

    team.sees_only_own = True
    s.commit()
    assert sessions.actor_of(s, people.bruno.id).sees_only_teams

    other = Team(name="Postes")
    s.add(other)
    s.flush()
    s.add(Membership(team_id=other.id, user_id=people.bruno.id))
    s.commit()
    actor = sessions.actor_of(s, people.bruno.id)
    assert actor.team_ids == {team.id, other.id}
    assert not actor.sees_only_teams

    other.is_active = False
    s.commit()
    assert sessions.actor_of(s, people.bruno.id).team_ids == {team.id}
    assert sessions.actor_of(s, people.bruno.id).sees_only_teams


def test_one_ends_one_s_own_sessions_and_nobody_else_s(s: Session, people: People) -> None:
    token, session_id = opened(s, people.alice.id)

    with pytest.raises(NotFound):
        sessions.revoke(s, people.driss, session_id)
    with pytest.raises(NotFound):
        sessions.revoke(s, people.diane, session_id)
    assert sessions.find(s, token)

    sessions.revoke(s, people.alice, session_id)
    assert sessions.find(s, token) is None
    with pytest.raises(NotFound):
        sessions.revoke(s, people.alice, session_id)


def test_all_sessions_end_but_the_one_in_use(s: Session, people: People) -> None:
    kept, kept_id = opened(s, people.alice.id)
    gone, _id = opened(s, people.alice.id)
    foreign, _id = opened(s, people.driss.id)

    sessions.close_all(s, people.alice.id, but=kept_id)
    assert [bool(sessions.find(s, t)) for t in (kept, gone, foreign)] == [True, False, True]

    sessions.close_all(s, people.alice.id)
    assert [bool(sessions.find(s, t)) for t in (kept, gone, foreign)] == [False, False, True]


def test_sessions_past_their_end_are_cleaned_away(
    s: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(s, people.diane.id)
    opened(s, people.alice.id)

    later(monkeypatch, hours=13)
    sessions.clean(s)

    assert s.scalars(select(LoginSession.user_id)).all() == [people.alice.id]
