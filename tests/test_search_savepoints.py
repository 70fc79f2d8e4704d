"""What is searched follows what is kept, whatever part of a transaction was taken back."""

from sqlalchemy.orm import Session

from data.models import Ticket
from services import comments, search, tickets
from tests.conftest import People


def numbers(s: Session, people: People, text: str) -> list[int | None]:
    return [hit.number for hit in search.everything(s, people.bruno, text).hits]


def test_a_part_that_was_taken_back_leaves_the_rest_searchable(
    s: Session, people: People, ticket: Ticket
) -> None:
    number = ticket.number
    for word in ("girafe", "zèbre"):
        part = s.begin_nested()
        tickets.edit(s, people.bruno, number, {"title": f"Une {word}"})
        comments.post(s, people.bruno, number, f"Encore une {word}")
        part.rollback()
        s.expire_all()
    tickets.edit(s, people.bruno, number, {"title": "Un koala sans zèbre"})

    s.commit()

    assert numbers(s, people, "koala zebre") == [number]
    assert numbers(s, people, "girafe") == []
    tickets.edit(s, people.bruno, number, {"title": "Un lama"})
    s.commit()
    assert (numbers(s, people, "koala"), numbers(s, people, "lama")) == ([], [number])
