"""What an hour counts for, reports that have made themselves, and a certificate, in the demo's programmes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Grant, Programme, User
from app.casework import operations as casework
from app.core import clock
from app.core.db import session, transaction
from app.matching.models import Assignment, Referral
from app.metrics import operations_rates, operations_schedules, own_impact_certificates, schedules, schedules_jobs
from app.metrics.figures import period_of
from app.metrics.models_reports import ReportKind
from app.volunteers.models import Volunteer

from .aims import set_aims
from .people import Cast

SOURCE = "Invented for this demo: enter your own, with its source"
RATES = (("lead", 9_500), ("co_counsel", 9_500))  # of the others none, and shown so


def impact_is_told(cast: Cast, end: datetime) -> None:
    """Rates, three reports that make themselves, and the printed volunteer's certificate."""
    with clock.at(end):
        for programme_id in cast.programmes:
            with transaction():
                _set_up(cast, session.get_one(Programme, programme_id))
        with transaction():
            _hours_through_the_firm()
        while schedules_jobs.make_one() or schedules_jobs.tell_one_funder():
            pass
        with transaction():
            _certify(session.get_one(Volunteer, cast.star))


def _set_up(cast: Cast, programme: Programme) -> None:
    staff = session.get_one(User, cast.coordinators[programme.id][0])
    today = calendars.today(programme)
    for role, cents in RATES:
        for year, more in ((today.year - 1, 0), (today.year, 300)):
            operations_rates.enter_rate(programme, role=role, cents=cents + more, first=date(year, 1, 1), last=None,
                                        source=f"{SOURCE} ({year})", actor=staff)  # fmt: skip
    set_aims(programme, staff, today)
    grant = session.get_one(Grant, cast.grants[programme.id][0])
    for kind, every, of in (
        (ReportKind.BOARD, "quarter", None),
        (ReportKind.LSC, "year", None),
        (ReportKind.GRANT, grant.reports_every, grant),
    ):
        last, _running = schedules.periods_to_begin_with(programme, every)
        operations_schedules.set_up_schedule(
            programme, kind, every=every, begins_on=last[0], recipients=[staff], actor=staff, grant=of,
            to_funder=of is not None,
        )  # fmt: skip


def _hours_through_the_firm() -> None:
    """Whoever leads a matter through the firm logged a first talk and a letter."""
    led = select(Assignment).join(Referral, Referral.id == Assignment.referral_id)
    found = session.scalars(led.where(Referral.organisation_id.is_not(None)).order_by(Assignment.id).limit(1)).first()
    if found is not None and found.volunteer.user is not None and found.ended_at is None:
        for hundredths in (150, 230):
            casework.add_time(found.case, on_day=calendars.today(found.case.programme), hundredths=hundredths,
                              actor=found.volunteer.user)  # fmt: skip


def _certify(star: Volunteer) -> None:
    """The year so far at the first programme where the volunteer logged hours."""
    if star.user is None:
        return
    for programme in own_impact_certificates.programmes_served(star.user)[:1]:
        today = calendars.today(programme)
        first = period_of(today, "year")[0]
        if own_impact_certificates.hours_at(star, programme.id, first, today).all:
            own_impact_certificates.certify(programme, name=star.name, first=first, last=today, agreed=True,
                                            actor=star.user)  # fmt: skip
