"""Dashboard, drill-down and file tell the same figure, to the unit, whatever is corrected and whoever is killed."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, select

from app.accounts.models import Programme
from app.casework.models import ClosingReport, TimeEntry
from app.clients.models import CaseGrant, CaseMove, CaseStatus
from app.clients.problems import category
from app.core import clock
from app.core.db import engine, session, transaction
from app.metrics import clients_again, figures, goals, people, rollup
from app.metrics.firms import belongs
from app.metrics.measures import COUNTS, MEASURES, within_days
from app.metrics.models import ClientAgain, CountedYear, RollUp, StoredFigure
from app.metrics.spans import last_of, spans
from app.metrics.tally import BY_GRANT
from app.metrics.window import Window
from app.volunteers.models import Membership, Organisation, Volunteer
from tests import factories
from tests.metrics.lives import PERIODS, Lives

NOW = datetime(2026, 9, 1, 15, tzinfo=UTC)


def a_docket(size: int, seed: int) -> Programme:
    """A programme of so many lives, rolled up."""
    with transaction():
        made = factories.programme()
        Lives(made, seed).some(size)
    rollup.refresh(made.id)
    return made


def everything() -> Counter[tuple[Any, ...]]:
    """Every stored figure."""
    names = ("months", "starts_on", "grant_id", "measure", "dimension", "member", "value", "histogram", "by_day")
    stored = session.execute(select(*(getattr(StoredFigure, name) for name in names)))
    rows = Counter((*map(str, row[:7]), *(json.dumps(kept, sort_keys=True) for kept in row[7:])) for row in stored)
    again = (getattr(ClientAgain, name) for name in (*clients_again.KEY, *clients_again.COLUMNS))
    rows.update(tuple(map(str, row)) for row in session.execute(select(*again)))
    session.rollback()
    return rows


@pytest.mark.parametrize("seed", [7, *(pytest.param(n, marks=pytest.mark.full) for n in range(20))])
def test_every_figure_equals_its_records_and_its_line_in_the_file(app: Flask, client: FlaskClient, seed: int) -> None:
    with clock.at(NOW):
        programme = a_docket(14 if seed == 7 else 40, seed)
        with transaction():
            factories.sign_in(client, factories.coordinator(programme))
        compared, measures = 0, set()
        for first, last in PERIODS:
            read = figures.read_period(programme, first, last)
            for measure in COUNTS:
                for dimension in measure.dimensions:
                    behind = Counter[str]()
                    for member, value in read.by(measure.key, dimension).items():
                        facts = figures.facts_behind(
                            programme, measure.key, first, last, dimension=dimension, member=member
                        )
                        assert value == figures.total_of(facts), (measure.key, dimension, member)
                        behind[member] = value
                        compared += 1
                        measures.add(measure.key)
            _file_equals(client, programme, read)
        _people_equal(programme)
        assert _grant_equals(programme, *PERIODS[1]) or seed != 7
    assert compared > 300
    assert len(measures) > 45


def _people_equal(programme: Programme) -> None:
    """The numbers of volunteers, read for several periods at once, against the volunteers behind each."""
    later = ((date(2026, 4, 1), date(2026, 8, 31)), (date(2027, 6, 1), date(2027, 6, 30)))
    periods, seen = (*PERIODS, *later), Counter[tuple[str, str]]()
    firms = ["none", *map(str, session.execute(select(Membership.organisation_id)).scalars())]
    for days, counted in zip(periods, people.figures(programme, *periods), strict=True):
        for key in ("volunteers_active", "volunteers_new", "volunteers_returning", "volunteers_lapsing"):
            behind = people.BEHIND[key](programme, *days)
            assert sum(counted[key].values()) == len(session.execute(behind).scalars().all()), (key, days)
            for member in (*firms, "999", "9" * 30):
                theirs = session.execute(behind.where(belongs(Volunteer.id, member))).scalars().all()
                assert counted[key].get(member, 0) == len(theirs), (key, days, member)
                seen[key, member] += len(theirs)
    for member in firms:
        assert seen["volunteers_active", member], "somebody of every firm, and somebody of none"
    assert any(seen[key, member] for member in firms for key in ("volunteers_returning", "volunteers_lapsing"))


def _grant_equals(programme: Programme, first: date, last: date) -> int:
    """Every figure of a grant; half of the cases are paid for until the middle of the period, and one twice over."""
    with transaction():
        spells = session.query(CaseGrant).order_by(CaseGrant.id).all()
        for spell in spells[::2]:
            spell.until_on = date(2026, 3, 10)
        grant_id, twice = spells[0].grant_id, spells[0].case_id
        session.add(CaseGrant(case_id=twice, grant_id=grant_id, from_on=date(2026, 3, 1)))
    rollup.refresh(programme.id, whole=True)
    read = figures.read_period(programme, first, last, grant_id=grant_id)
    for measure in COUNTS:
        for dimension in (d for d in measure.dimensions if measure.key in BY_GRANT.get(d, ())):
            behind = Counter[str]()
            for case, fact in figures.cases_behind(programme, measure.key, first, last, grant_id=grant_id):
                headings = dict(fact.extra) | {"all": "all", "category": category(case.problem_code) or "unknown"}
                behind[headings.get(dimension, case.county)] += fact.amount
            assert read.by(measure.key, dimension) == dict(behind), (measure.key, dimension)
    with pytest.raises(ValueError, match="office"):
        figures.read_period(programme, first, last, grant_id=grant_id, dimensions=("office",))
    return read.count("clients_helped")


def _file_equals(client: FlaskClient, programme: Programme, read: figures.PeriodFigures) -> None:
    goals.add_people(programme, read)
    answer = client.get(f"/reports?from={read.first}&to={read.last}&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    values = {
        (key, d, m): v for key in MEASURES for d in MEASURES[key].dimensions for m, v in read.values_by(key, d).items()
    }
    assert len(rows) == len(values)
    for row in rows:
        value = values[row["measure"], row["dimension"], row["member"]]
        exact = value / 100 if row["unit"] in ("hours", "money") else value
        assert float(row["value"]) == pytest.approx(exact, abs=0.0001)


def test_a_period_is_its_spans_each_day_once() -> None:
    """Whole years, whole months and edges, wherever a period begins and ends."""
    chance = random.Random(3)
    for _n in range(400):
        first = date(2023, 1, 1) + timedelta(days=chance.randrange(800))
        last = first + timedelta(days=chance.choice((0, 5, 40, 400, 1_200)) + chance.randrange(60))
        if chance.random() < 0.5:
            first, last = first.replace(day=1), last_of(last.replace(day=1))
        found = spans(first, last)
        parts = [(low, last_of(high)) for low, high in found.months] + [*found.edges]
        if found.years:
            parts.append((found.years[0], found.years[1].replace(month=12, day=31)))
            assert all(day.month == day.day == 1 for day in found.years)
        days = [low + timedelta(days=n) for low, high in parts for n in range((high - low).days + 1)]
        assert sorted(days) == [first + timedelta(days=n) for n in range((last - first).days + 1)]
        assert all((low.month, low.year) == (high.month, high.year) for low, high in found.edges)


def test_a_day_is_the_programmes_day_and_the_last_one_counts(app: Flask) -> None:
    """Half past eleven in the evening, on common days and on the two on which clocks change."""
    evenings = {date(2026, 3, 1): 5, date(2026, 3, 8): 4, date(2026, 10, 31): 4, date(2026, 11, 1): 5}
    with transaction():
        programme = factories.programme()
        for day, hours in evenings.items():
            factories.case(programme, received_at=datetime(day.year, day.month, day.day, 23, 30, tzinfo=UTC)
                           + timedelta(hours=hours + 1))  # fmt: skip
    rollup.refresh(programme.id)
    for first, last, requests in (
        *((day, day, 1) for day in evenings),
        (date(2026, 3, 2), date(2026, 3, 7), 0),
        (date(2026, 3, 2), date(2026, 3, 8), 1),
        (date(2026, 3, 9), date(2026, 10, 30), 0),
        (date(2026, 11, 2), date(2026, 11, 30), 0),
    ):
        assert figures.read_period(programme, first, last).count("requests") == requests, (first, last)
    assert figures.read_period(programme, date(2026, 3, 1), date(2026, 11, 1)).count("requests") == 4


def test_on_time_is_five_business_days_before_or_half_the_notice_where_that_is_less(app: Flask) -> None:
    with transaction():
        window = Window(factories.programme())
    came = date(2026, 3, 2)  # a Monday
    until = {27: 20, 11: 6, 5: 3, 4: 3, 3: 2, 2: 2}
    assert {day: window.on_time_until(date(2026, 3, day), came).day for day in until} == until


def test_a_volunteer_of_two_programmes_who_leaves_a_firm_counts_anew_in_each(app: Flask) -> None:
    """Each programme's count goes by its own cases: those of the other are not noted as its own."""
    with clock.at(NOW):
        with transaction():
            both = [factories.programme(slug=slug) for slug in ("lake", "river")]
            helper = factories.volunteer()
            firm = factories.add(Organisation(name="Granite & Sons"))
            membership = factories.member(helper.id, firm.id)
            for programme in both:
                factories.case(programme, CaseStatus.IN_SERVICE, lead=helper)
        rollup.refresh_all()
        by_firm = [figures.read_period(each, date(2026, 1, 1), NOW.date()).by("leads_started", "firm") for each in both]
        assert by_firm == [{str(firm.id): 1}] * 2
        with transaction():
            session.delete(membership)
        rollup.refresh_all()
        rollup.refresh_all()
        by_firm = [figures.read_period(each, date(2026, 1, 1), NOW.date()).by("leads_started", "firm") for each in both]
        assert by_firm == [{"none": 1}] * 2
        noted = session.execute(select(CountedYear.programme_id).order_by(CountedYear.programme_id)).scalars().all()
        assert noted == sorted(each.id for each in both)


