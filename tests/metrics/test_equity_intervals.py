"""Ranges hold as often as they say, also where many answers come of few clients, and chance alone is seldom named."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pytest
from flask import Flask
from scipy.stats import binomtest
from scipy.stats import t as student

from app.metrics import equity
from app.metrics.equity_counts import SILENT, Beside, Counted, Groups
from app.metrics.equity_intervals import Sums, chance_of, median, share, t_of, worth
from app.metrics.equity_questions import QUESTIONS

Answers = Sequence[tuple[int, int]]  # of each client: how many good, of how many
SURE = chance_of(1)
LANGUAGE = equity.TRAITS[0]
PLACED, DAYS = (next(q for q in QUESTIONS if q.key == key) for key in ("placement_rate", "days_to_placement"))


def sums_of(answers: Iterable[tuple[int, int]]) -> Sums:
    """Part and whole of each client, added up."""
    told = [(x, m) for x, m in answers if m]
    return Sums(len(told), sum(x for x, _m in told), sum(m for _x, m in told), sum(x * x for x, _m in told),
                sum(x * m for x, m in told), sum(m * m for _x, m in told))  # fmt: skip


def beside(groups: Mapping[str, Answers]) -> Groups:
    """Groups of different clients, each beside all others who said."""
    rest = {name: [each for n, some in groups.items() if n not in (name, SILENT) for each in some] for name in groups}
    return {name: Beside(Counted(sums_of(some)), Counted(sums_of(rest[name]))) for name, some in groups.items()}


def singly(part: int, whole: int) -> Answers:
    """So many clients with one answer each."""
    return [(1, 1)] * part + [(0, 1)] * (whole - part)


def test_shares_of_different_clients_have_the_range_that_another_judge_finds() -> None:
    for part, whole in ((0, 11), (1, 11), (3, 12), (7, 12), (40, 41), (500, 1000), (99_990, 100_000)):
        for chance in (0.05, 1e-3, 1e-6):
            found = share(sums_of(singly(part, whole)), chance)
            judged = binomtest(part, whole).proportion_ci(1 - chance, method="exact")
            assert math.isclose(found.low, judged.low, abs_tol=1e-9)
            assert math.isclose(found.high or 0, judged.high, abs_tol=1e-9)
    assert share(Sums(), SURE).value is None


def test_student_is_what_another_judge_finds() -> None:
    for freedom in (1, 2, 10, 300, 50_000):
        for chance in (0.05, 1e-6):
            assert math.isclose(t_of(freedom, chance), student.ppf(1 - chance / 2, freedom), rel_tol=1e-8)


def test_answers_count_for_what_they_are_worth() -> None:
    alike = [(4, 4)] * 15 + [(0, 4)] * 15
    assert 25 < worth(sums_of(alike), SURE) <= 30, "thirty clients who always say the same"
    assert worth(sums_of(singly(15, 30)), SURE) == 30
    assert worth(sums_of([(4, 4)] * 30), SURE) == 30, "nobody differs, so nothing tells that answers are independent"
    assert worth(sums_of([(40, 80)]), SURE) == 1
    chance = random.Random(3)
    mixed = [(sum(chance.random() < 0.5 for _n in range(4)), 4) for _client in range(400)]
    assert 1200 < worth(sums_of(mixed), SURE) <= 1600, "answers that are like anybody's"
    informed = [(10, 10)] * 10 + [(0, 1)] * 900
    assert worth(sums_of(informed), SURE) < 1000**2 / sum(m * m for _x, m in informed), "who answers often answers well"


def clustered(chance: random.Random, clients: int, middle: float) -> Answers:
    """Clients who each have their own way of answering, some asked once and some often."""
    found = []
    for _client in range(clients):
        own, asked = chance.betavariate(2 * middle, 2 * (1 - middle)), 1 + min(int(chance.expovariate(0.25)), 15)
        found.append((sum(chance.random() < own for _n in range(asked)), asked))
    return found


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The range of answers that had nothing to do with each other."""
    found = binomtest(part, whole).proportion_ci(method="wilson")
    return found.low, found.high


def held(runs: int, clients: int, middle: float, seed: int) -> tuple[float, float]:
    """How often the true share lies in our range, and in that of answers taken singly."""
    chance, ours, single = random.Random(seed), 0, 0
    for _run in range(runs):
        sums = sums_of(clustered(chance, clients, middle))
        found, (low, high) = share(sums, SURE), wilson(sums.part, sums.whole)
        ours += found.low <= middle <= (found.high or 1)
        single += low <= middle <= high
    return ours / runs, single / runs


@pytest.mark.parametrize(("clients", "middle"), [(12, 0.6), (40, 0.8), (150, 0.5)])
def test_the_range_of_a_share_holds_the_true_one_though_answers_come_several_to_a_client(
    clients: int, middle: float
) -> None:
    ours, single = held(400, clients, middle, seed=11)
    assert ours >= 0.94
    assert single < 0.85, "taking each answer for a client of its own would have been too sure"


