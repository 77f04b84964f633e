"""What equity says of everybody is what the report says, to the unit; what people told of themselves opens no list."""

from __future__ import annotations

import csv
import html
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app.accounts.models import Programme, User
from app.clients.models import Case, Client
from app.clients.operations_about_you import note_about_client
from app.core import clock
from app.core.db import engine, session, transaction
from app.metrics import equity, figures, rollup
from app.metrics.equity_counts import SILENT, SOURCES, Groups
from app.metrics.equity_questions import GOOD, QUESTIONS, Question, opens
from app.metrics.facts import only_facts
from app.metrics.measures import DERIVED, MEASURES
from app.metrics.window import Window
from tests import factories
from tests.metrics.lives import Lives
from tests.metrics.test_equity_intervals import sums_of

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
YEAR = (date(2026, 1, 1), date(2026, 11, 21))
SPRING = (date(2026, 2, 11), date(2026, 5, 9))
BY_KEY = {question.key: question for question in QUESTIONS}


@pytest.fixture
def lives(app: Flask) -> Iterator[Lives]:
    """A programme with cases of every kind, and clients of whom most told something."""
    with clock.at(NOW):
        with transaction():
            made = Lives(factories.programme(slug="lakeshore", small_count_crossed=11), seed=7)
            made.some(90)
            for n, case in enumerate(session.query(Case).order_by(Case.id)):
                case.circumstances = ["over_60"] if n < 9 else ["disability"] if n % 3 else []
                told = {"race": ["asian", "white"] if n % 3 else ["white"], "gender": "woman" if n % 2 else "man"}
                if n % 4:
                    note_about_client(case.client, told, actor=None)
        rollup.refresh(made.programme.id)
        made.programme, made.staff = session.get_one(Programme, made.programme.id), session.get_one(User, made.staff.id)
        yield made


def test_every_share_and_every_median_of_the_registry_is_asked() -> None:
    wanted = {m.key for m in DERIVED if m.kind == "share" or (m.kind == "days" and m.quantile == 0.5)}
    assert wanted == {question.opens for question in QUESTIONS if question.opens}
    assert len(BY_KEY) == len(QUESTIONS) >= len(wanted) + 8


def added(groups: Groups, names: set[str]) -> tuple[int, int]:
    """Part and whole of some groups together."""
    sums = [each.own.sums for name, each in groups.items() if name in names]
    return sum(s.part for s in sums), sum(s.whole for s in sums)


def reported(read: figures.PeriodFigures, question: Question, dimension: str, member: str) -> tuple[int, int]:
    """The same of the report."""
    measure = MEASURES[question.opens]
    part, whole = (sum(read.count(k, dimension, member) for k in keys) for keys in (measure.part, measure.whole))
    return part, part + whole if question.unit == "days" else whole


def test_every_figure_of_a_group_is_the_reports_to_the_unit(lives: Lives) -> None:
    compared = Counter[str]()
    for days in (YEAR, SPRING):
        read, found = figures.read_period(lives.programme, *days), equity.gather(lives.programme, *days)
        for question in (q for q in QUESTIONS if q.opens):
            for trait, by_question in found.items():
                groups = by_question[question.key]
                if trait != "race":  # where somebody counts in each of several groups
                    assert added(groups, set(groups)) == reported(read, question, "all", "all"), (trait, question.key)
            for trait in (each for each in ("language", "county") if opens(question, each)):
                compared[question.key] += _by_member(read, question, found[trait][question.key], trait)
        _every_day(read, found)
    assert compared.keys() == {question.key for question in QUESTIONS if question.opens}
    assert sum(compared.values()) > 4 * len(compared)


def _by_member(read: figures.PeriodFigures, question: Question, groups: Groups, trait: str) -> int:
    for name, each in groups.items():
        assert added(groups, {name}) == reported(read, question, trait, name), (trait, question.key)
        value = read.value(question.opens, trait, name)
        if question.unit == "days":
            assert equity._estimate(question, each.own, 0.05).value == value
        else:
            assert value == each.own.sums.part / each.own.sums.whole
    return len(groups)


def _every_day(read: figures.PeriodFigures, found: Mapping[str, Mapping[str, Groups]]) -> None:
    """A group and the rest have all the days of those who said."""
    for each in found["language"]["days_to_placement"].values():
        assert each.own.durations + each.rest.durations == read.durations
        assert each.own.waits + each.rest.waits == read.waits
    gender = found["gender"]["days_to_placement"]
    for name in ("woman", "man"):
        assert gender[name].own.durations + gender[name].rest.durations + gender[SILENT].own.durations == read.durations


def test_what_the_registry_does_not_divide_is_made_of_its_counts(lives: Lives) -> None:
    read = figures.read_period(lives.programme, *YEAR)
    of, language = read.count, equity.gather(lives.programme, *YEAR)["language"]
    ended = sum(n for outcome, n in read.by("closed", "outcome").items() if outcome != "unknown")
    won = sum(of("closed", "outcome", each) for each in GOOD)
    money = {f.case_id for f in only_facts(Window(lives.programme, *YEAR)) if f.measure.startswith("money_")}
    asked = ("audience", "client")
    wanted = {
        "accepted_rate": (of("accepted"), of("accepted") + of("rejected")),
        "extended": (of("closed_extended"), of("closed")),
        "won": (won, ended),
        "with_money": (len(money), of("closed")),
        "clients_answer": (of("checkins_answered", *asked), of("checkins_sent", *asked)),
        "clients_in_time": (of("checkins_in_time", *asked), of("checkins_sent", *asked)),
        "clients_respond": (of("surveys_answered", *asked), of("surveys_asked", *asked)),
        "content": (of("survey_good", *asked), of("survey_marks", *asked)),
    }
    assert {key: added(language[key], {"en", "es"}) for key in wanted} == wanted
    assert all(whole for _part, whole in wanted.values())
    assert {q.key for q in QUESTIONS if not q.opens} == set(wanted)


