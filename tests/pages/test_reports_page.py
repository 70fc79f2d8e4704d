"""The page of reports: planned, asked for, followed while they are made, read, forgotten."""

from datetime import UTC, date, datetime

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import db
from data.models import Report, ReportPlan, ReportState, Team
from services import permissions, report_making, report_plans, reports, schedule, sessions
from services.reports import Wish
from services.tasks import TASKS
from tests.conftest import People
from tests.pages.conftest import FRAME, Cost, Visit, Visitor
from ui.pages import reports as page
from ui.start import Site

PAGE = "/reports"
WISH = Wish(first=date(2026, 11, 16), last=date(2026, 11, 22))


@pytest.fixture(autouse=True)
def quick(s: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule, and a page that looks often."""
    schedule.sow(s, TASKS)
    s.commit()
    monkeypatch.setattr(page, "PROGRESS_SECONDS", 0.05)


def make() -> None:
    for work in report_making.parts():
        db.write(work)


def asked(s: Session, people: People, count: int = 1) -> list[Report]:
    found = [
        reports.ask(s, people.chloe, WISH, today=datetime.now(UTC).date()) for _ in range(count)
    ]
    s.commit()
    return found


def plans(s: Session) -> list[ReportPlan]:
    s.rollback()
    query = select(ReportPlan).order_by(ReportPlan.id)
    return list(s.scalars(query.execution_options(populate_existing=True)))


async def until(visitor: Visitor, is_so: object, what: str) -> None:
    assert callable(is_so)
    await visitor._until(lambda: bool(is_so()), what)


async def test_a_report_is_asked_for_followed_and_read(visit: Visit, s: Session) -> None:
    chloe = await visit("chloe", PAGE)
    await chloe.sees("No report yet")
    chloe.field("from").set_value("2026-11-16")
    chloe.field("to").set_value("2026-11-22")
    chloe.click("make-report")
    await chloe.is_told("The report is being made")
    await chloe.sees("Waiting")

    works = report_making.parts()
    for _ in range(5):
        db.write(next(works))
    await chloe.sees("<progress")
    for work in works:
        db.write(work)

    await chloe.sees("Ready")
    (report,) = s.scalars(select(Report)).all()
    assert f'href="/reports/{report.id}.pdf"' in chloe.shown()
    read = await visit("diane", f"/reports/{report.id}")
    for text in ("16 to 22 November 2026", "No ticket is late.", 'class="report-chart"'):
        assert text in read.shown()


async def test_what_makes_no_sense_shows_beside_its_field(visit: Visit, s: Session) -> None:
    chloe = await visit("chloe", PAGE)
    chloe.field("from").set_value("2026-11-22")
    chloe.field("to").set_value("2026-11-16")
    chloe.click("make-report")
    await until(chloe, lambda: chloe.field("to").error, "an error")
    chloe.field("from").set_value("")
    chloe.click("make-report")
    await until(chloe, lambda: chloe.field("from").error == "Choose a day.", "another one")
    assert not chloe.field("to").error
    team = s.scalars(select(Team)).one()
    chloe.field("from").set_value("2026-11-16")
    chloe.field("to").set_value("2026-11-22")
    chloe.field("team-asked").choose(str(team.id))
    team.is_active = False
    s.commit()
    chloe.click("make-report")

    await until(chloe, lambda: "no longer" in chloe.field("team-asked").error, "a third")

    assert s.scalars(select(Report)).all() == []


async def test_a_report_is_planned_changed_sent_and_forgotten(
    visit: Visit, s: Session, people: People
) -> None:
    chloe = await visit("chloe", PAGE)
    chloe.click("create-plan")
    await until(chloe, lambda: chloe.has("dialog-ok"), "a dialog")
    chloe.click("dialog-ok")
    await until(chloe, lambda: "at least one" in chloe.field("recipients").error, "an error")
    chloe.field("kind").choose("monthly")
    chloe.field("hour").choose("8")
    chloe.field("recipients")._acted("choose", str(people.diane.id))
    chloe.field("recipients")._acted("choose", "4711")
    chloe.click("dialog-ok")
    await chloe.sees("On the first of each month at 08:00 (Europe/Paris)")
    (plan,) = plans(s)
    assert (plan.kind, plan.hour, plan.to_all) == ("monthly", 8, False)

    chloe.press('id="plans"', "try", str(plan.id))
    await chloe.is_told("to you alone")
    chloe.press('id="plans"', "send", str(plan.id))
    await chloe.sees("Send this report now?")
    chloe.click("dialog-ok")
    await chloe.is_told("to its recipients")
    s.rollback()
    found = s.scalars(select(Report).order_by(Report.id)).all()
    assert [r.recipients for r in found] == [[people.chloe.id], [people.diane.id]]

    chloe.press('id="plans"', "switch", str(plan.id))
    await chloe.sees("Switch on: Monthly · All teams")
    chloe.press('id="plans"', "delete", str(plan.id))
    await chloe.sees("Delete this planned report?")
    chloe.click("dialog-ok")
    await chloe.sees("No report is planned")
    s.rollback()
    assert len(s.scalars(select(Report)).all()) == 2


async def test_what_the_clock_makes_shows_by_itself(
    visit: Visit, s: Session, people: People
) -> None:
    chloe = await visit("chloe", PAGE)
    plan = report_plans.create(s, people.diane, kind="weekly", to_all=True)
    plan.next_at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    s.commit()
    await chloe.sees("On Monday at 10:00")

    make()

    await chloe.sees("Weekly report")
    await chloe.sees("planned")


async def test_one_forgets_ones_own_report(visit: Visit, s: Session, people: People) -> None:
    (report,) = asked(s, people)
    make()
    chloe = await visit("chloe", PAGE)
    assert 'data-action="forget"' in chloe.shown()

    chloe.press('id="reports"', "forget", str(report.id))
    await until(chloe, lambda: chloe.has("dialog-ok"), "a question")
    chloe.click("dialog-ok")

    await chloe.sees("No report yet")


async def test_a_failure_is_explained(visit: Visit, s: Session, people: People) -> None:
    (report,) = asked(s, people)
    report.state, report.error = ReportState.FAILED, "nobody"
    s.commit()

    chloe = await visit("chloe", PAGE)

    assert "Nobody who may read it is left" in chloe.shown()
    hidden = await visit("chloe", f"/reports/{report.id}")
    assert "not ready" in hidden.shown()


@pytest.mark.parametrize("path", [PAGE, "/reports/1"])
@pytest.mark.parametrize("name", ["alice", "bruno"])
async def test_reports_are_for_who_steers(visit: Visit, name: str, path: str) -> None:
    refused = await visit(name, path)

    assert "does not allow" in refused.shown()
    assert 'href="/reports"' not in refused.shown()


async def test_what_is_not_there_says_so(visit: Visit) -> None:
    assert "does not exist" in (await visit("diane", "/reports/4711")).shown()


async def test_the_page_asks_as_much_whatever_it_shows(
    s: Session, people: People, cost: Cost
) -> None:
    few = await cost("chloe", PAGE)
    for n in range(5):
        who = {"to_all": n % 2 == 0, "user_ids": [people.chloe.id]}
        report_plans.create(s, people.diane, kind="weekly", **who)
    asked(s, people, reports.MOST_WAITING)
    make()

    many = await cost("chloe", PAGE)

    assert len(many) <= len(few) + 3, many  # of plans: people, who is reached
    assert len(many) <= FRAME + 14, many


@pytest.mark.parametrize("ending", ["pdf", "xlsx"])
async def test_files_are_for_who_may_read_the_report(
    site: Site, s: Session, people: People, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    (report,) = asked(s, people)
    make()
    path = f"/reports/{report.id}.{ending}"

    async def got(name: str, asked_for: str = path) -> httpx.Response:
        cookies = {"appticket": sessions.open(s, getattr(people, name).id)}
        s.commit()
        transport = httpx.ASGITransport(site.asgi)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", cookies=cookies
        ) as browser:
            return await browser.get(asked_for)

    answer = await got("diane", f"{path}?language=fr")
    assert answer.status_code == 200
    assert f"rapport-2026-11-16-2026-11-22.{ending}" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    assert {(await got(name)).status_code for name in ("alice", "bruno", "driss")} == {404}
    assert (await got("diane", f"/reports/4711.{ending}")).status_code == 404
    monkeypatch.setattr(permissions, "teams_counted", lambda _by: frozenset({1}))
    assert (await got("chloe")).status_code == 404
