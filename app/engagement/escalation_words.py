"""What screens say of an escalation; rows keep the codes."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.accounts.models import Programme
from app.core import clock, i18n
from app.core.db import session
from app.volunteers.models import Volunteer

from .escalation_rules import CAUSES, CHANNELS, ROLES, Level, Rule, path, root_causes
from .escalation_trends import NONE, member_name
from .models_escalations import Escalation, EscalationStep

STEPS: dict[str, Any] = {
    "opened": _l("Opened"),
    "again": _l("Its cause came up once more"),
    "raised": _l("Raised to level %(level)s"),
    "passed_over": _l("Level %(level)s passed over: nobody holds it here"),
    "taken": _l("Taken on"),
    "stood_in": _l("Given to a deputy: the person is away or gone"),
    "followed": _l("Given to whoever answers for the case now"),
    "attorney_told": _l("Supervising attorney told: a date is near"),
    "ran_out": _l("Time ran out; it rises no further"),
    "closed": _l("Closed"),
}
WHY: dict[str, Any] = {
    "case_ended": _l("The case has ended."),
    "lead_changed": _l("Whoever led the case then leads it no more."),
}
SHORT: dict[str, Any] = {
    "coordinator": _l("coordinator"), "firm_coordinator": _l("firm's coordinator"),
    "supervising_attorney": _l("supervising attorney"), "transfer": _l("transfer proposed"),
}  # fmt: skip
PRIORITIES: dict[int, Any] = {
    1: _l("critical only"), 2: _l("high and critical"), 3: _l("normal and above"), 4: _l("every priority"),
}  # fmt: skip


def cause_of(cause: str) -> str:
    """The name of a cause."""
    return str(CAUSES[cause].label) if cause in CAUSES else cause


def time_of(level: Level) -> str:
    """`4 office hours`."""
    if level.unit == "hours":
        return ngettext("%(num)s office hour", "%(num)s office hours", level.amount)
    return ngettext("%(num)s business day", "%(num)s business days", level.amount)


def ladder_in_words(rule: Rule) -> str:
    """`coordinator, 4 office hours; then supervising attorney, 1 business day`."""
    levels = [rule.levels[number - 1] for number in path(rule)]
    return _("; then ").join(f"{SHORT[level.role]}, {time_of(level)}" for level in levels)


def ladder(escalation: Escalation, rule: Rule | None) -> list[dict[str, Any]]:
    """The levels in the order they are climbed, and which of them it stands on."""
    if rule is None:
        return []
    order = path(rule)
    at = order.index(escalation.level) if escalation.level in order else len(order)
    over = escalation.closed_at is not None
    return [
        {"label": ROLES[rule.levels[number - 1].role], "how": CHANNELS[rule.levels[number - 1].channel],
         "time": time_of(rule.levels[number - 1]),
         "state": "done" if n < at or over else "now" if n == at else "", "number": number}
        for n, number in enumerate(order)
    ]  # fmt: skip


def standing(escalation: Escalation) -> tuple[str, str]:
    """In two or three words how it stands, with the kind of its tag."""
    if escalation.closed_at is not None:
        return _("closed"), "ok"
    if escalation.case.paused_at is not None:
        return _("case paused: no time runs"), ""
    return state_of(escalation)


def state_of(row: Any) -> tuple[str, str]:
    """How a row of the list stands, with the kind of its tag."""
    if row.closed_at is not None:
        return _("closed"), "ok"
    if row.ran_out_at is not None:
        return _("time ran out"), "stop"
    if row.taken_at is not None:
        return _("taken on"), "wait" if row.respond_by >= clock.now() else "stop"
    return (_("waits"), "wait") if row.respond_by >= clock.now() else (_("late"), "stop")


def history(steps: list[EscalationStep]) -> list[dict[str, Any]]:
    """What happened, the newest first, as the page's line of events reads it."""
    return [{"title": _title(step), "who": step.by.name if step.by else "", "when": i18n.when_at(step.at),
             "body": _body(step), "key": step.step in ("opened", "raised", "closed")} for step in steps]  # fmt: skip


def _title(step: EscalationStep) -> str:
    if step.step == "opened" and step.round > 1:
        return _("Opened again: the cause came back")
    return str(STEPS.get(step.step, step.step)) % {"level": step.level}


def _body(step: EscalationStep) -> str:
    if step.step == "closed":
        return root_causes().get(step.why or "", step.why or "")
    if step.why in WHY:
        return str(WHY[step.why])
    if step.to is None:
        return _("To nobody in particular.") if step.step in ("opened", "raised", "stood_in") else ""
    words = _("To %(who)s, who stands in.") if step.why == "deputy" else _("To %(who)s.")
    return words % {"who": step.to.name}


def filters(asked: dict[str, str], programmes: list[Programme]) -> list[str]:
    """The filters of a list in words."""
    names = {programme.slug: programme.name for programme in programmes}
    if asked.get("volunteer", NONE) != NONE:
        person = session.query(Volunteer).filter_by(public_id=asked["volunteer"]).one_or_none()
        names[asked["volunteer"]] = person.name if person is not None else ""
    return [member_name(name, value, names) for name, value in asked.items()]


def covers(rule: Rule) -> str:
    """For which cases a rule is: `Housing, high and critical`."""
    return f"{rule.category or _('every kind of matter')}, {PRIORITIES[rule.rank]}"
