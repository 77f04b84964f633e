"""The records behind a figure: cases, volunteers, or the counts that a share is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, Select, select

from app.accounts import calendars
from app.accounts.models import Grant, Programme
from app.clients.models import Case
from app.core.access import STAFF, open_to, signed_in
from app.core.errors import NotAllowed, NotFound
from app.core.lists import Page, csv_download, page_of, whole
from app.matching.models import Assignment
from app.volunteers.models import Volunteer

from .. import figures, goals, members, people, shift_figures, wording
from ..definitions import Measure
from ..firms import belongs
from ..forms import Period, period_asked
from ..measures import MEASURES
from ..tally import kept_of_grants
from ..window import Fact
from . import bp
from .files import grant_asked
from .shifts_behind import shifts_behind
from .staff import the_programme

AT_ONCE = 50
HEADER = ("case", "day", "amount", "category", "county", "status")


@bp.get("/reports/<measure>/cases")
@open_to(*STAFF)
def cases_behind(measure: str) -> ResponseReturnValue:
    """The cases behind one figure."""
    of = MEASURES.get(measure)
    if of is None:
        raise NotFound
    programme = the_programme()
    if not any(signed_in().has(role, programme.id) for role in of.opened_by):
        raise NotAllowed
    period = period_asked(calendars.today(programme))
    cell = _cell(programme, of)
    grant = grant_asked(programme, request.args.get("grant"))
    if grant and (of.kind in ("people", "now") or not kept_of_grants(of, cell[0])):
        raise NotFound
    if of.key in shift_figures.KEYS:
        return shifts_behind(programme, of, period, cell)
    if of.kind in ("people", "now"):
        return _people(programme, of, period, cell)
    if of.kind != "count":
        return _parts(programme, of, period, cell, grant)
    facts = figures.facts_behind(
        programme, measure, period.first, period.last, dimension=cell[0], member=cell[1], grant_id=_id(grant)
    )
    if request.args.get("format") == "csv":
        return _as_file(of, period, _label(cell, grant), facts)
    rows = _page(facts)
    return render_template(
        "metrics/cases.html", measure=of, page=rows, rows=figures.with_cases(rows.rows),
        total=figures.total_of(facts),
        rolled_up=_rolled_up(programme, of, period, cell, grant), period=period, label=_label(cell, grant),
        programme=programme, grant=grant, period_name=figures.period_name, shown=wording.shown,
    )  # fmt: skip


def _cell(programme: Programme, measure: Measure) -> tuple[str, str]:
    """The heading asked for, and its member."""
    cell = (request.args.get("by", "all"), request.args.get("member", "all"))
    if cell[0] not in measure.dimensions or not members.exists(programme, *cell):
        raise NotFound
    return cell


def _id(grant: Grant | None) -> int | None:
    return grant.id if grant else None


def _rolled_up(
    programme: Programme, measure: Measure, period: Period, cell: tuple[str, str], grant: Grant | None
) -> float | None:
    """What the report says of the same figure, as of the last count."""
    found = figures.read_period(programme, period.first, period.last, dimensions=(cell[0],), grant_id=_id(grant))
    return found.value(measure.key, *cell)


def _label(cell: tuple[str, str], grant: Grant | None = None) -> str:
    member = "" if cell[0] == "all" else figures.member_name(*cell)
    return ", ".join(filter(None, (grant.name if grant else "", member)))


def _page(facts: Sequence[Fact]) -> Page:
    number = min(whole("page", 1), max(1, -(-len(facts) // AT_ONCE)))
    return Page(facts[(number - 1) * AT_ONCE : number * AT_ONCE], number, AT_ONCE, len(facts))


def _as_file(measure: Measure, period: Period, label: str, facts: Sequence[Fact]) -> ResponseReturnValue:
    lines = (
        (c.number, f.on_day, wording.plain(measure, f.amount), c.problem_code, c.county, c.status)
        for n in range(0, len(facts), 1_000)
        for c, f in figures.with_cases(facts[n : n + 1_000])
    )
    return csv_download(wording.file_name(measure.key, label, period.first, period.last), HEADER, lines)


def _parts(
    programme: Programme, measure: Measure, period: Period, cell: tuple[str, str], grant: Grant | None
) -> ResponseReturnValue:
    """A share, a mean or days: the counts it is made of."""
    found = figures.read_period(programme, period.first, period.last, dimensions=(cell[0],), grant_id=_id(grant))
    keys = dict.fromkeys((*measure.part, *measure.whole))
    return render_template(
        "metrics/parts_behind.html", measure=measure, value=found.value(measure.key, *cell), period=period,
        made_of=[(MEASURES[key], found.count(key, *cell), key in measure.part) for key in keys], cell=cell,
        label=_label(cell, grant), programme=programme, grant=grant, period_name=figures.period_name,
        shown=wording.shown,
    )  # fmt: skip


def _people(programme: Programme, measure: Measure, period: Period, cell: tuple[str, str]) -> ResponseReturnValue:
    """Volunteers, or cases as they stand now."""
    found = figures.read_period(programme, period.first, period.last, dimensions=())
    goals.add_people(programme, found)
    used_by: dict[int, int] = {}
    used = people.places_used(programme, *cell)
    if measure.key in people.BEHIND:
        chosen = people.BEHIND[measure.key](programme, period.first, period.last)
        if cell[0] == "firm":
            chosen = chosen.where(belongs(Volunteer.id, cell[1]))
        page = page_of(select(Volunteer).where(Volunteer.id.in_(chosen)).order_by(Volunteer.id), scalars=True)
        rows: list[Any] = [(volunteer, None) for volunteer in page.rows]
    else:
        waiting = measure.key == "waiting_now"
        now = people.waiting(programme, *cell) if waiting else _using(programme, used)
        page = page_of(select(Case).where(*now).order_by(Case.id), scalars=True)
        rows = [(None, case) for case in page.rows]
        used_by = {} if waiting else people.places_of(used, [case.id for case in page.rows])
    return render_template(
        "metrics/people_behind.html", measure=measure, page=page, rows=rows, used_by=used_by,
        value=found.value(measure.key, *cell), period=period, label=_label(cell), programme=programme,
        period_name=figures.period_name, shown=wording.shown,
    )  # fmt: skip


def _using(programme: Programme, used: Select[Any]) -> list[ColumnElement[bool]]:
    return [Case.programme_id == programme.id, Case.id.in_(used.with_only_columns(Assignment.case_id))]
