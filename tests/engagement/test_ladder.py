"""From silence to a person: each step once, in time, in one mail a day, and ended only by whoever was asked."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import calendars
from app.accounts.models import User
from app.casework import operations as casework
from app.casework.models import ContactAttempt, Message, Note, Visibility
from app.clients.models import Case, CaseStatus, CriticalDate, Document
from app.clients.operations import pause_case, resume_case
from app.core import clock, daily, outbox
from app.core.db import session, transaction
from app.core.errors import NotFound
from app.core.mail import Mail, MailStatus, not_before, reason_to_drop
from app.engagement import jobs, operations, operations_ladder, queries
from app.engagement.ladder import step_day
from app.engagement.models import Audience, Checkin
from app.engagement.models_ladder import CheckinStep
from app.matching.models import Assignment
from app.tasks.models import Task
from app.volunteers.models import Volunteer
from app.volunteers.operations_leave import AwayAlready, NoSuchLeave, announce_leave, end_leave, leaves_to_come
from tests import factories

MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)  # 9 am in Chicago
ZONES = ["America/Chicago", "Pacific/Apia", "Europe/London", "Australia/Lord_Howe", "America/Phoenix"]
WORKS = "the ladder of somebody who said nothing"


def day(n: float) -> datetime:
    return MONDAY + timedelta(days=n)


def asked(of: int | None = None, audience: Audience = Audience.VOLUNTEER, **changes: object) -> int:
    """A check-in that fell due this Monday morning, its id; `of` whoever is asked by another one."""
    with clock.at(day(-20)), transaction():
        earlier = session.get(Checkin, of) if of is not None else None
        person = earlier.assignment.volunteer if earlier else factories.volunteer()
        programme = earlier.case.programme if earlier else factories.programme()
        case = factories.case(programme, CaseStatus.IN_SERVICE, lead=person, **changes)
    return another(case.id, audience)


def another(case_id: int, audience: Audience = Audience.VOLUNTEER, key: str = "asked", due: datetime = MONDAY) -> int:
    with transaction():
        case = session.get_one(Case, case_id)
        made = Checkin(case=case, assignment=case.assignments[0], audience=audience, series_key=key,
                       questions=f"{audience}_regular", due_on=due.date(), due_at=due)  # fmt: skip
        return int(factories.add(made).id)


def work(moment: datetime) -> None:
    with clock.at(moment):
        while jobs.send_one():
            pass
    session.rollback()


def live_through(first: int, last: int) -> None:
    for n in range(first, last + 1):
        work(day(n))


def get(checkin: int) -> Checkin:
    session.rollback()
    return session.get_one(Checkin, checkin)


def steps(checkin: int) -> dict[str, date]:
    session.rollback()
    found = session.query(CheckinStep).filter_by(checkin_id=checkin)
    return {each.step: each.taken_at.date() for each in found}


def mails() -> list[Mail]:
    session.rollback()
    return session.query(Mail).filter(Mail.kind.like("engagement.checkin%")).order_by(Mail.id).all()


@pytest.mark.parametrize(
    ("critical", "left", "expected"),
    [
        (False, None, (5, 10, 13)),
        (True, None, (3, 4, 5)),
        (False, 12, (5, 6, 6)),
        (False, 30, (5, 10, 12)),
        (True, 2, (3, 3, 3)),
        (False, -3, (5, 10, 13)),
    ],
)
def test_steps_fall_on_business_days_and_never_after_a_third_of_the_days_left(
    app: Flask, critical: bool, left: int | None, expected: tuple[int, int, int]
) -> None:
    with transaction():
        programme = factories.programme()
    found = tuple(
        step_day(
            date(2026, 3, 2), step, critical=critical, days_left=left,
            add=lambda start, count: calendars.add_business_days(start, count, programme),
            works=lambda one: calendars.is_business_day(one, programme),
        ).day
        for step in range(3)
    )  # fmt: skip
    assert found == expected


def test_a_usual_ladder_reminds_after_three_and_six_days_and_a_person_calls_after_nine(app: Flask) -> None:
    checkin = asked()
    live_through(0, 14)
    march = {step: taken.day for step, taken in steps(checkin).items()}
    assert march == {"asked": 2, "reminded": 5, "reminded_again": 10, "handed_over": 13}
    assert len(mails()) == 3
    assert [t.cause for t in session.query(Task).filter_by(record_id=checkin)] == ["checkin_silent"]


def test_a_critical_case_reaches_a_person_on_the_third_day(app: Flask) -> None:
    checkin = asked(priority_rank=1)
    live_through(0, 4)
    assert {step: taken.day for step, taken in steps(checkin).items()} == {
        "asked": 2, "reminded": 3, "reminded_again": 4, "handed_over": 5,
    }  # fmt: skip


def test_a_date_that_comes_near_brings_the_next_step_forward(app: Flask) -> None:
    checkin = asked()
    work(MONDAY)
    usual = get(checkin).next_step_at
    with clock.at(day(0.1)), transaction():
        get(checkin).case.next_critical_on = date(2026, 3, 6)
    with clock.at(day(0.2)):
        assert jobs.hasten_all() == 1
        assert jobs.hasten_all() == 0
    assert get(checkin).next_step_at < usual
    work(day(1))
    assert set(steps(checkin)) == {"asked", "handed_over"}, "a third of four days is one: at once a person"


def test_a_jump_of_thirty_days_catches_up_once(app: Flask) -> None:
    fresh, waiting = asked(), asked()
    with transaction():
        get(fresh).due_at = day(1)
    work(MONDAY)
    assert len(mails()) == 1
    for _ in range(3):
        work(day(30))
    assert len(mails()) == 1, "no heap of mail"
    assert set(steps(waiting)) == {"asked", "handed_over"}
    assert set(steps(fresh)) == {"handed_over"}
    assert {t.cause for t in session.query(Task)} == {"checkin_late", "checkin_silent"}
    assert session.query(Task).count() == 2


def test_a_day_of_downtime_costs_one_mail_and_not_two(app: Flask) -> None:
    checkin = asked(priority_rank=1)
    work(MONDAY)
    work(day(2))
    work(day(2.1))
    assert set(steps(checkin)) == {"asked", "reminded"}
    assert len(mails()) == 2
    work(day(3))
    assert set(steps(checkin)) == {"asked", "reminded", "handed_over"}


def _hours(case: Case, account: User, staff: User) -> None:
    casework.add_time(case, on_day=clock.now().date(), hundredths=50, actor=account)


def _spoke_with_client(case: Case, account: User, staff: User) -> None:
    session.add(ContactAttempt(case=case, by_id=account.id, channel="phone", reached=True, at=clock.now()))


def _filed(case: Case, account: User, staff: User) -> None:
    session.add(Document(case_id=case.id, title="Answer", kind="filing", visibility="programme",
                         media_type="text/plain", content="Filed.", added_by_id=account.id))  # fmt: skip


def _staff_spoke_with_them(case: Case, account: User, staff: User) -> None:
    operations_ladder.record_conversation(session.query(Checkin).one(), actor=staff)


def _answered(case: Case, account: User, staff: User) -> None:
    operations.answer(session.query(Checkin).one(), {"standing": "on_track"}, actor=staff, how="phone")


def _tried(case: Case, account: User, staff: User) -> None:
    session.add(ContactAttempt(case=case, by_id=account.id, channel="phone", reached=False, at=clock.now()))


def _staff_note(case: Case, account: User, staff: User) -> None:
    session.add(Note(case=case, author=staff, visibility=Visibility.STAFF, text="I thought of it."))


def _staff_spoke_with_client(case: Case, account: User, staff: User) -> None:
    session.add(ContactAttempt(case=case, by_id=staff.id, channel="phone", reached=True, at=clock.now()))


def _co_counsel_spoke_with_client(case: Case, account: User, staff: User) -> None:
    beside = factories.volunteer()
    factories.assignment(case, beside, role="co_counsel")
    session.add(ContactAttempt(case=case, by_id=beside.user_id, channel="phone", reached=True, at=clock.now()))


def _client_wrote(case: Case, account: User, staff: User) -> None:
    session.add(Message(case=case, from_client=True, visibility=Visibility.PROGRAMME, text="Hello?"))


def _staff_hours(case: Case, account: User, staff: User) -> None:
    casework.add_time(case, on_day=clock.now().date(), hundredths=50, actor=staff)


ENDS = [_hours, _spoke_with_client, _filed, _staff_spoke_with_them, _answered]
GOES_ON = [_tried, _staff_note, _staff_spoke_with_client, _client_wrote, _staff_hours]


@pytest.mark.parametrize(
    ("act", "ends"), [(act, True) for act in ENDS] + [(act, False) for act in GOES_ON], ids=lambda one: str(one)[:24]
)
def test_only_the_volunteer_asked_ends_their_ladder(
    app: Flask, act: Callable[[Case, User, User], None], ends: bool
) -> None:
    checkin = asked()
    work(MONDAY)
    with clock.at(day(1)), transaction():
        case = get(checkin).case
        account = case.assignments[0].volunteer.user
        assert account is not None
        assert case.custody is not None
        act(case, account, case.custody.user)
    work(day(3))
    assert (len(mails()) == 1) is ends, WORKS
    assert ("reminded" in steps(checkin)) is not ends


@pytest.mark.parametrize(("act", "ends"), [(_staff_spoke_with_client, True), (_spoke_with_client, False),
                                           (_hours, False), (_staff_note, False), (_client_wrote, False),
                                           (_co_counsel_spoke_with_client, False)])  # fmt: skip
def test_only_a_live_conversation_of_staff_ends_a_clients_ladder(
    app: Flask, act: Callable[[Case, User, User], None], ends: bool
) -> None:
    checkin = asked(audience=Audience.CLIENT)
    work(MONDAY)
    with clock.at(day(1)), transaction():
        case = get(checkin).case
        account = case.assignments[0].volunteer.user
        assert account is not None
        assert case.custody is not None
        act(case, account, case.custody.user)
        with pytest.raises(NotFound):
            operations_ladder.record_conversation(session.query(Checkin).one(), actor=case.custody.user)
    work(day(3))
    assert ("reminded" in steps(checkin)) is not ends


def test_an_answer_to_a_later_question_about_the_same_work_ends_the_earlier_ladder(app: Flask) -> None:
    first = asked()
    work(MONDAY)
    second = another(get(first).case_id, key="later", due=day(1))
    work(day(1))
    with clock.at(day(1.1)), transaction():
        operations.answer(session.get_one(Checkin, second), {"standing": "on_track"})
    work(day(3))
    assert get(first).close_reason == "heard_otherwise"


def test_staff_who_spoke_with_the_volunteer_say_so_on_the_check_in(app: Flask, client: FlaskClient) -> None:
    checkin = asked()
    work(MONDAY)
    with clock.at(day(1)):
        row = get(checkin)
        assert row.case.custody is not None
        factories.sign_in(client, row.case.custody.user)
        assert "We spoke" in client.get(f"/checkins/{row.public_id}/answer").get_data(as_text=True)
        assert client.post(f"/checkins/{row.public_id}/spoke").status_code == 303
        assert get(checkin).close_reason == "spoke"
        assert client.post(f"/checkins/{row.public_id}/spoke").status_code == 410


def test_what_is_due_together_is_one_mail_with_a_link_for_each(app: Flask) -> None:
    first = asked()
    with clock.at(day(-20)), transaction():
        case, person = get(first).case, get(first).assignment.volunteer
        others = [factories.case(case.programme, CaseStatus.IN_SERVICE, lead=person) for _ in range(2)]
        ids = [each.id for each in others]
    found = [first, *(another(each) for each in ids)]
    work(MONDAY)
    (mail,) = mails()
    assert mail.text.count("/checkin/") == 3
    assert all(get(each).case.number in mail.text for each in found)
    assert mail.case_id is None
    for each in found:
        about = queries.bundles_about(get(each).case_id)
        assert session.execute(about).scalars().all() == [mail.public_id], "every case shows it"
    with clock.at(day(0.1)), transaction():
        operations.answer(session.get_one(Checkin, found[0]), {"standing": "on_track"})
    with clock.at(day(0.1)):
        assert reason_to_drop(mails()[0]) is None, "two are still asked"
    with clock.at(day(0.15)), transaction():
        first_copy = session.get_one(Mail, mail.id)
        first_copy.status = MailStatus.SENT
        copy = outbox.send_again(first_copy, actor=case.custody.user if case.custody else person.user)
        assert copy is not None
        assert reason_to_drop(copy) is None, "a second copy asks the same"
    with clock.at(day(0.2)), transaction():
        for each in found[1:]:
            operations.answer(session.get_one(Checkin, each), {"standing": "on_track"})
    assert reason_to_drop(mails()[0]) == "answered"


def test_a_person_hears_once_a_day_of_what_waits_for_business_hours(app: Flask) -> None:
    first = asked()
    work(MONDAY)
    second = asked(first)
    work(MONDAY + timedelta(minutes=5))
    assert len(mails()) == 1
    assert get(second).due_at.date() == date(2026, 3, 3)
    work(day(1))
    assert len(mails()) == 2
    assert {first, second} == {m.record_id for m in mails()}


def test_two_questions_about_the_same_work_are_merged_into_the_newer(app: Flask) -> None:
    older = asked()
    newer = another(get(older).case_id, key="newer", due=MONDAY + timedelta(minutes=1))
    with transaction():
        get(newer).due_on = date(2026, 3, 3)
    work(MONDAY + timedelta(minutes=2))
    assert get(older).close_reason == "merged"
    assert [m.record_id for m in mails()] == [newer]


def test_nothing_leaves_at_night_or_on_the_day_of_a_hearing(app: Flask) -> None:
    checkin = asked()
    with transaction():
        case = get(checkin).case
        session.add(CriticalDate(case=case, kind="removal_hearing", on_day=date(2026, 3, 3)))
    work(MONDAY + timedelta(hours=12))
    assert mails() == []
    opens = calendars.opening_at(date(2026, 3, 4), get(checkin).case.programme)
    assert get(checkin).due_at == opens
    work(opens)
    assert len(mails()) == 1


def test_a_mail_about_several_cases_waits_while_the_client_of_one_of_them_is_heard(app: Flask) -> None:
    checkin = asked()
    asked(checkin)
    work(MONDAY)
    (bundle,) = mails()
    assert (bundle.kind, bundle.case_id) == ("engagement.checkins", None)
    with transaction():
        session.add(CriticalDate(case=get(checkin).case, kind="removal_hearing", on_day=date(2026, 3, 3)))
    with clock.at(day(1)):
        assert not_before(session.get_one(Mail, bundle.id)) == day(2)
    with clock.at(day(2)):
        assert not_before(session.get_one(Mail, bundle.id)) is None


def test_a_pause_stops_the_clock_of_what_waits_and_of_the_ladder(app: Flask) -> None:
    checkin = asked()
    work(MONDAY)
    with clock.at(day(1)), transaction():
        case = get(checkin).case
        assert case.custody is not None
        staff = case.custody.user
        pause_case(case, "court_stayed", date(2026, 3, 20), actor=staff)
    work(day(8))
    assert set(steps(checkin)) == {"asked"}
    assert reason_to_drop(mails()[0]) == "closed"
    with clock.at(day(8)), transaction():
        resume_case(get(checkin).case, actor=session.get_one(User, staff.id))
    work(day(8.1))
    assert set(steps(checkin)) == {"asked"}
    live_through(9, 22)
    march = {step: taken.day for step, taken in steps(checkin).items()}
    assert march == {"asked": 2, "reminded": 12, "reminded_again": 17, "handed_over": 20}, "the pause is not counted"


def test_a_pause_longer_than_the_ladder_leaves_every_step_ahead(app: Flask) -> None:
    checkin = asked()
    work(MONDAY)
    with clock.at(day(1)), transaction():
        case = get(checkin).case
        assert case.custody is not None
        staff = case.custody.user.id
        pause_case(case, "court_stayed", date(2026, 4, 20), actor=case.custody.user)
    with clock.at(day(30)), transaction():
        resume_case(get(checkin).case, actor=session.get_one(User, staff))
    with clock.at(day(30.05)), transaction():
        get(checkin).case.listing_title = "Changed"
    with clock.at(day(30.1)):
        jobs.hasten_all()
    live_through(30, 34)
    assert set(steps(checkin)) == {"asked", "reminded"}, "twenty-one days at work stood still"


def test_a_clients_questions_about_two_cases_go_together_only_where_both_are_safe(app: Flask) -> None:
    first = asked(audience=Audience.CLIENT)
    with clock.at(day(-20)), transaction():
        case = get(first).case
        other = factories.case(case.programme, CaseStatus.IN_SERVICE, lead=factories.volunteer())
        other.client.identity_id = case.client.identity_id
    second = another(other.id, Audience.CLIENT)
    third = another(other.id, Audience.CLIENT, key="later", due=day(1))
    work(MONDAY)
    safe_in_both, safe_in_other = (get(each).case.client.channels[0].value for each in (first, second))
    assert {m.to_address for m in mails()} == {safe_in_both, safe_in_other}
    assert [m.text.count("/checkin/") for m in mails()] == [1, 1], "an address is safe for the case it was said of"
    with transaction():
        get(third).case.client.channels[0].value = safe_in_both
        session.get_one(Checkin, first).next_step_at = day(1)
    work(day(1))
    *_, bundle = mails()
    assert bundle.text.count("/checkin/") == 2
    with clock.at(day(1.01)), transaction():
        get(third).case.client.channels[0].safe = False
    with clock.at(day(1.02)):
        assert reason_to_drop(mails()[-1]) == "unsafe"


def away(volunteer_id: int, first: int, last: int) -> None:
    with clock.at(day(-1)), transaction():
        person = session.get_one(Volunteer, volunteer_id)
        assert person.user is not None
        announce_leave(person, day(first).date(), day(last).date(), actor=person.user)


def test_who_is_away_is_asked_nothing_and_co_counsel_is(app: Flask) -> None:
    checkin = asked()
    with clock.at(day(-20)), transaction():
        beside = factories.volunteer()
        factories.assignment(get(checkin).case, beside, role="co_counsel")
    away(get(checkin).assignment.volunteer_id, -1, 5)
    work(MONDAY)
    assert get(checkin).close_reason == "away"
    (mail,) = mails()
    assert mail.to_address == session.get_one(Volunteer, beside.id).email
    instead = session.query(Checkin).filter_by(stands_in_for_id=checkin).one()
    assert mail.record_id == instead.id


def test_without_co_counsel_the_coordinator_sees_how_it_stands(app: Flask) -> None:
    checkin = asked()
    away(get(checkin).assignment.volunteer_id, -1, 5)
    work(MONDAY)
    work(day(1))
    assert mails() == []
    assert [t.cause for t in session.query(Task)] == ["checkin_away"]
    with clock.at(day(1)), transaction():
        operations.answer(get(checkin), {"standing": "on_track"}, how="phone")
    assert session.query(Task).one().done_at is not None


def test_who_is_back_sooner_than_announced_is_reminded_sooner(app: Flask) -> None:
    checkin = asked()
    away(get(checkin).assignment.volunteer_id, 1, 9)
    work(MONDAY)
    announced = get(checkin).next_step_at
    with clock.at(day(2)), transaction():
        person = get(checkin).assignment.volunteer
        end_leave(leaves_to_come(person)[0], actor=person.user)
    with clock.at(day(2.1)):
        assert (jobs.hasten_all(), jobs.hasten_all()) == (1, 0)
    assert get(checkin).next_step_at < announced
    assert get(checkin).next_step_at.date() == date(2026, 3, 6), "one day away is not counted"


@pytest.mark.parametrize(("rank", "on_the_way"), [(3, {"asked"}), (1, {"asked", "handed_over"})])
def test_a_ladder_waits_for_who_left_after_the_question_unless_it_presses(
    app: Flask, rank: int, on_the_way: set[str]
) -> None:
    checkin = asked(priority_rank=rank)
    away(get(checkin).assignment.volunteer_id, 1, 9)
    work(MONDAY)
    live_through(1, 9)
    assert set(steps(checkin)) == on_the_way
    if rank == 3:
        with clock.at(day(9.1)), transaction():
            get(checkin).case.listing_title = "Changed while they are away"
        with clock.at(day(9.2)):
            assert jobs.hasten_all() == 0
        live_through(10, 22)
        march = {step: taken.day for step, taken in steps(checkin).items()}
        assert march == {"asked": 2, "reminded": 16, "reminded_again": 19, "handed_over": 24}, "seven days not counted"


def test_a_leave_that_makes_no_sense_is_refused(app: Flask) -> None:
    with clock.at(MONDAY), transaction():
        person = factories.volunteer()
        today = date(2026, 3, 2)
        for first, last in ((5, 4), (-9, -2), (0, 400)):
            with pytest.raises(NoSuchLeave):
                announce_leave(person, today + timedelta(first), today + timedelta(last), actor=person.user)
        announce_leave(person, today, today + timedelta(4), actor=person.user)
        with pytest.raises(AwayAlready):
            announce_leave(person, today + timedelta(4), today + timedelta(9), actor=person.user)


def _race(app: Flask, workers: int, people: int, cases: int) -> None:
    with clock.at(day(-20)), transaction():
        programme = factories.programme()
        for _ in range(people):
            person = factories.volunteer()
            for _ in range(cases):
                case = factories.case(programme, CaseStatus.IN_SERVICE, lead=person)
                factories.add(
                    Checkin(case=case, assignment=case.assignments[0], audience=Audience.VOLUNTEER, series_key="asked",
                            questions="volunteer_regular", due_on=MONDAY.date(), due_at=MONDAY)
                )  # fmt: skip

    def worker(moment: datetime) -> None:
        with app.app_context(), clock.at(moment):
            while jobs.send_one():
                session.rollback()

    for moment in (MONDAY, day(3), day(8), day(11)):
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(worker, [moment] * workers))
    session.rollback()
    asked_of = session.query(Checkin).count()
    assert session.query(CheckinStep).count() == 4 * asked_of
    assert session.query(Task).filter_by(cause="checkin_silent").count() == asked_of
    found = mails()
    assert len(found) == 3 * people, "one mail for each person and day"
    assert all(mail.text.count("/checkin/") == cases for mail in found)


def test_five_workers_at_once_take_each_step_once(app: Flask) -> None:
    _race(app, 5, people=3, cases=2)


@pytest.mark.full
def test_five_workers_at_once_take_each_step_once_at_size(app: Flask) -> None:
    _race(app, 5, people=60, cases=4)


def test_five_schedulers_at_once_make_each_check_in_once(app: Flask) -> None:
    with clock.at(MONDAY), transaction():
        programme = factories.programme()
        for _ in range(4):
            factories.case(programme, CaseStatus.PLACED, lead=factories.volunteer())

    def plan(_n: int) -> int:
        with app.app_context(), clock.at(day(2)):
            return jobs.plan_due()

    with ThreadPoolExecutor(5) as pool:
        made = sum(pool.map(plan, range(5)))
    session.rollback()
    assert made == session.query(Checkin).count() == session.query(Assignment).count() == 4


def test_a_day_is_taken_once_and_may_be_given_back(app: Flask) -> None:
    with transaction():
        assert daily.take_day("Noor@example.net", MONDAY.date())
        assert not daily.take_day("noor@example.net ", MONDAY.date())
        daily.give_back("noor@example.net", MONDAY.date())
        assert daily.take_day("noor@example.net", MONDAY.date())
        daily.forget_days_before(day(15).date())
        assert daily.take_day("noor@example.net", MONDAY.date())


def transitions(zone: ZoneInfo, first: int, years: int) -> list[date]:
    """The days on which a zone's clocks change."""
    start = datetime(first, 1, 1, tzinfo=UTC)
    days = [start + timedelta(days=n) for n in range(365 * years + 3)]
    offsets = [one.astimezone(zone).utcoffset() for one in days]
    return [days[n].date() for n in range(1, len(days)) if offsets[n] != offsets[n - 1]]


