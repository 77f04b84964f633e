"""How many requests are to be expected: what recent weeks say, how sure that is, and how well it did before.

Weekly counts are taken as negative binomial around the mean of the recent weeks. Where two whole years are known,
that mean is moved by how the same weeks of the year before stood to the weeks before them. Nothing more is claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

RECENT, SHORTEST, YEAR = 13, 16, 52  # weeks
SURE = 0.8
DRAWS = 4_000
MOST_TESTS = 26


@dataclass(frozen=True)
class Forecast:
    """The requests of some weeks to come: the middle, and the two numbers between which 8 of 10 times it lies."""

    weeks: int
    middle: int
    low: int
    high: int


@dataclass(frozen=True)
class Accuracy:
    """How earlier forecasts, made the same way, fared: how many, how often the number lay between, how far off."""

    tests: int
    inside: int
    off: float  # mean distance of the middle, as a share of what came


def is_long_enough(weekly: Sequence[int]) -> bool:
    """Are enough whole weeks known to say anything?"""
    return len(weekly) >= SHORTEST and sum(weekly) > 0


def forecast(weekly: Sequence[int], weeks: int) -> Forecast | None:
    """What is to be expected in so many weeks to come; none where too little is known.

    :param weekly: requests of each whole week, the oldest first
    """
    return _forecast(tuple(weekly), weeks) if is_long_enough(weekly) else None


@lru_cache(2_000)
def _forecast(weekly: tuple[int, ...], weeks: int) -> Forecast:
    """The same weeks give the same forecast, so those that past ones are checked by are made once."""
    known = np.asarray(weekly, dtype=float)
    recent = known[-RECENT:]
    season = _season(known, weeks)
    rng = np.random.default_rng(len(weekly) * 1_000 + int(known.sum()))
    # the true mean is itself not known for sure: gamma around what was counted, wider where weeks scatter
    spread = max(1.0, _dispersion(known))
    means = rng.gamma((recent.sum() + 0.5) / spread, spread / len(recent), DRAWS) * season
    shape = np.maximum(means * weeks / max(spread - 1, 1e-9), 1e-9)
    drawn = rng.poisson(rng.gamma(shape, means * weeks / shape)) if spread > 1.001 else rng.poisson(means * weeks)
    low, middle, high = np.quantile(drawn, [(1 - SURE) / 2, 0.5, (1 + SURE) / 2])
    return Forecast(weeks, round(float(middle)), int(np.floor(low)), int(np.ceil(high)))


def _dispersion(known: np.ndarray) -> float:
    """The variance of a week's count against the mean of the weeks around it; 1 for chance alone."""
    lately = known[-2 * YEAR :]
    around = np.convolve(np.pad(lately, 4, mode="edge"), np.ones(9) / 9, mode="valid")
    at = around > 0
    return float((((lately - around) ** 2)[at] / around[at]).mean() * 9 / 8) if at.any() else 1.0


def _season(known: np.ndarray, weeks: int) -> float:
    """How the same weeks of last year stood to those before them; 1 where two years are not known."""
    if len(known) < 2 * YEAR:
        return 1.0
    then = len(known) - YEAR
    before, after = known[then - RECENT : then].mean(), known[then : then + weeks].mean()
    if before <= 0:
        return 1.0
    weight = 0.5  # one year is one sample: half of what it says
    return float(np.clip((after / before) ** weight, 0.5, 2.0))


def accuracy(weekly: Sequence[int], weeks: int) -> Accuracy | None:
    """How the forecast would have fared in past weeks, each made only from what was known then."""
    tests, inside, off, came_in_all = 0, 0, 0.0, 0
    for end in range(len(weekly) - weeks, max(SHORTEST, len(weekly) - weeks - MOST_TESTS) - 1, -1):
        made = forecast(weekly[:end], weeks)
        if made is None:
            continue
        came = sum(weekly[end : end + weeks])
        tests, inside = tests + 1, inside + (made.low <= came <= made.high)
        off, came_in_all = off + abs(made.middle - came), came_in_all + came
    return Accuracy(tests, inside, off / came_in_all if came_in_all else 0.0) if tests >= 4 else None
