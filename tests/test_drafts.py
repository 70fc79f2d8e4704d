"""Drafts: what is typed and not sent survives (C1, C2)."""

import pytest
from sqlalchemy.orm import Session

from services import drafts
from services.errors import Invalid
from tests.conftest import People


def test_a_draft_is_kept_changed_and_dropped(s: Session, people: People) -> None:
    drafts.save(s, people.alice, "new", {"title": "Écran", "urgency": "high"})
    s.commit()
    drafts.save(s, people.alice, "new", {"title": "Écran 🖥️ noir", "urgency": "high"})
    s.commit()
    s.expire_all()

    kept = drafts.get(s, people.alice, "new")
    drafts.drop(s, people.alice, "new")
    s.commit()

    assert kept == {"title": "Écran 🖥️ noir", "urgency": "high"}
    assert drafts.get(s, people.alice, "new") == {}
    drafts.drop(s, people.alice, "new")


def test_drafts_are_each_persons_and_each_places(s: Session, people: People) -> None:
    drafts.save(s, people.alice, "comment:1", {"body": "A1"})
    drafts.save(s, people.alice, "comment:2", {"body": "A2"})
    drafts.save(s, people.bruno, "comment:1", {"body": "B1"})
    s.commit()

    assert drafts.get(s, people.alice, "comment:1") == {"body": "A1"}
    assert drafts.get(s, people.bruno, "comment:1") == {"body": "B1"}
    assert drafts.get(s, people.diane, "comment:1") == {}


def test_nothing_typed_ends_the_draft(s: Session, people: People) -> None:
    drafts.save(s, people.alice, "new", {"title": "É"})
    drafts.save(s, people.alice, "new", {"title": "", "category_id": None})
    s.commit()

    assert drafts.get(s, people.alice, "new") == {}


@pytest.mark.parametrize("letter", ["x", "é", "🖨", "\n", '"'])
def test_whatever_may_be_sent_may_be_kept(s: Session, people: People, letter: str) -> None:
    body = {"body": letter * 64_000}

    drafts.save(s, people.alice, "comment:1", body)

    s.commit()
    s.expire_all()
    assert drafts.get(s, people.alice, "comment:1") == body


def test_what_is_too_long_is_refused_and_the_last_is_kept(s: Session, people: People) -> None:
    drafts.save(s, people.alice, "new", {"body": "ok"})

    with pytest.raises(Invalid):
        drafts.save(s, people.alice, "new", {"body": "x" * 256_000})
    with pytest.raises(Invalid):
        drafts.save(s, people.alice, "x" * 41, {"body": "x"})

    assert drafts.get(s, people.alice, "new") == {"body": "ok"}
