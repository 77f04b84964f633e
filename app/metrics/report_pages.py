"""The staff's pages of figures as reports, so that each has its PDF, spreadsheet and CSV file with the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import calendars
from app.accounts.models import Programme

from . import boards, equity, figures, gaps, goals, report_figures, reports_files, waits
from .measures import DIMENSIONS, MEASURES
from .models import Goal
from .report_contents import BEFORE, Cell, Report, Table, full_day, text
from .wording import percent

COMPARED = ("figures", "waits")  # with the period before
Kept = tuple[str, str]  # the member that figures are kept to
Build = Callable[[Programme, date, date, Kept], Iterator[Table]]


def build(
    page: str, programme: Programme, first: date, last: date, kept: Kept = boards.ALL, by: str = "", part: str = ""
) -> Report:
    """One page of figures of a period as a report.

    :param by: by which heading a group of figures is broken down, `part`, where every case counts
    """
    title, tables = PAGES[page]
    whose = programme.name if kept[1] == "all" else f"{programme.name}, {figures.member_name(*kept)}"
    running = last > calendars.today(programme)
    notes = (_("The period has not ended yet: these are its figures so far."),) if running else ()
    if page in COMPARED:
        notes = (*notes, _("The period before is %(span)s.", span=figures.period_name(*figures.before(first, last))))
    staff = _("For staff: small counts are not hidden here. Funders read what was signed off for them.")
    return Report(page, str(title), whose, first, last, report_figures.as_of(programme),
                  (*tables(programme, first, last, kept), *_members(programme, first, last, by, part)),
                  (*notes, staff))  # fmt: skip


def _figures(programme: Programme, first: date, last: date, kept: Kept) -> Iterator[Table]:
    now, then = (
        figures.read_period(programme, *days, dimensions={kept[0]} - {"all"})
        for days in ((first, last), figures.before(first, last))
    )
    goals.add_people(programme, now, then)
    aims = goals.progress(goals.find_goals(programme, first, last), now, calendars.today(programme))
    header = (_("Figure"), _("This period"), _("Period before"), _("Goal"), _("What it means"))
    for group in boards.groups(now, then, aims, kept):
        rows = tuple(
            (text(str(line.measure.name)), report_figures.cell(line.measure, line.now),
             _no_cell() if line.measure.kind == "now" else report_figures.cell(line.measure, line.before),
             report_figures.cell(line.measure, line.goal.target) if line.goal else _no_cell(),
             text(str(line.measure.definition)))
            for line in group.lines
        )  # fmt: skip
        yield Table(group.key, str(group.name), header, rows)
    yield from report_figures.pictured(programme, first, last, kept)


def _members(programme: Programme, first: date, last: date, by: str, part: str) -> Iterator[Table]:
    """A group of figures by the members of a heading, and the same of the period before."""
    chosen = boards.part_of(by, part) if by else None
    if chosen is None:
        return
    periods = ((first, last), figures.before(first, last))
    wanted = [figures.By(by, chosen.counts)]
    now, then = (figures.read_period(programme, *days, dimensions=wanted) for days in periods)
    goals.add_people(programme, now, then)
    rows = boards.by_members(now, then, chosen, by)
    for at, (key, days) in enumerate(zip(("members", BEFORE), periods, strict=True)):
        told = [m for m in chosen.measures if at == 0 or m.kind != "now"]
        lines = tuple(
            (text(figures.member_name(by, row.member)),
             *(report_figures.cell(m, row.values[chosen.measures.index(m)][at]) for m in told))
            for row in rows
        )  # fmt: skip
        title = f"{chosen.name}, {str(DIMENSIONS[by]).lower()}, {figures.period_name(*days)}"
        yield Table(key, title, (str(DIMENSIONS[by]), *(str(m.name) for m in told)), lines)


def _no_cell() -> Cell:
    return Cell(None)


def _waits(programme: Programme, first: date, last: date, kept: Kept) -> Iterator[Table]:
    kept = kept if kept[0] in waits.HEADINGS else boards.ALL
    now, then = waits.read(programme, kept[0], (first, last), figures.before(first, last))
    found = waits.stages(programme, now, then, kept)
    header = (_("Stage"), _("Left it"), _("Half took at most, days"), _("90 of 100, days"), _("Half, period before"),
              _("In it now"), _("Half of them for, days"), _("Longest, days"))  # fmt: skip
    rows = tuple(
        (text(str(s.measure.name)), Cell(s.left), Cell(s.half), Cell(s.most), Cell(s.half_before), Cell(s.waiting),
         Cell(s.waiting_half), Cell(s.oldest))
        for s in found
    )  # fmt: skip
    yield Table("stages", _("Days in each stage"), header, rows)


def _gaps(programme: Programme, _first: date, _last: date, kept: Kept) -> Iterator[Table]:
    dimension = kept[0] if kept[0] in gaps.DIMENSIONS else "category"
    header = (str(DIMENSIONS[dimension]), _("Waiting"), _("Longest, days"), _("Open places"))
    rows = tuple(
        (text(figures.member_name(dimension, need.member)), Cell(need.waiting), Cell(need.longest),
         Cell(need.open_places))
        for need in gaps.needs(programme, dimension)
    )  # fmt: skip
    yield Table("needs", _("Need beside capacity"), header, rows)
    runs, wanted = gaps.wanted_over_time(programme)
    profiles = tuple((text(row.words), *(Cell(n) for n in row.cases)) for row in wanted)
    yield Table("wanted", _("Whom to recruit"), (_("Volunteer"), *(full_day(run.on_day) for run in runs)), profiles)
    yield _forecast(gaps.outlook(programme))


def _forecast(outlook: gaps.Outlook) -> Table:
    rows = tuple(
        (text(_("Next %(num)s weeks", num=f.weeks)), Cell(f.low), Cell(f.middle), Cell(f.high),
         Cell(past.inside if past else None), Cell(past.tests if past else None))
        for f, past in zip(outlook.forecasts, outlook.past, strict=True) if f
    )  # fmt: skip
    header = (_("Requests to come"), _("At least"), _("Middle"), _("At most"), _("Earlier forecasts that held"),
              _("Of so many"))  # fmt: skip
    note = _("At least and at most hold 8 of 10 times. Open places now: %(num)s.", num=outlook.open_places)
    return Table("forecast", _("What is to come"), header, rows, note if rows else "")


def _goals(programme: Programme, _first: date, _last: date, _kept: Kept) -> Iterator[Table]:
    today = calendars.today(programme)
    header = (_("Goal"), _("So far"), _("Target"), _("Stands"))
    rows = tuple(
        (text(_goal_name(p.goal)), report_figures.cell(p.measure, p.value),
         report_figures.cell(p.measure, p.target), text(goals.standing(p, today)[0]))
        for p in goals.with_figures(programme, goals.goals_of(programme))
    )  # fmt: skip
    yield Table("goals", _("Goals and where they stand"), header, rows)


def _goal_name(goal: Goal) -> str:
    """Figure, whose it is where it is a grant's, and period."""
    period = figures.period_name(goal.starts_on, goal.ends_on)
    return ", ".join([str(MEASURES[goal.measure].name), *([goal.grant.name] if goal.grant else []), period])


