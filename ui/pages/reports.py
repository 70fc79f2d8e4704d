"""Reports: which are planned, one asked for now, and those that were made."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Report
from services import report_plans, report_slots, reports, sessions
from services.errors import DomainError, Invalid
from services.permissions import Action, Actor, allows
from services.report_plans import Offered, Plan
from services.reports import UNFINISHED, Line, ReportPage, Wish
from services.words import _
from ui import live
from ui.door import Door, Place, door
from ui.fragments import marks, report_rows
from ui.fragments.base import KeyedList
from ui.pages import report_forms
from ui.widgets import dialogs, fields, headings

PROGRESS_SECONDS = 1.0  # how far a report is, while one is being made; otherwise nobody asks


@dataclass(frozen=True, slots=True)
class Loaded:
    """All that the page shows."""

    plans: list[Plan]
    offered: Offered
    page: ReportPage


async def reports_page() -> None:
    """Show the reports and let those who steer see to them."""
    await Reports(door()).build()


def load(s: Session, by: Actor, limit: int) -> Loaded:
    """Fetch all the page draws, in one transaction."""
    page = reports.page(s, by, limit=limit)
    return Loaded(report_plans.all(s, by), report_plans.offered(s, by), page)


def ask(s: Session, by: Actor, wish: Wish) -> Report:
    """Ask for a report as of today."""
    return reports.ask(s, by, wish, today=report_slots.day_of(now()))


class Reports:
    """The page in one browser."""

    def __init__(self, do: Door) -> None:
        self._do = do
        self._place = Place(do)
        self._limit = reports.PAGE
        self._acts: dict[str, Callable[[Plan], Awaitable[object]]] = {
            "send": self._send,
            "try": self._try_out,
            "edit": self._edit,
            "switch": self._switch,
            "delete": self._delete,
        }

    async def build(self) -> None:
        """Load and draw the page, and follow what changes."""
        try:
            self._loaded = await self._do.see(load, self._limit)
        except DomainError as refusal:
            headings.refused(refusal)
            return
        about = _("Figures in the mailbox on Monday and each month, and of any days you choose.")
        headings.page(_("Reports"), about)
        with ui.element("section").classes("section"):
            self._build_plans()
        with ui.element("section").classes("section"):
            self._build_form()
        with ui.element("section").classes("section"):
            self._build_history()
        live.follow(live.ORGANISATION, self._changed)
        self._timer = ui.timer(PROGRESS_SECONDS, self._again, active=self._is_busy)

    def _build_plans(self) -> None:
        with ui.element("div").classes("section-head"):
            headings.part(_("Planned reports"))
            create = ui.button(_("Plan a report"), on_click=self._create)
            create.props("data-testid=create-plan")
        hint = _("Plan one: who gets which figures, each week or each month.")
        empty = marks.empty(_("No report is planned"), hint, "plans")
        classes = "rows people"
        self._plans = KeyedList(
            "plans", self._drawn_plans(), act=self._plan_acted, classes=classes, empty=empty
        )

    def _build_form(self) -> None:
        headings.part(_("A report now"))
        with ui.element("div").classes("form report-form"):
            today = report_slots.day_of(now())
            self._form = report_forms.AskForm(self._loaded.offered, today)
            self._problem = ui.label().classes("field-error").props("role=alert")
            make = ui.button(_("Make the report"), on_click=self._ask)
            make.props("data-testid=make-report")

    def _build_history(self) -> None:
        headings.part(_("Made so far"))
        hint = _("Each report stays as it was made, as PDF, XLSX and in the page.")
        empty = marks.empty(_("No report yet"), hint, "reports")
        classes = "rows people"
        self._history = KeyedList(
            "reports", self._drawn_reports(), act=self._report_acted, classes=classes, empty=empty
        )
        with ui.element("div").classes("pager"):
            self._more = ui.button(_("Show older ones"), on_click=self._show_older)
            self._more.props("flat data-testid=older-reports")
        self._show_pager()

    @property
    def _is_busy(self) -> bool:
        return any(line.report.state in UNFINISHED for line in self._loaded.page.lines)

    async def _changed(self, _numbers: set[int]) -> None:
        await self._again()

    async def _again(self) -> None:
        if self._history.is_deleted:
            return
        if loaded := await self._place.look(load, self._limit):
            self._loaded = loaded
            self._plans.show_items(self._drawn_plans())
            self._history.show_items(self._drawn_reports())
            self._form.offer(loaded.offered)
            self._show_pager()
            self._timer.active = self._is_busy

    async def _show_older(self) -> None:
        self._limit = min(self._limit + reports.PAGE, reports.MOST)
        await self._again()

    def _show_pager(self) -> None:
        has_more = self._loaded.page.after is not None and self._limit < reports.MOST
        self._more.set_visibility(has_more)

    async def _ask(self) -> None:
        self._problem.set_text("")
        try:
            await self._do.attempt(ask, self._form.wish)
        except Invalid as refusal:
            self._problem.set_text(fields.show_problems(self._form.fields, refusal))
        except DomainError as refusal:
            self._problem.set_text(refusal.say())
        else:
            for field in self._form.fields.values():
                field.error = None
            self._do.tell(_("The report is being made: you may leave the page."), good=True)
            await self._again()

    async def _plan_acted(self, action: str, value: Any) -> None:
        found = (plan for plan in self._loaded.plans if str(plan.row.id) == str(value))
        if (plan := next(found, None)) and action in self._acts:
            await self._acts[action](plan)

    async def _report_acted(self, action: str, value: Any) -> None:
        if action != "forget" or not str(value).isdecimal():
            return
        title, text = _("Delete this report?"), _("It is removed for everybody who may read it.")
        if await dialogs.confirm(title, text, _("Delete")):
            await self._do(reports.delete, int(str(value)))
            await self._again()

    async def _create(self) -> None:
        async def save(values: dict[str, Any]) -> None:
            await self._do.attempt(report_plans.create, **report_forms.plan_values(values))

        def controls() -> dict[str, Any]:
            return report_forms.plan_controls(None, self._loaded.offered)

        await dialogs.form(_("Plan a report"), controls, save, verb=_("Create"))

    async def _edit(self, plan: Plan) -> None:
        async def save(values: dict[str, Any]) -> None:
            given = report_forms.plan_values(values)
            await self._do.attempt(report_plans.edit, plan.row.id, **given)

        title, offered = _("Edit the planned report"), self._loaded.offered
        await dialogs.form(title, lambda: report_forms.plan_controls(plan, offered), save)

    async def _switch(self, plan: Plan) -> None:
        await self._do(report_plans.edit, plan.row.id, is_active=not plan.row.is_active)

    async def _delete(self, plan: Plan) -> None:
        title = _("Delete this planned report?")
        text = _("What was made of it stays. Nobody is sent it any more.")
        if await dialogs.confirm(title, text, _("Delete")):
            await self._do(report_plans.delete, plan.row.id)

    async def _send(self, plan: Plan) -> None:
        title = _("Send this report now?")
        text = _("The last whole week or month is made once more and sent to all its recipients.")
        is_sure = await dialogs.confirm(title, text, _("Send now"))
        made = await self._do(report_plans.send_now, plan.row.id) if is_sure else None
        if made:
            self._do.tell(_("The report is being made, then sent to its recipients."), good=True)
            await self._again()

    async def _try_out(self, plan: Plan) -> None:
        if await self._do(report_plans.try_out, plan.row.id):
            self._do.tell(_("The report is being made, then sent to you alone."), good=True)
            await self._again()

    def _drawn_plans(self) -> list[tuple[str, str]]:
        home = sessions.home_zone()
        return [report_rows.plan(plan, self._do.zone, home) for plan in self._loaded.plans]

    def _drawn_reports(self) -> list[tuple[str, str]]:
        return [self._drawn(line) for line in self._loaded.page.lines]

    def _drawn(self, line: Line) -> tuple[str, str]:
        is_own = line.report.requested_by_id == self._do.by.id
        may_delete = is_own or allows(self._do.by, Action.SETTINGS_MANAGE)
        return report_rows.report(line, self._do.zone, may_delete=may_delete)
