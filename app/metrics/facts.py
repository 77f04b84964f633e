"""The rows behind every figure: who counts, on which day, under which heading."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import null, select

from app.clients.models import Case, CaseGrant
from app.clients.problems import category
from app.core.db import session

from . import facts_engagement, facts_moves, facts_outcomes
from .registry import COUNTS
from .window import Fact, Window, in_turn

__all__ = ["CaseFacts", "Fact", "Window", "gather"]
Source = Callable[[Window], Iterator[Fact]]
E, O = facts_engagement, facts_outcomes  # noqa: E741
ELSEWHERE: dict[Source, tuple[str, ...]] = {  # what does not follow from the moves of cases
    O.closings: ("closed", "closed_limited", "closed_extended", *O.ONCE),
    O.amounts: tuple(m.key for m in COUNTS if m.key.startswith("money_")),
    O.hours: ("hours",),
    E.checkins: ("checkins_sent", "checkins_answered", "checkins_in_time"),
    E.surveys: ("surveys_asked", "surveys_answered", "survey_points", "survey_marks", "survey_good"),
    E.escalations: ("mismatches", "escalations_due", "escalations_in_time"),
    E.leads: ("leads_started", "leads_reached"),
    E.letters: ("letters_due", "letters_in_time"),
    E.transfers: ("transfers_done", "transfers_consented"),
    E.requests: ("requests_due", "requests_in_time"),
}
SOURCE_OF: dict[str, Source] = {measure.key: facts_moves.facts for measure in COUNTS} | {
    key: source for source, keys in ELSEWHERE.items() for key in keys
}
SOURCES: tuple[Source, ...] = (facts_moves.facts, *ELSEWHERE)


@dataclass
class CaseFacts:
    """What the figures know of a set of cases."""

    headings: dict[int, dict[str, str]] = field(default_factory=dict)
    grants: dict[int, list[tuple[int, date, date | None]]] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)

    def grants_on(self, case_id: int, day: date) -> Iterator[int]:
        """The grants that paid for a case on a day."""
        for grant_id, start, end in self.grants.get(case_id, ()):
            if start <= day and (end is None or day <= end):
                yield grant_id

    def member(self, fact: Fact, dimension: str) -> str | None:
        """Under which member of a dimension a fact counts."""
        return next((m for d, m in fact.extra if d == dimension), None) or self.headings[fact.case_id].get(dimension)


def only_facts(window: Window, sources: Sequence[Source] = SOURCES) -> Iterator[Fact]:
    """The facts of a window, without headings."""
    for source in sources:
        yield from source(window)


def gather(window: Window, measure: str | None = None) -> CaseFacts:
    """Read the facts of a window (of one measure, or all) with their headings, in a fixed number of queries a piece."""
    found = CaseFacts()
    if measure is None:
        found.facts = list(only_facts(window))
    else:
        found.facts = [fact for fact in SOURCE_OF[measure](window) if fact.measure == measure]
    for ids in in_turn(fact.case_id for fact in found.facts):
        found.headings.update(headings_of(ids))
        for case_id, grant_id, start, end in grants_of(ids):
            found.grants.setdefault(case_id, []).append((grant_id, start, end))
    return found


def headings_of(ids: Iterable[int]) -> Iterator[tuple[int, dict[str, str]]]:
    """Under what each of some cases stands."""
    for row in session.execute(select(Case.id, *HEADED_BY).where(Case.id.in_(ids))):
        yield row[0], headings(*row[1:])


HEADS = ("category", "county", "language", "priority", "office")  # what each of these columns gives
HEADED_BY: tuple[Any, ...] = (Case.problem_code, Case.county, Case.language, Case.priority_level, Case.office_id)


def headed_by(dimensions: Collection[str]) -> tuple[list[Any], list[Any]]:
    """The columns of `HEADED_BY` with nothing in place of those that some dimensions do not need; and the others."""
    needed = [by in dimensions for by in HEADS]
    columns = [column if asked else null() for column, asked in zip(HEADED_BY, needed, strict=True)]
    return columns, [column for column, asked in zip(columns, needed, strict=True) if asked]


def headings(code: str | None, county: str, language: str, priority: Any, office_id: int | None) -> dict[str, str]:
    """The member of each dimension that a case counts under, in the order of `HEADED_BY`."""
    return {
        "all": "all",
        "category": category(code) or "unknown",
        "problem": code or "unknown",
        "county": county,
        "language": language,
        "priority": str(priority),
        "office": str(office_id) if office_id else "none",
    }


def grants_of(ids: Iterable[int]) -> Iterator[tuple[int, int, date, date | None]]:
    """Which grant paid for each of some cases, from which day until which."""
    columns = (CaseGrant.case_id, CaseGrant.grant_id, CaseGrant.from_on, CaseGrant.until_on)
    yield from map(tuple, session.execute(select(*columns).where(CaseGrant.case_id.in_(ids))))  # type: ignore[arg-type]
