"""Posts of the screening page on whose request it is: the same person's as another one, or not after all."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func

from app.core.access import signed_in
from app.core.db import session, transaction
from app.core.errors import BadInput

from ..forms import SamePersonForm
from ..models import Case
from ..operations_same_person import join_requests, part_request
from ..queries import staff_cases
from . import bp
from .screening import STAFF_PAGE, answer, staff_case


class NoSuchNumber(BadInput):
    """No request of the programme has the number."""

    message = _l("No request of this programme has this number. Write it like on the docket.")


@bp.post("/intake/<public_id>/same-person")
@STAFF_PAGE
def add_same_person(public_id: str) -> ResponseReturnValue:
    """Say by its number which other request is this person's too."""
    form = SamePersonForm(prefix="asked")

    def do(case: Case) -> Any:
        return join_requests(case, _numbered(form.number.data or "", case), actor=signed_in())

    return answer(public_id, "asked", form, do, _l("Both requests count as one person's now."))


def _numbered(number: str, case: Case) -> Case:
    found = staff_cases(signed_in()).where(Case.programme_id == case.programme_id)
    other = session.scalars(found.where(func.lower(Case.number) == number.strip().lower())).one_or_none()
    if other is None:
        raise NoSuchNumber
    return other


@bp.post("/intake/<public_id>/same-person/<other_id>")
@STAFF_PAGE
def same_person(public_id: str, other_id: str) -> ResponseReturnValue:
    """Say that another request is this person's too."""
    with transaction():
        join_requests(staff_case(public_id), staff_case(other_id), actor=signed_in())
    flash(_("Both requests count as one person's now."))
    return redirect(url_for(".screen", public_id=public_id, _anchor="asked"), 303)


@bp.post("/intake/<public_id>/other-person/<other_id>")
@STAFF_PAGE
def other_person(public_id: str, other_id: str) -> ResponseReturnValue:
    """Say that another request is not this person's after all."""
    with transaction():
        part_request(staff_case(public_id), staff_case(other_id), actor=signed_in())
    flash(_("The two requests count as two persons' now."))
    return redirect(url_for(".screen", public_id=public_id, _anchor="asked"), 303)
