"""The page an offer's mail leads to: look, say no by a button, sign in to say yes."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core import links
from app.core.access import Role, open_to, public, signed_in, viewer
from app.core.db import session, transaction
from app.core.errors import LinkGone

from .. import board, firms_board, operations, queries, reasons, words
from ..forms import DeclineForm, HoldForm
from ..forms_asking import AgainForm
from ..mails import OFFER
from ..models import Referral, ReferralStatus
from . import bp

S = ReferralStatus


def _offered(token: str) -> Referral:
    referral = session.get(Referral, links.find(OFFER, token).record_id)
    if referral is None:
        raise LinkGone
    return referral


@bp.get("/offer/<token>")
@public
def offer(token: str) -> ResponseReturnValue:
    """Look at an offer; nothing changes by looking."""
    return _page(token, HoldForm())


def _page(token: str, form: HoldForm) -> str:
    referral, reader = _offered(token), viewer()
    is_open = referral.status is S.OFFERED and referral.ends_at is not None and not referral.is_too_late
    is_open = is_open and not referral.stands_still
    matter = _matter(referral) if is_open else None
    is_reader = reader is not None and reader.volunteer is not None and reader.volunteer.id == referral.volunteer_id
    return render_template(
        "matching/offer.html",
        referral=referral,
        case=referral.case,
        firm=referral.organisation,
        token=token,
        matter=matter,
        is_open=is_open and matter is not None,
        is_reader=is_reader,
        somebody_else=None if is_reader else reader,
        form=form,
        again=AgainForm(formdata=None),
        reasons=reasons,
        words=words,
    )


def _matter(referral: Referral) -> board.Listing | None:
    if referral.volunteer is not None:
        return board.one_matter(referral.volunteer, referral.opening)
    found = firms_board.one_matter(referral.organisation, referral.opening) if referral.organisation else None
    return found.listing if found else None


@bp.post("/offer/<token>/decline")
@public
def decline_offer(token: str) -> ResponseReturnValue:
    """Say no, with or without a reason."""
    form = DeclineForm()
    reason = form.reason.data if form.validate() and form.reason.data else None
    with transaction():
        operations.decline_offer(_offered(token), reason, actor=None)
    return redirect(url_for(".offer", token=token), 303)


@bp.post("/offer/<token>/accept")
@open_to(Role.VOLUNTEER)
def accept_offer(token: str) -> ResponseReturnValue:
    """Say yes: hold the matter, or join the waiting list behind an earlier yes."""
    form = HoldForm()
    if not form.validate():
        return _page(token, form), 422
    with transaction():
        referral = operations.accept_offer(_offered(token), actor=signed_in())
    return redirect(url_for(".parties", public_id=referral.public_id), 303)


@bp.post("/my/matters/<public_id>/accept")
@open_to(Role.VOLUNTEER)
def accept_mine(public_id: str) -> ResponseReturnValue:
    """Say yes to an offer from the reader's own list."""
    form = HoldForm()
    if not form.validate():
        flash(str(form.confidential.errors[0]), "stop")
        return redirect(url_for(".parties", public_id=public_id), 303)
    with transaction():
        operations.accept_offer(queries.get_my_referral(public_id, viewer=signed_in()), actor=signed_in())
    return redirect(url_for(".parties", public_id=public_id), 303)


@bp.post("/my/matters/<public_id>/decline")
@open_to(Role.VOLUNTEER)
def decline_mine(public_id: str) -> ResponseReturnValue:
    """Say no to an offer from the reader's own list."""
    form = DeclineForm()
    reason = form.reason.data if form.validate() and form.reason.data else None
    with transaction():
        operations.decline_offer(queries.get_my_referral(public_id, viewer=signed_in()), reason, actor=signed_in())
    return redirect(url_for(".parties", public_id=public_id), 303)
