"""What the report says of every member of every heading is what is counted, in its page and its files."""

from __future__ import annotations

import csv
import html
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Office, Programme
from app.core import clock
from app.core.access import STAFF, Role
from app.core.db import transaction
from app.metrics import boards, figures, goals, report_pages, rollup
from app.metrics.measures import MEASURES
from app.metrics.members import member_name
from app.metrics.views.staff import BROKEN_DOWN
from app.metrics.wording import percent, shown
from tests import factories
from tests.metrics.lives import Lives

NOW = datetime(2026, 9, 1, 15, tzinfo=UTC)
DAYS = (date(2026, 4, 1), date(2026, 6, 30))
CELL = re.compile(r'<td class="r"><a href="/reports/(\w+)/cases\?[^"]*by=(\w+)&(?:amp;)?member=([^"]*)">([^<]*)<')
ROW = re.compile(r"<tr><th scope=\"row\"><a [^>]*>(.*?)</a></th>(.*?)</tr>", re.DOTALL)
BENEATH = re.compile(r'<br><span class="small dim">([^<]*)</span>')


@pytest.fixture
def programme(app: Flask, client: FlaskClient) -> Programme:
    """Thirty lives, counted, and their coordinator signed in."""
    with clock.at(NOW):
        with transaction():
            made = factories.programme(slug="lake")
            Lives(made, 5).some(30)
        rollup.refresh(made.id)
        with transaction():
            factories.sign_in(client, factories.coordinator(made))
    return made


def read(programme: Programme, *days: date) -> figures.PeriodFigures:
    found = figures.read_period(programme, *days)
    goals.add_people(programme, found)
    return found


def test_every_group_of_figures_by_every_heading(client: FlaskClient, programme: Programme) -> None:
    seen, groups = 0, set()
    with clock.at(NOW):
        now, then = read(programme, *DAYS), read(programme, *figures.before(*DAYS))
        for by in BROKEN_DOWN:
            for part in boards.parts(by):
                page = client.get(f"/reports?from={DAYS[0]}&to={DAYS[1]}&by={by}&part={part.key}").text
                table = page.split('aria-label="Which figures"')[1].split("</table>")[0]
                cells = [(k, b, unquote(html.unescape(m)), v) for k, b, m, v in CELL.findall(table)]
                told = {
                    (m.key, member): value for m in part.measures for member, value in now.values_by(m.key, by).items()
                }
                assert {(k, m): v for k, _by, m, v in cells} == {
                    key: shown(MEASURES[key[0]], value) for key, value in told.items() if value
                }, (by, part.key)
                assert {b for _k, b, _m, _v in cells} <= {by}
                _before_equals(table, then, by, part)
                _file_equals(client, now, by, part)
                seen += len(cells)
                groups.add(part.key)
    assert seen > 400
    assert groups == {key for key, _name, _measures in boards.GROUPS}


def _before_equals(table: str, then: figures.PeriodFigures, by: str, part: boards.Part) -> None:
    """Beneath each figure stands that of the period before."""
    measures = [m for m in part.measures if m.kind != "now"]
    for name, cells in ROW.findall(table):
        values = [html.unescape(value) for value in BENEATH.findall(cells)]
        members = {m for key in part.counts for m in then.tables.get(key, {}).get(by, {})}
        member = next((m for m in members if member_name(by, m) == html.unescape(name)), "nobody")
        assert values == [shown(m, then.value(m.key, by, member)) for m in measures], (by, name)


def _file_equals(client: FlaskClient, now: figures.PeriodFigures, by: str, part: boards.Part) -> None:
    address = f"/reports/pages/figures?from={DAYS[0]}&to={DAYS[1]}&by={by}&part={part.key}&format=csv"
    rows = csv.DictReader(io.StringIO(client.get(address).text.removeprefix("\ufeff")))
    title = f"{part.name}, "
    told = {(row["row"], row["column"]): row["value"] for row in rows if row["table"].startswith(title)
            and row["table"].endswith(figures.period_name(*DAYS))}  # fmt: skip
    assert told or not any(now.by(key, by) for key in part.counts), (by, part.key)
    for measure in part.measures:
        for member, value in now.values_by(measure.key, by).items():
            said = told[member_name(by, member), str(measure.name)]
            whole = (
                percent(value)
                if measure.kind == "share"
                else value / 100
                if measure.unit in ("hours", "money")
                else value
            )
            assert float(said) == pytest.approx(whole, abs=0.006), (measure.key, member)


