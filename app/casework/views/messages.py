"""Messages on a case, for the volunteers on it and for staff."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clients.models import Case
from app.core import audit
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import NotFound, refuse_if

from .. import message_policy, operations_messages, queries_messages
from ..forms_messages import TO_CLIENT, MessageForm, ReadForm
from ..models import Message, Visibility
from ..operations import CannotKeep
from . import bp
from .staff import staff_case
from .work import my_assignment

AS_STAFF = {"shell": "shell/desk.html", "here": ".staff_messages", "read": ".read_staff_messages", "back": "desk.case"}
AS_VOLUNTEER = {"shell": "shell/volunteer.html", "here": ".my_messages", "read": ".read_my_messages",
                "back": ".my_case"}  # fmt: skip


def asked_before() -> int | None:
    """Before which message the older ones are asked for."""
    before = request.args.get("before", "")
    return int(before) if before.isdecimal() and len(before) < 10 else None


def _case(public_id: str, way: dict[str, str]) -> Case:
    return staff_case(public_id) if way is AS_STAFF else my_assignment(public_id).case


def _corrected(case: Case) -> Message | None:
    """The own message that is being corrected."""
    asked = request.values.get("corrects", "")
    if not asked:
        return None
    found = queries_messages.get_message(asked, case, message_policy.may_read(signed_in(), case))
    refuse_if(not message_policy.may_correct(found, actor=signed_in()), NotFound)
    return found


def _page(case: Case, form: MessageForm, corrects: Message | None, way: dict[str, str]) -> ResponseReturnValue:
    thread = queries_messages.thread_for(signed_in(), case, asked_before())
    form.newest.data = thread.newest
    page = render_template(
        "casework/messages.html", form=form, case=case, client=case.client, thread=thread, way=way, corrects=corrects,
        takes=message_policy.takes_messages(case), kinds=TO_CLIENT, me=signed_in(),
    )  # fmt: skip
    return page, 422 if form.errors else 200


def _form(case: Case, corrects: Message | None) -> MessageForm:
    form = MessageForm()
    kinds = message_policy.may_read(signed_in(), case) if corrects is None else (corrects.visibility,)
    form.offer(kinds, TO_CLIENT)
    if corrects is not None:
        form.visibility.data = corrects.visibility.value
        form.text.data = form.text.data or corrects.text
    return form


def _messages(public_id: str, way: dict[str, str]) -> ResponseReturnValue:
    audit.record_view("messages", _case(public_id, way), viewer=signed_in())
    case = _case(public_id, way)
    corrects = _corrected(case)
    form = _form(case, corrects)
    if not form.validate_on_submit():
        return _page(case, form, corrects, way)
    try:
        with transaction():
            case, visibility = _case(public_id, way), Visibility(form.visibility.data)
            operations_messages.write_message(case, form.text.data or "", actor=signed_in(), visibility=visibility,
                                              once=form.once.data or "", corrects=_corrected(case))  # fmt: skip
            operations_messages.mark_read(case, form.seen(), actor=signed_in())
    except CannotKeep as no:
        form.text.errors = [no.message]
        return _page(_case(public_id, way), form, None, way)
    flash(_("Your message is kept on the case."), "ok")
    return redirect(url_for(way["here"], public_id=public_id), 303)


def _read(public_id: str, way: dict[str, str]) -> ResponseReturnValue:
    seen = ReadForm().seen()
    with transaction():
        operations_messages.mark_read(_case(public_id, way), seen, actor=signed_in())
    return redirect(url_for(way["here"], public_id=public_id), 303)


@bp.route("/my/cases/<public_id>/messages", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def my_messages(public_id: str) -> ResponseReturnValue:
    """The messages of a case I am on."""
    return _messages(public_id, AS_VOLUNTEER)


@bp.post("/my/cases/<public_id>/messages/read")
@open_to(Role.VOLUNTEER)
def read_my_messages(public_id: str) -> ResponseReturnValue:
    """I have read them."""
    return _read(public_id, AS_VOLUNTEER)


@bp.route("/cases/<public_id>/messages", methods=["GET", "POST"])
@open_to(*STAFF)
def staff_messages(public_id: str) -> ResponseReturnValue:
    """The messages of a case of one's programme."""
    return _messages(public_id, AS_STAFF)


@bp.post("/cases/<public_id>/messages/read")
@open_to(*STAFF)
def read_staff_messages(public_id: str) -> ResponseReturnValue:
    """They are read."""
    return _read(public_id, AS_STAFF)
