"""Who of the staff answers for the students and paralegals on a case."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.models import User
from app.clients.models import Case
from app.clients.queries import get_case, staff_cases, staff_of
from app.clients.supervision import juniors
from app.clients.supervision import supervision as current
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import transaction

from ..forms_supervision import SupervisionForm
from ..operations_supervision import NotAnAttorneyHere, end_supervision, name_supervisor
from . import bp


def _case(public_id: str) -> Case:
    return get_case(public_id, viewer=signed_in(), among=staff_cases(signed_in()))


def _attorneys(case: Case) -> dict[str, User]:
    here = case.programme_id
    return {user.public_id: user for user in staff_of(case.programme) if user.has(Role.SUPERVISING_ATTORNEY, here)}


def _form(case: Case) -> SupervisionForm:
    named = current(case)
    form = SupervisionForm(person=named.user.public_id if named else "")
    form.offer(_attorneys(case).values())
    return form


@bp.get("/cases/<public_id>/supervision")
@open_to(*STAFF)
def supervision(public_id: str) -> ResponseReturnValue:
    """Name the attorney of the staff who answers for others."""
    return _page(public_id)


def _page(public_id: str, form: SupervisionForm | None = None) -> ResponseReturnValue:
    case = _case(public_id)
    form = form or _form(case)
    page = render_template("matching/supervision.html", case=case, form=form, lean=len(juniors(case)))
    return page, 422 if form.errors else 200


@bp.post("/cases/<public_id>/supervision")
@open_to(*STAFF)
def supervise(public_id: str) -> ResponseReturnValue:
    """Let somebody answer from now on, or nobody."""
    form = _form(_case(public_id))
    if not form.validate_on_submit():
        return _page(public_id, form)
    with transaction():
        case, chosen = _case(public_id), form.person.data
        if not chosen:
            end_supervision(case, actor=signed_in())
        elif chosen in (people := _attorneys(case)):
            name_supervisor(case, people[chosen], actor=signed_in())
        else:
            raise NotAnAttorneyHere
    flash(_("Saved."), "ok")
    return redirect(url_for("desk.case", public_id=public_id, _anchor="openings"), 303)
