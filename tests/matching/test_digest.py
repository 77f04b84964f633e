"""Volunteers hear of open matters that fit: the best with the reason, once a period, and never when they should not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Programme
from app.clients.models import Case, CaseStatus, CriticalDate, Opening, OpeningStatus
from app.core import clock, mail_foot
from app.core.db import session, transaction
from app.core.mail import Mail, reason_to_drop
from app.matching import digest_jobs, digests, mails_digest, operations_digest
from app.matching.models import Referral, ReferralStatus, ReferralWay
from app.matching.models_digest import Digest
from app.volunteers.models import Volunteer, VolunteerStatus
from app.volunteers.models_leave import Leave
from tests import factories
from tests.snapshots import same_as_stored

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)  # 10 in the morning in Chicago
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


@pytest.fixture
def reader(app: Flask) -> Volunteer:
    """A volunteer whom four open matters fit."""
    with transaction():
        programme = factories.programme(name="Lakeshore Legal Aid")
        person: Volunteer = factories.volunteer(given_name="Noor", public_id="volunteer0000000")
        for title in ("Eviction hearing", "Repairs refused", "Deposit kept", "Lease ended early"):
            made = factories.case(programme, CaseStatus.AVAILABLE, listing_title=title)
            made.lead_opening.public_id = f"opening{made.id:09}"  # of equals, the smaller id comes first
    return person


def write(at: datetime = MONDAY) -> int:
    with clock.at(at):
        made = 0
        while some := digest_jobs.write_some():
            made += some
        return made


def sent() -> list[Mail]:
    session.rollback()
    return list(session.query(Mail).filter_by(kind="matching.digest").order_by(Mail.id))


def person() -> Volunteer:
    return session.query(Volunteer).one()


def test_the_best_three_come_with_the_reason_and_without_a_name(reader: Volunteer) -> None:
    with transaction():
        case = session.query(Case).filter_by(listing_title="Eviction hearing").one()
        case.next_critical_on, case.in_person = date(2026, 3, 30), True
        session.add(CriticalDate(case=case, kind="hearing", on_day=date(2026, 3, 30)))
    assert write() == 1
    (mail,) = sent()
    for fact in ("Castro", "Cottonwood", "lock", "Dane", "26-0"):
        assert fact not in mail.subject + mail.text
    same_as_stored("matching.digest.en", mail)
    assert len(session.query(Digest).one().opening_ids) == 3


def test_once_a_week_whatever_restarts_and_read_twice_is_not_written_again(reader: Volunteer) -> None:
    assert [write(MONDAY + n * DAY) for n in range(7)] == [1, 0, 0, 0, 0, 0, 0]
    assert [write(MONDAY + 7 * n * DAY) for n in (1, 2)] == [1, 1]
    first, second, third = (set(row.opening_ids) for row in session.query(Digest).order_by(Digest.id))
    assert first == second
    assert len(third) == 1
    assert not third & first
    assert write(MONDAY + 21 * DAY) == 1
    assert len(sent()) == 4
    assert write(MONDAY + 28 * DAY) == 1
    assert len(sent()) == 4  # nothing new fits: nothing is sent


def test_daily_if_they_ask_on_working_days_alone(reader: Volunteer) -> None:
    with transaction():
        person().digest = "daily"
    assert [write(MONDAY + n * DAY) for n in range(7)] == [1, 1, 1, 1, 1, 0, 0]


def test_only_while_the_office_is_open(reader: Volunteer) -> None:
    assert write(MONDAY.replace(hour=6)) == 0
    assert write(MONDAY.replace(hour=23, minute=59)) == 0
    assert write(MONDAY - DAY) == 0
    assert write(MONDAY + DAY) == 1


def _full() -> None:
    for _ in range(3):
        factories.case(session.query(Programme).one(), CaseStatus.IN_SERVICE, lead=person())


def _status(status: VolunteerStatus) -> Callable[[], None]:
    return lambda: setattr(person(), "status", status)


def _away() -> None:
    user = person().user
    assert user is not None
    session.add(Leave(volunteer=person(), from_on=date(2026, 3, 1), until_on=date(2026, 3, 9), announced_by_id=user.id))


SILENT: dict[str, Callable[[], object]] = {
    "never": lambda: setattr(person(), "digest", "never"),
    "full": _full,
    "paused": _status(VolunteerStatus.PAUSED),
    "suspended": _status(VolunteerStatus.SUSPENDED),
    "lapsed": _status(VolunteerStatus.LAPSED),
    "on leave": _away,
    "account closed": lambda: setattr(person().user, "deactivated_at", MONDAY),
    "another field": lambda: setattr(person().areas[0], "area", "Family"),
    "nothing open": lambda: session.query(Opening).update({"status": OpeningStatus.NOT_LISTED}),
}


@pytest.mark.parametrize("why", SILENT)
def test_nothing_is_written_to_whom_it_should_not(reader: Volunteer, why: str) -> None:
    with transaction():
        SILENT[why]()
    write()
    assert sent() == []


def test_what_they_declined_or_hold_is_not_written_of(reader: Volunteer) -> None:
    with transaction():
        cases = session.query(Case).order_by(Case.id).all()
        for case, status in zip(cases, (ReferralStatus.DECLINED, ReferralStatus.HELD), strict=False):
            session.add(Referral(opening=case.lead_opening, volunteer=person(), way=ReferralWay.OFFER, status=status,
                                 offered_at=MONDAY - 70 * DAY))  # fmt: skip
        wanted = {case.lead_opening.id for case in cases[2:]}
    write()
    assert set(session.query(Digest).one().opening_ids) == wanted


@pytest.mark.parametrize("why", ["not wanted", "paused or full", "late", "gone"])
def test_a_last_look_before_it_leaves(reader: Volunteer, why: str) -> None:
    write()
    (mail,) = sent()
    assert reason_to_drop(mail) is None
    with transaction():
        if why == "not wanted":
            person().digest = "never"
        elif why == "paused or full":
            person().status = VolunteerStatus.PAUSED
        elif why == "gone":
            for case in session.query(Case):
                case.lead_opening.status = OpeningStatus.FILLED
    with clock.at(MONDAY + (3 * DAY if why == "late" else 0 * DAY)):
        assert reason_to_drop(sent()[0]) == why


def test_its_reader_stops_it_from_the_mail(reader: Volunteer, client: FlaskClient) -> None:
    write()
    (mail,) = sent()
    assert "Which mails you get" in mail_foot.foot_of(mail)
    stop = urlsplit(mail_foot.headers_of(mail)["List-Unsubscribe"].strip("<>")).path
    assert client.post(stop, data={"List-Unsubscribe": "One-Click"}).status_code < 400
    session.rollback()
    assert person().digest == "never"
    assert write(MONDAY + 7 * DAY) == 0


def test_many_writers_at_once_write_one(reader: Volunteer, app: Flask) -> None:
    start, made, failed = Barrier(5), [], []
    volunteer_id = reader.id

    def one() -> None:
        with app.app_context(), clock.at(MONDAY):
            found = digests.fitting(session.get_one(Volunteer, volunteer_id))
            start.wait()
            try:
                with transaction():
                    row = session.get_one(Volunteer, volunteer_id)
                    made.append(operations_digest.write_digest(row, found, day=MONDAY.date()))
            except Exception as error:
                failed.append(error)

    writers = [Thread(target=one) for _ in range(5)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert failed == []
    assert sorted(made) == [False, False, False, False, True]
    assert len(sent()) == 1
    assert sent()[0].kind == mails_digest.KIND