def test_a_programme_that_cannot_be_counted_keeps_no_other_from_it(app: Flask) -> None:
    with clock.at(NOW):
        with transaction():
            broken, whole = factories.programme(slug="broken"), factories.programme(slug="whole")
            for programme in (broken, whole):
                factories.case(programme, CaseStatus.AVAILABLE)
            broken.time_zone = "Nowhere/At_All"
        with pytest.raises(ExceptionGroup, match="some programmes"):
            rollup.refresh_all()
        assert figures.read_period(whole, date(2026, 1, 1), NOW.date()).count("requests") == 1
        assert session.query(RollUp).filter_by(programme_id=broken.id).count() == 0


def test_whatever_changes_is_counted_where_it_was_and_where_it_is(app: Flask) -> None:
    """Corrected days, hours taken back, a firm left and a case erased leave no trace on their old days."""
    with clock.at(NOW):
        programme = a_docket(8, 4)
    first, last = PERIODS[0]
    with clock.at(NOW + timedelta(days=1)), transaction():
        report = session.query(ClosingReport).first()
        report.approved_at -= timedelta(days=40)
        move = session.query(CaseMove).filter_by(to_status=CaseStatus.ACCEPTED).first()
        move.at, move.recorded_at = move.at + timedelta(days=11), clock.now()
        before = session.query(TimeEntry).count()
        session.query(TimeEntry).first().removed_at = clock.now()
        session.execute(delete(Membership))
    with clock.at(NOW + timedelta(days=1)):
        assert 0 < rollup.refresh(programme.id) < 10
        partly = everything()
        written = _writes(lambda: rollup.refresh(programme.id))
        assert everything() == partly
        assert written == []
        assert _writes(lambda: rollup.refresh(programme.id, whole=True)) == []
        assert set(figures.read_period(programme, first, last).by("leads_started", "firm")) == {"none"}
        assert len(figures.facts_behind(programme, "hours", first, last)) == before - 1
    with clock.at(NOW + timedelta(days=2)):
        with transaction():
            alone = session.query(CountedYear.case_id).first()[0]
            session.execute(CountedYear.__table__.update().where(CountedYear.case_id == alone).values(case_id=10**6))
        rollup.refresh(programme.id)  # that case is gone, another is not in the list: the days of both are right
        rollup.refresh(programme.id, whole=True)
        assert everything() == partly
        assert session.query(CountedYear).filter_by(case_id=10**6).count() == 0


