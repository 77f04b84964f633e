"""In whose hands an open escalation is: it follows whoever answers for the case, and the deputy of whoever is away."""

from __future__ import annotations

from app.accounts.models import User
from app.clients.models import Case
from app.core import audit
from app.core.db import session

from . import escalation_people as people
from . import mails_escalations as mails
from . import queries_escalations as queries
from .escalation_rules import ATTORNEY, Level
from .models_escalations import Escalation
from .operations_escalations import NEAR_DATE, lock_with_case, note_step, open_tasks_of


def stand_in(escalation: Escalation) -> bool:
    """Give an open escalation to the deputy of whoever is away or gone; nothing where they are there."""
    escalation = lock_with_case(escalation)
    who, level = escalation.responsible, _level(escalation)
    if escalation.closed_at or who is None or level is None or people.is_present(who, escalation.case.programme):
        return False
    turn = people.turn_of(escalation.case, level)
    _pass_on(escalation, turn.user if turn is not None and turn.user != who else None, "stood_in", None)
    return True


def custody_changed(case: Case, before: User, *, actor: User | None) -> None:
    """Give what whoever answered for a case had open, or a deputy has not taken on, to whoever answers for it now."""
    for escalation in queries.open_escalations(case):
        level = _level(escalation)
        is_a_colleagues = escalation.taken_at is not None and escalation.responsible_id != before.id
        if is_a_colleagues or level is None or level.role == ATTORNEY:
            continue
        turn = people.turn_of(case, level)
        to = turn.user if turn is not None else None
        if to is not None and to.id != escalation.responsible_id:
            _pass_on(lock_with_case(escalation), to, "followed", actor)


def _level(escalation: Escalation) -> Level | None:
    rule = queries.rule_behind(escalation)
    return rule.levels[min(escalation.level, len(rule.levels)) - 1] if rule is not None else None


def _pass_on(escalation: Escalation, to: User | None, step: str, actor: User | None) -> None:
    """Whoever has it now is told, has what time is left, and has yet to take it on."""
    before = escalation.responsible_id
    escalation.responsible_id = to.id if to else None
    escalation.taken_at = escalation.taken_by_id = None
    if not open_tasks_of(escalation, (f"{escalation.cause}{NEAR_DATE}",)):
        escalation.attorney_told_at = None  # may have been whoever had it: the attorney is told within five minutes
    note_step(escalation, step, actor, to)
    for task in open_tasks_of(escalation, (escalation.cause,)):
        task.owner_id = escalation.responsible_id
    session.flush()
    if to is not None and to != actor:
        mails.escalation_is_yours(escalation, to)
    audit.record("escalation.stand_in" if step == "stood_in" else "escalation.follow_custody", escalation, actor=actor,
                 before={"user": before}, after={"user": escalation.responsible_id})  # fmt: skip
