"""Check-ins as they stand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.accounts import calendars
from app.accounts.models import Programme, User
from app.clients import problems
from app.clients.models import Case, CaseStatus, Client, Opening
from app.clients.operations_openings import TAKES_OPENINGS
from app.clients.queries import may_see_file
from app.clients.supervision import is_open_to
from app.core import clock
from app.core.access import STAFF, Role
from app.core.db import session
from app.core.errors import NotFound
from app.core.mail import Mail, original
from app.matching.models import Assignment
from app.volunteers.models import Volunteer

from .models import Audience, Checkin
from .models_ladder import CheckinStep
from .models_series import SeriesPause, SeriesVersion
from .series import PACKAGE, Due, Rule, Work, default_rules, next_due, rule_from

ASKED = (CaseStatus.PLACED, CaseStatus.IN_SERVICE)
JUST_NOW = timedelta(hours=1)
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
    """The programme's own series as it stands, or the default where it has none."""
    newest = select(SeriesVersion.rules).where(SeriesVersion.programme_id == programme_id)
    own = session.execute(newest.order_by(SeriesVersion.number.desc()).limit(1)).scalar_one_or_none()
    return default_rules() if own is None else tuple(rule_from(each) for each in own)


def series_number(programme_id: int) -> int:
    """The version of the programme's series that counts; 0 is the default."""
    newest = select(func.max(SeriesVersion.number)).where(SeriesVersion.programme_id == programme_id)
    return session.execute(newest).scalar_one() or 0


def series_versions(programme_id: int) -> list[SeriesVersion]:
    """Every version of a programme's series, newest first, with who made it."""
    found = select(SeriesVersion).where(SeriesVersion.programme_id == programme_id)
    found = found.options(joinedload(SeriesVersion.made_by)).order_by(SeriesVersion.number.desc())
    return list(session.execute(found).scalars())


def programmes_with_series(viewer: User) -> list[Programme]:
    """The programmes whose series the viewer may read: of their staff, and for administrators all."""
    found = select(Programme).order_by(Programme.name)
    if not viewer.has(Role.ADMIN):
        found = found.where(Programme.id.in_(viewer.programme_ids(*STAFF)))
    return list(session.execute(found).scalars())


def get_programme(slug: str, *, viewer: User) -> Programme:
    """A programme whose series the viewer may read.

    :raises NotFound: unknown, or not theirs
    """
    found = next((each for each in programmes_with_series(viewer) if each.slug == slug), None)
    if found is None:
        raise NotFound
    return found


def leads_to_preview(programme_id: int, *, viewer: User) -> list[tuple[str, str]]:
    """The cases at work whose file the viewer may open, as id and number, the newest first."""
    found = select(Case.public_id, Case.number).where(Case.programme_id == programme_id, may_see_file(viewer))
    found = found.where(Case.status.in_(ASKED)).order_by(Case.id.desc()).limit(200)
    return [(public_id, number) for public_id, number in session.execute(found)]


def get_lead(public_id: str, *, viewer: User) -> Assignment:
    """The volunteer's part that leads a case at work.

    :raises NotFound: none such, or not theirs to see
    """
    found = select(Assignment).join(Assignment.case).where(Case.public_id == public_id, may_see_file(viewer))
    found = found.where(Assignment.role == "lead", Assignment.ended_at.is_(None), Case.status.in_(ASKED))
    part = session.execute(found).scalar_one_or_none()
    if part is None:
        raise NotFound
    return part


def rules_of(assignment: Assignment) -> tuple[Rule, ...]:
    """The series that asks about an assignment: of its rules each knows its own stage."""
    return rules_for(assignment.case.programme_id)


def work_of(assignment: Assignment) -> Work:
    """What the series needs to know of an assignment."""
    case = assignment.case
    asked = session.execute(select(Checkin.audience, Checkin.due_on).where(Checkin.assignment_id == assignment.id))
    return Work(
        placed_on=_local_day(assignment.started_at, case),
        first_contact_due_on=assignment.first_contact_due_on,
        critical_days=tuple(d.on_day for d in case.critical_dates if d.on_day and d.standing == "confirmed"),
        last_day=assignment.opening.ends_on if assignment.opening is not None else None,
        litigation=case.forum in LITIGATION_FORUMS,
        asked=tuple((Audience(a), day) for a, day in asked),
        category=problems.category(case.problem_code),
        **_stage(assignment),
        pauses=pauses(case),
    )


def _stage(assignment: Assignment) -> dict[str, Any]:
    if assignment.is_package:
        return {"stage": PACKAGE}
    reached = assignment.first_contact_at
    since = _local_day(reached, assignment.case) if reached is not None else None
    return {"stage": assignment.case.status.value, "stage_since": since}


