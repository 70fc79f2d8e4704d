"""What `load` reads, for its tests: one ticket, the lists it points into, and a folder of both."""

import json
from pathlib import Path
from typing import Any

META: dict[str, Any] = {
    "source": "essai",
    "requesters": [
        {"email": "Zoe@exemple.org", "first": "Zoé", "last": "Roux", "phone": "01 23 45 67 89"},
        {"email": "yann@exemple.org", "name": "Yann Le Goff", "department": "Paie"},
    ],
    "technicians": [{"email": "tess@exemple.org", "name": "Tess", "teams": [0]}],
    "teams": ["Postes"],
    "categories": ["Matériel › Imprimante", "Réseau"],
    "priorities": ["Basse", "Normale", "Haute", "Urgente"],
    "statuses": ["Nouveau", "En cours", "En attente", "Résolu", "Clos", "Annulé"],
}
TICKET: dict[str, Any] = {
    "id": 1,
    "title": "Écran noir",
    "description": "Depuis ce matin.",
    "category": 0,
    "priority": 2,
    "status": 4,
    "requester": 0,
    "technician": 0,
    "created": "2026-03-02 09:00:00",
    "updated": "2026-03-03 12:00:00",
    "closed": "2026-03-03 12:00:00",
    "comments": [
        {"author_kind": "technician", "author": 0, "created": "2026-03-02 09:30:00",
         "body": "Câble changé ?", "internal": False},
        {"author_kind": "technician", "author": 0, "created": "2026-03-02 10:00:00",
         "body": "Garantie jusqu’en 2027.", "internal": True},
        {"author_kind": "requester", "author": 0, "created": "2026-03-02 11:00:00",
         "body": "Oui.", "internal": False},
    ],
}  # fmt: skip


def ticket(number: int | str = 1, **values: Any) -> dict[str, Any]:
    return {**TICKET, "id": number, **values}


def open_ticket(number: int = 1, **values: Any) -> dict[str, Any]:
    return ticket(number, status=0, technician=None, closed=None, comments=[], **values)


def write(folder: Path, *lines: Any, meta: dict[str, Any] | None = None) -> Path:
    """Write tickets as dicts, or raw lines as text, and their lists; return the folder."""
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "meta.json").write_text(json.dumps(meta or META), encoding="utf-8")
    (folder / "tickets.jsonl").write_text("\n".join(texts) + "\n", encoding="utf-8")
    return folder
