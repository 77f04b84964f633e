"""Messages on the client's own page: by link and PIN, on a phone, without script."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clients.models import Client
from app.clients.views import status
from app.core import limits
from app.core.access import public
from app.core.db import transaction
from app.core.errors import NotFound, refuse_if
from app.core.limits import limiter

from .. import message_policy, operations_messages, queries_messages
from ..forms_messages import FROM_CLIENT, FROM_WATCHED, MessageForm, ReadForm
from ..models import Message, Visibility
from ..operations import CannotKeep
from . import bp
from .messages import asked_before


def _corrected(client: Client) -> Message | None:
    asked = request.values.get("corrects", "")
    if not asked:
        return None
    found = queries_messages.get_message(asked, client.case, message_policy.FOR_CLIENTS)
    refuse_if(not message_policy.may_correct(found, actor=None), NotFound)
    return found


def _form(client: Client, corrects: Message | None) -> MessageForm:
    form = MessageForm()
    has_lead = any(a.ended_at is None and a.role == "lead" for a in client.case.assignments)
    kinds = message_policy.FOR_CLIENTS if has_lead else (Visibility.PROGRAMME,)
    form.offer(kinds if corrects is None else (corrects.visibility,), _words(client))
    if corrects is not None:
        form.visibility.data = corrects.visibility.value
        form.text.data = form.text.data or corrects.text
    return form


def _words(client: Client) -> dict[Visibility, object]:
    return FROM_WATCHED if client.watched_device else FROM_CLIENT


def _page(client: Client, form: MessageForm, corrects: Message | None) -> ResponseReturnValue:
    thread = queries_messages.thread_of_client(client, asked_before())
    form.newest.data = thread.newest
    page = render_template(
        "casework/client_messages.html", form=form, case=client.case, client=client, thread=thread, corrects=corrects,
        takes=message_policy.takes_messages(client.case), kinds=_words(client),
        **status.around(client),
    )  # fmt: skip
    return page, 422 if form.errors else 200


@bp.get("/my-request/messages")
@public
def client_messages() -> ResponseReturnValue:
    """What was written to the client and by them."""
    client = status.get_client()
    corrects = _corrected(client)
    return _page(client, _form(client, corrects), corrects)


@bp.post("/my-request/messages")
@public
@limiter.limit(limits.FORM_STEP)
def write_as_client() -> ResponseReturnValue:
    """The client writes."""
    client = status.get_client()
    form = _form(client, _corrected(client))
    if not form.validate():
        return _page(client, form, _corrected(client))
    try:
        with transaction():
            client, visibility = status.get_client(), Visibility(form.visibility.data)
            operations_messages.write_as_client(client, form.text.data or "", visibility=visibility,
                                                once=form.once.data or "", corrects=_corrected(client))  # fmt: skip
            operations_messages.mark_read_by_client(client, form.seen())
            rests = client.case.paused_at is not None
    except CannotKeep as no:
        form.text.errors = [no.message]
        return _page(status.get_client(), form, None)
    said = _("We have your message. The work rests just now, so somebody from our office looks at it.")
    flash(said if rests else _("We have your message. You see the answer here."), "ok")
    return redirect(url_for(".client_messages"), 303)


@bp.post("/my-request/messages/read")
@public
@limiter.limit(limits.FORM_STEP)
def read_as_client() -> ResponseReturnValue:
    """The client has read them."""
    with transaction():
        operations_messages.mark_read_by_client(status.get_client(), ReadForm().seen())
    return redirect(url_for(".client_messages"), 303)
