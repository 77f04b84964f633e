"""Goals, and reports kept under a name."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Grant, Programme
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import BadInput

from .. import figures, goals, wording
from .. import operations_goals as operations
from ..forms_goals import GoalChangeForm, GoalForm, typed, unit_words
from ..measures import MEASURES
from . import bp
from .staff import the_programme, the_programmes


@bp.get("/reports/goals")
@open_to(*STAFF)
def goals_page() -> ResponseReturnValue:
    """The goals of a programme beside their figures."""
    programme = the_programme()
    return _page(programme, _form(programme), 200)


@bp.post("/reports/goals")
@open_to(Role.COORDINATOR)
def set_goal() -> ResponseReturnValue:
    """Set a goal."""
    programme = the_programme()
    form = _form(programme)
    if not form.validate():
        return _page(programme, form, 422)
    try:
        with transaction():
            operations.set_goal(
                programme, form.measure.data, *form.days, form.stored, form.note.data, actor=signed_in(),
                grant=next((grant for grant in _grants(programme) if grant.public_id == form.grant.data), None),
            )  # fmt: skip
    except (operations.GoalExists, BadInput) as no:
        form.form_errors.append(str(no.message))
        return _page(programme, form, 422)
    flash(_("Set. It stands beside its figure from now on."), "ok")
    return redirect(url_for(".goals_page", programme=programme.slug), 303)


def _grants(programme: Programme) -> list[Grant]:
    mine = select(Grant).where(Grant.programme_id == programme.id).order_by(Grant.name)
    return list(session.execute(mine).scalars())


def _form(programme: Programme) -> GoalForm:
    return GoalForm().prepare(calendars.today(programme), _grants(programme))


def _page(programme: Programme, form: GoalForm, status: int) -> ResponseReturnValue:
    rows = goals.with_figures(programme, goals.goals_of(programme))
    return render_template(
        "metrics/goals.html", programme=programme, programmes=the_programmes(), form=form, rows=rows,
        may_set=signed_in().has(Role.COORDINATOR, programme.id), shown=wording.shown, period_name=figures.period_name,
        today_there=calendars.today(programme), standing=goals.standing,
    ), status  # fmt: skip


@bp.route("/reports/goals/<public_id>", methods=["GET", "POST"])
@open_to(Role.COORDINATOR)
def change_goal(public_id: str) -> ResponseReturnValue:
    """Change a goal's target or note."""
    goal = goals.get_goal(public_id, viewer=signed_in())
    measure = MEASURES[goal.measure]
    form = GoalChangeForm(target=typed(measure, goal.target), note=goal.note, seen_version=goal.version).of(measure)
    if not form.validate_on_submit():
        return render_template(
            "metrics/goal.html", goal=goal, measure=measure, form=form, period_name=figures.period_name,
            unit=unit_words(measure),
        ), 422 if form.errors else 200  # fmt: skip
    with transaction():
        row = goals.get_goal(public_id, viewer=signed_in())
        form.check_version(row)
        operations.change_goal(row, form.stored, form.note.data, actor=signed_in())
        slug = session.get_one(Programme, row.programme_id).slug
    flash(_("Changed."), "ok")
    return redirect(url_for(".goals_page", programme=slug), 303)


@bp.post("/reports/goals/<public_id>/remove")
@open_to(Role.COORDINATOR)
def remove_goal(public_id: str) -> ResponseReturnValue:
    """Give a goal up."""
    with transaction():
        row = goals.get_goal(public_id, viewer=signed_in())
        slug = session.get_one(Programme, row.programme_id).slug
        operations.remove_goal(row, actor=signed_in())
    flash(_("Removed. The audit log keeps what it was."), "ok")
    return redirect(url_for(".goals_page", programme=slug), 303)


@bp.post("/reports/views")
@open_to(*STAFF)
def keep_view() -> ResponseReturnValue:
    """Keep the report as it is arranged, under a name."""
    programme, query = the_programme(), request.form.get("query", "")
    with transaction():
        operations.keep_view(programme, request.form.get("name", ""), query, actor=signed_in())
    flash(_("Kept. It is in the list of your views."), "ok")
    return redirect(_address(programme.slug, query), 303)


@bp.post("/reports/views/<public_id>/remove")
@open_to(*STAFF)
def remove_view(public_id: str) -> ResponseReturnValue:
    """Forget one of one's own views."""
    with transaction():
        slug = operations.remove_view(public_id, actor=signed_in()).programme.slug
    flash(_("Removed from your views."), "ok")
    return redirect(url_for(".reports", programme=slug), 303)


def _address(slug: str, query: str) -> str:
    """A report's own address with the filters kept, and nothing else of what was sent."""
    kept: dict[str, Any] = dict(parse_qsl(operations.kept_query(query)))
    return url_for(".reports", programme=slug, **kept)
