"""Whether a matter of a kind is taken at once or asked for, where a programme says it for the kind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from sqlalchemy import delete, select

from app.accounts.models import Programme, User
from app.clients import problems
from app.clients.models import Case
from app.core import audit
from app.core.access import STAFF, Role
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, NotFound, Stale, refuse_if

from .models import ClaimAnswer, ClaimRule


def kinds() -> list[str]:
    """The kinds of matter a programme can speak of: the categories of what staff may choose."""
    return sorted({each.category for each in problems.problems().values() if each.selectable})


def rules_of(programme: Programme) -> dict[str, ClaimAnswer]:
    """What the programme says, by kind; the rest follows its general setting."""
    stmt = select(ClaimRule.category, ClaimRule.answer).where(ClaimRule.programme_id == programme.id)
    return {category: ClaimAnswer(answer) for category, answer in session.execute(stmt.order_by(ClaimRule.category))}


def rule_for(case: Case) -> ClaimAnswer | None:
    """What the programme says of matters of this kind, if anything."""
    stmt = select(ClaimRule.answer).where(
        ClaimRule.programme_id == case.programme_id, ClaimRule.category == problems.category(case.problem_code)
    )
    found = session.execute(stmt).scalar_one_or_none()
    return ClaimAnswer(found) if found else None


def mark_of(rules: Mapping[str, ClaimAnswer]) -> str:
    """A short mark of the rules as somebody saw them."""
    return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()[:16]


def may_set(actor: User, programme: Programme) -> bool:
    """Administrators, and the programme's own staff."""
    return actor.has(Role.ADMIN) or programme.id in actor.programme_ids(*STAFF)


def get_programme(slug: str, *, viewer: User) -> Programme:
    """A programme whose rules the reader may set.

    :raises NotFound: unknown, or not theirs
    """
    programme = session.execute(select(Programme).where(Programme.slug == slug)).scalar_one_or_none()
    if programme is None or not may_set(viewer, programme):
        raise NotFound
    return programme


def set_rules(programme: Programme, rules: Mapping[str, ClaimAnswer], *, seen: str, actor: User) -> None:
    """Say for each kind whether its matters are taken at once or asked for; the same again changes nothing.

    :raises NotAllowed: another programme's staff
    :raises BadInput: no kind of ours
    :raises Stale: somebody changed them since they were read
    """
    programme = lock(programme)
    refuse_if(not may_set(actor, programme), NotAllowed)
    refuse_if(set(rules) - set(kinds()), BadInput)
    before = rules_of(programme)
    if dict(rules) == before:
        return
    refuse_if(mark_of(before) != seen, Stale)
    session.execute(delete(ClaimRule).where(ClaimRule.programme_id == programme.id))
    session.add_all(
        ClaimRule(programme_id=programme.id, category=kind, answer=answer) for kind, answer in sorted(rules.items())
    )
    audit.record("programme.set_claim_rules", programme, actor=actor, before=before, after=dict(rules))
