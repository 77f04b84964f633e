"""A letter on paper: print it, post it, say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from babel.dates import format_date
from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import calendars
from app.core import audit
from app.core.access import signed_in
from app.core.db import session, transaction
from app.core.errors import BadInput
from app.core.forms import Form

from .. import letters, queries
from .. import operations_letters as operations
from ..forms_letters import CameBackForm, NotPostedForm, PostedForm
from ..models import ClientLetter
from ..operations_reach import RETURNED
from . import bp
from .docket import case_url
from .screening import STAFF_PAGE


def _letter(public_id: str) -> ClientLetter:
    return queries.get_letter(public_id, viewer=signed_in())


@bp.get("/letters/<public_id>")
@STAFF_PAGE
def letter(public_id: str) -> ResponseReturnValue:
    """The letter as it is printed, and what is to be said about it."""
    audit.record_view("case", _letter(public_id).case, viewer=signed_in())
    today = calendars.today(_letter(public_id).case.programme)
    return _page(
        public_id, PostedForm(None, posted_on=today), NotPostedForm(None), CameBackForm(None, returned_on=today)
    )


@bp.post("/letters/<public_id>/posted")
@STAFF_PAGE
def post_letter(public_id: str) -> ResponseReturnValue:
    """It is on its way."""
    form = PostedForm()

    def do(row: ClientLetter) -> None:
        operations.mark_posted(row, form.posted_on.data, actor=signed_in())

    return _save(public_id, form, do, _("Noted as posted.")) or (_page(public_id, form, NotPostedForm(None)), 422)


@bp.post("/letters/<public_id>/not-posted")
@STAFF_PAGE
def drop_letter(public_id: str) -> ResponseReturnValue:
    """It is not sent."""
    form = NotPostedForm()

    def do(row: ClientLetter) -> None:
        operations.drop_letter(row, form.reason.data, actor=signed_in())

    said = _("The letter is not sent.")
    return _save(public_id, form, do, said) or (_page(public_id, PostedForm(None), form), 422)


@bp.post("/letters/<public_id>/came-back")
@STAFF_PAGE
def letter_came_back(public_id: str) -> ResponseReturnValue:
    """The post could not leave it there."""
    form = CameBackForm()

    def do(row: ClientLetter) -> None:
        operations.mark_returned(row, form.returned_on.data, actor=signed_in())

    said = _("Noted. Nothing goes to this address any more, and somebody calls.")
    return _save(public_id, form, do, said) or (_page(public_id, PostedForm(None), NotPostedForm(None), form), 422)


@bp.post("/letters/<public_id>/address-is-right")
@STAFF_PAGE
def address_is_right(public_id: str) -> ResponseReturnValue:
    """It may be written to again."""
    with transaction():
        operations.use_address_again(_letter(public_id), actor=signed_in())
    flash(_("The address is in use again, as safe as the client said it is."), "success")
    return redirect(url_for(".letter", public_id=public_id), 303)


def _save(public_id: str, form: Form, do: Callable[[ClientLetter], None], said: str) -> ResponseReturnValue | None:
    """Do it and go back to the letter; None where something is to be put right first."""
    _letter(public_id)
    if not form.validate():
        return None
    try:
        with transaction():
            do(_letter(public_id))
    except BadInput as refused:
        session.rollback()
        form.form_errors.append(str(refused.message))
        return None
    flash(said, "success")
    return redirect(url_for(".letter", public_id=public_id), 303)


def _page(public_id: str, posted: Any, not_posted: Any, back: Any = None) -> str:
    row, way = _letter(public_id), letters.way_of(_letter(public_id))
    is_open = row.posted_at is None and row.dropped_at is None
    return render_template(
        "clients/letter.html", letter=row, case=row.case, person=row.case.client.person, posted=posted,
        not_posted=not_posted, is_open=is_open, may_go=letters.may_still_go(row), back=case_url(row.case),
        came_back=back or CameBackForm(None), is_shut=way is not None and way.stop_reason == RETURNED,
        reasons=operations.DROP_REASONS, merged=letters.MERGED,
        dated=_dated(row),
    )  # fmt: skip


def _dated(row: ClientLetter) -> str:
    """The day on the letter, as its language writes it."""
    return format_date(row.posted_on or calendars.today(row.case.programme), "long", locale=row.language)