def covered(runs: int, seed: int) -> float:
    """How often the interval of a median holds the true one, a third of the cases still waiting."""
    chance, true, times = random.Random(seed), 20 * math.log(2), 0
    for _run in range(runs):
        placed, waits = Counter[int](), Counter[int]()
        for _case in range(40):
            days, seen = chance.expovariate(1 / 20), chance.uniform(5, 80)
            (placed if days <= seen else waits)[math.ceil(min(days, seen))] += 1
        found = median(placed, waits, SURE)
        times += found.low <= math.ceil(true) and (found.high is None or found.high >= math.floor(true))
    return times / runs


def test_the_interval_of_a_median_holds_the_true_one() -> None:
    assert covered(200, seed=1) >= 0.93


def waited(chance: random.Random) -> Groups:
    """Groups that all wait alike, some of whose cases wait still."""
    days = [[(chance.expovariate(1 / 20), chance.uniform(5, 80)) for _case in range(11 + 9 * k)] for k in range(6)]
    found = {}
    for name, own in zip("abcdef", days, strict=True):
        rest = [each for some in days if some is not own for each in some]
        found[name] = Beside(*(
            Counted(sums_of(singly(len(some), len(some))), Counter(math.ceil(d) for d, seen in some if d <= seen),
                    Counter(math.ceil(seen) for d, seen in some if d > seen)) for some in (own, rest)
        ))  # fmt: skip
    return found


def false_alarms(programmes: int, seed: int) -> float:
    """Of programmes where chance alone rules: in how many does any group seem to differ in any figure."""
    chance, alarmed = random.Random(seed), 0
    for _programme in range(programmes):
        counted = {DAYS.key: waited(chance)}
        for n, question in enumerate(QUESTIONS):
            if question.unit == "share":
                middle = (0.6, 0.97, 0.03)[n % 3]
                counted[question.key] = beside(
                    {name: clustered(chance, 11 + 9 * k, middle) for k, name in enumerate("abcdef")}
                )
        alarmed += bool(equity.findings([equity.compare(LANGUAGE, counted, 11)]))
    return alarmed / programmes


def test_chance_alone_is_seldom_named_a_difference_among_all_figures(app: Flask) -> None:
    with app.test_request_context():
        assert false_alarms(12, seed=2) <= 0.05


@pytest.mark.full
def test_chance_alone_is_seldom_named_a_difference_in_five_hundred(app: Flask) -> None:
    with app.test_request_context():
        alarms, times = false_alarms(500, seed=3), covered(4000, seed=4)
    ours, single = held(4000, 30, 0.7, seed=5)
    print(f"500 programmes without a difference: {alarms:.3f} show one; medians held {times:.3f} of 4,000 times, "  # noqa: T201
          f"shares {ours:.3f}, taken singly {single:.3f}")  # fmt: skip
    assert alarms <= 0.05
    assert times >= 0.94
    assert ours >= 0.94


def test_a_real_difference_is_named_and_few_clients_are_not_shown(app: Flask) -> None:
    groups = {"en": singly(80, 100), "es": singly(30, 100), "hmn": [(1, 3)] * 10}
    with app.test_request_context():
        table = equity.compare(LANGUAGE, {PLACED.key: beside(groups)}, 11)
        few = equity.compare(LANGUAGE, {PLACED.key: beside({"en": groups["en"], "hmn": groups["hmn"]})}, 11)
        asked = next(each for each in table.asked if each.question is PLACED)
        lines = {line.group: line for line in asked.lines}
        assert (lines["en"].verdict, lines["es"].verdict) == ("higher than the others", "lower than the others")
        assert lines["hmn"].estimate is None, "thirty answers, but of ten clients"
        assert asked.too_few == ["Hmong"]
        assert [(each.line.group, each.worse) for each in equity.findings([table])] == [("es", True), ("en", False)]
        alone = next(each for each in few.asked if each.question is PLACED)
        assert alone.lines[0].verdict == "nobody to compare with"
        assert equity.findings([few]) == []


def test_of_two_groups_alone_the_difference_is_told_once_and_slower_is_less_well(app: Flask) -> None:
    fast, slow = (Counter({n * day: 8 for day in range(1, 11)}) for n in (1, 20))
    one, other = (Counted(sums_of(singly(80, 80)), days) for days in (fast, slow))
    counted = {DAYS.key: {"en": Beside(one, other), "es": Beside(other, one)}}
    with app.test_request_context():
        found = equity.findings([equity.compare(LANGUAGE, counted, 11)])
    assert [(each.line.group, each.line.verdict) for each in found] == [("es", "slower than the others")]
