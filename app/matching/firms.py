"""What a firm's coordinator may see: its attempts, its people, and what it may not know of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from app.accounts.models import RoleGrant, User
from app.clients.models import Case, Opening
from app.core import clock
from app.core.access import Role
from app.core.db import Base, session
from app.core.errors import NotFound
from app.volunteers.models import Membership, Organisation, Volunteer, VolunteerStatus

from . import policy
from .barring import Purpose, barred_firms, barred_volunteers
from .board import first_zone
from .models import LIVE, Assignment, Referral, ReferralStatus
from .queries import LISTED
from .rules import ONE, Pair, case_rows, judge_rows
from .volunteer_rows import used_slots, volunteer_rows

S = ReferralStatus
COORDINATES = (RoleGrant.role == Role.FIRM_COORDINATOR, User.deactivated_at.is_(None))


def coordinators(organisation_id: int) -> Sequence[User]:
    """Those who answer for a firm and can sign in, the longest there first."""
    stmt = select(User).join(RoleGrant, RoleGrant.user_id == User.id)
    stmt = stmt.where(RoleGrant.organisation_id == organisation_id, *COORDINATES)
    return session.execute(stmt.order_by(RoleGrant.id)).scalars().unique().all()


def coordinated() -> Select[Any]:
    """The ids of the organisations for which somebody answers."""
    return select(RoleGrant.organisation_id).join(User, User.id == RoleGrant.user_id).where(*COORDINATES)


def my_organisations(viewer: User) -> Sequence[Organisation]:
    """The firms the viewer answers for, by name."""
    stmt = select(Organisation).where(Organisation.id.in_(viewer.organisation_ids()))
    return session.execute(stmt.order_by(Organisation.name)).scalars().all()


def get_my_organisation(public_id: str | None, *, viewer: User) -> Organisation:
    """A firm the viewer answers for; without a name, the first.

    :raises NotFound: not the viewer's, or none
    """
    mine = my_organisations(viewer)
    found = next((one for one in mine if not public_id or one.public_id == public_id), None)
    if found is None:
        raise NotFound
    return found


def my_attempts(viewer: User) -> Select[Referral]:
    """The live attempts with the viewer's firms, the soonest to end first."""
    return (
        select(Referral)
        .where(Referral.organisation_id.in_(viewer.organisation_ids()), Referral.status.in_(LIVE))
        .order_by(Referral.ends_at.is_(None), Referral.ends_at, Referral.id)
        .options(
            joinedload(Referral.opening).joinedload(Opening.case).joinedload(Case.programme),
            joinedload(Referral.organisation),
            joinedload(Referral.volunteer),
        )
    )


