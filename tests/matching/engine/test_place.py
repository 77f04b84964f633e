"""The placement of a whole docket is the best there is, and says why."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from app.matching.engine.docket import CaseRow, Docket, VolunteerRow
from app.matching.engine.fit import fit_terms
from app.matching.engine.machine import Compiled, Plain
from app.matching.engine.rules import RULES, rules_against
from app.matching.engine.settings import Settings
from app.matching.engine.solve import Cancelled, Placement, place
from app.matching.spreadsheets import read_cases, read_volunteers
from benchmarks.dockets import invent

from .judge import broken, in_order, judge
from .rows import AS_OF, a_case, a_volunteer, dockets

SAMPLE = Path(__file__).parent.parent / "sample_docket"


def placed(cases: list[CaseRow], volunteers: list[VolunteerRow]) -> Placement:
    return place(Docket.from_rows(cases, volunteers, AS_OF, Settings()), machine=Plain())


def told(placement: Placement) -> object:
    witnesses = [row.witness for row in placement.unplaced]
    reasons = placement.unplaced, witnesses, placement.wanted
    return placement.proposals, reasons, placement.certificate, placement.prices.tolist()


def sample() -> tuple[list[CaseRow], list[VolunteerRow]]:
    cases, wrong = read_cases(SAMPLE / "cases.csv")
    volunteers, more = read_volunteers(SAMPLE / "volunteers.csv", AS_OF)
    assert not wrong
    assert not more
    return cases, volunteers


def test_the_sample_docket_reaches_its_known_optimum() -> None:
    known = json.loads((SAMPLE / "optimum.json").read_text())
    result = placed(*sample())
    assert result.pairs.count == known["feasible_pairs"]
    assert len(result.proposals) == known["placed"]
    assert result.placed_by_priority == known["placed_by_priority"]
    assert result.certificate.value == known["value"]
    assert result.certificate.gap == 0
    assert sum(row.reason == "no_one_can" for row in result.unplaced) == known["cases_no_one_can"]


@given(dockets())
def test_coverage_and_value_equal_the_independent_judge(docket: tuple[list[CaseRow], list[VolunteerRow]]) -> None:
    cases, volunteers = docket
    verdict = judge(cases, volunteers, AS_OF)
    result = placed(cases, volunteers)
    assert [row.case_id for row in result.proposals] == verdict.covered
    assert result.certificate.value == verdict.value == result.total_fit - result.load_penalty
    assert result.certificate.gap == 0
    assert result.pairs.count == sum(len(fits) for fits in verdict.fits.values())
    loads = Counter(row.volunteer_id for row in result.proposals)
    assert all(loads[row.volunteer_id] <= row.slots for row in volunteers)
    for row in result.proposals:
        assert row.fit == verdict.fits[row.case_id][row.volunteer_id] == max(1, sum(row.terms.values()))


@given(dockets())
def test_rank_and_runner_up_follow_fit_then_id(docket: tuple[list[CaseRow], list[VolunteerRow]]) -> None:
    cases, volunteers = docket
    verdict = judge(cases, volunteers, AS_OF)
    for row in placed(cases, volunteers).proposals:
        ranking = sorted(verdict.fits[row.case_id].items(), key=lambda pair: (-pair[1], pair[0]))
        names = [name for name, _ in ranking]
        others = [name for name in names if name != row.volunteer_id]
        assert names.index(row.volunteer_id) + 1 == row.rank
        assert row.runner_up == (others[0] if others else "")


@given(dockets())
def test_every_unplaced_case_has_a_true_reason(docket: tuple[list[CaseRow], list[VolunteerRow]]) -> None:
    cases, volunteers = docket
    fits = judge(cases, volunteers, AS_OF).fits
    order = [case.case_id for case in in_order(cases)]
    by_id = {case.case_id: case for case in cases}
    slots = {row.volunteer_id: row.slots for row in volunteers}
    for row in placed(cases, volunteers).unplaced:
        assert (row.reason == "no_one_can") == (not fits[row.case_id])
        blockers, listed = set(row.blocking_volunteers), row.blocking_cases
        if row.reason == "all_taken":
            assert all(set(fits[name]) <= blockers for name in (row.case_id, *listed))
            assert len(set(listed)) == len(listed) == sum(slots[name] for name in blockers)
            assert all(order.index(name) < order.index(row.case_id) for name in listed)
        fell = [broken(by_id[row.case_id], volunteer, AS_OF, Settings()) for volunteer in volunteers]
        left = [sum(not rules or RULES.index(rules[0]) > at for rules in fell) for at in range(len(RULES))]
        assert list(row.after) == left
        alone = Counter(rules[0] for rules in fell if len(rules) == 1)
        most = max(alone.values(), default=0)
        assert row.binding_rule == next((rule for rule in RULES if most and alone[rule] == most), "")


@given(dockets(cases=6, volunteers=5))
def test_one_pair_breaks_the_same_rules_alone_as_in_the_docket(
    docket: tuple[list[CaseRow], list[VolunteerRow]],
) -> None:
    cases, volunteers = docket
    fits = judge(cases, volunteers, AS_OF).fits
    for case in cases:
        for volunteer in volunteers:
            rules = rules_against(case, volunteer, AS_OF)
            assert rules == broken(case, volunteer, AS_OF, Settings())
            if not rules:
                terms = fit_terms(case, volunteer, AS_OF)
                assert max(1, sum(terms.values())) == fits[case.case_id][volunteer.volunteer_id]


@given(dockets())
def test_the_order_of_rows_changes_nothing(docket: tuple[list[CaseRow], list[VolunteerRow]]) -> None:
    cases, volunteers = docket
    shuffled_cases, shuffled_volunteers = list(cases), list(volunteers)
    random.Random(5).shuffle(shuffled_cases)
    random.Random(6).shuffle(shuffled_volunteers)
    assert told(placed(cases, volunteers)) == told(placed(shuffled_cases, shuffled_volunteers))


@pytest.mark.parametrize("seed", range(6))
def test_a_county_docket_equals_the_independent_judge(seed: int) -> None:
    cases, volunteers = invent(60, 50, states=1, seed=seed)
    verdict = judge(cases, volunteers, AS_OF)
    result = placed(cases, volunteers)
    assert [row.case_id for row in result.proposals] == verdict.covered
    assert result.certificate.value == verdict.value
    assert result.certificate.gap == 0


@pytest.mark.parametrize("seed", range(2))
def test_compiled_kernels_give_the_same_to_the_last_price(seed: int) -> None:
    docket = Docket.from_rows(*invent(300, 260, states=1, seed=seed), AS_OF)
    assert told(place(docket, machine=Plain())) == told(place(docket, machine=Compiled()))


def test_urgent_cases_come_first_and_cost_nobody_a_place() -> None:
    cases = [
        a_case(case_id="low", priority="low", problem_code="63"),
        a_case(case_id="critical", priority="critical", problem_code="31"),
    ]
    volunteers = [
        a_volunteer(volunteer_id="both", areas=(("63", "competent"), ("31", "competent"))),
        a_volunteer(volunteer_id="family", areas=(("31", "expert"),)),
    ]
    result = placed(cases, volunteers)
    assert [(row.case_id, row.volunteer_id) for row in result.proposals] == [("critical", "family"), ("low", "both")]


def test_a_third_case_costs_more_than_a_second() -> None:
    cases = [a_case(case_id=f"C{number}", points=-number) for number in range(4)]
    result = placed(cases, [a_volunteer(slots=9)])
    assert [row.load_penalty for row in result.proposals] == [0, 30, 80, 130]


def test_prices_say_what_one_more_slot_is_worth() -> None:
    cases = [a_case(case_id="C1"), a_case(case_id="C2")]
    near, far = a_volunteer(volunteer_id="near"), a_volunteer(volunteer_id="far", counties=("WI",), slots=2)
    before = placed(cases, [near, far])
    more = placed(cases, [a_volunteer(volunteer_id="near", slots=2), far])
    gain = more.certificate.value - before.certificate.value
    index = before.docket.volunteer_index["near"]
    assert gain <= before.slot_worth[index]


@given(dockets())
def test_one_more_slot_never_adds_more_than_its_price_says(
    docket: tuple[list[CaseRow], list[VolunteerRow]],
) -> None:
    cases, volunteers = docket
    before = placed(cases, volunteers)
    kept = {row.case_id for row in before.proposals}
    cases = [case for case in cases if case.case_id in kept]
    before = placed(cases, volunteers)
    for at, row in enumerate(volunteers):
        changed = {name: getattr(row, name) for name in row.__slots__} | {"slots": row.slots + 1}
        after = placed(cases, [*volunteers[:at], VolunteerRow(**changed), *volunteers[at + 1 :]])
        worth = before.slot_worth[before.docket.volunteer_index[row.volunteer_id]]
        assert 0 <= after.certificate.value - before.certificate.value <= worth


def test_an_empty_docket_is_placed() -> None:
    for cases, volunteers in (([], []), ([a_case()], []), ([], [a_volunteer()])):
        result = placed(cases, volunteers)
        assert result.proposals == ()
        assert result.certificate.value == result.certificate.upper_bound == 0
        assert [row.reason for row in result.unplaced] == ["no_one_can"] * len(cases)


def test_a_run_tells_how_far_it_is_and_stops_when_asked() -> None:
    stages: list[str] = []
    docket = Docket.from_rows(*sample(), AS_OF)
    place(docket, progress=lambda stage, done, total: stages.append(stage))
    assert list(dict.fromkeys(stages)) == ["candidates", "coverage", "fit", "explain"]
    with pytest.raises(Cancelled):
        place(docket, cancelled=lambda: True)


def test_the_certificate_is_about_all_pairs_of_the_covered_cases() -> None:
    result = placed(*sample())
    slots = result.docket.slots
    bound = 0
    for row in result.proposals:
        at = slice(int(result.pairs.start[row.case]), int(result.pairs.end[row.case]))
        prices = result.prices[np.asarray(result.pairs.volunteer[at])]
        bound += int((np.asarray(result.pairs.fit[at]) - prices).max())
    for price, count in zip(result.prices, slots, strict=True):
        bound += sum(max(0, int(price) - (0 if nth == 0 else 30 + 50 * (nth - 1))) for nth in range(count))
    assert bound == result.certificate.upper_bound == result.certificate.value


def test_a_critical_date_however_far_comes_before_none() -> None:
    never, at_last = a_case(case_id="C1"), a_case(case_id="C2", next_critical_on=date.max)
    placement = place(Docket.from_rows([never, at_last], [a_volunteer()], AS_OF))
    assert [row.case_id for row in placement.proposals] == ["C2"]
