"""What an hour is worth: the programme's own table, and hours with their value beside their source."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Programme
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import BadInput, NotFound
from app.core.lists import csv_download

from .. import figures, rates, report_figures, reports_files
from .. import operations_rates as operations
from ..forms import period_asked
from ..forms_reports import RateForm
from ..report_contents import LINE, Report
from . import bp
from .staff import the_programme, the_programmes


def _mine() -> list[Programme]:
    """The programmes whose rates the viewer may enter, by name."""
    found = select(Programme).order_by(Programme.name)
    if not signed_in().has(Role.ADMIN):
        found = found.where(Programme.id.in_(signed_in().programme_ids(Role.COORDINATOR)))
    return list(session.execute(found).scalars())


def _programme(mine: list[Programme]) -> Programme:
    asked = request.values.get("programme")
    found = next((each for each in mine if asked in (None, "", each.slug)), None)
    if found is None:
        raise NotFound
    return found


@bp.route("/reports/rates", methods=["GET", "POST"])
@open_to(Role.COORDINATOR, Role.ADMIN)
def hour_rates() -> ResponseReturnValue:
    """The rates of a programme, and a form for another one."""
    form = RateForm()
    if not form.validate_on_submit():
        return _page(form, 422 if form.errors else 200)
    try:
        with transaction():
            made = operations.enter_rate(
                _programme(_mine()), role=form.role.data, cents=form.amount.data or 0, first=form.first.data,
                last=form.last.data, source=form.source.data or "", actor=signed_in(),
            )  # fmt: skip
            slug = session.get_one(Programme, made.programme_id).slug
    except (BadInput, operations.DaysReversed, operations.RateOverlaps) as no:
        form.form_errors.append(str(no.message))
        return _page(form, 422)
    flash(_("Entered. Hours from that day on count for it."), "ok")
    return redirect(url_for(".hour_rates", programme=slug), 303)


def _page(form: RateForm, status: int) -> ResponseReturnValue:
    mine = _mine()
    programme = _programme(mine)
    return render_template(
        "metrics/hour_rates.html", form=form, programme=programme, programmes=mine, rows=rates.rate_rows(programme),
        role_name=rates.role_name, today_there=calendars.today(programme),
    ), status  # fmt: skip


@bp.post("/reports/rates/<public_id>/take-out")
@open_to(Role.COORDINATOR, Role.ADMIN)
def take_out_rate(public_id: str) -> ResponseReturnValue:
    """A rate entered by mistake counts no more."""
    with transaction():
        found = operations.get_rate(public_id, viewer=signed_in())
        operations.take_out_rate(found, actor=signed_in())
        slug = session.get_one(Programme, found.programme_id).slug
    flash(_("Taken out. It counts no more."), "ok")
    return redirect(url_for(".hour_rates", programme=slug), 303)


@bp.get("/reports/hours")
@open_to(*STAFF)
def hours_and_value() -> ResponseReturnValue:
    """Volunteers' hours of a period with their value, and money for clients by kind."""
    programme = the_programme()
    period = period_asked(calendars.today(programme))
    tables = tuple(reports_files.hours_and_money(programme, period.first, period.last))
    if request.args.get("format") == "csv":
        report = Report("hours", "", programme.name, period.first, period.last, "", tables)
        return csv_download(f"hours-{period.first}-{period.last}", LINE, report.lines)
    return render_template(
        "metrics/hours_and_value.html", programme=programme, programmes=the_programmes(), period=period,
        figures=tables, period_name=figures.period_name, as_of=report_figures.as_of(programme),
        may_enter=operations.may_enter_rates(signed_in(), programme.id),
    )  # fmt: skip
