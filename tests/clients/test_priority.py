"""Priority: points by rules held as data, levels, waiting, emergencies, overrides and versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.clients import jobs, operations
from app.clients.models import CaseStatus, Priority, PriorityLevel, PriorityRules
from app.clients.operations_priority import BadLapse, NeedsReason, RulesChanged
from app.clients.priority import latest_rules, refresh_priority
from app.clients.urgency import LEVELS, Facts, Rules, first_rules, in_words, level_of, reckon
from app.core import clock
from app.core.db import session
from app.core.errors import BadInput, NotAllowed
from tests import factories as make

TODAY = date(2026, 11, 18)
NOON = datetime(2026, 11, 18, 18, tzinfo=UTC)
RULES = Rules(first_rules(), LEVELS)
NOTHING = Facts(received_on=TODAY)


def found(**changes: object):
    return reckon(replace(NOTHING, **changes), RULES, TODAY)


def keys(**changes: object) -> list[str]:
    return [factor["key"] for factor in found(**changes).factors]


@pytest.mark.parametrize(
    ("days", "points"),
    [(0, 50), (2, 50), (3, 40), (7, 40), (8, 30), (14, 30), (15, 20), (30, 20), (31, 10), (60, 10), (61, 0), (-1, 0)],
)
def test_the_next_date_gives_points_by_how_near_it_is(days: int, points: int) -> None:
    assert found(dates=(("hearing", TODAY + timedelta(days=days)),)).points == points


def test_only_the_next_date_counts() -> None:
    soon, later, past = (("hearing", TODAY + timedelta(days=n)) for n in (5, 20, -4))
    assert found(dates=(later, soon, past)).points == 40


def test_levels_begin_at_70_45_and_20() -> None:
    said = [level_of(points, LEVELS).value for points in (70, 69, 45, 44, 20, 19, 0)]
    assert said == ["critical", "high", "high", "normal", "normal", "low", "low"]


@pytest.mark.parametrize(
    "emergency",
    ["lockout", "protective_order", "detained_removal", "benefits_window", "child_taken", "utility_medical"],
)
def test_an_emergency_is_critical_whatever_the_sum(emergency: str) -> None:
    result = found(emergencies=frozenset([emergency]))
    assert (result.points, result.level) == (0, PriorityLevel.CRITICAL)


def test_a_shutoff_is_high_and_with_medical_equipment_critical() -> None:
    assert found(emergencies=frozenset(["utility_shutoff"])).level is PriorityLevel.HIGH
    assert found(emergencies=frozenset(["utility_shutoff", "utility_medical"])).level is PriorityLevel.CRITICAL


def test_a_near_date_of_its_kind_is_an_emergency_without_a_tick() -> None:
    assert found(dates=(("set_out", TODAY + timedelta(days=3)),)).level is PriorityLevel.CRITICAL
    assert found(dates=(("set_out", TODAY + timedelta(days=4)),)).level is not PriorityLevel.CRITICAL
    assert found(dates=(("removal_hearing", TODAY + timedelta(days=14)),)).level is PriorityLevel.CRITICAL


def test_vulnerability_adds_three_each_up_to_twelve() -> None:
    told = ["child_at_home", "over_60", "disability", "limited_english", "homeless", "veteran", "abuse"]
    assert [found(circumstances=frozenset(told[:n])).points for n in range(8)] == [0, 3, 6, 9, 12, 12, 12, 12]


def test_waiting_adds_a_point_a_week_without_end() -> None:
    waited = [found(received_on=TODAY - timedelta(days=n)).points for n in (0, 6, 7, 13, 14, 700)]
    assert waited == [0, 0, 1, 1, 2, 100]


def test_nothing_starves_because_waiting_lifts_the_level() -> None:
    assert found(received_on=TODAY - timedelta(days=140)).level is PriorityLevel.NORMAL


def test_an_unknown_date_is_asked_for_and_never_low() -> None:
    result = found(has_open_question=True)
    assert result.level is PriorityLevel.NORMAL
    assert "date_unknown" in keys(has_open_question=True)


def test_harm_counts_once_and_debt_for_less() -> None:
    assert found(harms=frozenset(["home", "safety", "income"])).points == 20
    assert found(harms=frozenset(["debt"])).points == 5


def test_a_case_handed_back_returns_higher() -> None:
    assert [found(times_handed_back=n).points for n in range(4)] == [0, 10, 20, 20]


def test_factors_are_said_in_words_with_points(app: Flask) -> None:
    with app.test_request_context():
        words = in_words(
            found(
                dates=(("hearing", TODAY + timedelta(days=6)),),
                circumstances=frozenset(["abuse", "over_60"]),
                received_on=TODAY - timedelta(days=15),
                emergencies=frozenset(["lockout"]),
            ).factors
        )
    assert {each["label"]: each["points"] for each in words} == {
        "Locked out, utilities cut by the landlord, or removal within 3 days": "makes it critical",
        "Next critical date in 3 to 7 days": "+40",
        "The client told us of 60 or older, hurt or threatened by someone close": "+6",
        "Waiting 14 days or more": "+2",
    }


def test_no_rule_reads_race_gender_or_origin() -> None:
    read = {word for rule in first_rules() for word in rule["reads"]}
    assert not read & {"race", "gender", "origin", "ethnicity", "citizenship", "language"}
    assert set(Facts.__dataclass_fields__) == {
        "received_on",
        "dates",
        "has_open_question",
        "harms",
        "circumstances",
        "emergencies",
        "other_side_has_lawyer",
        "times_handed_back",
    }


@pytest.fixture
def work(app: Flask):
    with clock.at(NOON):
        of = make.programme()
        staff = make.coordinator(of)
        yield of, staff, make.case(of, owner=staff)


def count_rows() -> int:
    return session.scalar(select(func.count()).select_from(Priority)) or 0


def test_the_case_is_kept_in_step_with_its_facts(work) -> None:
    _of, staff, case = work
    day = TODAY + timedelta(days=2)
    operations.change_triage(
        case, circumstances=[], harms=["home"], emergencies=[], other_side_has_lawyer=True, actor=staff
    )
    operations.add_critical_date(case, kind="hearing", on_day=day, actor=staff)
    assert (case.points, case.priority_level, case.priority_rank) == (75, PriorityLevel.CRITICAL, 1)
    assert case.next_critical_on == day


def test_refreshing_twice_writes_one_row(work) -> None:
    _of, _staff, case = work
    refresh_priority(case)
    before = count_rows()
    refresh_priority(case)
    assert count_rows() == before == 1


def test_the_first_version_of_the_rules_is_made_once(work) -> None:
    of, _staff, _case = work
    assert latest_rules(of).number == 1
    assert latest_rules(of).id == latest_rules(of).id
    assert session.scalar(select(func.count()).select_from(PriorityRules)) == 1


def test_an_override_stands_beside_the_reckoned_level_and_lapses(work) -> None:
    _of, staff, case = work
    made = operations.override_priority(
        case, PriorityLevel.CRITICAL, "Ill child", TODAY + timedelta(days=3), actor=staff
    )
    assert (made.level, made.override_by_id) == (PriorityLevel.LOW, staff.id)
    refresh_priority(case)
    assert (case.priority_level, case.priority_rank) == (PriorityLevel.CRITICAL, 1)
    session.commit()
    with clock.at(NOON + timedelta(days=3)):
        assert not jobs.lapse_one()  # the last day is included
    with clock.at(NOON + timedelta(days=4)):
        assert jobs.lapse_one()
        assert not jobs.lapse_one()
        assert case.priority_level is PriorityLevel.LOW


def test_a_second_override_replaces_the_first(work) -> None:
    _of, staff, case = work
    operations.override_priority(case, PriorityLevel.CRITICAL, "One", TODAY + timedelta(days=3), actor=staff)
    operations.override_priority(case, PriorityLevel.HIGH, "Two", TODAY + timedelta(days=9), actor=staff)
    live = session.scalars(
        select(Priority).where(Priority.override_level.is_not(None), Priority.lapsed_at.is_(None))
    ).all()
    assert [each.override_reason for each in live] == ["Two"]
    assert case.priority_level is PriorityLevel.HIGH
    operations.end_override(case, actor=staff)
    assert case.priority_level is PriorityLevel.LOW


def test_an_override_needs_a_reason_and_an_end(work) -> None:
    _of, staff, case = work
    with pytest.raises(NeedsReason):
        operations.override_priority(case, PriorityLevel.HIGH, "  ", TODAY + timedelta(days=3), actor=staff)
    for days in (0, -1, 91):
        with pytest.raises(BadLapse):
            operations.override_priority(case, PriorityLevel.HIGH, "Why", TODAY + timedelta(days=days), actor=staff)


def test_the_nightly_job_lifts_what_waited(work) -> None:
    of, _staff, case = work
    over = make.case(of, CaseStatus.REJECTED)
    session.commit()
    with clock.at(NOON + timedelta(days=70)):
        assert not jobs.refresh_all()
        assert case.points == 10
        assert over.points == 0


def test_changing_rules_makes_a_version_that_the_next_night_reads(work) -> None:
    of, staff, case = work
    refresh_priority(case)
    operations.change_triage(
        case, circumstances=[], harms=["debt"], emergencies=[], other_side_has_lawyer=None, actor=staff
    )
    made = operations.change_rules(of, {"debt": {"points": 50}}, LEVELS, "Debt season", seen_number=1, actor=staff)
    session.commit()
    assert made.number == 2
    jobs.refresh_all()
    assert (case.points, case.priority_level) == (50, PriorityLevel.HIGH)


def test_rules_are_changed_with_a_reason_in_order_and_not_over_another(work) -> None:
    of, staff, _case = work
    latest_rules(of)
    with pytest.raises(NeedsReason):
        operations.change_rules(of, {}, LEVELS, "", seen_number=1, actor=staff)
    with pytest.raises(RulesChanged):
        operations.change_rules(of, {}, LEVELS, "Why", seen_number=7, actor=staff)
    with pytest.raises(BadInput):
        operations.change_rules(of, {}, {"critical": 40, "high": 45, "normal": 20}, "Why", seen_number=1, actor=staff)
    with pytest.raises(BadInput):
        operations.change_rules(of, {"debt": {"points": -5}}, LEVELS, "Why", seen_number=1, actor=staff)
    with pytest.raises(NotAllowed):
        operations.change_rules(of, {}, LEVELS, "Why", seen_number=1, actor=make.coordinator(make.programme()))
