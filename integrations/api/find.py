"""Finding: one search over all that one may read."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from integrations.api.call import Answer, ReadsTickets
from services import search
from services.permissions import Actor

router = APIRouter(tags=["search"])


class SearchQuery(BaseModel):
    """What one looks for: words, “exact phrases”, -without, and operators (docs/search.md)."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(min_length=1, max_length=400, examples=["imprimante statut:ouvert"])
    limit: int = Field(30, ge=1, le=search.MOST)


class HitOut(BaseModel):
    """Something found: a ticket by its number, a person by id; `score` is from 0 to 1."""

    kind: Literal["ticket", "user"]
    number: int | None
    id: int | None
    title: str
    excerpt: str
    score: float


class Hits(BaseModel):
    """What was found, best first."""

    items: list[HitOut]


@router.get("/search", response_model=Hits)
async def find(call: ReadsTickets, wanted: Annotated[SearchQuery, Query()]) -> Response:
    """Find tickets by title, description and comments, and people by name, best first."""

    def work(s: Session, by: Actor) -> Answer:
        found = search.everything(s, by, wanted.q, limit=wanted.limit)
        fields = HitOut.model_fields
        items = [HitOut(**{name: getattr(hit, name) for name in fields}) for hit in found.hits]
        return Answer(content=Hits(items=items))

    return await call.show(work)
