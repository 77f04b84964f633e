"""Which attempts and openings somebody may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.accounts.models import User
from app.clients import problems
from app.clients.conflicts import is_clear
from app.clients.models import Case, ConflictSearch, Opening, Party, PartyRole
from app.clients.supervision import is_open_to
from app.core.access import STAFF
from app.core.db import session
from app.core.errors import NotFound
from app.volunteers.models import Volunteer, VolunteerStatus

from .barring import Purpose, barred_volunteers
from .models import HOLDING, LIVE, Assignment, Referral, ReferralStatus
from .refusals import NotApprovedNow, NotOnTheList
from .rules import is_listed
from .volunteer_rows import used_slots

S = ReferralStatus
MENTOR_CASES = 3
CLIENT_SIDE = (PartyRole.CLIENT, PartyRole.HOUSEHOLD)

# Asked at every claim, so built once.
OF_CASE = select(Opening.id).where(Opening.case_id == bindparam("case_id"))
LISTED: Select[Any] = select(Opening).join(Case).where(Opening.public_id == bindparam("public_id"), *is_listed())
ATTEMPTS = (
    select(Referral)
    .where(Referral.opening_id == bindparam("opening_id"), Referral.status.in_(bindparam("wanted", expanding=True)))
    .order_by(Referral.id)
)


def count_used_slots(volunteer: Volunteer) -> int:
    """How many slots the volunteer uses: live assignments, closing excepted, and live holds."""
    return used_slots([volunteer.id])[volunteer.id]


def live_referrals(opening: Opening, *statuses: ReferralStatus) -> list[Referral]:
    """The live attempts at an opening, oldest first."""
    asked = {"opening_id": opening.id, "wanted": statuses or LIVE}
    return list(session.execute(ATTEMPTS, asked).scalars())


def holding(opening: Opening) -> Referral | None:
    """The live hold or request on an opening."""
    return next(iter(live_referrals(opening, *HOLDING)), None)


def live_with(opening: Opening, volunteer: Volunteer) -> Referral | None:
    """The volunteer's live attempt at an opening."""
    return next((r for r in live_referrals(opening) if r.volunteer_id == volunteer.id), None)


def is_ahead_of(referral: Referral, volunteer: Volunteer) -> bool:
    """Does somebody else's attempt come before a new claim: a hold, or a place in the line?"""
    return referral.volunteer_id != volunteer.id and (referral.status in HOLDING or referral.is_in_line)


def line(opening: Opening) -> list[Referral]:
    """Who waits for an opening or has the turn, in the order in which they asked or said yes."""
    asked = live_referrals(opening, S.OFFERED, S.WAITLISTED)
    return sorted((r for r in asked if r.is_in_line), key=lambda r: r.place_in_line)


def is_overtaking(mine: Referral | None, opening: Opening) -> bool:
    """Would a yes or claim pass somebody who waits? Whoever has the turn passes nobody."""
    if mine is not None and mine.is_in_line and mine.status is S.OFFERED:
        return False
    waits = mine is not None and mine.is_in_line
    return any(
        r is not mine and (not waits or r.status is S.OFFERED or r.place_in_line < mine.place_in_line)  # type: ignore[union-attr]
        for r in line(opening)
    )


def position(referral: Referral) -> int:
    """The place on the waiting list, from 1."""
    since, number = referral.place_in_line
    waits = func.coalesce(Referral.answered_at, Referral.created_at)
    stmt = select(func.count()).where(
        Referral.opening_id == referral.opening_id,
        Referral.status == S.WAITLISTED,
        or_(waits < since, and_(waits == since, Referral.id < number)),
    )
    return session.execute(stmt).scalar_one() + 1


def my_referrals(viewer: User) -> Select[Referral]:
    """The live attempts of a volunteer, the soonest to end first."""
    mine = viewer.volunteer.id if viewer.volunteer else 0
    return (
        select(Referral)
        .where(Referral.volunteer_id == mine, Referral.status.in_(LIVE))
        .order_by(Referral.ends_at.is_(None), Referral.ends_at, Referral.id)
        .options(joinedload(Referral.opening).joinedload(Opening.case).joinedload(Case.programme))
    )


