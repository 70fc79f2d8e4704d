"""The administrator manages people; staff find them in pickers (F-009, F-011; 5.3.10–5.3.13)."""

# ruff: noqa: ARG005, PLW0108 - every act of a table takes the same arguments

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Event, Role, Team, User
from services import accounts, sessions, throttle, users
from services.errors import Invalid, NotAllowed, NotFound
from services.permissions import Actor, AssignPolicy, Policy
from tests.conftest import People, Queries

GOOD = "une girafe lit le journal"


def kinds(s: Session) -> list[str]:
    return list(s.scalars(select(Event.kind).order_by(Event.id)))


def add(s: Session, by: Actor, name: str, **more: Any) -> User:
    email = name.lower().replace(" ", ".") + "@exemple.org"
    return users.create(s, by, **{"name": name, "email": email, "role": Role.REQUESTER} | more)


@pytest.mark.parametrize("who", ["alice", "bruno", "chloe", "driss"])
@pytest.mark.parametrize(
    "act",
    [
        lambda s, by, alice: add(s, by, "Eve"),
        lambda s, by, alice: users.edit(s, by, alice, role="admin"),
        lambda s, by, alice: users.set_password(s, by, alice, GOOD),
        lambda s, by, alice: users.activate(s, by, alice),
        lambda s, by, alice: users.deactivate(s, by, alice),
        lambda s, by, alice: users.get(s, by, alice),
        lambda s, by, alice: users.page(s, by),
    ],
)
def test_only_administrators_manage_people(
    s: Session, people: People, who: str, act: Callable[..., object]
) -> None:
    with pytest.raises(NotAllowed):
        act(s, getattr(people, who), people.alice.id)

    s.commit()
    assert s.get_one(User, people.alice.id).role is Role.REQUESTER
    assert kinds(s) == []


def test_diane_creates_a_technician_who_signs_in(s: Session, people: People) -> None:
    team_ids = list(people.bruno.team_ids)

    user = users.create(
        s, people.diane, name="Ève Roux", email="Eve@Exemple.org", role=Role.TECHNICIAN,
        password=GOOD, phone="01 23 45 67 89", team_ids=team_ids,
    )  # fmt: skip

    assert accounts.sign_in(s, "eve@exemple.org", GOOD, address="192.0.2.7").token
    assert sessions.actor_of(s, user.id).team_ids == people.bruno.team_ids
    event = s.scalars(select(Event).where(Event.kind == "user.created")).one()
    assert event.details["changes"] == {"role": [None, "technician"], "team_ids": [None, team_ids]}


def test_every_wrong_field_is_told_at_once(s: Session, people: People) -> None:
    with pytest.raises(Invalid) as refused:
        add(
            s,
            people.diane,
            "",
            email="eve",
            role="boss",
            password="short",
            phone="?",
            team_ids=[99],
        )

    assert set(refused.value.problems) >= {"name", "email", "role", "password", "phone"}
    with pytest.raises(Invalid) as refused:
        add(s, people.diane, "Eve", email="ALICE@exemple.fr", team_ids=[99])
    assert set(refused.value.problems) == {"email", "team_ids"}


def test_two_people_cannot_share_an_address(s: Session, people: People) -> None:
    with pytest.raises(Invalid) as refused:
        users.edit(s, people.diane, people.driss.id, email="Alice@Exemple.fr")
    assert set(refused.value.problems) == {"email"}

    users.edit(s, people.diane, people.alice.id, email="ALICE@exemple.fr", name="Alice M.")

    s.commit()
    assert s.get_one(User, people.alice.id).name == "Alice M."
    assert s.get_one(User, people.driss.id).email == "driss@exemple.fr"


_OPEN = {
    "name", "email", "phone", "department", "language", "role", "wants_email", "wants_sms",
    "is_active",
}  # fmt: skip


@pytest.mark.parametrize("column", sorted(set(User.__table__.columns.keys()) - _OPEN))
def test_no_other_column_can_be_written(s: Session, people: People, column: str) -> None:
    with pytest.raises(Invalid) as refused:
        users.edit(s, people.diane, people.alice.id, **{column: "x", "name": "Mallory"})

    assert set(refused.value.problems) == {column}
    s.commit()
    assert s.get_one(User, people.alice.id).name == "Alice"


