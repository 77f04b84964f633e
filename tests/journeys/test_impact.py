"""A coordinator reads a period, looks behind a figure and signs it off; funder and public read what was published."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from app.accounts.models import Programme, User
from app.casework.models import ClosingReport, ClosingStatus, TimeEntry
from app.clients.models import Case, CaseGrant, CaseMove, CaseStatus
from app.core import clock
from app.core.access import Role
from app.core.db import session
from app.engagement.models import Audience
from app.engagement.models_surveys import Survey
from app.metrics import rollup
from app.metrics.figures import quarter_of
from tests import factories

from .conftest import Live, axe_clean

pytestmark = pytest.mark.browser
Windows = Callable[..., Page]
PLACED, CLOSED = 14, 12
WORDS = "They stayed with me until it was over."


def last_quarter() -> tuple[date, date]:
    return quarter_of(quarter_of(clock.now().date())[0] - timedelta(days=1))


@pytest.fixture
def ids(live: Live) -> dict[str, int]:
    """A programme with a grant, and a quarter in which fourteen of twenty cases were placed and twelve closed."""
    first = datetime.combine(last_quarter()[0], datetime.min.time(), UTC) + timedelta(hours=18)
    with live.data():
        programme = factories.programme()
        grant = factories.grant(programme)
        staff = factories.coordinator(programme)
        funder = factories.user(Role.FUNDER, programme=programme, grant=grant)
        helper = factories.volunteer()
        for n in range(20):
            _lived(programme, grant.id, staff, helper, first + timedelta(days=n), n)
        _agreed_to_be_quoted(programme)
        programme_id, found = programme.id, {"staff": staff.id, "funder": funder.id}
    with live.reading():
        rollup.refresh(programme_id, whole=True)
    return found


def _lived(of: Programme, grant_id: int, staff: User, helper: factories.Volunteer, at: datetime, n: int) -> None:
    county = "55025" if n % 2 else "55079"
    case = factories.case(of, CaseStatus.PRESCREEN, owner=staff, received_at=at, county=county)
    session.add(CaseGrant(case=case, grant_id=grant_id, from_on=at.date()))
    end = CaseStatus.PLACED if n < PLACED else CaseStatus.NOT_PLACED
    for days, status in ((1, CaseStatus.ACCEPTED), (2, CaseStatus.AVAILABLE), (9, end)):
        when = at + timedelta(days=days)
        session.add(CaseMove(case=case, from_status=case.status, to_status=status, at=when, recorded_at=when,
                             operation="scene"))  # fmt: skip
        case.status = status
    if n < CLOSED:
        session.add(ClosingReport(case=case, reported_by_id=staff.id, reported_at=at, work_ended_on=at.date(),
                                  status=ClosingStatus.APPROVED, closing_code="A" if n % 2 else "L",
                                  approved_at=at + timedelta(days=30)))  # fmt: skip
        session.add(TimeEntry(case=case, user_id=helper.user.id, volunteer_id=helper.id, role="lead", hundredths=250,
                              on_day=at.date() + timedelta(days=20)))  # fmt: skip


def _agreed_to_be_quoted(of: Programme) -> None:
    case = session.query(Case).filter_by(programme_id=of.id).order_by(Case.id).first()
    now = clock.now()
    session.add(Survey(case=case, move=case.moves[-1], audience=Audience.CLIENT, due_at=now, sent_at=now, ends_at=now,
                       channel="mail", answered_at=now, scores={}, comment=WORDS, quote=WORDS, may_quote=True,
                       released_at=now))  # fmt: skip


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_a_quarter_from_the_report_to_the_funder(
    live: Live, page_at: Windows, ids: dict[str, int], width: int, theme: str
) -> None:
    first, last = last_quarter()
    page = page_at(width, theme)
    live.sign_in(page, ids["staff"])
    page.goto(f"{live.url}/reports?from={first}&to={last}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("70 %")
    axe_clean(page)
    page.get_by_role("link", name=f"{CLOSED} Closed").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Closed: {CLOSED}")
    assert page.locator("tbody tr").count() == CLOSED
    axe_clean(page)
    page.get_by_role("link", name="Back to the report").click()
    page.get_by_role("link", name="What funders read").click()
    axe_clean(page)
    page.get_by_role("link", name="Look at Q").last.click()
    expect(page.locator("body")).to_contain_text("exactly what the funder will read")
    axe_clean(page)
    page.get_by_role("button", name="Sign off and publish").click()
    expect(page.locator("body")).to_contain_text("Its funder reads it from now on")
    axe_clean(page)
    page.get_by_label("Also on the public page").check()
    page.get_by_role("button", name="Tell this story").click()
    expect(page.locator("body")).to_contain_text("Funders of the case read it from now on")
    axe_clean(page)
    page.get_by_label("Everybody may read the published periods").check()
    page.get_by_role("button", name="Switch it on").click()
    home = page.get_by_role("link", name="Open the public page").get_attribute("href")
    axe_clean(page)
    _the_funder_reads(live, page_at(width, theme), ids["funder"])
    _everybody_reads(page_at(width, theme, language="es" if width == 360 else "en"), f"{live.url}{home}")


def _the_funder_reads(live: Live, page: Page, funder: int) -> None:
    live.sign_in(page, funder)
    page.goto(f"{live.url}/impact")
    expect(page.get_by_role("heading", level=1)).to_contain_text("70")
    axe_clean(page)
    with page.expect_download() as got:
        page.get_by_role("link", name="Download as CSV").click()
    text = got.value.path().read_text(encoding="utf-8-sig")
    rows = {(row["table"], row["member"]): row["value"] for row in csv.DictReader(io.StringIO(text))}
    assert rows["counts", "closed"] == str(CLOSED)
    assert rows["rates", "placement_rate"] == "70"
    assert rows["counts", "hours"] == "30.0"
    assert "Castro" not in text
    expect(page.locator("blockquote")).to_have_text(WORDS)
    assert page.request.get(f"{live.url}/reports").status == 403


def _everybody_reads(page: Page, home: str) -> None:
    """Without signing in: the page with a stricter floor, the picture on somebody else's site, and the open data."""
    page.goto(home)
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{CLOSED} ")
    expect(page.locator("blockquote")).to_have_text(WORDS)
    assert page.locator("svg.chart title").first.text_content()
    axe_clean(page)
    described = page.request.get(f"{home}/datapackage.json").json()["resources"][0]
    data = page.request.get(f"{home}/{described['path']}").text()
    rows = {(row["table"], row["member"]): row["value"] for row in csv.DictReader(io.StringIO(data))}
    assert rows["counts", "closed"] == str(CLOSED)
    assert {rows["flow", "listed_not_placed"], rows["closed_by_county", "55025"]} == {"hidden"}
    with another_site(f'<title>News</title><img src="{home}/picture.svg" alt="">') as news:
        page.goto(news)
        page.wait_for_function("document.images[0].complete")
        assert page.evaluate("document.images[0].naturalWidth") == 480


@contextmanager
def another_site(body: str) -> Iterator[str]:
    """A page on a host of its own, as somebody who embeds the picture has it."""

    class News(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), News)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


def test_a_funder_without_a_period_is_told_what_will_come(live: Live, page_at: Windows, ids: dict[str, int]) -> None:
    page = page_at(360)
    live.sign_in(page, ids["funder"])
    page.goto(f"{live.url}/impact")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is published yet")
    axe_clean(page)
