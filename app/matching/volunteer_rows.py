"""What the engine reads of volunteers, gathered in a fixed number of selects."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, case, cast, func, literal, or_, select, union_all

from app.core.db import session
from app.volunteers.models import (
    Area,
    Credential,
    CredentialKind,
    Membership,
    Organisation,
    Volunteer,
    VolunteerStatus,
)
from app.volunteers.policy import LICENCE_KINDS, status_allows_work
from app.volunteers.queries import live_credential, roles_in_force_of

from .engine.docket import VolunteerRow
from .models import HOLDING, Assignment, Referral, ReferralStatus, ReferralWay

K = CredentialKind
APPROVED = VolunteerStatus.APPROVED.value
REGISTRATIONS = (K.VA_ACCREDITATION, K.EOIR_REGISTRATION)
SHORT_DAYS, LONG_DAYS = 14, 60
PLACED = "placed"

FACTS = (
    Volunteer.id, Volunteer.public_id, Volunteer.status, Volunteer.paused_until, Volunteer.languages,
    Volunteer.counties, Volunteer.remote, Volunteer.capacity, Volunteer.largest_case, Volunteer.available_from,
    Volunteer.declines, Volunteer.mentor_ok,
)  # fmt: skip


def volunteer_rows(today: date, zone: str, *, volunteer_ids: Sequence[int] | None = None) -> dict[int, VolunteerRow]:
    """The engine's rows of volunteers by their id: all of them, or those named."""
    held, in_force = Held(today, volunteer_ids), roles_in_force_of(volunteer_ids, today)
    (used, offers), asks = _slots(volunteer_ids), asks_of(today, zone, volunteer_ids)
    areas, firms = _areas(volunteer_ids), _firms(volunteer_ids)
    rows = {}
    for facts in session.execute(select(*FACTS).where(_among(Volunteer.id, volunteer_ids))):
        may_work = status_allows_work(facts.status, facts.paused_until, today)
        last_asked, asks_14d, asks_60d = asks.get(facts.id, (None, 0, 0))
        rows[facts.id] = VolunteerRow(
            volunteer_id=facts.public_id,
            status=APPROVED if may_work else "unavailable",
            roles=tuple(sorted(in_force.get(facts.id, ()))),
            firm=firms.get(facts.id, ""),
            licences=held.licences(facts.id),
            credentials=held.registrations(facts.id),
            areas=tuple(sorted(areas.get(facts.id, ()))),
            languages=tuple(sorted(facts.languages)),
            counties=tuple(sorted(facts.counties)),
            remote=facts.remote,
            slots=max(0, facts.capacity - used[facts.id] - offers[facts.id]),
            max_hours=None if facts.largest_case is None else facts.largest_case / 100,
            available_from=facts.available_from,
            trainings=held.trainings(facts.id),
            mentor_ok=facts.mentor_ok,
            declines=tuple(sorted(facts.declines)),
            last_asked_on=last_asked,
            asks_14d=asks_14d,
            asks_60d=asks_60d,
        )
    return rows


def _among(column: Any, ids: Sequence[int] | None) -> ColumnElement[bool]:
    return column.is_not(None) if ids is None else column.in_(ids)


