"""Figures of a ServiceNow log computed straight from its rows: nothing of the program is used.

What the log says is taken as its readme defines it: of each incident the last row counts (highest
`sys_mod_count`, then the later in the file), dates are day/month/year of Europe/Paris, times are
differences of instants.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

Row = dict[str, str]

PARIS = ZoneInfo("Europe/Paris")
PRIORITY = {"1": "urgent", "2": "high", "3": "normal", "4": "low"}
URGENCY = {"1": "high", "2": "normal", "3": "low"}
IMPACT = {"1": "high", "2": "medium", "3": "low"}
CHANNEL = {"Phone": "phone", "IVR": "phone", "Email": "email"}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def rows(log: Path) -> list[Row]:
    with gzip.open(log, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def last_rows(all_rows: Iterable[Row]) -> list[Row]:
    last: dict[str, Row] = {}
    for row in all_rows:
        before = last.get(row["number"])
        if before is None or int(row["sys_mod_count"]) >= int(before["sys_mod_count"]):
            last[row["number"]] = row
    return list(last.values())


def instant(text: str) -> datetime | None:
    if text == "?":
        return None
    day, time = text.split(" ")
    d, m, y = map(int, day.split("/"))
    hour, minute = map(int, time.split(":"))
    return datetime(y, m, d, hour, minute, tzinfo=PARIS).astimezone(UTC)


def _local(row: Row) -> datetime:
    found = instant(row["opened_at"])
    assert found
    return found.astimezone(PARIS)


def _week(row: Row) -> str:
    year, week, _day = _local(row).isocalendar()
    return f"{year}-W{week:02}"


def _or_none(text: str) -> str:
    return "none" if text == "?" else " ".join(text.split())


DIMENSIONS: dict[str, Callable[[Row], str]] = {
    "priority": lambda row: PRIORITY[row["priority"][0]],
    "urgency": lambda row: URGENCY[row["urgency"][0]],
    "impact": lambda row: IMPACT[row["impact"][0]],
    "channel": lambda row: CHANNEL.get(row["contact_type"], "web"),
    "team": lambda row: _or_none(row["assignment_group"]),
    "technician": lambda row: _or_none(row["assigned_to"]),
    "category": lambda row: _or_none(row["category"]),
    "type": lambda _row: "incident",
    "month": lambda row: f"{_local(row):%Y-%m}",
    "week": _week,
    "weekday": lambda row: WEEKDAYS[_local(row).weekday()],
    "hour": lambda row: str(_local(row).hour),
    "day": lambda row: f"{_local(row):%Y-%m-%d}",
}


def by(some: Iterable[Row], dimension: str) -> dict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in some:
        found[DIMENSIONS[dimension](row)].append(row)
    return found


def figures(some: Sequence[Row]) -> dict[str, Any]:
    """Return what the log allows to know of `GET /stats`."""
    done = [row for row in some if row["incident_state"] in ("Resolved", "Closed")]
    open_ = [row for row in some if row["incident_state"] not in ("Resolved", "Closed", "Canceled")]
    made = sum(row["made_sla"] == "true" for row in done)
    missed = sum(row["made_sla"] == "false" for row in (*done, *open_))
    moved = [int(row["reassignment_count"]) for row in some]
    back = [int(row["reopen_count"]) for row in some]
    resolution = _hours(done, "resolved_at")
    closed = [row for row in done if row["incident_state"] == "Closed"]
    return {
        "created": len(some),
        "resolved": len(resolution),
        "closed": len(closed),
        "backlog": len(open_),
        "late": missed,
        "resolution_hours": _times(resolution),
        "closing_hours": _times(_hours(closed, "closed_at")),
        "first_response_hours": _times([]),
        "sla": {
            "n": made + missed,
            "made": made,
            "share": made / (made + missed) if made + missed else None,
        },
        "reassignments": {
            "mean": sum(moved) / len(moved) if moved else None,
            "tickets": sum(count > 0 for count in moved),
            "max": max(moved, default=None),
        },
        "reopened": {"tickets": sum(count > 0 for count in back), "times": sum(back)},
        "satisfaction": {"n": 0, "mean": None},
    }


def _hours(some: Iterable[Row], end: str) -> list[float]:
    pairs = [(instant(row["opened_at"]), instant(row[end])) for row in some]
    return [(b - a).total_seconds() / 3600 for a, b in pairs if a and b]


def _times(hours: list[float]) -> dict[str, Any]:
    if not hours:
        return {"n": 0, "mean": None, "median": None, "p90": None}
    return {
        "n": len(hours),
        "mean": sum(hours) / len(hours),
        "median": float(np.quantile(hours, 0.5)),
        "p90": float(np.quantile(hours, 0.9)),
    }


def differences(ours: dict[str, Any], theirs: dict[str, Any], path: str = "") -> list[str]:
    """Return where two answers differ: counts at all, other numbers by more than 1e-6."""
    found = []
    for name, their in theirs.items():
        our = ours[name]
        if isinstance(their, dict):
            found += differences(our, their, f"{path}{name}.")
        elif isinstance(their, float) and isinstance(our, (int, float)):
            if abs(our - their) > 1e-6 * max(1.0, abs(their)):
                found.append(f"{path}{name}: {our} is not {their}")
        elif our != their:
            found.append(f"{path}{name}: {our} is not {their}")
    return found
