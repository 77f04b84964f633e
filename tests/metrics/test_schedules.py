"""A report makes itself once for each period, whoever is killed, and its reader is told where it is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event

from app.accounts.models import Grant, Programme, RoleGrant, User
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import engine, session, transaction
from app.core.mail import Mail, reason_to_drop
from app.metrics import operations_schedules, rollup, schedules_jobs
from app.metrics.models import PublishedPeriod
from app.metrics.models_reports import ReportKind, ReportRun, ReportSchedule
from tests import factories

JUNE, JULY, AUGUST = (datetime(2026, month, 3, 16, tzinfo=UTC) for month in (6, 7, 8))


@pytest.fixture
def world(app: Flask) -> tuple[int, int, int]:
    """A monthly grant report from June on, for one coordinator and the grant's funder."""
    with clock.at(JUNE), transaction():
        programme = factories.programme(slug="lakeshore")
        staff = factories.coordinator(programme, name="Inés Vale")
        grant = factories.grant(programme, reports_every="month")
        factories.user(Role.FUNDER, programme=programme, grant=grant)
        operations_schedules.set_up_schedule(
            programme, ReportKind.GRANT, every="month", begins_on=date(2026, 6, 1), recipients=[staff], grant=grant,
            to_funder=True, actor=staff,
        )  # fmt: skip
    return programme.id, grant.id, staff.id


def work(moment: datetime, programme_id: int, *, counted: bool = True) -> int:
    """Let the scheduler do what is due; how many reports there are then."""
    with clock.at(moment):
        if counted:
            rollup.refresh(programme_id)
        while schedules_jobs.make_one() or schedules_jobs.tell_one_funder():
            pass
    return session.query(ReportRun).count()


def test_each_period_is_made_once_and_only_from_counted_figures(world: tuple[int, int, int]) -> None:
    programme_id, _grant, staff_id = world
    assert work(JUNE, programme_id) == 0, "June has not ended"
    assert work(JULY, programme_id, counted=False) == 0, "figures of June are not counted whole yet"
    assert work(JULY, programme_id) == 1
    assert work(JULY + timedelta(hours=1), programme_id) == 1
    assert work(AUGUST, programme_id) == 2
    runs = session.query(ReportRun).order_by(ReportRun.id).all()
    assert [(run.starts_on, run.ends_on) for run in runs] == [
        (date(2026, 6, 1), date(2026, 6, 30)), (date(2026, 7, 1), date(2026, 7, 31)),
    ]  # fmt: skip
    mails = session.query(Mail).filter_by(kind="report.made").order_by(Mail.id).all()
    assert [mail.to_address for mail in mails] == [session.get_one(User, staff_id).email] * 2
    assert f"/reports/made/{runs[0].public_id}" in mails[0].text
    assert session.query(Mail).filter_by(kind="report.published").count() == 0, "nothing is signed off"
    assert reason_to_drop(mails[0]) is None
    with transaction():
        for held in list(session.get_one(User, staff_id).grants):
            session.delete(held)
    assert reason_to_drop(session.get_one(Mail, mails[0].id)) == "left"


def test_the_funder_is_told_once_of_what_was_signed_off(world: tuple[int, int, int]) -> None:
    programme_id, grant_id, _staff = world
    work(JULY, programme_id)
    with clock.at(JULY), transaction():
        period = PublishedPeriod(
            programme_id=programme_id, grant_id=grant_id, starts_on=date(2026, 6, 1), ends_on=date(2026, 6, 30),
            signed_off_at=JULY, figures={},
        )  # fmt: skip
        session.add(period)
    for _ in range(2):
        work(JULY, programme_id)
    mails = session.query(Mail).filter_by(kind="report.published").all()
    assert len(mails) == 1
    assert f"/impact?period={period.public_id}" in mails[0].text
    assert "/reports/" not in mails[0].text
    assert reason_to_drop(mails[0]) is None
    with transaction():
        session.execute(delete(RoleGrant).where(RoleGrant.grant_id == grant_id))
    assert reason_to_drop(session.get_one(Mail, mails[0].id)) == "left", "they read for the grant no more"


