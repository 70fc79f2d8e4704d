"""The one door from a page to a service: who asks, a thread, a transaction, a refusal shown."""

import logging
from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, TypeVar

from nicegui import Client, ui
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from data import db
from data.models import Event, Role
from data.threads import in_thread
from services import sessions, words
from services.errors import DomainError, Invalid, SignedOut
from services.permissions import Actor
from services.words import N_
from ui import sockets
from ui.logins import Login

P = ParamSpec("P")
R = TypeVar("R")
log = logging.getLogger(__name__)


class Door:
    """Runs services as one person. Opened while the page is built, used as long as it lives."""

    def __init__(self, client: Client, login: Login) -> None:
        state = client.request.scope["state"]
        self.client = client
        self.login = login
        self.language: str = state["language"]
        self.zone: str = state["timezone"]
        self.by = Actor(login.user_id, Role.REQUESTER)  # as of the last operation
        self.offer_undo: Callable[[str, list[int]], None] = lambda _sentence, _event_ids: None

    async def __call__(
        self,
        service: Callable[Concatenate[Session, Actor, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R | None:
        """Run a service that changes something; None after a refusal, which the person has seen."""
        return await self.telling(self.attempt(service, *args, **kwargs))

    async def attempt(
        self,
        service: Callable[Concatenate[Session, Actor, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run a service that changes something and let its refusal through: the page shows it.

        A lost database becomes a refusal as well: what was typed stays where it is.
        """
        return await self._run(db.write, service, *args, **kwargs)

    async def look(
        self,
        service: Callable[Concatenate[Session, Actor, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R | None:
        """Run a service that only reads; None after a refusal, which the person has seen."""
        return await self.telling(self.see(service, *args, **kwargs))

    async def see(
        self,
        service: Callable[Concatenate[Session, Actor, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run a service that only reads and let its refusal through."""
        return await self._run(db.read, service, *args, **kwargs)

    async def act(
        self,
        sentence: str,
        service: Callable[Concatenate[Session, Actor, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R | None:
        """Run a service that changes something, say what was done, and offer to undo it."""
        return await self.telling(self.done(sentence, service, *args, **kwargs))

    async def done(
        self,
        sentence: str,
        service: Callable[Concatenate[Session, Actor, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Do as `act`, but let a refusal through: the form shows it."""
        recorded: list[Event] = []

        def noted(s: Session, by: Actor) -> R:
            outcome = service(s, by, *args, **kwargs)
            recorded[:] = s.info.get("recorded", [])
            return outcome

        noted.__qualname__ = service.__qualname__
        outcome = await self.attempt(noted)
        if recorded:  # what followed from the first is undone with it
            self.offer_undo(sentence, [recorded[0].id])
        return outcome

    def tell(self, sentence: str, *, good: bool = False) -> None:
        """Say a sentence to the person, in the page and to screen readers."""
        if not self.client.is_deleted:
            with self.client:
                ui.notify(sentence, type="positive" if good else "negative", position="bottom")

    def renew(self) -> None:
        """Let the next request look people up again: this one speaks another language now.

        The hub tells of the change as well, but a page that reloads is faster than it.
        """
        self.client.request.scope["state"]["ask_again"]()

    async def _run(
        self,
        how: Callable[[Callable[[Session], R]], R],
        service: Callable[Concatenate[Session, Actor, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        words.speak(self.language)

        def work(s: Session) -> R:
            # The actor is read again each time: a page may stay open for days, a role may not.
            self.by = sessions.actor(s, self.login.session_id)
            return service(s, self.by, *args, **kwargs)

        try:
            return await in_thread(how, work)
        except SQLAlchemyError as error:
            log.exception("the database failed in %s", service.__qualname__)
            raise DatabaseLost from error

    async def telling(self, work: Awaitable[R]) -> R | None:
        """Wait for some work; tell its refusal and return None instead."""
        try:
            return await work
        except Invalid as refusal:
            self.tell(" ".join(refusal.by_field().values()) or refusal.say())
        except DomainError as refusal:
            self._tell_refusal(refusal)
        return None

    def _tell_refusal(self, refusal: DomainError) -> None:
        if isinstance(refusal, SignedOut):
            sockets.cut(lambda login: login.session_id == self.login.session_id)
        else:
            self.tell(refusal.say())


class Place:
    """One place of a page that shows what is read: an answer never replaces a newer one.

    Readings run in threads, so the answer to an earlier question may come after that to a later.
    """

    def __init__(self, do: Door) -> None:
        self._do = do
        self._asked = 0
        self._shown = 0

    async def look(
        self,
        service: Callable[Concatenate[Session, Actor, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R | None:
        """Look as the door does; None too where a later question was answered meanwhile."""
        self._asked += 1
        turn = self._asked
        found = await self._do.look(service, *args, **kwargs)
        if turn < self._shown:
            return None
        self._shown = turn
        return found


class DatabaseLost(DomainError):
    """The database does not answer; nothing was changed, or it is safe to do it again."""

    code = "database_lost"
    sentence = N_("The server cannot save now. What you typed is still here: try again shortly.")


def door() -> Door:
    """Return the door of the person this page is built for; one for the life of the page."""
    client = ui.context.client
    opened = client.storage.get("door")
    if not isinstance(opened, Door):
        login = sockets.login_of(client)
        if login is None:
            raise SignedOut
        opened = client.storage["door"] = Door(client, login)
    words.speak(opened.language)
    return opened
