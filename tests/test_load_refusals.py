"""What `load` cannot read is named with its place, and nothing of it is loaded (docs/load.md)."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import Comment, Ticket, User
from integrations import bulk
from tests.loads import META, TICKET, ticket, write


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "must be an object"),
        (ticket(id=None), "id must be"),
        (ticket(id=True), "id must be"),
        (ticket(title=" "), "title: This field cannot be empty"),
        (ticket(title="x" * 301), "title: At most 300 characters"),
        (ticket(priority=4), "priority must be an index from 0 to 3, not 4"),
        (ticket(priority=-1), "priority must be an index"),
        (ticket(requester=None), "requester must be an index"),
        (ticket(category="Réseau"), "category must be an index"),
        (ticket(created="hier"), "created must be a date like"),
        (ticket(closed=None), "closed must be the date"),
        (ticket(channel="pigeon"), "channel must be one of web, phone"),
        (ticket(status=0), "technician: a new ticket has none"),
        (ticket(status=2, pending_reason="planned"), "wake must be the date"),
        (ticket(comments="none"), "comments must be a list"),
        (ticket(comments=[{**TICKET["comments"][2], "internal": True}]), "internal must be"),
        (ticket(comments=[{**TICKET["comments"][2], "body": ""}]), "body: This field"),
        (ticket(comments=[{**TICKET["comments"][2], "author_kind": "x"}]), "author_kind must"),
        (
            ticket(history=[{"created": "2026-03-02", "status": 3}]),
            "history: its last status",
        ),
    ],
)
def test_the_first_wrong_line_is_named_and_stops_the_load(
    s: Session, tmp_path: Path, line: Any, reason: str
) -> None:
    with pytest.raises(bulk.Rejected) as refused:
        bulk.load(write(tmp_path, ticket(1001), line, ticket(1003)))

    assert str(refused.value).startswith(f"tickets.jsonl line 2: {reason}")
    assert "Before it: Loaded 1 tickets." in str(refused.value)
    assert s.scalars(select(Ticket.number)).all() == [1001]
    assert s.scalar(select(func.count()).select_from(Comment)) == 3


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"statuses": ["Nouveau", "Perdu"]}, "statuses[1]: must be one of"),
        ({"priorities": "high"}, "priorities must be a list"),
        ({"requesters": [{"email": "zoe"}]}, "requesters[0]: email: Enter an e-mail address"),
        ({"requesters": ["zoe@exemple.org"]}, "requesters[0]: must be an object"),
        ({"technicians": [{"email": "t@exemple.org", "teams": [1]}]}, "technicians[0]: teams"),
        ({"categories": ["a › "]}, "categories[0]: name: This field cannot be empty"),
        ({"categories": [" › ".join("abcdef")]}, "categories[0]: the path is too"),
        ({"source": "a b"}, "source must be"),
    ],
)
def test_what_is_wrong_with_the_lists_is_named(
    s: Session, tmp_path: Path, wrong: dict[str, Any], reason: str
) -> None:
    with pytest.raises(bulk.Rejected) as refused:
        bulk.load(write(tmp_path, ticket(), meta=META | wrong))

    assert str(refused.value).startswith(f"meta.json: {reason}")
    assert s.scalars(select(User.email)).all() == []


@pytest.mark.parametrize("missing", ["meta.json", "tickets.jsonl"])
def test_a_missing_file_is_named(s: Session, tmp_path: Path, missing: str) -> None:
    there = write(tmp_path, ticket())
    (there / missing).unlink()

    with pytest.raises(bulk.Rejected, match=f"{missing} cannot be read: No such file"):
        bulk.load(there)
