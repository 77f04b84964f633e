"""The registry's facts added up by group, so that several of one client are known to be of one client."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .equity_intervals import Sums
from .equity_questions import QUESTIONS, Question, Term
from .facts import SOURCE_OF, Fact, Source

Numbers = NDArray[np.int64]
SILENT = "silent"  # did not say: shown, compared with nobody, nobody compared with them
SLOTS = 2 * len(QUESTIONS)  # above and below the line of each question
TERMS: dict[str, list[tuple[int, Term]]] = {}  # by measure: where it counts
TIMED: dict[str, tuple[str, bool]] = {}  # by measure: of which question are its days, and do they end with the event
for _n, _question in enumerate(QUESTIONS):
    for _side, _terms in enumerate((_question.part, _question.whole)):
        for _term in _terms:
            TERMS.setdefault(_term.measure, []).append((2 * _n + _side, _term))
            if _question.unit == "days":
                TIMED[_term.measure] = (_question.key, _side == 0)
SOURCES: tuple[Source, ...] = tuple(dict.fromkeys(SOURCE_OF[measure] for measure in TERMS))


@dataclass
class Counted:
    """What became of some cases, as one question asks."""

    sums: Sums = field(default_factory=Sums)
    durations: Counter[int] = field(default_factory=Counter)
    waits: Counter[int] = field(default_factory=Counter)


@dataclass
class Beside:
    """A group, and everybody else who said."""

    own: Counted = field(default_factory=Counted)
    rest: Counted = field(default_factory=Counted)


Groups = dict[str, Beside]


class Columns:
    """What was counted of each case, and how many days what took."""

    def __init__(self, facts: Iterable[Fact], today: date) -> None:
        self.number: dict[int, int] = {}  # of each case its place
        self.days = {key: (array("q"), array("q"), array("b")) for key, _event in TIMED.values()}
        cells = array("q")
        for fact in facts:
            if fact.measure in TERMS:
                place = self.number.setdefault(fact.case_id, len(self.number))
                cells.extend(place * SLOTS + slot for slot, term in TERMS[fact.measure] if term.has(fact))
                if fact.measure in TIMED:
                    self._time(place, fact, today)
        self.cells = np.zeros((len(self.number), SLOTS), np.int32)
        np.add.at(self.cells.reshape(-1), np.frombuffer(cells, np.int64) if cells else [], 1)

    def _time(self, place: int, fact: Fact, today: date) -> None:
        key, event = TIMED[fact.measure]
        where, days, events = self.days[key]
        where.append(place)
        days.append(max(0, (today - fact.on_day).days) if fact.days is None else fact.days)
        events.append(event)

    def of(self, question: Question) -> tuple[Numbers, Numbers]:
        """Above and below the line of each case; of days: the event, and observed at all."""
        n = 2 * QUESTIONS.index(question)
        part, whole = (self.cells[:, slot].astype(np.int64) for slot in (n, n + 1))
        if question.unit == "days":
            return part, part + whole
        return (np.minimum(part, whole) if question.once else part), whole


@dataclass(frozen=True)
class Membership:
    """Which cases stand in which groups of one trait; a case may stand in several, or in none as nobody said."""

    names: list[str]
    case: Numbers  # one line for each case and group
    group: Numbers
    said: NDArray[np.bool_]  # by case
    client: Numbers  # by case

    @classmethod
    def of(cls, groups: Sequence[tuple[str, ...]], client: Numbers) -> Membership:
        """Of the groups of each case, and whose each is."""
        said = [tuple(filter(None, each)) for each in groups]
        names = sorted({name for each in said for name in each})
        number = {name: n for n, name in enumerate((*names, SILENT))}
        lines = [(n, number[name]) for n, each in enumerate(said) for name in each or (SILENT,)]
        case, group = np.array(lines, np.int64).reshape(-1, 2).T
        return cls([*names, SILENT], case, group, np.array([bool(each) for each in said], np.bool_), client)


def by_group(columns: Columns, groups: Membership, questions: Sequence[Question] = QUESTIONS) -> dict[str, Groups]:
    """For each question the groups of one trait, each beside everybody else who said."""
    pairs, of_pair = np.unique(groups.group * _size(groups.client) + groups.client[groups.case], return_inverse=True)
    found = {}
    for question in questions:
        part, whole = columns.of(question)
        found[question.key] = _summed(groups, pairs, of_pair, part, whole)
        if question.unit == "days":
            _timed(found[question.key], columns.days[question.key], groups)
    return found


def _size(numbers: Numbers) -> int:
    return int(numbers.max()) + 1 if len(numbers) else 1


def _summed(groups: Membership, pairs: Numbers, of_pair: Numbers, part: Numbers, whole: Numbers) -> Groups:
    """Each group's sums by client, and those of the rest: a client in both counts in each by the cases there."""
    size, said = _size(groups.client), groups.said
    group, client = pairs // size, pairs % size
    own = tuple(_added(of_pair, each[groups.case], len(pairs)) for each in (part, whole))
    told = tuple(_added(groups.client[said], each[said], size) for each in (part, whole))
    beside = tuple(all_of[client] - mine for all_of, mine in zip(told, own, strict=True))
    everybody = [int(each.sum()) for each in _moments(*told)]
    here, whose, others = (_moments(*each) for each in (own, tuple(of[client] for of in told), beside))
    found = {}
    by = [[_added(group, each, len(groups.names)) for each in some] for some in (here, whose, others)]
    for n, name in enumerate(groups.names):
        mine, theirs, left = ([int(each[n]) for each in some] for some in by)
        rest = Sums(*(t - a + b for t, a, b in zip(everybody, theirs, left, strict=True)))
        if mine[0]:
            found[name] = Beside(Counted(Sums(*mine)), Counted(Sums() if name == SILENT else rest))
    return found


def _added(where: Numbers, what: Numbers, size: int) -> Numbers:
    return np.bincount(where, what, size).astype(np.int64)


def _moments(part: Numbers, whole: Numbers) -> tuple[Numbers, ...]:
    """In the order of `Sums`."""
    return ((whole > 0).astype(np.int64), part, whole, part * part, part * whole, whole * whole)


def _timed(found: Groups, days: tuple[Any, Any, Any], groups: Membership) -> None:
    """Add how many days each case of a group took, or has waited so far."""
    where, took, event = (np.array(each, np.int64) for each in days)
    line = np.full(len(groups.said), -1, np.int64)
    line[where] = np.arange(len(where))
    said = groups.said[where]
    told = _histograms(np.zeros(int(said.sum()), np.int64), took[said], event[said])
    of = line[groups.case]
    each = _histograms(groups.group[of >= 0], took[of[of >= 0]], event[of[of >= 0]])
    for n, name in enumerate(groups.names):
        for happened, kept in ((1, "durations"), (0, "waits")):
            mine = each.get((n, happened), Counter())
            if name in found:
                setattr(found[name].own, kept, mine)
                setattr(found[name].rest, kept, told.get((0, happened), Counter()) - mine)


def _histograms(group: Numbers, days: Numbers, event: Numbers) -> dict[tuple[int, int], Counter[int]]:
    """Days → cases, by group and whether it happened."""
    longest, found = _size(days), dict[tuple[int, int], Counter[int]]()
    kinds, counts = np.unique((2 * group + event) * longest + days, return_counts=True)
    for kind, n in zip(kinds.tolist(), counts.tolist(), strict=True):
        which, day = divmod(kind, longest)
        found.setdefault(divmod(which, 2), Counter())[day] = n
    return found
