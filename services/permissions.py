"""Who may do what, in one table and one query. No other module compares roles (product.md 2)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import aliased

from data.models import Comment, Part, Role, Status, Ticket, TicketPerson
from services.errors import NotAllowed


class AssignPolicy(StrEnum):
    """Whom a technician may assign a ticket to; a setting of the administrator."""

    NOBODY = "nobody"
    OWN_TEAMS = "own_teams"
    ANYBODY = "anybody"


@dataclass(frozen=True, slots=True)
class Policy:
    """The administrator’s decisions that rights depend on."""

    technicians_assign: AssignPolicy = AssignPolicy.OWN_TEAMS
    technicians_delete: bool = True


@dataclass(frozen=True, slots=True)
class Actor:
    """The person, or the system, on whose behalf an operation runs; read again at each one."""

    id: int
    role: Role
    name: str = ""
    team_ids: frozenset[int] = frozenset()
    sees_only_teams: bool = False
    language: str = "fr"
    timezone: str = "Europe/Paris"
    policy: Policy = field(default_factory=Policy)

    @property
    def is_staff(self) -> bool:
        """Tell whether this person works on tickets rather than only asking."""
        return is_staff(self.role)


class Action(StrEnum):
    """What can be done, `object:verb`, alphabetical."""

    CATEGORY_MANAGE = "category:manage"
    CHANNEL_MANAGE = "channel:manage"
    DEADLINE_MANAGE = "deadline:manage"
    DELIVERY_MANAGE = "delivery:manage"
    QUEUE_SEE = "queue:see"
    REPORT_PLAN = "report:plan"
    REPORT_SEE = "report:see"
    SCHEDULE_MANAGE = "schedule:manage"
    SETTINGS_MANAGE = "settings:manage"
    STATS_NAMES = "stats:names"
    STATS_SEE = "stats:see"
    TEAM_MANAGE = "team:manage"
    TICKET_ACCEPT = "ticket:accept"
    TICKET_ASSIGN = "ticket:assign"
    TICKET_CANCEL = "ticket:cancel"
    TICKET_CLOSE = "ticket:close"
    TICKET_COMMENT = "ticket:comment"
    TICKET_CREATE = "ticket:create"
    TICKET_CREATE_FOR = "ticket:create_for"
    TICKET_DELETE = "ticket:delete"
    TICKET_EDIT = "ticket:edit"
    TICKET_NOTE = "ticket:note"
    TICKET_OBSERVE = "ticket:observe"
    TICKET_OVERRIDE = "ticket:override"
    TICKET_PURGE = "ticket:purge"
    TICKET_READ = "ticket:read"
    TICKET_REOPEN = "ticket:reopen"
    TICKET_RESOLVE = "ticket:resolve"
    TICKET_RESTORE = "ticket:restore"
    TICKET_TAKE = "ticket:take"
    TOKEN_MANAGE = "token:manage"  # noqa: S105 - no password
    TRASH_SEE = "trash:see"
    USER_MANAGE = "user:manage"
    WEBHOOK_MANAGE = "webhook:manage"


Rule = Callable[[Actor, Ticket | None], bool]


def _anybody(_by: Actor, _ticket: Ticket | None) -> bool:
    return True


def _is_staff(by: Actor, _ticket: Ticket | None) -> bool:
    return by.is_staff


def _is_admin(by: Actor, _ticket: Ticket | None) -> bool:
    return by.role is Role.ADMIN


def _leads(by: Actor, _ticket: Ticket | None) -> bool:
    return by.role in (Role.MANAGER, Role.ADMIN)


def _repairs(by: Actor, _ticket: Ticket | None) -> bool:
    return repairs(by.role)


def _repairs_or_asked(by: Actor, ticket: Ticket | None) -> bool:
    return _repairs(by, ticket) or (ticket is not None and ticket.requester_id == by.id)


def _closes(by: Actor, ticket: Ticket | None) -> bool:
    if _repairs(by, ticket):
        return True
    return ticket is not None and ticket.requester_id == by.id and ticket.status is Status.RESOLVED


def _assigns(by: Actor, _ticket: Ticket | None) -> bool:
    if by.role is Role.TECHNICIAN:
        return by.policy.technicians_assign is not AssignPolicy.NOBODY
    return by.role in (Role.MANAGER, Role.ADMIN)


def _deletes(by: Actor, ticket: Ticket | None) -> bool:
    if by.role is Role.TECHNICIAN:
        is_closed = ticket is not None and ticket.status is Status.CLOSED
        return by.policy.technicians_delete and not is_closed
    return by.role is Role.ADMIN


RULES: dict[Action, Rule] = {
    Action.CATEGORY_MANAGE: _is_admin,
    Action.CHANNEL_MANAGE: _is_admin,
    Action.DEADLINE_MANAGE: _is_admin,
    Action.DELIVERY_MANAGE: _is_admin,
    Action.QUEUE_SEE: _is_staff,
    Action.REPORT_PLAN: _leads,
    Action.REPORT_SEE: _leads,
    Action.SCHEDULE_MANAGE: _is_admin,
    Action.SETTINGS_MANAGE: _is_admin,
    Action.STATS_NAMES: _leads,
    Action.STATS_SEE: _is_staff,
    Action.TEAM_MANAGE: _is_admin,
    Action.TICKET_ACCEPT: _repairs,  # and it is theirs: `acceptance`
    Action.TICKET_ASSIGN: _assigns,
    Action.TICKET_CANCEL: _repairs_or_asked,
    Action.TICKET_CLOSE: _closes,
    Action.TICKET_COMMENT: _anybody,  # whoever may read
    Action.TICKET_CREATE: _anybody,
    Action.TICKET_CREATE_FOR: _is_staff,
    Action.TICKET_DELETE: _deletes,
    Action.TICKET_EDIT: _repairs,
    Action.TICKET_NOTE: _is_staff,
    Action.TICKET_OBSERVE: _is_staff,
    Action.TICKET_OVERRIDE: _is_admin,
    Action.TICKET_PURGE: _is_admin,
    Action.TICKET_READ: _anybody,  # whom `visible_to` lets see it
    Action.TICKET_REOPEN: _repairs_or_asked,
    Action.TICKET_RESOLVE: _repairs,
    Action.TICKET_RESTORE: _is_admin,
    Action.TICKET_TAKE: _repairs,
    Action.TOKEN_MANAGE: _is_admin,
    Action.TRASH_SEE: _is_admin,
    Action.USER_MANAGE: _is_admin,
    Action.WEBHOOK_MANAGE: _is_admin,
}


def allows(by: Actor, action: Action, ticket: Ticket | None = None) -> bool:
    """Tell whether the button should be shown; `require` decides whether it works."""
    return RULES[action](by, ticket)


def require(by: Actor, action: Action, ticket: Ticket | None = None) -> None:
    """Raise NotAllowed unless the actor may do this to this ticket."""
    if not allows(by, action, ticket):
        raise NotAllowed


def roles_allowed(action: Action) -> list[Role]:
    """Return the roles that may do what depends on no ticket."""
    return [role for role in Role if RULES[action](Actor(0, role), None)]


def assigns_only_own_teams(by: Actor) -> bool:
    """Tell whether `by` may assign only to members of their own teams."""
    return by.role is Role.TECHNICIAN and by.policy.technicians_assign is not AssignPolicy.ANYBODY


def assigns_to_nobody(by: Actor) -> bool:
    """Tell whether `by` may give tickets to nobody but themselves."""
    return by.role is Role.TECHNICIAN and by.policy.technicians_assign is AssignPolicy.NOBODY


def is_staff(role: Role) -> bool:
    """Tell whether people of this role work on tickets rather than only asking."""
    return role is not Role.REQUESTER


def repairs(role: Role) -> bool:
    """Tell whether people of this role can be put to work on a ticket."""
    return role in (Role.TECHNICIAN, Role.ADMIN)


def visible_to(by: Actor) -> Select[Ticket]:
    """Select the tickets this actor may know exist. Every list and every lookup starts here."""
    return select(Ticket).where(Ticket.deleted_at.is_(None), may_see(by))


def in_trash_of(by: Actor) -> Select[Ticket]:
    """Select the deleted tickets this actor may see."""
    seen = true() if allows(by, Action.TRASH_SEE) else false()
    return select(Ticket).where(Ticket.deleted_at.is_not(None), seen)


def may_see(by: Actor) -> ColumnElement[bool]:
    """Return the SQL condition under which `by` may read a ticket; `sees` is its twin in Python."""
    if by.role is Role.REQUESTER:
        return Ticket.number.in_(_asked_or_observed(by))
    ways = ways_to_see(by)
    return true() if ways is None else or_(*ways)


def ways_to_see(by: Actor) -> list[ColumnElement[bool]] | None:
    """Return the reasons for which `by` may read a ticket, each found by an index; None is all.

    Lists ask for each apart: with « or » between them, a database looks at every ticket.
    """
    if by.role in (Role.MANAGER, Role.ADMIN):
        return None
    if by.role is Role.TECHNICIAN and not by.sees_only_teams:
        return None
    if by.role is Role.REQUESTER:
        return [Ticket.requester_id == by.id, takes_part(by, Part.OBSERVER)]
    return [
        *(Ticket.team_id == team_id for team_id in sorted(by.team_ids)),
        Ticket.lead_id == by.id,
        Ticket.requester_id == by.id,
        takes_part(by, *Part),
    ]


def teams_counted(by: Actor) -> frozenset[int] | None:
    """Return the teams whose tickets count in the statistics `by` sees; None is all tickets.

    A manager all of whose teams see only their own tickets reads every ticket, but answers for
    these teams: figures are of theirs.
    """
    counts_all = by.role is Role.ADMIN or (by.is_staff and not by.sees_only_teams)
    return None if counts_all else by.team_ids


def sight(by: Actor) -> tuple[frozenset[int] | None, int]:
    """Return what decides which figures `by` sees: the same for two people, the same figures."""
    return teams_counted(by), 0 if allows(by, Action.STATS_NAMES) else by.id


def reads_reports_of(by: Actor, team_ids: Collection[int] | None) -> bool:
    """Tell whether `by` may read a report that counts the tickets of these teams; None is all."""
    if not allows(by, Action.REPORT_SEE):
        return False
    counted = teams_counted(by)
    return counted is None or (team_ids is not None and counted >= {*team_ids})


def takes_part(by: Actor, *among: Part) -> ColumnElement[bool]:
    """Return the SQL condition that `by` has one of these parts in a ticket."""
    parts = select(TicketPerson.ticket_number).where(TicketPerson.user_id == by.id)
    return Ticket.number.in_(parts.where(TicketPerson.part.in_(among)))


@dataclass(frozen=True, slots=True)
class Audience:
    """What decides who sees one ticket, loaded once to be compared with many people."""

    requester_id: int
    lead_id: int | None
    team_id: int | None
    helper_ids: frozenset[int]
    observer_ids: frozenset[int]
    is_deleted: bool


def sees(by: Actor, ticket: Audience) -> bool:
    """Tell whether `by` may read the ticket: the same answer as `may_see`, without a query."""
    if ticket.is_deleted:
        return False
    if by.role is Role.REQUESTER:
        return by.id == ticket.requester_id or by.id in ticket.observer_ids
    if by.role is not Role.TECHNICIAN or not by.sees_only_teams:
        return True
    people = {ticket.requester_id, ticket.lead_id, *ticket.helper_ids, *ticket.observer_ids}
    return ticket.team_id in by.team_ids or by.id in people


def comments_visible_to(by: Actor) -> ColumnElement[bool]:
    """Return the SQL condition on comments of a ticket that `by` may read."""
    return true() if allows(by, Action.TICKET_NOTE) else Comment.is_internal.is_(False)


def _asked_or_observed(by: Actor) -> Select[int]:
    """Select the numbers of the tickets of a requester.

    A table of its own and not an OR: MariaDB would look at every ticket there is.
    """
    own = aliased(Ticket)
    asked = select(own.number).where(own.requester_id == by.id)
    observed = select(TicketPerson.ticket_number).where(
        TicketPerson.user_id == by.id, TicketPerson.part == Part.OBSERVER
    )
    return select(asked.union(observed).subquery().c.number)
