"""What the administrator decides at run time, and the default of each decision."""

import pytest
from sqlalchemy.orm import Session

from data.models import Event, Setting
from services import sessions, settings
from services.errors import Invalid, NotAllowed
from services.permissions import AssignPolicy, Policy
from tests.conftest import People


def test_nothing_decided_means_the_defaults(s: Session) -> None:
    assert settings.values(s) == settings.DEFAULTS
    assert settings.policy({}) == Policy()


@pytest.mark.parametrize("choice", AssignPolicy)
def test_a_decision_counts_for_everybody_at_their_next_step(
    s: Session, people: People, choice: AssignPolicy
) -> None:
    s.add(Setting(name="technicians_assign", value=choice.value))
    s.add(Setting(name="technicians_delete", value=False))
    s.commit()

    policy = sessions.actor_of(s, people.bruno.id).policy

    assert policy == Policy(technicians_assign=choice, technicians_delete=False)


def test_a_decision_that_makes_no_sense_gives_nobody_more(s: Session, people: People) -> None:
    s.add(Setting(name="technicians_assign", value="everybody!"))
    s.add(Setting(name="technicians_delete", value="no"))
    s.add(Setting(name="of_another_version", value=[1]))
    s.commit()

    policy = settings.policy(settings.values(s))

    assert policy == Policy(technicians_assign=AssignPolicy.NOBODY, technicians_delete=False)


def test_an_administrator_decides_and_it_is_recorded(s: Session, people: People) -> None:
    wanted = {"close_after_days": "14", "technicians_delete": False, "untreated_days": 2}
    changed = settings.change(s, people.diane, wanted)
    s.commit()

    assert changed == {"close_after_days": 14, "technicians_delete": False}
    assert settings.offered(s, people.diane) | changed == settings.offered(s, people.diane)
    (event,) = s.query(Event).all()
    assert (event.kind, event.actor_id) == ("settings.edited", people.diane.id)
    assert event.details["changes"] == {
        "close_after_days": [7, 14],
        "technicians_delete": [True, False],
    }


def test_nothing_changed_is_nothing_recorded(s: Session, people: People) -> None:
    assert settings.change(s, people.diane, settings.offered(s, people.diane)) == {}
    assert s.query(Event).count() == 0


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"close_after_days": "x"}, {"close_after_days"}),
        ({"close_after_days": -1}, {"close_after_days"}),
        ({"close_after_days": True}, {"close_after_days"}),
        ({"close_after_days": 366}, {"close_after_days"}),
        ({"close_after_days": "9" * 5000}, {"close_after_days"}),
        ({"close_after_days": 2.5}, {"close_after_days"}),
        ({"close_after_days": None, "untreated_days": ""}, {"close_after_days", "untreated_days"}),
        ({"technicians_assign": "everybody!"}, {"technicians_assign"}),
        ({"technicians_assign": None}, {"technicians_assign"}),
        ({"technicians_delete": "yes"}, {"technicians_delete"}),
        ({"of_another_version": 1}, {"of_another_version"}),
        ({"close_after_days": 2}, {"closing_notice_days"}),
        ({"close_after_days": 3, "closing_notice_days": 3}, {"closing_notice_days"}),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field_and_changes_nothing(
    s: Session, people: People, given: dict[str, object], wrong: set[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        settings.change(s, people.diane, {"untreated_days": 5} | given)
    s.commit()

    assert refusal.value.by_field().keys() == wrong
    assert settings.values(s) == settings.DEFAULTS


def test_closing_may_be_switched_off_whatever_the_notice(s: Session, people: People) -> None:
    assert settings.change(s, people.diane, {"close_after_days": 0}) == {"close_after_days": 0}


@pytest.mark.parametrize("name", ["alice", "bruno", "chloe", "driss"])
def test_nobody_else_decides(s: Session, people: People, name: str) -> None:
    by = getattr(people, name)
    with pytest.raises(NotAllowed):
        settings.change(s, by, {"untreated_days": 5})
    with pytest.raises(NotAllowed):
        settings.offered(s, by)


def test_every_setting_on_offer_has_a_default_that_it_admits() -> None:
    for group in settings.FIELDS.values():
        for name, field in group.items():
            assert field.read(name, settings.DEFAULTS[name]) == settings.DEFAULTS[name]
