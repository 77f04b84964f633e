"""Can a hidden count be worked out where a programme raised its limits between publications, and lowered them again?

python -m benchmarks.leaks_floors [programmes] [months]
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.metrics.hiding_choice import choose
from app.metrics.publishing_cells import month_key, months_of, name_of
from app.metrics.publishing_draft import exposed_now, reasons
from app.metrics.publishing_system import Floors, Published, Version
from benchmarks.leaks import FLOORS, Invented, everything_read, invented_months, people_between, spans_in_turn
from benchmarks.leaks_reader import Reader, Seen, Verdict, Weights

RAISED = Floors(10, 20)
Spot = tuple[str, date, date, int]  # a cell of a version
Span = tuple[date, date]


@dataclass
class Programme:
    """An invented grant's publications, each by the floors of its day, replaced ones too."""

    invented: Invented
    told: list[Version] = field(default_factory=list)
    turn: int = 0
    refused: int = 0

    @property
    def live(self) -> list[Version]:
        """What readers see today."""
        return [version for version in self.told if version.ended is None]

    def publish(self, span: Span, floors: Floors) -> bool:
        """Publish a period as it is counted by now; was it possible?"""
        return self._publish([span], floors)

    def correct(self, month: str, late: Invented, floors: Floors) -> bool:
        """Count late cases too, and restate every published period that holds their month."""
        before = self.invented.cells[month], self.invented.homes[month]
        more = late.cells[month]
        self.invented.cells[month] = {n: before[0].get(n, 0) + more.get(n, 0) for n in {**before[0], **more}}
        self.invented.homes[month] = [*before[1], *((-1 - who, size) for who, size in late.homes[month])]
        spans = [version.span for version in self.live if month in version.exact["months"]]
        if spans and self._publish(spans, floors):
            return True
        self.invented.cells[month], self.invented.homes[month] = before
        return False

    def _publish(self, spans: Iterable[Span], floors: Floors) -> bool:
        new = [self._counted(span) for span in spans]
        replaced = [version for version in self.live if version.span in {v.span for v in new}]
        before = Published(self.told, floors)
        for version in replaced:
            version.ended = self.turn
        seen = Published([*self.told, *new], floors)
        choice = choose(seen.system)
        if exposed_now(choice, seen, before):
            self.refused += 1
            for version in replaced:
                version.ended = None
            return False
        for version in new:
            version.hidden, version.is_new = frozenset(reasons(seen, version, choice)), False
            version.floors = floors
        self.told += new
        self.turn += 1
        return True

    def _counted(self, span: Span) -> Version:
        months = {month_key(month): self.invented.cells[month_key(month)] for month, _last in months_of(*span)}
        return Version(*span, {"months": months, "once": self.invented.once(months)}, self.turn, is_new=True)


