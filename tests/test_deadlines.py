"""When a ticket is due: business time without pauses, every trap of domain.md 3."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Event, Stage, Status, Target, Team
from services import (
    assignment,
    calendars,
    categories,
    comments,
    creation,
    deadlines,
    explanations,
    renewals,
    sla,
    tickets,
    transitions,
    trash,
    undo,
)
from services.explanations import Kind
from tests.conftest import Clock, People, Queries, last_event
from tests.promises import (
    EIGHT_TO_SIX,
    WEEKDAYS,
    alarm,
    calendar,
    it_is,
    opened,
    paris,
    pause,
    policy,
    renewed,
    resume,
)

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("hours", "opened_at", "minutes", "due_at"),
    [
        (EIGHT_TO_SIX, ("2026-03-02", "17:00"), 240, ("2026-03-03", "11:00")),  # over the night
        (EIGHT_TO_SIX, ("2026-03-06", "17:30"), 60, ("2026-03-09", "08:30")),  # over a week-end
        (EIGHT_TO_SIX, ("2026-03-02", "06:00"), 60, ("2026-03-02", "09:00")),  # before opening
        (EIGHT_TO_SIX, ("2026-03-02", "21:00"), 60, ("2026-03-03", "09:00")),  # after closing
        (EIGHT_TO_SIX, ("2026-03-07", "12:00"), 600, ("2026-03-09", "18:00")),  # ends at closing
        (
            {d: EIGHT_TO_SIX[d] for d in WEEKDAYS if d != "mon"},
            ("2026-03-06", "17:00"), 120, ("2026-03-10", "09:00"),
        ),
        (
            {d: EIGHT_TO_SIX[d] for d in WEEKDAYS if d != "thu"},
            ("2026-03-04", "17:00"), 120, ("2026-03-06", "09:00"),
        ),
        (
            {d: [["09:00", "12:30"], ["14:00", "18:00"]] for d in WEEKDAYS},
            ("2026-03-02", "12:00"), 60, ("2026-03-02", "14:30"),
        ),
        ("always", ("2026-03-28", "20:00"), 600, ("2026-03-29", "07:00")),  # the clock jumps 2 → 3
        ("always", ("2026-10-24", "20:00"), 600, ("2026-10-25", "05:00")),  # and back
        (
            {"sat": [["20:00", "24:00"]], "sun": [["00:00", "12:00"]]},
            ("2026-03-28", "20:00"), 480, ("2026-03-29", "05:00"),
        ),
        ("always", ("2026-03-07", "12:00"), 60, ("2026-03-07", "13:00")),
    ],
)  # fmt: skip
def test_a_ticket_is_due_at_the_end_of_the_last_minute_that_counts(
    s: Session, people: People, time: Clock, hours: Any, opened_at: Any, minutes: int, due_at: Any
) -> None:
    made = calendar(s, people.diane, hours=hours)
    policy(s, people.diane, calendar_id=made.id, resolve_minutes=minutes)
    it_is(time, *opened_at)

    ticket = opened(s, people.alice)

    assert ticket.resolve_due_at == paris(*due_at)
    assert (ticket.accept_due_at, ticket.first_response_due_at) == (None, None)


def test_what_a_calendar_never_opens_for_is_never_due(
    s: Session, people: People, time: Clock
) -> None:
    made = calendar(s, people.diane)
    policy(s, people.diane, calendar_id=made.id, resolve_minutes=60)
    made.hours = {}  # no page lets one save that
    s.commit()
    it_is(time, "2026-03-02", "09:00")

    ticket = opened(s, people.alice)

    assert ticket.resolve_due_at is None
    assert alarm(s, ticket, Target.RESOLVE) is None
    explained = explanations.explain(s, people.alice, ticket.number, Target.RESOLVE)
    assert (explained.due, explained.segments) == (None, ())


def test_a_holiday_does_not_count(s: Session, people: People, time: Clock) -> None:
    made = calendar(s, people.diane, holidays="FR")
    policy(s, people.diane, calendar_id=made.id, resolve_minutes=120)
    it_is(time, "2026-04-03", "17:00")  # before Easter

    assert opened(s, people.alice).resolve_due_at == paris("2026-04-07", "09:00")


def test_without_a_policy_nothing_is_due_and_one_query_finds_that(
    s: Session, people: People, queries: Queries
) -> None:
    ticket = opened(s, people.alice)
    s.commit()

    before = len(queries.statements)

    deadlines.renew(s, ticket)
    deadlines.renew(s, ticket)

    assert [ticket.accept_due_at, ticket.resolve_due_at, ticket.sla_policy_id] == [None] * 3
    assert len(queries.statements) == before + 1


def test_a_wait_over_a_week_end_costs_no_open_time(s: Session, people: People, time: Clock) -> None:
    policy(s, people.diane, resolve_minutes=960)  # two days of eight hours
    it_is(time, "2026-03-06", "08:00")
    ticket = opened(s, people.alice)
    assert ticket.resolve_due_at == paris("2026-03-09", "14:00")

    it_is(time, "2026-03-06", "16:00")
    pause(s, people.bruno, ticket)
    it_is(time, "2026-03-08", "12:00")
    assert ticket.resolve_due_at == paris("2026-03-09", "14:00")  # as when the wait began
    it_is(time, "2026-03-09", "09:00")
    resume(s, people.bruno, ticket)

    assert ticket.resolve_due_at == paris("2026-03-09", "17:00")  # eight hours were left


def test_a_policy_changed_during_a_wait_keeps_the_wait(
    s: Session, people: People, time: Clock
) -> None:
    made = policy(s, people.diane, resolve_minutes=240)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    it_is(time, "2026-03-02", "09:00")
    pause(s, people.bruno, ticket)
    it_is(time, "2026-03-02", "10:00")

    sla.edit(s, people.diane, made.id, resolve_minutes=300)
    renewed(s)

    assert ticket.resolve_due_at == paris("2026-03-02", "13:00")
    it_is(time, "2026-03-02", "11:00")
    resume(s, people.bruno, ticket)
    assert ticket.resolve_due_at == paris("2026-03-02", "15:00")


def test_the_time_between_resolving_and_reopening_does_not_count_and_is_no_pause(
    s: Session, people: People, time: Clock
) -> None:
    policy(s, people.diane, resolve_minutes=240)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    it_is(time, "2026-03-02", "09:00")
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    assert ticket.resolve_due_at == paris("2026-03-02", "12:00")
    assert alarm(s, ticket, Target.RESOLVE) is None

    it_is(time, "2026-03-02", "11:00")
    transitions.move(s, people.alice, ticket.number, Status.IN_PROGRESS)

    assert ticket.resolve_due_at == paris("2026-03-02", "14:00")
    explained = explanations.explain(s, people.alice, ticket.number, Target.RESOLVE)
    assert explained.minutes(Kind.DONE) == 120
    assert explained.minutes(Kind.PAUSED) == 0
    assert explained.minutes(Kind.COUNTED) == 240


def test_what_waits_when_it_is_resolved_was_in_time(
    s: Session, people: People, time: Clock
) -> None:
    policy(s, people.diane, resolve_minutes=240)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    it_is(time, "2026-03-02", "11:00")
    pause(s, people.bruno, ticket)
    it_is(time, "2026-03-03", "11:00")

    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)

    assert ticket.resolve_due_at == paris("2026-03-03", "12:00")
    it_is(time, "2026-03-09", "11:00")
    transitions.move(s, people.bruno, ticket.number, Status.CLOSED)
    assert ticket.resolve_due_at == paris("2026-03-03", "12:00")


def test_the_reminder_lies_in_business_hours(s: Session, people: People, time: Clock) -> None:
    policy(s, people.diane, resolve_minutes=240, remind_minutes=60)
    it_is(time, "2026-03-02", "17:00")

    ticket = opened(s, people.alice)

    assert ticket.resolve_due_at == paris("2026-03-03", "11:00")
    assert alarm(s, ticket, Target.RESOLVE) == (Stage.NEAR, paris("2026-03-03", "10:00"))


@pytest.mark.parametrize(
    ("minutes", "remind", "told_at"),
    [
        (120, 60, ("2026-03-03", "08:00")),  # in the morning, not at the closing before
        (120, 90, ("2026-03-02", "17:30")),
        (60, 60, None),  # whoever gets a ticket needs no reminder of it
        (60, 0, None),
    ],
)
def test_a_reminder_comes_when_somebody_is_there_or_not_at_all(
    s: Session, people: People, time: Clock, minutes: int, remind: int, told_at: Any
) -> None:
    policy(s, people.diane, resolve_minutes=minutes, remind_minutes=remind)
    it_is(time, "2026-03-02", "17:00")

    ticket = opened(s, people.alice)

    missed = (Stage.MISSED, ticket.resolve_due_at)
    wanted = (Stage.NEAR, paris(*told_at)) if told_at else missed
    assert alarm(s, ticket, Target.RESOLVE) == wanted


def test_a_pause_takes_the_alarm_away_and_moves_the_reminder(
    s: Session, people: People, time: Clock
) -> None:
    policy(s, people.diane, resolve_minutes=240, remind_minutes=60)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    it_is(time, "2026-03-02", "10:00")

    pause(s, people.bruno, ticket)
    assert alarm(s, ticket, Target.RESOLVE) is None
    it_is(time, "2026-03-02", "17:30")
    resume(s, people.bruno, ticket)

    assert ticket.resolve_due_at == paris("2026-03-03", "09:30")
    assert alarm(s, ticket, Target.RESOLVE) == (Stage.NEAR, paris("2026-03-03", "08:30"))


def test_an_edited_calendar_moves_the_deadlines_of_open_tickets(
    s: Session, people: People, time: Clock
) -> None:
    made = policy(s, people.diane, resolve_minutes=600)
    it_is(time, "2026-03-02", "12:00")
    ticket, done = opened(s, people.alice), opened(s, people.alice)
    transitions.move(s, people.bruno, done.number, Status.RESOLVED)
    version, touched = ticket.version, ticket.updated_at
    s.commit()

    day = paris("2026-03-03").date()
    calendars.add_closure(s, people.diane, made.calendar_id, starts_on=day, ends_on=day)
    renewed(s)

    assert ticket.resolve_due_at == paris("2026-03-04", "12:00")
    assert alarm(s, ticket, Target.RESOLVE) == (Stage.NEAR, paris("2026-03-04", "11:00"))
    assert (ticket.version, ticket.updated_at) == (version + 1, touched)
    assert done.resolve_due_at == paris("2026-03-03", "12:00")


@pytest.mark.parametrize(("first", "resolve"), [(60, 240), (240, 60)])
def test_the_first_answer_may_be_due_before_or_after_the_solution(
    s: Session, people: People, time: Clock, first: int, resolve: int
) -> None:
    policy(s, people.diane, first_response_minutes=first, resolve_minutes=resolve)
    it_is(time, "2026-03-02", "08:00")
    start = paris("2026-03-02", "08:00")

    ticket = opened(s, people.alice)

    assert ticket.first_response_due_at == start + timedelta(minutes=first)
    assert ticket.resolve_due_at == start + timedelta(minutes=resolve)
    comments.post(s, people.alice, ticket.number, "Toujours rien")
    assert alarm(s, ticket, Target.FIRST_RESPONSE) is not None
    answer = comments.post(s, people.bruno, ticket.number, "J’arrive")
    assert alarm(s, ticket, Target.FIRST_RESPONSE) is None
    assert alarm(s, ticket, Target.RESOLVE) is not None
    comments.delete(s, people.bruno, answer.id)
    assert alarm(s, ticket, Target.FIRST_RESPONSE) is not None


def test_the_first_policy_whose_conditions_hold_is_the_tickets(
    s: Session, people: People, time: Clock
) -> None:
    hours = calendar(s, people.diane).id
    root = categories.create(s, people.diane, name="Matériel")
    below = categories.create(s, people.diane, name="Imprimante", parent_id=root.id)
    team_id = min(people.bruno.team_ids)
    wishes: list[dict[str, Any]] = [
        {"name": "Éteinte", "is_active": False},
        {"name": "Équipe", "team_id": team_id, "priority": "urgent"},
        {"name": "Matériel", "category_id": root.id},
        {"name": "Demandes", "type": "request"},
        {"name": "Le reste"},
    ]
    ids = {w["name"]: policy(s, people.diane, calendar_id=hours, **w).id for w in wishes}
    ticket = opened(s, people.alice)
    chosen = [ticket.sla_policy_id]

    for values in (
        {"type": "request"},
        {"category_id": below.id},
        {"priority": "urgent"},
    ):
        tickets.edit(s, people.bruno, ticket.number, values)
        chosen.append(ticket.sla_policy_id)
    assignment.assign(s, people.diane, ticket.number, team_id=team_id)
    chosen.append(ticket.sla_policy_id)

    wanted = ["Le reste", "Demandes", "Matériel", "Matériel", "Équipe"]
    assert chosen == [ids[name] for name in wanted]


def test_another_priority_counts_from_the_same_beginning_without_the_pauses(
    s: Session, people: People, time: Clock
) -> None:
    hours = calendar(s, people.diane).id
    policy(s, people.diane, calendar_id=hours, name="A", priority="urgent", resolve_minutes=120)
    policy(s, people.diane, calendar_id=hours, name="B", resolve_minutes=480)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    it_is(time, "2026-03-02", "09:00")
    pause(s, people.bruno, ticket)
    it_is(time, "2026-03-02", "11:00")
    resume(s, people.bruno, ticket)

    tickets.edit(s, people.bruno, ticket.number, {"priority": "urgent"})
    assert ticket.resolve_due_at == paris("2026-03-02", "12:00")
    undo.undo(s, people.bruno, last_event(s, ticket.number).id)

    assert ticket.resolve_due_at == paris("2026-03-02", "18:00")


def test_a_deadline_set_by_hand_stays_until_it_is_cleared(
    s: Session, people: People, time: Clock
) -> None:
    made = policy(s, people.diane, resolve_minutes=240)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    by_hand = paris("2026-03-10", "08:30")

    tickets.edit(s, people.bruno, ticket.number, {"resolve_due_at": by_hand})
    it_is(time, "2026-03-02", "09:00")
    pause(s, people.bruno, ticket)
    it_is(time, "2026-03-02", "10:00")
    resume(s, people.bruno, ticket)
    sla.edit(s, people.diane, made.id, resolve_minutes=300)
    renewed(s)

    assert (ticket.resolve_due_at, ticket.is_due_by_hand) == (by_hand, True)
    assert alarm(s, ticket, Target.RESOLVE) == (Stage.NEAR, paris("2026-03-09", "17:30"))
    tickets.edit(s, people.bruno, ticket.number, {"resolve_due_at": None})
    assert (ticket.resolve_due_at, ticket.is_due_by_hand) == (paris("2026-03-02", "14:00"), False)
    undo.undo(s, people.bruno, last_event(s, ticket.number).id)
    assert (ticket.resolve_due_at, ticket.is_due_by_hand) == (by_hand, True)


def test_a_deadline_set_by_hand_without_any_policy_is_told_and_cleared(
    s: Session, people: People, time: Clock
) -> None:
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    due = paris("2026-03-03", "12:00")

    tickets.edit(s, people.bruno, ticket.number, {"resolve_due_at": due})
    assert alarm(s, ticket, Target.RESOLVE) == (Stage.NEAR, due - HOUR)
    undo.undo(s, people.bruno, last_event(s, ticket.number).id)

    assert (ticket.resolve_due_at, ticket.is_due_by_hand) == (None, False)
    assert alarm(s, ticket, Target.RESOLVE) is None


def test_a_pause_that_is_undone_was_a_pause_of_that_long(
    s: Session, people: People, time: Clock
) -> None:
    policy(s, people.diane, resolve_minutes=240)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    pause(s, people.bruno, ticket)
    time.stopped = paris("2026-03-02", "08:00") + timedelta(seconds=10)

    undo.undo(s, people.bruno, last_event(s, ticket.number).id)

    assert ticket.resolve_due_at == paris("2026-03-02", "12:00") + timedelta(seconds=10)
    assert ticket.status is Status.NEW


def test_resuming_that_is_undone_is_the_same_wait_as_before(
    s: Session, people: People, time: Clock
) -> None:
    policy(s, people.diane, resolve_minutes=240)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    it_is(time, "2026-03-02", "10:00")
    pause(s, people.bruno, ticket)
    it_is(time, "2026-03-02", "12:00")
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)

    undo.undo(s, people.bruno, last_event(s, ticket.number).id)
    assert ticket.resolve_due_at == paris("2026-03-02", "12:00")
    it_is(time, "2026-03-02", "13:00")
    resume(s, people.bruno, ticket)

    assert ticket.resolve_due_at == paris("2026-03-02", "15:00")


def test_nothing_rings_in_the_trash(s: Session, people: People, time: Clock) -> None:
    policy(s, people.diane, resolve_minutes=240)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    there = alarm(s, ticket, Target.RESOLVE)

    trash.delete(s, people.diane, ticket.number)
    assert alarm(s, ticket, Target.RESOLVE) is None
    trash.restore(s, people.diane, ticket.number)

    assert alarm(s, ticket, Target.RESOLVE) == there


def test_a_policy_that_goes_leaves_finished_tickets_what_it_promised(
    s: Session, people: People, time: Clock
) -> None:
    made = policy(s, people.diane, resolve_minutes=240)
    it_is(time, "2026-03-02", "08:00")
    open_one, done = opened(s, people.alice), opened(s, people.alice)
    transitions.move(s, people.bruno, done.number, Status.RESOLVED)

    sla.delete(s, people.diane, made.id)
    renewed(s)
    assignment.assign(s, people.diane, done.number, team_id=min(people.bruno.team_ids))

    assert (open_one.resolve_due_at, open_one.sla_policy_id) == (None, None)
    assert alarm(s, open_one, Target.RESOLVE) is None
    assert (done.resolve_due_at, done.sla_policy_id) == (paris("2026-03-02", "12:00"), made.id)


def test_a_first_policy_reaches_the_tickets_that_are_open(
    s: Session, people: People, time: Clock
) -> None:
    it_is(time, "2026-03-02", "08:00")
    late, in_time = opened(s, people.alice), opened(s, people.alice, type="request")
    it_is(time, "2026-03-02", "17:00")
    hours = calendar(s, people.diane).id
    policy(s, people.diane, calendar_id=hours, name="A", type="request", resolve_minutes=900)
    policy(s, people.diane, calendar_id=hours, name="B", resolve_minutes=60)

    assert renewed(s) == 2

    assert in_time.resolve_due_at == paris("2026-03-03", "13:00")
    assert alarm(s, in_time, Target.RESOLVE) == (Stage.NEAR, paris("2026-03-03", "12:00"))
    # What only the new rule makes late rings for nobody: it might be thousands.
    assert late.resolve_due_at == paris("2026-03-02", "09:00")
    assert alarm(s, late, Target.RESOLVE) == (Stage.TOLD, paris("2026-03-02", "09:00"))


def test_renewing_goes_on_where_it_was_and_begins_again_when_something_changes(
    s: Session, people: People, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewals, "BATCH", 2)
    it_is(time, "2026-03-02", "08:00")
    made = policy(s, people.diane, resolve_minutes=60)
    renewed(s)
    some = [opened(s, people.alice) for _ in range(5)]
    sla.edit(s, people.diane, made.id, resolve_minutes=120)
    s.commit()

    assert renewals.advance(s) == 2
    s.commit()
    assert [t.resolve_due_at == paris("2026-03-02", "10:00") for t in some] == [True] * 2 + [
        False
    ] * 3
    sla.edit(s, people.diane, made.id, resolve_minutes=180)

    assert renewed(s) == 5
    assert {t.resolve_due_at for t in some} == {paris("2026-03-02", "11:00")}
    assert renewals.advance(s) == 0
    told = s.scalars(select(Event.kind).order_by(Event.id.desc()).limit(1)).one()
    assert told == "policy.applied"  # what pages show again


def test_a_team_of_a_category_is_there_when_the_policy_is_chosen(
    s: Session, people: People
) -> None:
    team = Team(name="Postes")
    s.add(team)
    s.flush()
    category = categories.create(s, people.diane, name="Poste", team_id=team.id)
    made = policy(s, people.diane, team_id=team.id, resolve_minutes=60)

    ticket = creation.create(
        s, people.alice, creation.NewTicket(title="Écran noir", category_id=category.id)
    )

    assert ticket.sla_policy_id == made.id


def test_an_explanation_shows_what_counted_what_waited_and_what_was_closed(
    s: Session, people: People, time: Clock
) -> None:
    policy(s, people.diane, resolve_minutes=240)
    it_is(time, "2026-03-02", "16:00")
    ticket = opened(s, people.alice)
    it_is(time, "2026-03-02", "17:00")
    pause(s, people.bruno, ticket)
    it_is(time, "2026-03-03", "09:00")
    resume(s, people.bruno, ticket)

    explained = explanations.explain(s, people.alice, ticket.number, Target.RESOLVE)

    assert (explained.policy, explained.calendar) == ("Standard", "Bureau")
    assert explained.promised_minutes == 240
    assert [(x.start, x.end, x.kind) for x in explained.segments] == [
        (paris("2026-03-02", "16:00"), paris("2026-03-02", "17:00"), Kind.COUNTED),
        (paris("2026-03-02", "17:00"), paris("2026-03-03", "09:00"), Kind.PAUSED),
        (paris("2026-03-03", "09:00"), paris("2026-03-03", "12:00"), Kind.COUNTED),
    ]
    assert explained.due == paris("2026-03-03", "12:00")
    assert explained.counted_minutes == 60
    it_is(time, "2026-03-03", "10:30")
    assert explained.counted_minutes == 150


def test_an_explanation_of_what_waits_goes_until_now(
    s: Session, people: People, time: Clock
) -> None:
    policy(s, people.diane, resolve_minutes=240)
    it_is(time, "2026-03-02", "17:00")
    ticket = opened(s, people.alice)
    it_is(time, "2026-03-03", "09:00")
    pause(s, people.bruno, ticket)
    it_is(time, "2026-03-05", "10:00")

    explained = explanations.explain(s, people.bruno, ticket.number, Target.RESOLVE)

    assert explained.paused_since == paris("2026-03-03", "09:00")
    assert explained.segments[-1].end == paris("2026-03-05", "10:00")
    assert explained.minutes(Kind.PAUSED) == 49 * 60
    assert explained.minutes(Kind.CLOSED) == 14 * 60
    assert explained.counted_minutes == 120
