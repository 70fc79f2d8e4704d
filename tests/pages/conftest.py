"""The whole site in this process, and people who open its pages without a browser."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpx
import pytest
import pytest_asyncio
from nicegui import background_tasks, ui
from nicegui.functions.download import download
from nicegui.functions.navigate import Navigate
from nicegui.functions.notify import notify
from nicegui.testing import User
from nicegui.testing.general import nicegui_reset_globals
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from data.config import Settings
from services import sessions
from services.permissions import Actor
from tests.conftest import People, Queries
from ui import live
from ui.feed import feed, presence
from ui.start import Site


class Visitor(User):
    """Somebody at a page: what it shows, and what its controls do."""

    def __init__(self, browser: httpx.AsyncClient, s: Session) -> None:
        super().__init__(browser)
        self._s = s

    def shown(self) -> str:
        """Return all HTML and texts of the page."""
        parts = []
        for element in self._client.elements.values():
            parts += [str(getattr(element, "content", "")), str(getattr(element, "text", ""))]
            parts += [str(element.props.get(name, "")) for name in ("label", "error-message")]
        return "\n".join(parts)

    async def sees(self, text: str) -> None:
        """Wait until the page shows a text."""
        await self._until(lambda: text in self.shown(), text)

    async def sees_no_more(self, text: str) -> None:
        """Wait until the page no longer shows a text."""
        await self._until(lambda: text not in self.shown(), f"no {text}")

    async def is_told(self, text: str) -> None:
        """Wait until a message says something."""
        await self._until(lambda: any(text in said for said in self.notify.messages), text)

    def press(self, mark: str, action: str, value: object = "") -> None:
        """Press a control of the HTML that holds `mark`, as the browser tells it."""
        self.fire(self._html(mark, "click"), "click", action, value)

    def change(self, mark: str, action: str, value: object) -> None:
        """Change a control of the HTML that holds `mark`, as the browser tells it."""
        self.fire(self._html(mark, "change"), "change", action, value)

    def hears(self, element: Any, kind: str) -> bool:
        """Tell whether an element listens to something that happens in the browser."""
        return any(listener.type == kind for listener in element._event_listeners.values())

    def fire(self, element: Any, kind: str, *told: object) -> None:
        """Let something happen to an element, as the browser tells all that listen to it."""
        listeners = [each for each in element._event_listeners.values() if each.type == kind]
        assert listeners, f"nothing listens to {kind}"
        for listener in listeners:
            named = {"id": element.id, "listener_id": listener.id}
            args = [json.dumps(value) for value in told]
            self._client.handle_event({"client_id": self._client.id, **named, "args": args})

    def has(self, name: str) -> bool:
        """Tell whether there is a control with a test id."""
        return any(e.props.get("data-testid") == name for e in self._client.elements.values())

    def field(self, name: str) -> Any:
        """Find a control by its test id; the newest one where a dialog asks again."""
        found = [
            element
            for element in self._client.elements.values()
            if element.props.get("data-testid") == name or getattr(element, "_name", "") == name
        ]
        assert found, name
        return found[-1]

    def click(self, name: str) -> None:
        """Click a button by its test id."""
        self.fire(self.field(name), "click", {})

    def _html(self, mark: str, kind: str) -> Any:
        for element in self._client.elements.values():
            if mark in str(getattr(element, "content", "")) and self.hears(element, kind):
                return element
        raise AssertionError(f"nothing to {kind} in {mark}")

    async def _until(self, is_so: Callable[[], bool], what: str) -> None:
        for _attempt in range(400):
            found = is_so()
            self._s.commit()  # the page writes while the test waits
            if found:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"never: {what}\n{self.shown()[:3000]}")


_IS_SEEN = re.compile(r".*isSeen.*")
Visit = Callable[[str, str], Awaitable[Visitor]]
Cost = Callable[[str, str], Awaitable[list[str]]]
# Statements of the frame: the cookie, who one is (session, teams, settings), colours, the bell.
FRAME = 6


@contextmanager
def _whole_modules() -> Iterator[None]:
    """Keep our modules: NiceGUI drops those that define pages after each test."""
    kept = {n: m for n, m in sys.modules.items() if n == "ui" or n.startswith("ui.")}
    try:
        yield
    finally:
        sys.modules.update(kept)


def _forget() -> None:
    """Forget what a process knows of another test’s database: ids begin anew in each.

    A task that a thread began in the last moment of another test has no loop any more; NiceGUI
    would wait for it at the end of this one, and for ever.
    """
    background_tasks.running_tasks.clear()
    background_tasks.lazy_tasks_running.clear()
    hub = live.hub
    for memory in (hub._ears, hub._seen, hub._waiting, hub._resting, hub._newest):
        memory.clear()
    for leases in (presence._leases, presence._listeners):
        leases.clear()
    feed._pages.clear()


@pytest.fixture
def s(s: Session, engine: Engine) -> Session:
    """The session of the test, which takes the write lock at once, as the application’s do.

    A page writes at moments of its own: SQLite refuses a reader that becomes a writer then.
    """
    s.bind = engine.execution_options(writes=True)
    return s


@pytest_asyncio.fixture
async def site(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """The site as `serve` runs it, but for the server."""
    monkeypatch.setenv("NICEGUI_USER_SIMULATION", "true")
    _forget()
    with _whole_modules(), nicegui_reset_globals():
        site = Site(Settings(secret_key="s" * 40, database_url=str(engine.url)))
        async with site.root.router.lifespan_context(site.root):
            yield site
        live.hub.stop()
        ui.navigate, ui.notify, ui.download = Navigate(), notify, download


_IS_OURS: ContextVar[bool] = ContextVar("ours", default=False)


@pytest.fixture
def queries(engine: Engine) -> Iterator[Queries]:
    """The statements of the pages that the test opens, and not of what the site does beside them.

    Threads and tasks keep the context of whoever began them; the loops of the site have another.
    """
    counted = Queries()

    def count(*told: Any) -> None:
        if _IS_OURS.get():
            counted.count(*told)

    event.listen(engine, "before_cursor_execute", count)
    yield counted
    event.remove(engine, "before_cursor_execute", count)


@pytest_asyncio.fixture
async def visit(
    site: Site, s: Session, people: People, queries: Queries, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Visit]:
    """Open a page as one of the personas; an error in the log fails the test."""
    browsers: list[httpx.AsyncClient] = []

    async def open_page(name: str, path: str) -> Visitor:
        who: Actor = getattr(people, name)
        token = sessions.open(s, who.id)
        s.commit()
        browser = httpx.AsyncClient(
            transport=httpx.ASGITransport(site.asgi),
            base_url="http://test",
            cookies={"appticket": token},
            headers={"Accept-Language": "en", "Origin": "http://test"},
        )
        browsers.append(browser)
        queries.statements.clear()
        _IS_OURS.set(True)
        visitor = Visitor(browser, s)
        visitor.javascript_rules[_IS_SEEN] = lambda _match: True
        await visitor.open(path)
        await visitor.sees("page-title")
        return visitor

    yield open_page
    for browser in browsers:
        await browser.aclose()
    wrong = [record for record in caplog.get_records("call") if record.levelname == "ERROR"]
    assert wrong == []


@pytest.fixture
def cost(visit: Visit, queries: Queries) -> Cost:
    """Build a page and return the statements this took, from the cookie to the last row."""

    async def of(name: str, path: str) -> list[str]:
        live.hub.stop()  # a page that hears of a change asks again, which is not its building
        await visit(name, path)
        found = [text for text in queries.statements if not text.startswith("BEGIN")]
        assert len(found) > FRAME
        return found

    return of
