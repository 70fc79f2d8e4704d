"""What the values of a dimension are called on charts."""

from services import labels
from services.dimensions import NOTHING, OTHERS, Dimension, Group
from services.stats_tables import WITHOUT
from services.words import _


def nothing(dimension: Dimension) -> str:
    """Return what the tickets without a value are called."""
    return _(WITHOUT.get(dimension, ""))


def called(dimension: Dimension, group: Group) -> str:
    """Return the name of a value; what people wrote is not translated."""
    if group.id is None and group.value == NOTHING:
        return nothing(dimension) or group.value
    if group.id is None and group.value == OTHERS:
        return _("Others")
    if group.id is not None and group.id < 0:
        return _("Others of {team}").format(team=group.value)
    return labels.label(dimension.value, group.value)
