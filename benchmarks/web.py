"""What pages cost the server on a large docket, with a bare page of the same server beside them.

    python -m benchmarks.web --cases 100000 --requests 200 --claims 600

Pages are asked for without a network, signed in, with all markup; the processor time is this process's own. Claims are
made by several processes at once on the same SQLite file with synchronous=FULL, each through the whole application.
The database is kept at --database, so that a second run need not write it again.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import structlog
from flask import Flask
from sqlalchemy import select
from werkzeug.test import EnvironBuilder

from app import create_app
from app.clients.models import Case, CaseStatus
from app.core import migrate
from app.core import statistics as statistics_of_tables
from app.core.access import public
from app.core.db import engine, session
from app.core.sealed import new_key
from benchmarks import web_docket
from benchmarks.big_docket import BigDocket
from config import Settings

WARM = 20


def make_app(database: Path) -> Flask:
    """The application on the benchmark's database, with a bare page beside its own; its log is written to nowhere."""
    nowhere = structlog.PrintLoggerFactory(file=open(os.devnull, "w"))  # noqa: SIM115
    structlog.configure(processors=[structlog.processors.JSONRenderer()], logger_factory=nowhere)
    kept = database.with_suffix(".keys.json")
    if not kept.exists():
        kept.write_text(json.dumps({"data_key": f"b:{new_key()}", "index_key": new_key(), "secret_key": "s" * 40}))
    app = create_app(Settings(database_url=f"sqlite:///{database}", **json.loads(kept.read_text())))
    app.config["WTF_CSRF_ENABLED"] = True
    app.add_url_rule("/hello", "hello", public(lambda: "hello"))
    return app


def build(app: Flask, database: Path, cases: int, seed: int) -> dict[str, Any]:
    """Write the docket, or take the one that is there; returns tokens and what can be claimed."""
    facts = database.with_suffix(f".{cases}.facts.json")
    with app.app_context():
        migrate.upgrade(engine())
        if facts.exists():
            return json.loads(facts.read_text())
        docket = BigDocket(seed)
        token = docket.sign_in(docket.staff[0])
        start = time.perf_counter()
        for done in docket.cases(cases):
            print(f"\r{done:,} cases written in {time.perf_counter() - start:.0f} s", end="", file=sys.stderr)
        print(file=sys.stderr)
        statistics_of_tables.refresh()
    made = {"token": token, "claimants": [t for _, t in docket.claimants], "claimable": docket.claimable}
    facts.write_text(json.dumps(made))
    return made


def refresh_sign_ins(app: Flask) -> None:
    """Let everybody have been seen just now, so that a kept database still lets them in."""
    with app.app_context(), engine().connect().execution_options(writing=True) as connection, connection.begin():
        connection.exec_driver_sql(
            "UPDATE sign_ins SET last_seen_at = strftime('%Y-%m-%d %H:%M:%f000', 'now', '+20 minutes'), "
            "created_at = strftime('%Y-%m-%d %H:%M:%f000', 'now')"
        )


class Browser:
    """Somebody signed in, asking the application directly."""

    def __init__(self, app: Flask, token: str = "") -> None:
        self.app, self.cookie = app, ""
        if token:
            signer = app.session_interface.get_signing_serializer(app)
            assert signer is not None
            self.cookie = f"desk={signer.dumps({'_user_id': token, '_fresh': True, 'csrf_token': 'c' * 40})}"

    def csrf(self) -> str:
        from itsdangerous import URLSafeTimedSerializer

        return URLSafeTimedSerializer(self.app.secret_key or "", salt="wtf-csrf-token").dumps("c" * 40)

    def ask(self, path: str, data: dict[str, str] | None = None) -> tuple[str, bytes]:
        method = "GET" if data is None else "POST"
        environ = EnvironBuilder(
            path=path.partition("?")[0], query_string=path.partition("?")[2], method=method
        ).get_environ()
        environ["HTTP_COOKIE"] = self.cookie
        if data is not None:
            body = urlencode({**data, "csrf_token": self.csrf()}).encode()
            environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)),
                        "CONTENT_TYPE": "application/x-www-form-urlencoded"}  # fmt: skip
        status: list[str] = []
        answer = self.app.wsgi_app(environ, lambda line, headers, exc=None: status.append(line) or (lambda text: None))
        page = b"".join(answer)
        getattr(answer, "close", lambda: None)()
        return status[0], page