def to_check_again(viewer: User) -> list[Referral]:
    """Matters the volunteer leads whose names changed since they checked them."""
    mine = viewer.volunteer.id if viewer.volunteer else 0
    live = select(Assignment.referral_id).where(Assignment.volunteer_id == mine, Assignment.ended_at.is_(None))
    live = live.where(is_open_to(Assignment))
    stmt = select(Referral).where(Referral.volunteer_id == mine, Referral.status == S.CONFIRMED)
    unchecked = stmt.where(Referral.attested_version.is_(None), Referral.id.in_(live))
    return list(session.execute(unchecked.order_by(Referral.id)).scalars())


def get_my_referral(public_id: str, *, viewer: User) -> Referral:
    """An attempt of the volunteer signed in, whatever became of it.

    :raises NotFound: unknown, or another's
    """
    mine = viewer.volunteer.id if viewer.volunteer else 0
    stmt = select(Referral).where(Referral.public_id == public_id, Referral.volunteer_id == mine)
    return _one(stmt)


def listed_opening(public_id: str, *, viewer: User) -> Opening:
    """A listed opening a volunteer may look at.

    :raises NotOnTheList: not listed, or the reader is no approved volunteer
    """
    volunteer = viewer.volunteer
    may = volunteer is not None and volunteer.status is VolunteerStatus.APPROVED
    found: Opening | None = session.execute(LISTED, {"public_id": public_id}).scalar_one_or_none() if may else None
    if found is None:
        raise NotOnTheList
    return found


def staff_requests(viewer: User) -> Select[Referral]:
    """Requests waiting for the programme's word, and holds waiting for names, the oldest promise first."""
    waiting = (Referral.status == S.REQUESTED) | ((Referral.status == S.HELD) & Referral.parties_seen_at.is_(None))
    return (
        select(Referral)
        .join(Referral.opening)
        .join(Opening.case)
        .where(waiting, Case.programme_id.in_(viewer.programme_ids(*STAFF)))
        .order_by(Referral.ends_at, Referral.id)
        .options(
            contains_eager(Referral.opening).contains_eager(Opening.case).joinedload(Case.programme),
            joinedload(Referral.volunteer),
            joinedload(Referral.organisation),
        )
    )


def get_staff_referral(public_id: str, *, viewer: User) -> Referral:
    """An attempt at a case of the viewer's programmes.

    :raises NotFound: unknown, or another programme's
    """
    stmt = (
        select(Referral)
        .join(Referral.opening)
        .join(Opening.case)
        .where(Referral.public_id == public_id, Case.programme_id.in_(viewer.programme_ids(*STAFF)))
    )
    return _one(stmt)


def get_staff_opening(public_id: str, *, viewer: User) -> Opening:
    """An opening of a case of the viewer's programmes.

    :raises NotFound: unknown, or another programme's
    """
    stmt = select(Opening).join(Case).where(Case.programme_id.in_(viewer.programme_ids(*STAFF)))
    return _one(stmt.where(Opening.public_id == public_id))


def _one(stmt: Select[Any], **asked: Any) -> Any:
    found = session.execute(stmt, asked).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def to_search_again(cases: Iterable[Case]) -> set[int]:
    """The ids of the cases whose names staff have not found clear as they are now, of those ever searched."""
    by_id = {case.id: case for case in cases}
    newest = select(func.max(ConflictSearch.id)).where(ConflictSearch.case_id.in_(by_id))
    found = session.execute(
        select(ConflictSearch).where(ConflictSearch.id.in_(newest.group_by(ConflictSearch.case_id)))
    ).scalars()
    return {search.case_id for search in found if not is_clear(by_id[search.case_id], search)}


def parties_of(referral: Referral) -> list[Party]:
    """The names a holder checks: everyone in the matter, the client first."""
    stmt = select(Party).where(Party.case_id == referral.case.id, Party.removed_at.is_(None))
    return sorted(session.execute(stmt).scalars(), key=lambda party: (party.role is not PartyRole.CLIENT, party.id))


def names_changed_at(case: Case) -> datetime:
    """When somebody was last added to the matter, changed or taken out of it."""
    stmt = select(func.max(Party.changed_at)).where(Party.case_id == case.id)
    return session.execute(stmt).scalar_one() or case.received_at


