"""How far off a share or a median may be, and whether two of them differ: pure arithmetic on counts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

SURE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A share or a number of days, with the bounds between which the true one lies, as far as chance goes.

    `high` is none where no upper bound is known: fewer than half have had the event for sure.
    """

    n: int
    value: float | None
    low: float
    high: float | None


def z_of(tables: int) -> float:
    """The width of intervals that hold for several groups of a table together (Bonferroni)."""
    return NormalDist().inv_cdf(1 - (1 - SURE) / (2 * max(1, tables)))


def share(part: int, whole: int, z: float) -> Estimate:
    """A share with Wilson's interval, which stays within 0 and 1 and holds for small numbers."""
    if not whole:
        return Estimate(0, None, 0.0, 1.0)
    p = part / whole
    scale = 1 + z * z / whole
    middle = (p + z * z / (2 * whole)) / scale
    half = z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole)) / scale
    return Estimate(whole, p, max(0.0, middle - half), min(1.0, middle + half))


def median(durations: Mapping[int, int], waiting: Mapping[int, int], z: float) -> Estimate:
    """The days within which half had the event, by Kaplan–Meier, with Brookmeyer and Crowley's interval.

    It assumes no shape of the days: a bound is the day on which the log–log interval of the curve passes one half.

    :param durations: days to the event → cases
    :param waiting: days observed without it → cases
    """
    at_risk = n = sum(durations.values()) + sum(waiting.values())
    left, spread = 1.0, 0.0
    found: dict[str, int] = {}
    for day in sorted({*durations, *waiting}):
        events = durations.get(day, 0)
        if events:
            left *= 1 - events / at_risk
            spread += events / (at_risk * (at_risk - events)) if at_risk > events else math.inf
            for name, curve in zip(("low", "value", "high"), _band(left, spread, z), strict=True):
                if curve <= 0.5 + 1e-12:
                    found.setdefault(name, day)
        at_risk -= events + waiting.get(day, 0)
    return Estimate(n, found.get("value"), found.get("low", 0), found.get("high"))


def _band(left: float, spread: float, z: float) -> tuple[float, float, float]:
    """The lower bound, the curve and the upper bound at one day."""
    if left <= 0:
        return 0.0, 0.0, 1.0  # nothing is left to reckon a spread from
    if left >= 1:
        return 1.0, 1.0, 1.0
    width = math.exp(z * math.sqrt(spread) / abs(math.log(left)))
    return left**width, left, left ** (1 / width)


def differ(one: Estimate, other: Estimate) -> bool:
    """Do the intervals leave no room for the two being the same?"""
    return _above(one, other) or _above(other, one)


def _above(one: Estimate, other: Estimate) -> bool:
    return other.high is not None and one.low > other.high
