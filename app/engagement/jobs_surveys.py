"""Surveys by the clock; each job does one thing and says whether there was one."""

from __future__ import annotations

import random
from functools import partial

from app.clients.models import CaseMove
from app.core.alone import alone
from app.core.db import session, transaction

from . import queries_surveys as queries
from .models_surveys import Survey
from .operations_surveys import plan_surveys, send_survey

AT_RANDOM = 16


def plan_all() -> int:
    """Make the surveys of every closing, each by itself; how many."""
    ids = session.scalars(queries.closings_to_ask_about().with_only_columns(CaseMove.id)).all()
    session.rollback()
    return sum(alone(partial(_plan, move_id), "surveys.plan_failed") for move_id in ids)


def _plan(move_id: int) -> int:
    with transaction():
        return len(plan_surveys(session.get_one(CaseMove, move_id)))


def send_one() -> bool:
    """Ask one side whose hour has come, one of the longest due: no other waits for one that fails."""
    ids = session.scalars(queries.due().with_only_columns(Survey.id).limit(AT_RANDOM)).all()
    session.rollback()
    if ids:
        with transaction():
            send_survey(session.get_one(Survey, random.choice(ids)))
    return bool(ids)
