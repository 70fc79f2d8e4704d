"""What runs by itself, as an administrator sees it; and the settings that have no other page."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import clock
from data.models import Delivery, DeliveryState, Event, Schedule, Setting
from services import deliveries, schedule, upkeep, webhooks, workers
from services.deliveries import Outcome
from services.schedule import Ending, Run
from services.tasks import TASKS
from services.workers import Unseen, Worker
from tests.conftest import People
from tests.pages.conftest import Visit, Visitor
from ui.pages import admin_jobs


@pytest.fixture(autouse=True)
def sown(s: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A schedule, and a page that does not wait."""
    schedule.sow(s, TASKS)
    s.commit()
    monkeypatch.setattr(admin_jobs, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(admin_jobs, "SOON_SECONDS", 0.0)
    yield
    workers.configure(None)


async def until(visitor: Visitor, is_so: Callable[[], object], what: str) -> None:
    await visitor._until(lambda: bool(is_so()), what)


def row(s: Session, name: str) -> Schedule:
    s.rollback()
    return s.scalars(select(Schedule).where(Schedule.name == name)).one()


async def test_the_schedule_shows_rhythm_last_run_and_failures(visit: Visit, s: Session) -> None:
    for name, error in (("wake", ""), ("clean", "ValueError: <b>no</b>")):
        row(s, name).owner = "x"
        s.commit()
        ending = Ending(done=3, milliseconds=1250, error=error)
        assert schedule.settle(s, Run(name, "x"), ending)
        s.commit()
    row(s, "close").is_active = False
    s.commit()
    row(s, "untreated").owner = "somebody"
    s.commit()

    diane = await visit("diane", "/admin/jobs")

    shown = diane.shown()
    for text in (
        "Every 30 seconds",
        "Every hour",
        "Every day at 08:00 (Europe/Paris)",
        "3 things done",
        "(1.2 s)",
        "Went well",
        "Failed",
        "ValueError: &lt;b&gt;no&lt;/b&gt;",
        "Switched off",
        "Running",
        "Not run yet",
    ):
        assert text in shown, text


async def test_what_was_wrong_and_made_again_is_told(visit: Visit, s: Session) -> None:
    s.add(Event(kind=upkeep.MENDED, subject="statistics", details={"number": 3, "first": 1}))
    s.commit()

    diane = await visit("diane", "/admin/jobs")

    assert "3 were wrong and were made again" in diane.shown()


async def test_a_run_that_ends_shows_by_itself(visit: Visit, s: Session) -> None:
    diane = await visit("diane", "/admin/jobs")
    assert "last run" not in diane.shown()

    row(s, "wake").owner = "x"
    s.commit()
    schedule.settle(s, Run("wake", "x"), Ending(milliseconds=7))
    s.commit()

    await diane.sees("(7 ms)")


async def test_an_administrator_runs_and_switches_work(visit: Visit, s: Session) -> None:
    diane = await visit("diane", "/admin/jobs")
    before = row(s, "clean").next_at

    diane.press('id="tasks"', "run", "clean")
    await until(diane, lambda: row(s, "clean").next_at < before, "an earlier slot")
    diane.press('id="tasks"', "switch", "clean")
    await until(diane, lambda: not row(s, "clean").is_active, "switched off")
    await diane.sees("Switch on: Clean up")
    diane.press('id="tasks"', "switch", "clean")
    await until(diane, lambda: row(s, "clean").is_active, "switched on")
    diane.press('id="tasks"', "run", "nothing")

    await until(diane, lambda: diane.notify.messages, "a refusal")


def given_up(s: Session, people: People, count: int) -> None:
    hook = {"url": "https://exemple.fr/", "kinds": ["ticket.closed"], "name": "Supervision"}
    key = webhooks.create(s, people.diane, **hook)[0].id
    for _ in range(count):
        event = Event(kind="ticket.closed", ticket_number=7, relayed_at=clock.now())
        s.add(event)
        s.flush()
        deliveries.plan(s, event, webhooks.CHANNEL, str(key))
    s.flush()
    for parcel in deliveries.claim(s, count):
        answer = "<script>alert(1)</script>"
        deliveries.settle(s, parcel, Outcome("refused", 400, answer, is_final=True))
    s.commit()


def states(s: Session) -> set[DeliveryState]:
    s.rollback()
    return set(s.scalars(select(Delivery.state)))


async def test_what_was_given_up_is_read_and_sent_again(
    visit: Visit, s: Session, people: People
) -> None:
    given_up(s, people, 3)
    diane = await visit("diane", "/admin/jobs")
    shown = diane.shown()
    assert "3 given up" in shown
    assert "The receiver refused it. · Answer 400 · &lt;script&gt;" in shown
    assert "Webhooks · Supervision" in shown
    one = s.scalars(select(Delivery.id)).first()

    diane.press('id="dead"', "resend", str(one))
    await diane.sees("2 given up")
    diane.press('id="queues"', "resend-all", "webhook")
    await until(diane, lambda: diane.has("dialog-ok"), "a question")
    assert states(s) == {DeliveryState.PENDING, DeliveryState.DEAD}
    diane.click("dialog-ok")

    await diane.is_told("2 messages are on their way.")
    assert states(s) == {DeliveryState.PENDING}
    await diane.sees("3 waiting")
    await diane.sees("Nothing was given up")


async def test_the_page_says_who_works(visit: Visit) -> None:
    diane = await visit("diane", "/admin/jobs")
    assert "Without Redis there are no workers" in diane.shown()

    workers.configure(list)
    await diane.sees("No worker is seen")

    now = clock.now()
    found = [Worker("b:2", now, True), Worker("a:1", now - timedelta(seconds=30), False)]
    workers.configure(lambda: found)
    await diane.sees("a:1</span>")
    assert "At work" in diane.shown()
    assert "Waits for work" in diane.shown()

    def away() -> list[Worker]:
        raise Unseen

    workers.configure(away)
    await diane.sees("Redis does not answer")


def decided(s: Session) -> dict[str, object]:
    s.rollback()
    return {setting.name: setting.value for setting in s.scalars(select(Setting))}


async def test_settings_are_changed_and_refused_beside_the_field(visit: Visit, s: Session) -> None:
    diane = await visit("diane", "/admin/settings")
    diane.field("close_after_days").set_value("many")
    diane.field("closing_notice_days").set_value("9")
    diane.click("save-settings")
    await until(diane, lambda: diane.field("close_after_days").error, "an error")
    assert decided(s) == {}

    diane.field("close_after_days").set_value("14")
    diane.field("technicians_delete").set_value(False)
    diane.field("technicians_assign").choose("anybody")
    diane.click("save-settings")

    await diane.is_told("The settings are saved.")
    assert decided(s) == {
        "close_after_days": 14,
        "closing_notice_days": 9,
        "technicians_assign": "anybody",
        "technicians_delete": False,
    }
    assert not diane.field("close_after_days").error


async def test_what_another_decides_shows_but_for_what_is_being_typed(
    visit: Visit, s: Session, people: People
) -> None:
    diane = await visit("diane", "/admin/settings")
    diane.field("untreated_days").set_value("5")
    other = await visit("diane", "/admin/settings")

    other.field("close_after_days").set_value("30")
    other.field("untreated_days").set_value("9")
    other.field("technicians_assign").choose("nobody")
    other.click("save-settings")

    await until(diane, lambda: diane.field("close_after_days").value == "30", "the other's number")
    assert diane.field("technicians_assign").value == "nobody"
    assert diane.field("untreated_days").value == "5"
