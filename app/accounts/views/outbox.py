"""The outbox: what was written to whom, where it is on its way, and what to do about it."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core import audit, delivery, outbox
from app.core.access import Role, open_to, signed_in
from app.core.db import transaction
from app.core.lists import here, page_of
from app.core.mail import Mail, MailStatus

from . import bp

READERS = (Role.ADMIN, Role.COORDINATOR, Role.SUPERVISING_ATTORNEY)
STATES: dict[MailStatus, tuple[Any, str]] = {
    MailStatus.QUEUED: (_l("Waiting"), "wait"),
    MailStatus.SENDING: (_l("Going out"), "wait"),
    MailStatus.SENT: (_l("Sent"), "ok"),
    MailStatus.RETRYING: (_l("Tried, tries again"), "wait"),
    MailStatus.PARKED: (_l("Unclear"), "stop"),
    MailStatus.FAILED: (_l("Not delivered"), "stop"),
    MailStatus.DROPPED: (_l("Not to be sent"), ""),
}
SHOWN: tuple[Any, ...] = (
    Mail.public_id,
    Mail.kind,
    Mail.status,
    Mail.subject,
    Mail.to_address,
    Mail.due_at,
    Mail.sent_at,
)


@bp.get("/outbox", endpoint="outbox")
@open_to(*READERS)
def outbox_mails() -> ResponseReturnValue:
    """Every mail of one's programmes, the latest first, or those in one state."""
    counts = outbox.count_by_status(signed_in())
    chosen = next((state for state in MailStatus if state == request.args.get("state")), None)
    mails = outbox.visible_mails(signed_in()).with_only_columns(*SHOWN).order_by(Mail.id.desc())
    total = sum(counts.values())
    if chosen is not None:
        mails, total = mails.where(Mail.status == chosen), counts.get(chosen, 0)
    return render_template(
        "accounts/outbox.html",
        mails=page_of(mails, total=total),
        chips=_chips(counts, chosen),
        chosen=chosen,
        states=STATES,
        masked=outbox.masked,
        oldest=delivery.oldest_due_unsent(),
        mail_server=_mail_server(),
    )


def _chips(counts: dict[MailStatus, int], chosen: MailStatus | None) -> list[dict[str, Any]]:
    every = {"label": _("All"), "url": here(state=None), "current": chosen is None, "count": sum(counts.values())}
    return [every] + [
        {"label": words, "url": here(state=state.value), "current": state is chosen, "count": counts[state]}
        for state, (words, _kind) in STATES.items()
        if counts.get(state)
    ]


def _mail_server() -> str:
    return str(current_app.extensions["settings"].mail_server)


@bp.get("/outbox/<public_id>")
@open_to(*READERS)
def outbox_mail(public_id: str) -> ResponseReturnValue:
    """One mail as it was written; its links are the recipient's, so they show only where no mail can be sent."""
    mail = outbox.get_mail(public_id, viewer=signed_in())
    audit.record_view("mail", mail, viewer=signed_in())
    text = outbox.without_links(mail.text) if _mail_server() else mail.text
    acts = {
        "send_now": mail.status in (*outbox.UNSENT, MailStatus.DROPPED),
        "send_again": mail.status is MailStatus.SENT,
        "drop": mail.status in outbox.UNSENT,
    }
    return render_template(
        "accounts/outbox_mail.html", mail=mail, text=text, states=STATES, acts=acts, mail_server=_mail_server()
    )


@bp.post("/outbox/<public_id>/send-now")
@open_to(*READERS)
def send_mail_now(public_id: str) -> ResponseReturnValue:
    """Put it back in line."""
    with transaction():
        outbox.send_now(outbox.get_mail(public_id, viewer=signed_in()), actor=signed_in())
    flash(_("The mail is in line and goes out with the next round."), "success")
    return redirect(url_for(".outbox_mail", public_id=public_id), 303)


@bp.post("/outbox/<public_id>/send-again")
@open_to(*READERS)
def send_mail_again(public_id: str) -> ResponseReturnValue:
    """Send a mail that went out a second time."""
    with transaction():
        made = outbox.send_again(outbox.get_mail(public_id, viewer=signed_in()), actor=signed_in())
        shown = made.public_id if made is not None else public_id
    if made is None:
        flash(_("This mail was already sent a second time."), "warning")
    else:
        flash(_("A second copy is in line; this is it."), "success")
    return redirect(url_for(".outbox_mail", public_id=shown), 303)


@bp.post("/outbox/<public_id>/drop")
@open_to(*READERS)
def drop_mail(public_id: str) -> ResponseReturnValue:
    """Let it be."""
    with transaction():
        outbox.drop(outbox.get_mail(public_id, viewer=signed_in()), actor=signed_in())
    flash(_("The mail will not be sent. You can still put it back in line."), "success")
    return redirect(url_for(".outbox_mail", public_id=public_id), 303)
