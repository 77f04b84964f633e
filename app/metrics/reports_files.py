"""What each kind of report tells, built from the figures that every page shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import calendars
from app.accounts.models import Grant, Programme
from app.casework.closing import closing_codes
from app.casework.models import AmountKind
from app.clients.problems import category
from app.core.errors import BadInput
from app.core.i18n import hours

from . import lsc, rates, report_figures, shift_figures
from .lsc_behind import UNKNOWN
from .models_reports import ReportKind
from .report_contents import Behind, Cell, Report, Table, full_day, of_measure, summed, text

NAMES: dict[ReportKind, Any] = {
    ReportKind.LSC: _l("Case service summary"),
    ReportKind.GRANT: _l("Grant report"),
    ReportKind.BOARD: _l("Board report"),
}
ABOUT: dict[ReportKind, Any] = {
    ReportKind.LSC: _l("Closed cases by problem code and closing code, those led by volunteers (PAI) marked."),
    ReportKind.GRANT: _l("What one grant paid for: every figure, how cases ended, hours with their value, money won."),
    ReportKind.BOARD: _l("A period at a glance beside the one before it."),
}
KINDS_OF_MONEY: dict[AmountKind, Any] = {
    AmountKind.LUMP_SUM: _l("Lump sums"),
    AmountKind.MONTHLY: _l("Each month"),
    AmountKind.AVOIDED: _l("Costs avoided"),
    AmountKind.AWARDED: _l("Awarded"),
    AmountKind.DEBT_REDUCED: _l("Debt reduced"),
}


class GrantMissing(BadInput):
    """A grant report is of one grant."""

    message = _l("Choose the grant that the report is about.")


def build(kind: ReportKind, programme: Programme, first: date, last: date, grant: Grant | None = None) -> Report:
    """The report of a period.

    :raises GrantMissing: a grant report without its grant
    """
    if kind is ReportKind.GRANT and grant is None:
        raise GrantMissing
    grant_id = grant.id if grant else None
    tables = {ReportKind.LSC: _lsc, ReportKind.GRANT: _of_grant, ReportKind.BOARD: _board}[kind]
    return Report(
        kind=kind.value,
        title=str(NAMES[kind]),
        whose=f"{programme.name}, {grant.name}" if grant else programme.name,
        first=first,
        last=last,
        as_of=report_figures.as_of_now(programme) if kind is ReportKind.LSC else report_figures.as_of(programme),
        tables=tuple(tables(programme, first, last, grant_id)),
        notes=tuple(_notes(kind, running=last > calendars.today(programme))),
    )


def _notes(kind: ReportKind, *, running: bool) -> list[str]:
    said = [_("The period has not ended yet: these are its figures so far.")] if running else []
    said += [_("First and last day are included, in the programme’s time zone.")]
    if kind is not ReportKind.LSC:
        said.append(_("How cases ended, shifts and money for clients are read from the records as they are; what "
                      "changed since the count is in the other figures from the next one on."))  # fmt: skip
    if kind is ReportKind.LSC:
        said.append(_("A case counts once, on the day its closing report was approved. PAI: a volunteer led it then."))
    said.append(_("For staff: small counts are not hidden here. Funders read what was signed off for them."))
    return said


def _lsc(programme: Programme, first: date, last: date, grant_id: int | None) -> list[Table]:
    found = lsc.closed_cases(programme, first, last, grant_id)
    return [_matrix(found), _by_code(found), _by_category(found)]


def _closed(**asked: str) -> Behind:
    return Behind("closed_behind", asked)


def _split(n: int, pai: int, **asked: str) -> tuple[Cell, Cell, Cell]:
    """All, PAI and staff, each with its cases."""
    return (Cell(n, behind=_closed(**asked)), Cell(pai, behind=_closed(**asked, who="pai")),
            Cell(n - pai, behind=_closed(**asked, who="staff")))  # fmt: skip


IN_ALL = (_closed(), _closed(who="pai"), _closed(who="staff"))


def _matrix(found: lsc.Closed) -> Table:
    codes = [code for code in found.codes() if found.of_code(code)]
    rows = []
    for problem in found.problems():
        counts, of = found.of_problem(problem), problem or UNKNOWN
        cells = [Cell(counts[code], behind=_closed(problem=of, code=code)) for code in codes]
        every, pai, _staff = _split(counts.total(), found.pai_of_problem(problem), problem=of)
        rows.append((text(lsc.problem_name(problem)), *cells, every, pai))
    header = (_("Problem code"), *codes, _("All"), _("PAI"))
    foot = summed(rows, [*(_closed(code=code) for code in codes), *IN_ALL[:2]])
    return Table("matrix", _("By problem code and closing code"), header, tuple(rows), foot=foot)


def _by_code(found: lsc.Closed) -> Table:
    known = closing_codes()
    rows = []
    for code in found.codes():
        n, pai = found.of_code(code), found.of_code(code, pai=True)
        if n:
            label = f"{code} {known[code].label}" if code in known else code
            level = known[code].service_level if code in known else ""
            rows.append((text(label), text(level), *_split(n, pai, code=code)))
    header = (_("Closing code"), _("Service"), _("All"), _("PAI"), _("Staff"))
    foot = summed(rows, [None, *IN_ALL])
    foot = (foot[0], text(""), *foot[2:]) if foot else ()
    return Table("codes", _("By closing code"), header, tuple(rows), foot=foot)


def _by_category(found: lsc.Closed) -> Table:
    sums: dict[str, list[int]] = {}
    for problem in found.problems():
        pair = sums.setdefault(category(problem) or UNKNOWN, [0, 0])
        pair[0] += found.of_problem(problem).total()
        pair[1] += found.pai_of_problem(problem)
    rows = [(text(_("No problem code") if kind == UNKNOWN else kind), *_split(n, pai, category=kind))
            for kind, (n, pai) in sums.items()]  # fmt: skip
    header = (_("Kind of matter"), _("All"), _("PAI"), _("Staff"))
    return Table("categories", _("By kind of matter"), header, tuple(rows), foot=summed(rows, IN_ALL))


def _of_grant(programme: Programme, first: date, last: date, grant_id: int | None) -> list[Table]:
    found = lsc.closed_cases(programme, first, last, grant_id)
    return [
        report_figures.every_figure(programme, first, last, grant_id),
        *([report_figures.goals_table(programme, first, last, grant_id)] if grant_id else []),
        _by_category(found),
        _by_code(found),
        *hours_and_money(programme, first, last, grant_id),
    ]


def _board(programme: Programme, first: date, last: date, grant_id: int | None) -> list[Table]:
    return [
        report_figures.beside_the_one_before(programme, first, last, grant_id),
        _by_category(lsc.closed_cases(programme, first, last, grant_id)),
        *hours_and_money(programme, first, last, grant_id),
    ]


def hours_and_money(programme: Programme, first: date, last: date, grant_id: int | None = None) -> list[Table]:
    """Hours with their value, hours without a case where no grant is asked for, and money for clients by kind."""
    shifts = [shifts_table(programme, first, last)] if grant_id is None else []
    return [hours_table(programme, first, last, grant_id), *shifts, money_table(programme, first, last, grant_id)]


def hours_table(programme: Programme, first: date, last: date, grant_id: int | None = None) -> Table:
    """Volunteers' hours by role and rate, with the rate and its source in each line."""
    known = rates.rates_of(programme)
    found = rates.value_of(report_figures.hours_by_day(programme, first, last, grant_id), known)
    rows = [(text(rates.role_name(line.role)), Cell(line.hundredths, "hours", _hours_behind(line, known, first, last)),
             _rate_of(line.rate), text(_source(line.rate)), Cell(line.cents, "money"))
            for line in found.lines]  # fmt: skip
    foot = (text(_("In all")), Cell(found.hundredths, "hours", of_measure("hours")), Cell(None, "money"), text(""),
            Cell(found.cents, "money")) if rows else ()  # fmt: skip
    header = (_("Role"), _("Hours"), _("An hour counts for"), _("Source of the rate"), _("Value"))
    return Table("hours", _("Hours and their value"), header, tuple(rows), _without_rate(found), foot)


