"""A shorter period published after the longer one that holds it can say too much, whatever of it is hidden."""

from __future__ import annotations

from datetime import date

import pytest

from app.metrics.figures import period_of
from app.metrics.hiding_choice import choose
from app.metrics.publishing_cells import month_key, months_of, name_of
from app.metrics.publishing_draft import exposed_now, reasons
from app.metrics.publishing_system import Floors, Published, Version

FLOORS = Floors(5, 11)
KEPT = {2: 4, 5: 1, 6: 1}  # cases kept with staff, by the month they were listed in
PLACED = 9


def period(month: int, kind: str, turn: int) -> Version:
    """A period of a grant under which nine cases a month were placed, and few kept with staff."""
    first, last = period_of(date(2026, month, 1), kind)
    months = {}
    for begin, _end in months_of(first, last):
        kept = KEPT.get(begin.month, 0)
        cells = {name_of("listed"): PLACED + kept, name_of("listed_placed"): PLACED, name_of("listed_returned"): kept}
        months[month_key(begin)] = {name: n for name, n in cells.items() if n}
    return Version(first, last, {"months": months, "once": {}}, turn, is_new=True)


def publish(told: list[Version], new: Version) -> int:
    """Publish a period beside those told before; how many small counts it would give away."""
    seen, before = Published([*told, new], FLOORS), Published(told, FLOORS)
    choice = choose(seen.system)
    exposed = exposed_now(choice, seen, before)
    new.hidden, new.is_new = frozenset(reasons(seen, new, choice)), False
    told.append(new)
    return len(exposed)


@pytest.mark.promise(14)
def test_months_after_their_half_would_say_which_of_its_few_cases_came_when() -> None:
    """Six were kept in the half; that three months hide theirs says that each has one, so that none has five."""
    told: list[Version] = []
    assert publish(told, period(1, "half", 0)) == 0
    assert not told[0].hidden, "six is no small count"
    assert publish(told, period(2, "month", 1)) == 0
    assert publish(told, period(5, "month", 2)) == 0
    assert publish(told, period(6, "month", 3)) == 3


@pytest.mark.promise(14)
def test_months_before_their_half_say_nothing_however_many() -> None:
    told: list[Version] = []
    assert [publish(told, period(n, "month", n)) for n in range(1, 7)] == [0] * 6
    assert publish(told, period(1, "half", 7)) == 0


@pytest.mark.promise(14)
def test_what_is_hidden_of_the_list_does_not_stand_beside_it_as_a_stage() -> None:
    """All 25 accepted were listed: eleven finished with a lawyer, so as many were placed, and four are left over."""
    counts = {"accepted": 25, "listed": 25, "listed_placed": 11, "listed_not_placed": 10, "listed_returned": 4}
    cells = {name_of(measure): n for measure, n in counts.items()}
    cells |= {name_of("stage", "stage", "finished"): 11, name_of("stage", "stage", "unplaced"): 14}
    june = Version(date(2026, 6, 1), date(2026, 6, 30), {"months": {"2026-06": cells}, "once": {}}, 0, is_new=True)
    told: list[Version] = []
    assert publish(told, june) == 0
    assert name_of("listed_returned") in june.hidden
    either = {name_of("listed_placed"), name_of("stage", "stage", "finished")}
    others = {name_of("listed_not_placed"), name_of("listed")}
    assert either <= june.hidden or others & june.hidden
