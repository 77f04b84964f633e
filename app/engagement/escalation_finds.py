"""What opens an escalation by itself: each cause a condition on the cases as they stand, with what set it off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.accounts import calendars
from app.accounts.models import Programme
from app.casework.models import ContactAttempt, Note, TimeEntry
from app.casework.transfer_models import LIVE_ASK, AskStatus, Transfer, TransferAsk, TransferStatus
from app.clients import problems
from app.clients.models import OPEN, Case, CaseStatus, Opening
from app.core import clock
from app.core.db import session
from app.matching.models import Assignment
from app.volunteers.models import Credential, Volunteer, VolunteerStatus

from .escalation_rules import Rule
from .models import Audience, Checkin

WORKED_ON = (CaseStatus.PLACED, CaseStatus.IN_SERVICE)
MAY_NOT_WORK = (VolunteerStatus.LAPSED, VolunteerStatus.SUSPENDED, VolunteerStatus.RETIRED)
GRACE = timedelta(days=1)  # for whoever was just placed, and for the person who calls after silence


@dataclass(frozen=True)
class Now:
    """The moment at which a programme's cases are looked at."""

    moment: datetime
    today: date

    def ago(self, days: int | None) -> datetime:
        """The moment that many days before."""
        return self.moment - timedelta(days=days or 0)


@dataclass(frozen=True)
class Find:
    """A case of which a cause holds, and the mark of what set it off."""

    case_id: int
    occasion: str


Predicate = Callable[[Rule, Now], Any]


def finds(rule: Rule, programme: Programme, *, case_id: int | None = None) -> list[Find]:
    """The programme's cases (or the one) in which the cause of a rule holds now; none while a case is paused."""
    predicate = PREDICATES.get(rule.cause)
    if predicate is None or not rule.active:
        return []
    found = predicate(rule, Now(clock.now(), calendars.today(programme)))
    found = found.where(Case.programme_id == programme.id, Case.status.in_(OPEN), Case.paused_at.is_(None))
    found = found.where(Case.priority_rank <= rule.rank, *_of_kind(rule.category))
    if case_id is not None:
        found = found.where(Case.id == case_id)
    return [Find(row[0], " ".join(_mark(value) for value in row[1:])[:40]) for row in session.execute(found)]


