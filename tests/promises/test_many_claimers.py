"""Many claim over HTTP from a server of several processes: one hold a case, nobody above the cap, nothing doubled."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.clients.models import Opening
from app.core.db import session
from app.matching.models import HOLDING, Referral
from app.volunteers.models import Volunteer
from tests.matching.test_race import check_nothing_is_doubled, lay

from . import crawl
from .served import Web, ask, cookie_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@contextmanager
def served(database_url: str, log: Path, processes: int) -> Iterator[Web]:
    """A web server of so many processes."""
    session.remove()
    web = Web(database_url, log, processes)
    assert len(web.workers()) == processes
    yield web
    web.stop()


class Claimer(threading.Thread):
    """A browser that asks for openings one after the other; what it was answered."""

    def __init__(self, web: Web, cookie: str, openings: list[str], gate: threading.Barrier) -> None:
        super().__init__(daemon=True)
        self.port, self.cookie, self.openings, self.gate = web.port, cookie, openings, gate
        self.said: Counter[int] = Counter()

    def run(self) -> None:
        page = ask(self.port, "GET", "/opportunities", self.cookie)
        reader = crawl.Reader("/opportunities")
        reader.feed(page.text)
        token = next(form.fields["csrf_token"] for form in reader.forms if "csrf_token" in form.fields)
        self.gate.wait()
        for opening in self.openings:
            self.claim(opening, page.cookie, token)

    def claim(self, opening: str, cookie: str, token: str) -> None:
        sent = {"confidential": "y", "csrf_token": token}
        self.said[ask(self.port, "POST", f"/opportunities/{opening}/hold", cookie, sent).status] += 1


def cookies(app: Flask, volunteers: list[int]) -> list[str]:
    """A signed-in browser of each volunteer."""
    found = []
    for number in volunteers:
        user = session.get_one(Volunteer, number).user
        assert user is not None
        found.append(cookie_of(app, user))
    return found


def public_ids(openings: list[int]) -> list[str]:
    return list(session.execute(select(Opening.public_id).where(Opening.id.in_(openings))).scalars())


def claim_all(web: Web, tabs: list[tuple[str, list[str]]]) -> Counter[int]:
    """Every tab works through its openings, beginning together; how often each status was answered."""
    session.remove()
    gate = threading.Barrier(len(tabs), timeout=120)
    claimers = [Claimer(web, cookie, openings, gate) for cookie, openings in tabs]
    for claimer in claimers:
        claimer.start()
    for claimer in claimers:
        claimer.join()
    return sum((claimer.said for claimer in claimers), Counter())


def check_claimers(app: Flask, url: str, log: Path, people: int, cases: int, capacity: int, processes: int) -> None:
    volunteers, openings = lay(people, cases, capacity)
    browsers, ids = cookies(app, volunteers), public_ids(openings)
    shares = [ids[17 * n % cases :] + ids[: 17 * n % cases] for n in range(people)]
    with served(url, log, processes) as web:
        said = claim_all(web, list(zip(browsers, shares, strict=True)))
    print(f"promise 1: {people} claimers x {cases} cases over HTTP in {processes} processes: {dict(said)}")  # noqa: T201
    assert set(said) <= {303, 409}
    assert said.total() == people * cases
    check_nothing_is_doubled(cases)
    held = select(func.count()).where(Referral.status.in_(HOLDING)).group_by(Referral.volunteer_id)
    assert max(session.execute(held).scalars()) <= capacity


def check_tabs(app: Flask, url: str, log: Path, processes: int) -> None:
    volunteers, openings = lay(1, 8, 3)
    (browser,), ids = cookies(app, volunteers), public_ids(openings)
    with served(url, log, processes) as web:
        said = claim_all(web, [(browser, [each]) for each in ids])
    print(f"promise 1: a volunteer with cap 3 in 8 tabs over HTTP in {processes} processes: {dict(said)}")  # noqa: T201
    assert said == {303: 3, 409: 5}
    check_nothing_is_doubled(3)


@pytest.mark.promise(1)
def test_two_processes_of_the_web_never_double_a_hold(app: Flask, database_url: str, tmp_path: Path) -> None:
    check_claimers(app, database_url, tmp_path / "log", people=4, cases=8, capacity=3, processes=2)


@pytest.mark.full
@pytest.mark.promise(1)
def test_fifty_claimers_two_hundred_cases_four_processes(app: Flask, database_url: str, tmp_path: Path) -> None:
    check_claimers(app, database_url, tmp_path / "log", people=50, cases=200, capacity=5, processes=4)


@pytest.mark.full
@pytest.mark.promise(1)
def test_one_volunteer_in_eight_tabs_of_four_processes_stops_at_three(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    check_tabs(app, database_url, tmp_path / "log", processes=4)
