"""How a volunteer's work on a case ends: the closing report."""

from __future__ import annotations

from typing import Any

from flask import flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import SelectChoice

from app.accounts import calendars
from app.clients.models import Case, CaseStatus
from app.core.access import Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import NotAllowed, refuse_if
from app.matching.models import Assignment

from .. import closing, forms, operations_closing, policy, queries
from ..models import AmountKind, ClosingStatus
from . import bp
from .work import ask, my_assignment, to_case


@bp.route("/my/cases/<public_id>/close", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def close(public_id: str) -> ResponseReturnValue:
    """Report how the matter ended."""
    assignment = my_assignment(public_id)
    refuse_if(not policy.may_report_closing(signed_in(), assignment.case), NotAllowed)
    if assignment.case.status is CaseStatus.CLOSING:
        return to_case(public_id)
    form = _closing_form(assignment)
    if not form.validate_on_submit():
        return _page(form, assignment)
    try:
        with transaction():
            assignment = my_assignment(public_id)
            operations_closing.report_closing(assignment.case, _report(form), amounts=_amounts(form), actor=signed_in())
    except operations_closing.CannotClose as refusal:
        for field, sentence in refusal.details:
            form[field].errors = [*form[field].errors, sentence]
        return _page(form, my_assignment(public_id))
    flash(
        _("Sent. The programme checks it within three business days; the case no longer takes one of your places."),
        "ok",
    )
    return to_case(public_id)


def _page(form: forms.ClosingForm, assignment: Assignment) -> ResponseReturnValue:
    case = assignment.case
    hints = {code.code: closing.in_words(code) for code in closing.closing_codes().values()}
    last = queries.closing_report(case)
    returned = last.return_reason if last is not None and last.status is ClosingStatus.RETURNED else None
    return ask(form, "close", assignment, hints=hints, returned=returned)


def _closing_form(assignment: Assignment) -> forms.ClosingForm:
    case = assignment.case
    own_hours = queries.hours_of(case, by=signed_in()) or None
    typed = {"work_ended_on": calendars.today(case.programme), **_typed_before(case)}
    form = forms.ClosingForm(hours=own_hours, **typed)
    form.closing_code.choices = [SelectChoice(c.code, f"{c.code}  {c.label}") for c in closing.closing_codes().values()]
    benefits = closing.main_benefits(case.problem_code or "").items()
    form.main_benefit.choices = [SelectChoice("", _("Choose one")), *(SelectChoice(k, v) for k, v in benefits)]
    results = closing.outcomes().items()
    form.outcome.choices = [SelectChoice("", _("No proceeding")), *(SelectChoice(k, v) for k, v in results)]
    return form


TYPED = (
    "closing_code", "main_benefit", "outcome", "decision", "decided_on", "counsel_of_record", "settlement_documented",
    "work_ended_on",
)  # fmt: skip


def _typed_before(case: Case) -> dict[str, Any]:
    """What a returned report said, so that only what is missing must be typed."""
    last = queries.closing_report(case)
    if last is None or last.status is not ClosingStatus.RETURNED:
        return {}
    amounts = {amount.kind.value: amount.cents for amount in last.amounts}
    months = next((amount.months for amount in last.amounts if amount.months), None)
    return {**{column: getattr(last, column) for column in TYPED}, **amounts, "months": months}


def _report(form: forms.ClosingForm) -> closing.Closing:
    return closing.Closing(
        closing_code=form.closing_code.data,
        main_benefit=form.main_benefit.data or None,
        outcome=form.outcome.data or None,
        decision=form.decision.data or None,
        decided_on=form.decided_on.data,
        counsel_of_record=form.counsel_of_record.data,
        settlement_documented=form.settlement_documented.data,
        work_ended_on=form.work_ended_on.data,
        hours=form.hours.data,
    )


def _amounts(form: forms.ClosingForm) -> list[operations_closing.Amount]:
    found = []
    for kind in AmountKind:
        cents = form[kind.value].data
        if cents:
            months = form.months.data if kind is AmountKind.MONTHLY else None
            found.append(operations_closing.Amount(kind, cents, months))
    return found
