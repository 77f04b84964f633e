"""Can a hidden count be worked out? Invented publications, a linear program as reader, and the best possible choice.

python -m benchmarks.leaks [tables] [months]
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from app.casework.closing import closing_codes
from app.metrics.figures import period_of
from app.metrics.hiding_choice import Choice, choose
from app.metrics.hiding_system import Figure, Key, State, System
from app.metrics.publishing_cells import DIFFERENT, member_of, month_key, months_of, name_of
from app.metrics.publishing_draft import exposed_now, reasons
from app.metrics.publishing_system import Floors, Published, Version
from benchmarks.leaks_reader import Reader, Seen, Sum, Verdict, Weights

FLOORS = Floors(5, 11)
SIZES = (0, 0, 0, 1, 1, 2, 3, 4, 5, 7, 9, 12, 18, 30, 60)
KINDS = ("month", "quarter", "half", "year")
CATEGORIES = ("Housing", "Family", "Consumer/Finance", "Health", "Employment", "Education", "Juvenile")
COUNTIES = tuple(f"550{n:02}" for n in range(1, 30, 2))


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


def judge_table(system: System, choice: Choice, seen: Seen) -> Verdict:
    """What a reader can work out of an invented publication."""
    found, reader = Verdict(beside=len(choice.beside())), Reader(read(system, choice, seen))
    for key, figure in system.figures.items():
        if figure.is_small and key in choice.hidden:
            found.judge(*reader.range_of({key: 1}), figure.floor)
        elif figure.is_small:
            found.shown += 1
    return found


@dataclass
class Invented:
    """Counts of invented cases by month, and of each closed one its client and how many live there."""

    cells: dict[str, dict[str, int]] = field(default_factory=dict)
    homes: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def once(self, months: Iterable[str]) -> dict[str, int]:
        """Different clients of some months, and their households at their largest."""
        largest: dict[int, int] = {}
        for month in months:
            for client, size in self.homes[month]:
                largest[client] = max(size, largest.get(client, 0))
        return dict(zip(DIFFERENT, (len(largest), sum(largest.values())), strict=True))


def invented_months(chance: random.Random, months: int, size: int, first: date = date(2024, 1, 1)) -> Invented:
    """Invented cases by month: of every case its kind, county and way of closing; one client in six comes again."""
    codes = sorted(closing_codes())
    first = last = date(2024, 1, 1)
    found, again, clients = Invented(), random.Random(size), 0
    for _n in range(months - 1):
        last = period_of(last.replace(day=28), "month")[1]
        last = date.fromordinal(last.toordinal() + 1)
    for month, _end in months_of(first, last):
        cells: Counter[str] = Counter()
        homes = found.homes[month_key(month)] = []
        for _case in range(chance.randrange(size // 2, size * 3 // 2 + 1)):
            people = _one_case(chance, cells, codes)
            if people:
                clients += 1
                came_before = clients > 1 and again.random() < 1 / 6
                homes.append((again.randrange(max(1, clients - 3 * size), clients) if came_before else clients, people))
        found.cells[month_key(month)] = dict(cells)
    return found


def _one_case(chance: random.Random, cells: Counter[str], codes: list[str]) -> int:
    """Count one case; how many live where it was closed, or none."""
    people = 0
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
        people = chance.choice([1, 1, 2, 3, 4])
        cells[name_of("people_helped")] += people
    for _n in range(chance.randrange(3)):
        cells[name_of("checkins_sent")] += 1
        cells[name_of("checkins_answered")] += chance.random() < 0.9
    return people


def sign_off(past: list[Version], span: tuple[date, date], invented: Invented) -> Version | None:
    """Publish one more period of an invented grant; none where that is refused."""
    months = {month_key(month): invented.cells[month_key(month)] for month, _last in months_of(*span)}
    exact = {"months": months, "once": invented.once(months)}
    new = Version(*span, exact, len(past), is_new=True)
    seen = Published([*past, new], FLOORS)
    choice = choose(seen.system)
    if exposed_now(choice, seen, Published(past, FLOORS)):
        return None
    return Version(*span, exact, len(past), hidden=frozenset(reasons(seen, new, choice)))


def spans_in_turn(invented: Invented, kinds: Iterable[str] = KINDS) -> Iterator[tuple[date, date]]:
    """Every month, and every quarter, half and year as it ends."""
    for key in invented.cells:
        month = period_of(date.fromisoformat(f"{key}-01"), "month")
        spans = (period_of(month[0], kind) for kind in kinds)
        yield from (span for span in spans if span[1] == month[1] and month_key(span[0]) in invented.cells)


def published_in_turn(invented: Invented, kinds: Iterable[str] = KINDS) -> Iterator[Version]:
    """Every period as it ends, published one after the other where it may be."""
    past: list[Version] = []
    for span in spans_in_turn(invented, kinds):
        version = sign_off(past, span, invented)
        if version is not None:
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
        few = (
            ("checkins_answered", "checkins_sent"),
            ("clients_helped", "closed"),
            ("clients_helped", "people_helped"),
        )
        for less, more in few:
            seen.at_most.append(((name_of(more), version.span), [(name_of(less), version.span)]))
    for parent, children, whole in _times_known(versions):
        for name in set(parent.cells).difference(map(name_of, DIFFERENT)) if children else ():
            entry = ((name, parent.span), [(name, child.span) for child in children if name in child.cells])
            (seen.sums if whole else seen.at_most).append(entry)
    seen.none_less = [weights for weights, _value in people_between(versions)]
    return seen


def _times_known(versions: list[Version]) -> Iterator[tuple[Version, list[Version], bool]]:
    """Each period with the ones within it, and whether those are all of it."""
    for parent in versions:
        inside = [v for v in versions if parent.holds(v)]
        children = [v for v in inside if not any(other.holds(v) for other in inside)]
        whole = len(list(months_of(*parent.span))) == sum(len(list(months_of(*c.span))) for c in children)
        yield parent, children, whole


def people_between(versions: list[Version]) -> Iterator[tuple[Weights, int]]:
    """Who is new after a part of a period, and who came back in another: clients, their households, and the others."""
    clients, people = map(name_of, DIFFERENT)
    for parent, children, whole in _times_known(versions):
        ways = [((parent, 1), (child, -1)) for child in children]
        if whole and children:
            ways.append(((parent, -1), *((child, 1) for child in children)))
        for way in ways:
            for signs in ({clients: 1}, {people: 1}, {people: 1, clients: -1}):
                weights = {(name, v.span): times * by for v, times in way for name, by in signs.items()}
                yield weights, sum(v.cells.get(name, 0) * t * by for v, t in way for name, by in signs.items())


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
    for n, (weights, value) in enumerate(people_between(versions)):
        if 0 < value < FLOORS.small and n % every == 0:
            found.judge(*reader.range_of(weights), FLOORS.small)
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
        began = time.process_time()
        choice = choose(system)
        spent.append(1000 * (time.process_time() - began))
        found += judge_table(system, choice, seen)
        optimum = fewest(system) if n % 5 == 0 and len(system.figures) <= 30 else None
        if optimum:
            compared += 1
            ours, best = ours + len(choice.beside()), best + optimum[1]
            lost += sum(system.figures[k].weight for k in choice.hidden)
            least += optimum[0]
    print(f"{tables} tables: {found}; ms in the mean {np.mean(spent):.1f}, most {max(spent):.1f}")
    print(f"{compared:.0f} compared: {ours:.0f} cells beside, best {best:.0f}; weight {lost:.0f}, best {least:.0f}")
    for size in (12, 40, 150):
        began, versions, times, cases = time.process_time(), [], [], invented_months(chance, months, size)
        for version in published_in_turn(cases):
            versions.append(version)
            times.append(1000 * (time.process_time() - began))
            began = time.process_time()
        cells, asked = sum(len(v.cells) for v in versions), len([*spans_in_turn(cases)])
        verdict = judge_months(versions)
        print(f"{months} months of about {size} cases, {len(versions)} of {asked} periods, {cells} cells: {verdict}; "
              f"ms p50 {np.median(times):.0f}, most {max(times):.0f}")  # fmt: skip


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
