"""The outbox: what was written to whom, where it is on its way, and what to do about it."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from app.core import audit, health, outbox
from app.core.access import Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.lists import csv_download, here, page_of
from app.core.mail import Mail, MailStatus

from ..forms_outbox import WORDS, DropForm
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
DROPPED_FOR = {
    **WORDS,
    "answered": _l("answered meanwhile"),
    "closed": _l("closed meanwhile"),
    "gone": _l("its case or client is gone"),
    "unsafe": _l("the address is not marked safe any more"),
    "merged": _l("a newer one says it"),
    "late": _l("it would have come too late"),
}
SHOWN: tuple[Any, ...] = (
    Mail.id,
    Mail.public_id,
    Mail.kind,
    Mail.status,
    Mail.to_address,
    Mail.due_at,
    Mail.sent_at,
    Mail.attempts,
)
EXPORTED = ("mail", "kind", "state", "to", "written", "due", "sent", "tries", "last answer", "reason")
MOST = 10_000
UNDERWAY = (MailStatus.QUEUED, MailStatus.SENDING, MailStatus.RETRYING)


@bp.get("/outbox", endpoint="outbox")
@open_to(*READERS)
def outbox_mails() -> ResponseReturnValue:
    """Every mail whose envelope one sees, the latest first, or those in one state; what waits longest first."""
    chosen = next((state for state in MailStatus if state == request.args.get("state")), None)
    mails = _chosen(chosen)
    if request.args.get("format") == "csv":
        return _export(mails)
    counts = outbox.count_by_status(signed_in())
    page = page_of(mails.with_only_columns(*SHOWN), total=counts.get(chosen, 0) if chosen else sum(counts.values()))
    return render_template(
        "accounts/outbox.html",
        mails=page,
        subjects=outbox.subjects([row.id for row in page.rows], signed_in()),
        chips=_chips(counts, chosen),
        chosen=chosen,
        acts=_acts(chosen),
        states=STATES,
        masked=outbox.masked,
        troubles=health.troubles(),
        csv_url=here(format="csv"),
        mail_server=_mail_server(),
    )


def _chosen(state: MailStatus | None) -> Select[Any]:
    mails = outbox.envelopes(signed_in())
    if state is None:
        return mails.order_by(Mail.id.desc())
    mails = mails.where(Mail.status == state)
    return mails.order_by(Mail.due_at, Mail.id) if state in UNDERWAY else mails.order_by(Mail.id.desc())


def _acts(state: MailStatus | None) -> list[dict[str, Any]]:
    """What can be done with several in a state at once."""
    may = {
        "send-now": (_("Send now…"), (*outbox.UNSENT, MailStatus.DROPPED)),
        "send-again": (_("Send a second copy…"), (MailStatus.SENT,)),
        "drop": (_("Do not send…"), outbox.UNSENT),
    }
    return [
        {"label": label, "name": "do", "value": act}
        for act, (label, states) in may.items()
        if state is None or state in states
    ]


def _export(mails: Select[Any]) -> ResponseReturnValue:
    """The envelopes as a spreadsheet: no subject, no text, no address in full."""
    wanted = mails.with_only_columns(*SHOWN, Mail.created_at, Mail.last_error, Mail.drop_reason).limit(MOST)
    lines = (
        (row.public_id, row.kind, row.status.value, outbox.masked(row.to_address), row.created_at, row.due_at,
         row.sent_at, row.attempts, row.last_error, row.drop_reason)
        for row in session.execute(wanted).all()
    )  # fmt: skip
    return csv_download("outbox", EXPORTED, lines)


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
    return _page(mail, DropForm(formdata=None))


def _page(mail: Mail, form: DropForm) -> ResponseReturnValue:
    acts = {
        "send_now": mail.status in (*outbox.UNSENT, MailStatus.DROPPED),
        "send_again": mail.status is MailStatus.SENT,
        "drop": mail.status in outbox.UNSENT,
    }
    return render_template(
        "accounts/outbox_mail.html",
        mail=mail,
        text=outbox.without_links(mail.text) if _mail_server() else mail.text,
        states=STATES,
        acts=acts,
        form=form,
        reason=DROPPED_FOR.get(mail.drop_reason or "", mail.drop_reason),
        mail_server=_mail_server(),
    ), 422 if form.errors else 200


@bp.post("/outbox/<public_id>/send-now")
@open_to(*READERS)
def send_mail_now(public_id: str) -> ResponseReturnValue:
    """Put it back in line."""
    with transaction():
        mail = outbox.get_mail(public_id, viewer=signed_in())
        outbox.send_now(mail, actor=signed_in(), seen=request.form.get("seen", ""))
    flash(_("The mail is in line. It goes out with the next round; what keeps office hours waits for them, and for the "
            "next day where its reader had a mail today."), "success")  # fmt: skip
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
    """Let it be, for a reason."""
    mail, form = outbox.get_mail(public_id, viewer=signed_in()), DropForm()
    if not form.validate():
        return _page(mail, form)
    with transaction():
        outbox.drop(outbox.get_mail(public_id, viewer=signed_in()), str(form.reason.data), actor=signed_in())
    flash(_("The mail will not be sent. You can still put it back in line."), "success")
    return redirect(url_for(".outbox_mail", public_id=public_id), 303)
