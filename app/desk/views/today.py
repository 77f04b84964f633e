"""What a member of staff does next."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock, health, i18n
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import transaction
from app.tasks.queries import get_task

from .. import operations, places
from .. import today as queries
from ..counts import counts
from ..forms import FinishForm
from ..today_rows import parts_of, rows_of
from . import bp


@bp.get("/today")
@open_to(*STAFF)
def today() -> ResponseReturnValue:
    """Decisions that wait, the oldest promise first."""
    viewer = signed_in()
    rows, numbers = rows_of(queries.tasks(viewer), clock.now()), counts(viewer)
    run, to_review = queries.last_run(viewer)
    return render_template(
        "desk/today.html",
        decisions=numbers["rows"],
        late=numbers["late"],
        first=rows[0] if rows else None,
        parts_of_day=parts_of(rows[1:]),
        beyond=numbers["rows"] > len(rows),
        waiting=queries.waiting_by_priority(viewer),
        me=viewer.id,
        intake=queries.intake(viewer),
        run=run,
        to_review=to_review,
        runs_url=_run_url(run),
        week=queries.week(viewer),
        day=i18n.today(),
        promises=queries.promises(viewer),
        numbers=numbers,
        troubles=health.troubles() if viewer.has(Role.ADMIN) else [],
        intake_url=places.address("clients.intake_queue"),
    )


def _run_url(run: Any) -> str:
    return places.address("matching.docket_run", public_id=run.public_id) if run else ""


@bp.route("/tasks/<public_id>/finish", methods=["GET", "POST"])
@open_to(*STAFF)
def finish_task(public_id: str) -> ResponseReturnValue:
    """Say how a task ended."""
    form = FinishForm()
    if not form.validate_on_submit():
        page = render_template("desk/finish.html", form=form, task=get_task(public_id, viewer=signed_in()))
        return page, 422 if form.errors else 200
    with transaction():
        operations.finish_once(get_task(public_id, viewer=signed_in()), actor=signed_in(), outcome=form.outcome.data)
    flash(_("Done, and off the list."), "ok")
    return redirect(url_for(".today"), 303)


@bp.post("/tasks/<public_id>/take")
@open_to(*STAFF)
def take_task(public_id: str) -> ResponseReturnValue:
    """Take a task upon oneself."""
    with transaction():
        operations.take_over(get_task(public_id, viewer=signed_in()), actor=signed_in())
    flash(_("It is yours now."), "ok")
    return redirect(url_for(".today"), 303)
