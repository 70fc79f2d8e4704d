"""Turns the event log of a ServiceNow instance into what `load` reads.

    python -m tests.acceptance.servicenow incident_event_log.csv.gz DIR

The log is that of the UCI repository, “Incident management process enriched event log” (CC BY 4.0):
one row each time an incident changed. Dates are day/month/year without a zone, read as Paris time.
"""

import csv
import gzip
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

Row = dict[str, str]

MISSING = "?"
STATUSES = ("new", "in_progress", "pending", "resolved", "closed")
STATUS = {
    "New": "new",
    "Active": "in_progress",
    "Awaiting User Info": "pending",
    "Awaiting Vendor": "pending",
    "Awaiting Problem": "pending",
    "Awaiting Evidence": "pending",
    "Resolved": "resolved",
    "Closed": "closed",
    "-100": "in_progress",  # five rows of the log; what it means is not known
}
REASON = {
    "Awaiting User Info": "requester",
    "Awaiting Evidence": "requester",
    "Awaiting Vendor": "supplier",
    "Awaiting Problem": "other_ticket",
}
PRIORITIES = ("low", "normal", "high", "urgent")
PRIORITY = {
    "1 - Critical": "urgent",
    "2 - High": "high",
    "3 - Moderate": "normal",
    "4 - Low": "low",
}
URGENCY = {"1 - High": "high", "2 - Medium": "normal", "3 - Low": "low"}
IMPACT = {"1 - High": "high", "2 - Medium": "medium", "3 - Low": "low"}
CHANNEL = {"Phone": "phone", "IVR": "phone", "Email": "email"}


def rows(log: Path, until: datetime | None = None) -> Iterator[Row]:
    """Yield the rows of the log, or only those of changes up to an instant."""
    with gzip.open(log, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if until is None or moment(row["sys_updated_at"]) <= until:
                yield row


def incidents(log: Path, until: datetime | None = None) -> Iterator[list[Row]]:
    """Yield the changes of each incident, in the order in which they were made."""
    for _number, changes in groupby(rows(log, until), key=lambda row: row["number"]):
        yield sorted(changes, key=lambda row: int(row["sys_mod_count"]))


def moment(text: str) -> datetime:
    """Return a date of the log: 5/3/2016 is the fifth of March."""
    return datetime.strptime(text, "%d/%m/%Y %H:%M")  # noqa: DTZ007 - `load` gives it the zone


def convert(log: Path, folder: Path, until: datetime | None = None) -> None:
    """Write meta.json and tickets.jsonl into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lists = _Lists()
    with (folder / "tickets.jsonl").open("w", encoding="utf-8") as file:
        for changes in incidents(log, until):
            file.write(json.dumps(_ticket(changes, lists)) + "\n")
    (folder / "meta.json").write_text(json.dumps(lists.meta()), encoding="utf-8")


class _Lists:
    """Gives everybody and everything the index under which the tickets point at it."""

    def __init__(self) -> None:
        self.callers: dict[str, int] = {}
        self.resolvers: dict[str, int] = {}
        self.groups: dict[str, int] = {}
        self.categories: dict[str, int] = {}

    @staticmethod
    def place(known: dict[str, int], name: str) -> int:
        return known.setdefault(name, len(known))

    def place_or_none(self, known: dict[str, int], name: str) -> int | None:
        return None if name == MISSING else self.place(known, name)

    def meta(self) -> dict[str, Any]:
        return {
            "source": "servicenow",
            "requesters": _people(self.callers),
            "technicians": _people(self.resolvers),
            "teams": list(self.groups),
            "categories": list(self.categories),
            "priorities": PRIORITIES,
            "statuses": STATUSES,
        }


def _people(names: Iterable[str]) -> list[dict[str, str]]:
    return [
        {"name": name, "email": f"{'-'.join(name.lower().split())}@servicenow.example"}
        for name in names
    ]


def _ticket(changes: list[Row], lists: _Lists) -> dict[str, Any]:
    last = changes[-1]
    caller = "Caller unknown" if last["caller_id"] == MISSING else last["caller_id"]
    return {
        **_stands(last, lists),
        "id": last["number"],
        "title": f"{last['category']}, {last['subcategory']}: {last['u_symptom']}",
        "category": lists.place_or_none(lists.categories, last["category"]),
        "requester": lists.place(lists.callers, caller),
        "priority": PRIORITIES.index(PRIORITY[last["priority"]]),
        "urgency": URGENCY[last["urgency"]],
        "impact": IMPACT[last["impact"]],
        "pending_reason": REASON.get(last["incident_state"]),
        "channel": CHANNEL.get(last["contact_type"], "web"),
        "created": str(moment(last["opened_at"])),
        "updated": str(moment(last["sys_updated_at"])),
        "resolved": None if last["resolved_at"] == MISSING else str(moment(last["resolved_at"])),
        "closed": str(moment(last["closed_at"])),
        "history": [
            {"created": str(moment(row["sys_updated_at"])), **_stands(row, lists)}
            for row in changes
        ],
    }


def _stands(row: Row, lists: _Lists) -> dict[str, Any]:
    """Return how an incident stood; here, one that somebody has to work on is in progress."""
    status = STATUS[row["incident_state"]]
    lead = lists.place_or_none(lists.resolvers, row["assigned_to"])
    if status == "new" and lead is not None:
        status = "in_progress"
    return {
        "status": STATUSES.index(status),
        "technician": lead,
        "team": lists.place_or_none(lists.groups, row["assignment_group"]),
    }


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
