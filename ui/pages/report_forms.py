"""What one fills in to plan a report, or to have one made now."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from nicegui import ui

from data.models import ReportKind
from services import report_slots
from services.report_plans import Offered, Plan
from services.reports import Wish
from services.words import LANGUAGES, N_, _
from ui.fragments import report_rows
from ui.widgets import fields
from ui.widgets.people_picker import PeoplePicker

_LANGUAGES: dict[str, str] = {"": N_("That of the reader"), "fr": "Français", "en": "English"}
Options = Sequence[tuple[str, str]]


def plan_controls(plan: Plan | None, offered: Offered) -> dict[str, Any]:
    """Draw the fields of a plan and return them by the names that errors have."""
    row = plan.row if plan else None
    kinds = [(kind.value, _(called)) for kind, called in report_rows.KINDS.items()]
    kind = row.kind if row else ReportKind.WEEKLY
    team = str(row.team_id) if row and row.team_id else ""
    chosen = [(user.id, user.name) for user in plan.people] if plan else []
    drawn: dict[str, Any] = {
        "kind": fields.Choice(_("Rhythm"), kinds, kind, name="kind"),
        "team": fields.Choice(_("Of which team"), team_options(offered, plan), team, name="team"),
        "hour": fields.Choice(
            _("At what time"),
            [(str(hour), f"{hour:02}:00") for hour in range(24)],
            str(row.hour if row else report_slots.HOUR),
            name="hour",
        ),
        "to_all": ui.checkbox(
            _("To all managers and administrators"), value=row.to_all if row else False
        ).props("data-testid=to-all"),
        "recipients": PeoplePicker(
            _("And to these people"), offered.readers, chosen, name="recipients"
        ),
    }
    return drawn


def plan_values(values: dict[str, Any]) -> dict[str, Any]:
    """Return what was filled in by the names that services have."""
    return {
        "kind": values["kind"],
        "team_id": values["team"] or None,
        "hour": values["hour"],
        "to_all": bool(values["to_all"]),
        "user_ids": values["recipients"],
    }


def team_options(offered: Offered, plan: Plan | None = None) -> Options:
    """Return the teams to choose from; one that is no more stays with the plan that has it."""
    found = [("", _(report_rows.ALL_TEAMS)), *((str(key), name) for key, name in offered.teams)]
    if plan and plan.team and str(plan.team.id) not in dict(found):
        found.append((str(plan.team.id), plan.team.name))
    return found


class AskForm:
    """Days, a team and a language, for a report that is made now."""

    def __init__(self, offered: Offered, today: date) -> None:
        first, last = report_slots.days_of(ReportKind.WEEKLY, today)
        languages = [(key, _(_LANGUAGES[key])) for key in ("", *LANGUAGES)]
        self.fields: dict[str, Any] = {
            "from": fields.text(_("First day"), first.isoformat(), name="from"),
            "to": fields.text(_("Last day"), last.isoformat(), name="to"),
            "team": fields.Choice(_("Of which team"), team_options(offered), name="team-asked"),
            "language": fields.Choice(_("Language"), languages, name="language"),
        }
        for name in ("from", "to"):
            self.fields[name].props("type=date")

    @property
    def wish(self) -> Wish:
        """Return what is asked for; a day that makes no sense is none."""
        return Wish(
            first=_day(self.fields["from"].value),
            last=_day(self.fields["to"].value),
            team_id=int(self.fields["team"].value or 0) or None,
            language=self.fields["language"].value,
        )

    def offer(self, offered: Offered) -> None:
        """Offer the teams of now."""
        self.fields["team"].offer(team_options(offered))


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text or ""))
    except ValueError:
        return None
