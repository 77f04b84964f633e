"""Handing over everything somebody answers for in a programme, before they leave it."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import Select, func, select

from app.accounts.models import Programme, User
from app.accounts.policy import check_before_leaving
from app.core.access import STAFF, Role
from app.core.db import session
from app.core.errors import BadInput, NotAllowed, refuse_if
from app.tasks.models import Task
from app.tasks.operations import hand_over_tasks

from .lifecycle import give_custody
from .models import OPEN, Case, Custody

BATCH = 50


class NotTheirColleague(BadInput):
    """Custody stays among those who work for the programme."""

    message = _l("Choose a colleague who works for this programme.")


def may_hand_over_all(actor: User, programme: Programme) -> bool:
    """Whoever works for the programme, and administrators, who see no file by it."""
    return actor.has(Role.ADMIN) or works_for(actor, programme)


def works_for(person: User, programme: Programme) -> bool:
    """Is somebody on the programme's staff?"""
    return any(person.has(role, programme.id) for role in STAFF)


def count_in_hand(user: User) -> Any:
    """(programme, open cases the person answers for), by the programme's name."""
    found = select(Programme, func.count(Case.id)).join(Case, Case.programme_id == Programme.id)
    mine = found.join(Custody, Custody.case_id == Case.id).where(*_answers_for(user))
    return session.execute(mine.group_by(Programme.id).order_by(Programme.name)).all()


def _answers_for(user: User) -> tuple[Any, ...]:
    return Custody.user_id == user.id, Custody.until_at.is_(None), Case.status.in_(OPEN)


def _next_in_hand(user: User, programme: Programme) -> Select[Case]:
    mine = select(Case).join(Custody, Custody.case_id == Case.id)
    due = mine.where(*_answers_for(user), Case.programme_id == programme.id).order_by(Case.id).limit(BATCH)
    return due.with_for_update(of=Case, key_share=True)


def hand_over_some(user: User, programme: Programme, to: User, *, reason: str, actor: User) -> int:
    """Let a colleague answer for the next of somebody's open cases, with their tasks; says how many cases that were.

    Called until it says none; the last call takes along the tasks about no case.

    :raises NotAllowed: the actor has nothing to do with the programme
    :raises NotTheirColleague: the colleague is gone, works elsewhere or is the person themselves
    """
    refuse_if(not may_hand_over_all(actor, programme), NotAllowed)
    refuse_if(to.id == user.id or not to.is_active or not works_for(to, programme), NotTheirColleague)
    cases = session.scalars(_next_in_hand(user, programme)).all()
    for case in cases:
        give_custody(case, to, reason=reason, actor=actor)
    _hand_over_tasks(user, programme, to, cases, actor)
    return len(cases)


def _hand_over_tasks(user: User, programme: Programme, to: User, cases: Any, actor: User) -> None:
    these = [Task.case_id.in_([case.id for case in cases])] if cases else []
    hand_over_tasks(user.id, to, Task.programme_id == programme.id, *these, actor=actor)


def _custody(user: User, programme: Programme | None) -> str | None:
    """What somebody must hand over before they leave a programme, or all of them."""
    if (
        programme is not None
        and len([g for g in user.grants if g.role in STAFF and g.programme_id == programme.id]) > 1
    ):
        return None  # they stay on its staff by another role
    left = [(of, n) for of, n in count_in_hand(user) if programme is None or of.id == programme.id]
    return " ".join(_sentence(of.name, number) for of, number in left) or None


def _sentence(programme: str, number: int) -> str:
    return ngettext(
        "One open case of %(programme)s is in this person's hands. "
        "Choose “Hand over their cases” on their page and give it to a colleague first.",
        "%(num)s open cases of %(programme)s are in this person's hands. "
        "Choose “Hand over their cases” on their page and give them to a colleague first.",
        number,
        programme=programme,
    )


def init_app(app: Flask) -> None:
    """Nobody leaves while clients depend on them."""
    check_before_leaving("custody", _custody)