def get_attempt(public_id: str, *, viewer: User) -> Referral:
    """An attempt with one of the viewer's firms, whatever became of it.

    :raises NotFound: unknown, or another's
    """
    mine = Referral.organisation_id.in_(viewer.organisation_ids())
    found = session.execute(select(Referral).where(Referral.public_id == public_id, mine)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def get_listed(public_id: str, *, viewer: User) -> Opening:
    """A listed opening that somebody who answers for a firm may look at, where the firm may know of it.

    :raises NotFound: not listed, or the reader answers for no firm
    """
    if not viewer.organisation_ids():
        raise NotFound
    found = session.execute(LISTED, {"public_id": public_id}).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def live_with_firm(opening: Opening, organisation_id: int) -> Referral | None:
    """The firm's live attempt at an opening."""
    mine = (Referral.opening_id == opening.id, Referral.organisation_id == organisation_id)
    return session.execute(select(Referral).where(*mine, Referral.status.in_(LIVE))).scalar_one_or_none()


def is_kept(opening: Opening, organisation: Organisation, purpose: Purpose = Purpose.CLAIM) -> bool:
    """Is the whole firm kept from the opening's case: barred, a party or a party's firm, or its answer was no?"""
    kept = barred_firms(ONE, purpose, opening_id=opening.id)
    return organisation.id in kept.get(opening.case_id, set())


def is_kept_from(viewer: User, opening: Opening) -> bool:
    """Is whoever answers for a firm kept from the opening's case: in person, or with any firm they answer for?

    What one head has read cannot be kept from the other firm.
    """
    theirs = set(viewer.organisation_ids())
    if theirs & barred_firms(ONE, Purpose.PLACE, opening_id=opening.id).get(opening.case_id, set()):
        return True
    if viewer.volunteer is None:
        return False
    kept = barred_volunteers(ONE, Purpose.PLACE, opening_id=opening.id)
    return viewer.volunteer.public_id in kept.get(opening.case_id, set())


@dataclass(frozen=True)
class Able:
    """One of a firm's people who may take an opening today."""

    volunteer: Volunteer
    pair: Pair
    room: int

    @property
    def name(self) -> str:
        """The person's name."""
        return self.volunteer.name


def members(organisation_ids: Iterable[int]) -> dict[int, list[int]]:
    """The approved people of firms, by firm: those who were confirmed as belonging to it."""
    stmt = select(Membership.organisation_id, Membership.volunteer_id).join(Volunteer)
    found: dict[int, list[int]] = defaultdict(list)
    rows = session.execute(
        stmt.where(
            Membership.organisation_id.in_(list(organisation_ids)),
            Membership.confirmed_at.is_not(None),
            Volunteer.status == VolunteerStatus.APPROVED,
        )
    )
    for organisation_id, volunteer_id in rows:
        found[organisation_id].append(volunteer_id)
    return found


def pairs_of(openings: Select[Any], people: Iterable[int], **asked: int) -> dict[int, dict[str, Pair]]:
    """What the rules say of each person and each opening, as somebody who claims: person -> opening -> pair."""
    ids = sorted(set(people))
    if not ids:
        return {}
    zone = first_zone()
    today = clock.today_in(zone)
    cases = list(case_rows(openings, Purpose.CLAIM, **asked).values())
    rows = volunteer_rows(today, zone, volunteer_ids=ids)
    return {volunteer_id: judge_rows(cases, row, today) for volunteer_id, row in rows.items()}


def able_people(opening: Opening, organisation: Organisation) -> list[Able]:
    """The firm's people who may take an opening today, those with room and the best fit first."""
    people = members([organisation.id])[organisation.id]
    pairs = pairs_of(ONE, people, opening_id=opening.id)
    may = [v for v, found in pairs.items() if not policy.against_a_claim(found[opening.public_id].rules)]
    if not may:
        return []
    used = used_slots(may)
    rows = session.execute(select(Volunteer).where(Volunteer.id.in_(may))).scalars()
    able = [Able(row, pairs[row.id][opening.public_id], max(0, row.capacity - used[row.id])) for row in rows]
    return sorted(able, key=lambda one: (one.room == 0, -one.pair.fit, one.volunteer.id))


@dataclass(frozen=True)
class Work:
    """One live matter of the firm: its number, where it stands, whose it is and the hours; nothing of the client."""

    number: str
    status: Any
    person: Volunteer
    hours: int


def work_of(viewer: User) -> list[Work]:
    """The live matters placed through the viewer's firms, the oldest first."""
    shown = (Assignment.case_id, Case.number, Case.status, Volunteer)
    stmt = _placed(viewer, *shown).where(Assignment.ended_at.is_(None)).order_by(Assignment.id)
    rows, hours = session.execute(stmt).all(), _hours(viewer)
    return [Work(number, status, one, hours[case_id, one.id]) for case_id, number, status, one in rows]


def hours_in_all(viewer: User) -> int:
    """Hundredths of an hour that the firms' people gave to matters placed through them, ended ones too."""
    return sum(_hours(viewer).values())


def _placed(viewer: User, *shown: Any) -> Any:
    found = select(*shown).select_from(Assignment).join(Referral, Referral.id == Assignment.referral_id)
    people = found.join(Case, Case.id == Assignment.case_id).join(Volunteer, Volunteer.id == Assignment.volunteer_id)
    return people.where(Referral.organisation_id.in_(viewer.organisation_ids()))


def _hours(viewer: User) -> Counter[tuple[int, int]]:
    """By case and person."""
    spent = Base.metadata.tables["time_entries"].c
    pairs = _placed(viewer, Assignment.case_id, Assignment.volunteer_id).distinct().subquery()
    own = (spent.case_id == pairs.c.case_id) & (spent.volunteer_id == pairs.c.volunteer_id)
    stmt = select(pairs.c.case_id, pairs.c.volunteer_id, func.sum(spent.hundredths)).join_from(
        pairs, Base.metadata.tables["time_entries"], own
    )
    rows = session.execute(stmt.where(spent.removed_at.is_(None)).group_by(pairs.c.case_id, pairs.c.volunteer_id))
    return Counter({(case_id, volunteer_id): int(total) for case_id, volunteer_id, total in rows})


@dataclass(frozen=True)
class Askable:
    """A firm as staff see it beside one opening."""

    organisation: Organisation
    able: int
    has_coordinator: bool
    is_kept: bool
    live: Referral | None


def askable(opening: Opening) -> list[Askable]:
    """Every firm with people who may take an opening or with an attempt at it, the most able first."""
    firms = session.execute(select(Organisation).order_by(Organisation.name)).scalars().all()
    people = members(one.id for one in firms)
    pairs = pairs_of(ONE, [v for ids in people.values() for v in ids], opening_id=opening.id)
    may = {v for v, found in pairs.items() if not policy.against_a_claim(found[opening.public_id].rules)}
    kept = barred_firms(ONE, Purpose.MATCH, opening_id=opening.id).get(opening.case_id, set())
    answered = set(session.execute(coordinated()).scalars())
    live = _live_by_firm(opening)
    rows = [
        Askable(one, len(may & set(people[one.id])), one.id in answered, one.id in kept, live.get(one.id))
        for one in firms
    ]
    return sorted((row for row in rows if row.able or row.live), key=lambda row: (row.live is None, -row.able))


def _live_by_firm(opening: Opening) -> dict[int, Referral]:
    stmt = select(Referral).where(
        Referral.opening_id == opening.id, Referral.organisation_id.is_not(None), Referral.status.in_(LIVE)
    )
    return {row.organisation_id: row for row in session.execute(stmt).scalars() if row.organisation_id is not None}
