"""Taking a case over: what is asked, the names to check, and the answer."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clients import vocabulary
from app.clients.models import Party, PartyRole
from app.core import audit
from app.core.access import Role, open_to, signed_in
from app.core.db import session, transaction
from app.matching.queries import CLIENT_SIDE
from app.matching.refusals import CheckAgain

from .. import operations_transfer_names as names
from .. import operations_transfer_receiver as receivers
from .. import transfer_queries, transfer_words
from ..transfer_forms import AnswerForm
from ..transfer_models import TransferAsk
from . import bp


@bp.get("/my/take-over/<public_id>")
@open_to(Role.VOLUNTEER)
def receive(public_id: str) -> ResponseReturnValue:
    """What the reader is asked to take over; who saw its names is written down first."""
    ask = transfer_queries.get_own_ask(public_id, viewer=signed_in())
    if receivers.may_read_names(ask):
        audit.record_view("parties", ask, viewer=signed_in())
        ask = transfer_queries.get_own_ask(public_id, viewer=signed_in())
    return _page(ask, AnswerForm())


def _page(ask: TransferAsk, form: AnswerForm) -> str:
    parties = _parties(ask) if receivers.may_read_names(ask) else []
    form.names_read.data = ask.names_now
    return render_template(
        "casework/transfer_receive.html", ask=ask, case=ask.case, parties=parties, form=form, words=transfer_words,
        roles=vocabulary.PARTY_ROLES,
    )  # fmt: skip


def _parties(ask: TransferAsk) -> list[Party]:
    found = session.query(Party).filter(Party.case_id == ask.case_id, Party.removed_at.is_(None))
    shown = [party for party in found if ask.shows_everybody or party.role not in CLIENT_SIDE]
    return sorted(shown, key=lambda party: (party.role is not PartyRole.CLIENT, party.id))


@bp.post("/my/take-over/<public_id>/names")
@open_to(Role.VOLUNTEER)
def see_names(public_id: str) -> ResponseReturnValue:
    """Open the names for the conflict check."""
    with transaction():
        receivers.see_names(transfer_queries.get_own_ask(public_id, viewer=signed_in()), actor=signed_in())
    return redirect(url_for(".receive", public_id=public_id), 303)


@bp.post("/my/take-over/<public_id>/other-side")
@open_to(Role.VOLUNTEER)
def clear_other_side(public_id: str) -> ResponseReturnValue:
    """Say that the other side of a sensitive matter is clear, and read the client's name."""
    with transaction():
        ask = transfer_queries.get_own_ask(public_id, viewer=signed_in())
        names.clear_other_side(ask, actor=signed_in(), names_read=request.form.get("names_read", "")[:40])
    flash(_("Thank you. Now check the client's name, then answer."), "ok")
    return redirect(url_for(".receive", public_id=public_id), 303)


@bp.post("/my/take-over/<public_id>/answer")
@open_to(Role.VOLUNTEER)
def answer_transfer(public_id: str) -> ResponseReturnValue:
    """Take the case over, or say no."""
    form = AnswerForm()
    ask = transfer_queries.get_own_ask(public_id, viewer=signed_in())
    if not form.validate():
        return _page(ask, form), 422
    if form.answer.data == "accept":
        return _accept(public_id, form)
    with transaction():
        ask = transfer_queries.get_own_ask(public_id, viewer=signed_in())
        receivers.refuse_transfer(ask, form.answer.data, actor=signed_in(), reason=form.reason.data or None)
    flash(_("Thank you for looking. This is never held against you."), "ok")
    return redirect(url_for("casework.my_cases"), 303)


def _accept(public_id: str, form: AnswerForm) -> ResponseReturnValue:
    try:
        with transaction():
            ask = transfer_queries.get_own_ask(public_id, viewer=signed_in())
            made = receivers.accept_transfer(ask, actor=signed_in(), names_read=form.names_read.data or "")
            case = made.case.public_id
    except CheckAgain as changed:
        flash(str(changed.message), "stop")
        return redirect(url_for(".receive", public_id=public_id), 303)
    flash(_("The case is yours. The client is told; your first contact is what comes next."), "ok")
    return redirect(url_for(".my_case", public_id=case), 303)
