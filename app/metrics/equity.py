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
from sqlalchemy.orm import aliased

from app.accounts import calendars
from app.accounts.models import Programme
from app.casework.closing import closing_codes
from app.casework.models import ClosingReport
from app.clients.about_you import AGES, GENDERS, age_of, gender_of, races, races_of
from app.clients.models import Case, CaseMove, CaseStatus, Client, Demographics
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
SILENT = "silent"  # did not say: shown, compared with nobody, nobody compared with them
LEFT = (S.PLACED, S.NOT_PLACED, S.RETURNED_TO_STAFF, S.WITHDRAWN)


@dataclass(frozen=True)
class Trait:
    """Something by which clients are told apart, and how it is known; somebody may be in several of its groups."""

    key: str
    name: Any
    how: Any
    groups_of: Callable[[Person], tuple[str, ...]]
    group_name: Callable[[str], str]


@dataclass(frozen=True)
class Person:
    """What is known of a case's client that matters here."""

    language: str
    county: str
    circumstances: frozenset[str]
    answers: Mapping[str, Any] = field(default_factory=dict)
    rural: bool = False


def _disability(group: str) -> str:
    return _("A disability or long illness") if group == "said" else _("Did not say so")


def _named(choices: Callable[[], list[tuple[str, Any]]]) -> Callable[[str], str]:
    return lambda group: _("Did not say") if group == SILENT else str(dict(choices()).get(group, group))


VOLUNTARY = _l("Asked of everybody after their request; nobody must answer.")
TRAITS = (
    Trait("language", _l("Language"), _l("As asked at intake."), lambda p: (p.language,), language_name),
    Trait("county", _l("County"), _l("Where the matter lies."), lambda p: (p.county,), county_name),
    Trait("age", _l("Age"), _l("Asked of everybody after their request; nobody must answer. “60 or older” are also all "
          "who ticked it in the request."), lambda p: (age_of(p.answers, p.circumstances),), _named(lambda: AGES)),
    Trait("disability", _l("Disability"), _l("Whether the client ticked “a disability or long illness”."),
          lambda p: ("said" if "disability" in p.circumstances else "not_said",), _disability),
    Trait("race", _l("Race and ethnicity"), _l("Asked of everybody after their request; nobody must answer. Whoever "
          "named several groups counts in each of them, so the groups add up to more than all who said (alone or in "
          "combination, Statistical Policy Directive 15). Each group is compared with those who did not name it."),
          lambda p: races_of(p.answers), _named(races)),
    Trait("gender", _l("Gender"), VOLUNTARY, lambda p: (gender_of(p.answers),), _named(lambda: GENDERS)),
)  # fmt: skip
RURAL = Trait(
    "rural", _l("Rural or urban"), _l("The counties that the programme marked as rural; all others count as urban."),
    lambda p: ("rural" if p.rural else "urban",), _named(lambda: [("rural", _l("Rural")), ("urban", _l("Urban"))]),
)  # fmt: skip


def traits(programme: Programme) -> tuple[Trait, ...]:
    """What clients of a programme are told apart by: rural and urban only where it has said which county is which."""
    return (*TRAITS[:2], RURAL, *TRAITS[2:]) if programme.rural_counties else TRAITS


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
        for name in NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def without(self, other: Counts) -> Counts:
        """Everybody but a group of them."""
        numbers = {name: getattr(self, name) - getattr(other, name) for name in NUMBERS}
        return Counts(self.durations - other.durations, self.waits - other.waits, **numbers)


NUMBERS = ("left", "closed", "extended", "ended", "won", "answers", "content")


@dataclass
class Tally:
    """What became of each group's cases, and of all together who said to which groups they belong."""

    groups: dict[str, Counts] = field(default_factory=dict)
    told: Counts = field(default_factory=Counts)

    def add(self, groups: Sequence[str], add: Event) -> None:
        """Count one thing that became of a case."""
        said = [group for group in groups if group]
        for group in said or (SILENT,):
            add(self.groups.setdefault(group, Counts()))
        if said:
            add(self.told)


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


def compare(
    counts: Mapping[str, Counts], question: Question, least: int, name_of: Callable[[str], str], told: Counts
) -> list[Line]:
    """Each group beside all others who said; a difference is named only where the intervals leave chance no room."""
    sizes = {group: question.of(counts[group], 1.0).n for group in counts}
    z = z_of(sum(size >= least for group, size in sizes.items() if group != SILENT))
    in_order = sorted(counts, key=lambda group: (group == SILENT, sizes[group] < least, -sizes[group], group))
    return [_line(group, counts[group], question, least, z, name_of(group), told) for group in in_order]


