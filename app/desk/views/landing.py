"""The front door, and each person's way from it."""

from __future__ import annotations

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.accounts.models import Programme
from app.core.access import any_account, public, signed_in
from app.core.db import session
from app.matching import board

from .. import places
from . import bp

TEASED = 3


@bp.get("/")
@public
def landing() -> ResponseReturnValue:
    """What this is, and where to go: ask for help, volunteer, sign in."""
    found = select(Programme.name, Programme.phone, Programme.state).order_by(Programme.name)
    programmes = session.execute(found).all()
    matters = board.teaser()
    return render_template(
        "desk/landing.html", programmes=programmes, matters=matters[:TEASED], matters_number=len(matters),
        ask_url=places.address("clients.ask"), volunteer_url=places.address("volunteers.apply"),
        status_url=places.address("clients.status"), matters_url=places.address("matching.open_opportunities"),
    )  # fmt: skip


@bp.get("/home")
@any_account
def home() -> ResponseReturnValue:
    """Send each person to where they start."""
    return redirect(places.home_of(signed_in()))
