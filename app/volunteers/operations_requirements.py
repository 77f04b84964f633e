"""Changing what a role asks of volunteers: an old requirement ends, a new one begins."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.models import User
from app.core import audit, clock
from app.core.db import insert_unless_exists, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if

from . import policy
from .models import CredentialKind, Requirement, VolunteerRole
from .requirements import first_requirements


class RequirementThere(Refusal):
    """The role has a requirement of that name."""

    message = _l("This role has a requirement of that name already.")


class LastRequirement(Refusal):
    """A role without any requirement is open to nobody."""

    message = _l("This is the role's last requirement. Nobody could be approved for a role that asks for nothing.")


def load_requirements(*, actor: User | None = None) -> int:
    """Store the delivered requirements of every role that never had any; says how many.

    An update may bring a role that an older database does not know; what a role was asked for once is left alone.
    """
    known = set(session.scalars(select(Requirement.role).distinct()))
    rows = [row for row in first_requirements() if row.role not in known]
    if not rows:
        return 0
    for row in rows:
        values = {"role": row.role, "name": row.name, "met_by": row.met_by, "words": row.words}
        insert_unless_exists(Requirement, **values, months_valid=row.months_valid)
    audit.record("requirement.load", actor=actor, after={"count": len(rows)})
    return len(rows)


def bring_requirements() -> int:
    """After an update: store those of new roles where any are stored; an empty desk goes by the delivered file."""
    stored = session.execute(select(Requirement.id).limit(1)).first() is not None
    return load_requirements() if stored else 0


def add_requirement(
    role: VolunteerRole,
    name: str,
    met_by: Sequence[str],
    words: str,
    months_valid: int | None,
    *,
    reason: str,
    actor: User,
) -> Requirement:
    """Ask something more of a role; volunteers who lack it lapse by the next night.

    :raises RequirementThere: it has one of that name
    """
    _ready(actor, reason, met_by)
    values = {"role": role, "name": name, "met_by": list(met_by), "words": words}
    made = insert_unless_exists(Requirement, **values, months_valid=months_valid)
    if made is None:
        raise RequirementThere
    audit.record("requirement.add", made, actor=actor, after={**_coded(made), "reason": reason})
    return made


def change_requirement(
    requirement: Requirement, met_by: Sequence[str], words: str, months_valid: int | None, *, reason: str, actor: User
) -> Requirement:
    """Put another wording or other proofs in a requirement's place; what was asked before stays on record."""
    _ready(actor, reason, met_by)
    before = _coded(requirement)
    requirement.ended_at = clock.now()
    session.flush()
    values = {"role": requirement.role, "name": requirement.name, "met_by": list(met_by), "words": words}
    made = Requirement(**values, months_valid=months_valid)
    session.add(made)
    audit.record("requirement.change", made, actor=actor, before=before, after={**_coded(made), "reason": reason})
    return made


def end_requirement(requirement: Requirement, *, reason: str, actor: User) -> None:
    """Ask for it no more.

    :raises LastRequirement: the role would ask for nothing
    """
    refuse_if(not policy.may_change_requirements(actor), NotAllowed)
    same = select(Requirement.id).where(Requirement.role == requirement.role, Requirement.ended_at.is_(None))
    refuse_if(len(session.execute(same).all()) < 2, LastRequirement)
    requirement.ended_at = clock.now()
    audit.record("requirement.end", requirement, actor=actor, before=_coded(requirement), after={"reason": reason})


def _ready(actor: User, reason: str, met_by: Sequence[str]) -> None:
    refuse_if(not policy.may_change_requirements(actor), NotAllowed)
    known = {kind.value for kind in CredentialKind} | {policy.PROGRAMME_COVER}
    refuse_if(not reason.strip() or not met_by or not set(met_by) <= known, BadInput)


def _coded(requirement: Requirement) -> dict[str, object]:
    return {
        "role": str(requirement.role),
        "name": requirement.name,
        "met_by": requirement.met_by,
        "months": requirement.months_valid,
    }
