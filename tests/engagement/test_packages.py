"""A package has its own next date: whoever took it is asked, and what they say is never taken for the lead's word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask

from app.casework.operations_packages import give_back_part
from app.clients.operations import pause_case
from app.core import clock
from app.core.db import session, transaction
from app.core.mail import Mail
from app.engagement import jobs, operations, operations_ladder, queries
from app.engagement.models import Audience, Checkin
from app.matching.models import Assignment
from app.tasks.models import Task
from app.volunteers.operations import suspend_volunteer
from tests import factories
from tests.matching.desk import MONDAY
from tests.matching.players import led, report, taken, user

ENDS = (MONDAY + timedelta(days=40)).date()


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def asked(part: int) -> list[tuple[str, date]]:
    session.rollback()
    found = session.query(Checkin).filter_by(assignment_id=part).order_by(Checkin.due_on)
    return [(checkin.series_key, checkin.due_on) for checkin in found]


def next_of(part: int) -> date | None:
    session.rollback()
    due = queries.next_package_checkin(session.get_one(Assignment, part))
    return due.on_day if due is not None else None


def live_through(days: int) -> None:
    for day in range(days):
        with clock.at(MONDAY + timedelta(days=day)):
            jobs.plan_due()
            while jobs.send_one():
                pass


def answer(part: int, said: str) -> None:
    with transaction():
        newest = session.query(Checkin).filter_by(assignment_id=part).order_by(Checkin.id.desc()).first()
        assert newest is not None
        operations.answer(newest, {"standing": said, "hours": 50})


def test_whoever_took_it_is_asked_from_the_first_days_to_the_last(app: Flask) -> None:
    desk = led()
    part, account, _opening = taken(desk, ends_on=ENDS)
    live_through(41)
    start = MONDAY.date()
    assert asked(part) == [
        ("package_starting", start + timedelta(days=3)), ("package_regular", start + timedelta(days=14)),
        ("package_regular", start + timedelta(days=28)), ("package_ending", ENDS - timedelta(days=2)),
    ]  # fmt: skip
    to = {mail.to_address for mail in session.query(Mail).filter_by(kind="engagement.checkin", audience="volunteer")}
    assert user(account).email in to


def test_there_is_a_next_date_until_it_is_reported_and_again_once_returned(app: Flask) -> None:
    desk = led()
    part, account, _opening = taken(desk, ends_on=ENDS)
    assert next_of(part) == MONDAY.date() + timedelta(days=3)
    with clock.at(MONDAY + timedelta(days=90)):
        assert next_of(part) is not None, "also after its last day"
    report(part, account)
    assert next_of(part) is None
    live_through(20)
    assert asked(part) == []


def test_nothing_is_asked_of_a_paused_case_or_of_somebody_suspended(app: Flask) -> None:
    desk = led()
    part, account, _opening = taken(desk, ends_on=ENDS)
    live_through(4)
    (checkin,) = session.query(Checkin).filter_by(assignment_id=part)
    assert checkin.sent_at is not None
    with transaction():
        pause_case(desk.case, "client_wish", ENDS, actor=desk.staff)
    assert next_of(part) is None
    assert part not in session.execute(queries.parts_to_ask()).scalars().all()
    with transaction():
        desk.case.paused_at = None
        suspend_volunteer(user(account).volunteer, "Complaint", actor=desk.staff)  # type: ignore[arg-type]
    session.rollback()
    assert operations_ladder.is_moot(session.get_one(Checkin, checkin.id)), "their file is closed"


def test_who_cannot_finish_is_a_task_about_the_package(app: Flask) -> None:
    desk = led()
    part, account, opening = taken(desk, ends_on=ENDS)
    live_through(4)
    answer(part, "cannot_go_on")
    found = {(task.cause, task.record_kind, task.record_id) for task in session.query(Task)}
    assert ("package_cannot_go_on", "openings", opening) in found
    assert "cannot_go_on" not in {cause for cause, _kind, _id in found}
    with transaction():
        give_back_part(session.get_one(Assignment, part), reason="no_time", actor=user(account))
    settled = session.query(Task).filter_by(cause="package_cannot_go_on").one()
    assert settled.outcome == "ended", "or the next who cannot finish it would be heard by nobody"


def test_a_package_on_track_hides_no_mismatch_of_the_lead(app: Flask) -> None:
    desk = led()
    part, _account, _opening = taken(desk, ends_on=ENDS)
    live_through(4)
    answer(part, "on_track")
    assert queries.newest_answer(desk.case, Audience.VOLUNTEER) is None


def test_the_volunteer_reads_when_we_ask_next(app: Flask) -> None:
    desk = led()
    _part, account, _opening = taken(desk, ends_on=ENDS)
    mine = factories.sign_in(app.test_client(), user(account))
    assert "We ask how it goes" in mine.get(f"/my/cases/{desk.case.public_id}").text
