"""A docket row in the reader's words, ready to print: the template only puts the pieces in their places."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.clients import problems
from app.clients.models import CaseStatus, PriorityLevel
from app.clients.urgency import in_words
from app.core import clock, i18n
from app.matching.words import RULES_FOR_STAFF

from .docket import Try

S = CaseStatus
STATUSES: dict[str, Any] = {
    S.PRESCREEN: _l("Prescreen"),
    S.ACCEPTED: _l("Accepted"),
    S.AVAILABLE: _l("Waiting for a volunteer"),
    S.PLACED: _l("Placed"),
    S.IN_SERVICE: _l("In service"),
    S.CLOSING: _l("Closing"),
    S.CLOSED: _l("Closed"),
    S.REJECTED: _l("Rejected"),
    S.WITHDRAWN: _l("Withdrawn"),
    S.RETURNED_TO_STAFF: _l("Kept with staff"),
    S.NOT_PLACED: _l("Not placed"),
    S.ADMINISTRATIVELY_CLOSED: _l("Closed, nothing heard"),
}
LEVELS: dict[str, Any] = {
    PriorityLevel.CRITICAL: _l("Critical"),
    PriorityLevel.HIGH: _l("High"),
    PriorityLevel.NORMAL: _l("Normal"),
    PriorityLevel.LOW: _l("Low"),
}
CELLS = 10


class Line(NamedTuple):
    """One row of the table, as text."""

    public_id: str
    number: str
    title: str
    under: str
    level: str
    level_word: str
    bars: str
    summary: str
    factors: tuple[tuple[str, str], ...]
    note: str
    place: str
    language: str
    day: str
    day_kind: str
    day_off: str
    clock: str
    clock_kind: str
    cells: tuple[tuple[str, str], ...]
    placement: str
    owner: str


class Words:
    """What repeats from row to row, said once for each page."""

    def __init__(self, staff: Sequence[Any]) -> None:
        self.now, self.today, self.zone = clock.now(), i18n.today(), ZoneInfo(i18n.zone())
        self.levels = {level: str(word) for level, word in LEVELS.items()}
        self.statuses = {status: str(word) for status, word in STATUSES.items()}
        self.full, self.limited = _("full"), _("limited")
        self.remote, self.with_interpreter = _("remote"), _("interpreter needed")
        self.nothing_set, self.unknown = _("None set"), _("Unknown, ask")
        self.people = {row.id: short(row.name) for row in staff}
        self._days: dict[date, tuple[str, str]] = {}

    def day(self, day: date) -> tuple[str, str]:
        """A day and how far off it is."""
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = (i18n.when_day(day), i18n.in_days(day))
        return known


def short(name: str) -> str:
    """`I. Calloway`."""
    first, _space, rest = name.partition(" ")
    return f"{first[:1]}. {rest}" if rest else first


def lines(
    rows: Sequence[Any], priorities: Mapping[int, list[Any]], tries: Mapping[int, list[Try]], staff: Sequence[Any]
) -> list[Line]:
    """The page's rows as text."""
    words = Words(staff)
    return [_line(row, priorities.get(row.id, []), tries.get(row.id, []), words) for row in rows]


def _line(row: Any, priorities: Sequence[Any], tries: Sequence[Try], words: Words) -> Line:
    level = row.priority_level.value
    summary, factors, note = _reasons(row, priorities, words)
    day, day_kind, day_off = _next_date(row, words)
    text, kind, cells = _clock(row, words)
    service = words.full if row.service_level == "full" else words.limited
    return Line(
        row.public_id, row.number, row.listing_title or _category(row.problem_code) or row.number,
        f"{row.number} · {_matter(row.problem_code)} · {service}", level, words.levels[row.priority_level],
        f"p{5 - row.priority_level.rank}", summary, factors, note, _place(row, words),
        _spoken(row.language, words.with_interpreter if row.interpreter and row.language != "en" else ""),
        day, day_kind, day_off, text, kind, cells, _placement(row, tries, words), words.people.get(row.owner, ""),
    )  # fmt: skip


@lru_cache(maxsize=512)
def _matter(code: str | None) -> str:
    found = problems.find_problem(code)
    return f"{found.category} {code}" if found else _("no problem code yet")


def _category(code: str | None) -> str:
    return problems.category(code)


@lru_cache(maxsize=4096)
def _county(fips: str) -> str:
    return problems.county_name(fips).removesuffix(" County")


def _place(row: Any, words: Words) -> str:
    return _county(row.county) if row.in_person else f"{_county(row.county)}, {words.remote}"


@lru_cache(maxsize=512)
def _spoken(code: str, extra: str) -> str:
    name = problems.language_name(code)
    return f"{name}, {extra}" if extra else name


