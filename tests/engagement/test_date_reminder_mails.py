"""What reminders of critical dates say, to whom of several, and which wait or are let drop before they leave."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes

import pytest
from flask import Flask

from app.accounts.models import Programme
from app.clients.court_days import WATCH, WATCH_BY_ATTORNEY
from app.clients.models import Case, CaseRole, CaseStatus, CriticalDate, Party, PartyRole, Supervision
from app.clients.operations_dates import add_critical_date, change_critical_date
from app.core import clock, delivery, outbox
from app.core.access import Role
from app.core.db import session, transaction
from app.core.mail import Mail, MailStatus, not_before, reason_to_drop
from app.engagement.mails_reminders import TO_ATTORNEY, TO_CLIENT, TO_VOLUNTEER
from app.engagement.models_reminders import DateReminder
from app.engagement.operations_docketing import docket_date
from app.matching.models import Assignment
from app.tasks.operations import finish_task
from app.volunteers.operations_leave import announce_leave
from tests import factories
from tests.engagement.test_date_reminders import case_with, day, drop, mails, remind, tasks
from tests.promises.test_mail_reveals_nothing import CLIENT_WORDS, TOKEN
from tests.snapshots import same_as_stored

CANARIES = ("Quetzalina", "Xanthopoulos", "Brimblecombe", "Zyzzogeton", "Kwyjibo", "Foozlewick")


@pytest.mark.promise(7)
@pytest.mark.parametrize("language", ["en", "es"])
def test_no_canary_is_in_any_reminder(app: Flask, language: str) -> None:
    first = case_with(("protective_order_hearing", 7), language=language, listing_title="Zyzzogeton eviction",
                      narrative="Kwyjibo", listing_text="Zyzzogeton needs Foozlewick.")  # fmt: skip
    watched = case_with(("hearing", 7), language=language, programme=first.programme)
    with transaction():
        for row in session.query(CriticalDate):
            row.paper, row.at_time = "Foozlewick", "10:30"
        for case_id in (first.id, watched.id):
            row = session.get_one(Case, case_id)
            row.client.person.given_name, row.client.person.family_name = "Quetzalina", "Xanthopoulos"
            session.add(Party(case=row, role=PartyRole.ADVERSE, name="Brimblecombe"))
        session.get_one(Case, watched.id).client.watched_device = True
    remind(day(0))
    letters = {
        row.id: bytes(delivery._write_message(row)._message()) for row in (*mails(TO_VOLUNTEER), *mails(TO_CLIENT))
    }
    assert len(letters) == 4
    for row in (*mails(TO_VOLUNTEER), *mails(TO_CLIENT)):
        message = message_from_bytes(letters[row.id])
        everything = message.get_payload(decode=True).decode() + "".join(map(str, message.items()))
        assert [word for word in (*CANARIES, "eviction", "hearing", "protective", "court") if word in everything] == []
        assert row.audience == "volunteer" or not CLIENT_WORDS.search(TOKEN.sub("", everything))
        is_watched = row.kind == TO_CLIENT and row.case_id == watched.id
        assert not is_watched or not re.search(r"10:30|Mar 9|mar", row.text)
        assert row.kind == TO_VOLUNTEER or first.number not in everything


@pytest.mark.parametrize(("language", "watched"), [("en", False), ("en", True), ("es", False), ("es", True)])
def test_reminders_say_what_is_stored(app: Flask, language: str, watched: bool) -> None:
    with clock.at(day(-1)), transaction():
        programme = factories.programme(name="Lakeshore Legal Aid")
        person = factories.volunteer(given_name="Noor")
        for n in (12, 13):
            case = factories.case(programme, CaseStatus.IN_SERVICE, lead=person, language=language, number=f"26-0{n}")
            case.public_id, case.client.watched_device = f"case{n}", watched
            kind = "hearing" if n == 12 else "filing_due"
            add_critical_date(case, kind=kind, on_day=day(7).date(), at_time="9:30 am", actor=None)
    remind(day(0))
    same_as_stored(f"engagement.own_date{'_watched' if watched else ''}.{language}", mails(TO_CLIENT)[0])
    same_as_stored("engagement.dates_near.en", mails(TO_VOLUNTEER)[0], links=2)


def test_co_counsel_who_is_there_is_reminded_instead(app: Flask) -> None:
    case = case_with(("answer_due", 7))
    part = case.assignments[0]
    with clock.at(day(-5)), transaction():
        second = factories.volunteer()
        factories.assignment(session.get_one(Case, case.id), second, role=CaseRole.CO_COUNSEL, opening=None)
        lead = session.get_one(Assignment, part.id).volunteer
        announce_leave(lead, day(0).date(), day(3).date(), actor=lead.user)
    remind(day(0))
    assert [each.to_address for each in mails(TO_VOLUNTEER)] == [second.email]
    with clock.at(day(0)):
        assert drop(mails(TO_VOLUNTEER)[0]) is None
    remind(day(4))
    assert mails(TO_VOLUNTEER)[1].to_address == session.get_one(Assignment, part.id).volunteer.email


def test_a_mail_about_several_cases_waits_while_the_client_of_one_is_heard(app: Flask) -> None:
    first = case_with(("answer_due", 7), ("hearing", 1))
    case_with(("answer_due", 7), lead=first.assignments[0].volunteer, programme=first.programme)
    remind(day(0))
    bundle = next(each for each in mails(TO_VOLUNTEER) if each.case_id is None)
    with clock.at(day(0)):
        assert not_before(session.get_one(Mail, bundle.id)) is None
    with clock.at(day(1)):
        later = not_before(session.get_one(Mail, bundle.id))
    assert later is not None
    assert day(1) < later < day(2)


def test_a_second_copy_leaves_as_long_as_the_day_holds(app: Flask) -> None:
    case = case_with(("answer_due", 7))
    staff = case.custody.user
    remind(day(0))
    with clock.at(day(1)), transaction():
        row = session.get_one(Mail, mails(TO_VOLUNTEER)[0].id)
        row.status, row.sent_at = MailStatus.SENT, clock.now()
        made = outbox.send_again(row, actor=staff)
        assert made is not None
        assert reason_to_drop(made) is None
        date_row = session.query(CriticalDate).one()
        change_critical_date(date_row, kind="answer_due", on_day=day(9).date(), actor=staff)
    with clock.at(day(1) + timedelta(hours=1)):
        assert drop(mails(TO_VOLUNTEER)[1]) == "moved"
    assert session.query(DateReminder).filter_by(audience="volunteer").count() == 1  # the first one did leave


def test_an_attorney_is_written_of_what_nobody_keeps_in_one_mail_and_each_date_once(app: Flask) -> None:
    case = case_with(("answer_due", 7))
    programme = case.programme
    kept = case_with(("answer_due", 7), programme=programme)
    other = case_with(("hearing", 7), programme=programme)
    with clock.at(day(-1)), transaction():
        session.get_one(Programme, programme.id).name = "Lakeshore Legal Aid"
        attorneys = [factories.user(Role.SUPERVISING_ATTORNEY, programme=programme, name=n) for n in ("Ana", "Bo")]
        for row, number in ((case, "26-0100"), (kept, "26-0200"), (other, "26-0300")):
            row = session.get_one(Case, row.id)
            row.number, row.public_id = number, f"case{number}"
    remind(day(3.6))  # of a Monday's date the Friday before is the last day: it has just begun
    assert (len(tasks(WATCH_BY_ATTORNEY)), mails(TO_ATTORNEY)) == (3, [])
    with clock.at(day(3.7)), transaction():
        (task,) = [each for each in tasks(WATCH) if each.case_id == kept.id]
        finish_task(task, actor=task.owner)
    for at in (day(3.8), day(4), day(4), day(5), day(6)):
        remind(at)
    written = mails(TO_ATTORNEY)
    assert [(each.to_address, each.status) for each in written] == [
        (each.email, MailStatus.QUEUED) for each in attorneys
    ]
    same_as_stored("engagement.dates_unkept.en", written[0], links=2)
    assert written[0].text.partition(",")[2] == written[1].text.partition(",")[2]


def test_what_somebody_keeps_after_all_is_no_attorneys_mail_any_more(app: Flask) -> None:
    case = case_with(("answer_due", 0))
    row, lead = session.query(CriticalDate).one(), case.assignments[0].volunteer.user
    with clock.at(day(-3)), transaction():
        named = factories.user(Role.SUPERVISING_ATTORNEY, programme=case.programme)
        factories.user(Role.SUPERVISING_ATTORNEY, programme=case.programme)
        session.add(Supervision(case_id=case.id, user=named, since_at=clock.now()))
    remind(day(-2))  # a Saturday: the office is closed until the day itself
    (written,) = mails(TO_ATTORNEY)
    assert (written.to_address, tasks(WATCH_BY_ATTORNEY)[0].owner_id) == (named.email, named.id)
    with clock.at(day(-1)), transaction():
        assert reason_to_drop(session.get_one(Mail, written.id)) is None
        docket_date(session.get_one(CriticalDate, row.id), actor=session.get_one(type(lead), lead.id))
        assert reason_to_drop(session.get_one(Mail, written.id)) == "docketed"
    with clock.at(day(0)), transaction():
        assert reason_to_drop(session.get_one(Mail, written.id)) == "late"
