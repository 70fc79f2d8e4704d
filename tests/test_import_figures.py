"""Any log, imported: its figures are what a plain count of its rows gives."""

import csv
import gzip
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from data import db
from data.models import Role
from integrations import importers
from integrations.api.stats import as_json
from services import columns, statistics, words
from services.dimensions import Dimension
from services.permissions import Actor
from services.selections import EVERYTHING
from tests.acceptance import recount
from tests.acceptance.recount import Row

PARIS = ZoneInfo("Europe/Paris")
BEGIN = datetime(2016, 3, 20, tzinfo=PARIS)  # with both changes of the clocks ahead
MANAGER = Actor(1, Role.MANAGER)
STATES = (
    "New",
    "Active",
    "Awaiting User Info",
    "Awaiting Vendor",
    "Resolved",
    "Closed",
    "Canceled",
)

minutes = st.integers(0, 300 * 24 * 60)
several = st.lists(st.sampled_from(STATES), min_size=1, max_size=5)
some_number = st.integers(0, 9)


@st.composite
def incidents(draw: st.DrawFn, number: int) -> list[Row]:
    """The rows of one incident; the ends stand in all of them, as in the real log."""
    opened = BEGIN + timedelta(minutes=draw(minutes))
    resolved = opened + timedelta(minutes=draw(st.integers(0, 9000)))
    closed = resolved + timedelta(minutes=draw(st.integers(0, 9000)))
    at, rows = opened, []
    states = draw(several)
    for count, state in enumerate(states):
        at += timedelta(minutes=draw(st.integers(0, 3000)))
        rows.append(
            {
                "number": f"INC{number:07}",
                "incident_state": state,
                "active": "true" if state not in ("Closed", "Canceled") else "false",
                "reassignment_count": str(draw(some_number)),
                "reopen_count": str(draw(st.integers(0, 2))),
                "sys_mod_count": str(count),
                "made_sla": draw(st.sampled_from(["true", "false"])),
                "caller_id": draw(st.sampled_from(["Caller 1", "Caller  2", "?"])),
                "opened_at": day_first(opened),
                "sys_updated_at": day_first(at),
                "contact_type": draw(st.sampled_from(["Phone", "Email", "IVR", "Self service"])),
                "category": draw(st.sampled_from(["Category 1", "Category 2", "?"])),
                "impact": draw(st.sampled_from(["1 - High", "2 - Medium", "3 - Low"])),
                "urgency": draw(st.sampled_from(["1 - High", "2 - Medium", "3 - Low"])),
                "priority": draw(st.sampled_from(["1 - Critical", "2 - High", "4 - Low"])),
                "assignment_group": draw(st.sampled_from(["Group 1", "Group 2", "?"])),
                "assigned_to": draw(st.sampled_from(["Resolver 1", "Resolver 2", "?"])),
                "resolved_at": day_first(resolved),
                "closed_at": day_first(closed),
            }
        )
    unknown = draw(st.booleans()) and rows[-1]["incident_state"] == "Closed"
    return [row | {"resolved_at": "?"} if unknown else row for row in rows]


def day_first(at: datetime) -> str:
    there = at.astimezone(PARIS)
    return f"{there.day}/{there.month}/{there.year} {there:%H:%M}"


@st.composite
def logs(draw: st.DrawFn) -> list[Row]:
    """A log; the rows of its incidents may be in any order, and some stand there twice."""
    count = draw(st.integers(0, 25))
    rows = [row for n in range(1, count + 1) for row in draw(incidents(n))]
    rows += draw(st.lists(st.sampled_from(rows), max_size=3)) if rows else []
    return draw(st.permutations(rows))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    words.speak("en")
    yield
    columns.shared.forget()


@settings(max_examples=25, deadline=None)
@given(log=logs())
def test_the_figures_of_any_log_are_those_of_its_rows(
    sqlite_template: Path, folder: Path, log: list[Row]
) -> None:
    (folder / "test.db").write_bytes(sqlite_template.read_bytes())
    engine = db.configure(f"sqlite:///{folder}/test.db")
    columns.shared.forget()
    path = folder / "log.csv.gz"
    heads = list(log[0]) if log else ["number"]
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, heads)
        writer.writeheader()
        writer.writerows(log)
    last = recount.last_rows(log)

    report = importers.KINDS["servicenow"](path, PARIS, is_dry=False)

    assert report.summary() == {
        "created": len(last),
        "updated": 0,
        "unchanged": 0,
        "rejected": 0,
    }
    with Session(engine) as s:
        ours = as_json(statistics.summary(s, MANAGER)).model_dump()
        assert recount.differences(ours, recount.figures(last)) == []
        for name in recount.DIMENSIONS:
            assert parted(s, Dimension(name), recount.by(last, name)) == {}
    again = importers.KINDS["servicenow"](path, PARIS, is_dry=False)
    assert again.summary()["unchanged"] == len(last)
    engine.dispose()


def parted(s: Session, dimension: Dimension, theirs: dict[str, list[Row]]) -> dict[str, Any]:
    """Return the values whose figures differ, and how."""
    parts = statistics.parts(s, MANAGER, EVERYTHING, dimension)
    ours = {part.group.value: as_json(part.figures).model_dump() for part in parts}
    assert set(ours) == set(theirs)
    found = {v: recount.differences(ours[v], recount.figures(some)) for v, some in theirs.items()}
    return {value: wrong for value, wrong in found.items() if wrong}
