"""Which promises were kept: by days, weeks and months, or by groups."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from services import measures, periods
from services.dimensions import Dimension, Group
from services.figures import Sla
from services.measures import Answering, Measure
from services.periods import FIRST_DAY, Period, Step
from services.permissions import Actor
from services.questions import Question


@dataclass(frozen=True, slots=True)
class Compliance:
    """The promises kept and missed in a part of the period, or in a group."""

    part: Period | None
    group: Group | None
    sla: Sla


def compliance(
    s: Session, by: Actor, question: Question, part: Step | Dimension
) -> list[Compliance]:
    """Return how many promises were kept, by days, weeks or months, or by groups.

    What counts, and when, is said at `headlines.headline`. A part of the period without promises is
    there, too; a group without is not.

    Raises:
        NotAllowed.
    """
    with measures.answering(s, by, question) as asked:
        return compliance_of(asked, part)


def compliance_of(asked: Answering, part: Step | Dimension) -> list[Compliance]:
    """Return the compliance of a question that is being answered."""
    return _by_group(asked, part) if isinstance(part, Dimension) else _by_step(asked, part)


def _by_group(asked: Answering, dimension: Dimension) -> list[Compliance]:
    kept, missed = (
        asked.counts(asked.now, measure, dimension) for measure in (Measure.KEPT, Measure.MISSED)
    )
    rows = zip(asked.grouping(dimension).groups, kept, missed, strict=True)
    return [Compliance(None, group, Sla(int(k + m), int(k))) for group, k, m in rows if k + m]


def _by_step(asked: Answering, step: Step) -> list[Compliance]:
    found = periods.buckets(asked.now.period, step)
    window = asked.now
    firsts = [(bucket.first - FIRST_DAY).days - window.first for bucket in found]
    kept, missed = (
        np.add.reduceat(
            np.bincount(window.days(measure) - window.first, minlength=window.period.days), firsts
        )
        for measure in (Measure.KEPT, Measure.MISSED)
    )
    rows = zip(found, kept, missed, strict=True)
    return [Compliance(bucket, None, Sla(int(k + m), int(k))) for bucket, k, m in rows]
