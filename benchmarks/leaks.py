"""Can a hidden count be worked out? Invented publications, a linear program as reader, and the best possible choice.

python -m benchmarks.leaks [tables] [months]
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from app.casework.closing import closing_codes
from app.metrics.figures import period_of
from app.metrics.hiding_choice import Choice, choose
from app.metrics.hiding_system import Figure, Key, State, System
from app.metrics.publishing_cells import member_of, month_key, months_of, name_of
from app.metrics.publishing_draft import reasons
from app.metrics.publishing_system import Floors, Published, Version

FLOORS = Floors(5, 11)
SIZES = (0, 0, 0, 1, 1, 2, 3, 4, 5, 7, 9, 12, 18, 30, 60)
CATEGORIES = ("Housing", "Family", "Consumer/Finance", "Health", "Employment", "Education", "Juvenile")
COUNTIES = tuple(f"550{n:02}" for n in range(1, 30, 2))
Sum = tuple[Key, list[Key]]


@dataclass
class Seen:
    """What a reader has: figures shown, figures hidden, and which make up which."""

    shown: dict[Key, int] = field(default_factory=dict)
    hidden: list[Key] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)  # a total and its parts
    at_most: list[Sum] = field(default_factory=list)  # parts that make up a total or less


def invented(chance: random.Random) -> tuple[System, Seen]:
    """One invented publication: tables that share a total, some crossed, some with groups within."""
    kind = chance.choice(["flat", "shared", "crossed", "grouped"])
    small = 11 if chance.random() < 0.3 else 5
    values, sums = INVENT[kind](chance)
    system = System()
    for key, value in values.items():
        system.figures[key] = Figure(value, small, weight=_weight(key, value))
    for total, parts in sums:
        system.add_up(total, parts)
    return system, Seen(sums=sums)


def _weight(key: Key, value: int) -> float:
    whole = isinstance(key, tuple) and key[0] in ("all", "row", "column", "group")
    return 6.0 if whole else 1 + min(value, 50) / 100


def _flat(chance: random.Random) -> tuple[dict[Key, int], list[Sum]]:
    values: dict[Key, int] = {("a", n): chance.choice(SIZES) for n in range(chance.randrange(1, 12))}
    return {**values, ("all",): sum(values.values())}, [(("all",), list(values))]


def _shared(chance: random.Random) -> tuple[dict[Key, int], list[Sum]]:
    """Every case has a kind of matter, a county and a code: three tables with one total."""
    size, counts = chance.choice([3, 8, 20, 60, 150]), Counter[Key]()
    for _case in range(size):
        for tag, spread in (("a", 7), ("b", 12), ("c", 9)):
            counts[tag, int(chance.triangular(0, spread, 0))] += 1
    sums = [(("all",), sorted(k for k in counts if k[0] == tag)) for tag in "abc"]  # type: ignore[index]
    return {**counts, ("all",): size}, list(sums)


def _crossed(chance: random.Random) -> tuple[dict[Key, int], list[Sum]]:
    rows, columns = range(chance.randrange(2, 6)), range(chance.randrange(2, 6))
    values: dict[Key, int] = {(r, c): chance.choice(SIZES) for r in rows for c in columns}
    sums: list[Sum] = [(("row", r), [(r, c) for c in columns]) for r in rows]
    sums += [(("column", c), [(r, c) for r in rows]) for c in columns]
    for total, parts in list(sums):
        values[total] = sum(values[part] for part in parts)
    values["all",] = sum(values["row", r] for r in rows)
    sums += [(("all",), [("row", r) for r in rows]), (("all",), [("column", c) for c in columns])]
    return values, sums


def _grouped(chance: random.Random) -> tuple[dict[Key, int], list[Sum]]:
    groups = range(chance.randrange(2, 5))
    values: dict[Key, int] = {(g, n): chance.choice(SIZES) for g in groups for n in range(chance.randrange(1, 6))}
    sums: list[Sum] = [(("group", g), [k for k in values if isinstance(k, tuple) and k[0] == g]) for g in groups]
    for total, parts in list(sums):
        values[total] = sum(values[part] for part in parts)
    values["all",] = sum(values["group", g] for g in groups)
    return values, [*sums, (("all",), [("group", g) for g in groups])]


INVENT = {"flat": _flat, "shared": _shared, "crossed": _crossed, "grouped": _grouped}


def read(system: System, choice: Choice, seen: Seen) -> Seen:
    """What a reader has of an invented publication."""
    seen.hidden = [key for key in system.figures if key in choice.hidden]
    seen.shown = {key: figure.value for key, figure in system.figures.items() if key not in choice.hidden}
    return seen


class Reader:
    """Somebody who adds up all there is: labels, zeros, sums, and that a hidden figure is a whole number from 1."""

    def __init__(self, seen: Seen) -> None:
        self.columns = {key: n for n, key in enumerate(seen.hidden)}
        self.equal = [self._row(total, parts, seen) for total, parts in seen.sums]
        self.less = [self._row(total, parts, seen) for total, parts in seen.at_most]
        self.shown = seen.shown

    def _row(self, total: Key, parts: list[Key], seen: Seen) -> tuple[np.ndarray, float]:
        row, known = np.zeros(len(self.columns)), 0.0
        for key, times in ((total, -1), *((part, 1) for part in parts)):
            if key in self.columns:
                row[self.columns[key]] += times
            else:
                known -= times * seen.shown.get(key, 0)
        return row, known

    def range_of(self, weights: Mapping[Key, int]) -> tuple[float, float]:
        """The least and the greatest that a sum of figures can be."""
        aim, known = np.zeros(len(self.columns)), 0
        for key, times in weights.items():
            if key in self.columns:
                aim[self.columns[key]] = times
            else:
                known += times * self.shown.get(key, 0)
        if not aim.any():
            return known, known
        limits = {"bounds": [(1, None)] * len(aim)}
        if self.equal:
            limits |= {"A_eq": np.array([r for r, _ in self.equal]), "b_eq": np.array([k for _, k in self.equal])}
        if self.less:
            limits |= {"A_ub": np.array([r for r, _ in self.less]), "b_ub": np.array([k for _, k in self.less])}
        low, high = linprog(aim, **limits), linprog(-aim, **limits)
        assert low.status != 2, "no such world"
        least = np.ceil(low.fun - 1e-6) if low.status == 0 else -np.inf
        most = np.floor(-high.fun + 1e-6) if high.status == 0 else np.inf
        return known + least, known + most


@dataclass
class Verdict:
    """How many small counts were hidden, how many could be worked out, and how many known to be small."""

    small: int = 0
    beside: int = 0
    pinned: int = 0
    narrow: int = 0
    shown: int = 0  # small counts that were shown

    def judge(self, low: float, high: float, floor: int) -> None:
        """Judge one small count by what a reader can say of it."""
        self.small += 1
        self.pinned += high - low < 1
        self.narrow += low >= 1 and high < floor

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


def judge_table(system: System, choice: Choice, seen: Seen) -> Verdict:
    """What a reader can work out of an invented publication."""
    found, reader = Verdict(beside=len(choice.beside())), Reader(read(system, choice, seen))
    for key, figure in system.figures.items():
        if figure.is_small and key in choice.hidden:
            found.judge(*reader.range_of({key: 1}), figure.floor)
        elif figure.is_small:
            found.shown += 1
    return found


def invented_months(
    chance: random.Random, months: int, size: int, first: date = date(2024, 1, 1)
) -> dict[str, dict[str, int]]:
    """Counts of invented cases by month: of every case its kind, county and way of closing."""
    codes = sorted(closing_codes())
    first = last = date(2024, 1, 1)
    found = {}
    for _n in range(months - 1):
        last = period_of(last.replace(day=28), "month")[1]
        last = date.fromordinal(last.toordinal() + 1)
    for month, _end in months_of(first, last):
        cells: Counter[str] = Counter()
        for _case in range(chance.randrange(size // 2, size * 3 // 2 + 1)):
            _one_case(chance, cells, codes)
        found[month_key(month)] = dict(cells)
    return found


def _one_case(chance: random.Random, cells: Counter[str], codes: list[str]) -> None:
    kind = CATEGORIES[int(chance.triangular(0, len(CATEGORIES), 0))]
    stage = chance.choice(["kept", "waiting", "unplaced", "in_service", "ended", "finished", "finished"])
    cells.update([name_of("accepted"), name_of("accepted", "category", kind), name_of("stage", "stage", stage)])
    if chance.random() < 0.9:
        part = chance.choice(["placed"] * 5 + ["not_placed", "returned", "withdrawn", "waiting"])
        cells.update([name_of("listed"), name_of(f"listed_{part}")])
    if chance.random() < 0.7:
        code = codes[int(chance.triangular(0, len(codes), 0))]
        county = COUNTIES[int(chance.triangular(0, len(COUNTIES), 0))]
        level = closing_codes()[code].service_level
        cells.update([name_of("closed"), name_of("closed", "category", kind), name_of("closed", "closing_code", code),
                      name_of("closed", "county", county), name_of(f"closed_{level}")])  # fmt: skip
        cells[name_of("people_helped")] += chance.choice([1, 1, 2, 3, 4])
    for _n in range(chance.randrange(3)):
        cells[name_of("checkins_sent")] += 1
        cells[name_of("checkins_answered")] += chance.random() < 0.9


def sign_off(past: list[Version], span: tuple[date, date], months: Mapping[str, dict[str, int]]) -> Version:
    """Publish one more period of an invented grant."""
    exact = {"months": {month_key(m): months[month_key(m)] for m, _ in months_of(*span)}, "once": {}}
    new = Version(*span, exact, len(past), is_new=True)
    seen = Published([*past, new], FLOORS)
    return Version(*span, exact, len(past), hidden=frozenset(reasons(seen, new, choose(seen.system))))


def published_in_turn(months: Mapping[str, dict[str, int]], kinds: Iterable[str]) -> Iterator[Version]:
    """Every month, and every quarter, half and year as it ends, published one after the other."""
    past: list[Version] = []
    for key in months:
        day = date.fromisoformat(f"{key}-01")
        month = period_of(day, "month")
        for kind in kinds:
            span = period_of(day, kind)
            if span[1] == month[1] and month_key(span[0]) in months:
                version = sign_off(past, span, months)
                past.append(version)
                yield version


def everything_read(versions: list[Version]) -> Seen:
    """All that a funder was ever given, and every sum that holds in it, written down anew."""
    seen = Seen()
    for version in versions:
        for name, value in version.cells.items():
            if name in version.hidden:
                seen.hidden.append((name, version.span))
            else:
                seen.shown[name, version.span] = value
        for total, parts in _sums_known(version):
            seen.sums.append(((total, version.span), [(part, version.span) for part in parts]))
        for less, more in (("checkins_answered", "checkins_sent"), ("closed", "people_helped")):
            seen.at_most.append(((name_of(more), version.span), [(name_of(less), version.span)]))
    for parent in versions:
        inside = [v for v in versions if parent.holds(v)]
        children = [v for v in inside if not any(other.holds(v) for other in inside)]
        whole = len(list(months_of(*parent.span))) == sum(len(list(months_of(*c.span))) for c in children)
        for name in set(parent.cells) if children else ():
            entry = ((name, parent.span), [(name, child.span) for child in children if name in child.cells])
            (seen.sums if whole else seen.at_most).append(entry)
    return seen


def _sums_known(version: Version) -> Iterator[tuple[str, list[str]]]:
    """The sums that anybody knows to hold within a publication."""
    tables: dict[tuple[str, str], list[str]] = {}
    for name in version.cells:
        measure, dimension, _member = member_of(name)
        if dimension != "all":
            tables.setdefault((measure, dimension), []).append(name)
    for (measure, _dimension), parts in tables.items():
        yield name_of("accepted" if measure == "stage" else measure), parts
    yield name_of("closed"), [name_of("closed_limited"), name_of("closed_extended")]
    yield name_of("listed"), [name_of(f"listed_{part}") for part in LISTED]
    for level in ("limited", "extended"):
        coded = tables.get(("closed", "closing_code"), [])
        yield name_of(f"closed_{level}"), [n for n in coded if closing_codes()[member_of(n)[2]].service_level == level]


LISTED = ("placed", "not_placed", "returned", "withdrawn", "waiting")


def judge_months(versions: list[Version], *, every: int = 1) -> Verdict:
    """What a funder can work out who kept everything ever published."""
    reader, found, n = Reader(everything_read(versions)), Verdict(), 0
    for version in versions:
        for name, value in version.cells.items():
            floor = FLOORS.of(name)
            if not 0 < value < floor:
                found.beside += name in version.hidden
                continue
            if name not in version.hidden:
                found.shown += 1
                continue
            n += 1
            if n % every == 0:
                found.judge(*reader.range_of({(name, version.span): 1}), FLOORS.wide)
        unanswered = version.cells.get(name_of("checkins_sent"), 0) - version.cells.get(name_of("checkins_answered"), 0)
        if 0 < unanswered < FLOORS.small:
            of = {(name_of("checkins_sent"), version.span): 1, (name_of("checkins_answered"), version.span): -1}
            found.judge(*reader.range_of(of), FLOORS.small)
    return found


def fewest(system: System, seconds: float = 20.0) -> tuple[float, int] | None:
    """What the best possible choice loses: the weight hidden, and how many cells beside the small ones."""
    keys = [k for k, f in system.figures.items() if f.value > 0 and f.state is State.OPEN]
    at, n = {key: i for i, key in enumerate(keys)}, len(keys)
    small = [k for k in keys if system.figures[k].is_small]
    if not small:
        return 0.0, 0
    width = n * (1 + 2 * len(small))
    rows, low, high = [], [], []
    most = 4.0 * max(system.figures[k].floor for k in small)
    for turn, key in enumerate(small):
        up, down = n * (1 + 2 * turn), n * (2 + 2 * turn)
        for relation in system.relations:
            row = np.zeros(width)
            for k, times in relation:
                row[up + at[k]] += times
                row[down + at[k]] -= times
            rows.append(row), low.append(0), high.append(0)
        row = np.zeros(width)
        row[up + at[key]], row[down + at[key]] = 1, -1
        need = system.figures[key].floor - system.figures[key].value
        rows.append(row), low.append(need), high.append(np.inf)
        for k in keys:
            for start, cap in ((up, most), (down, system.figures[k].value - 1)):
                row = np.zeros(width)
                row[start + at[k]], row[at[k]] = 1, -cap
                rows.append(row), low.append(-np.inf), high.append(0)
    price = np.zeros(width)
    price[:n] = [system.figures[k].weight for k in keys]
    least = np.zeros(width)
    least[[at[k] for k in small]] = 1
    most_of = np.concatenate([np.ones(n), np.full(width - n, np.inf)])
    whole = np.concatenate([np.ones(n), np.zeros(width - n)])
    got = milp(price, constraints=LinearConstraint(np.array(rows), low, high), bounds=Bounds(least, most_of),
               integrality=whole, options={"time_limit": seconds})  # fmt: skip
    if got.status != 0:
        return None
    return float(got.fun), round(float(got.x[:n].sum())) - len(small)


def main(tables: int = 1000, months: int = 24) -> None:
    """Print what the docs say."""
    chance, found, spent = random.Random(14), Verdict(), []
    ours = best = lost = least = compared = 0.0
    for n in range(tables):
        system, seen = invented(chance)
        began = time.perf_counter()
        choice = choose(system)
        spent.append(1000 * (time.perf_counter() - began))
        found += judge_table(system, choice, seen)
        optimum = fewest(system) if n % 5 == 0 and len(system.figures) <= 30 else None
        if optimum:
            compared += 1
            ours, best = ours + len(choice.beside()), best + optimum[1]
            lost += sum(system.figures[k].weight for k in choice.hidden)
            least += optimum[0]
    print(f"{tables} tables: {found}; ms p50 {np.median(spent):.1f}, most {max(spent):.1f}")
    print(f"{compared:.0f} compared: {ours:.0f} cells beside, best {best:.0f}; weight {lost:.0f}, best {least:.0f}")
    for size in (12, 40, 150):
        began, versions, times = time.perf_counter(), [], []
        for version in published_in_turn(invented_months(chance, months, size), ("month", "quarter", "half", "year")):
            versions.append(version)
            times.append(1000 * (time.perf_counter() - began))
            began = time.perf_counter()
        cells = sum(len(v.cells) for v in versions)
        verdict = judge_months(versions)
        print(f"{months} months of about {size} cases, {len(versions)} periods, {cells} cells: {verdict}; "
              f"ms p50 {np.median(times):.0f}, most {max(times):.0f}")  # fmt: skip


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
