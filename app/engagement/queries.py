"""Check-ins as they stand."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from app.accounts import calendars
from app.accounts.models import User
from app.clients.models import Case, CaseStatus, Opening
from app.clients.operations_openings import TAKES_OPENINGS
from app.clients.queries import may_see_file
from app.clients.supervision import is_open_to
from app.core.access import STAFF
from app.core.db import session
from app.core.errors import NotFound
from app.matching.models import Assignment

from .models import Audience, Checkin, SeriesRule
from .models_escalations import Escalation
from .series import Due, Rule, Work, default_rules, next_due, package_rules

ASKED = (CaseStatus.PLACED, CaseStatus.IN_SERVICE)
LITIGATION_FORUMS = (
    "state_court",
    "federal_court",
    "bankruptcy_court",
    "tribal_court",
    "district_court",
    "housing_court",
    "family_court",
    "immigration_court",
    "small_claims",
)


def rules_for(programme_id: int) -> tuple[Rule, ...]:
    """The programme's own series, or the default where it has none."""
    own = session.execute(
        select(SeriesRule).where(SeriesRule.programme_id == programme_id, SeriesRule.ended_at.is_(None))
    ).scalars()
    rules = tuple(
        Rule(r.key, r.audience, r.anchor, r.days, r.business, r.repeats, r.matter or "", r.questions) for r in own
    )
    return rules or default_rules()


def rules_of(assignment: Assignment) -> tuple[Rule, ...]:
    """The series that asks about an assignment: the programme's about a lead, a shorter one about a package."""
    return package_rules() if assignment.is_package else rules_for(assignment.case.programme_id)


def work_of(assignment: Assignment) -> Work:
    """What the series needs to know of an assignment."""
    case = assignment.case
    asked = session.execute(select(Checkin.audience, Checkin.due_on).where(Checkin.assignment_id == assignment.id))
    return Work(
        placed_on=_local_day(assignment),
        first_contact_due_on=assignment.first_contact_due_on,
        critical_days=tuple(d.on_day for d in case.critical_dates if d.on_day and d.standing == "confirmed"),
        last_day=assignment.opening.ends_on if assignment.opening is not None else None,
        litigation=case.forum in LITIGATION_FORUMS,
        asked=tuple((Audience(a), day) for a, day in asked),
    )


def _local_day(assignment: Assignment) -> date:
    return assignment.started_at.astimezone(ZoneInfo(assignment.case.programme.time_zone)).date()


def next_checkin(case: Case) -> Due | None:
    """The next check-in on a case: there is one iff it is placed or in service and not paused."""
    lead = next((a for a in case.assignments if a.ended_at is None and a.role == "lead"), None)
    if lead is None or case.status not in ASKED or case.paused_at is not None:
        return None
    return _next(lead)


def next_package_checkin(part: Assignment) -> Due | None:
    """The next check-in of a package: there is one as long as it is worked on, its case is open and not paused."""
    case = part.case
    over = part.ended_at is not None or part.closing_since is not None or not part.is_package
    return None if over or case.status not in TAKES_OPENINGS or case.paused_at is not None else _next(part)


def _next(assignment: Assignment) -> Due | None:
    programme = assignment.case.programme
    return next_due(
        work_of(assignment),
        rules_of(assignment),
        calendars.today(programme),
        lambda day, count: calendars.add_business_days(day, count, programme),
    )


def parts_to_ask() -> Select[int]:
    """The live leads whose case is worked on, and the packages not reported done; of no paused case."""
    leads = and_(Assignment.role == "lead", Case.status.in_(ASKED))
    packages = and_(Opening.package.is_not(None), Assignment.closing_since.is_(None), Case.status.in_(TAKES_OPENINGS))
    return (
        select(Assignment.id)
        .join(Case, Case.id == Assignment.case_id)
        .outerjoin(Opening, Opening.id == Assignment.opening_id)
        .where(Assignment.ended_at.is_(None), Case.paused_at.is_(None), or_(leads, packages))
        .order_by(Assignment.id)
    )


