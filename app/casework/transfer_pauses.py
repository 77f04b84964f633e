"""A receiver who is asked loses no time while the case is paused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.accounts.models import User
from app.clients.models import Case
from app.clients.operations_pauses import run_on
from app.core.db import lock, session

from . import transfer_mails
from .transfer_models import AskStatus, TransferAsk


def case_paused(case: Case, since: datetime, *, actor: User | None) -> None:
    """Tell once whoever is asked to take the case over that their time stands still."""
    for ask in _asked(case):
        if ask.ends_at is not None and ask.ends_at > since:
            transfer_mails.ask_stands_still(ask)


def case_resumed(case: Case, since: datetime, *, actor: User | None) -> None:
    """Let the time of whoever is asked run on."""
    for ask in _asked(case):
        if ask.ends_at is not None and ask.ends_at > since:
            ask.ends_at = run_on(ask.ends_at, case, since)
            transfer_mails.ask_runs_on(ask)


def _asked(case: Case) -> list[TransferAsk]:
    live = (TransferAsk.case_id == case.id, TransferAsk.status == AskStatus.ASKED)
    return [lock(ask) for ask in session.scalars(select(TransferAsk).where(*live).order_by(TransferAsk.id)).all()]
