"""The gate: signing in and out, and the first administrator. Plain pages, real POSTs."""

import base64
import hmac
import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from htpy import Element, Node, a, button, div, form, input, label, nav, p, span

from data import db
from data.config import Settings
from data.threads import in_thread
from services import accounts, calendars, categories, passwords, sessions
from services.accounts import SignIn
from services.errors import DomainError, Invalid
from services.words import LANGUAGES, N_, _
from ui import guard, sockets
from ui.document import document
from ui.logins import Login, Logins

ENDONYMS = {"fr": "Français", "en": "English"}
_SETUP = "setup"  # the throttle’s account of the setup code


class Gate:
    """The gate’s routes, and the code that protects the first of them."""

    def __init__(self, settings: Settings, logins: Logins) -> None:
        self._settings = settings
        self._logins = logins
        self._signer = guard.next_signer(settings.secret_key)
        self.setup_code = setup_code(settings.secret_key)

    def router(self) -> APIRouter:
        """Return the routes."""
        found = APIRouter(include_in_schema=False)
        found.add_api_route("/login", self.login_page, methods=["GET"])
        found.add_api_route("/login", self.login, methods=["POST"])
        found.add_api_route("/logout", self.logout, methods=["POST"])
        found.add_api_route("/setup", self.setup_page, methods=["GET"])
        found.add_api_route("/setup", self.setup, methods=["POST"])
        return found

    async def login_page(self, request: Request, next: str = "", lang: str = "") -> Response:  # noqa: A002
        """Ask who one is; an installation without administrator is set up first."""
        if await in_thread(db.read, accounts.needs_setup):
            return RedirectResponse("/setup", 303)
        if request.state.login:
            return RedirectResponse("/", 303)
        if lang in LANGUAGES:
            answer = RedirectResponse(f"/login?next={next}" if next else "/login", 303)
            answer.set_cookie("language", lang, max_age=31536000, samesite="lax", httponly=True)
            return answer
        return _page(_("Sign in"), _login_form(next), _languages(next))

    async def login(
        self,
        request: Request,
        email: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "",  # noqa: A002
    ) -> Response:
        """Sign in: a new session each time, an old one presented with it is over."""
        address = _address(request)
        kept = await in_thread(db.read, lambda s: accounts.kept(s, email, address=address))
        if kept is not None:
            password = await in_thread(passwords.compared, password, *kept)
        outcome = await in_thread(db.write, lambda s: self._sign_in(s, request, email, password))
        if outcome.token is None:
            refusal = outcome.refusal.say() if outcome.refusal else ""
            shown = _login_form(next, email=email, problem=refusal)
            return _page(_("Sign in"), shown, _languages(next), status=422)
        self._logins.forget()
        answer = RedirectResponse(guard.next_path(self._signer, next), 303)
        self._set_cookie(answer, outcome.token)
        return answer

    async def logout(self, request: Request) -> Response:
        """End this session, and every page that lives by it."""
        login: Login | None = request.state.login
        if login:
            await in_thread(db.write, lambda s: accounts.sign_out(s, login.session_id))
            sockets.cut(lambda other: other.session_id == login.session_id)
        self._logins.forget()
        answer = RedirectResponse("/login", 303, headers={"Clear-Site-Data": '"cache", "storage"'})
        answer.delete_cookie(
            self._logins.cookie_name, path="/", secure=self._settings.is_https, httponly=True
        )
        return answer

    async def setup_page(self) -> Response:
        """Ask for the first administrator, once."""
        if not await in_thread(db.read, accounts.needs_setup):
            return RedirectResponse("/login", 303)
        return _page(_("Welcome to AppTicket"), _setup_form({}, {}))

    async def setup(
        self,
        request: Request,
        code: Annotated[str, Form()] = "",
        name: Annotated[str, Form()] = "",
        email: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
    ) -> Response:
        """Create the first administrator, for who has read the code in the terminal."""
        typed = {"name": name, "email": email}
        if not await in_thread(db.read, accounts.needs_setup):
            return RedirectResponse("/login", 303)
        try:
            await self._check_code(request, code)
            password = await in_thread(passwords.worked, password)
            token = await in_thread(
                db.write, lambda s: _set_up(s, request, {**typed, "password": password})
            )
        except Invalid as refusal:
            shown = _setup_form(typed, refusal.by_field())
            return _page(_("Welcome to AppTicket"), shown, status=422)
        except DomainError as refusal:
            shown = _setup_form(typed, {"code": refusal.say()})
            return _page(_("Welcome to AppTicket"), shown, status=422)
        answer = RedirectResponse("/", 303)
        self._set_cookie(answer, token)
        return answer

    async def _check_code(self, request: Request, code: str) -> None:
        typed = re.sub(r"[^A-Z2-7]", "", code.upper())
        is_right = hmac.compare_digest(typed, self.setup_code.replace("-", ""))
        address = _address(request)
        refusal = await in_thread(
            db.write, lambda s: accounts.counted(s, _SETUP, address, is_right=is_right)
        )
        if refusal:
            raise refusal
        if not is_right:
            raise Invalid({"code": N_("This is not the code that the terminal shows.")})

    def _sign_in(self, s: Any, request: Request, email: str, password: str) -> SignIn:
        outcome = accounts.sign_in(
            s,
            email,
            password,
            address=_address(request),
            user_agent=request.headers.get("user-agent", ""),
        )
        old = request.cookies.get(self._logins.cookie_name)
        if outcome.token and old:
            sessions.close_token(s, old)
        return outcome

    def _set_cookie(self, answer: Response, token: str) -> None:
        answer.set_cookie(
            self._logins.cookie_name,
            token,
            path="/",
            secure=self._settings.is_https,
            httponly=True,
            samesite="lax",
        )


