"""Eligibility: percent of poverty, ceilings, exceptions and what is left out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from app.clients import operations
from app.clients.eligibility import NoGuideline, guideline, judge, percent_of_poverty, region_of
from app.clients.operations_screening import (
    ExceptionNeedsFacts,
    ForeignGrant,
    LeftOutNeedsReason,
    NotReady,
    OnlySupervisingAttorney,
)
from app.core import clock
from tests import factories as make

from .screened import attorney, eligible, fund

LINE = guideline(date(2026, 6, 1))


def test_the_guideline_in_force_is_the_last_that_took_effect() -> None:
    assert guideline(date(2026, 1, 12)).year == 2025
    assert guideline(date(2026, 1, 13)).year == 2026
    assert guideline(date(2026, 1, 13), "AK").dollars(1) == 19_950
    assert region_of("HI") == "HI"
    assert region_of("PR") == "48_DC"


def test_a_day_before_every_guideline_has_none() -> None:
    with pytest.raises(NoGuideline):
        guideline(date(2001, 1, 1))


@pytest.mark.parametrize(("size", "dollars"), [(1, 15_960), (2, 21_640), (3, 27_320), (8, 55_720), (9, 61_400)])
def test_the_guideline_grows_by_each_person(size: int, dollars: int) -> None:
    assert LINE.dollars(size) == dollars


def test_percent_of_poverty_is_given_to_a_tenth() -> None:
    assert percent_of_poverty(2_732_000, 3, LINE) == 1000
    assert percent_of_poverty(0, 1, LINE) == 0
    assert percent_of_poverty(3_000_000, 3, LINE) == 1098


def test_the_ceiling_counts_to_the_cent() -> None:
    at_ceiling = LINE.dollars(1) * 125
    assert judge("lsc", at_ceiling, 1, LINE).eligible
    over = judge("lsc", at_ceiling + 1, 1, LINE)
    assert (over.eligible, over.reason, over.percent) == (False, "over_ceiling", 1250)


def test_exceptions_reach_to_200_percent_or_any_income() -> None:
    double = LINE.dollars(1) * 200
    assert judge("lsc", double, 1, LINE, "fixed_debts").eligible
    assert not judge("lsc", double + 1, 1, LINE, "fixed_debts").eligible
    assert judge("lsc", double * 3, 1, LINE, "maintain_benefits").eligible
    assert judge("lsc", double * 3, 1, LINE, "medical").eligible


def test_other_funds_follow_their_own_rules() -> None:
    income = LINE.dollars(1) * 190
    assert not judge("lsc", income, 1, LINE).eligible
    assert judge("state_200", income, 1, LINE).eligible
    assert judge("no_income_test", income * 10, 1, LINE).reason == "no_income_test"


@pytest.fixture
def at_work(app: Flask):
    with clock.at(datetime(2026, 6, 3, 15, tzinfo=UTC)):
        of = make.programme()
        staff = make.coordinator(of)
        yield of, staff, fund(of), make.case(of, owner=staff)


def test_a_decision_keeps_what_was_typed_and_its_reason(at_work) -> None:
    _of, staff, grant, case = at_work
    made = eligible(case, grant, staff, gross_income=0, assets=0)
    assert (made.eligible, made.percent, made.gross_income, made.guideline_year) == (True, 0, 0, 2026)
    assert made.reason == "within_ceiling"


def test_an_abusers_income_is_left_out_and_the_gross_is_kept(at_work) -> None:
    _of, staff, grant, case = at_work
    made = eligible(
        case, grant, staff, gross_income=9_000_000, adjusted_income=1_500_000, household_size=2, left_out=1,
        left_out_reason="perpetrator",
    )  # fmt: skip
    assert made.eligible
    assert (made.gross_income, made.adjusted_income, made.left_out) == (9_000_000, 1_500_000, 1)


def test_leaving_somebody_out_needs_a_reason_and_the_income_that_counts(at_work) -> None:
    _of, staff, grant, case = at_work
    with pytest.raises(LeftOutNeedsReason):
        eligible(case, grant, staff, left_out=1, adjusted_income=1_000)
    with pytest.raises(LeftOutNeedsReason):
        eligible(case, grant, staff, left_out=1, left_out_reason="perpetrator")
    with pytest.raises(LeftOutNeedsReason):
        eligible(case, grant, staff, gross_income=100, adjusted_income=200, left_out_reason="perpetrator")


def test_an_exception_is_recorded_with_its_facts(at_work) -> None:
    _of, staff, grant, case = at_work
    high = LINE.dollars(3) * 180
    with pytest.raises(ExceptionNeedsFacts):
        eligible(case, grant, staff, gross_income=high, exception="fixed_debts")
    made = eligible(case, grant, staff, gross_income=high, exception="fixed_debts", note="Pays 900 a month on debts.")
    assert made.eligible
    assert made.exception_note == "Pays 900 a month on debts."


def test_over_200_percent_is_not_an_automatic_no(at_work) -> None:
    _of, staff, grant, case = at_work
    high = LINE.dollars(3) * 260
    no = eligible(case, grant, staff, gross_income=high, exception="fixed_debts", note="Debts.")
    assert (no.eligible, no.reason) == (False, "over_exception")
    yes = eligible(case, grant, staff, gross_income=high, exception="maintain_benefits", note="Keeps food help.")
    assert yes.eligible


def test_medical_costs_at_any_income_are_a_lawyers_to_approve(at_work) -> None:
    of, staff, grant, case = at_work
    typed = {"gross_income": LINE.dollars(3) * 260, "exception": "medical", "note": "Nursing home."}
    with pytest.raises(OnlySupervisingAttorney):
        eligible(case, grant, staff, **typed)
    assert eligible(case, grant, attorney(of), **typed).eligible


def test_another_programmes_grant_cannot_pay(at_work) -> None:
    of, staff, _grant, case = at_work
    foreign = fund(make.programme())
    with pytest.raises(ForeignGrant):
        eligible(case, foreign, staff)
    over = fund(of, ends_on=date(2026, 6, 2))
    with pytest.raises(ForeignGrant):
        eligible(case, over, staff)


def test_a_decision_by_an_older_guideline_does_not_carry_acceptance(app: Flask) -> None:
    of = make.programme()
    staff = make.coordinator(of)
    grant = fund(of)
    with clock.at(datetime(2026, 1, 9, 15, tzinfo=UTC)):
        case = make.case(of, owner=staff)
        made = eligible(case, grant, staff)
    assert made.guideline_year == 2025
    with (
        clock.at(datetime(2026, 1, 20, 15, tzinfo=UTC)),
        pytest.raises(NotReady) as no,
    ):
        operations.accept_case(case, grant_ids=[grant.id], actor=staff)
    assert "eligible" in [lack.key for lack in no.value.lacks]
