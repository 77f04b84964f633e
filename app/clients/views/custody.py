"""Handing over all the cases somebody answers for."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from app.accounts.models import Programme, User
from app.core.access import Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import NotFound

from .. import operations_custody as operations
from ..forms_docket import HandOverForm
from ..queries import staff_of
from . import bp


def _person(public_id: str) -> User:
    """Somebody whose open cases the reader may hand over.

    :raises NotFound: unknown, or nobody the reader works with
    """
    found = session.scalars(select(User).where(User.public_id == public_id)).one_or_none()
    if found is None or not (signed_in().has(Role.ADMIN) or _in_hand(found)):
        raise NotFound
    return found


def _in_hand(person: User) -> list[tuple[Programme, int]]:
    found = operations.count_in_hand(person)
    return [(of, number) for of, number in found if operations.may_hand_over_all(signed_in(), of)]


@bp.route("/people/<public_id>/cases", methods=["GET", "POST"])
@open_to(Role.ADMIN, Role.COORDINATOR, Role.SUPERVISING_ATTORNEY)
def hand_over_cases(public_id: str) -> ResponseReturnValue:
    """Give everything somebody answers for to a colleague, one programme at a time."""
    person = _person(public_id)
    in_hand = _in_hand(person)
    form = HandOverForm()
    form.to.choices = [("", _("Choose somebody")), *_choices(person, [of for of, _number in in_hand])]
    if in_hand and form.validate_on_submit():
        number = _hand_over(public_id, *str(form.to.data).split("/"), reason=str(form.reason.data))
        flash(ngettext("One case was handed over.", "%(num)s cases were handed over.", number), "ok")
        return redirect(_onward(public_id), 303)
    page = render_template("clients/hand_over.html", person=person, in_hand=in_hand, form=form, back=_back(person))
    return page, 422 if form.errors else 200


def _choices(person: User, programmes: list[Programme]) -> list[tuple[str, str]]:
    """Programme and colleague in one choice: each programme's cases stay with its own staff."""
    return [
        (f"{of.public_id}/{each.public_id}", f"{of.name}: {each.name}" if len(programmes) > 1 else each.name)
        for of in programmes
        for each in staff_of(of)
        if each.id != person.id
    ]


def _hand_over(public_id: str, programme_id: str, to_id: str, *, reason: str) -> int:
    total, last = 0, 1
    while last:
        with transaction():
            person, to = _person(public_id), _by_id(User, to_id)
            last = operations.hand_over_some(
                person, _by_id(Programme, programme_id), to, reason=reason, actor=signed_in()
            )
            total += last
    return total


def _by_id(kind: Any, public_id: str) -> Any:
    return session.scalars(select(kind).where(kind.public_id == public_id)).one()


def _onward(public_id: str) -> str:
    """The rest, where there are cases of another programme; else where the reader came from."""
    person = session.scalars(select(User).where(User.public_id == public_id)).one()
    return url_for(".hand_over_cases", public_id=public_id) if _in_hand(person) else _back(person)


def _back(person: User) -> str:
    if signed_in().has(Role.ADMIN):
        return url_for("accounts.person", public_id=person.public_id)
    return url_for("desk.docket")
