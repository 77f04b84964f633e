"""What each role asks for: staff read it, administrators change it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import transaction

from .. import operations_requirements, policy, queries, words
from ..forms_screening import EndRequirementForm, RequirementForm
from ..models import VolunteerRole
from ..requirements import live_requirements
from . import bp


@bp.get("/volunteers/requirements")
@open_to(*STAFF, Role.ADMIN)
def requirements() -> ResponseReturnValue:
    """The requirements in force, by role."""
    rows = live_requirements()
    by_role = {role: [row for row in rows if row.role == role] for role in VolunteerRole}
    may_change = policy.may_change_requirements(signed_in())
    return render_template("volunteers/requirements.html", by_role=by_role, words=words, may_change=may_change,
                           programme_cover=policy.PROGRAMME_COVER)  # fmt: skip


@bp.route("/volunteers/requirements/new", methods=["GET", "POST"])
@open_to(Role.ADMIN)
def add_requirement() -> ResponseReturnValue:
    """Ask something more of a role."""
    form = RequirementForm()
    if form.is_submitted() and form.validate():
        with transaction():
            operations_requirements.load_requirements(actor=signed_in())
            operations_requirements.add_requirement(
                VolunteerRole(form.role.data), form.name.data.strip(), form.met_by.data, form.wording.data.strip(),
                form.months.data, reason=form.reason.data, actor=signed_in(),
            )  # fmt: skip
        flash(_("Saved. Volunteers who lack it lapse tonight."), "success")
        return redirect(url_for(".requirements"), 303)
    if not form.is_submitted() and request.args.get("role") in list(VolunteerRole):
        form.role.data = request.args["role"]
    page = render_template("volunteers/requirement.html", form=form, requirement=None)
    return page, 422 if form.is_submitted() else 200


@bp.route("/volunteers/requirements/<role>/<name>", methods=["GET", "POST"])
@open_to(Role.ADMIN)
def change_requirement(role: str, name: str) -> ResponseReturnValue:
    """Change what a role asks for."""
    row = queries.find_requirement(role, name)
    form = RequirementForm(data={"wording": row.words, "met_by": row.met_by, "months": row.months_valid})
    del form.role, form.name
    if form.is_submitted() and form.validate():
        with transaction():
            operations_requirements.load_requirements(actor=signed_in())
            operations_requirements.change_requirement(
                queries.find_requirement(role, name), form.met_by.data, form.wording.data.strip(), form.months.data,
                reason=form.reason.data, actor=signed_in(),
            )  # fmt: skip
        flash(_("Saved. Volunteers it concerns lapse or come back tonight."), "success")
        return redirect(url_for(".requirements"), 303)
    page = render_template("volunteers/requirement.html", form=form, requirement=row, words=words)
    return page, 422 if form.is_submitted() else 200


@bp.route("/volunteers/requirements/<role>/<name>/end", methods=["GET", "POST"])
@open_to(Role.ADMIN)
def end_requirement(role: str, name: str) -> ResponseReturnValue:
    """Ask for it no more."""
    row, form = queries.find_requirement(role, name), EndRequirementForm()
    if form.is_submitted() and form.validate():
        with transaction():
            operations_requirements.load_requirements(actor=signed_in())
            found = queries.find_requirement(role, name)
            operations_requirements.end_requirement(found, reason=form.reason.data, actor=signed_in())
        flash(_("Ended. Volunteers who lacked only this come back tonight."), "success")
        return redirect(url_for(".requirements"), 303)
    page = render_template("volunteers/end_requirement.html", form=form, requirement=row, words=words)
    return page, 422 if form.is_submitted() else 200