def test_a_change_of_role_ends_the_sessions(s: Session, people: People) -> None:
    token = sessions.open(s, people.alice.id)

    users.edit(s, people.diane, people.alice.id, department="Compta")
    assert sessions.find(s, token)

    users.edit(s, people.diane, people.alice.id, role=Role.TECHNICIAN)
    assert sessions.find(s, token) is None
    event = s.scalars(select(Event).where(Event.kind == "user.role_changed")).one()
    assert event.details == {"changes": {"role": ["requester", "technician"]}}
    assert (event.subject, event.actor_id) == (f"user:{people.alice.id}", people.diane.id)


def test_a_deactivated_person_is_shut_out_until_activated(s: Session, people: People) -> None:
    users.set_password(s, people.diane, people.alice.id, GOOD)
    token = sessions.open(s, people.alice.id)

    users.deactivate(s, people.diane, people.alice.id)
    assert sessions.find(s, token) is None
    assert not accounts.sign_in(s, "alice@exemple.fr", GOOD, address="192.0.2.7").token

    users.activate(s, people.diane, people.alice.id)
    assert accounts.sign_in(s, "alice@exemple.fr", GOOD, address="192.0.2.7").token
    assert [k for k in kinds(s) if "activated" in k] == ["user.deactivated", "user.activated"]


def test_doing_nothing_records_nothing(s: Session, people: People) -> None:
    users.edit(s, people.diane, people.alice.id, name="Alice", role="requester", is_active=True)
    users.activate(s, people.diane, people.alice.id)

    assert kinds(s) == []


def test_the_last_administrator_stays(s: Session, people: People) -> None:
    for wish in ({"role": "technician"}, {"is_active": False}):
        with pytest.raises(Invalid):
            users.edit(s, people.diane, people.diane.id, **wish)
    s.commit()
    assert s.get_one(User, people.diane.id).role is Role.ADMIN

    eve = add(s, people.diane, "Eve", role=Role.ADMIN)
    with pytest.raises(Invalid) as refused:
        users.deactivate(s, people.diane, people.diane.id)
    assert set(refused.value.problems) == {"is_active"}

    users.edit(s, people.diane, people.diane.id, role=Role.TECHNICIAN)
    with pytest.raises(Invalid):
        users.edit(s, replace(people.diane, id=eve.id), eve.id, role=Role.MANAGER)


def test_an_inactive_administrator_does_not_count(s: Session, people: People) -> None:
    eve = add(s, people.diane, "Eve", role=Role.ADMIN)
    users.deactivate(s, people.diane, eve.id)

    with pytest.raises(Invalid) as refused:
        users.edit(s, people.diane, people.diane.id, role=Role.REQUESTER)

    assert set(refused.value.problems) == {"role"}


def test_a_new_password_from_diane_lets_alice_in_again(s: Session, people: People) -> None:
    for _ in range(throttle.DAILY_CAP):
        throttle.fail(s, "alice@exemple.fr", "192.0.2.6")
    token = sessions.open(s, people.alice.id)

    users.set_password(s, people.diane, people.alice.id, GOOD)

    assert sessions.find(s, token) is None
    assert accounts.sign_in(s, "alice@exemple.fr", GOOD, address="192.0.2.7").token
    event = s.scalars(select(Event).where(Event.kind == "user.password_set")).one()
    assert GOOD not in str(event.details)
    with pytest.raises(Invalid):
        users.set_password(s, people.diane, people.alice.id, "alice@exemple.fr")


def test_nobody_is_not_found(s: Session, people: People) -> None:
    with pytest.raises(NotFound):
        users.get(s, people.diane, 999_999)


def test_the_list_goes_on_where_it_stopped(s: Session, people: People) -> None:
    for number, name in enumerate(("Zoé", "Zoé", "Martin|3", "Zoé")):
        s.add(User(name=name, email=f"p{number}@exemple.org"))
    s.commit()

    seen: list[int] = []
    after: str | None = None
    for _ in range(20):
        page = users.page(s, people.diane, after=after, limit=2)
        seen += [user.id for user in page.users]
        after = page.after
        if after is None:
            break

    everybody = s.scalars(select(User.id).order_by(User.name, User.id)).all()
    assert seen == list(everybody)


