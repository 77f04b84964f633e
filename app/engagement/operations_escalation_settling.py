"""Closing what was settled by what happened: the lead has changed or goes on, the case has ended, the cause is over."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from app.clients.models import OPEN, CaseStatus
from app.core import clock
from app.core.db import session

from . import queries_escalations as queries
from .escalation_finds import PREDICATES, finds
from .escalation_rules import EVERYTHING
from .models import Answer, Audience, Checkin
from .models_escalations import Escalation
from .operations_escalations import lead_of, lock_with_case, write_closing

FOR_A_PERSON = ("complaint", "safety_word", "call_me", "mismatch")  # whatever happens, somebody looks into it
OF_ONE_LEAD = ("cannot_go_on", "credential_lapsed", "transfer_unanswered")
OVER_BY_ITSELF = tuple(cause for cause in PREDICATES if cause != "date_near")  # a date that has passed is no relief


def settle(escalation: Escalation) -> bool:
    """Close an open escalation for which nothing is left to be done, with the cause it ended by."""
    escalation = lock_with_case(escalation)
    why = None if escalation.closed_at else _why_settled(escalation)
    if why is None:
        return False
    write_closing(escalation, None, why, actor=None)
    return True


def _why_settled(escalation: Escalation) -> str | None:
    case, cause = escalation.case, escalation.cause
    if cause in FOR_A_PERSON:
        return None
    if case.status not in OPEN:
        return "case_ended"
    if cause in OF_ONE_LEAD and escalation.volunteer_id != lead_of(case):
        return "lead_changed"
    if cause == "cannot_go_on":
        return "goes_on" if _goes_on(escalation) else None
    return queries.OVER if _is_over(escalation) else None


def _goes_on(escalation: Escalation) -> bool:
    """Did the lead answer anything else after they said that they cannot go on?"""
    said = select(Answer.standing).join(Answer.checkin).where(
        Checkin.case_id == escalation.case_id, Checkin.audience == Audience.VOLUNTEER,
        Answer.answered_at > escalation.opened_at, Checkin.assignment.has(volunteer_id=escalation.volunteer_id),
    )  # fmt: skip
    newest = session.scalar(said.order_by(Answer.answered_at.desc(), Answer.id.desc()).limit(1))
    return newest is not None and newest != escalation.cause


def _is_over(escalation: Escalation) -> bool:
    """Does its cause hold no more, while nobody has taken it on? Who has says themselves what they found."""
    case, rule = escalation.case, queries.rule_behind(escalation)
    if escalation.cause not in OVER_BY_ITSELF or escalation.taken_at or rule is None or case.paused_at is not None:
        return False
    if escalation.cause == "clock_over":  # that somebody looks at the case for a while decides nothing
        return case.status is not CaseStatus.AVAILABLE or (case.clock_ends_at or clock.now()) > clock.now()
    anywhere = replace(rule, rank=EVERYTHING, category="")  # whatever the case has become since
    return rule.active and not finds(anywhere, case.programme, case_id=case.id)
