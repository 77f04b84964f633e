"""What a client may say about themselves: asked after the request was sent, corrected by staff on the case."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import audit, db, limits
from app.core.access import public, signed_in
from app.core.db import transaction
from app.core.limits import limiter

from .. import operations_about_you as operations
from ..forms_about_you import AboutClientForm, AboutYouForm, as_shown
from ..models import Case, IntakeDraft
from . import bp
from .ask import RequestClosed, find_draft, frame, get_draft, may_tell
from .docket import case_url
from .parts import last_change
from .screening import STAFF_PAGE, save, staff_case


@bp.get("/help/about-you")
@public
def about_you() -> ResponseReturnValue:
    """Three questions that nobody must answer; what was answered before is not shown again."""
    draft = find_draft()
    if draft is None or not may_tell(draft):
        return redirect(url_for(".sent"))
    return _questions(draft, AboutYouForm())


def _questions(draft: IntakeDraft, form: AboutYouForm) -> str:
    case = db.session.get_one(Case, draft.case_id)
    return render_template("clients/about_you.html", form=form.for_case(case), **frame(draft))


@bp.post("/help/about-you")
@public
@limiter.limit(limits.FORM_STEP)
def tell_about_you() -> ResponseReturnValue:
    """Keep what they said about themselves."""
    draft, form = get_draft(), AboutYouForm()
    if not may_tell(draft):
        raise RequestClosed
    if not form.for_case(db.session.get_one(Case, draft.case_id)).validate():
        return _questions(draft, form), 422
    with transaction():
        case = db.session.get_one(Case, get_draft().case_id)
        operations.note_about_client(case.client, form.typed, actor=None)
    flash(_("Thank you. What you said about yourself is noted."))
    return redirect(url_for(".sent"), 303)


@bp.route("/cases/<public_id>/about-client", methods=["GET", "POST"])
@STAFF_PAGE
def about_client(public_id: str) -> ResponseReturnValue:
    """What the client told about themselves, noted or corrected by staff."""
    form = AboutClientForm(data=_facts(staff_case(public_id), AboutClientForm(formdata=None)))
    form.for_case(staff_case(public_id))
    if not form.is_submitted():
        audit.record_view("about_client", staff_case(public_id).client, viewer=signed_in())
        return _noted(public_id, form.show(), 200)
    if not form.validate():
        return _noted(public_id, form, 422)
    rows = save(public_id, form, lambda case: _note(case, form), lambda case: _facts(case, form, to_change=True))
    if rows:
        return _noted(public_id, form, 409, {"rows": rows, **last_change(staff_case(public_id))})
    flash(_("Saved."))
    return redirect(case_url(staff_case(public_id)), 303)


def _facts(case: Case, form: AboutYouForm, *, to_change: bool = False) -> dict[str, Any]:
    told = operations.told_about_client(case.client, viewer=signed_in(), to_change=to_change)
    return as_shown(told, form)


def _note(case: Case, form: AboutYouForm) -> None:
    operations.note_about_client(case.client, form.typed, actor=signed_in())


def _noted(public_id: str, form: Any, status: int, both: Any = None) -> ResponseReturnValue:
    case = staff_case(public_id)
    page = render_template("clients/about_client.html", case=case, form=form, both=both, back=case_url(case))
    return page, status
