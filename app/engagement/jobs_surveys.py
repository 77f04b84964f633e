"""Surveys by the clock; each job does one thing and says whether there was one."""

from __future__ import annotations

from app.core.db import session, transaction

from . import queries_surveys as queries
from .models_surveys import Survey
from .operations_surveys import plan_surveys, send_survey


def plan_one() -> bool:
    """Make the surveys of one closing."""
    with transaction():
        move = session.scalars(queries.closings_to_ask_about().limit(1)).first()
        return move is not None and bool(plan_surveys(move))


def send_one() -> bool:
    """Ask one side whose hour has come."""
    if session.scalar(queries.due().with_only_columns(Survey.id).limit(1)) is None:
        return False
    with transaction():
        survey = session.scalars(queries.due().limit(1).with_for_update(of=Survey, skip_locked=True)).first()
        if survey is None:
            return False
        send_survey(survey)
    return True
