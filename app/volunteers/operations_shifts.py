"""Logging clinics and advice shifts, one's own or from the sheet that people signed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, select

from app.accounts import calendars
from app.accounts.models import Programme, User
from app.core import audit, clock
from app.core.db import insert_unless_exists, lock, lock_in_order, session
from app.core.errors import BadInput, NotAllowed, NotFound, refuse_if

from . import policy
from .models import Volunteer
from .models_shifts import Shift, ShiftKind

LEAST, MOST_A_DAY = 10, 2400  # hundredths of an hour
MOST_PEOPLE = 500
LOGGED = _l(
    "This is logged for that day already, with other figures. Take that one back first; two on one day are one entry "
    "with the hours of both."
)


class ShiftDoesNotFit(BadInput):
    """What was typed in one field is no shift."""

    def __init__(self, field: str, sentence: Any) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class ShiftFacts:
    """What was staffed, on which day, for how long, and for how many people where somebody counted."""

    kind: ShiftKind
    on_day: date
    hundredths: int
    people_served: int | None = None


def log_shift(volunteer: Volunteer, programme: Programme, facts: ShiftFacts, *, actor: User) -> Shift:
    """Keep a shift; the same one told twice is one shift.

    :raises NotAllowed: somebody else's, or not welcome at the programme
    :raises ShiftDoesNotFit: a future day, too many hours, or another shift of the kind is logged for the day
    """
    volunteer = lock(volunteer)
    refuse_if(not policy.may_log_shift(actor, volunteer, programme.id), NotAllowed)
    _check(programme, facts)
    before = _of_the_day(volunteer, programme, facts)
    if before is None:
        return _keep(volunteer, programme, facts, actor)
    if (before.hundredths, before.people_served) != (facts.hundredths, facts.people_served):
        raise ShiftDoesNotFit("on_day", LOGGED)
    return before


def log_sheet(
    volunteers: Sequence[Volunteer], programme: Programme, facts: ShiftFacts, *, actor: User
) -> tuple[list[Shift], list[Volunteer]]:
    """Keep one shift of everybody who signed in; and who has one of the kind for that day, which stays as it is.

    :raises NotAllowed: the actor does not work for the programme
    :raises ShiftDoesNotFit: nobody is named, or the shift fits no day
    """
    lock_in_order(*volunteers)
    if not volunteers:
        raise ShiftDoesNotFit("volunteers", _l("Tick who was there."))
    _check(programme, facts)
    made, before = [], []
    for volunteer in volunteers:
        refuse_if(not policy.may_log_shift_of(actor, volunteer, programme.id), NotAllowed)
        if _of_the_day(volunteer, programme, facts) is None:
            made.append(_keep(volunteer, programme, facts, actor))
        else:
            before.append(volunteer)
    return made, before


def take_back(shift: Shift, *, actor: User) -> None:
    """Take a shift back; the row stays and counts no more.

    :raises NotAllowed: somebody else's, or another programme's
    """
    lock(shift.volunteer)
    shift = lock(shift)
    refuse_if(not policy.may_take_shift_back(actor, shift), NotAllowed)
    if shift.removed_at is None:
        shift.removed_at = clock.now()
        audit.record("volunteer.take_shift_back", shift, actor=actor, before=_told(shift))


def get_shift(public_id: str, *, viewer: User) -> Shift:
    """A shift that the viewer may take back.

    :raises NotFound: none such, or somebody else's
    """
    shift = session.execute(select(Shift).where(Shift.public_id == public_id)).scalar_one_or_none()
    if shift is None or not policy.may_take_shift_back(viewer, shift):
        raise NotFound
    return shift


def _check(programme: Programme, facts: ShiftFacts) -> None:
    if facts.on_day > calendars.today(programme):
        raise ShiftDoesNotFit("on_day", _l("Hours cannot lie in the future."))
    if not LEAST <= facts.hundredths <= MOST_A_DAY:
        raise ShiftDoesNotFit("hours", _l("Write between 0.1 and 24 hours for one day."))
    if facts.people_served is not None and not 0 <= facts.people_served <= MOST_PEOPLE:
        raise ShiftDoesNotFit("people_served", _l("Write how many people you spoke with, at most 500."))


def _of_the_day(volunteer: Volunteer, programme: Programme, facts: ShiftFacts) -> Shift | None:
    same = (Shift.programme_id == programme.id, Shift.kind == facts.kind)
    found = select(Shift).where(*_live(volunteer, facts.on_day), *same)
    return session.execute(found).scalar_one_or_none()


def _live(volunteer: Volunteer, on_day: date) -> Iterable[ColumnElement[bool]]:
    return (Shift.volunteer_id == volunteer.id, Shift.on_day == on_day, Shift.removed_at.is_(None))


def _keep(volunteer: Volunteer, programme: Programme, facts: ShiftFacts, actor: User) -> Shift:
    counted = select(func.coalesce(func.sum(Shift.hundredths), 0)).where(*_live(volunteer, facts.on_day))
    if session.execute(counted).scalar_one() + facts.hundredths > MOST_A_DAY:
        raise ShiftDoesNotFit("hours", _l("With what is logged already, that day would have more than 24 hours."))
    made = insert_unless_exists(
        Shift, volunteer_id=volunteer.id, programme_id=programme.id, kind=facts.kind, on_day=facts.on_day,
        hundredths=facts.hundredths, people_served=facts.people_served, created_by_id=actor.id,
        created_at=clock.now(),
    )  # fmt: skip
    if made is None:
        raise ShiftDoesNotFit("on_day", LOGGED)
    audit.record("volunteer.log_shift", made, actor=actor, after=_told(made))
    return made


def _told(shift: Shift) -> dict[str, Any]:
    return {"kind": shift.kind, "on": shift.on_day.isoformat(), "hundredths": shift.hundredths,
            "people": shift.people_served}  # fmt: skip
