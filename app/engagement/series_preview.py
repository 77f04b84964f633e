"""What a series would do to a case: each day with what is asked, and in words why it is that day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts import calendars
from app.accounts.models import Programme
from app.clients.court_days import hearing_days
from app.clients.models import Case
from app.core.i18n import when_day
from app.matching.models import Assignment
from app.volunteers.operations_leave import leave_on

from . import answers, ladder, operations_away, queries, question_sets, series
from .models import Audience
from .series import IN_SERVICE, PLACED, Rule, Traced, Work

AHEAD = timedelta(days=190)
SAMPLE_HEARING = 21  # days after its placement a sample has a hearing


@dataclass(frozen=True)
class Line:
    """One day of the preview."""

    rule: Rule
    on_day: date
    sends_at: datetime | None
    asks: tuple[str, ...]
    why: list[str] = field(default_factory=list)
    then: tuple[date, ...] = ()  # reminder, second reminder and a person's call


class Sample:
    """A case that is placed today and has a hearing in three weeks."""

    def __init__(self, programme: Programme, litigation: bool) -> None:
        self.programme, self.litigation = programme, litigation
        self.today = calendars.today(programme)
        self.hearing = self.today + timedelta(days=SAMPLE_HEARING)

    def work(self) -> Work:
        """What the series knows of it."""
        return Work(
            placed_on=self.today, first_contact_due_on=self.today + timedelta(days=7), critical_days=(self.hearing,),
            litigation=self.litigation, asked=(),
        )  # fmt: skip


def of_sample(sample: Sample, rules: Sequence[Rule]) -> list[Line]:
    """The days of a sample placed today."""
    days = _trace(sample.work(), rules, sample.today, sample.programme)
    words = _words()
    return [_line(item, sample.programme, frozenset({sample.hearing}), None, words) for item in days]


def of_part(part: Assignment, rules: Sequence[Rule]) -> list[Line]:
    """The days of a volunteer's work on a case from today on."""
    case = part.case
    days = _trace(queries.work_of(part), rules, calendars.today(case.programme), case.programme)
    words = _words()
    return [_line(item, case.programme, hearing_days(case), part, words) for item in days]


def _trace(work: Work, rules: Sequence[Rule], today: date, programme: Programme) -> list[Traced]:
    """Also what is asked once the client was reached, which is taken to happen by the day it is due."""
    stages = [work] if work.stage != PLACED else [work, _once_reached(work, today)]
    found: dict[tuple[str, date], Traced] = {}
    for each in stages:
        traced = series.trace(each, rules, today + AHEAD, lambda day, n: calendars.add_business_days(day, n, programme))
        for item in traced:
            if item.rule.stage != PLACED or item.on_day <= max(work.first_contact_due_on, today):
                found.setdefault((item.rule.key, item.on_day), item)
    return sorted((item for item in found.values() if item.on_day >= today), key=lambda item: item.on_day)


def _once_reached(work: Work, today: date) -> Work:
    values = {**work.__dict__, "stage": IN_SERVICE, "stage_since": max(work.first_contact_due_on, today)}
    return Work(**values)


def _words() -> dict[str, tuple[str, ...]]:
    newest = question_sets.newest_of_all()
    return {name: tuple(each.words for each in answers.questions(name, "en", newest[name])) for name in newest}


def _line(
    item: Traced, programme: Programme, hearings: frozenset[date], part: Assignment | None,
    words: dict[str, tuple[str, ...]],
) -> Line:  # fmt: skip
    asks = words[item.rule.questions]
    why = list(_counted(item))
    if item.gives_way_to is not None:
        return Line(item.rule, item.on_day, None, asks, [*why, _gives_way(item)])
    why += _closed_days(item.on_day, programme, hearings)
    sends_at = _opens(item.on_day, programme, hearings)
    why.append(_("Leaves as the office opens."))
    sent_on = sends_at.date()
    if part is not None and item.rule.audience is Audience.VOLUNTEER:
        why += _leave(part, sent_on)
    return Line(item.rule, sent_on, sends_at, asks, why, _then(sent_on, programme, part.case if part else None))


def _counted(item: Traced) -> Iterator[str]:
    stood = (item.on_day - item.counted_on).days
    if stood:
        yield ngettext("%(num)s day later: the case stood still that long.",
                       "%(num)s days later: the case stood still that long.", stood)  # fmt: skip


def _gives_way(item: Traced) -> str:
    if item.gives_way_to == item.on_day:
        return _("Left out: this side is asked something else that day.")
    return _("Left out: this side is asked on %(day)s, and between two questions lie at least 14 days.",
             day=when_day(item.gives_way_to))  # fmt: skip


def _closed_days(day: date, programme: Programme, hearings: frozenset[date]) -> Iterator[str]:
    """Why it cannot leave on its day, nor on those after it."""
    while (reason := _closed(day, programme, hearings)) is not None:
        yield reason
        day += timedelta(days=1)


def _closed(day: date, programme: Programme, hearings: frozenset[date]) -> str | None:
    if str(day.weekday()) not in programme.working_days:
        return _("%(day)s is no working day.", day=when_day(day))
    if not calendars.is_business_day(day, programme):
        return _("On %(day)s the office is closed: a holiday.", day=when_day(day))
    return _("On %(day)s is a hearing.", day=when_day(day)) if day in hearings else None


def _opens(day: date, programme: Programme, hearings: frozenset[date]) -> datetime:
    while _closed(day, programme, hearings) is not None:
        day += timedelta(days=1)
    return calendars.opening_at(day, programme)


def _leave(part: Assignment, day: date) -> Iterator[str]:
    leave = leave_on(part.volunteer_id, day)
    if leave is None:
        return
    until = when_day(leave.until_on)
    instead = operations_away.stand_in_for(part)
    if instead is not None:
        yield _("The volunteer is away until %(day)s: co-counsel %(name)s is asked instead.",
                day=until, name=instead.volunteer.name)  # fmt: skip
    else:
        yield _("The volunteer is away until %(day)s: a coordinator sees how it stands.", day=until)


def _then(sent_on: date, programme: Programme, case: Case | None) -> tuple[date, ...]:
    near = case.next_critical_on if case is not None else None
    rank = case.priority_rank if case is not None else None
    terms: dict[str, Any] = {"critical": rank == 1, "days_left": (near - sent_on).days if near else None}
    return tuple(
        calendars.business_day_on_or_after(
            ladder.step_day(
                sent_on, step, **terms, add=lambda day, n: calendars.add_business_days(day, n, programme),
                works=lambda day: calendars.is_business_day(day, programme),
            ),
            programme,
        )
        for step in range(ladder.PERSON + 1)
    )  # fmt: skip
