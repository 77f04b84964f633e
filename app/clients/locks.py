"""The one order of locks: the case, then its openings, then people by their id; see docs/architecture.md."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.core.db import lock, session

from .models import Case, Opening


def lock_opening(opening: Opening) -> Opening:
    """Lock an opening beneath its case, which is locked first and read afresh with its programme."""
    lock_cases([opening.case_id])
    return lock(opening)


def lock_cases(case_ids: Iterable[int]) -> None:
    """Lock cases in the order of their ids, so that two who lock the same never wait for each other in a ring."""
    found = select(Case).options(joinedload(Case.programme)).with_for_update(of=Case, key_share=True)
    for case_id in sorted(set(case_ids)):
        session.execute(found.where(Case.id == case_id).execution_options(populate_existing=True)).scalar_one()
