"""What somebody asked for, holds and critical offers leave at once; everything else while the office is open."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from app.accounts import calendars
from app.accounts.models import Closure, Programme
from app.clients.models import CaseStatus, CriticalDate
from app.core import mail
from app.core.db import session, transaction
from app.core.mail import Mail
from app.engagement.mail_hours import leaves_at
from app.volunteers import mail_choices
from tests import factories

# Every zone of the states and territories; New York and Chicago stand for those beside them.
ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
         "America/Anchorage", "America/Adak", "Pacific/Honolulu", "America/Puerto_Rico", "Pacific/Guam",
         "Pacific/Pago_Pago")  # fmt: skip
IN_HOURS = ("client.looking", "engagement.checkin", "engagement.digest", "volunteer.expiring", "matching.offer",
            "matching.appeal", "matching.thanked", "casework.thanks")  # fmt: skip
AT_ONCE = ("account.password", "client.received", "client.new_link", "volunteer.received", "matching.held",
           "matching.hold_ending", "matching.names_released", "casework.receiver_asked", "test.note")  # fmt: skip


def about(kind: str, programme: Programme | None, **changes: object) -> Mail:
    return Mail(kind=kind, audience="volunteer", programme=programme, **changes)


@pytest.mark.parametrize("zone", ZONES)
def test_in_every_zone_of_the_country_and_through_its_clock_changes(app: Flask, zone: str) -> None:
    with transaction():
        programme = factories.programme(time_zone=zone)
        session.add(Closure(programme=programme, on_day=date(2026, 3, 9), reason="Office moves"))
    moment, end, checked = datetime(2026, 2, 25, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC), 0
    here = ZoneInfo(zone)
    late = {kind: about(kind, programme) for kind in IN_HOURS}
    while moment < end:
        for mails in late.values():
            leaves = leaves_at(mails, moment).astimezone(here)
            assert leaves >= moment
            assert time(9) <= leaves.time() < time(17), (moment, leaves)
            assert calendars.is_business_day(leaves.date(), programme)
            assert leaves.date() != date(2026, 3, 9)
            checked += 1
        assert leaves - moment <= timedelta(days=5)
        moment += timedelta(hours=11)
    assert checked > 4000
    night = datetime(2026, 7, 4, 2, tzinfo=here)
    assert [kind for kind in AT_ONCE if leaves_at(about(kind, programme), night) != night] == []


def test_a_critical_offer_leaves_at_once_and_any_other_waits(app: Flask) -> None:
    with transaction():
        programme = factories.programme()
        critical, normal = (factories.case(programme, CaseStatus.AVAILABLE) for _ in range(2))
        critical.priority_rank, normal.priority_rank = 1, 3
    night = datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert leaves_at(about("matching.offer", programme, case=critical), night) == night
    assert leaves_at(about("matching.offer", programme, case=normal), night) > night


def test_nothing_that_can_wait_leaves_on_the_day_of_a_hearing(app: Flask) -> None:
    with transaction():
        programme = factories.programme()
        case = factories.case(programme, CaseStatus.PLACED)
        session.add(CriticalDate(case=case, kind="hearing", on_day=date(2026, 3, 3)))
    monday_night = datetime(2026, 3, 3, 3, tzinfo=UTC)
    leaves = leaves_at(about("client.looking", programme, case=case), monday_night)
    assert leaves.astimezone(ZoneInfo(programme.time_zone)).date() == date(2026, 3, 4)


def test_what_goes_to_the_office_never_waits_and_mails_of_no_programme_keep_the_first_ones_hours(app: Flask) -> None:
    night = datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert leaves_at(about("volunteer.expiring", None), night) == night
    with transaction():
        programme = factories.programme()
    staff = Mail(kind="engagement.escalation", audience="staff", programme=programme)
    assert leaves_at(staff, night) == night
    opening = calendars.next_business_moment(night, programme)
    assert leaves_at(about("volunteer.expiring", None), night) == opening


def test_a_mail_stands_in_line_for_its_hour_from_the_start(app: Flask) -> None:
    night = datetime(2026, 3, 3, 8, tzinfo=UTC)
    with transaction():
        programme = factories.programme()
        made = mail.queue("volunteer.expiring", occasion="x", to="ana@example.net", subject="x", text="x",
                          audience="volunteer", programme=programme, due_at=night)  # fmt: skip
        assert made is not None
    assert made.due_at == calendars.next_business_moment(night, programme)


def test_a_volunteer_hears_in_the_business_hours_of_their_own_zone_and_the_office_of_its(app: Flask) -> None:
    with transaction():
        programme = factories.programme(time_zone="America/Chicago")
        there, here = factories.volunteer(), factories.volunteer()
        mail_choices.choose(there, mail_choices.Choices(time_zone="Pacific/Honolulu"), actor=None)
        to = {who: about("matching.offer", programme, to_hash=who.email_hash) for who in (there, here)}
    ten_in_chicago = datetime(2026, 3, 3, 16, tzinfo=UTC)  # six in the morning in Honolulu
    assert leaves_at(to[here], ten_in_chicago) == ten_in_chicago
    assert leaves_at(to[there], ten_in_chicago) == datetime(2026, 3, 3, 9, tzinfo=ZoneInfo("Pacific/Honolulu"))
    evening = datetime(2026, 3, 4, 0, 30, tzinfo=UTC)
    assert leaves_at(to[there], evening) == evening
    assert leaves_at(to[here], evening) == datetime(2026, 3, 4, 9, tzinfo=ZoneInfo("America/Chicago"))