@pytest.mark.parametrize("part", ["", "nothing", "volunteers"])
def test_an_unknown_group_is_the_first_one(client: FlaskClient, programme: Programme, part: str) -> None:
    """By language nothing is told of volunteers but their hours; of an unknown group, what stands first."""
    with clock.at(NOW):
        page = client.get(f"/reports?from={DAYS[0]}&to={DAYS[1]}&by=language&part={part}").text
    chosen = "Volunteers" if part == "volunteers" else "Requests and placement"
    assert f'aria-current="true">{chosen}</a>' in page


def test_the_registry_says_who_opens_the_records(
    client: FlaskClient, programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(measure.opened_by == STAFF for measure in MEASURES.values()), "staff of the programme, and nobody else"
    narrower = replace(MEASURES["closed"], opened_by=(Role.SUPERVISING_ATTORNEY,))
    with clock.at(NOW):
        assert client.get("/reports/closed/cases").status_code == 200
        monkeypatch.setitem(MEASURES, "closed", narrower)
        assert client.get("/reports/closed/cases").status_code == 403
        assert client.get("/reports/listed/cases").status_code == 200


@pytest.mark.parametrize("by", ["category", "county", "firm", "office"])
def test_the_name_of_a_member_opens_the_same_period_kept_to_it(
    client: FlaskClient, programme: Programme, by: str
) -> None:
    with clock.at(NOW):
        page = client.get(f"/reports?from={DAYS[0]}&to={DAYS[1]}&by={by}").text
        names = re.findall(
            r'<th scope="row"><a href="([^"]*)">([^<]*)</a></th>', page.partition('aria-label="Which figures"')[2]
        )
        assert names
        for address, name in names:
            kept = client.get(html.unescape(address)).text
            assert f"Only {name}. <a" in kept, address
            assert f'name="from" value="{DAYS[0]}"' in kept
            assert f'name="to" value="{DAYS[1]}"' in kept


def test_a_member_nobody_knows_is_no_filter(client: FlaskClient, programme: Programme) -> None:
    """A number that is no office is not “No office”; nor is the office of others one of this programme's."""
    with clock.at(NOW), transaction():
        others = factories.programme(slug="other")
        theirs = factories.add(Office(programme_id=others.id, name="Their office", county="55025"))
    days = f"from={DAYS[0]}&to={DAYS[1]}"
    with clock.at(NOW):
        for only in ("office:99", "office:x", f"office:{theirs.id}", "firm:99", "county:99999", "category:x",
                     "priority:x", "language:" + "x" * 50):  # fmt: skip
            page = client.get(f"/reports?{days}&only={only}").text
            assert "We do not know that filter, so every case counts." in page, only
            assert "Their office" not in page
            assert client.get(f"/reports/pages/figures?{days}&only={only}&format=csv").status_code == 422, only
        assert client.get(f"/reports/pages/waits?{days}&only=office:none&format=csv").status_code == 200
        assert client.get(f"/reports/pages/waits?{days}&only=firm:none&format=csv").status_code == 422, "not counted so"
        for known in ("office:none", "firm:none", "county:55025", "category:Housing", "priority:normal"):
            assert "We do not know that filter" not in client.get(f"/reports?{days}&only={known}").text, known
        assert client.get(f"/reports/requests/cases?{days}&by=office&member={theirs.id}").status_code == 404
        assert client.get(f"/reports/waits/available?by=office&member={theirs.id}").status_code == 404


def test_the_period_before_is_named_on_the_page_and_in_its_files(client: FlaskClient, programme: Programme) -> None:
    """Of a quarter that has not ended it is as many days, not the quarter before."""
    said = "The period before is May 2, 2026 – Jun 30, 2026."
    with clock.at(NOW):
        for page in ("/reports", "/reports/waits"):
            assert said in client.get(f"{page}?from=2026-07-01&to=2026-08-29").text, page
        report = report_pages.build("figures", programme, date(2026, 7, 1), date(2026, 8, 29))
        assert said in report.notes


def test_a_period_of_one_day_is_called_by_that_day(client: FlaskClient, programme: Programme) -> None:
    with clock.at(NOW):
        page = client.get("/reports?from=2026-03-08&to=2026-03-08").text
    assert "Mar 8, 2026" in page
    assert "Mar 8, 2026 – Mar 8, 2026" not in page


def test_waits_and_gaps_say_where_they_cannot_be_broken_down(client: FlaskClient, programme: Programme) -> None:
    with clock.at(NOW):
        for page in ("waits", "gaps"):
            said = "We cannot break this down by that, so it is by kind of matter."
            assert said in client.get(f"/reports/{page}?by=colour").text, page
            assert said not in client.get(f"/reports/{page}?by=county").text, page


def test_the_period_that_is_shown_unasked_is_marked(client: FlaskClient, programme: Programme) -> None:
    with clock.at(NOW):
        page = client.get("/reports/waits").text
    assert 'aria-current="true">This quarter</a>' in page
