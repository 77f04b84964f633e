"""A person's dates in the calendar they use anyway."""

from __future__ import annotations

import hashlib

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.views.account import shell_of
from app.core.access import STAFF, Role, open_to, public, signed_in
from app.core.db import transaction
from app.core.limits import limiter
from app.core.mail import outside_url

from .. import operations_calendar as operations
from ..calendar_feed import feed_of
from . import bp

FETCHES = "60 per hour"


def _this_address() -> str:
    """Programs of many people ask from one network address, so each secret address is counted by itself."""
    token = str((request.view_args or {}).get("token", ""))
    return hashlib.sha256(token.encode()).hexdigest()


@bp.get("/calendar/<token>.ics")
@public
@limiter.limit(FETCHES, key_func=_this_address)
def calendar_file(token: str) -> ResponseReturnValue:
    """The calendar itself, for programs; whoever has the address reads it."""
    answer: Response = make_response(feed_of(operations.owner_of(token)))
    answer.headers["Content-Type"] = "text/calendar; charset=utf-8"
    answer.headers["Content-Disposition"] = 'inline; filename="dates.ics"'
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.add_etag()
    return answer.make_conditional(request)


def _page(address: str = "") -> str:
    me = signed_in()
    return render_template("desk/calendar.html", shell=shell_of(me), live=operations.find_address(me), address=address,
                           is_volunteer=Role.VOLUNTEER in me.role_names)  # fmt: skip


@bp.get("/account/calendar")
@open_to(Role.VOLUNTEER, *STAFF)
def calendar() -> ResponseReturnValue:
    """Whether there is an address, and how to use one."""
    return _page()


@bp.post("/account/calendar")
@open_to(Role.VOLUNTEER, *STAFF)
def new_calendar() -> ResponseReturnValue:
    """Make a new address and show it, this once."""
    with transaction():
        token = operations.new_address(signed_in(), actor=signed_in())
    return _page(outside_url("desk.calendar_file", token=token))


@bp.post("/account/calendar/end")
@open_to(Role.VOLUNTEER, *STAFF)
def end_calendar() -> ResponseReturnValue:
    """The address ends."""
    with transaction():
        operations.end_address(signed_in(), actor=signed_in())
    flash(_("The address no longer works."), "ok")
    return redirect(url_for(".calendar"), 303)
