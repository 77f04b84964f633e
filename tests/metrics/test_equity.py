"""Small differences are not read as facts: ranges, minimum sizes, and words that hold back."""

from __future__ import annotations

import csv
import io
import math
import random
import re
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from scipy.stats import binomtest

from app.accounts.models import Programme
from app.clients.operations_about_you import note_about_client
from app.core import clock
from app.core.db import session, transaction
from app.metrics import equity, figures, rollup
from app.metrics.equity import QUESTIONS, Counts, compare
from app.metrics.equity_intervals import median, share, z_of
from tests import factories
from tests.metrics.lives import Lives

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
PLACED = QUESTIONS[0]


def test_shares_have_the_interval_that_another_judge_finds() -> None:
    for part, whole in ((0, 11), (3, 12), (7, 12), (40, 41), (500, 1000)):
        found = share(part, whole, z_of(1))
        judged = binomtest(part, whole).proportion_ci(method="wilson")
        assert math.isclose(found.low, judged.low, abs_tol=1e-9)
        assert math.isclose(found.high or 0, judged.high, abs_tol=1e-9)


def all_of(groups: dict[str, Counts]) -> Counts:
    everybody = Counts()
    for counts in groups.values():
        everybody.add(counts)
    return everybody


def covered(runs: int, seed: int) -> float:
    """How often the interval of a median holds the true one, a third of the cases still waiting."""
    chance, true, held = random.Random(seed), 20 * math.log(2), 0
    for _ in range(runs):
        placed, waits = Counter[int](), Counter[int]()
        for _case in range(40):
            days, seen = chance.expovariate(1 / 20), chance.uniform(5, 80)
            (placed if days <= seen else waits)[math.ceil(min(days, seen))] += 1
        found = median(placed, waits, z_of(1))
        held += found.low <= math.ceil(true) and (found.high is None or found.high >= math.floor(true))
    return held / runs


def test_the_interval_of_a_median_holds_the_true_one() -> None:
    assert covered(200, seed=1) >= 0.93


def false_alarms(programmes: int, seed: int) -> float:
    """Of programmes where chance alone rules: in how many does any group seem to differ."""
    chance, alarmed = random.Random(seed), 0
    for _ in range(programmes):
        groups = {}
        for name in "abcdef":
            n = chance.randrange(11, 120)
            placed = sum(chance.random() < 0.6 for _case in range(n))
            groups[name] = Counts(durations=Counter({5: placed}), waits=Counter({9: n - placed}), left=n)
        alarmed += any(line.differs for line in compare(groups, PLACED, 11, str, all_of(groups)))
    return alarmed / programmes


def test_chance_alone_is_seldom_named_a_difference(app: Flask) -> None:
    with app.test_request_context():
        assert false_alarms(150, seed=2) <= 0.05


@pytest.mark.full
def test_chance_alone_is_seldom_named_a_difference_in_two_thousand(app: Flask) -> None:
    with app.test_request_context():
        alarms, held = false_alarms(2000, seed=3), covered(4000, seed=4)
    print(f"2,000 programmes without a difference: {alarms:.3f} show one; medians held {held:.3f} of 4,000 times")  # noqa: T201
    assert alarms <= 0.05
    assert held >= 0.94


def test_a_real_difference_is_named_and_few_people_are_not_shown(app: Flask) -> None:
    groups = {
        "en": Counts(durations=Counter({5: 80}), waits=Counter({9: 20}), left=100),
        "es": Counts(durations=Counter({5: 30}), waits=Counter({9: 70}), left=100),
        "hmn": Counts(durations=Counter({5: 1}), waits=Counter({9: 9}), left=10),
    }
    with app.test_request_context():
        lines = {line.group: line for line in compare(groups, PLACED, 11, str, all_of(groups))}
        few = {"en": groups["en"], "hmn": groups["hmn"]}
        alone = compare(few, PLACED, 11, str, all_of(few))
    assert (lines["en"].verdict, lines["es"].verdict) == ("higher than the others", "lower than the others")
    assert lines["hmn"].estimate is None
    assert lines["hmn"].verdict == "too few told us"
    assert alone[0].verdict == "nobody to compare with"


def desk_of(programme: Programme, desk: FlaskClient) -> str:
    """The page once the programme has said which county is rural."""
    with transaction():
        session.merge(programme).rural_counties = ["55025"]
    return desk.get("/reports/equity").text


def test_groups_add_up_to_what_every_other_page_says(client: FlaskClient) -> None:
    with clock.at(NOW):
        with transaction():
            programme = factories.programme(slug="lakeshore", small_count_crossed=11)
            lives = Lives(programme, seed=7)
            lives.some(40)
            staff = lives.staff
            for case in session.query(factories.Case).limit(9):
                case.circumstances = ["over_60"]
            for n, case in enumerate(session.query(factories.Case)):
                told = {"race": ["asian", "white"] if n % 3 else ["white"], "gender": "woman" if n % 2 else "man"}
                if n % 4:
                    note_about_client(case.client, told, actor=None)
        rollup.refresh(programme.id)
        first, last = date(2026, 1, 1), date(2026, 11, 21)
        period = figures.read_period(programme, first, last)
        for trait, tally in equity.gather(programme, first, last).items():
            counted = [tally.told, *([tally.groups[equity.SILENT]] if equity.SILENT in tally.groups else [])]
            assert sum(c.durations.total() for c in counted) == period.count("listed_placed"), trait
            assert sum(c.waits.total() for c in counted) == period.count("listed") - period.count("listed_placed")
            assert sum(c.closed for c in counted) == period.count("closed")
            if trait != "race":  # where somebody counts in each of several groups
                assert sum(c.closed for c in tally.groups.values()) == period.count("closed")
        desk = factories.sign_in(client, session.merge(staff))
        page = desk.get("/reports/equity").text
        assert "not compared" in page
        assert "No county is marked as rural yet" in page
        assert re.search(r"Rural or urban.*Rural: Dane County\..*Asian", desk_of(programme, desk), re.DOTALL)
        text = desk.get("/reports/equity?format=csv").get_data(as_text=True).lstrip("\ufeff")
        rows = list(csv.DictReader(io.StringIO(text)))
        few = [row for row in rows if row["group"] == "60 or older"]
        assert {row["reads as"] for row in few} == {"too few told us"}
        assert {row["n"] for row in few} == {""}
        assert "The period ended before it began" in desk.get("/reports/equity?from=2026-05-01&to=2026-04-01").text
