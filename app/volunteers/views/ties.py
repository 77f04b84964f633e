"""Those close to a volunteer, as only the volunteer reads and writes them."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import Role, open_to, signed_in
from app.core.db import transaction

from .. import operations_ties, queries, ties
from ..forms_ties import TiesForm
from ..models import TieKind, Volunteer
from . import bp


@bp.get("/my/profile/close-to-me")
@open_to(Role.VOLUNTEER)
def close_to_me() -> ResponseReturnValue:
    """Whom the reader lives with and works for."""
    row = queries.get_own(signed_in())
    return render_template("volunteers/close_to_me.html", form=TiesForm(formdata=None, data=_values(row)))


def _values(row: Volunteer) -> dict[str, str]:
    return {
        "household": "\n".join(ties.names_of(row, TieKind.HOUSEHOLD)),
        "employers": "\n".join(ties.names_of(row, TieKind.EMPLOYER)),
        "seen_version": str(row.version),
    }


@bp.post("/my/profile/close-to-me")
@open_to(Role.VOLUNTEER)
def change_ties() -> ResponseReturnValue:
    """Keep the names, sealed."""
    row, form = queries.get_own(signed_in()), TiesForm()
    if not form.validate():
        return render_template("volunteers/close_to_me.html", form=form), 422
    with transaction():
        row = queries.get_own(signed_in())
        form.check_version(row)
        operations_ties.change_ties(row, **form.names, actor=signed_in())
    flash(_("Saved."), "success")
    return redirect(url_for(".profile"), 303)
