"""Promise 14: from all that a funder is ever given, no small count follows, and no address leads to a person."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app.metrics.hiding_choice import Choice, choose
from app.metrics.hiding_system import System, World
from app.metrics.publishing_system import Published, Version
from benchmarks.leaks import FLOORS, Verdict, invented, invented_months, judge_months, judge_table, published_in_turn

KINDS = ("month", "quarter", "half", "year")
Hide = Callable[[System], Choice]


def reads_the_same(system: System, choice: Choice, world: World) -> bool:
    """Is another world published exactly as ours: nothing shown differs, every sum holds, no hidden figure is zero?"""
    moved = dict.fromkeys(world.moves)
    hidden = all(k in choice.hidden or system.figures[k].state.value in ("hidden", "within") for k in moved)
    sums = all(sum(times * world.moves.get(key, 0) for key, times in row) == 0 for row in system.relations)
    least = all(system.figures[k].value + by >= system.figures[k].least for k, by in world.moves.items())
    return hidden and sums and least


def check_tables(tables: int, seed: int, hide: Hide = choose) -> Verdict:
    chance, found = random.Random(seed), Verdict()
    for _n in range(tables):
        system, seen = invented(chance)
        choice = hide(system)
        found += judge_table(system, choice, seen)
        assert all(reads_the_same(system, choice, world) for world in choice.worlds.values())
        assert set(choice.worlds) >= {k for k, figure in system.figures.items() if figure.is_small}
    print(f"promise 14: {tables} tables, {found.small} small counts: {found.pinned} worked out")  # noqa: T201
    assert (found.pinned, found.narrow, found.shown) == (0, 0, 0)
    return found


def check_months(months: int, size: int, seed: int) -> Verdict:
    versions = list(published_in_turn(invented_months(random.Random(seed), months, size), KINDS))
    found = judge_months(versions, every=1 if months > 3 else 4)
    said = f"{months} months, {len(versions)} periods, {found.small} small counts: {found.pinned} worked out"
    print(f"promise 14: {said}")  # noqa: T201
    assert (found.pinned, found.narrow, found.shown) == (0, 0, 0)
    return found


@pytest.mark.promise(14)
def test_no_small_count_follows_from_a_publication() -> None:
    assert check_tables(40, seed=1).small > 100


@pytest.mark.promise(14)
def test_no_small_count_follows_from_consecutive_periods() -> None:
    assert check_months(3, size=40, seed=3).small > 20


@pytest.mark.full
@pytest.mark.promise(14)
def test_no_small_count_follows_from_a_thousand_publications() -> None:
    assert check_tables(1000, seed=2).small > 4000


@pytest.mark.full
@pytest.mark.promise(14)
@pytest.mark.parametrize("size", [12, 40, 150])
def test_no_small_count_follows_from_two_years(size: int) -> None:
    assert check_months(24, size=size, seed=size).small > 200


@pytest.mark.promise(14)
def test_hiding_only_small_counts_would_be_caught() -> None:
    """The planted fault: nothing is hidden beside the small counts, so a lone one follows from its total."""

    def only_small(system: System) -> Choice:
        return Choice(dict.fromkeys((k for k, figure in system.figures.items() if figure.is_small), "small"))

    chance, found = random.Random(1), Verdict()
    for _n in range(40):
        system, seen = invented(chance)
        found += judge_table(system, only_small(system), seen)
    assert found.pinned > 5
    with pytest.raises(AssertionError):
        check_tables(40, seed=1, hide=only_small)


@pytest.mark.promise(14)
def test_forgetting_the_quarters_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other planted fault: each period is safe by itself, and a year less its quarters tells what was hidden."""
    monkeypatch.setattr(Published, "_times", lambda self: None)
    with pytest.raises(AssertionError):
        check_months(3, size=40, seed=3)


def a_version(cells: dict[str, int], began: int = 0, **more: Any) -> Version:
    exact = {"months": {"2026-01": cells}, "once": {}}
    return Version(date(2026, 1, 1), date(2026, 1, 31), exact, began, **more)


@pytest.mark.promise(14)
def test_a_restatement_beside_the_original_tells_no_small_correction() -> None:
    """One case entered late would be all the difference, and its kind, county and code with it."""
    before = {"closed/all/all": 60, "closed/category/Family": 40, "closed/category/Housing": 20,
              "closed/county/55025": 30, "closed/county/55079": 30}  # fmt: skip
    after = before | {"closed/all/all": 72, "closed/category/Family": 51, "closed/category/Housing": 21,
                      "closed/county/55025": 42}  # fmt: skip
    old, new = a_version(before, ended=1), a_version(after, began=1, is_new=True)
    seen = Published([old, new], FLOORS)
    choice = choose(seen.system)
    assert {new.cells[name] for name in after if seen.key(new, name) in choice.hidden} == {51, 21}
    assert seen.key(new, "closed/county/55079") == seen.key(old, "closed/county/55079")


@pytest.mark.promise(14)
def test_what_cannot_be_hidden_is_not_published() -> None:
    """Were the parts of a total out already, hiding the total would help nobody: the choice says so."""
    before = {"accepted/all/all": 9, "accepted/category/Family": 6, "accepted/category/Housing": 3}
    shown = a_version(before)  # published by a fault, with nothing hidden
    year = Version(date(2026, 1, 1), date(2026, 12, 31), {"months": {"2026-01": before, "2026-02": {
        "accepted/all/all": 2, "accepted/category/Family": 2}}, "once": {}}, 1, is_new=True)  # fmt: skip
    choice = choose(Published([shown, year], FLOORS).system)
    assert {key[0] for key in choice.hidden} >= {"accepted/all/all", "accepted/category/Family"}
