"""Who may judge, open and change what in screening; plain predicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.access import STAFF, Role

from .models import Case

if TYPE_CHECKING:
    from app.accounts.models import User


def may_screen(actor: User, case: Case) -> bool:
    """Staff of the case's programme screen it."""
    return any(actor.has(role, case.programme_id) for role in STAFF)


def may_judge_merits(actor: User, case: Case) -> bool:
    """Merits are a lawyer's judgement: only a supervising attorney of the programme."""
    return actor.has(Role.SUPERVISING_ATTORNEY, case.programme_id)


def may_open_story(actor: User, case: Case) -> bool:
    """Before the conflict search is clear only a supervising attorney opens the story."""
    return actor.has(Role.SUPERVISING_ATTORNEY, case.programme_id)


def may_approve_any_income(actor: User, case: Case) -> bool:
    """Medical costs at any income need a lawyer's approval."""
    return actor.has(Role.SUPERVISING_ATTORNEY, case.programme_id)


def may_edit_rules(actor: User, programme_id: int) -> bool:
    """Priority rules are changed by the programme's coordinators and by administrators."""
    return actor.has(Role.COORDINATOR, programme_id) or actor.has(Role.ADMIN)
