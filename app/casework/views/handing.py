"""The volunteer's ways out of a case: give it back, leave at once, ask for a transfer; and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clients import vocabulary
from app.clients.models.statuses import CaseRole
from app.core.access import Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import NotFound
from app.matching.models import Assignment

from .. import operations, operations_transfer, transfer_forms, transfer_queries, transfer_words
from .. import operations_transfer_receiver as receivers
from ..transfer_models import Court, Transfer, TransferKind, TransferStatus
from . import bp
from .transfer_pages import story
from .work import my_assignment, to_case

K, S = TransferKind, TransferStatus


def _my_lead(public_id: str) -> Assignment:
    assignment = my_assignment(public_id)
    if assignment.role is not CaseRole.LEAD:
        raise NotFound
    return assignment


def _under_way(assignment: Assignment, kind: TransferKind) -> Transfer | None:
    found = transfer_queries.open_transfer(assignment.case)
    return found if found is not None and found.kind is kind else None


def keep_or_say(form: Any, do: Callable[[], Any]) -> Any:
    """Do it in a transaction; None where a field cannot be kept, which then says why."""
    try:
        with transaction():
            return do().public_id
    except operations.CannotKeep as no:
        form[no.field].errors = [*form[no.field].errors, no.message]
        return None


def _ask(form: Any, assignment: Assignment, template: str, **page: Any) -> ResponseReturnValue:
    shown = render_template(
        f"casework/{template}.html", form=form, assignment=assignment, case=assignment.case,
        kinds=vocabulary.DATE_KINDS, **page,
    )  # fmt: skip
    return shown, 422 if form.errors else 200


@bp.route("/my/cases/<public_id>/hand-back", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def hand_back(public_id: str) -> ResponseReturnValue:
    """Give a case back, now or in several sittings."""
    assignment = _my_lead(public_id)
    before = _under_way(assignment, K.HAND_BACK)
    if before is not None and before.status is not S.DRAFT:
        return redirect(url_for(".own_transfer", public_id=before.public_id), 303)
    form = transfer_forms.HandBackForm(**transfer_forms.typed_before(before))
    is_draft = request.form.get("do") == "draft"
    if not form.is_submitted() or not (form.can_be_kept() if is_draft else form.validate()):
        return _ask(form, assignment, "transfer_hand_back", draft=before)
    do = operations_transfer.save_draft if is_draft else operations_transfer.hand_back
    done = keep_or_say(form, lambda: do(_my_lead(public_id), form.reason.data, form.given(), actor=signed_in()))
    if done is None:
        return _ask(form, _my_lead(public_id), "transfer_hand_back", draft=before)
    if is_draft:
        flash(_("The draft is kept. Nothing has been sent."), "ok")
        return to_case(public_id)
    return redirect(url_for(".own_transfer", public_id=done), 303)


@bp.route("/my/cases/<public_id>/leave-at-once", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def leave_at_once(public_id: str) -> ResponseReturnValue:
    """Stop at once, with nobody's leave."""
    assignment, form = _my_lead(public_id), transfer_forms.LeaveForm()
    if not form.validate_on_submit():
        return _ask(form, assignment, "transfer_leave")
    with transaction():
        made = operations_transfer.leave_at_once(
            _my_lead(public_id), form.reason.data, court=Court(form.court.data), actor=signed_in()
        )
        done = made.public_id
    return redirect(url_for(".own_transfer", public_id=done), 303)


@bp.route("/my/cases/<public_id>/transfer", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def ask_for_transfer(public_id: str) -> ResponseReturnValue:
    """Ask for another lawyer and stay until they accept; or complete the checklist that staff asked for."""
    assignment = _my_lead(public_id)
    before = _under_way(assignment, K.TRANSFER)
    if before is not None and before.status is not S.DRAFT:
        return redirect(url_for(".own_transfer", public_id=before.public_id), 303)
    form = transfer_forms.AskForTransferForm(**transfer_forms.typed_before(before))
    if not form.validate_on_submit():
        return _ask(form, assignment, "transfer_ask", draft=before)

    def do() -> Transfer:
        given, lead = form.given(), _my_lead(public_id)
        opened = receivers.open_transfer(lead, form.reason.data, actor=signed_in(), given=given)
        return operations_transfer.write_checklist(opened, given, actor=signed_in())

    done = keep_or_say(form, do)
    if done is None:
        return _ask(form, _my_lead(public_id), "transfer_ask", draft=before)
    return redirect(url_for(".own_transfer", public_id=done), 303)


@bp.get("/my/handed-over/<public_id>")
@open_to(Role.VOLUNTEER)
def own_transfer(public_id: str) -> ResponseReturnValue:
    """My own part of a way out: every step, what comes next by when, and whom to ask."""
    transfer = transfer_queries.get_own_transfer(public_id, viewer=signed_in())
    return render_template(
        "casework/transfer_own.html", transfer=transfer, case=transfer.case, words=transfer_words, S=S,
        **story(transfer, own=True),
    )  # fmt: skip


@bp.post("/my/handed-over/<public_id>/take-back")
@open_to(Role.VOLUNTEER)
def take_back_own(public_id: str) -> ResponseReturnValue:
    """Keep the case after all."""
    with transaction():
        transfer = transfer_queries.get_own_transfer(public_id, viewer=signed_in())
        operations_transfer.take_back(transfer, actor=signed_in())
        case = transfer.case.public_id
    flash(_("Taken back. The case stays yours."), "ok")
    return to_case(case)
