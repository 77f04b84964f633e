"""Nothing that is to be done about a case falls due after its next critical date, whatever days the office is shut."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Closure
from app.clients import operations
from app.clients.models import CaseStatus, CriticalDate, PriorityLevel
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.engagement.operations_escalations import escalate
from app.matching import terms
from app.tasks.models import Task
from app.tasks.operations import open_task
from tests import factories as make

CHICAGO = ZoneInfo("America/Chicago")
TUESDAY = datetime(2026, 11, 24, 16, tzinfo=UTC)  # 10 in the morning, two days before Thanksgiving


@pytest.fixture(autouse=True)
def _tuesday(app: Flask) -> Iterator[None]:
    with clock.at(TUESDAY):
        yield


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=CHICAGO)


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 12, 15), at(30, 17)),  # far ahead: as it was
        (date(2026, 11, 30), at(27, 17)),  # a Monday: the Friday before
        (date(2026, 11, 27), at(25, 17)),  # a Friday after a holiday: the Wednesday before
        (date(2026, 11, 25), at(24, 17)),  # tomorrow: today
        (date(2026, 11, 24), at(24, 10)),  # today, and the office is open: at once
        (date(2026, 11, 23), at(30, 17)),  # a day that is over binds nothing
        (None, at(30, 17)),
    ],
)
def test_what_is_due_is_due_as_the_office_last_closes_before_the_date(app: Flask, day: date, due: datetime) -> None:
    assert calendars.due_before(at(30, 17), day, make.programme()) == due


def test_before_the_office_opens_on_the_day_it_is_due_at_the_opening(app: Flask) -> None:
    with clock.at(at(27, 7)):
        assert calendars.due_before(at(30, 17), date(2026, 11, 27), make.programme()) == at(27, 9)


def test_nothing_is_due_late_whatever_the_calendar(app: Flask) -> None:
    """Random closures, dates, moments and lengths, over Christmas: by the end of the day before, or at once."""
    chance = random.Random(20261124)
    programme = make.programme()
    assert programme.closures == []
    session.expunge(programme)
    for _ in range(300):
        start = TUESDAY + timedelta(hours=chance.randint(0, 24 * 45))
        programme.closures = [
            Closure(on_day=start.date() + timedelta(days=chance.randint(0, 9)), reason="closed") for _ in range(2)
        ]
        with clock.at(start):
            today = calendars.today(programme)
            day = today + timedelta(days=chance.randint(0, 12))
            wanted = calendars.add_business_time(start, programme, days=chance.randint(1, 9))
            due = calendars.due_before(wanted, day, programme)
        local = due.astimezone(CHICAGO)
        assert due <= wanted
        assert local.date() < day or due in (start, calendars.opening_at(day, programme))
        assert due >= start


def test_a_task_about_a_case_is_due_before_its_date_and_one_about_a_person_is_not(app: Flask) -> None:
    with transaction():
        programme = make.programme()
        case = make.case(programme, CaseStatus.ACCEPTED, next_critical_on=date(2026, 11, 27))
        late = at(30, 17)
        of_case = open_task("a", case, programme=programme, title="x", due_at=late, actor=None, case=case)
        of_nobody = open_task("b", case, programme=programme, title="x", due_at=late, actor=None)
    assert (of_case.due_at, of_nobody.due_at) == (at(25, 17), late)


def test_tasks_are_brought_forward_when_a_nearer_date_is_found_and_never_back(app: Flask) -> None:
    with transaction():
        programme = make.programme()
        staff = make.coordinator(programme)
        case = make.case(programme, CaseStatus.ACCEPTED, owner=staff)
        task = open_task("a", case, programme=programme, title="x", due_at=at(30, 17), actor=staff, case=case)
        operations.add_critical_date(case, kind="hearing", on_day=date(2026, 12, 14), actor=staff)
    assert task.due_at == at(30, 17)
    with transaction():
        operations.add_critical_date(case, kind="answer_due", on_day=date(2026, 11, 27), actor=staff)
    assert task.due_at == at(25, 17)
    with transaction():
        nearest = session.scalars(select(CriticalDate).where(CriticalDate.kind == "answer_due")).one()
        operations.finish_critical_date(nearest, actor=staff)
    assert task.due_at == at(25, 17)
    moved = session.scalars(select(AuditEntry).where(AuditEntry.action == "task.bring_forward")).all()
    assert [entry.record_id for entry in moved] == [task.id]


def test_first_contact_letter_answers_and_escalations_come_before_the_hearing(app: Flask) -> None:
    with transaction():
        case = make.case(make.programme(), CaseStatus.IN_SERVICE, next_critical_on=date(2026, 11, 27))
        case.priority_level = PriorityLevel.NORMAL
        escalation = escalate(case, "dormant")
    assert terms.first_contact_on(case) == terms.letter_on(case) == date(2026, 11, 26)
    assert terms.answer_end(case) == escalation.respond_by == at(25, 17)
    assert {task.due_at for task in session.scalars(select(Task))} == {at(25, 17)}
    case.next_critical_on = calendars.today(case.programme)
    assert terms.first_contact_on(case) == date(2026, 11, 24)
    case.next_critical_on = None
    assert terms.first_contact_on(case) == date(2026, 12, 1)
