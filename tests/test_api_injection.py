"""Values never become statements: the same SQL for hostile and harmless ones (R-6, T-6)."""

import re

import pytest
from sqlalchemy import Engine, event

from data.models import Ticket
from data.text import clean_line
from tests.callers import Callers

HOSTILE = [
    "'",
    "\"'; DROP TABLE ticket; --",
    "x') OR 1=1 -- ",
    "\\",
    "\\'; SELECT 1",
    "/* */ # --",
    "%",
    "_",
    "100%_\\%",
    "+word -word >a <b ~c* (x) @5",
    '"une phrase" AND NEAR(a b) NOT c*',
    "title:x OR {title}: ^x",
    "nul\x00nul",
    "é" * 150 + "🦒",
    "${7*7} {{7*7}} {0.__class__}",
]
PLACES = [
    ("/tickets", "q"),
    ("/tickets", "tag"),
    ("/people", "q"),
    ("/users", "q"),
]


class Sent:
    """The statements sent, with their parameters left out."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.statements: list[str] = []

    def __enter__(self) -> list[str]:
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self.statements

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)

    def _note(self, _c: object, _cur: object, statement: str, *_: object) -> None:
        self.statements.append(statement)


def like(word: re.Match[str]) -> str:
    """Return a harmless word where there was one, a number where there was a number."""
    return "7" if word[0].isdecimal() else "mot"


@pytest.mark.parametrize("value", HOSTILE)
async def test_the_statements_are_those_for_a_harmless_value(
    engine: Engine, callers: Callers, ticket: Ticket, value: str
) -> None:
    await callers.diane.get("/me")  # notes the use of the token, once
    for path, name in PLACES:
        value = value[:40] if name == "tag" else value
        harmless = re.sub(r"\S+", like, clean_line(value)) or "mot"

        with Sent(engine) as hostile:
            answer = await callers.diane.get(path, params={name: value})
        with Sent(engine) as expected:
            await callers.diane.get(path, params={name: harmless})

        assert answer.status_code == 200, answer.text
        assert hostile == expected, (path, name)
        assert len(expected) > 2


@pytest.mark.parametrize("value", HOSTILE)
async def test_what_is_written_is_read_back(callers: Callers, ticket: Ticket, value: str) -> None:
    path = f"/tickets/{ticket.number}"

    changed = await callers.bruno.patch(path, json={"title": f"x {value}", "description": value})

    assert changed.status_code == 200
    assert changed.json()["title"] == clean_line(f"x {value}")
    found = await callers.bruno.get("/tickets", params={"q": clean_line(f"x {value}")[:100]})
    assert found.status_code == 200
