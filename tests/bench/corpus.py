"""A believable helpdesk of any size, as `load` reads it: `python -m tests.bench.corpus N DIR`.

Three years of tickets, the old ones done and the last weeks open; teams, deadlines, conversations.
The same number gives the same file.
"""

import json
import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

LAST = datetime(2026, 11, 22, 18, 0, 0)  # noqa: DTZ001 - in the zone of the installation
SPAN = timedelta(days=3 * 365)
COMMON = "duplexeur"  # in the description of one ticket in a hundred
RARE, RARE_IN = "quetzalcoatl", 73_421  # in that of one alone
FIRST = [
    "Alice",
    "Bruno",
    "Camille",
    "David",
    "Emma",
    "Farid",
    "Hélène",
    "Inès",
    "Jules",
    "Karim",
    "Louise",
    "Marc",
    "Nadia",
]
FAMILY = [
    "Martin",
    "Bernard",
    "Dubois",
    "Petit",
    "Durand",
    "Leroy",
    "Moreau",
    "Simon",
    "Garcia",
    "Roux",
    "Faure",
    "Muller",
]
THINGS = [
    "Poste",
    "Imprimante",
    "Messagerie",
    "Téléphone",
    "Badge",
    "Écran",
    "Scanner",
    "Wifi",
    "Agenda",
    "Serveur",
]
PLACES = ("bâtiment A", "accueil", "atelier", "comptabilité", "agence de Lille", "direction")
FAULTS = (
    "ne répond plus",
    "affiche un message d’erreur",
    "redémarre sans prévenir",
    "est devenu très lent",
    "refuse le mot de passe",
    "fait un bruit anormal",
)
SENTENCES = (
    "J’ai déjà redémarré deux fois sans résultat.",
    "Mes collègues du même couloir ont le même souci.",
    "Je suis joignable sur mon poste toute la journée.",
    "Rien n’avait été modifié auparavant.",
    "Une solution provisoire me conviendrait.",
    "Le câble a été changé la semaine dernière.",
)
REQUESTERS, TECHNICIANS, TEAMS = 2000, 30, 6


def write(folder: Path, size: int) -> Path:
    """Write `size` tickets and their lists into a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "meta.json").write_text(json.dumps(meta()), encoding="utf-8")
    with (folder / "tickets.jsonl").open("w", encoding="utf-8") as file:
        for ticket in tickets(size):
            file.write(json.dumps(ticket, ensure_ascii=False) + "\n")
    return folder


def meta() -> dict[str, Any]:
    """Return the lists that tickets point into."""
    drawn = random.Random(1)

    def person(kind: str, n: int) -> dict[str, Any]:
        name = f"{drawn.choice(FIRST)} {drawn.choice(FAMILY)}"
        return {"email": f"{kind}{n:04d}@exemple.fr", "name": name}

    technicians = [{**person("tech", n), "teams": [n % TEAMS]} for n in range(TECHNICIANS)]
    return {
        "requesters": [person("user", n) for n in range(REQUESTERS)],
        "technicians": technicians,
        "teams": [f"Équipe {n + 1}" for n in range(TEAMS)],
        "categories": ["Matériel", "Matériel › Imprimante", "Logiciel", "Réseau", "Téléphonie"],
        "priorities": ["low", "normal", "high", "urgent"],
        "statuses": ["new", "in_progress", "pending", "resolved", "closed"],
        "source": "bench",
    }


def tickets(size: int) -> Iterator[dict[str, Any]]:
    """Yield the tickets, oldest first."""
    drawn = random.Random(2)
    for n in range(1, size + 1):
        age = n / size
        created = LAST - SPAN * (1 - age)
        is_open = drawn.random() < (0.013 if age < 0.95 else 0.25 if age < 0.99 else 0.75)
        status = drawn.choice((0, 1, 1, 2)) if is_open else 3 if age > 0.985 else 4
        updated = min(created + timedelta(minutes=drawn.randrange(5, 9000)), LAST)
        due = created + timedelta(days=drawn.choice((1, 2, 5, 10, 60)))
        technician = None if status == 0 else drawn.randrange(TECHNICIANS)
        requester = drawn.randrange(REQUESTERS)
        thing, place, fault = drawn.choice(THINGS), drawn.choice(PLACES), drawn.choice(FAULTS)
        yield {
            "id": n,
            "title": f"{thing} {place} : {fault}",
            "description": " ".join(drawn.choices(SENTENCES, k=7))
            + f" {COMMON}" * (n % 100 == 0)
            + f" {RARE}" * (n == RARE_IN),
            "category": drawn.randrange(5),
            "priority": drawn.choices((0, 1, 2, 3), (15, 60, 20, 5))[0],
            "status": status,
            "requester": requester,
            "technician": technician,
            "team": drawn.randrange(TEAMS) if drawn.random() < 0.9 else None,
            "created": f"{created:%Y-%m-%d %H:%M:%S}",
            "updated": f"{updated:%Y-%m-%d %H:%M:%S}",
            "closed": f"{updated:%Y-%m-%d %H:%M:%S}" if status > 2 else None,
            "due": f"{due:%Y-%m-%d %H:%M:%S}" if drawn.random() < 0.7 else None,
            "comments": list(_talk(drawn, created, requester, technician)),
        }


def _talk(
    drawn: random.Random, at: datetime, requester: int, technician: int | None
) -> Iterator[dict[str, Any]]:
    for place in range(drawn.choices(range(6), (5, 10, 25, 30, 20, 10))[0]):
        at = min(at + timedelta(minutes=drawn.randrange(5, 2000)), LAST)
        is_staff = place % 2 == 0 and technician is not None
        yield {
            "author_kind": "technician" if is_staff else "requester",
            "author": technician if is_staff else requester,
            "created": f"{at:%Y-%m-%d %H:%M:%S}",
            "body": drawn.choice(SENTENCES),
            "internal": is_staff and drawn.random() < 0.15,
        }


if __name__ == "__main__":
    write(Path(sys.argv[2]), int(sys.argv[1]))