def _hours_behind(line: rates.Line, known: Sequence[rates.Rate], first: date, last: date) -> Behind | None:
    """The cases of a line's hours, on the days of its rate; none where days without a rate lie apart."""
    if line.rate is None:
        days = rates.days_without(line.role, known, first, last)
    else:
        days = [(max(first, line.rate.first), min(last, line.rate.last or last))]
    if len(days) != 1:
        return None
    return of_measure("hours", "role", line.role, days[0])


def _rate_of(rate: rates.Rate | None) -> Cell:
    return Cell(rate.cents if rate else None, "money")


def _source(rate: rates.Rate | None) -> str:
    if rate is None:
        return _("no rate entered")
    if rate.last is None:
        return _("%(source)s; from %(first)s on", source=rate.source, first=full_day(rate.first))
    return _("%(source)s; %(first)s to %(last)s", source=rate.source, first=full_day(rate.first),
             last=full_day(rate.last))  # fmt: skip


def _without_rate(found: rates.Value) -> str:
    if not found.unrated:
        return ""
    if found.cents is None:
        return _("No rate is entered for these hours, so they have no value here.")
    known = hours(found.hundredths - found.unrated)
    return _("The value is that of %(known)s hours; %(rest)s hours have no rate.", known=known,
             rest=hours(found.unrated))  # fmt: skip


def shifts_table(programme: Programme, first: date, last: date) -> Table:
    """Clinics and advice shifts with their hours, which stand apart from those on cases and have no value."""
    given = shift_figures.figures(programme, (first, last))[0]
    days, hundredths = (sum(given[key].values()) for key in shift_figures.KEYS)
    name = text(_("Clinics and advice shifts"))
    row = (name, Cell(days, behind=of_measure("shifts")), Cell(hundredths, "hours", of_measure("shift_hours")))
    note = _("They belong to no case and no role, so they are not in the hours above, and no rate gives them a value.")
    header = (_("Hours without a case"), _("Shifts"), _("Hours"))
    return Table("shifts", _("Hours without a case"), header, (row,) if days else (), note if days else "")


def money_name(kind: AmountKind, months: int | None) -> str:
    """`Lump sums`, or `Each month, counted over 12 months`."""
    label = str(KINDS_OF_MONEY[kind])
    return _("%(label)s, counted over %(num)s months", label=label, num=months) if months else label


def money_table(programme: Programme, first: date, last: date, grant_id: int | None = None) -> Table:
    """Money won or saved for clients; each kind stands alone and is never added to another."""
    rows = []
    for (kind, months), (n, cents) in lsc.money_by_kind(programme, first, last, grant_id).items():
        behind = Behind("money_behind", {"kind": kind.value, "months": months})
        over = Cell(cents * months if months else None, "money", behind)
        rows.append((text(money_name(kind, months)), Cell(n, behind=behind), Cell(cents, "money", behind), over))
    note = _("Kinds are not added up: money received, costs avoided and debts forgiven are not the same.")
    header = (_("Kind of money"), _("Amounts"), _("Sum"), _("Over these months"))
    return Table("money", _("Money for clients"), header, tuple(rows), note if rows else "")
