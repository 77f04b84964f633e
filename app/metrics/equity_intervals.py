"""How far off a share or a median may be, and whether two of them differ: pure arithmetic on counts.

Shares: Korn and Graubard's interval (Survey Methodology 24, 1998), which is Clopper and Pearson's on the number of
independent answers that those of the same clients are worth; compared with others by Franco, Little, Louis and Slud
(Journal of Survey Statistics and Methodology 7, 2019). Days: Kaplan and Meier's curve with Brookmeyer and Crowley's.
Differences: from both intervals, after Newcombe (Statistics in Medicine 17, 1998) and Zou and Donner (same, 27, 2008).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

SURE = 0.95
SMALLEST = 1e-300  # instead of nought, in a continued fraction
CLOSE = 1e-12


@dataclass(frozen=True)
class Estimate:
    """A share or a number of days, with the bounds between which the true one lies, as far as chance goes.

    `high` is none where no upper bound is known: fewer than half have had the event for sure.
    """

    n: int
    value: float | None
    low: float
    high: float | None
    clients: int = 0


class Sums(NamedTuple):
    """What is known of a share once it is added up by client: `part` of `whole`, and their squares and products."""

    clients: int = 0
    part: int = 0
    whole: int = 0
    part_squared: int = 0
    both: int = 0
    whole_squared: int = 0


def chance_of(lines: int, traits: int = 1) -> float:
    """How often one difference may be named by mistake, so that none is on a whole page, mostly (Bonferroni)."""
    return (1 - SURE) / (max(1, lines) * max(1, traits))


def share(found: Sums, chance: float) -> Estimate:
    """A share with the bounds that it passes by chance no more often than that.

    :param chance: of both bounds together
    """
    if not found.whole:
        return Estimate(0, None, 0.0, 1.0)
    p, n = found.part / found.whole, worth(found, chance)
    low, high = lowest(p * n, n, chance / 2), 1 - lowest((1 - p) * n, n, chance / 2)
    return Estimate(found.whole, p, low, high, found.clients)


def worth(found: Sums, chance: float) -> float:
    """As how many independent answers those of some clients count.

    Where the answers of a client are no more alike than those of different ones, each counts whole. Never fewer than if
    all of a client's were the same (Kish), unless the clients themselves show that they are.
    """
    alike = found.whole**2 / found.whole_squared
    p, k = found.part / found.whole, found.clients
    if found.whole == k or k < 2 or not 0 < found.part < found.whole:
        return alike
    spread = found.part_squared - 2 * p * found.both + p * p * found.whole_squared
    variance = k / (k - 1) * spread / found.whole**2
    seen = p * (1 - p) / variance if variance > CLOSE else math.inf
    few = (NormalDist().inv_cdf(1 - chance / 2) / t_of(k - 1, chance)) ** 2  # their spread itself is a guess
    return min(float(found.whole), max(seen * few, min(seen, alike)))


def lowest(part: float, whole: float, chance: float) -> float:
    """The share of which so many or more come by chance no more often than that; neither need be a whole number."""
    if part <= 0:
        return 0.0
    middle, half = part / whole, NormalDist().inv_cdf(1 - chance) / math.sqrt(whole)
    return _beta_point(part, whole - part + 1, chance, middle / (1 + half * half))


@lru_cache(4096)
def t_of(freedom: int, chance: float) -> float:
    """What Student's t passes, on either side, by that chance."""
    z = NormalDist().inv_cdf(1 - chance / 2)
    point = _beta_point(freedom / 2, 0.5, chance, freedom / (freedom + z * z))
    return math.sqrt(freedom * (1 - point) / point)


def _beta_point(a: float, b: float, chance: float, start: float) -> float:
    """Below which point a beta distribution lies with that chance, by Newton's steps on both logarithms.

    The logarithm of its area bends one way only along the logarithm of the point, so that the steps never turn back.
    """
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) - math.log(a)
    point = math.log(start)
    for _step in range(60):
        x = math.exp(point)
        fraction = _fraction(a, b, x)
        area = scale + a * point + b * math.log1p(-x) + math.log(fraction)
        step = (area - math.log(chance)) * (1 - x) * fraction / a
        point -= step
        if abs(step) < CLOSE:
            break
    return math.exp(point)


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz."""
    c, d = 1.0, 1 / _not_nought(1 - (a + b) * x / (a + 1))
    found = d
    for n in range(1, 10_000):
        even = n * (b - n) * x / ((a + 2 * n - 1) * (a + 2 * n))
        odd = -(a + n) * (a + b + n) * x / ((a + 2 * n) * (a + 2 * n + 1))
        d, c = 1 / _not_nought(1 + even * d), _not_nought(1 + even / c)
        found *= d * c
        d, c = 1 / _not_nought(1 + odd * d), _not_nought(1 + odd / c)
        found *= d * c
        if abs(d * c - 1) < CLOSE:
            break
    return found


def _not_nought(value: float) -> float:
    return value if abs(value) > SMALLEST else SMALLEST


def median(durations: Mapping[int, int], waiting: Mapping[int, int], chance: float, clients: int = 0) -> Estimate:
    """The days within which half had the event, by Kaplan–Meier, with Brookmeyer and Crowley's interval.

    It assumes no shape of the days: a bound is the day on which the log–log interval of the curve passes one half.

    :param durations: days to the event → cases
    :param waiting: days observed without it → cases
    """
    z = NormalDist().inv_cdf(1 - chance / 2)
    at_risk = n = sum(durations.values()) + sum(waiting.values())
    left, spread = 1.0, 0.0
    found: dict[str, int] = {}
    for day in sorted({*durations, *waiting}):
        events = durations.get(day, 0)
        if events:
            left *= 1 - events / at_risk
            spread += events / (at_risk * (at_risk - events)) if at_risk > events else math.inf
            for name, curve in zip(("low", "value", "high"), _band(left, spread, z), strict=True):
                if curve <= 0.5 + CLOSE:
                    found.setdefault(name, day)
        at_risk -= events + waiting.get(day, 0)
    return Estimate(n, found.get("value"), found.get("low", 0), found.get("high"), clients)


def _band(left: float, spread: float, z: float) -> tuple[float, float, float]:
    """The lower bound, the curve and the upper bound at one day."""
    if left <= 0:
        return 0.0, 0.0, 1.0  # nothing is left to reckon a spread from
    if left >= 1:
        return 1.0, 1.0, 1.0
    width = math.exp(z * math.sqrt(spread) / abs(math.log(left)))
    return left**width, left, left ** (1 / width)


def apart(one: Estimate, other: Estimate) -> bool | None:
    """Is the one more than the other (true), less (false), or may the two be the same?"""
    if _above(one, other):
        return True
    return False if _above(other, one) else None


def _above(one: Estimate, other: Estimate) -> bool:
    """Does the interval of the difference lie above nought? It is made of both (Newcombe; Zou and Donner)."""
    if other.high is None or one.low > other.high:
        return other.high is not None
    if one.value is None or other.value is None or one.value <= other.value:
        return False
    return one.value - other.value > math.hypot(one.value - one.low, other.high - other.value)
