"""Overriding a priority for a time, and changing a programme's rules with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l

from app.accounts.calendars import today
from app.accounts.models import Programme
from app.core import audit, clock
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if

from . import policy
from .models import Case, Priority, PriorityLevel, PriorityRules
from .operations_parties import refuse_unless_open
from .priority import latest_rules, live_override, refresh_priority

if TYPE_CHECKING:
    from app.accounts.models import User

LONGEST_OVERRIDE = timedelta(days=90)
CHANGEABLE = ("points", "low", "high", "each", "cap")


class BadLapse(BadInput):
    """An override ends on a day to come, within 90 days."""

    message = _l("Choose the day on which the override ends: after today and within 90 days.")


class NeedsReason(BadInput):
    """Judgements carry their reason."""

    message = _l("Write the reason.")


class RulesChanged(Refusal):
    """Somebody changed the rules meanwhile."""

    message = _l("Somebody changed these rules while you had them open. Look at their version before you change it.")


def override_priority(case: Case, level: PriorityLevel, reason: str, lapses_on: date, *, actor: User) -> Priority:
    """Set a case's level by judgement until a day; the reckoned one stays beside it.

    :raises NeedsReason: no reason is given
    :raises BadLapse: the day is past, today or too far away
    :raises CaseIsOver: the case has ended
    """
    case = lock(case)
    refuse_unless_open(case)
    day = today(case.programme)
    refuse_if(not reason.strip(), NeedsReason)
    refuse_if(not day < lapses_on <= day + LONGEST_OVERRIDE, BadLapse)
    found = refresh_priority(case, actor=actor)
    last = live_override(case)
    if last is not None:
        last.lapsed_at = clock.now()
        session.flush()
    made = Priority(
        case_id=case.id, points=found.points, level=found.level, factors=found.factors,
        rules_version=latest_rules(case.programme).number, reckoned_at=clock.now(), override_level=level,
        override_reason=reason.strip(), override_by_id=actor.id, override_lapses_on=lapses_on,
    )  # fmt: skip
    session.add(made)
    refresh_priority(case, actor=actor)
    audit.record("priority.override", made, actor=actor, case=case,
                 before={"level": found.level}, after={"level": level, "lapses_on": lapses_on.isoformat()})  # fmt: skip
    return made


def end_override(case: Case, *, actor: User | None) -> Case:
    """Let the rules speak again."""
    case = lock(case)
    live = live_override(case)
    if live is None:
        return case
    live.lapsed_at = clock.now()
    refresh_priority(case, actor=actor)
    audit.record("priority.end_override", live, actor=actor, case=case, after={"level": case.priority_level})
    return case


def change_rules(
    programme: Programme,
    changes: Mapping[str, Mapping[str, int | None]],
    levels: Mapping[str, int],
    reason: str,
    *,
    seen_number: int,
    actor: User,
) -> PriorityRules:
    """Make a new version of the priority rules; cases follow at the next nightly reckoning.

    :raises NeedsReason: no reason is given
    :raises RulesChanged: somebody made a version since these were read
    :raises BadInput: a number is out of bounds, or the levels are not in order
    """
    refuse_if(not policy.may_edit_rules(actor, programme.id), NotAllowed)
    last = latest_rules(lock(programme))
    refuse_if(last.number != seen_number, RulesChanged)
    refuse_if(not reason.strip(), NeedsReason)
    critical, high, normal = (levels[each] for each in ("critical", "high", "normal"))
    refuse_if(not 500 >= critical > high > normal > 0, BadInput(_l("Each level needs more points than the one below.")))
    rules = [_changed(rule, changes.get(rule["key"], {})) for rule in last.rules]
    made = PriorityRules(
        programme_id=programme.id, number=last.number + 1, rules=rules, reason=reason.strip()[:200],
        levels={"critical": critical, "high": high, "normal": normal}, changed_by_id=actor.id,
    )  # fmt: skip
    session.add(made)
    audit.record(
        "priority.change_rules", made, actor=actor, before={"number": last.number}, after={"number": made.number}
    )
    return made


def _changed(rule: Mapping[str, Any], numbers: Mapping[str, int | None]) -> dict[str, Any]:
    new = {name: value for name, value in numbers.items() if name in CHANGEABLE and rule[name] is not None}
    refuse_if(
        any(value is None or not 0 <= value <= 400 for value in new.values()),
        BadInput(_l("Write whole numbers from 0 to 400.")),
    )
    return {**rule, **new, "label": rule["label"] if _same_range(rule, new) else _ranged(rule, new)}


def _same_range(rule: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return all(new.get(name, rule[name]) == rule[name] for name in ("low", "high"))


def _ranged(rule: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """A rule whose days were changed says the new ones."""
    low, high = new.get("low", rule["low"]), new.get("high", rule["high"])
    if rule["predicate"] == "days_to_date":
        return f"Next critical date in {low} to {high} days"
    return f"{str(rule['label']).split(' (')[0]} (dates within {high} days)"
