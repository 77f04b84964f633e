"""Whether groups of clients fare differently, said only where there are enough people and more than chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.accounts import calendars
from app.accounts.models import Programme
from app.casework.closing import closing_codes
from app.casework.models import ClosingReport
from app.clients.models import Case, CaseMove, CaseStatus
from app.clients.problems import county_name, language_name
from app.core.db import session
from app.engagement.models import Audience
from app.engagement.models_surveys import Survey

from .equity_intervals import Estimate, differ, median, share, z_of
from .lsc import bounds, closings

S = CaseStatus
GOOD = ("hearing_won", "settled_well", "other_good")
AT_ONCE = 5000
CONTENT = 4.0  # of 5, on the mean of what a client said
LEFT = (S.PLACED, S.NOT_PLACED, S.RETURNED_TO_STAFF, S.WITHDRAWN)


@dataclass(frozen=True)
class Trait:
    """Something by which clients are told apart, and how it is known."""

    key: str
    name: Any
    how: Any
    groups_of: Callable[[Person], str]
    group_name: Callable[[str], str]


@dataclass(frozen=True)
class Person:
    """What is known of a case's client that matters here."""

    language: str
    county: str
    told: frozenset[str]


def _said(key: str) -> Callable[[Person], str]:
    return lambda person: "said" if key in person.told else "not_said"


def _in_words(said: Any) -> Callable[[str], str]:
    return lambda group: str(said) if group == "said" else _("Did not say so")


TRAITS = (
    Trait("language", _l("Language"), _l("As asked at intake."), lambda p: p.language, language_name),
    Trait("county", _l("County"), _l("Where the matter lies."), lambda p: p.county, county_name),
    Trait("age", _l("Age"), _l("Whether the client ticked “60 or older”; other ages are not asked."),
          _said("over_60"), _in_words(_l("60 or older"))),
    Trait("disability", _l("Disability"), _l("Whether the client ticked “a disability or long illness”."),
          _said("disability"), _in_words(_l("A disability or long illness"))),
)  # fmt: skip


@dataclass
class Counts:
    """What became of a group's cases."""

    durations: Counter[int] = field(default_factory=Counter)
    waits: Counter[int] = field(default_factory=Counter)
    left: int = 0
    closed: int = 0
    extended: int = 0
    ended: int = 0  # with the outcome of a proceeding
    won: int = 0
    answers: int = 0
    content: int = 0

    def add(self, other: Counts) -> None:
        """Take another group in."""
        self.durations += other.durations
        self.waits += other.waits
        for name in ("left", "closed", "extended", "ended", "won", "answers", "content"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True)
class Question:
    """One thing that is compared: its words, its unit, and how it is reckoned from counts."""

    key: str
    name: Any
    definition: Any
    unit: str
    of: Callable[[Counts, float], Estimate]


