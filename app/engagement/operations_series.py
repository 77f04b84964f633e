"""Changing a programme's series: a new version each time, which counts for what is not yet sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from app.accounts import calendars
from app.accounts.models import Programme, User
from app.clients.models import Case
from app.clients.policy import may_edit_rules
from app.core import audit
from app.core.db import insert_unless_exists, session
from app.core.errors import BadInput, NotAllowed, NotFound, Stale, refuse_if

from . import queries
from .models import Checkin
from .models_series import SeriesVersion
from .series import Rule, default_rules, kept
from .series_rules import check_series

TIMING = ("audience", "anchor", "days", "business", "repeats", "matter", "stage", "until")

LONGEST_REASON = 200


class SayWhy(BadInput):
    """A change of rules has a reason."""

    message = _l("Write why you change the rules; one line is enough.")


class ReasonTooLong(BadInput):
    """A reason is one line; what is longer would be cut."""

    message = _l("Write why in at most 200 letters. Nothing was saved, and nothing of what you typed is lost.")


def checked_reason(reason: str) -> str:
    """Why something is changed, whole.

    :raises SayWhy: nothing is written
    :raises ReasonTooLong: it would have to be cut
    """
    refuse_if(not reason.strip(), SayWhy)
    refuse_if(len(reason.strip()) > LONGEST_REASON, ReasonTooLong)
    return reason.strip()


def put_rule(programme: Programme, rule: Rule, reason: str, *, seen: int, actor: User) -> SeriesVersion:
    """Add a rule, or put it in the place of the one with its key.

    :raises BadRule: the series would not work with it
    """
    rules = queries.rules_for(programme.id)
    if all(each.key != rule.key for each in rules):
        return change_series(programme, [*rules, rule], reason, seen=seen, actor=actor)
    changed = [rule if each.key == rule.key else each for each in rules]
    return change_series(programme, changed, reason, seen=seen, actor=actor)


def end_rule(programme: Programme, key: str, reason: str, *, seen: int, actor: User) -> SeriesVersion:
    """Ask by a rule no more.

    :raises NotFound: there is no such rule
    :raises BadRule: without it somebody would have no next check-in
    """
    rules = queries.rules_for(programme.id)
    left = [each for each in rules if each.key != key]
    refuse_if(len(left) == len(rules), NotFound)
    return change_series(programme, left, reason, seen=seen, actor=actor)


def back_to_defaults(programme: Programme, reason: str, *, seen: int, actor: User) -> SeriesVersion:
    """Let the series every programme begins with count again."""
    return change_series(programme, default_rules(), reason, seen=seen, actor=actor)


def change_series(programme: Programme, rules: Sequence[Rule], reason: str, *, seen: int, actor: User) -> SeriesVersion:
    """Make a new version of a programme's series.

    :raises NotAllowed: another programme's, or not a coordinator
    :raises SayWhy: without a reason
    :raises ReasonTooLong: with one that does not fit
    :raises BadRule: it holds a rule that loops, can never fall due, or leaves somebody without a next check-in
    :raises Stale: somebody changed it since it was read
    """
    refuse_if(not may_edit_rules(actor, programme.id), NotAllowed)
    reason = checked_reason(reason)
    check_series(rules)
    before = {rule.key: rule for rule in queries.rules_for(programme.id)}
    refuse_if(queries.series_number(programme.id) != seen, Stale)
    today = calendars.today(programme)
    dated = [_dated(rule, before.get(rule.key), today) for rule in rules]
    made = insert_unless_exists(
        SeriesVersion, programme_id=programme.id, number=seen + 1, rules=[kept(rule) for rule in dated],
        reason=reason, made_by_id=actor.id,
    )  # fmt: skip
    if made is None:
        raise Stale
    differ = [key for key in {*before, *(rule.key for rule in dated)}
              if before.get(key) != next((rule for rule in dated if rule.key == key), None)]  # fmt: skip
    _forget_unsent(programme, differ)
    audit.record("series.change", made, actor=actor, after={"number": made.number, "rules": sorted(differ)})
    return made


def _dated(rule: Rule, before: Rule | None, today: Any) -> Rule:
    """A rule that asks on other days than before counts from today: nothing is asked about days gone by."""
    same = before is not None and all(getattr(rule, name) == getattr(before, name) for name in TIMING)
    return replace(rule, since=before.since if same and before is not None else today)


def _forget_unsent(programme: Programme, keys: Iterable[str]) -> None:
    """What was made by these rules and is not yet sent is made anew by the rules as they are now."""
    cases = select(Case.id).where(Case.programme_id == programme.id)
    unsent = delete(Checkin).where(
        Checkin.sent_at.is_(None), Checkin.closed_at.is_(None), Checkin.series_key.in_(list(keys)),
        Checkin.case_id.in_(cases),
    )  # fmt: skip
    session.execute(unsent.execution_options(synchronize_session=False))
