"""The part of the screening page on which office has the case."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts.operations_offices import offices_of
from app.core.access import signed_in

from ..models import Case
from ..operations_office import choose_office
from . import bp
from .screen_page import office_form
from .screening import STAFF_PAGE, answer, staff_case


@bp.post("/intake/<public_id>/office")
@STAFF_PAGE
def save_office(public_id: str) -> ResponseReturnValue:
    """Choose the office of a case."""
    form = office_form(staff_case(public_id))

    def do(case: Case) -> Any:
        known = {office.public_id: office for office in offices_of(case.programme_id)}
        return choose_office(case, known.get(form.office.data), actor=signed_in())

    return answer(public_id, "office", form, do, _l("Saved. Reports count the case under it from the next count on."))
