"""Tickets from other systems: each kind reads its files, all are written in the same way."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from integrations.importers import servicenow, writer
from integrations.importers.incoming import Report
from integrations.importers.sheet import Unreadable

__all__ = ["KINDS", "Report", "Unreadable"]


def from_servicenow(path: Path, zone: ZoneInfo, *, is_dry: bool) -> Report:
    """Import an export or an event log of ServiceNow.

    Raises:
        Unreadable: it is no table of incidents; nothing is imported.
    """
    report = Report()
    log = servicenow.read(path, zone)
    writer.write(servicenow.SOURCE, log.incidents(), report, is_dry=is_dry)
    report.rejections = sorted([*log.rejections, *report.rejections], key=lambda r: r.place)
    report.notes = log.notes()
    return report


KINDS: dict[str, Callable[..., Report]] = {"servicenow": from_servicenow}
