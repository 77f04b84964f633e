"""Escalations as they stand, and the rules they climb by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.accounts.models import Programme, RoleGrant, User
from app.clients.models import Case
from app.core import clock
from app.core.access import STAFF, Role
from app.core.db import insert_unless_exists, session
from app.core.errors import NotFound

from .escalation_rules import Rule, first_rules, read, stored
from .models_escalations import Absence, Escalation, EscalationRules, EscalationStep

FIRST_REASON = "The rules to begin with"
OVER = "over"  # the root cause where what set it off has passed by itself
SHOWN = ("open", "late", "mine", "closed", "all")


def newest_version(programme: Programme) -> EscalationRules | None:
    """The version of a programme's rules in force; none before it is first used."""
    found = select(EscalationRules).where(EscalationRules.programme_id == programme.id)
    return session.scalars(found.order_by(EscalationRules.number.desc()).limit(1)).first()


def version_in_force(programme: Programme) -> EscalationRules:
    """The version in force; the first is made on first use."""
    found = newest_version(programme)
    if found is None:
        values = {"rules": stored(first_rules()), "reason": FIRST_REASON}
        insert_unless_exists(EscalationRules, programme_id=programme.id, number=1, **values)
        found = newest_version(programme)
    if found is None:
        raise RuntimeError("The first rules of escalation could not be stored.")
    return found


def rules_of(programme: Programme) -> tuple[Rule, ...]:
    """A programme's rules in force."""
    found = newest_version(programme)
    return read(found.rules) if found is not None else first_rules()


def versions(programme: Programme) -> list[EscalationRules]:
    """Every version with who made it, the newest first."""
    found = select(EscalationRules).where(EscalationRules.programme_id == programme.id)
    found = found.options(joinedload(EscalationRules.changed_by).lazyload(User.grants))
    return list(session.scalars(found.order_by(EscalationRules.number.desc())))


def rule_behind(escalation: Escalation) -> Rule | None:
    """The rule by which an escalation climbs, as it was when it opened."""
    of = (EscalationRules.programme_id == escalation.case.programme_id,
          EscalationRules.number == escalation.rules_number)  # fmt: skip
    rows = session.scalars(select(EscalationRules.rules).where(*of)).one_or_none()
    rules = read(rows) if rows is not None else rules_of(escalation.case.programme)
    return next((rule for rule in rules if rule.key == escalation.rule_key),
                next((rule for rule in rules if rule.cause == escalation.cause), None))  # fmt: skip


def escalations_of(of: Case) -> list[Escalation]:
    """Every escalation of a case, the newest first."""
    found = select(Escalation).where(Escalation.case_id == of.id)
    holder = joinedload(Escalation.responsible).lazyload(User.grants)
    return list(session.scalars(found.options(holder).order_by(Escalation.opened_at.desc(), Escalation.id.desc())))


def open_escalations(of: Case) -> list[Escalation]:
    """What a person must still resolve on a case."""
    return [each for each in escalations_of(of) if each.closed_at is None]


def newest(case_id: int, cause: str) -> Escalation | None:
    """The newest escalation of a case for a cause, open or closed."""
    found = select(Escalation).where(Escalation.case_id == case_id, Escalation.cause == cause)
    return session.scalars(found.order_by(Escalation.id.desc()).limit(1)).one_or_none()


def known(programme: Programme, cause: str) -> Mapping[int, tuple[bool, str]]:
    """By case: is its newest escalation for a cause open, and what set it off?"""
    columns = (Escalation.case_id, Escalation.closed_at, Escalation.occasion, Escalation.root_cause)
    found = select(*columns).join(Case)
    found = found.where(Case.programme_id == programme.id, Escalation.cause == cause).order_by(Escalation.id)
    return {
        case_id: (closed is None, "" if root == OVER else occasion)
        for case_id, closed, occasion, root in session.execute(found)
    }


def occasion_of(escalation: Escalation) -> str:
    """What set an escalation off; nothing where that was over, so that the same may open it again."""
    return "" if escalation.root_cause == OVER else escalation.occasion


def get_escalation(public_id: str, *, viewer: User) -> Escalation:
    """An escalation in the viewer's programmes, open or closed.

    :raises NotFound: none such
    """
    found = select(Escalation).join(Escalation.case).where(Escalation.public_id == public_id)
    escalation = session.scalars(found.where(_mine(viewer))).one_or_none()
    if escalation is None:
        raise NotFound
    return escalation


def steps_of(escalation: Escalation) -> list[EscalationStep]:
    """Everything that happened to an escalation, the newest first."""
    people = [joinedload(side).lazyload(User.grants) for side in (EscalationStep.by, EscalationStep.to)]
    found = select(EscalationStep).where(EscalationStep.escalation_id == escalation.id).options(*people)
    return list(session.scalars(found.order_by(EscalationStep.id.desc())))


