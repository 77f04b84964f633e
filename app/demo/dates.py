"""Critical dates in the demo: those gone by were met, those ahead are reminded of, and one a firm keeps itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.accounts import calendars
from app.accounts.models import Programme
from app.clients.models import OPEN, Case, CriticalDate
from app.clients.operations_dates import add_critical_date, finish_critical_date
from app.core import clock
from app.core.db import session, transaction
from app.engagement import jobs_reminders
from app.engagement.operations_docketing import docket_date
from app.matching.models import Assignment

from .people import Cast


def dates_come_near(cast: Cast, end: datetime) -> None:
    """Play the last office hour before now: what was over is met, what is due is reminded of."""
    programme = session.get_one(Programme, cast.programmes[0])
    moment = end - timedelta(hours=1)
    while not calendars.in_business_hours(moment, programme):
        moment -= timedelta(hours=1)
    with clock.at(moment):
        with transaction():
            _past_ones_were_met()
            _the_star_keeps_one(cast)
        jobs_reminders.remind()


def _past_ones_were_met() -> None:
    found = session.query(CriticalDate).join(Case).filter(Case.status.in_(OPEN), CriticalDate.done_at.is_(None))
    for row in found.filter(CriticalDate.on_day < clock.now().date()).order_by(CriticalDate.id):
        finish_critical_date(row, actor=row.case.custody.user if row.case.custody else None)


def _the_star_keeps_one(cast: Cast) -> None:
    """The printed volunteer has two dates to come on a case; their firm keeps the nearer one."""
    led = session.query(Assignment).filter_by(volunteer_id=cast.star, role="lead", ended_at=None)
    part = led.join(Case).filter(Case.paused_at.is_(None)).order_by(Case.programme_id, Assignment.id).first()
    if part is None or part.volunteer.user is None or part.case.custody is None:
        return
    day, staff = calendars.today(part.case.programme), part.case.custody.user
    near = add_critical_date(part.case, kind="filing_due", on_day=day + timedelta(days=10), actor=staff)
    add_critical_date(part.case, kind="answer_due", on_day=day + timedelta(days=13), actor=staff)
    docket_date(near, actor=part.volunteer.user)
