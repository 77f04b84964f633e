"""A docket row in the reader's words, escaped and ready to print: the template only puts the pieces in their places.

What repeats from row to row, and from page to page, is written once and kept: fifty rows are to cost little.
"""

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
from flask_babel import ngettext
from markupsafe import Markup, escape

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
    """One row of the table; every piece is markup that needs no escaping."""

    public_id: str
    number: str
    title: str
    under: str
    level: str
    level_word: str
    bars: str
    summary: str
    factors: str
    note: str
    place: str
    language: str
    day: str
    day_kind: str
    day_off: str
    clock: str
    clock_kind: str
    cells: str
    placement: str
    owner: str


class Words:
    """What repeats from row to row, said once for each page."""

    def __init__(self, staff: Sequence[Any], *, of_silence: bool) -> None:
        self.of_silence = of_silence
        self.now, self.today, self.zone = clock.now(), i18n.today(), ZoneInfo(i18n.zone())
        self.lang = i18n.language()
        self.levels, self.statuses = said(self.lang)
        self.full, self.limited, self.remote = _("full"), _("limited"), _("remote")
        self.with_interpreter, self.paused = _("interpreter needed"), _("Paused")
        self.nothing_set, self.unknown, self.ran_out = _("None set"), _("Unknown, ask"), _("Ran out, decide now")
        self.people = {row.id: short(row.name) for row in staff}
        self._days: dict[date, tuple[str, str]] = {}

    def day(self, day: date) -> tuple[str, str]:
        """A day and how far off it is."""
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = day_words(day, self.today, self.lang)
        return known


@lru_cache
def said(language: str) -> tuple[dict[Any, str], dict[Any, str]]:
    """Levels and statuses in a language."""
    return {level: str(word) for level, word in LEVELS.items()}, {key: str(word) for key, word in STATUSES.items()}


@lru_cache(maxsize=4096)
def day_words(day: date, today: date, language: str) -> tuple[str, str]:
    """A day and how far off it is, on a certain day."""
    return i18n.when_day(day), i18n.in_days(day)


def short(name: str) -> str:
    """`I. Calloway`."""
    first, _space, rest = name.partition(" ")
    return f"{first[:1]}.\u00a0{rest}" if rest else first


def lines(
    rows: Sequence[Any], priorities: Mapping[int, list[Any]], tries: Mapping[int, list[Try]], staff: Sequence[Any],
    *, of_silence: bool = False,
) -> list[Line]:  # fmt: skip
    """The page's rows as text; a list of silence says since when, instead of the clock."""
    words = Words(staff, of_silence=of_silence)
    return [_line(row, priorities.get(row.id, []), tries.get(row.id, []), words) for row in rows]


