"""The administrator’s pages and one’s own profile: built, used, refused beside the field."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Category, Role, Team, User
from services import categories, relay, teams, users, webhooks
from tests.conftest import People
from tests.pages.conftest import FRAME, Cost, Visit, Visitor


async def until(visitor: Visitor, is_so: Callable[[], object], what: str) -> None:
    await visitor._until(lambda: bool(is_so()), what)


async def test_an_account_is_made_and_a_second_one_with_its_address_refused(
    visit: Visit, s: Session
) -> None:
    diane = await visit("diane", "/admin/users")
    diane.click("create-user")
    await until(diane, lambda: diane.has("dialog-ok"), "a dialog")
    diane.field("name").set_value("Zoé")
    diane.field("email").set_value("alice@exemple.fr")

    diane.click("dialog-ok")
    await until(diane, lambda: diane.field("email").error, "an error")
    diane.field("email").set_value("zoe@exemple.fr")
    diane.click("dialog-ok")

    await diane.sees("zoe@exemple.fr</span>")
    made = s.scalars(select(User).where(User.email == "zoe@exemple.fr")).one()
    assert (made.name, made.role) == ("Zoé", Role.REQUESTER)


async def test_the_last_administrator_cannot_shut_herself_out(
    visit: Visit, s: Session, people: People
) -> None:
    diane = await visit("diane", "/admin/users")

    diane.press('id="users"', "activity", str(people.diane.id))

    await until(diane, lambda: diane.notify.messages, "a refusal")
    assert s.get_one(User, people.diane.id).is_active


NAMES = ("users", "teams", "categories", "tokens", "webhooks", "jobs", "settings")
ADMIN = tuple(f"/admin/{name}" for name in NAMES)


@pytest.mark.parametrize("path", [*ADMIN, "/admin/notifications"])
@pytest.mark.parametrize("name", ["alice", "bruno", "chloe"])
async def test_only_an_administrator_administers(visit: Visit, name: str, path: str) -> None:
    visitor = await visit(name, path)

    assert 'role="alert"' in visitor.shown()
    assert 'data-action="edit"' not in visitor.shown()


@pytest.mark.parametrize(
    ("path", "button", "name", "kind"),
    [
        ("/admin/teams", "create-team", "Réseau", Team),
        ("/admin/categories", "create-category", "Matériel", Category),
    ],
)
async def test_a_name_is_given_once_and_an_empty_one_refused(
    visit: Visit,
    s: Session,
    people: People,
    path: str,
    button: str,
    name: str,
    kind: type[Team] | type[Category],
) -> None:
    diane = await visit("diane", path)
    diane.click(button)
    await until(diane, lambda: diane.has("dialog-ok"), "a dialog")

    diane.click("dialog-ok")
    await until(diane, lambda: diane.field("name").error, "an error")
    diane.field("name").set_value(f"{name} bis")
    diane.click("dialog-ok")

    await diane.sees(f"{name} bis</span>")
    assert f"{name} bis" in s.scalars(select(kind.name)).all()


async def test_a_profile_is_saved_and_a_wrong_phone_refused_beside_the_field(
    visit: Visit, s: Session, people: People
) -> None:
    alice = await visit("alice", "/profile")
    alice.field("phone").set_value("rien")
    alice.click("save-profile")
    await until(alice, lambda: alice.field("phone").error, "an error")

    alice.field("phone").set_value("+33 1 23 45 67 89")
    alice.field("name").set_value("Alice Martin")
    page = alice.client
    alice.click("save-profile")

    await until(alice, lambda: alice.client is not page, "a page drawn anew")
    await until(alice, lambda: alice.has("name"), "its form")
    assert alice.field("name").value == _name(s, people) == "Alice Martin"


def _name(s: Session, people: People) -> str:
    s.rollback()
    return s.get_one(User, people.alice.id).name


async def test_pages_of_settings_cost_the_same_whatever_is_in_them(
    cost: Cost, s: Session, people: People
) -> None:
    paths = (*ADMIN, "/profile")
    few = [len(await cost("diane", path)) for path in paths]

    for n in range(30):
        team = teams.create(s, people.diane, name=f"Équipe {n}", member_ids=[people.bruno.id])
        categories.create(s, people.diane, name=f"Catégorie {n}", team_id=team.id)
        email = f"u{n}@exemple.fr"
        users.create(
            s, people.diane, name=f"U{n}", email=email, role=Role.TECHNICIAN, team_ids=[team.id]
        )
        hook = {"url": "https://example.org/", "kinds": ["ticket.closed"], "name": f"W{n}"}
        webhooks.test(s, people.diane, webhooks.create(s, people.diane, **hook)[0].id)
    relay.relay(s)
    s.commit()

    assert [len(await cost("diane", path)) for path in paths] == few
    assert max(few) <= 8 + FRAME
