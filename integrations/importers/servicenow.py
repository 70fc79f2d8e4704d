"""ServiceNow’s incidents: exports with one row each, and logs with one row for each change.

    python main.py import servicenow FILE.csv[.gz]

What the rows of one number have in common is an incident; the last one counts for how it stands,
all of them are its history. docs/imports.md says what becomes what.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from data.models import Impact, Status, TicketType, Urgency
from integrations.importers import journal, sheet
from integrations.importers import servicenow_words as words
from integrations.importers.dates import Dates
from integrations.importers.incoming import Incoming, Moment, Rejection
from integrations.importers.sheet import Line, Unreadable
from services import priority
from services.checks import MAX_PROSE, MAX_TITLE
from services.workflow import DONE

SOURCE = "servicenow"
DATES = ("opened_at", "sys_created_at", "sys_updated_at", "resolved_at", "closed_at")
LONGEST_REFERENCE = 40
NOBODY = "Caller unknown"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_REQUESTS = ("req", "ritm", "sctask")


class Wrong(Exception):
    """Why a row or an incident is not taken."""


@dataclass(slots=True)
class Log:
    """A file that was read: its incidents, and what could not be read in it."""

    groups: dict[str, list[Line]]
    columns: frozenset[str]
    dates: Dates
    rejections: list[Rejection] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)  # states, and how many rows have them

    def incidents(self) -> Iterator[Incoming]:
        """Yield the incidents in the order of the file; what is wrong with others is kept."""
        for lines in self.groups.values():
            sound = [line for line in lines if self._is_sound(line)]
            try:
                if sound:
                    yield self._incident(sound)
            except Wrong as wrong:
                self.rejections.append(Rejection(lines[0].place, str(wrong)))

    def notes(self) -> list[str]:
        """Return what one should know of how the file was read."""
        return [
            f"state {state!r} is not known ({rows} rows): read as in progress, as closed where"
            " “active” is false"
            for state, rows in self.unknown.most_common()
        ]

    def _is_sound(self, line: Line) -> bool:
        """Tell whether all dates of a row are dates; otherwise it is left out."""
        for name in DATES:
            text = _told(line, name)
            if text and self.dates.read(text) is None:
                reason = f"{line.get('number')}: {name} is no date: {text[:40]!r}"
                self.rejections.append(Rejection(line.place, reason))
                return False
        return True

    def _incident(self, lines: list[Line]) -> Incoming:
        rows = self._in_order(lines)
        last = rows[-1]
        created_at = self._date(last, "opened_at") or self._date(last, "sys_created_at")
        created_at = created_at or min(filter(None, map(self._changed_at, rows)), default=None)
        if created_at is None:
            raise Wrong(f"{last.get('number')}: no date says when it was opened")
        moments = self._moments(rows, created_at)
        resolved_at, closed_at = self._ends(last, moments)
        reference = last.get("number")
        for name, end in (("resolved", resolved_at), ("closed", closed_at)):
            if end is not None and end < created_at:
                raise Wrong(f"{reference}: {name} before it was opened")
        remarks = journal.remarks(last.get, self.dates)
        caller = _told(last, "caller_id") or NOBODY
        return Incoming(
            reference=reference,
            place=lines[0].place,
            title=_title(last),
            description=_description(last),
            type=_type(reference),
            channel=words.channel(_told(last, "contact_type")),
            requester=caller,
            created_by=_told(last, "opened_by") or caller,
            created_at=created_at,
            updated_at=max(filter(None, (moments[-1].at, closed_at, resolved_at))),
            resolved_at=resolved_at,
            closed_at=closed_at,
            moments=tuple(moments),
            remarks=tuple(remark for remark in remarks if remark.at >= created_at),
            made_sla=words.truth(_told(last, "made_sla")),
            reassignments=words.count(_told(last, "reassignment_count")),
            reopenings=words.count(_told(last, "reopen_count")),
        )

    def _in_order(self, lines: list[Line]) -> list[Line]:
        """Return the rows as they were written: by their count, their time, their place."""
        counts = [words.count(_told(line, "sys_mod_count")) for line in lines]
        if None not in counts:  # of two with the same count the later in the file
            order = sorted(zip(counts, lines, strict=True), key=lambda pair: pair[0] or 0)
            return [line for _count, line in order]
        return sorted(lines, key=lambda line: (self._changed_at(line) or _LONG_AGO, line.place))

    def _moments(self, rows: Sequence[Line], created_at: datetime) -> list[Moment]:
        """Return how it stood after each row; time goes on, also where the log goes back."""
        found: list[Moment] = []
        for row in rows:
            at = max(self._changed_at(row) or created_at, created_at)
            at = max(at, found[-1].at) if found else at
            found.append(self._moment(row, at))
        return found

    def _moment(self, row: Line, at: datetime) -> Moment:
        status = self._status(row)
        lead = _told(row, "assigned_to")
        if status is Status.NEW and lead:
            status = Status.IN_PROGRESS  # here, who has it works on it
        urgency = words.urgency(_told(row, "urgency")) or Urgency.NORMAL
        impact = words.impact(_told(row, "impact")) or Impact.MEDIUM
        waits = words.pending_reason(_told(row, "hold_reason"), _told(row, "state"))
        return Moment(
            at=at,
            status=status,
            lead=lead,
            team=_told(row, "assignment_group"),
            category=_told(row, "category"),
            urgency=urgency,
            impact=impact,
            priority=words.priority(_told(row, "priority")) or priority.of(urgency, impact),
            pending_reason=waits if status is Status.PENDING else None,
            by=_told(row, "sys_updated_by"),
        )

    def _status(self, row: Line) -> Status:
        state = _told(row, "state")
        is_active = words.truth(_told(row, "active"))
        found, is_known = words.status(state, is_active=is_active)
        if not is_known and state:
            self.unknown[state] += 1
        if not state and not is_active and self._date(row, "closed_at"):
            return Status.CLOSED
        return found

    def _ends(
        self, last: Line, moments: Sequence[Moment]
    ) -> tuple[datetime | None, datetime | None]:
        """Return when it was resolved and closed: what its columns say; without them, its history.

        A closed incident without the date on which it was resolved has none: it is not known.
        """
        status = moments[-1].status
        resolved_at = self._date(last, "resolved_at")
        closed_at = self._date(last, "closed_at")
        done = _since(moments, DONE)
        if status not in DONE:
            return None, None
        if status is Status.CANCELLED:
            return None, None
        if resolved_at is None and (status is Status.RESOLVED or "resolved_at" not in self.columns):
            resolved_at = done
        if status is Status.RESOLVED:
            return resolved_at, None
        return resolved_at, closed_at or _since(moments, {Status.CLOSED})

    def _changed_at(self, line: Line) -> datetime | None:
        return self._date(line, "sys_updated_at")

    def _date(self, line: Line, name: str) -> datetime | None:
        text = _told(line, name)
        return self.dates.read(text) if text else None


def read(path: Path, zone: ZoneInfo) -> Log:
    """Read a file; dates without a zone are of `zone`.

    Raises:
        Unreadable: it is no table of incidents.
    """
    groups: dict[str, list[Line]] = {}
    rejections: list[Rejection] = []
    columns: frozenset[str] = frozenset()
    texts: set[str] = set()
    seen: set[tuple[str, ...]] = set()
    for line in sheet.read(path, words.KNOWN_AS):
        if line.trouble:
            rejections.append(Rejection(line.place, line.trouble))
            continue
        columns = frozenset(line.columns)
        if "number" not in columns:
            raise Unreadable(f"{path.name} has no column “number”.")
        number = line.get("number")
        if number.casefold() in words.MISSING or len(number) > LONGEST_REFERENCE:
            rejections.append(Rejection(line.place, "no number says which incident this is"))
            continue
        if line.cells not in seen:  # a row that stands there twice happened once
            seen.add(line.cells)
            groups.setdefault(number.casefold(), []).append(line)
            texts.update(text for name in DATES if (text := _told(line, name)))
    return Log(groups, columns, Dates(texts, zone), rejections)


def _told(line: Line, name: str) -> str:
    """Return a cell with single spaces; “” for what stands there when nothing is known."""
    return _plain(line.get(name))


@lru_cache(maxsize=50_000)  # cells repeat
def _plain(text: str) -> str:
    return "" if text.casefold() in words.MISSING else " ".join(text.split())


def _title(line: Line) -> str:
    short = _told(line, "short_description")
    kinds = ", ".join(filter(None, (_told(line, "category"), _told(line, "subcategory"))))
    symptom = _told(line, "u_symptom")
    return (short or ": ".join(filter(None, (kinds, symptom))) or line.get("number"))[:MAX_TITLE]


def _description(line: Line) -> str:
    """Return the description and what has no field here, as a list."""
    text = line.get("description").strip()
    text = "" if text.casefold() in words.MISSING else text
    facts = [
        f"- {label}: {told}"
        for name, label in words.ALSO_TOLD.items()
        if (told := _told(line, name))
    ]
    facts.append(f"- ServiceNow: {line.get('number')}")
    return "\n\n".join(filter(None, (text, "\n".join(facts))))[:MAX_PROSE]


def _type(reference: str) -> TicketType:
    is_request = reference.casefold().startswith(_REQUESTS)
    return TicketType.REQUEST if is_request else TicketType.INCIDENT


def _since(moments: Sequence[Moment], statuses: frozenset[Status] | set[Status]) -> datetime | None:
    """Return since when it has been in one of these statuses, None when it is not."""
    found = None
    for moment in reversed(moments):
        if moment.status not in statuses:
            break
        found = moment.at
    return found
