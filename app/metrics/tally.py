"""Adding facts up: as columns of numbers, by month, day and heading at once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .definitions import Measure
from .facts import grants_of, headings_of
from .measures import BY_KEY, DIMENSIONS
from .spans import KEPT_OPEN, Key, Stored, Values
from .window import Fact, in_turn

Numbers = NDArray[np.int64]
MEASURES = tuple(BY_KEY)
NUMBER = {key: n for n, key in enumerate(MEASURES)}
COUNTED_BY = {d: np.array([d in BY_KEY[key].dimensions for key in MEASURES]) for d in DIMENSIONS}
BY_GRANT: dict[str, tuple[str, ...]] = {  # what is read of a grant
    "all": MEASURES, "category": MEASURES, "county": ("closed",), "closing_code": MEASURES, "role": MEASURES,
}  # fmt: skip
OF_GRANT = {d: COUNTED_BY[d] & np.array([key in BY_GRANT.get(d, ()) for key in MEASURES]) for d in DIMENSIONS}
DAYS, MOST_DAYS, MEMBERS = 32, 1 << 20, 1 << 16


def kept_of_grants(measure: Measure, dimension: str) -> bool:
    """Is a measure, with all that it is made of, kept of each grant by a dimension?"""
    return all(key in BY_GRANT.get(dimension, ()) for key in measure.counts)


class Tally:
    """The facts of one year's months in columns, and what their cases and extras stand under."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.cases: dict[int, int] = {}
        self.extras: dict[tuple[tuple[str, str], ...], int] = {(): 0}
        self.members: dict[str, dict[str, int]] = {dimension: {} for dimension in DIMENSIONS}
        columns = [array("q") for _n in range(6)]
        add = [column.append for column in columns]
        cases, extras = self.cases, self.extras
        for case_id, day, measure, amount, days, extra, _person in facts:
            add[0](cases.setdefault(case_id, len(cases)))
            add[1]((day.year * 12 + day.month - 1) * DAYS + day.day)
            add[2](NUMBER[measure])
            add[3](amount)
            add[4](-1 if days is None else days)
            add[5](extras.setdefault(extra, len(extras)) if extra else 0)
        self.case, self.when, self.measure, self.amount, self.days, self.extra = (
            np.frombuffer(column, dtype=np.int64) if column else np.zeros(0, np.int64) for column in columns
        )
        self._headings()

    def _member(self, dimension: str, member: str) -> int:
        known = self.members[dimension]
        return known.setdefault(member, len(known))

    def _headings(self) -> None:
        """Under which member of each dimension every case and every extra stands; -1 for none."""
        nobody = {d: np.full(len(self.cases), -1, np.int64) for d in DIMENSIONS}
        self.of_case, self.of_extra = nobody, {d: np.full(len(self.extras), -1, np.int64) for d in DIMENSIONS}
        for ids in in_turn(self.cases):
            for case_id, headings in headings_of(ids):
                for dimension, member in headings.items():
                    nobody[dimension][self.cases[case_id]] = self._member(dimension, member)
        for extra, n in self.extras.items():
            for dimension, member in extra:
                self.of_extra[dimension][n] = self._member(dimension, member)

    def by_month(self) -> dict[date, Values]:
        """What was counted in each month, for the whole programme and for each grant."""
        found: dict[date, Values] = {}
        alive = self.of_case["all"][self.case] >= 0  # the others were erased meanwhile
        for grant_id, paid in ((None, alive), *((g, alive & those) for g, those in self._paid())):
            chosen = np.flatnonzero(paid)
            for dimension, counted in (COUNTED_BY if grant_id is None else OF_GRANT).items():
                for month, key, stored in self._cells(chosen[counted[self.measure[chosen]]], grant_id, dimension):
                    found.setdefault(month, {})[key] = stored
        return found

    def _paid(self) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        """For each grant, which facts it paid for on their day."""
        low, high = (int(f(self.when)) if len(self.when) else 0 for f in (np.min, np.max))
        spells: dict[int, list[tuple[int, int, int]]] = {}
        for ids in in_turn(self.cases):
            for case_id, grant_id, start, end in grants_of(ids):
                spell = (self.cases[case_id], _when(start), _when(end) if end else high)
                if spell[1] <= high and spell[2] >= low:
                    spells.setdefault(grant_id, []).append(spell)
        for grant_id, some in sorted(spells.items()):
            paid = np.zeros(len(self.case), np.bool_)
            for begin, until in self._laid_out(some):
                paid |= (begin[self.case] <= self.when) & (self.when <= until[self.case])
            yield grant_id, paid

    def _laid_out(self, spells: list[tuple[int, int, int]]) -> Iterator[tuple[Numbers, Numbers]]:
        """The spells of a grant by case, each case once in every round."""
        while spells:
            begin, until = np.full(len(self.cases), 1 << 40), np.zeros(len(self.cases), np.int64)
            again, seen = [], set()
            for spell in spells:
                if spell[0] in seen:
                    again.append(spell)
                else:
                    seen.add(spell[0])
                    begin[spell[0]], until[spell[0]] = spell[1:]
            yield begin, until
            spells = again

    def _cells(self, chosen: Numbers, grant_id: int | None, dimension: str) -> Iterator[tuple[date, Key, Stored]]:
        extra = self.of_extra[dimension][self.extra[chosen]]
        member = np.where(extra >= 0, extra, self.of_case[dimension][self.case[chosen]])
        chosen, member = chosen[member >= 0], member[member >= 0]
        if not len(chosen):
            return
        names = tuple(self.members[dimension])
        when = self.when[chosen]
        cell = ((when // DAYS) * MEMBERS + member) * len(MEASURES) + self.measure[chosen]
        for number, by_day, timed in _by_cell(cell, when % DAYS, self.amount[chosen], self.days[chosen]):
            month, rest = divmod(number, MEMBERS * len(MEASURES))
            of, measure = divmod(rest, len(MEASURES))
            key = (grant_id, MEASURES[measure], dimension, names[of])
            yield date(month // 12, month % 12 + 1, 1), key, _stored(MEASURES[measure], by_day, timed)

    def months(self) -> dict[int, int]:
        """For each case, a bit for each month of the year it counts in."""
        ids = np.array(list(self.cases), np.int64)
        seen = np.unique(self.case * 12 + self.when // DAYS % 12)
        found: dict[int, int] = {}
        for case, month in zip(ids[seen // 12].tolist(), (seen % 12).tolist(), strict=True):
            found[case] = found.get(case, 0) | 1 << month
        return found


def _when(day: date) -> int:
    return (day.year * 12 + day.month - 1) * DAYS + day.day


def _by_cell(cell: Numbers, day: Numbers, amount: Numbers, days: Numbers) -> Iterator[tuple[int, dict[str, Any], bool]]:
    """Each cell with its days: how many on each, or how many took how long."""
    plain = days < 0
    if plain.any():
        keys, sums = _sums(cell[plain] * DAYS + day[plain], amount[plain])
        yield from ((number, found, False) for number, found in _grouped(keys, DAYS, sums))
    if not plain.all():
        timed = ~plain
        keys, sums = _sums((cell[timed] * DAYS + day[timed]) * MOST_DAYS + days[timed], amount[timed])
        so_long = [str(n) for n in range(int(days.max()) + 1)]
        cells: tuple[int, dict[str, Any]] = (-1, {})
        last, on_day = -1, dict[str, int]()
        for key, n in zip(keys.tolist(), sums.tolist(), strict=True):
            of_day, length = divmod(key, MOST_DAYS)
            if of_day != last:
                last, on_day = of_day, {}
                if of_day // DAYS != cells[0]:
                    if cells[0] >= 0:
                        yield *cells, True
                    cells = (of_day // DAYS, {})
                cells[1][str(of_day % DAYS)] = on_day
            on_day[so_long[length]] = n
        yield *cells, True


def _sums(keys: Numbers, amounts: Numbers) -> tuple[Numbers, Numbers]:
    """Different keys in order, and the amounts of each together."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return ordered[begins], np.add.reduceat(amounts[order], begins)


def _grouped(keys: Numbers, size: int, sums: Numbers) -> Iterator[tuple[int, dict[str, Any]]]:
    cell, found = -1, dict[str, Any]()
    for key, n in zip(keys.tolist(), sums.tolist(), strict=True):
        if key // size != cell:
            if cell >= 0:
                yield cell, found
            cell, found = key // size, {}
        found[NAMES[key % size]] = n
    yield cell, found


NAMES = tuple(map(str, range(DAYS)))


def _stored(measure: str, by_day: dict[str, Any], timed: bool) -> Stored:
    if not timed:
        still_open = {str(int(day) - 1): n for day, n in by_day.items()} if measure in KEPT_OPEN else None
        return Stored(sum(by_day.values()), still_open, by_day)
    histogram: dict[str, int] = {}
    for on_day in by_day.values():
        for days, n in on_day.items():
            histogram[days] = histogram.get(days, 0) + n
    return Stored(sum(histogram.values()), histogram, by_day)
