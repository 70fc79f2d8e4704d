"""Reports through the API: asked for once, followed, read, downloaded, forgotten."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import db
from data.models import Report
from services import permissions, report_making, reports, sessions
from services.tokens import Scope
from tests.callers import Callers
from tests.conftest import People

DAYS = {"from": "2026-11-16", "to": "2026-11-22"}


def make() -> None:
    for work in report_making.parts():
        db.write(work)


async def test_a_report_is_asked_for_followed_and_read(callers: Callers) -> None:
    answer = await callers.chloe.post("/reports", json=DAYS)
    assert answer.status_code == 202, answer.text
    asked = answer.json()
    assert (asked["state"], asked["progress"], asked["kind"]) == ("waiting", 0, "chosen")
    path = f"/reports/{asked['id']}"
    early = await callers.chloe.get(f"{path}/pdf")
    assert (early.status_code, early.json()["code"]) == (404, "not_ready")
    assert (await callers.chloe.get(path)).json()["content"] is None

    make()

    found: dict[str, Any] = (await callers.diane.get(path)).json()
    assert (found["state"], found["first_day"], found["teams"]) == ("done", "2026-11-16", None)
    figures = {figure["name"]: figure["now"] for figure in found["content"]["figures"]}
    assert figures["created"] == 0
    for ending, begin, language, name in (
        ("pdf", b"%PDF-", "fr", "rapport-2026-11-16"),
        ("xlsx", b"PK", "en", "report-2026-11-16"),
    ):
        file = await callers.chloe.get(f"{path}/{ending}", params={"language": language})
        assert file.status_code == 200
        assert file.content.startswith(begin)
        assert f"attachment; filename*=UTF-8''{name}" in file.headers["content-disposition"]


async def test_a_key_asks_once(callers: Callers, s: Session) -> None:
    keyed = {"json": DAYS, "headers": {"Idempotency-Key": "lundi"}}

    first, again = [await callers.chloe.send("POST", "/reports", **keyed) for _ in range(2)]

    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(s.scalars(select(Report)).all()) == 1


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"from": "2026-11-23"}, ["to"]),
        ({"from": "x", "to": 1790000000}, ["from", "to"]),
        ({"from": "2026-02-30"}, ["from"]),
        ({"to": "2226-11-22"}, ["to"]),
        ({"team": 4711}, ["team"]),
        ({"language": "de"}, ["language"]),
        ({"colour": "red"}, ["colour"]),
    ],
)
async def test_what_is_wrong_is_named(
    callers: Callers, s: Session, more: dict[str, Any], fields: list[str]
) -> None:
    answer = await callers.chloe.post("/reports", json={**DAYS, **more})

    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == fields
    assert s.scalars(select(Report)).all() == []


async def test_too_many_at_a_time_are_refused(callers: Callers) -> None:
    for _ in range(reports.MOST_WAITING):
        assert (await callers.chloe.post("/reports", json=DAYS)).status_code == 202

    answer = await callers.chloe.post("/reports", json=DAYS)

    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_reports")


async def test_a_list_goes_on_by_its_cursor(callers: Callers) -> None:
    ids = [(await callers.chloe.post("/reports", json=DAYS)).json()["id"] for _ in range(3)]

    first = (await callers.diane.get("/reports", params={"limit": 2})).json()
    rest = (await callers.diane.get("/reports", params={"cursor": first["next"]})).json()

    assert [item["id"] for item in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None
    assert (await callers.diane.get("/reports", params={"cursor": "§"})).status_code == 422


async def test_a_token_needs_the_scope(callers: Callers, s: Session, people: People) -> None:
    chloe = sessions.actor_of(s, people.chloe.id)
    reader = callers.with_token(chloe, Scope.REPORTS_READ)
    other = callers.with_token(chloe, Scope.STATS_READ)

    assert (await reader.get("/reports")).status_code == 200
    assert (await reader.post("/reports", json=DAYS)).status_code == 403
    assert (await other.get("/reports")).status_code == 403


async def test_one_removes_what_one_asked_for(callers: Callers) -> None:
    of_diane = (await callers.diane.post("/reports", json=DAYS)).json()["id"]
    of_chloe = (await callers.chloe.post("/reports", json=DAYS)).json()["id"]

    assert (await callers.chloe.send("DELETE", f"/reports/{of_diane}")).status_code == 403
    assert (await callers.chloe.send("DELETE", f"/reports/{of_chloe}")).status_code == 204
    assert (await callers.chloe.get(f"/reports/{of_chloe}")).status_code == 404


@pytest.mark.parametrize("rest", ["", "/pdf", "/xlsx"])
async def test_who_sees_some_teams_gets_nothing_of_the_others(
    callers: Callers, people: People, monkeypatch: pytest.MonkeyPatch, rest: str
) -> None:
    (team,) = people.bruno.team_ids
    of_all = (await callers.diane.post("/reports", json=DAYS)).json()["id"]
    of_team = (await callers.diane.post("/reports", json={**DAYS, "team": team})).json()["id"]
    make()
    seen = permissions.teams_counted
    monkeypatch.setattr(
        permissions,
        "teams_counted",
        lambda by: frozenset({team}) if by.id == people.chloe.id else seen(by),
    )

    listed = (await callers.chloe.get("/reports")).json()["items"]

    assert [item["id"] for item in listed] == [of_team]
    assert (await callers.chloe.get(f"/reports/{of_all}{rest}")).status_code == 404
    assert (await callers.chloe.get(f"/reports/{of_team}{rest}")).status_code == 200