def names_shown(referral: Referral) -> list[Party]:
    """The names whoever holds a matter may read now: of a sensitive one those alone that a coordinator released.

    Whoever was placed already, and checks changed names, reads them all.
    """
    if referral.status is S.CONFIRMED or not referral.case.sensitive or referral.names_released == "all":
        return parties_of(referral)
    if referral.names_released is None:
        return []
    return [party for party in parties_of(referral) if party.role not in CLIENT_SIDE]


def may_read_names(referral: Referral) -> bool:
    """Is the matter held, with time left, and are there names to read: of a sensitive one, as they were released?"""
    if referral.status not in HOLDING or referral.parties_seen_at is None or referral.is_too_late:
        return False
    if not referral.case.sensitive:
        return True
    return referral.names_released is not None and names_changed_at(referral.case) <= referral.parties_seen_at


def mentors(case: Case, volunteer: Volunteer, *, of: Referral | None = None) -> list[Volunteer]:
    """Approved volunteers who mentor, have time and are not kept from the case; those who list the field first.

    What `of` names counts not.
    """
    kept = barred_volunteers(OF_CASE, Purpose.PLACE, case_id=case.id)[case.id]
    able = (one for one in mentors_with_time(of=of) if one.id != volunteer.id and one.public_id not in kept)
    return in_field(case.problem_code, able)


def in_field(problem_code: str | None, people: Iterable[Volunteer]) -> list[Volunteer]:
    """Those who list a field first, each by name."""
    return sorted(people, key=lambda one: (not lists(one, problem_code), one.family_name, one.given_name))


def lists(volunteer: Volunteer, problem_code: str | None) -> bool:
    """Does a volunteer list a problem or its category?"""
    fields = {problem_code, problems.category(problem_code)}
    return any(area.area in fields for area in volunteer.areas)


def mentors_with_time(*, of: Referral | None = None) -> dict[Volunteer, int]:
    """How many more cases each mentor can stand by: less those they do, and those an open offer names them for."""
    stmt = select(Volunteer).where(Volunteer.status == VolunteerStatus.APPROVED, Volunteer.mentors_others.is_(True))
    found = session.execute(stmt.options(selectinload(Volunteer.areas))).scalars().all()
    named = select(Referral.mentor_id, func.count()).where(
        Referral.mentor_id.is_not(None), Referral.status.in_(LIVE), Referral.id != (of.id if of else 0)
    )
    busy = Counter(mentoring([mentor.id for mentor in found]))
    promised: Any = session.execute(named.group_by(Referral.mentor_id))
    for mentor_id, count in promised:
        busy[int(mentor_id)] += count
    return {mentor: MENTOR_CASES - busy[mentor.id] for mentor in found if busy[mentor.id] < MENTOR_CASES}


def mentoring(ids: Iterable[int]) -> dict[int, int]:
    """How many cases each mentors now."""
    stmt = select(Assignment.volunteer_id, func.count()).where(
        Assignment.volunteer_id.in_(list(ids)), Assignment.role == "mentor", Assignment.ended_at.is_(None)
    )
    return dict(session.execute(stmt.group_by(Assignment.volunteer_id)).all())


def leads(referral: Referral) -> bool:
    """Is the placement that came of an attempt still live, and the file not closed to whoever has it?"""
    stmt = select(Assignment.id).where(Assignment.referral_id == referral.id, Assignment.ended_at.is_(None))
    return session.execute(stmt.where(is_open_to(Assignment))).first() is not None


def approved_volunteers() -> Select[Volunteer]:
    """Everyone who may be asked."""
    return select(Volunteer).where(Volunteer.status == VolunteerStatus.APPROVED)


def find_approved(public_id: str | None) -> Volunteer | None:
    """An approved volunteer, or None."""
    stmt = approved_volunteers().where(Volunteer.public_id == (public_id or ""))
    return session.execute(stmt).scalar_one_or_none()


def get_approved(public_id: str) -> Volunteer:
    """An approved volunteer.

    :raises NotFound: unknown
    :raises NotApprovedNow: paused, suspended or gone, perhaps while the page was open
    """
    found = find_approved(public_id)
    if found is None:
        known = select(Volunteer.id).where(Volunteer.public_id == public_id)
        raise NotFound if session.execute(known).first() is None else NotApprovedNow
    return found
