"""Staff enter a request for somebody who calls or comes in."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import or_, select

from app.core import db
from app.core.access import Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import NotFound
from app.core.i18n import LANGUAGES

from .. import operations_intake as operations
from ..forms_entry import EntryForm, values_of
from ..forms_summary import in_words
from ..models import Case, IntakeDraft
from . import bp


def _mine() -> Any:
    staff = signed_in()
    here = IntakeDraft.programme_id.in_(staff.programme_ids(Role.COORDINATOR))
    return select(IntakeDraft).where(
        IntakeDraft.entered_by_id.is_not(None), or_(IntakeDraft.entered_by_id == staff.id, here)
    )


def _get(public_id: str) -> IntakeDraft:
    draft = db.session.execute(_mine().where(IntakeDraft.public_id == public_id)).scalar_one_or_none()
    if draft is None:
        raise NotFound
    return draft


def _form(**kwargs: Any) -> EntryForm:
    return EntryForm(signed_in().programme_ids(Role.COORDINATOR), **kwargs)


@bp.get("/intake/new")
@open_to(Role.COORDINATOR)
def enter_request() -> ResponseReturnValue:
    """An empty page to type into, and the requests that wait unfinished."""
    form = _form(data={"once": secrets.token_urlsafe(24), "watched": None})
    return _page(form)


def _page(form: EntryForm, draft: IntakeDraft | None = None, both: Sequence[dict[str, Any]] = ()) -> str:
    unfinished = _mine().where(IntakeDraft.sent_at.is_(None)).order_by(IntakeDraft.saved_at.desc()).limit(20)
    waiting = [] if draft else db.session.execute(unfinished).scalars().all()
    lines = [_line(each) for each in waiting]
    return render_template("clients/enter.html", form=form, draft=draft, waiting=lines, both=both)


def _line(draft: IntakeDraft) -> dict[str, Any]:
    names = draft.answers.get("names", {})
    name = f"{names.get('given_name') or ''} {names.get('family_name') or ''}".strip()
    return {"name": name, "saved_at": draft.saved_at, "public_id": draft.public_id}


@bp.get("/intake/new/<public_id>")
@open_to(Role.COORDINATOR)
def continue_entry(public_id: str) -> ResponseReturnValue:
    """Go on with a request that waits unfinished."""
    draft = _get(public_id)
    if draft.sent_at is not None:
        return redirect(url_for(".entered", public_id=public_id))
    data = {**values_of(draft.answers, draft.watched_device), "seen_version": str(draft.version)}
    return _page(_form(formdata=None, data=data), draft)


@bp.post("/intake/new")
@open_to(Role.COORDINATOR)
def save_entry() -> ResponseReturnValue:
    """Keep or send what was typed; a second click finds the first one's request."""
    form = _form()
    if not _may_be_kept(form) or not form.once.data:
        return _page(form), 422
    with transaction():
        found = select(IntakeDraft).where(IntakeDraft.token_hash == operations.hashed(form.once.data))
        draft = db.session.execute(found).scalar_one_or_none()
        if draft is None:
            draft, _token = operations.begin_request(
                language="en", watched=form.watched.data != "no", actor=signed_in(), token=form.once.data
            )
        where = _keep(draft, form)
    return redirect(where, 303)


@bp.post("/intake/new/<public_id>")
@open_to(Role.COORDINATOR)
def save_entry_again(public_id: str) -> ResponseReturnValue:
    """Keep or send a request that waited unfinished."""
    form = _form()
    if not _may_be_kept(form):
        return _page(form, _get(public_id)), 422
    with transaction():
        draft = _get(public_id)
        seen = str(draft.version) == form.seen_version.data or draft.sent_at is not None
        where = _keep(draft, form) if seen or draft.answers == form.pages() else None
    return redirect(where, 303) if where else (_both(form, _get(public_id)), 409)


def _both(form: EntryForm, draft: IntakeDraft) -> str:
    """What was typed beside what another window saved meanwhile; saving again takes what is typed now."""
    theirs = _form(formdata=None, data=values_of(draft.answers, draft.watched_device))
    shown = [field for field in form if field.type not in ("HiddenField", "CSRFTokenField")]
    rows = [
        {"label": field.label.text, "yours": in_words(field), "theirs": in_words(theirs[field.name])}
        for field in shown
        if in_words(field) != in_words(theirs[field.name])
    ]
    form.seen_version.data = str(draft.version)
    return _page(form, draft, rows)


def _may_be_kept(form: EntryForm) -> bool:
    return form.validate() if _is_sent() else form.has_only_gaps()


def _is_sent() -> bool:
    return request.form.get("then") == "send"


def _keep(draft: IntakeDraft, form: EntryForm) -> str:
    if draft.sent_at is not None:
        return url_for(".entered", public_id=draft.public_id)
    staff, spoken = signed_in(), form.spoken.data
    operations.say_who_watches(draft, form.watched.data not in ("no", None, ""), actor=staff)
    operations.save_pages(draft, form.pages(), actor=staff, language=spoken if spoken in LANGUAGES else "en")
    if _is_sent():
        operations.send_request(draft, actor=staff)
        return url_for(".entered", public_id=draft.public_id)
    flash(_("Saved. It is not sent yet."))
    return url_for(".continue_entry", public_id=draft.public_id)


@bp.get("/intake/entered/<public_id>")
@open_to(Role.COORDINATOR)
def entered(public_id: str) -> ResponseReturnValue:
    """The number and the PIN to tell the client."""
    draft = _get(public_id)
    if draft.case_id is None:
        return redirect(url_for(".continue_entry", public_id=public_id))
    case = db.session.get_one(Case, draft.case_id)
    return render_template(
        "clients/entered.html", case=case, number=operations.reference(case), by=operations.answer_by(case),
        pin=draft.answers.get("sent", {}).get("pin"),
    )  # fmt: skip
