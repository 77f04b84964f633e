"""Reports as pages and as files, those that make themselves, and what was made."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Grant, Programme, User
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import BadInput, NotFound
from app.core.lists import page_of

from .. import figures, reports_files, schedules
from .. import operations_schedules as operations
from ..forms import period_asked
from ..forms_reports import EVERY_NAMES, PeopleForm, ScheduleForm
from ..models_reports import ReportKind, ReportSchedule
from ..report_contents import Report, from_json
from ..reports_files_made import FORMATS, download
from . import bp
from .staff import the_programme, the_programmes


@bp.get("/reports/files")
@open_to(*STAFF)
def report_files() -> ResponseReturnValue:
    """Which reports there are, which make themselves, and what was made."""
    programme = the_programme()
    last, running = schedules.periods_to_begin_with(programme, "quarter")
    return render_template(
        "metrics/report_files.html", programme=programme, programmes=the_programmes(), kinds=reports_files.NAMES,
        about=reports_files.ABOUT, grants=grants_of(programme), first=last[0], last=last[1], running=running,
        live=schedules.live_schedules(programme), page=page_of(schedules.runs_of(programme), size=20, scalars=True),
        name_of=operations.name_of, every=EVERY_NAMES, period_name=figures.period_name,
        period_of=figures.period_of, may_schedule=signed_in().has(Role.COORDINATOR, programme.id), formats=FORMATS,
    )  # fmt: skip


def grants_of(programme: Programme) -> list[Grant]:
    """The grants of a programme, by name."""
    mine = select(Grant).where(Grant.programme_id == programme.id).order_by(Grant.name)
    return list(session.execute(mine).scalars())


def grant_asked(programme: Programme, public_id: str | None) -> Grant | None:
    """The programme's grant asked for, if one is.

    :raises NotFound: it has no such grant
    """
    if not public_id:
        return None
    found = next((grant for grant in grants_of(programme) if grant.public_id == public_id), None)
    if found is None:
        raise NotFound
    return found


@bp.get("/reports/files/<any(lsc,grant,board):kind>")
@open_to(*STAFF)
def report_file(kind: str) -> ResponseReturnValue:
    """One report of a period, on a page or as a file."""
    programme = the_programme()
    period, grant = period_asked(calendars.today(programme)), grant_asked(programme, request.args.get("grant"))
    report = reports_files.build(ReportKind(kind), programme, period.first, period.last, grant)
    asked = request.args.get("format", "")
    if asked in FORMATS:
        return download(report, asked)
    return _shown(report, programme, wrong=period.wrong, grants=grants_of(programme), grant=grant, kept=None)


def _shown(report: Report, programme: Programme, **more: object) -> str:
    return render_template(
        "metrics/report_file.html", report=report, programme=programme, formats=FORMATS,
        period_name=figures.period_name, **more,
    )  # fmt: skip


@bp.get("/reports/made/<public_id>")
@open_to(*STAFF)
def report_made(public_id: str) -> ResponseReturnValue:
    """A report that made itself, with the figures it had then."""
    run = schedules.get_run(public_id, viewer=signed_in())
    report = from_json(run.contents)
    asked = request.args.get("format", "")
    return download(report, asked) if asked in FORMATS else _shown(report, run.programme, kept=run, wrong="")


@bp.route("/reports/schedules/new", methods=["GET", "POST"])
@open_to(Role.COORDINATOR)
def new_schedule() -> ResponseReturnValue:
    """Have a report make itself."""
    form = ScheduleForm()
    programme = _coordinated()
    people = schedules.colleagues(programme)
    form.offer(programme, grants_of(programme), people)
    if not form.validate_on_submit():
        return _schedule_page(form, programme, 422 if form.errors else 200)
    try:
        with transaction():
            _set_up(form, _coordinated())
    except (BadInput, operations.AlreadyScheduled) as no:
        form.form_errors.append(str(no.message))
        return _schedule_page(form, _coordinated(), 422)
    flash(_("Set up. The report makes itself in the night after each period."), "ok")
    return redirect(url_for(".report_files", programme=_coordinated().slug), 303)


def _coordinated() -> Programme:
    """The programme asked for, where the viewer is its coordinator."""
    programme = the_programme()
    if not signed_in().has(Role.COORDINATOR, programme.id):
        raise NotFound
    return programme


def _set_up(form: ScheduleForm, programme: Programme) -> ReportSchedule:
    return operations.set_up_schedule(
        programme, ReportKind(form.kind.data), every=form.every.data, begins_on=form.first_days[form.begins.data],
        recipients=_people(programme, form), actor=signed_in(), grant=grant_asked(programme, form.grant.data),
        to_funder=form.to_funder.data,
    )  # fmt: skip


def _people(programme: Programme, form: PeopleForm) -> list[User]:
    return [user for user in schedules.colleagues(programme) if user.public_id in (form.recipients.data or ())]


def _schedule_page(form: ScheduleForm, programme: Programme, status: int) -> ResponseReturnValue:
    return render_template("metrics/new_schedule.html", form=form, programme=programme,
                           about=reports_files.ABOUT), status  # fmt: skip


@bp.route("/reports/schedules/<public_id>", methods=["GET", "POST"])
@open_to(Role.COORDINATOR)
def edit_schedule(public_id: str) -> ResponseReturnValue:
    """Who is told of a report that makes itself."""
    schedule = schedules.get_schedule(public_id, viewer=signed_in())
    form = PeopleForm(recipients=[recipient.user.public_id for recipient in schedule.recipients])
    form.offer_people(schedules.colleagues(schedule.programme))
    if not form.validate_on_submit():
        return render_template(
            "metrics/schedule.html", form=form, schedule=schedule, name=operations.name_of(schedule),
            every=EVERY_NAMES, period=figures.period_name(*figures.period_of(schedule.next_on, schedule.every)),
        ), 422 if form.errors else 200  # fmt: skip
    with transaction():
        found = schedules.get_schedule(public_id, viewer=signed_in())
        operations.change_recipients(found, _people(found.programme, form), actor=signed_in())
        slug = found.programme.slug
    flash(_("Saved."), "ok")
    return redirect(url_for(".report_files", programme=slug), 303)


@bp.post("/reports/schedules/<public_id>/end")
@open_to(Role.COORDINATOR)
def end_schedule(public_id: str) -> ResponseReturnValue:
    """Make a report no more."""
    with transaction():
        found = schedules.get_schedule(public_id, viewer=signed_in())
        operations.end_schedule(found, actor=signed_in())
        slug = found.programme.slug
    flash(_("It makes itself no more. What was made stays."), "ok")
    return redirect(url_for(".report_files", programme=slug), 303)