def setup_code(secret_key: str) -> str:
    """Return the code that protects the setup; the same in every process of an installation."""
    digest = hmac.digest(secret_key.encode(), b"setup", "sha256")
    text = base64.b32encode(digest).decode()
    return "-".join(text[at : at + 4] for at in (0, 4, 8, 12))


def _set_up(s: Any, request: Request, given: Mapping[str, str]) -> str:
    user = accounts.set_up(s, name=given["name"], email=given["email"], password=given["password"])
    categories.seed(s)
    calendars.default(s)
    agent = request.headers.get("user-agent", "")
    return sessions.open(s, user.id, address=_address(request), user_agent=agent)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _page(heading: str, *content: Node, status: int = 200) -> Response:
    return HTMLResponse(document(heading, *content), status)


def _login_form(next_token: str, *, email: str = "", problem: str = "") -> Element:
    return form(method="post", action="/login")[
        input(type="hidden", name="next", value=next_token),
        next_token and not problem and p(".muted", id="on-the-way")[_("Sign in to go on.")],
        problem and p(".field-error", role="alert", id="problem")[problem],
        _field(
            "email", _("E-mail"), value=email, kind="email", complete="username", first=not email
        ),
        _field(
            "password",
            _("Password"),
            kind="password",
            complete="current-password",
            first=bool(email),
        ),
        button(".button.primary.wide", type="submit")[_("Sign in")],
    ]


def _setup_form(typed: Mapping[str, str], problems: Mapping[str, str]) -> Element:
    fields = (
        ("code", _("Code shown in the terminal"), "text", "one-time-code"),
        ("name", _("Your name"), "text", "name"),
        ("email", _("E-mail"), "email", "username"),
        ("password", _("Password (15 characters at least)"), "password", "new-password"),
    )
    wrong = next((name for name, *_rest in fields if name in problems), "code")
    return form(method="post", action="/setup")[
        p(".muted")[
            _("Create the administrator. The code is in the terminal where the server runs.")
        ],
        [
            _field(
                name,
                title,
                value=typed.get(name, ""),
                kind=kind,
                complete=complete,
                problem=problems.get(name, ""),
                first=name == wrong,
            )
            for name, title, kind, complete in fields
        ],
        button(".button.primary.wide", type="submit")[_("Create the administrator")],
    ]


def _field(
    name: str,
    title: str,
    *,
    value: str = "",
    kind: str = "text",
    complete: str = "",
    problem: str = "",
    first: bool = False,
) -> Element:
    return div(".gate-field")[
        label(for_=name)[title],
        input(
            type=kind,
            id=name,
            name=name,
            value=value,
            autocomplete=complete,
            required=True,
            autofocus=first,
            aria_invalid="true" if problem else None,
            aria_describedby=f"{name}-problem" if problem else None,
        ),
        problem and span(".field-error", id=f"{name}-problem", role="alert")[problem],
    ]


def _languages(next_token: str) -> Element:
    more = f"&next={next_token}" if next_token else ""
    return nav(".languages", aria_label=_("Language"))[
        [a(href=f"/login?lang={tag}{more}", lang=tag)[ENDONYMS[tag]] for tag in LANGUAGES]
    ]
