"""How the API answers: refusals, repeated requests, versions, limits (RFC 9457; C12; bad input)."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import ApiToken, Idempotency, Ticket
from services import comments, upkeep
from services.tokens import Scope
from tests.callers import BASE, Callers, calling
from tests.conftest import Clock, People


def count(s: Session, model: Any) -> int:
    s.rollback()
    return s.scalar(select(func.count()).select_from(model)) or 0


def problem(answer: httpx.Response, status: int, code: str, *fields: str) -> dict[str, Any]:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code), body
    assert body["type"] == f"urn:appticket:{code}"
    assert body["request_id"] == answer.headers["X-Request-Id"]
    assert [error["field"] for error in body["errors"]] == list(fields)
    return dict(body)


async def test_without_a_living_token_nothing_is_told(callers: Callers, ticket: Ticket) -> None:
    for sent in ({}, {"Authorization": "Bearer at_x"}, {"Authorization": "Basic YTpi"}):
        answer = await callers.client.get(f"{BASE}/tickets/{ticket.number}", headers=sent)
        problem(answer, 401, "bad_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_cookie_is_no_token(s: Session, people: People, callers: Callers) -> None:
    answer = await callers.client.get(f"{BASE}/me", headers={"Cookie": "appticket=anything"})

    problem(answer, 401, "bad_token")


async def test_a_token_does_what_its_scopes_say(
    people: People, callers: Callers, ticket: Ticket
) -> None:
    reader = callers.with_token(people.diane, Scope.TICKETS_READ)

    assert (await reader.get(f"/tickets/{ticket.number}")).status_code == 200
    refused = problem(await reader.post("/tickets", json={"title": "x"}), 403, "scope_missing")
    assert refused["facts"] == {"scope": "tickets:write"}
    problem(await reader.get("/users"), 403, "scope_missing")
    assert (await reader.get("/me")).json()["scopes"] == ["tickets:read"]


async def test_a_token_never_gives_more_than_its_owner_may(callers: Callers) -> None:
    problem(await callers.alice.get("/users"), 403, "not_allowed")
    problem(await callers.alice.get("/tokens?of=all"), 403, "not_allowed")


async def test_refusals_are_in_the_callers_language(callers: Callers, ticket: Ticket) -> None:
    wish = {"Accept-Language": "fr"}

    body = problem(
        await callers.bruno.post("/tickets", json={}, headers=wish), 422, "invalid", "title"
    )

    assert body["detail"] == "Certains champs sont à corriger."
    assert body["errors"][0]["message"] == "Ce champ est nécessaire."


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"title": 5}, ["title"]),
        ({"title": "x", "urgency": "huge"}, ["urgency"]),
        ({"title": "x", "category": "1"}, ["category"]),
        ({"title": "x", "category": 999}, ["category"]),
        ({"title": "x" * 301}, ["title"]),
        ({"title": "x", "number": 7, "version": 3}, ["number", "version"]),
        ({"title": "\ud800"}, ["title"]),
        ({"title": "   "}, ["title"]),
        ([], ["body"]),
    ],
)
async def test_the_wrong_field_is_named_and_nothing_is_made(
    s: Session, callers: Callers, body: Any, fields: list[str]
) -> None:
    sent = json.dumps(body).encode()

    answer = await callers.bruno.post(
        "/tickets", content=sent, headers={"Content-Type": "application/json"}
    )

    problem(answer, 422, "invalid", *fields)
    assert count(s, Ticket) == 0


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed"),
        (b"[" * 100_000, "application/json", 400, "malformed"),
        (b'{"title": ' + b"9" * 5000 + b"}", "application/json", 400, "malformed"),
        (b"title=x", "application/x-www-form-urlencoded", 415, "wrong_media_type"),
        (b'{"title": "x"}', "text/plain", 415, "wrong_media_type"),
        (b" " * (2**20 + 1), "application/json", 413, "too_large"),
    ],
)
async def test_a_body_that_is_none_is_refused(
    callers: Callers, content: bytes, kind: str, status: int, code: str
) -> None:
    answer = await callers.bruno.post("/tickets", content=content, headers={"Content-Type": kind})

    problem(answer, status, code)


async def test_a_body_longer_than_it_says_is_cut_off(callers: Callers) -> None:
    async def endless() -> Any:
        for _ in range(20):
            yield b" " * 2**17

    answer = await callers.bruno.post(
        "/tickets", content=endless(), headers={"Content-Type": "application/json"}
    )

    problem(answer, 413, "too_large")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=password_hash", "sort"),
        ("sort=requester.password_hash", "sort"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=abc", "cursor"),
        ("cursor=WyJ1cGRhdGVkIixmYWxzZSwiMjAyNiIsMV0", "cursor"),
        ("status=lost", "status.0"),
        ("team=x", "team"),
        ("assignee=1%20or%201", "assignee"),
        ("color=red", "color"),
    ],
)
async def test_a_list_takes_what_it_lists_and_no_more(
    callers: Callers, query: str, field: str
) -> None:
    problem(await callers.bruno.get(f"/tickets?{query}"), 422, "invalid", field)


async def test_what_is_not_there_is_a_problem_too(callers: Callers, ticket: Ticket) -> None:
    problem(await callers.bruno.get("/nothing"), 404, "not_found")
    problem(await callers.bruno.get("/tickets/0"), 404, "not_found")
    problem(await callers.bruno.get("/tickets/abc"), 404, "not_found")
    problem(await callers.bruno.get(f"/tickets/{2**63}"), 404, "not_found")
    wrong = await callers.bruno.send("PUT", f"/tickets/{ticket.number}")
    problem(wrong, 405, "wrong_method")
    assert "GET" in wrong.headers["Allow"]


async def test_the_same_request_twice_makes_one_ticket(s: Session, callers: Callers) -> None:
    sent: dict[str, Any] = {"json": {"title": "Écran"}, "headers": {"Idempotency-Key": "k1"}}

    first = await callers.alice.post("/tickets", **sent)
    second = await callers.alice.post("/tickets", **sent)
    foreign = await callers.driss.post("/tickets", **sent)

    assert second.content == first.content
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert foreign.json()["number"] != first.json()["number"]
    assert count(s, Ticket) == 2


async def test_the_same_request_many_times_at_once_makes_one_ticket(
    s: Session, callers: Callers
) -> None:
    sent: dict[str, Any] = {"json": {"title": "Écran"}, "headers": {"Idempotency-Key": "k1"}}

    answers = await asyncio.gather(*(callers.alice.post("/tickets", **sent) for _ in range(5)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert count(s, Ticket) == 1


async def test_a_key_is_for_one_request(s: Session, callers: Callers) -> None:
    key = {"Idempotency-Key": "k1"}
    await callers.alice.post("/tickets", json={"title": "Écran"}, headers=key)

    other = await callers.alice.post("/tickets", json={"title": "Souris"}, headers=key)

    problem(other, 422, "key_reused")
    problem(
        await callers.alice.post(
            "/tickets", json={"title": "x"}, headers={"Idempotency-Key": "k" * 256}
        ),
        422,
        "invalid",
        "Idempotency-Key",
    )
    assert count(s, Ticket) == 1


async def test_a_refused_request_may_be_sent_again(s: Session, callers: Callers) -> None:
    key = {"Idempotency-Key": "k1"}

    problem(await callers.alice.post("/tickets", json={}, headers=key), 422, "invalid", "title")

    made = await callers.alice.post("/tickets", json={"title": "Écran"}, headers=key)
    assert made.status_code == 201


async def test_a_kept_answer_lives_for_a_day(s: Session, callers: Callers, time: Clock) -> None:
    sent: dict[str, Any] = {"json": {"title": "Écran"}, "headers": {"Idempotency-Key": "k1"}}
    first = await callers.alice.post("/tickets", **sent)

    time.pass_by(hours=25)
    second = await callers.alice.post("/tickets", **sent)
    time.pass_by(hours=25)
    upkeep.clean(s)
    s.commit()

    assert second.json()["number"] != first.json()["number"]
    assert count(s, Idempotency) == 0


async def test_a_token_is_not_kept_with_its_answer(s: Session, callers: Callers) -> None:
    wish: dict[str, Any] = {
        "json": {"name": "Nagios", "scopes": ["tickets:write"]},
        "headers": {"Idempotency-Key": "k1"},
    }

    first = await callers.alice.post("/tokens", **wish)
    second = await callers.alice.post("/tokens", **wish)

    assert first.json()["token"].startswith("at_")
    assert second.json() == {**first.json(), "token": None}
    kept = s.scalars(select(Idempotency)).one()
    assert first.json()["token"] not in kept.body
    assert count(s, ApiToken) == 6  # the one made, and those the callers came with


async def test_the_version_one_has_read_is_the_one_that_is_changed(
    s: Session, callers: Callers, ticket: Ticket
) -> None:
    path = f"/tickets/{ticket.number}"
    tag = (await callers.bruno.get(path)).headers["ETag"]

    first = await callers.bruno.patch(path, json={"impact": "high"}, headers={"If-Match": tag})
    second = await callers.diane.patch(path, json={"impact": "low"}, headers={"If-Match": tag})
    taken = await callers.diane.post(f"{path}/take", headers={"If-Match": f'W/{tag}, "77"'})
    gone = await callers.diane.delete(path, headers={"If-Match": tag})
    anyhow = await callers.diane.patch(path, json={"impact": "low"}, headers={"If-Match": "*"})

    assert first.headers["ETag"] != tag
    for late in (second, taken, gone):
        problem(late, 412, "stale")
    assert anyhow.status_code == 200


async def test_a_note_does_not_move_the_tag(
    s: Session, people: People, callers: Callers, ticket: Ticket
) -> None:
    path = f"/tickets/{ticket.number}"
    before = await callers.alice.get(path)

    comments.say(s, people.bruno, ticket.number, "entre nous", internal=True)
    s.commit()

    after = await callers.alice.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, after.content) == (304, b"")


async def test_too_many_requests_are_told_when_to_go_on(s: Session, people: People) -> None:
    async with calling(s, people, api_rate=1) as callers:
        answers = [await callers.alice.get("/me") for _ in range(5)]
        other = await callers.bruno.get("/me")

    late = [answer for answer in answers if answer.status_code == 429]
    assert len(late) >= 2
    assert problem(late[0], 429, "too_many_requests")["facts"]["seconds"] >= 1
    assert int(late[0].headers["Retry-After"]) >= 1
    assert other.status_code == 200


async def test_who_guesses_tokens_is_slowed_down(s: Session, people: People) -> None:
    async with calling(s, people, api_rate=200) as callers:

        async def guess() -> int:
            sent = {"Authorization": "Bearer at_guessed"}
            return (await callers.client.get(f"{BASE}/me", headers=sent)).status_code

        assert (await callers.alice.get("/me")).status_code == 200
        assert 429 in [await guess() for _ in range(60)]
        assert (await callers.alice.get("/me")).status_code == 200  # a good one goes on coming
