"""The page of recurring problems, and what it leads to."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Link, RecurringRun, Schedule, Team, Ticket
from services import recurring, schedule
from services.tasks import TASKS
from tests.conftest import People
from tests.pages.conftest import FRAME, Cost, Visit
from tests.test_recurring import PRINTERS, grouped, limited, written

PAGE = "/stats/recurring"


async def test_a_problem_shows_how_often_it_comes_and_examples(
    visit: Visit, s: Session, people: People
) -> None:
    numbers = written(s, people.alice, PRINTERS)
    written(s, people.alice, ["Badge perdu"])
    grouped(s, numbers)

    chloe = await visit("chloe", PAGE)

    shown = chloe.shown()
    assert "Imprimante en panne" in shown
    assert "3 of 4 tickets recur (75\u00a0%)" in shown
    assert f'href="/tickets/{numbers[0]}"' in shown
    assert "No category · 3" in shown
    assert 'role="img"' in shown


async def test_where_nothing_recurs_the_page_says_what_would(visit: Visit) -> None:
    chloe = await visit("chloe", PAGE)

    assert "No problem to show" in chloe.shown()
    assert "Nobody has looked for them yet." in chloe.shown()


async def test_requesters_do_not_come_in(visit: Visit) -> None:
    alice = await visit("alice", PAGE)

    assert "Your role does not allow this." in alice.shown()


async def test_a_team_and_a_period_narrow_the_page(
    visit: Visit, s: Session, people: People
) -> None:
    numbers = written(s, people.alice, PRINTERS)
    team = Team(name="Impression")
    s.add(team)
    s.commit()
    grouped(s, numbers)

    narrowed = await visit("chloe", f"{PAGE}?team={team.id}")
    await narrowed.sees("No problem to show")
    wide = await visit("chloe", f"{PAGE}?days=90")
    await wide.sees("Imprimante en panne")


async def test_nonsense_in_the_address_narrows_nothing(
    visit: Visit, s: Session, people: People
) -> None:
    grouped(s, written(s, people.alice, PRINTERS))

    chloe = await visit("chloe", f"{PAGE}?days=-3&team=1%27x&ticket=9999999999999")

    await chloe.sees("Imprimante en panne")


async def test_a_team_that_is_not_there_counts_nothing_and_it_is_said(
    visit: Visit, s: Session, people: People
) -> None:
    grouped(s, written(s, people.alice, PRINTERS))

    chloe = await visit("chloe", f"{PAGE}?team=4711")

    await chloe.sees("This team no longer exists: nothing is counted.")
    await chloe.sees("No problem to show")
    assert chloe.field("team").value == "4711"


async def test_a_problem_of_ones_own_page_lists_its_tickets(
    visit: Visit, s: Session, people: People
) -> None:
    numbers = written(s, people.alice, PRINTERS)
    grouped(s, numbers)

    chloe = await visit("chloe", f"{PAGE}?ticket={numbers[1]}")

    assert chloe.shown().count('data-testid="of-problem"') == 3


async def test_a_problem_that_is_none_any_more_leads_to_all(
    visit: Visit, s: Session, people: People
) -> None:
    grouped(s, written(s, people.alice, PRINTERS))

    chloe = await visit("chloe", f"{PAGE}?ticket=424242")

    await chloe.is_told("These tickets are no recurring problem of this period any more.")
    await chloe.sees("Imprimante en panne")


async def test_the_open_tickets_of_a_problem_are_linked_once(
    visit: Visit, s: Session, people: People
) -> None:
    numbers = written(s, people.alice, PRINTERS)
    grouped(s, numbers)
    bruno = await visit("bruno", PAGE)

    for _twice in range(2):
        bruno.press('data-testid="problem"', "tie", str(numbers[0]))
        await bruno.is_told("3 tickets are linked now.")

    ends = {(link.source_number, link.target_number) for link in s.scalars(select(Link))}
    assert ends == {(numbers[0], numbers[1]), (numbers[0], numbers[2])}


async def test_a_ticket_about_a_problem_begins_with_what_one_may_read_of_it(
    visit: Visit, s: Session, people: People
) -> None:
    mine = written(s, people.alice, ["Ma souris"])
    others = written(s, people.driss, ["Secret de Driss"])
    about = f"{mine[0]},{others[0]},x,99999999"

    alice = await visit("alice", f"/tickets/new?title=Souris&about={about}")

    assert alice.field("description").value == f"#{mine[0]} Ma souris"


async def test_an_administrator_has_it_looked_for_again(
    visit: Visit, s: Session, people: People
) -> None:
    schedule.sow(s, TASKS)
    s.commit()
    grouped(s, written(s, people.alice, PRINTERS))
    chloe = await visit("chloe", PAGE)
    assert "Look again now" not in chloe.shown()
    diane = await visit("diane", PAGE)

    diane.press("Look again now", "again")

    await diane.sees("Being looked for now…")
    s.expire_all()
    assert s.get_one(Schedule, recurring.TASK).next_at <= s.get_one(Schedule, "clean").next_at


async def test_the_page_comes_to_rest_when_the_search_has_ended(
    visit: Visit, s: Session, people: People
) -> None:
    schedule.sow(s, TASKS)
    s.get_one(Schedule, recurring.TASK).owner = "somebody"
    s.add(RecurringRun(first_at=s.get_one(Schedule, "clean").next_at, tickets=12))
    s.commit()
    diane = await visit("diane", PAGE)
    await diane.sees("12 tickets read")

    s.get_one(Schedule, recurring.TASK).owner = ""
    s.commit()
    grouped(s, written(s, people.alice, PRINTERS))

    await diane.sees("Imprimante en panne")
    await diane.sees_no_more("Being looked for now…")


async def test_what_people_wrote_never_becomes_html(
    visit: Visit, s: Session, people: People
) -> None:
    title = '<img src=x onerror="alert(1)"> "quoted" imprimante'
    grouped(s, written(s, people.alice, [title] * 3), titles=[title])

    chloe = await visit("chloe", PAGE)

    await chloe.sees('data-testid="problem"')
    assert "<img src=x" not in chloe.shown()


async def test_the_page_costs_as_many_statements_however_much_recurs(
    cost: Cost, s: Session, people: People
) -> None:
    grouped(s, written(s, people.alice, PRINTERS))
    few = await cost("chloe", PAGE)
    more = [written(s, people.alice, PRINTERS) for _each in range(20)]
    grouped(s, *more)
    await cost("chloe", PAGE)  # which reads the groups into memory

    many = await cost("chloe", PAGE)

    assert len(many) <= len(few), many
    assert len(many) <= 13 + FRAME, many


async def test_who_sees_one_team_finds_its_problems_alone(
    visit: Visit, s: Session, people: People
) -> None:
    emile, team = limited(s, people)
    theirs = written(s, people.alice, PRINTERS)
    s.query(Ticket).update({"team_id": team.id})
    others = written(s, people.alice, ["Imprimante en panne chez le maire"] * 3)
    grouped(s, [*others, *theirs])
    people.alice = emile  # the fixture knows people by their names

    visitor = await visit("alice", PAGE)

    await visitor.sees('data-testid="problem"')
    assert "maire" not in visitor.shown()