def checkins_of(case: Case) -> list[Checkin]:
    """Every check-in of a case with its answers, newest first."""
    found = select(Checkin).where(Checkin.case_id == case.id).options(selectinload(Checkin.answers))
    return list(session.execute(found.order_by(Checkin.due_on.desc(), Checkin.id.desc())).scalars())


def newest_answer(case: Case, audience: Audience) -> Checkin | None:
    """The check-in about the lead's work that this side answered last."""
    found = select(Checkin).where(
        Checkin.case_id == case.id, Checkin.audience == audience, Checkin.answered_at.is_not(None)
    )
    found = found.join(Checkin.assignment).where(Assignment.role == "lead")
    return session.execute(found.order_by(Checkin.answered_at.desc(), Checkin.id.desc()).limit(1)).scalar_one_or_none()


def staff_checkins(viewer: User, state: str) -> Select[Checkin]:
    """Check-ins of the viewer's programmes: waiting, silent (handed to a person) or answered."""
    found = (
        select(Checkin)
        .join(Checkin.case)
        .where(Case.programme_id.in_(viewer.programme_ids(*STAFF)))
        .options(contains_eager(Checkin.case), selectinload(Checkin.answers))
    )
    if state == "answered":
        return found.where(Checkin.answered_at.is_not(None)).order_by(Checkin.answered_at.desc(), Checkin.id)
    waiting = found.where(Checkin.sent_at.is_not(None), Checkin.answered_at.is_(None), Checkin.closed_at.is_(None))
    if state == "silent":
        waiting = waiting.where(Checkin.handed_over_at.is_not(None))
    return waiting.order_by(Checkin.due_on, Checkin.id)


def get_checkin(public_id: str, *, viewer: User) -> Checkin:
    """A check-in of a case whose file the viewer may open.

    :raises NotFound: none such
    """
    found = select(Checkin).join(Checkin.case).where(Checkin.public_id == public_id, may_see_file(viewer))
    checkin = session.execute(found).scalar_one_or_none()
    if checkin is None:
        raise NotFound
    return checkin


def own_checkins(viewer: User) -> list[Checkin]:
    """What the volunteer is asked and has not answered, the longest due first."""
    waiting = _own(viewer).where(
        Checkin.sent_at.is_not(None), Checkin.answered_at.is_(None), Checkin.closed_at.is_(None),
        Assignment.ended_at.is_(None), Case.paused_at.is_(None),
    )  # fmt: skip
    return list(session.execute(waiting.order_by(Checkin.due_at, Checkin.id)).scalars())


def _own(viewer: User) -> Select[Checkin]:
    mine = viewer.volunteer.id if viewer.volunteer else 0
    found = select(Checkin).join(Checkin.case).join(Checkin.assignment)
    found = found.where(Assignment.volunteer_id == mine, Checkin.audience == Audience.VOLUNTEER)
    found = found.where(is_open_to(Assignment))
    return found.options(contains_eager(Checkin.case).joinedload(Case.programme))


def get_own_checkin(public_id: str, *, viewer: User) -> Checkin:
    """A check-in that asks the volunteer about a case they have.

    :raises NotFound: none such
    """
    found = _own(viewer).where(Checkin.public_id == public_id, Assignment.ended_at.is_(None))
    checkin = session.execute(found.where(Checkin.sent_at.is_not(None))).scalar_one_or_none()
    if checkin is None:
        raise NotFound
    return checkin


def open_escalations(case: Case) -> list[Escalation]:
    """What a person must still resolve on a case."""
    found = select(Escalation).where(Escalation.case_id == case.id, Escalation.closed_at.is_(None))
    return list(session.execute(found.order_by(Escalation.id)).scalars())


def get_escalation(public_id: str, *, viewer: User) -> Escalation:
    """An open escalation in the viewer's programmes.

    :raises NotFound: none such
    """
    found = select(Escalation).join(Escalation.case).where(Escalation.public_id == public_id)
    mine = found.where(Case.programme_id.in_(viewer.programme_ids(*STAFF)), Escalation.closed_at.is_(None))
    escalation = session.execute(mine).scalar_one_or_none()
    if escalation is None:
        raise NotFound
    return escalation
