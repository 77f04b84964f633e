"""Clinics and advice shifts as volunteers and a programme's staff read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.accounts import calendars
from app.accounts.models import Programme, User
from app.core.access import STAFF
from app.core.db import session

from . import policy, queries
from .models import Standing, Volunteer
from .models_shifts import Shift, ShiftKind

LIVE = Shift.removed_at.is_(None)
MOST_ON_A_SHEET = 500
REGULAR = timedelta(days=365)


def welcome_at(programme: Programme) -> Select[int]:
    """The ids of the volunteers who are welcome at a programme, see `policy.is_welcome`."""
    of = select(Standing.volunteer_id).where(Standing.programme_id == programme.id)
    here = or_(Volunteer.id.in_(of), ~Volunteer.standings.any())
    return select(Volunteer.id).where(here, Volunteer.id.not_in(of.where(Standing.standing != "welcome")))


def programmes_open_to(volunteer: Volunteer) -> list[Programme]:
    """The programmes at which a volunteer may say that they staffed a clinic."""
    every = queries.programmes() if volunteer.approved_at is not None else ()
    return [programme for programme in every if policy.is_welcome(volunteer, programme.id)]


def shifts_of(volunteer: Volunteer, *, viewer: User) -> Select[Shift]:
    """A volunteer's shifts, the newest first: all of one's own, else those at the viewer's programmes."""
    found = _newest_first(Shift.volunteer_id == volunteer.id)
    if volunteer.user_id == viewer.id:
        return found
    return found.where(Shift.programme_id.in_(viewer.programme_ids(*STAFF)))


def shifts_at(programme: Programme, first: date | None, last: date | None, *, viewer: User) -> Select[Shift]:
    """The shifts of a programme on some days, for its staff, the newest first."""
    days = [Shift.on_day >= first] if first else []
    days += [Shift.on_day <= last] if last else []
    mine = Shift.programme_id.in_(viewer.programme_ids(*STAFF))
    return _newest_first(Shift.programme_id == programme.id, mine, *days)


def _newest_first(*which: ColumnElement[bool]) -> Select[Shift]:
    along = (joinedload(Shift.volunteer), joinedload(Shift.programme))
    return select(Shift).where(LIVE, *which).options(*along).order_by(Shift.on_day.desc(), Shift.id.desc())


@dataclass(frozen=True)
class Sheet:
    """Who can be ticked: whoever was there within a year, and everybody else, each by name."""

    regulars: Sequence[Volunteer]
    others: Sequence[Volunteer]
    left_out: int  # of a programme with very many

    @property
    def people(self) -> dict[str, Volunteer]:
        """Everybody who can be ticked, by id."""
        return {each.public_id: each for each in (*self.regulars, *self.others)}


def sheet_of(programme: Programme, *, viewer: User) -> Sheet:
    """Everybody at work who is welcome at a programme of the viewer's."""
    if programme.id not in viewer.programme_ids(*STAFF):
        return Sheet((), (), 0)
    since = calendars.today(programme) - REGULAR
    there = select(Shift.volunteer_id).where(LIVE, Shift.programme_id == programme.id, Shift.on_day >= since)
    mine = (Volunteer.id.in_(welcome_at(programme)), Volunteer.status.in_(policy.OPEN_TO_WORK))
    at_work = select(Volunteer).where(*mine).options(selectinload(Volunteer.standings))
    others = at_work.where(Volunteer.id.not_in(there))
    found = session.execute(others.order_by(Volunteer.id).limit(MOST_ON_A_SHEET)).scalars()
    counted = session.execute(others.with_only_columns(func.count())).scalar_one()
    regulars = session.execute(at_work.where(Volunteer.id.in_(there))).scalars()
    return Sheet(_by_name(regulars), _by_name(found), max(0, counted - MOST_ON_A_SHEET))


def _by_name(people: Iterable[Volunteer]) -> list[Volunteer]:
    return sorted(people, key=lambda each: (each.family_name.casefold(), each.given_name.casefold()))


def people_named(public_ids: Iterable[str], *, viewer: User) -> list[Volunteer]:
    """The volunteers of some ids, as far as the viewer may see them."""
    found = queries.volunteers_list(viewer).where(Volunteer.public_id.in_(list(public_ids))).order_by(Volunteer.id)
    return list(session.execute(found).scalars())


Given = tuple[int, str, date, int]  # programme, kind, day, hundredths


def given_by(volunteer_ids: Collection[int]) -> list[Given]:
    """Every shift of some volunteers: at which programme, of which kind, when and how long."""
    columns = (Shift.programme_id, Shift.kind, Shift.on_day, Shift.hundredths)
    rows = session.execute(select(*columns).where(LIVE, Shift.volunteer_id.in_(volunteer_ids)).order_by(Shift.id))
    return [(programme_id, str(kind), day, n) for programme_id, kind, day, n in rows]


def hours_by_kind(volunteer: Volunteer, programme_id: int, first: date, last: date) -> dict[str, int]:
    """The hours of a volunteer's shifts at one programme on the days of a period."""
    found = dict.fromkeys(map(str, ShiftKind), 0)
    for at, kind, day, n in given_by([volunteer.id]):
        if at == programme_id and first <= day <= last:
            found[kind] += n
    return found


def served(volunteer_id: int) -> Select[int]:
    """The ids of the programmes at which a volunteer staffed a clinic or an advice shift."""
    return select(Shift.programme_id).where(LIVE, Shift.volunteer_id == volunteer_id)
