"""The docket asks the database the same few things, however many cases there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, text

from app.clients.models import Case, CaseStatus, Custody, Opening, Priority, PriorityLevel
from app.core import clock, db, statistics
from app.core.db import new_public_id, session
from tests import factories as make

from .conftest import Desk

MOST_QUERIES = 8
LEVELS = tuple(PriorityLevel)


def fill(desk: Desk, number: int) -> None:
    """Write that many listed cases directly, of every level and some of every status that has a volunteer."""
    now = clock.now()
    first = desk.programme.last_case_number + 1
    desk.programme.last_case_number += number
    statuses = (CaseStatus.AVAILABLE, CaseStatus.AVAILABLE, CaseStatus.IN_SERVICE, CaseStatus.CLOSED)
    rows = [
        {
            "programme_id": desk.programme.id,
            "number": f"26-{n:05}",
            "status": statuses[n % 4],
            "received_at": now,
            "problem_code": "63",
            "forum_state": "WI",
            "county": "55025",
            "listing_title": f"Matter {n}",
            "listed_at": now,
            "priority_level": LEVELS[n % 3],
            "priority_rank": LEVELS[n % 3].rank,
            "points": n % 90,
            "public_id": new_public_id(),
            "clock_ends_at": now + timedelta(days=n % 20 + 1),
            "placed_at": now,
            "closed_at": None,
        }
        for n in range(first, first + number)
    ]
    session.execute(insert(Case), rows)
    ids = list(session.scalars(Case.__table__.select().with_only_columns(Case.id)))
    session.execute(
        insert(Custody), [{"case_id": i, "user_id": desk.inés.id, "reason": "received"} for i in ids[-number:]]
    )
    session.execute(
        insert(Opening), [{"case_id": i, "hours": 1000, "public_id": new_public_id()} for i in ids[-number:]]
    )
    factors = [{"key": "stakes", "label": "Home at stake", "points": 20, "detail": None}]
    session.execute(insert(Priority), [
        {"case_id": i, "points": 20, "level": LEVELS[0], "factors": factors, "rules_version": 1, "reckoned_at": now}
        for i in ids[-number:]
    ])  # fmt: skip
    session.commit()


ADDRESSES = (
    "/docket", "/docket?view=open", "/docket?view=mine", "/docket?view=quiet", "/docket?view=ended",
    "/docket?priority=urgent&category=Housing&county=55025&language=en&sort=-next&since=2026-12-31",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_sixty_and_six_hundred_cases_cost_the_same_few_queries(
    desk: Desk, asked: Callable[..., Any], address: str
) -> None:
    fill(desk, 60)
    desk.browser.get(address)
    with asked() as few:
        assert desk.browser.get(address).status_code == 200
    fill(desk, 540)
    with asked() as many:
        assert desk.browser.get(address).status_code == 200
    assert len(few) == len(many) <= MOST_QUERIES


def test_a_second_programme_asks_no_more(desk: Desk, asked: Callable[..., Any]) -> None:
    fill(desk, 60)
    desk.browser.get("/docket")
    with asked() as one:
        desk.browser.get("/docket")
    other = make.programme()
    session.add(make.RoleGrant(user_id=desk.inés.id, role="coordinator", programme_id=other.id))
    make.case(other, CaseStatus.AVAILABLE)
    session.commit()
    desk.browser.get("/docket")
    with asked() as two:
        assert desk.browser.get("/docket").status_code == 200
    assert len(two) == len(one)


def test_the_list_is_read_in_order_from_its_index(app: Flask, desk: Desk, asked: Callable[..., Any]) -> None:
    if db.engine().dialect.name != "sqlite":
        pytest.skip("SQLite's own way of telling its plan")
    fill(desk, 600)
    statistics.refresh()
    with asked() as statements:
        desk.browser.get("/docket")
    listing = next(s for s in statements if "priority_rank" in s and "LIMIT" in s and "UNION" not in s)
    plan = " ".join(str(row[-1]) for row in session.execute(text("EXPLAIN QUERY PLAN " + listing.replace("?", "1"))))
    assert "INDEXED BY ix_cases_open_priority" in listing, "with more cases SQLite chooses another by itself"
    assert "COVERING INDEX ix_cases_open_priority" in plan
    assert "TEMP B-TREE" not in plan
    assert "SCAN cases" not in plan