def _equity(programme: Programme, first: date, last: date, _kept: Kept) -> Iterator[Table]:
    tables = equity.tables(programme, first, last)
    header = (_("Group and figure"), _("Figure"), _("At least"), _("At most"), _("Counted"), _("Clients"), _("Others"),
              _("Reads as"))  # fmt: skip
    found = tuple(_compared(each.question, each.line) for each in equity.findings(tables))
    note = _("At least and at most hold 95 of 100 times for each figure alone. A difference is named only where it is "
             "larger than chance makes any here, 95 of 100 times.")  # fmt: skip
    yield Table("found", _("More than chance"), header, found, note)
    for table in tables:
        rows = tuple(_compared(each.question, line) for each in table.asked for line in each.shown)
        few = [f"{each.question.name}: {', '.join(each.too_few)}" for each in table.asked if each.too_few]
        yield Table(table.trait.key, str(table.trait.name), header, rows,
                    _("Too few told us: %(names)s", names="; ".join(few)) if few else "")  # fmt: skip


def _compared(question: equity.Question, line: equity.Line) -> tuple[Cell, ...]:
    own, share = line.estimate, question.unit == "share"
    if own is None:
        return ()
    values = (own.value, own.low, own.high, line.rest.value if line.rest else None)
    value, low, high, others = (
        Cell(None if each is None else percent(each) if share else round(each), "percent" if share else "days")
        for each in values
    )
    words = (text(f"{line.name}: {question.name}"), text(line.verdict))
    return (words[0], value, low, high, Cell(own.n), Cell(own.clients), others, words[1])


def _hours(programme: Programme, first: date, last: date, _kept: Kept) -> Iterator[Table]:
    yield from reports_files.hours_and_money(programme, first, last)


PAGES: dict[str, tuple[Any, Build]] = {
    "figures": (_l("Figures"), _figures),
    "waits": (_l("Where cases wait"), _waits),
    "gaps": (_l("Gaps and forecast"), _gaps),
    "goals": (_l("Goals"), _goals),
    "equity": (_l("Equity"), _equity),
    "hours": (_l("Hours and value"), _hours),
}
