"""What a coordinator may see of a run: the figures of all, the cases of their own programmes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select, true
from sqlalchemy.orm import aliased, joinedload, undefer

from app.accounts.models import Programme, User
from app.clients.models import Case, Opening, OpeningStatus
from app.core import clock
from app.core.access import STAFF
from app.core.db import session
from app.core.errors import NotFound
from app.volunteers.models import Volunteer

from .models import (
    HOLDING,
    LIVE,
    DocketRun,
    Proposal,
    ProposalStatus,
    Referral,
    ReferralStatus,
    ReferralWay,
    RunStatus,
    Unplaced,
)
from .rules import is_listed

S = ReferralStatus
DECIDED = (ProposalStatus.OPEN, ProposalStatus.ACCEPTED, ProposalStatus.REFUSED, ProposalStatus.DISMISSED)
EXPERIENCE = timedelta(days=365)
ENOUGH_ANSWERS = 20

CASE = (
    Opening.public_id.label("opening"), Opening.id.label("opening_id"), Case.public_id.label("case"), Case.number,
    func.coalesce(Opening.package, Case.listing_title).label("listing_title"), Opening.role.label("part"),
    Opening.package, Case.county, Case.language, Case.priority_level, Case.next_critical_on, Case.problem_code,
    Case.id.label("case_id"),
)  # fmt: skip


def runs() -> Select[DocketRun]:
    """Every run, the newest first; a run names no case."""
    return select(DocketRun).options(joinedload(DocketRun.asked_by)).order_by(DocketRun.id.desc())


def get_run(public_id: str) -> DocketRun:
    """A run.

    :raises NotFound: unknown
    """
    found = session.execute(runs().where(DocketRun.public_id == public_id)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def live_run() -> DocketRun | None:
    """The run that waits or is at work."""
    live = DocketRun.status.in_((RunStatus.WAITING, RunStatus.RUNNING))
    return session.execute(runs().where(live)).scalar_one_or_none()


def run_before(run: DocketRun) -> DocketRun | None:
    """The run with a result before this one."""
    earlier = runs().where(DocketRun.status == RunStatus.DONE, DocketRun.id < run.id).limit(1)
    return session.execute(earlier.options(undefer(DocketRun.found))).scalar_one_or_none()


def newest_run() -> DocketRun | None:
    """The newest run with a result."""
    return session.execute(runs().where(DocketRun.status == RunStatus.DONE).limit(1)).scalar_one_or_none()


def _mine(viewer: User) -> Any:
    return Case.programme_id.in_(viewer.programme_ids(*STAFF))


def proposals(run: DocketRun, *, viewer: User, status: ProposalStatus | None = None) -> Select[Any]:
    """The proposals for the viewer's cases, all or of one status, the most urgent first, with both volunteers."""
    other = aliased(Volunteer)
    stmt = (
        select(
            *CASE, Proposal, Volunteer, other.given_name.label("other_given"), other.family_name.label("other_family")
        )
        .join(Opening, Opening.id == Proposal.opening_id)
        .join(Case, Case.id == Opening.case_id)
        .join(Volunteer, Volunteer.id == Proposal.volunteer_id)
        .outerjoin(other, other.id == Proposal.runner_up_id)
        .where(Proposal.run_id == run.id, _mine(viewer))
        .order_by(Proposal.position)
    )
    chosen: Any = stmt.where(Proposal.status == status) if status else stmt
    return chosen  # type: ignore[no-any-return]


