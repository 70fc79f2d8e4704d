"""Saved views: a filter and an order under a name, one’s own or shared with a team."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from data.models import Priority, SavedView, Status
from services import categories, checks, filters, lists
from services.errors import Invalid, NotFound
from services.filters import Filter
from services.permissions import Action, Actor, require
from services.tickets import LARGEST
from services.words import N_

MOST = 20  # views of one person: each is a tab with a number
MAX_NAME = 60
_IDS = ("team", "category", "requester", "burst")


def mine(s: Session, by: Actor) -> list[SavedView]:
    """Return one’s own views and those shared with one’s teams, in their order."""
    require(by, Action.QUEUE_SEE)
    seen = or_(SavedView.owner_id == by.id, SavedView.team_id.in_(by.team_ids))
    query = select(SavedView).where(seen).order_by(SavedView.position, SavedView.id)
    return list(s.scalars(query.limit(2 * MOST)))


def create(
    s: Session,
    by: Actor,
    *,
    name: str,
    asked: Mapping[str, Any],
    sort: str = "updated",
    reverse: bool = False,
    team_id: int | None = None,
) -> SavedView:
    """Keep a view, after one’s others; `asked` is as `checked` returns it.

    Raises:
        NotAllowed: requesters have no queue.
        Invalid: no name, an unknown filter or order, a team one is not in, more than MOST.
    """
    require(by, Action.QUEUE_SEE)
    query = select(func.count(), func.max(SavedView.position)).where(SavedView.owner_id == by.id)
    number, last = s.execute(query).one()
    if number >= MOST:
        raise Invalid({"name": N_("At most {at_most} views, please.")}, at_most=MOST)
    view = SavedView(
        owner_id=by.id,
        name=_name(name),
        asked=checked(asked),
        sort=_sort(sort),
        is_reversed=bool(reverse),
        team_id=_team(by, team_id),
        position=(last or 0) + 1,
    )
    s.add(view)
    s.flush()
    return view


def edit(s: Session, by: Actor, /, view_id: int, **values: Any) -> SavedView:
    """Rename a view, share it (`team_id`, None: with nobody), or keep another filter or order.

    Raises:
        NotFound: also for a view that somebody else shares: it is theirs.
        Invalid: as for `create`, or an unknown field.
    """
    view = _own(s, by, view_id)
    for field, value in values.items():
        if field not in _FIELDS:
            raise Invalid({field: N_("This field cannot be changed.")})
        setattr(view, field, _FIELDS[field](by, value))
    s.flush()
    return view


def delete(s: Session, by: Actor, view_id: int) -> None:
    """Forget a view, for oneself and whom it was shared with."""
    s.delete(_own(s, by, view_id))
    s.flush()


def move(s: Session, by: Actor, view_id: int, *, by_places: int) -> None:
    """Move one’s own view among one’s own: -1 is a place to the left."""
    view = _own(s, by, view_id)
    query = select(SavedView).where(SavedView.owner_id == by.id)
    ours = list(s.scalars(query.order_by(SavedView.position, SavedView.id)))
    place = ours.index(view)
    ours.remove(view)
    ours.insert(max(0, place + by_places), view)
    for position, each in enumerate(ours, 1):
        each.position = position
    s.flush()


def checked(asked: Mapping[str, Any]) -> dict[str, str]:
    """Return what a view asks for, checked field by field (R-6); what is empty is left out.

    Fields: view (a tab of the queue), status, priority, team, lead, category, requester, tag,
    burst, q.

    Raises:
        Invalid: an unknown field or value.
    """
    found = {}
    for field, value in asked.items():
        if field not in _ASKED or not isinstance(value, str) or not _ASKED[field](value):
            raise Invalid({field: N_("Choose one of the values offered.")})
        if value:
            found[field] = value
    return found


def filter_of(s: Session, asked: Mapping[str, Any]) -> Filter:
    """Return the filter of what a view asks for; what is damaged does not narrow."""
    good = {f: v for f, v in asked.items() if f in _ASKED and isinstance(v, str) and _ASKED[f](v)}
    below = categories.subtree_ids(s, int(good["category"])) if good.get("category") else None
    return narrowed(good, below or frozenset())


def narrowed(asked: Mapping[str, str], category_ids: frozenset[int]) -> Filter:
    """Return the filter of checked values; `category_ids` is the subtree of the category."""
    more: dict[str, Any] = {"text": asked.get("q", ""), "tag": asked.get("tag", "").casefold()}
    if asked.get("status"):
        more["statuses"] = frozenset({Status(asked["status"])})
    if asked.get("priority"):
        more["priorities"] = frozenset({Priority(asked["priority"])})
    if asked.get("category"):
        more["category_ids"] = category_ids or frozenset({int(asked["category"])})
    more["lead"] = asked.get("lead", "")
    for field in ("team", "requester", "burst"):
        more[f"{field}_id"] = int(asked[field]) if asked.get(field) else None
    base = filters.VIEWS[asked.get("view") or "open"]
    if not more["lead"]:
        more["lead"] = base.lead
    return replace(base, **more)


def count(s: Session, by: Actor, view: SavedView) -> int:
    """Return how many tickets of a view `by` may see, as far as lists count."""
    return lists.count(s, by, filter_of(s, view.asked))


def _own(s: Session, by: Actor, view_id: int) -> SavedView:
    view = s.get(SavedView, view_id) if 0 < view_id <= LARGEST else None
    if view is None or view.owner_id != by.id:
        raise NotFound
    return view


def _name(name: object) -> str:
    return checks.line("name", name, at_most=MAX_NAME, required=True)


def _sort(sort: object) -> str:
    if sort not in lists.SORTS or sort == "deleted":
        raise Invalid({"sort": N_("Choose one of the values offered.")})
    return str(sort)


def _team(by: Actor, team_id: object) -> int | None:
    if team_id in (None, 0):
        return None
    if not isinstance(team_id, int) or team_id not in by.team_ids:
        raise Invalid({"team_id": N_("Choose one of your teams.")})
    return team_id


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= 12


_ASKED: dict[str, Any] = {
    "view": lambda v: not v or v in filters.VIEWS,
    "status": lambda v: not v or v in set(Status),
    "priority": lambda v: not v or v in set(Priority),
    "lead": lambda v: v in ("", "me", "none") or _is_id(v),
    "tag": lambda v: len(v) <= filters.MAX_TEXT,
    "q": lambda v: len(v) <= filters.MAX_TEXT,
    **dict.fromkeys(_IDS, lambda v: not v or _is_id(v)),
}
_FIELDS: dict[str, Any] = {
    "name": lambda _by, v: _name(v),
    "team_id": _team,
    "asked": lambda _by, v: checked(v),
    "sort": lambda _by, v: _sort(v),
    "is_reversed": lambda _by, v: bool(v),
}
