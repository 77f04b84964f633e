"""A hold's own page: the names, what the check found, more time, giving back."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clients import vocabulary
from app.clients.models import CaseRole
from app.core import audit
from app.core.access import Role, open_to, signed_in
from app.core.db import transaction

from .. import operations, policy, queries, terms, words
from ..forms import AttestForm, HoldForm
from ..forms_asking import AgainForm
from ..models import Referral, ReferralStatus
from ..refusals import CheckAgain
from . import bp

S = ReferralStatus


@bp.get("/my/matters/<public_id>")
@open_to(Role.VOLUNTEER)
def parties(public_id: str) -> ResponseReturnValue:
    """The names to check, while the reader holds the matter; who saw them is written down first."""
    referral = queries.get_my_referral(public_id, viewer=signed_in())
    if _shows_names(referral):
        audit.record_view("parties", referral, viewer=signed_in())
        referral = queries.get_my_referral(public_id, viewer=signed_in())
    return _page(referral, AttestForm())


def _shows_names(referral: Referral) -> bool:
    if referral.status is S.CONFIRMED:
        return referral.attested_version is None and queries.leads(referral)
    may = policy.may_hold_on(referral.volunteer) and referral.is_promised
    return may and queries.may_read_names(referral)


def _page(referral: Referral, form: AttestForm) -> str:
    shown = queries.names_shown(referral) if _shows_names(referral) else []
    form.names_read.data = referral.names_now
    return render_template(
        "matching/parties.html",
        referral=referral,
        case=referral.case,
        parties=shown,
        all_shown=not referral.case.sensitive or referral.names_released == "all" or referral.status is S.CONFIRMED,
        form=form,
        promise=HoldForm(formdata=None),
        again=AgainForm(formdata=None),
        may_extend=referral.status is S.HELD and not referral.extended_at and not terms.is_pressing(referral.case),
        place=queries.position(referral) if referral.status is S.WAITLISTED else 0,
        roles=vocabulary.PARTY_ROLES,
        forums=vocabulary.FORUMS,
        words=words,
    )


@bp.post("/my/matters/<public_id>/attest")
@open_to(Role.VOLUNTEER)
def attest(public_id: str) -> ResponseReturnValue:
    """Say what the conflict check found."""
    form = AttestForm()
    if not form.validate():
        return _page(queries.get_my_referral(public_id, viewer=signed_in()), form), 422
    try:
        with transaction():
            referral = queries.get_my_referral(public_id, viewer=signed_in())
            in_hand = referral.status is S.CONFIRMED
            operations.attest(referral, form.answer.data, actor=signed_in(), names_read=form.names_read.data or "")
            status, case_id = referral.status, referral.case.public_id
            is_lead = referral.opening.role is CaseRole.LEAD
    except CheckAgain as changed:
        flash(str(changed.message), "stop")
        return redirect(url_for(".parties", public_id=public_id), 303)
    if in_hand:
        return _checked_again(form.answer.data, case_id)
    if status is S.CONFIRMED:
        flash(
            _("The matter is yours. The client is being told; your first contact is what comes next.")
            if is_lead
            else _("It is yours. This page shows what your part needs.")
        )
        return redirect(url_for("casework.my_case", public_id=case_id), 303)
    if status is S.REQUESTED:
        return redirect(url_for(".parties", public_id=public_id), 303)
    flash(_("Thank you for looking. This is never held against you."))
    return redirect(url_for(".opportunities"), 303)


def _checked_again(answer: str, case_id: str) -> ResponseReturnValue:
    """The names of a case in hand had changed."""
    if answer == operations.CONFLICT:
        flash(_("Thank you. The case is closed to you from now on, and the programme finds somebody else."))
        return redirect(url_for(".my_matters"), 303)
    if answer == operations.CLEAR:
        flash(_("Thank you. Everything goes on as before."))
    else:
        flash(_("The case is in your hands. To give it up, hand it back from this page."), "stop")
    return redirect(url_for("casework.my_case", public_id=case_id), 303)


@bp.post("/my/matters/<public_id>/extend")
@open_to(Role.VOLUNTEER)
def extend(public_id: str) -> ResponseReturnValue:
    """Ask for two more business days."""
    with transaction():
        operations.extend_hold(queries.get_my_referral(public_id, viewer=signed_in()), actor=signed_in())
    flash(_("You have two more business days."))
    return redirect(url_for(".parties", public_id=public_id), 303)


@bp.post("/my/matters/<public_id>/give-back")
@open_to(Role.VOLUNTEER)
def give_back(public_id: str) -> ResponseReturnValue:
    """Give back a hold, a request or a place in the line."""
    with transaction():
        operations.withdraw_hold(queries.get_my_referral(public_id, viewer=signed_in()), actor=signed_in())
    flash(_("You gave it back. The programme sees it at once."))
    return redirect(url_for(".opportunities"), 303)
