"""`/bursts`: its shape, who may ask, what is hidden, and the tickets of one."""

from sqlalchemy.orm import Session

from tests import outages
from tests.callers import Callers
from tests.conftest import People
from tests.outages import OUTAGE, asked, look


async def test_a_burst_is_listed_read_and_hidden(
    callers: Callers, s: Session, people: People
) -> None:
    made = asked(s, outages.askers(s, people), *OUTAGE, "Changer mon clavier")
    look(s)

    (found,) = (await callers.bruno.get("/bursts")).json()["items"]
    key = found.pop("id")
    assert found == {
        "name": "Plus d’internet",
        "tickets": 3,
        "minutes": 1,
        "first": [{"number": t.number, "title": t.title} for t in made[:3]],
    }
    listed = (await callers.bruno.get(f"/tickets?burst={key}&sort=number")).json()["items"]
    assert [item["number"] for item in listed] == [ticket.number for ticket in made[:3]]

    assert (await callers.bruno.post(f"/bursts/{key}/hide")).status_code == 204

    assert (await callers.bruno.get("/bursts")).json() == {"items": []}
    assert len((await callers.diane.get("/bursts")).json()["items"]) == 1
    assert (await callers.bruno.post(f"/bursts/{key + 1}/hide")).status_code == 404


async def test_who_asks_is_refused(callers: Callers) -> None:
    assert (await callers.alice.get("/bursts")).status_code == 403
    assert (await callers.alice.post("/bursts/1/hide")).status_code == 403
