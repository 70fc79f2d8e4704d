"""Files through the API: streamed up and down, for who sees what they hang on (R-1, R-13)."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.files import MAX_FILE_BYTES
from data.models import Attachment, Status, Ticket
from services import comments, creation, transitions
from services.creation import NewTicket
from tests.callers import Callers
from tests.conftest import People, happened

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


def sent(name: str = "log.txt", content: bytes = b"paper jam") -> dict[str, Any]:
    return {"files": {"file": (name, content)}}


def kept(s: Session) -> int:
    s.rollback()
    return s.scalar(select(func.count()).select_from(Attachment)) or 0


async def test_a_file_goes_up_and_comes_down_unchanged(
    s: Session, callers: Callers, ticket: Ticket
) -> None:
    path = f"/tickets/{ticket.number}/attachments"
    content = bytes(range(256)) * 5000

    up = await callers.alice.post(path, **sent("Écran ’1’.bin", content))
    down = await callers.bruno.get(up.json()["url"].removeprefix("/api/v1"))

    assert (up.status_code, up.json()["name"]) == (201, "Écran ’1’.bin")
    assert down.content == content
    assert down.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%C3%89cran")
    assert down.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert [item["id"] for item in (await callers.alice.get(path)).json()["items"]] == [
        up.json()["id"]
    ]
    s.expire_all()
    assert happened(s, ticket.number)[-1] == "ticket.file_attached"


async def test_a_stranger_neither_puts_nor_gets(
    s: Session, callers: Callers, ticket: Ticket
) -> None:
    path = f"/tickets/{ticket.number}/attachments"
    url = (await callers.alice.post(path, **sent())).json()["url"].removeprefix("/api/v1")

    answers = [
        await callers.driss.post(path, **sent()),
        await callers.driss.get(path),
        await callers.driss.get(url),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert kept(s) == 1


async def test_a_file_is_found_under_its_own_ticket_only(
    s: Session, people: People, callers: Callers, ticket: Ticket
) -> None:
    other = creation.create(s, people.alice, NewTicket(title="Souris")).number
    s.commit()
    path = f"/tickets/{ticket.number}/attachments"
    made = (await callers.alice.post(path, **sent())).json()["id"]

    assert (await callers.alice.get(f"/tickets/{other}/attachments/{made}")).status_code == 404


async def test_the_file_of_a_note_does_not_exist_for_the_requester(
    s: Session, people: People, callers: Callers, ticket: Ticket
) -> None:
    note = comments.say(s, people.bruno, ticket.number, "entre nous", internal=True).id
    s.commit()
    path = f"/tickets/{ticket.number}/attachments"
    before = (await callers.alice.get(f"/tickets/{ticket.number}")).content

    made = (await callers.bruno.post(f"{path}?comment={note}", **sent())).json()

    assert made["comment"] == note
    assert len((await callers.bruno.get(path)).json()["items"]) == 1
    assert (await callers.alice.get(path)).json() == {"items": []}
    assert (await callers.alice.get(made["url"].removeprefix("/api/v1"))).status_code == 404
    assert (await callers.alice.get(f"/tickets/{ticket.number}")).content == before
    history = (await callers.alice.get(f"/tickets/{ticket.number}/history")).text
    assert "log.txt" not in history


async def test_files_hang_on_one_s_own_comments_only(
    s: Session, people: People, callers: Callers, ticket: Ticket
) -> None:
    comment = comments.say(s, people.alice, ticket.number, "Rien.").id
    s.commit()
    path = f"/tickets/{ticket.number}/attachments?comment={comment}"

    assert (await callers.bruno.post(path, **sent())).status_code == 403
    assert (await callers.alice.post(path, **sent())).status_code == 201
    said = (await callers.bruno.get(f"/tickets/{ticket.number}/comments")).json()["items"]
    assert [file["name"] for file in said[0]["attachments"]] == ["log.txt"]


async def test_what_is_no_file_is_refused(s: Session, callers: Callers, ticket: Ticket) -> None:
    path = f"/tickets/{ticket.number}/attachments"

    answers = [
        await callers.alice.post(path),
        await callers.alice.post(path, json={"file": "x"}),
        await callers.alice.post(path, data={"other": "x"}),
        await callers.alice.post(path, **sent("photo.png", b"<script>")),
        await callers.alice.post(path, **sent("long.bin", b"0" * (MAX_FILE_BYTES + 1))),
    ]

    for answer in answers:
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["file"]
    large = await callers.alice.post(path, **sent("huge.bin", b"0" * (MAX_FILE_BYTES + 2**21)))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert kept(s) == 0


async def test_the_same_upload_twice_is_one_file(
    s: Session, callers: Callers, ticket: Ticket
) -> None:
    path, key = f"/tickets/{ticket.number}/attachments", {"Idempotency-Key": "k1"}

    first = await callers.alice.post(path, headers=key, **sent("photo.png", PNG))
    second = await callers.alice.post(path, headers=key, **sent("photo.png", PNG))
    other = await callers.alice.post(path, headers=key, **sent("photo.png", PNG + b"1"))

    assert first.content == second.content
    assert other.json()["code"] == "key_reused"
    assert kept(s) == 1


async def test_a_closed_ticket_takes_no_file(
    s: Session, people: People, callers: Callers, ticket: Ticket
) -> None:
    for target in (Status.RESOLVED, Status.CLOSED):
        transitions.move(s, people.bruno, ticket.number, target)
    s.commit()

    answer = await callers.alice.post(f"/tickets/{ticket.number}/attachments", **sent())

    assert (answer.status_code, answer.json()["code"]) == (409, "closed")