def _line(group: str, counts: Counts, question: Question, least: int, z: float, name: str, told: Counts) -> Line:
    own, silent = question.of(counts, z), group == SILENT
    if own.n < least:
        return Line(group, name, None, _("too few") if silent else _("too few told us"))
    if silent:
        return Line(group, name, own, _("not compared"))
    rest = question.of(told.without(counts), z)
    return Line(group, name, own, _verdict(own, rest, least, question.unit), rest.n >= least and differ(own, rest))


def _verdict(own: Estimate, rest: Estimate, least: int, unit: str) -> str:
    if rest.n < least:
        return _("nobody to compare with")
    if not differ(own, rest):
        return _("no difference shown")
    more = rest.high is not None and own.low > rest.high
    if unit == "days":
        return _("slower than the others") if more else _("faster than the others")
    return _("higher than the others") if more else _("lower than the others")


def gather(programme: Programme, first: date, last: date) -> dict[str, Tally]:
    """Each trait's groups with what became of their cases in a period."""
    events = list(_events(programme, first, last))
    people = _people(sorted({case_id for case_id, _add in events}), frozenset(programme.rural_counties or ()))
    asked = traits(programme)
    found = {trait.key: Tally() for trait in asked}
    for case_id, add in events:
        for trait in asked:
            found[trait.key].add(trait.groups_of(people[case_id]), add)
    return found


Event = Callable[[Counts], None]


def _people(case_ids: Sequence[int], rural: frozenset[str]) -> dict[int, Person]:
    columns = (Case.id, Case.language, Case.county, Case.circumstances, Demographics.answers)
    alike, own = aliased(Client), Demographics.person_id == Client.person_id
    told = (  # what was said with the case itself stands last, else what the same person said last
        select(*columns)
        .outerjoin(Client, Client.case_id == Case.id)
        .outerjoin(alike, alike.identity_id == Client.identity_id)
        .outerjoin(Demographics, Demographics.person_id == alike.person_id)
        .order_by(Demographics.id.is_not(None), own, Demographics.id)
    )
    found = {}
    for start in range(0, len(case_ids), AT_ONCE):
        for case_id, spoken, county, ticked, answers in session.execute(
            told.where(Case.id.in_(case_ids[start : start + AT_ONCE]))
        ):
            found[case_id] = Person(spoken, county, frozenset(ticked or ()), answers or {}, county in rural)
    return found


def _events(programme: Programme, first: date, last: date) -> Iterator[tuple[int, Event]]:
    yield from _placements(programme, first, last)
    yield from _closings(programme, first, last)
    yield from _answers(programme, first, last)


def _placements(programme: Programme, first: date, last: date) -> Iterator[tuple[int, Event]]:
    """Of the cases first listed in the period: placed, left otherwise, or waiting until today."""
    zone, today = ZoneInfo(programme.time_zone), calendars.today(programme)
    for case_id, steps in _listed(programme, first, last).items():
        listed_on = steps[0][1].astimezone(zone).date()
        status, at = next(((to, at) for to, at in steps if to in LEFT), (None, None))
        days = ((at.astimezone(zone).date() if at else today) - listed_on).days
        yield case_id, _left_as(status, days)


def _left_as(status: CaseStatus | None, days: int) -> Event:
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


def _closings(programme: Programme, first: date, last: date) -> Iterator[tuple[int, Event]]:
    extended = {code for code, each in closing_codes().items() if each.service_level == "extended"}
    columns = (ClosingReport.case_id, ClosingReport.closing_code, ClosingReport.outcome)
    for case_id, code, outcome in session.execute(closings(programme, first, last, *columns)):
        yield case_id, _closed_as(code in extended, outcome)


def _closed_as(extended: bool, outcome: str | None) -> Event:
    def add(counts: Counts) -> None:
        counts.closed += 1
        counts.extended += extended
        counts.ended += outcome is not None
        counts.won += outcome in GOOD

    return add


def _answers(programme: Programme, first: date, last: date) -> Iterator[tuple[int, Event]]:
    begin, end = bounds(programme, first, last)
    found = select(Survey.case_id, Survey.scores).join(Survey.case).where(
        Case.programme_id == programme.id, Survey.audience == Audience.CLIENT, Survey.answered_at >= begin,
        Survey.answered_at < end,
    )  # fmt: skip
    for case_id, scores in session.execute(found):
        if scores:
            yield case_id, _said_as(list(scores.values()))


def _said_as(scores: Sequence[int]) -> Event:
    def add(counts: Counts) -> None:
        counts.answers += 1
        counts.content += sum(scores) / len(scores) >= CONTENT

    return add


def tables(programme: Programme, first: date, last: date) -> Iterable[tuple[Trait, list[tuple[Question, list[Line]]]]]:
    """Every trait with every question about it."""
    found = gather(programme, first, last)
    least = programme.small_count_crossed
    for trait in traits(programme):
        tally = found[trait.key]
        yield trait, [(each, compare(tally.groups, each, least, trait.group_name, tally.told)) for each in QUESTIONS]
