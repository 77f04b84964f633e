"""The buttons by which a lead says that their own firm keeps a date, and takes it back."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.casework.views.work import my_assignment
from app.clients.models import CriticalDate
from app.core.access import Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import NotFound

from .. import operations_docketing as operations
from . import bp


@bp.post("/my/cases/<public_id>/dates/<date_id>/docketed")
@open_to(Role.VOLUNTEER)
def docket_date(public_id: str, date_id: str) -> ResponseReturnValue:
    """My firm keeps this date: no more reminders of it."""
    with transaction():
        operations.docket_date(_date(public_id, date_id), actor=signed_in())
    flash(_("Noted. We do not remind you of this date any more; our staff still watch it."), "ok")
    return redirect(url_for("casework.my_case", public_id=public_id, _anchor="dates"), 303)


@bp.post("/my/cases/<public_id>/dates/<date_id>/not-docketed")
@open_to(Role.VOLUNTEER)
def undo_docketing(public_id: str, date_id: str) -> ResponseReturnValue:
    """My firm does not keep it after all: remind me again."""
    with transaction():
        operations.undo_docketing(_date(public_id, date_id), actor=signed_in())
    flash(_("Taken back. We remind you of this date again."), "ok")
    return redirect(url_for("casework.my_case", public_id=public_id, _anchor="dates"), 303)


def _date(public_id: str, date_id: str) -> CriticalDate:
    case = my_assignment(public_id).case
    found = select(CriticalDate).where(CriticalDate.case_id == case.id, CriticalDate.public_id == date_id)
    row = session.scalars(found).one_or_none()
    if row is None:
        raise NotFound
    return row
