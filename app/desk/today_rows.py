"""How the queue of today reads: one row for each case, its most urgent thing first, the others beneath it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from app.clients.models import WITH_VOLUNTEER
from app.core import i18n

from . import causes
from .same_facts import WATCHES, Said, said_once

SOON = timedelta(hours=2)
AT_FIRST = 8  # rows of a part that are open at first


@dataclass(frozen=True)
class Line:
    """One thing to do, with the page where it is done and the words for when."""

    task: Any
    label: str
    url: str
    when: str
    state: str  # late, soon or nothing
    finishes_here: bool

    @property
    def title(self) -> str:
        """The sentence of what is to be done."""
        return str(self.task.title)


@dataclass(frozen=True)
class Row:
    """All that is to be done about one case."""

    first: Line
    others: list[Line]
    day: date
    is_late: bool
    detail: str

    @property
    def level(self) -> Any:
        """The priority of the case; none where it is about no case."""
        return self.first.task.priority_level


@dataclass(frozen=True)
class Part:
    """A part of the queue: the rows that are open at first, those behind a fold, or all of it folded."""

    name: str
    rows: list[Row]
    rest: list[Row]
    is_folded: bool

    @property
    def count(self) -> int:
        """How many rows it has."""
        return len(self.rows) + len(self.rest)


def rows_of(tasks: Iterable[Any], now: datetime) -> list[Row]:
    """The rows in the order in which their first thing is due."""
    return [_row(said_once(found), now) for _row_id, found in groupby(tasks, key=lambda task: task.row)]


def _row(said: list[Said], now: datetime) -> Row:
    first = said[0]
    return Row(
        first=_line(first, now),
        others=[_line(each, now) for each in said[1:]],
        day=_day(first.due_at),
        is_late=first.due_at < now,
        detail=" ".join(words for words in (_no_lawyer(said), _next_date(said)) if words),
    )


def _line(said: Said, now: datetime) -> Line:
    task, due = said
    label, url = causes.way_of(task)
    is_late = due < now
    return Line(
        task=task,
        label=label,
        url=url,
        when=how_late(due, now) if is_late else _by(due),
        state="late" if is_late else "soon" if due < now + SOON else "",
        finishes_here=causes.ends_by_hand(task),
    )


def how_late(due: datetime, now: datetime) -> str:
    """`2 hours late`, `3 days late`."""
    hours = int((now - due).total_seconds() // 3600)
    if hours < 1:
        return _("just late")
    if hours < 24:
        return ngettext("%(num)s hour late", "%(num)s hours late", hours)
    return ngettext("%(num)s day late", "%(num)s days late", hours // 24)


def _day(moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(i18n.zone())).date()


def _by(due: datetime) -> str:
    day = _day(due)
    return _("by %(time)s", time=i18n.when_at(due).rpartition(", ")[2]) if day == i18n.today() else i18n.when_day(day)


def _no_lawyer(said: list[Said]) -> str:
    """That nobody leads the case whose date is to be kept, as it is now."""
    watched = any(each.task.cause in WATCHES and each.task.case_status not in WITH_VOLUNTEER for each in said)
    return _("The case has no lawyer yet.") if watched else ""


def _next_date(said: list[Said]) -> str:
    """The case's next date, where no line of the row names it."""
    day = said[0].task.next_critical_on
    if day is None or any(each.task.cause in WATCHES and each.task.on_day == day for each in said):
        return ""
    return _("Next date %(day)s, %(off)s.", day=i18n.when_day(day), off=i18n.in_days(day))


def parts_of(rows: list[Row]) -> list[Part]:
    """The queue in parts: late, today, and, folded where the page would grow long, tomorrow and later."""
    today = i18n.today()
    names = {"late": _("Also late"), "today": _("Due today"), "tomorrow": _("Tomorrow"), "later": _("Later")}
    found: dict[str, list[Row]] = {}
    for row in rows:
        days = (row.day - today).days
        name = "late" if row.is_late else "today" if days <= 0 else "tomorrow" if days == 1 else "later"
        found.setdefault(name, []).append(row)
    before, made = 0, []
    for name, each in found.items():
        opens = before == 0 or name in ("late", "today") or before + len(each) <= AT_FIRST
        most = AT_FIRST if opens else len(each)
        made.append(Part(names[name], each[:most], each[most:], not opens))
        before += len(each)
    return made
