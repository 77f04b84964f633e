"""All that a reader of a grant's publications can add up, of this period and every one that shares a day with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from app.casework.closing import closing_codes

from .hiding_system import Figure, Key, State, System
from .publishing_cells import (
    DIFFERENT,
    FLOW,
    LEVELS,
    STAGES,
    TABLES,
    Cells,
    figures_of,
    member_of,
    months_of,
    name_of,
)  # fmt: skip

PLACES = ("county", "language")
NOT_COUNTED = (name_of("hours"), name_of("hours", "cases"))  # hours are no people: they follow a rule of their own
CLIENTS, PEOPLE = (name_of(measure) for measure in DIFFERENT)
HEADLINES = {name_of(m) for m in ("accepted", "listed", "closed", "people_helped", "clients_helped", "checkins_sent")}


@dataclass(frozen=True)
class Floors:
    """Below which count a figure points at people."""

    small: int
    crossed: int  # where it is crossed with a place or a trait, or read by everybody
    wide: int = 5  # up to where no reader may be able to exclude a hidden count

    def of(self, name: str) -> int:
        """The floor of a cell."""
        return self.crossed if member_of(name)[1] in PLACES else self.small

    @property
    def strict(self) -> Floors:
        """For what everybody reads: each count as if it were crossed."""
        return Floors(self.crossed, self.crossed)

    def beside(self, other: Floors | None) -> Floors:
        """For what two publications tell together: the higher of both."""
        return Floors(max(self.small, other.small), max(self.crossed, other.crossed)) if other else self


@dataclass(eq=False)
class Version:
    """One publication of a period, or the one to be made: what was counted, and what of it was hidden."""

    first: date
    last: date
    exact: Mapping[str, Any]
    began: int  # the turn in which it was published
    ended: int | None = None  # and the one in which it was replaced
    hidden: frozenset[str] = frozenset()
    is_new: bool = False
    floors: Floors | None = None  # by which it was, or is to be, signed off

    @cached_property
    def cells(self) -> Cells:
        """Everything counted of the period."""
        return {name: n for name, n in figures_of(self.exact).items() if name not in NOT_COUNTED}

    @property
    def span(self) -> tuple[date, date]:
        """Its first and last day."""
        return self.first, self.last

    @property
    def counts_homes_once(self) -> bool:
        """Does a household count once, and not with each of its closed cases as in earlier publications?"""
        return "people_helped" in self.exact["once"]

    def holds(self, other: Version) -> bool:
        """Does the other period lie within this one?"""
        return self.span != other.span and self.first <= other.first and other.last <= self.last

    def lives_in(self, turn: int) -> bool:
        """Was it what readers saw after a turn?"""
        return self.began <= turn and (self.ended is None or turn < self.ended)


@dataclass
class Published:
    """The figures of all versions and the sums between them, as one reader sees them."""

    versions: list[Version]
    floors: Floors  # of versions that do not say by which they were signed off
    system: System = field(default_factory=System)
    keys: dict[tuple[int, str], Key] = field(default_factory=dict)  # by version and cell
    whole: list[list[Key]] = field(default_factory=list)  # a cell of a period, and those of the parts that make it up

    def __post_init__(self) -> None:
        spans: dict[tuple[date, date], list[Version]] = {}
        for version in sorted(self.versions, key=lambda v: v.began):
            spans.setdefault(version.span, []).append(version)
        for same in spans.values():
            self._figures_of(same)
        for version in self.versions:
            self._tables(version)
        self._times()
        self._known_before()

    def floor(self, name: str, *versions: Version) -> int:
        """Below which count of some versions a cell points at people: the highest by which one was signed off."""
        return max((version.floors or self.floors).of(name) for version in versions)

    def small(self, *versions: Version) -> int:
        """The same for a count that is no cell."""
        return max((version.floors or self.floors).small for version in versions)

    def key(self, version: Version, name: str) -> Key:
        """A cell of a version; one that is not counted is a zero that everybody sees."""
        found = self.keys.get((id(version), name))
        if found is None:
            found = ("zero", name, *version.span)
            self.system.figures.setdefault(found, Figure(0, 0, State.SHOWN))
            self.keys[id(version), name] = found
        return found

    def _figures_of(self, same: list[Version]) -> None:
        """The cells of one period through its versions; one that did not change stays one figure."""
        changes: dict[tuple[int, bool, str], Key] = {}
        for name in sorted(set().union(*(version.cells for version in same))):
            before: tuple[Key, Version] | None = None
            for version in same:
                by = version.cells.get(name, 0) - (before[1].cells.get(name, 0) if before else 0)
                if before is None or by:
                    key: Key = (name, *version.span, version.began)
                    self._add(key, name, version)
                    if before is not None:
                        floor = self.floor(name, before[1], version)
                        changes[version.began, by > 0, name] = self._change(before[0], key, floor, by)
                else:
                    key = before[0]
                    self._stays(key, name, version)
                before = (key, version)
                self.keys[id(version), name] = key
        if all(version.counts_homes_once for version in same):
            for began, more, name in [each for each in changes if each[2] == PEOPLE]:
                self._others(changes.get((began, more, CLIENTS)), changes[began, more, name])

    def _add(self, key: Key, name: str, version: Version) -> None:
        value = version.cells.get(name, 0)
        state = State.OPEN if version.is_new else State.HIDDEN if name in version.hidden else State.SHOWN
        weight = 6 if name in HEADLINES else 2 if member_of(name)[0] in FLOW else 1 + min(value, 50) / 100
        self.system.figures[key] = Figure(value, self.floor(name, version), state, weight, wide=self.floors.wide)

    def _stays(self, key: Key, name: str, version: Version) -> None:
        """A hidden cell that a later version leaves as it was is hidden by the higher of both floors."""
        figure = self.system.figures[key]
        self.system.figures[key] = replace(figure, floor=max(figure.floor, self.floor(name, version)))

    def _change(self, old: Key, new: Key, floor: int, by: int) -> Key:
        """A correction is a count as well: of those who were entered late or left out since."""
        change: Key = ("change", old, new)
        self.system.figures[change] = Figure(abs(by), floor, State.WITHIN, least=0, wide=self.floors.wide)
        self.system.relate([(new, 1), (old, -1), (change, -1 if by > 0 else 1)])
        return change

    def _within(self, tag: str, version: Version, total: str, parts: Iterable[str], floor: int) -> None:
        """Parts make up a total, or all of it but a rest that is never published."""
        names = list(parts)
        rest = version.cells.get(total, 0) - sum(version.cells.get(name, 0) for name in names)
        if rest < 0 or not version.cells.get(total):
            return
        keys = [self.key(version, name) for name in names]
        if rest:
            key: Key = ("rest", tag, total, *version.span, version.began)
            self.system.figures[key] = Figure(rest, floor, State.WITHIN, least=0)
            keys.append(key)
        self.system.add_up(self.key(version, total), keys)

    def _tables(self, version: Version) -> None:
        """The sums within one publication."""
        small = self.small(version)
        for tag, total, parts in sums_of(version.cells, once=version.counts_homes_once):
            self._within(tag, version, total, parts, small)

    def _times(self) -> None:
        """The sums between a period and those within it, in every turn in which they stood side by side."""
        seen = set()
        for turn in sorted({version.began for version in self.versions}):
            live = [version for version in self.versions if version.lives_in(turn)]
            for parent in live:
                inside = [v for v in live if parent.holds(v)]
                children = [v for v in inside if not any(other.holds(v) for other in inside)]
                mark = (id(parent), *(id(child) for child in children))
                if children and mark not in seen:
                    seen.add(mark)
                    self._time(parent, children)

    def _time(self, parent: Version, children: list[Version]) -> None:
        months = sum(len(list(months_of(*child.span))) for child in children)
        covered = months == len(list(months_of(*parent.span)))
        once = any(version.counts_homes_once for version in (parent, *children))
        different = [CLIENTS, *([PEOPLE] if once else [])]
        for name in sorted(set(parent.cells).union(*(child.cells for child in children)).difference(different)):
            rest = parent.cells.get(name, 0) - sum(child.cells.get(name, 0) for child in children)
            self._time_sum(parent, children, name, rest, covered=covered)
        told = [self._people(parent, children, name, covered=covered) for name in different]
        for clients, people in zip(*told, strict=True) if once else ():
            self._others(clients, people)

    def _time_sum(self, parent: Version, children: list[Version], name: str, rest: int, *, covered: bool) -> None:
        keys = [self.key(child, name) for child in children]
        if not covered and rest >= 0:
            spans = tuple((*child.span, child.began) for child in children)
            key: Key = ("later", name, parent.span, parent.began, spans)
            floor = self.floor(name, parent, *children)
            self.system.figures[key] = Figure(rest, floor, State.WITHIN, least=0, wide=self.floors.wide)
            keys.append(key)
        elif rest:
            return
        else:
            self.whole.append([self.key(parent, name), *keys])
        self.system.add_up(self.key(parent, name), keys)

    def _people(self, parent: Version, children: list[Version], name: str, *, covered: bool) -> list[Key | None]:
        """Different people do not add up over time; who is new, and who came back, are counts as well."""
        whole, parts = parent.cells.get(name, 0), [child.cells.get(name, 0) for child in children]
        found: list[Key | None] = [None] * (len(children) + 1)
        for n, child in enumerate(children):
            if whole >= parts[n]:
                found[n] = self._count("more", name, whole - parts[n], parent, [child])
                self.system.add_up(self.key(parent, name), [self.key(child, name), found[n]])
        if covered and whole and sum(parts) >= whole:
            found[-1] = self._count("back", name, sum(parts) - whole, parent, children)
            each = [(self.key(child, name), 1) for child in children]
            self.system.relate([*each, (self.key(parent, name), -1), (found[-1], -1)])
        return found

    def _count(self, tag: str, name: str, value: int, parent: Version, children: list[Version]) -> Key:
        key: Key = (tag, name, parent.span, parent.began, tuple((*child.span, child.began) for child in children))
        self.system.figures[key] = Figure(value, self.small(parent, *children), State.WITHIN, least=0)
        return key

    def _others(self, clients: Key | None, people: Key | None) -> None:
        """Of the people who are new, or came back, those who are no clients are a count too."""
        if clients is None or people is None:
            return
        told = self.system.figures[people]
        rest = told.value - self.system.figures[clients].value
        if rest >= 0:
            key: Key = ("others", people)
            self.system.figures[key] = Figure(rest, told.floor, State.WITHIN, least=0)
            self.system.add_up(people, [clients, key])

    def _known_before(self) -> None:
        """Show what cells shown by a lower floor make up: hidden by today's it could be worked out all the same."""
        figures = self.system.figures
        open_ones = {k for k, f in figures.items() if f.state is State.OPEN and f.value}
        unknown = open_ones | {k for k, f in figures.items() if f.state in (State.HIDDEN, State.WITHIN)}
        while found := {keys[0] for each in self.whole if len(keys := [k for k in each if k in unknown]) == 1}:
            unknown -= found
        for (_version, name), key in self.keys.items():
            if key in open_ones - unknown and self._lowest(name) <= figures[key].value < figures[key].floor:
                figures[key] = replace(figures[key], state=State.SHOWN)

    def _lowest(self, name: str) -> int:
        """The lowest floor by which a cell was, or is, signed off."""
        return min((version.floors or self.floors).of(name) for version in self.versions)


