"""What the administrator decides at run time, and the default of each decision."""

import pytest
from sqlalchemy.orm import Session

from data.models import Setting
from services import sessions, settings
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
