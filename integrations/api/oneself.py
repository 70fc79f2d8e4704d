"""Oneself: who the token speaks for, one’s profile, sessions and tokens."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from data.models import ApiToken, Role, User
from data.threads import in_thread
from integrations.api import shapes, wishes
from integrations.api.call import Answer, Anyone, KeepsProfile, KeepsTokens
from integrations.api.fields import Key
from integrations.api.shapes import Named, NewToken, TokenOut
from services import accounts, passwords, sessions, teams, tokens
from services.permissions import Actor
from services.tokens import Scope, Wish

router = APIRouter()


class Me(BaseModel):
    """Who the token speaks for, and what it may be used for."""

    id: int
    name: str
    email: str
    role: Role
    phone: str
    department: str
    language: str | None
    timezone: str | None
    theme: str
    wants_email: bool
    wants_sms: bool
    teams: list[Named]
    scopes: list[Scope]


class SessionOut(BaseModel):
    """A browser in which one is signed in."""

    id: int
    address: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class Sessions(BaseModel):
    """Where one is signed in, the one used last first."""

    items: list[SessionOut]


class Tokens(BaseModel):
    """Tokens that are alive, the newest first."""

    items: list[TokenOut]


@router.get("/me", response_model=Me, tags=["me"])
async def get_me(call: Anyone) -> Response:
    """Get who the token speaks for, and its scopes."""
    return await call.show(lambda s, by: _me(s, by, call))


@router.patch("/me", response_model=Me, tags=["me"])
async def change_me(call: KeepsProfile, body: wishes.ProfileChange) -> Response:
    """Change one’s own profile."""

    def work(s: Session, by: Actor) -> Answer:
        accounts.change_profile(s, by, **body.given())
        return _me(s, by, call)

    return await call.act(work)


@router.post("/me/password", status_code=204, tags=["me"])
async def change_password(call: KeepsProfile, body: wishes.PasswordChange) -> Response:
    """Change one’s own password; all one’s sessions end, tokens stay."""
    kept = await call.look(accounts.kept_of)
    old = await in_thread(passwords.compared, body.old, kept)
    new = await in_thread(passwords.worked, body.new)

    return await call.do(lambda s, by: accounts.change_password(s, by, old, new))


@router.get("/me/sessions", response_model=Sessions, tags=["me"])
async def list_sessions(call: KeepsProfile) -> Response:
    """List where one is signed in."""

    def work(s: Session, by: Actor) -> Answer:
        names = SessionOut.model_fields
        found = sessions.mine(s, by)
        items = [SessionOut(**{name: getattr(row, name) for name in names}) for row in found]
        return Answer(content=Sessions(items=items))

    return await call.show(work)


@router.delete("/me/sessions/{session}", status_code=204, tags=["me"])
async def revoke_session(call: KeepsProfile, session: Key) -> Response:
    """End one of one’s own sessions."""
    return await call.do(lambda s, by: sessions.revoke(s, by, session))


@router.get("/tokens", response_model=Tokens, tags=["tokens"])
async def list_tokens(
    call: KeepsTokens, of: Annotated[Literal["me", "all"], Query()] = "me"
) -> Response:
    """List one’s own tokens, or, as administrator, everybody’s; never the tokens themselves."""

    def work(s: Session, by: Actor) -> Answer:
        found = tokens.all(s, by) if of == "all" else tokens.mine(s, by)
        return Answer(content=Tokens(items=[shapes.token(row, row.user, by) for row in found]))

    return await call.show(work)


@router.post("/tokens", response_model=NewToken, status_code=201, tags=["tokens"])
async def create_token(call: KeepsTokens, body: wishes.TokenNew) -> Response:
    """Make a token of one’s own, with no scope that the asking token lacks; shown this once."""

    def work(s: Session, by: Actor) -> Answer:
        wish = Wish(name=body.name, scopes=body.scopes, days=body.days)
        return _made(s, by, *tokens.create(s, by, wish, within=call.bearer.scopes))

    return await call.act(work)


@router.post("/tokens/service", response_model=NewToken, status_code=201, tags=["tokens"])
async def create_service_token(call: KeepsTokens, body: wishes.ServiceTokenNew) -> Response:
    """Make a token for a system, with an account of its own; for administrators."""

    def work(s: Session, by: Actor) -> Answer:
        wish = Wish(name=body.name, scopes=body.scopes, days=body.days)
        within = call.bearer.scopes
        made = tokens.create_for_service(
            s, by, wish, role=body.role, user_id=body.user, within=within
        )
        return _made(s, by, *made)

    return await call.act(work)


@router.delete("/tokens/{token:int}", status_code=204, tags=["tokens"])
async def revoke_token(call: KeepsTokens, token: Key) -> Response:
    """End one of one’s own tokens, or, as administrator, anybody’s."""
    return await call.do(lambda s, by: tokens.revoke(s, by, token))


def _me(s: Session, by: Actor, call: Anyone) -> Answer:
    user = accounts.profile(s, by)
    names = [name for name in Me.model_fields if name not in ("teams", "scopes")]
    return Answer(
        content=Me(
            **{name: getattr(user, name) for name in names},
            teams=[Named(id=id_, name=name) for id_, name in teams.of(s, by)],
            scopes=sorted(call.bearer.scopes),
        )
    )


def _made(s: Session, by: Actor, row: ApiToken, secret: str) -> Answer:
    shown = shapes.token(row, s.get_one(User, row.user_id), by).model_dump()
    return Answer(
        content=NewToken(**shown, token=secret), kept=NewToken(**shown, token=None), status=201
    )
