"""Firms and other organisations, their people and who answers for them, for staff."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import lists
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import transaction

from .. import operations_organisations as operations
from .. import queries, queries_organisations, words
from ..forms_organisations import CoordinatorForm, OrganisationForm
from ..models import Organisation
from . import bp


@bp.get("/organisations")
@open_to(*STAFF, Role.ADMIN)
def organisations() -> ResponseReturnValue:
    """The list, with how many people and whether anybody answers."""
    asked = {name: request.args.get(name, "")[:80] for name in ("text", "kind", "without", "sort")}
    found = queries_organisations.organisations_list(
        signed_in(), kind=asked["kind"], without=asked["without"] == "1", sort=asked["sort"]
    )
    if asked["text"].strip():
        found = found.where(Organisation.id.in_(queries_organisations.named_like(asked["text"])))
    return render_template(
        "volunteers/organisations.html",
        page=lists.page_of(found, size=50),
        asked=asked,
        words=words,
        here=lists.here,
        may_keep=_may_keep(),
    )


def _may_keep() -> bool:
    return operations.policy.may_keep_organisations(signed_in())


@bp.route("/organisations/new", methods=["GET", "POST"])
@open_to(*STAFF, Role.ADMIN)
def new_organisation() -> ResponseReturnValue:
    """Enter a firm."""
    form = OrganisationForm()
    if not form.validate_on_submit():
        return render_template("volunteers/new_organisation.html", form=form), 422 if form.is_submitted() else 200
    with transaction():
        made = operations.add_organisation(str(form.name.data), form.kind.data, actor=signed_in()).public_id
    flash(_("Saved."), "success")
    return redirect(url_for(".organisation", public_id=made), 303)


@bp.get("/organisations/<public_id>")
@open_to(*STAFF, Role.ADMIN)
def organisation(public_id: str) -> ResponseReturnValue:
    """One organisation: its people, and who answers for it."""
    row = _row(public_id)
    form = OrganisationForm(formdata=None, data={"name": row.name, "kind": row.kind})
    return _page(row, form, CoordinatorForm(formdata=None))


def _row(public_id: str) -> Organisation:
    return queries_organisations.get_for_staff(public_id, viewer=signed_in())


def _page(row: Organisation, form: OrganisationForm, coordinator: CoordinatorForm) -> str:
    return render_template(
        "volunteers/organisation.html",
        organisation=row,
        people=queries_organisations.people_of(row),
        unconfirmed=queries_organisations.unconfirmed([row.id]),
        coordinators=queries_organisations.coordinators_of(row),
        similar=queries.similar_organisations(row),
        form=form,
        coordinator=coordinator,
        may_keep=_may_keep(),
        words=words,
    )


@bp.post("/organisations/<public_id>")
@open_to(*STAFF, Role.ADMIN)
def change_organisation(public_id: str) -> ResponseReturnValue:
    """Write name and kind anew."""
    form = OrganisationForm()
    if not form.validate():
        return _page(_row(public_id), form, CoordinatorForm(formdata=None)), 422
    with transaction():
        operations.change_organisation_name(_row(public_id), str(form.name.data), form.kind.data, actor=signed_in())
    return _back(public_id, _("Saved."))


def _back(public_id: str, said: str) -> ResponseReturnValue:
    flash(said, "success")
    return redirect(url_for(".organisation", public_id=public_id), 303)


@bp.post("/organisations/<public_id>/coordinators")
@open_to(*STAFF, Role.ADMIN)
def give_coordinator(public_id: str) -> ResponseReturnValue:
    """Let somebody answer for the organisation."""
    row, form = _row(public_id), CoordinatorForm()
    if not form.validate():
        return _page(row, OrganisationForm(formdata=None, data={"name": row.name, "kind": row.kind}), form), 422
    with transaction():
        operations.give_coordinator(_row(public_id), str(form.name.data), str(form.email.data), actor=signed_in())
    return _back(public_id, _("The role is given. It counts from the next click."))


@bp.post("/organisations/<public_id>/coordinators/<user_id>/away")
@open_to(*STAFF, Role.ADMIN)
def take_coordinator_away(public_id: str, user_id: str) -> ResponseReturnValue:
    """Let somebody answer for it no longer."""
    with transaction():
        row = _row(public_id)
        them = queries_organisations.find_coordinator(row, user_id)
        operations.take_coordinator_away(row, them, actor=signed_in())
    return _back(public_id, _("The role is taken away. It no longer counts from the next click."))


@bp.post("/organisations/<public_id>/people/<volunteer_id>/<any(confirm,refuse):answer>")
@open_to(*STAFF, Role.ADMIN)
def answer_membership(public_id: str, volunteer_id: str, answer: str) -> ResponseReturnValue:
    """Confirm that somebody belongs to the organisation, or say that they do not."""
    with transaction():
        found = queries_organisations.find_unconfirmed([_row(public_id).id], volunteer_id)
        if answer == "confirm":
            operations.confirm_membership(found, actor=signed_in())
        else:
            operations.refuse_membership(found, actor=signed_in())
    return _back(public_id, _("Noted."))
