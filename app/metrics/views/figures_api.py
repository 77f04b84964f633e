"""A programme's figures for other programs, and the page on which their key is made."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import calendars
from app.accounts.models import Programme
from app.core.access import Role, open_to, public, signed_in
from app.core.db import transaction
from app.core.errors import BadInput
from app.core.limits import limiter
from app.core.mail import outside_url

from .. import boards, figures, goals
from .. import operations_figures_key as keys
from ..forms import Period, period_asked
from ..measures import DIMENSIONS, MEASURES
from . import bp
from .staff import data_as_of, the_programme, the_programmes

FETCHES = "600 per hour"


def _key() -> str:
    scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _this_key() -> str:
    return hashlib.sha256(_key().encode()).hexdigest()


def _refused(why: Any, status: int) -> Response:
    answer = jsonify(error=str(why))
    answer.status_code = status
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _programme() -> Programme:
    """The programme whose key came with the request."""
    found = keys.programme_of(_key()) if _key() else None
    if found is None:
        abort(
            _refused(
                _("Send the programme's key, as “Authorization: Bearer …”. A key that was ended opens nothing."), 401
            )
        )
    return found


@bp.get("/api/measures")
@public
@limiter.limit(FETCHES, key_func=_this_key)
def api_measures() -> ResponseReturnValue:
    """Every measure with its words, unit, formula and dimensions, from the one registry."""
    _programme()
    return jsonify(
        dimensions={key: str(name) for key, name in DIMENSIONS.items()},
        measures=[
            {
                "key": m.key, "name": str(m.name), "definition": str(m.definition), "unit": m.unit, "kind": m.kind,
                "formula": m.formula, "source": m.source, "dimensions": list(m.dimensions),
                "opened_by": list(map(str, m.opened_by)),
            }
            for m in MEASURES.values()
        ],
    )  # fmt: skip


@bp.get("/api/figures")
@public
@limiter.limit(FETCHES, key_func=_this_key)
def api_figures() -> ResponseReturnValue:
    """The figures of a period, line by line as in the CSV file of the report."""
    programme = _programme()
    try:
        period = period_asked(calendars.today(programme), for_file=True)
    except BadInput as no:
        return _refused(no.message, 422)
    answer = jsonify(_told(programme, period))
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _told(programme: Programme, period: Period) -> dict[str, Any]:
    now = figures.read_period(programme, period.first, period.last)
    goals.add_people(programme, now)
    counted = data_as_of(programme)
    names = ("measure", "name", "dimension", "member", "label", "value", "unit")
    return {
        "programme": {"name": programme.name, "slug": programme.slug, "time_zone": programme.time_zone},
        "from": period.first.isoformat(), "to": period.last.isoformat(),
        "counted_at": counted.isoformat() if counted else None,
        "figures": [dict(zip(names, row, strict=False)) for row in boards.rows(now)],
    }  # fmt: skip


def _page(programme: Programme, key: str = "") -> str:
    return render_template(
        "metrics/figures_key.html", programme=programme, programmes=the_programmes(), live=keys.find_key(programme),
        key=key, address=outside_url("metrics.api_figures"), meanings=outside_url("metrics.api_measures"),
    )  # fmt: skip


@bp.get("/reports/key")
@open_to(Role.COORDINATOR)
def figures_key() -> ResponseReturnValue:
    """Whether there is a key, and how another program uses it."""
    return _page(the_programme())


@bp.post("/reports/key")
@open_to(Role.COORDINATOR)
def new_figures_key() -> ResponseReturnValue:
    """Make a new key and show it, this once."""
    with transaction():
        key = keys.new_key(the_programme(), actor=signed_in())
    return _page(the_programme(), key)


@bp.post("/reports/key/end")
@open_to(Role.COORDINATOR)
def end_figures_key() -> ResponseReturnValue:
    """The key ends."""
    with transaction():
        programme = the_programme()
        keys.end_key(programme, actor=signed_in())
        slug = programme.slug
    flash(_("The key no longer works."), "ok")
    return redirect(url_for(".figures_key", programme=slug), 303)
