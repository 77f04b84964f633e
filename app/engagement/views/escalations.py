"""Escalations as staff see them: the list, one with all that happened, taking it on, passing it up, closing it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, or_

from app.accounts.models import Programme
from app.clients import problems
from app.clients.models import Case
from app.clients.queries import get_case, staff_cases
from app.core import i18n
from app.core.access import STAFF, open_to, signed_in
from app.core.db import transaction
from app.core.lists import csv_download, here, page_of, sort_by
from app.volunteers.models import Volunteer

from .. import escalation_rules as rules
from .. import escalation_trends as trends
from .. import escalation_words as words
from .. import operations_escalations as operations
from .. import queries_escalations as queries
from ..forms_escalations import CloseEscalationForm, ComplaintForm
from ..models_escalations import Escalation
from . import bp

SORTS: dict[str, Any] = {
    "due": (Escalation.respond_by, Escalation.id),
    "opened": (Escalation.opened_at, Escalation.id),
    "level": (Escalation.level, Escalation.respond_by, Escalation.id),
    "cause": (Escalation.cause, Escalation.respond_by, Escalation.id),
    "case": (Case.number, Escalation.id),
}
HEADER = ("case", "cause", "level", "opened_at", "respond_by", "taken_at", "in_time", "closed_at", "root_cause")
FILTERS = ("cause", "root", "matter", "volunteer", "programme", "month")


@bp.get("/escalations")
@open_to(*STAFF)
def escalations() -> ResponseReturnValue:
    """What a person must resolve, the soonest due first; filtered, sorted and paged by the address."""
    shown = request.args.get("state", "open")
    shown = shown if shown in queries.SHOWN else "open"
    programmes = queries.programmes_of_staff(signed_in())
    asked = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    found = queries.staff_escalations(signed_in(), shown, *_which(asked, programmes))
    found = found.order_by(*sort_by(SORTS, "due" if shown != "closed" else "opened"))
    if request.args.get("format") == "csv":
        return csv_download("escalations", HEADER, _lines(page_of(found, size=10_000).rows))
    return render_template(
        "engagement/escalations.html", page=page_of(found), shown=shown, asked=asked, words=words, causes=rules.CAUSES,
        roots=rules.root_causes(), programmes=programmes, matters=_matters(), counts=queries.counts(signed_in()),
        sort=request.args.get("sort", ""), here=here, said=words.filters(asked, programmes),
    )  # fmt: skip


def _matters() -> list[str]:
    return sorted({each.category for each in problems.problems().values() if each.selectable})


def _which(asked: dict[str, str], programmes: list[Programme]) -> Iterator[ColumnElement[bool]]:
    """The conditions that the address names; what it names wrongly finds nothing."""
    if "cause" in asked:
        yield Escalation.cause == asked["cause"]
    if "root" in asked:
        is_open = asked["root"] == trends.OPEN_YET
        yield Escalation.root_cause.is_(None) if is_open else Escalation.root_cause == asked["root"]
    if "programme" in asked:
        yield Case.programme_id.in_([each.id for each in programmes if each.slug == asked["programme"]])
    if "volunteer" in asked:
        known = Escalation.volunteer.has(Volunteer.public_id == asked["volunteer"])
        yield Escalation.volunteer_id.is_(None) if asked["volunteer"] == trends.NONE else known
    if "matter" in asked:
        yield _of_matter(asked["matter"])
    if "month" in asked:
        yield or_(*(Case.programme_id.in_([each.id]) & _in_month(asked["month"], each) for each in programmes))


def _of_matter(matter: str) -> ColumnElement[bool]:
    if matter == trends.NONE:
        return Case.problem_code.is_(None)
    codes = [code for code, each in problems.problems().items() if each.category == matter]
    return func.substr(Case.problem_code, 1, 2).in_(codes)


def _in_month(month: str, programme: Programme) -> ColumnElement[bool]:
    try:
        first = date.fromisoformat(f"{month}-01")
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    except ValueError:
        return Escalation.id.is_(None)
    low, high = (trends.begin_of(day, programme.time_zone) for day in (first, after))
    return (Escalation.opened_at >= low) & (Escalation.opened_at < high)


def _lines(rows: Any) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        moments = [_iso(row.opened_at), _iso(row.respond_by), _iso(row.taken_at)]
        in_time = "" if row.in_time is None else "yes" if row.in_time else "no"
        yield (row.number, row.cause, row.level, *moments, in_time, _iso(row.closed_at), row.root_cause)


def _iso(moment: datetime | None) -> str:
    return moment.isoformat(timespec="minutes") if moment else ""


def _one(public_id: str) -> Escalation:
    return queries.get_escalation(public_id, viewer=signed_in())


@bp.get("/escalations/<public_id>")
@open_to(*STAFF)
def escalation(public_id: str) -> ResponseReturnValue:
    """One escalation: why it opened, whose turn it is until when, and everything that happened."""
    return _page(_one(public_id), CloseEscalationForm(formdata=None))


def _page(found: Escalation, form: CloseEscalationForm) -> ResponseReturnValue:
    rule = queries.rule_behind(found)
    page = render_template(
        "engagement/escalation.html", escalation=found, case=found.case, form=form, words=words, rule=rule,
        ladder=words.ladder(found, rule), history=words.history(queries.steps_of(found)), roots=rules.root_causes(),
        cause=rules.CAUSES.get(found.cause), standing=words.standing(found), me=signed_in().id,
        is_last=rule is None or found.level > len(rule.levels) or rule.levels[found.level - 1].next is None,
    )  # fmt: skip
    return page, 422 if form.errors else 200


@bp.post("/escalations/<public_id>/take")
@open_to(*STAFF)
def take_escalation(public_id: str) -> ResponseReturnValue:
    """Say that one sees to it."""
    with transaction():
        found = operations.take_on(_one(public_id), actor=signed_in(), seen=request.form.get("seen", ""))
        until = i18n.when_at(found.respond_by)
    flash(_("It is yours. Close it with what you find by %(until)s.", until=until), "ok")
    return redirect(url_for(".escalation", public_id=public_id), 303)


@bp.post("/escalations/<public_id>/raise")
@open_to(*STAFF)
def raise_escalation(public_id: str) -> ResponseReturnValue:
    """Pass it to the next level now."""
    with transaction():
        operations.raise_now(_one(public_id), actor=signed_in(), seen=request.form.get("seen", ""))
    flash(_("It is with the next level now."), "ok")
    return redirect(url_for(".escalation", public_id=public_id), 303)


@bp.route("/escalations/<public_id>/close", methods=["GET", "POST"])
@open_to(*STAFF)
def close_escalation(public_id: str) -> ResponseReturnValue:
    """Close it with what was found and its root cause."""
    form = CloseEscalationForm()
    if not form.validate_on_submit():
        return _page(_one(public_id), form)
    with transaction():
        operations.close_escalation(
            _one(public_id), found=form.found.data or "", root_cause=form.root_cause.data, actor=signed_in()
        )
    flash(_("Closed, with its cause."), "ok")
    return redirect(url_for(".escalation", public_id=public_id), 303)


@bp.route("/cases/<public_id>/complaint", methods=["GET", "POST"])
@open_to(*STAFF)
def record_complaint(public_id: str) -> ResponseReturnValue:
    """Write down a complaint, which somebody must look into."""
    form = ComplaintForm()
    viewer = signed_in()
    case = get_case(public_id, viewer=viewer, among=staff_cases(viewer))
    if not form.validate_on_submit():
        page = render_template("engagement/complaint.html", case=case, form=form)
        return page, 422 if form.errors else 200
    with transaction():
        case = get_case(public_id, viewer=viewer, among=staff_cases(viewer))
        onward = operations.record_complaint(case, form.note.data or "", actor=signed_in()).public_id
    flash(_("Written down. Somebody looks into it by the time below."), "ok")
    return redirect(url_for(".escalation", public_id=onward), 303)
