"""Stopping in the middle of a request for help, and coming back with a code and a PIN."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import StringField

from app.core import db, limits
from app.core.access import public
from app.core.db import transaction
from app.core.errors import LinkGone
from app.core.forms import Form, Required
from app.core.limits import limiter

from .. import mails
from .. import operations_intake as operations
from ..intake import pins
from ..intake.steps import unanswered
from ..models import IntakeDraft
from . import bp
from .ask import COOKIE, find_draft, frame, get_draft

DOES_NOT_FIT = _l("That does not fit. Look at what you wrote down and try again. After five tries wait 15 minutes.")


class PinForm(Form):
    """The PIN that goes with a link."""

    pin = StringField(_l("PIN"), [Required(_l("Write the six digits of your PIN."))], description=_l("Six digits."))


class CodeForm(PinForm):
    """The code and the PIN that were written down."""

    code = StringField(
        _l("Code"),
        [Required(_l("Write the code."))],
        description=_l("Letters and digits, for example 4f1c 09ab 77de 2031."),
    )


@bp.get("/help/stop")
@public
def stopping() -> ResponseReturnValue:
    """Asks before it stops."""
    draft = find_draft()
    if draft is None or draft.sent_at is not None:
        return redirect(url_for(".ask"))
    return render_template("clients/stop.html", address=mails.safe_address(draft), **frame(draft))


@bp.post("/help/stop")
@public
@limiter.limit(limits.MAIL_ASKED_FOR)
def stop() -> ResponseReturnValue:
    """Keep what is there and give the way back."""
    with transaction():
        operations.stop_for_now(get_draft(), actor=None)
    return redirect(url_for(".stopped"), 303)


@bp.get("/help/stopped")
@public
def stopped() -> ResponseReturnValue:
    """The code and the PIN to write down."""
    draft = find_draft()
    if draft is None or "stopped" not in draft.answers:
        return redirect(url_for(".ask"))
    return render_template(
        "clients/stopped.html", code=_spaced(draft.public_id), pin=draft.answers["stopped"]["pin"],
        mailed=bool(mails.safe_address(draft)), **frame(draft),
    )  # fmt: skip


def _spaced(code: str) -> str:
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


@bp.post("/help/close")
@public
def close() -> ResponseReturnValue:
    """This browser forgets the request; what was written stays with us."""
    session.clear()
    return redirect(url_for(".ask"), 303)


@bp.get("/help/resume")
@public
def resume() -> ResponseReturnValue:
    """Asks for the code and the PIN."""
    return _door(CodeForm())


@bp.post("/help/resume")
@public
@limiter.limit(limits.PERSONAL_LINK)
def resume_by_code() -> ResponseReturnValue:
    """Go on where it was stopped."""
    form = CodeForm()
    if not form.validate():
        return _door(form), 422
    code = "".join(c for c in form.code.data.casefold() if c.isalnum())[:16]
    return _try(form, f"draft:{code}", select(IntakeDraft).where(IntakeDraft.public_id == code))


@bp.get("/help/resume/<token>")
@public
def resume_link(token: str) -> ResponseReturnValue:
    """A link from a mail; alone it shows nothing but the question for the PIN."""
    _draft_behind(token)
    return _door(PinForm())


@bp.post("/help/resume/<token>")
@public
@limiter.limit(limits.PERSONAL_LINK)
def resume_by_link(token: str) -> ResponseReturnValue:
    """Go on where it was stopped."""
    form, draft = PinForm(), _draft_behind(token)
    if not form.validate():
        return _door(form), 422
    return _try(form, f"draft:{draft.public_id}", select(IntakeDraft).where(IntakeDraft.id == draft.id))


def _draft_behind(token: str) -> IntakeDraft:
    try:
        return operations.draft_of_link(token)
    except LinkGone:
        raise LinkGone(cure=(_l("Go on with your code and PIN"), url_for(".resume"))) from None


def _try(form: Any, what: str, found: Any) -> ResponseReturnValue:
    token = None
    db.session.rollback()
    if pins.may_guess(what):
        with transaction():
            draft = db.session.execute(found).scalar_one_or_none()
            token = operations.resume(draft, form.pin.data)
            left = unanswered(draft.answers) if draft and token else []
    if token is None:
        form.pin.errors = [DOES_NOT_FIT]
        return _door(form), 422
    pins.was_right(what)
    session[COOKIE] = token
    return redirect(url_for(".ask_step", step=left[0].name) if left else url_for(".check"), 303)


def _door(form: Any) -> str:
    return render_template("clients/resume.html", form=form, **{**frame(None), "watched": True})
