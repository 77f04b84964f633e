"""Fifty people claim two hundred cases at once over HTTP: how many claims a second, and how long one waits.

    python -m benchmarks.claims [people] [cases] [processes]

SQLite at `synchronous=FULL` behind gunicorn; with TEST_DATABASE_URL, the PostgreSQL that it names. Beside the claims,
on the same server and by as many people at once: the page of the health check, which touches no case.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import quantiles

from app.core import db, migrate
from config import Settings
from tests.conftest import KEYS, SERVER, Kept
from tests.matching.test_race import lay
from tests.promises.served import Web, ask
from tests.promises.test_many_claimers import Claimer, cookies, public_ids

CAPACITY = 5


class Timed(Claimer):
    """A claimer who looks at the watch."""

    def __init__(self, web: Web, cookie: str, openings: list[str], gate: threading.Barrier) -> None:
        super().__init__(web, cookie, openings, gate)
        self.took: list[float] = []

    def claim(self, opening: str, cookie: str, token: str) -> None:
        began = time.perf_counter()
        super().claim(opening, cookie, token)
        self.took.append(time.perf_counter() - began)


def together(claimers: list[Timed]) -> float:
    began = time.perf_counter()
    for each in claimers:
        each.start()
    for each in claimers:
        each.join()
    return time.perf_counter() - began


def health(web: Web, people: int, times: int) -> tuple[float, list[float]]:
    """The same number of people ask for a page that claims nothing; seconds in all, and of each."""
    took: list[float] = []

    def asks() -> None:
        for _ in range(times):
            began = time.perf_counter()
            ask(web.port, "GET", "/healthz", "")
            took.append(time.perf_counter() - began)

    threads = [threading.Thread(target=asks) for _ in range(people)]
    began = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return time.perf_counter() - began, took


def line(what: str, count: int, seconds: float, took: list[float]) -> None:
    cuts = quantiles(took, n=100)
    print(f"{what:34}{count:7}{count / seconds:9.0f}{cuts[49] * 1000:9.1f}{cuts[98] * 1000:9.1f}")


def main(people: int, cases: int, processes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = SERVER or f"sqlite:///{Path(folder) / 'desk.sqlite3'}"
        engine = db.make_engine(url)
        migrate.upgrade(engine)
        engine.dispose()
        app = Kept.on(Settings(database_url=url, **KEYS))
        with app.app_context():
            volunteers, openings = lay(people, cases, CAPACITY)
            browsers, ids = cookies(app, volunteers), public_ids(openings)
            db.session.remove()
        web = Web(url, Path(folder) / "log", processes)
        gate = threading.Barrier(people, timeout=120)
        shares = [ids[17 * n % cases :] + ids[: 17 * n % cases] for n in range(people)]
        claimers = [Timed(web, cookie, share, gate) for cookie, share in zip(browsers, shares, strict=True)]
        seconds = together(claimers)
        took = [each for claimer in claimers for each in claimer.took]
        held = sum(claimer.said[303] for claimer in claimers)
        calm, calm_took = health(web, people, 40)
        web.stop()
        print(f"{people} people, {cases} cases, {processes} processes, {engine.dialect.name}: {held} held")
        print(f"{'':34}{'asked':>7}{'a second':>9}{'p50 ms':>9}{'p99 ms':>9}")
        line("claims, held or refused", len(took), seconds, took)
        line("a page that claims nothing", len(calm_took), calm, calm_took)


if __name__ == "__main__":
    asked = [int(each) for each in sys.argv[1:4]]
    main(*(asked + [50, 200, 4][len(asked) :]))