def get_proposal(run: DocketRun, opening: str, *, viewer: User) -> Proposal:
    """The proposal of a run for one opening.

    :raises NotFound: unknown, or another programme's
    """
    stmt = select(Proposal).join(Opening, Opening.id == Proposal.opening_id).join(Case, Case.id == Opening.case_id)
    found = session.execute(
        stmt.where(Proposal.run_id == run.id, Opening.public_id == opening, _mine(viewer))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Counts:
    """How many of a run's rows are the viewer's, and how many another programme's."""

    proposals: int
    to_decide: int
    accepted: int
    refused: int
    dismissed: int
    elsewhere: int
    left: int
    left_elsewhere: int
    mentors: int


def count_rows(run: DocketRun, *, viewer: User) -> Counts:
    """The viewer's and the others' shares of a run."""
    mine = _mine(viewer)
    to_decide = and_(mine, Proposal.status == ProposalStatus.OPEN)
    counted: Any = select(
        func.count(),
        func.count().filter(mine),
        *(func.count().filter(mine, Proposal.status == status) for status in DECIDED),
        func.count().filter(to_decide, Proposal.needs_mentor.is_(True)),
    )
    counted = counted.select_from(Proposal).join(Opening, Opening.id == Proposal.opening_id)
    every, own, undecided, accepted, refused, dismissed, mentors = session.execute(
        counted.join(Case, Case.id == Opening.case_id).where(Proposal.run_id == run.id)
    ).one()
    stmt: Any = select(func.count(), func.count().filter(mine)).select_from(Unplaced)
    stmt = stmt.join(Opening, Opening.id == Unplaced.opening_id).join(Case, Case.id == Opening.case_id)
    all_left, left = session.execute(stmt.where(Unplaced.run_id == run.id)).one()
    return Counts(own, undecided, accepted, refused, dismissed, every - own, left, all_left - left, mentors)


def turns(run: DocketRun, volunteer_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """By opening: the how manieth case of its volunteer it is in the run, and of how many."""
    stmt = select(Proposal.volunteer_id, Proposal.opening_id).where(
        Proposal.run_id == run.id, Proposal.volunteer_id.in_(list(volunteer_ids))
    )
    held: dict[int, list[int]] = {}
    for volunteer_id, opening_id in session.execute(stmt.order_by(Proposal.position)):
        held.setdefault(volunteer_id, []).append(opening_id)
    return {opening: (n, len(theirs)) for theirs in held.values() for n, opening in enumerate(theirs, 1)}


def unplaced(run: DocketRun, *, viewer: User) -> Select[Any]:
    """The viewer's cases left without a volunteer, the most urgent first."""
    stmt: Any = (
        select(*CASE, Unplaced)
        .join(Opening, Opening.id == Unplaced.opening_id)
        .join(Case, Case.id == Opening.case_id)
        .where(Unplaced.run_id == run.id, _mine(viewer))
        .order_by(Unplaced.position)
    )
    return stmt  # type: ignore[no-any-return]


def names_of(ids: Iterable[int]) -> dict[int, Volunteer]:
    """Volunteers by id."""
    wanted = set(ids)
    if not wanted:
        return {}
    return {row.id: row for row in session.execute(select(Volunteer).where(Volunteer.id.in_(wanted))).scalars()}


def titles_of(opening_ids: Iterable[int], *, viewer: User) -> dict[int, Any]:
    """The viewer's cases by opening; another programme's are missing."""
    wanted = set(opening_ids)
    if not wanted:
        return {}
    stmt = select(*CASE).join(Case, Case.id == Opening.case_id).where(Opening.id.in_(wanted), _mine(viewer))
    return {row.opening_id: row for row in session.execute(stmt)}


def outside(run: DocketRun, *, viewer: User, today: date) -> dict[str, int]:
    """How many of the viewer's listed openings are not in a run, by why: `asked`, `overdue` or `later`."""
    live = select(Referral.id).where(Referral.opening_id == Opening.id, Referral.status.in_(LIVE)).exists()
    why: Any = case((live, "asked"), (Opening.ends_on < today, "overdue"), else_="later")
    inside = (select(of.opening_id).where(of.run_id == run.id) for of in (Proposal, Unplaced))
    stmt = select(why, func.count()).select_from(Opening).join(Case, Case.id == Opening.case_id)
    stmt = stmt.where(*is_listed(), _mine(viewer), *(Opening.id.not_in(those) for those in inside)).group_by(why)
    return {str(reason): int(count) for reason, count in session.execute(stmt)}


def programmes_of(viewer: User) -> set[str]:
    """The slugs of the programmes whose cases the viewer may see."""
    mine = select(Programme.slug).where(Programme.id.in_(viewer.programme_ids(*STAFF)))
    return set(session.execute(mine).scalars())


def titles_by_public_id(openings: Iterable[str], *, viewer: User) -> dict[str, Any]:
    """The viewer's cases by the public id of their opening; another programme's are missing."""
    stmt = select(*CASE).join(Case, Case.id == Opening.case_id).where(Opening.public_id.in_(set(openings)))
    return {row.opening: row for row in session.execute(stmt.where(_mine(viewer)))}


def found(*of: DocketRun, viewer: User) -> list[dict[int, tuple[int, int]]]:
    """What runs found for the viewer's cases, as it was then: opening to volunteer and fit, zeros where nobody."""
    mine = set(session.execute(select(Opening.id).join(Case).where(_mine(viewer))).scalars())
    return [{opening: (who, fit) for opening, who, fit in run.found or [] if opening in mine} for run in of]


def open_proposal(opening: Opening) -> Proposal | None:
    """What the newest run proposes for an opening and nobody has decided."""
    newest = select(func.max(DocketRun.id)).where(DocketRun.status == RunStatus.DONE).scalar_subquery()
    stmt = select(Proposal).where(Proposal.run_id == newest, Proposal.opening_id == opening.id)
    return session.execute(stmt.where(Proposal.status == ProposalStatus.OPEN)).scalar_one_or_none()


def acceptance() -> tuple[int, int]:
    """Of the offers answered or run out in the last year: how many there were, and how many led to a placement."""
    ended = or_(Referral.status.in_((S.CONFIRMED, S.DECLINED, S.EXPIRED, S.CONFLICT)), Referral.reason == "given_back")
    stmt: Any = select(func.count(), func.count().filter(Referral.status == S.CONFIRMED)).where(
        Referral.way == ReferralWay.OFFER, Referral.offered_at >= clock.now() - EXPERIENCE, ended
    )
    answered, placed = session.execute(stmt).one()
    return answered, placed


def dismissed_before(run: DocketRun, opening_ids: Iterable[int]) -> dict[tuple[int, int], Any]:
    """Opening and volunteer whom somebody set aside in an earlier run, with when and by whom last."""
    stmt = (
        select(Proposal.opening_id, Proposal.volunteer_id, Proposal.decided_at, User.name)
        .join(User, User.id == Proposal.decided_by_id)
        .where(Proposal.opening_id.in_(list(opening_ids)), Proposal.run_id < run.id)
        .where(Proposal.status == ProposalStatus.DISMISSED)
        .order_by(Proposal.run_id)
    )
    return {(row.opening_id, row.volunteer_id): row for row in session.execute(stmt)}


@dataclass(frozen=True)
class Answers:
    """What one volunteer said to the offers they were sent in the last year."""

    asked: int
    said_yes: int


def answers_of(volunteer_ids: Iterable[int]) -> dict[int, Answers]:
    """How often each said yes to an offer, of those answered or run out in the last year."""
    said_yes = or_(Referral.held_at.is_not(None), Referral.status.in_((S.WAITLISTED, S.CONFIRMED, *HOLDING)))
    over = or_(said_yes, Referral.status.in_((S.DECLINED, S.EXPIRED, S.CONFLICT)))
    stmt: Any = select(Referral.volunteer_id, func.count(), func.count().filter(said_yes)).where(
        Referral.volunteer_id.in_(list(volunteer_ids)),
        Referral.way == ReferralWay.OFFER,
        Referral.offered_at >= clock.now() - EXPERIENCE,
        over,
    )
    return {who: Answers(asked, yes) for who, asked, yes in session.execute(stmt.group_by(Referral.volunteer_id))}


def opening_of_case(public_id: str, *, viewer: User, opening: str = "") -> Opening:
    """The opening of a case that waits for somebody: the one named, else a listed one before others, the lead first.

    :raises NotFound: unknown, or another programme's
    """
    found = session.execute(
        select(Opening)
        .join(Case)
        .where(Case.public_id == public_id, _mine(viewer))
        .where(Opening.public_id == opening if opening else true())
        .order_by((Opening.status != OpeningStatus.LISTED), (Opening.role != "lead"), Opening.id)
        .limit(1)
        .options(joinedload(Opening.case).joinedload(Case.programme))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found
