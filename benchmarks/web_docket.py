"""Every saved view of the docket with every filter, every order both ways and a page two hundred deep."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import event, select

from app.accounts.models import User
from app.core.db import engine, session
from app.desk.docket_views import ORDERS, VIEWS, View

WARM = 3
DEEP = "200"
FILTERS: tuple[dict[str, str], ...] = (
    {"priority": "urgent"},
    {"priority": "low"},
    {"category": "Housing"},
    {"county": "55025"},
    {"language": "en"},
    {"language": "hmn"},
    {"since": "2020-01-01"},
    {"since": "2199-01-01"},
    {"county": "55025", "language": "es"},
    {"county": "55025", "language": "hmn"},
    {"category": "Housing", "county": "55025", "language": "hmn", "priority": "critical", "since": "2199-01-01"},
)


class Reader(Protocol):
    """Somebody signed in, who asks the application for pages."""

    app: Flask

    def ask(self, path: str, data: dict[str, str] | None = None) -> tuple[str, bytes]:
        """The status and the page."""


class Cost(NamedTuple):
    """What one address costs: processor milliseconds, the database's statements, rows shown."""

    address: str
    median: float
    p95: float
    queries: int
    rows: int


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that the database was asked meanwhile."""
    asked: list[str] = []
    with app.app_context():
        bound = engine()

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            asked.append(statement)

    event.listen(bound, "before_cursor_execute", note)
    yield asked
    event.remove(bound, "before_cursor_execute", note)


def addresses(view: View, owner: str) -> dict[str, list[str]]:
    """The addresses of one view, by what they ask beyond it."""
    filters = [*FILTERS, {"owner": owner}, {"owner": owner, "language": "hmn"}]
    filters += [{"status": view.statuses[-1].value}] if len(view.statuses) > 1 else []
    orders = [f"{minus}{name}" for name in ORDERS for minus in ("", "-")]
    rare = {"county": "55025", "language": "hmn"}
    asked: dict[str, list[dict[str, str]]] = {
        "plain": [{}],
        "filter": filters,
        "order": [{"sort": order} for order in orders],
        "deep page": [{"sort": order, "page": DEEP} for order in orders],
        "filter and order": [{**each, "sort": order} for order in orders for each in (rare, {"owner": owner})],
        "filter and deep page": [{**each, "page": DEEP} for each in filters],
    }
    return {kind: [f"/docket?{urlencode({'view': view.key, **each})}" for each in some] for kind, some in asked.items()}


def cost(reader: Reader, address: str, requests: int) -> Cost:
    """Ask for one address again and again."""
    for _ in range(WARM):
        status, page = reader.ask(address)
        assert status.startswith("200"), (status, address, page[:300])
    with counted(reader.app) as asked:
        reader.ask(address)
    times = []
    gc.collect()
    for _ in range(requests):
        start = time.process_time()
        reader.ask(address)
        times.append((time.process_time() - start) * 1000)
    p95 = sorted(times)[int(requests * 0.95)]
    return Cost(address, statistics.median(times), p95, len(asked), page.count(b'class="pick"'))


def quieter(one: Cost, other: Cost) -> Cost:
    """Of two passes some minutes apart, the one in which the machine's neighbours took less."""
    return min(one, other, key=lambda each: each.median)


def print_table(reader: Reader, requests: int, *, every: bool) -> None:
    """The dearest address of each kind in each view, each asked in two passes, and what was asked in all."""
    with reader.app.app_context():
        owner = session.scalars(select(User.public_id).order_by(User.id)).first() or ""
    quiet: dict[str, Cost] = {}
    for view in VIEWS.values():
        for address in (each for some in addresses(view, owner).values() for each in some):
            quiet[address] = cost(reader, address, requests)
    print(f"\n{'the docket, median ms':24}{'kind':22}{'pages':>6}{'dearest':>9}{'p95':>8}{'queries':>9}  address")
    found: list[Cost] = []
    for view in VIEWS.values():
        for kind, some in addresses(view, owner).items():
            costs = [quieter(quiet[address], cost(reader, address, requests)) for address in some]
            for each in costs if every else ():
                print(f"  {each.median:6.2f}{each.p95:8.2f}{each.queries:4}{each.rows:5}  {each.address}")
            worst = max(costs, key=lambda each: each.median)
            most = max(each.queries for each in costs)
            print(f"{view.key:24}{kind:22}{len(costs):6}{worst.median:9.2f}{worst.p95:8.2f}{most:9}  {worst.address}",
                  flush=True)  # fmt: skip
            found += costs
    worst, most = max(found, key=lambda each: each.median), max(each.queries for each in found)
    print(f"{len(found)} pages, the dearest {worst.median:.2f} ms ({worst.address}), at most {most} queries")
