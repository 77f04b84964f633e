"""Cases screened as far as a test needs."""

from __future__ import annotations

from typing import Any

from app.accounts.models import Grant, Programme, User
from app.clients import operations
from app.clients.models import Case, CaseStatus
from app.core.access import Role
from tests import factories as make

LISTING = {
    "title": "Tenant facing removal",
    "text": "A hearing is set; the flat has repair faults.",
    "level": "competent",
    "hours": 1200,
}


def attorney(of: Programme, **changes: Any) -> User:
    """A supervising attorney of a programme."""
    return make.user(Role.SUPERVISING_ATTORNEY, programme=of, **changes)


def fund(of: Programme, **changes: Any) -> Grant:
    """A funding source with the federal rules."""
    return make.grant(of, **changes)


def clear(case: Case, actor: User) -> None:
    """Search the names and find no conflict."""
    search = operations.search_conflicts(case, actor=actor)
    operations.decide_conflicts(search, "clear", "Other people of the same name.", actor=actor)


def eligible(case: Case, grant: Grant, actor: User, **changes: Any) -> Any:
    """A household of three on 20,000 dollars a year."""
    typed = {"gross_income": 2_000_000, "household_size": 3, "assets": 0, **changes}
    return operations.decide_eligibility(case, grant, actor=actor, **typed)


def screened(of: Programme, staff: User, grant: Grant, **changes: Any) -> Case:
    """A request with every decision made, ready to be accepted."""
    case = make.case(of, owner=staff, **changes)
    clear(case, staff)
    eligible(case, grant, staff)
    operations.judge_merits(case, "fair", "Repair defence.", actor=attorney(of))
    return case


def accepted(of: Programme, staff: User, grant: Grant, **changes: Any) -> Case:
    """A case accepted by screening."""
    case = screened(of, staff, grant, **changes)
    operations.accept_case(case, grant_ids=[grant.id], actor=staff)
    assert case.status is CaseStatus.ACCEPTED
    return case


def listed(of: Programme, staff: User, grant: Grant, **changes: Any) -> Case:
    """A case on the docket."""
    case = accepted(of, staff, grant, **changes)
    return operations.list_case(case, actor=staff, **LISTING)
