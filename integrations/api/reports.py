"""Reports: listed, asked for, read, and given as PDF and XLSX."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy.orm import Session, undefer

from data.clock import now
from data.models import Report, ReportKind, ReportState
from data.threads import in_thread
from integrations.api.call import Answer, ReadsReports, WritesReports
from integrations.api.fields import Id, Key, Wish
from integrations.api.pages import linked, packed, unpacked
from services import report_files, report_slots, reports, words
from services.permissions import Actor
from services.reports import Line

router = APIRouter(tags=["reports"])

Language = Literal["fr", "en"]


def _written_day(value: object) -> object:
    """Refuse what is no day: pydantic takes seconds since 1970 as well."""
    if not isinstance(value, str) or len(value) != 10:
        raise ValueError("not a day")
    return value


Day = Annotated[date, BeforeValidator(_written_day)]


class ReportWish(Wish):
    """A report of some days of the organisation’s zone, both whole; without `team` of all."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"from": "2026-11-16", "to": "2026-11-22"}]},
    )

    from_: Day = Field(alias="from")
    to: Day
    team: Id | None = None
    language: Language | None = Field(None, description="Null: that of who reads it.")


class ReportQuery(BaseModel):
    """Which reports one wants."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(None, max_length=100, description="`next` of the page before.")
    limit: int = Field(reports.PAGE, ge=1, le=reports.MOST)


class FileQuery(BaseModel):
    """In which language one wants a file; without, as it was asked for, or one’s own."""

    model_config = ConfigDict(extra="forbid")

    language: Language | None = None


class ReportOut(BaseModel):
    """A report. `teams` are those whose tickets count, null is all; `asked_by` null is a plan.

    `progress` goes from 0 to 100; `error` says why one failed: `failed`, `nobody`.
    """

    id: int
    kind: ReportKind
    first_day: date
    last_day: date
    team: int | None
    teams: list[int] | None
    language: str | None
    state: ReportState
    progress: int
    error: str | None
    asked_by: int | None
    created_at: datetime
    made_at: datetime | None


class WholeReport(ReportOut):
    """A report with what it says ([statistics.md] defines each figure); null until it is made."""

    content: dict[str, Any] | None


class ReportPage(BaseModel):
    """Some reports, the newest first, and the cursor of those before; null at the end."""

    items: list[ReportOut]
    next: str | None


@router.get("/reports", response_model=ReportPage)
async def list_reports(call: ReadsReports, wanted: Annotated[ReportQuery, Query()]) -> Response:
    """List the reports one may read, the newest first."""

    def work(s: Session, by: Actor) -> ReportPage:
        page = reports.page(s, by, after=unpacked(wanted.cursor), limit=wanted.limit)
        items = [ReportOut.model_validate(_told(line)) for line in page.lines]
        return ReportPage(items=items, next=packed(page.after))

    return await linked(call, work)


@router.post("/reports", response_model=ReportOut, status_code=202)
async def ask_for_a_report(call: WritesReports, body: ReportWish) -> Response:
    """Ask for a report of some days; it is made in the background, within seconds."""

    def work(s: Session, by: Actor) -> Answer:
        wish = reports.Wish(
            first=body.from_, last=body.to, team_id=body.team, language=body.language or ""
        )
        report = reports.ask(s, by, wish, today=report_slots.day_of(now()))
        told = _told(reports.get(s, by, report.id))
        return Answer(content=ReportOut.model_validate(told), status=202)

    return await call.act(work)


@router.get("/reports/{report:int}", response_model=WholeReport)
async def get_report(call: ReadsReports, report: Key) -> Response:
    """Get one report, and what it says."""

    def work(s: Session, by: Actor) -> Answer:
        line = reports.get(s, by, report)
        row = s.get(Report, report, options=[undefer(Report.content)], populate_existing=True)
        content = row.content if row else None
        return Answer(content=WholeReport.model_validate({**_told(line), "content": content}))

    return await call.show(work)


@router.get(
    "/reports/{report:int}/{ending}",
    response_class=Response,
    responses={200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def download_report(
    call: ReadsReports,
    report: Key,
    ending: Literal["pdf", "xlsx"],
    wanted: Annotated[FileQuery, Query()],
) -> Response:
    """Get a report as a file; 404 (`not_ready`) until it is made."""
    language = wanted.language or words.spoken()
    document, _row = await call.look(lambda s, by: reports.read(s, by, report, language))
    file = await in_thread(report_files.file, document, ending)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(file.content, media_type=file.type, headers=headers)


@router.delete("/reports/{report:int}", status_code=204)
async def delete_report(call: WritesReports, report: Key) -> Response:
    """Remove a report one asked for; an administrator removes all."""
    return await call.do(lambda s, by: reports.delete(s, by, report))


def _told(line: Line) -> dict[str, Any]:
    row = line.report
    names = ("id", "kind", "first_day", "last_day", "state", "progress", "created_at", "made_at")
    return {
        **{name: getattr(row, name) for name in names},
        "team": row.team_id,
        "teams": row.reach,
        "language": row.language or None,
        "error": row.error or None,
        "asked_by": row.requested_by_id,
    }