def _mine(viewer: User) -> ColumnElement[bool]:
    return Case.programme_id.in_(viewer.programme_ids(*STAFF))


HOLDER = aliased(User)
COLUMNS = (
    Escalation.public_id, Escalation.cause, Escalation.level, Escalation.opened_at, Escalation.respond_by,
    Escalation.taken_at, Escalation.ran_out_at, Escalation.closed_at, Escalation.root_cause, Escalation.in_time,
    Escalation.responded_at, Case.number, Case.public_id.label("case_public_id"), Case.listing_title,
    Case.priority_level, Case.problem_code, Case.paused_at, HOLDER.name.label("holder"),
)  # fmt: skip


def staff_escalations(viewer: User, shown: str, *which: ColumnElement[bool]) -> Any:
    """Rows of the list: open, late, the viewer's own, closed or all; of the viewer's programmes."""
    found: Any = select(*COLUMNS).select_from(Escalation).join(Case, Case.id == Escalation.case_id)
    found = found.outerjoin(HOLDER, HOLDER.id == Escalation.responsible_id).where(_mine(viewer), *which)
    open_ones = Escalation.closed_at.is_(None)
    ways = {
        "open": open_ones,
        "late": and_(open_ones, Escalation.respond_by < clock.now(), Case.paused_at.is_(None)),
        "mine": and_(open_ones, Escalation.responsible_id == viewer.id),
        "closed": Escalation.closed_at.is_not(None),
    }
    return found.where(ways[shown]) if shown in ways else found


def counts(viewer: User) -> dict[str, int]:
    """How many the viewer's programmes have open, late, with the viewer and closed; in one query."""
    mine = (Escalation.closed_at.is_(None)) & (Escalation.responsible_id == viewer.id)
    late = (Escalation.closed_at.is_(None)) & (Escalation.respond_by < clock.now()) & Case.paused_at.is_(None)
    numbers = [
        func.coalesce(func.sum(case((which, 1), else_=0)), 0)
        for which in (Escalation.closed_at.is_(None), late, mine, Escalation.closed_at.is_not(None))
    ]
    found = select(*numbers, func.count()).select_from(Escalation).join(Case, Case.id == Escalation.case_id)
    return dict(zip(SHOWN, session.execute(found.where(_mine(viewer))).one(), strict=True))


def due(now: datetime) -> Select[int]:
    """The ids of escalations whose time to respond or to close ran out, some of the longest due."""
    waits = (Escalation.closed_at.is_(None), Escalation.ran_out_at.is_(None), Escalation.respond_by <= now)
    found = select(Escalation.id).join(Case, Case.id == Escalation.case_id).where(*waits, Case.paused_at.is_(None))
    return found.order_by(Escalation.respond_by, Escalation.id).limit(16)


def programmes_of_staff(viewer: User) -> list[Programme]:
    """The programmes the viewer works for, by name."""
    return list(session.scalars(select(Programme).where(Programme.id.in_(viewer.programme_ids(*STAFF)))
                                .order_by(Programme.name)))  # fmt: skip


def programmes_to_rule(viewer: User) -> list[Programme]:
    """The programmes whose rules of escalation the viewer may read."""
    found = select(Programme).order_by(Programme.name)
    if not viewer.has(Role.ADMIN):
        found = found.where(Programme.id.in_(viewer.programme_ids(*STAFF)))
    return list(session.scalars(found))


def get_programme(slug: str, *, viewer: User) -> Programme:
    """A programme whose rules of escalation the viewer may read.

    :raises NotFound: unknown, or not theirs
    """
    found = next((each for each in programmes_to_rule(viewer) if each.slug == slug), None)
    if found is None:
        raise NotFound
    return found


def absences_of(people: list[int]) -> list[Absence]:
    """The absences of these people that are not over, the soonest first."""
    both = [selectinload(side).lazyload(User.grants) for side in (Absence.user, Absence.stand_in)]
    found = select(Absence).where(Absence.user_id.in_(people), Absence.ended_at.is_(None)).options(*both)
    return list(session.scalars(found.order_by(Absence.from_on, Absence.id)))


def get_absence(public_id: str, *, programme: Programme) -> Absence:
    """An absence of somebody who works for a programme.

    :raises NotFound: none such
    """
    works = select(RoleGrant.user_id).where(RoleGrant.programme_id == programme.id, RoleGrant.role.in_(STAFF))
    found = select(Absence).where(Absence.public_id == public_id, Absence.user_id.in_(works))
    absence = session.scalars(found).one_or_none()
    if absence is None:
        raise NotFound
    return absence
