"""A filled database as the measures of lists look at it: who looks, and what they narrow it to."""

from sqlalchemy import func, select

from data import db
from data.models import Category, Role, Status, Team, Ticket, User
from services import sessions
from services.filters import Scope
from services.permissions import Actor
from ui.fragments import around


class World:
    """A filled database and the people who look at it."""

    def __init__(self) -> None:
        with db.reading() as s:
            self.size = s.scalar(select(func.max(Ticket.number))) or 0
            lead = s.scalars(select(Ticket.lead_id).where(Ticket.lead_id.is_not(None))).first()
            self.requester_id = s.scalars(select(Ticket.requester_id)).first() or 0
            self.technician = sessions.actor_of(s, lead or 0)
            self.requester = sessions.actor_of(s, self.requester_id)
            self.team_id = s.scalars(select(Team.id)).first() or 0
            self.category_id = s.scalars(select(Category.id)).first() or 0
            some = select(User.id).where(User.role == Role.TECHNICIAN)
            self.leads = s.scalars(some.limit(10)).all()
        teams = frozenset({self.team_id})
        self.of_a_team = Actor(
            self.technician.id, Role.TECHNICIAN, "", team_ids=teams, sees_only_teams=True
        )

    def filters(self) -> dict[str, dict[str, str]]:
        """Return every filter a page offers, and some together, as its address has them."""
        views = {f"view {name}": {"view": name} for name in around.TABS}
        kinds = {f"status {each.value}": {"status": each.value} for each in Status}
        alone = {
            "priority": {"priority": "urgent"},
            "category": {"category": str(self.category_id)},
            "lead": {"lead": str(self.technician.id)},
            "nobody": {"lead": "none"},
            "team": {"team": str(self.team_id)},
            "requester": {"requester": str(self.requester_id)},
            "tag": {"tag": "vip"},
            "text": {"q": "imprimante"},
            "text, none": {"q": "zzz"},
            "lead and priority": {"lead": str(self.technician.id), "priority": "urgent"},
            "team and status": {"team": str(self.team_id), "status": "pending"},
        }
        anywhere = {f"{name}, all": {**one, "view": "all"} for name, one in alone.items()}
        return {**views, **kinds, **alone, **anywhere}

    def lookers(self) -> dict[str, tuple[Scope, Actor]]:
        """Return who looks at lists of what."""
        return {
            "queue": ("all", self.technician),
            "queue of a team": ("all", self.of_a_team),
            "my tickets": ("mine", self.requester),
            "mine of staff": ("mine", self.technician),
        }