def _mark(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _of_kind(category: str) -> tuple[ColumnElement[bool], ...]:
    if not category:
        return ()
    codes = [code for code, each in problems.problems().items() if each.category == category]
    return (func.substr(Case.problem_code, 1, 2).in_(codes),)


def _led(*columns: Any) -> Any:
    """The cases that somebody leads now."""
    lead = and_(Assignment.case_id == Case.id, Assignment.role == "lead", Assignment.ended_at.is_(None))
    return select(Case.id, *columns).join(Assignment, lead)


def _worked_since(moment: Any) -> ColumnElement[bool]:
    """Hours, a contact, a note or an answer of the lead since a moment."""
    account = select(Volunteer.user_id).where(Volunteer.id == Assignment.volunteer_id)
    account = account.correlate(Assignment)
    told = aliased(Checkin)
    signs = (
        exists().where(TimeEntry.case_id == Case.id, TimeEntry.volunteer_id == Assignment.volunteer_id,
                       TimeEntry.created_at >= moment, TimeEntry.removed_at.is_(None)),
        exists().where(ContactAttempt.case_id == Case.id, ContactAttempt.reached, ContactAttempt.at >= moment,
                       ContactAttempt.by_id == account.scalar_subquery()),
        exists().where(Note.case_id == Case.id, Note.created_at >= moment,
                       Note.author_id == account.scalar_subquery()),
        exists().where(told.assignment_id == Assignment.id, told.audience == Audience.VOLUNTEER,
                       told.answered_at >= moment),
    )  # fmt: skip
    return or_(*signs)


def _spoken_since(moment: Any) -> ColumnElement[bool]:
    """Somebody of the staff spoke with the client since a moment."""
    account = select(Volunteer.user_id).where(Volunteer.id == Assignment.volunteer_id).correlate(Assignment)
    return exists().where(ContactAttempt.case_id == Case.id, ContactAttempt.reached, ContactAttempt.at >= moment,
                          ContactAttempt.by_id != func.coalesce(account.scalar_subquery(), 0))  # fmt: skip


def _silence(rule: Rule, now: Now) -> Any:
    """So many check-ins of one side in a row were handed to a person and have no answer."""
    later = aliased(Checkin)
    answered = exists().where(later.assignment_id == Checkin.assignment_id, later.audience == Checkin.audience,
                              later.answered_at >= Checkin.sent_at)  # fmt: skip
    heard = or_(
        and_(Checkin.audience == Audience.VOLUNTEER, _worked_since(Checkin.sent_at)),
        and_(Checkin.audience == Audience.CLIENT, _spoken_since(Checkin.sent_at)),
    )
    silent = _led(func.max(Checkin.id)).join(Checkin, Checkin.assignment_id == Assignment.id)
    silent = silent.where(Checkin.handed_over_at <= now.moment - GRACE, Checkin.answered_at.is_(None),
                          Checkin.closed_at.is_(None), ~answered, ~heard)  # fmt: skip
    return silent.group_by(Case.id, Checkin.audience).having(func.count() >= (rule.number or 1))


def _date_near(rule: Rule, now: Now) -> Any:
    """A critical date is near, and the lead showed no sign of work for as long."""
    until = now.today + timedelta(days=rule.number or 0)
    near = _led(Case.next_critical_on).where(
        Case.status.in_(WORKED_ON), Case.next_critical_on.between(now.today, until)
    )
    return near.where(Assignment.started_at <= now.moment - GRACE, ~_worked_since(now.ago(rule.number)))


def _clock_over(rule: Rule, now: Now) -> Any:
    """The referral clock ended so long ago, and nobody holds the case."""
    ended: Any = select(Case.id, Case.clock_ends_at).where(
        Case.status == CaseStatus.AVAILABLE, Case.clock_ends_at <= now.ago(rule.number)
    )
    return ended.where(~Case.openings.any(Opening.referrals.any(status="held", ended_at=None)))


def _dormant(rule: Rule, now: Now) -> Any:
    """Nothing was heard of a case in service for so long."""
    heard = func.coalesce(Case.heard_at, Case.placed_at, Case.received_at)
    found: Any = select(Case.id, heard)
    return found.where(Case.status == CaseStatus.IN_SERVICE, heard <= now.ago(rule.number))


def _credential_lapsed(rule: Rule, now: Now) -> Any:
    """The lead's credential ran out, or they are suspended or gone."""
    ran_out = select(func.max(Credential.valid_until)).where(
        Credential.volunteer_id == Volunteer.id, Credential.valid_until < now.today
    )
    led = _led(Assignment.id, ran_out.correlate(Volunteer).scalar_subquery())
    return led.join(Volunteer, Volunteer.id == Assignment.volunteer_id).where(Volunteer.status.in_(MAY_NOT_WORK))


def _transfer_unanswered(rule: Rule, now: Now) -> Any:
    """Whoever was asked to take a case over let their time run out, and nobody was asked since."""
    other = aliased(TransferAsk)
    asked = exists().where(other.transfer_id == Transfer.id, other.status.in_(LIVE_ASK))
    waits = (Transfer.status.in_((TransferStatus.WAITING, TransferStatus.PREPARED)),
             TransferAsk.status == AskStatus.EXPIRED, TransferAsk.ends_at <= now.ago(rule.number))  # fmt: skip
    found: Any = select(Case.id, func.max(TransferAsk.id)).join(Transfer, Transfer.case_id == Case.id)
    return found.join(TransferAsk, TransferAsk.transfer_id == Transfer.id).where(*waits, ~asked).group_by(Case.id)


PREDICATES: dict[str, Predicate] = {
    "silence": _silence,
    "date_near": _date_near,
    "clock_over": _clock_over,
    "dormant": _dormant,
    "credential_lapsed": _credential_lapsed,
    "transfer_unanswered": _transfer_unanswered,
}
