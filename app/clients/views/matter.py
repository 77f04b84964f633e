"""Pages on who is in a matter and the dates it hangs on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core.access import signed_in
from app.core.db import session, transaction
from app.core.errors import BadInput, NotFound

from .. import operations
from ..forms import DateForm, PartForm, PartyForm, lines, typed_day
from ..models import Case, CriticalDate, Party, PartyRole
from ..problems import deadline_rules
from . import bp
from .parts import date_facts, last_change, party_facts
from .screen_page import suggest_form
from .screening import STAFF_PAGE, answer, staff_case


def _party(public_id: str, party_id: str) -> Party:
    case = staff_case(public_id)
    found = select(Party).where(Party.case_id == case.id, Party.public_id == party_id, Party.removed_at.is_(None))
    party = session.scalars(found).one_or_none()
    if party is None:
        raise NotFound
    return party


def _date(public_id: str, date_id: str) -> CriticalDate:
    case = staff_case(public_id)
    found = select(CriticalDate).where(CriticalDate.case_id == case.id, CriticalDate.public_id == date_id)
    row = session.scalars(found).one_or_none()
    if row is None:
        raise NotFound
    return row


def _typed_party(form: PartyForm) -> dict[str, Any]:
    role = PartyRole(form.role.data)
    return {**form.typed, "role": role, "aliases": lines(form.aliases.data), "born_on": form.born_on.data or None}


@bp.post("/intake/<public_id>/parties")
@STAFF_PAGE
def add_party(public_id: str) -> ResponseReturnValue:
    """Add somebody to the matter."""
    form = PartyForm(prefix="party")

    def do(case: Case) -> Any:
        return operations.add_party(case, actor=signed_in(), **_typed_party(form))

    return answer(public_id, "party", form, do, _l("Added. Search the names again."))


@bp.route("/intake/<public_id>/parties/<party_id>", methods=["GET", "POST"])
@STAFF_PAGE
def change_party(public_id: str, party_id: str) -> ResponseReturnValue:
    """Correct somebody in the matter."""
    form = PartyForm(data=party_facts(_party(public_id, party_id)))

    def do() -> list[dict[str, Any]]:
        party = _party(public_id, party_id)
        rows = form.differences(party_facts(party))
        if not rows:
            operations.change_party(party, actor=signed_in(), **_typed_party(form))
        return rows

    return _edit(public_id, "clients/party.html", form, do, "parties", party=lambda: _party(public_id, party_id))


@bp.post("/intake/<public_id>/parties/<party_id>/remove")
@STAFF_PAGE
def remove_party(public_id: str, party_id: str) -> ResponseReturnValue:
    """Take out somebody who was entered by mistake."""
    with transaction():
        operations.remove_party(_party(public_id, party_id), actor=signed_in())
    flash(_("Removed. Search the names again."))
    return redirect(url_for(".screen", public_id=public_id, _anchor="parties"), 303)


@bp.post("/intake/<public_id>/dates")
@STAFF_PAGE
def add_date(public_id: str) -> ResponseReturnValue:
    """Add a date, or the question for one."""
    form = DateForm(prefix="date")

    def do(case: Case) -> Any:
        return operations.add_critical_date(case, actor=signed_in(), **form.typed)

    return answer(public_id, "date", form, do, _l("Saved. The priority was reckoned anew."))


@bp.post("/intake/<public_id>/dates/suggest")
@STAFF_PAGE
def suggest_date(public_id: str) -> ResponseReturnValue:
    """Suggest a date by a rule; it stays labelled until somebody reads the paper."""
    form = suggest_form()

    def do(case: Case) -> Any:
        rule, day = deadline_rules()[form.rule.data], typed_day(form.event_on)
        return operations.suggest_critical_date(case, rule, day, kind=form.kind.data, actor=signed_in())

    return answer(public_id, "suggest", form, do, _l("Added as a suggestion. Confirm it by the paper."))


@bp.route("/intake/<public_id>/dates/<date_id>", methods=["GET", "POST"])
@STAFF_PAGE
def change_date(public_id: str, date_id: str) -> ResponseReturnValue:
    """Correct a date, or answer the question for one."""
    form = DateForm(data=date_facts(_date(public_id, date_id)))

    def do() -> list[dict[str, Any]]:
        row = _date(public_id, date_id)
        rows = form.differences(date_facts(row))
        if not rows:
            operations.change_critical_date(row, actor=signed_in(), **form.typed)
        return rows

    return _edit(public_id, "clients/date.html", form, do, "dates", row=lambda: _date(public_id, date_id))


@bp.post("/intake/<public_id>/dates/<date_id>/confirm")
@STAFF_PAGE
def confirm_date(public_id: str, date_id: str) -> ResponseReturnValue:
    """Confirm a suggested date as it stands."""
    with transaction():
        operations.settle_critical_date(_date(public_id, date_id), actor=signed_in())
    flash(_("The date is confirmed."))
    return redirect(url_for(".screen", public_id=public_id, _anchor="dates"), 303)


@bp.post("/intake/<public_id>/dates/<date_id>/done")
@STAFF_PAGE
def finish_date(public_id: str, date_id: str) -> ResponseReturnValue:
    """A date was met, or there is none after all."""
    with transaction():
        operations.finish_critical_date(_date(public_id, date_id), actor=signed_in())
    flash(_("The date is marked as done."))
    return redirect(url_for(".screen", public_id=public_id, _anchor="dates"), 303)


def _edit(
    public_id: str, template: str, form: PartForm, do: Callable[[], list[dict[str, Any]]], anchor: str, **load: Any
) -> ResponseReturnValue:
    """A small page that edits one row: saved, refused with what was typed, or both texts."""
    both, status = None, 200
    if not form.is_submitted():
        form.show()
    elif form.validate():
        try:
            with transaction():
                rows = do()
        except BadInput as no:
            form.form_errors, status = [no.message], 422
        else:
            if not rows:
                flash(_("Saved."))
                return redirect(url_for(".screen", public_id=public_id, _anchor=anchor), 303)
            both, status = {"rows": rows, **last_change(staff_case(public_id))}, 409
    else:
        status = 422
    found = {name: get() for name, get in load.items()}
    return render_template(template, case=staff_case(public_id), form=form, both=both, **found), status
