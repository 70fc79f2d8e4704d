"""What the database tells, in Prometheus’ words: each name with its meaning, unit and labels."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric

from services.figures import Times
from services.standing import Standing
from services.time_axes import HOUR, SECOND
from services.vitals import Health, Vitals
from services.workers import Worker

_HOUR_SECONDS = HOUR // SECOND

Named = tuple[str, str, Callable[[Any], float]]  # a name, what it means, where its value is

_OF_STANDING: tuple[Named, ...] = (
    (
        "appticket_tickets_unassigned",
        "Open tickets without a lead.",
        lambda found: found.unassigned,
    ),
    ("appticket_tickets_late", "Open tickets past their deadline.", lambda found: found.late),
    (
        "appticket_tickets_due_soon",
        "Open tickets whose deadline comes within four hours.",
        lambda found: found.due_soon,
    ),
    (
        "appticket_tickets_oldest_open_age_seconds",
        "Age of the oldest open ticket.",
        lambda found: found.oldest_open,
    ),
    (
        "appticket_tickets_oldest_unassigned_age_seconds",
        "Age of the oldest open ticket without a lead.",
        lambda found: found.oldest_unassigned,
    ),
    (
        "appticket_tickets_created_today",
        "Tickets created since midnight in the organisation's time zone.",
        lambda found: found.created_today,
    ),
    (
        "appticket_tickets_resolved_today",
        "Tickets resolved since midnight in the organisation's time zone.",
        lambda found: found.resolved_today,
    ),
    (
        "appticket_sla_compliance_ratio",
        "Kept resolution deadlines, of those kept or missed by tickets of the last 30 days.",
        lambda found: _or_nan(found.lately.sla.share),
    ),
    (
        "appticket_sla_promises",
        "Resolution deadlines kept or missed by tickets of the last 30 days.",
        lambda found: found.lately.sla.n,
    ),
)
_TIMES: tuple[tuple[str, str, Callable[[Standing], Times]], ...] = (
    (
        "appticket_acceptance_time_seconds",
        "Until somebody took charge, of tickets of the last 30 days.",
        lambda found: found.lately.acceptance,
    ),
    (
        "appticket_first_response_time_seconds",
        "Until the first public answer of staff, of tickets of the last 30 days.",
        lambda found: found.lately.first_response,
    ),
    (
        "appticket_resolution_time_seconds",
        "Until resolved, of tickets of the last 30 days.",
        lambda found: found.lately.resolution,
    ),
)
_OF_VITALS: tuple[Named, ...] = (
    (
        "appticket_delivery_overdue_seconds",
        "How long the message that waits longest should have been sent.",
        lambda seen: seen.overdue,
    ),
    (
        "appticket_events_unrelayed",
        "Events of which nobody was told yet; counted up to 20,000.",
        lambda seen: seen.unrelayed,
    ),
    (
        "appticket_relay_lag_seconds",
        "Age of the oldest event of which nobody was told yet.",
        lambda seen: seen.relay_lag,
    ),
    (
        "appticket_database_size_bytes",
        "Size of the tables with their indexes.",
        lambda seen: seen.database_bytes,
    ),
)
_OF_TASK: tuple[tuple[str, str, Callable[[Health], float | None]], ...] = (
    ("appticket_task_active", "Whether a task is switched on.", lambda task: task.is_active),
    (
        "appticket_task_failures",
        "How often a task failed since it last went well.",
        lambda task: task.failures,
    ),
    (
        "appticket_task_late_seconds",
        "How long a task should have begun.",
        lambda task: task.late,
    ),
    (
        "appticket_task_last_run_timestamp_seconds",
        "When a task ended last.",
        lambda task: task.finished_at.timestamp() if task.finished_at else None,
    ),
    (
        "appticket_task_last_run_duration_seconds",
        "How long a task took the last time.",
        lambda task: task.seconds,
    ),
)


def of_database(*, is_there: bool) -> Metric:
    """Return whether the database answers."""
    return _gauge("appticket_database_up", "Whether the database answers.", is_there)


def of_standing(found: Standing) -> Iterator[Metric]:
    """Yield how the desk stands."""
    yield _gauges(
        "appticket_tickets",
        "Tickets, without those in the trash.",
        ("status", "priority"),
        found.tickets.items(),
    )
    yield _gauges(
        "appticket_team_tickets",
        "Open tickets of a team: (none) is no team, (other) are all after the fiftieth.",
        ("team", "status"),
        found.open_of_teams.items(),
    )
    yield _gauges(
        "appticket_team_tickets_late",
        "Open tickets of a team past their deadline.",
        ("team",),
        (((team,), number) for team, number in found.late_of_teams.items()),
    )
    for name, about, value in _OF_STANDING:
        yield _gauge(name, about, value(found))
    for name, about, times in _TIMES:
        yield _percentiles(name, about, times(found))


def of_vitals(seen: Vitals) -> Iterator[Metric]:
    """Yield how the machinery is doing."""
    yield _gauges(
        "appticket_deliveries",
        "Messages that wait, are being sent or were given up; counted up to 20,000 each.",
        ("channel", "state"),
        seen.deliveries.items(),
    )
    yield _gauges(
        "appticket_webhooks",
        "Addresses of other systems, by whether they are told.",
        ("state",),
        ((("active",), seen.webhooks_active), (("off",), seen.webhooks_off)),
    )
    for name, about, value in _OF_VITALS:
        yield _gauge(name, about, value(seen))
    for name, about, of_task in _OF_TASK:
        told = (((task,), of_task(health)) for task, health in seen.tasks.items())
        yield _gauges(name, about, ("task",), told)


def of_workers(workers: Sequence[Worker] | None) -> Iterator[Metric]:
    """Yield whether Redis answers (None: no), and how many workers it knows."""
    yield _gauge("appticket_redis_up", "Whether Redis answers.", workers is not None)
    if workers is not None:
        told = "Workers that said in the last minute that they are there."
        yield _gauge("appticket_workers", told, len(workers))


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=float(value))


def _gauges(
    name: str,
    about: str,
    labels: Sequence[str],
    samples: Iterable[tuple[Iterable[str], float | None]],
) -> Metric:
    """Return a family; what is not known has no sample."""
    family = GaugeMetricFamily(name, about, labels=labels)
    for values, value in samples:
        if value is not None:
            family.add_metric([str(v) for v in values], float(value))
    return family


def _percentiles(name: str, about: str, times: Times) -> Metric:
    samples = ((("50",), times.median), (("90",), times.p90))
    told = ((labels, _or_nan(hours) * _HOUR_SECONDS) for labels, hours in samples)
    return _gauges(name, about, ("percentile",), told)


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