def lived(
    chance: random.Random, months: int, size: int, floors: Sequence[Floors], *, mixed: bool = False, late: bool = False
) -> Programme:
    """A programme that changes its limits every few publications.

    :param mixed: are periods published in any order, and not as they end?
    :param late: are months corrected in between?
    """
    found = Programme(invented_months(chance, months, size))
    spans, at = list(spans_in_turn(found.invented)), 0
    if mixed:
        chance.shuffle(spans)
    for span in spans:
        at += chance.random() < 0.4
        found.publish(span, floors[at % len(floors)])
        if late and found.live and chance.random() < 0.3:
            month = chance.choice(sorted({m for version in found.live for m in version.exact["months"]}))
            found.correct(month, invented_months(chance, months, max(2, size // 2)), floors[at % len(floors)])
    return found


def spot(version: Version, name: str) -> Spot:
    """A cell of a version, as the reader notes it."""
    return name, *version.span, version.began


def all_read(versions: Sequence[Version]) -> Seen:
    """All that a reader ever had, what stood side by side added up, and each correction beside what it replaced."""
    seen = Seen(shown={spot(v, n): value for v in versions for n, value in v.cells.items() if n not in v.hidden},
                hidden=[spot(v, n) for v in versions for n in v.cells if n in v.hidden])  # fmt: skip
    sums, at_most, none_less = set(), set(), set()
    for turn in sorted({version.began for version in versions}):
        live = {v.span: v for v in versions if v.lives_in(turn)}
        then = everything_read(list(live.values()))
        for kept, rows in ((sums, then.sums), (at_most, then.at_most)):
            kept |= {(_then(total, live), tuple(_then(part, live) for part in parts)) for total, parts in rows}
        none_less |= {tuple((_then(key, live), by) for key, by in weights.items()) for weights in then.none_less}
    for old, new, name, by in corrections(versions):
        if by:
            none_less.add(((spot(new, name), by), (spot(old, name), -by)))
        else:
            sums.add((spot(old, name), (spot(new, name),)))
    seen.sums, seen.at_most = ([(total, [*parts]) for total, parts in kept] for kept in (sums, at_most))
    seen.none_less = [dict(weights) for weights in none_less]
    return seen


def _then(key: object, live: dict[Span, Version]) -> Spot:
    name, span = key  # type: ignore[misc]
    return spot(live[span], name)


def corrections(versions: Sequence[Version]) -> Iterator[tuple[Version, Version, str, int]]:
    """Two versions of a period that followed each other, a cell, and whether it rose (1), fell (-1) or stayed."""
    for new in versions:
        old = next((v for v in versions if v.span == new.span and v.ended == new.began), None)
        for name in {**old.cells, **new.cells} if old else ():
            by = new.cells.get(name, 0) - old.cells.get(name, 0)
            yield old, new, name, (by > 0) - (by < 0)


def judge(versions: Sequence[Version]) -> Verdict:
    """What a reader of all versions can say of each small count, small by the floors of the version that hid it."""
    reader, found = Reader(all_read(versions)), Verdict()
    for version in versions:
        for name, value in version.cells.items():
            if name in version.hidden and 0 < value < version.floors.of(name):
                found.judge(*reader.range_of({spot(version, name): 1}), FLOORS.wide)
            elif name in version.hidden:
                found.beside += 1
            elif 0 < value < version.floors.of(name):
                found.shown += not told_before(versions, version, name)
    for weights, value, floor in between(versions):
        if 0 < value < floor:
            found.judge(*reader.range_of(weights), FLOORS.wide)
    return found


def told_before(versions: Sequence[Version], version: Version, name: str) -> bool:
    """Does a shown count follow from what was published before, where it was none of the small ones?"""
    seen = all_read([v for v in versions if v.began <= version.began])
    new = [v for v in versions if v.began == version.began]
    told = {spot(v, n) for v in new for n in v.cells if n not in v.hidden}
    seen.hidden += told
    seen.shown = {key: value for key, value in seen.shown.items() if key not in told}
    low, high = Reader(seen).range_of({spot(version, name): 1})
    return low == high and version.cells[name] >= FLOORS.of(name)


def between(versions: Sequence[Version]) -> Iterator[tuple[Weights, int, int]]:
    """Differences that are people: check-ins not answered, who is new or came back; each with its floor."""
    sent, answered = name_of("checkins_sent"), name_of("checkins_answered")
    for v in versions:
        yield {spot(v, sent): 1, spot(v, answered): -1}, v.cells.get(sent, 0) - v.cells.get(answered, 0), v.floors.small
    done = set()
    for turn in sorted({version.began for version in versions}):
        live = {v.span: v for v in versions if v.lives_in(turn)}
        for weights, value in people_between(list(live.values())):
            told = {_then(key, live): by for key, by in weights.items()}
            if tuple(told) not in done:
                done.add(tuple(told))
                yield told, value, max(live[key[1]].floors.small for key in weights)  # type: ignore[index]


def main(programmes: int = 3, months: int = 6) -> None:
    """Print what the docs say."""
    for floors in ((FLOORS, RAISED), (FLOORS.strict, RAISED.strict), (FLOORS,)):
        for mixed, late in ((False, False), (False, True), (True, False), (True, True)):
            for size in (12, 40, 150):
                total, n, refused, cells, hidden = Verdict(), 0, 0, 0, 0
                for seed in range(programmes):
                    found = lived(random.Random(seed), months, size, floors, mixed=mixed, late=late)
                    total += judge(found.told)
                    n, refused = n + found.turn + found.refused, refused + found.refused
                    cells += sum(len(v.cells) for v in found.told)
                    hidden += sum(len(v.hidden) for v in found.told)
                print(f"{[(f.small, f.crossed) for f in floors]} mixed={mixed} late={late} {size} cases a month: "
                      f"{refused} of {n} refused, {hidden} of {cells} hidden; {total}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
