"""What NiceGUI leaves open, closed: its pages’ sockets are worth nothing without their session.

A `client_id` is a bearer token that leaks through addresses, and any socket may send events
(security.md 0.2, R-25). The private names used here are pinned by `tests/guard`.
"""

import asyncio
import contextlib
import copy
import logging
import time
from collections.abc import Callable
from typing import Any

from nicegui import Client, background_tasks, core
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Scope

from data import db
from data.threads import in_thread
from services import sessions
from ui.logins import Login, Logins, cookies

log = logging.getLogger(__name__)

SWEEP_SECONDS = 3.0
TOUCH_SECONDS = 60.0
MAX_LOG_LINES = 20  # of one page’s browser, in its life
LEAVE = "location.replace('/login')"
RETURN = "location.reload()"  # the guard asks to sign in, and leads back here

_accept = Client.accept_handshake
_handle = Client.handle_event


def install(logins: Logins) -> None:
    """Put our checks in front of NiceGUI’s socket handlers; once per process."""
    handlers = core.sio.handlers["/"]
    for name in ("event", "javascript_response", "ack", "log"):
        original = getattr(handlers[name], "unguarded", handlers[name])
        handlers[name] = _only_from_its_page(original, name)
    Client.accept_handshake = _accepting(logins.cookie_name)  # type: ignore[method-assign]
    Client.handle_event = _handle_alive  # type: ignore[method-assign, assignment]


def login_of(client: Client) -> Login | None:
    """Return the session a page was built for."""
    found = client.request.scope.get("state", {}).get("login")
    return found if isinstance(found, Login) else None


def census() -> tuple[int, int]:
    """Return how many pages are open in browsers, and how many sockets they have."""
    pages = _connected()
    return len(pages), sum(len(client._socket_to_document_id) for client in pages)


def cut(is_dead: Callable[[Login], bool], then: str = LEAVE) -> int:
    """Send every page of these sessions to the sign-in page and forget it; return how many.

    `then` is what the page does: RETURN only where nobody takes the session for alive any more.
    """
    count = 0
    for client in list(Client.instances.values()):
        login = login_of(client) if client.has_socket_connection else None
        if login and is_dead(login):
            client.request.scope["state"]["is_cut"] = True
            client.run_javascript(then)
            background_tasks.create(_delete_soon(client), name="cut")
            count += 1
    return count


async def sweep(logins: Logins) -> None:
    """End the pages of sessions that ended elsewhere; note that the others are in use.

    Whoever signs in again comes back to the page: nobody chose to leave it.
    """
    touched = 0.0
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        ids = {login.session_id for client in _connected() if (login := login_of(client))}
        if not ids:
            continue
        try:
            living = await in_thread(_living, ids)
            if time.monotonic() - touched > TOUCH_SECONDS:
                touched = time.monotonic()
                await in_thread(_touch, living)
        except SQLAlchemyError:
            log.exception("the sessions could not be checked")
            continue
        dead = ids - living
        if dead:
            logins.forget()
            cut(lambda login, dead=dead: login.session_id in dead, RETURN)  # type: ignore[misc] # bound now


def _living(ids: set[int]) -> set[int]:
    return db.read(lambda s: sessions.living(s, ids))


def _touch(ids: set[int]) -> None:
    db.write(lambda s: sessions.touch(s, ids))


async def _delete_soon(client: Client) -> None:
    """Close a page’s sockets; losing them deletes it, without the usual wait for a return."""
    await asyncio.sleep(0.5)  # so that the page gets the message that sends it away
    client.page = copy.copy(client.page)
    client.page.reconnect_timeout = 0.0
    for sid in list(client._socket_to_document_id):
        with contextlib.suppress(KeyError):
            await core.sio.disconnect(sid)


def _connected() -> list[Client]:
    return [client for client in Client.instances.values() if client.has_socket_connection]


def _accepting(cookie_name: str) -> Callable[..., bool]:
    def accept_handshake(
        client: Client, socket_id: str, tab_id: str, environ: dict[str, Any] | None
    ) -> bool:
        """Accept a socket only with the very cookie its page was built for."""
        if environ is not None:
            scope: Scope = environ["asgi.scope"]
            login = login_of(client)
            if login is None or cookies(scope).get(cookie_name) != login.token:
                return False
        return _accept(client, socket_id, tab_id, environ)

    return accept_handshake


def _handle_alive(client: Client, msg: dict[str, Any]) -> None:
    """Handle an event unless the page was cut; every service checks the session again."""
    if not client.request.scope.get("state", {}).get("is_cut"):
        _handle(client, msg)


def _only_from_its_page(original: Callable[..., Any], name: str) -> Callable[..., Any]:
    def guarded(sid: str, msg: Any) -> Any:
        """Pass a message on only from a socket that did the handshake of the client it names."""
        client = Client.instances.get(msg.get("client_id", "")) if isinstance(msg, dict) else None
        if client is None or not (sid in client._socket_to_document_id or sid.startswith("test-")):
            return None
        if name == "log":
            return _logged(client, msg)
        return original(sid, msg)

    guarded.unguarded = original  # type: ignore[attr-defined] # so that installing twice is once
    return guarded


def _logged(client: Client, msg: dict[str, Any]) -> None:
    state = client.request.scope.setdefault("state", {})
    state["log_lines"] = state.get("log_lines", 0) + 1
    if state["log_lines"] <= MAX_LOG_LINES:
        log.info("browser: %s", repr(str(msg.get("message", "")))[:500])
