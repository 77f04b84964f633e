"""What staff decide about people on a case whose file was closed at once, or whose firm is barred."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clients.vocabulary import CASE_ROLES
from app.core.access import STAFF, open_to, signed_in
from app.core.db import transaction
from app.core.errors import NotFound
from app.matching import colleagues
from app.matching.models import Assignment

from .. import operations_cut_off
from . import bp
from .staff import staff_case


def _closed(public_id: str) -> list[Assignment]:
    live = [part for part in staff_case(public_id).assignments if part.ended_at is None]
    return [part for part in live if part.cut_off_at is not None]


@bp.get("/cases/<public_id>/close-to-it")
@open_to(*STAFF)
def close_to_it(public_id: str) -> ResponseReturnValue:
    """Everybody on a case about whom a conflict must be decided."""
    case = staff_case(public_id)
    return render_template(
        "casework/close_to_it.html", case=case, closed=_closed(public_id), colleagues=colleagues.to_decide(case),
        part_words=CASE_ROLES,
    )  # fmt: skip


@bp.post("/cases/<public_id>/close-to-it/<part_id>/open-again")
@open_to(*STAFF)
def open_again(public_id: str, part_id: str) -> ResponseReturnValue:
    """Open the file again to somebody who is not the one of the name."""
    with transaction():
        part = next((each for each in staff_case(public_id).assignments if each.public_id == part_id), None)
        if part is None:
            raise NotFound
        operations_cut_off.open_again(part, actor=signed_in())
    flash(_("The file is open to them again, and they are told."), "ok")
    return redirect(url_for(".close_to_it", public_id=public_id), 303)


@bp.post("/cases/<public_id>/close-to-it/go-on")
@open_to(*STAFF)
def let_go_on(public_id: str) -> ResponseReturnValue:
    """Let the people of a barred firm go on with the case."""
    with transaction():
        colleagues.let_colleagues_go_on(staff_case(public_id), actor=signed_in())
    flash(_("Noted. They go on."), "ok")
    return redirect(url_for(".close_to_it", public_id=public_id), 303)
