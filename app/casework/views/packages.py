"""Packages: the volunteer reports one done or gives a part back; staff approve or return the report."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import NotFound
from app.core.forms import Form

from .. import operations, queries
from .. import operations_packages as packages
from .. import queries_packages as found
from ..forms_packages import GiveBackPartForm, PackageDoneForm, ReturnPackageForm
from ..models_packages import PackageStatus
from . import bp


@bp.route("/my/parts/<public_id>/done", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def package_done(public_id: str) -> ResponseReturnValue:
    """Report a package done."""
    form = PackageDoneForm()
    part = found.my_part(public_id, viewer=signed_in())
    if not form.is_submitted():
        form.hours.data = queries.hours_of(part.case, by=signed_in()) or None
    if not form.validate_on_submit():
        return _done_page(public_id, form)
    try:
        with transaction():
            part = found.my_part(public_id, viewer=signed_in())
            said, hours = form.text.data or "", form.hours.data
            packages.report_package(part, text=said, hundredths=hours, actor=signed_in())
    except operations.CannotKeep as no:
        form[no.field].errors = [*form[no.field].errors, no.message]
        return _done_page(public_id, form)
    flash(_("Thank you. The programme looks at it and writes to you."), "ok")
    return redirect(url_for(".my_cases"), 303)


def _done_page(public_id: str, form: Form) -> ResponseReturnValue:
    part = found.my_part(public_id, viewer=signed_in())
    if not part.is_package:
        raise NotFound
    report = found.newest_report(part)
    page = render_template("casework/package_done.html", part=part, case=part.case, form=form, report=report)
    return page, 422 if form.errors else 200


@bp.route("/my/parts/<public_id>/give-back", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def give_back_part(public_id: str) -> ResponseReturnValue:
    """Give back a part beside the lead's."""
    form, part = GiveBackPartForm(), found.my_part(public_id, viewer=signed_in())
    if part.opening is None or part.role == "lead":
        raise NotFound
    if not form.validate_on_submit():
        page = render_template("casework/give_back_part.html", part=part, case=part.case, form=form)
        return page, 422 if form.errors else 200
    with transaction():
        part = found.my_part(public_id, viewer=signed_in())
        packages.give_back_part(part, reason=form.reason.data, actor=signed_in())
    flash(_("Thank you for telling us. Somebody else is looked for, and your access has ended."), "ok")
    return redirect(url_for(".my_cases"), 303)


@bp.get("/packages/<public_id>")
@open_to(*STAFF)
def package_report(public_id: str) -> ResponseReturnValue:
    """What was reported of a package: approve it or ask for more."""
    return _report_page(public_id, ReturnPackageForm(formdata=None))


def _report_page(public_id: str, form: Form) -> ResponseReturnValue:
    report = found.get_report(public_id, viewer=signed_in())
    part = report.assignment
    waits = report.status is PackageStatus.REPORTED and part.ended_at is None
    page = render_template(
        "casework/package_report.html", report=report, part=part, case=part.case, form=form, waits=waits
    )
    return page, 422 if form.errors else 200


@bp.post("/packages/<public_id>/approve")
@open_to(*STAFF)
def approve_package(public_id: str) -> ResponseReturnValue:
    """Agree that a package is done."""
    with transaction():
        report = found.get_report(public_id, viewer=signed_in())
        packages.approve_package(report, actor=signed_in())
        case = report.assignment.case.public_id
    flash(_("Done. Their part has ended, and they are thanked."), "ok")
    return redirect(url_for("desk.case", public_id=case, _anchor="openings"), 303)


@bp.post("/packages/<public_id>/return")
@open_to(*STAFF)
def return_package(public_id: str) -> ResponseReturnValue:
    """Ask for something more."""
    form = ReturnPackageForm()
    if not form.validate_on_submit():
        return _report_page(public_id, form)
    with transaction():
        report = found.get_report(public_id, viewer=signed_in())
        packages.return_package(report, reason=form.reason.data or "", actor=signed_in())
        case = report.assignment.case.public_id
    flash(_("Returned. The volunteer is told."), "ok")
    return redirect(url_for("desk.case", public_id=case, _anchor="openings"), 303)
