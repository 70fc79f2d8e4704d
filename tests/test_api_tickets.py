"""Tickets through the API: what the pages do, another system does (C12; product.md 5)."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import clock, db
from data.models import Category, Draft, Event, Status, Ticket
from services import creation, drafts, transitions
from services.creation import NewTicket
from tests.callers import Callers
from tests.conftest import People, Queries, happened
from tests.promises import policy

FIELDS = [
    "number",
    "title",
    "description",
    "type",
    "category",
    "status",
    "pending_reason",
    "urgency",
    "impact",
    "priority",
    "requester",
    "created_by",
    "channel",
    "team",
    "lead",
    "helpers",
    "observers",
    "tags",
    "created_at",
    "updated_at",
    "accept_due_at",
    "first_response_due_at",
    "resolve_due_at",
    "accepted_at",
    "first_response_at",
    "resolved_at",
    "closed_at",
    "version",
]


async def test_alice_opens_a_ticket_and_reads_it_back(s: Session, callers: Callers) -> None:
    s.add(Category(name="Imprimante", path="Imprimante"))
    s.commit()
    category = s.scalars(select(Category.id)).one()

    made = await callers.alice.post(
        "/tickets", json={"title": "Écran noir", "urgency": "high", "category": category}
    )

    assert made.status_code == 201
    ticket = made.json()
    assert made.headers["Location"] == f"/api/v1/tickets/{ticket['number']}"
    assert made.headers["ETag"] == '"1"'
    assert set(FIELDS) <= set(ticket)
    assert (ticket["status"], ticket["channel"], ticket["priority"]) == ("new", "api", "high")
    assert ticket["requester"]["name"] == "Alice"
    assert ticket["category"] == {"id": category, "name": "Imprimante", "path": "Imprimante"}
    assert datetime.fromisoformat(ticket["created_at"]).tzinfo == UTC
    assert (await callers.alice.get(f"/tickets/{ticket['number']}")).json() == ticket


async def test_driss_learns_nothing(callers: Callers, ticket: Ticket) -> None:
    absent = await callers.driss.get("/tickets/999")

    hidden = await callers.driss.get(f"/tickets/{ticket.number}")

    assert hidden.status_code == absent.status_code == 404
    assert {**hidden.json(), "request_id": ""} == {**absent.json(), "request_id": ""}
    assert (await callers.driss.get("/tickets")).json() == {"items": [], "next": None}


async def test_what_one_types_in_a_browser_is_left_alone(
    s: Session, people: People, callers: Callers, ticket: Ticket
) -> None:
    for context in ("new", f"comment:{ticket.number}"):
        drafts.save(s, people.alice, context, {"body": "à moitié"})
    s.commit()

    await callers.alice.post("/tickets", json={"title": "Souris"})
    await callers.alice.post(f"/tickets/{ticket.number}/comments", json={"body": "Toujours rien."})

    assert s.scalar(select(func.count()).select_from(Draft)) == 2


async def test_staff_open_one_for_a_caller(callers: Callers, people: People) -> None:
    made = await callers.bruno.post(
        "/tickets",
        json={
            "title": "Badge perdu",
            "requester": people.driss.id,
            "impact": "high",
            "channel": "phone",
            "tags": ["badge"],
            "observers": [people.alice.id],
        },
    )

    ticket = made.json()
    assert (ticket["requester"]["name"], ticket["created_by"]["name"]) == ("Driss", "Bruno")
    assert (ticket["channel"], ticket["tags"]) == ("phone", ["badge"])
    assert [person["name"] for person in ticket["observers"]] == ["Alice"]
    assert (await callers.bruno.get(f"/tickets/{ticket['number']}")).json() == ticket


async def test_a_ticket_just_made_is_not_read_again_to_be_told(
    s: Session, callers: Callers, people: People, queries: Queries
) -> None:
    policy(s, people.diane, accept_minutes=30, resolve_minutes=240)
    s.commit()
    wish = {
        "title": "Badge perdu",
        "requester": people.driss.id,
        "team": min(people.bruno.team_ids),
    }
    await callers.bruno.post("/tickets", json=wish)  # the row of numbers, the token’s last use
    queries.statements.clear()

    made = await callers.bruno.post("/tickets", json=wish)

    assert made.json()["requester"]["name"] == "Driss"
    assert made.json()["team"]["name"] == "Réseau"
    asked = [text for text in queries.statements if text.startswith("SELECT")]
    assert not [text for text in asked if "FROM ticket" in text or "JOIN ticket" in text]
    assert len([text for text in asked if "FROM user " in text]) == 2  # who asks, and for whom
    assert made.json()["resolve_due_at"]
    assert (await callers.bruno.get(f"/tickets/{made.json()['number']}")).json() == made.json()


async def test_the_life_of_a_ticket(s: Session, callers: Callers, ticket: Ticket) -> None:
    path = f"/tickets/{ticket.number}"

    taken = await callers.bruno.post(f"{path}/take")
    waits = await callers.bruno.post(
        f"{path}/transition", json={"status": "pending", "pending_reason": "requester"}
    )
    answered = await callers.alice.post(f"{path}/comments", json={"body": "La voilà."})
    resolved = await callers.bruno.post(f"{path}/transition", json={"status": "resolved"})
    closed = await callers.alice.post(f"{path}/transition", json={"status": "closed"})

    assert taken.json()["lead"]["name"] == "Bruno"
    assert (waits.json()["status"], waits.json()["pending_reason"]) == ("pending", "requester")
    assert answered.status_code == 201
    assert resolved.json()["resolved_at"]
    assert closed.json()["status"] == "closed"
    refused = await callers.diane.patch(path, json={"title": "Autre"})
    assert (refused.status_code, refused.json()["code"]) == (409, "closed")
    s.expire_all()
    assert happened(s, ticket.number)[-1] == "ticket.closed"


async def test_lead_and_team_are_given_and_taken_away(
    callers: Callers, people: People, ticket: Ticket
) -> None:
    path = f"/tickets/{ticket.number}/assign"
    team = min(people.bruno.team_ids)

    given = await callers.chloe.post(path, json={"lead": people.bruno.id, "team": team})
    left = await callers.chloe.post(path, json={"lead": None})

    assert (given.json()["lead"]["name"], given.json()["team"]["name"]) == ("Bruno", "Réseau")
    assert (left.json()["lead"], left.json()["team"]["id"]) == (None, team)


async def test_company_and_tags_come_and_go(
    callers: Callers, people: People, ticket: Ticket
) -> None:
    path = f"/tickets/{ticket.number}"

    await callers.diane.post(f"{path}/helpers", json={"person": people.bruno.id})
    await callers.diane.post(f"{path}/observers", json={"person": people.driss.id})
    full = (await callers.diane.post(f"{path}/tags", json={"tag": "c/c++ & co"})).json()
    await callers.diane.delete(f"{path}/helpers/{people.bruno.id}")
    await callers.diane.delete(f"{path}/observers/{people.driss.id}")
    bare = (await callers.diane.delete(f"{path}/tags", params={"tag": "c/c++ & co"})).json()

    assert [person["name"] for person in full["helpers"]] == ["Bruno"]
    assert [person["name"] for person in full["observers"]] == ["Driss"]
    assert full["tags"] == ["c/c++ & co"]
    assert (bare["helpers"], bare["observers"], bare["tags"]) == ([], [], [])


async def test_a_list_goes_on_page_by_page_in_order(
    s: Session, people: People, callers: Callers
) -> None:
    for n in range(5):
        creation.create(s, people.alice, NewTicket(title=f"Ticket {n}"))
    s.commit()

    found, path = list[int](), "/tickets?sort=created_at&limit=2"
    while path:
        page = await callers.bruno.get(path)
        found += [item["number"] for item in page.json()["items"]]
        link = page.headers.get("Link", "")
        assert bool(link) is bool(page.json()["next"])
        path = link.partition("</api/v1")[2].partition(">")[0]

    assert found == sorted(found)
    assert len(found) == 5


async def test_a_list_is_narrowed(s: Session, people: People, callers: Callers) -> None:
    low = creation.create(s, people.alice, NewTicket(title="Écran", urgency="low")).number
    high = creation.create(s, people.driss, NewTicket(title="Souris", urgency="urgent")).number
    transitions.move(s, people.bruno, high, Status.RESOLVED)
    s.commit()

    async def numbers(query: str) -> list[int]:
        answer = await callers.bruno.get(f"/tickets?{query}")
        assert answer.status_code == 200, answer.text
        return sorted(item["number"] for item in answer.json()["items"])

    assert await numbers("status=new") == [low]
    assert await numbers("status=new,resolved") == await numbers("status=new&status=resolved")
    assert await numbers("status=new,resolved") == [low, high]
    assert await numbers("priority=low&priority=normal") == [low]
    assert await numbers(f"requester={people.driss.id}") == [high]
    assert await numbers("assignee=me") == [high]
    assert await numbers("assignee=none") == [low]
    assert await numbers("q=ecran") == [low]


async def test_the_trash_is_the_administrators(
    s: Session, callers: Callers, ticket: Ticket
) -> None:
    number = ticket.number
    path = f"/tickets/{number}"

    assert (await callers.bruno.delete(path)).status_code == 204
    assert (await callers.bruno.get("/trash")).status_code == 403
    listed = (await callers.diane.get("/trash")).json()["items"]
    restored = await callers.diane.post(f"{path}/restore")
    await callers.diane.delete(path)
    purged = await callers.diane.delete(f"/trash/{number}")

    assert [item["number"] for item in listed] == [number]
    assert restored.json()["deleted_at"] is None
    assert purged.status_code == 204
    s.expunge_all()
    assert s.get(Ticket, number) is None


async def test_an_action_is_undone(callers: Callers, ticket: Ticket) -> None:
    path = f"/tickets/{ticket.number}"
    await callers.bruno.patch(path, json={"title": "Autre"})
    line = (await callers.bruno.get(f"{path}/history")).json()["items"][-1]

    foreign = await callers.diane.post(f"{path}/undo", json={"event": line["id"]})
    undone = await callers.bruno.post(f"{path}/undo", json={"event": line["id"]})

    assert foreign.status_code == 404
    assert undone.json()["title"] == "Imprimante muette"


async def test_history_is_in_the_callers_language(callers: Callers, ticket: Ticket) -> None:
    path = f"/tickets/{ticket.number}/history"

    french = await callers.alice.get(path, headers={"Accept-Language": "fr-FR,fr;q=0.9"})
    english = await callers.alice.get(path, headers={"Accept-Language": "en"})

    assert french.json()["items"][0]["sentence"] == "a créé le ticket"
    assert english.json()["items"][0]["sentence"] == "created the ticket"
    assert french.headers["Content-Language"] == "fr"


async def test_many_gestures_have_a_result_each(
    s: Session, people: People, callers: Callers, ticket: Ticket
) -> None:
    other = creation.create(s, people.driss, NewTicket(title="Souris")).number
    s.commit()
    items = [
        {"number": other, "action": "take"},
        {"number": 999, "action": "take"},
        {"number": ticket.number, "action": "edit", "fields": {"title": ""}},
        {"number": ticket.number, "action": "edit", "fields": {"impact": "high"}, "version": 1},
        {"number": ticket.number, "action": "tag", "tag": "lot", "version": 1},
    ]

    valid = [item for item in items if item.get("fields") != {"title": ""}]
    answer = await callers.bruno.post("/tickets/bulk", json={"items": valid})

    assert (await callers.bruno.post("/tickets/bulk", json={"items": items})).status_code == 422
    results = answer.json()["items"]
    assert [result["status"] for result in results] == [200, 404, 200, 412]
    assert results[0]["ticket"]["lead"]["name"] == "Bruno"
    assert results[3]["problem"]["code"] == "stale"
    s.expire_all()
    assert s.get_one(Ticket, ticket.number).impact == "high"


async def test_what_a_refused_gesture_began_is_told_to_nobody(
    s: Session, callers: Callers, ticket: Ticket
) -> None:
    say = {"body": "Fini.", "resolve": True}  # a requester may speak, not resolve
    items = [{"number": ticket.number, "action": "comment", "comment": say}]
    told: list[Event] = []
    stop = db.on_commit(told.extend)

    answer = await callers.alice.post("/tickets/bulk", json={"items": items})
    stop()

    assert answer.json()["items"][0]["status"] == 403
    assert told == []
    s.expire_all()
    assert s.scalar(select(func.count()).select_from(Event).where(Event.kind.like("comment%"))) == 0


async def test_a_planned_wait_needs_a_date_to_come(callers: Callers, ticket: Ticket) -> None:
    path = f"/tickets/{ticket.number}/transition"
    wait = {"status": "pending", "pending_reason": "planned"}

    without = await callers.bruno.post(path, json=wait)
    naive = await callers.bruno.post(path, json={**wait, "wake_at": "2030-01-01T08:00:00"})
    ahead = await callers.bruno.post(path, json={**wait, "wake_at": "2999-01-01T08:00:00+02:00"})

    assert without.json()["errors"][0]["field"] == naive.json()["errors"][0]["field"] == "wake_at"
    assert ahead.json()["wake_at"] == "2999-01-01T06:00:00Z"
    assert clock.now().year < 2999


async def test_search_finds_what_is_said_and_who_it_is(
    people: People, callers: Callers, ticket: Ticket
) -> None:
    await callers.bruno.post(
        f"/tickets/{ticket.number}/comments", json={"body": "Bac à encre plein"}
    )

    found = (await callers.bruno.get("/search?q=ENCRE")).json()["items"]
    person = (await callers.bruno.get("/search?q=alice")).json()["items"]

    assert [(hit["kind"], hit["number"], hit["title"]) for hit in found] == [
        ("ticket", ticket.number, ticket.title)
    ]
    assert "encre" in found[0]["excerpt"]
    assert (person[0]["kind"], person[0]["id"]) == ("user", people.alice.id)
    assert (await callers.driss.get("/search?q=encre")).json() == {"items": [], "next": None}
    assert (await callers.bruno.get("/search?q=")).status_code == 422


async def test_views_are_kept_changed_and_forgotten_by_whose_they_are(
    people: People, callers: Callers
) -> None:
    (team,) = people.bruno.team_ids
    asked = {"priority": "urgent", "status": "new"}
    new = {"name": "Urgents", "filter": asked, "sort": "due", "team": team}

    made = (await callers.bruno.post("/views", json=new)).json()
    changed = {"name": "Très urgents", "team": None, "reverse": True}
    answer = (await callers.bruno.patch(f"/views/{made['id']}", json=changed)).json()

    assert (made["filter"], made["sort"], made["team"]) == (asked, "due", team)
    assert answer == {**made, **changed}
    assert (await callers.diane.patch(f"/views/{made['id']}", json=changed)).status_code == 404
    wrong = await callers.bruno.post("/views", json={"name": "x", "filter": {"status": "far"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "status")
    assert (await callers.bruno.delete(f"/views/{made['id']}")).status_code == 204
    assert (await callers.bruno.get("/views")).json() == {"items": []}
