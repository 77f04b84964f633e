"""Clinics and advice shifts: logging one's own, or from the sheet that people signed."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts import calendars
from app.accounts.models import Programme
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import NotFound
from app.core.i18n import today
from app.core.lists import page_of

from .. import operations_shifts as operations
from .. import queries, queries_shifts
from ..forms_shifts import SheetForm, ShiftForm
from ..models import Volunteer
from ..words import SHIFTS
from . import bp


@bp.route("/my/shifts", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def own_shifts() -> ResponseReturnValue:
    """One's own clinics and advice shifts, and a form for another."""
    row = queries.get_own(signed_in())
    return _page(row, queries_shifts.programmes_open_to(row), url_for(".own_shifts"), own=True)


@bp.route("/volunteers/<public_id>/shifts", methods=["GET", "POST"])
@open_to(*STAFF)
def shifts(public_id: str) -> ResponseReturnValue:
    """Somebody's clinics and advice shifts at one's programmes, and a form for another."""
    row = queries.get_volunteer(public_id, viewer=signed_in())
    return _page(row, _mine() if row.approved_at else [], url_for(".shifts", public_id=public_id), own=False)


def _page(row: Volunteer, programmes: list[Programme], here: str, *, own: bool) -> ResponseReturnValue:
    form = ShiftForm(on_day=today())
    form.offer(programmes)
    if programmes and form.validate_on_submit() and _log(form, row):
        flash(_("Logged. Thank you."), "ok")
        return redirect(here, 303)
    page = render_template(
        "volunteers/shifts.html", volunteer=row, form=form, programmes=programmes, names=SHIFTS,
        page=page_of(queries_shifts.shifts_of(row, viewer=signed_in()), scalars=True), own=own,
    )  # fmt: skip
    return page, 422 if form.errors else 200


def _log(form: ShiftForm, row: Volunteer) -> bool:
    try:
        with transaction():
            operations.log_shift(
                session.get_one(Volunteer, row.id), session.get_one(Programme, form.chosen.id), form.facts,
                actor=signed_in(),
            )  # fmt: skip
    except operations.ShiftDoesNotFit as no:
        form.say(no)
        return False
    return True


def _mine() -> list[Programme]:
    """The programmes whose sheets the viewer may enter."""
    mine = signed_in().programme_ids(*STAFF)
    return [programme for programme in queries.programmes() if programme.id in mine]


@bp.post("/shifts/<public_id>/take-back")
@open_to(Role.VOLUNTEER, *STAFF)
def take_shift_back(public_id: str) -> ResponseReturnValue:
    """An entry made by mistake counts no more."""
    with transaction():
        found = operations.get_shift(public_id, viewer=signed_in())
        operations.take_back(found, actor=signed_in())
        of, own = found.volunteer.public_id, found.volunteer.user_id == signed_in().id
        slug, day = found.programme.slug, found.on_day
    flash(_("Taken back. It counts no more."), "ok")
    if request.form.get("sheet"):
        return redirect(url_for(".shift_sheet", programme=slug, day=day), 303)
    return redirect(url_for(".own_shifts") if own else url_for(".shifts", public_id=of), 303)


@bp.route("/volunteers/shifts", methods=["GET", "POST"])
@open_to(*STAFF)
def shift_sheet() -> ResponseReturnValue:
    """Log one clinic for everybody who was there, and read what is logged."""
    programme, asked = _programme(), _day_asked()
    sheet = queries_shifts.sheet_of(programme, viewer=signed_in())
    form = SheetForm(on_day=asked or calendars.today(programme))
    form.offer([programme])
    form.offer_people(sheet)
    if form.validate_on_submit() and _log_sheet(form, programme):
        return redirect(url_for(".shift_sheet", programme=programme.slug, day=form.on_day.data), 303)
    logged = queries_shifts.shifts_at(programme, asked, asked, viewer=signed_in())
    page = render_template(
        "volunteers/shift_sheet.html", form=form, sheet=sheet, programme=programme, programmes=_mine(), names=SHIFTS,
        day=asked, page=page_of(logged, scalars=True),
    )  # fmt: skip
    return page, 422 if form.errors else 200


def _day_asked() -> date | None:
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None


def _programme() -> Programme:
    asked = request.args.get("programme")
    found = next((each for each in _mine() if asked in (None, "", each.slug)), None)
    if found is None:
        raise NotFound
    return found


def _log_sheet(form: SheetForm, programme: Programme) -> bool:
    try:
        with transaction():
            there = queries_shifts.people_named(form.volunteers.data or (), viewer=signed_in())
            of = session.get_one(Programme, programme.id)
            made, before = operations.log_sheet(there, of, form.facts, actor=signed_in())
            names = ", ".join(each.name for each in before)
    except operations.ShiftDoesNotFit as no:
        form.say(no)
        return False
    flash(ngettext("Logged for one person.", "Logged for %(num)s people.", len(made)), "ok")
    if names:
        flash(_("Logged before, and left as it was: %(names)s.", names=names), "wait")
    return True
