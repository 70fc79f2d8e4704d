"""A year of a real service desk: 24,918 incidents in 141,712 events, loaded and counted again."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import db
from data.models import Event, PendingReason, Priority, Status, Ticket, User
from integrations import bulk
from tests.acceptance import servicenow
from tests.acceptance.servicenow import Row, moment

LOG = Path(__file__).parents[3] / "shared/data/uci_incidents/incident_event_log.csv.gz"
pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.slow,
    pytest.mark.skipif(not LOG.exists(), reason="../shared/data/uci_incidents is not there"),
]

IN_MAY = datetime(2016, 5, 2, 8, 0)  # noqa: DTZ001 - as the log writes it
LEVELS = {
    Priority.URGENT: "1 - Critical",
    Priority.HIGH: "2 - High",
    Priority.NORMAL: "3 - Moderate",
    Priority.LOW: "4 - Low",
}


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[tuple[Session, list[Row]]]:
    """The whole log, loaded; and the last row of each incident."""
    yield from loaded(tmp_path_factory.mktemp("whole"), sqlite_template, None)


@pytest.fixture(scope="module")
def in_may(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[tuple[Session, list[Row]]]:
    """The same desk as it stood on a Monday morning, with much still open."""
    yield from loaded(tmp_path_factory.mktemp("may"), sqlite_template, IN_MAY)


def loaded(
    folder: Path, template: Path, until: datetime | None
) -> Iterator[tuple[Session, list[Row]]]:
    servicenow.convert(LOG, folder, until)
    (folder / "test.db").write_bytes(template.read_bytes())
    engine = db.configure(f"sqlite:///{folder}/test.db")
    bulk.load(folder)
    last: dict[str, Row] = {}
    for row in servicenow.rows(LOG, until):
        before = last.get(row["number"])
        if before is None or int(row["sys_mod_count"]) >= int(before["sys_mod_count"]):
            last[row["number"]] = row
    with Session(engine) as s:
        yield s, list(last.values())
    engine.dispose()


def counted(s: Session, column: object) -> dict[object, int]:
    query = select(column, func.count()).group_by(column)  # type: ignore[call-overload] # a column
    return {row[0]: row[1] for row in s.execute(query)}


def test_every_incident_is_there_and_closed(whole: tuple[Session, list[Row]]) -> None:
    s, last = whole

    assert counted(s, Ticket.status) == {Status.CLOSED: 24_918}
    assert len(last) == 24_918
    callers = {row["caller_id"] for row in last}
    resolvers = {row["assigned_to"] for row in servicenow.rows(LOG)} - {servicenow.MISSING}
    assert s.scalar(select(func.count()).select_from(User)) == len(callers) + len(resolvers)


def test_priorities_are_those_of_the_log(whole: tuple[Session, list[Row]]) -> None:
    s, last = whole
    theirs = Counter(row["priority"] for row in last)

    ours = {LEVELS[level]: many for level, many in counted(s, Ticket.priority).items()}  # type: ignore[index] # levels

    assert ours == theirs
    assert ours["1 - Critical"] == 270


def test_the_time_to_resolve_is_that_of_the_log(whole: tuple[Session, list[Row]]) -> None:
    s, last = whole
    theirs = Counter(
        (moment(row["resolved_at"]) - moment(row["opened_at"])).total_seconds() // 86_400
        for row in last
        if row["resolved_at"] != servicenow.MISSING
    )

    rows = s.execute(select(Ticket.created_at, Ticket.resolved_at)).all()
    ours = Counter(
        (done - made).total_seconds() // 86_400 for made, done in rows if done is not None
    )

    assert ours.total() == theirs.total() == 24_918 - 1_556
    # A change of the clocks moves an hour, and a few of them from one day to the next.
    assert sum(abs(ours[day] - theirs[day]) for day in ours | theirs) < 0.01 * ours.total()


def test_reopened_incidents_are_in_the_history(whole: tuple[Session, list[Row]]) -> None:
    s, _last = whole
    theirs = 0
    for changes in servicenow.incidents(LOG):
        states = [servicenow.STATUS[row["incident_state"]] for row in changes]
        done = [state in ("resolved", "closed") for state in states]
        theirs += sum(was and not now for was, now in pairwise(done))

    ours = s.scalar(select(func.count()).where(Event.kind == "ticket.reopened"))

    assert ours == theirs > 0


def test_the_desk_of_a_morning_in_may_stands_as_it_stood(
    in_may: tuple[Session, list[Row]],
) -> None:
    s, last = in_may
    theirs = Counter(
        "in_progress"
        if row["incident_state"] == "New" and row["assigned_to"] != servicenow.MISSING
        else servicenow.STATUS[row["incident_state"]]
        for row in last
    )

    assert counted(s, Ticket.status) == theirs
    assert set(theirs) == {"new", "in_progress", "pending", "resolved", "closed"}


def test_what_pending_ones_wait_for_is_kept(in_may: tuple[Session, list[Row]]) -> None:
    s, last = in_may
    theirs = Counter(servicenow.REASON.get(row["incident_state"]) for row in last)

    ours = counted(s, Ticket.pending_reason)

    assert ours == theirs
    assert ours[PendingReason.REQUESTER] > ours[PendingReason.SUPPLIER] > 0
