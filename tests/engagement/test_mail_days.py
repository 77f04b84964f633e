"""Of what waits for office hours an address gets one mail a day, check-ins before the news before digests."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from app.clients.mails import PORTAL, tell_client
from app.clients.models import CaseStatus, CriticalDate
from app.clients.updates import at_work
from app.core import clock, daily, delivery, links, mail
from app.core.db import session, transaction
from app.core.mail import Mail, MailStatus, reason_to_drop
from app.engagement import jobs
from app.engagement.ladder import HANDED_OVER
from app.engagement.mail_days import FIRST, LAST, not_its_turn_before
from app.engagement.models import Audience, Checkin
from app.engagement.models_escalations import Escalation
from app.matching.models import Referral, ReferralStatus, ReferralWay
from app.tasks.models import Task
from app.volunteers.models_mails import MailChoices
from tests import factories
from tests.core import mail_servers
from tests.core.test_delivery import Office, office
from tests.engagement.test_ladder import another, asked, day, steps, work
from tests.matching.test_race import at_once

__all__ = ["office"]
MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)  # 9 am in Chicago
TUESDAY = MONDAY + timedelta(days=1)
NEWS = ("client.looking", "client.found", "matching.offer", "matching.firm_offer", "message.client",
        "message.volunteer", "volunteer.expiring", "volunteer.approved", "casework.case_dormant")  # fmt: skip
WAITING = (*sorted(FIRST), *NEWS, *sorted(LAST))
PAIRED = ("engagement.checkin", "engagement.escalation_at_firm", "client.looking", "matching.offer", "message.client",
          "matching.digest", "volunteer.milestone", "engagement.survey")  # fmt: skip
AT_ONCE = ("client.received", "client.new_link", "matching.held", "matching.names_released", "account.password")


def put(kind: str, to: str = "noor@example.net", **changes: object) -> Mail:
    made = mail.queue(kind, occasion=f"{kind}:{to}:{changes.pop('n', 0)}", to=to, subject="x", text="x",
                      audience="volunteer", **changes)  # type: ignore[arg-type]  # fmt: skip
    assert made is not None
    return made


def turn(row: Mail) -> datetime | None:
    with transaction():
        return mail.not_its_turn_before(session.get_one(Mail, row.id))


def gone(row: Mail) -> None:
    with transaction():
        session.get_one(Mail, row.id).status = MailStatus.SENT


def test_of_each_pair_of_kinds_the_second_waits_for_the_next_day(app: Flask) -> None:
    pairs = [*itertools.product(PAIRED, PAIRED), *itertools.pairwise([*WAITING, WAITING[0]])]
    with clock.at(MONDAY):
        with transaction():
            factories.programme()
            made = [
                (put(one, f"reader{n}@example.net", n=1), put(other, f"Reader{n}@example.net", n=2))
                for n, (one, other) in enumerate(pairs)
            ]
            for each in itertools.chain(*made):
                each.status = MailStatus.SENDING
        with transaction():
            wrong = [
                (first.kind, second.kind) for first, second in made
                if not_its_turn_before(first) is not None or not_its_turn_before(second) != TUESDAY
            ]  # fmt: skip
        with transaction():
            again = [first.kind for first, _second in made if not_its_turn_before(first) is not None]
    assert wrong == []
    assert again == [], "a mail that is tried again has its day"
    with clock.at(TUESDAY), transaction():
        assert [second.kind for _first, second in made if not_its_turn_before(second) is not None] == []


@pytest.mark.parametrize("kind", AT_ONCE)
def test_what_leaves_at_once_is_neither_counted_nor_put_off(app: Flask, kind: str) -> None:
    with clock.at(MONDAY):
        with transaction():
            factories.programme()
            rows = [put(kind), put("client.looking"), put(kind, n=2)]
        assert [turn(row) for row in rows] == [None, None, None]
        assert session.query(daily.MailDay).count() == 1


def test_staffs_mails_are_not_limited(app: Flask) -> None:
    with clock.at(MONDAY), transaction():
        factories.programme()
        rows = [put("engagement.escalation_is_yours", n=n) for n in range(2)]
        for row in rows:
            row.audience = "staff"
        assert [not_its_turn_before(row) for row in rows] == [None, None]


def test_the_news_go_before_a_digest_and_a_check_in_before_both(app: Flask) -> None:
    checkin = asked()
    with clock.at(MONDAY):
        with transaction():
            person = session.get_one(Checkin, checkin).assignment.volunteer
            person.email_hash = put("matching.digest", person.email).to_hash
            news = put("volunteer.expiring", person.email, due_at=MONDAY + timedelta(hours=2))
        digest = session.query(Mail).filter_by(kind="matching.digest").one()
        soon = MONDAY + timedelta(minutes=5)
        assert [turn(digest), turn(news)] == [soon, soon], "the question is still to be written"
        work(MONDAY)
        question = session.query(Mail).filter_by(kind="engagement.checkin").one()
        assert turn(news) == soon, "and then to leave"
        assert turn(question) is None
        gone(question)
        assert turn(digest) == MONDAY + timedelta(hours=2, minutes=5)
        assert turn(news) == TUESDAY
    with clock.at(TUESDAY):
        assert turn(news) is None
        gone(news)
        assert turn(digest) == day(2)


def test_a_check_in_is_not_written_where_the_day_is_taken_and_comes_the_next(app: Flask) -> None:
    checkin = asked()
    with clock.at(MONDAY), transaction():
        left = put("volunteer.expiring", session.get_one(Checkin, checkin).assignment.volunteer.email)
        assert daily.is_day_of(left, MONDAY.date())
    work(MONDAY)
    assert steps(checkin) == {}
    work(TUESDAY)
    assert set(steps(checkin)) == {"asked"}


def test_news_to_a_reader_further_east_never_take_the_day_of_a_check_in_that_is_to_come(app: Flask) -> None:
    checkin = asked()
    opens = MONDAY - timedelta(hours=1)  # 9 am in New York, where the office of Chicago is still closed
    with clock.at(opens), transaction():
        person = session.get_one(Checkin, checkin).assignment.volunteer
        rows = [put("volunteer.expiring", person.email, n=n) for n in range(2)]
        person.email_hash = rows[0].to_hash
        factories.add(MailChoices(volunteer=person, time_zone="America/New_York"))
    with clock.at(opens):
        assert [turn(row) for row in rows] == [MONDAY + timedelta(minutes=5)] * 2
    work(MONDAY)
    assert steps(checkin) == {"asked": MONDAY.date()}


def test_news_about_one_case_wait_for_the_question_about_another_of_the_same_client(app: Flask) -> None:
    checkin = asked(audience=Audience.CLIENT)
    with clock.at(MONDAY), transaction():
        one = session.get_one(Checkin, checkin).case
        other = factories.case(one.programme, CaseStatus.AVAILABLE)
        other.client.identity_id = one.client.identity_id
        news = put("client.looking", one.client.channels[0].value, case=other)
        news.audience = "client"
    with clock.at(MONDAY):
        assert turn(news) == MONDAY + timedelta(minutes=5)


def test_a_mail_that_is_not_sent_gives_its_day_back(app: Flask) -> None:
    with clock.at(MONDAY):
        with transaction():
            factories.programme()
            first, second, third = (put("client.looking", n=n) for n in range(3))
        assert [turn(first), turn(second)] == [None, TUESDAY]
        with transaction():
            session.get_one(Mail, first.id).status = MailStatus.DROPPED
        assert [turn(second), turn(third)] == [None, TUESDAY]


def test_what_must_be_answered_before_its_turn_leaves_all_the_same(app: Flask) -> None:
    with clock.at(MONDAY):
        with transaction():
            programme = factories.programme()
            case = factories.case(programme, CaseStatus.AVAILABLE)
            offered = {"opening": case.lead_opening, "way": ReferralWay.OFFER, "status": ReferralStatus.OFFERED}
            offers = [
                factories.add(Referral(**offered, volunteer=factories.volunteer(), ends_at=day(days)))
                for days in (1, 5)
            ]
            level = factories.add(Escalation(case=case, cause="silence", respond_by=MONDAY + timedelta(hours=4)))
            assert daily.is_day_of(put("volunteer.expiring"), MONDAY.date())
            rows = [put("matching.offer", about=about, n=n) for n, about in enumerate(offers)]
            asks = put("engagement.escalation_at_firm", about=level)
            asks.due_at = TUESDAY
        assert [turn(row) for row in (*rows, asks)] == [None, TUESDAY, None]


def test_eight_workers_at_once_let_one_of_eight_mails_go(app: Flask) -> None:
    with clock.at(MONDAY), transaction():
        factories.programme()
        ids = [put("client.looking", n=n).id for n in range(8)]

    def leave(n: int) -> str:
        with clock.at(MONDAY), transaction():
            row = session.query(Mail).filter_by(id=ids[n]).with_for_update(of=Mail).one()
            return "waits" if not_its_turn_before(row) else "goes"

    found = at_once(app, [lambda n=n: leave(n) for n in range(8)])  # type: ignore[misc]
    assert sorted(found) == ["goes", *["waits"] * 7]
    session.rollback()
    assert session.query(daily.MailDay).count() == 1


def test_an_update_that_waits_is_replaced_by_a_newer_one_and_its_link_lasts_as_long_as_ever(app: Flask) -> None:
    with clock.at(MONDAY):
        with transaction():
            programme = factories.programme()
            case = factories.case(programme, CaseStatus.AVAILABLE)
            address = case.client.channels[0].value
            tell_client(case, "looking")
        (first,) = session.query(Mail).all()
    with clock.at(MONDAY + timedelta(hours=2)):
        with transaction():
            row = session.get_one(Mail, first.id)
            daily.take_day(address, date(2026, 3, 2))
        assert turn(row) == TUESDAY
        (link,) = session.query(links.Link).filter_by(purpose=PORTAL)
        assert link.expires_at == TUESDAY + timedelta(hours=72)
        with transaction():
            session.get_one(Mail, first.id).due_at = TUESDAY
            tell_client(session.get_one(Mail, first.id).case, "found")
        session.refresh(first)
        assert (first.status, first.drop_reason) == (MailStatus.DROPPED, "merged")


def test_a_link_lasts_three_days_from_when_its_mail_leaves_however_late(app: Flask) -> None:
    late = timedelta(hours=74)  # a person reached the client day after day, or the mail server was away
    with clock.at(MONDAY), transaction():
        case = factories.case(factories.programme(), CaseStatus.AVAILABLE)
        tell_client(case, "looking")
    (row,) = session.query(Mail).all()
    with clock.at(MONDAY + late):
        assert turn(row) is None
        assert session.query(links.Link).one().expires_at == MONDAY + late + timedelta(hours=72)


def test_a_question_that_could_not_leave_for_two_days_at_work_becomes_a_task(app: Flask) -> None:
    checkin = asked()
    work(MONDAY)
    row = session.query(Mail).one()
    with clock.at(day(2.1)), transaction():
        assert reason_to_drop(row) is None
    with clock.at(day(3)), transaction():
        assert reason_to_drop(row) == "late"
        delivery.tell_about(row, "late")
    assert HANDED_OVER in steps(checkin)
    assert [task.cause for task in session.query(Task)] == ["checkin_late"]


def test_a_question_that_waits_is_let_drop_once_its_reminder_is_written(app: Flask) -> None:
    checkin = asked(priority_rank=1)
    work(MONDAY)
    work(TUESDAY)
    first, second = session.query(Mail).order_by(Mail.id)
    with clock.at(TUESDAY), transaction():
        assert [reason_to_drop(first), reason_to_drop(second)] == ["merged", None]
    assert set(steps(checkin)) == {"asked", "reminded"}


def test_a_deadline_keeps_no_mail_back_and_a_hearing_does(app: Flask) -> None:
    checkin = asked()
    other = asked()
    with transaction():
        for number, kind in ((checkin, "answer_due"), (other, "parental_rights_hearing")):
            session.add(CriticalDate(case=session.get_one(Checkin, number).case, kind=kind, on_day=MONDAY.date()))
    with clock.at(MONDAY), transaction():
        assert [at_work(session.get_one(Checkin, each).case, MONDAY) for each in (checkin, other)] == [MONDAY, TUESDAY]
    work(MONDAY)
    assert (set(steps(checkin)), set(steps(other))) == ({"asked"}, set())


def test_a_client_is_asked_first_and_told_the_day_after(app: Flask) -> None:
    checkin = asked(audience=Audience.CLIENT)
    another(session.get_one(Checkin, checkin).case_id, Audience.CLIENT, key="later", due=day(3))
    with clock.at(MONDAY - timedelta(hours=3)), transaction():
        tell_client(session.get_one(Checkin, checkin).case, "appointment", by=date(2026, 3, 20), at="10:30")
    with clock.at(MONDAY):
        told = session.query(Mail).filter_by(kind="client.appointment").one()
        assert turn(told) == MONDAY + timedelta(minutes=5)
        assert jobs.send_one()
        question = session.query(Mail).filter_by(kind="engagement.checkin").one()
        assert [turn(question), turn(told)] == [None, MONDAY + timedelta(minutes=5)]
        gone(question)
        assert turn(told) == TUESDAY


def test_of_two_mails_a_worker_hands_one_over_and_puts_the_other_off(office: Office) -> None:
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        office(port)
        with clock.at(MONDAY):
            with transaction():
                factories.programme()
                rows = [put("engagement.note", "ana@example.net", n=n).id for n in range(2)]
                put("test.note", "ana@example.net")
            while delivery.deliver_one():
                pass
            session.rollback()
            second = session.get_one(Mail, rows[1])
            assert server.count() == {"ana@example.net": 2}, "what leaves at once, and one of the others"
            assert (second.status, second.due_at, second.attempts) == (MailStatus.QUEUED, TUESDAY, 0)
            assert second.give_up_at is None
        with clock.at(TUESDAY):
            assert delivery.deliver_one()
        assert server.count() == {"ana@example.net": 3}


def test_the_day_is_the_readers_own(app: Flask) -> None:
    guam = "Pacific/Guam"  # 9 am there is 5 pm of the day before in Chicago
    opens = datetime(2026, 3, 2, 23, tzinfo=UTC)
    with clock.at(MONDAY), transaction():
        factories.programme()
        person = factories.volunteer(email="noor@example.net")
        rows = [put("volunteer.expiring", n=n) for n in range(2)]
        person.email_hash = rows[0].to_hash
        factories.add(MailChoices(volunteer=person, time_zone=guam))
    with clock.at(opens):
        assert turn(rows[0]) is None
    with clock.at(opens + timedelta(hours=7.5)):  # the next day in Chicago, still the same in Guam
        assert turn(rows[1]) == opens + timedelta(days=1)