def _line(row: Any, priorities: Sequence[Any], tries: Sequence[Try], words: Words) -> Line:
    level = row.priority_level
    summary, factors, note = _reasons(row, priorities, words)
    day, day_kind, day_off = _next_date(row, words)
    text, kind, cells = _clock(row, words)
    matter = _matter(row.problem_code, words.lang)
    service = words.full if row.service_level == "full" else words.limited
    title = row.listing_title or problems.category(row.problem_code) or row.number
    return Line(
        row.public_id, row.number, escape(title), f"{row.number} · {matter} · {service}", level.value,
        words.levels[level], f"p{5 - level.rank}", summary, factors, note,
        _county(row.county) if row.in_person else f"{_county(row.county)}, {words.remote}",
        _spoken(row.language, words.with_interpreter if row.interpreter and row.language != "en" else ""),
        day, day_kind, day_off, text, kind, cells, escape(_placement(row, tries)),
        escape(words.people.get(row.owner, "")),
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _matter(code: str | None, language: str) -> str:
    found = problems.find_problem(code)
    return escape(f"{found.category} {code}" if found else _("no problem code yet"))


@lru_cache(maxsize=4096)
def _county(fips: str) -> str:
    return escape(problems.county_name(fips).removesuffix(" County"))


@lru_cache(maxsize=512)
def _spoken(code: str, extra: str) -> str:
    name = problems.language_name(code)
    return escape(f"{name}, {extra}" if extra else name)


def _reasons(row: Any, priorities: Sequence[Any], words: Words) -> tuple[str, str, str]:
    """The points, what they come from, and who set the level by hand until when."""
    reckoned = next((each for each in priorities if each.override_level is None), None)
    override = next((each for each in priorities if each.override_level is not None), None)
    factors = _factors(reckoned.factors, words.lang) if reckoned else ""
    summary = points_words(row.points, words.lang)
    if override is None:
        return summary, factors, _version(reckoned.rules_version, words.lang) if reckoned else ""
    return summary, factors, escape(override_words(override, words.people, words.lang))


def override_words(override: Any, people: Mapping[int, str], language: str) -> str:
    """Who set the level by hand, and until when."""
    level = said(language)[0][override.override_level].lower()
    who, day = people.get(override.override_by_id, ""), i18n.when_day(override.override_lapses_on)
    return _("Set to %(level)s by %(who)s until %(day)s.", level=level, who=who, day=day)


def factors_of(reckoned: Any) -> list[Any]:
    """The stored factors of a priority."""
    return list(json.loads(reckoned.factors))


@lru_cache(maxsize=4096)
def _factors(text: str, language: str) -> str:
    """Factors as table rows; the same combinations come back all day."""
    row = Markup('<tr><th scope="row">{}</th><td class="r">{}</td></tr>')
    return Markup("").join(row.format(each["label"], each["points"]) for each in in_words(json.loads(text)))


@lru_cache(maxsize=1024)
def points_words(points: int, language: str) -> str:
    """`88 points`."""
    return ngettext("%(num)s point", "%(num)s points", points)


@lru_cache(maxsize=256)
def _version(number: int, language: str) -> str:
    return _("Rules version %(number)s.", number=number)


def _next_date(row: Any, words: Words) -> tuple[str, str, str]:
    if row.next_critical_on is None:
        return (words.unknown, "soon", "") if row.has_open_question else (words.nothing_set, "dim", "")
    days = (row.next_critical_on - words.today).days
    day, off = words.day(row.next_critical_on)
    return day, "late" if days <= 7 else "soon" if days <= 14 else "", off


def _clock(row: Any, words: Words) -> tuple[str, str, str]:
    """The referral clock of a waiting case, else where the case stands since when, or how long it has been silent."""
    if words.of_silence and row.heard_at is not None:
        day, off = words.day(row.heard_at.astimezone(words.zone).date())
        return f"{day}, {off}", "soon", ""
    if row.paused_at is not None:
        return words.paused, "dim", ""
    if row.status is not S.AVAILABLE or row.clock_ends_at is None:
        since = row.closed_at or row.placed_at or row.received_at
        day = since.astimezone(words.zone).date()
        return f"{words.statuses[row.status]}, {words.day(day)[0]}", "dim", ""
    start = row.listed_at or row.received_at
    of = max(1, _days(start, row.clock_ends_at))
    day_number = min(_days(start, words.now) + 1, of)
    if words.now >= row.clock_ends_at:
        return words.ran_out, "late", clock_cells(of, of, "crit")
    kind = "soon" if of - day_number <= 1 or day_number / of > 0.75 else ""
    return _day_of(day_number, of, words.lang), kind or "dim", clock_cells(day_number, of, "warnf" if kind else "f1")


@lru_cache(maxsize=4096)
def _day_of(day: int, of: int, language: str) -> str:
    return _("day %(day)s of %(of)s", day=day, of=of)


@lru_cache(maxsize=4096)
def clock_cells(day: int, of: int, filled: str) -> str:
    """A referral clock drawn as at most ten cells."""
    number = min(max(of, 1), CELLS)
    step = 64 / number
    cell = '<rect x="{:.2f}" width="{:.2f}" height="7" rx="1" class="{}"/>'
    cells = "".join(
        cell.format(at * step, step - 1.2, filled if at < day / of * number else "trk") for at in range(number)
    )
    return Markup('<svg class="clk" viewBox="0 0 64 7" aria-hidden="true">{}</svg>').format(Markup(cells))  # noqa: S704


def _days(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds() / 86_400))


def _placement(row: Any, tries: Sequence[Try]) -> str:
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
    "requested": lambda tries: _(
        "%(who)s asked, answer by %(when)s", who=_name(tries[0]), when=i18n.when_at(tries[0].until_at)
    ),
    "held": lambda tries: _("Held by %(who)s to %(when)s", who=_name(tries[0]), when=i18n.when_at(tries[0].until_at)),
    "offered": lambda tries: (
        _("1 offer out, answer by %(when)s", when=i18n.when_at(tries[0].until_at))
        if len(tries) == 1
        else _("%(count)s offers out", count=len(tries))
    ),
    "proposed": lambda tries: _("Proposed: %(who)s", who=_name(tries[0])),
    "no_one_can": _nobody,
    "all_taken": lambda tries: _("All who can are taken"),
    "declined": lambda tries: _("%(count)s declined", count=len(tries)),
}


def address_of_cases() -> str:
    """What stands before a case's id in its address; asked once for a page of rows."""
    return url_for("desk.case", public_id="0").removesuffix("0")
