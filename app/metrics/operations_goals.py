"""Setting goals, and arranging reports under a name."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.accounts.models import Grant, Programme, User
from app.core import audit, clock
from app.core.access import STAFF, Role
from app.core.db import insert_unless_exists, new_public_id, session
from app.core.errors import BadInput, NotAllowed, NotFound, Refusal, refuse_if

from .measures import MEASURES
from .models import Goal, SavedView
from .publishing_goals import OF_GRANTS

MOST_VIEWS = 30
KEPT = ("by", "part", "only", "map", "span", "from", "to")
LONGEST = 366 * 3
MOST = 2_000_000_000


class GoalExists(Refusal):
    """There is a goal of this measure and period."""

    message = _l("There is a goal for this figure and period already. Change that one.")


class ViewExists(Refusal):
    """The name is taken."""

    message = _l("You have a view of this name already. Choose another name.")


class TooManyViews(Refusal):
    """A list nobody could read."""

    message = _l("You have 30 views already. Remove one first.")


def set_goal(
    programme: Programme,
    measure: str,
    first: date,
    last: date,
    target: int,
    note: str | None,
    *,
    actor: User,
    grant: Grant | None = None,
) -> Goal:
    """Set a target for a measure and period, of the programme or of one of its grants.

    :raises GoalExists: there is one for this measure and period
    :raises BadInput: an unknown measure, a period that ends before it begins, a target out of reach
    """
    refuse_if(not actor.has(Role.COORDINATOR, programme.id), NotAllowed)
    _check(measure, first, last, target)
    if grant is not None:
        _check_grant(programme, grant, measure, first, last)
    made = insert_unless_exists(
        Goal, programme_id=programme.id, grant_id=grant.id if grant else None, measure=measure, starts_on=first,
        ends_on=last, target=target, note=_short(note, 200), set_by_id=actor.id,
        public_id=new_public_id(), created_at=clock.now(), changed_at=clock.now(), version=1,
    )  # fmt: skip
    if made is None:
        raise GoalExists
    audit.record("goal.set", made, actor=actor, after=_said(made))
    return made


def change_goal(goal: Goal, target: int, note: str | None, *, actor: User) -> None:
    """Change a target or its note.

    :raises BadInput: the target is out of reach
    """
    refuse_if(not actor.has(Role.COORDINATOR, goal.programme_id), NotAllowed)
    _check(goal.measure, goal.starts_on, goal.ends_on, target)
    before = _said(goal)
    goal.target, goal.note, goal.set_by_id = target, _short(note, 200), actor.id
    session.flush()
    audit.record("goal.change", goal, actor=actor, before=before, after=_said(goal))


def remove_goal(goal: Goal, *, actor: User) -> None:
    """Give a goal up; the audit log keeps what it was."""
    refuse_if(not actor.has(Role.COORDINATOR, goal.programme_id), NotAllowed)
    before = _said(goal)
    session.delete(goal)
    session.flush()
    audit.record("goal.remove", goal, actor=actor, before=before)


def _check(measure: str, first: date, last: date, target: int) -> None:
    if measure not in MEASURES or measure.startswith("stage_"):
        raise BadInput(_l("Choose one of the figures of the list."))
    if first > last:
        raise BadInput(_l("The period ended before it began."))
    if (last - first).days > LONGEST:
        raise BadInput(_l("Choose three years at most."))
    if not 0 < target <= MOST:
        raise BadInput(_l("Write a target above zero."))


def _check_grant(programme: Programme, grant: Grant, measure: str, first: date, last: date) -> None:
    if grant.programme_id != programme.id:
        raise BadInput(_l("Choose one of this programme’s grants."))
    if measure not in OF_GRANTS:
        raise BadInput(_l("A grant’s goal is for a figure that its funder reads. Choose one of those."))
    if last < grant.starts_on or (grant.ends_on is not None and first > grant.ends_on):
        raise BadInput(_l("The grant does not pay for any day of this period."))


def _said(goal: Goal) -> dict[str, Any]:
    return {"measure": goal.measure, "target": goal.target, "from": goal.starts_on.isoformat(),
            "to": goal.ends_on.isoformat(), "grant": goal.grant_id}  # fmt: skip


def _short(text: str | None, most: int) -> str | None:
    return " ".join((text or "").split())[:most] or None


def keep_view(programme: Programme, name: str, query: str, *, actor: User) -> SavedView:
    """Keep a report's filters under a name, for the one who arranged them.

    :raises ViewExists: the name is taken
    :raises TooManyViews: there are thirty
    """
    refuse_if(programme.id not in actor.programme_ids(*STAFF), NotAllowed)
    called = _short(name, 60)
    if not called:
        raise BadInput(_l("Give the view a name."))
    mine = select(func.count()).select_from(SavedView).where(SavedView.user_id == actor.id)
    refuse_if(session.execute(mine).scalar_one() >= MOST_VIEWS, TooManyViews)
    made = insert_unless_exists(
        SavedView, user_id=actor.id, programme_id=programme.id, name=called, query=kept_query(query),
        public_id=new_public_id(), created_at=clock.now(),
    )  # fmt: skip
    if made is None:
        raise ViewExists
    audit.record("view.keep", made, actor=actor)
    return made


def kept_query(query: str) -> str:
    """The filters of a report's address, and nothing else that stands in it."""
    return urlencode([(k, v[:60]) for k, v in parse_qsl(query[:1000]) if k in KEPT][: len(KEPT)])[:300]


def remove_view(public_id: str, *, actor: User) -> SavedView:
    """Forget one's own view.

    :raises NotFound: it is not theirs
    """
    found = select(SavedView).where(SavedView.public_id == public_id, SavedView.user_id == actor.id)
    view = session.execute(found).scalar_one_or_none()
    if view is None:
        raise NotFound
    session.delete(view)
    session.flush()
    audit.record("view.remove", view, actor=actor)
    return view


def views_of(programme: Programme, *, viewer: User) -> list[SavedView]:
    """The views somebody keeps of a programme, by name."""
    found = select(SavedView).where(SavedView.user_id == viewer.id, SavedView.programme_id == programme.id)
    return list(session.execute(found.order_by(SavedView.name)).scalars())
