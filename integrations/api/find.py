"""Finding: one search over all that one may read."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from integrations.api.call import ReadsTickets
from integrations.api.pages import linked, packed, unpacked
from services import search
from services.permissions import Actor

router = APIRouter(tags=["search"])


class SearchQuery(BaseModel):
    """What one looks for: words, “exact phrases”, -without, and operators (docs/search.md)."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(min_length=1, max_length=400, examples=["imprimante statut:ouvert"])
    cursor: str | None = Field(None, max_length=1000, description="`next` of the page before.")
    limit: int = Field(search.PAGE, ge=1, le=search.MOST)


class HitOut(BaseModel):
    """Something found: a ticket by its number, a person by id; `score` is from 0 to 1."""

    kind: Literal["ticket", "user"]
    number: int | None
    id: int | None
    title: str
    excerpt: str
    score: float


class Hits(BaseModel):
    """What was found, best first, and the cursor of what follows; null at the end."""

    items: list[HitOut]
    next: str | None


@router.get("/search", response_model=Hits)
async def find(call: ReadsTickets, wanted: Annotated[SearchQuery, Query()]) -> Response:
    """Find tickets by title, description and comments, and people by name, best first.

    A page may be shorter than `limit` though another one follows.
    """

    def work(s: Session, by: Actor) -> Hits:
        cursor = unpacked(wanted.cursor)
        found = search.everything(s, by, wanted.q, limit=wanted.limit, cursor=cursor)
        fields = HitOut.model_fields
        items = [HitOut(**{name: getattr(hit, name) for name in fields}) for hit in found.hits]
        return Hits(items=items, next=packed(found.after))

    return await linked(call, work)
