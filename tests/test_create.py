"""Opening a ticket, for oneself or for a caller (F-002; 5.3.1)."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import db
from data.models import (
    Category,
    Channel,
    Draft,
    Impact,
    Link,
    LinkKind,
    Part,
    Priority,
    Status,
    Tag,
    Team,
    Ticket,
    TicketPerson,
    TicketTag,
    TicketType,
    Urgency,
    User,
)
from services import creation, drafts, priority, tickets, transitions
from services.creation import NewTicket, create
from services.errors import Invalid, NotAllowed, NotFound
from services.words import speaking
from tests.conftest import People, happened, last_event

HOSTILE = [
    "<script>alert(1)</script>",
    "'; DROP TABLE ticket; --",
    "{0.__class__} %s %(x)s ${{7*7}}",
    "🖨️ 日本語 العربية ﷺ Ǆ ß",
    "a" * 300,
    "👩‍👩‍👧‍👦" * 40,
]


def test_alice_reports_a_problem_in_three_fields(s: Session, people: People) -> None:
    new = NewTicket(title=" L’imprimante  ne répond plus ", description="Au 2e.", urgency="high")

    ticket = create(s, people.alice, new)

    s.commit()
    s.expire_all()
    assert (ticket.number, ticket.version) == (1, 1)
    assert ticket.title == "L’imprimante ne répond plus"
    assert ticket.folded_title == "l’imprimante ne repond plus"
    assert (ticket.requester_id, ticket.created_by_id) == (people.alice.id, people.alice.id)
    assert (ticket.status, ticket.type) == (Status.NEW, TicketType.INCIDENT)
    assert (ticket.urgency, ticket.impact) == (Urgency.HIGH, Impact.MEDIUM)
    assert ticket.priority is Priority.HIGH
    assert ticket.channel is Channel.WEB
    assert {ticket.lead_id, ticket.team_id} == {ticket.resolved_at, ticket.deleted_at} == {None}
    assert happened(s, 1) == ["ticket.created"]


@pytest.mark.parametrize("who", ["alice", "bruno", "chloe", "diane", "driss"])
def test_everybody_may_ask(s: Session, people: People, who: str) -> None:
    by = getattr(people, who)

    ticket = create(s, by, NewTicket(title="Écran noir"))

    assert ticket.requester_id == by.id


@pytest.mark.parametrize("who", ["bruno", "chloe", "diane"])
def test_staff_open_a_ticket_for_who_calls(s: Session, people: People, who: str) -> None:
    by = getattr(people, who)
    new = NewTicket(title="Écran noir", requester_id=people.alice.id, channel="phone")

    ticket = create(s, by, new)

    assert (ticket.requester_id, ticket.created_by_id) == (people.alice.id, by.id)
    assert tickets.get(s, people.alice, ticket.number) is ticket
    assert last_event(s, ticket.number).actor_id == by.id
    assert last_event(s, ticket.number).details == {"channel": "phone"}


@pytest.mark.parametrize(
    "field",
    [
        {"requester_id": 1},
        {"impact": "high"},
        {"team_id": 1},
        {"tags": ("vip",)},
        {"observer_ids": (1,)},
    ],
)
def test_requesters_fill_in_nothing_of_staff(
    s: Session, people: People, field: dict[str, Any]
) -> None:
    with pytest.raises(NotAllowed):
        create(s, people.driss, NewTicket(title="Écran noir", **field))

    s.rollback()
    assert s.scalar(select(func.count()).select_from(Ticket)) == 0


def test_naming_oneself_as_the_requester_is_no_privilege(s: Session, people: People) -> None:
    ticket = create(s, people.alice, NewTicket(title="Moi", requester_id=people.alice.id))

    assert ticket.requester_id == people.alice.id


def test_every_wrong_field_is_told_at_once(s: Session, people: People) -> None:
    new = NewTicket(
        title=" \u200b ",
        description="x" * 64_001,
        type="wish",
        category_id=99,
        urgency="now",
        channel="pigeon",
        impact="galaxy",
        requester_id=99,
        team_id=99,
        tags=("x" * 41,),
        observer_ids=(99,),
        follows=99,
    )

    with pytest.raises(Invalid) as refused:
        create(s, people.diane, new)

    assert set(refused.value.problems) == {
        "title", "description", "type", "category_id", "urgency", "channel", "impact",
        "requester_id", "team_id", "tag", "observer_ids", "follows",
    }  # fmt: skip
    assert all(refused.value.by_field().values())
    s.commit()
    assert s.scalar(select(func.count()).select_from(Ticket)) == 0


@pytest.mark.parametrize("title", ["x" * 301, "x" * 10_000, "é" * 10_000, "\x00" * 10_000, None, 7])
def test_an_impossible_title_is_refused_for_what_it_is(
    s: Session, people: People, title: Any
) -> None:
    with pytest.raises(Invalid) as refused:
        create(s, people.alice, NewTicket(title=title))

    assert set(refused.value.by_field()) == {"title"}


@pytest.mark.parametrize(("language", "most"), [("fr", "64\u202f000"), ("en", "64,000")])
def test_a_limit_is_written_as_the_language_writes_numbers(
    s: Session, people: People, language: str, most: str
) -> None:
    with pytest.raises(Invalid) as refused:
        create(s, people.alice, NewTicket(title="Poste", description="x" * 64_001))

    with speaking(language):
        assert most in refused.value.by_field()["description"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_kept_as_it_is(s: Session, people: People, text: str) -> None:
    number = create(s, people.alice, NewTicket(title=text, description=text * 3)).number

    s.commit()
    s.expire_all()
    ticket = tickets.get(s, people.alice, number)
    assert (ticket.title, ticket.description) == (text, text * 3)


def test_what_deceives_the_eye_is_removed(s: Session, people: People) -> None:
    new = NewTicket(title="fac\u202eexe.pdf\x00\u200b \r\n fin", description="a\r\nb\rc\ud800\n\n")

    ticket = create(s, people.alice, new)

    s.commit()
    assert ticket.title == "facexe.pdf fin"
    assert ticket.description == "a\nb\nc?"


def test_64000_accented_characters_are_kept(s: Session, people: People) -> None:
    ticket = create(s, people.alice, NewTicket(title="Long", description="é" * 64_000))

    s.commit()
    s.expire_all()
    assert len(ticket.description) == 64_000


def test_the_same_form_sent_twice_makes_one_ticket(s: Session, people: People) -> None:
    new = NewTicket(title="Écran noir", key="form-1")

    first = create(s, people.alice, new)
    s.commit()
    second = create(s, people.alice, new)
    s.commit()

    assert first is second
    assert happened(s, first.number) == ["ticket.created"]


def test_two_people_may_use_the_same_key(s: Session, people: People) -> None:
    first = create(s, people.alice, NewTicket(title="Écran noir", key="1"))
    second = create(s, people.driss, NewTicket(title="Clavier", key="1"))

    s.commit()
    assert first.number != second.number


def test_a_key_may_be_of_any_length(s: Session, people: People) -> None:
    new = NewTicket(title="Écran noir", key="clé" * 500)

    numbers = {create(s, people.alice, new).number for _ in range(2)}

    s.commit()
    assert len(numbers) == 1


def test_without_a_key_two_forms_are_two_tickets(s: Session, people: People) -> None:
    numbers = {create(s, people.alice, NewTicket(title="Écran noir")).number for _ in range(2)}

    s.commit()
    assert numbers == {1, 2}


def test_the_category_or_the_nearest_above_it_names_the_team(s: Session, people: People) -> None:
    team_id = min(people.bruno.team_ids)
    top = Category(name="Matériel", path="Matériel", team_id=team_id)
    s.add(top)
    s.flush()
    middle = Category(name="Poste", path="Matériel › Poste", parent_id=top.id)
    s.add(middle)
    s.flush()
    leaf = Category(name="Souris", path="Matériel › Poste › Souris", parent_id=middle.id)
    other = Team(name="Postes")
    s.add_all([leaf, other])
    s.commit()

    by_category = create(s, people.alice, NewTicket(title="Souris", category_id=leaf.id))
    chosen = create(
        s, people.bruno, NewTicket(title="Souris", category_id=leaf.id, team_id=other.id)
    )

    assert by_category.team_id == team_id
    assert chosen.team_id == other.id


def test_what_is_inactive_cannot_be_chosen(s: Session, people: People) -> None:
    category = Category(name="Fax", path="Fax", is_active=False)
    team = Team(name="Minitel", is_active=False)
    gone = User(name="Parti", email="parti@exemple.fr", is_active=False)
    s.add_all([category, team, gone])
    s.commit()
    new = NewTicket(
        title="Fax",
        category_id=category.id,
        team_id=team.id,
        requester_id=gone.id,
        observer_ids=(gone.id,),
    )

    with pytest.raises(Invalid) as refused:
        create(s, people.diane, new)

    assert set(refused.value.problems) == {
        "category_id", "team_id", "requester_id", "observer_ids",
    }  # fmt: skip


def test_staff_add_tags_and_observers_at_once(s: Session, people: People) -> None:
    new = NewTicket(
        title="Panne", tags=("#VIP", "vip", "Wifi"), observer_ids=(people.driss.id,) * 2
    )

    ticket = create(s, people.bruno, new)

    s.commit()
    assert set(s.scalars(select(Tag.name).join(TicketTag))) == {"vip", "wifi"}
    company = s.scalars(select(TicketPerson)).one()
    assert (company.user_id, company.part) == (people.driss.id, Part.OBSERVER)
    assert tickets.get(s, people.driss, ticket.number) is ticket


def test_the_draft_ends_with_the_ticket(s: Session, people: People) -> None:
    drafts.save(s, people.alice, creation.DRAFT, {"title": "Écran"})
    drafts.save(s, people.driss, creation.DRAFT, {"title": "Autre"})

    create(s, people.alice, NewTicket(title="Écran noir"))

    s.commit()
    assert [draft.user_id for draft in s.scalars(select(Draft))] == [people.driss.id]


def test_a_closed_ticket_is_carried_on_by_a_new_one(
    s: Session, people: People, ticket: Ticket
) -> None:
    closed(s, people, ticket)
    before = (ticket.version, ticket.updated_at, happened(s, ticket.number))

    following = create(s, people.alice, NewTicket(title="Encore", follows=ticket.number))

    s.commit()
    s.expire_all()
    link = s.scalars(select(Link)).one()
    assert (link.source_number, link.target_number) == (following.number, ticket.number)
    assert link.kind is LinkKind.RELATES_TO
    assert (ticket.version, ticket.updated_at, happened(s, ticket.number)) == before


def test_only_a_closed_ticket_one_sees_can_be_carried_on(
    s: Session, people: People, ticket: Ticket
) -> None:
    for by in (people.alice, people.driss):
        with pytest.raises(Invalid) as refused:
            create(s, by, NewTicket(title="Encore", follows=ticket.number))
        s.rollback()
        assert set(refused.value.problems) == {"follows"}


def test_numbers_follow_each_other_whoever_hands_them_out(s: Session, people: People) -> None:
    create(s, people.alice, NewTicket(title="Un"))
    s.commit()
    db.write(lambda other: create(other, people.alice, NewTicket(title="Deux")).number)

    third = create(s, people.alice, NewTicket(title="Trois"))
    s.commit()

    assert third.number == 3
    assert creation.next_number(s, 100) == 4
    assert creation.next_number(s) == 104


def test_a_refused_form_uses_no_number(s: Session, people: People) -> None:
    with pytest.raises(Invalid):
        create(s, people.alice, NewTicket(title=""))
    s.rollback()

    ticket = create(s, people.alice, NewTicket(title="Écran noir"))

    assert ticket.number == 1


@pytest.mark.parametrize("urgency", Urgency)
@pytest.mark.parametrize("impact", Impact)
def test_the_matrix_rises_with_urgency_and_impact(urgency: Urgency, impact: Impact) -> None:
    levels, urgencies, impacts = list(Priority), list(Urgency), list(Impact)
    here = levels.index(priority.of(urgency, impact))

    for more in urgencies[urgencies.index(urgency) :]:
        assert levels.index(priority.of(more, impact)) >= here
    for wider in impacts[impacts.index(impact) :]:
        assert levels.index(priority.of(urgency, wider)) >= here
    assert priority.of(urgency, Impact.MEDIUM).value == urgency.value


def test_what_does_not_exist_is_not_found(s: Session, people: People) -> None:
    for number in (0, -1, 1, 2**63, 10**30):
        with pytest.raises(NotFound):
            tickets.get(s, people.diane, number)


def closed(s: Session, people: People, ticket: Ticket) -> None:
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    transitions.move(s, people.bruno, ticket.number, Status.CLOSED)
    s.commit()
