"""Calendars through the API: made, read, changed, closed, removed; for administrators."""

from sqlalchemy.orm import Session

from services import calendars
from tests.callers import Callers

MONDAY = {"mon": [["09:00", "12:00"]]}


async def test_a_calendar_is_made_changed_and_removed(s: Session, callers: Callers) -> None:
    diane = callers.diane

    made = await diane.post("/calendars", json={"name": "Support", "hours": MONDAY})

    assert made.status_code == 201, made.text
    one = made.json()
    assert (one["holidays"], one["school_zone"], one["is_default"]) == ("FR", None, False)
    assert one["hours"]["mon"] == [["09:00", "12:00"]]
    assert one["hours"]["tue"] == []
    path = f"/calendars/{one['id']}"
    changed = await diane.patch(
        path,
        json={"holidays": None, "is_default": True},
        headers={"If-Match": made.headers["ETag"]},
    )
    assert (changed.json()["holidays"], changed.json()["is_default"]) == (None, True)
    stale = await diane.patch(path, json={"name": "x"}, headers={"If-Match": made.headers["ETag"]})
    assert stale.status_code == 412
    refused = await diane.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    items = (await diane.get("/calendars")).json()["items"]
    assert [(item["name"], item["is_default"]) for item in items] == [
        ("Support", True),
        ("Horaires d’ouverture", False),
    ]
    assert (await diane.delete(f"/calendars/{items[1]['id']}")).status_code == 204


async def test_days_are_closed_and_opened_again(s: Session, callers: Callers) -> None:
    path = f"/calendars/{calendars.default(s).id}"
    s.commit()
    days = {"starts_on": "2026-12-24", "ends_on": "2026-12-31", "name": "Noël"}

    made = await callers.diane.post(f"{path}/closures", json=days)

    assert made.status_code == 201, made.text
    one = await callers.diane.get(path)
    assert one.json()["closures"] == [{"id": made.json()["id"], **days}]
    assert one.headers["ETag"] == (await callers.diane.get(path)).headers["ETag"]
    closure = f"{path}/closures/{made.json()['id']}"
    assert (await callers.diane.delete(closure)).status_code == 204
    assert (await callers.diane.delete(closure)).status_code == 404
    assert (await callers.diane.get(path)).json()["closures"] == []


async def test_what_makes_no_sense_is_named(callers: Callers) -> None:
    async def fields(**wish: object) -> list[str]:
        answer = await callers.diane.post("/calendars", json={"name": "x", "hours": MONDAY, **wish})
        assert answer.status_code == 422, answer.text
        return sorted(error["field"] for error in answer.json()["errors"])

    assert await fields(hours={}) == ["hours"]
    assert await fields(hours={"mon": [["09:00", "08:00"]]}) == ["hours.mon"]
    assert await fields(timezone="Mars") == ["timezone"]
    assert await fields(holidays="DE", school_zone="Z") == ["holidays", "school_zone"]
    days = {"starts_on": "2026-12-31", "ends_on": "2026-12-24"}
    made = await callers.diane.post("/calendars", json={"name": "x", "hours": MONDAY})
    answer = await callers.diane.post(f"/calendars/{made.json()['id']}/closures", json=days)
    assert [error["field"] for error in answer.json()["errors"]] == ["ends_on"]
