"""The client's own page: where things stand, what happens next, whom to call."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from app.core import clock, db, limits, links
from app.core.access import public
from app.core.db import transaction
from app.core.errors import LinkGone, Refusal
from app.core.forms import Required
from app.core.limits import limiter

from .. import mails, standing_words
from .. import operations_status as operations
from ..intake import pins
from ..models import Client
from ..vocabulary import MISSING_ITEMS
from . import bp
from .resume import DOES_NOT_FIT, PinForm

PORTAL = "portal"
IDLE_SECONDS = 600


class PageClosed(Refusal):
    """The client's page was closed, or nobody touched it for ten minutes."""

    status = 410
    message = _l("Your page was closed after ten quiet minutes. Open the link in our message again.")


class NumberForm(PinForm):
    """What a client needs to ask for a new link."""

    number = StringField(
        _l("Reference number"),
        [Required(_l("Write your reference number."))],
        description=_l("For example LLA-26-00012."),
    )


def find_client() -> Client | None:
    """The client whose page is open in this browser; ten quiet minutes close it."""
    open_now = session.get(PORTAL) or {}
    now = int(clock.now().timestamp())
    if not open_now or now - open_now.get("seen", 0) > IDLE_SECONDS:
        session.pop(PORTAL, None)
        return None
    try:
        link = links.find(mails.PORTAL, open_now["token"])
    except LinkGone:
        session.pop(PORTAL, None)
        return None
    session[PORTAL] = {**open_now, "seen": now}
    return db.session.get(Client, link.record_id)


def get_client() -> Client:
    """The client whose page is open in this browser.

    :raises PageClosed: none is
    """
    client = find_client()
    if client is None:
        raise PageClosed(cure=(_l("Ask for a new link"), url_for("clients.status")))
    return client


def around(client: Client | None) -> dict[str, Any]:
    """What every page of a client reads: whether it is watched, the way out, who writes to them."""
    around: dict[str, Any] = {"watched": client is None or client.watched_device, "exit_url": url_for("clients.leave")}
    if client is not None:
        programme = client.case.programme
        g.time_zone = programme.time_zone
        around |= {"neutral_name": programme.sender_name, "programme": programme}
    return around


@bp.get("/my-request")
@public
def status() -> ResponseReturnValue:
    """Where things stand; or, where no page is open, how to get a link."""
    client = find_client()
    if client is None:
        return render_template("clients/status_ask.html", form=NumberForm(), **around(None))
    case = client.case
    stands, following = standing_words.words(case, watched=client.watched_device)
    lead = next((a for a in case.assignments if a.ended_at is None and a.role == "lead"), None)
    return render_template(
        "clients/status.html", case=case, client=client, stands=stands, following=following,
        track=standing_words.track(case), lead=None if client.watched_device else lead,
        missing=[MISSING_ITEMS.get(item, item) for item in case.missing_items if case.status == "prescreen"],
        mail=mails.safe_email(client), consent=operations.live_consent(case), **around(client),
    )  # fmt: skip


@bp.post("/my-request")
@public
@limiter.limit(limits.MAIL_ASKED_FOR)
def ask_for_link() -> ResponseReturnValue:
    """Send a new link, without saying whether the number is known."""
    form = NumberForm()
    if not form.validate():
        return render_template("clients/status_ask.html", form=form, **around(None)), 422
    db.session.rollback()
    if pins.may_guess(f"number:{form.number.data.strip().upper()[:24]}"):
        with transaction():
            operations.send_link(operations.find_by_reference(form.number.data), form.pin.data)
    flash(_("If number and PIN fit, and if you gave us a safe mail address, a link is on its way. Otherwise call us."))
    return redirect(url_for(".status"), 303)


def _client_of(token: str) -> Client:
    client = db.session.get(Client, links.find(mails.PORTAL, token).record_id)
    if client is None:
        raise LinkGone
    return client


def _find_or_cure(token: str) -> Client:
    try:
        return _client_of(token)
    except LinkGone:
        raise LinkGone(cure=(_l("Ask for a new link"), url_for(".status"))) from None


@bp.get("/my-request/<token>")
@public
def status_door(token: str) -> ResponseReturnValue:
    """A link from a mail; alone it shows nothing but the question for the PIN."""
    _find_or_cure(token)
    return render_template("clients/status_door.html", form=PinForm(), **around(None))


@bp.post("/my-request/<token>")
@public
@limiter.limit(limits.PERSONAL_LINK)
def open_status(token: str) -> ResponseReturnValue:
    """Open the page for whoever knows the PIN."""
    form, client_id = PinForm(), _find_or_cure(token).id
    db.session.rollback()
    good = form.validate()
    if good and (good := pins.may_guess(f"client:{client_id}")):
        with transaction():
            good = operations.open_page(_client_of(token), form.pin.data)
    if not good:
        form.pin.errors = form.pin.errors or [DOES_NOT_FIT]
        return render_template("clients/status_door.html", form=form, **around(None)), 422
    pins.was_right(f"client:{client_id}")
    session[PORTAL] = {"token": token, "seen": int(clock.now().timestamp())}
    return redirect(url_for(".status"), 303)


@bp.post("/my-request/stop-mails")
@public
def stop_mails() -> ResponseReturnValue:
    """No more mails; somebody calls instead."""
    with transaction():
        operations.stop_mails(get_client(), actor=None)
    flash(_("We write no more mails to you. Somebody calls you and asks what is safe."))
    return redirect(url_for(".status"), 303)


@bp.post("/my-request/call-me")
@public
def ask_for_call() -> ResponseReturnValue:
    """The client wants a call."""
    with transaction():
        operations.ask_for_call(get_client(), actor=None)
    flash(_("Somebody calls you within one working day, where and when you said it is safe."))
    return redirect(url_for(".status"), 303)


@bp.post("/my-request/keep-names")
@public
def withdraw_names() -> ResponseReturnValue:
    """The yes to sharing names is taken back."""
    with transaction():
        operations.withdraw_names(get_client(), actor=None)
    flash(_("We share your names with no more lawyers. Somebody calls you about what that means."))
    return redirect(url_for(".status"), 303)


@bp.post("/my-request/close")
@public
def close_status() -> ResponseReturnValue:
    """Close the page in this browser."""
    session.pop(PORTAL, None)
    return redirect(url_for(".status"), 303)
