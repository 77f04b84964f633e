"""Searching for a case.

A name or a phone number in an address is a client's fact: it would stay in the browser's history, in proxies and in
logs. So the search is sent as a form and its results are shown in the answer itself; the address stays /search.
"""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core import audit
from app.core.access import STAFF, open_to, signed_in
from app.core.db import transaction

from .. import docket_rows
from ..forms import SearchForm
from ..search import NUMBER, cases_like
from . import bp


@bp.get("/search")
@open_to(*STAFF)
def search() -> ResponseReturnValue:
    """Ask what to look for."""
    return render_template("desk/search.html", form=SearchForm(formdata=None), found=None)


@bp.post("/search")
@open_to(*STAFF)
def find() -> ResponseReturnValue:
    """Show the cases that match; a case number leads to its case."""
    form = SearchForm()
    if not form.validate():
        return render_template("desk/search.html", form=form, found=None), 422
    text = (form.q.data or "").strip()
    found = cases_like(text, signed_in())
    if len(found) == 1 and NUMBER.fullmatch(text):
        return redirect(url_for(".case", public_id=found[0].public_id), 303)
    count = len(found)
    with transaction():
        audit.record("case.search", actor=signed_in(), after={"found": count})
    return render_template("desk/search.html", form=form, found=found, text=text, statuses=docket_rows.STATUSES)
