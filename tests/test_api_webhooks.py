"""Webhooks through the API: what the page does, and secrets that are shown once (C12)."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Event, Idempotency, Webhook
from services import deliveries, destinations, relay, webhooks
from services.deliveries import Outcome
from services.tokens import Scope
from tests.callers import Caller, Callers
from tests.conftest import People

RECEIVER = "https://93.184.215.14/hook"  # by address: nobody is asked where it is
GOOD: dict[str, Any] = {"name": "Supervision", "url": RECEIVER, "kinds": ["ticket.created"]}


async def made(caller: Caller, **values: Any) -> dict[str, Any]:
    answer = await caller.post("/webhooks", json={**GOOD, **values})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def sent(s: Session, outcome: Outcome) -> None:
    """Relay what happened and end every delivery so."""
    while relay.relay(s):
        pass
    s.commit()
    for parcel in deliveries.claim(s, 50):
        deliveries.settle(s, parcel, outcome)
    s.commit()


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_one_is_made_read_changed_and_removed(s: Session, callers: Callers) -> None:
    new = await made(callers.diane, with_internal=True)
    path = f"/webhooks/{new['id']}"
    read = await callers.diane.get(path)
    changed = await callers.diane.patch(path, json={"is_active": False, "name": "Autre"})
    listed = await callers.diane.get("/webhooks")
    gone = await callers.diane.delete(path)

    assert read.json() == {name: value for name, value in new.items() if name != "secret"}
    assert new["with_internal"] is True
    assert changed.json() == {**read.json(), "is_active": False, "name": "Autre"}
    assert listed.json() == {"items": [changed.json()]}
    assert gone.status_code == 204
    refused(await callers.diane.get(path), 404, "not_found")
    assert s.scalars(select(Webhook)).all() == []


async def test_one_made_switched_off_is_off(callers: Callers) -> None:
    assert (await made(callers.diane, is_active=False))["is_active"] is False


async def test_a_secret_is_shown_once_and_not_kept_with_the_answer(
    s: Session, callers: Callers
) -> None:
    key = {"Idempotency-Key": "k1"}
    first = await callers.diane.post("/webhooks", json=GOOD, headers=key)
    again = await callers.diane.post("/webhooks", json=GOOD, headers=key)
    path = f"/webhooks/{first.json()['id']}"
    rotated = await callers.diane.post(f"{path}/secret", headers={"Idempotency-Key": "k2"})
    repeated = await callers.diane.post(f"{path}/secret", headers={"Idempotency-Key": "k2"})

    assert first.json()["secret"].startswith("whsec_")
    assert again.json() == {**first.json(), "secret": None}
    assert rotated.json()["secret"] != first.json()["secret"]
    assert repeated.json()["secret"] is None
    (webhook,) = s.scalars(select(Webhook))
    assert webhooks.secret_of(webhook) == rotated.json()["secret"]
    kept = [row.body for row in s.scalars(select(Idempotency))]
    assert len(kept) == 2
    assert not any("whsec_" in body for body in kept)
    assert "whsec_" not in (await callers.diane.get(path)).text


async def test_a_repeated_request_is_answered_though_the_address_is_lost(callers: Callers) -> None:
    destinations.configure(["10.0.0.0/8"])
    wish: dict[str, Any] = {
        "json": {**GOOD, "url": "https://10.1.2.3/"},
        "headers": {"Idempotency-Key": "k1"},
    }
    first = await callers.diane.post("/webhooks", **wish)
    destinations.configure(())

    again = await callers.diane.post("/webhooks", **wish)

    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"url": "http://93.184.215.14/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://localhost/"}, "url"),  # only asking tells where this leads
        ({"kinds": ["user.created"]}, "kinds"),
        ({"kinds": []}, "kinds"),
        ({"name": " "}, "name"),
        ({"secret": "mine"}, "secret"),
        ({"is_active": "yes"}, "is_active"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_field(
    callers: Callers, more: dict[str, Any], field: str
) -> None:
    new = await made(callers.diane, name="Bonne")

    for answer in (
        await callers.diane.post("/webhooks", json={**GOOD, **more}),
        await callers.diane.patch(f"/webhooks/{new['id']}", json=more),
    ):
        refused(answer, 422, "invalid")
        assert [error["field"].partition(".")[0] for error in answer.json()["errors"]] == [field]


async def test_leave_for_http_is_weighed_with_the_address_it_is_for(callers: Callers) -> None:
    new = await made(callers.diane, url="http://93.184.215.14/", allows_http=True)

    answer = await callers.diane.patch(f"/webhooks/{new['id']}", json={"allows_http": False})

    refused(answer, 422, "invalid")


async def test_what_somebody_changed_meanwhile_stays(callers: Callers) -> None:
    new = await made(callers.diane)
    path = f"/webhooks/{new['id']}"
    tag = {"If-Match": (await callers.diane.get(path)).headers["ETag"]}
    await callers.diane.patch(path, json={"with_internal": True})

    for answer in (
        await callers.diane.patch(path, json={"name": "Autre"}, headers=tag),
        await callers.diane.post(f"{path}/secret", headers=tag),
        await callers.diane.delete(path, headers=tag),
    ):
        refused(answer, 412, "stale")
    now = (await callers.diane.get(path)).headers["ETag"]
    assert (await callers.diane.delete(path, headers={"If-Match": now})).status_code == 204


async def test_the_kinds_have_names_in_the_language_that_is_read(callers: Callers) -> None:
    english = await callers.diane.get("/webhooks/kinds", headers={"Accept-Language": "en"})
    french = await callers.diane.get("/webhooks/kinds", headers={"Accept-Language": "fr"})

    kinds = [item["kind"] for item in english.json()["items"]]
    assert kinds == list(webhooks.KINDS)
    assert {"kind": "ticket.created", "name": "Ticket created", "usual": True} in english.json()[
        "items"
    ]
    assert english.json() != french.json()
    assert (await made(callers.diane, kinds=kinds))["kinds"] == kinds


async def test_a_test_shows_in_the_log_and_can_be_sent_again(s: Session, callers: Callers) -> None:
    new = await made(callers.diane)
    path = f"/webhooks/{new['id']}"
    told = await callers.diane.post(f"{path}/test")
    sent(s, Outcome("gone", 410, "no more", is_final=True))

    (message,) = (await callers.diane.get(f"{path}/deliveries")).json()["items"]
    one = f"{path}/deliveries/{message['id']}"
    again = await callers.diane.post(f"{one}/resend")
    waiting = await callers.diane.get(one)

    assert (told.status_code, told.json()["kind"]) == (202, "webhook.tested")
    assert message["event"] == told.json()["event"]
    assert (message["state"], message["error"], message["status"]) == ("dead", "gone", 410)
    assert (message["answer"], message["attempts"], message["next_at"]) == ("no more", 1, None)
    assert again.json() == waiting.json()
    assert (waiting.json()["state"], waiting.json()["key"]) == ("pending", message["key"])
    assert waiting.json()["next_at"] is not None
    refused(await callers.diane.post(f"{one}/resend"), 409, "under_way")


async def test_the_log_is_read_page_by_page_and_by_state(s: Session, callers: Callers) -> None:
    new = await made(callers.diane)
    path = f"/webhooks/{new['id']}"
    for _n in range(3):
        await callers.diane.post(f"{path}/test")
    sent(s, Outcome(status=204))
    await callers.diane.post(f"{path}/test")
    sent(s, Outcome("gone", is_final=True))

    first = (await callers.diane.get(f"{path}/deliveries?limit=3")).json()
    second = (await callers.diane.get(f"{path}/deliveries?cursor={first['next']}")).json()
    dead = (await callers.diane.get(f"{path}/deliveries?state=dead")).json()

    ids = [item["id"] for item in (*first["items"], *second["items"])]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), second["next"]) == (4, None)
    assert [item["id"] for item in dead["items"]] == ids[:1]


async def test_a_message_is_of_its_own_webhook_only(s: Session, callers: Callers) -> None:
    one, other = await made(callers.diane), await made(callers.diane, name="Autre")
    await callers.diane.post(f"/webhooks/{one['id']}/test")
    sent(s, Outcome(status=204))
    (message,) = (await callers.diane.get(f"/webhooks/{one['id']}/deliveries")).json()["items"]

    elsewhere = f"/webhooks/{other['id']}/deliveries"
    assert (await callers.diane.get(elsewhere)).json()["items"] == []
    refused(await callers.diane.get(f"{elsewhere}/{message['id']}"), 404, "not_found")
    refused(await callers.diane.post(f"{elsewhere}/{message['id']}/resend"), 404, "not_found")
    refused(await callers.diane.get("/webhooks/999/deliveries"), 404, "not_found")


async def test_a_token_needs_the_scope_for_webhooks(
    s: Session, people: People, callers: Callers
) -> None:
    reader = callers.with_token(people.diane, Scope.WEBHOOKS_READ)
    writer = callers.with_token(people.diane, Scope.WEBHOOKS_WRITE)
    others = [scope for scope in Scope if scope is not Scope.ALL and "webhooks" not in scope]
    outsider = callers.with_token(people.diane, *others)
    new = await made(writer)

    assert (await reader.get("/webhooks")).json()["items"][0]["id"] == new["id"]
    assert (await writer.get("/webhooks")).status_code == 200
    refused(await reader.delete(f"/webhooks/{new['id']}"), 403, "scope_missing")
    refused(await outsider.get("/webhooks"), 403, "scope_missing")


async def test_who_does_not_administer_changes_and_asks_nothing(
    s: Session, callers: Callers
) -> None:
    new = await made(callers.diane)
    before = s.scalars(select(Event.id)).all()
    s.commit()

    for caller in (callers.alice, callers.bruno, callers.chloe, callers.driss):
        refused(await caller.post("/webhooks", json={**GOOD, "name": "x"}), 403, "not_allowed")
        refused(await caller.patch(f"/webhooks/{new['id']}", json={}), 403, "not_allowed")
        refused(await caller.post(f"/webhooks/{new['id']}/secret"), 403, "not_allowed")

    assert s.scalars(select(Event.id)).all() == before
