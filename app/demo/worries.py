"""Escalations of the demo: those of the past were taken on and closed, a few of the last days are open."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.accounts.calendars import today
from app.accounts.models import User
from app.clients.lifecycle import give_custody
from app.clients.models import Case, CaseStatus
from app.core import clock
from app.core.db import lock, session, transaction
from app.engagement import jobs_escalations, operations
from app.engagement import operations_escalation_rules as rules
from app.engagement import operations_escalations as escalations
from app.engagement.models import Audience, Checkin
from app.engagement.models_escalations import Escalation
from app.matching.models import Assignment

from .people import Cast

ROOTS = {
    "mismatch": (("contact_details", "The number had changed; both have talked now."),
                 ("misunderstanding", "Each thought that the other would call."),
                 ("volunteer_busy", "A trial took the week; they talked on Friday.")),
    "call_me": (("client_changed", "They move next month and asked what changes."),
                ("false_alarm", "It was settled by the time we called."),
                ("language", "The letter was in English; we read it together.")),
    "cannot_go_on": (("volunteer_busy", "The firm gave them a trial."), ("no_support", "They had no interpreter.")),
    "silence": (("volunteer_left", "On parental leave; a colleague answers now."),
                ("client_unreachable", "The phone is cut off; a letter reached them.")),
}  # fmt: skip
OTHERWISE = (("our_delay", "We had not entered the date."), ("other", "Settled by phone."))
WHAT_WAS_SAID = "Nobody told me that the day had moved. I took the bus for nothing."


def worries_of_the_past(end: datetime) -> None:
    """Whatever opened before the last two days was answered, some of it late, and closed with its cause."""
    old = session.query(Escalation.id).filter(
        Escalation.closed_at.is_(None), Escalation.opened_at < end - timedelta(days=2)
    )
    ids = [row.id for row in old.order_by(Escalation.id)]
    session.rollback()
    for number, escalation_id in enumerate(ids):
        _settle(escalation_id, number, end)


def _settle(escalation_id: int, number: int, end: datetime) -> None:
    """One is taken on in time or after it rose once, and closed some days later."""
    opened, due = session.query(Escalation.opened_at, Escalation.respond_by).filter_by(id=escalation_id).one()
    session.rollback()
    late = number % 4 == 3
    taken = due + timedelta(hours=2) if late else opened + (due - opened) * ((number % 5 + 1) / 7)
    if late:
        with clock.at(due + timedelta(minutes=1)), transaction():
            escalations.climb(session.get_one(Escalation, escalation_id))
    with clock.at(min(taken, end - timedelta(hours=30))), transaction():
        found = session.get_one(Escalation, escalation_id)
        escalations.take_on(found, actor=_staff(found.case))
    closed = min(taken + timedelta(hours=5 + 17 * (number % 6)), end - timedelta(hours=28))
    with clock.at(closed), transaction():
        found = session.get_one(Escalation, escalation_id)
        causes = ROOTS.get(found.cause, OTHERWISE)
        root, words = causes[number % len(causes)]
        escalations.close_escalation(found, found=words, root_cause=root, actor=_staff(found.case))


def _staff(case: Case) -> User:
    """Who answers for the case, or did last."""
    if not case.custodies:
        raise LookupError("somebody has answered for every case")
    return case.custodies[-1].user


def worries_of_today(cast: Cast, end: datetime) -> None:
    """A client complains and somebody sees to it; the clock finds what it finds; a colleague is away next week."""
    with clock.at(end - timedelta(hours=5)), transaction():
        case = _quiet_case(cast)
        if case is not None:
            found = escalations.record_complaint(case, WHAT_WAS_SAID, actor=_staff(case))
            escalations.take_on(found, actor=_staff(case))
    _somebody_goes_on_after_all(end)
    with clock.at(end - timedelta(hours=4)):
        jobs_escalations.look()
    with clock.at(end - timedelta(hours=3)), transaction():
        _clocks_were_decided()
        _somebody_is_away(cast)
        _a_colleague_takes_a_case(cast)


def _somebody_goes_on_after_all(end: datetime) -> None:
    """A volunteer said that they cannot go on, and an hour later that they can: the clock closes it."""
    asked = session.query(Checkin.id).join(Case, Case.id == Checkin.case_id).filter(
        Checkin.audience == Audience.VOLUNTEER, Checkin.sent_at.is_not(None), Checkin.answered_at.is_(None),
        Checkin.closed_at.is_(None), Checkin.questions == "volunteer_regular", Case.status == CaseStatus.IN_SERVICE,
    )  # fmt: skip
    ids = [row.id for row in asked.order_by(Checkin.id.desc()).limit(1)]
    session.rollback()
    for checkin_id in ids:
        for hours, standing in ((6, "cannot_go_on"), (5, "on_track")):
            with clock.at(end - timedelta(hours=hours)), transaction():
                operations.answer(session.get_one(Checkin, checkin_id), {"standing": standing})


def _a_colleague_takes_a_case(cast: Cast) -> None:
    """A case with an open escalation goes to another coordinator, and the escalation with it."""
    open_now = session.query(Escalation).filter(Escalation.closed_at.is_(None), Escalation.cause == "mismatch")
    for each in open_now.order_by(Escalation.id):
        staff = [user_id for user_id in cast.coordinators[each.case.programme_id] if user_id != _staff(each.case).id]
        if staff:
            to = session.get_one(User, staff[0])
            give_custody(lock(each.case), to, reason="workload", actor=_staff(each.case))
            return


def _clocks_were_decided() -> None:
    """Staff decided about the referral clocks that ran out, but for the newest two."""
    found = session.query(Escalation).filter(Escalation.closed_at.is_(None), Escalation.cause == "clock_over")
    for each in found.order_by(Escalation.id.desc()).all()[2:]:
        escalations.close_escalation(
            each, found="Decided: we look for another week.", root_cause="our_delay", actor=_staff(each.case)
        )


def _quiet_case(cast: Cast) -> Case | None:
    """The newest case in service without an escalation."""
    busy = session.query(Escalation.case_id).filter(Escalation.closed_at.is_(None))
    cases = session.query(Case).filter_by(status=CaseStatus.IN_SERVICE, programme_id=cast.programmes[0])
    led = cases.filter(Case.id.not_in(busy), Case.assignments.any(Assignment.ended_at.is_(None)))
    return led.order_by(Case.id.desc()).first()


def _somebody_is_away(cast: Cast) -> None:
    staff = [session.get_one(User, user_id) for user_id in cast.coordinators[cast.programmes[0]]]
    if len(staff) < 2:
        return
    programme = next(grant.programme for grant in staff[0].grants if grant.programme is not None)
    first = today(programme) + timedelta(days=6)
    rules.announce_absence(staff[1], first, first + timedelta(days=4), staff[0], programme=programme, actor=staff[1])
