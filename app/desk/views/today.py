"""What a member of staff does next."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core import clock, health, i18n
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import transaction
from app.core.lists import here
from app.tasks.operations import finish_task as finish
from app.tasks.queries import get_task

from .. import causes, operations, places
from .. import today as queries
from ..counts import counts
from ..forms import FinishForm
from . import bp

ELSEWHERE = frozenset({"call_client", "answer_request", "release_names", "screen", "closing", "mail_trouble"})
AT_FIRST = 12


@bp.get("/today")
@open_to(*STAFF)
def today() -> ResponseReturnValue:
    """Decisions that wait, the oldest promise first."""
    viewer, now = signed_in(), clock.now()
    rows = [_row(task, now) for task in queries.tasks(viewer)]
    late = [row for row in rows if row["is_late"]]
    wants_all = request.args.get("all") == "1"
    number, run = counts(viewer)["tasks"], queries.last_run()
    return render_template(
        "desk/today.html",
        decisions=number,
        late=len(late),
        first=rows[0] if rows else None,
        groups=_groups(rows[1:] if wants_all else rows[1:AT_FIRST]),
        more=0 if wants_all else max(0, len(rows) - AT_FIRST),
        beyond=number > len(rows),
        all_url=here(all=1),
        waiting=queries.waiting_by_priority(viewer),
        me=viewer.id,
        intake=queries.intake(viewer),
        run=run,
        runs_url=_run_url(run),
        week=queries.week(viewer),
        day=i18n.today(),
        promises=queries.promises(viewer),
        numbers=counts(viewer),
        troubles=health.troubles() if viewer.has(Role.ADMIN) else [],
        intake_url=places.address("clients.intake_queue"),
    )


def _run_url(run: Any) -> str:
    return places.address("matching.docket_run", public_id=run.public_id) if run else ""


def _row(task: Any, now: datetime) -> dict[str, Any]:
    """A task as the queue shows it."""
    label, url = causes.way_of(task)
    is_late = task.due_at < now
    day = task.due_at.astimezone(ZoneInfo(i18n.zone())).date()
    return {
        "task": task,
        "title": task.title,
        "url": url,
        "label": label,
        "level": task.priority_level,
        "day": day,
        "is_late": is_late,
        "state": "late" if is_late else "soon" if task.due_at < now + timedelta(hours=2) else "",
        "when": how_late(task.due_at, now) if is_late else _by(task.due_at, day),
        "finishes_here": task.cause not in ELSEWHERE and task.record_kind != "escalations",
        "detail": _next_date(task.next_critical_on),
    }


def how_late(due: datetime, now: datetime) -> str:
    """`2 hours late`, `3 days late`."""
    hours = int((now - due).total_seconds() // 3600)
    if hours < 1:
        return _("just late")
    if hours < 24:
        return ngettext("%(num)s hour late", "%(num)s hours late", hours)
    return ngettext("%(num)s day late", "%(num)s days late", hours // 24)


def _by(due: datetime, day: date) -> str:
    return _("by %(time)s", time=i18n.when_at(due).rpartition(", ")[2]) if day == i18n.today() else i18n.when_day(day)


def _next_date(day: date | None) -> str:
    return _("Next date %(day)s, %(off)s.", day=i18n.when_day(day), off=i18n.in_days(day)) if day else ""


def _groups(rows: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The queue in parts: late, today, tomorrow, later."""
    parts: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        days = (row["day"] - i18n.today()).days
        name = (
            _("Also late")
            if row["is_late"]
            else _("Due today")
            if days <= 0
            else _("Tomorrow")
            if days == 1
            else _("Later")
        )
        parts.setdefault(name, []).append(row)
    return list(parts.items())


@bp.route("/tasks/<public_id>/finish", methods=["GET", "POST"])
@open_to(*STAFF)
def finish_task(public_id: str) -> ResponseReturnValue:
    """Say how a task ended."""
    form = FinishForm()
    if not form.validate_on_submit():
        page = render_template("desk/finish.html", form=form, task=get_task(public_id, viewer=signed_in()))
        return page, 422 if form.errors else 200
    with transaction():
        finish(get_task(public_id, viewer=signed_in()), actor=signed_in(), outcome=form.outcome.data)
    flash(_("Done, and off the list."), "ok")
    return redirect(url_for(".today"), 303)


@bp.post("/tasks/<public_id>/take")
@open_to(*STAFF)
def take_task(public_id: str) -> ResponseReturnValue:
    """Take a task upon oneself."""
    with transaction():
        operations.take_over(get_task(public_id, viewer=signed_in()), actor=signed_in())
    flash(_("It is yours now."), "ok")
    return redirect(url_for(".today"), 303)