def _writes(work: Any) -> list[str]:
    """The statements by which stored figures are changed while something runs."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        kept = any(name in statement for name in ("_figures", "counted", "again"))
        if kept and statement.startswith(("INSERT", "UPDATE", "DELETE")):
            said.append(statement)

    session.rollback()
    event.listen(engine(), "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    return said


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("every", [23, pytest.param(1, marks=pytest.mark.full)])
def test_killed_at_any_statement_the_next_run_makes_it_whole(app: Flask, every: int) -> None:
    with clock.at(NOW):
        with transaction():
            programme = factories.programme()
            Lives(programme, 5).some(5)
        programme_id, nth, kills = programme.id, 1, 0
        while _dies(programme_id, nth):
            nth, kills = nth + every, kills + 1
        done = everything()
        for kind in (StoredFigure, ClientAgain):
            session.query(kind).delete()
        session.commit()
        rollup.refresh(programme_id, whole=True)
        assert everything() == done
    assert kills > 3
    assert session.query(RollUp).count() >= 2


def _dies(programme_id: int, nth: int) -> bool:
    """Roll up until the nth statement, and die there."""
    left = nth

    def count(*_of: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    session.rollback()
    event.listen(engine(), "before_cursor_execute", count)
    try:
        rollup.refresh(programme_id, whole=True)
    except Killed:
        session.rollback()
        return True
    finally:
        event.remove(engine(), "before_cursor_execute", count)
    return False


def test_waiting_cases_are_not_dropped_from_the_days() -> None:
    assert within_days({10: 2}, {}, 0.5) == 10
    assert within_days({10: 2}, {30: 2}, 0.5) == 10
    assert within_days({10: 1}, {30: 2}, 0.5) is None
    assert within_days({}, {}, 0.5) is None
    assert within_days({5: 1, 20: 1}, {7: 1, 9: 1}, 0.5) == 20


def test_the_period_before_is_of_the_same_kind() -> None:
    """A month stands beside a month, though it is shorter; a leap year beside a whole year; other days as many."""
    before = {
        (date(2026, 3, 1), date(2026, 3, 31)): (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 7, 1), date(2026, 9, 30)): (date(2026, 4, 1), date(2026, 6, 30)),
        (date(2026, 7, 1), date(2026, 12, 31)): (date(2026, 1, 1), date(2026, 6, 30)),
        (date(2025, 1, 1), date(2025, 12, 31)): (date(2024, 1, 1), date(2024, 12, 31)),
        (date(2026, 3, 1), date(2026, 3, 30)): (date(2026, 1, 30), date(2026, 2, 28)),
    }
    assert {period: figures.before(*period) for period in before} == before


def test_what_cannot_be_shown_is_said_in_a_sentence(app: Flask, client: FlaskClient) -> None:
    said = {
        "from=2026-06-30&to=2026-01-01": "ended before it began",
        "from=2999-01-01&to=2999-02-01": "has not begun yet",
        "from=soon&to=later": "could not read the period",
        "from=1990-01-01&to=2026-01-01": "five years at most",
        "from=0001-01-01&to=0001-02-01": "days from 1900 on",
        "span=fortnight": "do not know that period",
        "by=colour": "cannot break figures down by that",
        "only=colour:red": "do not know that filter",
        "from=2020-01-01&to=2020-02-31": "could not read the period",
        "from=2025-01-01&to=2027-12-31": "figures so far",
        "only=firm:999999999999999999999": "do not know that filter",
        "only=closing_code:A": "0 cases closed in this period",
        "only=main_benefit:0000": "Figures of this period",
    }
    with transaction():
        programme = factories.programme()
        who, grant = factories.coordinator(programme), factories.grant(programme).public_id
    factories.sign_in(client, who)
    for query, sentence in said.items():
        answer = client.get(f"/reports?{query}")
        assert answer.status_code == 200
        assert sentence in answer.get_data(as_text=True), query
        kept_by_few = query.startswith(("only=closing", "only=main"))
        assert ("people in households helped" in answer.text) != kept_by_few, "no nought for what nobody counts so"
    file = client.get("/reports?from=2026-06-30&to=2026-01-01&format=csv")
    assert (file.status_code, "No file is made of another period" in file.text) == (422, True)
    for first in ("2026-02-31", "2026-01-15", "9999-10-01"):
        assert client.get(f"/reports/publish/{grant}?first={first}&kind=quarter").status_code in (409, 422), first
    assert client.get("/reports/closed/cases?by=colour&member=red").status_code == 404
    assert client.get("/reports/nothing/cases").status_code == 404
