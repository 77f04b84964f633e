"""Changing a programme's rules of escalation, and announcing who of its staff is away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.calendars import today
from app.accounts.models import Programme, User
from app.clients import policy, problems
from app.clients.operations_custody import works_for
from app.clients.operations_priority import NeedsReason, RulesChanged
from app.clients.queries import staff_of
from app.core import audit, clock
from app.core.access import STAFF, Role
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, refuse_if

from . import queries_escalations as queries
from .escalation_people import holders
from .escalation_rules import Rule, check, first_rules, stored
from .models_escalations import Absence, EscalationRules
from .operations_series import checked_reason

LONGEST_ABSENCE = 366


class BadDays(BadInput):
    """An absence lasts from one day to another, not over yet, at most a year."""

    message = _l("The last day comes after the first, is not over yet, and is within a year of it.")


class BadStandIn(BadInput):
    """Whoever stands in works for the same programme and is not away themselves by name."""

    message = _l("Choose a colleague of the same programme to stand in.")


def categories() -> list[str]:
    """The kinds of matter a rule can be for."""
    return sorted({each.category for each in problems.problems().values() if each.selectable})


def change_rules(
    programme: Programme, rules: Iterable[Rule], reason: str, *, seen_number: int, actor: User
) -> EscalationRules:
    """Make a new version of a programme's rules; what is open climbs by the version it began with.

    :raises NotAllowed: neither a coordinator of the programme nor an administrator
    :raises RulesChanged: somebody made a version since these were read
    :raises NeedsReason: no reason is given
    :raises ReasonTooLong: one that does not fit
    :raises BadRule: a rule could not work
    """
    refuse_if(not policy.may_edit_rules(actor, programme.id), NotAllowed)
    last = queries.version_in_force(lock(programme))
    refuse_if(last.number != seen_number, RulesChanged)
    refuse_if(not reason.strip(), NeedsReason)
    reason = checked_reason(reason)
    rules = tuple(rules)
    held = {role for role in STAFF if holders(programme, role)}
    check(rules, held, {each.id for each in staff_of(programme)}, categories())
    made = EscalationRules(
        programme_id=programme.id, number=last.number + 1, rules=stored(rules), reason=reason,
        changed_by_id=actor.id,
    )  # fmt: skip
    session.add(made)
    audit.record("escalation.change_rules", made, actor=actor, before={"number": last.number},
                 after={"number": made.number})  # fmt: skip
    return made


def change_rule(
    programme: Programme, key: str | None, rule: Rule, reason: str, *, seen_number: int, actor: User
) -> EscalationRules:
    """Put one rule in the place of another, or before every other of its cause where it is new.

    :raises BadRule: it could not work
    """
    rules = list(queries.rules_of(programme))
    place = next((n for n, each in enumerate(rules) if each.key == key), None)
    if place is not None:
        rules[place] = rule
    else:
        first = next((n for n, each in enumerate(rules) if each.cause == rule.cause), len(rules))
        rules.insert(first, rule)
    return change_rules(programme, rules, reason, seen_number=seen_number, actor=actor)


def new_key(programme: Programme, cause: str) -> str:
    """A key for another rule of a cause."""
    taken = {rule.key for rule in queries.rules_of(programme)}
    return next(key for n in range(2, 1000) if (key := f"{cause[:28]}_{n}") not in taken)


def back_to_first(programme: Programme, reason: str, *, seen_number: int, actor: User) -> EscalationRules:
    """Let the rules every programme begins with be in force again.

    :raises BadRule: nobody holds one of their levels
    """
    return change_rules(programme, first_rules(), reason, seen_number=seen_number, actor=actor)


def may_announce(actor: User, programme: Programme) -> bool:
    """The staff of a programme say who of them is away."""
    return works_for(actor, programme)


def announce_absence(
    user: User, from_on: date, until_on: date, stand_in: User | None, *, programme: Programme, actor: User
) -> Absence:
    """Say on which days somebody of the staff is away; their escalations go to who stands in, or the rule's deputy.

    What is said twice is kept once.

    :raises NotAllowed: the actor or the person does not work for the programme
    :raises BadDays: the days are over, in the wrong order, or more than a year
    :raises BadStandIn: somebody of another programme, or the person themselves
    """
    refuse_if(not may_announce(actor, programme) or not works_for(user, programme), NotAllowed)
    good = today(programme) <= until_on and from_on <= until_on and (until_on - from_on).days <= LONGEST_ABSENCE
    refuse_if(not good, BadDays)
    if stand_in is not None:
        refuse_if(stand_in.id == user.id or not stand_in.is_active or not works_for(stand_in, programme), BadStandIn)
    user = lock(user)
    days = {
        "user_id": user.id,
        "from_on": from_on,
        "until_on": until_on,
        "stand_in_id": stand_in.id if stand_in else None,
    }
    before = select(Absence).filter_by(**days).where(Absence.ended_at.is_(None))
    if (same := session.scalars(before.limit(1)).first()) is not None:
        return same
    made = Absence(**days)
    session.add(made)
    audit.record("absence.announce", made, actor=actor,
                 after={"user": user.id, "from_on": from_on.isoformat(), "until_on": until_on.isoformat()})  # fmt: skip
    return made


def end_absence(absence: Absence, *, programme: Programme, actor: User) -> Absence:
    """Say that somebody is back, or not away after all.

    :raises NotAllowed: another programme's staff
    """
    absence = lock(absence)
    refuse_if(not may_announce(actor, programme) or not works_for(absence.user, programme), NotAllowed)
    if absence.ended_at is None:
        absence.ended_at = clock.now()
        audit.record("absence.end", absence, actor=actor, after={"user": absence.user_id})
    return absence


ROLES_THAT_RULE = (Role.COORDINATOR, Role.SUPERVISING_ATTORNEY, Role.ADMIN)