@pytest.mark.parametrize("after", ["rubbish", "|a", "-1|a", "²|a", f"{10**19}|a", f"{10**400}|a"])
def test_a_damaged_cursor_is_refused(s: Session, people: People, after: str) -> None:
    with pytest.raises(Invalid):
        users.page(s, people.diane, after=after)


def test_the_list_is_filtered(s: Session, people: People) -> None:
    users.deactivate(s, people.diane, people.driss.id)

    def found(**filters: Any) -> list[str]:
        return [user.name for user in users.page(s, people.diane, **filters).users]

    assert found(text="bru") == ["Bruno"]
    assert found(text="ALICE exemple") == ["Alice"]
    assert found(text="%") == []
    assert found(role=Role.REQUESTER, active=True) == ["Alice"]
    assert found(active=False) == ["Driss"]


def test_the_list_names_teams_without_a_query_each(
    s: Session, people: People, queries: Queries
) -> None:
    s.expunge_all()
    queries.statements.clear()

    page = users.page(s, people.diane)

    assert [t.name for user in page.users for t in user.teams] == ["Réseau"]
    assert sum(q.startswith("SELECT") for q in queries.statements) == 2


def test_staff_find_people_by_name_address_or_phone(s: Session, people: People) -> None:
    add(s, people.diane, "Élodie Dupont", phone="+33 6 12 34 56 78", email="e.d@exemple.org")

    def found(text: str) -> list[str]:
        return [hit.name for hit in users.search(s, people.bruno, text, kind="anyone")]

    for text in (
        "élo",
        "ÉLODIE dup",
        "e.d@exemple",
        "06 12 34 56 78",
        "0612345678",
        "+33612345678",
    ):
        assert found(text) == ["Élodie Dupont"], text
    assert found("00 99 99 99 99") == []
    assert len(found("")) == 6
    assert len(users.search(s, people.bruno, "", kind="anyone", limit=2)) == 2

    users.deactivate(s, people.diane, people.driss.id)
    assert found("driss") == []


@pytest.mark.parametrize("kind", ["anyone", "assignable"])
def test_a_requester_finds_nobody(s: Session, people: People, kind: Any) -> None:
    assert users.search(s, people.alice, "bruno", kind=kind) == []
    assert users.search(s, people.driss, "", kind=kind) == []


def test_who_can_be_assigned_follows_the_setting(s: Session, people: People) -> None:
    mate = add(s, people.diane, "Emma", role=Role.TECHNICIAN, team_ids=list(people.bruno.team_ids))
    add(s, people.diane, "Farid", role=Role.TECHNICIAN)
    users.edit(s, people.diane, people.driss.id, team_ids=list(people.bruno.team_ids))

    def found(by: Actor, policy: AssignPolicy) -> list[str]:
        by = replace(by, policy=Policy(technicians_assign=policy))
        return [hit.name for hit in users.search(s, by, "", kind="assignable")]

    everybody = ["Bruno", "Diane", "Emma", "Farid"]
    assert found(people.bruno, AssignPolicy.ANYBODY) == everybody
    assert found(people.bruno, AssignPolicy.OWN_TEAMS) == ["Bruno", "Emma"]
    assert found(people.bruno, AssignPolicy.NOBODY) == ["Bruno"]
    assert found(people.chloe, AssignPolicy.NOBODY) == everybody
    assert found(people.diane, AssignPolicy.NOBODY) == everybody
    assert users.names(s, [mate.id, 999_999]) == {mate.id: "Emma"}


def test_team_ids_replace_the_teams(s: Session, people: People) -> None:
    team = Team(name="Postes")
    s.add(team)
    s.flush()

    users.edit(s, people.diane, people.bruno.id, team_ids=[team.id])

    s.commit()
    assert sessions.actor_of(s, people.bruno.id).team_ids == {team.id}