def _reasons(row: Any, priorities: Sequence[Any], words: Words) -> tuple[str, tuple[tuple[str, str], ...], str]:
    """The points, what they come from, and who set the level by hand until when."""
    reckoned = next((each for each in priorities if each.override_level is None), None)
    override = next((each for each in priorities if each.override_level is not None), None)
    factors = _factors(json.dumps(reckoned.factors), i18n.language()) if reckoned else ()
    summary = _points(row.points, i18n.language())
    if override is None:
        return summary, factors, _version(reckoned.rules_version, i18n.language()) if reckoned else ""
    who, until = words.people.get(override.override_by_id, ""), words.day(override.override_lapses_on)[0]
    return summary, factors, _("Set to %(level)s by %(who)s until %(day)s.",
                               level=words.levels[override.override_level].lower(), who=who, day=until)  # fmt: skip


@lru_cache(maxsize=4096)
def _factors(text: str, language: str) -> tuple[tuple[str, str], ...]:
    """Factors in words; the same few combinations come back all day."""
    return tuple((each["label"], each["points"]) for each in in_words(json.loads(text)))


@lru_cache(maxsize=1024)
def _points(points: int, language: str) -> str:
    return _("%(points)s points", points=points) if points != 1 else _("1 point")


@lru_cache(maxsize=256)
def _version(number: int, language: str) -> str:
    return _("Rules version %(number)s.", number=number)


def _next_date(row: Any, words: Words) -> tuple[str, str, str]:
    if row.next_critical_on is None:
        return (words.unknown, "soon", "") if row.has_open_question else (words.nothing_set, "dim", "")
    days = (row.next_critical_on - words.today).days
    day, off = words.day(row.next_critical_on)
    return day, "late" if days <= 7 else "soon" if days <= 14 else "", off


def _clock(row: Any, words: Words) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """The referral clock of a waiting case, else where the case stands since when."""
    if row.paused_at is not None:
        return _("Paused"), "dim", ()
    if row.status is not S.AVAILABLE or row.clock_ends_at is None:
        since = row.closed_at or row.placed_at or row.received_at
        return f"{words.statuses[row.status]}, {words.day(_local(since, words))[0]}", "dim", ()
    start = row.listed_at or row.received_at
    of = max(1, _days(start, row.clock_ends_at))
    day = min(_days(start, words.now) + 1, of)
    if words.now >= row.clock_ends_at:
        return _("Ran out, decide now"), "late", _cells(of, of, "crit")
    kind = "soon" if of - day <= 1 or day / of > 0.75 else ""
    return _day_of(day, of, i18n.language()), kind or "dim", _cells(day, of, "warnf" if kind else "f1")


@lru_cache(maxsize=4096)
def _day_of(day: int, of: int, language: str) -> str:
    return _("day %(day)s of %(of)s", day=day, of=of)


@lru_cache(maxsize=4096)
def _cells(day: int, of: int, filled: str) -> tuple[tuple[str, str], ...]:
    number = min(max(of, 1), CELLS)
    step = 64 / number
    return tuple((f"{at * step:g}"[:6], filled if at < day / of * number else "trk") for at in range(number))


def cell_width(cells: Sequence[Any]) -> str:
    """How wide one cell of a clock is drawn."""
    return f"{64 / max(len(cells), 1) - 1.2:.2f}"


def _days(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds() / 86_400))


def _local(moment: datetime, words: Words) -> date:
    return moment.astimezone(words.zone).date()


def _placement(row: Any, tries: Sequence[Try], words: Words) -> str:
    if row.status is not S.AVAILABLE:
        lead = next((each for each in tries if each.kind == "lead"), None)
        return f"{(lead.given_name or '')[:1]}. {lead.family_name}" if lead else ""
    by_kind: dict[str, list[Try]] = {}
    for each in tries:
        by_kind.setdefault(each.kind, []).append(each)
    for kind, say in SAYINGS.items():
        if kind in by_kind:
            return str(say(by_kind[kind]))
    return ""


def _name(each: Try) -> str:
    return f"{(each.given_name or '')[:1]}. {each.family_name}" if each.family_name else _("a firm")


def _nobody(tries: list[Try]) -> str:
    rule = RULES_FOR_STAFF.get(tries[0].reason or "")
    return _("No one can: %(rule)s", rule=rule) if rule else _("No one can take it")


SAYINGS: dict[str, Any] = {
    "requested": lambda tries: _("%(who)s asked, answer by %(when)s", who=_name(tries[0]), when=i18n.when_at(tries[0].until_at)),
    "held": lambda tries: _("Held by %(who)s to %(when)s", who=_name(tries[0]), when=i18n.when_at(tries[0].until_at)),
    "offered": lambda tries: _("1 offer out, answer by %(when)s", when=i18n.when_at(tries[0].until_at))
    if len(tries) == 1 else _("%(count)s offers out", count=len(tries)),
    "proposed": lambda tries: _("Proposed: %(who)s", who=_name(tries[0])),
    "no_one_can": _nobody,
    "all_taken": lambda tries: _("All who can are taken"),
    "declined": lambda tries: _("%(count)s declined", count=len(tries)),
}  # fmt: skip


def address_of_cases() -> str:
    """What stands before a case's id in its address; asked once for a page of rows."""
    return url_for("desk.case", public_id="0").removesuffix("0")


@lru_cache
def languages() -> list[tuple[str, str]]:
    """Languages as code and name, by name."""
    return sorted(problems.languages().items(), key=lambda pair: pair[1])
