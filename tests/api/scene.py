"""Something of Alice’s to call every operation on, made afresh for each call."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from data import db, files
from data.models import Burst, BurstTicket, Delivery, Event, LinkKind, Report, Role, Ticket
from services import (
    assignment,
    attachments,
    calendars,
    categories,
    comments,
    creation,
    deliveries,
    links,
    notifications,
    observers,
    relay,
    report_making,
    reports,
    sessions,
    sla,
    tags,
    teams,
    tokens,
    trash,
    users,
    views,
    webhooks,
)
from services.creation import NewTicket
from services.tokens import Scope, Wish
from tests.conftest import People

CHRISTMAS = date(2026, 12, 25)
DAY = date(2026, 11, 16)
PASSWORD = "trois bateaux rouges"
RECEIVER = "https://93.184.215.14/hook"  # by address: nobody is asked where it is
KINDS = ["ticket.created"]


@dataclass(frozen=True)
class Place:
    """A ticket of Alice’s with something of each kind on it, and whatever else she has."""

    ids: dict[str, Any]

    def path(self, template: str) -> str:
        """Fill in the parts of an address."""
        if "/trash/" in template or template.endswith("/restore"):
            return template.format(**{**self.ids, "number": self.ids["deleted"]})
        return template.format(**self.ids)


def place(s: Session, people: People, turn: int) -> Place:
    """Make one; `turn` keeps names apart."""
    alice, bruno, diane = people.alice, people.bruno, people.diane
    ticket = creation.create(s, alice, NewTicket(title="Imprimante", key=f"a{turn}"))
    other = creation.create(s, alice, NewTicket(title="Souris", key=f"b{turn}"))
    deleted = creation.create(s, alice, NewTicket(title="Écran", key=f"c{turn}"))
    number = ticket.number
    third = creation.create(s, alice, NewTicket(title="Clavier", key=f"d{turn}"))
    team = min(bruno.team_ids)
    for each in (number, other.number, third.number, deleted.number):
        assignment.assign(s, diane, each, team_id=team)
    comment = comments.say(s, alice, number, "Rien ne sort.")
    link = links.add(s, diane, number, LinkKind.RELATES_TO, other.number)
    external = links.add_external(s, diane, number, "https://exemple.fr")
    tags.add(s, diane, number, "imprimante")
    oscar = users.create(
        s, diane, name=f"Oscar {turn}", email=f"oscar{turn}@exemple.fr", role=Role.REQUESTER
    )
    observers.add(s, diane, number, oscar.id)
    assignment.add_helper(s, people.chloe, number, diane.id)
    attached = attachments.attach(s, alice, number, stored())
    trash.delete(s, diane, deleted.number)
    for row in tokens.mine(s, alice):
        if row.name == "script":
            tokens.revoke(s, alice, row.id)
    token, _secret = tokens.create(s, alice, Wish(name="script", scopes=[Scope.ALL]))
    sessions.open(s, alice.id)
    session = sessions.mine(s, alice)[0]
    made = {
        "team": teams.create(s, diane, name=f"Équipe {turn}").id,
        "category": categories.create(s, diane, name=f"Catégorie {turn}").id,
    }
    hook, _secret = webhooks.create(s, diane, name=f"Supervision {turn}", url=RECEIVER, kinds=KINDS)
    policy = sla.create(s, diane, name=f"Promesse {turn}", resolve_minutes=60)
    hours = calendars.create(s, diane, name=f"Horaires {turn}")
    closure = calendars.add_closure(s, diane, hours.id, starts_on=CHRISTMAS, ends_on=CHRISTMAS)
    for kept in views.mine(s, bruno):
        views.delete(s, bruno, kept.id)
    view = views.create(s, bruno, name=f"Vue {turn}", asked={"status": "new"})
    report = asked(s, people)
    burst = together(s, ticket, other, third)
    s.commit()
    test = webhooks.test(s, diane, hook.id)
    s.commit()
    while relay.relay(s) == relay.BATCH:
        s.commit()
    notification = notifications.page(s, alice).items[0].id
    delivery = arrived(s, test)
    return Place(
        {
            "number": number,
            "other": other.number,
            "deleted": deleted.number,
            "comment": comment.id,
            "link": link.id,
            "external": external.id,
            "person": oscar.id,
            "user": oscar.id,
            "attachment": attached.id,
            "token": token.id,
            "session": session.id,
            "view": view.id,
            "webhook": hook.id,
            "delivery": delivery,
            "calendar": hours.id,
            "closure": closure.id,
            "notification": notification,
            "policy": policy.id,
            "report": report.id,
            "burst": burst.id,
            "ending": "pdf",
            "turn": turn,
            "bruno": bruno.id,
            **made,
        }
    )


def together(s: Session, *tickets: Ticket) -> Burst:
    """Return a burst of some tickets."""
    at = tickets[0].created_at
    burst = Burst(begun_at=at, last_at=at, told=[])
    s.add(burst)
    s.flush()
    s.add_all(
        BurstTicket(ticket_number=t.number, burst_id=burst.id, created_at=at) for t in tickets
    )
    return burst


def asked(s: Session, people: People) -> Report:
    """Return a report that Chloé asked for and that is made; of those before none is left."""
    s.execute(delete(Report))
    report = reports.ask(s, people.chloe, reports.Wish(first=DAY, last=DAY), today=DAY)
    s.commit()
    for work in report_making.parts():
        db.write(work)
    return report


def arrived(s: Session, event: Event) -> int:
    """Return the id of the message about an event, which its receiver took."""
    planned = s.scalars(select(Delivery.id).where(Delivery.event_id == event.id)).one()
    (parcel,) = deliveries.claim(s, 1, delivery_id=planned)
    deliveries.settle(s, parcel, deliveries.Outcome(status=204))
    s.commit()
    return parcel.id


def stored() -> files.Stored:
    """Return a file on disk."""
    intake = files.Intake()
    intake.write(b"paper jam")
    return intake.finish("log.txt")


def body_of(operation: str, at: Place) -> dict[str, Any]:
    """Return what an operation is sent, as httpx takes it."""
    if operation == "POST /tickets/{number}/attachments":
        return {"files": {"file": ("log.txt", b"paper jam")}}
    wishes: dict[str, Any] = {
        "POST /tickets": {"title": "Clavier"},
        "POST /tickets/bulk": {"items": [{"number": at.ids["number"], "action": "take"}]},
        "PATCH /tickets/{number}": {"title": "Autre"},
        "POST /tickets/{number}/assign": {"team": at.ids["team"]},
        "POST /tickets/{number}/refuse": {"reason": "En congé"},
        "POST /tickets/{number}/transition": {"status": "cancelled"},
        "POST /tickets/{number}/helpers": {"person": at.ids["bruno"]},
        "POST /tickets/{number}/observers": {"person": at.ids["user"]},
        "POST /tickets/{number}/tags": {"tag": "neuf"},
        "POST /tickets/{number}/comments": {"body": "Toujours rien."},
        "PATCH /tickets/{number}/comments/{comment}": {"body": "Rien du tout."},
        "POST /tickets/{number}/links": {"kind": "blocks", "other": at.ids["other"]},
        "POST /tickets/{number}/external-links": {"url": "https://exemple.org"},
        "POST /tickets/{number}/undo": {"event": 1},
        "POST /users": {"name": "Zoé", "email": f"zoe{at.ids['turn']}@exemple.fr"},
        "PATCH /users/{user}": {"phone": "01 23 45 67 89"},
        "POST /users/{user}/password": {"password": PASSWORD},
        "POST /teams": {"name": f"Neuve {at.ids['turn']}"},
        "PATCH /teams/{team}": {"description": "autre"},
        "POST /categories": {"name": f"Neuve {at.ids['turn']}"},
        "PATCH /categories/{category}": {"position": 3},
        "POST /reports": {"from": "2026-11-16", "to": "2026-11-22"},
        "POST /calendars": {"name": f"Neufs {at.ids['turn']}", "hours": "always"},
        "PATCH /calendars/{calendar}": {"holidays": "FR-mayotte"},
        "POST /calendars/{calendar}/closures": {
            "starts_on": "2026-12-24",
            "ends_on": "2026-12-31",
        },
        "POST /calendars/simulate": {
            "hours": "always",
            "start": "2026-11-27T17:30:00Z",
            "business_minutes": 30,
        },
        "POST /policies": {"name": f"Neuve {at.ids['turn']}", "resolve_minutes": 240},
        "POST /policies/order": {"policies": [at.ids["policy"]]},
        "PATCH /policies/{policy}": {"accept_minutes": 30},
        "PATCH /me": {"phone": "01 23 45 67 89"},
        "PATCH /me/preferences": {
            "paces": [{"kind": "comment", "channel": "email", "pace": "hourly"}]
        },
        "POST /me/password": {"old": "faux", "new": PASSWORD},
        "POST /views": {"name": "Urgents", "filter": {"priority": "urgent"}},
        "PATCH /views/{view}": {"name": "Très urgents"},
        "POST /webhooks": {"name": f"Tableau {at.ids['turn']}", "url": RECEIVER, "kinds": KINDS},
        "PATCH /webhooks/{webhook}": {"is_active": False},
        "POST /tokens": {"name": "autre", "scopes": ["tickets:read"]},
        "POST /tokens/service": {"name": "Nagios", "scopes": ["tickets:read"]},
    }
    return {"json": wishes[operation]} if operation in wishes else {}