def _steps_around(zone_name: str, years: int) -> int:
    """Each step near a change of clocks is at the office's opening, in order, on business days."""
    with transaction():
        programme = factories.programme(time_zone=zone_name, holiday_calendar="none")
    looked, zone = 0, ZoneInfo(zone_name)
    for change in transitions(zone, 2020, years):
        for back in (1, 4, 9):
            sent_on = calendars.business_day_on_or_after(change - timedelta(days=back), programme)
            days = [
                step_day(sent_on, step, critical=False, days_left=None,
                         add=lambda start, count: calendars.add_business_days(start, count, programme),
                         works=lambda one: calendars.is_business_day(one, programme))
                for step in range(3)
            ]  # fmt: skip
            opens = [calendars.opening_at(one, programme) for one in days]
            assert all(moment.astimezone(zone).time() == time(9) for moment in opens)
            assert all(calendars.in_business_hours(moment, programme) for moment in opens)
            waits = [b - a for a, b in itertools.pairwise(opens)]
            assert all(timedelta(days=2.9) < wait < timedelta(days=6.1) for wait in waits)
            looked += 1
    return looked


@pytest.mark.parametrize("zone", ZONES)
def test_steps_keep_their_hour_when_clocks_change(app: Flask, zone: str) -> None:
    assert _steps_around(zone, 3) >= (0 if zone == "America/Phoenix" else 6)


@pytest.mark.full
def test_steps_keep_their_hour_in_every_zone_for_ten_years(app: Flask) -> None:
    looked = sum(_steps_around(zone, 10) for zone in sorted(available_timezones()) if "/" in zone)
    print(f"ladders around changes of clocks: {looked} steps of three looked at in every zone over ten years")  # noqa: T201
    assert looked > 5000
