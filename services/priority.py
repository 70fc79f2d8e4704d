"""Priority from urgency and impact (ITIL; domain.md 1)."""

from data.models import Impact, Priority, Urgency

# With the default impact the requester’s urgency is the priority, so that what one asked for is
# what one sees; a technician’s judgement of the impact moves it by one step.
MATRIX: dict[tuple[Urgency, Impact], Priority] = {
    (Urgency.LOW, Impact.LOW): Priority.LOW,
    (Urgency.LOW, Impact.MEDIUM): Priority.LOW,
    (Urgency.LOW, Impact.HIGH): Priority.NORMAL,
    (Urgency.NORMAL, Impact.LOW): Priority.LOW,
    (Urgency.NORMAL, Impact.MEDIUM): Priority.NORMAL,
    (Urgency.NORMAL, Impact.HIGH): Priority.HIGH,
    (Urgency.HIGH, Impact.LOW): Priority.NORMAL,
    (Urgency.HIGH, Impact.MEDIUM): Priority.HIGH,
    (Urgency.HIGH, Impact.HIGH): Priority.URGENT,
    (Urgency.URGENT, Impact.LOW): Priority.HIGH,
    (Urgency.URGENT, Impact.MEDIUM): Priority.URGENT,
    (Urgency.URGENT, Impact.HIGH): Priority.URGENT,
}


def of(urgency: Urgency, impact: Impact) -> Priority:
    """Return the priority the matrix gives."""
    return MATRIX[urgency, impact]
