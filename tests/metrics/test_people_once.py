"""A household counts once a period at its largest, in figures, in the records behind them and in what is published."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import groupby

import pytest

from app.metrics.clients_again import in_common, once
from app.metrics.facts_outcomes import ONCE
from app.metrics.hiding_choice import choose
from app.metrics.publishing_draft import exposed_now, reasons
from app.metrics.publishing_system import CLIENTS, PEOPLE, Published, Version
from app.metrics.window import Fact
from benchmarks.leaks import FLOORS, judge_months

START = date(2026, 1, 1)
Life = list[tuple[int, date, int]]  # client, day, case


def some_lives(chance: random.Random) -> tuple[Life, dict[int, tuple[int, ...]]]:
    """Closings of few clients over few days, often two on one, with households that grow and shrink."""
    days = (START + timedelta(days=chance.randrange(40)) for _case in range(30))
    closings = sorted((chance.randrange(8), day, case) for case, day in enumerate(days))
    sizes = (chance.randrange(1, 7) for _case in range(30))
    return closings, {case: (1, size, chance.randrange(size)) for case, size in enumerate(sizes)}


def test_any_periods_people_are_its_closings_less_what_they_have_in_common() -> None:
    """Against each client's largest household, counted one by one; and so are the records behind the figure."""
    chance, told = random.Random(4), 0
    for _world in range(40):
        closings, homes = some_lives(chance)
        pairs = [p for _who, own in groupby(closings, key=lambda c: c[0]) for p in in_common(list(own), homes)]
        first = START + timedelta(days=chance.randrange(30))
        last = first + timedelta(days=chance.randrange(30))
        inside = [closing for closing in closings if first <= closing[1] <= last]
        for n, measure in enumerate(ONCE):
            largest = {who: max(homes[case][n] for w, _day, case in inside if w == who) for who, _day, _case in inside}
            off = sum(people[n] for new, old, people in pairs if new[1] <= last and old[1] >= first)
            assert sum(homes[case][n] for _who, _day, case in inside) - off == sum(largest.values())
            facts = [Fact(case, day, measure, homes[case][n], person_id=who) for who, day, case in inside]
            assert sum(fact.amount for fact in once(facts)) == sum(largest.values())
            told += off > 0
    assert told > 60


def published(first: int, last: int, began: int, closed: int, people: int, **once_told: int) -> Version:
    """Cases closed with advice, and the people in their households with each of them."""
    span = date(2026, first, 1), date(2026, last + 1, 1) - timedelta(days=1)
    cells = dict.fromkeys(("closed/all/all", "closed_limited/all/all", "closed/closing_code/A"), closed)
    cells[PEOPLE] = people
    return Version(*span, {"months": {f"2026-{first:02}": cells}, "once": once_told}, began, is_new=True)


def sign_off(told: list[Version], new: Version) -> int:
    """Publish beside those told before; how many small counts it would give away."""
    seen = Published([*told, new], FLOORS)
    choice = choose(seen.system)
    exposed = exposed_now(choice, seen, Published(told, FLOORS))
    new.hidden, new.is_new = frozenset(reasons(seen, new, choice)), False
    told.append(new)
    return len(exposed)


@pytest.mark.promise(14)
def test_who_came_back_is_not_told_by_months_beside_their_quarter() -> None:
    """Two clients with five people came back, and three of those are no clients: nobody can say so."""
    told: list[Version] = []
    for month, (closed, people) in enumerate(((40, 90), (50, 120), (30, 70)), start=1):
        new = published(month, month, month, closed, people, clients_helped=closed, people_helped=people)
        assert sign_off(told, new) == 0
    assert not told[0].hidden | told[1].hidden | told[2].hidden
    assert sign_off(told, published(1, 3, 4, 120, 280, clients_helped=118, people_helped=275)) == 0
    assert told[3].hidden == {CLIENTS}, "that five people came back may be known, not how many of them are clients"
    verdict = judge_months(told)
    assert (verdict.pinned, verdict.narrow, verdict.shown) == (0, 0, 0)
    assert verdict.small > 1
    told[3].hidden = frozenset()  # the planted fault
    assert judge_months(told).pinned == 2


@pytest.mark.promise(14)
def test_a_correction_of_clients_does_not_tell_how_many_live_with_them() -> None:
    """Six requests were others' too: that eight people fewer were helped would say that two are no clients."""
    told: list[Version] = []
    assert sign_off(told, published(1, 1, 0, 40, 90, clients_helped=40, people_helped=90)) == 0
    told[0].ended = 1
    assert sign_off(told, published(1, 1, 1, 40, 90, clients_helped=34, people_helped=82)) == 0
    assert told[1].hidden & {CLIENTS, PEOPLE}
    told[1].ended = 2
    assert sign_off(told, published(1, 1, 2, 40, 90, clients_helped=22, people_helped=60)) == 0
    assert not told[2].hidden, "of many it may be known"


def test_what_was_published_by_closed_cases_stays_and_makes_up_no_quarter() -> None:
    """Households counted with each case before: that month keeps its figure, and the quarter counts them once."""
    before = published(1, 1, 0, 20, 60, clients_helped=14)
    told: list[Version] = []
    assert sign_off(told, before) == 0
    assert (before.cells[PEOPLE], before.counts_homes_once) == (60, False)
    quarter = published(1, 3, 1, 50, 140, clients_helped=37, people_helped=58)
    assert sign_off(told, quarter) == 0
    assert quarter.cells[PEOPLE] == 58, "fewer than in a month of it, which counted some of them twice"
