"""Pages of lists: a cursor that nobody was given is refused, whatever is in it (C12)."""

import base64

import pytest

from tests.callers import Callers

ENORMOUS = 10**30


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("/users", f"{ENORMOUS}|Alice"),
        ("/users", "rubbish"),
        ("/tickets?sort=number", f'["number",false,{ENORMOUS},1]'),
        ("/tickets?sort=number", f'["number",false,1,{ENORMOUS}]'),
        ("/tickets", f'["updated",false,"2026-01-01T00:00:00+00:00",{ENORMOUS}]'),
        ("/trash", f'["deleted",false,"2026-01-01T00:00:00+00:00",{ENORMOUS}]'),
        ("/webhooks/{webhook}/deliveries", f"{ENORMOUS}"),
        ("/webhooks/{webhook}/deliveries", "-1"),
    ],
)
async def test_no_cursor_breaks_a_list(callers: Callers, path: str, raw: str) -> None:
    wish = {"name": "x", "url": "https://93.184.215.14/", "kinds": ["ticket.created"]}
    webhook = (await callers.diane.post("/webhooks", json=wish)).json()["id"]
    cursor = base64.urlsafe_b64encode(raw.encode()).decode()
    path += f"{'&' if '?' in path else '?'}cursor={cursor}"

    answer = await callers.diane.get(path.format(webhook=webhook))

    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]