def sums_of(cells: Cells, *, once: bool) -> Iterator[tuple[str, str, list[str]]]:
    """The sums that hold within one publication: what for, the total, its parts.

    :param once: does a household count once, or with each of its closed cases?
    """
    for measure, dimension in TABLES:
        yield dimension, name_of(measure), parts_of(cells, measure, dimension)
    yield "level", name_of("closed"), [name_of(level) for level in LEVELS]
    codes = closing_codes()
    for level in LEVELS:
        kind = level.removeprefix("closed_")
        known = [n for n in parts_of(cells, "closed", "closing_code") if _level(codes, n) == kind]
        yield level, name_of(level), known
    yield "flow", name_of("listed"), [name_of(measure) for measure in FLOW]
    if parts_of(cells, "stage", "stage"):
        yield "stages", name_of("accepted"), [name_of("stage", "stage", stage) for stage in STAGES]
        yield from _same_cases(cells)
    yield "unanswered", name_of("checkins_sent"), [name_of("checkins_answered")]
    yield "repeated", name_of("closed"), [CLIENTS]
    yield "others", PEOPLE, [CLIENTS if once else name_of("closed")]


SAME = (  # an accepted case's stages, and what became of it on the list
    (("in_service", "ended", "finished"), ("listed_placed",)),
    (("unplaced",), ("listed_not_placed", "listed_returned", "listed_withdrawn")),
    (("waiting",), ("listed_waiting",)),
)


def _same_cases(cells: Cells) -> Iterator[tuple[str, str, list[str]]]:
    """Where as many were accepted as were listed, a reader takes them for the same cases; often they are."""
    if cells.get(name_of("accepted"), 0) != cells.get(name_of("listed"), 0):
        return
    for stages, listed in SAME:
        names, counts = [name_of("stage", "stage", stage) for stage in stages], [name_of(key) for key in listed]
        if sum(cells.get(n, 0) for n in names) == sum(cells.get(n, 0) for n in counts):
            total, parts = (counts[0], names) if len(counts) == 1 else (names[0], counts)
            yield "same", total, parts


def parts_of(cells: Cells, measure: str, dimension: str) -> list[str]:
    """The cells of a table."""
    return sorted(name for name in cells if name.startswith(f"{measure}/{dimension}/"))


def _level(codes: Mapping[str, Any], name: str) -> str:
    code = codes.get(member_of(name)[2])
    return code.service_level if code else ""