QUESTIONS = (
    Question("placed", _l("Placed"), _l("Placed, of the cases listed in the period that have left the list."), "share",
             lambda c, z: share(c.durations.total(), c.left, z)),
    Question("days", _l("Days to placement"),
             _l("Half of the cases listed in the period were placed within these days; waiting cases count with the "
                "days so far."), "days", lambda c, z: median(c.durations, c.waits, z)),
    Question("extended", _l("Extended service"), _l("More than advice or a short action, of the cases closed."),
             "share", lambda c, z: share(c.extended, c.closed, z)),
    Question("won", _l("Ended well"), _l("Won, settled or decided well, of the closed cases with an outcome noted."),
             "share", lambda c, z: share(c.won, c.ended, z)),
    Question("content", _l("Satisfied"), _l("Clients whose answers are 4 of 5 on average or more, of those who "
             "answered."), "share", lambda c, z: share(c.content, c.answers, z)),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One group and one question; `estimate` is none where too few told us."""

    group: str
    name: str
    estimate: Estimate | None
    verdict: str
    differs: bool = False


def compare(counts: Mapping[str, Counts], question: Question, least: int, name_of: Callable[[str], str]) -> list[Line]:
    """Each group beside everybody else; a difference is named only where the intervals leave no room for chance."""
    big = [group for group in counts if question.of(counts[group], 1.0).n >= least]
    z = z_of(len(big))
    lines = []
    for group in sorted(counts, key=lambda g: (g not in big, -question.of(counts[g], 1.0).n, g)):
        if group not in big:
            lines.append(Line(group, name_of(group), None, _("too few told us")))
            continue
        own, rest = (question.of(each, z) for each in (counts[group], _others(counts, group)))
        differs = rest.n >= least and differ(own, rest)
        lines.append(Line(group, name_of(group), own, _verdict(own, rest, least, question.unit), differs))
    return lines


def _others(counts: Mapping[str, Counts], group: str) -> Counts:
    found = Counts()
    for other in (each for name, each in counts.items() if name != group):
        found.add(other)
    return found


def _verdict(own: Estimate, rest: Estimate, least: int, unit: str) -> str:
    if rest.n < least:
        return _("nobody to compare with")
    if not differ(own, rest):
        return _("no difference shown")
    more = rest.high is not None and own.low > rest.high
    if unit == "days":
        return _("slower than the others") if more else _("faster than the others")
    return _("higher than the others") if more else _("lower than the others")


def gather(programme: Programme, first: date, last: date) -> dict[str, dict[str, Counts]]:
    """Each trait's groups with what became of their cases in a period."""
    events = list(_events(programme, first, last))
    people = _people(sorted({case_id for case_id, _add in events}))
    found: dict[str, dict[str, Counts]] = {trait.key: {} for trait in TRAITS}
    for case_id, add in events:
        for trait in TRAITS:
            add(found[trait.key].setdefault(trait.groups_of(people[case_id]), Counts()))
    return found


Event = tuple[int, Callable[[Counts], None]]


def _people(case_ids: Sequence[int]) -> dict[int, Person]:
    columns = (Case.id, Case.language, Case.county, Case.circumstances)
    found = {}
    for start in range(0, len(case_ids), AT_ONCE):
        rows = session.execute(select(*columns).where(Case.id.in_(case_ids[start : start + AT_ONCE])))
        found.update({row[0]: Person(row[1], row[2], frozenset(row[3] or ())) for row in rows})
    return found


def _events(programme: Programme, first: date, last: date) -> Iterator[Event]:
    yield from _placements(programme, first, last)
    yield from _closings(programme, first, last)
    yield from _answers(programme, first, last)


def _placements(programme: Programme, first: date, last: date) -> Iterator[Event]:
    """Of the cases first listed in the period: placed, left otherwise, or waiting until today."""
    zone, today = ZoneInfo(programme.time_zone), calendars.today(programme)
    for case_id, steps in _listed(programme, first, last).items():
        listed_on = steps[0][1].astimezone(zone).date()
        status, at = next(((to, at) for to, at in steps if to in LEFT), (None, None))
        days = ((at.astimezone(zone).date() if at else today) - listed_on).days
        yield case_id, _left_as(status, days)


def _left_as(status: CaseStatus | None, days: int) -> Callable[[Counts], None]:
    def add(counts: Counts) -> None:
        counts.left += status is not None
        (counts.durations if status is S.PLACED else counts.waits)[days] += 1

    return add


def _listed(programme: Programme, first: date, last: date) -> dict[int, list[tuple[CaseStatus, Any]]]:
    """The steps of each case from its first listing on, where that lies in the period."""
    begin, end = bounds(programme, first, last)
    first_listed = (
        select(CaseMove.case_id, func.min(CaseMove.id).label("move_id"))
        .join(Case, Case.id == CaseMove.case_id)
        .where(Case.programme_id == programme.id, CaseMove.to_status == S.AVAILABLE)
        .group_by(CaseMove.case_id)
        .subquery()
    )
    listing = select(CaseMove.case_id, CaseMove.id).join(first_listed, first_listed.c.move_id == CaseMove.id)
    within = listing.where(CaseMove.at >= begin, CaseMove.at < end).subquery()
    moves = (
        select(CaseMove.case_id, CaseMove.to_status, CaseMove.at)
        .join(within, within.c.case_id == CaseMove.case_id)
        .where(CaseMove.id >= within.c.id)
        .order_by(CaseMove.case_id, CaseMove.id)
    )
    found: dict[int, list[tuple[CaseStatus, Any]]] = {}
    for case_id, status, at in session.execute(moves):
        found.setdefault(case_id, []).append((S(status), at))
    return found


def _closings(programme: Programme, first: date, last: date) -> Iterator[Event]:
    extended = {code for code, each in closing_codes().items() if each.service_level == "extended"}
    columns = (ClosingReport.case_id, ClosingReport.closing_code, ClosingReport.outcome)
    for case_id, code, outcome in session.execute(closings(programme, first, last, *columns)):
        yield case_id, _closed_as(code in extended, outcome)


def _closed_as(extended: bool, outcome: str | None) -> Callable[[Counts], None]:
    def add(counts: Counts) -> None:
        counts.closed += 1
        counts.extended += extended
        counts.ended += outcome is not None
        counts.won += outcome in GOOD

    return add


def _answers(programme: Programme, first: date, last: date) -> Iterator[Event]:
    begin, end = bounds(programme, first, last)
    found = select(Survey.case_id, Survey.scores).join(Survey.case).where(
        Case.programme_id == programme.id, Survey.audience == Audience.CLIENT, Survey.answered_at >= begin,
        Survey.answered_at < end,
    )  # fmt: skip
    for case_id, scores in session.execute(found):
        if scores:
            yield case_id, _said_as(list(scores.values()))


def _said_as(scores: Sequence[int]) -> Callable[[Counts], None]:
    def add(counts: Counts) -> None:
        counts.answers += 1
        counts.content += sum(scores) / len(scores) >= CONTENT

    return add


def tables(programme: Programme, first: date, last: date) -> Iterable[tuple[Trait, list[tuple[Question, list[Line]]]]]:
    """Every trait with every question about it."""
    found = gather(programme, first, last)
    least = programme.small_count_crossed
    for trait in TRAITS:
        yield trait, [(each, compare(found[trait.key], each, least, trait.group_name)) for each in QUESTIONS]
