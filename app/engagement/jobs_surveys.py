"""Surveys by the clock; each job does one thing and says whether there was one."""

from __future__ import annotations

import random

from app.core.db import session, transaction

from . import queries_surveys as queries
from .models_surveys import Survey
from .operations_surveys import plan_surveys, send_survey

AT_RANDOM = 16


def plan_one() -> bool:
    """Make the surveys of one closing."""
    with transaction():
        move = session.scalars(queries.closings_to_ask_about().limit(1)).first()
        return move is not None and bool(plan_surveys(move))


def send_one() -> bool:
    """Ask one side whose hour has come, one of the longest due: no other waits for one that fails."""
    ids = session.scalars(queries.due().with_only_columns(Survey.id).limit(AT_RANDOM)).all()
    session.rollback()
    if ids:
        with transaction():
            send_survey(session.get_one(Survey, random.choice(ids)))
    return bool(ids)
