"""Operators of the search, in French and in English (docs/search.md)."""

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from data.models import Category, Status, Team, Ticket, Urgency
from services import assignment
from tests.conftest import People
from tests.test_search import found, opened

EACH_OPERATOR = [
    "statut:ouvert", "statut:nouveau", 'statut:"nouveau"', "status:open", "status:new",
        "priorité:haute", "priorite:haute", "priority:high", "type:demande", "type:request",
        "demandeur:alice", "DEMANDEUR:Alice", "requester:alice",
        "équipe:réseau", "équipe:reseau", "team:réseau",
        "catégorie:matériel", "category:ecrans", "étiquette:vip", "tag:vip",
        "responsable:personne", "lead:nobody", "avant:2099-01-01", "before:01/01/2099",
        "après:2020", "after:2020-05", "-statut:clos", "-team:inconnue",
    ]  # fmt: skip


@pytest.mark.parametrize("operator", EACH_OPERATOR)
def test_operators_narrow_in_both_languages(s: Session, people: People, operator: str) -> None:
    right = one_of_each(s, people)
    other = opened(s, people.driss, "Autre écran")
    s.execute(
        update(Ticket)
        .where(Ticket.number == other)
        .values(status=Status.CLOSED, team_id=None, lead_id=people.bruno.id)
    )
    s.commit()

    assert right in found(s, people.chloe, operator)
    assert right in found(s, people.chloe, f"{operator} écran")
    assert found(s, people.chloe, f"{operator} zébulon") == []


@pytest.mark.parametrize(
    "operator",
    [
        "statut:clos", "status:done", "priority:low", "type:incident", "requester:driss",
        "requester:moi", "team:paie", "category:logiciel", "tag:absent", "lead:bruno", "lead:me",
        "avant:2020", "after:2099", "-statut:ouvert", "-équipe:réseau", "-étiquette:vip",
    ],
)  # fmt: skip
def test_operators_leave_out_what_does_not_fit(s: Session, people: People, operator: str) -> None:
    right = one_of_each(s, people)

    assert found(s, people.chloe, "écran") == [right]
    assert found(s, people.chloe, f"{operator} écran") == []


def one_of_each(s: Session, people: People) -> int:
    """Open Alice’s request about a screen, of the team « Réseau », that all operators fit."""
    parent = Category(name="Matériel", path="Matériel")
    category = Category(name="Écrans", path="Matériel › Écrans")
    s.add_all([parent, category])
    s.flush()
    team_id = s.query(Team.id).filter_by(name="Réseau").scalar()
    return opened(
        s, people.bruno, "Écran large", type="request", urgency=Urgency.HIGH,
        impact="medium", requester_id=people.alice.id, category_id=category.id, team_id=team_id,
        tags=("VIP",),
    )  # fmt: skip


def test_my_own_tickets_are_asked_for_in_both_languages(s: Session, people: People) -> None:
    number = opened(s, people.alice, "Écran")
    assignment.take(s, people.bruno, number)

    for text in ("responsable:moi", "lead:me"):
        assert found(s, people.bruno, text) == [number]
        assert found(s, people.diane, text) == []
    assert found(s, people.alice, "demandeur:moi écran") == [number]
