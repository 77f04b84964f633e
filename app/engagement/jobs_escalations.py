"""Escalations by the clock: what has come about opens one, and what nobody answers rises; each in its own change."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Select, select

from app.accounts import calendars
from app.accounts.models import Programme
from app.clients import problems
from app.clients.models import OPEN, Case
from app.core import clock
from app.core.alone import alone
from app.core.db import lock, session, transaction

from . import escalation_people as people
from . import operations_escalations as operations
from . import queries_escalations as queries
from .escalation_finds import PREDICATES, Find, finds
from .escalation_rules import Rule, rule_of
from .models_escalations import Escalation
from .operations_escalation_hands import stand_in
from .operations_escalation_settling import FOR_A_PERSON, settle


def look() -> int:
    """Open what has come about, close what is settled, give to deputies, tell attorneys; how many there were."""
    programmes = session.scalars(select(Programme.id).order_by(Programme.id)).all()
    done = sum(_open_found(programme_id) for programme_id in programmes)
    done += sum(_settle(programme_id) for programme_id in programmes)
    done += sum(_stand_in(programme_id) for programme_id in programmes)
    return done + sum(_tell_attorneys(programme_id) for programme_id in programmes)


def _open_found(programme_id: int) -> int:
    programme = session.get_one(Programme, programme_id)
    rules = [rule for rule in queries.rules_of(programme) if rule.active and rule.cause in PREDICATES]
    waiting: list[tuple[Rule, Find]] = []
    for rule in rules:
        known = queries.known(programme, rule.cause)
        waiting += [(rule, find) for find in finds(rule, programme) if not _is_known(find, known)]
    session.rollback()
    return sum(alone(partial(_open, programme_id, rule, find), "escalations.open_failed") for rule, find in waiting)


def _is_known(find: Find, known: Any) -> bool:
    is_open, occasion = known.get(find.case_id, (False, None))
    return is_open or occasion == find.occasion


def _open(programme_id: int, rule: Rule, find: Find) -> bool:
    """Open one, if its cause still holds now that nobody else changes the case."""
    with transaction():
        case = session.get_one(Case, find.case_id)
        lock(case)
        now = finds(rule, session.get_one(Programme, programme_id), case_id=find.case_id)
        rules = queries.rules_of(case.programme)
        own = rule_of(rules, rule.cause, problems.category(case.problem_code), case.priority_rank)
        if not now or own != rule:
            return False
        return operations.escalate(case, rule.cause, occasion=now[0].occasion) is not None


def _stand_in(programme_id: int) -> int:
    """Give what lies with somebody who is away or gone to their deputy."""
    programme = session.get_one(Programme, programme_id)
    absent = people.gone_or_away(programme, calendars.today(programme))
    theirs = _open_ones(programme_id).where(Escalation.responsible_id.in_(absent))
    return _each(theirs, stand_in)


def _settle(programme_id: int) -> int:
    """Close what was settled by what happened."""
    return _each(_open_ones(programme_id).where(Escalation.cause.not_in(FOR_A_PERSON)), settle)


def _tell_attorneys(programme_id: int) -> int:
    """Tell the supervising attorney of what is open while a critical date has come near."""
    today = calendars.today(session.get_one(Programme, programme_id))
    near = (Case.next_critical_on.between(today, today + timedelta(days=7)), Case.status.in_(OPEN))
    untold = _open_ones(programme_id).where(Escalation.attorney_told_at.is_(None), *near, Case.paused_at.is_(None))
    return _each(untold, operations.tell_attorney)


def _open_ones(programme_id: int) -> Select[int]:
    found = select(Escalation.id).join(Case, Case.id == Escalation.case_id)
    return found.where(Case.programme_id == programme_id, Escalation.closed_at.is_(None)).order_by(Escalation.id)


def _each(found: Select[int], act: Callable[[Escalation], bool]) -> int:
    ids = session.scalars(found).all()
    session.rollback()
    return sum(alone(partial(_one, act, escalation_id), "escalations.failed") for escalation_id in ids)


def _one(act: Callable[[Escalation], bool], escalation_id: int) -> bool:
    with transaction():
        return act(session.get_one(Escalation, escalation_id))


def climb_one() -> bool:
    """Let one escalation rise whose time ran out, one of the longest due: no other waits for one that fails."""
    ids = session.scalars(queries.due(clock.now())).all()
    session.rollback()
    if ids:
        _one(operations.climb, random.choice(ids))
    return bool(ids)
