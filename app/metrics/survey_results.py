"""What surveys say, as far as it may be shown: no figure from fewer answers than the programme's small count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app.accounts.models import Programme
from app.clients.models import Case
from app.core.db import session
from app.engagement.models import Audience
from app.engagement.models_surveys import Survey
from app.engagement.surveys import items

from .figures import period_name, quarter_of
from .hiding_choice import choose
from .hiding_system import Figure, State, System

GOOD = 4  # of 5 points
ALL = "all"


@dataclass(frozen=True)
class Line:
    """One sentence and how far people agreed, 1 to 5; None where too few answered it."""

    words: str
    answers: int | None
    mean: float | None
    good: int | None = None  # of 100 answers: 4 or 5
    without: int | None = None  # who marked nothing here, mostly as it did not apply


@dataclass(frozen=True)
class Results:
    """What one side said, over all and by quarter; `lines` is empty where too few answered at all."""

    audience: Audience
    asked: int
    answers: int | None  # None: some, but too few to be shown
    lines: tuple[Line, ...]
    quarters: tuple[tuple[str, int | None, float | None], ...]  # name, answers, mean of all sentences


def results(programme: Programme, audience: Audience) -> Results:
    """The answers of one side in a programme."""
    rows = _answers(programme, audience)
    small, _crossed = programme.floors
    hidden = is_small(len(rows), small)
    lines = () if hidden or not rows else tuple(_line(item.key, item.words, rows, small) for item in items(audience))
    quarters = () if hidden else _by_quarter(rows, small)
    return Results(audience, _asked(programme, audience), None if hidden else len(rows), lines, quarters)


def _asked(programme: Programme, audience: Audience) -> int:
    of = (Case.programme_id == programme.id, Survey.audience == audience, Survey.channel.is_not(None))
    return session.scalar(select(func.count()).select_from(Survey).join(Survey.case).where(*of)) or 0


def _answers(programme: Programme, audience: Audience) -> list[tuple[date, Mapping[str, int]]]:
    """The local day and scores of every answer."""
    of = (Case.programme_id == programme.id, Survey.audience == audience, Survey.answered_at.is_not(None))
    zone = ZoneInfo(programme.time_zone)
    found = session.execute(select(Survey.answered_at, Survey.scores).join(Survey.case).where(*of))
    return [(at.astimezone(zone).date(), scores or {}) for at, scores in found if at is not None]


def _line(key: str, words: str, rows: Sequence[tuple[date, Mapping[str, int]]], small: int) -> Line:
    given = [scores[key] for _day, scores in rows if key in scores]
    if not given or is_small(len(given), small):
        return Line(words, None if given else 0, None)
    good = round(100 * sum(value >= GOOD for value in given) / len(given))
    return Line(words, len(given), mean(given), good, len(rows) - len(given))


def _by_quarter(rows: Iterable[tuple[date, Mapping[str, int]]], small: int) -> tuple[Any, ...]:
    """Each quarter's mean; where one must be hidden another is too, or the total would give it away."""
    by: dict[date, list[Mapping[str, int]]] = defaultdict(list)
    for day, scores in rows:
        by[quarter_of(day)[0]].append(scores)
    counts = {first.isoformat(): len(found) for first, found in by.items()}
    hidden = quarters_hidden(counts, small)
    if hidden is None:
        return ()
    lines = []
    for first in sorted(by):
        given = [value for scores in by[first] for value in scores.values()]
        secret = first.isoformat() in hidden
        name = period_name(*quarter_of(first))
        lines.append((name, None if secret else len(by[first]), None if secret or not given else mean(given)))
    return tuple(lines)


def quarters_hidden(counts: Mapping[str, int], small: int) -> set[str] | None:
    """The quarters whose answers stay hidden, by the rule for funders; none where the number of all gives them away."""
    system = System({name: Figure(n, small, weight=1 + min(n, 50) / 100) for name, n in counts.items()})
    system.figures[ALL] = Figure(sum(counts.values()), small, State.SHOWN)
    system.add_up(ALL, counts)
    choice = choose(system)
    return None if choice.exposed else {str(name) for name in choice.hidden}


def is_small(count: int, small: int) -> bool:
    """Is a count one that must not be shown?"""
    return 0 < count < small


def mean(given: list[int]) -> float:
    """The mean to one decimal."""
    return round(sum(given) / len(given), 1)