class Held:
    """Credentials in force on a day."""

    def __init__(self, today: date, ids: Sequence[int] | None) -> None:
        self._kinds: dict[int, set[tuple[CredentialKind, str | None]]] = defaultdict(set)
        stmt = select(Credential.volunteer_id, Credential.kind, Credential.jurisdiction).where(
            _among(Credential.volunteer_id, ids),
            *live_credential(),
            or_(Credential.valid_until.is_(None), Credential.valid_until >= today),
        )
        for volunteer_id, kind, jurisdiction in session.execute(stmt):
            self._kinds[volunteer_id].add((kind, jurisdiction))

    def licences(self, volunteer_id: int) -> tuple[str, ...]:
        """The states whose licence is in force."""
        return self._named(volunteer_id, LICENCE_KINDS)

    def registrations(self, volunteer_id: int) -> tuple[str, ...]:
        """Registrations by their code and courts by their name."""
        codes = {kind.value for kind, _ in self._kinds[volunteer_id] if kind in REGISTRATIONS}
        courts = self._named(volunteer_id, (K.COURT_ADMISSION,))
        return tuple(sorted({*codes, *courts, *([K.COURT_ADMISSION.value] if courts else [])}))

    def trainings(self, volunteer_id: int) -> tuple[str, ...]:
        """The trainings done."""
        return self._named(volunteer_id, (K.TRAINING,))

    def _named(self, volunteer_id: int, kinds: Iterable[CredentialKind]) -> tuple[str, ...]:
        return tuple(sorted({name for kind, name in self._kinds[volunteer_id] if kind in kinds and name}))


def used_slots(ids: Sequence[int] | None = None) -> Counter[int]:
    """How many slots each volunteer uses: live assignments, closing excepted, and live holds."""
    return _slots(ids)[0]


def _slots(ids: Sequence[int] | None) -> tuple[Counter[int], Counter[int]]:
    """The slots each volunteer uses, and their open offers."""
    placed = (
        select(Assignment.volunteer_id, func.count(), literal(PLACED))
        .where(
            _among(Assignment.volunteer_id, ids),
            Assignment.ended_at.is_(None),
            Assignment.closing_since.is_(None),
            Assignment.uses_slot.is_(True),
        )
        .group_by(Assignment.volunteer_id)
    )
    referred = (
        select(Referral.volunteer_id, func.count(), cast(Referral.status, String))
        .where(_among(Referral.volunteer_id, ids), Referral.status.in_((*HOLDING, ReferralStatus.OFFERED)))
        .group_by(Referral.volunteer_id, Referral.status)
    )
    used, offers = Counter[int](), Counter[int]()
    rows: Any = session.execute(union_all(placed, referred))
    for volunteer_id, count, what in rows:
        (offers if what == ReferralStatus.OFFERED else used)[volunteer_id] += count
    return used, offers


def asks_of(today: date, zone: str, ids: Sequence[int] | None = None) -> dict[int, tuple[date | None, int, int]]:
    """When each volunteer was last asked, and how often in the last 14 and 60 days, today counted."""
    short, long = _midnight(today, SHORT_DAYS, zone), _midnight(today, LONG_DAYS, zone)
    stmt = (
        select(
            Referral.volunteer_id,
            func.max(Referral.offered_at),
            func.sum(case((Referral.offered_at >= short, 1), else_=0)),
            func.sum(case((Referral.offered_at >= long, 1), else_=0)),
        )
        .where(_among(Referral.volunteer_id, ids), Referral.way == ReferralWay.OFFER, Referral.offered_at.is_not(None))
        .group_by(Referral.volunteer_id)
    )
    local = ZoneInfo(zone)
    return {
        volunteer_id: (min(last.astimezone(local).date(), today), int(in_14), int(in_60))
        for volunteer_id, last, in_14, in_60 in session.execute(stmt)
    }


def _midnight(today: date, days: int, zone: str) -> datetime:
    return datetime.combine(today - timedelta(days=days - 1), time(0), ZoneInfo(zone))


def _areas(ids: Sequence[int] | None) -> dict[int, list[tuple[str, str]]]:
    areas: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for volunteer_id, area, level in session.execute(
        select(Area.volunteer_id, Area.area, Area.level).where(_among(Area.volunteer_id, ids))
    ):
        areas[volunteer_id].append((area, level))
    return areas


def _firms(ids: Sequence[int] | None) -> dict[int, str]:
    stmt = select(Membership.volunteer_id, func.min(Organisation.name)).join(Organisation)
    found = stmt.where(_among(Membership.volunteer_id, ids)).group_by(Membership.volunteer_id)
    return dict(session.execute(found).all())
