"""What runs by itself, as rows: scheduled work, queues, workers."""

from datetime import datetime

from htpy import Element, li, span

from data.models import Delivery, Schedule
from services import schedule
from services.queues import Queue, Queues
from services.rhythms import Every, Rhythm
from services.schedule import Line, Mended
from services.words import N_, _, decimal, ngettext
from services.workers import Worker
from ui import dates
from ui.fragments import marks, outside
from ui.theme import icon

CHANNELS: dict[str, str] = {
    "email": N_("E-mail"),
    "sms": N_("SMS"),
    "webhook": N_("Webhooks"),
}
_DAYS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"),
    N_("Sunday"),
)  # fmt: skip
_UNITS = (
    (3600, N_("Every hour"), N_("Every {n} hours")),
    (60, N_("Every minute"), N_("Every {n} minutes")),
    (1, N_("Every second"), N_("Every {n} seconds")),
)
_NO_WORKER = {  # why none is shown, and what follows
    "alone": (
        N_("The processes that serve do all"),
        N_("Without Redis there are no workers beside them."),
    ),
    "none": (
        N_("No worker is seen"),
        N_("The processes that serve do its work meanwhile: start `main.py worker`."),
    ),
    "unseen": (
        N_("Redis does not answer"),
        N_("Workers cannot be seen; they and the processes that serve go on without it."),
    ),
}


def task(line: Line, zone: str, home_zone: str) -> tuple[str, str]:
    """Draw scheduled work: its rhythm, its last run, its next, and what can be done to it."""
    row, name = line.row, line.name
    title = _(line.task.title)
    switch = _("Switch off") if row.is_active else _("Switch on")
    key = f"task-{name}"
    drawn = li(class_=["row", {"inactive": not row.is_active}], data_key=key, data_testid="task")[
        span(".row-main")[
            span(".row-title")[title],
            span(".row-context")[
                span[rhythm(line.task.rhythm, home_zone)],
                _last_run(row, zone),
                row.done > 0 and span[_many_done(row.done)],
                row.is_active and span[_("next"), " ", dates.age(row.next_at, zone)],
                line.mended is not None and _mended(line.mended, zone),
                row.error and span(".task-error")[_(schedule.ERRORS.get(row.error, row.error))],
            ],
        ],
        _task_chip(row),
        span(".row-actions")[
            row.is_active and marks.row_button("run", name, _("Run now"), title),
            marks.row_button("switch", name, switch, title),
        ],
    ]
    return key, str(drawn)


def rhythm(found: Rhythm, home_zone: str) -> str:
    """Return a rhythm in words."""
    if isinstance(found, Every):
        return _every(found.seconds)
    at = {"at": found.wall, "zone": home_zone}
    if found.weekday is None:
        return _("Every day at {at} ({zone})").format(**at)
    return _("{day} at {at} ({zone})").format(day=_(_DAYS[found.weekday]), **at)


def queues(found: Queues, zone: str) -> list[tuple[str, str]]:
    """Draw what waits, in the order in which it goes through."""
    many = _("{n} waiting").format(n=found.unrelayed)
    relay = _queue("relay", _("Events to be looked at"), [many], found.oldest_at, zone)
    return [relay, *(_channel(queue, zone) for queue in found.channels)]


def workers(found: list[Worker], why: str, zone: str) -> list[tuple[str, str]]:
    """Draw the workers that are there, or why there are none."""
    if found:
        return [_worker(worker, zone) for worker in found]
    key = f"worker-{why}"
    title, hint = _NO_WORKER[why]
    drawn = li(".row", data_key=key, data_testid="worker")[
        span(".row-main")[span(".row-title")[_(title)], span(".row-context")[span[_(hint)]]],
        _chip("note", "alarm", _("To be looked at")) if why != "alone" else span,
        span,  # in the place of what can be done
    ]
    return [(key, str(drawn))]


def dead(delivery: Delivery, name: str, zone: str) -> tuple[str, str]:
    """Draw a message that was given up."""
    channel = _(CHANNELS.get(delivery.channel, delivery.channel))
    called = " · ".join(part for part in (channel, name) if part)
    return outside.message(delivery, {delivery.recipient: called}, zone)


def _every(seconds: int) -> str:
    for unit, one, many in _UNITS:
        if seconds % unit == 0:
            count = seconds // unit
            return _(one) if count == 1 else _(many).format(n=count)
    raise AssertionError("unreachable")


def _last_run(row: Schedule, zone: str) -> Element | None:
    if row.finished_at is None:
        return None
    took = f" ({_took(row.milliseconds)})" if row.milliseconds is not None else ""
    return span[_("last run"), " ", dates.age(row.finished_at, zone), took]


def _took(milliseconds: int) -> str:
    if milliseconds < 1000:
        return _("{n} ms").format(n=milliseconds)
    return _("{n} s").format(n=decimal(milliseconds / 1000))


def _many_done(done: int) -> str:
    return ngettext("{n} done", "{n} things done", done).format(n=done)


def _mended(found: Mended, zone: str) -> Element:
    said = ngettext(
        "{n} was wrong and was made again", "{n} were wrong and were made again", found.number
    )
    return span(".task-error")[said.format(n=found.number), " ", dates.age(found.at, zone)]


def _task_chip(row: Schedule) -> Element:
    if row.owner:
        return _chip("waits", "play", _("Running"))
    if not row.is_active:
        return _chip("", "pause", _("Switched off"))
    if row.failures:
        said = _("Failed") if row.failures == 1 else _("Failed {n} times in a row")
        return _chip("bad", "cross", said.format(n=row.failures))
    if row.finished_at is None:
        return _chip("", "clock", _("Not run yet"))
    return _chip("good", "check", _("Went well"))


def _chip(colour: str, drawn: str, word: str) -> Element:
    return span(class_=["chip", colour], data_testid="state")[icon(drawn), word]


def _channel(queue: Queue, zone: str) -> tuple[str, str]:
    title = _(CHANNELS.get(queue.channel, queue.channel))
    counts = [
        _("{n} waiting").format(n=queue.waiting),
        _("{n} being sent").format(n=queue.being_sent),
        ngettext("{n} given up", "{n} given up", queue.given_up).format(n=queue.given_up),
    ]
    again = None
    if queue.given_up:
        again = marks.row_button("resend-all", queue.channel, _("Send all again"), title)
    return _queue(f"queue-{queue.channel}", title, counts, queue.oldest_at, zone, again)


def _queue(
    key: str,
    title: str,
    counts: list[str],
    oldest_at: datetime | None,
    zone: str,
    action: Element | None = None,
) -> tuple[str, str]:
    since = None
    if oldest_at is not None:
        since = span[_("the oldest"), " ", dates.age(oldest_at, zone)]
    drawn = li(".row", data_key=key, data_testid="queue")[
        span(".row-main")[
            span(".row-title")[title],
            span(".row-context")[[span[count] for count in counts], since],
        ],
        span,  # in the place of a state
        span(".row-actions")[action] if action else None,
    ]
    return key, str(drawn)


def _worker(worker: Worker, zone: str) -> tuple[str, str]:
    key = f"worker-{worker.name}"
    state = _chip("good", "check", _("Waits for work"))
    if worker.is_busy:
        state = _chip("waits", "play", _("At work"))
    drawn = li(".row", data_key=key, data_testid="worker")[
        span(".row-main")[
            span(".row-title")[worker.name],
            span(".row-context")[span[_("seen"), " ", dates.age(worker.seen_at, zone)]],
        ],
        state,
        span,  # in the place of what can be done
    ]
    return key, str(drawn)
