"""When mails leave: what somebody asked for or must act on at once, everything else while the office is open."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Programme
from app.clients.court_days import hearing_days
from app.core.db import session
from app.core.mail import Mail
from app.volunteers.mail_choices import zone_of

# Mails of these packages wait for office hours, but for the kinds named.
WAITING = ("client", "engagement", "volunteer", "message")
AT_ONCE = frozenset({
    "client.received", "client.draft", "client.new_link",  # they are at it just now
    "volunteer.received", "volunteer.known",
})  # fmt: skip
# Mails of matching and casework are notices of holds and parts, and leave at once, but for these.
WAITING_TOO = frozenset({
    "matching.offer", "matching.firm_offer", "matching.appeal", "matching.thanked", "matching.firm_thanked",
    "matching.request_lost", "matching.firm_request_lost", "matching.digest",
    "casework.thanks", "casework.case_dormant",
})  # fmt: skip
ON_THE_DAY_TOO = ("engagement.own_date",)  # the client's own reminder of the day on which they are heard
OFFERS = ("matching.offer", "matching.firm_offer")


def waits_for_hours(mail: Mail) -> bool:
    """Does a mail leave only while the office is open? What goes to the office itself never waits."""
    if mail.audience == "staff" or mail.kind in AT_ONCE:
        return False
    if mail.kind in OFFERS:
        return mail.case is None or mail.case.priority_rank != 1
    return mail.kind in WAITING_TOO or mail.kind.partition(".")[0] in WAITING


def office_of(mail: Mail) -> Programme | None:
    """The programme whose hours a mail keeps: its own, else the first one."""
    return mail.programme or session.scalar(select(Programme).order_by(Programme.id).limit(1))


def leaves_at(mail: Mail, moment: datetime) -> datetime:
    """The first moment from one on at which a mail may leave: no night, no holiday, no day of a hearing."""
    if not waits_for_hours(mail):
        return moment
    programme = office_of(mail)
    if programme is None:
        return moment
    zone = zone_for(mail, programme)
    hearings = frozenset() if mail.kind in ON_THE_DAY_TOO else hearing_days(mail.case)
    found = calendars.next_business_moment(moment, programme, zone)
    while found.astimezone(ZoneInfo(zone)).date() in hearings:
        next_day = found.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
        found = calendars.opening_at(calendars.business_day_on_or_after(next_day, programme), programme, zone)
    return found


def zone_for(mail: Mail, programme: Programme) -> str:
    """Where the reader is at work: a volunteer's own zone, else the programme's."""
    own = zone_of(mail.to_hash) if mail.audience == "volunteer" and mail.to_hash else None
    return own or programme.time_zone
