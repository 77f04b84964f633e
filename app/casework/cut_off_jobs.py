"""What runs by itself: somebody placed in the same instant in which a name came in is cut off too."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select

from app.clients.models import Case
from app.core.db import session, transaction
from app.matching.models import Assignment, Referral
from app.tasks.models import Task

from .operations_cut_off import CUT_OFF, cut_off_if_close


def _unchecked() -> Any:
    """Live parts whose last clear answer speaks of older names, and about which staff were never asked."""
    asked = exists().where(Task.cause == CUT_OFF, Task.record_kind == "assignments", Task.record_id == Assignment.id)
    return (
        select(Assignment)
        .join(Referral, Referral.id == Assignment.referral_id)
        .join(Case, Case.id == Assignment.case_id)
        .where(Assignment.ended_at.is_(None), Assignment.cut_off_at.is_(None), ~asked)
        .where(Referral.attested_version != Case.parties_version)
        .order_by(Assignment.id)
    )


def cut_off_one() -> bool:
    """Close the file to one whom nobody noticed as the name came in; says whether there was one."""
    ids = session.execute(_unchecked().with_only_columns(Assignment.id)).scalars().all()
    session.rollback()
    for part_id in ids:
        with transaction():
            part = session.execute(_unchecked().where(Assignment.id == part_id)).scalar_one_or_none()
            if part is not None and cut_off_if_close(part):
                return True
    return False
