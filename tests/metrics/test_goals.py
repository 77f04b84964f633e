"""Goals, views under a name, where cases wait, gaps and the forecast, as staff use them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients.models import CaseRole, CaseStatus
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.metrics import figures, goals, publishing, publishing_figures, rollup
from app.metrics import operations_goals as operations
from app.metrics.forecast import accuracy, forecast
from app.metrics.forms_goals import target_typed, typed
from app.metrics.measures import MEASURES
from app.metrics.models import Goal, SavedView
from app.metrics.wording import percent
from tests import factories
from tests.metrics.lives import Lives

NOW = datetime(2026, 5, 20, 15, tzinfo=UTC)
QUARTER = "2026-04-01:2026-06-30"


def test_a_goal_is_set_shown_changed_and_given_up_by_coordinators(app: Flask, client: FlaskClient) -> None:
    with clock.at(NOW):
        with transaction():
            programme = factories.programme()
            for _ in range(3):
                factories.case(programme)
            staff = factories.coordinator(programme)
            attorney = factories.user(Role.SUPERVISING_ATTORNEY, programme=programme)
        rollup.refresh(programme.id)
        factories.sign_in(client, staff)
        asked = {"measure": "requests", "period": QUARTER, "target": "6", "note": "Two a month"}
        assert client.post("/reports/goals", data=asked).status_code == 303
        again = client.post("/reports/goals", data=asked)
        assert (again.status_code, "already" in again.text) == (422, True)
        wrong = client.post("/reports/goals", data=asked | {"measure": "placement_rate", "target": "140 %"})
        assert (wrong.status_code, "at most 100" in wrong.text) == (422, True)
        page = client.get("/reports/goals").text
        assert "50 % reached" in page
        assert "Two a month" in page
        assert "goal 6" in client.get("/reports").text
        with clock.at(NOW + timedelta(days=60)):
            later = factories.sign_in(app.test_client(), session.merge(staff))
            over = later.get("/reports?from=2026-04-01&to=2026-06-30").text
            assert "Missed" in over
            assert "Not met yet" not in over
        goal = session.query(Goal).one()
        stale = client.post(f"/reports/goals/{goal.public_id}", data={"target": "3", "seen_version": "9"})
        assert stale.status_code == 409
        changed = client.post(f"/reports/goals/{goal.public_id}", data={"target": "3", "seen_version": goal.version})
        assert changed.status_code == 303
        assert "1 of 1 goal is met" in client.get("/reports/goals").text
        with pytest.raises(NotAllowed), transaction():
            operations.set_goal(programme, "closed", date(2026, 4, 1), date(2026, 6, 30), 5, None, actor=attorney)
        assert client.post(f"/reports/goals/{goal.public_id}/remove").status_code == 303
    assert session.query(Goal).count() == 0


def test_a_grants_goal_stands_beside_what_is_published_of_it(app: Flask, client: FlaskClient) -> None:
    """Staff see how far it has come; its funder sees the target beside published figures."""
    with clock.at(NOW):
        with transaction():
            programme = factories.programme()
            lives = Lives(programme, seed=9)
            lives.some(30)
            pays = factories.user(Role.FUNDER, programme=programme, grant=lives.grant)
            foreign = factories.grant(factories.programme(), name="Foreign")
            grant_id, foreign_id = lives.grant.public_id, foreign.public_id
        rollup.refresh(programme.id)
        factories.sign_in(client, lives.staff)
        wanted = {"grant": grant_id, "period": "2026-01-01:2026-03-31", "target": "25", "note": "as agreed with Ms. X"}
        for period, target in ((wanted["period"], "25"), ("2026-01-01:2026-12-31", "40")):
            asked = wanted | {"measure": "accepted", "period": period, "target": target}
            assert client.post("/reports/goals", data=asked).status_code == 303
        for wrong in ({"measure": "reached_rate"}, {"measure": "accepted", "grant": foreign_id},
                      {"measure": "accepted"}):  # fmt: skip
            assert client.post("/reports/goals", data=wanted | wrong).status_code == 422
        assert "Basic field grant" in client.get("/reports/goals").text
        found = figures.read_period(programme, date(2026, 1, 1), date(2026, 3, 31), grant_id=lives.grant.id)
        told = client.get(f"/reports/files/grant?grant={grant_id}&from=2026-01-01&to=2026-03-31&format=csv").text
        assert f"Goals,Accepted,By the last day,{found.count('accepted')},count" in told
        assert "Goals,Accepted,Stands,Missed,text" in told
        behind = client.get(f"/reports/accepted/cases?grant={grant_id}&from=2026-01-01&to=2026-03-31").text
        assert f"Accepted, Basic field grant: {found.count('accepted')}" in behind
        assert client.get(f"/reports/accepted/cases?grant={foreign_id}").status_code == 404
        with transaction():
            grant = session.merge(lives.grant)
            publishing.sign_off(grant, date(2026, 1, 1), actor=session.merge(lives.staff), kind="quarter")
        funder = factories.sign_in(app.test_client(), session.merge(pays))
        page, file = funder.get("/impact").text, funder.get("/impact?format=csv").text
        goals_told = page.split("<h2>Goals</h2>")[1].split("</section>")[0]
        assert goals_told.count(f">{found.count('accepted')}<") == 2
        assert (goals_told.count("Not met"), goals_told.count("not told yet")) == (1, 1)
        assert "Ms. X" not in page + file
        assert 'goals,accepted,"Accepted, 2026",40,2026-01-01,2026-12-31' in file


def test_a_view_keeps_its_filters_and_nothing_else(app: Flask, client: FlaskClient) -> None:
    with transaction():
        programme = factories.programme()
        staff, other = factories.coordinator(programme), factories.coordinator(programme)
    factories.sign_in(client, staff)
    query = "by=county&only=category%3AHousing&span=year&next=//evil.test&programme=x"
    answer = client.post("/reports/views", data={"name": "Housing", "query": query})
    assert answer.status_code == 303
    assert "evil" not in answer.headers["Location"]
    view = session.query(SavedView).one()
    assert view.query == "by=county&only=category%3AHousing&span=year"
    assert "Housing" in client.get("/reports").text
    assert client.post("/reports/views", data={"name": "Housing", "query": query}).status_code == 409
    factories.sign_in(client, other)
    assert client.post(f"/reports/views/{view.public_id}/remove").status_code == 404
    assert ">Housing<" not in client.get("/reports").text


def test_pages_of_waits_and_gaps_tell_what_waits_and_for_how_long(app: Flask, client: FlaskClient) -> None:
    with transaction():
        programme = factories.programme()
        with clock.at(NOW - timedelta(days=30)):
            case = factories.case(programme, CaseStatus.AVAILABLE)
            case.listed_at = NOW - timedelta(days=90)  # then placed, and back on the list 30 days ago
        staff = factories.coordinator(programme)
    factories.sign_in(client, staff)
    with clock.at(NOW):
        rollup.refresh(programme.id)
        factories.sign_in(client, staff)
        waits = client.get("/reports/waits").text
        assert "Most time passes in “On the list”" in waits
        assert "30 days" in waits
        assert "30 days" in client.get("/reports/waits/available").text
        gaps = client.get("/reports/gaps").text
        assert "Nobody with a free place takes Housing" in gaps
        assert ">30 days<" in gaps, "as where cases wait, not since the first listing"
        assert "Too little is known for a forecast" in gaps
        assert "We cannot break this down by that" in client.get("/reports/gaps?by=colour").text
        assert client.get("/reports/waits/closed").status_code == 404
        for measure in ("placement_rate", "days_to_placement", "volunteers_approved", "waiting_now", "satisfaction"):
            assert client.get(f"/reports/{measure}/cases").status_code == 200
        assert programme.name in client.get("/reports/programmes").text


def test_what_waits_now_is_told_of_one_kind_of_matter_too(app: Flask, client: FlaskClient) -> None:
    """The report kept to one kind, its file and the cases behind tell the same; two at work use two places."""
    with transaction():
        programme = factories.programme()
        for code, language in (("63", "es"), ("63", "en"), ("32", "en")):
            factories.case(programme, CaseStatus.AVAILABLE, problem_code=code, language=language)
        shared = factories.case(programme, CaseStatus.IN_SERVICE)
        for role in (CaseRole.LEAD, CaseRole.CO_COUNSEL):
            factories.assignment(shared, factories.volunteer(), role=role, uses_slot=True)
        factories.sign_in(client, factories.coordinator(programme))
    read = figures.PeriodFigures(NOW.date(), NOW.date())
    goals.add_people(programme, read)
    told = [(by, m, n) for by in MEASURES["waiting_now"].dimensions for m, n in read.by("waiting_now", by).items()]
    assert {by for by, _member, _n in told} == {"all", "category", "county", "language", "priority", "office"}
    assert {("category", "Housing", 2), ("category", "Family", 1), ("language", "es", 1)} < {*told}
    for dimension, member, n in (*told, ("priority", "none", 0), ("office", "9" * 30, 0)):
        behind = client.get(f"/reports/waiting_now/cases?by={dimension}&member={member}").text
        assert behind.count('class="t"') == n
    assert "waiting_now,Waiting now,category,Housing,Housing,2,cases" in client.get("/reports?format=csv").text
    used = client.get("/reports/capacity_used/cases").text
    assert "Capacity used: 2" in used
    assert 'href="/reports"' in used.partition('aria-label="Main"')[2].partition("</nav>")[0], "the menu is the menu"
    assert '<a href="">' not in used
    assert used.count('class="t"') == 1
    assert 'data-l="Places">2</td>' in used


def test_a_share_reads_the_same_for_staff_and_funders_and_meets_the_goal_that_it_shows() -> None:
    """23 of 40 are 57.5 %, which the division makes a hair less."""
    for whole in range(1, 250):
        for part in range(whole + 1):
            assert percent(part / whole) == publishing_figures.percent(part, whole)
    of = Goal(measure="placement_rate", target=58, starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 31))
    read = figures.PeriodFigures(of.starts_on, of.ends_on)
    read.tables = {"listed_placed": {"all": {"all": 23}}, "listed_returned": {"all": {"all": 17}}}
    assert goals.progress([of], read, date(2026, 4, 1))["placement_rate"].met


def test_targets_are_typed_in_the_unit_of_their_figure() -> None:
    kept = {"requests": ("1,200", 1200), "hours": ("12.5", 1250), "money_avoided": ("$3,000", 300_000),
            "placement_rate": ("60 %", 60), "satisfaction": ("4.2", 420)}  # fmt: skip
    for key, (text, stored) in kept.items():
        assert target_typed(MEASURES[key], text) == stored
        assert target_typed(MEASURES[key], typed(MEASURES[key], stored)) == stored
    for key, text in (("requests", "many"), ("requests", "1.5"), ("satisfaction", "6"), ("placement_rate", "101")):
        with pytest.raises(ValueError):
            target_typed(MEASURES[key], text)


def test_a_forecast_holds_about_as_often_as_it_says_and_says_when_it_cannot() -> None:
    assert forecast([5] * 15, 4) is None
    assert forecast([0] * 60, 4) is None
    assert accuracy([5] * 17, 4) is None
    tests = inside = 0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        weeks = [int(n) for n in rng.negative_binomial(6, 6 / (6 + 12), 80)]
        found = accuracy(weeks, 4)
        assert found is not None
        tests, inside = tests + found.tests, inside + found.inside
    assert 0.7 <= inside / tests <= 0.95  # it says 8 of 10
