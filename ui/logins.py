"""Who is behind a request: the session of its cookie, looked up at most every few seconds."""

import time
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.types import Scope

from data import db
from data.config import Settings
from data.threads import in_thread
from services import sessions, words

FRESH_SECONDS = 4.0  # a revocation is felt within five


@dataclass(frozen=True, slots=True)
class Login:
    """A living session, as the pages need to know it."""

    session_id: int
    user_id: int
    token: str
    language: str  # "" : the browser decides
    theme: str
    timezone: str


class Logins:
    """Looks sessions up by cookie and remembers the answer for FRESH_SECONDS."""

    def __init__(self, settings: Settings) -> None:
        self.cookie_name = "__Host-appticket" if settings.is_https else "appticket"
        self._default_language = settings.language
        self._known: dict[str, tuple[Login | None, float]] = {}
        self._times_forgotten = 0

    async def of(self, scope: Scope) -> Login | None:
        """Return the living session of a request, or None."""
        token = cookies(scope).get(self.cookie_name, "")
        if not 20 <= len(token) <= 100:
            return None
        found, until = self._known.get(token, (None, 0.0))
        if time.monotonic() < until:
            return found
        asked_at = self._times_forgotten
        login = await in_thread(_find, token)
        if len(self._known) > 20_000:
            self._known.clear()
        if asked_at == self._times_forgotten:  # else it may be from before the change
            self._known[token] = (login, time.monotonic() + FRESH_SECONDS)
        return login

    def forget(self) -> None:
        """Ask the database again for everybody: somebody signed out, or was shut out."""
        self._known.clear()
        self._times_forgotten += 1

    def language(self, scope: Scope, login: Login | None) -> str:
        """Return the language to speak: the person’s, the browser’s, the installation’s."""
        if login and login.language:
            return login.language
        wished = cookies(scope).get("language", "")
        if wished in words.LANGUAGES:
            return wished
        return words.preferred(header(scope, b"accept-language"), self._default_language)


def header(scope: Scope, name: bytes) -> str:
    """Return a header of the request, or an empty text."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def cookies(scope: Scope) -> dict[str, str]:
    """Return the cookies of the request; a malformed header has none."""
    try:
        jar = SimpleCookie(header(scope, b"cookie"))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def _find(token: str) -> Login | None:
    found = db.read(lambda s: sessions.find(s, token))
    if found is None:
        return None
    session, user = found
    return Login(
        session_id=session.id,
        user_id=user.id,
        token=token,
        language=user.language or "",
        theme=user.theme,
        timezone=user.timezone or "",
    )
