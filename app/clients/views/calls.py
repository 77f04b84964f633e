"""The words and the safe ways for calling a client, for staff."""

from __future__ import annotations

from flask import redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from app.core import audit
from app.core.access import STAFF, open_to, signed_in
from app.core.db import session as rows
from app.core.db import transaction
from app.core.errors import NotFound
from app.tasks.models import Task
from app.tasks.operations import finish_task
from app.tasks.queries import get_task

from .. import operations_status as operations
from ..calls import CALL
from ..intake import choices as say
from ..models import ChannelKind, Client
from . import bp

NEW_PIN = "new_pin"
SAID_BY_VOICE = (ChannelKind.CALL, ChannelKind.VOICEMAIL, ChannelKind.TEXT, ChannelKind.TRUSTED_PERSON)


def _call(public_id: str) -> tuple[Task, Client]:
    task = get_task(public_id, viewer=signed_in())
    client = rows.get(Client, task.record_id) if task.cause == CALL else None
    if client is None:
        raise NotFound
    return task, client


@bp.get("/calls/<public_id>")
@open_to(*STAFF)
def call_client(public_id: str) -> ResponseReturnValue:
    """What to say, and which ways are safe now."""
    audit.record_view("case", _call(public_id)[1].case, viewer=signed_in())
    task, client = _call(public_id)
    ways = [channel for channel in client.channels if channel.kind in SAID_BY_VOICE and channel.stopped_at is None]
    given = session.pop(NEW_PIN, None)
    return render_template(
        "clients/call.html", task=task, client=client, case=client.case, ways=ways, may_say=dict(say.MAY_SAY),
        language=say.language_name(client.case.language), new_pin=given if given and given[0] == client.id else None,
    )  # fmt: skip


@bp.post("/calls/<public_id>/done")
@open_to(*STAFF)
def finish_call(public_id: str) -> ResponseReturnValue:
    """The client was told."""
    with transaction():
        task, client = _call(public_id)
        finish_task(task, actor=signed_in(), outcome="reached")
        case_id = client.case.public_id
    return redirect(url_for("desk.case", public_id=case_id), 303)


@bp.post("/calls/<public_id>/new-pin")
@open_to(*STAFF)
def new_pin(public_id: str) -> ResponseReturnValue:
    """A new PIN for a client who lost it, shown once to be said on the phone."""
    with transaction():
        client = _call(public_id)[1]
        pin, who = operations.give_new_pin(client, actor=signed_in()), client.id
    session[NEW_PIN] = [who, pin]
    return redirect(url_for(".call_client", public_id=public_id), 303)
