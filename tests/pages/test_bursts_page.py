"""The banner of a burst: it comes, grows, is hidden and goes while pages are open."""

from sqlalchemy.orm import Session

from data.models import Status
from services import transitions
from tests import outages
from tests.conftest import People
from tests.outages import OUTAGE, asked, look
from tests.pages.conftest import FRAME, Cost, Visit

SAID = "3 similar tickets within 1 minute: “Plus d’internet”"


async def test_a_banner_comes_grows_and_goes(visit: Visit, s: Session, people: People) -> None:
    askers = outages.askers(s, people)
    bruno = await visit("bruno", "/queue")
    chloe = await visit("chloe", "/")
    assert 'data-testid="burst"' not in bruno.shown()

    made = asked(s, askers, *OUTAGE)
    look(s)
    await bruno.sees(SAID)
    await chloe.sees(SAID)

    made += asked(s, askers[3:], "Réseau coupé")
    look(s)
    await bruno.sees("4 similar tickets")

    for ticket in made:
        transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    s.commit()
    await chloe.sees_no_more("similar tickets")
    await bruno.sees_no_more("similar tickets")


async def test_who_hides_it_sees_it_no_more(visit: Visit, s: Session, people: People) -> None:
    asked(s, outages.askers(s, people), *OUTAGE)
    look(s)
    bruno = await visit("bruno", "/queue")
    home = await visit("bruno", "/")
    await bruno.sees(SAID)
    key = bruno.shown().partition("burst=")[2].partition('"')[0]

    bruno.press("hide-burst", "hide-burst", key)

    await bruno.sees_no_more(SAID)
    await home.sees_no_more(SAID)


async def test_a_list_and_a_ticket_of_a_burst(visit: Visit, s: Session, people: People) -> None:
    askers = outages.askers(s, people)
    made = asked(s, askers, *OUTAGE, "Changer mon clavier")
    bruno = await visit("bruno", f"/tickets/{made[0].number}")
    alice = await visit("alice", f"/tickets/{made[0].number}")

    look(s)

    await bruno.sees("Part of a burst of 3 similar tickets")
    key = bruno.shown().partition("burst=")[2].partition('"')[0]
    found = await visit("bruno", f"/queue?view=all&burst={key}")
    await found.sees("Similar tickets of one burst")
    assert f'data-key="{made[1].number}"' in found.shown()
    assert "Changer mon clavier" not in found.shown()
    for text in ("burst", "similar tickets"):
        assert text not in alice.shown()


async def test_a_banner_is_one_statement(cost: Cost, s: Session, people: People) -> None:
    asked(s, outages.askers(s, people), *OUTAGE)
    look(s)

    assert len(await cost("bruno", "/queue")) <= 8 + FRAME
    assert len(await cost("bruno", "/")) <= 8 + FRAME
