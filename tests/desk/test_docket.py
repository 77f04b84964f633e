"""The docket shows the right cases in the right order, and acts on many of them."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.clients.models import Case, CaseStatus, PriorityLevel
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import session
from tests import factories as make

from .conftest import Desk

S = CaseStatus


def numbers(text: str) -> list[str]:
    """The case numbers of the rows, in order."""
    return re.findall(r'aria-label="(\d\d-\d{5})"', text)


def listed(desk: Desk, level: PriorityLevel = PriorityLevel.NORMAL, points: int = 20, **changes: object) -> Case:
    made = make.case(desk.programme, S.AVAILABLE, owner=desk.inés, **changes)
    made.priority_level, made.priority_rank, made.points = level, level.rank, points
    session.commit()
    return made


def test_the_most_urgent_case_comes_first_and_points_decide_among_equals(desk: Desk) -> None:
    low = listed(desk, PriorityLevel.LOW)
    few, many = listed(desk, points=20), listed(desk, points=40)
    critical = listed(desk, PriorityLevel.CRITICAL)
    assert numbers(desk.browser.get("/docket").text) == [c.number for c in (critical, many, few, low)]
    assert numbers(desk.browser.get("/docket?sort=-priority").text) == [c.number for c in (low, few, many, critical)]


def test_a_case_without_a_date_stands_last_when_sorted_by_date(desk: Desk) -> None:
    day = clock.now().date()
    none = listed(desk)
    later = listed(desk, next_critical_on=day + timedelta(days=9))
    sooner = listed(desk, next_critical_on=day + timedelta(days=2))
    assert numbers(desk.browser.get("/docket?sort=next").text) == [c.number for c in (sooner, later, none)]


def test_another_programmes_cases_do_not_exist_here(desk: Desk) -> None:
    other = make.programme()
    other.last_case_number = 700
    foreign = make.case(other, S.AVAILABLE)
    session.commit()
    for view in ("waiting", "open", "mine", "ended"):
        assert foreign.number not in desk.browser.get(f"/docket?view={view}").text
    assert desk.browser.get(f"/cases/{foreign.public_id}").status_code == 404


def test_each_view_shows_its_own_cases(desk: Desk) -> None:
    waiting = listed(desk, clock_ends_at=clock.now() + timedelta(days=10))
    pressing = listed(desk, clock_ends_at=clock.now() + timedelta(days=1))
    placed = make.case(desk.programme, S.PLACED, lead=make.volunteer())
    ended = make.case(desk.programme, S.CLOSED)
    session.commit()
    shown = {
        v: set(numbers(desk.browser.get(f"/docket?view={v}").text))
        for v in ("waiting", "clock", "with_volunteer", "open", "mine", "ended")
    }
    assert shown == {
        "waiting": {waiting.number, pressing.number}, "clock": {pressing.number}, "with_volunteer": {placed.number},
        "open": {waiting.number, pressing.number, placed.number}, "mine": {waiting.number, pressing.number},
        "ended": {ended.number},
    }  # fmt: skip


def test_nothing_heard_means_no_answer_contact_hours_or_note_for_thirty_days(desk: Desk) -> None:
    long_ago = clock.now() - timedelta(days=40)
    silent, longer, noted = (
        make.case(desk.programme, S.IN_SERVICE, lead=make.volunteer(), placed_at=at, heard_at=at)
        for at in (long_ago, long_ago - timedelta(days=1), long_ago)
    )
    make.case(desk.programme, S.IN_SERVICE, lead=make.volunteer(), placed_at=clock.now(), heard_at=clock.now())
    session.commit()
    desk.browser.post(f"/cases/{noted.public_id}/note", data={"text": "Spoke today.", "visibility": "programme"})
    page = desk.browser.get("/docket?view=quiet").text
    assert numbers(page) == [longer.number, silent.number]
    assert "Last heard" in page
    zone = ZoneInfo(desk.programme.time_zone)
    days = (clock.now().astimezone(zone).date() - (long_ago - timedelta(days=1)).astimezone(zone).date()).days
    assert f"{days} days ago" in page  # 41, and 40 in the hour before midnight when the clocks were put back since
    assert numbers(desk.browser.get("/docket?view=quiet&sort=-heard").text) == [silent.number, longer.number]


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("priority=critical", 1),
        ("priority=urgent", 1),
        ("priority=low", 0),
        ("category=Housing", 2),
        ("category=Family", 0),
        ("county=55025", 2),
        ("county=55079", 0),
        ("language=es", 1),
        ("since=2020-01-01", 0),
        ("since=2199-01-01", 2),
        ("since=nonsense", 2),
        ("priority=nonsense", 2),
        ("sort=nonsense", 2),
        ("page=999", 0),
    ],
)
def test_filters_narrow_and_nonsense_is_not_asked(desk: Desk, query: str, finds: int) -> None:
    listed(desk, PriorityLevel.CRITICAL, language="es")
    listed(desk)
    answer = desk.browser.get(f"/docket?{query}")
    assert answer.status_code == 200
    assert len(numbers(answer.text)) == finds


def test_a_folded_filter_says_what_it_holds(desk: Desk) -> None:
    listed(desk, language="es")
    page = desk.browser.get("/docket?language=es&since=2199-01-01").text
    assert "<b>Filter</b> Spanish, 2199-01-01</summary>" in page


def test_the_owner_filter_finds_a_colleagues_cases(desk: Desk) -> None:
    colleague = make.coordinator(desk.programme, name="Ruben Amadi")
    theirs = make.case(desk.programme, S.AVAILABLE, owner=colleague)
    listed(desk)
    session.commit()
    assert numbers(desk.browser.get(f"/docket?owner={colleague.public_id}").text) == [theirs.number]


def test_a_filter_that_finds_nothing_says_what_to_drop(desk: Desk) -> None:
    listed(desk)
    page = desk.browser.get("/docket?language=vi").text
    assert "No case matches these filters." in page
    assert "Drop the filters" in page


def test_what_a_title_holds_is_escaped_in_the_table(desk: Desk) -> None:
    listed(desk, listing_title="<script>alert(1)</script> & more")
    page = desk.browser.get("/docket").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page


def test_the_export_holds_the_filtered_list_without_anybodys_name(desk: Desk) -> None:
    first, _other = listed(desk, PriorityLevel.HIGH), listed(desk, PriorityLevel.LOW)
    answer = desk.browser.get("/docket?priority=high&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["case"] for row in rows] == [first.number]
    assert "Castro" not in answer.text
    assert "Calloway" not in answer.text


def test_pages_follow_each_other_without_loss(desk: Desk) -> None:
    made = [listed(desk, points=n) for n in range(53)]
    first, second = desk.browser.get("/docket").text, desk.browser.get("/docket?page=2").text
    assert (len(numbers(first)), len(numbers(second))) == (50, 3)
    assert {*numbers(first), *numbers(second)} == {case.number for case in made}
    assert "1 to 50 of 53" in first
    assert 'rel="next"' not in second


def test_chosen_cases_are_handed_to_a_colleague_one_by_one(desk: Desk) -> None:
    colleague = make.coordinator(desk.programme, name="Ruben Amadi")
    ours, ended = listed(desk), make.case(desk.programme, S.CLOSED)
    session.commit()
    ids = [ours.public_id, ended.public_id]
    asked = desk.browser.post("/docket/chosen", data={"do": "assign", "id": ids})
    assert "Who answers for these cases?" in asked.text
    done = desk.browser.post(
        "/docket/chosen",
        data={"do": "assign", "asked": "yes", "id": ids, "to": colleague.public_id, "reason": "workload"},
    )
    assert "1 of 2 done" in done.text
    assert "The case has ended" in done.text
    session.expire_all()
    assert session.get_one(Case, ours.id).custody.user_id == colleague.id  # type: ignore[union-attr]
    assert session.query(AuditEntry).filter_by(action="case.custody", case_id=ours.id).count() == 1


def test_extending_clocks_asks_for_a_day_and_keeps_what_was_typed(desk: Desk) -> None:
    case = listed(desk)
    before = case.clock_ends_at
    wrong = desk.browser.post(
        "/docket/chosen",
        data={"do": "extend", "asked": "yes", "id": case.public_id, "reason": "shortlist", "until-day": "40"},
    )
    assert wrong.status_code == 422
    assert 'value="40"' in wrong.text
    day = (clock.now() + timedelta(days=60)).date()
    parts = {"until-month": day.month, "until-day": day.day, "until-year": day.year}
    right = desk.browser.post(
        "/docket/chosen", data={"do": "extend", "asked": "yes", "id": case.public_id, "reason": "shortlist", **parts}
    )
    assert "1 of 1 done" in right.text
    session.expire_all()
    assert session.get_one(Case, case.id).clock_ends_at > before  # type: ignore[operator]


def test_nothing_chosen_is_said(desk: Desk) -> None:
    answer = desk.browser.post("/docket/chosen", data={"do": "assign"})
    assert answer.status_code == 422
    assert "Choose at least one case first." in answer.text


def test_anothers_cases_cannot_be_chosen(desk: Desk) -> None:
    foreign = make.case(make.programme(), S.AVAILABLE)
    session.commit()
    assert desk.browser.post("/docket/chosen", data={"do": "assign", "id": foreign.public_id}).status_code == 422
