"""Surveys as they stand."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import contains_eager

from app.accounts.models import User
from app.clients.models import Case, CaseMove, CaseStatus
from app.core import clock
from app.core.access import STAFF
from app.core.db import session
from app.core.errors import NotFound
from app.matching.models import Assignment

from .models_surveys import Survey

LOOK_BACK = timedelta(days=14)  # who was not asked by then is not asked about a closing any more


def closings_to_ask_about() -> Select[CaseMove]:
    """The closings of the last two weeks that nobody was asked about."""
    asked = exists().where(Survey.move_id == CaseMove.id)
    since = clock.now() - LOOK_BACK
    closed = (CaseMove.to_status == CaseStatus.CLOSED, CaseMove.at >= since, Case.status == CaseStatus.CLOSED)
    return select(CaseMove).join(CaseMove.case).where(*closed, ~asked).order_by(CaseMove.id)


def due() -> Select[Survey]:
    """The surveys whose hour has come."""
    return select(Survey).where(Survey.sent_at.is_(None), Survey.due_at <= clock.now()).order_by(Survey.due_at)


def lead_at(move: CaseMove) -> int | None:
    """The volunteer whose work ended with a closing."""
    led = (Assignment.case_id == move.case_id, Assignment.role == "lead", Assignment.end_reason == "closed")
    found = select(Assignment.volunteer_id).where(*led, Assignment.ended_at <= move.at)
    return session.scalar(found.order_by(Assignment.ended_at.desc(), Assignment.id.desc()).limit(1))


def find(survey_id: int | None) -> Survey | None:
    """A survey by its key."""
    return session.get(Survey, survey_id) if survey_id else None


def staff_surveys(viewer: User) -> Select[Survey]:
    """The surveys of the programmes the viewer works for."""
    mine = Case.programme_id.in_(viewer.programme_ids(*STAFF))
    return select(Survey).join(Survey.case).where(mine).options(contains_eager(Survey.case))


def get_survey(public_id: str, *, viewer: User) -> Survey:
    """A survey of the viewer's programmes.

    :raises NotFound: none such
    """
    found = session.scalars(staff_surveys(viewer).where(Survey.public_id == public_id)).one_or_none()
    if found is None:
        raise NotFound
    return found


def is_staff(actor: User, survey: Survey) -> bool:
    """Does somebody work for the survey's programme?"""
    return survey.case.programme_id in actor.programme_ids(*STAFF)


def waiting_calls(viewer: User) -> Select[Survey]:
    """The surveys that somebody asks by phone, the longest due first."""
    open_now = (Survey.channel == "call", Survey.answered_at.is_(None), Survey.ends_at > clock.now())
    return staff_surveys(viewer).where(*open_now).order_by(Survey.due_at, Survey.id)
