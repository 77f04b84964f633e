"""Offering help: the public application."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core import limits
from app.core.access import public
from app.core.db import transaction
from app.core.limits import limiter

from .. import facts, operations_profile, queries
from ..forms import ApplicationForm
from ..offers import Licence
from . import bp


@bp.get("/volunteer")
@public
def apply() -> ResponseReturnValue:
    """What volunteering asks and gives, with the application."""
    return _page(_form())


@bp.post("/volunteer")
@public
@limiter.limit(limits.PUBLIC_FORM)
def send_application() -> ResponseReturnValue:
    """Take the application, or show it again with a row more or with what is wrong."""
    form = _form()
    more = request.form.get("more")
    if more in ("licences", "areas"):
        return _page(form, more=more)
    if not form.validate():
        return _page(form), 422
    odd = form.odd_numbers()
    if odd:
        return _page(form, odd=odd)
    with transaction():
        operations_profile.apply(form.application())
    return redirect(url_for(".applied"), 303)


@bp.get("/volunteer/applied")
@public
def applied() -> ResponseReturnValue:
    """Thank you, and what happens next; the same for everybody."""
    return render_template("volunteers/applied.html")


def _form() -> ApplicationForm:
    form = ApplicationForm()
    form.offer_places(queries.places_served())
    if not form.is_submitted():
        form.languages.data, form.remote.data = ["en"], True
    return form


def _page(form: ApplicationForm, more: str = "", odd: list[Licence] | None = None) -> str:
    if more:
        field = form.licences if more == "licences" else form.areas
        for _ in range(2):
            if len(field.entries) < field.max_entries:
                field.append_entry()
    served = queries.places_served()
    return render_template("volunteers/apply.html", form=form, served=served, facts=facts, odd=odd or [], more=more)
