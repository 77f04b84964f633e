"""Pages on a case's priority and on the rules behind it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import Programme
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import BadInput, NotFound

from .. import operations, policy
from ..forms import typed_day
from ..forms_docket import OverrideForm
from ..models import PriorityLevel, PriorityRules
from ..operations_priority import CHANGEABLE
from ..priority import latest_rules, live_override
from ..urgency import LEVELS, first_rules, in_words
from . import bp
from .docket import case_url
from .screening import STAFF_PAGE, staff_case


@bp.route("/intake/<public_id>/priority", methods=["GET", "POST"])
@STAFF_PAGE
def priority(public_id: str) -> ResponseReturnValue:
    """Why a case is as urgent as it is, and setting it by judgement for a time."""
    form = OverrideForm()
    if form.validate_on_submit():
        try:
            with transaction():
                operations.override_priority(
                    staff_case(public_id), PriorityLevel(form.level.data), form.reason.data or "",
                    typed_day(form.lapses_on), actor=signed_in(),
                )  # fmt: skip
        except BadInput as no:
            form.form_errors = [no.message]
        else:
            flash(_("The level is set until the day you chose."))
            return redirect(case_url(staff_case(public_id)), 303)
    return _priority_page(public_id, form)


def _priority_page(public_id: str, form: OverrideForm) -> ResponseReturnValue:
    case = staff_case(public_id)
    reckoned = next((each for each in case.priorities if each.override_level is None), None)
    page = render_template(
        "clients/priority.html", case=case, form=form, override=live_override(case), reckoned=reckoned,
        factors=in_words(reckoned.factors) if reckoned else [], back=case_url(case),
    )  # fmt: skip
    return page, 422 if form.errors else 200


@bp.post("/intake/<public_id>/priority/end")
@STAFF_PAGE
def end_override(public_id: str) -> ResponseReturnValue:
    """Let the rules speak again."""
    with transaction():
        operations.end_override(staff_case(public_id), actor=signed_in())
    flash(_("The level follows the rules again."))
    return redirect(url_for(".priority", public_id=public_id), 303)


def rules_programme(slug: str) -> Programme:
    """A programme whose rules and words the reader may read.

    :raises NotFound: unknown, or not theirs
    """
    reader = signed_in()
    found = select(Programme).where(Programme.slug == slug)
    if not reader.has(Role.ADMIN):
        found = found.where(Programme.id.in_(reader.programme_ids(*STAFF)))
    programme = session.scalars(found).one_or_none()
    if programme is None:
        raise NotFound
    return programme


@bp.get("/priority-rules")
@open_to(Role.COORDINATOR, Role.SUPERVISING_ATTORNEY, Role.ADMIN)
def rules() -> ResponseReturnValue:
    """The programmes whose rules the reader may read; the only one opens at once."""
    reader = signed_in()
    found = select(Programme).order_by(Programme.name)
    if not reader.has(Role.ADMIN):
        found = found.where(Programme.id.in_(reader.programme_ids(*STAFF)))
    programmes = session.scalars(found).all()
    if len(programmes) == 1:
        return redirect(url_for(".programme_rules", slug=programmes[0].slug))
    return render_template("clients/rules_list.html", programmes=programmes)


@bp.route("/priority-rules/<slug>", methods=["GET", "POST"])
@open_to(Role.COORDINATOR, Role.SUPERVISING_ATTORNEY, Role.ADMIN)
def programme_rules(slug: str) -> ResponseReturnValue:
    """The rules in force, their history, and changing them with a reason."""
    errors: list[Any] = []
    if request.method == "POST":
        try:
            with transaction():
                made = _change(rules_programme(slug)).number
            flash(_("Version %(number)s is in force. Cases follow tonight.", number=made))
            return redirect(url_for(".programme_rules", slug=slug), 303)
        except BadInput as no:
            errors = [no.message]
    return _rules_page(rules_programme(slug), errors)


def _change(programme: Programme) -> PriorityRules:
    stored = latest_rules(programme)
    changes = {
        rule["key"]: {name: _number(f"{rule['key']}-{name}") for name in CHANGEABLE if rule[name] is not None}
        for rule in stored.rules
    }
    levels = {level: _number(f"level-{level}") for level in LEVELS}
    return operations.change_rules(
        programme, changes, levels, request.form.get("reason", ""), seen_number=_number("seen"), actor=signed_in()
    )


def _number(name: str) -> int:
    """A whole number of the form.

    :raises BadInput: it is none
    """
    try:
        return int(request.form.get(name, "").strip())
    except ValueError:
        raise BadInput(_("Write whole numbers from 0 to 400.")) from None


def _rules_page(programme: Programme, errors: list[Any]) -> ResponseReturnValue:
    newest = PriorityRules.number.desc()
    history = session.scalars(
        select(PriorityRules).where(PriorityRules.programme_id == programme.id).order_by(newest)
    ).all()
    page = render_template(
        "clients/rules.html",
        programme=programme,
        rules=history[0].rules if history else first_rules(),
        levels=history[0].levels if history else LEVELS,
        number=history[0].number if history else 1,
        history=history,
        errors=errors,
        typed=request.form,
        may_edit=policy.may_edit_rules(signed_in(), programme.id),
    )
    return page, 422 if errors else 200
