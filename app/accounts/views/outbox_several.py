"""Acts on several mails at once: each by itself, and each says what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import outbox
from app.core.access import open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import BadInput, Refusal
from app.core.forms import Form
from app.core.mail import Mail

from ..forms_outbox import DropForm
from . import bp
from .outbox import READERS, STATES

MOST = 200
Act = Callable[[Mail], str]


@bp.post("/outbox/chosen")
@open_to(*READERS)
def chosen_mails() -> ResponseReturnValue:
    """Ask once, then act mail by mail."""
    rows = _rows(list(dict.fromkeys(request.form.getlist("id")))[:MOST])
    if not rows:
        raise BadInput(_("Choose at least one mail first."), cure=(_("Back to the outbox"), url_for(".outbox")))
    do = request.form.get("do", "")
    was_asked = request.form.get("asked") == "yes"
    form = (DropForm if do == "drop" else Form)(**({} if was_asked else {"formdata": None}))
    if not was_asked or not form.validate():
        return _ask(do, rows, form)
    done = [_try(row, _act(do, form)) for row in rows]
    return render_template("accounts/outbox_results.html", done=done, went=sum(each["ok"] for each in done))


def _rows(ids: list[str]) -> list[Any]:
    columns = (Mail.id, Mail.public_id, Mail.kind, Mail.status, Mail.to_address)
    found = outbox.envelopes(signed_in()).where(Mail.public_id.in_(ids)).with_only_columns(*columns)
    return list(session.execute(found.order_by(Mail.id)))


def _ask(do: str, rows: list[Any], form: Form) -> ResponseReturnValue:
    words = {
        "send-now": (
            _("Put these mails back in line?"),
            _(
                "They go out as they were written, with the next round; what "
                "keeps office hours waits for them, and for the next day where its reader had a mail today."
            ),
        ),
        "send-again": (_("Send these mails a second time?"), _("Each as a new mail; one that was repeated is left.")),
        "drop": (_("Let these mails be?"), _("They will not be sent. You can still put them back in line.")),
    }
    if do not in words:
        raise BadInput
    title, text = words[do]
    page = render_template(
        "accounts/outbox_chosen.html",
        rows=rows, do=do, form=form, title=title, text=text, states=STATES, masked=outbox.masked,
    )  # fmt: skip
    return page, 422 if form.errors else 200


def _act(do: str, form: Form) -> Act:
    who = signed_in()

    def drop(mail: Mail) -> str:
        outbox.drop(mail, str(form["reason"].data), actor=who)
        return _("Will not be sent")

    def send_again(mail: Mail) -> str:
        made = outbox.send_again(mail, actor=who)
        return _("A second copy is in line") if made is not None else _("Was already sent a second time")

    def send_now(mail: Mail) -> str:
        outbox.send_now(mail, actor=who)
        return _("In line")

    acts: dict[str, Act] = {"drop": drop, "send-again": send_again, "send-now": send_now}
    if do not in acts:
        raise BadInput
    return acts[do]


def _try(row: Any, act: Act) -> dict[str, Any]:
    """One mail in a transaction of its own; a refusal keeps the others from nothing."""
    to = outbox.masked(row.to_address)
    try:
        with transaction():
            said = act(outbox.get_envelope(row.public_id, viewer=signed_in()))
    except Refusal as no:
        return {"row": row, "to": to, "text": str(no.message), "ok": False}
    return {"row": row, "to": to, "text": said, "ok": True}