def state() -> tuple[int, ...]:
    """How many of everything that one report writes."""
    session.rollback()
    made = session.query(AuditEntry).filter_by(action="report.make").count()
    moved = session.query(ReportSchedule).filter(ReportSchedule.next_on > date(2026, 6, 1)).count()
    return session.query(ReportRun).count(), session.query(Mail).count(), made, moved


def test_whoever_is_killed_leaves_nothing_half(world: tuple[int, int, int]) -> None:
    """Cut off before each statement in turn: nothing is seen, and at the end everything once."""
    programme_id, _grant, _staff = world
    with clock.at(JULY):
        rollup.refresh(programme_id)
    cuts = 0
    for at in range(1, 200, 3):
        if _cut_off_at(at):
            cuts += 1
            assert state() == (0, 0, 0, 0), at
        else:
            break
    assert cuts > 5
    assert state() == (1, 1, 1, 1)
    with clock.at(JULY):
        assert not schedules_jobs.make_one()
    print(f"a report cut off at {cuts} statements: 0 half made")  # noqa: T201


def _cut_off_at(number: int) -> bool:
    """Let a job begin and die before one of its statements; False where it was done before."""
    seen = 0

    def listen(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise KeyboardInterrupt

    event.listen(engine(), "before_cursor_execute", listen)
    try:
        with clock.at(JULY):
            schedules_jobs.make_one()
    except KeyboardInterrupt:
        return True
    finally:
        event.remove(engine(), "before_cursor_execute", listen)
        session.rollback()
    return False


def test_of_many_at_once_one_makes_it(app: Flask, world: tuple[int, int, int]) -> None:
    programme_id, _grant, _staff = world
    with clock.at(JULY):
        rollup.refresh(programme_id)
    session.remove()

    def try_it(_n: int) -> None:
        with app.app_context(), clock.at(JULY):
            schedules_jobs.make_one()

    with ThreadPoolExecutor(4) as many:
        list(many.map(try_it, range(4)))
    assert state() == (1, 1, 1, 1)


def test_setting_one_up_and_what_is_wrong_with_it(client: FlaskClient, world: tuple[int, int, int]) -> None:
    programme_id, grant_id, staff_id = world
    with clock.at(JULY):
        staff, grant = session.get_one(User, staff_id), session.get_one(Grant, grant_id)
        told, of = staff.public_id, grant.public_id
        desk = factories.sign_in(client, staff)
        typed = {"kind": "board", "every": "quarter", "begins": "last", "recipients": [told], "grant": ""}
        address = "/reports/schedules/new?programme=lakeshore"
        wrong = [
            ({**typed, "recipients": []}, "Choose at least one person who is told"),
            ({**typed, "kind": "grant"}, "Choose the grant that the report is about."),
            ({**typed, "to_funder": "y"}, "Only a grant report has a funder to be told."),
            ({**typed, "kind": "grant", "grant": of, "to_funder": "y"}, "The grant reports at other intervals."),
            ({**typed, "kind": "grant", "grant": of, "every": "month"}, "This report makes itself already."),
        ]
        for data, said in wrong:
            answer = desk.post(address, data=data)
            assert answer.status_code == 422, said
            assert said in answer.text
        assert desk.post(address, data=typed).status_code == 303
        assert work(JULY, programme_id) == 2
        page = desk.get("/reports/files").text
        assert "2 reports make themselves" in page
        run = session.query(ReportRun).join(ReportRun.schedule).filter_by(kind=ReportKind.BOARD).one()
        shown = desk.get(f"/reports/made/{run.public_id}").text
        assert "Board report" in shown
        assert desk.get(f"/reports/made/{run.public_id}?format=pdf").data.startswith(b"%PDF")
        schedule = session.query(ReportSchedule).filter_by(kind=ReportKind.BOARD).one().public_id
        nobody = desk.post(f"/reports/schedules/{schedule}", data={"csrf_token": "x"})
        assert "Choose at least one person" in nobody.text
        assert desk.post(f"/reports/schedules/{schedule}/end").status_code == 303
        assert "Board report" in desk.get("/reports/files").text
    with transaction():
        other = factories.coordinator(factories.programme())
    stranger = factories.sign_in(client.application.test_client(), other)
    assert stranger.get(f"/reports/made/{run.public_id}").status_code == 404
    assert session.get_one(Programme, programme_id)