def test_a_group_and_the_rest_are_added_up_by_client_though_one_may_be_in_both(lives: Lives) -> None:
    window = Window(lives.programme, *YEAR)
    facts = [*only_facts(window, SOURCES)]
    told = session.execute(select(Case.id, Case.language, Client.identity_id).join(Client, Client.case_id == Case.id))
    language, client = {}, {}
    for case_id, spoken, identity_id in told:
        language[case_id], client[case_id] = spoken, identity_id
    found, crossing = equity.gather(lives.programme, *YEAR)["language"], 0
    for question in (q for q in QUESTIONS if q.unit == "share" and not q.once):
        by_client: dict[str, dict[int, list[int]]] = {name: defaultdict(lambda: [0, 0]) for name in ("en", "es")}
        for fact in facts:
            for side, terms in enumerate((question.part, question.whole)):
                for term in terms:
                    if term.measure == fact.measure and term.has(fact):
                        by_client[language[fact.case_id]][client[fact.case_id]][side] += 1
        english, spanish = (sums_of((x, m) for x, m in by_client[name].values()) for name in ("en", "es"))
        assert (found[question.key]["en"].own.sums, found[question.key]["en"].rest.sums) == (english, spanish)
        assert (found[question.key]["es"].own.sums, found[question.key]["es"].rest.sums) == (spanish, english)
        crossing += len(by_client["en"].keys() & by_client["es"].keys())
    assert crossing > 20
    race = equity.gather(lives.programme, *YEAR)["race"]["placement_rate"]
    assert race["white"].rest.sums.whole == 0, "everybody who said named it"
    assert race["asian"].own.sums.whole + race["asian"].rest.sums.whole == race["white"].own.sums.whole
    assert race[SILENT].rest.sums.clients == 0
    nothing = equity.tables(lives.programme, date(2031, 1, 1), date(2031, 3, 31))
    assert [table.groups for table in nothing] == [[]] * len(equity.TRAITS)
    assert equity.findings(nothing) == []


def test_more_cases_ask_the_database_no_more_often(lives: Lives) -> None:
    asked = []
    equity.gather(lives.programme, *YEAR)  # whatever is read once
    for days in ((date(2026, 4, 1), date(2026, 4, 20)), YEAR):
        told: list[str] = []
        listen = lambda *call, told=told: told.append(call[2])  # noqa: E731
        event.listen(engine(), "before_cursor_execute", listen)
        counted = equity.gather(lives.programme, *days)["language"]["placement_rate"]
        event.remove(engine(), "before_cursor_execute", listen)
        asked.append((added(counted, {"en", "es"})[1], len(told)))
    (few, queries), (many, again) = asked
    assert 0 < 3 * few < many
    assert queries == again < 40


def rural(programme: Programme, desk: FlaskClient) -> str:
    """The page once the programme has said which county is rural."""
    with transaction():
        session.merge(programme).rural_counties = ["55025"]
    return desk.get("/reports/equity?trait=rural").text


def test_the_page_and_its_files_tell_the_same(lives: Lives, client: FlaskClient) -> None:
    desk = factories.sign_in(client, lives.staff)
    page = desk.get("/reports/equity?trait=gender").text
    assert "not compared" in page
    assert "No county is marked as rural yet" in page
    text = desk.get("/reports/equity?format=csv").get_data(as_text=True).lstrip("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["question"] for row in rows} == {str(question.name) for question in QUESTIONS}
    few = [row for row in rows if row["group"] == "60 or older"]
    assert {row["reads as"] for row in few} == {"too few told us"}
    assert {row["n"] for row in few} == {row["clients"] for row in few} == {""}
    filed = desk.get("/reports/pages/equity?format=csv").get_data(as_text=True).lstrip("\ufeff")
    counted = {row["row"]: row["value"] for row in csv.DictReader(io.StringIO(filed)) if row["column"] == "Counted"}
    shown = {f"{row['group']}: {row['question']}": row["n"] for row in rows if row["n"]}
    assert counted.keys() == shown.keys()
    assert re.search(
        r"Rural: Dane County\..*Placement rate, Rural or urban.*Urban", rural(lives.programme, desk), re.DOTALL
    )
    assert "The period ended before it began" in desk.get("/reports/equity?from=2026-05-01&to=2026-04-01").text


def test_only_language_and_county_open_the_reports_figure_and_it_is_the_same(lives: Lives, client: FlaskClient) -> None:
    desk = factories.sign_in(client, lives.staff)
    assert "Rural: Dane County." in rural(lives.programme, desk)
    found = {}
    for trait in ("language", "county", "rural", "age", "disability", "race", "gender"):
        page = desk.get(f"/reports/equity?trait={trait}").text
        found[trait] = re.findall(r'href="(/reports/[a-z_0-9]+/cases\?[^"]*)">([^<]*)<', page)
    assert {trait for trait, links in found.items() if links} == {"language", "county"}
    for address, told in found["language"]:
        assert parse_qs(urlsplit(html.unescape(address)).query)["by"] == ["language"]
        answer = desk.get(html.unescape(address))
        assert answer.status_code == 200
        assert told == "half not yet" or told in answer.text
