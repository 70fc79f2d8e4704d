"""What the values of a dimension are called on charts."""

from services import labels
from services.dimensions import NOTHING, OTHERS, Dimension, Group
from services.words import N_, _

DIMENSION: dict[Dimension, str] = {
    Dimension.TEAM: N_("Team"),
    Dimension.TECHNICIAN: N_("Technician"),
    Dimension.CATEGORY: N_("Category"),
    Dimension.PRIORITY: N_("Priority"),
    Dimension.IMPACT: N_("Impact"),
    Dimension.URGENCY: N_("Urgency"),
    Dimension.TYPE: N_("Type"),
    Dimension.CHANNEL: N_("Channel"),
    Dimension.DEPARTMENT: N_("Department"),
}
_NOTHING: dict[Dimension, str] = {
    Dimension.TEAM: N_("No team"),
    Dimension.TECHNICIAN: N_("Nobody yet"),
    Dimension.CATEGORY: N_("No category"),
    Dimension.DEPARTMENT: N_("No department"),
}


def nothing(dimension: Dimension) -> str:
    """Return what the tickets without a value are called."""
    return _(_NOTHING.get(dimension, ""))


def called(dimension: Dimension, group: Group) -> str:
    """Return the name of a value; what people wrote is not translated."""
    if group.id is None and group.value == NOTHING:
        return nothing(dimension) or group.value
    if group.id is None and group.value == OTHERS:
        return _("Others")
    if group.id is not None and group.id < 0:
        return _("Others of {team}").format(team=group.value)
    return labels.label(dimension.value, group.value)
