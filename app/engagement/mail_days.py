"""Of what waits for office hours an address gets one mail a day: check-ins first, the news next, digests last."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, text

from app.accounts import calendars
from app.accounts.models import Programme
from app.clients.mails import LINK_LASTS, PORTAL
from app.clients.updates import APPOINTMENT, appointment_in
from app.core import clock, daily, links
from app.core.db import session
from app.core.mail import WAITING, Mail
from app.matching.models import Referral

from .mail_hours import leaves_at, office_of, waits_for_hours, zone_for
from .mails_reminders import KINDS as REMINDERS
from .models_escalations import Escalation
from .queries import question_ahead
from .queries_reminders import first_day_in

FIRST = frozenset({
    "engagement.checkin", "engagement.checkins", "engagement.escalation_at_firm", *REMINDERS,
})  # fmt: skip
LAST = frozenset({
    "matching.digest", "matching.appeal", "matching.thanked", "matching.firm_thanked", "matching.request_lost",
    "matching.firm_request_lost", "casework.thanks", "volunteer.milestone", "message.milestone", "engagement.survey",
})  # fmt: skip
APPOINTED = f"client.{APPOINTMENT}"
LOOK_AGAIN = timedelta(minutes=5)
TIME_TO_ANSWER = timedelta(days=1)  # what must be answered sooner than this after its next turn leaves now


def not_its_turn_before(mail: Mail) -> datetime | None:
    """Let a due mail have its reader's day; where the day is another's, the moment at which to look again.

    Either way a link to the client's own page lasts as long as if the mail were written when it leaves.
    """
    later = _later(mail)
    if mail.audience == "client":
        until = (later or clock.now()) + LINK_LASTS
        links.prolong(PORTAL, mail.record_kind, mail.record_id, made_at=mail.created_at, until=until)
    return later


def _later(mail: Mail) -> datetime | None:
    programme = office_of(mail) if waits_for_hours(mail) else None
    if programme is None:
        return None
    zone = zone_for(mail, programme)
    later = _behind_another(mail, programme, zone) if mail.kind not in FIRST else None
    if later is None and not daily.is_day_of(mail, clock.today_in(zone)):
        later = _next_day(mail, programme, zone)
    if later is None or _must_be_answered_before(mail, later + TIME_TO_ANSWER, programme):
        return None
    return later


def _next_day(mail: Mail, programme: Programme, zone: str) -> datetime:
    day = calendars.business_day_on_or_after(clock.today_in(zone) + timedelta(days=1), programme)
    return leaves_at(mail, calendars.opening_at(day, programme, zone))


def _behind_another(mail: Mail, programme: Programme, zone: str) -> datetime | None:
    """A check-in that is due is written first, and what comes before this mail leaves first."""
    tonight = calendars.closing_at(clock.today_in(zone), programme, zone)
    question = question_ahead(mail, tonight)
    if question is not None:
        return max(question, clock.now()) + LOOK_AGAIN
    waiting = select(Mail.kind, Mail.due_at).where(
        Mail.to_hash == mail.to_hash, Mail.id != mail.id, text(f"({WAITING})"), Mail.due_at <= tonight
    )
    sooner = [due for kind, due in session.execute(waiting) if _rank(kind) < _rank(mail.kind)]
    return max(min(sooner), clock.now()) + LOOK_AGAIN if sooner else None


def _rank(kind: str) -> int:
    return 0 if kind in FIRST else 2 if kind in LAST else 1


def _must_be_answered_before(mail: Mail, moment: datetime, programme: Programme) -> bool:
    """Would the time to answer be over, or nearly, or the day reminded of be there, if the mail waited for its turn?"""
    if mail.kind in REMINDERS:
        day = first_day_in(mail)
        return day is not None and calendars.opening_at(day, programme) < moment
    if mail.kind == APPOINTED:
        day = appointment_in(mail)
        return day is not None and calendars.opening_at(day, programme) < moment
    if mail.record_kind == "referrals":
        ends = select(Referral.ends_at).where(Referral.id == mail.record_id)
    elif mail.record_kind == "escalations":
        ends = select(Escalation.respond_by).where(Escalation.id == mail.record_id)
    else:
        return False
    end = session.scalar(ends)
    return end is not None and end < moment
