"""The intake queue and the page on which a request is screened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.calendars import today
from app.core import audit, i18n
from app.core.access import Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import BadInput
from app.core.forms import Form
from app.core.lists import csv_download, page_of, sort_by

from .. import queue
from ..forms import PartForm
from ..models import Case
from ..problems import county_name, find_problem, language_name
from ..queries import get_case, staff_cases
from ..vocabulary import MISSING_ITEMS
from . import bp
from .screen_page import page_context

STAFF_PAGE = open_to(Role.COORDINATOR, Role.SUPERVISING_ATTORNEY)


def staff_case(public_id: str) -> Case:
    """A case of the programmes the reader works for.

    :raises NotFound: unknown, or another programme's
    """
    return get_case(public_id, viewer=signed_in(), among=staff_cases(signed_in()))


def _filters() -> queue.Filters:
    return queue.Filters(
        step=request.args.get("step", ""),
        level=request.args.get("level", ""),
        county=request.args.get("county", "")[:5],
        since=_since(request.args.get("since", "")),
    )


def _since(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        return None


@bp.get("/intake")
@STAFF_PAGE
def intake_queue() -> ResponseReturnValue:
    """Requests that wait for an answer, the most urgent first."""
    viewer, chosen = signed_in(), _filters()
    counts = queue.counts(viewer)
    ordered = queue.waiting(viewer, chosen).order_by(*sort_by(queue.ORDERS, "urgent"))
    return render_template(
        "clients/queue.html",
        page=page_of(ordered),
        counts=counts,
        total=sum(counts.values()),
        steps=queue.STEPS,
        chosen=chosen,
        counties=[(fips, county_name(fips)) for fips in queue.counties(viewer)],
        find_problem=find_problem,
        county_name=county_name,
        language_name=language_name,
        missing_words=MISSING_ITEMS,
    )


@bp.get("/intake.csv")
@STAFF_PAGE
def intake_export() -> ResponseReturnValue:
    """The queue as a spreadsheet, without names."""
    ordered = queue.waiting(signed_in(), _filters()).order_by(*sort_by(queue.ORDERS, "urgent"))
    header = ("number", "received", "days_waiting", "priority", "points", "problem_code", "county", "language",
              "next_critical_date", "next_step", "missing")  # fmt: skip
    return csv_download("intake", header, [_csv_row(row) for row in session.execute(ordered)])


def _csv_row(row: Any) -> tuple[Any, ...]:
    received_on = i18n.day_of(row.received_at)
    return (
        row.number, received_on.isoformat(), (i18n.today() - received_on).days,
        row.priority_level.value, row.points, row.problem_code, county_name(row.county), language_name(row.language),
        row.next_critical_on.isoformat() if row.next_critical_on else "unknown or none",
        row.step, " ".join(row.missing_items),
    )  # fmt: skip


@bp.get("/intake/<public_id>")
@STAFF_PAGE
def screen(public_id: str) -> ResponseReturnValue:
    """One request: every decision in its order, where each stands, and what comes next."""
    audit.record_view("case", staff_case(public_id), viewer=signed_in())
    return screening_page(public_id)


def screening_page(public_id: str, status: int = 200, **more: Any) -> ResponseReturnValue:
    """The screening page; `more` puts a form that failed in place of an empty one."""
    case = staff_case(public_id)
    return render_template(
        "clients/screen.html", **page_context(case, signed_in(), today(case.programme), more)
    ), status


Do = Callable[[Case], Any]
Facts = Callable[[Case], dict[str, Any]]


def answer(public_id: str, part: str, form: Form, do: Do, said: Any, facts: Facts | None = None) -> ResponseReturnValue:
    """Save one part of the screening page: go back to it, or show it again with what was typed."""
    if form.validate():
        try:
            rows = save(public_id, form, do, facts)
        except BadInput as no:
            form.form_errors = [*form.form_errors, no.message, *no.details]
        else:
            if rows:
                return screening_page(public_id, 409, both={"part": part, "rows": rows}, **{part: form})
            flash(str(said))
            return redirect(url_for(".screen", public_id=public_id, _anchor=part), 303)
    return screening_page(public_id, 422, **{part: form})


def save(public_id: str, form: Form, do: Do, facts: Facts | None) -> list[dict[str, Any]]:
    """Do one change in a transaction, unless somebody saved other values meanwhile: then say which."""
    with transaction():
        case = staff_case(public_id)
        rows = form.differences(facts(case)) if facts and isinstance(form, PartForm) else []
        if not rows:
            do(case)
    return rows
