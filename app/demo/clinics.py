"""Clinics and advice shifts in the demo's programmes: one evening a month, and a phone on some mornings."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Programme, User
from app.core import clock
from app.core.db import session, transaction
from app.volunteers import operations_shifts as shifts
from app.volunteers.models import Volunteer, VolunteerStatus
from app.volunteers.models_shifts import ShiftKind
from app.volunteers.operations_shifts import ShiftFacts

from .people import Cast

SEED = 1919
MONTHS = 18
AT_THE_DOOR = 6  # of a programme's volunteers: some of whom take no cases


def clinics_are_held(cast: Cast, end: datetime) -> None:
    """A clinic each month, staffed by a few who come again and again; the printed volunteer answers the phone."""
    chance = random.Random(SEED)
    for programme_id in cast.programmes:
        with transaction():
            regulars = chance.sample(_approved(end - timedelta(days=31 * MONTHS)), AT_THE_DOOR)
        for n in range(MONTHS, -1, -1):
            with clock.at(end - timedelta(days=30 * n + 2)), transaction():
                _clinic(cast, programme_id, chance.sample(regulars, chance.randrange(3, AT_THE_DOOR)))
    for n in (41, 20, 6):
        with clock.at(end - timedelta(days=n)), transaction():
            _star_answers_the_phone(cast, chance.randrange(3, 9))


def _approved(before: datetime) -> list[int]:
    """The volunteers who were approved before a day."""
    found = select(Volunteer.id).where(
        Volunteer.status == VolunteerStatus.APPROVED, Volunteer.approved_at < before, Volunteer.user_id.is_not(None)
    )
    return list(session.scalars(found.order_by(Volunteer.id)))


def _clinic(cast: Cast, programme_id: int, there: list[int]) -> None:
    programme = session.get_one(Programme, programme_id)
    staff = session.get_one(User, cast.coordinators[programme_id][0])
    people = [session.get_one(Volunteer, each) for each in there]
    day = calendars.today(programme)
    while not calendars.is_business_day(day, programme):
        day -= timedelta(days=1)
    shifts.log_sheet(people, programme, ShiftFacts(ShiftKind.CLINIC, day, 250), actor=staff)


def _star_answers_the_phone(cast: Cast, people: int) -> None:
    star, programme = session.get_one(Volunteer, cast.star), session.get_one(Programme, cast.programmes[0])
    if star.user is not None:
        facts = ShiftFacts(ShiftKind.ADVICE, calendars.today(programme), 150, people)
        shifts.log_shift(star, programme, facts, actor=star.user)
