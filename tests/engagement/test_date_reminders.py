"""Reminders of critical dates: each step once, for the day it is, to whom it concerns; the staff's watch always."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients.calls import CALL
from app.clients.court_days import WATCH, WATCH_BY_ATTORNEY
from app.clients.models import Case, CaseStatus, CriticalDate
from app.clients.operations import pause_case, resume_case
from app.clients.operations_dates import add_critical_date, change_critical_date, finish_critical_date
from app.core import bounces, clock, mail
from app.core.bounces import Kind, Report
from app.core.db import session, transaction
from app.core.delivery import tell_about
from app.core.errors import NotAllowed
from app.core.mail import Mail, MailStatus, reason_to_drop
from app.desk.case_file import CaseFile
from app.engagement import jobs_reminders as jobs
from app.engagement.mail_days import not_its_turn_before
from app.engagement.mail_hours import leaves_at
from app.engagement.mails_reminders import TO_CLIENT, TO_VOLUNTEER
from app.engagement.models_reminders import DateDocketing, DateReminder
from app.engagement.operations_docketing import NothingToDocket, docket_date
from app.engagement.reminder_days import due_step, step_day
from app.matching.models import Assignment
from app.tasks.models import Task
from app.tasks.operations import finish_task
from app.volunteers.operations_leave import announce_leave
from tests import factories
from tests.matching.test_race import at_once

ZONES = ("Pacific/Apia", "Europe/London", "Australia/Lord_Howe", "America/Sao_Paulo")
MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)  # 10 am in Chicago


def day(n: float) -> datetime:
    return MONDAY + timedelta(days=n)


def case_with(
    *dates: tuple[str, int], lead: object = True, status: CaseStatus = CaseStatus.IN_SERVICE, **more: object
) -> Case:
    """A case begun three weeks ago, with dates so many days from this Monday."""
    with clock.at(day(-21)), transaction():
        programme = more.pop("programme", None) or factories.programme()
        person = factories.volunteer() if lead is True else lead
        case = factories.case(programme, status, lead=person, **more)  # type: ignore[arg-type]
        for kind, n in dates:
            add_critical_date(case, kind=kind, on_day=day(n).date(), actor=None)
    return case


def remind(at: datetime) -> int:
    with clock.at(at):
        return jobs.remind()


def mails(kind: str) -> list[Mail]:
    session.rollback()
    return session.query(Mail).filter_by(kind=kind).order_by(Mail.id).all()


def tasks(cause: str, *, is_open: bool = True) -> list[Task]:
    session.rollback()
    found = session.query(Task).filter_by(cause=cause).order_by(Task.id)
    return [each for each in found if each.done_at is None or not is_open]


def sent() -> None:
    with transaction():
        session.query(Mail).filter(Mail.status == MailStatus.QUEUED).update({"status": MailStatus.SENT})


def drop(row: Mail) -> str | None:
    """As a worker who is about to send it."""
    with transaction():
        row = session.get_one(Mail, row.id)
        why = reason_to_drop(row)
        if why:
            row.status = MailStatus.DROPPED
            tell_about(row, why)
    return why


def test_a_lead_is_reminded_twice_in_one_mail_and_the_client_of_their_own_day(app: Flask) -> None:
    first = case_with(("hearing", 8), ("answer_due", 9))
    lead = first.assignments[0].volunteer
    case_with(("filing_due", 8), lead=lead, programme=first.programme)
    written = []
    for n in (0, 1, 1, 2, 3, 4, 6, 7, 7, 10):
        remind(day(n))
        written.append((len(mails(TO_VOLUNTEER)), len(mails(TO_CLIENT))))
    # Seven days before are the Tuesday and the Wednesday; two days before the Tuesday is a Sunday, so the Friday.
    assert written == [(0, 0), (1, 1), (1, 1), (2, 1), (2, 1), (3, 1), (3, 1), *[(4, 2)] * 3]
    bundle = mails(TO_VOLUNTEER)[0]
    assert bundle.case_id is None
    assert bundle.text.count("/my/cases/") == 2
    shown = CaseFile(session.get_one(Case, first.id), lead.user).mails
    assert Counter(each.subject for each in shown)[bundle.subject] >= 1, "the case's page shows its bundles, too"
    assert {each.status for each in mails(TO_VOLUNTEER)} == {MailStatus.QUEUED}
    once = Counter((r.critical_date_id, r.audience, r.step, r.for_day) for r in session.query(DateReminder))
    assert set(once.values()) == {1}


def test_the_days_before_are_days_at_work_and_only_the_last_that_has_come_is_taken() -> None:
    works = lambda one: one.weekday() < 5  # noqa: E731
    assert step_day(date(2026, 3, 9), 2, works) == date(2026, 3, 6)
    assert step_day(date(2026, 3, 9), 7, works) == date(2026, 3, 2)
    assert step_day(date(2026, 3, 9), 7, lambda one: False) == date(2026, 3, 2)
    assert [due_step(date(2026, 3, 9), date(2026, 3, n), (7, 2), works) for n in (1, 2, 5, 6, 8)] == [None, 7, 7, 2, 2]


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("America/Chicago", 12),
        *(pytest.param(each, 40, marks=pytest.mark.full) for each in ("America/Chicago", *ZONES)),
    ],
)
def test_steps_fall_on_local_days_in_office_hours_whenever_clocks_change(app: Flask, zone: str, days: int) -> None:
    ahead = [
        on_day for on_day in (date(2026, 3, 11), date(2026, 4, 1), date(2026, 4, 10)) if days > 12 or on_day.month == 3
    ]
    with clock.at(datetime(2026, 3, 1, tzinfo=UTC)), transaction():
        programme = factories.programme(time_zone=zone, holiday_calendar="none")
        case = factories.case(programme, CaseStatus.IN_SERVICE, lead=factories.volunteer())
        for on_day in ahead:
            add_critical_date(case, kind="hearing", on_day=on_day, actor=None)
    for hour in range(0, 24 * days, 6):
        remind(datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hour))
    rows = session.query(DateReminder).filter(DateReminder.audience.in_(("volunteer", "client"))).all()
    assert len(rows) == 4 * len(ahead)
    for row in rows:
        local = row.taken_at.astimezone(ZoneInfo(zone))
        assert 9 <= local.hour < 17
        assert local.weekday() < 5
        assert 0 <= (row.for_day - local.date()).days - row.step <= 2
        assert row.mail is not None


def test_staff_watch_every_date_without_a_lead_too_and_no_docketing_ends_it(app: Flask) -> None:
    case = case_with(("answer_due", 20))
    lead = case.assignments[0].volunteer.user
    case_with(("answer_due", 20), lead=None, status=CaseStatus.AVAILABLE, programme=case.programme)
    with clock.at(day(1)), transaction():
        assert lead is not None
        docket_date(session.query(CriticalDate).filter_by(case_id=case.id).one(), actor=lead)
    seen = []
    for n in range(20):
        remind(day(n))
        seen.append([task.due_at for task in tasks(WATCH)])
    assert [len(each) for each in seen] == [0] * 4 + [2] * 16  # 14 days before the 22nd is a Sunday
    dues = [due for each in seen for due in each]
    assert set(dues) == {datetime(2026, 3, 11, 22, tzinfo=UTC)}  # nearer steps never put it off
    assert len(session.query(DateReminder).filter_by(audience="staff").all()) == 8
    assert mails(TO_VOLUNTEER) == []  # one is docketed by the lead's firm, the other has no lead
    assert [task.owner_role for task in tasks(WATCH_BY_ATTORNEY)] == ["supervising_attorney"]  # of the one nobody keeps


def test_what_staff_finish_comes_again_nearer_and_tells_no_attorney(app: Flask) -> None:
    case = case_with(("answer_due", 7))
    remind(day(0))
    with clock.at(day(1)), transaction():
        task = session.query(Task).filter_by(cause=WATCH).one()
        finish_task(task, actor=task.owner)
    assert tasks(WATCH) == []
    remind(day(4))
    assert len(tasks(WATCH)) == 1
    remind(day(6.9))
    assert tasks(WATCH_BY_ATTORNEY) == []
    with clock.at(day(7)), transaction():
        finish_critical_date(session.query(CriticalDate).filter_by(case_id=case.id).one(), actor=None)
    assert tasks(WATCH) == []


def test_a_moved_date_drops_the_old_mail_and_is_reminded_of_anew(app: Flask) -> None:
    case = case_with(("hearing", 7))
    remind(day(0))
    old, own = mails(TO_VOLUNTEER)[0], mails(TO_CLIENT)[0]
    with clock.at(day(0.1)), transaction():
        row = session.query(CriticalDate).filter_by(case_id=case.id).one()
        change_critical_date(row, kind="hearing", on_day=day(8).date(), at_time="9:30 am", actor=None)
    with clock.at(day(0.2)):
        assert (drop(old), drop(own)) == ("moved", "moved")
    remind(day(0.2))
    assert len(mails(TO_VOLUNTEER)) == 1  # its day is tomorrow
    remind(day(1))
    assert "Mar 10" in mails(TO_VOLUNTEER)[1].text
    assert "9:30 am" in mails(TO_CLIENT)[1].text
    assert len(tasks(WATCH)) == 1
    with clock.at(day(1.1)):
        assert drop(mails(TO_VOLUNTEER)[1]) is None


def test_what_is_paused_waits_but_not_for_the_staff(app: Flask) -> None:
    case = case_with(("hearing", 7))
    staff = case.custody.user
    remind(day(0))
    with clock.at(day(0.1)), transaction():
        pause_case(session.get_one(Case, case.id), "client_away", day(30).date(), actor=staff)
    with clock.at(day(0.2)):
        assert [drop(each) for each in (*mails(TO_VOLUNTEER), *mails(TO_CLIENT))] == ["paused", "paused"]
    remind(day(1))
    assert len(mails(TO_VOLUNTEER)) == 1
    remind(day(4))
    assert len(tasks(WATCH)) == 1
    with clock.at(day(4)), transaction():
        resume_case(session.get_one(Case, case.id), actor=staff)
    remind(day(4))
    assert len(mails(TO_VOLUNTEER)) == len(mails(TO_CLIENT)) == 2


def test_a_new_lead_is_reminded_instead_and_who_is_away_is_stood_in_for(app: Flask) -> None:
    case = case_with(("answer_due", 8))
    part = case.assignments[0]
    remind(day(1))
    with clock.at(day(1)), transaction():
        announce_leave(part.volunteer, day(1).date(), day(20).date(), actor=part.volunteer.user)
    with clock.at(day(1.1)):
        assert drop(mails(TO_VOLUNTEER)[0]) == "away"
    remind(day(1.1))
    assert [task.title.rpartition(" ")[0].split(" and ")[1] for task in tasks(WATCH)] == [
        "its lawyer is away: see who keeps"
    ]
    with clock.at(day(2)), transaction():
        old = session.get_one(Assignment, part.id)
        old.ended_at = clock.now()
        session.flush()
        factories.assignment(session.get_one(Case, case.id), factories.volunteer())
    remind(day(4))
    assert len(mails(TO_VOLUNTEER)) == 2
    assert mails(TO_VOLUNTEER)[0].to_address != mails(TO_VOLUNTEER)[1].to_address


@pytest.mark.parametrize(("safe", "watched"), [(True, True), (False, False)])
def test_who_must_not_be_written_is_called(app: Flask, safe: bool, watched: bool) -> None:
    case = case_with(("hearing", 7), language="es")
    with transaction():
        client = session.get_one(Case, case.id).client
        client.watched_device = watched
        client.channels[0].safe = safe
    remind(day(0))
    call = tasks(CALL)[0]
    assert "Mar 9" in (call.script or "")
    assert "Tiene que estar" in (call.script or "")
    text = "".join(each.text for each in mails(TO_CLIENT))
    assert bool(text) is safe
    assert "9" not in text.split("http")[0]
    assert "abogad" not in text


def test_an_address_that_became_unsafe_is_called_instead(app: Flask) -> None:
    case = case_with(("hearing", 7))
    remind(day(0))
    with transaction():
        session.get_one(Case, case.id).client.channels[0].safe = False
    with clock.at(day(0.1)):
        assert drop(mails(TO_CLIENT)[0]) == "unsafe"
    assert len(tasks(CALL)) == 1
    remind(day(0.2))
    assert len(mails(TO_CLIENT)) == len(tasks(CALL)) == 1


def test_a_reminder_that_came_back_is_said_by_phone(app: Flask) -> None:
    case_with(("hearing", 7))
    remind(day(0))
    sent()
    with clock.at(day(0.1)), transaction():
        bounces.hear(Report(mails(TO_CLIENT)[0].message_id, Kind.HARD), source="test")
    (call,) = tasks(CALL)
    assert "Mar 9" in (call.script or "")
    assert "do not reach you" in (call.script or "")


def test_the_clients_own_reminder_may_leave_on_the_day_until_its_hour(app: Flask) -> None:
    case = case_with(("hearing", 1))
    with clock.at(day(-1)), transaction():
        row = session.query(CriticalDate).filter_by(case_id=case.id).one()
        change_critical_date(row, kind="hearing", on_day=day(1).date(), at_time="1:30 pm", actor=None)
    remind(day(1))
    own = mails(TO_CLIENT)[0]
    assert leaves_at(own, day(1)) == day(1)
    assert mails(TO_VOLUNTEER) == []  # theirs never leaves on such a day
    with clock.at(day(1)):
        assert drop(own) is None
    assert "its lawyer was and its client was not reminded" in tasks(WATCH)[0].title
    with clock.at(day(1) + timedelta(hours=4)):
        assert drop(own) == "late"


def test_a_month_of_downtime_sends_nothing_late_and_says_so_to_the_staff(app: Flask) -> None:
    case_with(("hearing", 10), ("answer_due", 20))
    soon = case_with(("answer_due", 33), ("hearing", 60), programme=session.query(Case).one().programme)
    remind(day(30))
    remind(day(30))
    titles = sorted(task.title for task in tasks(WATCH))
    assert [("nobody was reminded" in title, soon.number in title) for title in titles] == [
        (True, False), (True, False), (False, True),
    ]  # fmt: skip
    assert [each.text.count("/my/cases/") for each in mails(TO_VOLUNTEER)] == [1]
    assert mails(TO_CLIENT) == []


def test_a_reminder_of_two_days_does_not_wait_for_another_mails_day(app: Flask) -> None:
    case_with(("answer_due", 2))
    case_with(("answer_due", 7), programme=session.query(Case).one().programme)
    remind(day(0))
    for row, waits in zip(mails(TO_VOLUNTEER), (True, True), strict=True):
        with clock.at(day(0)), transaction():
            mail.queue("engagement.checkin", occasion=f"x{row.id}", to=row.to_address, subject="x", text="x",
                       audience="volunteer")  # fmt: skip
            first = session.query(Mail).filter_by(occasion=f"x{row.id}").one()
            assert not_its_turn_before(first) is None
            assert (not_its_turn_before(session.get_one(Mail, row.id)) is not None) is waits
    near = mails(TO_VOLUNTEER)[0]
    with clock.at(day(1)), transaction():
        mail.queue("engagement.checkin", occasion="y", to=near.to_address, subject="x", text="x", audience="volunteer")
        assert not_its_turn_before(session.query(Mail).filter_by(occasion="y").one()) is None
        assert not_its_turn_before(session.get_one(Mail, near.id)) is None


def test_of_five_schedulers_one_takes_each_step(app: Flask) -> None:
    first = case_with(("hearing", 7), ("answer_due", 7))
    for _ in range(3):
        case_with(("hearing", 7), programme=first.programme)
    case_with(("answer_due", 7), programme=first.programme, lead=first.assignments[0].volunteer)

    def look() -> str:
        return str(remind(day(0)))

    assert sum(int(each) for each in at_once(app, [look] * 5)) == 6 + 6 + 4
    assert [len(mails(TO_VOLUNTEER)), len(mails(TO_CLIENT)), len(tasks(WATCH))] == [4, 4, 6]
    assert all(each.mail_id for each in session.query(DateReminder).filter(DateReminder.audience != "staff"))


def test_a_lead_says_that_the_firm_keeps_a_date_and_takes_it_back(app: Flask, client: FlaskClient) -> None:
    case = case_with(("answer_due", 9), ("filing_due", -1))
    lead, other = case.assignments[0].volunteer, None
    with clock.at(day(0)):
        with transaction():
            other = factories.volunteer()
        near, past = session.query(CriticalDate).order_by(CriticalDate.on_day.desc()).all()
        assert other.user is not None
        with pytest.raises(NotAllowed), transaction():
            docket_date(session.get_one(CriticalDate, near.id), actor=other.user)
        with pytest.raises(NothingToDocket), transaction():
            docket_date(
                session.get_one(CriticalDate, past.id),
                actor=session.get_one(Assignment, case.assignments[0].id).volunteer.user,
            )  # type: ignore[arg-type]
        page = f"/my/cases/{case.public_id}"
        factories.sign_in(client, lead.user)  # type: ignore[arg-type]
        for _ in (1, 2):
            answer = client.post(f"{page}/dates/{near.public_id}/docketed", follow_redirects=True)
            assert answer.status_code == 200
            assert b"in your firm" in answer.data
        assert session.query(DateDocketing).count() == 1
        remind(day(2))
        assert mails(TO_VOLUNTEER) == []
        answer = client.post(f"{page}/dates/{near.public_id}/not-docketed", follow_redirects=True)
        assert b"My firm has docketed it" in answer.data
        remind(day(2))
        assert len(mails(TO_VOLUNTEER)) == 1
    browser = app.test_client()
    factories.sign_in(browser, other.user)
    assert browser.post(f"{page}/dates/{near.public_id}/docketed").status_code == 404