def measure(browser: Browser, paths: list[str], requests: int) -> dict[str, Any]:
    """Ask for pages in turn: processor milliseconds each, queries of one, size."""
    for at in range(WARM):
        status, page = browser.ask(paths[at % len(paths)])
        assert status.startswith("200"), (status, paths[at % len(paths)], page[:300])
    with web_docket.counted(browser.app) as asked:
        browser.ask(paths[0])
    times = []
    for at in range(requests):
        start = time.process_time()
        browser.ask(paths[at % len(paths)])
        times.append((time.process_time() - start) * 1000)
    return {"mean": statistics.mean(times), "median": statistics.median(times),
            "p95": sorted(times)[int(requests * 0.95)], "queries": len(asked), "size": len(page)}  # fmt: skip


def claim(database: str, work: list[tuple[str, str]], start: float, results: Any) -> None:
    """One process that claims its openings one after the other."""
    app = make_app(Path(database))
    browsers = {token: Browser(app, token) for token, _ in work}
    next(iter(browsers.values())).ask("/hello")
    time.sleep(max(0.0, start - time.time()))
    held, lost, began, cpu = 0, 0, time.time(), time.process_time()
    for token, opening in work:
        status, _page = browsers[token].ask(f"/opportunities/{opening}/hold", {"promise": "y", "confidential": "y"})
        held, lost = held + status.startswith("303"), lost + (not status.startswith("303"))
    results.put((held, lost, began, time.time(), time.process_time() - cpu))


def claims(database: Path, made: dict[str, Any], number: int, processes: int) -> dict[str, Any]:
    """Let many volunteers hold different openings at once."""
    pairs = list(zip(made["claimants"], made["claimable"], strict=False))[:number]
    made["claimable"] = made["claimable"][len(pairs) :]
    context = get_context("spawn")
    results, start = context.Queue(), time.time() + 6
    running = [
        context.Process(target=claim, args=(str(database), pairs[at::processes], start, results))
        for at in range(processes)
    ]
    for process in running:
        process.start()
    done = [results.get() for _ in running]
    for process in running:
        process.join()
    held = sum(each[0] for each in done)
    seconds = max(each[3] for each in done) - min(each[2] for each in done)
    return {"held": held, "lost": sum(each[1] for each in done), "per_second": held / seconds,
            "cpu_ms": 1000 * sum(each[4] for each in done) / max(held, 1)}  # fmt: skip


PAGES: tuple[tuple[str, Callable[[list[str]], list[str]]], ...] = (
    ("hello, the bare page", lambda ids: ["/hello"]),
    ("docket, 50 rows", lambda ids: ["/docket"]),
    ("today", lambda ids: ["/today"]),
    ("case", lambda ids: [f"/cases/{each}" for each in ids]),
)


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--cases", type=int, default=100_000)
    read.add_argument("--requests", type=int, default=200)
    read.add_argument("--claims", type=int, default=600)
    read.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    read.add_argument("--seed", type=int, default=7)
    read.add_argument("--database", type=Path, default=Path("instance/benchmark.sqlite3"))
    read.add_argument("--only", default="", help="pages whose name holds this text")
    read.add_argument("--docket", type=int, default=30, help="requests of each of the docket's pages; 0 for none")
    read.add_argument("--every", action="store_true", help="a line for each of the docket's pages")
    asked = read.parse_args()
    asked.database = asked.database.absolute()
    asked.database.parent.mkdir(exist_ok=True)
    app = make_app(asked.database)
    made = build(app, asked.database, asked.cases, asked.seed)
    refresh_sign_ins(app)
    with app.app_context():
        some = select(Case.public_id).where(Case.status == CaseStatus.IN_SERVICE).limit(100)
        ids = list(session.scalars(some))
    browser = Browser(app, made["token"])
    print(
        f"{asked.cases:,} cases, SQLite {asked.database.stat().st_size / 1e6:,.0f} MB, {asked.requests} requests each"
    )
    print(f"{'page':32}{'mean ms':>9}{'median':>9}{'p95':>9}{'queries':>9}{'kB':>7}")
    for name, paths in PAGES:
        if asked.only in name:
            row = measure(browser, paths(ids), asked.requests)
            figures = (
                f"{row['mean']:9.2f}{row['median']:9.2f}{row['p95']:9.2f}{row['queries']:9}{row['size'] / 1000:7.0f}"
            )
            print(f"{name:32}{figures}", flush=True)
    if asked.docket:
        web_docket.print_table(browser, asked.docket, every=asked.every)
    if asked.claims:
        row = claims(asked.database, made, asked.claims, asked.processes)
        print(f"{'claims: held each second':32}{row['per_second']:9.0f}   by {asked.processes} processes, "
              f"{row['held']} held, {row['lost']} refused, {row['cpu_ms']:.1f} ms of processor each")  # fmt: skip


if __name__ == "__main__":
    main()
