"""All that the clock asks for, with its rhythm; a new kind of work is a line here."""

from collections.abc import Iterator
from functools import partial

from services import (
    alarms,
    attachments,
    burst_work,
    recurring,
    recurring_work,
    reminders,
    renaming,
    renewals,
    report_making,
    upkeep,
)
from services.rhythms import At, Every
from services.schedule import Task, Work
from services.words import N_


def clean() -> Iterator[Work]:
    """Forget what is over; folders are walked through while no transaction is open."""
    yield upkeep.clean
    for digests in attachments.aged():
        yield partial(attachments.sweep, digests=digests)


TASKS: dict[str, Task] = {
    "wake": Task(N_("Resume planned tickets"), Every(30), upkeep.wake),
    "close": Task(N_("Close resolved tickets"), Every(300), upkeep.close),
    "ring": Task(N_("Watch deadlines"), Every(10), alarms.ring),
    "renewals": Task(N_("Compute deadlines again"), Every(5), renewals.advance),
    "closing_soon": Task(N_("Announce closings"), Every(3600), reminders.closing_soon),
    "untreated": Task(N_("Remind of untreated tickets"), At("08:00"), reminders.untreated),
    "renaming": Task(N_("Sort anew who was renamed"), Every(30), renaming.follow),
    "facts": Task(N_("Keep what statistics count"), Every(30), upkeep.keep_facts),
    "facts_check": Task(
        N_("Count statistics again"),
        Every(3600),
        parts=lambda: (upkeep.check_facts,),
        mended=upkeep.mended,
    ),
    burst_work.TASK: Task(N_("Look for similar tickets"), Every(60), parts=burst_work.parts),
    recurring.TASK: Task(N_("Find recurring problems"), At("05:00"), parts=recurring_work.parts),
    "reports": Task(N_("Make reports"), Every(30), parts=report_making.parts),
    "clean": Task(N_("Clean up"), Every(3600), parts=clean),
}
