"""Selections, saved views and orders, on the page of the queue (issue 3)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import SavedView, Ticket
from services import creation, views
from services.creation import NewTicket
from tests.conftest import People
from tests.pages.conftest import Visit

LIST = 'id="tickets"'


def numbers(s: Session, people: People, count: int = 3) -> list[int]:
    made = [
        creation.create(s, people.alice, NewTicket(title=f"N° {n}")).number for n in range(count)
    ]
    s.commit()
    return made


async def test_a_selection_is_taken_and_given_back_with_one_undo(
    visit: Visit, s: Session, people: People
) -> None:
    made = numbers(s, people)
    bruno = await visit("bruno", "/queue")

    bruno.press(LIST, "ticked", [str(n) for n in made[:2]])
    await bruno.sees("2 tickets selected")
    bruno.press("bulk-take", "take")
    await bruno.sees("2 tickets changed.")

    leads = select(Ticket.lead_id).order_by(Ticket.number)
    s.rollback()  # look again
    assert list(s.scalars(leads)) == [people.bruno.id, people.bruno.id, None]
    bruno.press("toast", "undo")
    await bruno.sees_no_more("2 tickets changed.")
    s.rollback()  # look again
    assert list(s.scalars(leads)) == [None, None, None]


async def test_all_that_fit_can_be_selected(visit: Visit, s: Session, people: People) -> None:
    made = numbers(s, people, 60)
    bruno = await visit("bruno", "/queue")
    bruno.press(LIST, "ticked", [str(made[-1])])
    await bruno.sees("1 ticket selected")

    bruno.press("bulk-take", "everything")

    await bruno.sees("60 tickets selected")


async def test_a_view_is_kept_shown_and_forgotten(visit: Visit, s: Session, people: People) -> None:
    numbers(s, people)
    view = views.create(s, people.bruno, name="Ceux des autres", asked={"lead": "none"})
    s.commit()

    bruno = await visit("bruno", "/queue")
    await bruno.sees("Ceux des autres")
    bruno.press(f"saved-{view.id}", "saved", str(view.id))
    await bruno.sees("Delete the view…")
    bruno.press("view-left", "view-update")
    await bruno.sees("Ceux des autres")

    s.rollback()  # look again
    assert s.scalars(select(SavedView.asked)).one() == {"lead": "none"}
    chloe = await visit("chloe", "/queue")
    assert "Ceux des autres" not in chloe.shown()


async def test_a_head_orders_the_list_and_turns_it_round(
    visit: Visit, s: Session, people: People
) -> None:
    for title in ("Beta", "Alpha"):
        creation.create(s, people.alice, NewTicket(title=title))
    s.commit()
    bruno = await visit("bruno", "/queue")

    bruno.press("sort-title", "sort", "title")
    await bruno.sees("Sort by Title, now ascending")
    bruno.press("sort-title", "sort", "title")
    await bruno.sees("Sort by Title, now descending")
