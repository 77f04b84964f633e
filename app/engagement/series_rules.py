"""Which rules a series may hold: none that asks without end, none that can never fall due, and always a next one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from app.clients import problems
from app.core.errors import BadInput

from . import question_sets
from .models import Audience
from .series import AFTER_DATES, IN_SERVICE, PACKAGE, PLACED, SPACING_DAYS, Rule

ANCHORS: dict[str, Any] = {
    "placed": _l("the day of placement"),
    "first_contact_due": _l("the day by which contact is due"),
    "critical_date": _l("each critical date"),
    "last_day": _l("the last day of a package"),
}
STAGES: dict[str, Any] = {
    "": _l("As long as the case is worked on"),
    PLACED: _l("Until the client was reached"),
    IN_SERVICE: _l("Once the client was reached"),
    PACKAGE: _l("A package"),
}
LONGEST, NEAREST = 730, 60  # days after an anchor; days before and after a date
MOST = 40


class BadRule(BadInput):
    """The series would not work with this rule."""


def matters() -> dict[str, Any]:
    """The kinds of matter a rule can speak of."""
    kinds = sorted({each.category for each in problems.problems().values() if each.selectable})
    courts = {"litigation": _l("Before a court"), "other": _l("Not before a court")}
    return {"": _l("Any matter"), **courts, **dict(zip(kinds, kinds, strict=True))}


def check_series(rules: Sequence[Rule]) -> None:
    """Hold a series to what makes it work.

    :raises BadRule: with the sentence that says why
    """
    for rule in rules:
        if (fault := _choices(rule) or _days(rule) or _repeats(rule)) is not None:
            raise BadRule(fault)
    if len(rules) > MOST:
        raise BadRule(_l("A series has at most 40 rules."))
    if (fault := _twice(rules) or _without_next(rules)) is not None:
        raise BadRule(fault)


def _choices(rule: Rule) -> Any:
    if rule.anchor not in ANCHORS:
        return _l("Choose what the days are counted from.")
    if rule.matter not in matters() or rule.stage not in STAGES:
        return _l("Choose a kind of matter and a stage.")
    if rule.questions not in question_sets.names() or question_sets.audience_of(rule.questions) is not rule.audience:
        return _l("Choose questions that are put to this side.")
    return _never(rule)


def _never(rule: Rule) -> Any:
    """Choices that exist and can never fall due together."""
    if rule.anchor == "last_day" and rule.stage != PACKAGE:
        return _l("Only a package has a last day: this rule could never fall due.")
    if rule.stage == PACKAGE and rule.audience is Audience.CLIENT:
        return _l("Clients are asked about their case, not about its packages: this rule could never fall due.")
    if rule.stage == PACKAGE and rule.anchor == "first_contact_due":
        return _l("Whoever takes a package owes no first contact: this rule could never fall due.")
    return None


def _days(rule: Rule) -> Any:
    if rule.anchor in AFTER_DATES and abs(rule.days) > NEAREST:
        return _l("Count at most 60 days before or after a date.")
    if rule.anchor not in AFTER_DATES and rule.days < 0:
        return _l("It would be due before it begins. Count from 0 days on.")
    if rule.days > LONGEST:
        return _l("Count at most 730 days.")
    if rule.business and rule.anchor in AFTER_DATES:
        return _l("Days before and after a date are calendar days.")
    return None


def _repeats(rule: Rule) -> Any:
    if not rule.repeats:
        return _l("Only a rule that repeats can end.") if rule.until is not None else None
    if rule.anchor in AFTER_DATES:
        return _l("A rule about dates asks about each of them already; it cannot repeat.")
    if rule.days <= 0:
        return _l("A rule that repeats every 0 days would ask without end. Write 14 or more.")
    if rule.days < SPACING_DAYS:
        return _l("Nobody is asked more often than every 14 days, so this rule could not be kept. Write 14 or more.")
    if rule.business:
        return _l("A rule that repeats counts calendar days.")
    if rule.until is not None and not rule.days <= rule.until <= LONGEST:
        return _l("It would end before it begins. Let it end after its first day, within 730 days.")
    return None


def _twice(rules: Iterable[Rule]) -> Any:
    seen = set()
    for rule in rules:
        says = (rule.audience, rule.anchor, rule.days, rule.business, rule.repeats, rule.matter, rule.stage)
        if says in seen:
            return _l("There is a rule for this day already, so a second one could never fall due.")
        seen.add(says)
    return None


def _without_next(rules: Iterable[Rule]) -> Any:
    """Somebody at work must always have a next check-in."""
    lasting = [rule for rule in rules if rule.audience is Audience.VOLUNTEER and rule.repeats and rule.until is None]
    for stage in (PLACED, IN_SERVICE, PACKAGE):
        there = [rule for rule in lasting if rule.stage == stage or (not rule.stage and stage != PACKAGE)]
        kinds = {rule.matter for rule in there}
        if "" not in kinds and not {"litigation", "other"} <= kinds:
            return _l("There would be work without a next check-in: in every stage, packages too, volunteers need a "
                      "rule that repeats without end, for any matter.")  # fmt: skip
    return None
