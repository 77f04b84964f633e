"""What the engine reads of volunteers, gathered in a fixed number of selects."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    String,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from app.accounts.models import User
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
from app.volunteers.policy import LICENCE_KINDS, PROGRAMME_COVER, met_roles, status_allows_work
from app.volunteers.queries import covered_volunteers, live_credential
from app.volunteers.requirements import live_requirements

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
    Volunteer.declines, Volunteer.mentor_ok, Volunteer.roles, User.deactivated_at,
)  # fmt: skip


Among = Callable[[Any], ColumnElement[bool]]


def _ask(about: Callable[[Among], Any], ids: Sequence[int] | None, **asked: Any) -> Any:
    """Ask about volunteers: all of them, or those named."""
    return session.execute(_question(about, ids is not None), asked if ids is None else {**asked, "ids": list(ids)})


@lru_cache(maxsize=32)
def _question(about: Callable[[Among], Any], some: bool) -> Any:
    """Each question is built once: building and hashing it costs more than the answer for one volunteer."""
    return about(_named if some else _known)


def _named(column: Any) -> ColumnElement[bool]:
    return column.in_(bindparam("ids", expanding=True))


def _known(column: Any) -> ColumnElement[bool]:
    return column.is_not(None)


def volunteer_rows(today: date, zone: str, *, volunteer_ids: Sequence[int] | None = None) -> dict[int, VolunteerRow]:
    """The engine's rows of volunteers by their id: all of them, or those named."""
    held, needs = Held(today, volunteer_ids), live_requirements()
    (used, offers), asks = _slots(volunteer_ids), asks_of(today, zone, volunteer_ids)
    areas, firms = _areas(volunteer_ids), _firms(volunteer_ids)
    rows = {}
    for facts in _ask(_facts, volunteer_ids):
        may_work = facts.deactivated_at is None and status_allows_work(facts.status, facts.paused_until, today)
        last_asked, asks_14d, asks_60d = asks.get(facts.id, (None, 0, 0))
        rows[facts.id] = VolunteerRow(
            volunteer_id=facts.public_id,
            status=APPROVED if may_work else "unavailable",
            roles=tuple(sorted(met_roles(facts.roles, needs, held.kinds(facts.id)))),
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


def _facts(among: Among) -> Any:
    return select(*FACTS).outerjoin(User, User.id == Volunteer.user_id).where(among(Volunteer.id))


class Held:
    """Credentials in force on a day, and who is insured by a programme."""

    def __init__(self, today: date, ids: Sequence[int] | None) -> None:
        self._kinds: dict[int, set[tuple[CredentialKind, str | None]]] = defaultdict(set)
        for volunteer_id, kind, jurisdiction in _ask(_in_force, ids, today=today):
            self._kinds[volunteer_id].add((kind, jurisdiction))
        self._covered = set(_ask(_covered, ids).scalars())

    def kinds(self, volunteer_id: int) -> set[str]:
        """What counts towards a role's requirements."""
        kinds = {kind.value for kind, _ in self._kinds[volunteer_id]}
        return kinds | {PROGRAMME_COVER} if volunteer_id in self._covered else kinds

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


def _in_force(among: Among) -> Any:
    return select(Credential.volunteer_id, Credential.kind, Credential.jurisdiction).where(
        among(Credential.volunteer_id),
        *live_credential(),
        or_(Credential.valid_until.is_(None), Credential.valid_until >= bindparam("today")),
    )


def _covered(among: Among) -> Any:
    return covered_volunteers().where(among(Volunteer.id))


def used_slots(ids: Sequence[int] | None = None) -> Counter[int]:
    """How many slots each volunteer uses: live assignments, closing excepted, and live holds."""
    return _slots(ids)[0]


def _slots(ids: Sequence[int] | None) -> tuple[Counter[int], Counter[int]]:
    """The slots each volunteer uses, and their open offers."""
    used, offers = Counter[int](), Counter[int]()
    for volunteer_id, count, what in _ask(_taken, ids):
        (offers if what == ReferralStatus.OFFERED else used)[volunteer_id] += count
    return used, offers


def _taken(among: Among) -> Any:
    placed = (
        select(Assignment.volunteer_id, func.count(), literal(PLACED))
        .where(
            among(Assignment.volunteer_id),
            Assignment.ended_at.is_(None),
            Assignment.closing_since.is_(None),
            Assignment.uses_slot.is_(True),
        )
        .group_by(Assignment.volunteer_id)
    )
    referred = (
        select(Referral.volunteer_id, func.count(), cast(Referral.status, String))
        .where(among(Referral.volunteer_id), Referral.status.in_((*HOLDING, ReferralStatus.OFFERED)))
        .group_by(Referral.volunteer_id, Referral.status)
    )
    return union_all(placed, referred)


def asks_of(today: date, zone: str, ids: Sequence[int] | None = None) -> dict[int, tuple[date | None, int, int]]:
    """When each volunteer was last asked, and how often in the last 14 and 60 days, today counted."""
    short, long = _midnight(today, SHORT_DAYS, zone), _midnight(today, LONG_DAYS, zone)
    local = ZoneInfo(zone)
    return {
        volunteer_id: (min(last.astimezone(local).date(), today), int(in_14), int(in_60))
        for volunteer_id, last, in_14, in_60 in _ask(_offers, ids, short=short, long=long)
    }


def _offers(among: Among) -> Any:
    return (
        select(
            Referral.volunteer_id,
            func.max(Referral.offered_at),
            func.sum(case((Referral.offered_at >= bindparam("short"), 1), else_=0)),
            func.sum(case((Referral.offered_at >= bindparam("long"), 1), else_=0)),
        )
        .where(among(Referral.volunteer_id), Referral.way == ReferralWay.OFFER, Referral.offered_at.is_not(None))
        .group_by(Referral.volunteer_id)
    )


def _midnight(today: date, days: int, zone: str) -> datetime:
    return datetime.combine(today - timedelta(days=days - 1), time(0), ZoneInfo(zone))


def _areas(ids: Sequence[int] | None) -> dict[int, list[tuple[str, str]]]:
    areas: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for volunteer_id, area, level in _ask(_areas_named, ids):
        areas[volunteer_id].append((area, level))
    return areas


def _areas_named(among: Among) -> Any:
    return select(Area.volunteer_id, Area.area, Area.level).where(among(Area.volunteer_id))


def _firms(ids: Sequence[int] | None) -> dict[int, str]:
    return dict(_ask(_first_firms, ids).all())


def _first_firms(among: Among) -> Any:
    found = select(Membership.volunteer_id, func.min(Organisation.name)).join(Organisation)
    return found.where(among(Membership.volunteer_id)).group_by(Membership.volunteer_id)
