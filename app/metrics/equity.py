"""Whether groups of clients fare differently, said only where there are enough people and more than chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.accounts.models import Programme
from app.clients.about_you import AGES, GENDERS, age_of, gender_of, races, races_of
from app.clients.models import Case, Client, Demographics
from app.clients.problems import county_name, language_name
from app.core.db import session

from .equity_counts import SILENT, SOURCES, Columns, Counted, Groups, Membership, by_group
from .equity_intervals import Estimate, apart, chance_of, median, share
from .equity_questions import QUESTIONS, Question
from .facts import only_facts
from .window import Window, in_turn

EACH = chance_of(1)  # of the range beside a figure


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
    client: int = 0  # the same for every case of one client


def _disability(group: str) -> str:
    return _("A disability or long illness") if group == "said" else _("Did not say so")


def _named(choices: Callable[[], list[tuple[str, Any]]]) -> Callable[[str], str]:
    return lambda group: str(dict(choices()).get(group, group))


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


@dataclass(frozen=True)
class Line:
    """One group and one question; `estimate` is none where too few told us."""

    group: str
    name: str
    estimate: Estimate | None
    verdict: str
    rest: Estimate | None = None
    higher: bool | None = None  # where it differs

    @property
    def differs(self) -> bool:
        """Is it more than chance?"""
        return self.higher is not None


@dataclass(frozen=True)
class Compared:
    """One question, and how each group of a trait stands in it."""

    question: Question
    lines: tuple[Line, ...]

    @property
    def shown(self) -> list[Line]:
        """The lines with figures."""
        return [line for line in self.lines if line.estimate]

    @property
    def too_few(self) -> list[str]:
        """The groups without."""
        return [line.name for line in self.lines if not line.estimate and line.group != SILENT]


@dataclass(frozen=True)
class Table:
    """One trait with every question about it."""

    trait: Trait
    asked: tuple[Compared, ...]

    @property
    def groups(self) -> list[tuple[str, str]]:
        """The groups with a figure anywhere, those with most clients first."""
        most: dict[tuple[str, str], int] = {}
        for compared in self.asked:
            for line in compared.shown:
                of = (line.group, line.name)
                most[of] = max(most.get(of, 0), line.estimate.clients if line.estimate else 0)
        return sorted(most, key=lambda of: (of[0] == SILENT, -most[of], of))


@dataclass(frozen=True)
class Finding:
    """A difference that is more than chance."""

    trait: Trait
    question: Question
    line: Line

    @property
    def worse(self) -> bool:
        """Does the group fare less well?"""
        return self.line.higher is not self.question.higher_is_better


def findings(tables: Sequence[Table]) -> list[Finding]:
    """Every difference of a page, trait by trait, who fares less well first; of two groups alone the one such."""
    found = []
    for table in tables:
        here = []
        for compared in table.asked:
            told = [Finding(table.trait, compared.question, line) for line in compared.lines if line.differs]
            only_two = sum(line.group != SILENT for line in compared.lines) == 2 and len(told) == 2
            here += [each for each in told if each.worse] if only_two and told[0].worse != told[1].worse else told
        found += sorted(here, key=lambda each: not each.worse)
    return found


def compare(trait: Trait, counted: Mapping[str, Groups], least: int, traits: int = 1) -> Table:
    """Each group beside all others who said; a difference is named only where chance leaves no room for it.

    :param counted: the groups of each question
    :param traits: among how many traits of a page the room for a mistake is parted
    """
    every = [(name, each.own.sums) for groups in counted.values() for name, each in groups.items()]
    chance = chance_of(sum(name != SILENT and sums.clients >= least for name, sums in every), traits)
    asked = (Compared(q, _lines(trait, q, counted.get(q.key, {}), least, chance)) for q in QUESTIONS)
    return Table(trait, tuple(asked))


def _lines(trait: Trait, question: Question, groups: Groups, least: int, chance: float) -> tuple[Line, ...]:
    sizes = {name: each.own.sums.clients for name, each in groups.items()}
    in_order = sorted(sizes, key=lambda name: (name == SILENT, sizes[name] < least, -sizes[name], name))
    names = {name: trait.group_name(name) for name in in_order} | {SILENT: _("Did not say")}
    return tuple(_line(name, groups, question, least, chance, names[name]) for name in in_order)


def _line(group: str, groups: Groups, question: Question, least: int, chance: float, name: str) -> Line:
    own, rest, silent = groups[group].own, groups[group].rest, group == SILENT
    if own.sums.clients < least:
        return Line(group, name, None, _("too few") if silent else _("too few told us"))
    mine = _estimate(question, own, EACH)
    if silent:
        return Line(group, name, mine, _("not compared"))
    if rest.sums.clients < least:
        return Line(group, name, mine, _("nobody to compare with"))
    others = _estimate(question, rest, EACH)
    higher = apart(mine, others)
    if higher is not None:  # it may be by chance, among so many
        higher = apart(_estimate(question, own, chance), _estimate(question, rest, chance))
    return Line(group, name, mine, _verdict(question.unit, higher), others, higher)


def _estimate(question: Question, counted: Counted, chance: float) -> Estimate:
    if question.unit == "days":
        return median(counted.durations, counted.waits, chance, counted.sums.clients)
    return share(counted.sums, chance)


def _verdict(unit: str, higher: bool | None) -> str:
    if higher is None:
        return _("no difference shown")
    if unit == "days":
        return _("slower than the others") if higher else _("faster than the others")
    return _("higher than the others") if higher else _("lower than the others")


def gather(programme: Programme, first: date, last: date) -> dict[str, dict[str, Groups]]:
    """For each trait and question its groups, with what the registry counts of them in a period."""
    window = Window(programme, first, last)
    columns = Columns(only_facts(window, SOURCES), window.today)
    known = _people(list(columns.number), frozenset(programme.rural_counties or ()))
    people = [known[case_id] for case_id in columns.number]
    client = np.unique([person.client for person in people], return_inverse=True)[1]
    return {
        trait.key: by_group(columns, Membership.of([trait.groups_of(person) for person in people], client))
        for trait in traits(programme)
    }


def _people(case_ids: Sequence[int], rural: frozenset[str]) -> dict[int, Person]:
    columns = (Case.id, Case.language, Case.county, Case.circumstances, Demographics.answers, Client.identity_id)
    alike, own = aliased(Client), Demographics.person_id == Client.person_id
    told = (  # what was said with the case itself stands last, else what the same person said last
        select(*columns)
        .outerjoin(Client, Client.case_id == Case.id)
        .outerjoin(alike, alike.identity_id == Client.identity_id)
        .outerjoin(Demographics, Demographics.person_id == alike.person_id)
        .order_by(Demographics.id.is_not(None), own, Demographics.id)
    )
    found = {}
    for ids in in_turn(case_ids):
        for case_id, spoken, county, ticked, answers, client in session.execute(told.where(Case.id.in_(ids))):
            found[case_id] = Person(
                spoken, county, frozenset(ticked or ()), answers or {}, county in rural, client or -case_id
            )
    return found


def tables(programme: Programme, first: date, last: date) -> list[Table]:
    """Every trait with every question about it."""
    found, least, asked = gather(programme, first, last), programme.floors[1], traits(programme)
    return [compare(trait, found[trait.key], least, len(asked)) for trait in asked]
