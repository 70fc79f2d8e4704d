"""People: accounts for the administrator, and finding somebody for staff."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from data.models import Role
from data.threads import in_thread
from integrations.api import shapes, wishes
from integrations.api.call import Answer, Call, ReadsUsers, WritesUsers, tagged
from integrations.api.fields import Key
from integrations.api.pages import linked, packed, unpacked
from integrations.api.shapes import UserOut
from services import passwords, users
from services.permissions import Action, Actor, require

router = APIRouter(tags=["users"])


class UserQuery(BaseModel):
    """Which accounts are wanted."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field("", max_length=200, description="Words of name, address or phone.")
    role: Role | None = None
    active: Literal["true", "false"] | None = None
    cursor: str | None = Field(None, max_length=1000)
    limit: int = Field(50, ge=1, le=users.MOST)


class UserPage(BaseModel):
    """Some accounts by name, and the cursor of those that follow; null at the end."""

    items: list[UserOut]
    next: str | None


class PersonQuery(BaseModel):
    """Whom one looks for."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field("", max_length=200)
    kind: Literal["anyone", "assignable"] = "anyone"
    limit: int = Field(10, ge=1, le=users.MOST)


class PersonHit(BaseModel):
    """Somebody found."""

    id: int
    name: str
    email: str
    role: Role
    department: str
    phone: str


class People(BaseModel):
    """Who was found, by name."""

    items: list[PersonHit]


@router.get("/users", response_model=UserPage)
async def list_users(call: ReadsUsers, wanted: Annotated[UserQuery, Query()]) -> Response:
    """List accounts by name, page by page; for administrators."""

    def work(s: Session, by: Actor) -> UserPage:
        page = users.page(
            s,
            by,
            text=wanted.q,
            role=wanted.role,
            active={"true": True, "false": False}.get(wanted.active or ""),
            after=unpacked(wanted.cursor),
            limit=wanted.limit,
        )
        return UserPage(items=[shapes.user(row) for row in page.users], next=packed(page.after))

    return await linked(call, work)


@router.post("/users", response_model=UserOut, status_code=201)
async def create_user(call: WritesUsers, body: wishes.UserNew) -> Response:
    """Create an account; for administrators."""
    given = _inside(body.model_dump())
    if body.password is not None:
        given["password"] = await _worked(call, body.password)

    def work(s: Session, by: Actor) -> Answer:
        return _told(s, by, users.create(s, by, **given).id, status=201)

    return await call.act(work)


@router.get("/users/{user}", response_model=UserOut)
async def get_user(call: ReadsUsers, user: Key) -> Response:
    """Get an account; for administrators."""
    return await call.show(lambda s, by: _told(s, by, user))


@router.patch("/users/{user}", response_model=UserOut)
async def change_user(call: WritesUsers, user: Key, body: wishes.UserChange) -> Response:
    """Change an account; another role or a deactivation ends the person’s sessions."""

    def work(s: Session, by: Actor) -> Answer:
        call.check_match(_told(s, by, user).tag)
        users.edit(s, by, user, **_inside(body.given()))
        return _told(s, by, user)

    return await call.act(work)


@router.post("/users/{user}/password", status_code=204)
async def set_password(call: WritesUsers, user: Key, body: wishes.PasswordSet) -> Response:
    """Give somebody a new password; their sessions end."""
    password = await _worked(call, body.password)

    return await call.do(lambda s, by: users.set_password(s, by, user, password))


@router.get("/people", response_model=People)
async def find_people(call: ReadsUsers, wanted: Annotated[PersonQuery, Query()]) -> Response:
    """Find active people by name, address or phone; for staff, requesters find nobody."""

    def work(s: Session, by: Actor) -> Answer:
        found = users.search(s, by, wanted.q, kind=wanted.kind, limit=wanted.limit)
        fields = PersonHit.model_fields
        items = [PersonHit(**{name: getattr(hit, name) for name in fields}) for hit in found]
        return Answer(content=People(items=items))

    return await call.show(work)


async def _worked(call: Call, password: str) -> str:
    """Hash a password before the transaction that keeps it, for whom it may be."""
    await call.look(lambda _s, by: require(by, Action.USER_MANAGE))
    return await in_thread(passwords.worked, password)


def _told(s: Session, by: Actor, user_id: int, *, status: int = 200) -> Answer:
    return tagged(shapes.user(users.get(s, by, user_id)), status=status)


def _inside(values: dict[str, Any]) -> dict[str, Any]:
    return {"team_ids" if name == "teams" else name: value for name, value in values.items()}