def pauses(case: Case) -> tuple[tuple[date, date], ...]:
    """The days on which each pause that is over began and ended."""
    over = select(SeriesPause.paused_at, SeriesPause.resumed_at).where(SeriesPause.case_id == case.id)
    found = session.execute(over.order_by(SeriesPause.paused_at)).all()
    return tuple((_local_day(began, case), _local_day(ended, case)) for began, ended in found)


def _local_day(moment: datetime, case: Case) -> date:
    return moment.astimezone(ZoneInfo(case.programme.time_zone)).date()


def due_ids(most: int) -> list[int]:
    """The check-ins of no paused case whose first question is due longest; where none is, whose next step is."""
    now = clock.now()
    unsent = (Checkin.sent_at.is_(None), Checkin.due_at <= now, Checkin.due_at)
    waits = (Checkin.next_step_at.is_not(None), Checkin.next_step_at <= now, Checkin.next_step_at)
    for state, is_due, moment in (unsent, waits):
        found = select(Checkin.id).join(Case, Case.id == Checkin.case_id).where(state, is_due)
        found = found.where(Checkin.closed_at.is_(None), Case.paused_at.is_(None)).order_by(moment).limit(most)
        if ids := list(session.execute(found).scalars()):
            return ids
    return []


def due_with(first: Checkin) -> list[Checkin]:
    """Everything due for the person whom a check-in asks, of the same programme, locked; not what others hold."""
    now = clock.now()
    is_due = or_(and_(Checkin.sent_at.is_(None), Checkin.due_at <= now), Checkin.next_step_at <= now)
    found = select(Checkin).join(Case, Case.id == Checkin.case_id).where(is_due, Checkin.closed_at.is_(None))
    found = found.where(Case.paused_at.is_(None), Case.programme_id == first.case.programme_id)
    found = found.where(Checkin.audience == first.audience).order_by(Checkin.id)
    if first.audience is Audience.VOLUNTEER:
        mine = select(Assignment.id).where(Assignment.volunteer_id == first.assignment.volunteer_id)
        found = found.where(Checkin.assignment_id.in_(mine))
    else:
        found = found.where(Case.id.in_(_cases_of_same_person(first.case_id)))
    held = found.with_for_update(skip_locked=True, of=Checkin).execution_options(populate_existing=True)
    return list(session.execute(held).scalars())


def question_ahead(mail: Mail, until: datetime) -> datetime | None:
    """When a check-in still to be written for a mail's reader falls due: within the hour past, or until then."""
    since = clock.now() - JUST_NOW
    is_due = or_(and_(Checkin.sent_at.is_(None), Checkin.due_at.between(since, until)),
                 Checkin.next_step_at.between(since, until))  # fmt: skip
    moment = func.coalesce(Checkin.next_step_at, Checkin.due_at)
    found = select(moment).join(Case, Case.id == Checkin.case_id).where(is_due, Checkin.closed_at.is_(None))
    found = found.where(Checkin.audience == mail.audience, Case.paused_at.is_(None), Checkin.answered_at.is_(None))
    if mail.audience == Audience.CLIENT:
        found = found.where(Checkin.case_id.in_(_cases_of_same_person(mail.case_id)))
    else:
        volunteers = select(Assignment.id).join(Volunteer, Volunteer.id == Assignment.volunteer_id)
        found = found.where(Checkin.assignment_id.in_(volunteers.where(Volunteer.email_hash == mail.to_hash)))
    return session.execute(found.order_by(moment).limit(1)).scalar_one_or_none()


def _cases_of_same_person(case_id: int | None) -> Select[int]:
    person = select(Client.identity_id).where(Client.case_id == case_id)
    return select(Client.case_id).where(Client.identity_id.in_(person))


def checkins_in(mail: Mail) -> list[Checkin]:
    """What a mail asks about: one check-in, or all of its bundle."""
    if mail.kind == "engagement.checkins":
        found = select(Checkin).join(CheckinStep, CheckinStep.checkin_id == Checkin.id)
        asked = found.where(CheckinStep.bundle == original(mail).public_id)
        return list(session.execute(asked.order_by(Checkin.id)).scalars())
    one = session.get(Checkin, mail.record_id) if mail.kind == "engagement.checkin" else None
    return [one] if one is not None else []


def bundles_about(case_id: int) -> Select[str | None]:
    """The mails that ask about this case among others."""
    asked = select(CheckinStep.bundle).join(Checkin, Checkin.id == CheckinStep.checkin_id)
    return asked.where(Checkin.case_id == case_id, CheckinStep.bundle.is_not(None))


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
