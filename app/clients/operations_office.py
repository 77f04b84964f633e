"""Which office of its programme a case belongs to: that of its county, unless staff choose another."""

from __future__ import annotations

from app.accounts.models import Office, User
from app.accounts.operations_offices import office_for
from app.core import audit
from app.core.db import lock
from app.core.errors import BadInput, refuse_if

from .models import Case


def follow_county(case: Case, county: str) -> None:
    """Before a case's county changes: whoever has it as the office of its county hands it on; a chosen one keeps it."""
    usual = office_for(case.programme_id, case.county)
    if county != case.county and case.office_id == (usual.id if usual else None):
        following = office_for(case.programme_id, county)
        case.office_id = following.id if following else None


def choose_office(case: Case, office: Office | None, *, actor: User) -> Case:
    """Say to which office a case belongs, or to none.

    :raises BadInput: the office is another programme's, or closed
    """
    case = lock(case)
    known = office is None or (office.programme_id == case.programme_id and office.closed_at is None)
    chosen = office.id if office else None
    refuse_if(not known and chosen != case.office_id, BadInput)
    if chosen != case.office_id:
        audit.record("case.choose_office", case, actor=actor, before={"office": case.office_id},
                     after={"office": chosen})  # fmt: skip
        case.office_id = chosen
    return case
